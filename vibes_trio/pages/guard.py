"""What keeps a page of this server's own from others': the headers of its answer. Pure."""

from collections.abc import Mapping, Sequence

from vibes_trio.services.notices import NAVIGATION

_MAX_NEXT_CHARS = 4000
"""A device's request to be certified has place in it."""


def page_headers(
    nonce: str, host: str, protocol: str, sources: Mapping[str, Sequence[str]]
) -> dict[str, str]:
    """Return the headers of a page at *host* whose scripts and styles carry *nonce*."""
    return {
        "Content-Security-Policy": calc_policy(nonce, host, protocol, sources),
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Cache-Control": "no-store",
        "Vary": f"{NAVIGATION}, Cookie",
    }


def calc_policy(nonce: str, host: str, protocol: str, sources: Mapping[str, Sequence[str]]) -> str:
    """Return the Content-Security-Policy: nothing but what is named; scripts and styles by their nonce alone.

    *sources*: what a page allows besides, by directive.
    """
    socket = (
        f"{'wss' if protocol == 'https' else 'ws'}://{host}"  # older browsers take `'self'` for http alone
    )
    words: dict[str, list[str]] = {
        "default-src": ["'none'"],
        "script-src": [f"'nonce-{nonce}'"],
        "style-src": [f"'nonce-{nonce}'"],
        "img-src": ["'self'", "data:", "blob:"],
        "connect-src": ["'self'", socket],
        "form-action": ["'self'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
    }
    for directive, allowed in sources.items():
        words.setdefault(directive, []).extend(allowed)
    return "; ".join(" ".join((directive, *allowed)) for directive, allowed in words.items())


def safe_next(path: str) -> str:
    """Return *path* if it leads to a page of this server's own, else `/`.

    Browsers take `\\` for `/`, and leave out tabs and line breaks: what has any of these may lead anywhere.
    """
    plain = path.isascii() and path.isprintable() and "\\" not in path and " " not in path
    leads_here = path.startswith("/") and not path.startswith("//") and len(path) <= _MAX_NEXT_CHARS
    return path if plain and leads_here and not path.startswith("/sign-") else "/"
