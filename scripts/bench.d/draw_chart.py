"""Draw the panels given as JSON on standard input: draw_chart.py PICTURE. Run by an environment with matplotlib."""

import json
import sys

import matplotlib

matplotlib.use("Agg")
from matplotlib import pyplot

OURS, OTHERS = "#d9480f", "#adb5bd"
COLUMNS = 3


def main() -> None:
    given = json.load(sys.stdin)
    panels = given["panels"]
    rows = -(-len(panels) // COLUMNS)
    figure, axes = pyplot.subplots(rows, COLUMNS, figsize=(13, 2.6 * rows + 0.5), squeeze=False)
    for place in axes.flat[len(panels) :]:
        place.set_axis_off()
    for axis, panel in zip(axes.flat, panels, strict=False):
        names = [name for name, _ in panel["bars"]]
        values = [value for _, value in panel["bars"]]
        bars = axis.barh(names, values, color=[OURS if name.startswith("ours") else OTHERS for name in names])
        axis.bar_label(bars, fmt="%.3g", padding=3)
        axis.set_title(panel["title"], fontsize=11, loc="left")
        axis.set_xlabel(panel["unit"], fontsize=9)
        axis.invert_yaxis()
        axis.margins(x=0.18)
        axis.spines[["top", "right"]].set_visible(False)
    figure.text(0.01, 0.005, given["footnote"], fontsize=8, color="#495057")
    figure.tight_layout(rect=(0, 0.03, 1, 1))
    figure.savefig(sys.argv[1], dpi=100)


main()
