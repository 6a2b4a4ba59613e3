"""Sections of a chat as text that people read and write. Pure."""

import json
import secrets
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from vibes_trio.wire.base import encode
from vibes_trio.wire.chat import (
    Block,
    ChatMessage,
    LlmRequest,
    Origin,
    PromptTxt,
    Stats,
    ToplevelBegin,
    ToplevelEnd,
    ToplevelLine,
)

ID_BYTES = 9


class _Messages(msgspec.Struct, frozen=True):
    messages: tuple[ChatMessage, ...] = ()


class _Said(msgspec.Struct, frozen=True):
    """What a block says; whatever else there is of it, and whether that is as it should be, doesn't matter here."""

    type: str
    request: _Messages = _Messages()
    line: str = ""
    lang: str = ""
    url: str = ""


_said_decoder = msgspec.json.Decoder(list[_Said])


def blocks_of(text: str, origin: Origin, now_iso: str) -> msgspec.Raw:
    """Return the blocks of a section that says *text*: a question of a user, or lines of an answer."""
    stream = secrets.token_urlsafe(ID_BYTES)
    if origin == "user":
        asked = LlmRequest(model="", messages=[ChatMessage(role="user", content=text)])
        blocks: list[Block] = [PromptTxt(stream_id=stream, timestamp=now_iso, request=asked)]
    else:
        blocks = list(_answer(text, stream, now_iso))
    return msgspec.Raw(encode(blocks))


def _answer(text: str, stream: str, now_iso: str) -> Iterator[Block]:
    # Any: the members that all blocks share.
    common: dict[str, Any] = {
        "block_id": secrets.token_urlsafe(ID_BYTES),
        "stream_id": stream,
        "block_nr": 0,
        "timestamp": now_iso,
        "section_id": secrets.token_urlsafe(ID_BYTES),
    }
    lines = text.split("\n")
    yield ToplevelBegin(seq=0, **common)
    for number, line in enumerate(lines):
        yield ToplevelLine(seq=number + 1, line_nr=number, line=line, **common)
    stats = Stats(lines=len(lines), bytes=len(text.encode()))
    yield ToplevelEnd(seq=len(lines) + 1, stats=stats, **common)


def text_of(blocks: msgspec.Raw) -> str:
    """Return what a section says, code between fences; blocks of a kind that isn't known say nothing."""
    try:
        return "\n".join(_lines(_said_decoder.decode(blocks)))
    except msgspec.DecodeError:
        return json.dumps(msgspec.json.decode(blocks), ensure_ascii=False)


def _lines(blocks: Iterable[_Said]) -> Iterator[str]:
    for block in blocks:
        match block.type:
            case "prompt.txt":
                yield from (message.content for message in block.request.messages)
            case "block.toplevel.line" | "block.code.line":
                yield block.line
            case "block.code.begin":
                yield f"```{block.lang}"
            case "block.code.end":
                yield "```"
            case "block.image":
                yield block.url
            case _:
                pass
