"""What comes in and what goes out, whichever the transport: the records that front and dispatch share."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import NewType

import trio

Cid = NewType("Cid", str)
FsId = NewType("FsId", str)
UserId = NewType("UserId", str)
AppSlug = NewType("AppSlug", str)
UserSlug = NewType("UserSlug", str)


@dataclass(frozen=True, slots=True)
class HttpIncoming:
    """One HTTP request with its whole body.

    Attributes:
        method: as sent, upper case.
        host: the Host header as sent, port included.
        target: the request target as sent (origin form: path and query).
        headers: names in lower case; duplicates joined with ", ".
        body: at most `limits.max_body_bytes`.
    """

    method: str
    host: str
    target: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class MessageIncoming:
    """One message from a WebSocket: the undecoded JSON text. (A posted one comes as HttpIncoming.)"""

    data: bytes


Incoming = HttpIncoming | MessageIncoming


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer, complete.

    Attributes:
        status: HTTP status. A WebSocket sends the body alone.
        headers: without the common ones (CORS, Date, Content-Length), which the front adds.
        body: uncompressed, or as `content-encoding` in *headers* says.
        length: for HEAD: what Content-Length says although *body* is empty. None: len(body).
        repeatable: the same request gets the same reply until a release changes, so the front may keep it.
    """

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    length: int | None = None
    repeatable: bool = False


class Turn:
    """A message's place among those of its connection that must be stored in the order they came.

    The connection's reader makes one per message with an order key, in reading order. The service waits
    for *before*, hands its write to the database's queue (first in, first out) and calls `pass_on`; so
    replies may still overtake each other, and a batch of appends shares one commit.
    """

    __slots__ = ("_before", "_passed")

    def __init__(self, before: "Turn | None" = None) -> None:
        self._before = before
        self._passed = trio.Event()

    async def wait(self) -> None:
        """Return once the message before this one has passed its turn on."""
        if self._before is not None:
            await self._before._passed.wait()
            self._before = None  # else a chain of every message ever sent is kept alive

    def pass_on(self) -> None:
        """Let the next message go; safe to call more than once, and always called in the end."""
        self._passed.set()

    @property
    def passed(self) -> bool:
        """Whether the turn is over."""
        return self._passed.is_set()


Answer = Callable[[Incoming, Turn | None], Awaitable[Reply]]
