import json
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vibes_trio.content.collation import sort_key, sort_names

VECTORS = Path(__file__).parent.parent / "conformance"
TABLES = json.loads((VECTORS / "tables.json").read_text())
# Sorted by Node's localeCompare: pairs of names in 10 scripts, lone surrogates among them.
PAIRS = json.loads((VECTORS / "js-collation.json").read_text())["pairs"]
TEXT = st.text(st.characters(codec=None))


@pytest.mark.parametrize("row", TABLES["locale_sort"], ids=lambda row: row["input"][0])
def test_names_are_sorted_as_recorded(row: dict[str, list[str]]) -> None:
    assert sort_names(row["input"]) == row["sorted"]
    assert sort_names(row["sorted"]) == row["sorted"]


def test_names_compare_as_in_javascript() -> None:
    assert len(PAIRS) == 500
    for one, other, sign in PAIRS:
        a, b = sort_key(one), sort_key(other)
        assert (a > b) - (a < b) == sign, (one, other)


def test_canonical_equivalents_are_equal_and_keep_their_order() -> None:
    composed, decomposed = "/\u00e9.js", "/e\u0301.js"

    assert sort_key(composed) == sort_key(decomposed)
    assert sort_names([composed, decomposed]) == [composed, decomposed]
    assert sort_names([decomposed, composed]) == [decomposed, composed]


@pytest.mark.parametrize("text", ["\ud83d\ude00", "a\ud83d\ude00\ud800"])
def test_a_pair_of_surrogates_collates_as_its_character(text: str) -> None:
    assert sort_key(text) == sort_key(text.replace("\ud83d\ude00", "😀"))


@given(st.lists(TEXT))
def test_order_is_total_and_loses_nothing(names: list[str]) -> None:
    ordered = sort_names(names)

    assert sorted(ordered) == sorted(names)
    assert sort_names(ordered) == ordered
    assert all(sort_key(a) <= sort_key(b) for a, b in pairwise(ordered))
