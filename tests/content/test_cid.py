import hashlib
import json
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vibes_trio.content.cid import calc_cid, calc_fs_id, file_cid, to_utf8
from vibes_trio.exchange import Cid

TABLES = json.loads((Path(__file__).parent.parent / "conformance/tables.json").read_text())
ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
# Printable ASCII: no two such names collate alike.
NAMES = st.text(st.characters(min_codepoint=32, max_codepoint=126))
FILES = st.lists(st.tuples(NAMES, st.text(), st.text().map(Cid)), unique_by=lambda file: file[0])


@pytest.mark.parametrize("row", TABLES["cid"], ids=lambda row: repr(row["text"][:9]))
def test_cid_of_text_is_the_recorded_one(row: dict[str, str]) -> None:
    assert calc_cid(to_utf8(row["text"])) == row["cid"]


def test_cid_of_a_file_is_that_of_its_content(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"x" * 3_000_000)

    assert file_cid(tmp_path / "x") == calc_cid(b"x" * 3_000_000)


@given(st.binary())
def test_cid_holds_the_bare_digest(content: bytes) -> None:
    cid = calc_cid(content)

    number = 0
    for char in cid[1:]:
        number = number * 58 + ALPHABET.index(char)
    assert cid[0] == "z"
    assert number.to_bytes(32, "big") == hashlib.sha256(content).digest()


@pytest.mark.parametrize("row", TABLES["fs_id"], ids=lambda row: row["hashed_text"][:9])
def test_fs_id_is_the_recorded_one(row: dict[str, list[dict[str, str]] | dict[str, str] | str]) -> None:
    files = [(file["filename"], file.get("mimetype", ""), Cid(file["cid"])) for file in row["files"]]

    assert calc_fs_id(files, row["env"] or {}) == row["fs_id"]
    assert calc_cid(row["hashed_text"].encode()) == row["fs_id"]


@given(FILES, st.dictionaries(NAMES, st.text()), st.randoms())
def test_fs_id_does_not_depend_on_the_order_given(
    files: list[tuple[str, str, Cid]], env: dict[str, str], random: Random
) -> None:
    shuffled = random.sample(files, len(files))
    reordered = dict(random.sample(sorted(env.items()), len(env)))

    assert calc_fs_id(shuffled, reordered) == calc_fs_id(files, env)


def test_names_that_collate_alike_count_in_the_order_given() -> None:
    """As with the reference, whose sort is stable."""
    composed, decomposed = ("/\u00e9", "", Cid("zA")), ("/e\u0301", "", Cid("zB"))

    assert calc_fs_id([composed, decomposed], {}) != calc_fs_id([decomposed, composed], {})


@pytest.mark.parametrize(
    "change",
    [
        {"files": [("/b", "text/css", "zA")]},
        {"files": [("/a", "text/html", "zA")]},
        {"files": [("/a", "text/css", "zB")]},
        {"files": []},
        {"env": {"K": "w"}},
        {"env": {"L": "v"}},
        {"env": {}},
    ],
)
def test_fs_id_tells_any_difference(change: dict[str, object]) -> None:
    wanted = {"files": [("/a", "text/css", Cid("zA"))], "env": {"K": "v"}}

    assert calc_fs_id(**wanted) != calc_fs_id(**wanted | change)


@pytest.mark.parametrize(
    ("text", "utf8"),
    [
        ("é😀", "é😀".encode()),
        ("a\ud800b", b"a\xef\xbf\xbdb"),
        ("\udc00\ud800", b"\xef\xbf\xbd\xef\xbf\xbd"),
        ("\ud83d\ude00", "😀".encode()),  # a pair is one character, however it came about
    ],
)
def test_text_becomes_bytes_as_in_javascript(text: str, utf8: bytes) -> None:
    assert to_utf8(text) == utf8


@given(st.text(st.characters(codec=None)))
def test_every_text_has_bytes(text: str) -> None:
    to_utf8(text).decode()
