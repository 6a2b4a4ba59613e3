"""Device key files: issued here, recorded before they are handed out, readable by their owner only."""

from pathlib import Path

from vibes_trio.auth.ca import DEVICE_DAYS, Ca
from vibes_trio.auth.device import Device, issue_device, read_key_file, write_key_file
from vibes_trio.auth.verifier import Claims
from vibes_trio.commands.database import write
from vibes_trio.commands.output import UNUSABLE, CommandFailed
from vibes_trio.errors import ConfigError
from vibes_trio.storage import Database, iso_utc
from vibes_trio.storage.certificates import Certificate, admit_certificate
from vibes_trio.storage.users import User
from vibes_trio.whole_files import PRIVATE, whole_file

ROLE = "user"  # certificates have to say one; nothing is decided by it


def issue_for(db: Database, ca: Ca, user: User, now: float, days: int = DEVICE_DAYS) -> Device:
    """Return a new device of *user*, whose certificate is on record and counts for *days* from *now*.

    Args:
        now: Unix seconds.

    Raises:
        LimitReached: the user has `limits.certificates_per_user` that count.
    """
    claims = Claims(user.user_id, sub=user.user_id, role=ROLE, email=user.email, email_verified=False)
    device, issued = issue_device(ca, claims, user.name, now, days)
    certificate = Certificate(
        serial=issued.serial,
        user_id=user.user_id,
        fingerprint=issued.fingerprint,
        sha256=issued.sha256_hex,
        issued=iso_utc(issued.issued_at),
        expires=iso_utc(issued.expires_at),
    )
    write(db, admit_certificate, certificate, db.limits.certificates_per_user)
    return device


def save_device(device: Device, path: Path, *, replace: bool = False) -> None:
    """Write the key file of *device* to *path* (0600), whole or not at all.

    Raises:
        CommandFailed: it can't be written, or is there already and *replace* isn't said.
    """
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _put(path, write_key_file(device), replace)
    except OSError as error:
        raise CommandFailed(f"{path}: can't be written: {error.strerror}.") from error


def _put(path: Path, text: str, replace: bool) -> None:
    try:
        with whole_file(path, PRIVATE, replaces=replace) as file:
            file.write(text.encode())
    except FileExistsError:
        raise taken(path) from None


def taken(path: Path) -> CommandFailed:
    """Return what to raise when a file is in the way."""
    return CommandFailed(f"{path}: is there already. Give another --out, or remove it first.")


def load_device(path: Path) -> Device:
    """Return the device of the key file at *path*.

    Raises:
        CommandFailed: it can't be read, or is none.
    """
    try:
        return read_key_file(path.read_text("utf-8"))
    except OSError as error:
        raise CommandFailed(f"{path}: the key file can't be read: {error.strerror}.", UNUSABLE) from error
    except (UnicodeDecodeError, ConfigError) as error:
        raise CommandFailed(f"{path}: {error}", UNUSABLE) from error
