"""Families in the store: which kind is taken, kept and found."""

import json
from pathlib import Path

import pytest
from font_packages import SUBSETS, static_font, variable_font

from vibes_trio.config import Limits
from vibes_trio.errors import ModuleFailed
from vibes_trio.modules.registry.fetch import Document
from vibes_trio.modules.store.fonts import KINDS, find_font, font_addresses, is_kept, note_address, put_font
from vibes_trio.modules.store.local import WOFF2, LocalModules, open_store

ALPHA = Document(name="@fontsource-variable/alpha", version="5.0.0", tarball="", integrity="")
BETA = Document(name="@fontsource/beta", version="5.2.0", tarball="", integrity="")
WEIGHT = frozenset({"wght"})
WIDTH = frozenset({"wght", "wdth"})
FILL = frozenset({"FILL"})


@pytest.fixture
def store(tmp_path: Path) -> LocalModules:
    return open_store(tmp_path, Limits())


def unpack(folder: Path, files: dict[str, bytes | str]) -> Path:
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content.encode() if isinstance(content, str) else content)
    return folder


def put(store: LocalModules, folder: Path, document: Document, font_id: str, axes: frozenset[str]) -> None:
    put_font(store, folder, document, font_id, axes, Limits())


def test_a_family_is_kept_with_a_note_that_leads_to_its_files(tmp_path, store):
    folder = unpack(tmp_path / "p", variable_font("alpha", "Alpha", b"x"))

    put(store, folder, ALPHA, "alpha", WEIGHT)

    font = find_font(store, "alpha", frozenset())
    assert (font.family, font.is_icons) == ("Alpha", False)
    assert [(face.is_italic, face.weight, face.characters) for face in font.faces] == [
        (is_italic, (100, 900), characters) for is_italic in (False, True) for characters in SUBSETS.values()
    ]
    found = store.find(font.faces[1].file)
    assert font.faces[1].file == "/~esm/@fontsource-variable/alpha@5.0.0/files/alpha-latin-wght-normal.woff2"
    assert (found.content, found.content_type) == (b"xalpha-latin-wght-normal.woff2", WOFF2)
    assert set(store.record(note_address("alpha", "wght")).imports) == {face.file for face in font.faces}


@pytest.mark.parametrize(
    ("axes", "kind"), [(frozenset(), "wght"), (WEIGHT, "wght"), (WIDTH, "standard"), (FILL, "full")]
)
def test_the_smallest_kind_that_varies_enough_is_taken(tmp_path, store, axes, kind):
    folder = unpack(tmp_path / "p", variable_font("alpha", "Alpha", b"x", ("wght", "standard", "full")))

    put(store, folder, ALPHA, "alpha", axes)

    assert all(f"-{kind}-" in face.file for face in find_font(store, "alpha", axes).faces)


@pytest.mark.parametrize(
    ("kinds", "taken"), [(("wght",), "wght"), (("index",), "index"), (("full",), "full")]
)
def test_a_family_that_varies_less_is_taken_as_it_is(tmp_path, store, kinds, taken):
    put(store, unpack(tmp_path / "p", variable_font("alpha", "Alpha", b"x", kinds)), ALPHA, "alpha", WIDTH)

    assert is_kept(store, "alpha", WIDTH), "nothing better is to be had: it is not fetched again"
    assert f"-{taken}-" in find_font(store, "alpha", WIDTH).faces[0].file


def test_what_is_there_shows_until_the_better_kind_is(tmp_path, store):
    folder = unpack(tmp_path / "p", variable_font("alpha", "Alpha", b"x", ("wght", "full")))
    put(store, folder, ALPHA, "alpha", WEIGHT)

    assert not is_kept(store, "alpha", FILL)
    assert "-wght-" in find_font(store, "alpha", FILL).faces[0].file
    put(store, folder, ALPHA, "alpha", FILL)
    assert "-full-" in find_font(store, "alpha", FILL).faces[0].file
    assert "-wght-" in find_font(store, "alpha", WEIGHT).faces[0].file


def test_a_family_that_does_not_vary_has_a_file_for_each_weight(tmp_path, store):
    put(store, unpack(tmp_path / "p", static_font("beta", "Beta", b"x", "icons")), BETA, "beta", WEIGHT)

    font = find_font(store, "beta", WEIGHT)
    assert font.is_icons
    weights = {(face.is_italic, face.weight[0]) for face in font.faces}
    assert weights == {(False, 400), (False, 700), (True, 400)}


def test_a_family_that_is_nowhere_is_not_found(store):
    assert find_font(store, "alpha", WEIGHT) is None
    assert not is_kept(store, "alpha", WEIGHT)


def break_metadata(files):
    files["metadata.json"] = "{"


def take_metadata(files):
    del files["metadata.json"]


def take_sheets(files):
    for name in [name for name in files if name.endswith(".css")]:
        del files[name]


def take_file(files):
    del files["files/alpha-latin-wght-normal.woff2"]


@pytest.mark.parametrize(
    ("harm", "words"),
    [
        (break_metadata, "no package of a font"),
        (take_metadata, "no package of a font"),
        (take_sheets, "holds no font"),
        (take_file, "names it and has it not"),
    ],
)
def test_a_package_that_is_broken_leaves_no_family(tmp_path, store, harm, words):
    files = variable_font("alpha", "Alpha", b"x")
    harm(files)

    with pytest.raises(ModuleFailed, match=words):
        put(store, unpack(tmp_path / "p", files), ALPHA, "alpha", WEIGHT)

    assert find_font(store, "alpha", WEIGHT) is None


def test_a_family_of_too_many_parts_is_refused(tmp_path, store):
    folder = unpack(tmp_path / "p", variable_font("alpha", "Alpha", b"x"))

    with pytest.raises(ModuleFailed, match="more than 3 parts"):
        put_font(store, folder, ALPHA, "alpha", WEIGHT, Limits(font_files=3))


def test_a_file_outside_the_package_is_not_read(tmp_path, store):
    """A sheet names files in the folder `files` alone; a link in a package is refused when it is unpacked."""
    (tmp_path / "secret.woff2").write_text("secret")
    files = {"metadata.json": json.dumps({"family": "A"})}
    files["wght.css"] = "@font-face { src: url(./files/../../secret.woff2) format('woff2'); }"

    with pytest.raises(ModuleFailed, match="holds no font"):
        put(store, unpack(tmp_path / "p", files), ALPHA, "alpha", WEIGHT)


def test_who_clears_away_knows_all_notes():
    assert font_addresses(["a", "b"]) == {note_address(font_id, kind) for font_id in "ab" for kind in KINDS}
