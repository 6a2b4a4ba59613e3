"""How far this machine's clock is from a server's, by the `Date` of an answer; pure."""

from collections.abc import Iterable
from email.utils import parsedate_to_datetime

_HALF_A_SECOND = 0.5  # `Date` is cut off to seconds


def calc_ahead_s(headers: Iterable[tuple[bytes, bytes]], asked_at: float, answered_at: float) -> float | None:
    """Return how many seconds this clock is ahead of the server's, negative if behind; None: it told no time.

    Args:
        headers: of the answer.
        asked_at, answered_at: Unix seconds by this clock; the server's `Date` is from between.
    """
    dates = [value for name, value in headers if name.lower() == b"date"]
    try:
        date = parsedate_to_datetime(dates[0].decode("latin-1")).timestamp() if dates else None
    except ValueError:
        date = None
    return None if date is None else (asked_at + answered_at) / 2 - date - _HALF_A_SECOND


def shown_span(seconds: float) -> str:
    """Return a span of time as people say it: `90 s`, `10 min`, `3 h`, `2 days`."""
    whole = round(abs(seconds))
    for unit, length, enough in (("days", 86_400, 2), ("h", 3_600, 2), ("min", 60, 2)):
        if whole >= enough * length:
            return f"{round(whole / length)} {unit}"
    return f"{whole} s"
