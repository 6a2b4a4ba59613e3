"""Sections that are appended once, though the connection may be lost before the answer came."""

from collections.abc import Awaitable, Callable
from typing import Any

import msgspec

from vibes_trio.client.failures import ConnectionLost, NotSent
from vibes_trio.client.paging import Pages
from vibes_trio.wire.base import Request
from vibes_trio.wire.chat import ReqAppendChatSection, ResAppendChatSection
from vibes_trio.wire.chats import ReqReadChatSections

# Any: the request's own response comes out, see `Api.request`.
Ask = Callable[[Request[Any]], Awaitable[Any]]


async def append_once(
    ask: Ask, request: ReqAppendChatSection, after: int, tries: int
) -> ResAppendChatSection:
    """Append a section; where no answer came, look whether it is there before it is sent again.

    Args:
        after: `seq` of a section that was there before; -1: none needs to have been. It is looked for from there on.
        tries: so often it is sent.

    Raises:
        ConnectionLost: no answer came, the last time.
    """
    for tries_left in reversed(range(tries)):
        try:
            appended: ResAppendChatSection = await ask(request)
            return appended
        except ConnectionLost as error:
            if not tries_left:
                raise
            found = None if isinstance(error, NotSent) else await _find(ask, request, after)
            if found is not None:
                return ResAppendChatSection(context_id=request.context_id, seq=found, origin=request.origin)
    raise AssertionError("the last try returns or raises")


async def _find(ask: Ask, request: ReqAppendChatSection, after: int) -> int | None:
    """Return the `seq` of the section that *request* appends; None: it isn't there."""
    wanted = _content(request.blocks)
    reading = ReqReadChatSections(context_id=request.context_id, start=after + 1)
    async for page in Pages(ask, reading):
        for section in page.items:
            if section.origin == request.origin and _content(section.blocks) == wanted:
                return section.seq
    return None


def _content(blocks: msgspec.Raw) -> list[object]:
    """Return *blocks* without their times, which a server may keep in another form."""
    listed = msgspec.json.decode(blocks)
    return [
        {name: value for name, value in block.items() if name != "timestamp"}
        if isinstance(block, dict)
        else block
        for block in listed
    ]
