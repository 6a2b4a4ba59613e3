"""`vibes-trio keys`: the server's own keys."""

import os
import sys
import time
from argparse import Namespace
from datetime import datetime

from vibes_trio.auth.keys import FILE_NAME, Keys, make_key_file, read_key_file, rotate_keys, settings_of
from vibes_trio.background.trust import ensure_keys
from vibes_trio.commands.database import open_database, read, write
from vibes_trio.commands.deletions import confirm
from vibes_trio.commands.local_device import ensure_local_device
from vibes_trio.commands.output import OK, CommandFailed, print_json, tell
from vibes_trio.config import Config, load_config
from vibes_trio.storage.certificates import list_certificates, revoke_certificate
from vibes_trio.storage.interface import Database


def show(options: Namespace) -> int:
    """Print the keys as settings: the public half, or all with `--secret`."""
    keys = ensure_keys(load_config(os.environ, options.settings), time.time())
    settings = settings_of(keys, secret=options.secret)
    if options.json:
        print_json(settings)
    else:
        for name, value in settings.items():
            print(f"{name}={value}")
    return OK


def rotate(options: Namespace) -> int:
    """Replace the device CA. Devices of the old one count until their certificates end, or no more at all.

    With `--lost` the old one is gone, and its devices with it.
    """
    config = load_config(os.environ, options.settings)
    if config.device_id_ca_priv_key:
        raise CommandFailed(
            "The device CA comes from the settings DEVICE_ID_CA_PRIV_KEY and DEVICE_ID_CA_CERT: "
            "change it there."
        )
    now = time.time()
    with open_database(config) as db:
        tell(_plan(config, db, now, options))
        if options.plan:
            return OK
        if not options.yes and sys.stdin.isatty():
            confirm("Go on?", "Nothing was changed.")
        keys = _replace_lost(config, now) if options.lost else _rotate(config, db, now, options.drop_old)
        if not keys.previous:
            _revoke_all(db)
        ensure_local_device(config, db, keys, now)
    if options.json:
        print_json({"ca": keys.ca.name, "trusted": [ca.name for ca in keys.trusted]})
        return OK
    print(f"the device CA is now {keys.ca.name!r}")
    if keys.previous:
        tell(f"Still trusted, until its last device ends: {', '.join(ca.name for ca in keys.previous)}.")
    else:
        tell("Devices certified before count no more: issue new ones with `vibes-trio device issue`.")
    tell("A running server uses the new keys within a second.")
    return OK


def _plan(config: Config, db: Database, now: float, options: Namespace) -> str:
    """Return what a rotation will do, before anything is done."""
    live = [c for c in read(db, list_certificates) if c.revoked is None and _unix(c.expires) > now]
    who = f"{len(live)} device{'' if len(live) == 1 else 's'} of {len({c.user_id for c in live})} users"
    if options.lost:
        return f"Plan: make new keys; {who} can't sign in any more, and have to be issued anew."
    old = read_key_file(config.data_dir).ca
    if options.drop_old:
        return f"Plan: replace the device CA {old.name!r}; {who} can't sign in any more, and have to be issued anew."
    until = max((c.expires[:10] for c in live), default="")
    stay = f"{who} stay signed in, the last until {until}" if live else "no device is signed in"
    return (
        f"Plan: replace the device CA {old.name!r}, which goes on to be trusted until its last device ends: {stay}. "
        "New devices are certified by the new one. Back up keys.json afterwards."
    )


def _rotate(config: Config, db: Database, now: float, drop_old: bool) -> Keys:
    ends = [_unix(c.expires) for c in read(db, list_certificates) if c.revoked is None]
    return rotate_keys(config.data_dir, now, max(ends, default=None), drop_old=drop_old)


def _revoke_all(db: Database) -> None:
    """Note of all certificates, which no CA vouches for any more, that they count no longer: lists say so then."""
    for certificate in read(db, list_certificates):
        if certificate.revoked is None:
            write(db, revoke_certificate, certificate.serial)


def _replace_lost(config: Config, now: float) -> Keys:
    path = config.data_dir / FILE_NAME
    if path.exists():
        raise CommandFailed(f"{path}: is there, so nothing is lost. Rotate without --lost.")
    make_key_file(config.data_dir, now)
    return ensure_keys(config, now)


def _unix(iso: str) -> int:
    return int(datetime.fromisoformat(iso).timestamp())
