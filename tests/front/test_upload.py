"""Bodies on their way in."""

import socket

import pytest
import trio
import trio.testing

from vibes_trio.config import Limits
from vibes_trio.front.budget import Budget
from vibes_trio.front.sockets import Line
from vibes_trio.front.upload import Progress, Upload

LIMITS = Limits(body_timeout_bytes=100, body_timeout_s=10)


@pytest.fixture
def sockets():
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    line = Line(ours, 10, Budget(1000).open("a", ours))
    yield line, theirs
    ours.close()
    theirs.close()


async def test_enough_in_each_ten_seconds_is_enough_for_ever(autojump_clock):
    progress = Progress(LIMITS)
    for _ in range(100):
        await trio.sleep(1)
        progress.moved(10)
        assert progress.deadline > trio.current_time()


async def test_too_little_in_ten_seconds_is_too_little_however_often_it_comes(autojump_clock):
    progress = Progress(LIMITS)
    for _ in range(10):
        progress.moved(9)
        await trio.sleep(1)
    assert progress.deadline <= trio.current_time()


async def test_what_is_read_counts_as_held(sockets):
    line, theirs = sockets
    upload = Upload(line, LIMITS)
    theirs.send(b"x" * 50)
    line.buffer = b"before"

    assert await upload.read(100) == b"before"
    assert await upload.read(30) == b"x" * 30
    assert line.holding.bytes == 36


async def test_the_refusal_says_why_no_more_comes(sockets, autojump_clock):
    line, theirs = sockets
    stopped = Upload(line, LIMITS)
    assert await stopped.read(100) == b""
    theirs.send(b"x" * 1001)
    theirs.shutdown(socket.SHUT_WR)
    no_room = Upload(line, LIMITS)  # each has its time from its own beginning
    assert await no_room.read(2000) == b""
    assert no_room.refuse().reply.status == 503
    line.holding.taken_back = False

    ended = Upload(line, LIMITS)
    assert await ended.read(100) == b""

    assert [stopped.refuse().reply.status, ended.refuse().reply.status] == [408, 400]


async def test_who_waits_is_woken_when_all_is_taken_back(sockets):
    line, _ = sockets
    upload = Upload(line, LIMITS)
    async with trio.open_nursery() as nursery:

        async def take_back():
            await trio.testing.wait_all_tasks_blocked()
            line.holding.take_back()

        nursery.start_soon(take_back)
        assert await upload.read(100) == b""
    assert upload.refuse().reply.status == 503
