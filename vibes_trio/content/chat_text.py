"""What a section of a chat says, as text: what people search in, and what other programs understand (blocks.md)."""

import re
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import msgspec

DECODED_CHARS = 128 * 1024
LOOKED_AT_CHARS = 1024 * 1024
_LINES = re.compile(r'"(?:line|content|text)":("(?:[^"\\]|\\.)*")')
_decoder = msgspec.json.Decoder(list[dict[str, Any]])


def read_blocks(blocks_json: str | bytes) -> list[dict[str, Any]]:
    """Return the blocks of a section as they are stored; none where they can't be read (a damaged database)."""
    try:
        return _decoder.decode(blocks_json)
    except msgspec.DecodeError:
        return []


def text_of(blocks_json: str, most_chars: int) -> str:
    """Return what a section says, at most so much of it: prompts, prose and code, a line each."""
    parts: list[str] = []
    size = 0
    for line in _all_lines(blocks_json):
        parts.append(line[: most_chars - size])
        size += len(line) + 1
        if size >= most_chars:
            break
    return "\n".join(parts)


def _all_lines(blocks_json: str) -> Iterator[str]:
    if len(blocks_json) <= DECODED_CHARS:
        for block in read_blocks(blocks_json):
            yield from _lines_of(block)
        return
    # To decode a long one would hold everybody up who runs Python; its beginning says what is looked for.
    for match in _LINES.finditer(blocks_json, 0, LOOKED_AT_CHARS):
        # A database of the reference's, or an import, may hold half a surrogate, which is no text here.
        with suppress(msgspec.DecodeError):
            yield str(msgspec.json.decode(match[1].encode()))


def _lines_of(block: dict[str, Any]) -> Iterator[str]:
    kind = block.get("type")
    if kind in ("block.toplevel.line", "block.code.line"):
        yield str(block.get("line", ""))
    elif kind in ("prompt.txt", "prompt.req"):
        for _, content in messages_of(block):
            yield content


def messages_of(block: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield role and text of each message of a prompt; parts that are no text are left out."""
    request = block.get("request")
    messages = request.get("messages") if isinstance(request, dict) else None
    for message in messages if isinstance(messages, list) else ():
        if not isinstance(message, dict):
            continue
        content = message.get("content")
        if isinstance(content, list):
            content = "".join(
                str(part.get("text", ""))
                for part in content
                if isinstance(part, dict) and part.get("type") == "text"
            )
        if isinstance(content, str):
            yield str(message.get("role", "user")), content
