"""The garbage collector of a process that serves."""

import gc

from vibes_trio.collector import THRESHOLDS, settle_collector


def test_what_is_alive_is_left_alone_and_rounds_are_rarer():
    before = gc.get_threshold()
    try:
        settle_collector()

        assert gc.get_freeze_count() > 0
        assert gc.get_threshold()[:2] == THRESHOLDS[:2]
    finally:
        gc.unfreeze()
        gc.set_threshold(*before)
