import argparse
import json
import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from vibes_trio import __version__, cli
from vibes_trio.cli import Run, flags_first, hint, load_target, main, make_parser, run, words_of
from vibes_trio.commands.command import Command
from vibes_trio.commands.output import FAILED, INTERRUPTED, OK, UNREACHABLE, UNUSABLE, USAGE, CommandFailed
from vibes_trio.commands.table import COMMANDS, GROUPS, HEADINGS, SETTING_FLAGS, SYNONYMS
from vibes_trio.config import SETTINGS
from vibes_trio.errors import ConfigError, FetchFailed, ModuleFailed, NotFound

ROOT = Path(__file__).parents[1]
# Each takes long enough to import to be felt at every `--help`.
HEAVY = {"trio", "msgspec", "cryptography", "httpx2", "quart", "hypercorn", "sqlite3"}


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.words)
def test_every_command_leads_to_a_function(command: Command) -> None:
    assert callable(load_target(command.target))


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.words)
def test_every_command_has_help_with_its_examples(
    command: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main([*command.words.split(), "--help"])

    printed = capsys.readouterr().out
    assert ended.value.code == OK
    assert command.examples
    assert all(f"vibes-trio {example}" in printed for example in command.examples)


@pytest.mark.parametrize(
    "example", [example for command in COMMANDS for example in command.examples if ">" not in example]
)
def test_every_example_is_understood(example: str) -> None:
    options = make_parser().parse_args(shlex.split(example))

    assert options.target.startswith("vibes_trio.commands.")


def test_help_names_every_command_and_every_exit_code(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])

    printed = capsys.readouterr().out
    assert all(f"\n  {command.words.split()[0]} " in printed for command in COMMANDS)
    codes = printed.partition("exit codes:")[2]
    assert all(
        re.search(rf"\b{code}\b", codes) for code in (OK, FAILED, USAGE, UNREACHABLE, UNUSABLE, INTERRUPTED)
    )


def test_help_fits_on_one_screen_under_its_headings(capsys: pytest.CaptureFixture[str]) -> None:
    """As many lines as a large window has, none longer than the narrowest that is common."""
    with pytest.raises(SystemExit):
        main(["--help"])

    lines = capsys.readouterr().out.splitlines()
    assert len(lines) <= 60
    assert [line for line in lines if len(line) > 80] == []
    assert all(f"{title}:" in lines for title in HEADINGS.values())
    assert {command.heading for command in COMMANDS} == set(HEADINGS)


def test_an_error_is_json_for_who_asked_for_json(capsys: pytest.CaptureFixture[str]) -> None:
    def refuse(options: argparse.Namespace) -> int:
        raise NotFound("There is no such app.")

    def give_up(options: argparse.Namespace) -> int:
        try:
            return refuse(options)
        except NotFound as error:
            raise CommandFailed("nobody", UNREACHABLE) from error

    asked = argparse.Namespace(json=True)
    assert (run(refuse, asked), run(give_up, asked)) == (FAILED, UNREACHABLE)

    printed = [json.loads(line)["error"] for line in capsys.readouterr().err.splitlines()]
    assert printed == [
        {"code": "not-found", "message": "There is no such app.", "exitCode": FAILED},
        {"code": "not-found", "message": "nobody", "exitCode": UNREACHABLE},
    ]


@pytest.mark.parametrize("group", GROUPS)
def test_a_group_without_a_command_is_a_usage_error(group: str) -> None:
    with pytest.raises(SystemExit) as ended:
        main([group])

    assert ended.value.code == USAGE


def test_nothing_at_all_prints_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == USAGE

    assert "vibes-trio serve" in capsys.readouterr().out


