"""The one writer: group commit, all checkpoints, and what happens when the disk fails.

Every acknowledged write is on disk (`synchronous=FULL`), and a disk sync costs milliseconds; so all who wait
share one. Each function runs in a SAVEPOINT of its own inside one transaction (the only one of a transaction
needs none): one that raises is undone alone, and nobody is answered before the COMMIT.

A thread gives the interpreter away at each statement, and waits for it behind the event loop: few statements
matter more than quick ones. So items of the same kind (`pending.Many`) are written together.

After a failed sync the kernel may take the lost pages for written, and a later sync on the same handle
succeed. So a connection that has met an I/O error acknowledges nothing more: it is closed, and the next
batch opens another. While that fails too, every write is refused; reading goes on.
"""

import contextlib
import logging
import sqlite3
import time
from collections import deque
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Literal

from vibes_trio.config import Limits
from vibes_trio.counts import Registry
from vibes_trio.errors import ConfigError, Internal, VibesError
from vibes_trio.storage.feed import Change, doubted
from vibes_trio.storage.interface import DiskFull
from vibes_trio.storage.pending import Batch, Run, runs_of
from vibes_trio.storage.sqlite.file_lock import FileLock
from vibes_trio.storage.sqlite.reserve import Reserve
from vibes_trio.storage.sqlite.room import Room
from vibes_trio.storage.sqlite.tx import SqliteTx

_log = logging.getLogger(__name__)

Mode = Literal["PASSIVE", "TRUNCATE"]

PACE_WEIGHT = 1 / 8
"""Of the last commit, in how long commits take of late."""
UNKNOWN_PACE_S = 1.0

# Whatever keeps a checkpoint from happening; the lock's file can fail as well.
_FAILURES = (VibesError, sqlite3.Error, OSError)


