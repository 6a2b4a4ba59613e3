"""Parked connections: what is answered without their tasks, what wakes them, and when they end."""

import select
import socket
import struct

import pytest
import trio
import trio.testing

from vibes_trio.config import Limits, MiB
from vibes_trio.exchange import HttpIncoming, Reply
from vibes_trio.front import parking
from vibes_trio.front.ready import ReadyAnswers

HOST = b"Host: a--b.localhost\r\n"
KEPT = b"GET /kept HTTP/1.1\r\n" + HOST + b"\r\n"
OTHER = b"GET /other HTTP/1.1\r\n" + HOST + b"\r\n"

needs_epoll = pytest.mark.skipif(not hasattr(select, "epoll"), reason="this system has no epoll")


class Shop:
    """Answers that may be kept, unless the target says otherwise; counts what it was asked."""

    def __init__(self, body=b"goods"):
        self.body = body
        self.asked = 0
        self.version = 1
        self.ready = ReadyAnswers(64 * MiB, lambda: self.version)

    async def __call__(self, incoming, turn):
        self.asked += 1
        if isinstance(incoming, HttpIncoming):
            return Reply(200, (), self.body, repeatable=incoming.target.startswith("/kept"))
        return Reply(200, (), incoming.data)


@pytest.fixture
def shop():
    return Shop()


@pytest.fixture
def reads(monkeypatch):
    """A list that grows whenever a connection's own task reads from its socket."""
    lines = []
    real = parking.Line.read

    async def read(line, *args):
        lines.append(line)
        return await real(line, *args)

    monkeypatch.setattr(parking.Line, "read", read)
    return lines


@needs_epoll
async def test_a_parked_connection_is_answered_without_its_task(serve, shop, reads):
    async with serve(shop, ready=shop.ready) as server:
        client = await server.connect_parked()
        before = len(reads)

        for number in range(100):
            await client.say(b"GET /kept HTTP/1.1\r\nCookie: %d\r\n" % number + HOST + b"\r\n")
            assert (await client.response()).body == b"goods"

        assert len(reads) == before
        assert shop.asked == 1
        assert server.front.counts.ready == 101


async def test_what_has_no_ready_answer_is_answered_by_the_task(serve, shop):
    async with serve(shop, ready=shop.ready) as server:
        client = await server.connect_parked()

        for request in [OTHER, KEPT, OTHER, OTHER, KEPT, KEPT]:
            await client.say(request)
            assert (await client.response()).body == b"goods"

        assert shop.asked == 4
        assert await client.stays_open()


@pytest.mark.parametrize(
    ("data", "statuses"),
    [
        (KEPT * 3, [200] * 3),
        (KEPT + OTHER + KEPT, [200] * 3),
        (b"POST /p HTTP/1.1\r\n" + HOST + b"Content-Length: 3\r\n\r\nabc" + KEPT, [200, 200]),
        (KEPT.replace(b"\r\n\r\n", b"\r\nCookie: " + b"c" * 10_000 + b"\r\n\r\n"), [200]),
        (b"DELETE /x HTTP/1.1\r\n" + HOST + b"\r\n", [200]),
        (b"GET /kept HTTP/1.1\r\n\r\n", [400]),
        (b"GET /kept HTTP/1.1\r\nHost: a b\r\n\r\n", [400]),
        (b"\x16\x03\x01", [400]),
        (b"GET /" + b"x" * 40_000, [431]),
    ],
)
async def test_whatever_comes_to_a_parked_connection_is_answered_as_ever(serve, shop, data, statuses):
    async with serve(shop, ready=shop.ready) as server:
        client = await server.connect_parked()

        await client.say(data)

        assert [(await client.response()).status for _ in statuses] == statuses
        assert await (client.closed() if statuses[-1] >= 400 else client.stays_open())


async def test_a_request_that_comes_byte_by_byte_is_answered(serve, shop):
    async with serve(shop, ready=shop.ready) as server:
        client = await server.connect_parked()
        for byte in KEPT:
            await client.say(bytes([byte]))
            await trio.testing.wait_all_tasks_blocked()
        assert (await client.response()).body == b"goods"


