"""What decides about device tokens, kept true while others change it.

The command line revokes certificates and rotates keys while a server runs. Both are seen here within
`limits.trust_poll_s`: revocations by a counter in the database, keys by their file's time and size.
"""

import logging
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import msgspec
import trio

from vibes_trio.auth.audience import own_names
from vibes_trio.auth.device_id import DeviceTrust, TrustedCa
from vibes_trio.auth.keys import FILE_NAME, Keys, load_keys
from vibes_trio.background.periodic import every, repeat
from vibes_trio.config import Config
from vibes_trio.context import App
from vibes_trio.errors import ConfigError
from vibes_trio.storage import certificates
from vibes_trio.storage.engines import holds_data
from vibes_trio.storage.feed import REVOCATIONS, listening
from vibes_trio.storage.interface import Database

log = logging.getLogger(__name__)

Stamp = tuple[int, int, int]


def ensure_keys(config: Config, now: float) -> Keys:
    """Return the keys to run with; at the first start of a data folder they are made. *now* is Unix seconds.

    Raises:
        ConfigError: they can't be used, or are missing where there is data.
    """
    return load_keys(config, now, is_new=lambda: not holds_data(config))


async def read_trust(config: Config, db: Database, cas: tuple[TrustedCa, ...]) -> DeviceTrust:
    """Return what decides now: the CAs, the policy, what is issued, what is revoked, and who we are."""
    return DeviceTrust(
        cas=cas,
        policy=config.device_chain,
        is_issued=await _knows_issued(db),
        revoked=await db.get(certificates.list_revoked_serials),
        limits=config.limits,
        names=own_names(config),
    )


async def _knows_issued(db: Database) -> Callable[[str], bool]:
    """Return what says whether a certificate was issued here and counts: looked up, or from a list of now.

    The list is read again when `read_stamp` changes.
    """
    points = db.points
    if points is not None:
        return lambda digest: points.get(certificates.is_issued, digest)
    issued = await db.read(certificates.list_issued_digests)
    return issued.__contains__


async def watch_trust(app: App, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
    """Put changed keys and revocations in force until cancelled: our own at once, those of other programs soon.

    A database that can't be read now is looked at again: what was in force stays so, and the server goes on.
    """
    watch = _Watch(app, await read_stamp(app))
    limits = app.config.limits
    with listening(app.db.feed, [REVOCATIONS], most=1) as changes:
        task_status.started()
        work = every("the look at keys and revocations", limits.trust_poll_s, watch.look, limits)
        await repeat(replace(work, wake=changes.wait), app.counts.cells("periodic_runs"))


class _Watch(msgspec.Struct):
    """What was in force when somebody last looked; *usable*: the keys could be read."""

    app: App
    seen: Stamp
    usable: bool = True

    async def look(self) -> None:
        """Put in force what has changed.

        Raises:
            VibesError: the database can't be read at the moment.
        """
        stamp = await read_stamp(self.app)
        if stamp != self.seen or (not self.usable and _find_cas(self.app) is not None):
            self.usable = await refresh_trust(self.app)
            self.seen = stamp


async def refresh_trust(app: App) -> bool:
    """Put the keys and revocations of now in force. Returns False, and says why, if the keys can't be used.

    Then those that were in force stay so: a file that is gone is never made anew here. Revocations count all the same.
    """
    cas = _find_cas(app, tell=True)
    app.devices.set_trust(await read_trust(app.config, app.db, app.devices.trust.cas if cas is None else cas))
    log.info("keys or revocations changed: device tokens are verified anew")
    return cas is not None


def _find_cas(app: App, *, tell: bool = False) -> tuple[TrustedCa, ...] | None:
    """Return the CAs that count by the keys of now; None: they can't be used."""
    try:
        return load_keys(app.config, app.now(), is_new=lambda: False).trusted
    except ConfigError as error:
        if tell:
            log.error(
                "the keys changed and can't be used; the old ones stay until the server ends: %s", error
            )
        return None


async def read_stamp(app: App) -> Stamp:
    """Return what changes when keys or revocations do."""
    version = await app.db.get(certificates.get_revocations_version)
    if app.db.points is None:
        version += await app.db.get(certificates.get_issued_version)
    return (version, *_file_stamp(app.config.data_dir / FILE_NAME))


def _file_stamp(path: Path) -> tuple[int, int]:
    try:
        status = path.stat()
    except OSError:
        return (0, 0)
    return (status.st_mtime_ns, status.st_size)
