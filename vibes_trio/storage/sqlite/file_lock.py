"""One process at a time writes or checkpoints.

SQLite before 3.51.3 can damage a WAL database when one connection checkpoints while another commits
(platform-and-reliability.md, 1.4). The server has one writer for both; but `vibes-trio user add` beside a
running server is a second process. This lock keeps the two apart. The kernel drops it with the process.
"""

import contextlib
import fcntl
import os
import time
from collections.abc import Iterator
from pathlib import Path

from vibes_trio.errors import Overloaded

_POLL_S = 0.002


class FileLock:
    """An advisory lock on a file of its own, held for one commit or checkpoint at a time.

    Args:
        path: of the file; made if it is not there.
        timeout_s: longest wait for another process.
    """

    def __init__(self, path: Path, timeout_s: float) -> None:
        self._timeout_s = timeout_s
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)

    def close(self) -> None:
        """Give the file back."""
        os.close(self._file)

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Hold the lock for the block. Blocks the thread while another process has it.

        Raises:
            Overloaded: not to be had within the timeout.
        """
        give_up = time.monotonic() + self._timeout_s
        while not self.acquire_nowait():
            if time.monotonic() >= give_up:
                raise Overloaded("Another process is writing to the database. Try again.")
            time.sleep(_POLL_S)
        try:
            yield
        finally:
            self.release()

    def acquire_nowait(self) -> bool:
        """Take the lock until `release`, unless another process has it."""
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def release(self) -> None:
        """Let others have the lock."""
        fcntl.flock(self._file, fcntl.LOCK_UN)