def test_help_loads_nothing_heavy() -> None:
    script = "import sys, vibes_trio.cli as cli; cli.make_parser(); print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )

    assert HEAVY.isdisjoint(done.stdout.split())


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        (["depoly", "x"], "deploy"),
        (["device", "revok"], "revoke"),
        (["delete", "shop"], "rm"),
        (["status"], "apps"),
        (["tail"], "chat tail"),
        (["chat", "tial"], "tail"),
        (["serve", "--prot", "80"], "--port"),
        (["deploy", "x", "--dryrun"], "--dry-run"),
        (["serve", "--hostname-bas=x"], "--hostname-base"),
    ],
)
def test_a_typo_is_answered_with_what_was_meant(
    typed: list[str], meant: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(typed)

    assert ended.value.code == USAGE
    assert f"Did you mean {meant}?" in capsys.readouterr().err


def test_a_word_like_no_other_gets_no_hint() -> None:
    assert hint("invalid choice: 'xyzzy' (choose from 'deploy', 'apps')", words_of("")) == "."


def test_what_other_programs_call_a_command_leads_to_one_that_is_there() -> None:
    known = {command.words for command in COMMANDS} | {command.words.split()[0] for command in COMMANDS}

    assert {meant for meant in SYNONYMS.values() if meant not in known} == set()
    assert [word for word in SYNONYMS if word in known] == []


def test_a_command_that_is_not_there_is_said_without_a_list(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["xyzzy"])

    assert "error: there is no command 'xyzzy'. Try `vibes-trio --help`." in capsys.readouterr().err


def test_a_usage_error_without_a_wrong_word_stays_as_it_is() -> None:
    assert hint("the following arguments are required: FOLDER", words_of("")) == "."


def test_flags_become_settings_by_their_names() -> None:
    options = make_parser().parse_args(["serve", "--port", "9", "--modules=cdn", "--data-dir", "/d"])

    assert options.settings == {"VIBES_PORT": "9", "VIBES_MODULES": "cdn", "VIBES_DATA_DIR": "/d"}


def test_the_parser_keeps_nothing_of_the_last_command_line() -> None:
    parser = make_parser()
    parser.parse_args(["serve", "--port", "9"])

    assert parser.parse_args(["serve"]).settings == {}


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("chat append c --as-llm text", {"chat": "c", "text": "text", "as_llm": True}),
        ("publish --json shop --url http://x v12", {"app": "shop", "release": "v12", "url": "http://x"}),
        ("publish --url=http://x shop v12", {"app": "shop", "release": "v12"}),
        ("chat read c --since -1", {"chat": "c", "since": -1}),
        ("chat append c -- --text", {"chat": "c", "text": "--text"}),
        ("chat append c -", {"text": "-"}),
        ("deploy -m words folder", {"message": "words", "path": "folder"}),
        ("versions --limit=3 shop", {"app": "shop", "limit": 3}),
        ("share shop --link --url http://x", {"app": "shop", "link": 0, "url": "http://x"}),
        ("share shop --link 3 --url http://x", {"app": "shop", "link": 3, "url": "http://x"}),
        ("share shop --link -3", {"app": "shop", "link": -3}),
        ("share --url http://x shop --link", {"app": "shop", "link": 0, "url": "http://x"}),
        ("share --link --url http://x shop", {"app": "shop", "link": 0, "url": "http://x"}),
    ],
)
def test_flags_may_stand_anywhere(typed: str, expected: dict[str, object]) -> None:
    options = vars(make_parser().parse_args(flags_first(typed.split())))

    assert {name: options[name] for name in expected} == expected


def test_what_may_have_been_meant_is_a_flag_of_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    """`--nosuch` is near to `--search`, which others take."""
    with pytest.raises(SystemExit):
        main(["versions", "--nosearch"])

    assert "Did you mean" not in capsys.readouterr().err


def test_a_flag_that_is_not_known_is_told_by_its_command(capsys: pytest.CaptureFixture[str]) -> None:
    """What stands behind it is told with it, and the help is that of the command."""
    with pytest.raises(SystemExit) as ended:
        main(["versions", "shop", "--limitt", "3"])

    assert ended.value.code == USAGE
    err = capsys.readouterr().err
    assert err.startswith("usage: vibes-trio versions ")
    assert "unrecognized arguments: --limitt" in err
    assert "shop" not in err
    assert "Did you mean --limit? Try `vibes-trio versions --help`." in err


