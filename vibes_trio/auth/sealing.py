"""What users entrust to the server, sealed before it is stored: whoever has the database alone can't read it.

The key lies in the data folder beside the database (`secrets.key`, the owner's alone), and is made when it is first
needed. AES-256-GCM with a random nonce; what a value belongs to is sealed in, so that it opens nowhere else.
Nothing opens them yet, as apps have no server side.
"""

import secrets
from contextlib import suppress
from pathlib import Path

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from vibes_trio.errors import ConfigError
from vibes_trio.whole_files import PRIVATE, sync_folder, whole_file

FILE_NAME = "secrets.key"
KEY_BYTES = 32
_NONCE_BYTES = 12


def ensure_seal_key(data_dir: Path) -> bytes:
    """Return the key of *data_dir*, made if there is none. Several processes may ask at once: all get the same.

    Raises:
        ConfigError: it can't be read or made, or is none.
    """
    path = data_dir / FILE_NAME
    try:
        if not path.exists():
            _make(path)
        key = bytes.fromhex(path.read_text("ascii"))
    except (OSError, ValueError) as error:
        raise ConfigError(f"{path}: the key of what users entrust can't be used: {error}.") from error
    if len(key) != KEY_BYTES:
        raise ConfigError(f"{path}: {KEY_BYTES} bytes in hex are wanted; put it back from your backup.")
    return key


def _make(path: Path) -> None:
    with suppress(FileExistsError), whole_file(path, PRIVATE, replaces=False) as file:
        file.write(secrets.token_hex(KEY_BYTES).encode())
    sync_folder(path.parent)  # what is sealed with it must not outlive it


def seal(key: bytes, value: str, belongs_to: str) -> bytes:
    """Return *value* sealed, for *belongs_to* alone (the associated data): the nonce, then the ciphertext."""
    nonce = secrets.token_bytes(_NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, value.encode("utf-8", "surrogatepass"), belongs_to.encode())
