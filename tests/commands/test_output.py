import io
import json
import sys
from pathlib import Path

import pytest

from vibes_trio.commands.output import (
    CommandFailed,
    fitted,
    print_error,
    print_json,
    print_table,
    printable,
    program,
    width_of,
)
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


def test_on_a_terminal_lines_fit_and_the_widest_cells_are_cut(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "30")
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)

    print_table(
        ("APP", "TITLE", "CHANGED"),
        [("shop", "word " * 1000, "2 h ago"), ("日本語", "日本語の題名と長い説明", "now")],
    )

    lines = capsys.readouterr().out.splitlines()
    assert [width_of(line) for line in lines if width_of(line) > 30] == []
    assert lines[1] == "shop    word word wo…  2 h ago"
    assert lines[2] == "日本語  日本語の題名…  now"


@pytest.mark.parametrize("columns", [1, 20, 40])
def test_more_columns_than_have_a_place_are_cut_at_the_edge(
    columns: int, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A line that the terminal wraps is no line of a table."""
    monkeypatch.setenv("COLUMNS", str(columns))
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)

    print_table(("RELEASE",) * 7, [("production 日本",) * 7])

    lines = capsys.readouterr().out.splitlines()
    assert [width_of(line) <= columns for line in lines] == [True, True]
    assert [line[-1] for line in lines] == ["…", "…"]


def test_a_pipe_gets_all_of_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(("TITLE",), [("word " * 100,)])

    assert len(capsys.readouterr().out.splitlines()[1]) == 499


def test_columns_are_narrowed_no_further_than_can_be_read() -> None:
    assert fitted([4, 100, 20], 40) == [4, 16, 16]
    assert fitted([100, 100], 10) == [8, 8]
    assert fitted([3, 5], 80) == [3, 5]
    assert fitted([10**9, 3], 80) == [75, 3]


def test_what_others_wrote_does_not_move_the_cursor() -> None:
    assert printable("a\x1b[31mb\nc\x07\u202ed") == "a\ufffd[31mb c\ufffd\ufffdd"


def test_letters_take_the_cells_that_terminals_give_them() -> None:
    assert [width_of(text) for text in ("abc", "日本", "e\u0301", "", "…")] == [3, 4, 1, 0, 1]


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
