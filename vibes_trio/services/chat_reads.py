"""Chats of apps, read back: lists of them, their turns, all that stands in one."""

from collections.abc import Sequence
from typing import Annotated, Any

import msgspec

from vibes_trio.content.slugs import own_names, parse_app_slug, parse_user_slug
from vibes_trio.context import App, Ctx
from vibes_trio.exchange import AppSlug, UserId, UserSlug
from vibes_trio.services.app_list import clamp
from vibes_trio.services.me import find_default_handle
from vibes_trio.storage import app_chats, chats
from vibes_trio.storage.app_chats import AppChat, ChatsAsked, Kind, Turn
from vibes_trio.storage.interface import Tx
from vibes_trio.storage.slugs import find_slug_owner
from vibes_trio.wire.cursors import read_cursor, write_cursor
from vibes_trio.wire.names import OwnedRequest
from vibes_trio.wire.prompts import (
    ChatPrompt,
    ListedChat,
    ReqGetApplicationChat,
    ReqGetChatDetails,
    ReqGetChatResponse,
    ReqListApplicationChats,
    ReqListCodegenChats,
    ResGetApplicationChat,
    ResGetChatDetails,
    ResGetChatResponse,
    ResListApplicationChats,
    ResListCodegenChats,
    ToldSection,
    ToldTurn,
)

_ORDER = "chats"
_blocks_decoder = msgspec.json.Decoder(list[msgspec.Raw])
_Count = Annotated[int, msgspec.Meta(ge=0)]


# -- lists ------------------------------------------------------------------------------------------------


async def list_codegen_chats(ctx: Ctx, req: ReqListCodegenChats) -> ResListCodegenChats:
    """Return chats of who asks in which apps are made.

    Raises:
        BadRequest: a slug that can't be one, or a cursor of another list.
    """
    items, cursor = await _list(ctx, req, "codegen", req.app_slug, clamp(req.limit, ctx), req.cursor)
    return ResListCodegenChats(items=items, next_cursor=cursor)


async def list_application_chats(ctx: Ctx, req: ReqListApplicationChats) -> ResListApplicationChats:
    """Return chats that people have in an app: everybody's to its owner, one's own to others.

    Raises: as `list_codegen_chats`.
    """
    items, cursor = await _list(ctx, req, "application", req.app_slug, clamp(req.limit, ctx), req.cursor)
    return ResListApplicationChats(items=items, next_cursor=cursor)


# Any: requests of either list.
async def _list(
    ctx: Ctx, req: OwnedRequest[Any], kind: Kind, app_slug: str, limit: int, cursor: str
) -> tuple[tuple[ListedChat, ...], str]:
    after = read_cursor(cursor, _ORDER, tuple[str, str]) if cursor else app_chats.LAST
    found = await ctx.app.db.read(_find, ctx, req, kind, app_slug, after, limit)
    last = [write_cursor(_ORDER, one.created, one.chat_id) for one in found[limit - 1 : -1]]
    return found[:limit], "".join(last)


def _find(
    tx: Tx,
    ctx: Ctx,
    req: OwnedRequest[Any],
    kind: Kind,
    app_slug: str,
    after: tuple[str, str],
    limit: int,
) -> tuple[ListedChat, ...]:
    """Return one more than *limit*, if there are so many."""
    mine, (handle, app) = ctx.asker.user_id, _find_app(tx, ctx, req, app_slug)
    sees_all = kind == "application" and handle is not None and find_slug_owner(tx, handle) == mine
    asked = ChatsAsked(
        kind=kind,
        user_id=None if sees_all else mine,
        user_slug=handle,
        app_slug=app,
        after=after,
        limit=limit + 1,
    )
    return tuple(_listed(tx, chat, sees_all) for chat in app_chats.list_chats(tx, asked))


def _find_app(
    tx: Tx, ctx: Ctx, req: OwnedRequest[Any], app_slug: str
) -> tuple[UserSlug | None, AppSlug | None]:
    """Return of which handle and app chats are wanted; None: of any."""
    own = own_names(ctx.app.config.hostname_base)
    if not app_slug:
        return parse_user_slug(req.owner_handle, own) if req.owner_handle else None, None
    default = find_default_handle(tx, ctx.asker.user_id) or ""
    user = parse_user_slug(req.owner_handle, own) if req.owner_handle else UserSlug(default)
    return user, parse_app_slug(app_slug, own)


def _listed(tx: Tx, chat: AppChat, names_users: bool) -> ListedChat:
    return ListedChat(
        chat_id=chat.context_id,
        app_slug=chat.app_slug,
        owner_handle=chat.user_slug,
        created=chat.created,
        user_handle=(find_default_handle(tx, chat.user_id) or "") if names_users else "",
    )


# -- one chat ---------------------------------------------------------------------------------------------


