"""Signing in on a machine that has neither a key nor a browser."""

import json
import stat
import sys
from pathlib import Path

import pytest
from served import Served

from vibes_trio.cli import main

Capture = pytest.CaptureFixture[str]


def new_code(served: Served, capsys: Capture) -> str:
    capsys.readouterr()
    assert main(["device", "code", "--user", "ada", "--data-dir", str(served.data_dir)]) == 0
    return capsys.readouterr().out.strip()


@pytest.fixture(autouse=True)
def _no_other_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("VIBES_URL", "VIBES_DEVICE_ID", "VIBES_ENV"):
        monkeypatch.delenv(name, raising=False)


def test_a_code_signs_a_machine_in_and_commands_find_the_key_and_the_server(
    served: Served, tmp_path: Path, capsys: Capture
) -> None:
    here = ["--data-dir", str(tmp_path / "data")]
    code = new_code(served, capsys)

    assert main(["login", "--url", served.url, "--code", code, "--json", *here]) == 0
    key_file = Path(json.loads(capsys.readouterr().out)["keyFile"])
    assert main(["whoami", "--json", *here]) == 0

    assert json.loads(capsys.readouterr().out)["email"] == ""
    assert stat.S_IMODE(key_file.stat().st_mode) == 0o600
    assert main(["deploy", str(app(tmp_path)), *here]) == 0
    assert "-host" not in capsys.readouterr().out


def app(folder: Path) -> Path:
    (folder / "app").mkdir()
    (folder / "app" / "App.jsx").write_text("export default () => 1;\n")
    return folder / "app"


def test_a_code_counts_once_and_what_the_server_says_is_told(
    served: Served, tmp_path: Path, capsys: Capture
) -> None:
    here = ["--data-dir", str(tmp_path / "data")]
    code = new_code(served, capsys)
    assert main(["login", "--url", served.url, "--code", code, *here]) == 0
    before = list((tmp_path / "data" / "logins").iterdir())

    assert main(["login", "--url", served.url, "--code", code, *here]) == 1
    assert "This code doesn't count" in capsys.readouterr().err
    assert list((tmp_path / "data" / "logins").iterdir()) == before


def test_the_code_is_asked_for_on_a_terminal(
    served: Served, tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = ["--data-dir", str(tmp_path / "data")]
    assert main(["login", "--url", served.url, *here]) == 2
    assert "--code CODE" in capsys.readouterr().err
    code = new_code(served, capsys)
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    monkeypatch.setattr("builtins.input", lambda prompt: f" {code.lower()} ")

    assert main(["login", "--url", served.url, *here]) == 0
    out, err = capsys.readouterr()
    assert out == f"signed in to {served.url}\n"
    assert "vibes-trio device code --user NAME" in err


def test_a_server_that_is_none_is_said(tmp_path: Path, capsys: Capture) -> None:
    here = ["--data-dir", str(tmp_path / "data")]

    assert main(["login", *here]) == 2
    assert "Which server?" in capsys.readouterr().err
    assert main(["login", "--url", "http://127.0.0.1:9", "--code", "x", *here]) == 3
    assert "http://127.0.0.1:9: " in capsys.readouterr().err
