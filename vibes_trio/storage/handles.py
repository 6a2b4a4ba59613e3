"""Handles (user slugs) of a user, and lists of them. Taking one is `slugs.bind_user_slug`."""

from dataclasses import dataclass

import msgspec

from vibes_trio.exchange import AppSlug, UserId, UserSlug
from vibes_trio.storage.app_states import LAST
from vibes_trio.storage.interface import Tx


@dataclass(frozen=True, slots=True)
class Handle:
    """A handle. *apps*: how many lie under it."""

    user_slug: UserSlug
    created: str
    apps: int


_MINE = "userId = ? AND deletion = ''"


def list_handles(
    tx: Tx, user_id: UserId, *, after: tuple[str, str] = (LAST, ""), limit: int
) -> tuple[Handle, ...]:
    """Return handles of *user_id* behind the sort keys *after* (created, slug), newest first."""
    rows = tx.execute(
        "SELECT userSlug, created, (SELECT count(*) FROM AppSlugBindings AS a WHERE a.userSlug = b.userSlug"
        f" AND a.deletion = '') FROM UserSlugBindings AS b WHERE {_MINE} AND (created, userSlug) < (?, ?)"
        " ORDER BY created DESC, userSlug DESC LIMIT ?",
        (user_id, *after, limit),
    )
    return tuple(Handle(UserSlug(slug), created, apps) for slug, created, apps in rows)


def find_handle(tx: Tx, user_id: UserId, user_slug: UserSlug) -> Handle | None:
    """Return the handle, if it is that user's."""
    rows = tx.execute(
        f"SELECT created FROM UserSlugBindings WHERE {_MINE} AND userSlug = ?", (user_id, user_slug)
    )
    return Handle(user_slug, rows[0][0], 0) if rows else None


def is_free(tx: Tx, user_slug: UserSlug) -> bool:
    """Return whether nobody has the handle, nor had it until lately."""
    return not tx.execute("SELECT 1 FROM UserSlugBindings WHERE userSlug = ?", (user_slug,))


def list_app_slugs(tx: Tx, user_slug: UserSlug, limit: int) -> tuple[AppSlug, ...]:
    """Return the slugs of the apps under a handle, by name."""
    rows = tx.execute(
        "SELECT appSlug FROM AppSlugBindings WHERE userId = (SELECT userId FROM UserSlugBindings WHERE userSlug = ?)"
        " AND userSlug = ? AND deletion = '' ORDER BY appSlug LIMIT ?",
        (user_slug, user_slug, limit),
    )
    return tuple(AppSlug(slug) for (slug,) in rows)


class Counts(msgspec.Struct, frozen=True):
    """How many handles, apps and releases a user has."""

    handles: int
    apps: int
    releases: int


def count_held(tx: Tx, user_id: UserId) -> Counts:
    """Return how much *user_id* has that is counted one by one."""
    (counts,) = tx.execute(
        f"SELECT (SELECT count(*) FROM UserSlugBindings WHERE {_MINE}),"
        f" (SELECT count(*) FROM AppSlugBindings WHERE {_MINE}),"
        " (SELECT count(*) FROM Apps WHERE userId = ?)",
        (user_id, user_id, user_id),
    )
    return Counts(*counts)
