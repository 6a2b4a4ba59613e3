"""Which backups there are, by their names, and which go."""

import os

import pytest

from vibes_trio.backups.kept import list_backups, made_at, name_at, newest_at, prune

DAY = 86400.0
NOW = 1_800_000_000.0


@pytest.fixture
def folder(tmp_path):
    for number in range(5):
        (tmp_path / name_at(NOW - number * DAY)).write_text(str(number))
    (tmp_path / "mine.zip").write_text("kept")
    return tmp_path


def test_a_name_says_when_it_was_made(tmp_path):
    assert name_at(NOW) == "vibes-trio-20270115T080000Z.zip"
    assert made_at(tmp_path / name_at(NOW)) == NOW


@pytest.mark.parametrize(
    "name", ["mine.zip", "vibes-trio-20271345T080000Z.zip", "vibes-trio-20270115T080000Z.zip.new"]
)
def test_what_is_called_otherwise_is_none_of_ours(tmp_path, name):
    assert made_at(tmp_path / name) is None


def test_the_newest_comes_first(folder):
    assert [path.read_text() for path in list_backups(folder)] == ["0", "1", "2", "3", "4"]
    assert newest_at(folder) == NOW


def test_of_no_folder_and_no_backup_there_is_no_newest(tmp_path):
    assert newest_at(tmp_path) is None
    assert newest_at(tmp_path / "none") is None


def test_the_newest_are_kept_and_nothing_else_is_touched(folder):
    gone = prune(folder, 2, NOW)

    assert len(gone) == 3
    assert sorted(path.read_text() for path in folder.iterdir()) == ["0", "1", "kept"]


def test_what_an_interrupted_one_left_goes_once_it_is_old(folder):
    old, young = (folder / f".{name_at(NOW)}.{'a' * 11}{end}.new" for end in "01")
    for path in (old, young):
        path.write_text("half")
    os.utime(old, (NOW - 2 * DAY, NOW - 2 * DAY))
    os.utime(young, (NOW, NOW))

    prune(folder, 5, NOW)

    assert (old.exists(), young.exists()) == (False, True)
