"""Disk space kept back, so that a full disk can still be tidied up.

On a disk without a free byte not even a checkpoint succeeds (platform-and-reliability.md, 1.4). Giving the
reserve back makes room for one, which shortens the WAL file. Until there is room for the reserve again
nothing is written.
"""

import os
from pathlib import Path

_CHUNK = 1024 * 1024


class Reserve:
    """A file of *size* bytes that means nothing.

    Args:
        path: of the file.
        size: bytes to keep back; 0 for none.
    """

    def __init__(self, path: Path, size: int) -> None:
        self._path = path
        self._size = size
        self.held = path.exists() and path.stat().st_size >= size

    def hold(self) -> bool:
        """Take the space, if it is not held already. False: the disk has no room for it."""
        if not self.held:
            try:
                self._fill()
            except OSError:
                self.release()
                return False
            self.held = True
        return True

    def release(self) -> None:
        """Give the space back."""
        self.held = False
        self._path.unlink(missing_ok=True)

    def _fill(self) -> None:
        # Zeros, not posix_fallocate, which is not everywhere; unbuffered, so that ENOSPC shows here.
        with open(
            os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb", buffering=0
        ) as file:
            for start in range(0, self._size, _CHUNK):
                file.write(bytes(min(_CHUNK, self._size - start)))
