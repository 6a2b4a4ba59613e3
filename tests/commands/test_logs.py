"""What happened to an app, as whoever made it reads it."""

import json
import signal
import subprocess
import sys
import time

import pytest
from served import Served

from vibes_trio.commands.logs import read_since
from vibes_trio.commands.output import CommandFailed

Capture = pytest.CaptureFixture[str]


def source(words: str) -> str:
    return f"export default () => <p>{words}</p>;\n"


def test_deploys_and_what_was_refused_are_told_oldest_first(served: Served, capsys: Capture) -> None:
    served.deploy("logged", "-m", "the first", App_jsx=source("one"))
    assert served.deploy("logged", App_jsx="export default () => <p>") == 1
    served.run("unpublish", "logged")
    capsys.readouterr()

    assert served.run("logs", "logged") == 0
    first, refused, down = capsys.readouterr().out.splitlines()
    assert first[20:] == "deployed v1: the first"
    assert refused[20:].startswith("refused: ")
    assert "App.jsx" in refused
    assert down[20:] == "unpublished"

    assert served.run("logs", "logged", "--limit", "1", "--json") == 0
    (entry,) = json.loads(capsys.readouterr().out)
    assert (entry["kind"], entry["number"]) == ("unpublished", 3)


def test_who_follows_is_told_what_was_then_what_happens(served: Served, capsys: Capture) -> None:
    served.deploy("log-live", App_jsx=source("one"))
    command = [sys.executable, "-m", "vibes_trio", "logs", "log-live", "--follow", "--json"]
    who = ["--url", served.url, "--device", str(served.folder / "ada.json")]
    with subprocess.Popen([*command, *who], stdout=subprocess.PIPE, text=True) as following:
        assert following.stdout is not None
        first = json.loads(following.stdout.readline())
        served.deploy("log-live", App_jsx=source("two"))
        second = json.loads(following.stdout.readline())
        following.send_signal(signal.SIGINT)
        assert following.wait(20) == 130

    assert [(entry["number"], entry["kind"]) for entry in (first, second)] == [
        (1, "deployed"),
        (2, "deployed"),
    ]


def test_it_begins_where_it_is_asked_to(served: Served, capsys: Capture) -> None:
    served.deploy("logged-since", App_jsx=source("one"))
    capsys.readouterr()

    assert served.run("logs", "logged-since", "--since", "1h") == 0
    assert "deployed v1" in capsys.readouterr().out
    assert served.run("logs", "logged-since", "--since", "2999-01-01") == 0
    assert capsys.readouterr() == ("", "Nothing happened since then.\n")


def test_an_app_that_is_not_there_is_said(served: Served, capsys: Capture) -> None:
    assert served.run("logs", "no-such-app") == 1
    assert "no-such-app" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["soon", "3 years", "-1h", "99999999999h"])
def test_a_time_that_is_none_is_refused_with_what_can_be_one(
    served: Served, capsys: Capture, text: str
) -> None:
    assert served.run("logs", "logged", f"--since={text}") == 2
    assert "30m, 2h or 3d" in capsys.readouterr().err


def test_spans_count_back_from_now_and_times_are_of_this_machine() -> None:
    now = 1_769_064_695.0

    assert read_since("90s", now) == "2026-01-22T06:50:05.000Z"
    assert read_since("2 d", now) == "2026-01-20T06:51:35.000Z"
    local = time.mktime((2026, 1, 31, 12, 0, 0, 0, 0, -1))
    assert read_since("2026-01-31T12:00", now) == read_since(f"{0}s", local)
    assert read_since("2026-01-31T12:00Z", now) == "2026-01-31T12:00:00.000Z"
    with pytest.raises(CommandFailed):
        read_since("999999w", now)
