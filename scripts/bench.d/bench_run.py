"""The order of a run: row by row, its sides A B A B, so that a slow minute of the machine hits them alike."""

import os
import subprocess
import time
from collections.abc import Sequence
from contextlib import ExitStack

from bench_figures import BenchError, Results, Sample
from bench_loads import Bench
from bench_processes import busy_s, cpu_s
from bench_report import say_row
from bench_rows import Measure, Row

DISTURBED_SHARE = 0.15
"""Of the machine, used by others: a run with more is made again, at most as often as there are rounds."""

FAILURES = (BenchError, OSError, subprocess.SubprocessError)


def run_rows(bench: Bench, rows: Sequence[Row], rounds: int) -> Results:
    """Measure *rows*, telling each as it is done. A single round is taken as it comes, disturbed or not."""
    results = Results()
    for row in rows:
        try:
            _run_row(bench, row, rounds, results)
        except FAILURES as error:
            results.failed[row.key] = str(error)
        say_row(row, results)
    return results


def _run_row(bench: Bench, row: Row, rounds: int, results: Results) -> None:
    with ExitStack() as stack:
        measures: dict[str, Measure] = {}
        for name, side in row.sides.items():
            try:
                measures[name] = stack.enter_context(side(bench))
            except FAILURES as error:
                results.failed[f"{row.key}: {name}"] = str(error)
        samples: dict[str, list[Sample]] = {name: [] for name in measures}
        repeats = rounds if rounds > 1 else 0
        for _ in range(rounds):
            for name in list(measures):
                try:
                    sample, repeats = _measure_calmly(measures[name], repeats)
                    samples[name].append(sample)
                except FAILURES as error:
                    results.failed[f"{row.key}: {name}"] = str(error)
                    del measures[name], samples[name]
        for name, taken in samples.items():
            results.add(row.key, name, taken)


def _measure_calmly(measure: Measure, repeats: int) -> tuple[Sample, int]:
    """Measure, again while others use the machine and *repeats* are left; return how many are left then."""
    while True:
        foreign, sample = _measure_noise(measure)
        if foreign <= DISTURBED_SHARE or not repeats:
            return dict(sample) | {"others": foreign}, repeats
        repeats -= 1


def _measure_noise(measure: Measure) -> tuple[float, Sample]:
    """Measure; return also which share of the machine others used meanwhile."""
    began, busy, own = time.monotonic(), busy_s(), cpu_s(os.getpid())
    sample = measure()
    others_s = (busy_s() - busy) - (cpu_s(os.getpid()) - own)
    return max(0.0, others_s / (time.monotonic() - began) / (os.cpu_count() or 1)), sample
