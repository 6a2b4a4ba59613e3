import json
from argparse import Namespace
from collections.abc import Callable
from pathlib import Path

import pytest

from vibes_trio.auth.ca import make_ca
from vibes_trio.background.trust import ensure_keys
from vibes_trio.commands import device, keys, user
from vibes_trio.commands.local_device import local_key_file
from vibes_trio.commands.output import CommandFailed
from vibes_trio.config import Config
from vibes_trio.errors import ConfigError

Options = Callable[..., Namespace]
Capture = pytest.CaptureFixture[str]
SECRET = {"DEVICE_ID_CA_PRIV_KEY", "CLOUD_SESSION_TOKEN_SECRET"}


def test_secrets_are_shown_on_demand_only(options: Options, capsys: Capture) -> None:
    keys.show(options(secret=False, json=True))
    public = json.loads(capsys.readouterr().out)
    keys.show(options(secret=True, json=True))
    everything = json.loads(capsys.readouterr().out)

    assert SECRET.isdisjoint(public)
    assert set(everything) == set(public) | SECRET


def test_shown_keys_can_be_used_as_settings(options: Options, data_dir: Path, capsys: Capture) -> None:
    keys.show(options(secret=True))

    shown = dict(line.split("=", 1) for line in capsys.readouterr().out.splitlines())
    assert (
        shown["DEVICE_ID_CA_CERT"] == ensure_keys(Config(data_dir=data_dir), 1_900_000_000).ca.certificate_jwt
    )


def test_rotated_keys_keep_devices_signed_in_until_they_end(
    options: Options, data_dir: Path, tmp_path: Path, capsys: Capture
) -> None:
    user.add(options(name="ada", email="", id=None))
    device.issue(options(user="ada", days=30, out=str(tmp_path / "ada.json")))
    old = ensure_keys(Config(data_dir=data_dir), 1_900_000_000).ca
    capsys.readouterr()

    keys.rotate(options(drop_old=False, lost=False, plan=False, yes=True, json=True))

    told = json.loads(capsys.readouterr().out)
    assert told["ca"] != old.name
    assert told["trusted"] == [told["ca"], old.name]
    assert local_key_file(data_dir).exists()


def test_old_devices_can_be_dropped(
    options: Options, data_dir: Path, tmp_path: Path, capsys: Capture
) -> None:
    user.add(options(name="ada", email="", id=None))
    device.issue(options(user="ada", days=30, out=str(tmp_path / "ada.json")))

    keys.rotate(options(drop_old=True, lost=False, plan=False, yes=True))

    now = ensure_keys(Config(data_dir=data_dir), 1_900_000_000)
    assert now.previous == ()
    assert "issue new ones" in capsys.readouterr().err


def test_keys_of_the_settings_are_not_ours_to_rotate(options: Options) -> None:
    given = make_ca(1_700_000_000).settings

    with pytest.raises(CommandFailed, match="DEVICE_ID_CA_PRIV_KEY"):
        keys.rotate(options(given, drop_old=False, lost=False, plan=False, yes=True))


def test_lost_keys_are_made_anew_when_that_is_said_only(
    options: Options, data_dir: Path, tmp_path: Path, capsys: Capture
) -> None:
    user.add(options(name="ada", email="", id=None))
    device.issue(options(user="ada", days=30, out=str(tmp_path / "ada.json")))
    old = ensure_keys(Config(data_dir=data_dir), 1_900_000_000).ca
    (data_dir / "keys.json").unlink()

    for command, given in (
        (keys.show, {"secret": False}),
        (keys.rotate, {"drop_old": False, "lost": False}),
        (device.issue, {"user": "ada", "days": 30, "out": str(tmp_path / "more.json")}),
    ):
        with pytest.raises(ConfigError, match=r"keys\.json: is missing"):
            command(options(**given))
    assert not (data_dir / "keys.json").exists()
    capsys.readouterr()

    keys.rotate(options(drop_old=False, lost=True, plan=False, yes=True))

    now = ensure_keys(Config(data_dir=data_dir), 1_900_000_000)
    assert now.ca.name != old.name
    assert now.previous == ()
    assert "issue new ones" in capsys.readouterr().err
    device.list_all(options(json=True))
    states = [(entry["user"], entry["state"]) for entry in json.loads(capsys.readouterr().out)]
    assert ("ada", "revoked") in states  # it says what is so: its CA is gone


def test_keys_that_are_there_are_not_lost(options: Options) -> None:
    keys.show(options(secret=False))

    with pytest.raises(CommandFailed, match=r"keys\.json: is there"):
        keys.rotate(options(drop_old=False, lost=True, plan=False, yes=True))


def test_what_a_rotation_will_do_is_said_before(
    options: Options, data_dir: Path, tmp_path: Path, capsys: Capture
) -> None:
    user.add(options(name="ada", email="", id=None))
    device.issue(options(user="ada", days=30, out=str(tmp_path / "ada.json")))
    before = (data_dir / "keys.json").read_bytes()
    capsys.readouterr()

    keys.rotate(options(drop_old=False, lost=False, plan=True, yes=False))
    keeps = capsys.readouterr().err
    keys.rotate(options(drop_old=True, lost=False, plan=True, yes=False))
    drops = capsys.readouterr().err

    assert (data_dir / "keys.json").read_bytes() == before
    assert "1 device of 1 users stay signed in, the last until 20" in keeps
    assert "1 device of 1 users can't sign in any more" in drops


def test_on_a_terminal_it_is_asked_first(
    options: Options, data_dir: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    ensure_keys(Config(data_dir=data_dir), 1_900_000_000)
    before = (data_dir / "keys.json").read_bytes()
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    monkeypatch.setattr("builtins.input", lambda: "n")

    with pytest.raises(CommandFailed, match="Nothing was changed"):
        keys.rotate(options(drop_old=False, lost=False, plan=False, yes=False))

    assert (data_dir / "keys.json").read_bytes() == before
    assert "no device is signed in" in capsys.readouterr().err
