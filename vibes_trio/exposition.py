"""Numbers of `counts` as Prometheus reads them: text of 0.0.4, or OpenMetrics 1.0 for who asks for that.

What several processes counted is added up before: a snapshot is what one process has, and goes over a channel as
bytes. Names get `vibes_` in front, but for those of processes, which have the names that they have everywhere.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TypeAlias

import msgspec

from vibes_trio.counts import METRICS, Histogram, Kind, Metric, Registry

PREFIX = "vibes_"
PLAIN_TYPE = "text/plain; version=0.0.4; charset=utf-8"
OPEN_TYPE = "application/openmetrics-text; version=1.0.0; charset=utf-8"
_OPEN = "application/openmetrics-text"

Numbers: TypeAlias = tuple[float, ...]
"""One number; or how many values were up to each bound of a histogram and beyond, then their sum."""
Snapshot: TypeAlias = dict[str, dict[tuple[str, ...], Numbers]]
"""Numbers by a metric's name and by its labels."""

_decoder = msgspec.msgpack.Decoder(Snapshot)
_ESCAPES = str.maketrans({"\\": r"\\", '"': r"\"", "\n": r"\n"})


def take(counts: Registry) -> Snapshot:
    """Return what *counts* has now. In the event loop's thread."""
    return {
        name: {tuple(map(str, labels)): _numbers(found) for labels, found in numbers.items()}
        for name, _, numbers in counts
    }


def encode(snapshot: Snapshot) -> bytes:
    """Return *snapshot* for another process."""
    return msgspec.msgpack.encode(snapshot)


def decode(data: bytes) -> Snapshot:
    """Return what `encode` was given."""
    return _decoder.decode(data)


def add_up(snapshots: Iterable[Snapshot]) -> Snapshot:
    """Return the sums of *snapshots*."""
    total: Snapshot = {}
    for snapshot in snapshots:
        for name, cells in snapshot.items():
            into = total.setdefault(name, {})
            for labels, numbers in cells.items():
                known = into.get(labels)
                into[labels] = (
                    numbers if known is None else tuple(a + b for a, b in zip(known, numbers, strict=True))
                )
    return total


def what_lasts(snapshot: Snapshot) -> Snapshot:
    """Return what of *snapshot* counts on when its process has ended: what only grows, and is not the process's own."""
    return {
        name: cells
        for name, cells in snapshot.items()
        if METRICS[name].kind is not Kind.GAUGE and "process" not in METRICS[name].labels
    }


def wants_open(accept: str) -> bool:
    """Whether who sends this `Accept` is to have OpenMetrics."""
    return any(
        part.split(";")[0].strip().lower() == _OPEN and not _is_refused(part) for part in accept.split(",")
    )


def shown_name(name: str) -> str:
    """Return what a metric of ours is called outside, without the endings of its samples."""
    return name if name.startswith("process_") else PREFIX + name


def sample_names() -> frozenset[str]:
    """Return the names of all samples that there can be."""
    return frozenset(name for key, metric in METRICS.items() for name in _samples_of(shown_name(key), metric))


def write(snapshot: Snapshot, *, is_open: bool) -> bytes:
    """Return *snapshot* as text; *is_open*: as OpenMetrics."""
    lines: list[str] = []
    for key, metric in METRICS.items():
        cells = snapshot.get(key)
        if cells:
            name = shown_name(key)
            family = name if is_open or metric.kind is not Kind.COUNTER else f"{name}_total"
            lines += [f"# HELP {family} {_of_help(metric.help)}", f"# TYPE {family} {metric.kind.value}"]
            lines += _WRITERS[metric.kind](name, metric, cells)
    if is_open:
        lines.append("# EOF")
    return "".join(f"{line}\n" for line in lines).encode()


def _is_refused(part: str) -> bool:
    """Whether a part of `Accept` says that it is not wanted."""
    weights = (p.partition("=") for p in part.split(";")[1:])
    return any(
        name.strip().lower() == "q" and value.strip().rstrip("0") in ("0", "0.", "")
        for name, _, value in weights
    )


def _numbers(found: float | Histogram) -> Numbers:
    return (*found.counts, found.total) if isinstance(found, Histogram) else (found,)


def _samples_of(name: str, metric: Metric) -> tuple[str, ...]:
    if metric.kind is Kind.HISTOGRAM:
        return (f"{name}_bucket", f"{name}_count", f"{name}_sum")
    return (f"{name}_total",) if metric.kind is Kind.COUNTER else (name,)


def _write_counter(name: str, metric: Metric, cells: Mapping[tuple[str, ...], Numbers]) -> Iterator[str]:
    for labels, (value,) in cells.items():
        yield _line(f"{name}_total", metric.labels, labels, value)


def _write_gauge(name: str, metric: Metric, cells: Mapping[tuple[str, ...], Numbers]) -> Iterator[str]:
    for labels, (value,) in cells.items():
        yield _line(name, metric.labels, labels, value)


def _write_histogram(name: str, metric: Metric, cells: Mapping[tuple[str, ...], Numbers]) -> Iterator[str]:
    names = (*metric.labels, "le")
    for labels, (*counts, total) in cells.items():
        up_to = 0.0
        for bound, count in zip((*map(_number, metric.bounds), "+Inf"), counts, strict=True):
            up_to += count
            yield _line(f"{name}_bucket", names, (*labels, bound), up_to)
        yield _line(f"{name}_count", metric.labels, labels, up_to)
        yield _line(f"{name}_sum", metric.labels, labels, total)


_WRITERS: Mapping[Kind, Callable[[str, Metric, Mapping[tuple[str, ...], Numbers]], Iterator[str]]] = {
    Kind.COUNTER: _write_counter,
    Kind.GAUGE: _write_gauge,
    Kind.HISTOGRAM: _write_histogram,
}


def _line(name: str, names: tuple[str, ...], labels: tuple[str, ...], value: float) -> str:
    given = ",".join(f'{key}="{text.translate(_ESCAPES)}"' for key, text in zip(names, labels, strict=True))
    return f"{name}{{{given}}} {_number(value)}" if given else f"{name} {_number(value)}"


def _number(value: float) -> str:
    """Return *value* as both forms have it: bounds are floats in OpenMetrics."""
    return repr(float(value))


def _of_help(text: str) -> str:
    return text.replace("\\", r"\\").replace("\n", r"\n")
