"""The garbage collector of a process that serves: what start-up made stays out of its rounds.

Without this a full round walks all modules and caches; with a thousand connections it held everyone up for tens of
milliseconds (a WebSocket message's p99 at 64 connections was 58 ms, with this 16). What messages leave behind
is freed by counting references; circles are rare here, so rounds can be rare too.
"""

import gc

THRESHOLDS = (50_000, 20, 50)


def settle_collector() -> None:
    """Take what is alive now out of the collector's rounds, and make rounds rarer. Once, when serving begins."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)