async def test_a_parked_connection_may_become_a_websocket(serve, shop):
    async with serve(shop, ready=shop.ready) as server:
        client = await server.connect_parked()
        await client.say(
            b"GET /v1/ws HTTP/1.1\r\n" + HOST + b"Upgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        )
        with trio.fail_after(5):
            while b"\r\n\r\n" not in client.unread:
                client.unread += await client.stream.receive_some()
        assert client.unread.startswith(b"HTTP/1.1 101 ")


async def test_an_answer_that_no_longer_counts_is_made_anew(serve, shop):
    async with serve(shop, ready=shop.ready) as server:
        client = await server.connect_parked()
        shop.version, shop.body = 2, b"new goods"

        await client.say(KEPT)

        assert (await client.response()).body == b"new goods"


@pytest.mark.parametrize("size", [parking.ANSWER_BYTES, parking.ANSWER_BYTES + 1, 4 * MiB])
async def test_a_large_answer_arrives_whole(serve, size):
    shop = Shop(bytes(range(256)) * (size // 256 + 1))
    async with serve(shop, ready=shop.ready) as server:
        client = await server.connect_parked()
        await client.say(KEPT)
        assert (await client.response()).body == shop.body
        assert shop.asked == 1


@needs_epoll
async def test_who_asks_on_without_reading_is_waited_for_by_its_task_and_gets_all(serve):
    shop = Shop(b"x" * parking.ANSWER_BYTES)
    async with serve(shop, ready=shop.ready) as server:
        client = await server.connect_parked()
        for _ in range(200):
            await client.say(KEPT)
            await trio.testing.wait_all_tasks_blocked()
        for _ in range(200):
            assert (await client.response()).body == shop.body
        assert await client.stays_open()


async def test_who_asks_on_and_never_reads_is_dropped(serve, autojump_clock):
    shop = Shop(b"x" * parking.ANSWER_BYTES)
    async with serve(shop, ready=shop.ready) as server:
        client = await server.connect_parked()
        for _ in range(200):
            await client.say(KEPT)
            await trio.testing.wait_all_tasks_blocked()
        await trio.sleep(11)
        assert (server.front.counts.open, server.front.counts.dropped) == (0, 1)


@pytest.mark.parametrize("waits_s", [[], [4], [4, 4, 4]])
async def test_a_connection_is_closed_five_seconds_after_its_last_answer(
    serve, shop, waits_s, autojump_clock
):
    async with serve(shop, ready=shop.ready) as server:
        client = await server.connect_parked()
        for wait_s in waits_s:
            await trio.sleep(wait_s)
            await client.say(KEPT)
            await client.response()
        started = trio.current_time()
        assert await client.ended() == b""
        assert trio.current_time() - started == pytest.approx(5, abs=0.1)


async def test_a_slow_head_has_ten_seconds_from_its_first_byte(serve, shop, autojump_clock):
    async with serve(shop, ready=shop.ready) as server:
        client = await server.connect_parked()
        await trio.sleep(4)
        started = trio.current_time()
        await client.say(KEPT[:10])
        assert (await client.response()).status == 408
        assert trio.current_time() - started == pytest.approx(10, abs=0.1)


async def test_a_client_that_ends_or_resets_is_let_go(serve, shop):
    async with serve(shop, ready=shop.ready) as server:
        ending, resetting = await server.connect_parked(), await server.connect_parked()
        await ending.stream.send_eof()
        assert await ending.closed()
        resetting.stream.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        resetting.stream.socket.close()
        with trio.fail_after(5):
            while server.front.counts.open:
                await trio.testing.wait_all_tasks_blocked(0.001)
        assert server.front.counts.faults == 0


async def test_draining_ends_parked_connections_at_once(serve, shop):
    async with serve(shop, ready=shop.ready) as server:
        clients = [await server.connect_parked() for _ in range(3)]
        server.front.draining.set()
        with trio.fail_after(1):
            assert [await client.ended() for client in clients] == [b""] * 3


async def test_those_who_ask_without_pause_let_others_have_their_turn(serve, shop):
    """A turn is bounded: whoever holds a WebSocket is answered while parked connections never rest."""

    async def ask_on(client):
        while True:
            await client.say(KEPT)
            await client.response()

    async with serve(shop, ready=shop.ready, limits=Limits(parked_per_turn=2)) as server:
        clients = [await server.connect_parked() for _ in range(8)]
        websocket = await server.websocket()
        async with trio.open_nursery() as nursery:
            for client in clients:
                nursery.start_soon(ask_on, client)
            with trio.fail_after(5):
                for number in range(50):
                    await websocket.send(b"%d" % number)
                    assert await websocket.message() == b"%d" % number
            nursery.cancel_scope.cancel()
        assert server.front.counts.faults == 0


async def test_many_parked_connections_come_and_go(serve, shop):
    async with serve(shop, ready=shop.ready) as server:

        async def visit():
            client = await server.connect_parked()
            await client.say(KEPT)
            await client.response()
            await client.stream.aclose()

        for _ in range(10):
            async with trio.open_nursery() as nursery:
                for _ in range(20):
                    nursery.start_soon(visit)
        with trio.fail_after(5):
            while server.front.counts.open:
                await trio.testing.wait_all_tasks_blocked(0.001)
        assert (shop.asked, server.front.counts.faults) == (1, 0)


async def test_without_epoll_every_answer_is_the_tasks_own(serve, shop, monkeypatch):
    monkeypatch.delattr(select, "epoll", raising=False)
    async with serve(shop, ready=shop.ready) as server:
        client = await server.connect_parked()
        for request in [KEPT, OTHER, KEPT]:
            await client.say(request)
            assert (await client.response()).body == b"goods"
        assert (shop.asked, server.front.counts.ready) == (2, 3)


async def test_cancelling_the_front_lets_go_of_parked_connections(serve, shop):
    with trio.move_on_after(0.2) as scope:
        async with serve(shop, ready=shop.ready) as server:
            await server.connect_parked()
            await trio.sleep_forever()
    assert scope.cancelled_caught
