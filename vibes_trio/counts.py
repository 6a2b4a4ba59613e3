"""What the program counts, for whoever wants to read it: METRICS says what there is, a `Registry` has the numbers.

A number is a cell that one thread writes: to add to one that is at hand costs 30 ns, to find it by its labels twice as
much. What a part knows of itself anyway (connections that are open, bytes in a cache) it gives as a function, which is
called when somebody reads.
"""

from bisect import bisect_left
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import TypeAlias

import msgspec

MAX_CELLS = 500
"""Of one metric; what has further labels is counted together, under OTHER."""
OTHER = "other"

Labels: TypeAlias = tuple[str | int, ...]


class Kind(Enum):
    """COUNTER only grows. GAUGE is what is now. HISTOGRAM is how many values were up to each bound."""

    COUNTER = "counter"
    GAUGE = "gauge"
    HISTOGRAM = "histogram"


class Metric(msgspec.Struct, frozen=True):
    """What is counted; *bounds* are a histogram's, in the unit of its name.

    *labels* tell its cells apart; never `job` or `instance`, which are Prometheus's own.
    *rare*: nothing of it may have happened, so that it has no number.
    """

    kind: Kind
    help: str
    labels: tuple[str, ...] = ()
    bounds: tuple[float, ...] = ()
    rare: bool = False


_SECONDS = (0.0001, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0)

METRICS: Mapping[str, Metric] = {
    "answers": Metric(Kind.COUNTER, "HTTP requests that were answered", ("kind", "status", "lane")),
    "answer_seconds": Metric(
        Kind.HISTOGRAM,
        "how long an answer took, from its request's last byte on; kept answers take microseconds and are not timed",
        ("kind", "lane"),
        _SECONDS,
    ),
    "messages": Metric(
        Kind.COUNTER,
        "messages, by type and how they ended: a status, or the code of an error",
        ("type", "ended"),
    ),
    "message_seconds": Metric(Kind.HISTOGRAM, "how long a message took, by type", ("type",), _SECONDS),
    "errors": Metric(Kind.COUNTER, "errors that clients were told of, by code", ("code",)),
    "connections": Metric(Kind.COUNTER, "connections by what became of them", ("how",)),
    "websockets": Metric(Kind.COUNTER, "WebSockets that were opened"),
    "connections_open": Metric(Kind.GAUGE, "connections that are open"),
    "connections_parked": Metric(
        Kind.GAUGE, "connections that wait between two kept answers, without a task"
    ),
    "websockets_open": Metric(Kind.GAUGE, "WebSockets that are open"),
    "subscriptions": Metric(Kind.GAUGE, "subscriptions of WebSockets"),
    "connections_shedding": Metric(Kind.GAUGE, "connections that are being turned away"),
    "held_bytes": Metric(Kind.GAUGE, "bytes that clients make the server hold"),
    "commits": Metric(Kind.COUNTER, "transactions of the database, each with all that waited"),
    "commit_writes": Metric(
        Kind.HISTOGRAM, "writes in a transaction", bounds=(1, 2, 4, 8, 16, 32, 64, 128, 256)
    ),
    "commit_seconds": Metric(
        Kind.HISTOGRAM, "how long a COMMIT took, the disk's sync included", bounds=_SECONDS
    ),
    "writes_waiting": Metric(Kind.GAUGE, "writes that wait for their transaction"),
    "wal_bytes": Metric(Kind.GAUGE, "size of the database's log of writes"),
    "cache_lookups": Metric(Kind.COUNTER, "look-ups in what is kept in memory", ("cache", "found")),
    "cache_bytes": Metric(Kind.GAUGE, "bytes that are kept in memory", ("cache",)),
    "jobs_waiting": Metric(Kind.GAUGE, "jobs that wait", ("kind",)),
    "jobs": Metric(Kind.COUNTER, "jobs that were done, by how they ended", ("kind", "ended"), rare=True),
    "builds": Metric(Kind.COUNTER, "builds of releases' packages, by how they ended", ("ended",), rare=True),
    "compiles": Metric(Kind.COUNTER, "sources that were compiled, by how that ended", ("ended",), rare=True),
    "removed": Metric(Kind.COUNTER, "what made room: releases, assets, deleted chats", ("what",), rare=True),
    "last_backup_seconds": Metric(
        Kind.GAUGE, "when the newest backup was made that the server makes by itself, Unix seconds", rare=True
    ),
    "outbound": Metric(
        Kind.COUNTER, "requests to others, by status; 0: there was no answer", ("status",), rare=True
    ),
    "periodic_runs": Metric(
        Kind.COUNTER, "runs of what is done by time, by how they ended", ("work", "ended")
    ),
    "jobs_dropped": Metric(Kind.COUNTER, "jobs for which there was no room"),
    "build_info": Metric(Kind.GAUGE, "1, with the versions of what runs", ("version", "python", "engine")),
    "process_cpu_seconds": Metric(Kind.COUNTER, "processor time, in and out of the kernel", ("process",)),
    "process_resident_memory_bytes": Metric(Kind.GAUGE, "memory that a process holds", ("process",)),
    "process_open_fds": Metric(Kind.GAUGE, "open files and sockets", ("process",)),
    "process_max_fds": Metric(Kind.GAUGE, "how many open files and sockets are allowed", ("process",)),
    "process_start_time_seconds": Metric(Kind.GAUGE, "when a process started, Unix seconds", ("process",)),
}


