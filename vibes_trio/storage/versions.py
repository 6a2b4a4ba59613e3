"""Lists of an app's releases, without their manifests."""

from dataclasses import dataclass

from vibes_trio.exchange import FsId, UserId
from vibes_trio.storage.app_states import AppState
from vibes_trio.storage.apps import Mode
from vibes_trio.storage.interface import Tx


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


def find_published_seq(tx: Tx, app: AppState) -> int | None:
    """Return the number of the release that the app's address shows; None: it shows none."""
    if app.unpublished:
        return None
    rows = tx.execute(
        f"SELECT releaseSeq FROM Apps WHERE {_OF_APP} AND mode = 'production' ORDER BY releaseSeq DESC LIMIT 1",
        (app.app_slug, app.user_slug, app.user_id),
    )
    return int(rows[0][0]) if rows else None
