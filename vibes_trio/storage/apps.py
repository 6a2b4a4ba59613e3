"""Releases of apps.

A release is one manifest (`fs_id`: the files and the env) deployed under one pair of slugs. `production`
releases are served without naming the fsId, the one with the highest `release_seq` first; `dev` releases
only by fsId. Numbers are given per pair of slugs and never twice, not even after an eviction.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from vibes_trio.exchange import AppSlug, Cid, FsId, UserId, UserSlug
from vibes_trio.storage.app_states import touch_app
from vibes_trio.storage.assets import put_assets
from vibes_trio.storage.counters import count_up, get_count
from vibes_trio.storage.eviction import Evicted, Kept, evict, fit_bytes, fit_number
from vibes_trio.storage.feed import AppName, Releases
from vibes_trio.storage.interface import Row, Tx
from vibes_trio.storage.release_assets import Key, note_assets
from vibes_trio.storage.usage import NO_LIMIT, get_usage

Mode = Literal["production", "dev"]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRelease:
    """What a deploy wants to be there.

    Attributes:
        env_json: object of text values.
        file_system_json: list of FileSystemItem, see schema-and-settings.md.
        extras_json: our own notes on the release (entry point, roots, sources); None: the reference made it.
        size: of its files, in bytes.
        message: what it is deployed for.
        deployed_by: who deploys it; None: the user himself.
    """

    app_slug: AppSlug
    user_slug: UserSlug
    user_id: UserId
    fs_id: FsId
    mode: Mode
    env_json: str
    file_system_json: str
    extras_json: str | None = None
    size: int = 0
    message: str = ""
    deployed_by: UserId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Release(NewRelease):
    """A release that is there. `created`: when its content was first deployed, ISO."""

    release_seq: int
    created: str


@dataclass(frozen=True, slots=True)
class Saved:
    """A release that was saved, and those that made room for it."""

    release: Release
    evicted: tuple[Evicted, ...] = ()


_IS_KEY = "appSlug = ? AND userId = ? AND userSlug = ? AND releaseSeq = ?"
_COLUMNS = "appSlug, userSlug, userId, fsId, mode, env, fileSystem, extras, releaseSeq, created"

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


def save_release(tx: Tx, new: NewRelease, *, limit: int, max_bytes: int = NO_LIMIT) -> Saved:
    """Make *new* be there, and return it as it is then. Its slugs have to be bound (`slugs.py`).

    Content that is there under the same slugs makes no new row. Deployed as `production` it becomes
    production and the newest, with the next number if another is above it: so deploying an earlier
    version again is a rollback. Deployed as `dev`, production stays production.

    The row that is there gets the file system and the extras of *new*, if *new* has extras: so deploying again
    heals what the reference's compiler made, and tells of another entry point, which is no part of the fsId.

    Args:
        limit: most releases of one user (MAX_APPS_PER_USER_ID). A new row over it evicts others: `eviction.py`.
        max_bytes: most bytes that they may hold together (MAX_APP_BYTES_PER_USER_ID); likewise. Its assets have to be
            put before.

    Raises:
        LimitReached: evicting would not make room. Nothing was evicted, given that the error undoes it.

    Source: protocol.md, section 4, ensureAppSlug.
    """
    before = get_usage(tx, new.user_id).release_bytes
    rows = tx.execute(
        f"SELECT {_COLUMNS} FROM Apps WHERE appSlug = ? AND userSlug = ? AND userId = ? AND fsId = ?"
        " ORDER BY releaseSeq DESC LIMIT 1",
        (new.app_slug, new.user_slug, new.user_id, new.fs_id),
    )
    if rows:
        there = _heal(tx, _revive(tx, _release(rows[0])), new)
        saved = _promote(tx, there) if new.mode == "production" else there
    else:
        saved = _insert(tx, new)
    touch_app(tx, new.app_slug, new.user_slug)
    kept = Kept(saved.app_slug, saved.user_slug, saved.release_seq)
    # What is there already needs no room, though a limit may have been lowered.
    evicted = [] if rows else fit_number(tx, new.user_id, limit, kept)
    if get_usage(tx, new.user_id).release_bytes > before:
        evicted += fit_bytes(tx, new.user_id, max_bytes, kept)
    count_change(tx, {_name_of(saved), *(_name_of(gone) for gone in evicted)})
    return Saved(saved, tuple(evicted))


def find_release(tx: Tx, app_slug: AppSlug, user_slug: UserSlug, fs_id: FsId) -> Release | None:
    """Return the release with that content, dev or production."""
    rows = tx.execute(
        f"SELECT {_COLUMNS} FROM Apps WHERE appSlug = ? AND userSlug = ? AND fsId = ? AND deletion = '' AND {_BY_OWNER}"
        " ORDER BY releaseSeq DESC LIMIT 1",
        (app_slug, user_slug, fs_id),
    )
    return _release(rows[0]) if rows else None


def find_latest(tx: Tx, app_slug: AppSlug, user_slug: UserSlug) -> Release | None:
    """Return the newest production release: what the app's address shows."""
    rows = tx.execute(
        f"SELECT {_COLUMNS} FROM Apps WHERE appSlug = ? AND userSlug = ? AND {_IS_LIVE}"
        f" AND {_BY_OWNER} ORDER BY releaseSeq DESC LIMIT 1",
        (app_slug, user_slug),
    )
    return _release(rows[0]) if rows else None


