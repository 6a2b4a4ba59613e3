"""One WebSocket to a server: requests go out through one writer, replies find their waiter by `tid`.

The whole mutable state of a `Connection` is: who waits for which `tid`, and why the connection is lost. It
changes in sync code only. Three things are bounded: how many requests are under way, how long each may take,
and how large a reply may be.
"""

import secrets
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from ssl import SSLCertVerificationError
from typing import Protocol
from urllib.parse import urlsplit, urlunsplit

import msgspec
import trio
from trio_websocket import (
    ConnectionClosed,
    ConnectionRejected,
    HandshakeError,
    WebSocketConnection,
    wrap_client_stream,
)

from vibes_trio.client.clock import calc_ahead_s
from vibes_trio.config import Limits
from vibes_trio.errors import BadEnvelope, BadJson, TooLarge
from vibes_trio.wire.base import encode, read_head

SRC = "vibes.diy.client"
DST = "vibes.diy.server"
REQUEST_TTL = 6
TID_BYTES = 9

Stream = trio.SocketStream | trio.SSLStream[trio.SocketStream]


class ConnectionLost(OSError):
    """The connection ended, or never came to be, while somebody needed it."""


class CannotConnect(ConnectionLost):
    """Nobody answers at the address, or not as a server of ours would."""


class NoWebSocket(CannotConnect):
    """Something answers there by HTTP, but opens no WebSocket: no server, or a proxy before it."""


class RequestTimedOut(OSError):
    """No reply within the deadline. The server may have done the work all the same."""


class Socket(Protocol):
    """What is needed of a WebSocket; trio-websocket's connections have it, and so have fakes."""

    async def send_message(self, message: str | bytes) -> None:
        """Send one message. Raises ConnectionClosed."""

    async def get_message(self) -> str | bytes:
        """Return the next message. Raises ConnectionClosed."""

    async def aclose(self) -> None:
        """Say goodbye and wait for the peer's."""


@dataclass(slots=True, eq=False)
class _Waiter:
    """Somebody who waits for a reply: the payload, or what became of it."""

    done: trio.Event = field(default_factory=trio.Event)
    payload: msgspec.Raw | None = None


class Connection:
    """Requests and replies over *socket*, whose two loops (`read_in`, `write_out`) someone else runs.

    Args:
        clock_ahead_s: how far this machine's clock is ahead of the server's; None: it isn't known.
    """

    hint = ""

    def __init__(self, socket: Socket, limits: Limits, clock_ahead_s: float | None = None) -> None:
        self.clock_ahead_s = clock_ahead_s
        self._socket = socket
        self._limits = limits
        self._waiters: dict[str, _Waiter] = {}
        self._lost: ConnectionLost | None = None
        self._slots = trio.Semaphore(limits.in_flight_per_connection)
        self._to_writer, self._outbox = trio.open_memory_channel[str](0)

    async def exchange(self, payload: msgspec.Struct) -> msgspec.Raw:
        """Send *payload* in an envelope; return the payload of the reply, whatever it is.

        Raises:
            TooLarge: no server takes a message of that size.
            ConnectionLost: the connection ended before the reply came.
            RequestTimedOut: no reply within `limits.message_timeout_s`.
        """
        tid = secrets.token_urlsafe(TID_BYTES)
        text = write_envelope(tid, payload, self._limits.max_frame_bytes)
        timeout_s = self._limits.message_timeout_s
        try:
            with trio.fail_after(timeout_s):
                async with self._slots:
                    return await self._ask(tid, text)
        except trio.TooSlowError:
            raise RequestTimedOut(
                f"No reply within {timeout_s:g} s. The server may be busy; what was asked for may have "
                "been done all the same."
            ) from None

    async def _ask(self, tid: str, text: str) -> msgspec.Raw:
        if self._lost is not None:
            raise self._lost
        waiter = self._waiters[tid] = _Waiter()
        try:
            await self._to_writer.send(text)
            await waiter.done.wait()
        except trio.ClosedResourceError:
            pass  # the connection was lost before the writer took it
        finally:
            del self._waiters[tid]
        if waiter.payload is None:
            assert self._lost is not None, "a waiter is woken by its reply or by the loss of the connection"
            raise self._lost
        return waiter.payload

    async def write_out(self) -> None:
        """Send what is asked for, one message at a time, until the connection is lost."""
        async for text in self._outbox:
            try:
                await self._socket.send_message(text)
            except ConnectionClosed as closed:
                self.give_up(_words(closed))

    async def read_in(self) -> None:
        """Hand each reply to whoever waits for it, until the connection is lost."""
        while True:
            try:
                frame = await self._socket.get_message()
            except ConnectionClosed as closed:
                self.give_up(_words(closed))
                return
            self._take(frame.encode() if isinstance(frame, str) else frame)

    def _take(self, frame: bytes) -> None:
        try:
            envelope = read_head(frame).envelope
        except (BadJson, BadEnvelope):
            return  # nobody can be found who waits for it; they have their deadline
        waiter = self._waiters.get(envelope.tid)
        if waiter is not None:  # else it gave up waiting, or never was
            waiter.payload = envelope.payload
            waiter.done.set()

    def give_up(self, why: str) -> None:
        """Tell everybody who waits, and all who come later, that the connection is lost and why."""
        if self._lost is None:
            self._lost = ConnectionLost(why)
        self._to_writer.close()  # ends the writer, and those who wait for it
        for waiter in self._waiters.values():
            waiter.done.set()


