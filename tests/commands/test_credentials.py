import base64
import time
from argparse import Namespace
from collections.abc import Mapping
from pathlib import Path

import pytest

from vibes_trio.auth.ca import make_ca
from vibes_trio.auth.device import Device, issue_device, write_key_file
from vibes_trio.auth.verifier import Claims
from vibes_trio.commands.credentials import device_name, find_device, local_key_file
from vibes_trio.commands.device_files import save_device
from vibes_trio.commands.output import CommandFailed
from vibes_trio.config import Config
from vibes_trio.errors import ConfigError
from vibes_trio.exchange import UserId

DAY_S = 86_400
CLAIMS = Claims(UserId("u"), "u", "user", "", email_verified=False)


def issue(name: str, ago_s: int = 0) -> Device:
    now = time.time() - ago_s
    return issue_device(make_ca(now), CLAIMS, name, now)[0]


def find(folder: Path, named: Path | None = None, env: Mapping[str, str] | None = None) -> str:
    options = Namespace(device=str(named) if named else None)
    return device_name(find_device(options, Config(data_dir=folder), env or {}))


def test_the_nearest_wins(tmp_path: Path) -> None:
    save_device(issue("local"), local_key_file(tmp_path))
    save_device(issue("named"), tmp_path / "ada.json")
    env = {"VIBES_DEVICE_ID": write_key_file(issue("environment"))}

    assert find(tmp_path) == "local"
    assert find(tmp_path, env=env) == "environment"
    assert find(tmp_path, tmp_path / "ada.json", env) == "named"


def test_the_environment_may_hold_it_as_base64(tmp_path: Path) -> None:
    text = base64.b64encode(write_key_file(issue("packed")).encode()).decode()

    assert find(tmp_path, env={"VIBES_DEVICE_ID": text}) == "packed"


def test_without_any_it_is_said_how_to_get_one(tmp_path: Path) -> None:
    with pytest.raises(CommandFailed, match=r"me\.json: there is no key file .*vibes-trio serve.*--device"):
        find(tmp_path)


def test_a_named_file_that_is_missing_is_said(tmp_path: Path) -> None:
    save_device(issue("local"), local_key_file(tmp_path))

    with pytest.raises(CommandFailed, match=r"ada\.json"):
        find(tmp_path, tmp_path / "ada.json")


def test_rubbish_in_the_environment_is_said(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="key file can't be used"):
        find(tmp_path, env={"VIBES_DEVICE_ID": "{}"})


def test_a_certificate_that_has_ended_is_said_with_its_day(tmp_path: Path) -> None:
    save_device(issue("old", ago_s=91 * DAY_S), local_key_file(tmp_path))
    day = time.strftime("%Y-%m-%d", time.gmtime(time.time() - DAY_S))

    with pytest.raises(CommandFailed, match=f"ended on {day}"):
        find(tmp_path)
