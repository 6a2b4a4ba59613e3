"""The server's own keys: from the settings or from `<data>/keys.json`, made at first start (auth.md 6, 9).

The file holds the settings by their names, and the public keys of replaced CAs. It is written whole under
another name and then put in place, so no process ever reads half of it. Called at start-up and by the command
line only; all of it is sync.
"""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import cast

from cryptography.hazmat.primitives.asymmetric import ec

from vibes_trio.auth.ca import Ca, make_ca, read_ca
from vibes_trio.auth.device_id import TrustedCa
from vibes_trio.auth.encoding import Json, JsonObject, parse_object
from vibes_trio.auth.jwk import env_key, new_key, private_jwk, public_jwk, read_public_jwk
from vibes_trio.auth.key_settings import read_key_setting
from vibes_trio.auth.schema import anything, array, integer, record, text
from vibes_trio.config import Config
from vibes_trio.errors import ConfigError
from vibes_trio.whole_files import PRIVATE, is_beside, sync_folder, whole_file

FILE_NAME = "keys.json"
_UNFINISHED_ONCE = re.compile(re.escape(FILE_NAME) + r"\.[0-9a-f]{16}")
"""What earlier versions called a file that they were making."""

SESSION_PUBLIC = "CLOUD_SESSION_TOKEN_PUBLIC"
SESSION_SECRET = "CLOUD_SESSION_TOKEN_SECRET"

MISSING = (
    "is missing. It holds the server's own keys, by which all devices that sign in here are known; it is made at the "
    "first start only, never beside data: new keys would lock all of them out. Put it back from your backup, or give "
    "the keys by the settings DEVICE_ID_CA_PRIV_KEY, DEVICE_ID_CA_CERT and CLOUD_SESSION_TOKEN_PUBLIC. If it is lost, "
    "`vibes-trio keys rotate --lost` makes new ones; then issue every device anew."
)

