"""Shells complete the commands, as the shells that are here see it."""

import shutil
import subprocess

import pytest

from vibes_trio.cli import main, make_parser
from vibes_trio.commands.completions import complete
from vibes_trio.commands.table import COMMANDS

CHECKS = {"bash": ["bash", "-n"], "zsh": ["zsh", "-n"], "fish": ["fish", "--no-execute"]}


@pytest.mark.parametrize("shell", CHECKS)
def test_every_command_and_flag_is_there(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["completions", shell]) == 0

    printed = capsys.readouterr()
    words = {word for command in COMMANDS for word in command.words.split()}
    names = {name for command in COMMANDS for argument in command.arguments for name in argument.names}
    flags = {name.removeprefix("--") for name in names if name.startswith("--")}
    assert [word for word in words if word not in printed.out] == []
    assert [flag for flag in flags if flag not in printed.out] == []
    assert "open a new shell" in printed.err or shell == "fish"


@pytest.mark.parametrize("shell", CHECKS)
def test_the_shell_itself_understands_it(shell: str) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"no {shell} on this machine")

    done = subprocess.run(
        CHECKS[shell], input=complete(make_parser(), shell), capture_output=True, text=True, check=False
    )

    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["dep"], "deploy"),
        (["device", "r"], "revoke"),
        (["deploy", "--mo"], "--mode"),
        (["deploy", "--mode", "d"], "dev"),
    ],
)
def test_bash_completes(words: list[str], expected: str) -> None:
    script = complete(make_parser(), "bash")
    line = " ".join(["vibes-trio", *words])
    before = words[-2] if len(words) > 1 else "vibes-trio"
    asked = f"""
        COMP_WORDS=({line}); COMP_CWORD={len(words)}; COMP_LINE={line!r}
        _shtab_vibes_trio vibes-trio {words[-1]} {before}; echo "${{COMPREPLY[@]}}"
    """

    done = subprocess.run(["bash"], input=script + asked, capture_output=True, text=True, check=True)

    assert expected in done.stdout.split()
