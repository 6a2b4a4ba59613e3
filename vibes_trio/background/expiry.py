"""Warnings before keys and certificates end, once a day: what ends unseen locks people out."""

import logging
from collections.abc import Iterator, Sequence
from contextlib import suppress

import trio

from vibes_trio.auth.ca import expiry_warning
from vibes_trio.auth.keys import load_keys
from vibes_trio.config import Config, Limits
from vibes_trio.context import App
from vibes_trio.errors import ConfigError, NotFound
from vibes_trio.storage.certificates import Certificate, list_ending
from vibes_trio.storage.interface import Tx
from vibes_trio.storage.users import get_user

log = logging.getLogger(__name__)


async def warn_of_expiry(app: App) -> None:
    """Write a warning of each thing that ends within `limits.expiry_told_s`.

    Raises:
        VibesError: the database can't be read at the moment.
    """
    ca = await trio.to_thread.run_sync(ca_ends, app.config, app.now())
    if ca:
        log.warning("%s", ca)
    for text in await app.db.read(devices_end, app.config.limits):
        log.warning("%s", text)


def ca_ends(config: Config, now: float) -> str | None:
    """Return what to tell of the device CA, if it ends soon. Keys that can't be used are told of elsewhere."""
    try:
        return expiry_warning(load_keys(config, now, is_new=lambda: False).ca, now)
    except ConfigError:
        return None


def devices_end(tx: Tx, limits: Limits) -> Sequence[str]:
    """Return what to tell of devices whose certificates end soon, a line each; the rest as a number."""
    ending = list_ending(tx, tx.later(limits.expiry_told_s), limits.expiry_told + 1)
    told = list(_lines(tx, ending[: limits.expiry_told]))
    return told if len(ending) <= limits.expiry_told else [*told, "Certificates of more devices end soon."]


def _lines(tx: Tx, ending: Sequence[Certificate]) -> Iterator[str]:
    for certificate in ending:
        name: str = certificate.user_id
        with suppress(NotFound):  # who signed in elsewhere has no row
            name = get_user(tx, certificate.user_id).name
        yield (
            f"The last certificate of {name}'s devices ({certificate.serial[:8]}…) ends on {certificate.expires[:10]}: "
            f"then they can't sign in. Issue a new one: vibes-trio device issue --user {name}"
        )
