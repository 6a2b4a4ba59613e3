"""Lists that are longer than one answer: the answers one after another, each asked for when it is wanted."""

from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

import msgspec

from vibes_trio.wire.base import Request, Response

R = TypeVar("R", bound=Response)


class Pages(Generic[R]):
    """The answer to *request*, whose kind lists things, and those that follow, to the end of the list.

    No generator, as it may be left at any time: there is nothing to tidy up.
    """

    def __init__(self, ask: Callable[[Request[R]], Awaitable[R]], request: Request[R]) -> None:
        self._ask = ask
        self._next: Request[R] | None = request

    def __aiter__(self) -> "Pages[R]":
        return self

    async def __anext__(self) -> R:
        """Return the next answer."""
        if self._next is None:
            raise StopAsyncIteration
        page = await self._ask(self._next)
        cursor = getattr(page, "next_cursor", "")
        self._next = msgspec.structs.replace(self._next, cursor=cursor) if cursor else None
        return page
