"""Point reads at once."""

import time
from pathlib import Path

import pytest

from vibes_trio.config import Limits
from vibes_trio.errors import Overloaded
from vibes_trio.storage import Tx
from vibes_trio.storage.sqlite.engine import SqliteDatabase


def add_note(tx: Tx, value: int) -> int:
    tx.execute("INSERT INTO Meta (name, value) VALUES (?, ?)", (f"note {value}", value))
    return value


def notes(tx: Tx) -> list[int]:
    return [row[0] for row in tx.execute("SELECT value FROM Meta WHERE name LIKE 'note %' ORDER BY rowid")]


async def test_what_is_awaited_is_read_at_once_without_a_checkpoint(inline: SqliteDatabase) -> None:
    """So nothing comes between what a service reads and what it does next."""
    await inline.write(add_note, 7)

    with pytest.raises(StopIteration) as ended:
        inline.get(notes).send(None)

    assert ended.value.value == inline.points.get(notes) == [7]


async def test_what_never_changes_is_read_once_and_what_is_not_there_again(inline: SqliteDatabase) -> None:
    read: list[str] = []

    def find(tx: Tx, key: str) -> str | None:
        read.append(key)
        return key if int(key) in notes(tx) else None

    assert inline.points.get_fixed(find, "1") is None
    await inline.write(add_note, 1)
    await inline.write(add_note, 2)
    assert [inline.points.get_fixed(find, key) for key in ("1", "1", "2", "2")] == ["1", "1", "2", "2"]
    assert read == ["1", "1", "2"]

    inline.close()
    with pytest.raises(Overloaded, match="is closed"):
        inline.points.get_fixed(find, "1")


async def test_of_what_never_changes_only_so_much_is_remembered(tmp_path: Path) -> None:
    read: list[str] = []

    def find(tx: Tx, key: str) -> str:
        read.append(key)
        return key

    db = SqliteDatabase(tmp_path / "vibes.db", Limits(fixed_facts=2), now=time.time, inline=True)
    db.open()
    for key in ("a", "b", "a", "c", "c", "a"):
        assert db.points.get_fixed(find, key) == key
    db.close()

    assert read == ["a", "b", "c", "a"]
