"""Files that are there whole or not at all: written beside their place, brought to the disk, then given their name."""

import contextlib
import os
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

PRIVATE = 0o600


@contextmanager
def whole_file(path: Path, mode: int = 0o644, *, replaces: bool = True) -> Iterator[BinaryIO]:
    """Give a file to write, which has the name *path* once the block has ended without an error.

    Args:
        mode: its permissions; nobody else may read it before it is whole.
        replaces: what has the name goes; else it stays.

    Raises:
        FileExistsError: something has the name, and stays.
        OSError: the disk refuses. Nothing is left then, nor after an error of the block's.
    """
    beside = beside_of(path)
    try:
        with open(beside, "xb", opener=_open_private) as file:
            yield file
            file.flush()
            os.fchmod(file.fileno(), mode)
            os.fsync(file.fileno())
        if replaces:
            beside.replace(path)
        else:
            path.hardlink_to(beside)  # fails if the name is taken, and never shows half a file
    finally:
        with contextlib.suppress(OSError):
            beside.unlink(missing_ok=True)


def _open_private(path: str, flags: int) -> int:
    return os.open(path, flags, PRIVATE)


def beside_of(path: Path) -> Path:
    """Return where what is to be *path* is made: in the same folder, under a name that nothing else has."""
    return path.with_name(f".{path.name}.{secrets.token_hex(6)}.new")


def is_beside(name: str, wanted: str) -> bool:
    """Return whether *name* is of a file that was to become *wanted*."""
    return re.fullmatch(rf"\.{re.escape(wanted)}\.[0-9a-f]{{12}}\.new", name) is not None


def sync_folder(folder: Path) -> None:
    """Bring the names in *folder* to the disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