def list_latest(tx: Tx, limit: int) -> tuple[Release, ...]:
    """Return the newest production release of each app, of at most *limit* apps, youngest content first."""
    rows = tx.execute(
        f"SELECT {_COLUMNS} FROM Apps {_LATEST}",
        (limit,),
    )
    return tuple(_release(row) for row in rows)


def list_extras(tx: Tx) -> tuple[str, ...]:
    """Return our notes on all releases that have some."""
    return tuple(extras for (extras,) in tx.execute("SELECT extras FROM Apps WHERE extras IS NOT NULL"))


def replace_extras(tx: Tx, release: Release, extras_json: str, contents: Mapping[Cid, bytes]) -> bool:
    """Give *release* other notes of ours, and keep the assets that they name.

    Unless a deploy changed the notes meanwhile. Returns whether it was done.
    """
    rows = tx.execute(
        f"UPDATE Apps SET extras = ? WHERE {_IS_KEY} AND fsId = ? AND extras = ? RETURNING fileSystem",
        (extras_json, *_key(release), release.fs_id, release.extras_json),
    )
    if rows:
        note_assets(tx, _key(release), rows[0][0], extras_json)
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


def _revive(tx: Tx, there: Release) -> Release:
    """Return *there*, taken back if it is deleted: as a dev release then, whatever it was."""
    rows = tx.execute(
        f"UPDATE Apps SET deletion = '', mode = 'dev' WHERE {_IS_KEY} AND deletion <> '' RETURNING {_COLUMNS}",
        _key(there),
    )
    return _release(rows[0]) if rows else there


def _heal(tx: Tx, there: Release, new: NewRelease) -> Release:
    is_same = (there.file_system_json, there.extras_json) == (new.file_system_json, new.extras_json)
    if new.extras_json is None or is_same:
        return there
    (row,) = tx.execute(
        f"UPDATE Apps SET fileSystem = ?, extras = ? WHERE {_IS_KEY} RETURNING {_COLUMNS}",
        (new.file_system_json, new.extras_json, *_key(there)),
    )
    note_assets(tx, _key(there), new.file_system_json, new.extras_json)
    return _release(row)


def _promote(tx: Tx, there: Release) -> Release:
    """Make *there* the newest production release; keep its number if no other stands in the way.

    For a dev release any later one does, for a production release only a later production one.
    """
    above = tx.execute(
        "SELECT 1 FROM Apps WHERE appSlug = ? AND userSlug = ? AND releaseSeq > ?"
        " AND (mode = 'production' OR ? = 'dev') LIMIT 1",
        (there.app_slug, there.user_slug, there.release_seq, there.mode),
    )
    seq = _next_seq(tx, there) if above else there.release_seq
    (row,) = tx.execute(
        f"UPDATE Apps SET mode = 'production', releaseSeq = ? WHERE {_IS_KEY} RETURNING {_COLUMNS}",
        (seq, *_key(there)),
    )
    return _release(row)


def _insert(tx: Tx, new: NewRelease) -> Release:
    (row,) = tx.execute(
        f"INSERT INTO Apps ({_COLUMNS}, sizeBytes, message, deployedBy)"
        f" VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING {_COLUMNS}",
        (
            new.app_slug,
            new.user_slug,
            new.user_id,
            new.fs_id,
            new.mode,
            new.env_json,
            new.file_system_json,
            new.extras_json,
            _next_seq(tx, new),
            tx.now,
            new.size,
            new.message,
            new.deployed_by or new.user_id,
        ),
    )
    release = _release(row)
    note_assets(tx, _key(release), new.file_system_json, new.extras_json)
    return release


def _next_seq(tx: Tx, release: NewRelease) -> int:
    """Take the next number of the app. Rows above the counter (written by other programs) are passed over."""
    ((seq,),) = tx.execute(
        "UPDATE AppSlugBindings AS b SET lastReleaseSeq = 1 + coalesce((SELECT max(releaseSeq) FROM Apps"
        " WHERE Apps.appSlug = b.appSlug AND Apps.userSlug = b.userSlug AND releaseSeq > b.lastReleaseSeq),"
        " lastReleaseSeq) WHERE appSlug = ? AND userSlug = ? RETURNING lastReleaseSeq",
        (release.app_slug, release.user_slug),
    )
    return int(seq)


def _key(release: Release) -> Key:
    return release.app_slug, release.user_id, release.user_slug, release.release_seq


def _release(row: Row) -> Release:
    app_slug, user_slug, user_id, fs_id, mode, env, file_system, extras, seq, created = row
    return Release(
        app_slug=AppSlug(app_slug),
        user_slug=UserSlug(user_slug),
        user_id=UserId(user_id),
        fs_id=FsId(fs_id),
        mode=mode,
        env_json=env,
        file_system_json=file_system,
        extras_json=extras,
        release_seq=seq,
        created=created,
    )
