"""Whether an app has addresses of its own: whether its sources look at the path of the page, or change it."""

import re
from collections.abc import Iterable

from vibes_trio.content.quick_patterns import Signed, word, words

_SIGNS = Signed(
    (
        "Router",
        "createBrowserHistory",
        "wouter",
        "navigo",
        '"page',
        "'page",
        "router",
        "next/link",
        "next/navigation",
        "location.pathname",
        "history.pushState",
        "history.replaceState",
        "popstate",
    ),
    re.compile(
        rf"{words('BrowserRouter', 'createBrowserRouter', 'createBrowserHistory')}\b"
        r"|[\"'](?:wouter|navigo|page)(?:/[^\"']*)?[\"']"
        r"|[\"']@(?:tanstack/(?:react|solid|vue)-router|reach/router|solidjs/router)[\"']|[\"']vue-router[\"']"
        rf"|[\"']next/(?:link|navigation|router)[\"']|{word('location')}\.pathname\b"
        rf"|{word('history')}\.(?:pushState|replaceState)\b|{word('popstate')}\b"
    ),
)


def has_routes(texts: Iterable[str]) -> bool:
    """Return whether any of *texts*, an app's sources, says so. One that only looks may be taken for one that has."""
    return any(_SIGNS.is_in(text) for text in texts)
