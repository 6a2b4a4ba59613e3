"""Content ids: of one asset, and of a whole release."""

import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path

import base58

from vibes_trio.content.collation import sort_key
from vibes_trio.content.js_json import sorted_json
from vibes_trio.exchange import Cid, FsId


def calc_cid(content: bytes) -> Cid:
    """Return `z` + base58btc of the SHA-256 digest of *content* (the bare digest, no multihash prefix)."""
    return Cid("z" + base58.b58encode(hashlib.sha256(content).digest()).decode("ascii"))


def file_cid(path: Path) -> Cid:
    """Return the id of the content of the file *path*, which is not read as a whole. Blocks.

    Raises:
        OSError: it can't be read.
    """
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").digest()
    return Cid("z" + base58.b58encode(digest).decode("ascii"))


def to_utf8(text: str) -> bytes:
    """Return *text* as JavaScript's TextEncoder does: a lone surrogate becomes U+FFFD."""
    try:
        return text.encode()
    except UnicodeEncodeError:
        units = text.encode("utf-16-le", "surrogatepass")
        return units.decode("utf-16-le", "replace").encode()


def calc_fs_id(files: Iterable[tuple[str, str, Cid]], env: Mapping[str, str]) -> FsId:
    """Return the id of a release.

    Args:
        files: (name, MIME type as *given* by the deployer or empty, cid of the source) of each file.
        env: the app's values.

    Source: `fs_id` in the conformance tables: files by collation of their names, then the env as JSON.
    """
    ordered = sorted(files, key=lambda file: sort_key(file[0]))
    parts = [",".join(file) for file in ordered]
    return FsId(calc_cid(to_utf8("|".join([*parts, sorted_json(env)]))))
