"""Cursors are opaque, and of one list in one order."""

import base64

import pytest

from vibes_trio.errors import BadRequest
from vibes_trio.wire.cursors import read_cursor, write_cursor


def test_a_cursor_comes_back_as_it_was():
    cursor = write_cursor("recent", "2026", "garden é", 7)

    assert read_cursor(cursor, "recent", tuple[str, str, int]) == ("2026", "garden é", 7)
    assert cursor.isascii()
    assert "=" not in cursor


def encoded(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode()


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "x",
        "é",
        "!!!!",
        encoded("no JSON"),
        encoded("{}"),
        encoded("[]"),
        encoded('["name", "a"]'),
        encoded('["recent", 1]'),
        encoded('["recent", "a", "b"]'),
        encoded("[" * 100_000),
    ],
)
def test_anything_else_is_refused(cursor):
    with pytest.raises(BadRequest, match="nextCursor"):
        read_cursor(cursor, "recent", tuple[str])


@pytest.mark.parametrize("key", [2**63, -(2**63), 10**30])
def test_a_number_that_no_column_holds_is_no_cursor(key):
    with pytest.raises(BadRequest):
        read_cursor(write_cursor("list", key), "list", tuple[int])
