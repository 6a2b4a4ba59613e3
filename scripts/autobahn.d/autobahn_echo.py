"""Our front as the echo server that Autobahn wants: a message comes back as it came, text or binary.

The server proper answers every message by a text, since its answers are JSON. Here two seams of `front/ws.py`
are widened for as long as the front runs: what puts a message together remembers that it was binary, and
what sends it looks. All else is the server's own, limits included.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from unittest.mock import patch

import trio
from websockets.frames import Frame

from vibes_trio.config import Limits
from vibes_trio.errors import TooLarge
from vibes_trio.exchange import Incoming, MessageIncoming, Reply, Turn
from vibes_trio.front import ws
from vibes_trio.front.http import join_parts
from vibes_trio.front.serve import serve_front
from vibes_trio.front.sockets import open_listeners
from vibes_trio.front.state import Counts, Front

FINAL_BINARY = b"\x82"


class BinaryMessage(bytes):
    """A message that came in binary frames."""


class KindKeepingAssembly(ws.Assembly):
    """Makes a `BinaryMessage` of what is no text."""

    def add(self, frame: Frame) -> bytes | TooLarge | None:
        message = super().add(frame)
        return (
            message if self._is_text or not isinstance(message, bytes | bytearray) else BinaryMessage(message)
        )


def join_in_kind(head: bytes, text: bytes | memoryview) -> Sequence[bytes | memoryview]:
    """Have the frame of a `BinaryMessage` be a binary one."""
    return join_parts(FINAL_BINARY + head[1:] if isinstance(text, BinaryMessage) else head, text)


async def echo(incoming: Incoming, turn: Turn | None) -> Reply:
    """Return the message itself, after those that came before it."""
    assert isinstance(incoming, MessageIncoming)
    assert turn is not None
    await turn.wait()
    return Reply(200, (), incoming.data)


@asynccontextmanager
async def serve_echo() -> AsyncIterator[tuple[int, Counts]]:
    """Serve on a free port of the loopback; give the port, and what the front counts meanwhile."""
    limits = Limits()
    front = Front(echo, lambda data: "all messages in order", limits, trio.Event())
    listeners = await open_listeners("127.0.0.1", 0, limits)
    with patch.multiple(ws, Assembly=KindKeepingAssembly, join_parts=join_in_kind):
        async with trio.open_nursery() as nursery:
            await nursery.start(serve_front, front, listeners)
            try:
                yield listeners[0].getsockname()[1], front.counts
            finally:
                front.draining.set()
