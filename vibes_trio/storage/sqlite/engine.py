"""The database of one server: many readers, one writer, and the only door to SQLite.

`write` and `read` run functions on threads of their own, `get` in the event loop itself, for a single row by its
key.
"""

import contextlib
import os
import sqlite3
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

import msgspec
import trio

from vibes_trio.config import Limits
from vibes_trio.counts import Registry
from vibes_trio.errors import ConfigError, Overloaded
from vibes_trio.storage.feed import Feed
from vibes_trio.storage.interface import Many, Tx
from vibes_trio.storage.pending import Batch, Pending, PendingItem, deliver_all
from vibes_trio.storage.sqlite.chat_search import SqliteChatSearch
from vibes_trio.storage.sqlite.migrate import load_migrations, migrate
from vibes_trio.storage.sqlite.points import SqlitePoints, closed
from vibes_trio.storage.sqlite.reading import ReadingConnection
from vibes_trio.storage.sqlite.writer import Writer
from vibes_trio.storage.worker import Inline, Worker

P = ParamSpec("P")
T = TypeVar("T")
A = TypeVar("A")

DATABASE = "vibes.sqlite3"
"""Name of the file in the data folder."""

# The later ones: what a savepoint may have to bring back stays in memory, no file is made for it; and the pages
# that appends touch are not read back from the WAL file (KiB, where it is negative). Some builds of SQLite write
# over what is removed, which takes as long as to write it anew: only where that costs nothing more.
_WRITER_PRAGMAS = (
    "synchronous = FULL",
    "foreign_keys = ON",
    "wal_autocheckpoint = 0",
    "temp_store = MEMORY",
    "cache_size = -16384",
    "secure_delete = FAST",
)


class _Parts(msgspec.Struct, frozen=True):
    """What an open database consists of."""

    writer: Writer
    readers: tuple[ReadingConnection, ...]
    writes: Worker | Inline
    reads: Worker | Inline


