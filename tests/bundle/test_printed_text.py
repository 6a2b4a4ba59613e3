"""Printed JavaScript taken apart."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vibes_trio.bundle.printed_text import (
    find_outside,
    literal_parts,
    read_value,
    split_arguments,
    string_value,
)


@pytest.mark.parametrize(
    ("code", "times"),
    [
        ("here(1); here(2)", 2),
        ("\"here(\" + 'here(' + here()", 1),
        ("// here(\nhere()", 1),
        ("/* here( */ here()", 1),
        (r'const a = /["here(]/g; here("x")', 1),
        (r"const a = b / here() / 2", 1),
        (r'x = "\"here("; here()', 1),
    ],
)
def test_strings_comments_and_regular_expressions_are_passed_over(code, times):
    assert len(list(find_outside(re.compile(r"here\("), code))) == times


@pytest.mark.parametrize(
    ("literal", "value"),
    [
        ('"a"', "a"),
        ("'a\"b'", 'a"b'),
        (r"'it\'s'", "it's"),
        (r'"\u00e4\n"', "ä\n"),
        ("name", None),
        (r'"\x41"', None),
    ],
)
def test_a_string_literal_has_a_value(literal, value):
    assert string_value(literal) == value


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("f(a, b)", (["a", "b"], 6)),
        ("f(g(1, 2), [3, 4], { a: 5 })", (["g(1, 2)", "[3, 4]", "{ a: 5 }"], 27)),
        ('f("a)", b)', (['"a)"', "b"], 9)),
        ("f()", ([], 2)),
        ("f(a,)", (["a"], 4)),
        ("f(a", None),
    ],
)
def test_a_call_is_split_into_its_arguments(code, found):
    assert split_arguments(code, 2) == found


@pytest.mark.parametrize(
    ("expression", "parts"),
    [
        ('"./a/".concat(b, ".js")', ["./a/", None, ".js"]),
        ('"./".concat(a, "/").concat(b, ".js")', ["./", None, "/", None, ".js"]),
        ('"./a.js"', ["./a.js"]),
        ('"./a/" + b + ".js"', ["./a/", None, ".js"]),
        ('"./a/" + (b + "x")', ["./a/", None]),
        ("name", [None]),
        ('"./a/".concat(b, ".js").trim()', [None]),
        ('"./a/".concat(b', [None]),
        ('"./a/".concat(b).concat(c', [None]),
    ],
)
def test_a_path_is_taken_into_its_parts(expression, parts):
    assert literal_parts(expression) == parts


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('"a"', "a"),
        ('["a", "b",]', ["a", "b"]),
        (
            "{ eager: true, \"import\": 'x', query: { raw: false } }",
            {"eager": True, "import": "x", "query": {"raw": False}},
        ),
        ("[]", []),
        ("{}", {}),
    ],
)
def test_plain_values_are_read(text, value):
    assert read_value(text) == value


@pytest.mark.parametrize(
    "text",
    ["", "name", "{ a }", "{ ...b }", "[a", '["a"', "{ a: b }", '"a" + "b"', "`a`", "[" * 30 + "]" * 30],
)
def test_what_is_no_plain_value_is_refused(text):
    with pytest.raises(ValueError, match="no plain value"):
        read_value(text)


@given(st.text(alphabet="\"'`/\\*()[]{}, +ab.\n", max_size=60))
def test_any_text_is_taken_apart(code):
    list(find_outside(re.compile("a"), code))
    split_arguments(code, 0)
    literal_parts(code)
    try:
        read_value(code)
    except ValueError:
        pass