def test_an_interrupt_while_a_command_is_loaded_is_no_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    """Loading takes a good part of a short command."""

    def interrupted(target: str) -> Run:
        raise KeyboardInterrupt

    monkeypatch.setattr(cli, "load_target", interrupted)

    assert main(["apps"]) == INTERRUPTED


def test_a_flag_without_its_value_is_a_usage_error() -> None:
    with pytest.raises(SystemExit):
        main(["publish", "shop", "--url"])


def test_every_setting_flag_is_of_a_setting() -> None:
    assert set(SETTING_FLAGS.values()) <= {setting.name for setting in SETTINGS}


def test_only_the_server_logs_what_it_does_unasked() -> None:
    assert {command.words for command in COMMANDS if command.log_level == "info"} == {"serve"}


@pytest.mark.parametrize(
    ("error", "code", "line"),
    [
        (CommandFailed("no", UNREACHABLE), UNREACHABLE, "error: no\n"),
        (NotFound("not here"), FAILED, "error: not here\n"),
        (ConfigError("VIBES_PORT: a number"), UNUSABLE, "error: VIBES_PORT: a number\n"),
        (ModuleFailed("no esbuild"), FAILED, "error: no esbuild\n"),
        (FetchFailed("https://x/: status 404", 404), FAILED, "error: https://x/: status 404\n"),
        (PermissionError(13, "Permission denied", "/f"), FAILED, "error: /f: Permission denied.\n"),
        (OSError("odd"), FAILED, "error: odd\n"),
        (KeyboardInterrupt(), INTERRUPTED, ""),
        (BaseExceptionGroup("tasks", [KeyboardInterrupt()]), INTERRUPTED, ""),
    ],
)
def test_a_foreseen_error_is_one_line_and_an_exit_code(
    error: BaseException, code: int, line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(options: argparse.Namespace) -> int:
        raise error

    assert run(fail, argparse.Namespace()) == code
    assert capsys.readouterr().err == line


@pytest.mark.parametrize(
    "error", [ZeroDivisionError(), BaseExceptionGroup("tasks", [KeyboardInterrupt(), ZeroDivisionError()])]
)
def test_a_mistake_of_ours_is_not_hidden(error: BaseException) -> None:
    def fail(options: argparse.Namespace) -> int:
        raise error

    with pytest.raises(type(error)) as raised:
        run(fail, argparse.Namespace())

    assert raised.value is error


def test_a_reader_that_has_gone_is_no_traceback(tmp_path: Path) -> None:
    command = (
        f"{sys.executable} -m vibes_trio config show --data-dir {tmp_path} | exit 0; exit ${{PIPESTATUS[0]}}"
    )
    done = subprocess.run(["bash", "-c", command], cwd=ROOT, capture_output=True, text=True, check=False)

    assert done.stderr == ""


def test_a_setting_that_cannot_be_used_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["config", "show", "--data-dir", str(tmp_path), "--port", "http"])

    assert code == UNUSABLE
    assert capsys.readouterr().err.startswith("error: VIBES_PORT: a whole number")


def test_a_flag_wins_over_the_environment_and_that_over_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "config.toml").write_text('VIBES_PORT = 1\nVIBES_HOST = "file"\nVIBES_MODULES = "cdn"\n')
    monkeypatch.setenv("VIBES_PORT", "2")
    monkeypatch.setenv("VIBES_HOST", "env")

    main(["config", "show", "--json", "--data-dir", str(tmp_path), "--port", "3"])

    printed = capsys.readouterr().out
    shown = {name: row["value"] for name, row in json.loads(printed).items()}
    assert (shown["VIBES_PORT"], shown["VIBES_HOST"], shown["VIBES_MODULES"]) == ("3", "env", "cdn")


def test_the_module_runs_as_the_command_does_and_knows_its_version() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "vibes_trio", "--version"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )

    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert done.stdout == f"vibes-trio {__version__}\n"
    assert project["version"] == __version__
