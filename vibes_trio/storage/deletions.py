"""What is deleted: marked with the id of its deletion, so that it can be had back until it is swept.

What is marked is found by nothing but this module, the sweep, and a deploy of the same again (which takes it back).
"""

from collections.abc import Sequence
from typing import Literal

import msgspec

from vibes_trio.errors import NotFound
from vibes_trio.exchange import AppSlug, FsId, UserId, UserSlug
from vibes_trio.storage.app_states import LAST
from vibes_trio.storage.apps import count_change
from vibes_trio.storage.interface import Row, Tx, Value
from vibes_trio.storage.usage import limit_reached

Kind = Literal["release", "app", "handle"]


class What(msgspec.Struct, frozen=True):
    """What goes: a release, an app (no *fs_id*) or a handle (no *app_slug* either) of *user_id*."""

    user_id: UserId
    user_slug: UserSlug
    app_slug: AppSlug | None = None
    fs_id: FsId | None = None

    @property
    def kind(self) -> Kind:
        """Which of the three."""
        if self.app_slug is None:
            return "handle"
        return "app" if self.fs_id is None else "release"


class Size(msgspec.Struct, frozen=True):
    """How much goes. *apps*: those that go as a whole, some of them."""

    apps: tuple[AppSlug, ...]
    releases: int
    bytes: int


class Deletion(msgspec.Struct, frozen=True):
    """Something that was deleted. Times are ISO."""

    deletion_id: str
    what: What
    releases: int
    bytes: int
    created: str
    expires: str


_COLUMNS = "deletionId, userId, userSlug, appSlug, fsId, releases, bytes, created, expires"
# What was evicted, or deployed again, is not to be had back by it.
_HOLDS_SOMETHING = (
    "(EXISTS (SELECT 1 FROM Apps AS r WHERE r.userId = Deletions.userId AND r.deletion = Deletions.deletionId"
    " AND r.deletion <> '')"
    " OR EXISTS (SELECT 1 FROM AppSlugBindings AS a WHERE a.deletion = Deletions.deletionId AND a.deletion <> '')"
    " OR EXISTS (SELECT 1 FROM UserSlugBindings AS u WHERE u.deletion = Deletions.deletionId AND u.deletion <> ''))"
)


def measure(tx: Tx, what: What, most_named: int) -> Size:
    """Return how much would go; of its apps *most_named* are named."""
    where, keys = _releases_of(what)
    ((releases, size),) = tx.execute(
        f"SELECT count(*), coalesce(sum(sizeBytes), 0) FROM Apps WHERE {where} AND deletion = ''", keys
    )
    if what.fs_id is not None:
        return Size((), releases, size)
    where, keys = _bindings_of(what)
    apps = tx.execute(
        f"SELECT appSlug FROM AppSlugBindings WHERE {where} AND deletion = '' ORDER BY appSlug LIMIT ?",
        (*keys, most_named),
    )
    return Size(tuple(AppSlug(slug) for (slug,) in apps), releases, size)


def delete(tx: Tx, what: What, deletion_id: str, *, kept_s: float) -> Deletion:
    """Delete it, so that it can be had back for *kept_s*. Deletions of the user that hold nothing any more go."""
    tx.execute(f"DELETE FROM Deletions WHERE userId = ? AND NOT {_HOLDS_SOMETHING}", (what.user_id,))
    where, keys = _releases_of(what)
    rows = tx.execute(
        f"UPDATE Apps SET deletion = ? WHERE {where} AND deletion = '' RETURNING sizeBytes",
        (deletion_id, *keys),
    )
    if what.fs_id is None:
        bound, keys = _bindings_of(what)
        tx.execute(
            f"UPDATE AppSlugBindings SET deletion = ? WHERE {bound} AND deletion = ''", (deletion_id, *keys)
        )
    if what.kind == "handle":
        tx.execute(
            "UPDATE UserSlugBindings SET deletion = ? WHERE userSlug = ?", (deletion_id, what.user_slug)
        )
    done = Deletion(deletion_id, what, len(rows), sum(size for (size,) in rows), tx.now, tx.later(kept_s))
    tx.execute(
        f"INSERT INTO Deletions ({_COLUMNS}, kind) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            deletion_id,
            what.user_id,
            what.user_slug,
            what.app_slug or "",
            what.fs_id or "",
            done.releases,
            done.bytes,
            done.created,
            done.expires,
            what.kind,
        ),
    )
    _note_change(tx, what)
    return done


def list_deletions(
    tx: Tx, user_id: UserId, *, after: tuple[str, str] = (LAST, ""), limit: int
) -> tuple[Deletion, ...]:
    """Return what *user_id* can have back, behind the sort keys *after* (created, id), newest first."""
    rows = tx.execute(
        f"SELECT {_COLUMNS} FROM Deletions WHERE userId = ? AND (created, deletionId) < (?, ?) AND expires > ?"
        f" AND {_HOLDS_SOMETHING}"
        " ORDER BY created DESC, deletionId DESC LIMIT ?",
        (user_id, *after, tx.now, limit),
    )
    return tuple(map(_deletion, rows))


