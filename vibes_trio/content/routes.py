"""Whether an app has addresses of its own: whether its sources look at the path of the page, or change it."""

import re
from collections.abc import Iterable

_SIGNS = re.compile(
    r"\bBrowserRouter\b|\bcreateBrowserRouter\b|\bcreateBrowserHistory\b|[\"'](?:wouter|navigo|page)(?:/[^\"']*)?[\"']"
    r"|[\"']@(?:tanstack/(?:react|solid|vue)-router|reach/router|solidjs/router)[\"']|[\"']vue-router[\"']"
    r"|[\"']next/(?:link|navigation|router)[\"']|\blocation\.pathname\b|\bhistory\.(?:pushState|replaceState)\b|\bpopstate\b"
)


def has_routes(texts: Iterable[str]) -> bool:
    """Return whether any of *texts*, an app's sources, says so. One that only looks may be taken for one that has."""
    return any(_SIGNS.search(text) is not None for text in texts)