@asynccontextmanager
async def open_connection(url: str, limits: Limits) -> AsyncIterator[Connection]:
    """Connect to the WebSocket at *url* (`ws:` or `wss:`); the connection ends with the context.

    Raises:
        CannotConnect: nobody there, or no WebSocket; says why. Other errors are those of the block.
    """
    stream = await _dial(url, limits)
    with _as_cannot_connect(url), _without_group():
        async with stream, trio.open_nursery() as nursery:
            asked_at = time.time()
            socket = await _shake_hands(nursery, stream, url, limits)
            ahead_s = calc_ahead_s(socket.handshake_headers, asked_at, time.time())
            connection = Connection(socket, limits, ahead_s)
            nursery.start_soon(connection.write_out)
            nursery.start_soon(connection.read_in)
            try:
                yield connection
            finally:
                with trio.move_on_after(limits.close_timeout_s, shield=True):
                    await socket.aclose()
                connection.give_up("The connection was closed by this side.")
                nursery.cancel_scope.cancel()


@contextmanager
def _without_group() -> Iterator[None]:
    """Raise the one error of a nursery as itself: the two loops raise none, so it is the block's."""
    alone: BaseException | None = None
    try:
        yield
    except BaseExceptionGroup as group:
        if len(group.exceptions) > 1:
            raise
        alone = group.exceptions[0]
    if alone is not None:
        raise alone


@contextmanager
def _as_cannot_connect(url: str) -> Iterator[None]:
    """Translate what trio-websocket raises, here or in its own task, when the peer is none."""
    try:
        yield
    except ConnectionRejected as error:
        raise NoWebSocket(
            f"{url}: answers, but with HTTP status {error.status_code} instead of a WebSocket."
        ) from error
    except HandshakeError as error:
        raise NoWebSocket(f"{url}: answers, but not as a WebSocket.") from error


async def _dial(url: str, limits: Limits) -> Stream:
    parts = urlsplit(url)
    host, tls = parts.hostname or "", parts.scheme == "wss"
    try:
        with trio.fail_after(limits.head_timeout_s):
            if not tls:
                return await trio.open_tcp_stream(host, parts.port or 80)
            stream = await trio.open_ssl_over_tcp_stream(host, parts.port or 443, https_compatible=True)
            await _secure(stream, url)
            return stream
    except trio.TooSlowError:
        raise CannotConnect(f"{url}: no answer within {limits.head_timeout_s:g} s.") from None
    except OSError as error:
        raise CannotConnect(f"{url}: {error}.") from error


async def _secure(stream: trio.SSLStream[trio.SocketStream], url: str) -> None:
    """Shake hands for TLS now: the WebSocket's own task would wait on after it failed."""
    try:
        await stream.do_handshake()
    except trio.BrokenResourceError as error:
        await trio.aclose_forcefully(stream)
        why = error.__cause__ or error
        hint = (
            " Name its authority's file in SSL_CERT_FILE."
            if isinstance(why, SSLCertVerificationError)
            else ""
        )
        raise CannotConnect(f"{url}: no secure connection: {why}.{hint}") from error
    except BaseException:
        await trio.aclose_forcefully(stream)
        raise


async def _shake_hands(
    nursery: trio.Nursery, stream: Stream, url: str, limits: Limits
) -> WebSocketConnection:
    parts = urlsplit(url)
    resource = urlunsplit(("", "", parts.path or "/", parts.query, ""))
    with trio.move_on_after(limits.head_timeout_s):
        return await wrap_client_stream(
            nursery, stream, parts.netloc, resource, max_message_size=limits.hard_frame_bytes
        )
    raise CannotConnect(f"{url}: answers, but no WebSocket within {limits.head_timeout_s:g} s.")


def _words(closed: ConnectionClosed) -> str:
    said = closed.reason.reason if closed.reason is not None else None
    return "The connection to the server was lost" + (f": {said}." if said else ".")


def write_envelope(tid: str, payload: msgspec.Struct, max_bytes: int) -> str:
    """Return the message with *payload*.

    Raises:
        TooLarge: it has more than *max_bytes*.
    """
    data = encode({"tid": tid, "src": SRC, "dst": DST, "ttl": REQUEST_TTL, "payload": payload})
    if len(data) > max_bytes:
        raise TooLarge(
            f"The message has {len(data)} bytes; {max_bytes} is the most that is taken.",
            limit="max_frame_bytes",
            value=max_bytes,
        )
    return data.decode()
