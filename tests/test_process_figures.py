"""What this process takes of its machine."""

import os

from vibes_trio import process_figures
from vibes_trio.counts import Registry


def test_the_figures_are_those_of_this_process():
    counts = Registry()

    process_figures.report(counts, "owner", 17.0)

    numbers = {name: numbers["owner",] for name, _, numbers in counts}
    assert numbers["process_start_time_seconds"] == 17.0
    assert numbers["process_cpu_seconds"] > 0
    assert 2**20 < numbers["process_resident_memory_bytes"] < 2**40
    assert 3 <= numbers["process_open_fds"] <= numbers["process_max_fds"]
    assert abs(numbers["process_open_fds"] - len(os.listdir("/proc/self/fd"))) <= 1
