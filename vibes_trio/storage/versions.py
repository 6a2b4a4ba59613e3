"""An app's releases: lists of them, without their manifests, and which of them its address shows."""

from dataclasses import dataclass

import msgspec

from vibes_trio.errors import NotFound
from vibes_trio.exchange import AppSlug, FsId, UserId, UserSlug
from vibes_trio.storage.app_states import AppState, touch_app
from vibes_trio.storage.apps import count_change
from vibes_trio.storage.interface import Tx
from vibes_trio.storage.release_rows import COLUMNS, IS_KEY, Mode, Release, demote, key_of, promote, read_row


@dataclass(frozen=True, slots=True)
class Version:
    """A release of an app. *size*: of its files, in bytes. *message*: what its deploy was said to be for."""

    fs_id: FsId
    mode: Mode
    release_seq: int
    created: str
    size: int
    message: str
    deployed_by: UserId


_OF_APP = "appSlug = ? AND userSlug = ? AND userId = ? AND deletion = ''"
MOST = 2**62
"""Above every number of a release."""


def list_versions(
    tx: Tx, app: AppState, *, below: int = MOST, limit: int, published_only: bool = False
) -> tuple[Version, ...]:
    """Return releases of *app* with numbers below *below*, highest first."""
    only = " AND mode = 'production'" if published_only else ""
    rows = tx.execute(
        "SELECT fsId, mode, releaseSeq, created, sizeBytes, message, deployedBy FROM Apps"
        f" WHERE {_OF_APP} AND releaseSeq < ?{only} ORDER BY releaseSeq DESC LIMIT ?",
        (app.app_slug, app.user_slug, app.user_id, below, limit),
    )
    return tuple(
        Version(FsId(fs_id), mode, seq, created, size, message, UserId(by))
        for fs_id, mode, seq, created, size, message, by in rows
    )


@dataclass(frozen=True, slots=True)
class Glance:
    """What an app shows, or, where it shows nothing, its newest release. *extras*: our notes on it, JSON."""

    version: Version
    is_published: bool
    extras: str | None


def find_glance(tx: Tx, app: AppState) -> Glance | None:
    """Return what *app* shows, or would if it weren't taken down; else its newest release; None: it has none."""
    for only in (" AND mode = 'production'", ""):
        rows = tx.execute(
            "SELECT fsId, mode, releaseSeq, created, sizeBytes, message, deployedBy, extras FROM Apps"
            f" WHERE {_OF_APP}{only} ORDER BY releaseSeq DESC LIMIT 1",
            (app.app_slug, app.user_slug, app.user_id),
        )
        for fs_id, mode, seq, created, size, message, by, extras in rows:
            version = Version(FsId(fs_id), mode, seq, created, size, message, UserId(by))
            return Glance(version, bool(only), extras)
    return None


def find_newer(tx: Tx, app: AppSlug, user: UserSlug, fs_id: FsId) -> FsId | None:
    """Return the newest release of an app if it is newer than *fs_id*."""
    rows = tx.execute(
        "SELECT fsId FROM Apps AS newer WHERE appSlug = ? AND userSlug = ? AND deletion = ''"
        " AND userId = (SELECT userId FROM UserSlugBindings AS b WHERE b.userSlug = newer.userSlug)"
        " AND releaseSeq > (SELECT max(releaseSeq) FROM Apps AS a WHERE a.appSlug = newer.appSlug"
        " AND a.userSlug = newer.userSlug AND a.userId = newer.userId AND a.fsId = ? AND a.deletion = '')"
        " ORDER BY releaseSeq DESC LIMIT 1",
        (app, user, fs_id),
    )
    return FsId(rows[0][0]) if rows else None


def find_published_seq(tx: Tx, app: AppState, *, without: FsId | None = None) -> int | None:
    """Return the number of the release that the app's address shows; None: it shows none.

    Args:
        without: as if there were no release of that content.
    """
    if app.unpublished:
        return None
    rows = tx.execute(
        f"SELECT releaseSeq FROM Apps WHERE {_OF_APP} AND mode = 'production' AND fsId <> ?"
        " ORDER BY releaseSeq DESC LIMIT 1",
        (app.app_slug, app.user_slug, app.user_id, without or ""),
    )
    return int(rows[0][0]) if rows else None


