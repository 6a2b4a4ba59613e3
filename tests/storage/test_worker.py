import threading
from collections.abc import Callable, Sequence

import pytest
import trio

from vibes_trio.errors import Overloaded
from vibes_trio.storage.interface import Tx
from vibes_trio.storage.pending import Batch, Pending, PendingItem
from vibes_trio.storage.sqlite.tx import SqliteTx
from vibes_trio.storage.worker import PUT_OFF_MOST, Inline, Worker

NO_TX = SqliteTx(None, 0)  # type: ignore[arg-type]  # the functions of this file touch no database


class Gate:
    """Runs batches one at a time, each when the test says so, and remembers their sizes."""

    def __init__(self) -> None:
        self.sizes: list[int] = []
        self.entered = threading.Semaphore(0)
        self.open = threading.Semaphore(0)

    def run(self, batch: Batch) -> None:
        self.sizes.append(len(batch))
        self.entered.release()
        assert self.open.acquire(timeout=10)
        for pending in batch:
            pending.run(NO_TX)


async def test_all_that_waits_is_taken_together_up_to_the_bound() -> None:
    gate = Gate()
    worker = Worker("test", [gate.run], at_once=3, waiting=100)
    pendings = [Pending(lambda tx, n=n: n) for n in range(6)]
    worker.submit(pendings[0])
    assert gate.entered.acquire(timeout=10)
    for pending in pendings[1:]:
        worker.submit(pending)
    assert len(worker) == 5

    for _ in range(3):
        gate.open.release()
    worker.stop()

    assert gate.sizes == [1, 3, 2]
    assert [await pending.wait() for pending in pendings] == [0, 1, 2, 3, 4, 5]


async def test_full_queue_refuses_at_once() -> None:
    gate = Gate()
    worker = Worker("test", [gate.run], at_once=1, waiting=1)
    worker.submit(Pending(lambda tx: 0))
    assert gate.entered.acquire(timeout=10)
    worker.submit(Pending(lambda tx: 1))

    with pytest.raises(Overloaded, match="1 requests wait"):
        worker.submit(Pending(lambda tx: 2))

    gate.open.release(2)
    worker.stop()


async def test_stop_answers_what_waits_first() -> None:
    gate = Gate()
    worker = Worker("test", [gate.run], at_once=10, waiting=10)
    first, second = Pending(lambda tx: 1), Pending(lambda tx: 2)
    worker.submit(first)
    assert gate.entered.acquire(timeout=10)
    worker.submit(second)
    gate.open.release(2)

    worker.stop()

    assert (await first.wait(), await second.wait()) == (1, 2)
    assert gate.sizes == [1, 1]


async def test_each_thread_of_a_pool_works() -> None:
    gates = [Gate(), Gate()]
    worker = Worker("test", [gate.run for gate in gates], at_once=1, waiting=10)
    worker.submit(Pending(lambda tx: 1))
    worker.submit(Pending(lambda tx: 2))

    # Both are held before either is let go: else one thread could do all.
    for gate in gates:
        assert gate.entered.acquire(timeout=10)
    for gate in gates:
        gate.open.release()
    worker.stop()

    assert [gate.sizes for gate in gates] == [[1], [1]]


async def test_after_is_called_when_the_batch_is_answered() -> None:
    answered: list[bool] = []
    pending = Pending(lambda tx: 1)
    delivered = threading.Event()

    async def waiter() -> None:
        await pending.wait()
        delivered.set()

    def after() -> None:
        answered.append(delivered.wait(10))

    worker = Worker(
        "test", [lambda batch: [p.run(NO_TX) for p in batch] and None], at_once=1, waiting=1, after=after
    )
    async with trio.open_nursery() as nursery:
        nursery.start_soon(waiter)
        worker.submit(pending)
    worker.stop()

    assert answered == [True]


def test_thread_survives_the_end_of_the_event_loop() -> None:
    gate = Gate()

    async def main() -> Worker:
        worker = Worker("test", [gate.run], at_once=1, waiting=10)
        worker.submit(Pending(lambda tx: 1))
        worker.submit(Pending(lambda tx: 2))
        return worker

    worker = trio.run(main)
    gate.open.release(2)
    worker.stop()

    assert gate.sizes == [1, 1]


async def test_inline_answers_within_submit() -> None:
    steps: list[str] = []
    runner = Inline(lambda batch: [p.run(NO_TX) for p in batch] and None, lambda: steps.append("after"))
    pending = Pending(lambda tx: steps.append("run"))

    runner.submit(pending)
    runner.stop()

    assert steps == ["run", "after"]
    assert await pending.wait() is None


async def test_inline_needs_nothing_after() -> None:
    pending = Pending(lambda tx: 1)

    runner = Inline(lambda batch: [p.run(NO_TX) for p in batch] and None)
    runner.submit(pending)
    assert len(runner) == 0

    assert await pending.wait() == 1


async def test_what_one_pass_of_the_loop_brings_is_one_batch() -> None:
    batches: list[int] = []

    def run(batch: Batch) -> None:
        batches.append(len(batch))
        for pending in batch:
            pending.run(SqliteTx(None, 0))  # type: ignore[arg-type]  # as above

    worker = Worker("gathering", [run], at_once=10, waiting=10, by_pass=True)
    pendings = [Pending(lambda tx, n=n: n) for n in range(6)]

    async def submit_and_wait(pending: Pending[int]) -> None:
        worker.submit(pending)
        await pending.wait()

    async with trio.open_nursery() as nursery:
        for pending in pendings:
            nursery.start_soon(submit_and_wait, pending)
    worker.stop()

    assert batches == [6]


