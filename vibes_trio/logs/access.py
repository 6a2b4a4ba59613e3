"""The file of the access log: a JSON object a line, to standard error or to a file that may be moved away.

A line is one write to a file that is only added to, so that the processes of a server can share one. Who moves the
file away (logrotate) finds a new one in its place. A line that can't be written is counted and told of once: to answer
matters more than to note it.
"""

import json
import logging
import os
import stat
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from vibes_trio.errors import ConfigError

log = logging.getLogger(__name__)

STANDARD_ERROR = "-"
LOOK_EVERY_S = 1.0
"""So often it is looked whether the file was moved away."""


class AccessLog:
    """Where lines go. State: the open file, when it was looked after, how many lines were lost.

    Args:
        where: the path of a file; `-`: standard error.
        now: the clock, Unix seconds.

    Raises:
        ConfigError: the file can't be opened.
    """

    def __init__(self, where: str, now: Callable[[], float] = time.time) -> None:
        self._path = None if where == STANDARD_ERROR else Path(where)
        self._now = now
        self._fd = sys.stderr.fileno() if self._path is None else -1
        self._looked = now()
        self.lost = 0
        if self._path is not None:
            try:
                self._fd = _open(self._path)
            except OSError as error:
                raise ConfigError(f"VIBES_ACCESS_LOG: {where} can't be written: {error.strerror}.") from error

    def write(self, fields: Mapping[str, object]) -> None:
        """Write a line of *fields*, with the time in front. Raises nothing."""
        now = self._now()
        time_text = datetime.fromtimestamp(now, UTC).isoformat(timespec="milliseconds")
        line = json.dumps({"time": time_text, **fields}) + "\n"  # ASCII: no terminal is told anything by it
        try:
            self._look(now)
            os.write(self._fd, line.encode())
        except OSError as error:
            self.lost += 1
            if self.lost == 1:
                log.error("the access log can't be written: %s", error.strerror)

    def close(self) -> None:
        """Give the file back."""
        if self._path is not None and self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def _look(self, now: float) -> None:
        """Begin a new file where the old one was moved away."""
        if self._path is None or 0 <= now - self._looked < LOOK_EVERY_S:
            return
        self._looked = now
        with suppress(FileNotFoundError):
            there, ours = self._path.stat(), os.fstat(self._fd)
            if (there.st_dev, there.st_ino) == (ours.st_dev, ours.st_ino):
                return
        fd = _open(self._path)
        os.close(self._fd)
        self._fd = fd


def _open(path: Path) -> int:
    return os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, stat.S_IRUSR | stat.S_IWUSR)
