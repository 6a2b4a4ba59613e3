"""What comes in and what goes out, whichever the transport: the records that front and dispatch share."""

from collections.abc import Awaitable, Callable, Generator, Mapping
from typing import TYPE_CHECKING, Any, Generic, NewType, Protocol, TypeAlias, TypeVar

import msgspec
import trio
from outcome import Maybe, Value, acapture, capture

if TYPE_CHECKING:
    # From above: carried here, and read there.
    from vibes_trio.errors import VibesError
    from vibes_trio.wire.large import LargeHead

Cid = NewType("Cid", str)
FsId = NewType("FsId", str)
UserId = NewType("UserId", str)
AppSlug = NewType("AppSlug", str)
UserSlug = NewType("UserSlug", str)

T = TypeVar("T")
Soon: TypeAlias = T | Awaitable[T]
"""A value, or what gives it when awaited.

What can be had without waiting is returned as it is: it then costs no task, no deadline and no turn of the
scheduler, which together are dearer than most answers. What is in the storage's hands already is a `Later`.
"""

T_co = TypeVar("T_co", covariant=True)
U = TypeVar("U")


class Promise(Protocol[T_co]):
    """What is in somebody's hands, who gives it to one who wants it: either waits for it or is told."""

    async def wait(self) -> T_co:
        """Return it, or raise what was raised instead."""

    def tell(self, hear: Callable[[Maybe[T_co]], None]) -> None:
        """Have *hear*, which raises nothing, called with it in the event loop, once it is there."""

    def give_up(self, error: Exception) -> None:
        """Have who was to be told hear *error* instead, now, if it is not being made already."""


class Later(Generic[T_co]):
    """What will be made of a `Promise`, itself one. Who can be told of it needs no task to wait.

    Args:
        source: what is promised.
        make: makes the result, a value or an error, of the promised one. Raises nothing: errors that are raised hold
            the frames through which they went.
    """

    __slots__ = ("_make", "_source")

    # Any: what is promised goes to *make* alone, which knows its type.
    def __init__(self, source: Promise[Any], make: Callable[[Maybe[Any]], Maybe[T_co]]) -> None:
        self._source = source
        self._make = make

    def then(self, make: Callable[[Maybe[T_co]], Maybe[U]]) -> "Later[U]":
        """Return what will be made of this one."""
        return Later(self, make)

    async def wait(self) -> T_co:
        """See `Promise`."""
        got = self._make(await acapture(self._source.wait))
        try:
            return got.unwrap()
        finally:
            del got  # an error holds this frame

    def __await__(self) -> Generator[Any, Any, T_co]:
        return self.wait().__await__()

    def tell(self, hear: Callable[[Maybe[T_co]], None]) -> None:
        """See `Promise`."""
        self._source.tell(lambda got: hear(self._make(got)))

    def give_up(self, error: Exception) -> None:
        """See `Promise`."""
        self._source.give_up(error)


def of_value(convert: Callable[[T], U]) -> Callable[[Maybe[T]], Maybe[U]]:
    """Return what makes results of others by *convert*, and leaves errors as they are; for `Later`."""
    return lambda got: capture(convert, got.value) if isinstance(got, Value) else got


READING_HEADERS = ("accept", "accept-encoding", "if-none-match", "if-range", "range", "sec-fetch-mode")
"""The headers that what is read from an app's host may depend on; handlers see no others but a Referer that counts
(`referer_counts`), see `front/ready.py`."""
OF_RELEASES = "/~"
"""What paths begin with that name a release, or what is the same on every host."""


def referer_counts(target: str, referer: str) -> bool:
    """Whether an answer may depend on where it is asked from: a path from the root, by a page of a named release."""
    return OF_RELEASES in referer and not target.startswith(OF_RELEASES)


class HostName(msgspec.Struct, frozen=True):
    """A host, canonical: lower case, without port or trailing dot; *app* and *user* are set on an app's host."""

    name: str
    app: AppSlug | None = None
    user: UserSlug | None = None


class HttpIncoming(msgspec.Struct, frozen=True):
    """One HTTP request with its whole body.

    Attributes:
        method: as sent, upper case.
        host: the Host header as sent, port included.
        target: the request target as sent (origin form: path and query).
        headers: names in lower case; duplicates joined with ", ".
        body: at most `limits.max_body_bytes`.
        host_name: what *host* names; None: nobody has looked yet, `front.answer` will.
        client: whose connection it came by, as far as turns go.
    """

    method: str
    host: str
    target: str
    headers: Mapping[str, str] = msgspec.field(default_factory=dict)
    body: bytes = b""
    host_name: HostName | None = None
    client: str = ""


