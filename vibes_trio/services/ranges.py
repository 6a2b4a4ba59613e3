"""The Range header (RFC 9110, 14.2), one range only."""

import re

_RANGE = re.compile(r"bytes=(?:([0-9]{1,18})-([0-9]{1,18})?|-([0-9]{1,18}))")


def parse_range(text: str, size: int) -> slice | None:
    """Return the bytes that *text* asks for of *size* bytes.

    None means: serve it whole (another unit, several ranges, nonsense: RFC 9110 lets a server ignore
    them). An empty slice means: nothing of it is there, answer 416.
    """
    match = _RANGE.fullmatch(text.replace(" ", ""))
    if match is None:
        return None
    first, last, suffix = match.groups()
    if suffix is not None:
        return slice(max(size - int(suffix), 0), size)
    start = int(first)
    stop = size if last is None else min(int(last) + 1, size)
    if last is not None and int(last) < start:
        return None
    return slice(start, stop) if start < size else slice(size, size)
