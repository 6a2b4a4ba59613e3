"""Point reads at once: a connection of the event loop's own, which never waits for a lock."""

import sqlite3
from collections.abc import Callable
from typing import Any, Concatenate, ParamSpec, TypeVar

from vibes_trio.errors import Overloaded
from vibes_trio.storage.interface import Tx
from vibes_trio.storage.sqlite.tx import SqliteTx

P = ParamSpec("P")
T = TypeVar("T")


class SqlitePoints:
    """The connection for `get`, if it is open, and what never changes of what was read.

    Args:
        now: Unix seconds.
        fixed_facts: how many of those are remembered.
    """

    def __init__(self, now: Callable[[], float], fixed_facts: int) -> None:
        self._now = now
        self._fixed_facts = fixed_facts
        self._connection: sqlite3.Connection | None = None
        # Any: each function has its own type, which no dictionary of ours can tell.
        self._fixed: dict[tuple[Callable[[Tx, str], Any], str], Any] = {}

    @property
    def is_open(self) -> bool:
        """Whether there is a connection."""
        return self._connection is not None

    def open(self, connection: sqlite3.Connection) -> None:
        """Read by *connection* from now on."""
        assert self._connection is None
        self._connection = connection

    def close(self) -> None:
        """Close the connection, and forget all. Does nothing when it is closed."""
        self._fixed.clear()
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def get(self, fn: Callable[Concatenate[Tx, P], T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Run *fn* here and now, in the event loop. Only for a few rows found by key: about 20 µs.

        Raises:
            Overloaded: the database is closed, or locked by another program.
        """
        if self._connection is None:
            raise closed()
        return fn(SqliteTx(self._connection, self._now()), *args, **kwargs)

    def forget_fixed(self, fn: Callable[[Tx, str], T | None], key: str) -> None:
        """Forget what `get_fixed` remembers, as it is gone."""
        self._fixed.pop((fn, key), None)

    def get_fixed(self, fn: Callable[[Tx, str], T | None], key: str) -> T | None:
        """As `get`, for what never changes once it is there: it is read once, then remembered. None is not.

        Most of what `get` costs is to open and to end a snapshot. When `limits.fixed_facts` are remembered all
        are forgotten: to read them again is no matter.
        """
        found: T | None = self._fixed.get((fn, key))
        if found is None:
            found = self.get(fn, key)
            if found is not None:
                if len(self._fixed) >= self._fixed_facts:
                    self._fixed.clear()
                self._fixed[fn, key] = found
        return found


def closed() -> Overloaded:
    """Return what to raise when the database is closed."""
    return Overloaded("The database is closed: the server is stopping. Try again in a moment.")
