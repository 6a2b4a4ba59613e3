"""A file is there whole, or as it was before."""

import os

import pytest

from vibes_trio.whole_files import PRIVATE, beside_of, is_beside, whole_file


def names(folder):
    return sorted(os.listdir(folder))


def test_a_file_gets_its_name_once_it_is_whole(tmp_path):
    path = tmp_path / "a"

    with whole_file(path, PRIVATE) as file:
        file.write(b"half")
        assert not path.exists()
        assert all(is_beside(name, "a") for name in names(tmp_path))
        file.write(b", whole")

    assert path.read_bytes() == b"half, whole"
    assert path.stat().st_mode & 0o777 == PRIVATE
    assert names(tmp_path) == ["a"]


@pytest.mark.parametrize("mode", [0o600, 0o644, 0o755])
def test_permissions_are_those_asked_for_whatever_the_process_takes_away(tmp_path, mode):
    before = os.umask(0o077)
    try:
        with whole_file(tmp_path / "a", mode) as file:
            assert os.fstat(file.fileno()).st_mode & 0o777 == PRIVATE
    finally:
        os.umask(before)

    assert (tmp_path / "a").stat().st_mode & 0o777 == mode


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_what_ends_in_an_error_leaves_what_was_there(tmp_path, error):
    (tmp_path / "a").write_text("old")

    def fail(file):
        file.write(b"new")
        raise error

    with pytest.raises(error), whole_file(tmp_path / "a") as file:
        fail(file)

    assert (tmp_path / "a").read_text() == "old"
    assert names(tmp_path) == ["a"]


def test_a_file_that_is_there_stays_where_none_is_to_be_replaced(tmp_path):
    (tmp_path / "a").write_text("old")

    with pytest.raises(FileExistsError), whole_file(tmp_path / "a", replaces=False) as file:
        file.write(b"new")
    with whole_file(tmp_path / "b", replaces=False) as file:
        file.write(b"new")

    assert [(tmp_path / name).read_text() for name in "ab"] == ["old", "new"]
    assert names(tmp_path) == ["a", "b"]


def test_a_folder_that_takes_no_file_is_told(tmp_path):
    with pytest.raises(FileNotFoundError), whole_file(tmp_path / "none" / "a"):
        raise AssertionError("there is nothing to write to")


def test_only_its_own_unfinished_files_are_known(tmp_path):
    assert is_beside(beside_of(tmp_path / "keys.json").name, "keys.json")
    assert not is_beside(beside_of(tmp_path / "keys.json").name, "other.json")
    assert not is_beside("keys.json", "keys.json")
