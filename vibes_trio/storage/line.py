"""In what order a thread takes what waits for it: many short ones at once, a long one alone, and in turn.

A commit ends when all that it holds is on the disk. If the bytes of a whole app were in it, everybody who only adds a
line to a chat would wait for those, too; and behind several apps, for all of them. So a long one is committed by
itself, and between two of them whoever else waits is.
"""

import queue
from collections import deque
from typing import Any

from vibes_trio.storage.pending import Batch, Pending


class Line:
    """What one thread takes of a queue.

    Mutable state: short and long ones that were taken from the queue and not yet given out; whether the last batch
    was a long one; whether the end was read.

    Args:
        source: where they come from; None in it is the end, for one thread.
        at_once: most short ones of a batch.
        long_bytes: one that brings so many bytes is a long one.
    """

    # Any: see pending.Batch.
    def __init__(
        self, source: queue.SimpleQueue[Pending[Any] | None], at_once: int, long_bytes: float
    ) -> None:
        self._source = source
        self._at_once = at_once
        self._long_bytes = long_bytes
        self._short: deque[Pending[Any]] = deque()
        self._long: deque[Pending[Any]] = deque()
        self._was_long = False
        self._ended = False

    def __len__(self) -> int:
        """How many are taken from the queue, and wait here."""
        return len(self._short) + len(self._long)

    def take(self) -> Batch:
        """Wait for one, take what else is there. Empty: the end was read, and nothing is left."""
        if not self._ended and not len(self):
            self._put_aside(self._source.get())
        while not self._ended and len(self._short) < self._at_once and not self._source.empty():
            self._put_aside(self._source.get())
        if self._long and not (self._short and self._was_long):
            self._was_long = True
            return [self._long.popleft()]
        self._was_long = False
        return [self._short.popleft() for _ in range(min(len(self._short), self._at_once))]

    @property
    def has_short(self) -> bool:
        """Whether a short one waits."""
        while not self._ended and not self._short and not self._source.empty():
            self._put_aside(self._source.get())
        return bool(self._short)

    def _put_aside(self, pending: Pending[Any] | None) -> None:
        if pending is None:
            self._ended = True
        else:
            (self._long if pending.size_bytes >= self._long_bytes else self._short).append(pending)
