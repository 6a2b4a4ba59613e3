"""The garbage collector of a process that serves: what start-up made stays out of its rounds.

Without this a full round walks all modules and caches; with a thousand connections it held everyone up for tens of
milliseconds (a WebSocket message's p99 at 64 connections was 58 ms, with this 16). What messages leave behind
is freed by counting references; circles are rare here, so rounds can be rare too.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

THRESHOLDS = (50_000, 20, 50)


@contextmanager
def spare_collector() -> Iterator[None]:
    """Make no rounds while the block loads modules, and leave them out of later ones: a tenth of the start."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def settle_collector() -> None:
    """Take what is there now out of the collector's rounds, and make rounds rarer. Once, when serving begins.

    Without a round before: it would take longer than the first answer, and all it finds are 2,600 small objects.
    """
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)
