"""Secrets of apps: sealed by who stores them (`auth/sealing.py`), never told in plain."""

from dataclasses import dataclass

from vibes_trio.errors import LimitReached
from vibes_trio.exchange import AppSlug, UserSlug
from vibes_trio.storage.interface import Tx


@dataclass(frozen=True, slots=True)
class Secret:
    """What is told of a secret.

    Attributes:
        last4: its last characters; empty: it is short.
        updated: ISO.
        set_by: a handle.
    """

    name: str
    last4: str
    updated: str
    set_by: str


_OF_APP = "appSlug = ? AND userSlug = ?"


def put_secret(tx: Tx, app: tuple[AppSlug, UserSlug], secret: Secret, sealed: bytes, at_most: int) -> None:
    """Keep *secret*, in place of one of that name; it is *updated* now.

    Raises:
        LimitReached: the app has *at_most* others.
    """
    ((others,),) = tx.execute(
        f"SELECT count(*) FROM AppSecrets WHERE {_OF_APP} AND name <> ?", (*app, secret.name)
    )
    if others >= at_most:
        raise LimitReached(
            f"The app has {others} secrets, as many as it may: remove one.",
            limit="app_secrets",
            value=at_most,
        )
    tx.execute(
        "INSERT INTO AppSecrets (appSlug, userSlug, name, sealed, last4, updated, setBy) VALUES (?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (appSlug, userSlug, name) DO UPDATE SET sealed = excluded.sealed, last4 = excluded.last4,"
        " updated = excluded.updated, setBy = excluded.setBy",
        (*app, secret.name, sealed, secret.last4, tx.now, secret.set_by),
    )


def remove_secret(tx: Tx, app: tuple[AppSlug, UserSlug], name: str) -> None:
    """Forget a secret; one that is not there is forgotten already."""
    tx.execute(f"DELETE FROM AppSecrets WHERE {_OF_APP} AND name = ?", (*app, name))


def list_secrets(tx: Tx, app: tuple[AppSlug, UserSlug]) -> tuple[Secret, ...]:
    """Return what may be told of the app's secrets, by name."""
    rows = tx.execute(
        f"SELECT name, last4, updated, setBy FROM AppSecrets WHERE {_OF_APP} ORDER BY name", app
    )
    return tuple(Secret(*row) for row in rows)
