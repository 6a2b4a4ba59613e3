"""Whose turn it is, of those that have more to do."""

import trio

from vibes_trio.front.runqueue import RunQueue


async def test_one_goes_on_in_each_round_in_the_order_in_which_they_came():
    """Without the queue all of them go on in each round, and everybody else waits for all their slices."""
    queue, rounds, went_on = RunQueue(), [0], []

    async def count():
        while True:
            rounds[0] += 1
            await trio.lowlevel.checkpoint()

    async def work(name):
        for _ in range(5):
            await queue.wait_turn()
            went_on.append((rounds[0], name))

    async with trio.open_nursery() as counting:
        counting.start_soon(count)
        async with trio.open_nursery() as working:
            for name in range(10):
                working.start_soon(work, name)
        counting.cancel_scope.cancel()

    names = [name for _, name in went_on]
    assert [names[start : start + 10] for start in range(0, 50, 10)] == [names[:10]] * 5
    by_round = [round_ for round_, _ in went_on]
    assert all(by_round.count(round_) <= 2 for round_ in by_round)  # Trio shuffles who counts first


async def test_to_wait_for_a_turn_is_a_checkpoint_for_one_alone():
    queue, turns = RunQueue(), 0

    async def other():
        nonlocal turns
        while True:
            turns += 1
            await trio.lowlevel.checkpoint()

    async with trio.open_nursery() as nursery:
        nursery.start_soon(other)
        for _ in range(10):
            await queue.wait_turn()
        nursery.cancel_scope.cancel()

    assert turns >= 9