async def test_what_is_gathered_counts_as_waiting_and_is_answered_before_the_end() -> None:
    answered: list[int] = []

    def run(batch: Batch) -> None:
        answered.extend(pending.run(SqliteTx(None, 0)) for pending in batch)  # type: ignore[arg-type]  # as above

    worker = Worker("gathering", [run], at_once=10, waiting=1, by_pass=True)
    worker.submit(Pending(lambda tx: 1))
    with pytest.raises(Overloaded):
        worker.submit(Pending(lambda tx: 2))

    worker.stop()

    assert answered == [True]


def test_worker_that_gathers_may_be_stopped_when_the_loop_has_ended() -> None:
    async def main() -> Worker:
        return Worker("gathering", [lambda batch: None], at_once=1, waiting=1, by_pass=True)

    trio.run(main).stop()


async def test_what_is_done_between_batches_waits_for_short_ones_but_not_for_ever() -> None:
    """A checkpoint behind a long commit would hold up twice who came during it."""
    done: list[str] = []
    behind = 2 * PUT_OFF_MOST

    def run(batch: Batch) -> None:
        nonlocal behind
        for pending in batch:
            pending.run(NO_TX)
        done.append("batch")
        if behind:
            behind -= 1
            worker.submit(Pending(lambda tx: 0))

    def after() -> None:
        done.append("after")
        if done.count("batch") == 2 * PUT_OFF_MOST + 1:
            over.set()

    over = threading.Event()
    worker = Worker("test", [run], at_once=1, waiting=99, after=after)
    worker.submit(Pending(lambda tx: 0))
    assert over.wait(10)
    worker.stop()

    round_ = ["batch"] * (PUT_OFF_MOST + 1) + ["after"]
    assert done[: len(round_)] == round_
    assert done.count("batch") == 2 * PUT_OFF_MOST + 1


class Threads:
    """Runs items and remembers on which threads; *quick* says whether it may be done here."""

    def __init__(self) -> None:
        self.seen: list[threading.Thread] = []
        self.quick = True

    def run(self, batch: Batch) -> None:
        self.seen.append(threading.current_thread())
        for pending in batch:
            pending.run(NO_TX)

    def begin_here(self) -> Callable[[Batch], None] | None:
        return self.run if self.quick else None


def count(tx: Tx, items: Sequence[int]) -> list[int]:
    return list(items)


async def test_a_short_item_that_is_alone_is_answered_in_the_loops_own_thread_where_that_is_quick() -> None:
    threads = Threads()
    worker = Worker(
        "write", [threads.run], at_once=10, waiting=10, by_pass=True, begin_here=threads.begin_here
    )
    loop = threading.current_thread()

    async def ask(pending: Pending[int]) -> bool:
        """Return whether it was answered in the loop's thread."""
        worker.submit(pending)
        await pending.wait()
        return threads.seen[-1] is loop

    assert await ask(PendingItem(count, 1))
    assert not await ask(Pending(lambda tx: 1))  # nobody knows how long it takes
    while not await ask(PendingItem(count, 1)):  # the thread may have something to tidy up yet
        pass
    threads.quick = False
    assert not await ask(PendingItem(count, 1))
    worker.stop()


async def test_what_can_not_be_begun_in_the_loops_own_thread_is_left_to_the_others_whatever_the_reason() -> (
    None
):
    """Trio takes what raises at the end of a pass away, and nothing would be handed over any more."""

    def fail() -> None:
        raise OSError("no locks")

    threads = Threads()
    worker = Worker("write", [threads.run], at_once=10, waiting=10, by_pass=True, begin_here=fail)

    with trio.fail_after(10):
        for number in range(3):
            item = PendingItem(count, number)
            worker.submit(item)
            assert await item.wait() == number
    worker.stop()

    assert threading.current_thread() not in threads.seen


async def test_of_several_items_none_is_answered_in_the_loops_own_thread() -> None:
    threads = Threads()
    worker = Worker(
        "write", [threads.run], at_once=10, waiting=10, by_pass=True, begin_here=threads.begin_here
    )
    both = [PendingItem(count, number) for number in range(2)]

    for pending in both:
        worker.submit(pending)
    assert [await pending.wait() for pending in both] == [0, 1]
    worker.stop()

    assert threading.current_thread() not in threads.seen


async def test_an_item_does_not_overtake_what_was_handed_over_nor_is_a_withdrawn_one_begun() -> None:
    gate = Gate()
    begun: list[int] = []
    worker = Worker(
        "write", [gate.run], at_once=10, waiting=10, by_pass=True, begin_here=lambda: begun.append(1)
    )
    withdrawn = PendingItem(count, 0)
    with trio.move_on_after(0):
        worker.submit(withdrawn)
        await withdrawn.wait()
    worker.hand_over()
    first, second = Pending(lambda tx: 1), PendingItem(count, 2)
    worker.submit(first)
    worker.hand_over()
    worker.submit(second)
    worker.hand_over()

    gate.open.release(3)
    assert [await first.wait(), await second.wait()] == [1, 2]
    worker.stop()

    assert begun == []
