"""Code is coloured by classes, and loses no character."""

from html import unescape
from re import sub

import pytest

from vibes_trio.content.highlighted import HIGHLIGHTED_CHARS, highlight


def plain(marked: str) -> str:
    return unescape(sub(r"<[^>]*>", "", marked))


@pytest.mark.parametrize(
    "lang", ["js", "JSX", "tsx", "python", "svg", "css", "html", "json", "none-such", ""]
)
def test_the_text_is_what_it_was(lang):
    code = "\n\nconst a = '<b> & \"c\"'; // é"

    for text in (code, f"{code}\n", f"{code}\n\n", ""):
        assert plain(highlight(text, lang)) == text


def test_words_have_classes_and_no_style():
    marked = highlight("const a = 1;", "js")

    assert '<span class="kd">const</span>' in marked
    assert "style" not in marked


def test_what_is_long_is_left_plain():
    text = "a;" * HIGHLIGHTED_CHARS

    assert highlight(text, "js") == text