def undo(tx: Tx, user_id: UserId, deletion_id: str, *, max_apps: int, max_handles: int) -> tuple[What, int]:
    """Have back what was deleted; return it, and how many releases came back.

    Args:
        max_apps, max_handles: most of them that one user may have.

    Raises:
        NotFound: no such deletion is theirs, nothing of it is left, or its time is over: it may be swept in part.
        LimitReached: they have as many as they may already.
    """
    rows = tx.execute(
        f"DELETE FROM Deletions WHERE deletionId = ? AND userId = ? AND expires > ? AND {_HOLDS_SOMETHING}"
        f" RETURNING {_COLUMNS}",
        (deletion_id, user_id, tx.now),
    )
    if not rows:
        raise NotFound(f"You deleted nothing that could be had back as {deletion_id[:100]!r}.")
    what = _deletion(rows[0]).what
    back = tx.execute(
        "UPDATE Apps SET deletion = '' WHERE userId = ? AND deletion = ? AND deletion <> '' RETURNING 1",
        (user_id, deletion_id),
    )
    tx.execute(
        "UPDATE AppSlugBindings SET deletion = '' WHERE deletion = ? AND deletion <> ''", (deletion_id,)
    )
    # Where more was deleted since, what it lies in comes back as well.
    tx.execute(
        "UPDATE AppSlugBindings SET deletion = '' WHERE userSlug = ? AND deletion <> '' AND EXISTS (SELECT 1 FROM Apps"
        " AS r WHERE r.appSlug = AppSlugBindings.appSlug AND r.userSlug = AppSlugBindings.userSlug AND r.userId = ?"
        " AND r.deletion = '')",
        (what.user_slug, user_id),
    )
    tx.execute("UPDATE UserSlugBindings SET deletion = '' WHERE userSlug = ?", (what.user_slug,))
    _check_limits(tx, user_id, max_apps, max_handles)
    _note_change(tx, what)
    return what, len(back)


def find_expired(tx: Tx) -> str | None:
    """Return the id of the deletion whose time was over first, if there is one whose time is over."""
    rows = tx.execute(
        "SELECT deletionId FROM Deletions WHERE expires <= ? ORDER BY expires LIMIT 1", (tx.now,)
    )
    return rows[0][0] if rows else None


def sweep_deletion(tx: Tx, deletion_id: str, at_most: int) -> int:
    """Remove *at_most* releases of a deletion for good, and, when there are none left, all else of it.

    Returns how many releases went; 0: all is gone.
    """
    rows = tx.execute(
        "DELETE FROM Apps WHERE (appSlug, userId, userSlug, releaseSeq) IN"
        " (SELECT appSlug, userId, userSlug, releaseSeq FROM Apps"
        " WHERE userId = (SELECT userId FROM Deletions WHERE deletionId = ?) AND deletion = ? AND deletion <> ''"
        " LIMIT ?) RETURNING 1",
        (deletion_id, deletion_id, at_most),
    )
    if not rows:
        _forget_names(tx, deletion_id)
    return len(rows)


def _forget_names(tx: Tx, deletion_id: str) -> None:
    apps = tx.execute(
        "DELETE FROM AppSlugBindings WHERE deletion = ? AND deletion <> '' RETURNING userSlug, appSlug",
        (deletion_id,),
    )
    for user_slug, app_slug in apps:
        tx.execute("DELETE FROM Renames WHERE userSlug = ? AND newAppSlug = ?", (user_slug, app_slug))
        for table in ("AppInvites", "AccessRequests", "ShareLinks", "PageErrors", "AppEntries"):
            tx.execute(f"DELETE FROM {table} WHERE userSlug = ? AND appSlug = ?", (user_slug, app_slug))
    tx.execute(
        "DELETE FROM UserSlugBindings WHERE deletion = ? AND deletion <> ''"
        " AND NOT EXISTS (SELECT 1 FROM AppSlugBindings AS a WHERE a.userSlug = UserSlugBindings.userSlug)",
        (deletion_id,),
    )
    tx.execute("DELETE FROM Deletions WHERE deletionId = ?", (deletion_id,))


def _check_limits(tx: Tx, user_id: UserId, max_apps: int, max_handles: int) -> None:
    for table, most, setting in (
        ("AppSlugBindings", max_apps, "MAX_APP_SLUG_PER_USER_ID"),
        ("UserSlugBindings", max_handles, "MAX_USER_SLUG_PER_USER_ID"),
    ):
        ((held,),) = tx.execute(
            f"SELECT count(*) FROM {table} WHERE userId = ? AND deletion = ''", (user_id,)
        )
        if held > most:
            raise limit_reached(f"With it you would hold {held} slugs", setting, most)


def _releases_of(what: What) -> tuple[str, Sequence[Value]]:
    where, keys = _bindings_of(what)
    where, keys = f"userId = ? AND {where}", (what.user_id, *keys)
    return (where, keys) if what.fs_id is None else (f"{where} AND fsId = ?", (*keys, what.fs_id))


def _bindings_of(what: What) -> tuple[str, Sequence[Value]]:
    if what.app_slug is None:
        return "userSlug = ?", (what.user_slug,)
    return "userSlug = ? AND appSlug = ?", (what.user_slug, what.app_slug)


def _note_change(tx: Tx, what: What) -> None:
    """Let it be known that releases changed; of a handle, that any may have."""
    count_change(tx, () if what.app_slug is None else {(what.app_slug, what.user_slug, what.user_id)})


def _deletion(row: Row) -> Deletion:
    deletion_id, user_id, user_slug, app_slug, fs_id, releases, size, created, expires = row
    what = What(UserId(user_id), UserSlug(user_slug), app_slug or None, fs_id or None)
    return Deletion(deletion_id, what, releases, size, created, expires)
