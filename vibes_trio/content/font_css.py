"""Style sheets of fonts: those of packages taken apart, and the one that answers who asks for fonts by name; pure.

A package's sheet has a face for each part of the font (a *subset*, such as `cyrillic`), which says by its
`unicode-range` what letters are in it. These ranges are kept, so that a browser fetches only the parts that a page
shows letters of.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import msgspec

from vibes_trio.content.font_addresses import FontRequest, WantedFace, WantedFont

MISSING = "vibes-missing-fonts"
"""The rule by which a sheet tells `boot.js` what it lacks: of an element that no page has."""

_BLOCK = re.compile(r"@font-face\s*\{([^{}]{1,65536})\}")
_DESCRIPTOR = re.compile(r"(?:^|;)\s*([a-z-]+)\s*:\s*([^;]+)")
_FILE = re.compile(r"""url\(\s*["']?\./(files/[A-Za-z0-9._-]{1,200}\.woff2)["']?\s*\)""")
_RANGE = re.compile(r"u\+([0-9a-f?]{1,6})(?:-([0-9a-f]{1,6}))?", re.IGNORECASE)
_SAFE_RANGE = re.compile(r"[uU0-9a-fA-F?+,\s-]*")
_NUMBERS = re.compile(r"([0-9]{1,4}(?:\.[0-9]{1,3})?)%?(?:\s+([0-9]{1,4}(?:\.[0-9]{1,3})?)%?)?")
_ICON_RULE = (
    "font-weight:normal;font-style:normal;font-size:24px;line-height:1;letter-spacing:normal;text-transform:none;"
    "display:inline-block;white-space:nowrap;word-wrap:normal;direction:ltr;"
    "-webkit-font-feature-settings:'liga';-webkit-font-smoothing:antialiased"
)
_NO_STRING = re.compile(r"[\x00-\x1f\"\\<>\x7f-\x9f\u2028\u2029]")


@dataclass(frozen=True, slots=True)
class Face:
    """One part of a font in one style.

    Attributes:
        file: where it lies: in its package (`files/…`), or its address on this server.
        weight, stretch: what it can show, from the first to the second; *stretch* is in percent, None: it isn't said.
        characters: its `unicode-range`; empty: all.
    """

    file: str
    is_italic: bool = False
    weight: tuple[float, float] = (400, 400)
    stretch: tuple[float, float] | None = None
    characters: str = ""


class Font(msgspec.Struct, frozen=True):
    """A family as it is kept here: its name, whether it is one of icons, and its faces."""

    family: str
    is_icons: bool
    faces: tuple[Face, ...]


def parse_faces(css: str) -> list[Face]:
    """Return the faces of a package's style sheet *css* that have a file in its folder `files`."""
    faces = []
    for block in _BLOCK.findall(css):
        told = {name: value.strip() for name, value in _DESCRIPTOR.findall(block)}
        file = _FILE.search(told.get("src", ""))
        characters = told.get("unicode-range", "")
        if file is not None and _SAFE_RANGE.fullmatch(characters):
            faces.append(
                Face(
                    file[1],
                    told.get("font-style", "normal") != "normal",
                    _read_span(told.get("font-weight", "")) or (400, 400),
                    _read_span(told.get("font-stretch", "")),
                    re.sub(r"\s", "", characters),
                )
            )
    return faces


def _read_span(text: str) -> tuple[float, float] | None:
    found = _NUMBERS.fullmatch(text)
    if found is None:
        return None
    return float(found[1]), float(found[2] or found[1])


def render_fonts(
    request: FontRequest, fonts: Mapping[str, Font], missing: Mapping[str, str], max_bytes: int
) -> str:
    """Return the style sheet that answers *request*.

    Args:
        fonts: id of a family → the font here.
        missing: name of a family that is not → why.
        max_bytes: faces beyond are left out: a family for Chinese has hundreds, in each weight.
    """
    parts = []
    size = 0
    for wanted in request.fonts:
        font = fonts.get(wanted.font_id)
        for rule in _rules(request, wanted, font) if font is not None else ():
            size += len(rule)
            if size > max_bytes:
                missing = {
                    **missing,
                    wanted.name: "it has too many parts for one style sheet: ask for fewer weights",
                }
                break
            parts.append(rule)
    if missing:
        told = "; ".join(f"{_plain(name)}: {_plain(why)}" for name, why in missing.items())
        parts.append(f'{MISSING}{{content:"{told}"}}')
    return "\n".join((*parts, ""))


def _rules(request: FontRequest, wanted: WantedFont, font: Font) -> list[str]:
    rules: dict[str, None] = {}
    letters = {ord(letter) for letter in request.text}
    for face in wanted.faces:
        for found, weight in _choose(face, font.faces):
            if not letters or _has_any(found.characters, letters):
                rules[_rule(request, font, face, found, weight)] = None
    if font.is_icons:
        rules[f".{wanted.font_id}{{font-family:'{_plain(font.family)}';{_ICON_RULE}}}"] = None
    return list(rules)


def _choose(wanted: WantedFace, faces: Sequence[Face]) -> list[tuple[Face, tuple[float, float]]]:
    """Return the faces that show *wanted*, each with the weights that it is declared for.

    A style that the font doesn't have is left to the browser, which slants the other; of weights that it
    doesn't have the nearest is taken.
    """
    in_style = [face for face in faces if face.is_italic == wanted.is_italic] or list(faces)
    low, high = wanted.weight
    fits = [face for face in in_style if face.weight[0] <= high and low <= face.weight[1]]
    if not fits:
        nearest = min((_distance(face, low) for face in in_style), default=0.0)
        fits = [face for face in in_style if _distance(face, low) == nearest]
    return [
        (
            face,
            (min(max(low, face.weight[0]), face.weight[1]), max(min(high, face.weight[1]), face.weight[0])),
        )
        for face in fits
    ]


def _distance(face: Face, weight: float) -> float:
    return max(face.weight[0] - weight, weight - face.weight[1], 0.0)


def _rule(
    request: FontRequest, font: Font, wanted: WantedFace, face: Face, weight: tuple[float, float]
) -> str:
    stretch = ""
    if face.stretch is not None and wanted.stretch is not None:
        low, high = (min(max(value, face.stretch[0]), face.stretch[1]) for value in wanted.stretch)
        stretch = f"font-stretch:{low:g}% {high:g}%;" if low != high else f"font-stretch:{low:g}%;"
    display = f"font-display:{request.display};" if request.display else ""
    characters = f"unicode-range:{face.characters};" if face.characters else ""
    weights = f"{weight[0]:g} {weight[1]:g}" if weight[0] != weight[1] else f"{weight[0]:g}"
    return (
        f"@font-face{{font-family:'{_plain(font.family)}';font-style:{'italic' if face.is_italic else 'normal'};"
        f"font-weight:{weights};{stretch}{display}src:url({face.file})format('woff2');{characters}}}"
    )


def _has_any(characters: str, letters: set[int]) -> bool:
    """Return whether the `unicode-range` *characters* holds one of *letters*; an empty one holds all."""
    if not characters:
        return True
    for begin, end in _RANGE.findall(characters):
        low = int(begin.replace("?", "0"), 16)
        high = int(end or begin.replace("?", "f"), 16)
        if any(low <= letter <= high for letter in letters):
            return True
    return False


def _plain(text: str) -> str:
    """Return *text* as it can stand between quotes in a style sheet."""
    return _NO_STRING.sub(" ", text).replace("'", "’")
