"""Samples, their medians, and the words of the load generators taken apart. Pure.

A sample is what one run of one side gave: figures by metric. `rate` is per second, `p50_ms` and `p99_ms` are
latencies, `cpu_us` is user and system time of the server's processes per request, `load_us` that of the load
generator, `kib` memory per connection.
"""

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median

Sample = Mapping[str, float]


class BenchError(Exception):
    """A side could not be measured; the text says why."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One metric of one side over all rounds: median, lowest, highest."""

    median: float
    low: float
    high: float

    @property
    def spread(self) -> float:
        """How far the rounds lay apart, as a share of the median."""
        return (self.high - self.low) / self.median if self.median else 0.0


@dataclass(slots=True)
class Results:
    """What was measured, by row and side; *failed* tells what was not, and why.

    Mutable: the run adds to it.
    """

    figures: dict[str, dict[str, dict[str, Figure]]] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)

    def add(self, row: str, side: str, samples: Sequence[Sample]) -> None:
        """Keep the medians of *samples*."""
        self.figures.setdefault(row, {})[side] = summarize(samples)

    def median(self, row: str, side: str, metric: str) -> float | None:
        """Return a median; None if it was not measured."""
        figure = self.figures.get(row, {}).get(side, {}).get(metric)
        return figure.median if figure else None


def summarize(samples: Sequence[Sample]) -> dict[str, Figure]:
    """Return each metric that all of *samples* have, over all rounds."""
    common = [metric for metric in samples[0] if all(metric in sample for sample in samples)]
    values = {metric: [sample[metric] for sample in samples] for metric in common}
    return {metric: Figure(median(v), min(v), max(v)) for metric, v in values.items()}


def percentile(values: Iterable[float], share: float) -> float:
    """Return the smallest value that at least *share* (0 to 1) of *values* do not exceed.

    Raises:
        ValueError: there are none.
    """
    ordered = sorted(values)
    if not ordered:
        raise ValueError("no values")
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def read_load(text: str) -> dict[str, float]:
    """Return what a load generator measured, from the line of JSON that ends its output (wrk's begins `JSON`).

    Raises:
        BenchError: there is none, it counted nothing, or it met errors.
    """
    lines = [line.removeprefix("JSON ") for line in text.splitlines() if line.startswith(("JSON {", "{"))]
    if not lines:
        raise BenchError(f"the load generator gave no figures: {text.strip()[-300:] or 'no output'}")
    figures: dict[str, float] = json.loads(lines[-1])
    if figures.get("errors"):
        raise BenchError(f"{figures['errors']:.0f} of {figures['count']:.0f} answers were errors")
    if not figures.get("count"):
        raise BenchError("not one answer came")
    return figures


def make_sample(load: Mapping[str, float], cpu_s: float | None = None) -> dict[str, float]:
    """Return the sample of a run: what the load generator says and the CPU seconds the server took for it."""
    sample = {"rate": load["count"] / load["seconds"], "p50_ms": load["p50_ms"], "p99_ms": load["p99_ms"]}
    if cpu_s is not None:
        sample["cpu_us"] = cpu_s / load["count"] * 1e6
    return sample


def read_cpu_ticks(stat: str) -> int:
    """Return user and system time, also of children that have ended, from the text of `/proc/PID/stat`."""
    after_name = stat[stat.rindex(")") + 2 :].split()
    return sum(int(value) for value in after_name[11:15])


def read_busy_ticks(stat: str) -> int:
    """Return how long all CPUs worked for processes or were stolen, from `/proc/stat`; interrupts are nobody's."""
    user, nice, system, _idle, _waiting, _irq, _softirq, stolen = map(
        int, stat.split("\n", 1)[0].split()[1:9]
    )
    return user + nice + system + stolen


def read_pss_kib(smaps_rollup: str) -> int:
    """Return the memory of a process in KiB, shared pages split, from `/proc/PID/smaps_rollup`."""
    return next(int(line.split()[1]) for line in smaps_rollup.splitlines() if line.startswith("Pss:"))


def as_json(results: Results) -> dict[str, object]:
    """Return *results* as plain data."""
    rows = {
        row: {
            side: {m: {"median": f.median, "low": f.low, "high": f.high} for m, f in figures.items()}
            for side, figures in sides.items()
        }
        for row, sides in results.figures.items()
    }
    return {"rows": rows, "failed": dict(results.failed)}
