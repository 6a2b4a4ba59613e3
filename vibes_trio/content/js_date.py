"""Timestamps of chat blocks: what may be sent, and the one form that is stored (blocks.md, common rules)."""

import re

from vibes_trio.content.calendar_days import civil_date
from vibes_trio.content.js_date_text import DAY_MS, MAX_MS, parse_date

# The stored form of a time that needs no arithmetic, which is what nearly every client sends.
_STORED = re.compile(
    r"[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|1[0-9]|2[0-8])T(?:[01][0-9]|2[0-3])(?::[0-5][0-9]){2}\.[0-9]{3}Z"
)


def coerce_timestamp(value: str | int | float) -> str | None:
    """Return the stored form of a timestamp, or None where it is no date.

    Args:
        value: milliseconds since 1970-01-01 UTC (fractions are cut), or a text that `Date` can read.

    Returns:
        `YYYY-MM-DDTHH:MM:SS.mmmZ`; years outside 0 to 9999 have a sign and six digits.
    """
    if isinstance(value, str):
        if _STORED.fullmatch(value):
            return value
        ms = parse_date(value)
        return None if ms is None else _format(ms)
    # Comparing before converting also settles numbers that no float can hold.
    return _format(int(value)) if -MAX_MS <= value <= MAX_MS else None


def _format(ms: int) -> str:
    days, rest = divmod(ms, DAY_MS)
    year, month, day = civil_date(days)
    seconds, fraction = divmod(rest, 1000)
    shown = f"{year:04d}" if 0 <= year <= 9999 else f"{'-' if year < 0 else '+'}{abs(year):06d}"
    clock = f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}.{fraction:03d}"
    return f"{shown}-{month:02d}-{day:02d}T{clock}Z"
