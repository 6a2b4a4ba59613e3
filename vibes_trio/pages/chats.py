"""The pages of chats: what there is, what was found, and one of them to be read."""

from collections.abc import Mapping, Sequence
from typing import Literal, cast
from urllib.parse import quote, urlencode

from msgspec import UNSET

from vibes_trio.pages.visit import Shown, Visit
from vibes_trio.wire.apps import ReqListRecentVibes
from vibes_trio.wire.chats import (
    ReqListChatContexts,
    ReqSearchChats,
    ReqShowChatSections,
    ResShowChatSections,
    ShownSection,
)

CHATS = "/chats"
CHAT = f"{CHATS}/<path:context_id>"
Order = Literal["recent", "created", "title"]
ORDERS: Mapping[Order, str] = {"recent": "Latest words", "created": "Newest", "title": "Title"}
LISTED = 30
READ = 20
MAX_QUERY_DIGITS = 18


def chat_path(context_id: str, **query: object) -> str:
    """Return where a chat is read; *query*: from where on."""
    path = f"{CHATS}/{quote(context_id, safe='')}"
    return f"{path}?{urlencode(query)}" if query else path


async def chats_page(visit: Visit) -> Shown:
    """Show the chats of whoever is signed in: all, those of an app, deleted ones; or what is found in them."""
    query = visit.query
    words = query.get("q", "").strip()
    if words:
        return await _found_page(visit, words)
    slug, _, handle = query.get("app", "").partition(" ")
    order = cast("Order", query["order"]) if query.get("order") in ORDERS else "recent"
    is_deleted = query.get("deleted") == "1"
    asked = ReqListChatContexts(
        limit=LISTED,
        cursor=query.get("cursor", ""),
        order="recent" if slug else order,
        app_slug=slug,
        owner_handle=handle,
        deleted=is_deleted and not slug,
    )
    listed = await visit.ask(asked)
    given = {
        "chats": listed.items,
        "chosen_app": query.get("app", "") if slug else "",
        "apps": (await visit.ask(ReqListRecentVibes(limit=100))).items,
        "order": asked.order,
        "orders": ORDERS,
        "deleted": asked.deleted,
        "more": _further(query, listed.next_cursor),
        "is_first": not asked.cursor,
        "chat_path": chat_path,
    }
    return Shown("chats.html", given)


async def _found_page(visit: Visit, words: str) -> Shown:
    found = await visit.ask(ReqSearchChats(text=words, limit=LISTED, cursor=visit.query.get("cursor", "")))
    given = {
        "words": words,
        "found": found.items,
        "more": _further(visit.query, found.next_cursor),
        "chat_path": chat_path,
    }
    return Shown("chats_found.html", given)


def _further(query: Mapping[str, str], cursor: str) -> str:
    """Return the address of what follows; empty: nothing does."""
    return f"{CHATS}?{urlencode({**query, 'cursor': cursor})}" if cursor else ""


async def chat_page(visit: Visit, context_id: str) -> Shown:
    """Show a chat: its last sections, those before one (`before`), or from one on (`from`)."""
    before, first = (_number(visit.query, name) for name in ("before", "from"))
    if first is not None:
        told = await visit.ask(ReqShowChatSections(context_id=context_id, start=first, limit=READ))
        sections = told.items
    else:
        start = UNSET if before is None else before
        asked = ReqShowChatSections(context_id=context_id, limit=READ, backward=True, start=start)
        told = await visit.ask(asked)
        sections = told.items[::-1]
    return Shown("chat.html", _given(told, sections))


def _given(told: ResShowChatSections, sections: Sequence[ShownSection]) -> Mapping[str, object]:
    chat = told.chat
    first = sections[0].seq if sections else 0
    after = sections[-1].seq + 1 if sections else 0
    return {
        "chat": chat,
        "title": chat.title or chat.preview or "Chat without words",
        "sections": sections,
        "earlier": chat_path(chat.context_id, before=first) if first > 0 else "",
        "later": chat_path(chat.context_id, **{"from": after}) if 0 < after < chat.sections else "",
        "last": after - 1,
    }


def _number(query: Mapping[str, str], name: str) -> int | None:
    text = query.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) <= MAX_QUERY_DIGITS else None
