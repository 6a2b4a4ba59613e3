"""A chart's line goes from its first point to its last, the highest at the top."""

from vibes_trio.pages.charts import HEIGHT, WIDTH, draw
from vibes_trio.wire.operator import SeriesPoint


def points(*values, step=1000):
    return [SeriesPoint(at=at * step, value=value) for at, value in enumerate(values)]


def test_the_line_spans_the_width_and_its_highest_is_at_the_top():
    line, area = draw(points(0.0, 10.0, 5.0))

    assert line == f"M0.0 56.0L{WIDTH / 2:.1f} 3.0L{WIDTH:.1f} 29.5"
    assert area == f"{line}L{WIDTH} {HEIGHT}L0 {HEIGHT}Z"


def test_nothing_is_drawn_of_less_than_two_points():
    assert draw(points()) == draw(points(1.0)) == ("", "")


def test_a_line_of_nothing_and_one_in_no_time_lie_within():
    assert draw(points(0.0, 0.0))[0] == f"M0.0 56.0L{WIDTH:.1f} 56.0"
    assert draw(points(1.0, 2.0, step=0))[0] == "M0.0 29.5L0.0 3.0"
    assert draw(points(-5.0, 1.0))[0].startswith("M0.0 56.0L")
