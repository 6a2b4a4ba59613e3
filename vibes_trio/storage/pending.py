"""A transaction that was asked for and has not been answered yet.

Two threads meet here, by two rules:

- `claim` decides who has it. The thread that runs it and the task that gives up both try; one succeeds.
  So a cancelled transaction either never starts or runs to its end. (ARCHITECTURE.md, rule 4)
- `_result` is written by the claimer before `deliver`; all else is touched by the event loop only.
"""

import copy
import threading
from collections.abc import Callable, Sequence
from functools import partial
from itertools import groupby
from time import perf_counter
from typing import Any, Generic, TypeVar

import outcome
import trio

from vibes_trio.errors import VibesError
from vibes_trio.storage.interface import Many, Tx

DELIVERED_AT_ONCE = 32
DELIVERY_S = 0.001
"""So long a part of a batch may take: who is told of his answer sends it there and then."""

T = TypeVar("T")
A = TypeVar("A")


class Pending(Generic[T]):
    """The answer to one `submit`, to be waited for by one task.

    Attributes:
        size_bytes: how much it brings to be written, as far as that is known.
        abandoned: the waiter was cancelled while the transaction ran. A reader takes it as a wish to stop.
    """

    __slots__ = ("_call", "_claimed", "_delivered", "_hear", "_result", "_task", "abandoned", "size_bytes")

    def __init__(self, call: Callable[[Tx], T], size_bytes: int = 0) -> None:
        self._call = call
        self.size_bytes = size_bytes
        self._claimed = threading.Lock()
        self._result: outcome.Maybe[T] | None = None
        self._delivered = False
        self._task: trio.lowlevel.Task | None = None
        self._hear: Callable[[outcome.Maybe[T]], None] | None = None
        self.abandoned = False

    def claim(self) -> bool:
        """Take it, to run or to withdraw it. True for the first to ask, on whichever thread."""
        return self._claimed.acquire(blocking=False)

    @property
    def is_withdrawn(self) -> bool:
        """Whether its waiter has given up, as long as nobody else can have claimed it."""
        return self._claimed.locked()

    def run(self, tx: Tx) -> bool:
        """Run the function on *tx* and keep what came of it. True when it returned."""
        self._result = outcome.capture(self._call, tx)
        return isinstance(self._result, outcome.Value)

    def fail(self, error: BaseException) -> None:
        """Answer with *error*, whatever its function returned.

        The waiter gets a copy: one error may answer many tasks, and each adds its own traceback.
        """
        own = copy.copy(error)
        own.__cause__ = error
        self._result = outcome.Error(own)

    def deliver(self) -> None:
        """Wake the waiter, tell the hearer, or let either find the answer when it comes. In the event loop's thread."""
        self._delivered = True
        if self._task is not None:
            trio.lowlevel.reschedule(self._task)
        elif self._hear is not None:
            hear, self._hear = self._hear, None  # it may hold this
            hear(self._take_result())

    def tell(self, hear: Callable[[outcome.Maybe[T]], None]) -> None:
        """Have *hear* called with the answer, in place of `wait`; at once if it is there."""
        if self._delivered:
            hear(self._take_result())
        else:
            self._hear = hear

    def give_up(self, error: Exception) -> None:
        """Tell the hearer *error* and withdraw the transaction, unless it runs already."""
        if self._hear is not None and self.claim():
            self.fail(error)
            self.deliver()

    async def wait(self) -> T:
        """Return what the function returned, or raise what it raised, once it is committed or undone.

        Cancelled before the transaction starts, it is withdrawn: nothing happens. Cancelled later, the
        answer is returned all the same, and the cancellation met at the next checkpoint.
        """
        if self._delivered:
            await trio.lowlevel.cancel_shielded_checkpoint()
        else:
            self._task = trio.lowlevel.current_task()
            await trio.lowlevel.wait_task_rescheduled(self._give_up)
        return self._take_result().unwrap()

    def _take_result(self) -> outcome.Maybe[T]:
        """Return what came of it, and keep it no longer: an error's traceback holds this pending, and its item."""
        assert self._result is not None
        result, self._result = self._result, None
        return result

    def _give_up(self, _raise_cancel: Callable[[], Any]) -> trio.lowlevel.Abort:
        if self.claim():
            return trio.lowlevel.Abort.SUCCEEDED
        self.abandoned = True
        return trio.lowlevel.Abort.FAILED


class PendingItem(Pending[T], Generic[A, T]):
    """The answer to one item of a write that takes many: see `Many`."""

    __slots__ = ("item", "many")

    def __init__(self, many: Many[A, T], item: A) -> None:
        super().__init__(partial(_run_one, many, item))
        self.many = many
        self.item = item

    def keep(self, answer: T | VibesError) -> None:
        """Take the answer that the write of many has for this item."""
        self._result = outcome.Error(answer) if isinstance(answer, VibesError) else outcome.Value(answer)


# Any: a batch mixes functions of any result; each waiter's own type is kept by its Pending.
Batch = Sequence[Pending[Any]]

Run = Callable[[Tx], bool]
"""A part of a batch that is done or undone as one. Runs it, keeps its answers; True: it is to stay."""


def runs_of(batch: Batch) -> list[Run]:
    """Return what has to run for *batch*, in its order; items next to each other of one `Many` run as one."""
    runs: list[Run] = []
    for many, group in groupby(batch, key=_many_of):
        pendings = list(group)
        items = [pending for pending in pendings if isinstance(pending, PendingItem)]
        if many is None or len(items) == 1:
            runs.extend(pending.run for pending in pendings)
        else:
            runs.append(partial(_run_items, many, items))
    return runs


# Any: see Batch.
def _many_of(pending: Pending[Any]) -> Many[Any, Any] | None:
    return pending.many if isinstance(pending, PendingItem) else None


def _run_one(many: Many[A, T], item: A, tx: Tx) -> T:
    (answer,) = many(tx, [item])
    if isinstance(answer, VibesError):
        try:
            raise answer
        finally:
            del answer  # its traceback holds this frame
    return answer


def _run_items(many: Many[Any, Any], pendings: Sequence[PendingItem[Any, Any]], tx: Tx) -> bool:
    result = outcome.capture(many, tx, [pending.item for pending in pendings])
    if isinstance(result, outcome.Error):
        for pending in pendings:
            pending.fail(result.error)
        return False
    for pending, answer in zip(pendings, result.value, strict=True):
        pending.keep(answer)
    return True


def settle(batch: Batch, run: Callable[[Batch], None]) -> Batch:
    """Let *run* answer what of *batch* nobody has withdrawn, and return that part, to be delivered.

    Where *run* raises, none of them has happened: its error is everyone's answer.
    """
    claimed = [pending for pending in batch if pending.claim()]
    if claimed:
        result = outcome.capture(run, claimed)
        if isinstance(result, outcome.Error):
            for pending in claimed:
                pending.fail(result.error)
    return claimed


def deliver_all(batch: Batch) -> None:
    """Wake the waiters of *batch*, a part in each pass of the event loop. In its thread.

    A batch may have hundreds, and each goes on to write its reply: at once they would hold everyone else up.
    """
    end, done = perf_counter() + DELIVERY_S, 0
    for pending in batch[:DELIVERED_AT_ONCE]:
        pending.deliver()
        done += 1
        if perf_counter() > end:
            break
    if len(batch) > done:
        trio.lowlevel.current_trio_token().run_sync_soon(deliver_all, batch[done:])
