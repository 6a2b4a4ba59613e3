"""A few counts are looked at by time; the oldest looks make room."""

import pytest

from vibes_trio.counts import METRICS, Kind, Registry
from vibes_trio.samples import SERIES, Point, Samples


@pytest.fixture
def counts():
    return Registry()


@pytest.mark.parametrize("name", SERIES)
def test_a_series_is_of_a_metric_and_only_a_counter_has_a_speed(name):
    series = SERIES[name]

    assert METRICS[series.metric].kind is (Kind.COUNTER if series.per_second else Kind.GAUGE)


def test_of_a_counter_its_speed_is_told_and_a_start_anew_is_none(counts):
    samples = Samples(10)
    for at, total in ((0.0, 10), (10.0, 30), (20.0, 30), (20.0, 50), (30.0, 5)):
        counts.cells("answers")["app", 200, "fast"].value = total
        samples.take(at, counts, {})

    assert samples.points("requests") == [Point(10.0, 2.0), Point(20.0, 0.0), Point(30.0, 0.0)]


def test_of_what_is_now_the_sum_is_told_and_what_is_given_beside(counts):
    counts.give("cache_bytes", lambda: {("a",): 3, ("b",): 4})
    samples = Samples(10)
    samples.take(1.0, counts, {"disk": 9.0})

    assert samples.points("cache_bytes") == [Point(1.0, 7.0)]
    assert samples.points("disk") == [Point(1.0, 9.0)]
    assert samples.points("requests") == []
    assert samples.names() == ["cache_bytes", "disk"]


def test_the_oldest_make_room(counts):
    samples = Samples(2)
    for at in range(5):
        samples.take(float(at), counts, {"disk": float(at)})

    assert [point.at for point in samples.points("disk")] == [3.0, 4.0]
