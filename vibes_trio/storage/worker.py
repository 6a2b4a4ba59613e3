"""Threads fed by a queue. One queue hop costs half of a hop through trio's thread cache.

A thread that is woken by the first of many begins with that one alone, and takes the interpreter from the loop
that has the others in hand. So the writer is given what one pass of the event loop brings all at once, at
the end of the pass; who is alone waits no longer for that, as the loop goes to sleep there. Who is alone may even be
answered there and then, in the loop's own thread: to hand something over and back takes as long as a quick disk does.
"""

import contextlib
import math
import queue
import threading
from collections.abc import Callable, Sequence
from typing import Any

import trio

from vibes_trio.errors import Overloaded
from vibes_trio.storage.line import Line
from vibes_trio.storage.pending import Batch, Pending, PendingItem, deliver_all, settle

PUT_OFF_MOST = 8
"""What is done between batches takes as long as a long one: who is short and waited for such a one goes first."""


class _EndOfPass(trio.abc.Instrument):
    """Calls *hand_over* when all tasks that could run have run, before the event loop looks for news."""

    def __init__(self, hand_over: Callable[[], None]) -> None:
        self._hand_over = hand_over

    def before_io_wait(self, timeout: float) -> None:
        self._hand_over()


class Worker:
    """One thread for each of *runs*, all fed from one queue, first come first served; long ones in turn (`line.py`).

    Args:
        name: of the threads, for debuggers.
        runs: each answers a batch, on a thread of its own.
        after: called on the thread once a batch has been answered, and none that is short waits: but for
            PUT_OFF_MOST in a row, after each. Must not raise.
        at_once: most transactions of a batch. Nobody waits for a batch to fill.
        long_bytes: a transaction that brings so many bytes is alone in its batch.
        waiting: most transactions in the queue.
        by_pass: hand over at the end of each pass of the event loop, not at once.
        begin_here: gives what answers a short item in the event loop's thread, where that is quick; None: it is not.
        deliver: wakes who waits for a batch that was answered. In the event loop's thread.
    """

    def __init__(
        self,
        name: str,
        runs: Sequence[Callable[[Batch], None]],
        *,
        at_once: int,
        waiting: int,
        long_bytes: float = math.inf,
        after: Callable[[], None] = lambda: None,
        by_pass: bool = False,
        begin_here: Callable[[], Callable[[Batch], None] | None] = lambda: None,
        deliver: Callable[[Batch], None] = deliver_all,
    ) -> None:
        # Any: see pending.Batch. None asks one thread to end.
        self._queue: queue.SimpleQueue[Pending[Any] | None] = queue.SimpleQueue()
        self._lines = [Line(self._queue, at_once, long_bytes) for _ in runs]
        self._waiting = waiting
        self._after = after
        self._deliver = deliver
        self._token = trio.lowlevel.current_trio_token()
        self._gathered: list[Pending[Any]] = []
        self._begin_here = begin_here
        self._handed_over = 0
        self._busy = threading.Lock()
        self._by_pass = _EndOfPass(self.hand_over) if by_pass else None
        if self._by_pass is not None:
            trio.lowlevel.add_instrument(self._by_pass)
        self._threads = [
            threading.Thread(target=self._work, args=(line, run), name=f"{name}-{number}", daemon=True)
            for number, (line, run) in enumerate(zip(self._lines, runs, strict=True))
        ]
        for thread in self._threads:
            thread.start()

    def __len__(self) -> int:
        """Return how many wait."""
        return self._queue.qsize() + sum(map(len, self._lines)) + len(self._gathered)

    def submit(self, pending: Pending[Any]) -> None:
        """Queue *pending*.

        Raises:
            Overloaded: the queue is full; *pending* is not in it.
        """
        if len(self) >= self._waiting:
            raise Overloaded(
                f"{self._waiting} requests wait for the database already. Try again in a moment."
            )
        if self._by_pass is None:
            self._handed_over += 1
            self._queue.put(pending)
        else:
            self._gathered.append(pending)

    def hand_over(self) -> None:
        """Give the threads what was gathered; answer a short item that is alone. In the event loop's thread."""
        if not self._gathered:
            return
        gathered, self._gathered = self._gathered, []
        alone = len(gathered) == 1 and not self._handed_over
        self._handed_over += len(gathered)
        if not (alone and self._answer_here(gathered)):
            for pending in gathered:
                self._queue.put(pending)

    def _answer_here(self, batch: Batch) -> bool:
        """Answer *batch*, which is alone, if it is a short item, the thread has nothing to do, and it will be quick."""
        (pending,) = batch
        if (
            not isinstance(pending, PendingItem)
            or pending.is_withdrawn
            or not self._busy.acquire(blocking=False)
        ):
            return False
        try:
            run = self._begin_here()
        except Exception:  # noqa: BLE001 - a thread finds out; Trio takes what raises here away, with all later writes
            run = None
        try:
            if run is not None:
                self._answer(batch, run)
            return run is not None
        finally:
            self._busy.release()

    def stop(self) -> None:
        """End the threads once they have answered all that is queued; wait for it."""
        self.hand_over()
        if self._by_pass is not None:
            # The loop may have ended, and forgotten it.
            with contextlib.suppress(RuntimeError):
                trio.lowlevel.remove_instrument(self._by_pass)
        for _ in self._threads:
            self._queue.put(None)
        for thread in self._threads:
            thread.join()

    def _work(self, line: Line, run: Callable[[Batch], None]) -> None:
        put_off = 0
        while batch := line.take():
            with self._busy if self._by_pass else contextlib.nullcontext():
                self._answer(batch, run)
                del batch  # may hold a whole app, and it may be long until the next comes
                put_off = put_off + 1 if line.has_short and put_off < PUT_OFF_MOST else 0
                if not put_off:
                    self._after()

    def _answer(self, batch: Batch, run: Callable[[Batch], None]) -> None:
        answered = settle(batch, run)
        # The loop may have ended without close(): then nobody waits for an answer.
        with contextlib.suppress(trio.RunFinishedError):
            self._token.run_sync_soon(self._take_back, len(batch), answered)

    def _take_back(self, taken: int, answered: Batch) -> None:
        self._handed_over -= taken
        self._deliver(answered)


class Inline:
    """The same without threads: everything is done and answered within `submit`."""

    def __init__(
        self,
        run: Callable[[Batch], None],
        after: Callable[[], None] = lambda: None,
        deliver: Callable[[Batch], None] = deliver_all,
    ) -> None:
        self._run = run
        self._deliver = deliver
        self._after = after

    def __len__(self) -> int:
        """Nothing waits."""
        return 0

    def submit(self, pending: Pending[Any]) -> None:
        """Run *pending* now. What it raises is kept for its waiter."""
        self._deliver(settle([pending], self._run))
        self._after()

    def hand_over(self) -> None:
        """Nothing is gathered."""

    def stop(self) -> None:
        """Nothing waits."""