class Cell(msgspec.Struct):
    """One number, written by one thread."""

    value: int = 0


class Cells(dict[Labels, Cell]):
    """Cells by their labels, each made when it is first asked for."""

    def __missing__(self, labels: Labels) -> Cell:
        if len(self) >= MAX_CELLS:
            labels = (OTHER,) * len(labels)
        return self.setdefault(labels, Cell())


@dataclass(slots=True)
class Histogram:
    """How many values were up to each of *bounds*, and beyond (not summed up); written by one thread."""

    bounds: tuple[float, ...]
    counts: list[int] = field(init=False)
    total: float = 0.0

    def __post_init__(self) -> None:
        self.counts = [0] * (len(self.bounds) + 1)

    def add(self, value: float) -> None:
        """Count *value*."""
        self.counts[bisect_left(self.bounds, value)] += 1
        self.total += value


class Histograms(dict[Labels, Histogram]):
    """Histograms of one metric by their labels, each made when it is first asked for."""

    def __init__(self, bounds: tuple[float, ...]) -> None:
        super().__init__()
        self._bounds = bounds

    def __missing__(self, labels: Labels) -> Histogram:
        if len(self) >= MAX_CELLS:
            labels = (OTHER,) * len(labels)
        return self.setdefault(labels, Histogram(self._bounds))


Read: TypeAlias = Callable[[], Mapping[Labels, float | Histogram]]


OfOthers: TypeAlias = Callable[[], Awaitable[Sequence[bytes]]]
"""Asks the processes beside this one what they count; see `exposition.encode`."""


async def _of_nobody() -> Sequence[bytes]:
    return ()


class Registry:
    """The numbers of one process, by the names in METRICS; a name that nobody counts under has none.

    `of_others` is set by who has processes beside this one.
    """

    def __init__(self) -> None:
        self._cells: dict[str, Cells] = {}
        self._histograms: dict[str, Histograms] = {}
        self._reads: dict[str, Read] = {}
        self.of_others: OfOthers = _of_nobody

    def cells(self, name: str) -> Cells:
        """Return the cells of the counter *name*."""
        cells = self._cells.get(name)
        if cells is None:
            assert METRICS[name].kind is Kind.COUNTER
            cells = self._cells[name] = Cells()
            self._reads[name] = lambda: {labels: cell.value for labels, cell in list(cells.items())}
        return cells

    def histograms(self, name: str) -> Histograms:
        """Return the histograms of *name*."""
        made = self._histograms.get(name)
        if made is None:
            made = self._histograms[name] = Histograms(METRICS[name].bounds)
            self._reads[name] = lambda: dict(made)
        return made

    def histogram(self, name: str) -> Histogram:
        """Return the histogram *name*, which has no labels."""
        return self.histograms(name)[()]

    def give(self, name: str, read: Read) -> None:
        """Have *name* read by *read*, called in the event loop's thread by who wants to know."""
        assert name in METRICS
        self._reads[name] = read

    def give_one(self, name: str, read: Callable[[], float]) -> None:
        """As `give`, of what has no labels."""
        self.give(name, lambda: {(): read()})

    def read(self, name: str) -> Mapping[Labels, float | Histogram]:
        """Return the numbers of *name* by their labels; none where nobody counts."""
        read = self._reads.get(name)
        return read() if read is not None else {}

    def __iter__(self) -> Iterator[tuple[str, Metric, Mapping[Labels, float | Histogram]]]:
        """Yield all that is counted, in the order of METRICS."""
        for name, metric in METRICS.items():
            if name in self._reads:
                yield name, metric, self.read(name)
