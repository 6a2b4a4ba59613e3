"""Search in one's chats; and looking chats through for it, behind their appends."""

import logging
from functools import partial

import trio

from vibes_trio.content.chat_text import text_of
from vibes_trio.context import App, Ctx
from vibes_trio.errors import BadRequest, VibesError
from vibes_trio.exchange import UserId
from vibes_trio.services.app_list import clamp
from vibes_trio.storage import chat_index, chats
from vibes_trio.storage.interface import Hit, SearchAsked
from vibes_trio.wire.chats import FoundSection, ReqSearchChats, ResSearchChats, SnippetPart
from vibes_trio.wire.cursors import read_cursor, write_cursor

log = logging.getLogger(__name__)

LOOKS = 100
"""Of chats that have more so many are looked at, in the event loop, for those of who asks."""


async def search_chats(ctx: Ctx, req: ReqSearchChats) -> ResSearchChats:
    """Return sections of chats of who asks.

    Raises:
        BadRequest: no word to look for, or a cursor of another search.
        NotFound, NotOwner: no such chat, or somebody else's.
    """
    app, user_id = ctx.app, ctx.asker.user_id
    words = tuple(req.text[: app.config.limits.max_search_chars].split())
    if not any(any(map(str.isalnum, word)) for word in words):
        raise BadRequest("text: name at least one word to look for.")
    if req.context_id:
        await app.db.get(chats.check_owner, user_id, req.context_id)
    limit = clamp(req.limit, ctx)
    after = read_cursor(req.cursor, "found", tuple[int])[0] if req.cursor else None
    await settle(app, user_id)
    asked = SearchAsked(words, limit + 1, after, req.context_id)
    found = await app.db.read(app.db.chat_search.find, user_id, asked)
    items = found[:limit]
    cursor = write_cursor("found", items[-1].place) if len(found) > limit else ""
    return ResSearchChats(items=tuple(_told(hit) for hit in items), next_cursor=cursor)


def _told(hit: Hit) -> FoundSection:
    return FoundSection(
        context_id=hit.context_id,
        seq=hit.seq,
        origin=hit.origin,
        created=hit.created,
        title=hit.title,
        snippet=tuple(SnippetPart(text=part.text, hit=part.hit) for part in hit.snippet),
    )


async def settle(app: App, user_id: UserId) -> None:
    """Look chats of *user_id* through that have more, for a moment at most: what they have just said is found, too."""
    points = app.db.points
    if points is None:
        return  # it would take a look at the database for each
    with trio.move_on_after(app.config.limits.index_settle_s):
        while True:
            chat = app.to_index.take_late(
                lambda one: points.get_fixed(chats.find_owner, one) == user_id, LOOKS
            )
            if chat is None:
                return
            await index_chat(app, chat)


async def index_chat(app: App, context_id: str) -> None:
    """Look through what a chat has more. What is not done, as time was over, is taken up again later.

    Raises:
        VibesError: the database can't be read, or written, at the moment.
    """
    limits = app.config.limits
    done = False
    try:
        async with app.to_index.turn:
            while (looked := await _look(app, context_id)) is not None:
                # As a long write, so that whoever adds a line to a chat comes between.
                await app.db.write_long(
                    limits.long_write_bytes, chat_index.note_looked, app.db.chat_search, looked
                )
            done = True
    except VibesError:
        raise
    except Exception:  # a bug of ours must not keep all other chats from being found, nor end the server
        log.exception("a chat can't be looked through; it is left out until it has more")
        done = True
    finally:
        if not done:
            app.to_index.add([context_id])


async def _look(app: App, context_id: str) -> chat_index.Looked | None:
    limits = app.config.limits
    read = partial(text_of, most_chars=limits.indexed_chars)
    looked = await app.db.read(chat_index.look_through, context_id, limits.indexed_at_once, read)
    return looked and chat_index.shortened(looked, limits.preview_chars)


async def find_unindexed(app: App) -> None:
    """Have the chats be looked through that the table says have more.

    Raises:
        VibesError: it can't be read at the moment.
    """
    app.to_index.all = False
    after = ""
    try:
        while True:
            after, some = await app.db.read(chat_index.list_unindexed, after, app.config.limits.index_page)
            app.to_index.add(some)
            if not after:
                return
            while app.to_index and (chat := app.to_index.take()) is not None:
                await index_chat(app, chat)
    except (VibesError, trio.Cancelled):
        app.to_index.all = True
        raise
