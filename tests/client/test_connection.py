import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest
import trio
import trio.testing
from trio_websocket import CloseReason, ConnectionClosed

from vibes_trio.client.connection import Connection
from vibes_trio.client.failures import ConnectionLost, Lagged, NotSent, RequestTimedOut
from vibes_trio.config import Limits
from vibes_trio.errors import TooLarge
from vibes_trio.wire.chat import ReqEnsureChatContext

LIMITS = Limits(
    message_timeout_s=5, in_flight_per_connection=2, ping_interval_s=20, peer_timeout_s=10, events_waiting=3
)
PROGRESS = {"type": "vibes.diy.res-progress"}


class FakeSocket:
    """A WebSocket whose peer is the test: it reads `sent` and puts frames in with `receive`."""

    def __init__(self) -> None:
        self.pings, self.is_silent = 0, False
        self.to_test, self.sent = trio.open_memory_channel[str](0)
        self.to_client, self._frames = trio.open_memory_channel[str | bytes](16)

    async def send_message(self, message: str | bytes) -> None:
        try:
            await self.to_test.send(str(message))
        except trio.BrokenResourceError:
            raise ConnectionClosed(None) from None

    async def get_message(self) -> str | bytes:
        try:
            return await self._frames.receive()
        except trio.EndOfChannel:
            raise ConnectionClosed(CloseReason(1001, "going away")) from None

    async def ping(self, payload: bytes | None = None) -> None:
        self.pings += 1
        if self.is_silent:
            await trio.sleep_forever()

    async def aclose(self) -> None:
        self.to_client.close()

    def receive(self, tid: str, payload: dict[str, object]) -> None:
        envelope = {"tid": tid, "src": "s", "dst": "c", "ttl": 10, "payload": payload}
        self.to_client.send_nowait(json.dumps(envelope))


@dataclass
class Asked:
    """What a request that runs beside the test came to."""

    done: trio.Event = field(default_factory=trio.Event)
    payload: object = None
    error: Exception | None = None


@asynccontextmanager
async def running(socket: FakeSocket) -> AsyncIterator[tuple[Connection, Callable[..., Asked]]]:
    connection = Connection(socket, LIMITS)

    async def ask(asked: Asked) -> None:
        try:
            asked.payload = json.loads(bytes(await connection.exchange(ReqEnsureChatContext(context_id="c"))))
        except (ConnectionLost, RequestTimedOut) as error:
            asked.error = error
        asked.done.set()

    async with trio.open_nursery() as nursery:
        nursery.start_soon(connection.write_out)
        nursery.start_soon(connection.read_in)

        def start() -> Asked:
            asked = Asked()
            nursery.start_soon(ask, asked)
            return asked

        yield connection, start
        nursery.cancel_scope.cancel()


async def test_replies_find_their_requests_in_any_order() -> None:
    socket = FakeSocket()
    async with running(socket) as (_, start):
        first, second = start(), start()
        tids = [json.loads(await socket.sent.receive())["tid"] for _ in range(2)]

        socket.receive(tids[1], {"n": 1})
        socket.receive(tids[0], {"n": 0})
        await first.done.wait()
        await second.done.wait()

    assert {first.payload["n"], second.payload["n"]} == {0, 1}
    assert len(set(tids)) == 2


async def test_the_envelope_has_all_five_members() -> None:
    socket = FakeSocket()
    async with running(socket) as (_, start):
        start()
        envelope = json.loads(await socket.sent.receive())

    assert envelope["payload"] == {
        "type": "vibes.diy.req-ensure-chat-context",
        "auth": None,
        "contextId": "c",
    }
    assert (envelope["src"], envelope["dst"], envelope["ttl"]) == ("vibes.diy.client", "vibes.diy.server", 6)


async def test_no_more_than_the_bound_are_under_way() -> None:
    socket = FakeSocket()
    async with running(socket) as (_, start):
        for _ in range(3):
            start()
        tids = [json.loads(await socket.sent.receive())["tid"] for _ in range(2)]
        await trio.testing.wait_all_tasks_blocked()

        with pytest.raises(trio.WouldBlock):
            socket.sent.receive_nowait()

        socket.receive(tids[0], {})
        assert json.loads(await socket.sent.receive())["tid"] not in tids


