"""A client that says exactly the bytes it is told to, for tests of what a server does with them."""

import re
import struct

import trio

HANDSHAKE = (
    b"GET /v1/ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)
CLOSE = 8
PIECE_BYTES = 64 * 1024
MAX_HEAD_BYTES = 64 * 1024
_LENGTH = re.compile(rb"content-length: (\d+)", re.IGNORECASE)


def post(body: bytes, host: str = "localhost", path: str = "/") -> bytes:
    """A message for the fast lane, or whatever is posted to *path*."""
    head = f"POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


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
    """In pieces: who shares the loop with the server, and measures it, must not hold it himself."""
    try:
        with memoryview(said) as view:
            for start in range(0, len(said), PIECE_BYTES):
                await stream.send_all(view[start : start + PIECE_BYTES])
        if ends:
            await stream.send_eof()
    except trio.BrokenResourceError:
        pass  # refused before all was said: what was answered counts


async def _hear(stream: trio.SocketStream, *, ends: bool, socket: bool) -> bytes:
    heard = bytearray()
    missing = 1
    while ends or missing > 0:
        try:
            data = await stream.receive_some(PIECE_BYTES)
        except trio.BrokenResourceError:
            data = b""
        if not data:
            break
        heard += data
        missing -= len(data)
        if missing <= 0:
            missing = _size_of(bytes(heard[:MAX_HEAD_BYTES]), socket=socket) - len(heard)
    return bytes(heard)


def _size_of(heard: bytes, *, socket: bool) -> int:
    """Return how long what began like *heard* is when it is whole, as far as that can be told."""
    head, end, rest = heard.partition(b"\r\n\r\n")
    if not end:
        return len(heard) + 1
    size = len(head) + len(end)
    if not (socket and head.startswith(b"HTTP/1.1 101")):
        length = _LENGTH.search(head)
        return size + (int(length[1]) if length else 0)
    if len(rest) < 2:
        return size + 2
    more = {126: 2, 127: 8}.get(rest[1] & 127, 0)
    length_of_frame = int.from_bytes(rest[2 : 2 + more]) if more else rest[1] & 127
    return size + 2 + more + length_of_frame
