"""The walk along the pipeline: the first handler that knows an incoming answers it.

Knows neither sockets nor Quart. A reply is a return value, never written to something shared.
"""

from collections.abc import Awaitable, Callable, Generator, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, Generic, TypeVar

from vibes_trio.context import Ctx
from vibes_trio.errors import UnknownType
from vibes_trio.exchange import HttpIncoming, Reply, Soon
from vibes_trio.wire.base import MessageHead

T = TypeVar("T")

# A message posted over HTTP and one sent over a WebSocket are the same record here.
Incoming = HttpIncoming | MessageHead


class Continue(Enum):
    """What a handler returns that has done its part and leaves the answer to a later one."""

    CONTINUE = "continue"


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a walk ended: with a reply, or with what was raised."""

    reply: Reply | None = None
    error: BaseException | None = None


@dataclass(frozen=True, slots=True)
class Handler(Generic[T]):
    """One thing the server answers.

    Attributes:
        validate: sync and pure. Returns None for "not mine"; raises a VibesError for "mine, but wrong", so
            that a malformed known message is never reported as unknown.
        handle: answers, or leaves it to a later handler. What it can say without waiting it returns as it is;
            it never blocks, and takes a fraction of a millisecond.
        post: runs when the walk is over, in order, for every handler that was visited, whatever happened;
            being sync it works during cancellation.
        takes: the kind of incoming that it can know, so that the other need not be shown to it. None: any.
    """

    name: str
    validate: Callable[[Incoming], T | None]
    handle: Callable[[Ctx, T], Soon[Reply | Continue]]
    post: Callable[[Ctx, T, Outcome], None] | None = None
    takes: type[Incoming] | None = None


_RESULTS = (Reply, Continue)

# Handlers of different payloads stand in one tuple: what `validate` returns goes only to its own `handle`.
Pipeline = Sequence[Handler[Any]]


Walk = Generator[Awaitable[Reply | Continue], Reply | Continue, Reply]
"""A walk that stops at whatever has to be awaited; it is sent the result, or thrown what was raised."""


def dispatch_soon(ctx: Ctx, pipeline: Pipeline, incoming: Incoming) -> Soon[Reply]:
    """Return the reply of the first handler of *pipeline* that gives one; if one has to wait, what to await.

    Raises:
        UnknownType: no handler answers *incoming*.
        VibesError: what a handler raised.
    """
    walk = _walk(ctx, pipeline, incoming)
    try:
        waits = next(walk)
    except StopIteration as end:
        reply: Reply = end.value
        return reply
    return _go_on(walk, waits)


async def dispatch(ctx: Ctx, pipeline: Pipeline, incoming: Incoming) -> Reply:
    """As `dispatch_soon`, for who waits anyway."""
    reply = dispatch_soon(ctx, pipeline, incoming)
    return reply if isinstance(reply, Reply) else await reply


async def _go_on(walk: Walk, waits: Awaitable[Reply | Continue]) -> Reply:
    while True:
        try:
            result = await waits
        except BaseException as error:  # noqa: BLE001 - the walk raises it again
            waits = walk.throw(error)
        else:
            try:
                waits = walk.send(result)
            except StopIteration as end:
                reply: Reply = end.value
                return reply


def _walk(ctx: Ctx, pipeline: Pipeline, incoming: Incoming) -> Walk:
    visited: list[tuple[Handler[Any], Any]] = []
    outcome = Outcome()
    kind = type(incoming)
    try:
        for handler in pipeline:
            if handler.takes is not kind and handler.takes is not None:
                continue
            found = handler.validate(incoming)
            if found is None:
                continue
            visited.append((handler, found))
            result = handler.handle(ctx, found)
            if not isinstance(result, _RESULTS):
                result = yield result
            if isinstance(result, Reply):
                outcome = Outcome(reply=result)
                return result
        raise UnknownType("Nothing here answers this.")
    except BaseException as error:
        outcome = Outcome(error=error)
        raise
    finally:
        for handler, found in visited:
            if handler.post is not None:
                handler.post(ctx, found, outcome)
        # An error holds this frame by its traceback. If the frame held the error, both, and the message with them,
        # would stay until the collector comes by.
        del outcome
