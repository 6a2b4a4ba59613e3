"""Releases of apps.

A release is one manifest (`fs_id`: the files and the env) deployed under one pair of slugs. `production`
releases are served without naming the fsId, the one with the highest `release_seq` first; `dev` releases
only by fsId. Numbers are given per pair of slugs and never twice, not even after an eviction.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import msgspec

from vibes_trio.exchange import AppSlug, Cid, FsId, UserId, UserSlug
from vibes_trio.storage.app_states import touch_app
from vibes_trio.storage.assets import put_assets
from vibes_trio.storage.counters import count_up, get_count
from vibes_trio.storage.eviction import Evicted, Kept, evict, fit_bytes, fit_number
from vibes_trio.storage.feed import AppName, Releases
from vibes_trio.storage.interface import Tx
from vibes_trio.storage.release_assets import note_assets
from vibes_trio.storage.release_rows import (
    COLUMNS,
    IS_KEY,
    NewRelease,
    Release,
    find_run,
    heal,
    insert_row,
    key_of,
    label,
    promote,
    read_row,
    revive,
    rewrite,
)
from vibes_trio.storage.usage import NO_LIMIT, get_usage


class Saved(msgspec.Struct, frozen=True):
    """A release that was saved, and those that made room for it."""

    release: Release
    evicted: tuple[Evicted, ...] = ()


# The reference let a user publish under somebody else's user slug. Those rows are kept but not served.
_BY_OWNER = (
    "userId = coalesce((SELECT userId FROM UserSlugBindings AS b WHERE b.userSlug = Apps.userSlug), userId)"
)

# What is deleted is there until it is swept; an app that is taken down shows its releases under their own names alone.
_IS_LIVE = (
    "mode = 'production' AND deletion = '' AND NOT EXISTS (SELECT 1 FROM AppSlugBindings AS s"
    " WHERE s.appSlug = Apps.appSlug AND s.userSlug = Apps.userSlug AND s.unpublished <> '')"
)

_LATEST = (
    f"WHERE {_IS_LIVE} AND {_BY_OWNER} AND releaseSeq = ("
    " SELECT max(releaseSeq) FROM Apps AS a WHERE a.appSlug = Apps.appSlug AND a.userSlug = Apps.userSlug"
    " AND a.userId = Apps.userId AND a.deletion = '' AND a.mode = 'production')"
    " ORDER BY created DESC, appSlug, userSlug LIMIT ?"
)


def save_release(
    tx: Tx, new: NewRelease, *, limit: int, max_bytes: int = NO_LIMIT, known: Release | None = None
) -> Saved:
    """Make *new* be there, and return it as it is then. Its slugs have to be bound (`slugs.py`).

    Content that is there under the same slugs makes no new row. Deployed as `production` it becomes
    production and the newest, with the next number if another is above it: so deploying an earlier
    version again is a rollback. Deployed as `dev`, production stays production.

    The row that is there gets the file system and the extras of *new*, if *new* has extras: so deploying again
    heals what the reference's compiler made, and tells of another entry point, which is no part of the fsId.

    A run has one release: what it deploys next, with other content, takes the place of that. Once it is production,
    what the run deploys as `dev` is late, and changes nothing: the release is returned as it stands.

    Args:
        limit: most releases of one user (MAX_APPS_PER_USER_ID). A new row over it evicts others: `eviction.py`.
        max_bytes: most bytes that they may hold together (MAX_APP_BYTES_PER_USER_ID); likewise. Its assets have to be
            put before.
        known: what `find_release` found in this transaction, of which *new* changes no content.

    Raises:
        LimitReached: evicting would not make room. Nothing was evicted, given that the error undoes it.

    Source: protocol.md, section 4, ensureAppSlug.
    """
    before = get_usage(tx, new.user_id).release_bytes if known is None else NO_LIMIT
    of_run = find_run(tx, new) if new.run_id else None
    if of_run is not None and of_run.mode == "production" and new.mode == "dev":
        return Saved(of_run)
    there = known or find_content(tx, new)
    if there is None and of_run is not None:
        there = rewrite(tx, of_run, new)
    if there is not None:
        there = label(tx, known or heal(tx, revive(tx, there), new), new)
        saved = promote(tx, there) if new.mode == "production" else there
    else:
        saved = insert_row(tx, new)
    touch_app(tx, new.app_slug, new.user_slug)
    kept = Kept(saved.app_slug, saved.user_slug, saved.release_seq)
    # What is there already needs no room, though a limit may have been lowered.
    evicted = [] if there is not None else fit_number(tx, new.user_id, limit, kept)
    if known is None and get_usage(tx, new.user_id).release_bytes > before:
        evicted += fit_bytes(tx, new.user_id, max_bytes, kept)
    count_change(tx, {_name_of(saved), *(_name_of(gone) for gone in evicted)})
    return Saved(saved, tuple(evicted))


def find_content(tx: Tx, new: NewRelease) -> Release | None:
    """Return the release under the slugs of *new* that has its content, deleted or not."""
    rows = tx.execute(
        f"SELECT {COLUMNS} FROM Apps WHERE appSlug = ? AND userSlug = ? AND userId = ? AND fsId = ?"
        " ORDER BY releaseSeq DESC LIMIT 1",
        (new.app_slug, new.user_slug, new.user_id, new.fs_id),
    )
    return read_row(rows[0]) if rows else None


def find_release(tx: Tx, app_slug: AppSlug, user_slug: UserSlug, fs_id: FsId) -> Release | None:
    """Return the release with that content, dev or production."""
    rows = tx.execute(
        f"SELECT {COLUMNS} FROM Apps WHERE appSlug = ? AND userSlug = ? AND fsId = ? AND deletion = '' AND {_BY_OWNER}"
        " ORDER BY releaseSeq DESC LIMIT 1",
        (app_slug, user_slug, fs_id),
    )
    return read_row(rows[0]) if rows else None


def find_latest(tx: Tx, app_slug: AppSlug, user_slug: UserSlug) -> Release | None:
    """Return the newest production release: what the app's address shows."""
    rows = tx.execute(
        f"SELECT {COLUMNS} FROM Apps WHERE appSlug = ? AND userSlug = ? AND {_IS_LIVE}"
        f" AND {_BY_OWNER} ORDER BY releaseSeq DESC LIMIT 1",
        (app_slug, user_slug),
    )
    return read_row(rows[0]) if rows else None


