import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
import trio
import trio.testing
from chat_rows import list_sections

from vibes_trio.config import Limits
from vibes_trio.errors import ConfigError, Internal, NotFound, Overloaded
from vibes_trio.exchange import UserId
from vibes_trio.storage import Tx
from vibes_trio.storage.chats import NewSection, append_sections, ensure_context
from vibes_trio.storage.sqlite.engine import SqliteDatabase, connect_reader, connect_writer
from vibes_trio.storage.sqlite.migrate import load_migrations

ADA = UserId("ada")
ENDLESS = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n"

# Eight clients append to one chat and print each number once it is acknowledged.
APPENDER = """
import sys, time, trio
from vibes_trio.config import Limits
from vibes_trio.storage.sqlite.engine import SqliteDatabase
from vibes_trio.storage.chats import NewSection, append_sections, ensure_context

async def client(db):
    while True:
        print(await db.submit_item(append_sections, NewSection("ada", "chat", "user", "[]")).wait(), flush=True)

async def main():
    db = SqliteDatabase(sys.argv[1], Limits(commits_per_checkpoint=5), now=time.time)
    db.open()
    await db.write(ensure_context, "ada", "chat", str)
    async with trio.open_nursery() as nursery:
        for _ in range(8):
            nursery.start_soon(client, db)

trio.run(main)
"""


@pytest.fixture(params=[False, True], ids=["threads", "inline"])
async def either(
    request: pytest.FixtureRequest, tmp_path: Path, limits: Limits
) -> AsyncIterator[SqliteDatabase]:
    db = SqliteDatabase(tmp_path / "either.db", limits, now=lambda: 0.0, inline=request.param)
    db.open()
    yield db
    db.close()


def sections(tx: Tx, context_id: str = "chat") -> list[int]:
    return [section.seq for section in list_sections(tx, ADA, context_id, limit=1_000_000)]


def add_note(tx: Tx, value: int) -> int:
    tx.execute("INSERT INTO Meta (name, value) VALUES (?, ?)", (f"note {value}", value))
    return value


def notes(tx: Tx) -> list[int]:
    return [row[0] for row in tx.execute("SELECT value FROM Meta WHERE name LIKE 'note %' ORDER BY rowid")]


@contextmanager
def busy_writer(db: SqliteDatabase) -> Iterator[None]:
    """Keep the writer inside a transaction of its own during the block, so that what is submitted waits."""
    entered, leave = threading.Event(), threading.Event()

    def occupy(tx: Tx) -> None:
        entered.set()
        assert leave.wait(10)

    db.submit(occupy)
    db._open_parts().writes.hand_over()  # this thread comes to no end of a pass while it waits
    assert entered.wait(10)
    try:
        yield
    finally:
        leave.set()


# --- opening and closing


def test_file_and_folder_are_made_for_this_user_only(tmp_path: Path, limits: Limits) -> None:
    db = SqliteDatabase(tmp_path / "data" / "vibes.db", limits, now=lambda: 0.0, inline=True)

    assert db.open() == tuple(step.name for step in load_migrations())

    assert (tmp_path / "data").stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "data").iterdir()} == {0o600}
    db.close()


def test_second_open_changes_nothing(tmp_path: Path, limits: Limits) -> None:
    db = SqliteDatabase(tmp_path / "vibes.db", limits, now=lambda: 0.0, inline=True)
    db.open()
    db.close()

    assert db.open() == ()
    db.close()


def test_closing_twice_is_fine(inline: SqliteDatabase) -> None:
    inline.close()
    inline.close()


def test_file_that_is_no_database_is_refused(tmp_path: Path, limits: Limits) -> None:
    path = tmp_path / "notes.txt"
    path.write_bytes(b"Dear diary, " * 100)

    with pytest.raises(ConfigError, match=r"notes\.txt: can't be used as a database"):
        SqliteDatabase(path, limits, now=lambda: 0.0, inline=True).open()

    assert path.read_bytes() == b"Dear diary, " * 100


def test_folder_that_can_not_be_made_is_refused(tmp_path: Path, limits: Limits) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(ConfigError, match="can't be used as a database"):
        SqliteDatabase(tmp_path / "file" / "vibes.db", limits, now=lambda: 0.0, inline=True).open()


def test_data_of_a_newer_version_is_refused(tmp_path: Path, limits: Limits) -> None:
    path = tmp_path / "vibes.db"
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version = 999")
    connection.close()

    with pytest.raises(ConfigError, match="schema 999"):
        SqliteDatabase(path, limits, now=lambda: 0.0, inline=True).open()


