"""Code with its words marked by classes, for the style sheet to colour."""

from html import escape

from pygments import highlight as _highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_by_name
from pygments.util import ClassNotFound

HIGHLIGHTED_CHARS = 128 * 1024
"""Longer code is shown as it is."""
_OTHER_NAMES = {
    "svg": "xml",
    "svelte": "html",
    "astro": "html",
    "mjs": "js",
    "cjs": "js",
    "jsonc": "js",
    "env": "ini",
}
_formatter = HtmlFormatter(nowrap=True)


def highlight(text: str, lang: str) -> str:
    """Return *text* as HTML; plain, where *lang* is not known."""
    name = lang.lower()
    if not name or len(text) > HIGHLIGHTED_CHARS:
        return escape(text)
    try:
        # Every character is kept: what is copied from the page is what was written.
        lexer = get_lexer_by_name(_OTHER_NAMES.get(name, name), stripnl=False, ensurenl=False)
    except ClassNotFound:
        return escape(text)
    marked = str(_highlight(text, lexer, _formatter))
    return marked if text.endswith("\n") else marked.removesuffix("\n")  # the formatter ends every line
