"""What decides about device tokens, kept true while others change it.

The command line revokes certificates and rotates keys while a server runs. Both are seen here within
`limits.trust_poll_s`: revocations by a counter in the database, keys by their file's time and size.
"""

import logging
from pathlib import Path

import trio

from vibes_trio.auth.device_id import DeviceTrust, TrustedCa
from vibes_trio.auth.keys import FILE_NAME, load_keys
from vibes_trio.config import Config
from vibes_trio.context import App
from vibes_trio.errors import ConfigError, VibesError
from vibes_trio.storage import certificates
from vibes_trio.storage.engine import Database

log = logging.getLogger(__name__)

Stamp = tuple[int, int, int]


def read_trust(config: Config, db: Database, cas: tuple[TrustedCa, ...]) -> DeviceTrust:
    """Return what decides now: the CAs, the policy, what is issued and what is revoked."""
    return DeviceTrust(
        cas=cas,
        policy=config.device_chain,
        is_issued=lambda digest: db.get(certificates.is_issued, digest),
        revoked=db.get(certificates.list_revoked_serials),
        limits=config.limits,
    )


async def watch_trust(app: App, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
    """Look for changed keys and revocations until cancelled; put them in force at once.

    A database that can't be read now is looked at again: what was in force stays so, and the server goes on.
    """
    seen = read_stamp(app)
    task_status.started()
    failing = False
    while True:
        await trio.sleep(app.config.limits.trust_poll_s)
        try:
            stamp = read_stamp(app)
            if stamp != seen and refresh_trust(app):
                seen = stamp
            failing = False
        except VibesError as error:
            if not failing:
                log.error("can't see whether keys or revocations changed; trying again: %s", error.message)
            failing = True


def refresh_trust(app: App) -> bool:
    """Put the keys and revocations of now in force. Returns False, and says why, if they can't be used."""
    try:
        keys = load_keys(app.config, app.now())
    except ConfigError as error:
        log.error("the keys changed and can't be used; the old ones stay: %s", error)
        return False
    app.devices.set_trust(read_trust(app.config, app.db, keys.trusted))
    log.info("keys or revocations changed: device tokens are verified anew")
    return True


def read_stamp(app: App) -> Stamp:
    """Return what changes when keys or revocations do."""
    version = app.db.get(certificates.get_revocations_version)
    return (version, *_file_stamp(app.config.data_dir / FILE_NAME))


def _file_stamp(path: Path) -> tuple[int, int]:
    try:
        status = path.stat()
    except OSError:
        return (0, 0)
    return (status.st_mtime_ns, status.st_size)
