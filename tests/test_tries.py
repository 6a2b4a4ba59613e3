"""Tries are counted by address, within a window of time, and the memory of them is bounded."""

import pytest

from vibes_trio.errors import Overloaded
from vibes_trio.tries import Tries


def test_so_many_tries_count_within_a_window():
    now = [0.0]
    tries = Tries(2, 60, 10, lambda: now[0])
    tries.note("a")
    now[0] = 10
    tries.note("a")

    with pytest.raises(Overloaded, match="wait 50 seconds") as refused:
        tries.note("a")
    assert refused.value.retry_after_s == 50
    tries.note("b")
    now[0] = 60
    tries.note("a")


def test_no_more_addresses_are_kept_than_may_be():
    tries = Tries(1, 60, 3, lambda: 0)
    for address in "abcd":
        tries.note(address)

    assert len(tries) == 3
    tries.note("a")
    with pytest.raises(Overloaded):
        tries.note("d")
