"""A transaction of SQLite, and SQLite's failures in the program's own terms."""

import sqlite3
from collections.abc import Callable, Sequence

from vibes_trio.errors import Internal, Overloaded, VibesError
from vibes_trio.storage.feed import Change
from vibes_trio.storage.interface import DiskFull, Row, Value, iso_utc

# Primary result codes after which the connection itself can't be relied on.
_BROKEN = frozenset({"IOERR", "CORRUPT", "NOTADB", "CANTOPEN", "READONLY", "NOMEM", "PERM", "AUTH", "MISUSE"})


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


class SqliteTx:
    """A transaction. Lives for one function call, on the thread that runs it.

    Attributes:
        failed: set once the database (not the statement) has failed. Nothing of the whole commit may be
            acknowledged then, even where the function that ran into it went on.
        changes: what was told so far, in order.
    """

    __slots__ = ("_connection", "_room", "_seconds", "changes", "failed")

    def __init__(
        self,
        connection: sqlite3.Connection,
        seconds: float,
        room: "Callable[[SqliteTx, int], None]" = lambda tx, size: None,
    ) -> None:
        self._connection = connection
        self._seconds = seconds
        self._room = room
        self.failed: VibesError | None = None
        self.changes: tuple[Change, ...] = ()

    def check_room(self, size: int) -> None:
        """Make sure that *size* more bytes may be stored for a client.

        Raises:
            DiskShort: the disk is nearly full. The transaction may go on to other things.
        """
        self._room(self, size)

    def tell(self, *changes: Change) -> None:
        """Add *changes* to those that were told."""
        self.changes += changes

    @property
    def now(self) -> str:
        """The time at which the transaction began: ISO, UTC, milliseconds, `Z`."""
        return iso_utc(self._seconds)

    def later(self, seconds: float) -> str:
        """Return the time *seconds* after `now`, in the same form."""
        return iso_utc(self._seconds + seconds)

    def as_text(self, text: str | bytes) -> Value:
        """Return *text* as it is: SQLite takes UTF-8 for text."""
        return text

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

    def _failure(self, error: sqlite3.Error) -> Exception:
        known = translate(error)
        if known is None:
            return error
        self.failed = known
        return known
