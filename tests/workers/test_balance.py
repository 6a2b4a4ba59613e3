"""Processes that share a listening socket: none takes all that arrives."""

from contextlib import ExitStack, closing

import trio

from vibes_trio.config import Limits
from vibes_trio.exchange import Reply
from vibes_trio.front.serve import serve_front
from vibes_trio.front.sockets import open_listeners
from vibes_trio.front.state import Front
from vibes_trio.workers.balance import Balance, make_cells


def test_who_holds_clearly_more_than_another_is_ahead():
    with make_cells(3) as file, ExitStack() as stack:
        here, there = (stack.enter_context(closing(Balance(file.fileno(), i, 3))) for i in (0, 1))
        told = []
        for change in (1, 1, -1):
            here.add(change)
            told.append((here.is_ahead(), there.is_ahead()))

    assert told == [(False, False), (True, False), (False, False)]


def test_a_process_that_is_not_there_lets_nobody_wait():
    with make_cells(2) as file, ExitStack() as stack:
        here = stack.enter_context(closing(Balance(file.fileno(), 0, 2)))
        here.add(100)
        alone = here.is_ahead()
        there = stack.enter_context(closing(Balance(file.fileno(), 1, 2)))
        beside = here.is_ahead()
        here.drop(1)
        after = here.is_ahead()
        del there

    assert (alone, beside, after) == (False, True, False)


async def test_connections_that_come_together_are_shared_and_given_back():
    """Two fronts on one listener, as two processes have them."""

    async def answer(incoming, turn):
        return Reply(200, (), b"")

    limits, draining = Limits(), trio.Event()
    listeners = await open_listeners("127.0.0.1", 0, limits)
    with make_cells(2) as file, ExitStack() as stack:
        balances = [stack.enter_context(closing(Balance(file.fileno(), i, 2))) for i in (0, 1)]
        fronts = [Front(answer, lambda _: None, limits, draining, balance=balance) for balance in balances]
        async with trio.open_nursery() as nursery:
            for front in fronts:
                await nursery.start(serve_front, front, [listener.dup() for listener in listeners])
            streams = [await trio.open_tcp_stream(*listeners[0].getsockname()) for _ in range(20)]
            for stream in streams:
                await stream.send_all(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
                await stream.receive_some()
            held = [front.counts.open for front in fronts]
            for stream in streams:
                await stream.aclose()
            draining.set()
        left = [front.counts.open for front in fronts], [balance.is_ahead() for balance in balances]
    for listener in listeners:
        listener.close()

    assert sum(held) == 20
    assert abs(held[0] - held[1]) <= 2
    assert left == ([0, 0], [False, False])
