"""Which releases make room for others.

First what is deleted, then the oldest dev releases of the user, then the oldest production releases that others have
superseded. Never the live release of an app nor the last KEPT_OF_APP of it, which are there to go back to.
"""

from collections.abc import Iterable

import msgspec

from vibes_trio.exchange import AppSlug, FsId, UserId, UserSlug
from vibes_trio.storage.interface import Row, Tx
from vibes_trio.storage.usage import get_usage, limit_reached

KEPT_OF_APP = 5
"""Production releases of an app that no other release ever displaces: the live one and those before it."""

_DEV = (
    "SELECT appSlug, userId, userSlug, releaseSeq FROM Apps WHERE userId = ? AND mode = 'dev'"
    " AND NOT (appSlug = ? AND userSlug = ? AND releaseSeq = ?) ORDER BY created, releaseSeq LIMIT ?"
)
_DELETED = (
    "SELECT appSlug, userId, userSlug, releaseSeq FROM Apps WHERE userId = ? AND deletion <> ''"
    " AND NOT (appSlug = ? AND userSlug = ? AND releaseSeq = ?) ORDER BY deletion, releaseSeq LIMIT ?"
)
_SUPERSEDED = (
    "SELECT appSlug, userId, userSlug, releaseSeq FROM Apps WHERE userId = ? AND mode = 'production'"
    " AND NOT (appSlug = ? AND userSlug = ? AND releaseSeq = ?)"
    " AND releaseSeq < (SELECT releaseSeq FROM Apps AS a WHERE a.appSlug = Apps.appSlug AND a.userSlug = Apps.userSlug"
    " AND a.mode = 'production' AND a.userId = Apps.userId AND a.deletion = ''"
    f" ORDER BY releaseSeq DESC LIMIT 1 OFFSET {KEPT_OF_APP - 1}) ORDER BY created, releaseSeq LIMIT ?"
)

_NO_OTHERS = (
    f"Dev releases and superseded ones make room for new ones, the last {KEPT_OF_APP} of an app never; no others are "
    "left. "
)


class Evicted(msgspec.Struct, frozen=True):
    """A release that made room for another."""

    app_slug: AppSlug
    user_slug: UserSlug
    user_id: UserId
    fs_id: FsId
    was_production: bool


class Kept(msgspec.Struct, frozen=True):
    """The key of a release that must stay: the one that room is made for."""

    app_slug: str = ""
    user_slug: str = ""
    release_seq: int = -1


NONE_KEPT = Kept()


def evict(tx: Tx, user_id: UserId, at_most: int, kept: Kept = NONE_KEPT) -> list[Evicted]:
    """Remove releases of the user in the order above, but for *kept*; return them."""
    gone = _delete(tx, _DELETED, user_id, at_most, kept)
    gone += _delete(tx, _DEV, user_id, at_most - len(gone), kept)
    return gone + _delete(tx, _SUPERSEDED, user_id, at_most - len(gone), kept)


def fit_number(tx: Tx, user_id: UserId, limit: int, kept: Kept) -> list[Evicted]:
    """Evict releases of the user until they are *limit* again, *kept* being new among them; return what went.

    No more than have to: a large one takes 5 ms, for which all wait who write.

    Raises:
        LimitReached: all that is left must stay. What went comes back, given that the error undoes it.
    """
    total = _count(tx, user_id)
    over = total - limit
    if over <= 0:
        return []
    gone = evict(tx, user_id, over, kept)
    if len(gone) < over:
        what = f"You keep {total - 1} releases"
        raise limit_reached(what, "MAX_APPS_PER_USER_ID", limit, _NO_OTHERS)
    return gone


def fit_bytes(tx: Tx, user_id: UserId, max_bytes: int, kept: Kept) -> list[Evicted]:
    """Evict releases of the user until what they all hold is within *max_bytes*; return what went.

    Twice as many each time, as nobody knows before what one frees: another may name the same assets.

    Raises:
        LimitReached: as `fit_number`.
    """
    gone: list[Evicted] = []
    at_once = 1
    while (held := get_usage(tx, user_id).release_bytes) > max_bytes:
        some = evict(tx, user_id, at_once, kept)
        if not some:
            what = f"With this release your apps hold {held} bytes"
            raise limit_reached(what, "MAX_APP_BYTES_PER_USER_ID", max_bytes, _NO_OTHERS)
        gone += some
        at_once *= 2
    return gone


def _count(tx: Tx, user_id: UserId) -> int:
    count: int = tx.execute("SELECT count(*) FROM Apps WHERE userId = ?", (user_id,))[0][0]
    return count


def _delete(tx: Tx, which: str, user_id: UserId, at_most: int, kept: Kept) -> list[Evicted]:
    return _evicted(
        tx.execute(
            f"DELETE FROM Apps WHERE (appSlug, userId, userSlug, releaseSeq) IN ({which})"
            " RETURNING appSlug, userSlug, userId, fsId, CASE WHEN deletion = '' THEN mode ELSE 'dev' END",
            (user_id, kept.app_slug, kept.user_slug, kept.release_seq, at_most),
        )
    )


def _evicted(rows: Iterable[Row]) -> list[Evicted]:
    return [
        Evicted(AppSlug(app), UserSlug(user), UserId(owner), FsId(fs_id), mode == "production")
        for app, user, owner, fs_id, mode in rows
    ]
