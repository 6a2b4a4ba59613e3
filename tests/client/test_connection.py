import contextlib
import json
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import pytest
import trio
import trio.testing
from own_certificate import make_certificate
from trio_websocket import CloseReason, ConnectionClosed

from vibes_trio.client.connection import (
    CannotConnect,
    Connection,
    ConnectionLost,
    RequestTimedOut,
    open_connection,
)
from vibes_trio.config import Limits
from vibes_trio.errors import TooLarge
from vibes_trio.wire.chat import ReqEnsureChatContext

LIMITS = Limits(message_timeout_s=5, in_flight_per_connection=2)


class FakeSocket:
    """A WebSocket whose peer is the test: it reads `sent` and puts frames in with `receive`."""

    def __init__(self) -> None:
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

    assert [type(asked.error) for asked in (*waiting, later)] == [ConnectionLost] * 4
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


async def test_connecting_where_nobody_listens_says_so() -> None:
    (listener,) = await trio.open_tcp_listeners(0, host="127.0.0.1")
    port = listener.socket.getsockname()[1]
    await listener.aclose()

    with pytest.raises(CannotConnect, match=rf"127\.0\.0\.1:{port}"):
        async with open_connection(f"ws://127.0.0.1:{port}/", LIMITS):
            pytest.fail("nobody is there")


async def test_a_port_that_speaks_another_protocol_says_so() -> None:
    async def refuse(stream: trio.SocketStream) -> None:
        await stream.receive_some()
        await stream.send_all(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
        await stream.aclose()

    async with trio.open_nursery() as nursery:
        listeners = await nursery.start(partial(trio.serve_tcp, refuse, 0, host="127.0.0.1"))
        port = listeners[0].socket.getsockname()[1]

        with pytest.raises(CannotConnect, match="HTTP status 404"):
            async with open_connection(f"ws://127.0.0.1:{port}/", LIMITS):
                pytest.fail("no WebSocket is there")
        nursery.cancel_scope.cancel()


async def test_a_certificate_that_is_not_trusted_is_told_at_once(tmp_path: Path) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(make_certificate(tmp_path / "own.pem"))

    async def handle(plain: trio.SocketStream) -> None:
        stream = trio.SSLStream(plain, context, server_side=True)
        with contextlib.suppress(trio.BrokenResourceError):
            await stream.do_handshake()
        await trio.aclose_forcefully(stream)

    async with trio.open_nursery() as nursery:
        listeners = await nursery.start(trio.serve_tcp, handle, 0)
        port = listeners[0].socket.getsockname()[1]
        with pytest.raises(CannotConnect, match=r"CERTIFICATE_VERIFY_FAILED.*SSL_CERT_FILE"):
            async with open_connection(f"wss://127.0.0.1:{port}/", Limits()):
                pass
        nursery.cancel_scope.cancel()


async def test_what_does_not_speak_tls_is_told_at_once() -> None:
    async def handle(stream: trio.SocketStream) -> None:
        await stream.receive_some(4096)
        await stream.send_all(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    async with trio.open_nursery() as nursery:
        listeners = await nursery.start(trio.serve_tcp, handle, 0)
        port = listeners[0].socket.getsockname()[1]
        with pytest.raises(CannotConnect, match="no secure connection"):
            async with open_connection(f"wss://127.0.0.1:{port}/", Limits()):
                pass
        nursery.cancel_scope.cancel()
