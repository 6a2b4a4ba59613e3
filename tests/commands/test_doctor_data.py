"""What `doctor` says of backups, devices and stored modules."""

import time
from pathlib import Path

import pytest
import trio

from vibes_trio.background.trust import ensure_keys
from vibes_trio.backups.archive import Wanted, write_backup
from vibes_trio.backups.kept import name_at
from vibes_trio.commands.doctor_data import look_at_backups, look_at_built, look_at_devices
from vibes_trio.config import Config
from vibes_trio.content.cid import calc_cid
from vibes_trio.exchange import UserId
from vibes_trio.storage.certificates import Certificate, record_certificate
from vibes_trio.storage.engines import make_for_commands
from vibes_trio.storage.interface import iso_utc

HOUR = 3600.0


def told(findings):
    return {finding.what: (finding.level, finding.text) for finding in findings}


@pytest.fixture
def config(tmp_path) -> Config:
    made = Config(tmp_path / "data", backup_every_h=24, backup_dir=str(tmp_path / "backups"))
    ensure_keys(made, time.time())
    db = make_for_commands(made, time.time)
    db.open()
    certificate = Certificate(
        serial="serial",
        user_id=UserId("ada"),
        fingerprint="f",
        sha256="s",
        issued=iso_utc(time.time()),
        expires=iso_utc(time.time() + 5 * 24 * HOUR),
    )
    trio.run(lambda: db.write(record_certificate, certificate))
    db.close()
    (tmp_path / "backups").mkdir()
    return made


def back_up(config, hours):
    now = time.time() - hours * HOUR
    path = Path(config.backup_dir) / name_at(now)
    write_backup(config, path, Wanted(), now)
    return path


def test_without_any_backup_it_says_how_to_make_one(config):
    level, text = told(look_at_backups(config, deep=False))["backups"]

    assert level == "problem"
    assert "vibes-trio backup FOLDER" in text


def test_who_never_asked_for_backups_has_a_note(tmp_path, config):
    unasked = Config(config.data_dir)

    assert told(look_at_backups(unasked, deep=False))["backups"][0] == "note"


@pytest.mark.parametrize(("hours", "level"), [(1, "ok"), (30, "ok"), (50, "problem")])
def test_a_backup_that_is_late_is_a_problem(config, hours, level):
    back_up(config, hours)

    found = told(look_at_backups(config, deep=False))

    assert found["backups"][0] == level
    assert f"{hours} hours old" in found["backups"][1]
    assert list(found) == ["backups"]


def test_backups_beside_the_data_are_noted(config):
    beside = Config(config.data_dir, backup_dir=str(config.data_dir / "backups"))
    (config.data_dir / "backups").mkdir()
    back_up(beside, 1)

    assert told(look_at_backups(beside, deep=False))["backups beside the data"][0] == "note"


@pytest.mark.parametrize("there", [True, False])
def test_deep_a_backup_is_restored_and_nothing_is_left(config, there, tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    if there:
        back_up(config, 1)
    before = sorted(tmp_path.iterdir())

    found = told(look_at_backups(config, deep=True))

    assert found["test restore"] == ("ok", "0 releases and 0 chats came back sound")
    assert sorted(tmp_path.iterdir()) == before


def test_a_damaged_backup_is_a_problem(config):
    path = back_up(config, 1)
    path.write_bytes(path.read_bytes()[:-100])

    assert told(look_at_backups(config, deep=True))["test restore"][0] == "problem"


def test_where_no_data_are_nothing_is_said(tmp_path):
    config = Config(tmp_path / "none")

    assert [
        *look_at_backups(config, deep=True),
        *look_at_devices(config),
        *look_at_built(config, deep=True),
    ] == []


def test_a_device_that_ends_soon_is_noted_and_nothing_is_changed(config):
    before = {path.name: path.stat().st_mtime_ns for path in config.data_dir.iterdir()}

    found = told(look_at_devices(config))

    assert found["devices"][0] == "note"
    assert "vibes-trio device issue --user ada" in found["devices"][1]
    after = {path.name: path.stat().st_mtime_ns for path in config.data_dir.iterdir() if "-" not in path.name}
    assert after.items() <= before.items()


def test_data_that_are_none_are_a_problem(config):
    next(config.data_dir.glob("*.sqlite3")).write_bytes(b"words" * 1000)

    assert told(look_at_devices(config))["data"][0] == "problem"


def test_deep_each_stored_file_is_compared_with_its_hash(config):
    built = config.data_dir / "modules" / "built"
    built.mkdir(parents=True)
    (built / calc_cid(b"good")).write_bytes(b"good")
    assert list(look_at_built(config, deep=False)) == []
    assert told(look_at_built(config, deep=True))["module files"] == (
        "ok",
        "1 files are what their hashes say",
    )

    (built / calc_cid(b"bad")).write_bytes(b"worse")

    level, text = told(look_at_built(config, deep=True))["module files"]
    assert level == "problem"
    assert text.startswith(f"1 of 2 files are damaged ({calc_cid(b'bad')})")