async def test_a_lost_connection_is_told_to_every_waiter_and_to_later_ones() -> None:
    socket = FakeSocket()
    async with running(socket) as (_, start):
        waiting = [start(), start(), start()]
        await socket.sent.receive()
        socket.to_client.close()
        for asked in waiting:
            await asked.done.wait()
        later = start()
        await later.done.wait()

    assert all(isinstance(asked.error, ConnectionLost) for asked in (*waiting, later))
    assert "going away" in str(later.error)


async def test_a_send_on_a_closed_socket_is_a_lost_connection() -> None:
    socket = FakeSocket()
    socket.sent.close()
    async with running(socket) as (_, start):
        asked = start()
        await asked.done.wait()

    assert isinstance(asked.error, ConnectionLost)


async def test_a_reply_that_never_comes_ends_at_the_deadline(autojump_clock: trio.testing.MockClock) -> None:
    socket = FakeSocket()
    async with running(socket) as (_, start):
        started = trio.current_time()
        asked = start()
        tid = json.loads(await socket.sent.receive())["tid"]
        await asked.done.wait()
        socket.receive(tid, {})  # too late: nobody is disturbed
        await trio.testing.wait_all_tasks_blocked()

    assert isinstance(asked.error, RequestTimedOut)
    assert trio.current_time() - started == LIMITS.message_timeout_s


async def test_frames_that_are_no_envelope_are_passed_over() -> None:
    socket = FakeSocket()
    async with running(socket) as (_, start):
        asked = start()
        tid = json.loads(await socket.sent.receive())["tid"]
        socket.to_client.send_nowait(b"{")
        socket.to_client.send_nowait('{"type":"error","message":"no"}')
        socket.receive(tid, {"ok": True})
        await asked.done.wait()

    assert asked.payload == {"ok": True}


async def test_a_message_over_the_frame_limit_is_not_sent() -> None:
    connection = Connection(FakeSocket(), Limits(max_frame_bytes=100))

    with pytest.raises(TooLarge) as caught:
        await connection.exchange(ReqEnsureChatContext(context_id="c" * 100))

    assert caught.value.detail == {"limit": "max_frame_bytes", "value": 100}


async def test_progress_gives_a_request_more_time_and_is_told(autojump_clock: trio.testing.MockClock) -> None:
    socket, told = FakeSocket(), []
    async with running(socket) as (connection, _), trio.open_nursery() as nursery:

        async def work() -> None:
            tid = json.loads(await socket.sent.receive())["tid"]
            for number in range(5):
                await trio.sleep(4)
                socket.receive(tid, {**PROGRESS, "bytes": number})
            await trio.sleep(4)
            socket.receive(tid, {"done": True})

        nursery.start_soon(work)
        payload = await connection.exchange(
            ReqEnsureChatContext(),
            on_progress=lambda told_of: told.append(json.loads(bytes(told_of))["bytes"]),
        )

    assert json.loads(bytes(payload)) == {"done": True}
    assert told == [0, 1, 2, 3, 4]


async def test_silence_after_progress_ends_a_request(autojump_clock: trio.testing.MockClock) -> None:
    socket = FakeSocket()
    async with running(socket) as (_, start):
        asked = start()
        tid = json.loads(await socket.sent.receive())["tid"]
        await trio.sleep(4)
        socket.receive(tid, PROGRESS)
        await asked.done.wait()

        assert trio.current_time() == pytest.approx(4 + LIMITS.message_timeout_s)
    assert isinstance(asked.error, RequestTimedOut)


async def test_what_had_not_left_when_the_connection_was_lost_is_told_apart() -> None:
    """The first is being sent, the second waits behind it."""
    socket = FakeSocket()
    async with running(socket) as (_, start):
        first = start()
        await trio.testing.wait_all_tasks_blocked()
        second = start()
        await trio.testing.wait_all_tasks_blocked()
        socket.to_client.close()
        await first.done.wait()
        await second.done.wait()

    assert (type(first.error), type(second.error)) == (ConnectionLost, NotSent)


