import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vibes_trio.compilers.jsx_text import js_string, jsx_attribute_text, jsx_text


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("", ""),
        ("Hello", "Hello"),
        ("  spaced  ", "  spaced  "),
        ("\n  one\n  two\n", "one two"),
        ("\r\n  one\r\n  two\r\n", "one two"),
        ("one\r  two", "one two"),
        ("one \t\n\n\n\t two ", "one two "),
        ("\n \t \n", ""),
        ("   ", "   "),
        ("a\tb", "a\tb"),
        ("\n\u00a0a\u00a0\n", "\u00a0a\u00a0"),
        ("a\u2028 b", "a\u2028 b"),
    ],
)
def test_text_is_joined_line_by_line(raw: str, text: str) -> None:
    assert jsx_text(raw) == text


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("&amp;&lt;&gt;&quot;&apos;", "&<>\"'"),
        ("&copy;&hearts;&Auml;&auml;", "©♥Ää"),
        ("&#123;&#x7d;&#x1F600;", "{}\U0001f600"),
        ("&amp;amp;", "&amp;"),
        (
            "&bogus; &amp &; & &#xZZ; &#x110000; &#99999999;",
            "&bogus; &amp &; & &#xZZ; &#x110000; &#99999999;",
        ),
        ("\n&#32;a&#10;\n", " a\n"),
        ("&toString;&constructor;", "&toString;&constructor;"),
    ],
)
def test_references_are_read_after_trimming_and_unknown_ones_stay(raw: str, text: str) -> None:
    assert jsx_text(raw) == text


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("line one\n   line two\ttab", "line one line two\ttab"),
        ("a\r\n\t b", "a b"),
        ("a\nb", "a\nb"),
        ("c:\\new", "c:\\new"),
        ("a &lt; b", "a < b"),
    ],
)
def test_line_break_with_indent_in_an_attribute_is_one_blank(raw: str, text: str) -> None:
    assert jsx_attribute_text(raw) == text


@given(st.text(st.characters(), max_size=50))
def test_string_literal_is_one_line_and_means_the_text(text: str) -> None:
    literal = js_string(text)

    assert json.loads(literal) == text
    assert len(literal.splitlines()) == 1 or not set("\n\r\u2028\u2029") & set(literal)
    literal.encode()  # lone surrogates are escaped
