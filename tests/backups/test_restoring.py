"""A backup is put into an empty folder, whole or not at all."""

import json
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from vibes_trio.auth.keys import FILE_NAME as KEYS
from vibes_trio.backups.archive import DATA, Wanted, write_backup
from vibes_trio.backups.restoring import restore
from vibes_trio.config import Config
from vibes_trio.errors import ConfigError
from vibes_trio.modules.store.local import JAVASCRIPT, open_store
from vibes_trio.storage.engines import HALF_RESTORED, make_database, make_for_commands
from vibes_trio.storage.interface import DataFacts

from .conftest import CHATS, chats_in

FACTS = DataFacts(1, 0, 0)


@pytest.fixture
def backup(config, tmp_path):
    path = tmp_path / "backup.zip"
    write_backup(config, path, Wanted(keys=True, modules=True), 0.0)
    return path


@pytest.fixture
def new(tmp_path):
    return Config(tmp_path / "new")


def data_of(config):
    return make_for_commands(config, lambda: 0.0).path


@pytest.mark.parametrize(
    "prepare", [lambda folder: None, Path.mkdir, lambda f: (f / "lost+found").mkdir(parents=True)]
)
def test_all_is_as_it_was(config, backup, new, prepare):
    prepare(new.data_dir)

    restore(new, backup)

    assert chats_in(data_of(new)) == CHATS
    for name in (KEYS, "secrets.key", "config.toml", "devices/me.json"):
        assert (new.data_dir / name).read_bytes() == (config.data_dir / name).read_bytes()
        assert stat.S_IMODE((new.data_dir / name).stat().st_mode) == 0o600
    assert stat.S_IMODE(data_of(new).stat().st_mode) == 0o600
    assert stat.S_IMODE((new.data_dir / "devices").stat().st_mode) == 0o700
    assert not (new.data_dir / HALF_RESTORED).exists()
    assert not (new.data_dir / "modules.tar").exists()
    db = make_for_commands(new, lambda: 0.0)
    assert db.open() == ()
    db.close()


@pytest.mark.parametrize("name", ["vibes.sqlite3", "keys.json", "something", ".hidden"])
def test_what_is_in_the_folder_stays_and_nothing_is_restored(backup, new, name):
    new.data_dir.mkdir()
    (new.data_dir / name).write_text("mine")

    with pytest.raises(ConfigError, match="is not empty"):
        restore(new, backup)

    assert [path.name for path in new.data_dir.iterdir()] == [name]
    assert (new.data_dir / name).read_text() == "mine"


def test_a_second_restore_is_refused(backup, new):
    restore(new, backup)

    with pytest.raises(ConfigError, match="is not empty"):
        restore(new, backup)

    assert chats_in(data_of(new)) == CHATS


def test_the_folder_may_be_no_file(backup, new):
    new.data_dir.write_text("")

    with pytest.raises(ConfigError, match="is no folder"):
        restore(new, backup)


def test_a_damaged_backup_changes_nothing(backup, new):
    content = bytearray(backup.read_bytes())
    content[200] ^= 1
    backup.write_bytes(content)

    with pytest.raises(ConfigError):
        restore(new, backup)

    assert not new.data_dir.exists()


def test_data_that_are_unsound_within_are_refused(config, tmp_path, new, monkeypatch):
    """Hashes that fit are not enough: who made them may have had a bad disk."""
    path = tmp_path / "bad.zip"

    def copy(config, target, breathe):
        target.write_bytes(b"SQLite format 3\0" + b"\xff" * 10_000)

    with monkeypatch.context() as patch:
        patch.setattr("vibes_trio.backups.archive.copy_data", copy)
        patch.setattr("vibes_trio.backups.archive.check_data", lambda path: FACTS)
        write_backup(config, path, Wanted(), 0.0)

    with pytest.raises(ConfigError, match="no sound database"):
        restore(new, path)

    assert list(new.data_dir.iterdir()) == []


def test_data_of_a_newer_version_are_refused(config, tmp_path, new, monkeypatch):
    path = tmp_path / "newer.zip"
    write_backup(config, path, Wanted(), 0.0)
    monkeypatch.setattr("vibes_trio.storage.sqlite.copying.load_migrations", lambda: ())

    with pytest.raises(ConfigError, match="newer version"):
        restore(new, path)

    assert list(new.data_dir.iterdir()) == []


def test_killed_at_any_step_nothing_opens_it_but_as_old_or_new(config, backup):
    done = subprocess.run(
        [
            sys.executable,
            Path(__file__).parents[1] / "killed_anywhere.py",
            "restore",
            config.data_dir,
            backup,
        ],
        capture_output=True,
        check=False,
        text=True,
    )

    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert len(found) > 25
    assert set(found) == {"none", "refused", str(CHATS)}
    order = [state for number, state in enumerate(found) if state != found[number - 1] or number == 0]
    assert order == ["none", "refused", str(CHATS)]


def test_where_one_was_interrupted_no_server_and_no_command_starts(backup, new):
    (new.data_dir / HALF_RESTORED).mkdir(parents=True)
    make_database(new, lambda: 0.0)  # nothing was put there yet
    (new.data_dir / HALF_RESTORED / DATA).write_text("half")

    for make in (make_database, make_for_commands):
        with pytest.raises(ConfigError, match="was interrupted"):
            make(new, lambda: 0.0)
    restore(new, backup)

    assert chats_in(data_of(new)) == CHATS


def test_built_packages_come_back_where_they_were_asked_for(config, tmp_path, new):
    store = open_store(config.data_dir, config.limits)
    store.put_file("/~esm/npm/x@1.0.0.js", b"export default 1", JAVASCRIPT)
    path = tmp_path / "with.zip"
    write_backup(config, path, Wanted(modules=True), 0.0)

    restore(new, path)

    found = open_store(new.data_dir, new.limits).find("/~esm/npm/x@1.0.0.js")
    assert found is not None
    assert found.content == b"export default 1"


def test_a_damaged_archive_of_packages_is_refused(config, tmp_path, new, monkeypatch):
    path = tmp_path / "with.zip"
    monkeypatch.setattr(
        "vibes_trio.backups.archive.export_store", lambda folder, tar: tar.write_bytes(b"words")
    )
    write_backup(config, path, Wanted(modules=True), 0.0)

    with pytest.raises(ConfigError):
        restore(new, path)

    assert list(new.data_dir.iterdir()) == []
