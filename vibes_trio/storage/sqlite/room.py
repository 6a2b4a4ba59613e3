"""Space on the disk that is left to others: below it, nothing more is stored for clients.

Reading, health and what the operator does go on. (`reserve.py` keeps a little for the database itself; this is so
that one server does not bring down the machine.)
"""

import logging
import os
from collections.abc import Callable
from pathlib import Path

from vibes_trio.storage.interface import DiskShort, Tx

_log = logging.getLogger(__name__)

WAL_SHARE = 4
"""While what is stored fits into pages of the file that are free, only the WAL file grows, for a while: for that a
part of the reserve will do."""


def free_bytes(folder: Path) -> int:
    """Return what a user may still write to the disk of *folder*."""
    status = os.statvfs(folder)
    return status.f_bavail * status.f_frsize


class Room:
    """The space of a database's disk. Its state: whether it was short when last looked at.

    Args:
        folder: of the database.
        reserve: bytes to leave to others; 0: none.
        free: what is free there, for tests.
    """

    def __init__(self, folder: Path, reserve: int, free: Callable[[Path], int] = free_bytes) -> None:
        self.is_short = False
        self._folder = folder
        self._reserve = reserve
        self._free = free

    def check(self, tx: Tx, size: int) -> None:
        """Look whether *size* more bytes may be stored. They are written twice: to the WAL file, then to the other.

        Raises:
            DiskShort: they may not.
        """
        free = self._free(self._folder)
        enough = free - 2 * size >= self._reserve or self._fits_inside(tx, size, free)
        if enough == self.is_short:
            self.is_short = not enough
            if enough:
                _log.warning("there is room on the disk again; storing goes on")
            else:
                _log.error(
                    "%s MiB are free on the disk, and VIBES_DISK_RESERVE keeps %s MiB: clients can store nothing more",
                    free >> 20,
                    self._reserve >> 20,
                )
        if not enough:
            raise DiskShort

    def _fits_inside(self, tx: Tx, size: int, free: int) -> bool:
        if free - size < self._reserve // WAL_SHARE:
            return False
        pages, page_bytes = (tx.execute(f"PRAGMA {name}")[0][0] for name in ("freelist_count", "page_size"))
        return bool(free + pages * page_bytes - 2 * size >= self._reserve)
