import sqlite3
import time
from collections.abc import Sequence

import outcome
import pytest
import trio
from trio.testing import wait_all_tasks_blocked

from vibes_trio.errors import NotFound, Overloaded, VibesError
from vibes_trio.storage.interface import Tx
from vibes_trio.storage.pending import (
    DELIVERED_AT_ONCE,
    DELIVERY_S,
    Batch,
    Pending,
    PendingItem,
    deliver_all,
    runs_of,
    settle,
)
from vibes_trio.storage.sqlite.tx import SqliteTx


def run_all(batch: Batch) -> None:
    tx = SqliteTx(None, 0)  # type: ignore[arg-type]  # the functions of this file touch no database
    for pending in batch:
        pending.run(tx)


async def test_answer_that_is_there_before_the_wait_is_returned() -> None:
    pending = Pending(lambda tx: 7)

    deliver_all(settle([pending], run_all))

    assert await pending.wait() == 7


async def test_waiter_is_woken_by_delivery() -> None:
    pending = Pending(lambda tx: "done")
    got: list[str] = []

    async def waiter() -> None:
        got.append(await pending.wait())

    async with trio.open_nursery() as nursery:
        nursery.start_soon(waiter)
        await wait_all_tasks_blocked()
        assert got == []
        deliver_all(settle([pending], run_all))

    assert got == ["done"]


async def test_who_is_told_needs_no_task_whether_before_or_after_the_answer() -> None:
    early, late = Pending(lambda tx: 7), Pending(lambda tx: 8)
    got: list[outcome.Maybe[int]] = []

    early.tell(got.append)
    deliver_all(settle([early, late], run_all))
    late.tell(got.append)

    assert got == [outcome.Value(7), outcome.Value(8)]


async def test_who_is_told_may_be_given_up_as_long_as_it_does_not_run() -> None:
    ran: list[str] = []
    early, late, waited = (
        Pending(lambda tx, name=name: ran.append(name)) for name in ("early", "late", "waited")
    )
    got: list[outcome.Maybe[None]] = []

    early.tell(got.append)
    early.give_up(Overloaded("too long"))
    late.tell(got.append)
    assert late.claim()
    late.give_up(Overloaded("too long"))
    waited.give_up(Overloaded("too long"))
    deliver_all(settle([early, waited], run_all))

    (only,) = got
    assert isinstance(only, outcome.Error)
    assert str(only.error) == "too long"
    assert ran == ["waited"]


async def test_what_the_function_raises_is_raised_to_its_waiter() -> None:
    def broken(tx: Tx) -> None:
        raise ValueError("no")

    pending = Pending(broken)
    deliver_all(settle([pending], run_all))

    with pytest.raises(ValueError, match="no"):
        await pending.wait()


async def test_cancelled_before_its_start_it_never_runs() -> None:
    ran: list[bool] = []
    pending = Pending(lambda tx: ran.append(True))

    with trio.CancelScope() as scope:
        scope.cancel()
        await pending.wait()

    assert scope.cancelled_caught
    assert settle([pending], run_all) == []
    assert ran == []


async def test_cancelled_after_its_start_it_is_answered() -> None:
    pending = Pending(lambda tx: 7)
    got: list[int] = []

    async def waiter() -> None:
        with trio.CancelScope() as scope:
            scopes.append(scope)
            got.append(await pending.wait())

    scopes: list[trio.CancelScope] = []
    async with trio.open_nursery() as nursery:
        nursery.start_soon(waiter)
        await wait_all_tasks_blocked()
        pending.claim()
        scopes[0].cancel()
        await wait_all_tasks_blocked()
        assert pending.abandoned
        run_all([pending])
        pending.deliver()

    assert got == [7]
    assert not scopes[0].cancelled_caught


