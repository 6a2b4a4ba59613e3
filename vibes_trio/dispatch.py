"""The walk along the pipeline: the first handler that knows an incoming answers it.

Knows neither sockets nor Quart. A reply is a return value, never written to something shared.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, Generic, TypeVar

from vibes_trio.context import Ctx
from vibes_trio.errors import UnknownType
from vibes_trio.exchange import HttpIncoming, Reply
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
        handle: answers, or leaves it to a later handler.
        post: runs when the walk is over, in order, for every handler that was visited, whatever happened;
            being sync it works during cancellation.
    """

    name: str
    validate: Callable[[Incoming], T | None]
    handle: Callable[[Ctx, T], Awaitable[Reply | Continue]]
    post: Callable[[Ctx, T, Outcome], None] | None = None


# Handlers of different payloads stand in one tuple: what `validate` returns goes only to its own `handle`.
Pipeline = Sequence[Handler[Any]]


async def dispatch(ctx: Ctx, pipeline: Pipeline, incoming: Incoming) -> Reply:
    """Return the reply of the first handler of *pipeline* that gives one.

    Raises:
        UnknownType: no handler answers *incoming*.
        VibesError: what a handler raised.
    """
    visited: list[tuple[Handler[Any], Any]] = []
    outcome = Outcome()
    try:
        for handler in pipeline:
            found = handler.validate(incoming)
            if found is None:
                continue
            visited.append((handler, found))
            result = await handler.handle(ctx, found)
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
