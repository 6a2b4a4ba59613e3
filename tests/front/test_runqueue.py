"""Whose turn it is, of those that have more to do."""

import trio

from vibes_trio.front.runqueue import RunQueue


async def test_beside_others_that_never_rest_one_goes_on_at_a_time_in_the_order_in_which_they_came():
    """Without the queue all of them go on in each round, and everybody else waits for all their slices. Nor do those
    others keep it waiting for ever."""
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


async def test_many_connections_of_one_client_are_one_share():
    """Without turns by client, whoever opens forty connections goes on forty times as often."""
    queue, went_on = RunQueue(), []

    async def work(client):
        for _ in range(4):
            await queue.wait_turn(client)
            went_on.append(client)

    async with trio.open_nursery() as nursery:
        for client in ["many"] * 40 + ["one"]:
            nursery.start_soon(work, client)

    last = max(index for index, client in enumerate(went_on) if client == "one")
    assert last < 16  # of 164


async def test_a_slice_begins_when_nobody_else_has_anything_to_do():
    """Without that a short message, which takes several passes, waits for a slice in each of them."""
    queue, happened = RunQueue(), []

    async def message():
        for step in range(5):
            happened.append(step)
            await trio.lowlevel.checkpoint()

    async def flood():
        await queue.wait_turn("flood")
        happened.append("slice")

    async with trio.open_nursery() as nursery:
        nursery.start_soon(message)
        nursery.start_soon(flood)

    assert happened == [0, 1, 2, 3, 4, "slice"]


async def test_who_gives_up_waiting_keeps_nobody_from_going_on():
    queue, went_on = RunQueue(), []

    async def work(client):
        await queue.wait_turn(client)
        went_on.append(client)

    async with trio.open_nursery() as nursery:
        for client in ("a", "b"):
            with trio.CancelScope() as scope:
                scope.cancel()
                await work(client)
        nursery.start_soon(work, "c")

    assert went_on == ["c"]


async def test_a_client_that_is_alone_has_slices_beside_its_other_connections():
    """Without that a busy connection of the only client waits for all the others of it, which never rest together."""
    queue, happened = RunQueue(), []

    async def message():
        for step in range(20):
            happened.append(step)
            await trio.lowlevel.checkpoint()

    async def flood():
        await queue.wait_turn("only", alone=True)
        happened.append("slice")

    async with trio.open_nursery() as nursery:
        nursery.start_soon(message)
        nursery.start_soon(flood)

    assert happened.index("slice") <= 4
