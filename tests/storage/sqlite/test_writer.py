import errno
import math
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from vibes_trio.config import Limits
from vibes_trio.errors import ConfigError, Internal, Overloaded, VibesError
from vibes_trio.storage.feed import Releases, Sections
from vibes_trio.storage.interface import DiskFull, Tx
from vibes_trio.storage.pending import Pending, PendingItem, deliver_all, settle
from vibes_trio.storage.sqlite.engine import connect_reader, connect_writer
from vibes_trio.storage.sqlite.file_lock import FileLock
from vibes_trio.storage.sqlite.writer import Writer


class Faulty(sqlite3.Connection):
    """A real connection that fails, with SQLite's own code, at statements that begin as `faults` says."""

    faults: dict[str, str]

    def execute(self, sql: str, *args: object) -> sqlite3.Cursor:  # type: ignore[override]
        for start, name in self.faults.items():
            if sql.startswith(start):
                error = sqlite3.OperationalError(f"injected at {sql}")
                if name:
                    error.sqlite_errorname = name
                raise error
        return super().execute(sql, *args)  # type: ignore[arg-type]

    def rollback(self) -> None:
        if "ROLLBACK" in self.faults:
            raise sqlite3.OperationalError("injected")
        super().rollback()


class Bench:
    """A writer on a file of its own, whose connections can be made to fail."""

    def __init__(self, path: Path, limits: Limits) -> None:
        self.path = path
        self.limits = limits
        self.faults: dict[str, str] = {}
        self.refuse: Exception | None = None
        self.opened: list[Faulty] = []
        self.max_pages = 0
        self.writer = Writer(path, limits, connect=self.connect, now=lambda: 0.0)
        self.writer.prepare(lambda connection: connection.execute("CREATE TABLE t (a)"))

    def connect(self) -> sqlite3.Connection:
        if self.refuse is not None:
            raise self.refuse
        connection = sqlite3.connect(
            self.path, isolation_level=None, check_same_thread=False, factory=Faulty, timeout=0
        )
        connection.faults = {}
        for pragma in ("journal_mode = WAL", "synchronous = FULL", "wal_autocheckpoint = 0"):
            connection.execute(f"PRAGMA {pragma}")
        if self.max_pages:
            connection.execute(f"PRAGMA max_page_count = {self.max_pages}")
        connection.faults = self.faults
        self.opened.append(connection)
        return connection

    def commit(self, *calls: Callable[[Tx], object]) -> list[Pending[object]]:
        """Commit one batch of *calls* as the thread does; the answers, to be waited for."""
        pendings = [Pending(call) for call in calls]
        deliver_all(settle(pendings, self.writer.commit))
        return pendings

    def stored(self) -> list[object]:
        with sqlite3.connect(self.path) as connection:
            rows = [row[0] for row in connection.execute("SELECT a FROM t ORDER BY rowid")]
        connection.close()
        return rows


def put(value: object) -> Callable[[Tx], object]:
    def call(tx: Tx) -> object:
        tx.execute("INSERT INTO t VALUES (?)", (value,))  # type: ignore[arg-type]
        return value

    return call


def put_then_raise(value: object, error: Exception) -> Callable[[Tx], object]:
    def call(tx: Tx) -> object:
        put(value)(tx)
        raise error

    return call


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    limits = Limits(
        reserve_bytes=4096,
        busy_timeout_s=0.05,
        commits_per_checkpoint=3,
        checkpoint_bytes=100_000,
        max_wal_bytes=200_000,
    )
    bench = Bench(tmp_path / "test.db", limits)
    yield bench
    bench.faults.clear()
    bench.refuse = None
    bench.writer.close()


async def test_batch_is_one_commit_and_each_has_its_own_answer(bench: Bench) -> None:
    pendings = bench.commit(put(1), put(2), put(3))

    assert bench.writer.commits == 1
    assert [await pending.wait() for pending in pendings] == [1, 2, 3]
    assert bench.stored() == [1, 2, 3]


