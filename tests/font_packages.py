"""Packages of fonts as Fontsource makes them, small: three families, whose files are any bytes, or one real font."""

import json
from collections.abc import Iterable

from fake_registry import FakeRegistry, pack

SUBSETS = {"cyrillic": "U+0400-045F", "latin": "U+0000-00FF"}


def _face(file: str, style: str, weight: str) -> str:
    characters = SUBSETS[file.split("-")[-3]]
    return (
        f"@font-face {{ font-family: 'X'; font-style: {style}; font-weight: {weight};"
        f" src: url(./files/{file}) format('woff2'); unicode-range: {characters}; }}\n"
    )


def _content(content: bytes, name: str) -> bytes:
    """A real font stays as it is: browsers take no byte more."""
    return content if content.startswith(b"wOF2") else content + name.encode()


def variable_font(
    font_id: str, family: str, content: bytes, kinds: Iterable[str] = ("wght",)
) -> dict[str, bytes | str]:
    """Return the files of a package of a family that varies: a sheet and a file for each of *kinds*."""
    files: dict[str, bytes | str] = {"metadata.json": json.dumps({"family": family, "weights": [400]})}
    for kind in kinds:
        for end, style in (("", "normal"), ("-italic", "italic")):
            names = [f"{font_id}-{subset}-{kind}-{style}.woff2" for subset in SUBSETS]
            files[f"{kind}{end}.css"] = "".join(_face(name, style, "100 900") for name in names)
            files |= {f"files/{name}": _content(content, name) for name in names}
    return files


def static_font(font_id: str, family: str, content: bytes, category: str = "serif") -> dict[str, bytes | str]:
    """Return the files of a package of a family with a file for each weight: 400, and 700 without italics."""
    metadata = {"family": family, "weights": [400, 700], "category": category}
    files: dict[str, bytes | str] = {"metadata.json": json.dumps(metadata)}
    for weight, style in ((400, "normal"), (400, "italic"), (700, "normal")):
        names = [f"{font_id}-{subset}-{weight}-{style}.woff2" for subset in SUBSETS]
        end = "-italic" if style == "italic" else ""
        files[f"{weight}{end}.css"] = "".join(_face(name, style, str(weight)) for name in names)
        files |= {f"files/{name}": _content(content, name) for name in names}
    return files


def add_fonts(registry: FakeRegistry, content: bytes = b"font ") -> FakeRegistry:
    """Add Alpha Sans (varies in weight), Beta (doesn't vary) and Gamma (varies in all) to *registry*, and return it."""
    alpha = variable_font("alpha-sans", "Alpha Sans", content)
    gamma = variable_font("gamma", "Gamma", content, ("wght", "standard", "full"))
    registry.add("@fontsource-variable/alpha-sans", "5.0.0", pack(alpha))
    registry.add("@fontsource-variable/gamma", "5.1.0", pack(gamma))
    registry.add("@fontsource/beta", "5.2.0", pack(static_font("beta", "Beta", content)))
    return registry