def test_file_that_another_process_keeps_locked_is_refused(inline: SqliteDatabase, limits: Limits) -> None:
    with (
        inline._open_parts().writer._lock.held(),
        pytest.raises(ConfigError, match="Another process is writing"),
    ):
        SqliteDatabase(inline.path, limits, now=lambda: 0.0, inline=True).open()


def test_place_without_wal_files_is_refused(limits: Limits) -> None:
    with pytest.raises(ConfigError, match="can't use WAL mode here"):
        connect_writer(Path(":memory:"), limits)


def test_connections_are_durable_and_only_the_writer_checkpoints(
    inline: SqliteDatabase, limits: Limits
) -> None:
    writer, reader = connect_writer(inline.path, limits), connect_reader(inline.path, 0)

    def pragma(connection: sqlite3.Connection, name: str) -> object:
        return connection.execute(f"PRAGMA {name}").fetchone()[0]

    assert pragma(writer, "journal_mode") == "wal"
    assert pragma(writer, "synchronous") == 2
    assert pragma(writer, "foreign_keys") == 1
    assert pragma(reader, "query_only") == 1
    assert pragma(writer, "wal_autocheckpoint") == pragma(reader, "wal_autocheckpoint") == 0
    writer.close()
    reader.close()


async def test_close_finishes_what_waits_and_leaves_one_file(db: SqliteDatabase) -> None:
    with busy_writer(db):
        pendings = [db.submit(add_note, n) for n in range(5)]

    db.close()

    assert [await pending.wait() for pending in pendings] == [0, 1, 2, 3, 4]
    assert not db.path.with_name("vibes.db-wal").exists()
    db.open()
    assert db.points.get(notes) == [0, 1, 2, 3, 4]


async def test_closed_database_refuses(db: SqliteDatabase) -> None:
    db.close()

    with pytest.raises(Overloaded, match="is closed"):
        await db.write(add_note, 1)
    with pytest.raises(Overloaded, match="is closed"):
        await db.read(notes)
    with pytest.raises(Overloaded, match="is closed"):
        db.points.get(notes)


# --- one transaction


async def test_acknowledged_write_is_seen_by_every_reader(either: SqliteDatabase) -> None:
    assert await either.write(add_note, value=7) == 7

    assert either.points.get(notes) == await either.read(notes) == [7]


async def test_write_that_raises_leaves_nothing(either: SqliteDatabase) -> None:
    def broken(tx: Tx) -> None:
        add_note(tx, 1)
        raise NotFound("nothing here")

    with pytest.raises(NotFound, match="nothing here"):
        await either.write(broken)

    assert either.points.get(notes) == []


async def test_neither_read_nor_get_can_write(db: SqliteDatabase) -> None:
    with pytest.raises(Internal):
        await db.read(add_note, 1)
    with pytest.raises(Internal):
        db.points.get(add_note, 1)

    assert db.points.get(notes) == []


async def test_each_transaction_takes_its_time_once(db: SqliteDatabase, clock: Callable[[], float]) -> None:
    assert await db.write(lambda tx: tx.now) == "2026-01-22T06:51:35.123Z"
    assert await db.read(lambda tx: tx.now) == "2026-01-22T06:51:35.123Z"
    assert db.points.get(lambda tx: tx.now) == "2026-01-22T06:51:35.123Z"


async def test_two_processes_may_write_in_turn(db: SqliteDatabase, limits: Limits) -> None:
    """As `vibes-trio user add` does beside a running server."""
    other = SqliteDatabase(db.path, limits, now=lambda: 0.0, inline=True)
    other.open()

    await db.write(add_note, 1)
    await other.write(add_note, 2)
    await db.write(add_note, 3)
    other.close()

    assert db.points.get(notes) == [1, 2, 3]
    await db.write(add_note, 4)
    assert db.points.get(notes) == [1, 2, 3, 4]


# --- group commit


async def test_all_who_wait_share_one_commit(db: SqliteDatabase) -> None:
    before = db.commits

    with busy_writer(db):
        pendings = [db.submit(add_note, n) for n in range(20)]

    assert [await pending.wait() for pending in pendings] == list(range(20))
    assert db.commits - before == 2, "the busy one, and one for all twenty"
    assert db.points.get(notes) == list(range(20))


async def test_long_write_has_a_commit_of_its_own(db: SqliteDatabase) -> None:
    """With all that waits in one commit, a line of a chat would wait for the bytes of every app."""
    before = db.commits
    got: list[int] = []

    async def write(size: int, value: int) -> None:
        got.append(await db.write_long(size, add_note, value))

    async with trio.open_nursery() as nursery:
        with busy_writer(db):
            for value, size in enumerate((0, 10**6, 10**6, 0)):
                nursery.start_soon(write, size, value)
            await trio.testing.wait_all_tasks_blocked()

    assert db.commits - before == 4, "the busy one, each long one, and one for the short ones"
    assert sorted(got) == [0, 1, 2, 3]


