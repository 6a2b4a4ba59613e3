"""How far two clocks are apart."""

import pytest

from vibes_trio.client.clock import calc_ahead_s, shown_span

DATE = [(b"Server", b"x"), (b"date", b"Sun, 09 Sep 2001 01:46:40 GMT")]  # 1,000,000,000


@pytest.mark.parametrize(("asked_at", "ahead_s"), [(1e9 + 0.5, 0), (1e9 + 90.5, 90), (1e9 - 599.5, -600)])
def test_the_difference_counts_both_ways(asked_at: float, ahead_s: float) -> None:
    assert calc_ahead_s(DATE, asked_at - 1, asked_at + 1) == pytest.approx(ahead_s)


@pytest.mark.parametrize(
    "headers", [[], [(b"date", b"")], [(b"date", b"yesterday")], [(b"date", b"\xff")], [(b"dates", b"x")]]
)
def test_who_tells_no_time_is_taken_for_nothing(headers: list[tuple[bytes, bytes]]) -> None:
    assert calc_ahead_s(headers, 1.0, 2.0) is None


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.4, "0 s"),
        (90, "90 s"),
        (-90, "90 s"),
        (119, "119 s"),
        (600, "10 min"),
        (-7260, "2 h"),
        (2e5, "2 days"),
    ],
)
def test_spans_are_said_as_people_do(seconds: float, text: str) -> None:
    assert shown_span(seconds) == text
