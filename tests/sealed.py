"""Secrets as they lie in the database, found and opened: nothing that is served does either."""

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from vibes_trio.storage.interface import Tx


def find_sealed(tx: Tx, app: tuple[str, str], name: str) -> bytes | None:
    rows = tx.execute(
        "SELECT sealed FROM AppSecrets WHERE appSlug = ? AND userSlug = ? AND name = ?", (*app, name)
    )
    return bytes(rows[0][0]) if rows else None


def unseal(key: bytes, sealed: bytes, belongs_to: str) -> str:
    """Raises ValueError: with another key, or for something else; or it was changed."""
    try:
        value = AESGCM(key).decrypt(sealed[:12], sealed[12:], belongs_to.encode())
    except InvalidTag:
        raise ValueError("sealed with another key, or for something else") from None
    return value.decode("utf-8", "surrogatepass")
