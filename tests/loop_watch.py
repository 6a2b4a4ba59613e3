"""How long the event loop is held, and how much is held in memory, while something is asked."""

import math
import os
import time
from collections.abc import Callable

import trio

COPIED_BYTES = 8 * 1024 * 1024
QUIET_S = 0.004
"""How long it takes to have, fill and copy so much, on the machine that the bounds were set on, when it is quiet."""
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


def resident_bytes() -> int:
    """The memory of this process."""
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * PAGE_BYTES


def busyness() -> float:
    """How many times longer than on a quiet machine the processor takes to copy memory; at least 1.

    CPU time says how long a thread ran, not how fast: neighbours share its caches, and the memory.
    """
    shortest_s = math.inf
    for _ in range(3):
        before = time.thread_time()
        bytes(bytearray(COPIED_BYTES))
        shortest_s = min(shortest_s, time.thread_time() - before)
    return max(1.0, shortest_s / QUIET_S)


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