class Writer:
    """The writing connection of a database file. One thread at a time uses it.

    Args:
        path: the database file.
        connect: opens the writing connection (autocommit, WAL, FULL, no automatic checkpoints).
        now: Unix seconds.
        disk_reserve: bytes of the disk to leave to others; see `room.py`.
        counts: where it is told what is committed.

    Attributes:
        commits: transactions committed so far; each may hold many writes.
        room: space on the disk.
        told: what committed transactions changed, for the feed, which takes it in the event loop's thread.
    """

    def __init__(
        self,
        path: Path,
        limits: Limits,
        *,
        connect: Callable[[], sqlite3.Connection],
        now: Callable[[], float],
        disk_reserve: int = 0,
        counts: Registry | None = None,
    ) -> None:
        counts = counts or Registry()
        self.commits = 0
        self._writes = counts.histogram("commit_writes")
        self._seconds = counts.histogram("commit_seconds")
        counts.give_one("commits", lambda: self.commits)
        counts.give_one("wal_bytes", self.wal_bytes)
        self.told: deque[tuple[Change, ...]] = deque()
        self.room = Room(path.parent, disk_reserve)
        self._limits = limits
        self._connect = connect
        self._now = now
        self._wal = Path(f"{path}-wal")
        self._lock = FileLock(Path(f"{path}-lock"), limits.busy_timeout_s)
        self._reserve = Reserve(Path(f"{path}-reserve"), limits.reserve_bytes)
        self._connection: sqlite3.Connection | None = None
        self._full = False
        self._patience_s = limits.busy_timeout_s
        self._pace_s = UNKNOWN_PACE_S
        self._commits_at_checkpoint = 0
        self._bytes_since_checkpoint = 0
        self._checkpoint_at_bytes = limits.max_wal_bytes

    def prepare(self, first: Callable[[sqlite3.Connection], object]) -> None:
        """Open the connection and let *first* (the migrations) use it, with other processes kept out.

        Whatever is raised on the way closes the writer.
        """
        try:
            with self._lock.held():
                self._connection = self._connect()
                first(self._connection)
        except BaseException:
            self._drop()
            self._lock.close()
            raise

    def commit(self, batch: Batch) -> None:
        """Run *batch* in one transaction; on return it is on disk and each has its answer.

        Raises:
            Overloaded: the database is in use elsewhere, or the disk is full. None of it has happened.
            Internal: the storage failed. None of it has been acknowledged.
        """
        with self._lock.held():
            self._commit(self._begin(self._limits.busy_timeout_s), batch)

    def begin_here(self) -> Callable[[Batch], None] | None:
        """Begin a transaction if it will be quick, for the event loop, which nothing may hold up; None: it may not be.

        The disk was quick of late, no checkpoint is due, and nobody else writes. What is returned commits a batch, as
        `commit`, and has to be called next.
        """
        if self._pace_s > self._limits.commit_here_s or self._many_commits:
            return None
        if not self._lock.acquire_nowait():
            return None
        try:
            tx = self._begin(0)
        except Exception:  # noqa: BLE001 - a thread, which has the time, will find out what it is
            self._lock.release()
            return None
        return partial(self._commit_here, tx)

    def _commit_here(self, tx: SqliteTx, batch: Batch) -> None:
        try:
            self._commit(tx, batch)
        finally:
            self._lock.release()

    def _begin(self, patience_s: float) -> SqliteTx:
        """Begin a transaction, and wait at most *patience_s* for other programs that write."""
        if not self._reserve.hold():
            self._report_full()
            raise DiskFull
        tx = SqliteTx(self._open(), self._now(), self.room.check)
        try:
            self._be_patient(tx, patience_s)
            tx.execute("BEGIN IMMEDIATE")
        except BaseException:
            self._undo(tx)
            raise
        return tx

    def _commit(self, tx: SqliteTx, batch: Batch) -> None:
        try:
            done = _run_all(tx, runs_of(batch))
            begun = time.perf_counter()
            tx.execute("COMMIT" if done else "ROLLBACK")
            took = time.perf_counter() - begun
        except BaseException:
            if tx.changes:  # the disk may have failed behind the commit
                self.told.append(doubted(tx.changes))
            self._undo(tx)
            raise
        if tx.changes and done:
            self.told.append(tx.changes)
        self.commits += 1
        self._writes.add(len(batch))
        self._bytes_since_checkpoint += sum(pending.size_bytes for pending in batch)
        self._seconds.add(took)
        self._pace_s += (took - self._pace_s) * PACE_WEIGHT
        if self._full:
            self._full = False
            _log.warning("there is room on the disk again; writing goes on")

    def _be_patient(self, tx: SqliteTx, patience_s: float) -> None:
        if patience_s != self._patience_s:
            tx.execute(f"PRAGMA busy_timeout = {int(patience_s * 1000)}")
            self._patience_s = patience_s

    @property
    def _many_commits(self) -> bool:
        return self.commits - self._commits_at_checkpoint >= self._limits.commits_per_checkpoint

    def tidy(self) -> None:
        """Checkpoint when it is time. Called between commits, once their waiters have been answered.

        Raises nothing: its thread has to go on.

        Not left to SQLite's own automatic checkpoint, which keeps a failed sync to itself.
        """
        size = self.wal_bytes()
        # Often enough, as whoever writes next waits for it, and that is as long as what there is to move.
        if (
            not self._many_commits
            and self._bytes_since_checkpoint < self._limits.checkpoint_bytes
            and size < self._checkpoint_at_bytes
        ):
            return
        mode: Mode = "TRUNCATE" if size >= self._limits.max_wal_bytes else "PASSIVE"
        try:
            with self._lock.held():
                done = self._checkpoint(mode)
        except _FAILURES as error:
            _log.warning("checkpoint put off: %s", error)
            done = False
        self._commits_at_checkpoint = self.commits
        self._bytes_since_checkpoint = 0
        # A long reader holds the WAL file: trying again after every commit would only slow them all down.
        self._checkpoint_at_bytes = self._limits.max_wal_bytes + (0 if done else size)

    def wal_bytes(self) -> int:
        """Return the size of the WAL file, for a metric and its alarm."""
        try:
            return self._wal.stat().st_size
        except OSError:
            return 0

    def close(self) -> None:
        """Checkpoint all, and close. Last of all connections, so that none checkpoints but this one."""
        try:
            with self._lock.held():
                self._checkpoint("TRUNCATE")
                self._drop()
        except _FAILURES as error:
            _log.warning("final checkpoint put off to the next start: %s", error)
            self._drop()
        self._lock.close()

    def _open(self) -> sqlite3.Connection:
        if self._connection is None:
            try:
                self._connection = self._connect()
                self._patience_s = self._limits.busy_timeout_s
            except (sqlite3.Error, ConfigError) as error:
                _log.error("the database can't be opened again: %s", error)
                raise Internal(
                    "The server's storage can't be reached: nothing was stored. Try again later."
                ) from error
        return self._connection

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _undo(self, tx: SqliteTx) -> None:
        """Leave nothing of a failed transaction behind, nor a connection that can't be relied on."""
        assert self._connection is not None
        if isinstance(tx.failed, Internal):
            _log.error("commit failed, opening the database anew: %s", tx.failed)
            self._drop()
            return
        try:
            # Does nothing where SQLite has rolled back by itself, as it may when the disk is full.
            self._connection.rollback()
        except sqlite3.Error:
            self._drop()
        if isinstance(tx.failed, DiskFull):
            self._report_full()
            self._reserve.release()
            with contextlib.suppress(VibesError):
                self._checkpoint("TRUNCATE")

    def _report_full(self) -> None:
        if not self._full:
            self._full = True
            _log.error("the disk is full; until there is room, nothing is written")

    def _checkpoint(self, mode: Mode) -> bool:
        """Move what is in the WAL file into the database file. False: a reader still needs some of it."""
        tx = SqliteTx(self._open(), self._now())
        try:
            # A checkpoint that waits for readers makes the writes behind it wait as well.
            self._be_patient(tx, 0)
            busy = bool(tx.execute(f"PRAGMA wal_checkpoint({mode})")[0][0])
        except BaseException:
            self._drop()
            raise
        return not busy


def _run_all(tx: SqliteTx, runs: Sequence[Run]) -> bool:
    """Run *runs*, each undone alone if it fails. False: there was one only, to be undone with the transaction.

    Raises:
        VibesError: the database failed, which is everyone's failure.
    """
    if len(runs) == 1:
        return _run(tx, runs[0])
    for run in runs:
        told = tx.changes
        tx.execute("SAVEPOINT one")
        if not _run(tx, run):
            tx.execute("ROLLBACK TO one")
            tx.changes = told
        tx.execute("RELEASE one")
    return True


def _run(tx: SqliteTx, run: Run) -> bool:
    done = run(tx)
    if tx.failed is not None:
        raise tx.failed
    return done
