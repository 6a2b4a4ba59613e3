"""What is still to be sent to one peer: the one writer of a WebSocket."""

import logging
from types import TracebackType

import trio

from vibes_trio.front.sockets import Line

log = logging.getLogger(__name__)

SENT_AT_ONCE_BYTES = 256 * 1024


class Outbox:
    """Bytes on their way to one peer, in order.

    `put` sends at once what the socket takes; the rest waits for `write_out`, the connection's writer task.
    So a peer that reads costs no task switch, and one that does not costs a bounded amount of memory: who
    puts a reply waits for `room` first, and so does the reader before it reads on. A single message may be
    larger than the bound. When the peer takes nothing for the line's send timeout, or is gone, the outbox is
    broken: it drops everything, then and later, and cuts the line so that the reader sees the end.

    Mutable state: the bytes that wait, who waits for them (the writer for some, senders for room; made when
    somebody does, as most peers never let anybody wait), and the three flags.
    """

    __slots__ = ("_broken", "_closed", "_half_closing", "_limit_bytes", "_line", "_parked", "_waiting")

    def __init__(self, line: Line, limit_bytes: int) -> None:
        self._line = line
        self._limit_bytes = limit_bytes
        self._waiting = bytearray()
        self._half_closing = False
        self._closed = False
        self._broken = False
        self._parked: trio.lowlevel.ParkingLot | None = None

    def __enter__(self) -> "Outbox":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Take no more; `write_out` returns when everything is sent."""
        self._closed = True
        self._wake()

    @property
    def broken(self) -> bool:
        """Whether the peer is gone."""
        return self._broken

    @property
    def size(self) -> int:
        """Bytes that wait."""
        return len(self._waiting)

    @property
    def has_room(self) -> bool:
        """Whether less than the bound waits."""
        return len(self._waiting) < self._limit_bytes

    def put(self, data: bytes) -> None:
        """Send *data* after everything before it."""
        if self._broken:
            return
        sent = 0
        if not self._waiting:
            try:
                sent = self._line.send_now(data)
            except OSError:
                self.abort()
                return
            if sent == len(data):
                return
        with memoryview(data) as view:
            self._waiting += view[sent:]
        self._wake()

    def end(self) -> None:
        """Tell the peer, after everything that waits, that nothing more will come."""
        self._half_closing = True
        if not self._waiting:
            self._line.end()

    def abort(self) -> None:
        """Drop what waits and cut the line."""
        self._broken = True
        self._waiting.clear()
        self._line.cut()
        self._wake()

    async def room(self) -> None:
        """Return when less than the bound waits. No checkpoint when there is room already."""
        while not self.has_room:
            await self._park()

    async def write_out(self) -> None:
        """Send what waits, until the outbox is closed and empty, or broken. Cancelled, it loses nothing."""
        while not self._broken:
            if self._waiting:
                await self._send_some()
            elif self._closed:
                return
            else:
                await self._park()

    async def _send_some(self) -> None:
        try:
            await self._line.wait_writable()
            if not self._waiting:  # aborted meanwhile
                return
            with memoryview(self._waiting) as view:
                sent = self._line.send_now(view[:SENT_AT_ONCE_BYTES])
        except (OSError, trio.BrokenResourceError) as error:
            log.info("dropped a peer with %d bytes waiting for it: %s", len(self._waiting), error)
            self.abort()
            return
        del self._waiting[:sent]
        if not self._waiting and self._half_closing:
            self._line.end()
        if self.has_room:
            self._wake()

    async def _park(self) -> None:
        if self._parked is None:
            self._parked = trio.lowlevel.ParkingLot()
        await self._parked.park()

    def _wake(self) -> None:
        """Have everybody who waits look again."""
        if self._parked is not None:
            self._parked.unpark_all()
