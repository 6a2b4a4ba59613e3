"""The Range header."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vibes_trio.services.ranges import parse_range


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("bytes=0-3", slice(0, 4)),
        ("bytes=8-", slice(8, 10)),
        ("bytes=8-99", slice(8, 10)),
        ("bytes=-3", slice(7, 10)),
        ("bytes=-99", slice(0, 10)),
        ("bytes= 0 - 0", slice(0, 1)),
    ],
)
def test_one_range_is_cut_to_what_is_there(text, span):
    assert parse_range(text, 10) == span


@pytest.mark.parametrize(
    "text", ["", "bytes", "bytes=", "bytes=-", "bytes=0-1,3-4", "lines=0-1", "bytes=x-", "bytes=3-1"]
)
def test_what_is_no_single_range_is_ignored(text):
    assert parse_range(text, 10) is None


@pytest.mark.parametrize("text", ["bytes=10-", "bytes=10-20", "bytes=-0"])
def test_a_range_beyond_the_end_is_empty(text):
    span = parse_range(text, 10)

    assert span is not None
    assert b"0123456789"[span] == b""


@given(st.integers(0, 30), st.integers(0, 30), st.binary(max_size=20))
def test_a_range_gives_the_bytes_of_its_places(first, last, content):
    span = parse_range(f"bytes={first}-{last}", len(content))

    if last < first:
        assert span is None
    else:
        assert content[span] == content[first : last + 1]
