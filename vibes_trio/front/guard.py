"""Hypercorn's HTTP/1.1 for exactly one request, with what it needs to be safe behind the lane.

Stock Hypercorn serves a whole connection, and one odd connection can end the process (platform-and-
reliability.md 1.1). Here it gets a request that the lane has read and allowed, and gives the connection back
after it. So what bites there can't happen here: h2c, the HTTP/2 preface and WebSockets never arrive; a second
head is read by the lane again, by its rules; there is no idle timer to lose. What a connection raises in
spite of this is caught, logged and counted where the connection was started (`serve.py`).
"""

from contextlib import suppress
from dataclasses import replace

import h11
import trio
from hypercorn.config import Config
from hypercorn.events import Closed, Event, RawData
from hypercorn.protocol.events import Event as StreamEvent
from hypercorn.protocol.events import Response
from hypercorn.protocol.h11 import H11Protocol
from hypercorn.trio.task_group import TaskGroup
from hypercorn.trio.worker_context import WorkerContext
from hypercorn.typing import AppWrapper, ConnectionState, LifespanState
from hypercorn.utils import parse_socket_addr

from vibes_trio.front.heads import Head
from vibes_trio.front.http import content_length, http_date, refuse_broken_body, site_headers
from vibes_trio.front.sockets import Line


class GuardedConfig(Config):
    """Hypercorn's settings, so that every answer it writes carries our Date and nothing else of its own."""

    def response_headers(self, protocol: str) -> list[tuple[bytes, bytes]]:
        """Return what is added to every answer."""
        return [(b"Date", http_date().encode())]


_NOSNIFF = b"x-content-type-options"
"""Stands in all that `site_headers` gives."""
_REQUEST_READ = (h11.DONE, h11.MUST_CLOSE, h11.CLOSED)


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
            # An app that says its piece for ever, to nobody, must still let others run and be cancelled.
            await trio.lowlevel.checkpoint()
            return
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
        """Feed the request to the protocol; then wait until the exchange is over.

        No further: what follows belongs to the lane. So a client that leaves is noticed when its answer is
        written, as in the fast lane, and one that has only ended its side gets its answer.
        """
        assert self.protocol is not None
        with self.reading:
            while not self.protocol.request_read:
                # An end of the stream is fed too: in mid-request it is an error, and h11 says so.
                await self.protocol.handle(RawData(await self.line.receive()))
            await trio.sleep_forever()


class _OneMessage(h11.Connection):
    """h11 for one request: what follows it is kept, and never an error or a reason to pause."""

    def next_event(self) -> h11.Event | type[h11.NEED_DATA] | type[h11.PAUSED]:
        """Return what comes next of the request."""
        return h11.NEED_DATA if self.their_state in _REQUEST_READ else super().next_event()


class _OneRequest(H11Protocol):
    """Hypercorn's protocol, kept to one request."""

    connection: h11.Connection  # never the WebSocket's

    def __init__(
        self, exchange: _Exchange, head: Head, app: AppWrapper, config: Config, group: TaskGroup
    ) -> None:
        client = server = None
        with suppress(OSError):  # a client that has left has no address; its request is answered all the same
            sock = exchange.line.socket
            client = parse_socket_addr(sock.family, sock.getpeername())
            server = parse_socket_addr(sock.family, sock.getsockname())
        state = ConnectionState(LifespanState({"head": head}))
        context = WorkerContext(None)
        super().__init__(app, config, context, group, state, False, client, server, exchange.send)
        self.connection = _OneMessage(h11.SERVER, max_incomplete_event_size=config.h11_max_incomplete_size)
        self._head = head
        self._line = exchange.line
        self._over = exchange.over

    @property
    def request_read(self) -> bool:
        """Whether the request has arrived to its end."""
        return self.connection.their_state in _REQUEST_READ

    async def _check_protocol(self, event: h11.Request) -> None:
        """Take no request as a wish for HTTP/2: to ignore it is always allowed (RFC 9110, 7.8)."""

    async def _create_stream(self, request: h11.Request) -> None:
        """Answer the request as the lane read it, and as HTTP whatever else it asks to become."""
        fields = [(name, value) for name, value in request.headers.raw_items() if name.lower() != b"upgrade"]
        await super()._create_stream(
            h11.Request(
                method=request.method,
                target=self._head.target,
                headers=fields,
                http_version=request.http_version,
            )
        )

    async def stream_send(self, event: StreamEvent) -> None:
        """Send what the app says; what is not of our making (an error page of Quart's) is locked like an error."""
        if isinstance(event, Response) and _NOSNIFF not in {name.lower() for name, _ in event.headers}:
            event = replace(event, headers=[*event.headers, *self._site_headers])
        await super().stream_send(event)

    @property
    def _site_headers(self) -> list[tuple[bytes, bytes]]:
        return [(name.encode(), value.encode()) for name, value in site_headers(None, self._head.readers)]

    async def _maybe_recycle(self) -> None:
        """Give the connection back in place of waiting for its next request."""
        reusable = self.connection.our_state is h11.DONE and self.connection.their_state is h11.DONE
        await self._close_stream()
        self._over(reusable)

    async def _send_error_response(self, status_code: int) -> None:
        """Refuse a body that breaks off, is wrongly chunked or has no room, in the words of the fast lane."""
        reply = refuse_broken_body(no_room=self._line.out_of_room).reply
        headers = [(name.encode(), value.encode()) for name, value in reply.headers]
        headers.append((b"content-length", str(content_length(reply)).encode()))
        headers.append((b"connection", b"close"))
        common = [*self._site_headers, *self.config.response_headers("h11")]
        await self._send_h11_event(h11.Response(status_code=reply.status, headers=[*common, *headers]))
        await self._send_h11_event(h11.Data(data=reply.body))
        await self._send_h11_event(h11.EndOfMessage())


async def serve_one(app: AppWrapper, config: Config, line: Line, head: Head) -> bool:
    """Let *app* answer the request whose bytes come next; return whether the connection may carry another.

    The app finds *head* in its scope's state. What was read beyond the request is put back into the line's
    buffer.
    """
    exchange = _Exchange(line)
    async with TaskGroup() as group:
        exchange.protocol = _OneRequest(exchange, head, app, config, group)
        await exchange.read_in()
    line.buffer = exchange.protocol.connection.trailing_data[0]
    return exchange.reusable
