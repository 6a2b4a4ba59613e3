"""Turns: messages of one context are stored in the order in which they were sent, however long each takes before."""

import gc

import pytest
import trio
import trio.testing
from outcome import Error, Value

from vibes_trio.exchange import Later, Turn, of_value


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


class Kept:
    """A promise that is kept already."""

    def __init__(self, got):
        self.got = got

    async def wait(self):
        await trio.lowlevel.checkpoint()
        return self.got.unwrap()

    def tell(self, hear):
        hear(self.got)


async def waited_for(later):
    try:
        return await later
    except Exception as error:
        return repr(error)


async def told_of(later):
    got = []
    later.tell(got.append)
    return got[0].value if isinstance(got[0], Value) else repr(got[0].error)


def told(got):
    return Value(f"told: {got.error}") if isinstance(got, Error) else got


@pytest.mark.parametrize("way", [waited_for, told_of])
@pytest.mark.parametrize(
    ("got", "steps", "result"),
    [
        (Value(2), [of_value(lambda n: n + 1)], 3),
        (Value(2), [of_value(lambda n: n + 1), told], 3),
        (Error(ValueError("no")), [of_value(lambda n: n + 1)], "ValueError('no')"),
        (Error(ValueError("no")), [of_value(lambda n: n + 1), told, of_value(str.upper)], "TOLD: NO"),
        (
            Value(0),
            [of_value(lambda n: 1 // n), of_value(str)],
            repr(ZeroDivisionError("integer division or modulo by zero")),
        ),
    ],
)
async def test_of_what_is_promised_the_same_is_made_whether_waited_for_or_told(way, got, steps, result):
    later = Later(Kept(got), steps[0])
    for step in steps[1:]:
        later = later.then(step)

    assert await way(later) == result


async def test_a_turn_has_come_when_all_before_it_are_over():
    first = Turn()
    second = Turn(first)

    assert (first.has_come, second.has_come) == (True, False)
    first.pass_on()
    assert second.has_come
