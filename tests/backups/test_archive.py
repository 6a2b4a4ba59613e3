"""A backup is whole, sound and its owner's alone, or not there; a damaged one is told."""

import json
import stat
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest

from vibes_trio.auth.keys import FILE_NAME as KEYS
from vibes_trio.auth.sealing import FILE_NAME as SEAL_KEY
from vibes_trio.backups import archive
from vibes_trio.backups.archive import DATA, MANIFEST, Wanted, check_files, is_known, write_backup
from vibes_trio.config import Config
from vibes_trio.errors import ConfigError

from .conftest import CHATS

NOW = 1_800_000_000.0


@pytest.fixture
def target(tmp_path):
    (tmp_path / "there").mkdir()
    return tmp_path / "there" / "backup.zip"


def rewrite(path, change):
    """Write the archive at *path* anew, each file as *change* makes it of its name and content; None: without it."""
    with zipfile.ZipFile(path) as old:
        files = {name: old.read(name) for name in old.namelist()}
    with zipfile.ZipFile(path, "w") as new:
        for name, content in files.items():
            changed = change(name, content)
            if changed is not None:
                new.writestr(name, changed)


def with_manifest(**members):
    def change(name, content):
        return json.dumps(json.loads(content) | members) if name == MANIFEST else content

    return change


def test_it_holds_the_data_and_says_what_they_are(config, target):
    manifest = write_backup(config, target, Wanted(), NOW)

    assert check_files(target) == manifest
    assert (manifest.facts.chats, manifest.facts.releases) == (CHATS, 0)
    assert manifest.made == "2027-01-15T08:00:00.000Z"
    assert [entry.name for entry in manifest.files] == [DATA]
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert [path.name for path in target.parent.iterdir()] == [target.name]


def test_keys_are_in_it_only_when_they_are_asked_for(config, target):
    manifest = write_backup(config, target, Wanted(keys=True), NOW)

    names = [entry.name for entry in manifest.files]
    assert names == [DATA, KEYS, SEAL_KEY, "config.toml", "devices/me.json"]
    with zipfile.ZipFile(target) as archive:
        assert archive.read(KEYS) == (config.data_dir / KEYS).read_bytes()


def test_what_is_there_is_not_written_over(config, target):
    target.write_text("mine")

    with pytest.raises(FileExistsError):
        write_backup(config, target, Wanted(), NOW)

    assert target.read_text() == "mine"


def test_without_data_there_is_nothing_to_back_up(tmp_path, target):
    with pytest.raises(ConfigError, match="no data"):
        write_backup(Config(tmp_path / "none"), target, Wanted(), NOW)

    assert not target.exists()


def test_damaged_data_are_told_and_no_backup_is_left(config, target):
    path = next(config.data_dir.glob("*.sqlite3"))
    content = bytearray(path.read_bytes())
    content[4096 * 3 : 4096 * 40] = b"\xff" * (4096 * 37)
    path.write_bytes(content)

    with pytest.raises(ConfigError, match=r"damaged|no sound database|can't be copied"):
        write_backup(config, target, Wanted(), NOW)

    assert list(target.parent.iterdir()) == []


def test_who_ends_it_leaves_nothing(config, target):
    def stop():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_backup(config, target, Wanted(), NOW, stop)

    assert list(target.parent.iterdir()) == []


def test_a_full_disk_leaves_nothing(config):
    with pytest.raises(OSError):
        write_backup(config, Path("/proc/none/backup.zip"), Wanted(), NOW)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda name, content: content + b"x" if name == DATA else content, "is not as it was written"),
        (lambda name, content: None if name == DATA else content, "no whole backup"),
        (lambda name, content: None if name == MANIFEST else content, "no whole backup"),
        (lambda name, content: b"{" if name == MANIFEST else content, "no backup of this program"),
        (lambda name, content: b"\xff" if name == MANIFEST else content, "no backup of this program"),
        (lambda name, content: b" " * 2**21 if name == MANIFEST else content, "no backup of this program"),
        (with_manifest(format="other"), "no backup of this program"),
        (with_manifest(version=2), "a newer version"),
        (with_manifest(files=[]), "the data are not in it"),
        (with_manifest(files=[{"name": "../x", "bytes": 1, "sha256": ""}]), "no file of a backup"),
    ],
)
def test_what_is_not_as_it_was_written_is_told(config, target, change, told):
    write_backup(config, target, Wanted(), NOW)
    rewrite(target, change)

    with pytest.raises(ConfigError, match=told):
        check_files(target)


@pytest.mark.parametrize("cut", [0, 1, 100, 3000, -1])
def test_a_file_that_was_cut_is_told(config, target, cut):
    write_backup(config, target, Wanted(), NOW)
    target.write_bytes(target.read_bytes()[:cut])

    with pytest.raises(ConfigError, match="no whole backup"):
        check_files(target)


def test_a_byte_that_has_changed_is_told_or_changes_nothing(config, target):
    """In a run of zeros it may be that it is unpacked to the same."""
    write_backup(config, target, Wanted(), NOW)
    whole = target.read_bytes()
    with zipfile.ZipFile(target) as made:
        packed, data = made.getinfo(DATA).compress_size, made.read(DATA)
    told = 0

    for place in range(100, packed, max(packed // 25, 1)):
        target.write_bytes(whole[:place] + bytes([whole[place] ^ 0x55]) + whole[place + 1 :])
        try:
            check_files(target)
        except ConfigError:
            told += 1
        else:
            with zipfile.ZipFile(target) as changed:
                assert changed.read(DATA) == data

    assert told > 15


def test_a_file_that_is_not_there_is_told(tmp_path):
    with pytest.raises(ConfigError, match="can't be read"):
        check_files(tmp_path / "none.zip")


@pytest.mark.parametrize(
    "name",
    [
        "",
        "x",
        "../keys.json",
        "/etc/passwd",
        "devices/",
        "devices/..",
        "devices/a/b",
        "devices\\x",
        "devices/a\\b",
    ],
)
def test_no_name_leads_out_of_the_folder(name):
    assert not is_known(name)


def test_killed_at_any_step_it_is_there_whole_or_not_at_all(config, target):
    done = subprocess.run(
        [sys.executable, Path(__file__).parents[1] / "killed_anywhere.py", "backup", config.data_dir, target],
        capture_output=True,
        check=False,
        text=True,
    )

    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert len(found) > 15
    assert set(found) == {"none", str(CHATS)}
    assert found == sorted(found, reverse=True)


def test_one_that_was_read_back_otherwise_gets_no_name(config, target, monkeypatch):
    def spoil(path, breathe):
        raise ConfigError("it is damaged")

    monkeypatch.setattr(archive, "check_files", spoil)

    with pytest.raises(ConfigError):
        write_backup(config, target, Wanted(), time.time())

    assert list(target.parent.iterdir()) == []