async def test_function_that_raises_is_undone_alone(bench: Bench) -> None:
    first, bad, last = bench.commit(put(1), put_then_raise(2, ValueError("no")), put(3))

    assert (await first.wait(), await last.wait()) == (1, 3)
    with pytest.raises(ValueError, match="no"):
        await bad.wait()
    assert bench.stored() == [1, 3]


async def test_only_function_of_a_batch_that_raises_is_undone_with_its_transaction(bench: Bench) -> None:
    (bad,) = bench.commit(put_then_raise(1, ValueError("no")))
    (good,) = bench.commit(put(2))

    with pytest.raises(ValueError, match="no"):
        await bad.wait()
    assert await good.wait() == 2
    assert bench.stored() == [2]


async def test_items_of_one_kind_that_fail_together_leave_their_neighbours(bench: Bench) -> None:
    def put_all(tx: Tx, items: Sequence[int]) -> list[int | VibesError]:
        for item in items:
            put(item)(tx)
        raise ValueError("no")

    items = [PendingItem(put_all, item) for item in (2, 3)]
    batch = [Pending(put(1)), *items, Pending(put(4))]
    deliver_all(settle(batch, bench.writer.commit))

    for item in items:
        with pytest.raises(ValueError, match="no"):
            await item.wait()
    assert bench.stored() == [1, 4]


async def test_later_function_of_a_batch_sees_what_earlier_ones_did(bench: Bench) -> None:
    _, count = bench.commit(put(1), lambda tx: tx.execute("SELECT count(*) FROM t")[0][0])

    assert await count.wait() == 1


async def test_all_of_a_batch_have_the_same_time(bench: Bench) -> None:
    one, other = bench.commit(lambda tx: tx.now, lambda tx: tx.now)

    assert await one.wait() == await other.wait() == "1970-01-01T00:00:00.000Z"


@pytest.mark.parametrize("statement", ["BEGIN", "SAVEPOINT", "INSERT", "RELEASE", "COMMIT"])
@pytest.mark.parametrize("code", ["SQLITE_IOERR_WRITE", "SQLITE_IOERR_FSYNC", "SQLITE_CORRUPT"])
async def test_after_an_io_error_nothing_is_acknowledged_on_that_connection(
    bench: Bench, statement: str, code: str
) -> None:
    bench.commit(put(0))
    bench.faults[statement] = code

    for pending in bench.commit(put(1), put(2)):
        with pytest.raises(Internal, match=code):
            await pending.wait()

    assert bench.stored() == [0]
    bench.faults.clear()
    (after,) = bench.commit(put(3))
    assert await after.wait() == 3
    assert len(bench.opened) == 2
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        bench.opened[0].execute("SELECT 1")
    assert bench.stored() == [0, 3]


async def test_function_that_hides_a_failed_statement_does_not_get_the_batch_committed(bench: Bench) -> None:
    def hide(tx: Tx) -> str:
        try:
            put("lost")(tx)
        except Internal:
            return "fine"
        raise AssertionError("no error")

    bench.faults["INSERT"] = "SQLITE_IOERR_READ"
    first, hidden = bench.commit(lambda tx: "nothing", hide)

    for pending in (first, hidden):
        with pytest.raises(Internal):
            await pending.wait()


@pytest.mark.parametrize("refusal", [sqlite3.OperationalError("unable to open"), ConfigError("no WAL here")])
async def test_database_that_can_not_be_opened_again_refuses_until_it_can(
    bench: Bench, refusal: Exception
) -> None:
    bench.faults["COMMIT"] = "SQLITE_IOERR_FSYNC"
    bench.commit(put(1))
    bench.faults.clear()
    bench.refuse = refusal

    for _ in range(2):
        (refused,) = bench.commit(put(2))
        with pytest.raises(Internal, match="can't be reached"):
            await refused.wait()

    bench.refuse = None
    (after,) = bench.commit(put(3))
    assert await after.wait() == 3
    assert bench.stored() == [3]