class SqliteDatabase:
    """One SQLite file in WAL mode.

    Args:
        path: of the file; it and its folder are made, for this user only, if they are not there.
        now: the clock, Unix seconds. Each transaction takes its time from it once.
        disk_reserve: bytes of the disk below which nothing more is stored for clients; see `room.py`.
        counts: where the writer's numbers are told.
        inline: run everything at once in the caller, without threads. For tests of logic, whose clock
            jumps while threads work.
    """

    def __init__(
        self,
        path: Path | str,
        limits: Limits,
        *,
        now: Callable[[], float],
        inline: bool = False,
        disk_reserve: int = 0,
        counts: Registry | None = None,
    ) -> None:
        self._counts = counts
        self.path = Path(path)
        self.limits = limits
        self._disk_reserve = disk_reserve
        self._now = now
        self._inline = inline
        self._parts: _Parts | None = None
        self.feed = Feed()
        self.chat_search = SqliteChatSearch()
        self.points = SqlitePoints(now, limits.fixed_facts)

    def open(self) -> tuple[str, ...]:
        """Open the file, bring its tables up to date, and return the names of the steps that it took.

        Called from the event loop, whose thread then owns `get` (from anywhere, when *inline*).

        Raises:
            ConfigError: no database, not usable here, kept locked by another process, or written by a newer
                version.
        """
        assert self._parts is None
        connect = partial(connect_writer, self.path, self.limits)
        applied: list[str] = []
        try:
            _create(self.path)
            writer = Writer(
                self.path,
                self.limits,
                connect=connect,
                now=self._now,
                disk_reserve=self._disk_reserve,
                counts=self._counts,
            )
            writer.prepare(lambda connection: applied.extend(migrate(connection, load_migrations())))
            # The event loop never sleeps for a lock.
            self.points.open(connect_reader(self.path, busy_timeout_s=0))
            self._parts = self._start(writer)
        except (OSError, sqlite3.Error, Overloaded) as error:
            raise ConfigError(f"{self.path}: can't be used as a database: {error}") from error
        return tuple(applied)

    def open_for_get(self) -> None:
        """Open a file that another process has open, for `get` alone: never to write or to checkpoint.

        Raises:
            ConfigError: no file, or no database.
        """
        try:
            self.points.open(connect_read_only(self.path))
        except sqlite3.Error as error:
            raise ConfigError(f"{self.path}: can't be read as a database: {error}") from error

    def _start(self, writer: Writer) -> _Parts:
        limits = self.limits
        readers = tuple(
            ReadingConnection(
                connect_reader(self.path, limits.busy_timeout_s),
                now=self._now,
                timeout_s=limits.read_timeout_s,
            )
            for _ in range(1 if self._inline else limits.reader_threads)
        )
        deliver = partial(self._deliver, writer)
        if self._inline:
            return _Parts(
                writer, readers, Inline(writer.commit, writer.tidy, deliver), Inline(readers[0].run)
            )
        writes = Worker(
            "write",
            [writer.commit],
            after=writer.tidy,
            at_once=limits.writes_per_commit,
            long_bytes=limits.long_write_bytes,
            waiting=limits.writes_waiting,
            by_pass=True,
            begin_here=writer.begin_here,
            deliver=deliver,
        )
        if self._counts is not None:
            self._counts.give_one("writes_waiting", lambda: len(writes))
        reads = Worker("read", [reader.run for reader in readers], at_once=1, waiting=limits.reads_waiting)
        return _Parts(writer, readers, writes, reads)

    def _deliver(self, writer: Writer, batch: Batch) -> None:
        """Let the feed know of all that is committed, then those who wait. In the event loop's thread."""
        while writer.told:
            self.feed.publish(writer.told.popleft())
        deliver_all(batch)

    def close(self) -> None:
        """Finish what waits, move the WAL into the file, close. Does nothing when it is closed.

        Blocks: for shutdown, after the last message.
        """
        parts, self._parts = self._parts, None
        if parts is not None:
            parts.writes.stop()
            parts.reads.stop()
            for reader in parts.readers:
                reader.close()
        self.points.close()
        if parts is not None:
            parts.writer.close()

    def submit(self, fn: Callable[Concatenate[Tx, P], T], /, *args: P.args, **kwargs: P.kwargs) -> Pending[T]:
        """Queue a write at once, so that writes happen in the order of these calls, but for long ones.

        Raises:
            Overloaded: `limits.writes_waiting` wait already, or the database is closed. Nothing is queued.
        """
        pending = Pending(lambda tx: fn(tx, *args, **kwargs))
        self._open_parts().writes.submit(pending)
        return pending

    def submit_item(self, many: Many[A, T], item: A) -> Pending[T]:
        """Queue *item* for a write that takes all that wait for it together; order and errors as for `submit`."""
        pending = PendingItem(many, item)
        self._open_parts().writes.submit(pending)
        return pending

    async def write(self, fn: Callable[Concatenate[Tx, P], T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Run *fn* in a transaction and return what it returned, once that is on disk.

        What *fn* raises undoes all that it did, and is raised here. Cancelled before it starts, it does not
        start; later, it is finished and answered (see `Pending.wait`).

        Raises:
            Overloaded: too much waits; the database is in use elsewhere; the disk is full.
            Internal: the storage failed. Nothing was acknowledged.
        """
        return await self.submit(fn, *args, **kwargs).wait()

    async def write_long(
        self, size_bytes: int, fn: Callable[Concatenate[Tx, P], T], /, *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """As `write`, for what brings *size_bytes*: if these are many it has a commit of its own, in its turn."""
        pending = Pending(lambda tx: fn(tx, *args, **kwargs), size_bytes)
        self._open_parts().writes.submit(pending)
        return await pending.wait()

    async def read(self, fn: Callable[Concatenate[Tx, P], T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Run *fn* on one snapshot, on a reader's thread, for at most `limits.read_timeout_s`.

        Opened for `get`, there are no such threads: then it is `get`, which fits a row that is large, no more.

        Raises:
            Overloaded: too much waits, or it took too long.
            Internal: the storage failed, or *fn* tried to write.
        """
        if self._parts is None and self.points.is_open:
            await trio.lowlevel.checkpoint()
            return self.points.get(fn, *args, **kwargs)
        pending = Pending(lambda tx: fn(tx, *args, **kwargs))
        self._open_parts().reads.submit(pending)
        try:
            return await pending.wait()
        except Overloaded:
            # Stopped because its waiter was cancelled: then it is the cancellation that goes on.
            await trio.lowlevel.checkpoint_if_cancelled()
            raise

    async def get(self, fn: Callable[Concatenate[Tx, P], T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """As `points.get`: at once, without a checkpoint."""
        return self.points.get(fn, *args, **kwargs)

    @property
    def commits(self) -> int:
        """Transactions committed since it was opened; each may hold many writes."""
        return self._open_parts().writer.commits

    @property
    def is_disk_short(self) -> bool:
        """Whether the last client that wanted to store something was refused, as the disk is nearly full."""
        return self._open_parts().writer.room.is_short

    @property
    def wal_bytes(self) -> int:
        """Size of the WAL file. Keeps growing while something holds a snapshot open."""
        return self._open_parts().writer.wal_bytes()

    def _open_parts(self) -> _Parts:
        if self._parts is None:
            raise closed()
        return self._parts


def connect_writer(path: Path, limits: Limits) -> sqlite3.Connection:
    """Return a connection for a `Writer`.

    Raises:
        ConfigError: the file lies where SQLite can't keep a WAL file, for example on a network share.
        sqlite3.Error: no database, or not to be opened.
    """
    connection = _connect(path, limits.busy_timeout_s)
    try:
        (mode,) = connection.execute("PRAGMA journal_mode = WAL").fetchone()
        if mode != "wal":
            raise ConfigError(
                f"{path}: SQLite can't use WAL mode here (it offers {mode!r}). Use a local disk."
            )
        for pragma in _WRITER_PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")
    except BaseException:
        connection.close()
        raise
    return connection


def connect_reader(path: Path, busy_timeout_s: float) -> sqlite3.Connection:
    """Return a connection that can neither write nor checkpoint."""
    connection = _connect(path, busy_timeout_s)
    connection.execute("PRAGMA query_only = ON")
    connection.execute("PRAGMA wal_autocheckpoint = 0")
    return connection


def connect_read_only(path: Path) -> sqlite3.Connection:
    """Return a connection whose file the system itself keeps from being written to.

    `query_only` would not do: the last connection to close checkpoints, and after the owner's sudden end that
    may be this one, beside a new owner.
    """
    address = f"{path.absolute().as_uri()}?mode=ro"
    connection = _with_all_letters(
        sqlite3.connect(address, uri=True, timeout=0, isolation_level=None, check_same_thread=False)
    )
    try:
        connection.execute("SELECT count(*) FROM sqlite_master").fetchall()
    except BaseException:
        connection.close()
        raise
    return connection


def _connect(path: Path, busy_timeout_s: float) -> sqlite3.Connection:
    # Opened by one thread and used by another, never by two at once; so the module's check is switched off.
    connection = sqlite3.connect(path, timeout=busy_timeout_s, isolation_level=None, check_same_thread=False)
    return _with_all_letters(connection)


def _with_all_letters(connection: sqlite3.Connection) -> sqlite3.Connection:
    # SQLite's own knows A to Z alone; a search is for words of any language.
    connection.create_function("lower", 1, str.lower, deterministic=True)
    return connection


def _create(path: Path) -> None:
    """Make folder and file, readable by this user only (SQLite gives its other files the same mode)."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    # Only a new file: closing one that is there would drop the locks that this process has on it.
    with contextlib.suppress(FileExistsError):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
