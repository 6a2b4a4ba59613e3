"""A chart's line goes from its first point to its last, the highest at the top."""

from vibes_trio.pages.charts import HEIGHT, MOST_POINTS, WIDTH, draw
from vibes_trio.wire.operator import SeriesPoint

END = f"L{WIDTH} {HEIGHT}"


def points(*values, step=1000):
    return [SeriesPoint(at=at * step, value=value) for at, value in enumerate(values)]


def test_the_line_spans_the_width_and_its_highest_is_at_the_top():
    assert draw(points(0.0, 10.0, 5.0)) == f"M0 56L0 56L150 3L300 30{END}"


def test_nothing_is_drawn_of_less_than_two_points():
    assert draw(points()) == draw(points(1.0)) == ""


def test_a_line_of_nothing_and_one_in_no_time_lie_within():
    assert draw(points(0.0, 0.0)) == f"M0 56L0 56L300 56{END}"
    assert draw(points(1.0, 2.0, step=0)) == f"M0 56L0 30L0 3{END}"
    assert draw(points(-5.0, 1.0)) == f"M0 56L0 56L300 3{END}"


def test_of_very_many_points_the_peaks_are_drawn():
    values = [0.0] * 10 * MOST_POINTS
    values[555] = 7.0

    line = draw(points(*values))

    assert line.count("L") == MOST_POINTS + 1
    assert " 3L" in line
