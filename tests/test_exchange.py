"""Turns: messages of one context are stored in the order in which they were sent, however long each takes before."""

import gc

import trio.testing

from vibes_trio.exchange import Turn


async def test_a_turn_waits_for_all_before_it_and_not_only_for_its_neighbour():
    """The second message is refused at once, while the first is still being verified."""
    first = Turn()
    second = Turn(first)
    third = Turn(second)
    second.pass_on()

    async with trio.open_nursery() as nursery:
        nursery.start_soon(third.wait)
        await trio.testing.wait_all_tasks_blocked()
        waited = bool(nursery.child_tasks)
        first.pass_on()

    assert waited
    assert second.passed
    assert not third.passed


def test_a_turn_is_over_only_when_all_before_it_are():
    first = Turn()
    second = Turn(first)
    third = Turn(second)

    third.pass_on()
    second.pass_on()
    second.pass_on()
    assert not second.passed
    first.pass_on()

    assert [turn.passed for turn in (first, second, third)] == [True, True, True]


async def test_the_first_turn_and_one_behind_a_turn_that_is_over_wait_for_nobody():
    first = Turn()
    first.pass_on()

    await first.wait()
    await Turn(first).wait()


def test_turns_that_are_over_are_not_kept():
    """Also where none of them waited, as with thousands of refused messages in a row."""
    last = Turn()
    for _ in range(1000):
        following = Turn(last)
        last.pass_on()
        last = following
    gc.collect()

    assert sum(isinstance(found, Turn) for found in gc.get_objects()) < 10
