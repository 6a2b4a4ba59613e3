"""How a server is reached: a TCP connection, TLS, a WebSocket's handshake; each bounded, each told when it fails."""

import math
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from ssl import SSLCertVerificationError
from urllib.parse import urlsplit, urlunsplit

import trio
from trio_websocket import ConnectionRejected, HandshakeError, WebSocketConnection, wrap_client_stream

from vibes_trio.client.clock import calc_ahead_s
from vibes_trio.client.connection import Connection
from vibes_trio.client.failures import CannotConnect, NoWebSocket
from vibes_trio.config import Limits

Stream = trio.SocketStream | trio.SSLStream[trio.SocketStream]


@asynccontextmanager
async def open_connection(url: str, limits: Limits) -> AsyncIterator[Connection]:
    """Connect to the WebSocket at *url* (`ws:` or `wss:`); the connection ends with the context.

    Raises:
        CannotConnect: nobody there, or no WebSocket; says why. Other errors are those of the block.
    """
    stream = await _dial(url, limits)
    with _as_cannot_connect(url), without_group():
        async with stream, trio.open_nursery() as nursery:
            asked_at = time.time()
            socket = await _shake_hands(nursery, stream, url, limits)
            ahead_s = calc_ahead_s(socket.handshake_headers, asked_at, time.time())
            connection = Connection(socket, limits, ahead_s)
            nursery.start_soon(connection.write_out)
            nursery.start_soon(connection.read_in)
            nursery.start_soon(connection.watch)
            try:
                yield connection
            finally:
                # Where all is cancelled, so is the task that would hear the server's goodbye.
                is_cancelled = trio.current_effective_deadline() == -math.inf
                with trio.move_on_after(0 if is_cancelled else limits.close_timeout_s, shield=True):
                    await socket.aclose()
                connection.give_up("The connection was closed by this side.")
                nursery.cancel_scope.cancel()


@contextmanager
def without_group() -> Iterator[None]:
    """Raise the one error of a nursery as itself: what runs beside the block raises none, so it is the block's."""
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
