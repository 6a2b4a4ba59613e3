"""Frames between two processes of one server, over a pair of Unix sockets; a frame may carry open sockets.

A frame is its kind (1 byte), the number of its sockets (1), the length of its data (4, big-endian) and the
data. The sockets travel with its first byte, and heads are read alone: so sockets and frames can't be mixed
up, even when the receiver was out of descriptors and the system dropped some.
"""

import errno
import os
import socket
import struct
from collections.abc import Sequence
from enum import IntEnum

import msgspec
import trio

_HEAD = struct.Struct(">BBI")
MAX_SOCKETS = 250
"""In one frame; the system's own bound is 253."""

_CHUNK_BYTES = 64 * 1024
# So many sockets are on their way that the system takes no more; the receiver has to be waited for.
_FLIGHT_PAUSE_S = 0.01


class Kind(IntEnum):
    """What a frame says. The owner starts readers; a reader hands connections over.

    COUNT: asks, behind a number, what it has counted, which comes back in COUNTED behind the same.

    HELLO: the reader runs. START: what it needs to serve; with the listening sockets. SERVING: it accepts
    connections. CHECK: what has changed, behind a number, which comes back in SEEN. DRAIN: stop in order.
    CONNECTION: the bytes read from it so far; with its socket.
    """

    HELLO = 1
    START = 2
    SERVING = 3
    CHECK = 4
    SEEN = 5
    DRAIN = 6
    CONNECTION = 7
    COUNT = 8
    COUNTED = 9


class Frame(msgspec.Struct, frozen=True):
    """One frame. A received one may lack sockets that it was sent with."""

    kind: Kind
    data: bytes = b""
    sockets: Sequence[socket.socket] = ()


class Channel:
    """One end of a pair. Any number of tasks may send, one may receive.

    State: whose turn it is to send.

    Args:
        timeout_s: longest time in which the other end takes nothing; it is given up then.
    """

    def __init__(self, sock: socket.socket, timeout_s: float) -> None:
        sock.setblocking(False)
        self._socket = sock
        self._timeout_s = timeout_s
        self._sending = trio.Lock()

    async def send(self, frame: Frame) -> None:
        """Send *frame*; its sockets stay open here as well.

        Raises:
            trio.BrokenResourceError: the other end is gone, or took nothing in time.
        """
        fds = [sock.fileno() for sock in frame.sockets]
        data = memoryview(_HEAD.pack(frame.kind, len(fds), len(frame.data)) + frame.data)
        async with self._sending:
            try:
                with trio.move_on_after(self._timeout_s) as scope:
                    sent = await self._send(data, fds)
                    scope.shield = True  # half a frame would spoil all that follow
                    while sent < len(data):
                        scope.deadline = trio.current_time() + self._timeout_s
                        sent += await self._send(data[sent:], ())
                    return
            except OSError as error:
                raise trio.BrokenResourceError("the other process is gone") from error
            self.end()
            raise trio.BrokenResourceError("the other process does not read")

    async def receive(self) -> Frame | None:
        """Return the next frame; None: the other end is gone."""
        fds: list[int] = []
        try:
            head = await self._receive_head(fds)
            if head is None:
                return None
            kind, count, length = _HEAD.unpack(head)
            data = await self._receive_data(length)
            if data is None:
                return None
            taken, fds = (fds, []) if len(fds) == count else ([], fds)
            return Frame(Kind(kind), data, tuple(socket.socket(fileno=fd) for fd in taken))
        finally:
            for fd in fds:
                os.close(fd)

    def end(self) -> None:
        """Let both ends see the end; what is not received yet is lost."""
        try:
            self._socket.shutdown(socket.SHUT_RDWR)
        except OSError as error:
            if error.errno not in (errno.ENOTCONN, errno.EPIPE, errno.ECONNRESET):
                raise

    def close(self) -> None:
        """Give the socket back."""
        trio.lowlevel.notify_closing(self._socket)
        self._socket.close()

    async def _send(self, data: memoryview, fds: Sequence[int]) -> int:
        while True:
            try:
                return socket.send_fds(self._socket, [data], fds) if fds else self._socket.send(data)
            except BlockingIOError:
                await trio.lowlevel.wait_writable(self._socket)
            except OSError as error:
                if error.errno != errno.ETOOMANYREFS:
                    raise
                await trio.sleep(_FLIGHT_PAUSE_S)

    async def _receive_head(self, fds: list[int]) -> bytes | None:
        """Return a frame's head, and put the descriptors that came with it into *fds* at once."""
        head = b""
        while len(head) < _HEAD.size:
            try:
                data, new, _, _ = socket.recv_fds(self._socket, _HEAD.size - len(head), MAX_SOCKETS)
            except BlockingIOError:
                await trio.lowlevel.wait_readable(self._socket)
                continue
            except ConnectionError:
                return None
            fds += new
            for fd in new:
                os.set_inheritable(fd, False)
            if not data:
                return None
            head += data
        await trio.lowlevel.checkpoint()
        return head

    async def _receive_data(self, length: int) -> bytes | None:
        pieces = []
        missing = length
        while missing:
            try:
                data = self._socket.recv(min(missing, _CHUNK_BYTES))
            except BlockingIOError:
                await trio.lowlevel.wait_readable(self._socket)
                continue
            except ConnectionError:
                return None
            if not data:
                return None
            pieces.append(data)
            missing -= len(data)
        return b"".join(pieces)