async def test_a_peer_that_is_gone_without_a_word_is_missed(autojump_clock: trio.testing.MockClock) -> None:
    socket = FakeSocket()
    socket.is_silent = True
    connection = Connection(socket, LIMITS)

    await connection.watch()

    assert trio.current_time() == LIMITS.ping_interval_s + LIMITS.peer_timeout_s
    assert connection.lost.is_set()
    with pytest.raises(NotSent, match="no sign of life for 10 s"):
        await connection.exchange(ReqEnsureChatContext())


async def test_a_peer_that_answers_is_asked_now_and_then(autojump_clock: trio.testing.MockClock) -> None:
    socket = FakeSocket()
    with trio.move_on_after(10 * LIMITS.ping_interval_s + 1):
        await Connection(socket, LIMITS).watch()

    assert socket.pings == 10


async def test_a_ping_on_a_closed_socket_is_a_lost_connection(autojump_clock: trio.testing.MockClock) -> None:
    class Closed(FakeSocket):
        async def ping(self, payload: bytes | None = None) -> None:
            raise ConnectionClosed(CloseReason(1001, "going away"))

    connection = Connection(Closed(), LIMITS)

    await connection.watch()

    assert connection.lost.is_set()


async def followed(socket: FakeSocket, connection: Connection, events: int) -> tuple[object, list[object]]:
    """Open a feed, have the peer answer and send so many events, and read them all."""
    async with trio.open_nursery() as nursery:

        async def answer() -> None:
            tid = json.loads(await socket.sent.receive())["tid"]
            socket.receive(tid, {"type": "vibes.diy.event", "n": -1})
            socket.receive(tid, {"type": "vibes.diy.res-subscribe"})
            for number in range(events):
                socket.receive(tid, {"type": "vibes.diy.event", "n": number})

        nursery.start_soon(answer)
        feed = await connection.open_feed(ReqEnsureChatContext())
        found = [json.loads(bytes(await feed.next()))["n"] for _ in range(events + 1)]
        feed.close()
        return json.loads(bytes(feed.reply)), found


async def test_a_feed_has_its_reply_and_all_events_in_order() -> None:
    """An event may come before the reply: what is replayed does."""
    socket = FakeSocket()
    async with running(socket) as (connection, _):
        reply, events = await followed(socket, connection, 2)

    assert reply == {"type": "vibes.diy.res-subscribe"}
    assert events == [-1, 0, 1]


async def test_a_feed_that_nobody_reads_is_cut_and_others_go_on() -> None:
    """What was kept can be read still; then it is said that there was more."""
    socket = FakeSocket()
    async with running(socket) as (connection, start), trio.open_nursery() as nursery:

        async def answer() -> None:
            tid = json.loads(await socket.sent.receive())["tid"]
            socket.receive(tid, {"type": "vibes.diy.res-subscribe"})
            for number in range(5):
                socket.receive(tid, {"type": "vibes.diy.event", "n": number})

        nursery.start_soon(answer)
        feed = await connection.open_feed(ReqEnsureChatContext())
        await trio.testing.wait_all_tasks_blocked()
        asked = start()
        socket.receive(json.loads(await socket.sent.receive())["tid"], {"ok": True})
        await asked.done.wait()

        events = [json.loads(bytes(await feed.next()))["n"] for _ in range(3)]
        with pytest.raises(Lagged):
            await feed.next()

    assert asked.payload == {"ok": True}
    assert events == [0, 1, 2]


async def test_a_feed_ends_with_its_connection() -> None:
    socket = FakeSocket()
    async with running(socket) as (connection, _), trio.open_nursery() as nursery:

        async def answer() -> None:
            socket.receive(
                json.loads(await socket.sent.receive())["tid"], {"type": "vibes.diy.res-subscribe"}
            )

        nursery.start_soon(answer)
        feed = await connection.open_feed(ReqEnsureChatContext())
        socket.to_client.close()
        with pytest.raises(ConnectionLost, match="going away"):
            await feed.next()


async def test_a_feed_that_is_left_forgets_its_events() -> None:
    socket = FakeSocket()
    async with running(socket) as (connection, start):
        await followed(socket, connection, 0)
        asked = start()
        tid = json.loads(await socket.sent.receive())["tid"]
        socket.receive("the feed's, or anybody's", {"type": "vibes.diy.event"})
        socket.receive(tid, {"ok": True})
        await asked.done.wait()

    assert asked.payload == {"ok": True}
