"""Chats that come from elsewhere, read as far as that needs no storage: in a process beside where they are long."""

import secrets
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import msgspec

from vibes_trio.beside.pool import Packed
from vibes_trio.config import Limits
from vibes_trio.content.chat_formats import Chat, Said, blocks_of, read_chatgpt, read_open_webui
from vibes_trio.errors import BadRequest, TooLarge
from vibes_trio.wire.base import encode
from vibes_trio.wire.chat import Block, Origin
from vibes_trio.wire.chats import ExportedChat, ReqImportChatContexts

_READERS = {"open-webui": read_open_webui, "chatgpt": read_chatgpt}
_MARKS = {"open-webui": ("chat", "history", "messages"), "chatgpt": ("mapping",)}
"""Members of which a chat of that program has one."""
_ours_decoder = msgspec.json.Decoder(ExportedChat | list[ExportedChat])
_blocks_decoder = msgspec.json.Decoder(list[Block])
_others_decoder = msgspec.json.Decoder(dict[str, Any] | list[dict[str, Any]])


@dataclass(frozen=True, slots=True)
class NewChat:
    """A chat to be made. *sections*: origin and blocks, as JSON in UTF-8, each."""

    title: str
    sections: tuple[tuple[Origin, bytes], ...]


@dataclass(frozen=True, slots=True)
class Import:
    """What an import brings. *left_out*: what could not be carried, and how many of it."""

    chats: tuple[NewChat, ...]
    left_out: dict[str, int]


def read_import(req: ReqImportChatContexts, limits: Limits) -> Import:
    """Return the chats of *req*.

    Raises:
        BadRequest: it is no export of that program.
        TooLarge: too many chats or sections.
    """
    left_out: Counter[str] = Counter()
    try:
        chats = tuple(_read_ours(req) if req.format == "vibes" else _read_others(req, limits, left_out))
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise BadRequest(f"content: this is no export of {req.format}: {error}"[:300]) from None
    sections = sum(len(chat.sections) for chat in chats)
    for count, limit in ((len(chats), "import_chats"), (sections, "import_sections")):
        most = getattr(limits, limit)
        if count > most:
            raise TooLarge(f"content: {count} are too many at once, at most {most}.", limit=limit, value=most)
    return Import(chats, dict(left_out))


class _Heads(msgspec.Struct, frozen=True):
    """An import without its blocks: of each chat the title and its sections' origins."""

    chats: tuple[tuple[str, tuple[Origin, ...]], ...]
    left_out: dict[str, int]


_heads_decoder = msgspec.json.Decoder(_Heads)


def pack_import(req: ReqImportChatContexts, limits: Limits) -> Packed:
    """Return *req*, read, for another process."""
    read = read_import(req, limits)
    heads = tuple((chat.title, tuple(origin for origin, _ in chat.sections)) for chat in read.chats)
    blocks = tuple(blocks for chat in read.chats for _, blocks in chat.sections)
    return Packed(encode(_Heads(heads, read.left_out)), blocks)


def unpack_import(packed: Packed) -> Import:
    """Return what was packed. Of the blocks none are copied."""
    heads, parts = _heads_decoder.decode(packed.text), iter(packed.parts)
    chats = [
        NewChat(title, tuple((origin, next(parts)) for origin in origins)) for title, origins in heads.chats
    ]
    return Import(tuple(chats), heads.left_out)


def _read_ours(req: ReqImportChatContexts) -> Iterator[NewChat]:
    found = _ours_decoder.decode(req.content)
    for chat in found if isinstance(found, list) else [found]:
        for section in chat.sections:
            _blocks_decoder.decode(section.blocks)
        sections = tuple((section.origin, bytes(section.blocks)) for section in chat.sections)
        yield NewChat(chat.title, sections)


def _read_others(req: ReqImportChatContexts, limits: Limits, left_out: Counter[str]) -> Iterator[NewChat]:
    found = _others_decoder.decode(req.content)
    for number, given in enumerate(found if isinstance(found, list) else [found]):
        _check_format(given, req.format, f"content[{number}]" if isinstance(found, list) else "content")
        chat = _READERS[req.format](given)
        left_out.update(chat.left_out)
        yield NewChat(chat.title, tuple(_sections(chat, limits)))


def _check_format(given: dict[str, Any], program: str, where: str) -> None:
    """Make sure that *given* is a chat of *program*, not of another, which would be read as one that is empty."""
    if given.keys().isdisjoint(_MARKS[program]):
        missing = " or ".join(f"`{name}`" for name in _MARKS[program])
        raise BadRequest(f"{where}: this is no export of {program}: it has no {missing}.")


def _sections(chat: Chat, limits: Limits) -> Iterator[tuple[Origin, bytes]]:
    for said in chat.said:
        stream_id = "z" + secrets.token_hex(8)
        blocks = blocks_of(said, stream_id, _iso(said), limits.max_blocks_per_section)
        yield "llm" if said.role == "assistant" else "user", encode(blocks)


def _iso(said: Said) -> str:
    """Return when it was said; a time that can't be is the first of all."""
    try:
        at = datetime.fromtimestamp(said.at, UTC)
    except (ValueError, OverflowError, OSError):
        at = datetime.fromtimestamp(0, UTC)
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
