import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from vibes_trio.config import Limits
from vibes_trio.errors import Internal, Overloaded
from vibes_trio.storage import Tx
from vibes_trio.storage.pending import Pending, deliver_all, settle
from vibes_trio.storage.sqlite.engine import connect_reader, connect_writer
from vibes_trio.storage.sqlite.reading import ReadingConnection

ENDLESS = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n"


@pytest.fixture
def writer(tmp_path: Path, limits: Limits) -> Iterator[sqlite3.Connection]:
    connection = connect_writer(tmp_path / "test.db", limits)
    connection.execute("CREATE TABLE t (a)")
    yield connection
    connection.close()


@pytest.fixture
def reader(tmp_path: Path, writer: sqlite3.Connection) -> Iterator[ReadingConnection]:
    reader = ReadingConnection(connect_reader(tmp_path / "test.db", 0), now=lambda: 0.0, timeout_s=0.05)
    yield reader
    reader.close()


def count(tx: Tx) -> int:
    number: int = tx.execute("SELECT count(*) FROM t")[0][0]
    return number


def read(reader: ReadingConnection, pending: Pending[int]) -> Pending[int]:
    deliver_all(settle([pending], reader.run))
    return pending


async def test_function_sees_one_snapshot(reader: ReadingConnection, writer: sqlite3.Connection) -> None:
    def count_twice(tx: Tx) -> int:
        before = count(tx)
        writer.execute("INSERT INTO t VALUES (1)")
        return before * 10 + count(tx)

    assert await read(reader, Pending(count_twice)).wait() == 0
    assert await read(reader, Pending(count)).wait() == 1


async def test_long_read_is_stopped_and_the_next_one_is_fine(reader: ReadingConnection) -> None:
    with pytest.raises(Overloaded, match="took too long"):
        await read(reader, Pending(lambda tx: tx.execute(ENDLESS)[0][0])).wait()

    assert await read(reader, Pending(count)).wait() == 0


async def test_read_that_nobody_waits_for_is_stopped(tmp_path: Path, writer: sqlite3.Connection) -> None:
    patient = ReadingConnection(connect_reader(tmp_path / "test.db", 0), now=lambda: 0.0, timeout_s=3600)
    pending: Pending[int] = Pending(lambda tx: tx.execute(ENDLESS)[0][0])
    pending.abandoned = True

    with pytest.raises(Overloaded):
        await read(patient, pending).wait()
    patient.close()


async def test_read_holds_no_snapshot_afterwards(
    reader: ReadingConnection, writer: sqlite3.Connection
) -> None:
    writer.execute("INSERT INTO t VALUES (1)")
    await read(reader, Pending(count)).wait()
    with pytest.raises(Overloaded):
        await read(reader, Pending(lambda tx: tx.execute(ENDLESS)[0][0])).wait()

    assert writer.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] == 0


async def test_reader_can_not_write(reader: ReadingConnection) -> None:
    with pytest.raises(Internal, match="SQLITE_READONLY"):
        await read(reader, Pending(lambda tx: len(tx.execute("INSERT INTO t VALUES (1)")))).wait()
