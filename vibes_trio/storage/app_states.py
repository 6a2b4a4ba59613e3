"""Apps beside their releases: whose they are, who may see them, what their owner calls them, and lists of them.

Times are ISO text; empty: never. An app that is deleted is not found, though its row stays for a while.
"""

from dataclasses import dataclass
from typing import Literal

import msgspec

from vibes_trio.exchange import AppSlug, UserId, UserSlug
from vibes_trio.storage.interface import Row, Tx, Value

Visibility = Literal["public", "unlisted", "private"]
Order = Literal["recent", "name"]

LAST = "9999"
"""Sorts behind every time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AppState:
    """An app.

    Attributes:
        updated: when something of it changed last.
        pinned: since when it is first in its owner's list.
        unpublished: since when its address shows nothing.
        icon_json: object with `cid` and `mime`; empty: none.
        settings_json: what its owner set otherwise, see `services.app_settings`.
    """

    app_slug: AppSlug
    user_slug: UserSlug
    user_id: UserId
    created: str
    updated: str
    pinned: str
    unpublished: str
    visibility: Visibility
    title: str
    icon_json: str
    settings_json: str


class ListedApp(msgspec.Struct, frozen=True):
    """An app in a list. *is_published*: whether it ever was, and a release of that time is there."""

    state: AppState
    was_published: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AppsAsked:
    """Which apps are wanted. *after*: the sort keys of the last that is known; None: from the first on."""

    order: Order
    limit: int
    after: tuple[str, ...] | None = None
    search: str = ""
    with_unpublished: bool = True


_COLUMNS = (
    "appSlug, userSlug, userId, created, updated, pinned, unpublished, visibility, title, icon, settings"
)
_WAS_PUBLISHED = (
    "EXISTS (SELECT 1 FROM Apps WHERE Apps.appSlug = s.appSlug AND Apps.userSlug = s.userSlug"
    " AND Apps.deletion = '' AND Apps.mode = 'production')"
)
_KEYS = {"recent": "pinned, updated, userSlug, appSlug", "name": "appSlug, userSlug"}
_SORTED = {
    "recent": f"({_KEYS['recent']}) < (?, ?, ?, ?){{more}}"
    " ORDER BY pinned DESC, updated DESC, userSlug DESC, appSlug DESC",
    "name": f"({_KEYS['name']}) > (?, ?){{more}} ORDER BY appSlug, userSlug",
}
_FROM_THE_FIRST = {"recent": (LAST, "", "", ""), "name": ("", "")}
_FOUND = " AND (lower(appSlug) LIKE ? ESCAPE '!' OR lower(title) LIKE ? ESCAPE '!')"


def list_apps(tx: Tx, user_id: UserId, asked: AppsAsked) -> tuple[ListedApp, ...]:
    """Return apps of *user_id*: pinned ones first and what changed last, or by name."""
    keys = asked.after or _FROM_THE_FIRST[asked.order]
    more, params = "" if asked.with_unpublished else " AND unpublished = ''", list[Value](keys)
    if asked.search:
        more += _FOUND
        params += [_contains(asked.search)] * 2
    rows = tx.execute(
        f"SELECT {_COLUMNS}, {_WAS_PUBLISHED} FROM AppSlugBindings AS s WHERE userId = ? AND deletion = ''"
        f" AND {_SORTED[asked.order].format(more=more)} LIMIT ?",
        (user_id, *params, asked.limit),
    )
    return tuple(ListedApp(_state(row[:-1]), bool(row[-1])) for row in rows)


def sort_keys(state: AppState, order: Order) -> tuple[str, ...]:
    """Return what *state* is sorted by, as `AppsAsked.after` takes it."""
    if order == "name":
        return state.app_slug, state.user_slug
    return state.pinned, state.updated, state.user_slug, state.app_slug


def find_app(tx: Tx, app_slug: AppSlug, user_slug: UserSlug) -> AppState | None:
    """Return the app, if it is there and not deleted."""
    rows = tx.execute(
        f"SELECT {_COLUMNS} FROM AppSlugBindings WHERE appSlug = ? AND userSlug = ? AND deletion = ''",
        (app_slug, user_slug),
    )
    return _state(rows[0]) if rows else None


def pin_app(tx: Tx, state: AppState, *, pin: bool) -> str:
    """Put the app first in its owner's list, or no longer; return since when it is: one that is pinned keeps that."""
    ((pinned,),) = tx.execute(
        "UPDATE AppSlugBindings SET pinned = CASE WHEN ? = 0 THEN '' WHEN pinned = '' THEN ? ELSE pinned END"
        " WHERE appSlug = ? AND userSlug = ? RETURNING pinned",
        (int(pin), tx.now, state.app_slug, state.user_slug),
    )
    return str(pinned)


def touch_app(tx: Tx, app_slug: AppSlug, user_slug: UserSlug) -> None:
    """Note that something of the app changed now."""
    tx.execute(
        "UPDATE AppSlugBindings SET updated = ? WHERE appSlug = ? AND userSlug = ?",
        (tx.now, app_slug, user_slug),
    )


def _contains(text: str) -> str:
    """Return the pattern of texts that contain *text*, whatever its case."""
    escaped = text.lower().replace("!", "!!").replace("%", "!%").replace("_", "!_")
    return f"%{escaped}%"


def _state(row: Row) -> AppState:
    app, user, user_id, created, updated, pinned, unpublished, visibility, title, icon, settings = row
    return AppState(
        app_slug=AppSlug(app),
        user_slug=UserSlug(user),
        user_id=UserId(user_id),
        created=created,
        updated=updated,
        pinned=pinned,
        unpublished=unpublished,
        visibility=visibility,
        title=title,
        icon_json=icon,
        settings_json=settings,
    )
