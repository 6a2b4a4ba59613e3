"""What is still to be sent to one peer: the one writer of a WebSocket."""

import logging
from collections import deque
from types import TracebackType

import trio

from vibes_trio.front.sockets import Line

log = logging.getLogger(__name__)


class Outbox:
    """Bytes on their way to one peer, in order.

    `put` sends at once what the socket takes; the rest waits for `write_out`, the connection's writer task.
    So a peer that reads costs no task switch, and one that does not costs a bounded amount of memory: who
    puts a reply waits for `room` first, and so does the reader before it reads on. A single message may be
    larger than the bound. When the peer takes nothing for the line's send timeout, or is gone, the outbox is
    broken: it drops everything, then and later, and cuts the line so that the reader sees the end.

    Mutable state: the queue and its size, and the three flags.
    """

    def __init__(self, line: Line, limit_bytes: int) -> None:
        self._line = line
        self._limit_bytes = limit_bytes
        self._queue: deque[bytes | memoryview] = deque()
        self._size = 0
        self._half_closing = False
        self._closed = False
        self._broken = False
        self._writer = trio.lowlevel.ParkingLot()
        self._senders = trio.lowlevel.ParkingLot()

    def __enter__(self) -> "Outbox":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Take no more; `write_out` returns when everything is sent."""
        self._closed = True
        self._writer.unpark_all()

    @property
    def broken(self) -> bool:
        """Whether the peer is gone."""
        return self._broken

    @property
    def size(self) -> int:
        """Bytes that wait."""
        return self._size

    def put(self, data: bytes) -> None:
        """Send *data* after everything before it."""
        if self._broken:
            return
        rest: bytes | memoryview = data
        if not self._queue:
            try:
                sent = self._line.send_now(data)
            except OSError:
                self.abort()
                return
            if sent == len(data):
                return
            rest = memoryview(data)[sent:]
        self._queue.append(rest)
        self._size += len(rest)
        self._writer.unpark_all()

    def end(self) -> None:
        """Tell the peer, after everything that waits, that nothing more will come."""
        self._half_closing = True
        if not self._queue:
            self._line.end()

    def abort(self) -> None:
        """Drop what waits and cut the line."""
        self._broken = True
        self._queue.clear()
        self._size = 0
        self._line.cut()
        self._writer.unpark_all()
        self._senders.unpark_all()

    async def room(self) -> None:
        """Return when less than the bound waits. No checkpoint when there is room already."""
        while self._size >= self._limit_bytes:
            await self._senders.park()

    async def write_out(self) -> None:
        """Send what waits, until the outbox is closed and empty, or broken."""
        while not self._broken:
            if self._queue:
                await self._send_first()
            elif self._closed:
                return
            else:
                await self._writer.park()

    async def _send_first(self) -> None:
        try:
            await self._line.wait_writable()
            if not self._queue:  # aborted meanwhile
                return
            first = self._queue[0]
            sent = self._line.send_now(first)
        except (OSError, trio.BrokenResourceError) as error:
            log.info("dropped a peer with %d bytes waiting for it: %s", self._size, error)
            self.abort()
            return
        self._size -= sent
        if sent == len(first):
            self._queue.popleft()
        else:
            self._queue[0] = memoryview(first)[sent:]
        if not self._queue and self._half_closing:
            self._line.end()
        if self._size < self._limit_bytes:
            self._senders.unpark_all()
