"""A client that says exactly the bytes it is told to, for tests of what a server does with them."""

import re
import struct

import trio

HANDSHAKE = (
    b"GET /v1/ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)
CLOSE = 8
_LENGTH = re.compile(rb"content-length: (\d+)", re.IGNORECASE)


def post(body: bytes, host: str = "localhost") -> bytes:
    """A message for the fast lane."""
    return b"POST / HTTP/1.1\r\nHost: %b\r\nContent-Length: %d\r\n\r\n" % (host.encode(), len(body)) + body


def post_chunked(body: bytes, host: str = "localhost") -> bytes:
    """The same for the full lane."""
    head = b"POST / HTTP/1.1\r\nHost: %b\r\nTransfer-Encoding: chunked\r\n\r\n" % host.encode()
    return head + b"%x\r\n" % len(body) + body + b"\r\n0\r\n\r\n"


def frame(data: bytes, opcode: int = 1, *, fin: bool = True) -> bytes:
    """A masked frame; the mask is 0."""
    head = bytes([fin << 7 | opcode])
    if len(data) < 126:
        head += bytes([128 | len(data)])
    elif len(data) < 65536:
        head += bytes([128 | 126]) + struct.pack(">H", len(data))
    else:
        head += bytes([128 | 127]) + struct.pack(">Q", len(data))
    return head + b"\0\0\0\0" + data


def over_websocket(frames: bytes) -> bytes:
    """A connection that opens a WebSocket and goes on with *frames*."""
    return HANDSHAKE + frames


async def talk(port: int, said: bytes, *, ends: bool = False) -> bytes:
    """Say *said* on a connection of its own, hear one answer out, close; return the answer.

    Args:
        ends: say that nothing more will come, and hear all that does.
    """
    with trio.fail_after(60):
        async with await trio.open_tcp_stream("127.0.0.1", port) as stream:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(_say, stream, said, ends)
                heard = await _hear(stream, ends=ends, socket=said.startswith(HANDSHAKE))
                nursery.cancel_scope.cancel()
            return heard


async def _say(stream: trio.SocketStream, said: bytes, ends: bool) -> None:
    try:
        await stream.send_all(said)
        if ends:
            await stream.send_eof()
    except trio.BrokenResourceError:
        pass  # refused before all was said: what was answered counts


async def _hear(stream: trio.SocketStream, *, ends: bool, socket: bool) -> bytes:
    heard = b""
    while ends or not (_is_said(heard) if socket else _is_answered(heard)):
        try:
            data = await stream.receive_some(65536)
        except trio.BrokenResourceError:
            data = b""
        if not data:
            break
        heard += data
    return heard


def _is_answered(heard: bytes) -> bool:
    head, end, body = heard.partition(b"\r\n\r\n")
    length = _LENGTH.search(head)
    return bool(end) and len(body) >= (int(length[1]) if length else 0)


def _is_said(heard: bytes) -> bool:
    """Whether the handshake was refused, or one frame has come."""
    head, end, frames = heard.partition(b"\r\n\r\n")
    if not head.startswith(b"HTTP/1.1 101"):
        return _is_answered(heard)
    if not end or len(frames) < 2:
        return False
    size, more = frames[1] & 127, {126: 2, 127: 8}.get(frames[1] & 127, 0)
    if more:
        size = int.from_bytes(frames[2 : 2 + more])
    return len(frames) >= 2 + more + size
