"""Whether an app has addresses of its own: whether its sources look at the path of the page, or change it.

What a sign begins with is looked for as it stands, as that takes a fiftieth of the time of a pattern that may begin
anywhere: the sources of an app are megabytes, and the event loop waits for whichever thread runs Python.
"""

import re
from collections.abc import Iterable, Iterator

_QUOTES = "\"'"


def _in_quotes(name: str, rest: str) -> dict[str, str]:
    """Return the patterns of a specifier that begins with *name*."""
    return {f"{quote}{name}": rf"[\"']{re.escape(name)}{rest}[\"']" for quote in _QUOTES}


# Under letters that all of a group hold: mostly a source has none of them, which saves the look for each.
_SIGNS = [
    (letters, [(start, re.compile(pattern)) for start, pattern in signs.items()])
    for letters, signs in {
        "outer": {
            "BrowserRouter": r"(?:(?<=\bcreate)|\b)BrowserRouter\b",
            **_in_quotes("wouter", r"(?:/[^\"']*)?"),
            **_in_quotes("@tanstack/", r"(?:react|solid|vue)-router"),
            **_in_quotes("@reach/router", ""),
            **_in_quotes("@solidjs/router", ""),
            **_in_quotes("vue-router", ""),
        },
        "istory": {
            "createBrowserHistory": r"\bcreateBrowserHistory\b",
            "history.pushState": r"\bhistory\.pushState\b",
            "history.replaceState": r"\bhistory\.replaceState\b",
        },
        "location.pathname": {"location.pathname": r"\blocation\.pathname\b"},
        "popstate": {"popstate": r"\bpopstate\b"},
        "navigo": _in_quotes("navigo", r"(?:/[^\"']*)?"),
        "page": _in_quotes("page", r"(?:/[^\"']*)?"),
        "next/": _in_quotes("next/", r"(?:link|navigation|router)"),
    }.items()
]


def has_routes(texts: Iterable[str]) -> bool:
    """Return whether any of *texts*, an app's sources, says so. One that only looks may be taken for one that has."""
    return any(_has_sign(text) for text in texts)


def _has_sign(text: str) -> bool:
    return any(
        pattern.match(text, place) is not None
        for letters, signs in _SIGNS
        if letters in text
        for start, pattern in signs
        for place in _places_of(start, text)
    )


def _places_of(word: str, text: str) -> Iterator[int]:
    place = text.find(word)
    while place >= 0:
        yield place
        place = text.find(word, place + len(word))
