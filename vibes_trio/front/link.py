"""The link of a WebSocket: how others than its own task say something to its client (`exchange.Link`)."""

from collections.abc import Callable

from websockets.frames import CloseCode
from websockets.protocol import State

from vibes_trio.exchange import Kept
from vibes_trio.front.http import JOINED_BYTES
from vibes_trio.front.outbox import Outbox
from vibes_trio.front.protocol import WebSocketProtocol, text_head
from vibes_trio.front.state import Counts


class SocketLink:
    """The link of one WebSocket. State: what is kept, and whether it is over.

    Frames are made here, past the protocol, which has nothing else to send at that moment: what many subscribers
    are told is the same bytes for all of them.

    Attributes:
        slow: whether the client was cut, as it took too little.

    Args:
        wake: has the connection's task see to what could not be sent at once, or to its end.
    """

    __slots__ = ("_counts", "_outbox", "_protocol", "_wake", "kept", "over", "slow")

    def __init__(
        self, outbox: Outbox, protocol: WebSocketProtocol, counts: Counts, wake: Callable[[], None]
    ) -> None:
        self._counts = counts
        self._outbox = outbox
        self._protocol = protocol
        self._wake = wake
        self.kept: dict[str, Kept] = {}
        self.over = False
        self.slow = False

    @property
    def waiting_bytes(self) -> int:
        """How much of what was said the client has not taken yet."""
        return self._outbox.size

    def send(self, *parts: bytes) -> None:
        """Say one text, made of *parts*. What is over hears nothing."""
        if self.over or self.slow or self._protocol.state is not State.OPEN:
            return
        size = sum(map(len, parts))
        head = text_head(size)
        if size <= JOINED_BYTES:
            self._outbox.put(b"".join((head, *parts)))
        else:
            self._outbox.put(head, *parts)
        if self._outbox.size:
            self._wake()

    async def drained(self, below_bytes: int) -> None:
        """Return when less than so much waits, or the connection is over."""
        await self._outbox.drained(below_bytes)

    def cut(self, reason: str) -> None:
        """End the connection: the client gets what waits if it takes it soon, then 1013 (try again later)."""
        if not self.over and not self.slow:
            self.slow = True
            self._counts.cut += 1
            self._end_kept()
            self._protocol.fail(CloseCode.TRY_AGAIN_LATER, reason)
            self._wake()

    def end(self) -> None:
        """End all that is kept; nothing more is said."""
        self.over = True
        self._end_kept()

    def _end_kept(self) -> None:
        while self.kept:
            self.kept.popitem()[1].end()