_FILE = record(
    {
        **dict.fromkeys(("DEVICE_ID_CA_PRIV_KEY", "DEVICE_ID_CA_CERT", SESSION_PUBLIC, SESSION_SECRET), text),
        "previous": array(record({"name": text, "publicKey": anything, "until": integer})),
    }
)


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys of a server.

    Attributes:
        ca: issues device certificates.
        previous: replaced CAs, trusted until their last certificate ends.
        session_public: public key for cloud session tokens, as the setting has it.
        session_secret: its private half; empty when the public one comes from the settings.
    """

    ca: Ca
    previous: tuple[TrustedCa, ...]
    session_public: str
    session_secret: str = field(repr=False)

    @property
    def trusted(self) -> tuple[TrustedCa, ...]:
        """The CAs whose certificates count."""
        return (self.ca.trusted(), *self.previous)


def load_keys(config: Config, now: float, *, is_new: Callable[[], bool] | None = None) -> Keys:
    """Return the keys to run with. Settings win; what they lack comes from the file.

    Args:
        now: Unix seconds.
        is_new: says whether the data folder holds nothing that belongs to keys that were there; otherwise whether it
            is empty. Asked when the file is missing: if so, it is made. Never beside data, whose devices a new CA
            would lock out.

    Raises:
        ConfigError: a setting or the file can't be used at the time *now*, or the file is missing.
    """
    priv_key, certificate = config.device_id_ca_priv_key, config.device_id_ca_cert
    if bool(priv_key) != bool(certificate):
        raise ConfigError("DEVICE_ID_CA_PRIV_KEY and DEVICE_ID_CA_CERT go together: set both or neither.")
    session_public = config.cloud_session_token_public
    read_key_setting(SESSION_PUBLIC, session_public)
    given_ca = read_ca(priv_key, certificate, now) if priv_key else None
    if given_ca is not None and session_public:
        return Keys(given_ca, (), session_public, "")
    keys = load_key_file(config.data_dir, now, is_new=is_new)
    if given_ca is not None:
        return replace(keys, ca=given_ca, previous=())
    return replace(keys, session_public=session_public, session_secret="") if session_public else keys


def load_key_file(data_dir: Path, now: float, *, is_new: Callable[[], bool] | None = None) -> Keys:
    """Return the keys in the file of *data_dir*, made with the folder (0700), the file (0600) if that *is_new*.

    Several processes may start at once: one makes the file, the others read it.

    Raises:
        ConfigError: the file can't be read, made or used, or is missing.
    """
    path = data_dir / FILE_NAME
    with _as_config_error(path):
        # Keys are made before anything is stored: who sees data after this finds the file.
        if not path.exists() and (_is_empty(data_dir) if is_new is None else is_new()):
            make_key_file(data_dir, now)
        return _read(path, now)


def read_key_file(data_dir: Path) -> Keys:
    """Return the keys in the file of *data_dir*, though their time may be over. It is never made.

    Raises:
        ConfigError: the file is missing, or can't be used.
    """
    path = data_dir / FILE_NAME
    with _as_config_error(path):
        return _read(path, now=None)


def _is_empty(folder: Path) -> bool:
    """Whether nothing lies in *folder*, or only what a process writes, or was killed at, that makes the keys, too."""
    return not folder.exists() or all(is_unfinished(entry.name) for entry in folder.iterdir())


def is_unfinished(name: str) -> bool:
    """Whether a file of this name is one of keys that are being made."""
    return is_beside(name, FILE_NAME) or _UNFINISHED_ONCE.fullmatch(name) is not None


def make_key_file(data_dir: Path, now: float) -> None:
    """Put a file with new keys into *data_dir* unless there is one; the folder is made, too.

    Raises:
        OSError: it can't be made.
    """
    data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not (data_dir / FILE_NAME).exists():
        _write_new(data_dir / FILE_NAME, _new_keys(now))


def rotate_keys(data_dir: Path, now: float, last_expiry: int | None, *, drop_old: bool = False) -> Keys:
    """Replace the CA in the file of *data_dir* by a new one, and return the keys.

    Args:
        now: Unix seconds.
        last_expiry: when the last certificate of the old CA ends (Unix seconds); None: it issued none.
            Until then its public key stays trusted.
        drop_old: trust no replaced CA any more; its devices have to sign in again.

    Raises:
        ConfigError: there is no such file, or it can't be used.
    """
    path = data_dir / FILE_NAME
    with _as_config_error(path):
        old = _read(path, now=None)  # an expired CA can be replaced, too
        previous = [ca for ca in old.previous if ca.until is None or now < ca.until]
        if last_expiry is not None and now < last_expiry:
            previous.append(old.ca.trusted(until=last_expiry))
        keys = replace(old, ca=make_ca(now), previous=() if drop_old else tuple(previous))
        _write(path, keys)
        return keys


def settings_of(keys: Keys, *, secret: bool) -> dict[str, str]:
    """Return *keys* as settings by name: the public half, or all of it if *secret*."""
    public = {
        "DEVICE_ID_CA_CERT": keys.ca.certificate_jwt,
        SESSION_PUBLIC: keys.session_public,
    }
    if not secret:
        return public
    private = {"DEVICE_ID_CA_PRIV_KEY": keys.ca.settings["DEVICE_ID_CA_PRIV_KEY"]}
    if keys.session_secret:
        private[SESSION_SECRET] = keys.session_secret
    return public | private


def _new_keys(now: float) -> Keys:
    session = new_key()
    return Keys(
        ca=make_ca(now),
        previous=(),
        session_public=env_key(public_jwk(session.public_key())),
        session_secret=env_key(private_jwk(session)),
    )


def _write_new(path: Path, keys: Keys) -> None:
    """Put a file with *keys* at *path* unless there is one by now."""
    with suppress(FileExistsError):
        _write(path, keys, replaces=False)


def _write(path: Path, keys: Keys, *, replaces: bool = True) -> None:
    """Write *keys* to *path*, for this user only; on disk, the name too, when this returns."""
    document: JsonObject = {
        **settings_of(keys, secret=True),
        "previous": [
            {"name": ca.name, "publicKey": public_jwk(ca.key), "until": ca.until} for ca in keys.previous
        ],
    }
    with whole_file(path, PRIVATE, replaces=replaces) as file:
        file.write(json.dumps(document, indent=2).encode())
    sync_folder(path.parent)


def _read(path: Path, now: float | None) -> Keys:
    document = cast(JsonObject, _FILE(parse_object(path.read_bytes())))
    priv_key, certificate, session_public, session_secret = (
        cast(str, document[name])
        for name in ("DEVICE_ID_CA_PRIV_KEY", "DEVICE_ID_CA_CERT", SESSION_PUBLIC, SESSION_SECRET)
    )
    read_key_setting(SESSION_PUBLIC, session_public)
    previous = tuple(_read_previous(entry) for entry in cast("list[Json]", document["previous"]))
    return Keys(read_ca(priv_key, certificate, now), previous, session_public, session_secret)


def _read_previous(entry: Json) -> TrustedCa:
    members = cast(JsonObject, entry)
    key = read_public_jwk(members["publicKey"])
    if not isinstance(key, ec.EllipticCurvePublicKey):
        raise ValueError("previous: an EC P-256 key is wanted")
    return TrustedCa(cast(str, members["name"]), key, cast(int, members["until"]))


@contextmanager
def _as_config_error(path: Path) -> Iterator[None]:
    """Say which file it is that can't be used."""
    try:
        yield
    except FileNotFoundError as error:
        raise ConfigError(f"{path}: {MISSING}") from error
    except (OSError, ValueError) as error:
        raise ConfigError(f"{path}: can't be used: {error}.") from error
    except ConfigError as error:
        raise ConfigError(f"{path}: {error}") from error
