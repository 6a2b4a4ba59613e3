"""The walk along the pipeline: the first handler that knows an incoming answers it.

Knows neither sockets nor Quart. A reply is a return value, never written to something shared.
"""

import threading
from collections.abc import Awaitable, Callable, Iterable, Iterator
from enum import Enum
from functools import partial
from typing import Any, Generic, TypeAlias, TypeVar

import msgspec
import trio
from outcome import Maybe, Value

from vibes_trio.context import Ctx
from vibes_trio.errors import UnknownType
from vibes_trio.exchange import HttpIncoming, Later, Reply, Soon
from vibes_trio.wire.base import MessageHead

T = TypeVar("T")

# A message posted over HTTP and one sent over a WebSocket are the same record here.
Incoming = HttpIncoming | MessageHead


class Continue(Enum):
    """What a handler returns that has done its part and leaves the answer to a later one."""

    CONTINUE = "continue"


Outcome: TypeAlias = Reply | BaseException
"""How a walk ended: with a reply, or with what was raised."""


class Handler(msgspec.Struct, Generic[T], frozen=True):
    """One thing the server answers.

    Attributes:
        validate: sync and pure. Returns None for "not mine"; raises a VibesError for "mine, but wrong", so
            that a malformed known message is never reported as unknown.
        handle: answers, or leaves it to a later handler. What it can say without waiting it returns as it is;
            it never blocks, and takes a fraction of a millisecond. None: it only looks on, until the walk is over.
        post: runs when the walk is over, in order, for every handler that was visited, whatever happened;
            being sync it works during cancellation.
        takes: what it can know, so that nothing else is shown to it: messages of one type, all messages, or HTTP.
            None: any incoming.
    """

    name: str
    validate: Callable[[Incoming], T | None]
    handle: Callable[[Ctx, T], Soon[Reply | Continue]] | None
    post: Callable[[Ctx, T, Outcome], None] | None = None
    takes: str | type[Incoming] | None = None


class Pipeline:
    """Handlers in the order in which they are asked. Messages of one type are shown to few, however many there are."""

    # Any: handlers of different payloads stand side by side; what `validate` returns goes only to its own `handle`.
    def __init__(
        self, *handlers: Handler[Any], rest: Callable[[], Iterable[Handler[Any]]] | None = None
    ) -> None:
        """*rest*: gives handlers of one type each that take long to import; they come before the last of *handlers*."""
        self._rest, self._lock = rest, threading.Lock()
        self._take(handlers)

    def _take(self, handlers: tuple[Handler[Any], ...]) -> None:
        self._handlers = handlers
        types = {handler.takes for handler in handlers if isinstance(handler.takes, str)}
        self._of_http = self._that_take(HttpIncoming)
        self._of_type = {kind: self._that_take(MessageHead, kind) for kind in types}
        self._of_other_types = self._that_take(MessageHead)

    def __iter__(self) -> Iterator[Handler[Any]]:
        self.load()
        return iter(self._handlers)

    def load(self) -> None:
        """Have the rest, too. Any thread may be the first; it blocks while modules are imported."""
        with self._lock:
            if self._rest is not None:
                self._take((*self._handlers[:-1], *self._rest(), self._handlers[-1]))
                self._rest = None

    def may_load(self, incoming: Incoming) -> bool:
        """Whether what is not here yet may know *incoming*."""
        return self._rest is not None and isinstance(incoming, MessageHead) and not self.takes(incoming.type)

    def _that_take(self, *takes: str | type[Incoming]) -> tuple[Handler[Any], ...]:
        return tuple(handler for handler in self._handlers if handler.takes in (None, *takes))

    def takes(self, kind: str) -> bool:
        """Whether there is a handler of messages of type *kind*, of those that are here."""
        return kind in self._of_type

    def handlers_of(self, incoming: Incoming) -> tuple[Handler[Any], ...]:
        """Return those that may know *incoming*, in order."""
        if isinstance(incoming, MessageHead):
            return self._of_type.get(incoming.type, self._of_other_types)
        return self._of_http


Posts = list[Callable[[Outcome], None]]
"""What is to run when the walk is over."""


def dispatch_soon(ctx: Ctx, pipeline: Pipeline, incoming: Incoming) -> Soon[Reply]:
    """Return the reply of the first handler of *pipeline* that gives one; if one has to wait, what to await.

    Raises:
        UnknownType: no handler answers *incoming*.
        VibesError: what a handler raised.
    """
    if pipeline.may_load(incoming):
        return _load_first(ctx, pipeline, incoming)
    handlers = iter(pipeline.handlers_of(incoming))
    posts: Posts = []
    try:
        result = _walk(ctx, handlers, incoming, posts)
    except BaseException as error:
        _run(posts, error)
        raise
    if isinstance(result, Reply):
        _run(posts, result)
        return result
    if isinstance(result, Later):
        return result.then(partial(_end, posts))
    return _go_on(ctx, handlers, incoming, posts, result)


async def _load_first(ctx: Ctx, pipeline: Pipeline, incoming: Incoming) -> Reply:
    await trio.to_thread.run_sync(pipeline.load)
    reply = dispatch_soon(ctx, pipeline, incoming)
    return reply if isinstance(reply, Reply) else await reply


# Any: as of Pipeline.
def _walk(
    ctx: Ctx, handlers: Iterator[Handler[Any]], incoming: Incoming, posts: Posts
) -> Reply | Awaitable[Reply | Continue]:
    """Return what the next of *handlers* gives that does not leave it to another."""
    for handler in handlers:
        found = handler.validate(incoming)
        if found is None:
            continue
        if handler.post is not None:
            posts.append(partial(handler.post, ctx, found))
        if handler.handle is None:
            continue
        result = handler.handle(ctx, found)
        if not isinstance(result, Continue):
            return result
    raise UnknownType("Nothing here answers this.")


async def _go_on(
    ctx: Ctx,
    handlers: Iterator[Handler[Any]],
    incoming: Incoming,
    posts: Posts,
    reply: Reply | Awaitable[Reply | Continue],
) -> Reply:
    try:
        while not isinstance(reply, Reply):
            result = await reply
            reply = result if isinstance(result, Reply) else _walk(ctx, handlers, incoming, posts)
    except BaseException as error:
        _run(posts, error)
        raise
    _run(posts, reply)
    return reply


def _end(posts: Posts, got: Maybe[Reply]) -> Maybe[Reply]:
    _run(posts, got.value if isinstance(got, Value) else got.error)
    return got


def _run(posts: Posts, outcome: Outcome) -> None:
    for post in posts:
        post(outcome)
