import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vibes_trio.content.mime import extensions, is_compressible, mime_of

DATA = Path(mime_of.__code__.co_filename).with_name("mime.types")
TABLES = json.loads((Path(__file__).parent.parent / "conformance/tables.json").read_text())


@pytest.mark.parametrize(("name", "mime"), TABLES["mime_by_filename"])
def test_type_of_a_name_is_the_recorded_one(name: str, mime: str | None) -> None:
    assert mime_of(name) == mime


def test_backslash_ends_a_folder_too() -> None:
    assert mime_of("/dir.css\\file") is None
    assert mime_of("/dir\\file.css") == "text/css"


def test_table_is_whole_and_names_each_extension_once() -> None:
    rows = [
        line.split() for line in DATA.read_text("utf-8").splitlines() if line and not line.startswith("#")
    ]
    named = [extension for row in rows for extension in row[1:]]

    assert len(rows) > 900
    assert all(re.fullmatch(r"[a-z-]+/[a-z0-9.+-]+", row[0]) and len(row) > 1 for row in rows)
    assert sorted(named) == sorted(extensions())
    assert all(mime_of(f"/x.{extension}") == row[0] for row in rows for extension in row[1:])


@given(st.text())
def test_every_name_has_an_answer(name: str) -> None:
    mime = mime_of(name)

    assert mime is None or mime in extensions().values()


@pytest.mark.parametrize(
    "mime",
    [
        *("text/html", "text/javascript; charset=utf-8", "TEXT/CSS", " text/plain ;x=y"),
        *("application/json", "application/javascript", "application/importmap+json", "image/svg+xml"),
        *("application/wasm", "font/ttf", "image/bmp", "application/ld+json", "model/gltf-binary"),
    ],
)
def test_what_shrinks_is_compressed(mime: str) -> None:
    assert is_compressible(mime)


@pytest.mark.parametrize(
    "mime",
    [
        *("image/png", "image/jpeg", "video/mp4", "audio/mpeg", "font/woff2", "application/zip"),
        *("application/gzip", "application/octet-stream", "", "text/", "json", "x-text/html", ";text/html"),
    ],
)
def test_what_is_packed_already_or_unknown_is_not(mime: str) -> None:
    assert not is_compressible(mime)
