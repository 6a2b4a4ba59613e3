"""Patterns with letters first find what patterns with a word's begin first find, and pass over the rest fast."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vibes_trio.content.quick_patterns import Signed, word, words

PIECES = st.sampled_from(["export", "exports", "ex", "port", " ", "\n", ".", "$", "_", "1", "é", "x"])


@given(st.lists(PIECES, max_size=12).map("".join))
def test_words_are_found_where_they_begin_as_words(text):
    for quick, plain in ((word("export"), r"\bexport"), (words("exports", "ex"), r"\b(?:exports|ex)")):
        assert [m.span() for m in re.finditer(quick, text)] == [m.span() for m in re.finditer(plain, text)]


@pytest.mark.parametrize("text", ["export", "export default", "\nexport"])
def test_a_word_is_found_at_the_begin_too(text):
    assert re.search(rf"{word('export')}\b", text) is not None


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a render(<App />)", True),
        ("a rendering", False),
        ("nothing of the kind", False),
        ("hydrate(<A />)", True),
    ],
)
def test_a_pattern_is_looked_for_only_where_one_of_its_signs_is(text, found):
    pattern = re.compile(rf"{words('render', 'hydrate')}\(")

    assert Signed(("render", "hydrate"), pattern).is_in(text) is found
    assert not Signed(("elsewhere",), pattern).is_in(text)
