"""The writer of one peer."""

import socket

import trio
import trio.testing

from vibes_trio.front.outbox import Outbox
from vibes_trio.front.sockets import Line


def make(limit_bytes: int = 1000) -> tuple[Outbox, Line, socket.socket]:
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    theirs.setblocking(False)
    line = Line(ours, 10)
    return Outbox(line, limit_bytes), line, theirs


def fill(outbox: Outbox) -> int:
    """Put until the socket takes no more; return how many bytes that were."""
    put = 0
    while outbox.size == 0:
        outbox.put(b"x" * 100_000)
        put += 100_000
    return put


async def read_all(theirs: socket.socket) -> bytes:
    got = bytearray()
    while True:
        await trio.lowlevel.wait_readable(theirs)
        data = theirs.recv(1 << 20)
        if not data:
            return bytes(got)
        got += data


async def test_what_the_socket_takes_is_sent_without_a_writer():
    outbox, line, theirs = make()
    outbox.put(b"hello")
    assert theirs.recv(10) == b"hello"
    assert outbox.size == 0
    line.close()
    theirs.close()


async def test_the_rest_is_written_in_order_and_then_the_side_is_ended():
    outbox, line, theirs = make()
    async with trio.open_nursery() as nursery:
        with outbox:
            nursery.start_soon(outbox.write_out)
            put = fill(outbox)
            outbox.put(b"second")
            outbox.put(b"third")
            outbox.end()
            got = await read_all(theirs)
    assert got == b"x" * put + b"secondthird"
    line.close()
    theirs.close()


async def test_closing_waits_for_what_is_queued():
    outbox, line, theirs = make()
    async with trio.open_nursery() as nursery:
        with outbox:
            nursery.start_soon(outbox.write_out)
            fill(outbox)
        await trio.testing.wait_all_tasks_blocked()
        assert outbox.size > 0
        nursery.start_soon(read_all, theirs)
        while outbox.size:
            await trio.testing.wait_all_tasks_blocked()
        line.end()
    assert not outbox.broken
    line.close()
    theirs.close()


async def test_there_is_room_again_when_the_peer_has_read():
    outbox, line, theirs = make(limit_bytes=1)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(outbox.write_out)
        await outbox.room()
        fill(outbox)
        with trio.move_on_after(0.01) as waited:
            await outbox.room()
        assert waited.cancelled_caught
        nursery.start_soon(read_all, theirs)
        await outbox.room()
        assert outbox.size == 0
        nursery.cancel_scope.cancel()
    line.close()
    theirs.close()


async def test_a_peer_that_reads_nothing_breaks_it_and_frees_those_who_wait(autojump_clock):
    outbox, line, theirs = make(limit_bytes=1)
    started = trio.current_time()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(outbox.write_out)
        fill(outbox)
        await outbox.room()
        assert 10 <= trio.current_time() - started < 10.1
        assert (outbox.broken, outbox.size) == (True, 0)
    outbox.put(b"to nobody")
    assert outbox.size == 0
    assert await line.receive() == b""  # the reader sees the end
    line.close()
    theirs.close()


async def test_a_peer_that_is_gone_breaks_it_at_once():
    outbox, line, theirs = make()
    theirs.close()
    outbox.put(b"x")
    assert outbox.broken
    line.close()
