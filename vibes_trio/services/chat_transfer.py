"""Chats out of this server and into it, in our form and in those of other programs."""

from collections import Counter
from functools import partial

import msgspec
import trio

from vibes_trio.content.chat_formats import Chat, Said, texts_of, write_chatgpt, write_open_webui
from vibes_trio.content.chat_text import read_blocks
from vibes_trio.context import App, Ctx
from vibes_trio.errors import TooLarge, VibesError
from vibes_trio.exchange import UserId
from vibes_trio.services.chat import random_context_id
from vibes_trio.services.chat_import import Import, NewChat, read_import
from vibes_trio.storage import chat_list, chats
from vibes_trio.storage.interface import Tx, unix_of
from vibes_trio.wire.base import encode
from vibes_trio.wire.chats import (
    ExportedChat,
    ExportedSection,
    ImportedChat,
    ReqExportChatContext,
    ReqImportChatContexts,
    ResExportChatContext,
    ResImportChatContexts,
)

TOO_LONG_CHARS = 1024 * 1024
"""A section that has more is not taken apart for other programs."""
PAGE = 64


async def export_chat_context(ctx: Ctx, req: ReqExportChatContext) -> ResExportChatContext:
    """Return a chat of who asks as a document.

    Raises:
        NotFound, NotOwner: no such chat, or somebody else's.
        TooLarge: it has more than fits into one answer.
    """
    return await ctx.app.db.read(_export, ctx, req)


def _export(tx: Tx, ctx: Ctx, req: ReqExportChatContext) -> ResExportChatContext:
    """As `export_chat_context`. In a thread of the database."""
    known = chat_list.get_chat(tx, ctx.asker.user_id, req.context_id)
    most = ctx.app.config.limits.export_bytes
    sections: list[chats.Section] = []
    size = 0
    while found := _page(tx, ctx, req.context_id, len(sections)):
        sections += found
        size += sum(len(section.blocks_json) for section in found)
        if size > most:
            raise TooLarge(
                f"This chat has more than {most} bytes: read it by read-chat-sections.",
                limit="export_bytes",
                value=most,
            )
    title = known.title or known.preview
    if req.format == "vibes":
        return ResExportChatContext(format=req.format, content=_write_ours(known, sections))
    chat = Chat(title, [])
    for section in sections:
        _add(chat, section)
    created = unix_of(known.created)
    write = write_open_webui if req.format == "open-webui" else write_chatgpt
    return ResExportChatContext(
        format=req.format,
        content=msgspec.Raw(encode(write(chat, known.context_id, created))),
        left_out=dict(chat.left_out),
    )


def _page(tx: Tx, ctx: Ctx, context_id: str, start: int) -> tuple[chats.Section, ...]:
    page = chats.Page(start, PAGE, ctx.app.config.limits.read_page_bytes)
    return chats.read_sections(tx, ctx.asker.user_id, context_id, page)


def _write_ours(known: chat_list.ChatContext, sections: list[chats.Section]) -> msgspec.Raw:
    told = tuple(
        ExportedSection(
            origin=section.origin, created=section.created, blocks=msgspec.Raw(section.blocks_json.encode())
        )
        for section in sections
    )
    return msgspec.Raw(encode(ExportedChat(title=known.title, created=known.created, sections=told)))


def _add(chat: Chat, section: chats.Section) -> None:
    if len(section.blocks_json) > TOO_LONG_CHARS:
        chat.left_out["sections that are too long"] += 1
        return
    found = texts_of(read_blocks(section.blocks_json), section.origin)
    at = unix_of(section.created)
    chat.said += [Said(said.role, said.text, at) for said in found.said]
    chat.left_out.update(found.left_out)


async def import_chat_contexts(ctx: Ctx, req: ReqImportChatContexts | Import) -> ResImportChatContexts:
    """Make chats of who asks from a document, all or none.

    Raises:
        BadRequest: it is no export of that program.
        TooLarge: too many chats or sections.
        LimitReached: the user's chats hold all that they may.
    """
    app = ctx.app
    # In a thread: a short text may be many lines, and so many blocks.
    given = (
        req
        if isinstance(req, Import)
        else await trio.to_thread.run_sync(partial(read_import, req, app.config.limits))
    )
    size = sum(len(blocks) for chat in given.chats for _, blocks in chat.sections)
    made = await app.db.write_long(size, _store, app, ctx.asker.user_id, given.chats)
    return ResImportChatContexts(items=made, left_out=dict(+Counter(given.left_out)))


def _store(tx: Tx, app: App, user_id: UserId, given: tuple[NewChat, ...]) -> tuple[ImportedChat, ...]:
    config = app.config
    quota = chats.ChatQuota(config.max_chat_sections, config.max_chat_bytes)
    made = []
    for chat in given:
        context_id = chats.ensure_context(tx, user_id, None, random_context_id, limit=config.max_chats)
        title = " ".join(chat.title.split())[: config.limits.max_title_chars]
        chat_list.change_chat(tx, user_id, context_id, title=title)
        new = [
            chats.NewSection(user_id, context_id, origin, blocks, quota) for origin, blocks in chat.sections
        ]
        for answer in chats.append_sections(tx, new) if new else ():
            if isinstance(answer, VibesError):
                raise answer
        made.append(ImportedChat(context_id=context_id, title=title, sections=len(new)))
    return tuple(made)
