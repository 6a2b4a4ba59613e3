"""Chats as their owner sees them: lists, titles, the apps they belong to, deletion and its undoing.

Times are ISO text; empty: never. A deleted chat is not found, though its rows stay for a while.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from vibes_trio.errors import NotFound
from vibes_trio.exchange import AppSlug, UserId, UserSlug
from vibes_trio.storage.chats import check_owner, find_any
from vibes_trio.storage.feed import Sections
from vibes_trio.storage.interface import Row, Tx, Value

Order = Literal["recent", "created", "title"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatContext:
    """A chat.

    Attributes:
        updated: when it was appended to last, as far as its sections are looked through.
        title: what its owner calls it; empty: nothing.
        preview: the beginning of its text.
        app_slug, user_slug: the app that it is about; empty: none.
        sections: how many it has.
        deleted: since when it waits to be gone for good.
    """

    context_id: str
    created: str
    updated: str
    title: str
    preview: str
    app_slug: AppSlug
    user_slug: UserSlug
    sections: int
    deleted: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatsAsked:
    """Which chats are wanted.

    Attributes:
        after: sort key and id of the last that is known; None: from the first on.
        handle: those of apps of this handle alone, by `recent`; and of them those of *app*.
        deleted: those that are deleted, last deleted first.
    """

    order: Order
    limit: int
    after: tuple[str, str] | None = None
    handle: UserSlug | None = None
    app: AppSlug | None = None
    deleted: bool = False


_COLUMNS = (
    "contextId, created, updated, title, preview, appSlug, userSlug,"
    " coalesce((SELECT max(seq) + 1 FROM ChatSections AS s WHERE s.contextId = c.contextId), 0), deleted"
)
# By order: the column of the sort key, and the direction of the list.
_KEYS: Mapping[Order, tuple[str, str]] = {
    "recent": ("updated", "DESC"),
    "created": ("created", "DESC"),
    "title": ("title", "ASC"),
}


def list_chats(tx: Tx, user_id: UserId, asked: ChatsAsked) -> tuple[ChatContext, ...]:
    """Return chats of *user_id*: last changed first, youngest first, or by title, those without a title first."""
    key, direction = ("deleted", "DESC") if asked.deleted else _KEYS[asked.order]
    where = "userId = ?"
    params: list[Value] = [user_id]
    where += " AND deleted <> ''" if asked.deleted else " AND deleted = ''"
    if asked.handle is not None:
        where += " AND appSlug <> '' AND userSlug = ?"
        params.append(asked.handle)
    if asked.app is not None:
        where += " AND appSlug = ?"
        params.append(asked.app)
    if asked.after is not None:
        where += f" AND ({key}, contextId) {'<' if direction == 'DESC' else '>'} (?, ?)"
        params += asked.after
    rows = tx.execute(
        f"SELECT {_COLUMNS} FROM ChatContexts AS c WHERE {where}"
        f" ORDER BY {key} {direction}, contextId {direction} LIMIT ?",
        (*params, asked.limit),
    )
    return tuple(_chat(row) for row in rows)


def sort_key(chat: ChatContext, asked: ChatsAsked) -> str:
    """Return the sort key of *chat* in the list that *asked* says."""
    key = "deleted" if asked.deleted else _KEYS[asked.order][0]
    return str(getattr(chat, key))


def get_chat(tx: Tx, user_id: UserId, context_id: str) -> ChatContext:
    """Return a chat of *user_id*.

    Raises:
        NotFound, NotOwner: as `chats.check_owner`.
    """
    check_owner(tx, user_id, context_id)
    (row,) = tx.execute(f"SELECT {_COLUMNS} FROM ChatContexts AS c WHERE contextId = ?", (context_id,))
    return _chat(row)


def change_chat(
    tx: Tx,
    user_id: UserId,
    context_id: str,
    *,
    title: str | None = None,
    app: tuple[str, str] | None = None,
) -> ChatContext:
    """Give a chat another *title* or *app* (app slug and user slug, both empty: none); None: as it is. Return it.

    Raises:
        NotFound, NotOwner: as `chats.check_owner`.
    """
    before = get_chat(tx, user_id, context_id)
    app_slug, user_slug = app if app is not None else (before.app_slug, before.user_slug)
    changed: tuple[Value, ...] = (before.title if title is None else title, app_slug, user_slug, context_id)
    tx.execute("UPDATE ChatContexts SET title = ?, appSlug = ?, userSlug = ? WHERE contextId = ?", changed)
    return get_chat(tx, user_id, context_id)


def delete_chat(tx: Tx, user_id: UserId, context_id: str) -> str:
    """Let a chat be gone, until it is restored or gone for good; return since when. Twice is once.

    Raises:
        NotFound, NotOwner: as `chats.check_owner`.
    """
    found = find_any(tx, context_id)
    if found is not None and found.owner == user_id and found.deleted:
        return found.deleted
    check_owner(tx, user_id, context_id)
    tx.execute("UPDATE ChatContexts SET deleted = ? WHERE contextId = ?", (tx.now, context_id))
    tx.tell(Sections(context_id, 0))  # who is told of it looks, and finds it gone
    return tx.now


def restore_chat(tx: Tx, user_id: UserId, context_id: str, *, kept_s: float) -> ChatContext:
    """Undo `delete_chat`, within *kept_s*: later it may be purged in part. A chat that is not deleted stays as it is.

    Raises:
        NotFound, NotOwner: as `chats.check_owner`; it may be gone for good.
    """
    found = find_any(tx, context_id)
    if found is not None and found.owner == user_id:
        tx.execute(
            "UPDATE ChatContexts SET deleted = '' WHERE contextId = ? AND deleted >= ?",
            (context_id, tx.later(-kept_s)),
        )
    return get_chat(tx, user_id, context_id)


def find_expired(tx: Tx, before: str) -> str | None:
    """Return a chat that was deleted before *before*; None: there is none."""
    rows = tx.execute(
        "SELECT contextId FROM ChatContexts WHERE deleted <> '' AND deleted < ? ORDER BY deleted LIMIT 1",
        (before,),
    )
    return str(rows[0][0]) if rows else None


def purge_some(tx: Tx, context_id: str, at_most: int) -> bool:
    """Remove at most so many sections of a deleted chat, last first, and the chat once it has none. True: it is gone.

    Raises:
        NotFound: it is not deleted.
    """
    found = find_any(tx, context_id)
    if found is None or not found.deleted:
        raise NotFound(f"No deleted chat is called {context_id}.")
    gone = tx.execute(
        "DELETE FROM ChatSections WHERE contextId = ? AND seq IN"
        " (SELECT seq FROM ChatSections WHERE contextId = ? ORDER BY seq DESC LIMIT ?) RETURNING seq",
        (context_id, context_id, at_most),
    )
    if len(gone) == at_most:
        return False
    tx.execute("DELETE FROM ChatContexts WHERE contextId = ?", (context_id,))
    return True


def _chat(row: Row) -> ChatContext:
    context_id, created, updated, title, preview, app_slug, user_slug, sections, deleted = row
    return ChatContext(
        context_id=context_id,
        created=created,
        updated=updated,
        title=title,
        preview=preview,
        app_slug=AppSlug(app_slug),
        user_slug=UserSlug(user_slug),
        sections=sections,
        deleted=deleted,
    )