class Published(msgspec.Struct, frozen=True):
    """A release that is shown now. *is_new*: another was before, or none."""

    release: Release
    is_new: bool


def find_version(
    tx: Tx, app: AppState, fs_id: FsId | None, *, published_only: bool = False
) -> Release | None:
    """Return the release of *app* with that content; None: the newest."""
    only = " AND mode = 'production'" if published_only else ""
    which, keys = (" AND fsId = ?", (fs_id,)) if fs_id is not None else ("", ())
    rows = tx.execute(
        f"SELECT {COLUMNS} FROM Apps WHERE {_OF_APP}{only}{which} ORDER BY releaseSeq DESC LIMIT 1",
        (app.app_slug, app.user_slug, app.user_id, *keys),
    )
    return read_row(rows[0]) if rows else None


def find_shown(
    tx: Tx, app: AppState, fs_id: FsId | None = None, *, without: FsId | None = None
) -> Release | None:
    """Return the release that is named, else the one that the app's address shows, or would *without* one of them."""
    if fs_id is not None:
        return find_version(tx, app, fs_id)
    seq = find_published_seq(tx, app, without=without)
    rows = tx.execute(
        f"SELECT {COLUMNS} FROM Apps WHERE {_OF_APP} AND releaseSeq = ?",
        (app.app_slug, app.user_slug, app.user_id, seq),
    )
    return read_row(rows[0]) if rows else None


def get_size(tx: Tx, release: Release) -> int:
    """Return how many bytes the files of *release* have."""
    ((size,),) = tx.execute(f"SELECT sizeBytes FROM Apps WHERE {IS_KEY}", key_of(release))
    return int(size)


def get_message(tx: Tx, release: Release) -> str:
    """Return what the deploy of *release* was said to be for."""
    ((message,),) = tx.execute(f"SELECT message FROM Apps WHERE {IS_KEY}", key_of(release))
    return str(message)


def publish_version(tx: Tx, app: AppState, fs_id: FsId | None, *, puts_back: bool) -> Published:
    """Make a release, the newest where none is named, the one that the address of *app* shows.

    Args:
        puts_back: an app that is taken down is shown again; else it stays so, and shows the release once it is.

    Raises:
        NotFound: there is none.
    """
    there = _get_version(tx, app, fs_id)
    if there.release_seq == find_published_seq(tx, app):
        return Published(there, is_new=False)
    release = promote(tx, there)
    if puts_back:
        set_unpublished(tx, app, on=False)
    _note_change(tx, app)
    return Published(release, is_new=puts_back or not app.unpublished)


def set_mode(tx: Tx, app: AppState, fs_id: FsId, mode: Mode) -> Release:
    """Give a release that mode. As production it is what is shown; as dev it isn't, and the one before it is.

    Raises:
        NotFound: there is no such release.
    """
    there = _get_version(tx, app, fs_id)
    release = promote(tx, there) if mode == "production" else demote(tx, there)
    _note_change(tx, app)
    return release


def set_unpublished(tx: Tx, app: AppState, *, on: bool) -> str:
    """Take *app* down, or put it back; return since when it is down. One that is down keeps its time."""
    ((since,),) = tx.execute(
        "UPDATE AppSlugBindings SET unpublished = CASE WHEN ? = 0 THEN '' WHEN unpublished = '' THEN ?"
        " ELSE unpublished END WHERE appSlug = ? AND userSlug = ? RETURNING unpublished",
        (int(on), tx.now, app.app_slug, app.user_slug),
    )
    _note_change(tx, app)
    return str(since)


def _get_version(tx: Tx, app: AppState, fs_id: FsId | None) -> Release:
    found = find_version(tx, app, fs_id)
    if found is None:
        which = f"no release {fs_id[:100]}" if fs_id is not None else "no release"
        raise NotFound(f"{app.app_slug}--{app.user_slug} has {which}.")
    return found


def _note_change(tx: Tx, app: AppState) -> None:
    touch_app(tx, app.app_slug, app.user_slug)
    count_change(tx, {(app.app_slug, app.user_slug, app.user_id)})
