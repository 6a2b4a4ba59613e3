"""How the files of a folder are sent in a deploy: which are read as text, and which one is shown."""

from collections.abc import Sequence

from vibes_trio.content.filenames import lang_of

PAGE = "/index.html"
_PAGES = (".html", ".htm")
_TEXTS = (".css", ".json", ".svg", *_PAGES)
"""What is read as text wherever it comes to."""


def is_read_as_text(name: str) -> bool:
    """Return whether the file *name* is text: UTF-8, or UTF-16 with its mark."""
    return lang_of(name) is not None or name.lower().endswith(_TEXTS)


def is_of_page(name: str) -> bool:
    """Return whether the app's page may be made of the file *name*: without it the app would not work."""
    return lang_of(name) is not None or name.lower().endswith((*_PAGES, ".css"))


def shows_nothing(names: Sequence[str]) -> bool:
    """Return whether an app of the files *names* (from `/`) has nothing that its page could show.

    A single page of HTML is shown, whatever it is called.
    """
    pages = [name for name in names if name.lower().endswith((".html", ".htm"))]
    return not any(lang_of(name) or name == PAGE for name in names) and len(pages) != 1


def find_page(names: Sequence[str]) -> str:
    """Return which of the files *names* (from `/`) is flagged as the app's page; empty: none.

    An `index.html` is, if nothing beside it has to be compiled. Where something has, it is a bundler's, which names
    sources, and the page that the server makes is the one that works.
    """
    is_site = all(lang_of(name) in (None, "js") for name in names)
    return PAGE if is_site and PAGE in names else ""