async def test_database_locked_by_another_program_is_told_and_nothing_is_lost(bench: Bench) -> None:
    other = sqlite3.connect(bench.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    (refused,) = bench.commit(put(1))

    with pytest.raises(Overloaded, match="in use by another program"):
        await refused.wait()
    other.execute("ROLLBACK")
    other.close()
    (after,) = bench.commit(put(2))
    assert await after.wait() == 2
    assert len(bench.opened) == 1


@pytest.fixture
def quick(tmp_path: Path) -> Iterator[Bench]:
    """A writer on a disk that always counts as quick; a checkpoint is due after three commits."""
    bench = Bench(tmp_path / "test.db", Limits(commits_per_checkpoint=3, commit_here_s=math.inf))
    yield bench
    bench.faults.clear()
    bench.writer.close()


async def test_what_is_begun_here_is_committed_like_any_other(quick: Bench) -> None:
    pending, failing = Pending(put(1)), Pending(put_then_raise(2, ValueError("no")))

    for one in (pending, failing):
        run = quick.writer.begin_here()
        assert run is not None
        deliver_all(settle([one], run))
    (after,) = quick.commit(put(3))

    assert (await pending.wait(), await after.wait()) == (1, 3)
    with pytest.raises(ValueError, match="no"):
        await failing.wait()
    assert quick.stored() == [1, 3]


def test_nothing_is_begun_here_before_the_disk_is_known_to_be_quick(tmp_path: Path) -> None:
    bench = Bench(tmp_path / "test.db", Limits(commit_here_s=0.25, commits_per_checkpoint=1000))
    begun = [bench.writer.begin_here() is not None]

    while not begun[-1] and len(begun) < 500:
        bench.commit(put(1))
        run = bench.writer.begin_here()
        begun.append(run is not None)
        if run is not None:
            run([])
    bench.writer.close()

    assert begun[0] is False
    assert begun[-1] is True


@pytest.mark.parametrize("fault", ["SQLITE_BUSY", "SQLITE_IOERR_READ"])
async def test_nothing_is_begun_here_where_it_would_fail_or_wait_and_the_thread_finds_out(
    quick: Bench, fault: str
) -> None:
    quick.faults["BEGIN"] = fault

    assert quick.writer.begin_here() is None
    quick.faults.clear()
    (after,) = quick.commit(put(1))

    assert await after.wait() == 1


async def test_what_fails_in_a_way_of_its_own_before_it_is_begun_here_keeps_nobody_out(quick: Bench) -> None:
    """A disk that has become read-only: not SQLite refuses, but the system."""
    quick.faults["COMMIT"] = "SQLITE_IOERR_FSYNC"
    quick.commit(put(1))
    quick.faults.clear()
    quick.refuse = OSError(errno.EROFS, "read-only")

    assert quick.writer.begin_here() is None
    other = FileLock(Path(f"{quick.path}-lock"), 0)
    with other.held():
        pass
    other.close()
    quick.refuse = None
    (after,) = quick.commit(put(2))

    assert await after.wait() == 2


def test_who_begins_here_waits_for_no_other_program_and_a_thread_does(quick: Bench) -> None:
    def patience() -> int:
        (row,) = quick.opened[0].execute("PRAGMA busy_timeout").fetchall()
        return int(row[0])

    run = quick.writer.begin_here()
    assert run is not None
    assert patience() == 0
    run([])
    quick.commit(put(1))

    assert patience() == quick.limits.busy_timeout_s * 1000


def test_nothing_is_begun_here_while_another_process_writes_or_a_checkpoint_is_due(quick: Bench) -> None:
    other = FileLock(Path(f"{quick.path}-lock"), 1)
    with other.held():
        assert quick.writer.begin_here() is None
    other.close()

    for number in range(3):
        run = quick.writer.begin_here()
        assert run is not None, number
        run([])

    assert quick.writer.begin_here() is None
    quick.writer.tidy()
    run = quick.writer.begin_here()
    assert run is not None
    run([])


async def test_what_a_failing_commit_may_have_changed_is_told_without_a_counter(bench: Bench) -> None:
    bench.faults["COMMIT"] = "SQLITE_IOERR_FSYNC"

    (pending,) = bench.commit(lambda tx: tx.tell(Releases(7), Sections("z1", 3)))

    with pytest.raises(Internal):
        await pending.wait()
    assert list(bench.writer.told) == [(Releases(0), Sections("z1", 3))]


async def test_rollback_that_fails_costs_the_connection(bench: Bench) -> None:
    bench.faults.update({"COMMIT": "SQLITE_BUSY", "ROLLBACK": ""})
    bench.commit(put(1))
    bench.faults.clear()

    (after,) = bench.commit(put(2))

    assert await after.wait() == 2
    assert len(bench.opened) == 2
    assert bench.stored() == [2]


async def test_mistake_in_our_own_statements_fails_the_batch_and_keeps_the_connection(bench: Bench) -> None:
    bench.faults["RELEASE"] = "SQLITE_ERROR"
    broken = bench.commit(put(0), put(1))
    bench.faults.clear()

    for pending in broken:
        with pytest.raises(sqlite3.OperationalError):
            await pending.wait()
    (after,) = bench.commit(put(2))
    assert await after.wait() == 2
    assert len(bench.opened) == 1


async def test_full_disk_gives_the_reserve_back_and_writes_resume_by_themselves(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The page limit stands for the disk: SQLite answers SQLITE_FULL to both."""
    bench = Bench(tmp_path / "test.db", Limits(reserve_bytes=4096))
    bench.commit(put(1))
    bench.writer._connection.execute("PRAGMA max_page_count = 3")  # type: ignore[union-attr]
    reserve = tmp_path / "test.db-reserve"
    assert reserve.stat().st_size == 4096

    small, big = bench.commit(put(2), put("x" * 100_000))

    for pending in (small, big):
        with pytest.raises(DiskFull, match="disk is full"):
            await pending.wait()
    assert not reserve.exists()
    assert bench.writer.wal_bytes() == 0, "what was committed has been moved out of the WAL file"
    assert bench.stored() == [1]

    bench.commit(put("y" * 100_000))
    (after,) = bench.commit(put(3))
    assert await after.wait() == 3
    assert [record.message.split(";")[0] for record in caplog.records] == [
        "the disk is full",
        "there is room on the disk again",
    ]
    assert reserve.stat().st_size == 4096
    bench.writer.close()


async def test_nothing_is_written_while_there_is_no_room_for_the_reserve(bench: Bench) -> None:
    bench.writer._reserve.hold = lambda: False  # type: ignore[method-assign]

    (refused,) = bench.commit(put(1))

    with pytest.raises(DiskFull):
        await refused.wait()
    assert bench.stored() == []


async def test_checkpoint_that_fails_on_a_full_disk_changes_nothing(bench: Bench) -> None:
    bench.faults.update({"COMMIT": "SQLITE_FULL", "PRAGMA wal_checkpoint": "SQLITE_FULL"})

    (refused,) = bench.commit(put(1))

    with pytest.raises(DiskFull):
        await refused.wait()


def test_checkpoint_comes_after_some_commits(bench: Bench) -> None:
    def moved() -> bool:
        return b"marker" in bench.path.read_bytes()

    for _ in range(2):
        bench.commit(put("marker"))
        bench.writer.tidy()
        assert not moved()

    bench.commit(put("marker"))
    bench.writer.tidy()

    assert moved()


def test_checkpoint_comes_after_some_bytes(bench: Bench) -> None:
    """Whoever writes next waits for it; counting commits alone, there would be 64 apps to move."""
    for _ in range(2):
        deliver_all(settle([Pending(put("marker"), 60_000)], bench.writer.commit))
        bench.writer.tidy()
        moved = b"marker" in bench.path.read_bytes()

    assert moved


def test_wal_file_is_cut_when_it_is_long(bench: Bench) -> None:
    bench.commit(put("x" * 300_000))
    assert bench.writer.wal_bytes() > 200_000

    bench.writer.tidy()

    assert bench.writer.wal_bytes() == 0


def test_wal_file_that_a_reader_holds_is_cut_later_and_not_tried_each_time(bench: Bench) -> None:
    bench.commit(put(1))
    reader = connect_reader(bench.path, 0)
    reader.execute("BEGIN")
    reader.execute("SELECT * FROM t").fetchall()
    bench.commit(put("x" * 300_000))

    bench.writer.tidy()
    held = bench.writer.wal_bytes()
    assert held > 200_000

    reader.execute("ROLLBACK")
    reader.close()
    bench.writer.tidy()
    assert bench.writer.wal_bytes() == held, "not tried again at once"
    for number in range(bench.limits.commits_per_checkpoint):
        bench.commit(put(number))
    bench.writer.tidy()
    assert bench.writer.wal_bytes() == 0


@pytest.mark.parametrize("code", ["SQLITE_IOERR_FSYNC", "SQLITE_FULL", "SQLITE_ERROR"])
async def test_checkpoint_that_fails_is_put_off(
    bench: Bench, code: str, caplog: pytest.LogCaptureFixture
) -> None:
    for number in range(3):
        bench.commit(put(number))
    bench.faults["PRAGMA wal_checkpoint"] = code

    bench.writer.tidy()

    assert "checkpoint put off" in caplog.text
    (after,) = bench.commit(put(3))
    assert await after.wait() == 3
    assert len(bench.opened) == 2
    assert bench.stored() == [0, 1, 2, 3]


async def test_lock_that_fails_ends_neither_the_thread_nor_the_close(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    bench = Bench(tmp_path / "test.db", Limits(reserve_bytes=0, commits_per_checkpoint=1))
    bench.commit(put(1))

    def held() -> None:
        raise OSError("no locks available")

    bench.writer._lock.held = held  # type: ignore[method-assign, assignment]
    bench.writer.tidy()
    (refused,) = bench.commit(put(2))
    bench.writer.close()

    with pytest.raises(OSError, match="no locks"):
        await refused.wait()
    assert "checkpoint put off: no locks" in caplog.text
    assert "final checkpoint put off to the next start: no locks" in caplog.text
    assert bench.stored() == [1]


def test_close_leaves_all_in_the_one_file(tmp_path: Path) -> None:
    bench = Bench(tmp_path / "test.db", Limits(reserve_bytes=0))
    bench.commit(put("marker"))

    bench.writer.close()

    assert bench.writer.wal_bytes() == 0
    assert not (tmp_path / "test.db-wal").exists()
    assert b"marker" in bench.path.read_bytes()


def test_close_with_a_failing_disk_loses_nothing(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    bench = Bench(tmp_path / "test.db", Limits(reserve_bytes=0))
    bench.commit(put("kept"))
    bench.faults["PRAGMA wal_checkpoint"] = "SQLITE_IOERR_FSYNC"

    bench.writer.close()

    assert "put off to the next start" in caplog.text
    assert bench.stored() == ["kept"]


def test_preparation_that_raises_closes_the_writer(tmp_path: Path, limits: Limits) -> None:
    path = tmp_path / "test.db"
    writer = Writer(path, limits, connect=lambda: connect_writer(path, limits), now=lambda: 0.0)

    def first(connection: sqlite3.Connection) -> None:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        writer.prepare(first)

    again = Writer(path, limits, connect=lambda: connect_writer(path, replace(limits)), now=lambda: 0.0)
    again.prepare(lambda connection: None)
    again.close()