def address_in(client: str) -> str:
    """Return the address of *client* (`HttpIncoming.client`): one nearby, where a proxy may be, has its port as well.

    Of others an IPv4 address has no colon, and the network of an IPv6 one a slash.
    """
    return client if "/" in client or ":" not in client else client.rpartition(":")[0]


class Kept(Protocol):
    """What lasts as long as a connection, at the most."""

    def end(self) -> None:
        """The connection is over: nothing of it may be used any more."""


class Link(Protocol):
    """The way back to a client to whom more than the reply to a message can be said: a WebSocket.

    Attributes:
        kept: what services keep for the connection, by what names it for them; each is ended with it.
    """

    kept: dict[str, Kept]

    @property
    def over(self) -> bool:
        """Whether nothing more can be said."""

    @property
    def waiting_bytes(self) -> int:
        """How much of what was said the client has not taken yet."""

    def send(self, *parts: bytes) -> None:
        """Say one text, made of *parts*, after all before it. What is over hears nothing.

        Who says much looks at `waiting_bytes` before, or waits for `drained`.
        """

    async def drained(self, below_bytes: int) -> None:
        """Return when less than so much waits, or the connection is over."""

    def cut(self, reason: str) -> None:
        """End the connection of a client that takes too little of what it asked for; *reason* goes along."""


class MessageIncoming(msgspec.Struct, frozen=True):
    """One message from a WebSocket: the undecoded JSON text. (A posted one comes as HttpIncoming.)

    Attributes:
        client: as of `HttpIncoming`.
        looked: the head of a long one, or why it has none.
        link: the connection that it came by.
        session: what the page of this server's own showed that opened the connection; empty: nothing that counts.
    """

    data: bytes
    client: str = ""
    looked: "LargeHead | VibesError | None" = None
    link: Link | None = None
    session: str = ""


Incoming = HttpIncoming | MessageIncoming


class Reply(msgspec.Struct, frozen=True):
    """An answer, complete.

    Attributes:
        status: HTTP status. A WebSocket sends the body alone.
        headers: without the common ones (CORS, Date, Content-Length), which the front adds.
        body: uncompressed, or as `content-encoding` in *headers* says. A view, where it is a part of other bytes.
        length: for HEAD: what Content-Length says although *body* is empty. None: len(body).
        repeatable: the same request gets the same reply until a release changes, so the front may keep it.
        policy: its Content-Security-Policy; None: that of what is no page (`content.policy.LOCKED`); empty: none.
        after: what is to happen once a WebSocket has been given it. An HTTP request's reply has none.
        for_owner: this process can't answer, the one that owns the data can (`workers/owner.py`).
    """

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes | memoryview = b""
    length: int | None = None
    repeatable: bool = False
    for_owner: bool = False
    policy: str | None = None
    after: Callable[[], None] | None = None


class Turn:
    """A message's place among those of its connection that must be stored in the order they came.

    The connection's reader makes one per message with an order key, in reading order. The service waits
    for all before it, hands its write to the database's queue (first in, first out) and calls `pass_on`; so
    replies may still overtake each other, and a batch of appends shares one commit.

    A message that is refused passes its turn on without having waited; its turn is over, and that of the next
    has come, only once those before it are over too. A turn that is over knows no other: no chain of all
    messages ever sent is kept alive.

    Attributes:
        passed: whether the turn is over, and so are all before it.
    """

    __slots__ = ("_after", "_before", "_done", "_over", "passed")

    def __init__(self, before: "Turn | None" = None) -> None:
        self.passed: bool = False
        self._before = before if before is not None and not before.passed else None
        self._after: Turn | None = None
        self._done = False
        self._over: trio.Event | None = None
        if self._before is not None:
            self._before._after = self

    @property
    def has_come(self) -> bool:
        """Whether all messages before this one have passed their turns on."""
        return self._before is None

    async def wait(self) -> None:
        """Return once it has come."""
        if self._before is not None:
            self._before._over = self._before._over or trio.Event()
            await self._before._over.wait()

    def pass_on(self) -> None:
        """Let the next message go; safe to call more than once, and always called in the end."""
        self._done = True
        turn: Turn | None = self
        while turn is not None and turn._done and turn._before is None:
            turn.passed = True
            if turn._over is not None:
                turn._over.set()
            following, turn._after = turn._after, None
            if following is not None:
                following._before = None
            turn = following


Answer = Callable[[Incoming, Turn | None], Soon[Reply]]