async def test_write_alone_waits_for_nobody(db: SqliteDatabase) -> None:
    before = db.commits

    await db.write(add_note, 1)
    await db.write(add_note, 2)

    assert db.commits - before == 2


async def test_others_of_a_batch_survive_one_that_raises(db: SqliteDatabase) -> None:
    def broken(tx: Tx) -> None:
        add_note(tx, 2)
        tx.execute("INSERT INTO ChatSections VALUES ('missing', 0, 'user', '[]', '')")

    with busy_writer(db):
        first, bad, last = db.submit(add_note, 1), db.submit(broken), db.submit(add_note, 3)

    assert (await first.wait(), await last.wait()) == (1, 3)
    with pytest.raises(sqlite3.IntegrityError, match="FOREIGN KEY"):
        await bad.wait()
    assert db.points.get(notes) == [1, 3]


async def test_full_queue_refuses_and_queues_nothing(tmp_path: Path, limits: Limits) -> None:
    db = SqliteDatabase(tmp_path / "vibes.db", replace(limits, writes_waiting=2), now=lambda: 0.0)
    db.open()

    with busy_writer(db):
        pendings = [db.submit(add_note, 1), db.submit(add_note, 2)]
        with pytest.raises(Overloaded, match="wait for the database"):
            await db.write(add_note, 3)

    assert [await pending.wait() for pending in pendings] == [1, 2]
    assert db.points.get(notes) == [1, 2]
    db.close()


async def test_many_tasks_append_without_gap_or_twin(db: SqliteDatabase) -> None:
    await db.write(ensure_context, ADA, "chat", str)
    got: list[int] = []

    async def client() -> None:
        for _ in range(32):
            got.append(await db.submit_item(append_sections, NewSection(ADA, "chat", "user", "[]")).wait())

    before = db.commits
    async with trio.open_nursery() as nursery:
        for _ in range(32):
            nursery.start_soon(client)

    assert sorted(got) == list(range(1024))
    assert await db.read(sections) == list(range(1024))
    assert db.commits - before < 1024 / 4, "commits were shared"


# --- cancellation


async def test_write_cancelled_while_it_waits_does_not_happen(db: SqliteDatabase) -> None:
    with busy_writer(db):
        with trio.CancelScope() as scope:
            scope.cancel()
            await db.write(add_note, 1)
        assert scope.cancelled_caught

    await db.write(add_note, 2)
    assert db.points.get(notes) == [2]


async def test_write_cancelled_while_it_runs_is_committed_and_answered(db: SqliteDatabase) -> None:
    token = trio.lowlevel.current_trio_token()
    cancelled = threading.Event()

    def cancel_meanwhile(tx: Tx) -> int:
        add_note(tx, 1)
        token.run_sync_soon(scope.cancel)
        token.run_sync_soon(cancelled.set)
        assert cancelled.wait(10)
        return add_note(tx, 2)

    answer = None
    with trio.CancelScope() as scope:
        answer = await db.write(cancel_meanwhile)
        await trio.lowlevel.checkpoint()

    assert scope.cancelled_caught
    assert answer == 2
    assert db.points.get(notes) == [1, 2]


async def test_read_cancelled_while_it_runs_is_stopped(db: SqliteDatabase) -> None:
    token = trio.lowlevel.current_trio_token()

    def endless(tx: Tx) -> object:
        token.run_sync_soon(scope.cancel)
        return tx.execute(ENDLESS)

    with trio.CancelScope() as scope:
        await db.read(endless)

    assert scope.cancelled_caught
    assert await db.read(notes) == []


async def test_read_over_its_time_is_stopped(tmp_path: Path, limits: Limits) -> None:
    db = SqliteDatabase(tmp_path / "vibes.db", replace(limits, read_timeout_s=0.05), now=lambda: 0.0)
    db.open()

    with pytest.raises(Overloaded, match="took too long"):
        await db.read(lambda tx: tx.execute(ENDLESS))

    assert await db.read(notes) == []
    db.close()


# --- disk


