"""A reading connection: one snapshot for each function, bounded in time."""

import math
import sqlite3
import time
from collections.abc import Callable
from typing import Any

from vibes_trio.storage.pending import Batch, Pending
from vibes_trio.storage.sqlite.tx import SqliteTx

# How often a running statement looks at the clock, in steps of SQLite's machine: well below 1 ms.
_STEPS = 2000


class ReadingConnection:
    """A `query_only` connection and the read that it is busy with.

    Args:
        now: Unix seconds.
        timeout_s: longest time for one read. An open snapshot keeps the WAL file from shrinking.
    """

    def __init__(self, connection: sqlite3.Connection, *, now: Callable[[], float], timeout_s: float) -> None:
        self._connection = connection
        self._now = now
        self._timeout_s = timeout_s
        self._deadline = math.inf
        # Any: see pending.Batch.
        self._pending: Pending[Any] | None = None
        # Not interrupt() from the event loop: it could hit the read after the one it was meant for.
        connection.set_progress_handler(self._is_over, _STEPS)

    def run(self, batch: Batch) -> None:
        """Answer each of *batch* from one snapshot."""
        for pending in batch:
            tx = SqliteTx(self._connection, self._now())
            self._pending, self._deadline = pending, time.monotonic() + self._timeout_s
            try:
                tx.execute("BEGIN")
                pending.run(tx)
            finally:
                self._pending, self._deadline = None, math.inf
                self._connection.rollback()

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def _is_over(self) -> bool:
        return time.monotonic() > self._deadline or (self._pending is not None and self._pending.abandoned)
