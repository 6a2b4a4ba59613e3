"""`vibes-trio backup` and `restore`, as they are typed."""

import json
import os
import stat
from pathlib import Path

import pytest

from vibes_trio.cli import main
from vibes_trio.commands.output import FAILED, OK, UNUSABLE

pytestmark = pytest.mark.usefixtures("_umask")


@pytest.fixture
def _umask():
    before = os.umask(0o022)
    yield
    os.umask(before)


@pytest.fixture
def data(tmp_path, capsys):
    folder = str(tmp_path / "data")
    assert main(["user", "add", "ada", "--data-dir", folder]) == OK
    assert main(["device", "issue", "--user", "ada", "--data-dir", folder]) == OK
    capsys.readouterr()
    return folder


@pytest.mark.parametrize("folder", ["new/", "new"])
def test_into_a_folder_it_gets_a_name_of_its_own(data, tmp_path, capsys, folder):
    assert main(["backup", f"{tmp_path}/{folder}", "--data-dir", data]) == OK

    printed = capsys.readouterr()
    path = Path(printed.out.strip())
    assert path.parent == tmp_path / "new"
    assert path.name.startswith("vibes-trio-")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert "0 releases and 0 chats" in printed.err
    assert "keep a copy of them apart" in printed.err


def test_with_keys_it_says_what_that_means(data, tmp_path, capsys):
    assert main(["backup", str(tmp_path / "b.zip"), "--with-keys", "--data-dir", data]) == OK

    assert "whoever has it can sign in as anybody" in capsys.readouterr().err


def test_what_was_backed_up_is_there_again(data, tmp_path, capsys):
    main(["backup", str(tmp_path / "b.zip"), "--with-keys", "--data-dir", data])
    new = str(tmp_path / "new")

    assert main(["restore", str(tmp_path / "b.zip"), "--data-dir", new]) == OK
    capsys.readouterr()
    assert main(["user", "list", "--data-dir", new, "--json"]) == OK

    assert [user["name"] for user in json.loads(capsys.readouterr().out)] == ["ada"]
    assert (tmp_path / "new" / "keys.json").read_bytes() == (tmp_path / "data" / "keys.json").read_bytes()


def test_without_keys_a_restore_says_what_is_missing(data, tmp_path, capsys):
    main(["backup", str(tmp_path / "b.zip"), "--data-dir", data])
    capsys.readouterr()

    assert main(["restore", str(tmp_path / "b.zip"), "--data-dir", str(tmp_path / "new")]) == OK

    assert "put your keys.json" in capsys.readouterr().err


def test_a_backup_can_be_looked_at_alone(data, tmp_path, capsys):
    path = tmp_path / "b.zip"
    main(["backup", str(path), "--data-dir", data])
    capsys.readouterr()

    assert main(["restore", str(path), "--check", "--data-dir", str(tmp_path / "none")]) == OK
    assert "is sound" in capsys.readouterr().out
    path.write_bytes(path.read_bytes()[:-30])
    assert main(["restore", str(path), "--check", "--data-dir", str(tmp_path / "none")]) == UNUSABLE
    assert not (tmp_path / "none").exists()


def test_both_tell_as_json(data, tmp_path, capsys):
    path = tmp_path / "b.zip"
    main(["backup", str(path), "--json", "--data-dir", data])
    made = json.loads(capsys.readouterr().out)
    main(["restore", str(path), "--json", "--data-dir", str(tmp_path / "new")])
    restored = json.loads(capsys.readouterr().out)

    assert made.pop("path") == str(path)
    assert made == restored
    assert made["withKeys"] is False


@pytest.mark.parametrize(
    ("target", "told"), [("s3://bucket/x", "only folders and files"), ("b.zip", "is there")]
)
def test_where_nothing_can_be_written_is_told(data, tmp_path, capsys, monkeypatch, target, told):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "b.zip").write_text("mine")

    assert main(["backup", target, "--data-dir", data]) == FAILED

    assert told in capsys.readouterr().err
    assert (tmp_path / "b.zip").read_text() == "mine"


def test_into_data_nothing_is_restored(data, tmp_path, capsys):
    main(["backup", str(tmp_path / "b.zip"), "--data-dir", data])

    assert main(["restore", str(tmp_path / "b.zip"), "--data-dir", data]) == UNUSABLE

    assert "is not empty" in capsys.readouterr().err
