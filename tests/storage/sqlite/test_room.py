"""Space on the disk that is left to others."""

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from chat_rows import list_sections
from releases import release, save

from vibes_trio.config import Limits
from vibes_trio.errors import Overloaded
from vibes_trio.exchange import Cid, UserId
from vibes_trio.storage import Tx
from vibes_trio.storage.assets import put_asset, remove_garbage
from vibes_trio.storage.chats import NewSection, append_sections, ensure_context
from vibes_trio.storage.interface import DiskShort
from vibes_trio.storage.sqlite.engine import SqliteDatabase
from vibes_trio.storage.sqlite.room import Room, free_bytes

ADA = UserId("ada")
MIB = 1 << 20


class Disk:
    """A disk whose free space a test says."""

    def __init__(self, free: int) -> None:
        self.free = free

    def __call__(self, folder: Path) -> int:
        return self.free


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Disk:
    disk = Disk(10 * MIB)
    monkeypatch.setattr(Room.__init__, "__defaults__", (disk,))
    return disk


@pytest.fixture
def short(tmp_path: Path, limits: Limits, disk: Disk) -> Iterator[SqliteDatabase]:
    """A database that leaves 4 MiB of the disk to others."""
    database = SqliteDatabase(
        tmp_path / "vibes.db", limits, now=lambda: 0.0, inline=True, disk_reserve=4 * MIB
    )
    database.open()
    yield database
    database.close()


def test_free_space_is_that_of_the_disk(tmp_path: Path) -> None:
    assert free_bytes(tmp_path) > 0


async def test_below_the_reserve_nothing_is_stored_for_clients_and_reading_goes_on(
    short: SqliteDatabase, disk: Disk, caplog: pytest.LogCaptureFixture
) -> None:
    """Fails without `check_room`: a user fills the disk of the machine up to its last byte."""
    await short.write(ensure_context, ADA, "chat", str)
    section = NewSection(ADA, "chat", "user", "[]")
    await short.submit_item(append_sections, section).wait()
    disk.free = 4 * MIB - 1

    for _ in range(2):
        with pytest.raises(Overloaded, match=r"nearly full.*VIBES_DISK_RESERVE"):
            await short.submit_item(append_sections, section).wait()
    with pytest.raises(DiskShort):
        await short.write(ensure_context, ADA, "more", str)
    assert short.is_disk_short
    assert await short.write(ensure_context, ADA, "chat", str) == "chat"
    assert len(await short.read(list_sections, ADA, "chat", limit=9)) == 1
    await short.write(lambda tx: tx.execute("SELECT 1"))

    with caplog.at_level(logging.WARNING):
        disk.free = 5 * MIB
        assert await short.submit_item(append_sections, section).wait() == 1
    assert not short.is_disk_short
    assert [record.getMessage() for record in caplog.records] == [
        "3 MiB are free on the disk, and VIBES_DISK_RESERVE keeps 4 MiB: clients can store nothing more",
        "there is room on the disk again; storing goes on",
    ]


async def test_a_refused_section_leaves_the_others_of_its_batch_their_answers(
    short: SqliteDatabase, disk: Disk
) -> None:
    await short.write(ensure_context, ADA, "chat", str)
    disk.free = 0
    sections = [NewSection(ADA, "chat", "user", "[]"), NewSection(ADA, "nowhere", "user", "[]")]

    answers = await short.write(append_sections, sections)

    assert [type(answer).__name__ for answer in answers] == ["DiskShort", "NotFound"]


async def test_what_is_stored_counts_twice_as_it_goes_to_the_wal_first(
    short: SqliteDatabase, disk: Disk
) -> None:
    disk.free = 6 * MIB
    await short.write(lambda tx: tx.check_room(MIB))

    with pytest.raises(DiskShort):
        await short.write(lambda tx: tx.check_room(MIB + 1))


async def test_pages_that_an_eviction_has_freed_can_be_used_below_the_reserve(
    short: SqliteDatabase, disk: Disk
) -> None:
    """Else a disk that is short stays so for the server, whatever goes: SQLite's file never shrinks."""

    def fill(tx: Tx) -> None:
        put_asset(tx, Cid("zLarge"), bytes(5 * MIB))

    await short.write(fill)
    disk.free = 3 * MIB
    with pytest.raises(DiskShort):
        await short.write(lambda tx: tx.check_room(MIB))

    await short.write(remove_garbage, (Cid("zLarge"),))
    await short.write(lambda tx: tx.check_room(MIB))

    disk.free = 2 * MIB - 1  # the WAL file would eat into the quarter that is always left
    with pytest.raises(DiskShort):
        await short.write(lambda tx: tx.check_room(MIB))


async def test_without_a_reserve_the_disk_may_be_filled(inline: SqliteDatabase) -> None:
    await inline.write(save, release("z1"))

    assert not inline.is_disk_short
