import io
import json

import pytest

from vibes_trio.commands.output import CommandFailed, paint, print_error, print_json, print_table


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
