"""Passkeys of users: the public halves, by the id that their authenticator gave. Times are ISO text as `Tx.now`."""

from dataclasses import dataclass

from vibes_trio.errors import BadRequest, LimitReached, NotFound
from vibes_trio.exchange import UserId
from vibes_trio.storage.interface import Row, Tx


@dataclass(frozen=True, slots=True)
class Passkey:
    """A passkey.

    Attributes:
        credential_id: base64url.
        public_key: COSE, as WebAuthn has it.
        sign_count: how often it signed, as far as its authenticator counts.
        used: when last; empty: never.
    """

    credential_id: str
    user_id: UserId
    name: str
    public_key: bytes
    sign_count: int
    created: str
    used: str


_COLUMNS = "credentialId, userId, name, publicKey, signCount, created, used"


def add_passkey(
    tx: Tx, user_id: UserId, credential_id: str, name: str, public_key: bytes, sign_count: int, *, limit: int
) -> Passkey:
    """Keep a new passkey of *user_id*.

    Raises:
        LimitReached: they have *limit*.
        BadRequest: it is somebody's already.
    """
    held = len(list_passkeys(tx, user_id))
    if held >= limit:
        raise LimitReached(
            f"You have {held} passkeys, and may have {limit}: remove one.", limit="passkeys", value=limit
        )
    rows = tx.execute(
        f"INSERT INTO Passkeys ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, '') ON CONFLICT DO NOTHING"
        f" RETURNING {_COLUMNS}",
        (credential_id, user_id, name, public_key, sign_count, tx.now),
    )
    if not rows:
        raise BadRequest("This passkey is here already.")
    return _passkey(rows[0])


def find_passkey(tx: Tx, credential_id: str) -> Passkey | None:
    """Return the passkey of that id."""
    rows = tx.execute(f"SELECT {_COLUMNS} FROM Passkeys WHERE credentialId = ?", (credential_id,))
    return _passkey(rows[0]) if rows else None


def list_passkeys(tx: Tx, user_id: UserId) -> tuple[Passkey, ...]:
    """Return those of *user_id*, oldest first: they are few."""
    rows = tx.execute(
        f"SELECT {_COLUMNS} FROM Passkeys WHERE userId = ? ORDER BY created, credentialId", (user_id,)
    )
    return tuple(map(_passkey, rows))


def note_passkey_used(tx: Tx, credential_id: str, sign_count: int) -> None:
    """Keep that it was used now.

    Raises:
        NotFound: it was removed meanwhile.
    """
    rows = tx.execute(
        "UPDATE Passkeys SET used = ?, signCount = ? WHERE credentialId = ? RETURNING 1",
        (tx.now, sign_count, credential_id),
    )
    if not rows:
        raise NotFound("This passkey was removed.")


def remove_passkey(tx: Tx, user_id: UserId, credential_id: str) -> None:
    """Forget a passkey of *user_id*.

    Raises:
        NotFound: they have none such.
    """
    rows = tx.execute(
        "DELETE FROM Passkeys WHERE credentialId = ? AND userId = ? RETURNING 1", (credential_id, user_id)
    )
    if not rows:
        raise NotFound(f"You have no passkey {credential_id[:100]!r}.")


def _passkey(row: Row) -> Passkey:
    credential_id, user_id, name, public_key, sign_count, created, used = row
    return Passkey(credential_id, UserId(user_id), name, bytes(public_key), sign_count, created, used)