def list_latest(tx: Tx, limit: int) -> tuple[Release, ...]:
    """Return the newest production release of each app, of at most *limit* apps, youngest content first."""
    rows = tx.execute(
        f"SELECT {COLUMNS} FROM Apps {_LATEST}",
        (limit,),
    )
    return tuple(read_row(row) for row in rows)


def list_newest(tx: Tx, app_slug: AppSlug, limit: int) -> tuple[Release, ...]:
    """Return the newest releases of the apps called *app_slug*, of all users, dev or production, newest first."""
    rows = tx.execute(
        f"SELECT {COLUMNS} FROM Apps WHERE appSlug = ? AND deletion = '' AND {_BY_OWNER}"
        " ORDER BY releaseSeq DESC, userSlug LIMIT ?",
        (app_slug, limit),
    )
    return tuple(read_row(row) for row in rows)


def list_extras(tx: Tx) -> tuple[str, ...]:
    """Return our notes on all releases that have some."""
    return tuple(extras for (extras,) in tx.execute("SELECT extras FROM Apps WHERE extras IS NOT NULL"))


def replace_extras(tx: Tx, release: Release, extras_json: str, contents: Mapping[Cid, bytes]) -> bool:
    """Give *release* other notes of ours, and keep the assets that they name.

    Unless a deploy changed the notes meanwhile. Returns whether it was done.
    """
    rows = tx.execute(
        f"UPDATE Apps SET extras = ? WHERE {IS_KEY} AND fsId = ? AND extras = ? RETURNING fileSystem",
        (extras_json, *key_of(release), release.fs_id, release.extras_json),
    )
    if rows:
        note_assets(tx, key_of(release), rows[0][0], extras_json)
        put_assets(tx, contents)
        count_change(tx, {_name_of(release)})
    return bool(rows)


@dataclass(frozen=True, slots=True)
class Live:
    """A live release, as far as is needed to find what it lacks."""

    app_slug: AppSlug
    user_slug: UserSlug
    fs_id: FsId
    extras_json: str | None


def list_live(tx: Tx, limit: int) -> tuple[Live, ...]:
    """Return what `list_latest` does, without the manifests."""
    rows = tx.execute(f"SELECT appSlug, userSlug, fsId, extras FROM Apps {_LATEST}", (limit,))
    return tuple(Live(AppSlug(app), UserSlug(user), FsId(fs_id), extras) for app, user, fs_id, extras in rows)


def get_swept_limit(tx: Tx) -> int | None:
    """Return the limit on releases that all users were seen to keep; a deploy keeps to it by itself since."""
    rows = tx.execute("SELECT value FROM Meta WHERE name = 'sweptLimit'")
    return int(rows[0][0]) if rows else None


def note_swept_limit(tx: Tx, limit: int) -> None:
    """Note what `get_swept_limit` returns."""
    tx.execute(
        "INSERT INTO Meta (name, value) VALUES ('sweptLimit', ?)"
        " ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        (limit,),
    )


def count_releases(tx: Tx, after: str, at_most: int) -> tuple[tuple[UserId, int], ...]:
    """Return the next *at_most* users behind *after* who have releases, and how many each has.

    Reads that part of an index, and no more.
    """
    rows = tx.execute(
        "SELECT userId, count(*) FROM Apps WHERE userId > ? GROUP BY userId ORDER BY userId LIMIT ?",
        (after, at_most),
    )
    return tuple((UserId(user_id), count) for user_id, count in rows)


def evict_some(tx: Tx, user_id: UserId, at_most: int) -> int:
    """Evict at most so many releases of *user_id*, in the order of `eviction.py`; return how many went."""
    gone = evict(tx, user_id, at_most)
    if gone:
        count_change(tx, {_name_of(release) for release in gone})
    return len(gone)


def get_releases_version(tx: Tx) -> int:
    """Return a number that grows with every transaction that may have changed releases."""
    return get_count(tx, "releases")


def count_change(tx: Tx, changed: Iterable[AppName] = ()) -> None:
    """Let all who keep releases in memory know, here and in other processes. Of no app: any may have changed."""
    tx.tell(Releases(count_up(tx, "releases"), tuple(changed)))


def _name_of(release: Release | Evicted) -> AppName:
    return release.app_slug, release.user_slug, release.user_id
