"""Rows of releases, one at a time; which of them there have to be, `apps.py` decides."""

from dataclasses import dataclass
from typing import Literal

from vibes_trio.exchange import AppSlug, FsId, UserId, UserSlug
from vibes_trio.storage.interface import Row, Tx
from vibes_trio.storage.release_assets import Key, note_assets

Mode = Literal["production", "dev"]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRelease:
    """What a deploy wants to be there.

    Attributes:
        env_json: object of text values.
        file_system_json: list of FileSystemItem, see schema-and-settings.md.
        extras_json: our own notes on the release (entry point, roots, sources); None: the reference made it.
        size: of its files, in bytes.
        run_id: of what its files came from; empty: of nothing that is known. An app has one release a run.
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
    run_id: str = ""
    message: str = ""
    deployed_by: UserId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Release(NewRelease):
    """A release that is there. `created`: when its content was first deployed, ISO."""

    release_seq: int
    created: str


IS_KEY = "appSlug = ? AND userId = ? AND userSlug = ? AND releaseSeq = ?"
COLUMNS = "appSlug, userSlug, userId, fsId, mode, env, fileSystem, extras, releaseSeq, created"


def revive(tx: Tx, there: Release) -> Release:
    """Return *there*, taken back if it is deleted: as a dev release then, whatever it was."""
    rows = tx.execute(
        f"UPDATE Apps SET deletion = '', mode = 'dev' WHERE {IS_KEY} AND deletion <> '' RETURNING {COLUMNS}",
        key_of(there),
    )
    return read_row(rows[0]) if rows else there


def find_run(tx: Tx, new: NewRelease) -> Release | None:
    """Return the release that the run of *new* has, under the same slugs."""
    rows = tx.execute(
        f"SELECT {COLUMNS} FROM Apps WHERE appSlug = ? AND userSlug = ? AND runId = ? AND userId = ?"
        " AND runId <> '' AND deletion = '' ORDER BY releaseSeq DESC LIMIT 1",
        (new.app_slug, new.user_slug, new.run_id, new.user_id),
    )
    return read_row(rows[0]) if rows else None


def rewrite(tx: Tx, there: Release, new: NewRelease) -> Release:
    """Give the row *there* the content of *new*."""
    (row,) = tx.execute(
        f"UPDATE Apps SET fsId = ?, env = ?, fileSystem = ?, extras = ?, sizeBytes = ? WHERE {IS_KEY}"
        f" RETURNING {COLUMNS}",
        (new.fs_id, new.env_json, new.file_system_json, new.extras_json, new.size, *key_of(there)),
    )
    note_assets(tx, key_of(there), new.file_system_json, new.extras_json)
    return read_row(row)


def label(tx: Tx, there: Release, new: NewRelease) -> Release:
    """Note what *new*, which *there* has the content of, was deployed for, if it says so; return *there*.

    Another release of its run has none any more.
    """
    if new.run_id:
        tx.execute(
            "UPDATE Apps SET runId = '' WHERE appSlug = ? AND userSlug = ? AND runId = ? AND runId <> ''",
            (there.app_slug, there.user_slug, new.run_id),
        )
    if new.run_id or new.message:
        tx.execute(
            "UPDATE Apps SET runId = CASE WHEN ? = '' THEN runId ELSE ? END,"
            f" message = CASE WHEN ? = '' THEN message ELSE ? END WHERE {IS_KEY}",
            (new.run_id, new.run_id, new.message, new.message, *key_of(there)),
        )
    return there


def heal(tx: Tx, there: Release, new: NewRelease) -> Release:
    """Return *there* as *new* has it, if *new* is what we made: see `apps.save_release`."""
    is_same = (there.file_system_json, there.extras_json) == (new.file_system_json, new.extras_json)
    if new.extras_json is None or is_same:
        return there
    (row,) = tx.execute(
        f"UPDATE Apps SET fileSystem = ?, extras = ?, sizeBytes = ? WHERE {IS_KEY} RETURNING {COLUMNS}",
        (new.file_system_json, new.extras_json, new.size, *key_of(there)),
    )
    note_assets(tx, key_of(there), new.file_system_json, new.extras_json)
    return read_row(row)


def demote(tx: Tx, there: Release) -> Release:
    """Make *there* a dev release."""
    (row,) = tx.execute(
        f"UPDATE Apps SET mode = 'dev' WHERE {IS_KEY} RETURNING {COLUMNS}",
        key_of(there),
    )
    return read_row(row)


def promote(tx: Tx, there: Release) -> Release:
    """Make *there* the newest production release; keep its number if no other stands in the way.

    For a dev release any later one does, for a production release only a later production one.
    """
    above = tx.execute(
        "SELECT 1 FROM Apps WHERE appSlug = ? AND userSlug = ? AND releaseSeq > ?"
        " AND (mode = 'production' OR ? = 'dev') LIMIT 1",
        (there.app_slug, there.user_slug, there.release_seq, there.mode),
    )
    if not above and there.mode == "production":
        return there
    seq = _next_seq(tx, there) if above else there.release_seq
    (row,) = tx.execute(
        f"UPDATE Apps SET mode = 'production', releaseSeq = ? WHERE {IS_KEY} RETURNING {COLUMNS}",
        (seq, *key_of(there)),
    )
    return read_row(row)


def insert_row(tx: Tx, new: NewRelease) -> Release:
    """Make a row of *new*, with the next number."""
    (row,) = tx.execute(
        f"INSERT INTO Apps ({COLUMNS}, sizeBytes, runId, message, deployedBy)"
        f" VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING {COLUMNS}",
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
            new.run_id,
            new.message,
            new.deployed_by or new.user_id,
        ),
    )
    release = read_row(row)
    note_assets(tx, key_of(release), new.file_system_json, new.extras_json)
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


def key_of(release: Release) -> Key:
    """Return what tells *release* from all others."""
    return release.app_slug, release.user_id, release.user_slug, release.release_seq


def read_row(row: Row) -> Release:
    """Return the release that a row of `COLUMNS` holds."""
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
