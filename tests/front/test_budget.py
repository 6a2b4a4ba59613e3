"""What all connections together may hold of requests and messages."""

import json

import pytest
import trio
import trio.testing
from websockets.frames import CloseCode, Opcode

from vibes_trio.config import Limits
from vibes_trio.exchange import Reply

SMALL_BYTES = 64 * 1024
HALF = b"x" * (2 * SMALL_BYTES)
LIMITS = Limits(held_bytes=3 * SMALL_BYTES)
HEAD = b"POST / HTTP/1.1\r\nHost: api.localhost\r\nContent-Length: %d\r\n\r\n"
CHUNKED = b"POST / HTTP/1.1\r\nHost: api.localhost\r\nTransfer-Encoding: chunked\r\n\r\n"


async def until_held(server, size):
    with trio.fail_after(10):
        while server.front.budget.bytes < size:
            await trio.testing.wait_all_tasks_blocked()


def test_what_is_small_is_always_taken_and_all_is_given_back():
    held = Held(limit_bytes=100_000)
    with Share(held) as large, Share(held) as small:
        assert large.set(100_000)
        assert small.add(SMALL_BYTES)
        assert not small.add(1)
        assert small.refused
        assert held.bytes == 100_000 + SMALL_BYTES + 1
    assert held.bytes == 0


@pytest.mark.parametrize("fast", [True, False], ids=["fast lane", "full lane"])
async def test_a_body_for_which_there_is_no_room_is_refused_and_small_ones_are_not(serve, fast):
    async with serve(limits=LIMITS, fast=fast) as server:
        first, second = await server.connect(), await server.connect()
        await first.say(HEAD % (len(HALF) + 1) + HALF)
        await until_held(server, len(HALF) - SMALL_BYTES)

        await second.say(HEAD % (len(HALF) + 1) + HALF)
        refused = await second.response()
        small = await server.ask(HEAD % 2 + b"{}")
        await first.say(b"x")
        answered = await first.response()

        assert refused is not None
        assert (refused.status, json.loads(refused.body)["code"]) == (503, "overloaded")
        assert refused.headers["retry-after"] == "1"
        assert small.status == 200
        assert answered is not None
        assert json.loads(answered.body)["body"] == (HALF + b"x").decode()
        await trio.testing.wait_all_tasks_blocked()
        assert server.front.budget.bytes == 0


@pytest.mark.parametrize("fast", [True, False], ids=["fast lane", "full lane"])
async def test_a_body_in_chunks_for_which_there_is_no_room_is_refused(serve, fast):
    async with serve(limits=LIMITS, fast=fast) as server:
        first, second = await server.connect(), await server.connect()
        await first.say(HEAD % (len(HALF) + 1) + HALF)
        await until_held(server, len(HALF) - SMALL_BYTES)

        await second.say(CHUNKED + b"%x\r\n" % (len(HALF) + 1) + HALF)
        refused = await second.response()

        assert refused is not None
        assert (refused.status, json.loads(refused.body)["code"]) == (503, "overloaded")
        assert refused.headers["retry-after"] == "1"
        assert refused.headers["connection"] == "close"


@pytest.mark.parametrize("fin", [True, False], ids=["one frame", "fragments"])
async def test_a_websocket_whose_message_has_no_room_is_asked_to_come_later(serve, fin):
    async with serve(limits=LIMITS) as server:
        first, second, small = [await server.websocket() for _ in range(3)]
        await first.send(HALF, fin=False)
        await until_held(server, len(HALF))

        await second.send(HALF, fin=fin)
        code = await second.close_code()
        await small.send(b"{}")
        await first.send(b"x", Opcode.CONT)

        assert code == CloseCode.TRY_AGAIN_LATER
        assert await small.message() == b"{}"
        assert await first.message() == HALF + b"x"
        assert server.front.budget.bytes == 0


async def test_messages_count_until_they_are_answered(serve):
    gate = trio.Event()

    async def answer(incoming, turn):
        await gate.wait()
        return Reply(200, (), b"done")

    async with serve(answer, limits=LIMITS) as server:
        socket = await server.websocket()
        await socket.send(HALF)
        await until_held(server, len(HALF))
        assert server.front.budget.bytes == len(HALF)

        gate.set()
        assert await socket.message() == b"done"
        await server.ask(HEAD % 1 + b"x")
        assert server.front.budget.bytes == 0