async def test_failing_batch_answers_each_with_an_error_of_its_own() -> None:
    def commit(batch: Batch) -> None:
        run_all(batch)
        raise Overloaded("full", retry_after_s=9)

    first, second = Pending(lambda tx: 1), Pending(lambda tx: 2)
    deliver_all(settle([first, second], commit))

    with pytest.raises(Overloaded) as one:
        await first.wait()
    with pytest.raises(Overloaded) as other:
        await second.wait()
    assert one.value is not other.value
    assert (one.value.message, one.value.retry_after_s) == ("full", 9)
    assert one.value.__cause__ is other.value.__cause__


async def test_failure_replaces_what_a_function_of_the_batch_raised() -> None:
    """Its reason may rest on rows that were never committed."""

    def refused(tx: Tx) -> None:
        raise ValueError("taken")

    def commit(batch: Batch) -> None:
        run_all(batch)
        raise sqlite3.OperationalError("gone")

    pending = Pending(refused)
    deliver_all(settle([pending], commit))

    with pytest.raises(sqlite3.OperationalError):
        await pending.wait()


async def test_who_takes_long_to_hear_of_an_answer_lets_others_have_a_turn_before_the_next() -> None:
    batch = [Pending(lambda tx, number=number: number) for number in range(3)]
    heard: list[outcome.Maybe[int]] = []

    def hear(got: outcome.Maybe[int]) -> None:
        heard.append(got)
        end = time.perf_counter() + DELIVERY_S
        while time.perf_counter() <= end:
            pass

    for pending in batch:
        pending.tell(hear)
    deliver_all(settle(batch, run_all))
    first = len(heard)
    await wait_all_tasks_blocked()

    assert (first, len(heard)) == (1, 3)


async def test_a_large_batch_is_delivered_over_several_passes_of_the_loop() -> None:
    batch = [Pending(lambda tx, number=number: number) for number in range(DELIVERED_AT_ONCE * 2 + 1)]
    got: list[int] = []

    async def wait(pending: Pending[int]) -> None:
        got.append(await pending.wait())

    async with trio.open_nursery() as nursery:
        for pending in batch:
            nursery.start_soon(wait, pending)
        await wait_all_tasks_blocked()
        deliver_all(settle(batch, run_all))
        await trio.lowlevel.checkpoint()
        first = len(got)

    assert first < len(batch)
    assert sorted(got) == list(range(len(batch)))


def halve(tx: Tx, numbers: Sequence[int]) -> list[int | VibesError]:
    return [NotFound(f"half of {number}") if number % 2 else number // 2 for number in numbers]


def run_all_parts(batch: Batch) -> None:
    for run in runs_of(batch):
        run(SqliteTx(None, 0))  # type: ignore[arg-type]  # as above


async def test_items_next_to_each_other_run_as_one_and_each_has_its_answer() -> None:
    seen: list[list[int]] = []

    def many(tx: Tx, numbers: Sequence[int]) -> list[int | VibesError]:
        seen.append(list(numbers))
        return halve(tx, numbers)

    items = [PendingItem(many, number) for number in (2, 3, 4, 6)]
    batch = [*items[:3], Pending(lambda tx: "between"), items[3]]
    deliver_all(settle(batch, run_all_parts))

    assert seen == [[2, 3, 4], [6]]
    assert [await items[index].wait() for index in (0, 2, 3)] == [1, 2, 3]
    with pytest.raises(NotFound, match="half of 3"):
        await items[1].wait()


async def test_item_that_is_alone_is_answered_the_same() -> None:
    good, refused = PendingItem(halve, 8), PendingItem(halve, 9)

    for item in (good, refused):
        deliver_all(settle([item], run_all_parts))

    assert await good.wait() == 4
    with pytest.raises(NotFound, match="half of 9"):
        await refused.wait()


async def test_error_of_the_whole_is_the_answer_of_every_item() -> None:
    def broken(tx: Tx, numbers: Sequence[int]) -> list[int | VibesError]:
        raise ValueError("all")

    items = [PendingItem(broken, number) for number in range(2)]
    (run,) = runs_of(items)

    assert run(SqliteTx(None, 0)) is False  # type: ignore[arg-type]  # as above
    deliver_all(items)
    for item in items:
        with pytest.raises(ValueError, match="all"):
            await item.wait()
