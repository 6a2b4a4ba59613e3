"""Hypercorn's HTTP/1.1 for exactly one request, with what it needs to be safe behind the lane.

Stock Hypercorn serves a whole connection, and one odd connection can end the process (platform-and-
reliability.md 1.1). Here it gets a request that the lane has read and allowed, and gives the connection back
after it. So what bites there can't happen here: h2c, the HTTP/2 preface and WebSockets never arrive; a second
head is read by the lane again, by its rules; there is no idle timer to lose. What a connection raises in
spite of this is caught, logged and counted where the connection was started (`serve.py`).
"""

from collections.abc import Callable
from contextlib import suppress

import h11
import trio
from hypercorn.config import Config
from hypercorn.events import Closed, Event, RawData
from hypercorn.protocol.h11 import H11Protocol
from hypercorn.trio.task_group import TaskGroup
from hypercorn.trio.worker_context import WorkerContext
from hypercorn.typing import AppWrapper, ConnectionState, LifespanState
from hypercorn.utils import parse_socket_addr

from vibes_trio.front.heads import Head
from vibes_trio.front.http import COMMON_HEADERS, content_length, http_date, refuse_broken_body
from vibes_trio.front.sockets import Line


class GuardedConfig(Config):
    """Hypercorn's settings, so that every answer it writes carries the common headers."""

    def response_headers(self, protocol: str) -> list[tuple[bytes, bytes]]:
        """Return what is added to every answer."""
        common = [(name.encode(), value.encode()) for name, value in COMMON_HEADERS]
        return [*common, (b"Date", http_date().encode())]


class _Exchange:
    """One request and its answer on *line*.

    Mutable state: `reusable`, whether the connection may carry another request; `over` sets it and ends the
    reading.
    """

    def __init__(self, line: Line) -> None:
        self.line = line
        self.reading = trio.CancelScope()
        self.reusable = False
        self.protocol: _OneRequest | None = None
        self._sending = trio.Lock()

    def over(self, reusable: bool) -> None:
        """The answer is written, or can't be: the first word counts."""
        if not self.reading.cancel_called:
            self.reusable = reusable
            self.reading.cancel()

    async def send(self, event: Event) -> None:
        """Do what Hypercorn's protocol wants done with the connection."""
        assert self.protocol is not None
        if self.reading.cancel_called:
            return  # the app says its piece to the end, whether or not anybody listens
        if isinstance(event, RawData):
            try:
                async with self._sending:
                    await self.line.send_all(event.data)
                return
            except trio.BrokenResourceError:
                pass
        elif not isinstance(event, Closed):
            return
        # The app hears of it first: this may be the reader, which `over` cancels.
        await self.protocol.handle(Closed())
        self.over(False)

    async def read_in(self) -> None:
        """Feed the request to the protocol until the exchange is over."""
        assert self.protocol is not None
        with self.reading:
            while data := await self.line.receive():
                await self.protocol.handle(RawData(data))
            # The end of the client's side. In mid-request that is an error, and h11 says so; after the
            # request it is none: many a script closes its side and waits for the answer.
            await self.protocol.handle(RawData(b""))
            await trio.sleep_forever()


class _OneRequest(H11Protocol):
    """Hypercorn's protocol, kept to one request."""

    over: Callable[[bool], None]
    head: Head

    async def _check_protocol(self, event: h11.Request) -> None:
        """Take no request as a wish for HTTP/2: to ignore it is always allowed (RFC 9110, 7.8)."""

    async def _create_stream(self, request: h11.Request) -> None:
        """Answer the request as the lane read it, and as HTTP whatever else it asks to become."""
        fields = [(name, value) for name, value in request.headers.raw_items() if name.lower() != b"upgrade"]
        await super()._create_stream(
            h11.Request(
                method=request.method,
                target=self.head.target,
                headers=fields,
                http_version=request.http_version,
            )
        )

    async def _maybe_recycle(self) -> None:
        """Give the connection back in place of waiting for its next request."""
        reusable = self.connection.our_state is h11.DONE and self.connection.their_state is h11.DONE
        await self._close_stream()
        self.over(reusable)

    async def _send_error_response(self, status_code: int) -> None:
        """Refuse a body that breaks off or is wrongly chunked, in the words of the fast lane."""
        reply = refuse_broken_body().reply
        headers = [(name.encode(), value.encode()) for name, value in reply.headers]
        headers.append((b"content-length", str(content_length(reply)).encode()))
        headers.append((b"connection", b"close"))
        common = self.config.response_headers("h11")
        await self._send_h11_event(h11.Response(status_code=reply.status, headers=[*common, *headers]))
        await self._send_h11_event(h11.Data(data=reply.body))
        await self._send_h11_event(h11.EndOfMessage())


async def serve_one(app: AppWrapper, config: Config, context: WorkerContext, line: Line, head: Head) -> bool:
    """Let *app* answer the request whose bytes come next; return whether the connection may carry another.

    The app finds *head* in its scope's state. What was read beyond the request is put back into the line's
    buffer.
    """
    exchange = _Exchange(line)
    client = server = None
    with suppress(OSError):  # a client that has left has no address; its request is answered all the same
        client = parse_socket_addr(line.socket.family, line.socket.getpeername())
        server = parse_socket_addr(line.socket.family, line.socket.getsockname())
    state = ConnectionState(LifespanState({"head": head}))
    async with TaskGroup() as group:
        protocol = _OneRequest(app, config, context, group, state, False, client, server, exchange.send)
        protocol.over = exchange.over
        protocol.head = head
        exchange.protocol = protocol
        await exchange.read_in()
    # Only now has the reader surely stopped: it may have read on while the last bytes were sent.
    line.buffer = protocol.connection.trailing_data[0]
    return exchange.reusable
