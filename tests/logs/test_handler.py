"""What repeats is counted, not written."""

import io
import json
import logging
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from vibes_trio.config import Limits
from vibes_trio.logs.handler import CountingHandler, call_later
from vibes_trio.logs.lines import JsonFormatter

LIMITS = Limits(log_window_s=10, log_kind_bytes=1000, log_kinds=20)


@dataclass
class Log:
    """A log that is written to memory, by a clock that stands still until it is moved."""

    stream: io.StringIO = field(default_factory=io.StringIO)
    now: float = 0.0
    later: list[tuple[float, Callable[[], None]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        clock = lambda: self.now  # noqa: E731
        handler = CountingHandler(self.stream, LIMITS, clock, lambda *call: self.later.append(call))
        handler.setFormatter(JsonFormatter())
        self.handler = handler
        self.logger = logging.Logger("vibes_trio.requests", logging.DEBUG)
        self.logger.addHandler(handler)

    def lines(self) -> list[str]:
        return [json.loads(line)["message"] for line in self.stream.getvalue().splitlines()]

    def wait(self, seconds: float) -> None:
        """Let time pass; what was to be called by then is called."""
        self.now += seconds
        due, self.later = self.later, []
        for _, call in due:
            call()


def test_what_repeats_is_counted_and_told_in_one_line_when_the_window_is_over() -> None:
    """Without the handler's count all ten thousand lines are written."""
    log = Log()

    for number in range(10_000):
        log.logger.info("%s -> %s", f"GET /{number}", 503)
    written = len(log.lines())
    assert [delay for delay, _ in log.later] == [LIMITS.log_window_s]
    log.wait(LIMITS.log_window_s)

    assert 5 < written < 15
    assert log.lines()[-1] == f"{10_000 - written} more in 10 s like: GET /{written} -> 503"
    assert len(log.lines()) == written + 1
    assert len(log.stream.getvalue()) < 2 * LIMITS.log_kind_bytes


def test_the_next_window_is_written_again() -> None:
    log = Log()
    for _ in range(2):
        for _ in range(100):
            log.logger.info("again")
        log.wait(LIMITS.log_window_s)

    told = [line for line in log.lines() if "more in" in line]
    assert len(told) == 2
    assert log.later == []


def test_what_is_left_out_is_told_by_the_next_line_too_if_nobody_looked() -> None:
    log = Log()
    for _ in range(100):
        log.logger.info("again")
    log.now += LIMITS.log_window_s
    log.logger.info("again")

    assert "more in 10 s like: again" in log.lines()[-2]
    assert log.lines()[-1] == "again"


def test_kinds_do_not_take_each_others_room() -> None:
    """A flood of one kind must not hide what else goes wrong."""
    log = Log()
    for _ in range(100):
        log.logger.info("%s -> %s", "GET /", 503, extra={"kind": ("", 503)})
    log.logger.info("%s -> %s", "deploy", "LimitReached", extra={"kind": ("deploy", "LimitReached")})
    log.logger.warning("the disk is full")

    assert log.lines()[-2:] == ["deploy -> LimitReached", "the disk is full"]


def test_the_number_of_kinds_is_bounded() -> None:
    """A library that puts its text together before it logs makes a kind a line."""
    log = Log()
    for number in range(10_000):
        log.logger.info(f"text {number}")

    assert len(log.handler._windows) == LIMITS.log_kinds + 1
    assert len(log.stream.getvalue()) < (LIMITS.log_kinds + 1) * LIMITS.log_kind_bytes


def test_a_window_that_goes_on_is_looked_at_again() -> None:
    log = Log()
    for _ in range(100):
        log.logger.info("first")
    log.now += LIMITS.log_window_s / 2
    for _ in range(100):
        log.logger.info("second")
    log.wait(LIMITS.log_window_s / 2)
    after_first = log.lines()
    log.wait(LIMITS.log_window_s)

    assert "like: first" in after_first[-1]
    assert "like: second" in log.lines()[-1]
    assert log.later == []


def test_one_long_record_is_written_and_none_is_kept() -> None:
    """A traceback is longer than a window may be; and a record with one holds all that was under way."""
    log = Log()
    for _ in range(2):
        try:
            raise ValueError("x" * 2000)
        except ValueError:
            log.logger.exception("failed")

    assert log.lines() == ["failed"]
    assert all(not isinstance(window, logging.LogRecord) for window in log.handler._windows.values())
    log.handler.close()
    assert log.lines()[-1] == "1 more in 10 s like: failed"


def test_at_level_debug_every_line_is_written() -> None:
    log = Log()
    for _ in range(1000):
        log.logger.debug("detail")

    assert len(log.lines()) == 1000


def test_a_timer_calls_later_and_keeps_no_program_from_ending(monkeypatch: pytest.MonkeyPatch) -> None:
    started = []

    class Timer:
        def __init__(self, delay_s: float, call: Callable[[], None]) -> None:
            self.told = (delay_s, call)
            self.daemon = False

        def start(self) -> None:
            started.append((*self.told, self.daemon))

    monkeypatch.setattr("vibes_trio.logs.handler.threading.Timer", Timer)

    call_later(10.0, print)

    assert started == [(10.0, print, True)]
