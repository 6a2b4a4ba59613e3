"""Node's answers are the vectors: made once with `new Date(text)` of Node 20 in UTC."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vibes_trio.content.js_date import coerce_timestamp

CONFORMANCE = Path(__file__).parents[1] / "conformance"
MAX_MS = 8_640_000_000_000_000


def recorded_timestamps() -> list[tuple[str | int | float, str | None]]:
    """What `chat.json` sends in the vectors chat-timestamps-1 to -16, and the rows that it ends with."""
    scenarios = json.loads((CONFORMANCE / "chat.json").read_text("utf-8"))["scenarios"]
    vectors = [
        vector
        for scenario in scenarios
        for vector in scenario["vectors"]
        if vector["name"].startswith("chat-timestamps-")
    ]
    sent = [
        vector["request"]["body"]["payload"]["blocks"][0]["timestamp"]
        for vector in vectors
        if vector["request"]["body"]["payload"].get("blocks")
    ]
    stored = [
        row["blocks"][0]["timestamp"] for row in vectors[-1]["db_after"]["ChatSections"] if row["blocks"]
    ]
    return list(zip(sent, stored, strict=True))


def test_all_recorded_timestamps_are_there() -> None:
    assert len(recorded_timestamps()) == 16


@pytest.mark.parametrize(("sent", "stored"), recorded_timestamps(), ids=repr)
def test_timestamps_are_stored_as_recorded(sent: str | int | float, stored: str | None) -> None:
    assert coerce_timestamp(sent) == stored


@pytest.mark.parametrize(
    ("ms", "stored"),
    [
        (-1.9, "1969-12-31T23:59:59.999Z"),
        (-0.5, "1970-01-01T00:00:00.000Z"),
        (951_782_400_000, "2000-02-29T00:00:00.000Z"),
        (253_402_300_800_000, "+010000-01-01T00:00:00.000Z"),
        (-62_167_219_200_000, "0000-01-01T00:00:00.000Z"),
        (-62_167_219_200_001, "-000001-12-31T23:59:59.999Z"),
        (-MAX_MS, "-271821-04-20T00:00:00.000Z"),
        (-MAX_MS - 1, None),
        (10**400, None),
        (float("inf"), None),
        (float("nan"), None),
    ],
)
def test_numbers_are_milliseconds_since_1970(ms: int | float, stored: str | None) -> None:
    assert coerce_timestamp(ms) == stored


def test_texts_are_read_as_in_node() -> None:
    rows = json.loads((CONFORMANCE / "js-dates.json").read_text("utf-8"))["dates"]
    assert len(rows) == 422

    wrong = [
        (text, stored, coerce_timestamp(text)) for text, stored in rows if coerce_timestamp(text) != stored
    ]

    assert wrong == []


@given(st.integers(-MAX_MS, MAX_MS))
def test_the_stored_form_reads_back_as_itself(ms: int) -> None:
    stored = coerce_timestamp(ms)

    assert stored is not None
    assert coerce_timestamp(stored) == stored


@given(st.text(st.characters(exclude_categories=())))
def test_any_text_is_a_date_or_none(text: str) -> None:
    stored = coerce_timestamp(text)

    assert stored is None or coerce_timestamp(stored) == stored


def test_very_long_texts_take_little_time() -> None:
    for part in ("(", "1", "a", " ", ":", "1 ", "(a)", "-"):
        assert coerce_timestamp("x" + part * 200_000) is None
