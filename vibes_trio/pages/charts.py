"""Small charts: what a figure was of late, as the two paths of an SVG."""

from collections.abc import Sequence

from vibes_trio.wire.operator import SeriesPoint

WIDTH, HEIGHT = 300, 56
_EDGE = 3
"""Room above, so that the line is whole at its highest."""


def draw(points: Sequence[SeriesPoint]) -> tuple[str, str]:
    """Return the line through *points*, and the area below it; empty where there are fewer than two.

    Both as an SVG path in WIDTH by HEIGHT. The highest value is at the top; 0 is at the bottom.
    """
    if len(points) < 2:
        return "", ""
    first, span = points[0].at, points[-1].at - points[0].at or 1
    most = max(point.value for point in points) or 1.0
    places = [
        f"{(point.at - first) / span * WIDTH:.1f} {HEIGHT - max(point.value, 0.0) / most * (HEIGHT - _EDGE):.1f}"
        for point in points
    ]
    line = f"M{'L'.join(places)}"
    return line, f"{line}L{WIDTH} {HEIGHT}L0 {HEIGHT}Z"
