"""Who asks often waits for himself."""

import pytest
import trio
from trio.testing import wait_all_tasks_blocked
from vibes_trio.beside.turns import FairTurns

from vibes_trio.errors import Overloaded


async def test_each_in_turn_is_let_in_with_what_it_asked_for_first():
    turns, order = FairTurns(1, 10), []
    gate = trio.Event()

    async def work(who: str, name: str) -> None:
        async with turns.turn(who):
            order.append(name)
            await gate.wait()

    async with trio.open_nursery() as nursery:
        for who, name in (("a", "a1"), ("a", "a2"), ("a", "a3"), ("b", "b1"), ("c", "c1"), ("b", "b2")):
            nursery.start_soon(work, who, name)
            await wait_all_tasks_blocked()
        gate.set()

    assert order == ["a1", "a2", "b1", "c1", "a3", "b2"]


async def test_as_many_work_as_may_and_all_turns_come_back():
    turns, working, most = FairTurns(2, 100), 0, 0

    async def work(who: str) -> None:
        nonlocal working, most
        async with turns.turn(who):
            working += 1
            most = max(most, working)
            await trio.lowlevel.checkpoint()
            working -= 1

    for _ in range(2):
        async with trio.open_nursery() as nursery:
            for number in range(20):
                nursery.start_soon(work, str(number % 3))

    assert most == 2


async def test_who_has_too_much_waiting_is_refused_and_others_are_not():
    turns = FairTurns(1, 2)

    async def wait(who: str) -> None:
        async with turns.turn(who):
            await trio.sleep_forever()

    async with trio.open_nursery() as nursery:
        for _ in range(3):
            nursery.start_soon(wait, "a")
        await wait_all_tasks_blocked()
        with pytest.raises(Overloaded):
            async with turns.turn("a"):
                pass
        for number in range(14):
            nursery.start_soon(wait, f"b{number}")
        await wait_all_tasks_blocked()
        with pytest.raises(Overloaded):
            async with turns.turn("c"):
                pass
        nursery.cancel_scope.cancel()

    async with turns.turn("c"):
        pass


async def test_who_gives_up_waiting_leaves_no_gap():
    turns = FairTurns(1, 10)
    gave_up = trio.CancelScope()
    done = []

    async def wait(scope: trio.CancelScope, name: str) -> None:
        with scope:
            async with turns.turn("a"):
                done.append(name)

    async with trio.open_nursery() as nursery, turns.turn("b"):
        nursery.start_soon(wait, gave_up, "gone")
        await wait_all_tasks_blocked()
        nursery.start_soon(wait, trio.CancelScope(), "next")
        await wait_all_tasks_blocked()
        gave_up.cancel()
        await wait_all_tasks_blocked()

    assert done == ["next"]


async def test_a_turn_that_came_to_who_has_given_up_goes_to_the_next():
    turns = FairTurns(1, 10)
    scope, done = trio.CancelScope(), []

    async def wait(scope: trio.CancelScope, name: str) -> None:
        with scope:
            async with turns.turn(name):
                await trio.lowlevel.checkpoint()
                done.append(name)

    async with trio.open_nursery() as nursery:
        async with turns.turn("first"):
            nursery.start_soon(wait, scope, "gone")
            await wait_all_tasks_blocked()
            nursery.start_soon(wait, trio.CancelScope(), "next")
            await wait_all_tasks_blocked()
        scope.cancel()  # its turn has come, in this very moment

    assert done == ["next"]
