"""Chats: the contexts that apps come from, and the sections in them."""

import secrets
from functools import partial

import base58
from msgspec import UnsetType

from vibes_trio.context import Ctx
from vibes_trio.errors import BadRequest
from vibes_trio.exchange import Later, of_value
from vibes_trio.services.given import Section, read_section
from vibes_trio.steps import run_in_turns, run_through
from vibes_trio.storage import chats
from vibes_trio.wire.chat import (
    Origin,
    ReqAppendChatSection,
    ReqEnsureChatContext,
    ResAppendChatSection,
    ResEnsureChatContext,
)

CONTEXT_ID_BYTES = 12
AT_ONCE_BYTES = 4 * 1024
"""Blocks up to this are read without a pause."""


def find_chat_context(ctx: Ctx, req: ReqEnsureChatContext) -> ResEnsureChatContext | None:
    """Return the context asked for if it is known at once to be the asker's: nothing has to be written then.

    Raises:
        BadRequest: see `ensure_chat_context`.
    """
    if isinstance(req.context_id, UnsetType):
        return None
    wanted = check_context_id(req.context_id, ctx.app.config.limits.max_context_id_chars)
    points = ctx.app.db.points
    # A context never goes, and never changes its owner.
    if points is None or points.get_fixed(chats.find_owner, wanted) != ctx.asker.user_id:
        return None
    return ResEnsureChatContext(context_id=wanted)


async def ensure_chat_context(ctx: Ctx, req: ReqEnsureChatContext) -> ResEnsureChatContext:
    """Return the context asked for, made if it is unknown; without an id a new one.

    Raises:
        BadRequest: an id that is empty, too long or not printable.
        NotOwner: the context is someone else's.
        LimitReached: the user has as many as he may.
    """
    found = find_chat_context(ctx, req)
    if found is not None:
        return found
    wanted = None if isinstance(req.context_id, UnsetType) else req.context_id
    context_id = await ctx.app.db.write(
        chats.ensure_context, ctx.asker.user_id, wanted, random_context_id, limit=ctx.app.config.max_chats
    )
    return ResEnsureChatContext(context_id=context_id)


def append_at_once(ctx: Ctx, req: ReqAppendChatSection) -> Later[ResAppendChatSection] | None:
    """As `append_chat_section`; None: its turn has not come, or it is too long to be read in one step."""
    if len(bytes(req.blocks)) > AT_ONCE_BYTES or not (ctx.turn is None or ctx.turn.has_come):
        return None
    return _append(ctx, req, run_through(read_section(req, ctx.app.config.limits)))


async def append_chat_section(ctx: Ctx, req: ReqAppendChatSection | Section) -> ResAppendChatSection:
    """Append a section. What is answered is on disk.

    Sections of one connection and context are handed to the database in the order in which they came:
    the turn is passed on as soon as the write stands in its queue.

    Raises:
        NotFound: no such context.
        NotOwner: it is someone else's.
        LimitReached: the user's chats hold all that they may.
        TooLarge: too many blocks, or a timestamp that goes on and on.
    """
    if isinstance(req, Section):
        blocks = req.blocks_json
    else:
        blocks = await run_in_turns(read_section(req, ctx.app.config.limits))
    if ctx.turn is not None:
        await ctx.turn.wait()
    return await _append(ctx, req, blocks)


def _append(ctx: Ctx, req: ReqAppendChatSection | Section, blocks: bytes) -> Later[ResAppendChatSection]:
    config = ctx.app.config
    quota = chats.ChatQuota(config.max_chat_sections, config.max_chat_bytes)
    section = chats.NewSection(ctx.asker.user_id, req.context_id, req.origin, blocks, quota)
    pending = ctx.app.db.submit_item(chats.append_sections, section)
    if ctx.turn is not None:
        ctx.turn.pass_on()
    return Later(pending, of_value(partial(_appended, req.context_id, req.origin)))


def _appended(context_id: str, origin: Origin, seq: int) -> ResAppendChatSection:
    return ResAppendChatSection(context_id=context_id, seq=seq, origin=origin)


def random_context_id() -> str:
    """Return a new id: 12 random bytes in base58btc, 17 or 18 characters, as the reference makes them."""
    return "z" + base58.b58encode(secrets.token_bytes(CONTEXT_ID_BYTES)).decode("ascii")


def check_context_id(context_id: str, max_chars: int) -> str:
    """Return *context_id* if it can be one.

    Raises:
        BadRequest: it is empty, longer than *max_chars* or has a character that can't be printed.
    """
    if not 1 <= len(context_id) <= max_chars or not context_id.isprintable():
        raise BadRequest(
            f"contextId: 1 to {max_chars} printable characters are wanted; leave it out for a new one."
        )
    return context_id
