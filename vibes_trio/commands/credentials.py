"""How a command signs in, and where: with a key file that is named, in the environment, or of this machine's own
user; at the server that is named, or that serves the data folder."""

import time
from argparse import Namespace
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

from vibes_trio.auth.device import Device, read_key_file
from vibes_trio.auth.encoding import JsonObject
from vibes_trio.commands.address import read_address
from vibes_trio.commands.device_files import load_device
from vibes_trio.commands.logins import last_login, login_file
from vibes_trio.commands.output import UNUSABLE, CommandFailed
from vibes_trio.config import KEY_FILE_VARIABLE, Config

URL_VARIABLE = "VIBES_URL"
"""Names the server that is meant."""

LOCAL_USER = "me"
"""The user of the machine that the server runs on; see `local_device`."""


def local_key_file(data_dir: Path) -> Path:
    """Return where the key file of this machine's own user is."""
    return data_dir / "devices" / f"{LOCAL_USER}.json"


def find_url(options: Namespace, config: Config, env: Mapping[str, str]) -> str:
    """Return the server that is meant: `--url`, VIBES_URL, that of the data folder, of the last login; empty: none."""
    named = options.url or env.get(URL_VARIABLE)
    return named or read_address(config.data_dir) or last_login(config.data_dir)


def find_device(options: Namespace, config: Config, env: Mapping[str, str], url: str = "") -> Device:
    """Return the device to sign in with at *url*: of `--device`, of the environment, of `login`, of the data folder.

    Raises:
        CommandFailed: there is none, it can't be read, or its certificate has ended.
        ConfigError: the environment's can't be used.
    """
    local = local_key_file(config.data_dir)
    if options.device:
        device = load_device(Path(options.device))
    elif env.get(KEY_FILE_VARIABLE):
        device = read_key_file(env[KEY_FILE_VARIABLE])
    elif login_file(config.data_dir, url).exists():
        device = load_device(login_file(config.data_dir, url))
    elif local.exists():
        device = load_device(local)
    else:
        raise CommandFailed(
            f"{local}: there is no key file to sign in with. Sign in to a server elsewhere: `vibes-trio login "
            "--url URL`; start `vibes-trio serve` on this machine once, which makes one; or name one: --device FILE.",
            UNUSABLE,
        )
    _check_expiry(device)
    return device


def device_name(device: Device) -> str:
    """Return the common name of the device's certificate: the user it was issued for, if it is one of ours."""
    certificate = cast(JsonObject, device.certificate["certificate"])
    return str(cast(JsonObject, certificate["subject"])["commonName"])


def _check_expiry(device: Device) -> None:
    ends = cast(int, device.certificate["exp"])
    if ends < time.time():
        day = datetime.fromtimestamp(ends, UTC).strftime("%Y-%m-%d")
        raise CommandFailed(
            f"The device's certificate ended on {day}. Starting the server renews that of its own machine; for "
            "others its operator issues a new key file: vibes-trio device issue.",
            UNUSABLE,
        )
