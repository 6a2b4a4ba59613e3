"""Threads fed by a queue. One queue hop costs half of a hop through trio's thread cache (architecture.md)."""

import contextlib
import queue
import threading
from collections.abc import Callable, Sequence
from typing import Any

import trio

from vibes_trio.errors import Overloaded
from vibes_trio.storage.pending import Batch, Pending, deliver_all, settle


class Worker:
    """One thread for each of *runs*, all fed from one queue, first come first served.

    Args:
        name: of the threads, for debuggers.
        runs: each answers a batch, on a thread of its own.
        after: called on the thread once a batch has been answered. Must not raise.
        at_once: most transactions of a batch. Nobody waits for a batch to fill.
        waiting: most transactions in the queue.
    """

    def __init__(
        self,
        name: str,
        runs: Sequence[Callable[[Batch], None]],
        *,
        at_once: int,
        waiting: int,
        after: Callable[[], None] = lambda: None,
    ) -> None:
        # Any: see pending.Batch. None asks one thread to end.
        self._queue: queue.SimpleQueue[Pending[Any] | None] = queue.SimpleQueue()
        self._at_once = at_once
        self._waiting = waiting
        self._after = after
        self._token = trio.lowlevel.current_trio_token()
        self._threads = [
            threading.Thread(target=self._work, args=(run,), name=f"{name}-{number}", daemon=True)
            for number, run in enumerate(runs)
        ]
        for thread in self._threads:
            thread.start()

    def submit(self, pending: Pending[Any]) -> None:
        """Queue *pending*.

        Raises:
            Overloaded: the queue is full; *pending* is not in it.
        """
        if self._queue.qsize() >= self._waiting:
            raise Overloaded(
                f"{self._waiting} requests wait for the database already. Try again in a moment."
            )
        self._queue.put(pending)

    def stop(self) -> None:
        """End the threads once they have answered all that is queued; wait for it."""
        for _ in self._threads:
            self._queue.put(None)
        for thread in self._threads:
            thread.join()

    def _work(self, run: Callable[[Batch], None]) -> None:
        while batch := self._take():
            answered = settle(batch, run)
            # The loop may have ended without close(): then nobody waits for an answer.
            with contextlib.suppress(trio.RunFinishedError):
                self._token.run_sync_soon(deliver_all, answered)
            self._after()

    def _take(self) -> Batch:
        """Wait for one, take what else is there. Empty: this thread's end has come."""
        batch: list[Pending[Any]] = []
        pending = self._queue.get()
        while pending is not None:
            batch.append(pending)
            if len(batch) == self._at_once or self._queue.empty():
                return batch
            pending = self._queue.get()
        if batch:
            self._queue.put(None)
        return batch


class Inline:
    """The same without threads: everything is done and answered within `submit`."""

    def __init__(self, run: Callable[[Batch], None], after: Callable[[], None] = lambda: None) -> None:
        self._run = run
        self._after = after

    def submit(self, pending: Pending[Any]) -> None:
        """Run *pending* now. What it raises is kept for its waiter."""
        deliver_all(settle([pending], self._run))
        self._after()

    def stop(self) -> None:
        """Nothing waits."""
