"""The goals, as data: what is compared, and whether it is met."""

from collections.abc import Callable
from dataclasses import dataclass

from bench_figures import Results

Value = Callable[[Results], float | None]

REFERENCE_APPENDS = 150
"""Durable appends a second of the service that this server replaces; measured before, not run here."""


@dataclass(frozen=True, slots=True)
class Goal:
    """One goal: *value* of the results has to be at least (or at most) *limit*."""

    row: str
    text: str
    value: Value
    limit: float
    at_least: bool = False
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """A goal with what was measured. *met* is None when a side is missing."""

    goal: Goal
    value: float | None

    @property
    def met(self) -> bool | None:
        """Whether the goal is reached."""
        if self.value is None:
            return None
        return self.value >= self.goal.limit if self.goal.at_least else self.value <= self.goal.limit


def of(row: str, metric: str, side: str = "ours") -> Value:
    """Return what takes one median from the results."""
    return lambda results: results.median(row, side, metric)


def over(upper: Value, lower: Value) -> Value:
    """Return what divides; None if a part is missing or zero."""

    def ratio(results: Results) -> float | None:
        above, below = upper(results), lower(results)
        return above / below if above is not None and below else None

    return ratio


def less(whole: Value, part: Value) -> Value:
    """Return what subtracts; None if a part is missing."""

    def difference(results: Results) -> float | None:
        left, right = whole(results), part(results)
        return left - right if left is not None and right is not None else None

    return difference


def times(value: Value, other: str, metric: str, row: str) -> Value:
    """Return *value* as a multiple of what the side *other* has in *row*."""
    return over(value, of(row, metric, other))


def _thousand(results: Results) -> float:
    return 1000.0  # µs to ms


_KNOWN = of("verify.known", "cpu_us")
_NEW = of("verify.new", "cpu_us")


def _rate(row: str, other: str) -> Value:
    return times(of(row, "rate"), other, "rate", row)


def _beyond(row: str, verification: Value = _KNOWN) -> Value:
    return less(of(row, "cpu_us"), verification)


def _share_of_cores(results: Results) -> float | None:
    """Return the rate of two processes as a share of that at which two cores have no time left.

    A ready answer costs the server hardly more than the load generator. So one process already keeps both cores
    busy, two can't be much faster, and their rate as a multiple of one's says nothing.
    """
    one, two = "ours, 1 process", "ours, 2 processes"
    rate, server_us = of("workers", "rate", two)(results), of("workers", "cpu_us", one)(results)
    load_us = of("workers", "load_us", one)(results)
    if rate is None or server_us is None or load_us is None:
        return None
    return rate * (server_us + load_us) / 2e6


GOALS = (
    Goal(
        "asset.get",
        "GET of an 8 KiB asset: rate, times bare Node",
        _rate("asset.get", "node"),
        1.0,
        True,
        "×",
    ),
    Goal("asset.get", "the same, times nginx", _rate("asset.get", "nginx"), 0.4, True, "×"),
    Goal("asset.get", "the same, times our full lane", _rate("asset.get", "ours, full lane"), 25, True, "×"),
    Goal("post.known", "POST of a message: CPU beyond verification", _beyond("post.known"), 90, unit="µs"),
    Goal("post.new", "the same, each with a new token", _beyond("post.new", _NEW), 90, unit="µs"),
    Goal(
        "ws.64", "WebSocket message, 64 connections: CPU beyond verification", _beyond("ws.64"), 80, unit="µs"
    ),
    Goal("ws.1000", "the same, 1,000 connections", _beyond("ws.1000"), 100, unit="µs"),
    Goal(
        "ws.8k",
        "8 KiB messages: CPU beyond verification, times Node's ws",
        over(_beyond("ws.8k"), of("ws.8k", "cpu_us", "node ws")),
        1.0,
        unit="×",
    ),
    Goal("verify.known", "verification of a known token", _KNOWN, 3, unit="µs"),
    Goal("verify.new", "of a new token on a known certificate", _NEW, 300, unit="µs"),
    Goal(
        "append.32",
        "durable appends, 32 in flight: times Node",
        _rate("append.32", "node ws + sqlite"),
        3,
        True,
        "×",
    ),
    Goal("append.256", "256 in flight: times Node", _rate("append.256", "node ws + sqlite"), 3, True, "×"),
    Goal(
        "append.32",
        f"32 in flight: times the reference ({REFERENCE_APPENDS}/s)",
        over(of("append.32", "rate"), lambda results: REFERENCE_APPENDS),
        10,
        True,
        "×",
    ),
    Goal(
        "append.1",
        "one append at a time: p50, times a bare insert and commit",
        times(of("append.1", "p50_ms"), "bare insert", "p50_ms", "append.1"),
        1.5,
        unit="×",
    ),
    Goal(
        "append.stall.32",
        "loop stall p99, 32 appends in flight",
        of("append.stall.32", "p99_ms"),
        10,
        unit="ms",
    ),
    Goal("append.stall.256", "256 in flight", of("append.stall.256", "p99_ms"), 10, unit="ms"),
    Goal("fan.1000", "until 1,000 subscribers have a section: p99", of("fan.1000", "p99_ms"), 30, unit="ms"),
    Goal(
        "fan.1000",
        "p99 of each while one of them does not read, times without it",
        over(of("fan.1000", "each_p99_ms", "ours, one does not read"), of("fan.1000", "each_p99_ms")),
        1.1,
        unit="×",
    ),
    Goal(
        "deploy.new",
        "deploy of a new 12 KiB app: CPU",
        over(of("deploy.new", "cpu_us"), _thousand),
        10,
        unit="ms",
    ),
    Goal(
        "deploy.watch",
        "from a save until the page shows it: p50",
        of("deploy.watch", "p50_ms"),
        300,
        unit="ms",
    ),
    Goal("deploy.known", "of a known one", over(of("deploy.known", "cpu_us"), _thousand), 2, unit="ms"),
    Goal(
        "deploy.project",
        "deploy of a Vite project with known packages: reply",
        of("deploy.project", "p50_ms"),
        400,
        unit="ms",
    ),
    Goal("deploy.project", "its page, after the reply", of("deploy.project", "page_ms"), 1500, unit="ms"),
    Goal(
        "deploy.packages",
        "deploy with known packages: CPU, times without modules (noise ± 5 %)",
        times(of("deploy.packages", "cpu_us"), "ours, from the CDN", "cpu_us", "deploy.packages"),
        1.05,
        unit="×",
    ),
    Goal("idle", "10,000 idle WebSockets: memory each", of("idle", "kib"), 12, unit="KiB"),
    Goal("idle", "p99 of good clients beside them", of("idle", "p99_ms"), 25, unit="ms"),
    Goal("start", "start to first answer", of("start", "p50_ms"), 400, unit="ms"),
    Goal("help", "--help", of("help", "p50_ms"), 150, unit="ms"),
    Goal("workers", "asset GETs of two processes: share of what two cores allow", _share_of_cores, 0.8, True),
    Goal(
        "workers",
        "the same, times one process",
        times(of("workers", "rate", "ours, 2 processes"), "ours, 1 process", "rate", "workers"),
        1.4,
        True,
        "×",
    ),
    Goal(
        "workers.part",
        "asset GETs by Range of two processes, times one",
        times(of("workers.part", "rate", "ours, 2 processes"), "ours, 1 process", "rate", "workers.part"),
        1.4,
        True,
        "×",
    ),
)


def judge(results: Results, rows: set[str]) -> list[Verdict]:
    """Return the verdict on each goal of *rows*."""
    return [Verdict(goal, goal.value(results)) for goal in GOALS if goal.row in rows]
