"""A front on loopback with a fake `answer`, and a client that says exactly the bytes it is told to."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field

import pytest
import trio
import trio.testing
from websockets.client import ClientProtocol
from websockets.frames import Frame, Opcode
from websockets.protocol import State
from websockets.uri import parse_uri

import vibes_trio.front.app  # noqa: F401 - so that no test waits for the import
from vibes_trio.config import Limits, MiB
from vibes_trio.exchange import Answer, Incoming, MessageIncoming, Reply, Turn
from vibes_trio.front.ready import ReadyAnswers
from vibes_trio.front.serve import serve_front
from vibes_trio.front.sockets import open_listeners
from vibes_trio.front.state import Front
from vibes_trio.urls import ANY_SITE, Site

KEPT = b"GET /kept HTTP/1.1\r\nHost: a--b.localhost\r\n\r\n"
"""Asks for what `echo` always answers the same, so that the front keeps it."""
GOOD_REQUEST = b"GET /good HTTP/1.1\r\nHost: api.localhost\r\n\r\n"


async def echo(incoming: Incoming, turn: Turn | None) -> Reply:
    """Answer with what came in, so that two lanes can be compared by their answers."""
    if isinstance(incoming, MessageIncoming):
        return Reply(200, (), incoming.data)
    if incoming.target == "/kept":
        return Reply(200, (), b"goods", repeatable=True)
    said = {
        "method": incoming.method,
        "host": incoming.host,
        "target": incoming.target,
        "headers": dict(sorted(incoming.headers.items())),
        "body": incoming.body.decode("latin-1"),
    }
    return Reply(200, (("content-type", "application/json"),), json.dumps(said).encode())


@dataclass
class Response:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> dict[str, object]:
        value: dict[str, object] = json.loads(self.body)
        return value


@dataclass
class Client:
    """One connection. Fails after five (virtual) minutes rather than hang."""

    stream: trio.SocketStream
    unread: bytes = b""

    async def say(self, data: bytes) -> None:
        await self.stream.send_all(data)

    async def _more(self) -> bytes:
        with trio.fail_after(300):
            try:
                return await self.stream.receive_some(65536)
            except trio.BrokenResourceError:
                return b""

    async def response(self, method: str = "GET") -> Response | None:
        """Return the next response; None: the server has closed instead."""
        while b"\r\n\r\n" not in self.unread:
            data = await self._more()
            if not data:
                assert self.unread == b"", self.unread
                return None
            self.unread += data
        head, _, self.unread = self.unread.partition(b"\r\n\r\n")
        lines = head.decode("latin-1").split("\r\n")
        status = int(lines[0].split(" ")[1])
        pairs = [line.split(": ", 1) for line in lines[1:]]
        headers = {name.lower(): value for name, value in pairs}
        assert len(headers) == len(pairs), lines
        if status == 100:
            return Response(100, headers, b"")
        length = 0 if method == "HEAD" or status in (204, 304) else int(headers["content-length"])
        while len(self.unread) < length:
            data = await self._more()
            assert data, "the body breaks off"
            self.unread += data
        body, self.unread = self.unread[:length], self.unread[length:]
        return Response(status, headers, body)

    async def closed(self) -> bool:
        """Return whether the server closes, having said nothing more."""
        return self.unread == b"" and await self._more() == b""

    async def stays_open(self) -> bool:
        """Return whether the server neither closes nor says anything, as far as one can tell."""
        with trio.move_on_after(0.05):
            await self._more()
            return False
        return self.unread == b""

    async def ended(self) -> bytes:
        """Wait until the server closes; return what it still said."""
        while data := await self._more():
            self.unread += data
        return self.unread


@dataclass
class WebSocket:
    """A client's side of one WebSocket."""

    stream: trio.SocketStream
    protocol: ClientProtocol
    frames: list[Frame] = field(default_factory=list)
    pongs: bool = True

    async def flush(self) -> None:
        for data in self.protocol.data_to_send():
            if data:
                await self.stream.send_all(data)

    async def send(self, data: bytes, opcode: Opcode = Opcode.TEXT, *, fin: bool = True) -> None:
        self.protocol.send_frame(Frame(opcode, data, fin))
        await self.flush()

    async def raw(self, data: bytes) -> None:
        await self.stream.send_all(data)

    async def read(self) -> bool:
        """Read once; return whether the server is still there."""
        with trio.fail_after(300):
            try:
                data = await self.stream.receive_some(65536)
            except trio.BrokenResourceError:
                data = b""
        if data:
            self.protocol.receive_data(data)
        else:
            self.protocol.receive_eof()
        self.frames += [event for event in self.protocol.events_received() if isinstance(event, Frame)]
        if self.pongs:
            await self.flush()
        return data != b""

    async def message(self) -> bytes:
        """Return the next message."""
        while True:
            for frame in self.frames:
                if frame.opcode is Opcode.TEXT:
                    self.frames.remove(frame)
                    return bytes(frame.data)
            assert await self.read(), f"closed: {self.protocol.close_code}"

    async def close_code(self) -> int:
        """Wait for the end; return the code the server closed with, 1006 if it said none."""
        while self.protocol.state is not State.CLOSED and await self.read():
            pass
        return self.protocol.close_rcvd.code if self.protocol.close_rcvd else 1006


