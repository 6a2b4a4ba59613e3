import json
from argparse import Namespace
from collections.abc import Callable
from pathlib import Path

import pytest

from vibes_trio.auth.ca import make_ca
from vibes_trio.auth.keys import load_keys
from vibes_trio.commands import device, keys, user
from vibes_trio.commands.local_device import local_key_file
from vibes_trio.commands.output import CommandFailed
from vibes_trio.config import Config

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
        shown["DEVICE_ID_CA_CERT"] == load_keys(Config(data_dir=data_dir), 1_900_000_000).ca.certificate_jwt
    )


def test_rotated_keys_keep_devices_signed_in_until_they_end(
    options: Options, data_dir: Path, tmp_path: Path, capsys: Capture
) -> None:
    user.add(options(name="ada", email="", id=None))
    device.issue(options(user="ada", days=30, out=str(tmp_path / "ada.json")))
    old = load_keys(Config(data_dir=data_dir), 1_900_000_000).ca
    capsys.readouterr()

    keys.rotate(options(drop_old=False, json=True))

    told = json.loads(capsys.readouterr().out)
    assert told["ca"] != old.name
    assert told["trusted"] == [told["ca"], old.name]
    assert local_key_file(data_dir).exists()


def test_old_devices_can_be_dropped(
    options: Options, data_dir: Path, tmp_path: Path, capsys: Capture
) -> None:
    user.add(options(name="ada", email="", id=None))
    device.issue(options(user="ada", days=30, out=str(tmp_path / "ada.json")))

    keys.rotate(options(drop_old=True))

    now = load_keys(Config(data_dir=data_dir), 1_900_000_000)
    assert now.previous == ()
    assert "issue new ones" in capsys.readouterr().err


def test_keys_of_the_settings_are_not_ours_to_rotate(options: Options) -> None:
    given = make_ca(1_700_000_000).settings

    with pytest.raises(CommandFailed, match="DEVICE_ID_CA_PRIV_KEY"):
        keys.rotate(options(given, drop_old=False))
