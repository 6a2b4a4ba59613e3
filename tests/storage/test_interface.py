"""What holds for each engine, and words that all share."""

import pytest
import trio

from vibes_trio.errors import Internal, Overloaded
from vibes_trio.storage import Database, Tx, iso_utc
from vibes_trio.storage.interface import DiskFull, unix_of


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.0, "1970-01-01T00:00:00.000Z"),
        (1_769_064_695.5, "2026-01-22T06:51:35.500Z"),
        (1_769_064_695, "2026-01-22T06:51:35.000Z"),
    ],
)
def test_time_is_iso_utc_with_milliseconds(seconds: float, text: str) -> None:
    assert iso_utc(seconds) == text
    assert unix_of(text) == seconds


def test_full_disk_tells_when_to_come_back() -> None:
    assert DiskFull().retry_after_s == 5


def add_note(tx: Tx, value: int) -> int:
    tx.execute("INSERT INTO Meta (name, value) VALUES (?, ?)", (f"note {value}", value))
    return value


def notes(tx: Tx) -> list[int]:
    return [row[0] for row in tx.execute("SELECT value FROM Meta WHERE name LIKE 'note %' ORDER BY value")]


async def test_what_is_written_is_read_in_each_way(db: Database) -> None:
    assert await db.write(add_note, value=7) == 7

    assert await db.read(notes) == await db.get(notes) == [7]
    assert db.points is None or db.points.get(notes) == [7]


async def test_writes_happen_in_the_order_of_their_submission(db: Database) -> None:
    seen: list[int] = []
    pendings = [db.submit(lambda tx, number=number: seen.append(number)) for number in range(9)]

    for pending in pendings:
        await pending.wait()

    assert seen == list(range(9))


async def test_a_write_that_raises_leaves_nothing(db: Database) -> None:
    def fail(tx: Tx) -> None:
        add_note(tx, 1)
        raise ValueError("stopped")

    with pytest.raises(ValueError, match="stopped"):
        await db.write(fail)

    assert await db.read(notes) == []


async def test_a_read_that_writes_is_a_mistake_of_ours(db: Database) -> None:
    with pytest.raises(Internal):
        await db.read(add_note, 1)

    assert await db.read(notes) == []


async def test_a_write_that_is_cancelled_is_whole_or_was_not_begun(db: Database) -> None:
    with trio.CancelScope() as scope:
        scope.cancel()
        await db.write(add_note, 1)

    assert await db.read(notes) in ([], [1])


async def test_a_closed_database_refuses_and_closing_twice_is_fine(db: Database) -> None:
    db.close()
    db.close()

    for way in (db.write, db.read, db.get):
        with pytest.raises(Overloaded, match="closed"):
            await way(notes)
