import json
import re
import time
from argparse import Namespace
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import trio

from vibes_trio.auth.codes import hash_code
from vibes_trio.auth.device import mint_token, read_key_file
from vibes_trio.auth.device_id import verify_device_token
from vibes_trio.auth.jws import Refused
from vibes_trio.background.trust import ensure_keys, read_trust
from vibes_trio.commands import device, user
from vibes_trio.commands.database import open_database
from vibes_trio.commands.device_files import load_device
from vibes_trio.commands.local_device import local_key_file
from vibes_trio.commands.output import CommandFailed
from vibes_trio.config import Config
from vibes_trio.errors import NotFound

Options = Callable[..., Namespace]
Capture = pytest.CaptureFixture[str]


@pytest.fixture
def ada(options: Options, capsys: Capture) -> None:
    user.add(options(name="ada", email="", id="u1"))
    capsys.readouterr()


def listed(options: Options, capsys: Capture) -> list[dict[str, Any]]:
    capsys.readouterr()
    device.list_all(options(json=True))
    found: list[dict[str, Any]] = json.loads(capsys.readouterr().out)
    return found


def is_taken(data_dir: Path, path: Path) -> bool:
    """Say whether a server on the folder takes tokens of the key file at *path*."""
    config, now = Config(data_dir=data_dir), time.time()
    with open_database(config) as db:
        trust = trio.run(read_trust, config, db, ensure_keys(config, now).trusted)
        try:
            return verify_device_token(mint_token(load_device(path), now), trust, now).claims.user_id != ""
        except Refused:
            return False


@pytest.mark.usefixtures("ada")
def test_an_issued_key_file_signs_in(
    options: Options, data_dir: Path, tmp_path: Path, capsys: Capture
) -> None:
    path = tmp_path / "ada.json"

    device.issue(options(user="ada", days=30, out=str(path)))

    assert is_taken(data_dir, path)
    (certificate,) = listed(options, capsys)
    assert (certificate["user"], certificate["state"]) == ("ada", "valid")


@pytest.mark.usefixtures("ada")
def test_without_a_file_it_is_printed(options: Options, capsys: Capture) -> None:
    device.issue(options(user="ada", days=30, out=None))

    assert read_key_file(capsys.readouterr().out).certificate["sub"] == "ada"


@pytest.mark.usefixtures("ada")
def test_a_file_in_the_way_costs_no_certificate(options: Options, tmp_path: Path, capsys: Capture) -> None:
    (tmp_path / "ada.json").write_text("mine")

    with pytest.raises(CommandFailed, match="is there already"):
        device.issue(options(user="ada", days=30, out=str(tmp_path / "ada.json")))

    assert listed(options, capsys) == []


@pytest.mark.usefixtures("ada")
@pytest.mark.parametrize("days", [0, -1, 4000])
def test_days_are_bounded(options: Options, days: int) -> None:
    with pytest.raises(CommandFailed, match="--days"):
        device.issue(options(user="ada", days=days, out=None))


def test_an_unknown_user_is_told_how_to_be_added(options: Options) -> None:
    with pytest.raises(CommandFailed, match="vibes-trio user add bob"):
        device.issue(options(user="bob", days=30, out=None))


@pytest.mark.usefixtures("ada")
def test_a_revoked_device_counts_no_longer(
    options: Options, data_dir: Path, tmp_path: Path, capsys: Capture
) -> None:
    path = tmp_path / "ada.json"
    device.issue(options(user="ada", days=30, out=str(path)))
    serial = listed(options, capsys)[0]["serial"]

    device.revoke(options(serial=serial[:12]))

    assert not is_taken(data_dir, path)
    assert {c["user"]: c["state"] for c in listed(options, capsys)}["ada"] == "revoked"


def test_this_machines_own_device_is_made_anew_when_revoked(
    options: Options, data_dir: Path, capsys: Capture
) -> None:
    user.add(options(name="me", email="", id="u0"))
    device.issue(options(user="me", days=90, out=str(local_key_file(data_dir))))
    serial = listed(options, capsys)[0]["serial"]

    device.revoke(options(serial=serial))

    assert [c["state"] for c in listed(options, capsys)].count("revoked") == 1
    assert is_taken(data_dir, local_key_file(data_dir))


@pytest.mark.usefixtures("ada")
def test_a_serial_number_must_be_enough_to_tell(options: Options) -> None:
    with pytest.raises(CommandFailed, match="at least 6"):
        device.revoke(options(serial="z1"))
    with pytest.raises(NotFound, match="device list"):
        device.revoke(options(serial="z1234567"))


@pytest.mark.usefixtures("ada")
def test_people_get_a_table(options: Options, capsys: Capture) -> None:
    device.issue(options(user="ada", days=30, out=None))
    capsys.readouterr()

    device.list_all(options())

    head, row = capsys.readouterr().out.splitlines()
    assert head.split() == ["SERIAL", "USER", "STATE", "ISSUED", "EXPIRES"]
    assert row.split()[1:3] == ["ada", "valid"]


def test_without_devices_it_says_how_to_get_some(options: Options, capsys: Capture) -> None:
    device.list_all(options())

    assert "vibes-trio device issue" in capsys.readouterr().err


@pytest.mark.usefixtures("ada")
def test_a_one_time_code_is_printed_and_only_its_hash_is_kept(
    options: Options, data_dir: Path, capsys: Capture
) -> None:
    device.code(options(user="ada"))
    printed = capsys.readouterr().out.strip()

    with open_database(Config(data_dir=data_dir)) as db:
        (kept,) = db.points.get(lambda tx: tx.execute("SELECT codeHash, userId FROM Invites"))
    assert re.fullmatch(r"(?:[A-Z0-9]{4}-){2}[A-Z0-9]{4}", printed)
    assert kept == (hash_code(printed), "u1")
    assert printed not in kept


@pytest.mark.usefixtures("ada")
def test_a_one_time_code_for_programs_says_whose_it_is_and_until_when(
    options: Options, capsys: Capture
) -> None:
    device.code(options(user="ada", json=True))

    told = json.loads(capsys.readouterr().out)
    assert (told["user"], len(told["code"])) == ("ada", 14)
    assert told["expires"].endswith("Z")


def test_a_code_is_for_somebody_who_is_there(options: Options) -> None:
    with pytest.raises(CommandFailed, match="no user 'eve'"):
        device.code(options(user="eve"))
