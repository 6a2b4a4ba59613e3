"""Every device certificate that this server has issued, and which of them count no longer.

Times are ISO text as `Tx.now`. Source: auth.md, 2.8 (chain policy `registry`) and 5.
"""

from dataclasses import dataclass

from vibes_trio.errors import LimitReached, NotFound
from vibes_trio.exchange import UserId
from vibes_trio.storage.app_states import LAST
from vibes_trio.storage.counters import count_up, get_count
from vibes_trio.storage.feed import Revocations
from vibes_trio.storage.interface import Row, Tx


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """One issued certificate.

    Attributes:
        serial: its `jti`.
        fingerprint: of the device key, as shown to people.
        sha256: of the certificate's bytes as they stand in `x5c`, in hex.
        revoked: since when it counts no longer; None: it counts.
    """

    serial: str
    user_id: UserId
    fingerprint: str
    sha256: str
    issued: str
    expires: str
    revoked: str | None = None


_COLUMNS = "serial, userId, fingerprint, sha256, issued, expires, revoked"


def record_certificate(tx: Tx, certificate: Certificate) -> None:
    """Remember *certificate*, before it is handed out. Its serial number (32 random bytes) is new."""
    tx.execute(
        f"INSERT INTO Certificates ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            certificate.serial,
            certificate.user_id,
            certificate.fingerprint,
            certificate.sha256,
            certificate.issued,
            certificate.expires,
            certificate.revoked,
        ),
    )
    count_up(tx, "certificates")
    tx.tell(Revocations())  # who has a list of those that are issued


def admit_certificate(tx: Tx, certificate: Certificate, limit: int) -> None:
    """Do what `record_certificate` does for a user who has fewer than *limit* that count.

    Raises:
        LimitReached: they have that many.
    """
    if count_live(tx, certificate.user_id) >= limit:
        raise LimitReached(
            f"The user has {limit} devices already. Revoke one: see `device list`.",
            limit="certificates_per_user",
            value=limit,
        )
    record_certificate(tx, certificate)


def list_ending(tx: Tx, before: str, limit: int) -> tuple[Certificate, ...]:
    """Return up to *limit* certificates that count now and end before *before*, the next first.

    Of each user the last to end, and none of who has another beyond: that one took its place.
    """
    rows = tx.execute(
        f"SELECT {_COLUMNS} FROM Certificates AS c WHERE revoked IS NULL AND expires > ? AND expires < ?"
        " AND NOT EXISTS (SELECT 1 FROM Certificates AS o WHERE o.userId = c.userId AND o.revoked IS NULL"
        " AND (o.expires > c.expires OR (o.expires = c.expires AND o.serial > c.serial)))"
        " ORDER BY expires, serial LIMIT ?",
        (tx.now, before, limit),
    )
    return tuple(_certificate(row) for row in rows)


def revoke_certificate(tx: Tx, serial: str) -> Certificate:
    """Make a certificate count no longer and return it. One that is revoked keeps its time.

    Raises:
        NotFound: this server never issued it.
    """
    rows = tx.execute(
        f"UPDATE Certificates SET revoked = coalesce(revoked, ?) WHERE serial = ? RETURNING {_COLUMNS}",
        (tx.now, serial),
    )
    if not rows:
        raise NotFound(f"No certificate with the serial number {serial} was issued here. See `device list`.")
    count_up(tx, "revocations")
    tx.tell(Revocations())
    return _certificate(rows[0])


def get_revocations_version(tx: Tx) -> int:
    """Return a number that grows with each revocation, by whichever process: when it does, forget tokens."""
    return get_count(tx, "revocations")


def list_revoked_serials(tx: Tx) -> frozenset[str]:
    """Return the serial numbers of all that are revoked."""
    return frozenset(
        row[0] for row in tx.execute("SELECT serial FROM Certificates WHERE revoked IS NOT NULL")
    )


def get_issued_version(tx: Tx) -> int:
    """Return a number that grows with each certificate that is issued, by whichever process."""
    return get_count(tx, "certificates")


def list_issued_digests(tx: Tx) -> frozenset[str]:
    """Return the SHA-256 of all for which `is_issued` holds."""
    return frozenset(row[0] for row in tx.execute("SELECT sha256 FROM Certificates WHERE revoked IS NULL"))


def is_issued(tx: Tx, sha256: str) -> bool:
    """Say whether a certificate with these bytes was issued here and is not revoked."""
    return bool(tx.execute("SELECT 1 FROM Certificates WHERE sha256 = ? AND revoked IS NULL", (sha256,)))


def list_certificates(tx: Tx, user_id: UserId | None = None) -> tuple[Certificate, ...]:
    """Return all certificates, or those of *user_id*, oldest first."""
    rows = tx.execute(
        f"SELECT {_COLUMNS} FROM Certificates WHERE userId = coalesce(?, userId) ORDER BY issued, serial",
        (user_id,),
    )
    return tuple(_certificate(row) for row in rows)


def list_of_user(
    tx: Tx, user_id: UserId, *, after: tuple[str, str] = (LAST, ""), limit: int
) -> tuple[Certificate, ...]:
    """Return certificates of *user_id* behind the sort keys *after* (issued, serial), newest first."""
    rows = tx.execute(
        f"SELECT {_COLUMNS} FROM Certificates WHERE userId = ? AND (issued, serial) < (?, ?)"
        " ORDER BY issued DESC, serial DESC LIMIT ?",
        (user_id, *after, limit),
    )
    return tuple(_certificate(row) for row in rows)


def revoke_own(tx: Tx, user_id: UserId, serial: str) -> Certificate:
    """As `revoke_certificate`, for one of *user_id*'s; of others nothing is told.

    Raises:
        NotFound: they have none such.
    """
    if not tx.execute("SELECT 1 FROM Certificates WHERE serial = ? AND userId = ?", (serial, user_id)):
        raise NotFound(f"You have no device with the serial number {serial[:100]!r}.")
    return revoke_certificate(tx, serial)


def count_live(tx: Tx, user_id: UserId) -> int:
    """Return how many of the user's certificates count now: neither revoked nor expired."""
    count: int = tx.execute(
        "SELECT count(*) FROM Certificates WHERE userId = ? AND revoked IS NULL AND expires > ?",
        (user_id, tx.now),
    )[0][0]
    return count


def _certificate(row: Row) -> Certificate:
    serial, user_id, fingerprint, sha256, issued, expires, revoked = row
    return Certificate(
        serial=serial,
        user_id=UserId(user_id),
        fingerprint=fingerprint,
        sha256=sha256,
        issued=issued,
        expires=expires,
        revoked=revoked,
    )
