"""Fair turns: between users, within a user, and for work that takes several places."""

import pytest
import trio
import trio.testing

from vibes_trio.errors import Overloaded
from vibes_trio.turns import KeyedLock, Places, TurnQueue, Turns

PLACES = Places(in_all=3, for_one=2, waiting_in_all=10, waiting_for_one=6)


def filled(*pieces: str, places: Places = PLACES) -> TurnQueue[str]:
    """Return a queue of *pieces*, each called by its user's letter and a number."""
    queue: TurnQueue[str] = TurnQueue(places)
    for piece in pieces:
        assert queue.put(piece[0], piece)
    return queue


def take_all(queue: TurnQueue[str]) -> list[str]:
    found = []
    while (taken := queue.take()) is not None:
        found.append(taken[1])
    return found


def test_users_have_a_turn_each_and_their_own_work_stays_in_order() -> None:
    """Without turns a1, a2 and a3 go first."""
    queue = filled("a1", "a2", "a3", "b1", "c1", places=Places(9, 9, 9, 9))

    assert take_all(queue) == ["a1", "b1", "c1", "a2", "a3"]
    assert len(queue) == 0


def test_one_user_leaves_a_place_for_others() -> None:
    queue = filled("a1", "a2", "a3")

    assert take_all(queue) == ["a1", "a2"]
    assert queue.put("b", "b1")
    assert take_all(queue) == ["b1"]
    queue.give_back("b", 1)
    assert take_all(queue) == []
    queue.give_back("a", 1)
    assert take_all(queue) == ["a3"]


def test_too_many_that_wait_are_refused_by_user_and_in_all() -> None:
    queue = filled("a1", "a2", places=Places(1, 1, 3, 2))

    assert not queue.put("a", "a3")
    assert queue.put("b", "b1")
    assert not queue.put("c", "c1")


def test_work_that_takes_more_than_a_share_runs_when_its_user_holds_nothing() -> None:
    places = Places(4, 2, 9, 9)
    queue: TurnQueue[str] = TurnQueue(places)
    queue.put("a", "a1")
    queue.put("a", "a+", 3)

    assert take_all(queue) == ["a1"]
    queue.give_back("a", 1)
    assert take_all(queue) == ["a+"]
    queue.put("a", "a2")
    assert take_all(queue) == []


def test_smaller_work_passes_what_waits_for_room_only_in_what_that_leaves_over() -> None:
    """Without the rule, `a+` never finds room: there is always somebody with a small piece."""
    queue: TurnQueue[str] = TurnQueue(Places(4, 2, 9, 9))
    for user in "xy":
        queue.put(user, user)
    assert take_all(queue) == ["x", "y"]
    queue.put("a", "a+", 3)
    queue.put("b", "b1")
    queue.put("c", "c1")

    assert take_all(queue) == []
    queue.give_back("x", 1)
    assert take_all(queue) == ["a+"]
    queue.give_back("y", 1)
    queue.put("d", "d+", 3)
    assert take_all(queue) == ["b1"], "one place is left over by what waits"


def test_while_all_places_are_held_nobody_who_waits_is_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    """They may be as many as there are connections, and each that comes asks whose turn it is."""
    queue = filled("a1", "b1", "c1", "d1", "e1")
    assert take_all(queue) == ["a1", "b1", "c1"]
    looked: list[str] = []
    within = TurnQueue._is_within_share
    monkeypatch.setattr(
        TurnQueue,
        "_is_within_share",
        lambda self, user, places: looked.append(user) or within(self, user, places),
    )

    assert queue.take() is None
    assert looked == []
    queue.give_back("b", 1)
    assert queue.take() == ("d", "d1", 1)
    assert looked == ["d"]


def test_work_that_is_removed_is_not_taken() -> None:
    queue = filled("a1", "a2", "b1")

    queue.remove("a", "a1")
    queue.remove("b", "b1")

    assert (take_all(queue), len(queue)) == (["a2"], 0)


async def test_places_are_held_while_one_works_and_given_on(autojump_clock: trio.testing.MockClock) -> None:
    turns, order = Turns(Places(2, 1, 99, 99), "done"), []

    async def work(user: str, name: str) -> None:
        async with turns.hold(user):
            await trio.sleep(1)
            order.append((name, trio.current_time()))

    async with trio.open_nursery() as nursery:
        start = trio.current_time()
        for number in range(3):
            nursery.start_soon(work, "a", f"a{number}")
        await trio.sleep(0.5)
        nursery.start_soon(work, "b", "b0")

    assert [(name[0], at - start) for name, at in order] == [("a", 1), ("b", 1.5), ("a", 2), ("a", 3)]


async def test_who_gives_up_keeps_nobody_waiting(autojump_clock: trio.testing.MockClock) -> None:
    """While waiting, while being called, and while working."""
    turns = Turns(Places(1, 1, 99, 99), "done")

    async with trio.open_nursery() as nursery:
        scopes = [trio.CancelScope() for _ in range(3)]

        async def work(scope: trio.CancelScope) -> None:
            with scope:
                async with turns.hold("a"):
                    await trio.sleep_forever()

        for scope in scopes:
            nursery.start_soon(work, scope)
            await trio.testing.wait_all_tasks_blocked()
        scopes[1].cancel()
        await trio.testing.wait_all_tasks_blocked()
        scopes[0].cancel()  # calls the third, which is cancelled before it runs
        scopes[2].cancel()
        await trio.testing.wait_all_tasks_blocked()
        with trio.fail_after(1):
            async with turns.hold("b"):
                pass


async def test_too_many_that_wait_are_told_to_come_back() -> None:
    turns = Turns(Places(1, 1, 0, 0), "compiled")

    with pytest.raises(Overloaded, match="compiled"):
        async with turns.hold("a"):
            raise AssertionError("there is no place to wait")


async def test_a_lock_is_there_for_each_key_while_it_is_wanted(
    autojump_clock: trio.testing.MockClock,
) -> None:
    locks = KeyedLock()
    order: list[str] = []

    async def work(key: str, name: str) -> None:
        async with locks.hold(key):
            order.append(f"{name} in")
            await trio.sleep(1)
            order.append(f"{name} out")

    async with trio.open_nursery() as nursery:
        for key, name in (("x", "first"), ("x", "second"), ("y", "other")):
            nursery.start_soon(work, key, name)

    first = order.index("first in") < order.index("second in")
    before, after = ("first", "second") if first else ("second", "first")
    assert order.index(f"{before} out") < order.index(f"{after} in")
    assert order.index("other in") < order.index(f"{before} out")
    assert locks._locks == {}
