import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vibes_trio.content.collation import sort_names
from vibes_trio.content.js_json import join_surrogates, quote_json, sort_keys, sorted_json

TEXT = st.text(st.characters(codec=None))


@pytest.mark.parametrize(
    ("text", "quoted"),
    [  # what Node's JSON.stringify writes
        ("", '""'),
        ('"\\/', '"\\"\\\\/"'),
        ("\b\t\n\f\r", '"\\b\\t\\n\\f\\r"'),
        ("\x00\x0b\x1f", '"\\u0000\\u000b\\u001f"'),
        ("\x7f\u2028\u2029é😀", '"\x7f\u2028\u2029é😀"'),
        ("\ud83d\ude00", '"😀"'),
        ("\ud800", '"\\ud800"'),
        ("\udfff\ud800a", '"\\udfff\\ud800a"'),
        ("</script>", '"</script>"'),
    ],
)
def test_text_is_quoted_as_javascript_does(text: str, quoted: str) -> None:
    assert quote_json(text) == quoted


@given(TEXT)
def test_quoted_text_can_be_sent_and_reads_back(text: str) -> None:
    quoted = quote_json(text)

    assert json.loads(quoted.encode()) == join_surrogates(text)


@pytest.mark.parametrize(
    ("text", "joined"),
    [("plain é😀", "plain é😀"), ("\ud83d\ude00\ude00", "😀\ude00"), ("\ude00\ud83d", "\ude00\ud83d")],
)
def test_only_pairs_of_surrogates_are_joined(text: str, joined: str) -> None:
    assert join_surrogates(text) == joined


def test_keys_like_array_indexes_come_first_by_number() -> None:
    keys = ["b", "10", "9", "01", "4294967294", "4294967295", "-1", "1.0", "0", "a", "", "1_0"]

    assert sort_keys(keys) == [
        *("0", "9", "10", "4294967294"),
        *sort_names(["b", "01", "4294967295", "-1", "1.0", "a", "", "1_0"]),
    ]


def test_digits_of_other_scripts_are_no_index() -> None:
    assert sort_keys(["b", "a", "１", "٣"]) == sort_names(["b", "a", "１", "٣"])


def test_object_is_compact_and_ordered() -> None:
    assert sorted_json({"b": "2", "a": 'say "x"', "10": "ten", "9": ""}) == (
        '{"9":"","10":"ten","a":"say \\"x\\"","b":"2"}'
    )
    assert sorted_json({}) == "{}"


@given(st.dictionaries(TEXT.map(join_surrogates), TEXT))
def test_object_reads_back_with_all_members(members: dict[str, str]) -> None:
    read = json.loads(sorted_json(members))

    assert read == {key: join_surrogates(value) for key, value in members.items()}
    assert list(read) == sort_keys(members)
