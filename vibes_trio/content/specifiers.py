"""Import specifiers taken apart: what kind one is and, for a package, which version and which part of it.

What the browser calls *bare* is a package here, or a mistake. The name grammar is npm's, wide enough for old
names (capitals, a leading `_`); everything that passes can stand in an address as it is.
"""

import re
from enum import Enum, auto

import msgspec

CDN = "https://esm.sh/"  # the public module CDN that the reference's maps lead to


class Kind(Enum):
    """What a specifier refers to."""

    RELATIVE = auto()  # ./x, ../x, and `.` and `..`, which bundlers take for folders
    ABSOLUTE = auto()  # /x: from the root of the host
    URL = auto()  # has a scheme, or starts with //
    PACKAGE = auto()
    ODD = auto()  # nothing that could be loaded: "", #x, a name with blanks …


class Specifier(msgspec.Struct, frozen=True):
    """A specifier as written, and its parts if it names a package.

    Attributes:
        text: as written.
        package: with its scope, without version: `lodash`, `@acme/tools`.
        version: as written after `@`; empty: none.
        subpath: with its leading slash: `/fp/map.js`; a lone slash stays; a query too; empty: none.
    """

    text: str
    kind: Kind
    package: str = ""
    version: str = ""
    subpath: str = ""


# Queries with which bundlers give a file in another form than as a module; `file` is ours, for any file of a package.
FORMS = frozenset(
    {
        "url",
        "raw",
        "inline",
        "no-inline",
        "init",
        "worker",
        "worker&inline",
        "worker&url",
        "sharedworker",
        "file",
    }
)
MAX_PACKAGE_CHARS = 214  # npm's own

_RELATIVE = re.compile(r"\.\.?(?:/.*)?", re.DOTALL)
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:|//")
_WORD = r"[A-Za-z0-9_~-][A-Za-z0-9_~.-]*"
_PACKAGE = re.compile(
    rf"(?P<package>(?:@{_WORD}/)?{_WORD})"
    r"(?:@(?P<version>[A-Za-z0-9^~<>=*|+._ -]+))?"
    rf"(?P<subpath>/[A-Za-z0-9_~.@+,=!$&'()*/-]*(?:\?[^\s#\"<>\\]*)?|\?(?:{'|'.join(sorted(FORMS))}))?"
)
_DOT_SEGMENT = re.compile(r"/\.{0,2}(?=/)|/\.{1,2}(?=\?|$)")


def parse_specifier(text: str) -> Specifier:
    """Return what *text*, the string of an import, is; every text is something."""
    if _RELATIVE.fullmatch(text):
        return Specifier(text, Kind.RELATIVE)
    if _SCHEME.match(text):
        return Specifier(text, Kind.URL)
    if text.startswith("/"):
        return Specifier(text, Kind.ABSOLUTE)
    match = _PACKAGE.fullmatch(text)
    if (
        match is None
        or len(match["package"]) > MAX_PACKAGE_CHARS
        or _DOT_SEGMENT.search(match["subpath"] or "")
    ):
        return Specifier(text, Kind.ODD)
    return Specifier(text, Kind.PACKAGE, match["package"], match["version"] or "", match["subpath"] or "")
