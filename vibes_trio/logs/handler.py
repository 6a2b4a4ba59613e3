"""The handler of the server's log: what repeats is counted, so that nobody can fill a disk or drown the rest.

Whoever can make the server write a line can make it write a million. So records of one kind get a small number of
bytes in a window of time; what goes beyond is counted, and told in one line when the window is over. A kind is the
line of code that logs and, where that says so (`extra={"kind": …}`), what it logs about. At level debug every line is
written: who asks for that wants it.
"""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TextIO

from vibes_trio.config import Limits

Kind = tuple[object, ...]
Later = Callable[[float, Callable[[], None]], None]
"""Calls something in so many seconds, from any thread."""

MAX_EXAMPLE_CHARS = 200
_OTHERS: Kind = ("others",)


@dataclass(slots=True)
class _Window:
    """What was written and left out of one kind since *since*. *example*: the first that was left out, as text.

    No record is kept: one with an exception holds all that was under way.
    """

    name: str
    level: int
    since: float
    written_bytes: int = 0
    left_out: int = 0
    example: str = ""


def call_later(delay_s: float, call: Callable[[], None]) -> None:
    """Call *call* in *delay_s*, in a thread that keeps no program from ending."""
    timer = threading.Timer(delay_s, call)
    timer.daemon = True
    timer.start()


class CountingHandler(logging.StreamHandler[TextIO]):
    """Writes to a stream, each kind within its bytes.

    Mutable state, under the handler's own lock: the windows by kind, and whether a look at them is due.
    """

    def __init__(
        self,
        stream: TextIO,
        limits: Limits,
        clock: Callable[[], float] = time.monotonic,
        later: Later = call_later,
    ) -> None:
        super().__init__(stream)
        self._limits = limits
        self._clock = clock
        self._later = later
        self._windows: dict[Kind, _Window] = {}
        self._look_due = False

    def emit(self, record: logging.LogRecord) -> None:
        """Write *record*, or count it. The lock is held."""
        if record.levelno < logging.INFO or self._has_room(record):
            super().emit(record)

    def look(self) -> None:
        """Tell what was left out of the windows that are over."""
        self.acquire()
        try:
            self._look_due = False
            self._end_windows(self._clock())
            if any(window.left_out for window in self._windows.values()):
                self._look_later()
        finally:
            self.release()

    def close(self) -> None:
        """Tell all that was left out, and take no more."""
        self.acquire()
        try:
            windows, self._windows = self._windows, {}
            for window in windows.values():
                self._tell(window)
        finally:
            self.release()
        super().close()

    def _has_room(self, record: logging.LogRecord) -> bool:
        """Whether *record* is within its kind's bytes. The first of a window is, however long it is."""
        window = self._window_of(record)
        if not window.left_out:
            size = len(self.format(record))
            if window.written_bytes == 0 or window.written_bytes + size <= self._limits.log_kind_bytes:
                window.written_bytes += size
                return True
            window.example = record.getMessage()[:MAX_EXAMPLE_CHARS]
            self._look_later()
        window.left_out += 1
        return False

    def _window_of(self, record: logging.LogRecord) -> _Window:
        now = self._clock()
        kind: Kind = (record.name, record.levelno, record.msg, getattr(record, "kind", None))
        window = self._windows.get(kind)
        if window is None or self._is_over(window, now):
            self._end_windows(now)
            kind = kind if len(self._windows) < self._limits.log_kinds else _OTHERS
            window = self._windows.setdefault(kind, _Window(record.name, record.levelno, now))
        return window

    def _is_over(self, window: _Window, now: float) -> bool:
        return now - window.since >= self._limits.log_window_s

    def _end_windows(self, now: float) -> None:
        over = [kind for kind, window in self._windows.items() if self._is_over(window, now)]
        for kind in over:
            self._tell(self._windows.pop(kind))

    def _tell(self, window: _Window) -> None:
        """Write one line about what was left out, if anything was."""
        if window.left_out:
            text = f"{window.left_out} more in {self._limits.log_window_s:g} s like: {window.example}"
            super().emit(logging.LogRecord(window.name, window.level, "", 0, text, None, None))

    def _look_later(self) -> None:
        if not self._look_due:
            self._look_due = True
            self._later(self._limits.log_window_s, self.look)
