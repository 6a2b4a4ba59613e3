"""`vibes-trio device`: key files for people and machines, and taking them back."""

import os
import secrets
import time
from argparse import Namespace
from dataclasses import asdict
from pathlib import Path

from vibes_trio.auth.codes import CODE_CHARS, hash_code
from vibes_trio.auth.device import write_key_file
from vibes_trio.background.trust import ensure_keys
from vibes_trio.commands.database import open_database, read, write
from vibes_trio.commands.device_files import issue_for, save_device, taken
from vibes_trio.commands.local_device import ensure_local_device
from vibes_trio.commands.output import OK, CommandFailed, print_json, print_table, tell
from vibes_trio.config import load_config
from vibes_trio.storage import iso_utc
from vibes_trio.storage.certificates import Certificate, list_certificates, revoke_certificate
from vibes_trio.storage.interface import Database
from vibes_trio.storage.users import User, add_invite, find_user, list_users

MIN_SERIAL_CHARS = 6
MAX_DAYS = 3650


def issue(options: Namespace) -> int:
    """Make a key file for a user: in the file `--out`, else on standard output."""
    config = load_config(os.environ, options.settings)
    if not 1 <= options.days <= MAX_DAYS:
        raise CommandFailed(f"--days: 1 to {MAX_DAYS} are possible; got {options.days}.")
    if options.out and Path(options.out).exists():
        raise taken(Path(options.out))  # before a certificate is issued that nobody gets
    now = time.time()
    with open_database(config) as db:
        user = _get_user(db, options.user)
        device = issue_for(db, ensure_keys(config, now).ca, user, now, options.days)
    if not options.out:
        print(write_key_file(device))
        return OK
    save_device(device, Path(options.out))
    print(options.out)
    tell(f"Whoever has this file is {user.name}, for {options.days} days: hand it over like a password.")
    return OK


def code(options: Namespace) -> int:
    """Print a one-time code with which a user lets a program in that opens the server's sign-in page."""
    config = load_config(os.environ, options.settings)
    made = new_code()
    with open_database(config) as db:
        user = _get_user(db, options.user)
        expires = write(db, add_invite, user.user_id, hash_code(made), valid_s=config.limits.invite_valid_s)
    if options.json:
        print_json({"code": made, "user": user.name, "expires": expires})
        return OK
    print(made)
    minutes = int(config.limits.invite_valid_s // 60)
    tell(
        f"Type it on the sign-in page that the program opens. It lets in as {user.name}, once, for {minutes} minutes."
    )
    return OK


def new_code() -> str:
    """Return a code of 60 random bits in groups of four, without letters that are read as others."""
    chars = "".join(secrets.choice(CODE_CHARS) for _ in range(12))
    return f"{chars[:4]}-{chars[4:8]}-{chars[8:]}"


def list_all(options: Namespace) -> int:
    """List the certificates that were issued, oldest first."""
    with open_database(load_config(os.environ, options.settings)) as db:
        issued = read(db, list_certificates)
        names = {user.user_id: user.name for user in read(db, list_users)}
    now = iso_utc(time.time())
    if options.json:
        print_json([asdict(c) | {"user": names.get(c.user_id, ""), "state": _state(c, now)} for c in issued])
    elif issued:
        rows = [
            (c.serial, names.get(c.user_id, c.user_id), _state(c, now), c.issued[:10], c.expires[:10])
            for c in issued
        ]
        print_table(("SERIAL", "USER", "STATE", "ISSUED", "EXPIRES"), rows)
    else:
        tell(
            "No devices yet: the first `vibes-trio serve` makes one for `me`, `vibes-trio device issue` others."
        )
    return OK


def revoke(options: Namespace) -> int:
    """Revoke the certificate with a serial number, or with an unambiguous start of one."""
    config = load_config(os.environ, options.settings)
    now = time.time()
    with open_database(config) as db:
        revoked = write(db, revoke_certificate, _find_serial(db, options.serial))
        ensure_local_device(config, db, ensure_keys(config, now), now)
    if options.json:
        print_json(asdict(revoked))
        return OK
    print(f"revoked {revoked.serial}")
    tell("A running server refuses it within a second.")
    return OK


def _get_user(db: Database, name: str) -> User:
    user = read(db, find_user, name)
    if user is None:
        raise CommandFailed(f"There is no user {name!r}. Add one with `vibes-trio user add {name}`.")
    return user


def _state(certificate: Certificate, now: str) -> str:
    if certificate.revoked is not None:
        return "revoked"
    return "valid" if now < certificate.expires else "expired"


def _find_serial(db: Database, start: str) -> str:
    if len(start) < MIN_SERIAL_CHARS:
        raise CommandFailed(f"{start!r}: give at least {MIN_SERIAL_CHARS} characters of the serial number.")
    found = [c.serial for c in read(db, list_certificates) if c.serial.startswith(start)]
    if len(found) > 1:
        raise CommandFailed(f"{start!r}: {len(found)} serial numbers start with that. Give more of it.")
    return found[0] if found else start
