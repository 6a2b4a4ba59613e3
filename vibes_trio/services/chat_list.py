"""Chats as their owner sees them: lists of them, reading back, titles, the apps they are about, deletion."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TypeVar

import msgspec
from msgspec import UnsetType

from vibes_trio.content.slugs import own_names, parse_app_slug, parse_user_slug
from vibes_trio.context import Ctx
from vibes_trio.errors import BadRequest
from vibes_trio.exchange import AppSlug, UserSlug
from vibes_trio.services.app_list import clamp
from vibes_trio.services.chat_search import settle
from vibes_trio.storage import chat_list, chats
from vibes_trio.storage.chat_list import ChatContext, ChatsAsked
from vibes_trio.storage.interface import Tx
from vibes_trio.wire.chats import (
    ListedChat,
    ReadSection,
    ReqDeleteChatContext,
    ReqListChatContexts,
    ReqReadChatSections,
    ReqRestoreChatContext,
    ReqSetChatContext,
    ReqShowChatSections,
    ResDeleteChatContext,
    ResListChatContexts,
    ResReadChatSections,
    ResRestoreChatContext,
    ResSetChatContext,
)
from vibes_trio.wire.cursors import read_cursor, write_cursor

C = TypeVar("C", bound=ListedChat)
S = TypeVar("S")
_ALL = 2**62
"""Above every `seq`."""


async def list_chat_contexts(ctx: Ctx, req: ReqListChatContexts) -> ResListChatContexts:
    """Return chats of who asks.

    Raises:
        BadRequest: a cursor of another list, or a slug that can't be one.
    """
    limit = clamp(req.limit, ctx)
    if (req.app_slug or req.owner_handle) and (req.deleted or req.order != "recent"):
        raise BadRequest("order, deleted: chats of apps are listed by `recent`, and no deleted ones.")
    app = _read_app(ctx, req.app_slug, req.owner_handle)
    kind = f"chats {'deleted' if req.deleted else req.order}"
    asked = ChatsAsked(
        order=req.order,
        limit=limit + 1,
        after=read_cursor(req.cursor, kind, tuple[str, str]) if req.cursor else None,
        handle=_read_handle(ctx, req.owner_handle),
        app=app[0] if app is not None else None,
        deleted=req.deleted,
    )
    await settle(ctx.app, ctx.asker.user_id)
    found = await ctx.app.db.read(chat_list.list_chats, ctx.asker.user_id, asked)
    items = found[:limit]
    cursor = ""
    if len(found) > limit:
        cursor = write_cursor(kind, chat_list.sort_key(items[-1], asked), items[-1].context_id)
    return ResListChatContexts(items=tuple(told(chat, ListedChat) for chat in items), next_cursor=cursor)


async def read_chat_sections(ctx: Ctx, req: ReqReadChatSections) -> ResReadChatSections:
    """Return sections of a chat of who asks.

    Raises:
        BadRequest: a cursor of another list.
        NotFound, NotOwner: no such chat, or somebody else's.
    """
    items, cursor = await read_page(ctx, req, ctx.app.config.limits.read_page_bytes, _read_section)
    return ResReadChatSections(context_id=req.context_id, items=items, next_cursor=cursor)


def _read_section(section: chats.Section) -> ReadSection:
    return ReadSection(
        seq=section.seq,
        origin=section.origin,
        created=section.created,
        blocks=msgspec.Raw(section.blocks_json.encode()),
    )


async def read_page(
    ctx: Ctx,
    req: ReqReadChatSections | ReqShowChatSections,
    most_bytes: int,
    tell: Callable[[chats.Section], S],
) -> tuple[tuple[S, ...], str]:
    """Return what *tell* makes of the sections that *req* asks for, and the cursor of those that follow.

    Args:
        most_bytes: of blocks that come at once, where it is more than one section.
        tell: runs in a thread of the database.

    Raises:
        BadRequest: a cursor of another list.
        NotFound, NotOwner: no such chat, or somebody else's.
    """
    kind = f"sections {'backward' if req.backward else 'forward'} {req.context_id}"
    if req.cursor:
        (start,) = read_cursor(req.cursor, kind, tuple[int])
    else:
        start = _first(req)
    page = chats.Page(start, clamp(req.limit, ctx), most_bytes, req.backward)
    items, last = await ctx.app.db.read(_read, ctx, req.context_id, page, tell)
    follows = None if last is None else last + (0 if req.backward else 1)
    return items, "" if follows is None else write_cursor(kind, follows)


def _first(req: ReqReadChatSections | ReqShowChatSections) -> int:
    if isinstance(req.start, UnsetType):
        return _ALL if req.backward else 0
    return max(0, min(req.start, _ALL))


def _read(
    tx: Tx, ctx: Ctx, context_id: str, page: chats.Page, tell: Callable[[chats.Section], S]
) -> tuple[tuple[S, ...], int | None]:
    """Return what *page* has, as it is told, and its last `seq`; None: nothing follows. In a thread of the database."""
    found = chats.read_sections(tx, ctx.asker.user_id, context_id, page)
    items = tuple(tell(section) for section in found)
    if not found:
        return items, None
    last = found[-1].seq
    is_end = last == 0 if page.backward else last + 1 >= chats.get_end(tx, ctx.asker.user_id, context_id)
    return items, None if is_end else last


async def set_chat_context(ctx: Ctx, req: ReqSetChatContext) -> ResSetChatContext:
    """Give a chat of who asks a title, or an app.

    Raises:
        BadRequest: the title is too long, or a slug can't be one.
        NotFound, NotOwner: no such chat, or somebody else's.
    """
    limits = ctx.app.config.limits
    title = None if isinstance(req.title, UnsetType) else " ".join(req.title.split())
    if title is not None and len(title) > limits.max_title_chars:
        raise BadRequest(f"title: it may have at most {limits.max_title_chars} characters.")
    app = None
    if not isinstance(req.app_slug, UnsetType):
        app = _read_app(ctx, req.app_slug, req.owner_handle) or ("", "")
    changed = await ctx.app.db.write(
        chat_list.change_chat, ctx.asker.user_id, req.context_id, title=title, app=app
    )
    return told(changed, ResSetChatContext)


async def delete_chat_context(ctx: Ctx, req: ReqDeleteChatContext) -> ResDeleteChatContext:
    """Delete a chat of who asks. Twice is once.

    Raises:
        NotFound, NotOwner: no such chat, or somebody else's.
    """
    since = await ctx.app.db.write(chat_list.delete_chat, ctx.asker.user_id, req.context_id)
    if ctx.app.db.points is not None:
        ctx.app.db.points.forget_fixed(chats.find_owner, req.context_id)
    days = timedelta(seconds=ctx.app.config.limits.undo_s)
    until = (datetime.fromisoformat(since) + days).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return ResDeleteChatContext(context_id=req.context_id, deleted_at=since, restorable_until=until)


async def restore_chat_context(ctx: Ctx, req: ReqRestoreChatContext) -> ResRestoreChatContext:
    """Undo the deletion of a chat of who asks.

    Raises:
        NotFound, NotOwner: no such chat, it is gone for good, or somebody else's.
    """
    restored = await ctx.app.db.write(
        chat_list.restore_chat, ctx.asker.user_id, req.context_id, kept_s=ctx.app.config.limits.undo_s
    )
    return told(restored, ResRestoreChatContext)


def _read_app(ctx: Ctx, app_slug: str, handle: str) -> tuple[AppSlug, UserSlug] | None:
    """Return the app that a request names; None: it names none.

    Raises:
        BadRequest: half of one, or what can't be one.
    """
    if not app_slug:
        return None
    if not handle:
        raise BadRequest("ownerHandle: whose app is it? Name the handle that it lies under.")
    own = own_names(ctx.app.config.hostname_base)
    return parse_app_slug(app_slug, own), parse_user_slug(handle, own)


def _read_handle(ctx: Ctx, handle: str) -> UserSlug | None:
    """Return the handle that a request names; None: it names none.

    Raises:
        BadRequest: it can't be one.
    """
    return parse_user_slug(handle, own_names(ctx.app.config.hostname_base)) if handle else None


def told(chat: ChatContext, shape: type[C]) -> C:
    """Return *chat* as its owner is told of it, in a record of *shape*."""
    return shape(
        context_id=chat.context_id,
        created=chat.created,
        updated=chat.updated,
        sections=chat.sections,
        title=chat.title,
        preview=chat.preview,
        app_slug=chat.app_slug,
        owner_handle=chat.user_slug,
        deleted_at=chat.deleted,
    )
