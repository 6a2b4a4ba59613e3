"""Addresses by which apps ask for fonts by name, and what they ask for; pure.

Google Fonts answers `…/css2?family=Roboto:ital,wght@0,400;1,700`, `…/css?family=Roboto:400,700i|Lora` and
`…/icon?family=Material+Icons` with a style sheet, and its mirrors (Bunny Fonts and others) do the same by the same
addresses. Here all of them mean one thing, and an answer of this server's own stands at `FONTS`.

Source: Google's documentation of the CSS API, version 1 and 2.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from urllib.parse import parse_qsl

import msgspec

from vibes_trio.steps import Steps

FONTS = "/~esm/@fonts/"
FONT_KINDS = ("css2", "css", "icon")
MAX_QUERY_CHARS = 4096
MAX_FAMILIES = 40
MAX_FACES = 100
DISPLAYS = frozenset({"auto", "block", "swap", "fallback", "optional"})

# Quotes, brackets and blanks end an address wherever it stands: in HTML, in a style sheet, in a script.
_ADDRESS = re.compile(
    rb"(?:https?:)?//[a-z0-9.-]{0,60}font[a-z0-9.-]{0,60}/(css2?|icon)\?([^\s\"'`<>()\\]{1,4096})",
    re.IGNORECASE,
)
_ENDS = (b" ", b"\n", b'"', b"'", b"`", b")", b">")
_PIECE_BYTES = 16 * 1024
LOOKED_AT_ONCE = 1024 * 1024
NAMED = b"family="
_COMPUTED = b"${"
_NEXT_FONT, _GEIST = b"next/font/google", b"geist/font"
_IMPORTED = re.compile(rb"""import\s*\{([^{}]{1,2000})\}\s*from\s*["']next/font/google["']""")
GEIST = ("Geist", "Geist Mono")
_MAX_ID_CHARS = 80
_NUMBER = re.compile(r"-?[0-9]{1,5}(?:\.[0-9]{1,3})?")
_VARIANT = re.compile(
    r"(?P<weight>[0-9]{1,4}|b|bold|r|regular|n|normal)?(?P<italic>i|italic|o|oblique)?|(?P<fvd>[nio])(?P<hundreds>[1-9])"
)
_BOLD = ("b", "bold")
_REGULAR = 400


class WantedFace(msgspec.Struct, frozen=True):
    """One face of a family: style, and weights and widths (percent) from the first to the second."""

    is_italic: bool = False
    weight: tuple[float, float] = (_REGULAR, _REGULAR)
    stretch: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class WantedFont:
    """One family: its name as asked for, its faces, and the axes (`wght`, `opsz`, …) that it is to vary in."""

    name: str
    faces: tuple[WantedFace, ...] = (WantedFace(),)
    axes: frozenset[str] = frozenset()

    @property
    def font_id(self) -> str:
        """What the family is called in names of packages: `open-sans`. Empty: no family is called so."""
        return re.sub(r"[^a-z0-9]+", "-", self.name.lower()).strip("-")[:_MAX_ID_CHARS]


class FontRequest(msgspec.Struct, frozen=True):
    """What one address asks for: *display* is for `font-display`, *text* the only letters that are shown."""

    fonts: tuple[WantedFont, ...]
    display: str = ""
    text: str = ""


def find_font_addresses(content: bytes) -> list[str]:
    """Return the addresses in *content* that ask for fonts by name, each as `css2?family=…`, in order, each once.

    Those that a script puts together from parts are not found.
    """
    if NAMED not in content:
        return []
    found = (
        f"{kind.decode().lower()}?{query.decode('utf-8', 'replace').replace('&amp;', '&')}"
        for piece in _pieces(content)
        for kind, query in _ADDRESS.findall(piece)
        if NAMED in query and _COMPUTED not in query
    )
    return list(dict.fromkeys(found))


def find_families(
    contents: Iterable[bytes], most_addresses: int, most_families: int
) -> dict[str, tuple[str, ...]]:
    """Return the families that *contents* ask for by name, in order, each with all axes that any of them wants.

    Those imported of `next/font` are asked for when the app runs. Addresses and families beyond so many are
    passed over.
    """
    found = (address for content in contents for address in find_font_addresses(content))
    asked = [font for content in contents for font in _imported_fonts(content)]
    for address in islice(dict.fromkeys(found), most_addresses):
        kind, _, query = address.partition("?")
        request = parse_font_request(kind, query)
        asked += request.fonts if request is not None else ()
    names: dict[str, str] = {}
    axes: dict[str, set[str]] = {}
    for font in asked:
        if font.font_id and (font.font_id in names or len(names) < most_families):
            axes.setdefault(names.setdefault(font.font_id, font.name), set()).update(font.axes)
    return {name: tuple(sorted(wanted)) for name, wanted in axes.items()}


def those_with_fonts(contents: Iterable[bytes]) -> Steps[list[bytes]]:
    """Return those of *contents* in which `find_families` may find anything, in steps of LOOKED_AT_ONCE bytes."""
    found, looked = [], 0
    for content in contents:
        for start in range(0, len(content), LOOKED_AT_ONCE):
            end = start + LOOKED_AT_ONCE
            if any(content.find(word, start, end + len(word)) >= 0 for word in (NAMED, _NEXT_FONT, _GEIST)):
                found.append(content)
                break
            looked += min(end, len(content)) - start
            if looked >= LOOKED_AT_ONCE:
                looked = 0
                yield
    return found


def _imported_fonts(content: bytes) -> Iterator[WantedFont]:
    """Give what *content* imports of `next/font/google` and of the package `geist`."""
    imported = _IMPORTED.findall(content) if _NEXT_FONT in content else []
    names = [name for some in imported for name in some.decode("utf-8", "replace").split(",")]
    for name in (*names, *(GEIST if _GEIST in content else ())):
        yield WantedFont(name.split(" as ")[0].strip().replace("_", " "), axes=frozenset({"wght"}))


def with_own_addresses(content: bytes) -> bytes:
    """Return *content*, HTML or a style sheet, with the addresses that ask for fonts by name led to this server."""
    if NAMED not in content:
        return content
    own = FONTS.encode()
    return b"".join(
        _ADDRESS.sub(
            lambda found: own + found[1].lower() + b"?" + found[2] if NAMED in found[2] else found[0], piece
        )
        for piece in _pieces(content)
    )


def with_own_address(address: str) -> str:
    """Do what `with_own_addresses` does with one *address*, as written in HTML or a style sheet."""
    own = with_own_addresses(address.encode("utf-8", "surrogatepass"))
    return own.decode("utf-8", "surrogatepass")


def _pieces(content: bytes) -> Iterator[bytes]:
    """Cut *content* where no address can be cut, if such a place is near.

    So that a thread which looks through it lets others run: an expression is matched in one go.
    """
    begin = 0
    while begin < len(content):
        end = min(begin + _PIECE_BYTES, len(content))
        if end < len(content):
            end = max((content.rfind(mark, begin + 1, end) for mark in _ENDS), default=-1) + 1 or end
        yield content[begin:end]
        begin = end


def parse_font_request(kind: str, query: str) -> FontRequest | None:
    """Return what `{kind}?{query}` asks for; None: nothing, or it is over a bound.

    A part that can't be read asks for the regular face, as it is better to show a font than none.
    """
    if len(query) > MAX_QUERY_CHARS:
        return None
    members = parse_qsl(query, errors="replace")
    asked = [value for name, value in members if name == "family"]
    if kind == "css2":
        fonts = [_parse_new(text) for text in asked]
    elif kind in FONT_KINDS:
        fonts = [_parse_old(text) for value in asked for text in value.split("|")]
    else:
        return None
    known = tuple(font for font in fonts if font.font_id)
    if not known or len(known) > MAX_FAMILIES:
        return None
    told = dict(members)
    display = told.get("display", "")
    return FontRequest(known, display if display in DISPLAYS else "", told.get("text", ""))


def _parse_new(text: str) -> WantedFont:
    """Read `Roboto:ital,wght@0,400;1,100..900`."""
    name, _, rest = text.partition(":")
    tags, _, tuples = rest.partition("@")
    names = tags.split(",") if tuples else []
    faces = [
        _face_of(dict(zip(names, values, strict=True)))
        for part in tuples.split(";")[:MAX_FACES]
        if len(values := part.split(",")) == len(names)
    ]
    return _font(name, faces, names)


def _face_of(values: dict[str, str]) -> WantedFace:
    """Return the face of one tuple, axis → value or range."""
    weight = _span(values.get("wght", ""))
    return WantedFace(
        is_italic=values.get("ital", "0").endswith("1"),
        weight=weight or (_REGULAR, _REGULAR),
        stretch=_span(values.get("wdth", "")),
    )


def _span(text: str) -> tuple[float, float] | None:
    begin, _, end = text.partition("..")
    if not _NUMBER.fullmatch(begin) or not _NUMBER.fullmatch(end or begin):
        return None
    low, high = sorted((float(begin), float(end or begin)))
    return low, high


def _parse_old(text: str) -> WantedFont:
    """Read `Roboto:400,700italic,b,n4:latin`; the part after a second colon names subsets, which we leave to pages."""
    name, _, rest = text.partition(":")
    variants = rest.partition(":")[0].split(",")[:MAX_FACES] if rest else []
    faces = [
        _face_of_variant(found)
        for variant in variants
        if (found := _VARIANT.fullmatch(variant.strip().lower()))
    ]
    return _font(name, faces, ())


def _face_of_variant(found: re.Match[str]) -> WantedFace:
    if found["fvd"]:
        weight = float(found["hundreds"]) * 100
        return WantedFace(found["fvd"] != "n", (weight, weight))
    told = found["weight"] or ""
    weight = float(told) if told.isdigit() else 700.0 if told in _BOLD else float(_REGULAR)
    return WantedFace(found["italic"] is not None, (weight, weight))


def _font(name: str, faces: list[WantedFace], axes: Iterable[str]) -> WantedFont:
    given = tuple(dict.fromkeys(faces)) or (WantedFace(),)
    return WantedFont(name.strip(), given, frozenset(axes) - {"ital", ""})
