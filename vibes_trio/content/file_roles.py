"""What the name of a file says it is for, by the habits of the tools that apps are made with."""

import posixpath
import re
from collections.abc import Iterable

from vibes_trio.content.filenames import Lang

_SCRIPT = r"[cm]?[jt]sx?"
# Settings of tools. One that the app imports is part of it all the same.
_CONFIG = re.compile(
    rf"(?:.+\.)?config\.{_SCRIPT}|\.?[a-z]+rc\.{_SCRIPT}|(?:gulp|grunt)file\.{_SCRIPT}", re.IGNORECASE
)
_TEST = re.compile(
    rf".+[._](?:test|spec|cy|e2e|bench)\.{_SCRIPT}"
    rf"|(?:setup-?tests?|tests?[-._]?setup|(?:vitest|jest)[-._]setup)\.{_SCRIPT}",
    re.IGNORECASE,
)
_STORY = re.compile(rf".+\.(?:stories|story)\.(?:{_SCRIPT}|mdx)", re.IGNORECASE)
_DECLARATION = re.compile(r".+\.d\.(?:[a-z0-9]+\.)?[cm]?ts", re.IGNORECASE)
_COMPONENTS = (".vue", ".svelte", ".astro", ".mdx")
_FOLDERS = frozenset({"__tests__", "__test__", "__mocks__", "__snapshots__", "cypress", "e2e"})
# Of those that web servers are written in.
_OTHER_LANGUAGES = frozenset(
    (
        ".py",
        ".rb",
        ".php",
        ".go",
        ".rs",
        ".java",
        ".kt",
        ".cs",
        ".ex",
        ".exs",
        ".pl",
        ".r",
        ".ipynb",
        ".c",
        ".cpp",
        ".swift",
    )
)
_HANDED_OUT = frozenset(("static", "assets", "public", "wwwroot", "resources", "priv"))
_SERVER = re.compile(rf"(?:server|middleware|setupProxy)\.{_SCRIPT}", re.IGNORECASE)
_COPY = re.compile(
    r"(?i:copy of .+)|.+[ _.-](?i:copy|old|bak|backup|orig|original|prev|previous|deprecated|unused)(?:[ _.-]?\d+)?"
    r"|.+\(\d+\)|.+[a-z0-9](?:Old|Copy|Backup|Deprecated|Original)\d*",
    re.DOTALL,
)


def is_apart(name: str) -> bool:
    """Whether *name* (from `/`) is configuration, a test, a story or a declaration: stored, but no part of a page."""
    *folders, base = name.split("/")
    return not _FOLDERS.isdisjoint(folders) or any(
        pattern.fullmatch(base) for pattern in (_CONFIG, _TEST, _STORY, _DECLARATION)
    )


def is_for_compilers(name: str) -> bool:
    """Whether a file is a component in a language of its own: no page runs it, or what imports it, as it is."""
    return name.endswith(_COMPONENTS)


def is_of_other_language(name: str) -> bool:
    """Whether *name* says that a file is a program that no browser runs."""
    return posixpath.splitext(name)[1].lower() in _OTHER_LANGUAGES


def belongs_to_page(name: str, folder: str) -> bool:
    """Whether the script *name* lies where the scripts of a page in *folder* do: below it, or in a server's folder for
    what it hands out."""
    return name.startswith(f"{folder.rstrip('/')}/") or not _HANDED_OUT.isdisjoint(name.split("/")[:-1])


def choose_page(names: Iterable[str]) -> tuple[str, list[str]]:
    """Return which of *names*, pages of HTML, is the first page of a site: an index, the least deep; and the others
    that could be as well. Two empty values: none, or of several none says so."""
    pages = sorted(names, key=lambda name: (name.count("/"), name))
    found = [name for name in pages if stem_of(name).lower() == "index"] or pages[: len(pages) == 1]
    return (found[0], found[1:]) if found else ("", [])


def is_server(name: str) -> bool:
    """Whether *name* says that a file runs on a server."""
    return _SERVER.fullmatch(posixpath.basename(name)) is not None


def is_helper(name: str, lang: Lang | None) -> bool:
    """Whether a module's name says that its default is no component: components begin with a capital letter."""
    return lang in ("js", "ts") and not stem_of(name)[:1].isupper()


def is_copy(name: str) -> bool:
    """Whether *name* says that a file is a copy, or what another one was before."""
    return _COPY.fullmatch(stem_of(name)) is not None


def stem_of(name: str) -> str:
    """Return the last part of *name* without its ending: `App` of `/src/App.tsx`."""
    return posixpath.splitext(posixpath.basename(name))[0]
