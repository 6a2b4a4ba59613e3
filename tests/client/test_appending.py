"""A section is there once, whatever became of the connection on the way."""

import json
from typing import Any

import msgspec
import pytest

from vibes_trio.client.appending import append_once
from vibes_trio.client.failures import ConnectionLost, NotSent
from vibes_trio.wire.chat import ReqAppendChatSection, ResAppendChatSection
from vibes_trio.wire.chats import ReadSection, ReqReadChatSections, ResReadChatSections

BLOCKS = msgspec.Raw(
    b'[{"type": "block.toplevel.line", "blockId": "b", "streamId": "s", "seq": 0, "blockNr": 0, "timestamp": "",'
    b' "sectionId": "x", "lineNr": 0, "line": "hi"}]'
)


class Chat:
    """A chat whose connection is lost as told: before a section arrives, after it did, or as it left."""

    def __init__(self, *fates: str) -> None:
        self.fates = list(fates)
        self.sections: list[tuple[str, str]] = []
        self.reads: list[int] = []

    async def ask(self, request: Any) -> Any:
        if isinstance(request, ReqReadChatSections):
            self.reads.append(int(request.start))  # type: ignore[arg-type]
            return self._page(request)
        assert isinstance(request, ReqAppendChatSection)
        fate = self.fates.pop(0) if self.fates else ""
        if fate == "unsent":
            raise NotSent("lost")
        if fate == "before":
            raise ConnectionLost("lost")
        # As a server may write it: other spaces, the members in another order, times otherwise.
        blocks = [
            {**dict(reversed(block.items())), "timestamp": None}
            for block in json.loads(bytes(request.blocks))
        ]
        self.sections.append((request.origin, json.dumps(blocks)))
        if fate == "after":
            raise ConnectionLost("lost")
        return ResAppendChatSection(context_id="c", seq=len(self.sections) - 1, origin=request.origin)

    def _page(self, request: ReqReadChatSections) -> ResReadChatSections:
        """One section an answer, so that there are several."""
        start = int(request.cursor or request.start)  # type: ignore[arg-type]
        items = [
            ReadSection(seq=seq, origin=origin, created="", blocks=msgspec.Raw(blocks.encode()))  # type: ignore[arg-type]
            for seq, (origin, blocks) in enumerate(self.sections)
            if seq == start
        ]
        more = str(start + 1) if start + 1 < len(self.sections) else ""
        return ResReadChatSections(context_id="c", items=tuple(items), next_cursor=more)


async def append(chat: Chat, after: int = -1, origin: Any = "user", tries: int = 4) -> int:
    request = ReqAppendChatSection(context_id="c", origin=origin, blocks=BLOCKS)
    return (await append_once(chat.ask, request, after, tries)).seq


@pytest.mark.parametrize(
    ("fates", "reads"),
    [
        ([], []),
        (["unsent"], []),
        (["before"], [0]),
        (["after"], [0]),
        (["before", "after"], [0, 0]),
        (["unsent", "before", "before"], [0, 0]),
    ],
)
async def test_it_is_there_once(fates: list[str], reads: list[int]) -> None:
    chat = Chat(*fates)

    assert await append(chat) == 0

    assert len(chat.sections) == 1
    assert chat.reads == reads


async def test_the_same_from_before_is_not_taken_for_it() -> None:
    """It is looked for behind the one that is named, and among those of the same origin."""
    chat = Chat()
    first = await append(chat)
    await append(chat, after=first, origin="llm")
    chat.fates = ["before"]

    assert await append(chat, after=first) == 2

    assert [origin for origin, _ in chat.sections] == ["user", "llm", "user"]


async def test_after_so_many_tries_it_is_told() -> None:
    chat = Chat(*["before"] * 9)

    with pytest.raises(ConnectionLost):
        await append(chat, tries=3)

    assert len(chat.fates) == 6
