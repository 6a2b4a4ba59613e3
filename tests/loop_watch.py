"""How long the event loop is held, and how much is held in memory, while something is asked."""

import os
import time
from collections.abc import Callable

import trio

PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


def resident_bytes() -> int:
    """The memory of this process."""
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * PAGE_BYTES


class LoopWatch(trio.abc.Instrument):
    """The longest time between two looks for news (a pass of all tasks that can run), in CPU time of the loop's thread.

    CPU time, as a busy machine takes the processor away at will. A pass, not a step of one task: who comes meanwhile
    waits for all of it.

    Args:
        counted: what the server counts as held.
    """

    def __init__(self, counted: Callable[[], int]) -> None:
        self._counted = counted
        self.restart()

    def restart(self) -> None:
        """Forget what was measured."""
        self._since: float | None = None
        self.longest_s = 0.0
        self.counted_bytes = 0
        self._resident_before = self._resident = resident_bytes()

    @property
    def grown_bytes(self) -> int:
        """How much memory the process had at most, beyond that at the start."""
        return self._resident - self._resident_before

    def after_io_wait(self, timeout: float) -> None:
        self._since = time.thread_time()

    def before_io_wait(self, timeout: float) -> None:
        if self._since is not None:
            self.longest_s = max(self.longest_s, time.thread_time() - self._since)
        self.counted_bytes = max(self.counted_bytes, self._counted())
        self._resident = max(self._resident, resident_bytes())
