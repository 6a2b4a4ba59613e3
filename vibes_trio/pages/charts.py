"""Small charts: what a figure was of late, as one path of an SVG."""

from collections.abc import Sequence

from vibes_trio.wire.operator import SeriesPoint

WIDTH, HEIGHT = 300, 56
MOST_POINTS = 100
"""More would be finer than anybody sees, and long."""
_EDGE = 3
"""Room above, so that the line is whole at its highest."""


def draw(points: Sequence[SeriesPoint]) -> str:
    """Return the line through *points*, closed along the bottom; empty where there are fewer than two.

    It is an SVG path in WIDTH by HEIGHT. The highest value is at the top, 0 at the bottom. Of many points in a row the
    highest is drawn.
    """
    if len(points) < 2:
        return ""
    first, span = points[0].at, points[-1].at - points[0].at or 1
    most = max(point.value for point in points) or 1.0
    places = [
        f"{(point.at - first) / span * WIDTH:.0f} {HEIGHT - max(point.value, 0.0) / most * (HEIGHT - _EDGE):.0f}"
        for point in _thinned(points)
    ]
    return f"M0 {HEIGHT}L{'L'.join(places)}L{WIDTH} {HEIGHT}"


def _thinned(points: Sequence[SeriesPoint]) -> Sequence[SeriesPoint]:
    if len(points) <= MOST_POINTS:
        return points
    step = -(-len(points) // MOST_POINTS)
    return [max(points[at : at + step], key=lambda point: point.value) for at in range(0, len(points), step)]