@dataclass
class Server:
    port: int
    front: Front
    good_request: bytes = GOOD_REQUEST
    streams: list[trio.SocketStream] = field(default_factory=list)

    async def open(self) -> trio.SocketStream:
        """Return a new connection, closed with the server."""
        self.streams.append(await trio.open_tcp_stream("127.0.0.1", self.port))
        return self.streams[-1]

    async def connect(self) -> Client:
        return Client(await self.open())

    async def connect_parked(self) -> Client:
        """Return a connection that is parked (where the front parks any): it was given a ready answer."""
        client = await self.connect()
        for _ in range(2):
            await client.say(KEPT)
            response = await client.response()
            assert response is not None
            assert response.status == 200
        await trio.testing.wait_all_tasks_blocked()
        return client

    async def websocket(self, *, path: str = "/v1/ws", host: str = "api.localhost") -> WebSocket:
        stream = await self.open()
        uri = parse_uri(f"ws://{host}{path}")
        protocol = ClientProtocol(uri, max_size=None)
        protocol.send_request(protocol.connect())
        socket = WebSocket(stream, protocol)
        await socket.flush()
        while protocol.state is State.CONNECTING:
            assert await socket.read()
        return socket

    async def ask(self, data: bytes, method: str = "GET") -> Response:
        """Return the answer to *data* on a connection of its own."""
        client = await self.connect()
        await client.say(data)
        response = await client.response(method)
        await client.stream.aclose()
        assert response is not None
        return response

    async def is_well(self) -> bool:
        """Return whether a good request still gets a good answer."""
        with trio.fail_after(30):
            return (await self.ask(GOOD_REQUEST)).status == 200


Serve = Callable[..., AbstractAsyncContextManager[Server]]


@pytest.fixture
def serve(monkeypatch: pytest.MonkeyPatch) -> Serve:
    """Return an async context manager that runs a front; it drains at the end unless the test did.

    The full lane is loaded without a thread: an autojumping clock would not wait for one.
    """

    async def run_here(load: Callable[[], object]) -> object:
        await trio.lowlevel.checkpoint()
        return load()

    monkeypatch.setattr(trio.to_thread, "run_sync", run_here)

    @asynccontextmanager
    async def serving(
        answer: Callable[[Incoming, Turn | None], Awaitable[Reply]] = echo,
        *,
        fast: bool = True,
        limits: Limits | None = None,
        order_key: Callable[[bytes], str | None] = lambda data: None,
        ready: ReadyAnswers | None = None,
        site: Site = ANY_SITE,
    ) -> AsyncIterator[Server]:
        limits = limits or Limits()
        listeners = await open_listeners("127.0.0.1", 0, limits)
        chosen: Answer = answer
        ready = ready or ReadyAnswers(MiB, lambda: 1)
        front = Front(chosen, order_key, limits, trio.Event(), ready, site=site, fast=fast)
        async with trio.open_nursery() as nursery:
            await nursery.start(serve_front, front, listeners)
            server = Server(listeners[0].getsockname()[1], front)
            try:
                yield server
            except BaseException:
                nursery.cancel_scope.cancel()
                raise
            finally:
                for stream in server.streams:
                    stream.socket.close()
            front.draining.set()

    return serving
