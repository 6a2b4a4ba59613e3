"""What a server did and held of late: a few of its counts, looked at by time, as many as a chart has room for."""

from collections import deque
from collections.abc import Mapping, Sequence
from itertools import pairwise

import msgspec

from vibes_trio.counts import Histogram, Registry


class Series(msgspec.Struct, frozen=True):
    """A row of numbers: the sum of the cells of *metric*. *per_second*: of a counter, how fast it grows."""

    metric: str
    per_second: bool = False


SERIES: Mapping[str, Series] = {
    "requests": Series("answers", per_second=True),
    "messages": Series("messages", per_second=True),
    "cpu": Series("process_cpu_seconds", per_second=True),
    "memory_bytes": Series("process_resident_memory_bytes"),
    "connections": Series("connections_open"),
    "websockets": Series("websockets_open"),
    "subscriptions": Series("subscriptions"),
    "held_bytes": Series("held_bytes"),
    "cache_bytes": Series("cache_bytes"),
    "commits": Series("commits", per_second=True),
    "writes_waiting": Series("writes_waiting"),
    "jobs": Series("jobs_waiting"),
}
"""What is looked at, by name; what is given beside it (`Samples.take`) has names of its own."""


class Point(msgspec.Struct, frozen=True):
    """A value; *at*: Unix seconds."""

    at: float
    value: float


class Samples:
    """The last looks, at most *most*. State: the looks, each with its time and the sums by name of series."""

    def __init__(self, most: int) -> None:
        self._looks: deque[tuple[float, Mapping[str, float]]] = deque(maxlen=most)

    def take(self, at: float, counts: Registry, beside: Mapping[str, float]) -> None:
        """Look at *counts* at the time *at*; *beside*: further values, by name."""
        sums = {name: _sum(counts, series.metric) for name, series in SERIES.items()}
        self._looks.append(
            (at, {name: total for name, total in sums.items() if total is not None} | dict(beside))
        )

    def points(self, name: str) -> Sequence[Point]:
        """Return the values of the series *name*, oldest first; none where nobody counts that."""
        found = [Point(at, look[name]) for at, look in self._looks if name in look]
        series = SERIES.get(name)
        if series is None or not series.per_second:
            return found
        return [
            Point(after.at, max(0.0, after.value - before.value) / (after.at - before.at))
            for before, after in pairwise(found)
            if after.at > before.at
        ]

    def names(self) -> Sequence[str]:
        """Return the series of which something is known, in the order of SERIES; what was given beside comes last."""
        known = dict.fromkeys(name for _, look in self._looks for name in look)
        return [*(name for name in SERIES if name in known), *(name for name in known if name not in SERIES)]


def _sum(counts: Registry, metric: str) -> float | None:
    numbers = counts.read(metric)
    return sum(value for value in numbers.values() if not isinstance(value, Histogram)) if numbers else None
