"""The device of this machine's own user.

The first start adds a user `me` with a key file in the data folder, so that commands on the same machine work at
once. Whoever can read that file can read the CA's private key beside it as well, so it gives nothing away.
"""

from pathlib import Path

import trio

from vibes_trio.auth.device import mint_token
from vibes_trio.auth.device_id import DeviceTrust, verify_device_token
from vibes_trio.auth.jws import Refused
from vibes_trio.auth.keys import Keys
from vibes_trio.background.trust import read_trust
from vibes_trio.commands.credentials import LOCAL_USER, local_key_file
from vibes_trio.commands.database import read, write
from vibes_trio.commands.device_files import issue_for, load_device, save_device
from vibes_trio.commands.output import CommandFailed
from vibes_trio.config import Config
from vibes_trio.exchange import UserId
from vibes_trio.storage.interface import Database
from vibes_trio.storage.users import User, add_user, find_user, new_user_id

LOCAL_EMAIL = "me@localhost"
LOCAL_DAYS = 365
RENEW_S = 30 * 86_400


def ensure_local_device(config: Config, db: Database, keys: Keys, now: float) -> Path:
    """Return the key file of this machine's own user, good for RENEW_S to come. *now* is Unix seconds.

    It is made anew when it is missing, broken, about another user, revoked, about to expire, or issued by a CA
    that is not trusted any more.

    Raises:
        CommandFailed: it can't be written.
        LimitReached: too many devices of the user count.
    """
    path = local_key_file(config.data_dir)
    user = read(db, find_user, LOCAL_USER) or _add_local_user(db)
    if not _is_good(path, user.user_id, trio.run(read_trust, config, db, keys.trusted), now):
        save_device(issue_for(db, keys.ca, user, now, LOCAL_DAYS), path, replace=True)
    return path


def _add_local_user(db: Database) -> User:
    # Whoever starts the server can read all that it holds, so to be its operator gives nothing away.
    return write(db, add_user, new_user_id(), LOCAL_USER, LOCAL_EMAIL, role="operator")


def _is_good(path: Path, user_id: UserId, trust: DeviceTrust, now: float) -> bool:
    """Say whether the server takes tokens of that device, now and for the days to come."""
    try:
        device = load_device(path)
        return all(
            verify_device_token(mint_token(device, time), trust, time).claims.user_id == user_id
            for time in (now, now + RENEW_S)
        )
    except (CommandFailed, Refused):
        return False
