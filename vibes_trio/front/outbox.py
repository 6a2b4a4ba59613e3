"""What is still to be sent to one peer: the one writer of a WebSocket."""

import logging
from types import TracebackType

import trio

from vibes_trio.front.budget import Buffer
from vibes_trio.front.sockets import Line, skip

log = logging.getLogger(__name__)

SENT_AT_ONCE_BYTES = 256 * 1024
GATHERED_BYTES = 4 * 1024
"""What is smaller is copied behind others that wait: a view of it would take more memory than itself."""


class Outbox:
    """Bytes on their way to one peer, in order. What waits counts as held by the line.

    `put` sends at once what the socket takes; the rest waits for `write_out`, the connection's writer task.
    So a peer that reads costs no task switch, and one that does not costs a bounded amount of memory: who
    puts a reply waits for `room` first, and so does the reader before it reads on. A single message may be
    larger than the bound. When the peer takes nothing for the line's send timeout, or is gone, or there is no room
    for what waits, the outbox is broken: it drops everything, then and later, and cuts the line so that the reader
    sees the end.

    Mutable state: the bytes that wait, large ones as views of what was put, and their number; who waits for them (the
    writer for some, senders for room; made when somebody does, as most peers never let anybody wait), and the three
    flags.
    """

    __slots__ = (
        "_broken",
        "_closed",
        "_half_closing",
        "_limit_bytes",
        "_line",
        "_parked",
        "_size",
        "_waiting",
    )

    def __init__(self, line: Line, limit_bytes: int) -> None:
        self._line = line
        self._limit_bytes = limit_bytes
        self._waiting: list[bytearray | memoryview] = []
        self._size = 0
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
        return self._size

    @property
    def has_room(self) -> bool:
        """Whether less than the bound waits."""
        return self._size < self._limit_bytes

    def put(self, *parts: Buffer) -> None:
        """Send *parts* after everything before them."""
        if self._broken:
            return
        sent = 0
        if not self._size:
            try:
                sent = self._line.send_now(*parts)
            except OSError:
                self.abort()
                return
            if sent == (len(parts[0]) if len(parts) == 1 else sum(map(len, parts))):
                return
        self._keep(skip(parts, sent))

    def _keep(self, parts: list[memoryview]) -> None:
        size = sum(map(len, parts))
        for part in parts:
            if len(part) > GATHERED_BYTES:
                self._waiting.append(part)
                continue
            last = self._waiting[-1] if self._waiting else None
            if isinstance(last, bytearray) and len(last) < SENT_AT_ONCE_BYTES:
                last += part
            else:
                self._waiting.append(bytearray(part))
        self._size += size
        if not self._line.holding.add(size):
            self.abort()
        self._wake()

    def end(self) -> None:
        """Tell the peer, after everything that waits, that nothing more will come."""
        self._half_closing = True
        if not self._size:
            self._line.end()

    def abort(self) -> None:
        """Drop what waits and cut the line."""
        self._broken = True
        self._line.holding.add(-self._size)
        self._waiting.clear()
        self._size = 0
        self._line.cut()
        self._wake()

    async def room(self) -> None:
        """Return when less than the bound waits. No checkpoint when there is room already."""
        while not self.has_room:
            await self._park()

    async def drained(self, below_bytes: int) -> None:
        """Return when less than so much waits, or the peer is gone."""
        while self._size >= below_bytes:
            await self._park()

    async def write_out(self) -> None:
        """Send what waits, until the outbox is closed and empty, or broken. Cancelled, it loses nothing."""
        while not self._broken:
            if self._size:
                await self._send_some()
            elif self._closed:
                return
            else:
                await self._park()

    async def _send_some(self) -> None:
        try:
            await self._line.wait_writable()
            if not self._size:  # aborted meanwhile
                return
            sent = self._line.send_now(*self._next_parts())
        except (OSError, trio.BrokenResourceError) as error:
            log.info("dropped a peer with %d bytes waiting for it: %s", self._size, error)
            self.abort()
            return
        self._drop_first(sent)
        if not self._size and self._half_closing:
            self._line.end()
        if self.has_room:
            self._wake()

    def _next_parts(self) -> list[Buffer]:
        """Return what is sent next: whole pieces, or the begin of a large one."""
        parts: list[Buffer] = []
        left = SENT_AT_ONCE_BYTES
        for piece in self._waiting:
            parts.append(memoryview(piece)[:left] if len(piece) > left else piece)
            left -= len(piece)
            if left <= 0:
                break
        return parts

    def _drop_first(self, size: int) -> None:
        self._size -= size
        self._line.holding.add(-size)
        self._line.holding.moved(size)
        done = 0
        for piece in self._waiting:
            if size < len(piece):
                break
            size -= len(piece)
            done += 1
        del self._waiting[:done]
        if size:
            self._waiting[0] = skip(self._waiting[:1], size)[0]

    async def _park(self) -> None:
        if self._parked is None:
            self._parked = trio.lowlevel.ParkingLot()
        await self._parked.park()

    def _wake(self) -> None:
        """Have everybody who waits look again."""
        if self._parked is not None:
            self._parked.unpark_all()
