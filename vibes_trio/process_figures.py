"""What a process takes of its machine, as the system tells it; where it does not tell, there is no number."""

import os
import resource
import time
from pathlib import Path

from vibes_trio.counts import Registry

_STATM = Path("/proc/self/statm")
_FDS = Path("/proc/self/fd")
_RESIDENT = 1
"""Which of the numbers of `statm` it is, in pages."""


def report(counts: Registry, process: str, now: float) -> None:
    """Let *counts* tell the figures of this process, which goes by the name *process* and started at *now*."""
    label = (process,)
    counts.give("process_start_time_seconds", lambda: {label: now})
    counts.give("process_cpu_seconds", lambda: {label: time.process_time()})
    counts.give("process_max_fds", lambda: {label: resource.getrlimit(resource.RLIMIT_NOFILE)[0]})
    if _STATM.exists():
        counts.give("process_resident_memory_bytes", lambda: {label: _resident_bytes()})
        counts.give("process_open_fds", lambda: {label: len(os.listdir(_FDS))})


def _resident_bytes() -> int:
    return int(_STATM.read_text("ascii").split()[_RESIDENT]) * resource.getpagesize()
