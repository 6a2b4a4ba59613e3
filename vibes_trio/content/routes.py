"""Whether an app has addresses of its own: whether its sources look at the path of the page, or change it.

They are looked through in a thread, piece by piece: one search holds the interpreter, and so everybody, to its end.
"""

import re
from collections.abc import Iterable

_SIGNS = re.compile(
    r"\bBrowserRouter\b|\bcreateBrowserRouter\b|\bcreateBrowserHistory\b|[\"'](?:wouter|navigo|page)(?:/[^\"']*)?[\"']"
    r"|[\"']@(?:tanstack/(?:react|solid|vue)-router|reach/router|solidjs/router)[\"']|[\"']vue-router[\"']"
    r"|[\"']next/(?:link|navigation|router)[\"']|\blocation\.pathname\b|\bhistory\.(?:pushState|replaceState)\b|\bpopstate\b"
)


PIECE_CHARS = 8 * 1024
_SEAM_CHARS = 256
"""What a piece has of the next: no sign is longer."""


def has_routes(texts: Iterable[str]) -> bool:
    """Return whether any of *texts*, an app's sources, says so. One that only looks may be taken for one that has."""
    return any(_has_sign(text) for text in texts)


def _has_sign(text: str) -> bool:
    starts = range(0, max(1, len(text)), PIECE_CHARS)
    return any(_SIGNS.search(text, start, start + PIECE_CHARS + _SEAM_CHARS) is not None for start in starts)
