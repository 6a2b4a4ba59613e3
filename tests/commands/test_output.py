import io
import json
import sys
from pathlib import Path

import pytest

from vibes_trio.commands.output import CommandFailed, print_error, print_json, print_table, program
from vibes_trio.logs.colours import paint


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")


def test_a_terminal_gets_colour() -> None:
    assert paint("no", "red", Terminal()) == "\x1b[31mno\x1b[0m"


def test_a_pipe_gets_none() -> None:
    assert paint("no", "red", io.StringIO()) == "no"


@pytest.mark.parametrize(("name", "value"), [("NO_COLOR", "1"), ("TERM", "dumb")])
def test_colour_can_be_declined(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, value)

    assert paint("no", "red", Terminal()) == "no"


def test_columns_are_as_wide_as_their_widest_cell(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(("A", "LONG HEAD"), [("first", "x"), ("2", "")])

    assert capsys.readouterr().out == "A      LONG HEAD\nfirst  x\n2\n"


def test_results_and_errors_go_to_different_streams(capsys: pytest.CaptureFixture[str]) -> None:
    print_json({"name": "Zoë"})
    print_error("what, where")

    out, err = capsys.readouterr()
    assert json.loads(out) == {"name": "Zoë"}
    assert err == "error: what, where\n"


def test_a_failure_carries_its_exit_code() -> None:
    assert CommandFailed("no").exit_code == 1
    assert CommandFailed("no", exit_code=3).exit_code == 3


def test_people_are_told_to_type_what_their_shell_finds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    command = tmp_path / "bin" / "vibes-trio"
    command.parent.mkdir()
    command.touch(0o755)
    monkeypatch.setattr(sys, "argv", [str(command)])
    monkeypatch.chdir(tmp_path)

    monkeypatch.setenv("PATH", "")
    assert program() == "bin/vibes-trio"
    monkeypatch.chdir("/")
    assert program() == str(command).removeprefix("/")
    monkeypatch.setenv("PATH", str(command.parent))
    assert program() == "vibes-trio"
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(sys, "argv", ["pytest"])
    assert program() == "vibes-trio"
