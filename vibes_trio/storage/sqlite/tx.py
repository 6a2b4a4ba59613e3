"""One transaction as the repositories see it, and SQLite's failures in the program's own terms."""

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from vibes_trio.errors import Internal, Overloaded, VibesError

Value = str | int | float | bytes | None
# Any: what a row holds is decided by the columns of its statement, which no type of ours can see.
Row = tuple[Any, ...]

_FULL_RETRY_S = 5
_FULL = (
    "The server's disk is full: nothing was stored, reading goes on. "
    "The operator has to free space; writing then resumes by itself."
)


class DiskFull(Overloaded):
    """No room to write. Told apart because the writer can give up its reserve and go on."""

    def __init__(self, message: str = _FULL) -> None:
        super().__init__(message, retry_after_s=_FULL_RETRY_S)


class DiskShort(Overloaded):
    """There is room, but it is kept for others: see `room.py`."""

    def __init__(self) -> None:
        super().__init__(
            "The server's disk is nearly full: nothing more is stored, reading goes on. The operator has to free "
            "space (VIBES_DISK_RESERVE is kept free); storing then resumes by itself.",
            retry_after_s=_FULL_RETRY_S,
        )


# Primary result codes after which the connection itself can't be relied on.
_BROKEN = frozenset({"IOERR", "CORRUPT", "NOTADB", "CANTOPEN", "READONLY", "NOMEM", "PERM", "AUTH", "MISUSE"})


def iso_utc(seconds: float) -> str:
    """Return Unix *seconds* as the tables write time: `2026-01-22T06:51:35.123Z`. Sorts as text."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def translate(error: sqlite3.Error) -> VibesError | None:
    """Return what *error* means for whoever asked, or None where it is a mistake in our own SQL.

    `Overloaded` may pass by itself and leaves the connection usable. `Internal` means that the connection
    can't be relied on. Told apart by SQLite's result code, never by text.
    """
    name: str = getattr(error, "sqlite_errorname", "")
    primary = name.split("_")[1] if "_" in name else ""
    if primary in ("BUSY", "LOCKED", "PROTOCOL"):
        return Overloaded("The database is in use by another program; nothing was done. Try again.")
    if primary == "FULL":
        return DiskFull()
    if primary == "INTERRUPT":
        return Overloaded("Reading took too long and was stopped. Ask for less, or try again.")
    if primary in _BROKEN:
        return Internal(f"The server's storage failed ({name}): nothing of this was stored. Try again later.")
    return None


class Tx:
    """A transaction. Lives for one function call, on the thread that runs it.

    Attributes:
        failed: set once the database (not the statement) has failed. Nothing of the whole commit may be
            acknowledged then, even where the function that ran into it went on.
    """

    __slots__ = ("_connection", "_room", "_seconds", "failed")

    def __init__(
        self,
        connection: sqlite3.Connection,
        seconds: float,
        room: "Callable[[Tx, int], None]" = lambda tx, size: None,
    ) -> None:
        self._connection = connection
        self._seconds = seconds
        self._room = room
        self.failed: VibesError | None = None

    def check_room(self, size: int) -> None:
        """Make sure that *size* more bytes may be stored for a client.

        Raises:
            DiskShort: the disk is nearly full. The transaction may go on to other things.
        """
        self._room(self, size)

    @property
    def now(self) -> str:
        """The time at which the transaction began: ISO, UTC, milliseconds, `Z`."""
        return iso_utc(self._seconds)

    def later(self, seconds: float) -> str:
        """Return the time *seconds* after `now`, in the same form."""
        return iso_utc(self._seconds + seconds)

    def execute(self, sql: str, params: Sequence[Value] = ()) -> list[Row]:
        """Run one statement and return all its rows (none for most writes).

        Always all of them: a cursor left open would keep its snapshot, and with it the WAL file, growing.

        Raises:
            Overloaded: busy, full or stopped.
            Internal: the storage failed.
        """
        try:
            return self._connection.execute(sql, params).fetchall()
        except sqlite3.Error as error:
            raise self._failure(error) from error

    def execute_many(self, sql: str, rows: Iterable[Sequence[Value]]) -> None:
        """Run one statement that returns nothing for each of *rows*. Raises as `execute`."""
        try:
            self._connection.executemany(sql, rows)
        except sqlite3.Error as error:
            raise self._failure(error) from error

    def _failure(self, error: sqlite3.Error) -> Exception:
        known = translate(error)
        if known is None:
            return error
        self.failed = known
        return known
