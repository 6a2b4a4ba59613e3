"""Credentials for each message: short-lived tokens, made by a device's key file, or got from whoever gives them."""

import os
import time
from collections.abc import Awaitable, Callable, Mapping
from inspect import isawaitable
from itertools import count
from pathlib import Path

import msgspec

from vibes_trio.auth.audience import origin_of
from vibes_trio.auth.device import Device, mint_token, read_key_file
from vibes_trio.config import KEY_FILE_VARIABLE
from vibes_trio.errors import ConfigError
from vibes_trio.wire.auth import DashAuth

DEVICE = "device-id"
"""The type of the tokens that devices make."""

Given = DashAuth | str


class DeviceKey(msgspec.Struct, frozen=True):
    """Makes a fresh token for each message; it counts at the server that the message goes to, and nowhere else."""

    device: Device


Token = Given | DeviceKey | Callable[[], Given | Awaitable[Given]]
"""What a client signs its messages with: a token, a device, or what is asked for one before each message, which may
be async. Plain text is a device's token; `DashAuth` names other kinds, `clerk` for one."""

Signer = Callable[[], Awaitable[DashAuth]]


def device_file(path: str | Path) -> DeviceKey:
    """Return the device of the key file at *path*, as `vibes-trio device issue` writes it.

    Raises:
        ConfigError: it can't be read, or is none.
    """
    try:
        return DeviceKey(read_key_file(Path(path).read_text("utf-8")))
    except OSError as error:
        raise ConfigError(f"{path}: the key file can't be read: {error.strerror}.") from error
    except (UnicodeDecodeError, ConfigError) as error:
        raise ConfigError(f"{path}: {error}") from error


def environment(env: Mapping[str, str] | None = None) -> DeviceKey:
    """Return the device whose key file stands in VIBES_DEVICE_ID: its JSON or the `item` alone, plain or as base64.

    Args:
        env: otherwise that of the process.

    Raises:
        ConfigError: nothing is there, or no key file.
    """
    text = (os.environ if env is None else env).get(KEY_FILE_VARIABLE, "")
    if not text:
        raise ConfigError(
            f"{KEY_FILE_VARIABLE} is empty. Put the text of a key file there: vibes-trio device issue --out -."
        )
    return DeviceKey(read_key_file(text))


def signer(token: Token | None, url: str) -> Signer | None:
    """Return what gives the credentials of each message to the server at *url*; None: it goes unsigned."""
    if token is None:
        return None
    numbers, audience = count(1), origin_of(url)

    async def sign() -> DashAuth:
        if isinstance(token, DeviceKey):
            made = mint_token(token.device, time.time(), seq=next(numbers), audience=audience)
            return DashAuth(type=DEVICE, token=made)
        given = token() if callable(token) else token
        if isawaitable(given):
            given = await given
        return DashAuth(type=DEVICE, token=given) if isinstance(given, str) else given

    return sign
