"""Fonts of apps in the store: what is kept of a family, and how it gets there from a package of Fontsource.

A family comes in several *kinds*: `wght`, one file for all weights; `standard`, which varies in width, slant and
optical size as well; `full`, which varies in all that the family can. The better, the larger. Families that don't vary
have a file for each weight, which stands for all kinds. The store holds a note on each kind that was asked for, at
`/~esm/@fonts/{id}/{kind}.json`, which imports the files of the font: so notes and files travel and stay together.
"""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import msgspec

from vibes_trio.config import Limits
from vibes_trio.content.font_addresses import FONTS
from vibes_trio.content.font_css import Face, Font, parse_faces
from vibes_trio.errors import ModuleFailed
from vibes_trio.modules.registry.fetch import Document
from vibes_trio.modules.store.addresses import address_of
from vibes_trio.modules.store.local import JSON, WOFF2, LocalModules

WEIGHT_AXIS = frozenset({"wght"})
STANDARD_AXES = frozenset({"wght", "wdth", "slnt", "opsz"})
KINDS = ("wght", "standard", "full")
VARIABLE = "@fontsource-variable/"
STATIC = "@fontsource/"


class _Metadata(msgspec.Struct):
    """What a package of Fontsource says of itself, as far as it is used."""

    family: str
    category: str = ""
    weights: list[int] = []


def note_address(font_id: str, kind: str) -> str:
    """Return where the note on a family in one kind is."""
    return f"{FONTS}{font_id}/{kind}.json"


def find_font(store: LocalModules, font_id: str, axes: frozenset[str]) -> Font | None:
    """Return the family *font_id* in the kind that suits *axes* best, of those in the store."""
    for kind in _by_preference(axes):
        note = store.find(note_address(font_id, kind))
        if note is not None:
            return msgspec.json.decode(note.content, type=Font)
    return None


def has_font(store: LocalModules, font_id: str) -> bool:
    """Return whether `find_font` finds the family, in whichever kind."""
    return any(store.record(note_address(font_id, kind)) is not None for kind in KINDS)


def is_kept(store: LocalModules, font_id: str, axes: frozenset[str]) -> bool:
    """Return whether the store has the best that there is of a family for *axes*."""
    return store.record(note_address(font_id, _by_preference(axes)[0])) is not None


def font_addresses(font_ids: Iterable[str]) -> set[str]:
    """Return the addresses of all notes that there may be on families, for who clears the store away."""
    return {note_address(font_id, kind) for font_id in font_ids for kind in KINDS}


def put_font(
    store: LocalModules, folder: Path, document: Document, font_id: str, axes: frozenset[str], limits: Limits
) -> None:
    """Put the family in the unpacked package *folder* into *store*. Reads and writes the disk; call it from a thread.

    Raises:
        ModuleFailed: it is no package of Fontsource, over a limit, or the disk refuses.
    """
    try:
        metadata = msgspec.json.decode((folder / "metadata.json").read_bytes(), type=_Metadata)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ModuleFailed(f"{document.name}@{document.version}: it is no package of a font") from error
    is_variable = document.name.startswith(VARIABLE)
    faces = _variable_faces(folder, axes) if is_variable else _static_faces(folder, metadata.weights)
    files = sorted({face.file for face in faces})
    if not files:
        raise ModuleFailed(f"{document.name}@{document.version}: it holds no font")
    if len(files) > limits.font_files:
        raise ModuleFailed(
            f"{document.name}@{document.version}: it has more than {limits.font_files} parts (font_files)"
        )
    addresses = {file: address_of(document.name, document.version, file) for file in files}
    for file, address in addresses.items():
        if store.record(address) is None:
            store.put_file(address, _read(folder / file), WOFF2)
    here = tuple(replace(face, file=addresses[face.file]) for face in faces)
    note = msgspec.json.encode(Font(metadata.family, metadata.category == "icons", here))
    store.put_file(note_address(font_id, _by_preference(axes)[0]), note, JSON, tuple(addresses.values()))


def _by_preference(axes: frozenset[str]) -> tuple[str, ...]:
    """Return the kinds for a family varying in *axes*, the smallest that can do all of it first."""
    if axes <= WEIGHT_AXIS:
        return ("wght", "standard", "full")
    return ("standard", "full", "wght") if axes <= STANDARD_AXES else ("full", "standard", "wght")


def _variable_faces(folder: Path, axes: frozenset[str]) -> list[Face]:
    # Not all have a sheet of each kind; `index` is what the family can vary in at least.
    for kind in (*_by_preference(axes), "index"):
        faces = _faces_in(folder, (kind, f"{kind}-italic"))
        if faces:
            return faces
    return []


def _static_faces(folder: Path, weights: Iterable[int]) -> list[Face]:
    return _faces_in(folder, [f"{weight}{end}" for weight in weights for end in ("", "-italic")])


def _faces_in(folder: Path, sheets: Iterable[str]) -> list[Face]:
    return [face for name in sheets for face in parse_faces(_read_text(folder / f"{name}.css"))]


def _read_text(path: Path) -> str:
    try:
        return path.read_text("utf-8", "replace")
    except OSError:
        return ""


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ModuleFailed(f"{path.name}: the package names it and has it not") from error
