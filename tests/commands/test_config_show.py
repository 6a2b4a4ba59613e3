import json
from argparse import Namespace
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from vibes_trio.commands import config
from vibes_trio.config import SETTINGS

Options = Callable[..., Namespace]


def shown(options: Namespace, capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    config.show(options)
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def test_every_setting_is_told_with_its_origin(
    options: Options, data_dir: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    data_dir.mkdir()
    (data_dir / "config.toml").write_text('VIBES_PORT = 1\nVIBES_HOST = "::1"\nFP_VERSION = "2"\n')
    monkeypatch.setenv("VIBES_PORT", "2")
    monkeypatch.setenv("VIBES_HOST", "127.0.0.2")

    told = shown(options({"VIBES_PORT": "3"}, json=True), capsys)

    assert list(told) == [setting.name for setting in SETTINGS]
    assert told["VIBES_PORT"] == {"value": "3", "origin": "flag"}
    assert told["VIBES_HOST"] == {"value": "127.0.0.2", "origin": "environment"}
    assert told["FP_VERSION"] == {"value": "2", "origin": "config.toml"}
    assert told["VIBES_MODULES"] == {"value": "auto", "origin": "default"}
    assert told["VIBES_SVC_HOSTNAME_BASE"] == {"value": "localhost:3", "origin": "default"}


def test_numbered_settings_count_by_any_of_their_numbers(
    options: Options, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CLERK_PUB_JWT_URL", "https://a.example")
    monkeypatch.setenv("CLERK_PUB_JWT_URL_1", "https://b.example")

    told = shown(options(json=True), capsys)

    assert told["CLERK_PUB_JWT_URL"] == {
        "value": "https://a.example, https://b.example",
        "origin": "environment",
    }


def test_secrets_are_hidden(
    options: Options, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CALLAI_API_KEY", "sk-verborgen")
    monkeypatch.setenv("VIBES_REGISTRY_URL", "https://bob:verborgen@npm.example/")

    config.show(options())

    out = capsys.readouterr().out
    assert "verborgen" not in out
    assert "https://bob:(hidden)@npm.example/" in out


def test_people_are_told_where_the_file_would_be(
    options: Options, data_dir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config.show(options())

    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["SETTING", "VALUE", "FROM"]
    assert lines[-1] == f"file: {data_dir / 'config.toml'}"