async def get_application_chat(ctx: Ctx, req: ReqGetApplicationChat) -> ResGetApplicationChat:
    """Return the blocks of a chat; of one that is not there for who asks, none.

    Raises:
        BadRequest: a cursor of another chat.
    """
    (start,) = read_cursor(req.cursor, req.chat_id, tuple[_Count]) if req.cursor else (0,)
    return await ctx.app.db.read(_application_chat, ctx, req, start)


def _application_chat(tx: Tx, ctx: Ctx, req: ReqGetApplicationChat, start: int) -> ResGetApplicationChat:
    chat = app_chats.find_chat(tx, req.chat_id)
    if chat is None or ctx.asker.user_id not in (chat.user_id, find_slug_owner(tx, chat.user_slug)):
        return ResGetApplicationChat(blocks=())
    if chat.mode == "codegen" and ctx.asker.user_id != chat.user_id:
        return ResGetApplicationChat(blocks=())
    limits = ctx.app.config.limits
    page = chats.Page(start, limits.sections_told, limits.chat_answer_bytes)
    found = chats.read_sections(tx, chat.user_id, chat.context_id, page)
    end = found[-1].seq + 1 if found else start
    more = end < chats.get_end(tx, chat.user_id, chat.context_id)
    return ResGetApplicationChat(
        chat_id=chat.context_id,
        app_slug=chat.app_slug,
        owner_handle=chat.user_slug,
        blocks=tuple(block for one in found for block in _blocks_decoder.decode(one.blocks_json)),
        next_cursor=write_cursor(req.chat_id, end) if more else "",
    )


async def get_chat_details(ctx: Ctx, req: ReqGetChatDetails) -> ResGetChatDetails:
    """Return what who asks asked for in their chat of an app; without one nothing.

    Raises:
        BadRequest: a slug that can't be one.
    """
    chat, turns = await ctx.app.db.read(_newest_turns, ctx, req)
    return ResGetChatDetails(
        chat_id=chat.context_id if chat is not None else "",
        app_slug=req.app_slug,
        owner_handle=req.owner_handle,
        prompts=tuple(
            ChatPrompt(prompt=turn.prompt, fs_id=turn.fs_id, created=turn.created)
            for turn in turns
            if turn.fs_id
        ),
    )


async def get_chat_response(ctx: Ctx, req: ReqGetChatResponse) -> ResGetChatResponse:
    """Return turns of the chat in which who asks makes an app, newest first; without one none.

    Raises:
        BadRequest: a slug that can't be one.
    """
    chat, turns = await ctx.app.db.read(_told_turns, ctx, req)
    return ResGetChatResponse(
        chat_id=chat.context_id if chat is not None else "",
        app_slug=req.app_slug,
        owner_handle=req.owner_handle,
        turns=turns,
    )


def _newest_turns(
    tx: Tx, ctx: Ctx, req: ReqGetChatDetails | ReqGetChatResponse, prompt_id: str = ""
) -> tuple[AppChat | None, tuple[Turn, ...]]:
    chat = _find_codegen(tx, ctx.app, ctx.asker.user_id, req)
    if chat is None:
        return None, ()
    return chat, app_chats.list_turns(tx, chat.context_id, ctx.app.config.limits.list_items, prompt_id)


def _find_codegen(
    tx: Tx, app: App, user_id: UserId, req: ReqGetChatDetails | ReqGetChatResponse
) -> AppChat | None:
    own = own_names(app.config.hostname_base)
    user, slug = parse_user_slug(req.owner_handle, own), parse_app_slug(req.app_slug, own)
    chat = app_chats.find_codegen_chat(tx, user_id, user, slug)
    return chat if chat is not None and req.chat_id in ("", chat.context_id) else None


def _told_turns(tx: Tx, ctx: Ctx, req: ReqGetChatResponse) -> tuple[AppChat | None, tuple[ToldTurn, ...]]:
    """Return the turns that fit; at least one, as far as that does."""
    chat, turns = _newest_turns(tx, ctx, req, req.prompt_id)
    if chat is None:
        return None, ()
    limits = ctx.app.config.limits
    told, room = list[ToldTurn](), limits.chat_answer_bytes
    for turn in turns:
        most = min(limits.sections_told, app_chats.find_end(tx, turn) - turn.first_seq)
        page = chats.Page(turn.first_seq, most, max(0, room))
        found = chats.read_sections(tx, chat.user_id, chat.context_id, page)
        room -= sum(len(one.blocks_json) for one in found)
        if told and (room < 0 or len(found) < most):
            break
        told.append(_told(turn, found))
    return chat, tuple(told)


def _told(turn: Turn, found: Sequence[chats.Section]) -> ToldTurn:
    return ToldTurn(
        chat_id=turn.context_id,
        prompt_id=turn.prompt_id,
        created=turn.created,
        fs_id=turn.fs_id,
        sections=tuple(
            ToldSection(block_seq=one.seq - turn.first_seq, blocks=msgspec.Raw(one.blocks_json.encode()))
            for one in found
        ),
    )
