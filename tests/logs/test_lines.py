import io
import json
import logging
from collections.abc import Iterator

import pytest

from vibes_trio.logs.lines import setup_logs


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def _logging_as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


def test_programs_get_json_lines() -> None:
    stream = io.StringIO()
    setup_logs("info", stream)

    logging.getLogger("vibes_trio.requests").info("%s -> %s", "GET /", 200)

    (line,) = stream.getvalue().splitlines()
    record = json.loads(line)
    assert record.pop("time").endswith("+00:00")
    assert record == {"level": "info", "logger": "vibes_trio.requests", "message": "GET / -> 200"}


def test_a_traceback_stays_in_its_line() -> None:
    stream = io.StringIO()
    setup_logs("info", stream)

    try:
        raise ValueError("broken")
    except ValueError:
        logging.getLogger("vibes_trio").exception("failed")

    (line,) = stream.getvalue().splitlines()
    assert "ValueError: broken" in json.loads(line)["error"]


def test_people_get_lines_without_the_packages_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    stream = Terminal()
    setup_logs("debug", stream)

    logging.getLogger("vibes_trio.front.lane").warning("slow")

    time, _, text = stream.getvalue().partition(" ")
    assert len(time) == len("12:31:07")
    assert text == "warning front.lane: slow\n"


def test_people_see_warnings_in_colour_and_tracebacks_below(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    stream = Terminal()
    setup_logs("info", stream)

    try:
        raise ValueError("broken")
    except ValueError:
        logging.getLogger("vibes_trio").error("failed", exc_info=True)

    first, *below = stream.getvalue().splitlines()
    assert "\x1b[31merror vibes_trio: failed\x1b[0m" in first
    assert below[-1] == "ValueError: broken"


def test_the_level_decides_and_libraries_are_quiet() -> None:
    stream = io.StringIO()
    setup_logs("info", stream)

    logging.getLogger("vibes_trio").debug("detail")
    logging.getLogger("hypercorn.error").info("Running on …")
    logging.getLogger("httpx2").info("HTTP Request: …")

    assert stream.getvalue() == ""
