"""The garbage collector of a process that serves."""

import gc
from collections.abc import Iterator

import pytest

from vibes_trio.collector import THRESHOLDS, settle_collector, spare_collector


@pytest.fixture(autouse=True)
def collector_as_before() -> Iterator[None]:
    before = gc.get_threshold()
    yield
    gc.enable()
    gc.unfreeze()
    gc.set_threshold(*before)


def test_what_is_alive_is_left_alone_and_rounds_are_rarer() -> None:
    settle_collector()

    assert gc.get_freeze_count() > 0
    assert gc.get_threshold()[:2] == THRESHOLDS[:2]


def test_no_round_is_made_while_modules_load_and_they_are_left_alone() -> None:
    with spare_collector():
        assert not gc.isenabled()

    assert gc.isenabled()
    assert gc.get_freeze_count() > 0