async def test_wal_file_stays_short_under_load(tmp_path: Path, limits: Limits) -> None:
    limits = replace(limits, commits_per_checkpoint=8, max_wal_bytes=1_000_000)
    db = SqliteDatabase(tmp_path / "vibes.db", limits, now=lambda: 0.0)
    db.open()
    db.close()  # with it goes what the making of all tables wrote, which is no load
    db.open()
    await db.write(ensure_context, ADA, "chat", str)
    longest = 0

    for _ in range(300):
        await db.submit_item(append_sections, NewSection(ADA, "chat", "user", "x" * 10_000)).wait()
        await db.read(lambda tx: tx.execute("SELECT max(seq) FROM ChatSections"))
        longest = max(longest, db.wal_bytes)

    assert 0 < longest < 1_000_000
    assert db.path.stat().st_size > 2_000_000
    db.close()


def test_kill_loses_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    path, acknowledged = tmp_path / "vibes.db", set[int]()

    for round_ in range(3):
        process = subprocess.Popen(
            [sys.executable, "-c", APPENDER, str(path)], stdout=subprocess.PIPE, text=True
        )
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(100 + 37 * round_)]
        process.kill()
        # Not `communicate`: with a timeout it passes over what `readline` has buffered, and begins within a line.
        with process.stdout:
            rest = process.stdout.read()
        process.wait(timeout=30)
        assert process.returncode == -signal.SIGKILL, "it was alive until then"
        # What stands before a line end was printed whole.
        printed = ("".join(lines) + rest).split("\n")[:-1]
        numbers = [int(line) for line in printed]
        assert len(numbers) == len(set(numbers) - acknowledged), "no number was given twice"
        acknowledged |= set(numbers)

    db = SqliteDatabase(path, Limits(), now=lambda: 0.0, inline=True)
    db.open()
    stored = db.points.get(sections)
    assert stored == list(range(len(stored)))
    assert acknowledged <= set(stored)
    assert db.points.get(lambda tx: tx.execute("PRAGMA integrity_check")) == [("ok",)]
    db.close()


async def test_get_never_waits_for_a_lock(db: SqliteDatabase) -> None:
    """It runs in the event loop, which would stand still."""
    assert db.points.get(lambda tx: tx.execute("PRAGMA busy_timeout")) == [(0,)]


# -- for another process, to read only ---------------------------------------------------------------------------


async def test_opened_for_get_it_sees_each_commit_of_the_owner_and_can_do_nothing_else(
    inline: SqliteDatabase, limits: Limits
) -> None:
    other = SqliteDatabase(inline.path, limits, now=lambda: 0.0)
    other.open_for_get()
    pending = inline.submit(ensure_context, ADA, "chat", str)
    assert pending is not None

    assert other.points.get(lambda tx: tx.execute("SELECT contextId FROM ChatContexts")) == [("chat",)]
    assert await other.read(lambda tx: tx.execute("SELECT contextId FROM ChatContexts")) == [("chat",)]
    with pytest.raises(Internal):
        other.points.get(lambda tx: tx.execute("DELETE FROM ChatContexts"))
    with pytest.raises(Overloaded):
        other.submit(ensure_context, ADA, "chat", str)
    other.close()


def test_opened_for_get_it_never_checkpoints_not_even_as_the_last_to_close(
    tmp_path: Path, limits: Limits
) -> None:
    """As after a kill -9 of the owner: nobody is left but the reader, and the WAL holds what was acknowledged."""
    path = tmp_path / "owned.db"
    code = (
        "import os, sys; from vibes_trio.config import Limits\n"
        "from vibes_trio.storage.sqlite.engine import SqliteDatabase\n"
        "from vibes_trio.storage.chats import ensure_context\n"
        "db = SqliteDatabase(sys.argv[1], Limits(), now=lambda: 0.0, inline=True); db.open()\n"
        "db.submit(ensure_context, 'ada', 'chat', str); print('written', flush=True); sys.stdin.read()\n"
    )
    owner = subprocess.Popen(
        [sys.executable, "-c", code, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    with owner:
        assert owner.stdout is not None
        assert owner.stdout.readline() == b"written\n"
        reader = SqliteDatabase(path, limits, now=lambda: 0.0)
        reader.open_for_get()
        owner.kill()
    wal = path.with_name("owned.db-wal")
    before = (path.read_bytes(), wal.read_bytes())

    seen = reader.points.get(lambda tx: tx.execute("SELECT contextId FROM ChatContexts"))
    reader.close()

    assert seen == [("chat",)]
    assert wal.stat().st_size > 0
    assert (path.read_bytes(), wal.read_bytes()) == before


def test_opened_for_get_there_must_be_a_database(tmp_path: Path, limits: Limits) -> None:
    (tmp_path / "text.db").write_bytes(b"no database at all" * 100)

    for name in ("missing.db", "text.db"):
        with pytest.raises(ConfigError, match=name):
            SqliteDatabase(tmp_path / name, limits, now=lambda: 0.0).open_for_get()
    assert not (tmp_path / "missing.db").exists()
