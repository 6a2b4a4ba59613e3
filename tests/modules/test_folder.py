"""Writing into the data folder in one step."""

import os
import shutil
import stat
import threading
from pathlib import Path

import pytest
import trio

import vibes_trio.modules
from vibes_trio.errors import ModuleFailed
from vibes_trio.modules.folder import make_folder, temporary_folder, write_file


def test_file_is_written_with_its_folders_and_mode(tmp_path: Path):
    path = tmp_path / "a" / "b"

    write_file(path, b"one", 0o755)
    write_file(path, b"two", 0o755)

    assert path.read_bytes() == b"two"
    assert stat.S_IMODE(path.stat().st_mode) == 0o755
    assert [p.name for p in path.parent.iterdir()] == ["b"]


def test_file_that_the_disk_refuses_leaves_nothing(tmp_path: Path):
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "x").touch()

    with pytest.raises(ModuleFailed, match="taken can't be written"):
        write_file(tmp_path / "taken", b"x")
    with pytest.raises(ModuleFailed):
        write_file(tmp_path / "taken" / "x" / "y", b"x")

    assert [p.name for p in tmp_path.iterdir()] == ["taken"]


def test_folder_appears_only_when_it_is_complete(tmp_path: Path):
    path = tmp_path / "new"

    def fill(folder: Path) -> None:
        (folder / "x").write_text("x")
        assert not path.exists()

    make_folder(path, fill)

    assert [p.name for p in path.iterdir()] == ["x"]
    assert os.listdir(tmp_path) == ["new"]


def test_folder_is_on_the_disk_before_it_has_its_name(tmp_path: Path, monkeypatch):
    seen: list[list[str]] = []
    monkeypatch.setattr(os, "sync", lambda: seen.append([p.name for p in tmp_path.rglob("*")]))

    make_folder(tmp_path / "new", lambda folder: (folder / "x").touch())

    assert len(seen) == 1
    assert "x" in seen[0]
    assert "new" not in seen[0]


def test_folder_that_can_not_be_filled_leaves_nothing(tmp_path: Path):
    def fill(folder: Path) -> None:
        (folder / "x").write_text("x")
        raise ModuleFailed("hostile")

    with pytest.raises(ModuleFailed, match="hostile"):
        make_folder(tmp_path / "new", fill)

    assert os.listdir(tmp_path) == []


def test_existing_folder_is_kept(tmp_path: Path):
    make_folder(tmp_path / "new", lambda folder: (folder / "first").touch())
    make_folder(tmp_path / "new", lambda folder: (folder / "second").touch())

    assert os.listdir(tmp_path / "new") == ["first"]


def test_two_who_make_one_folder_both_have_it(tmp_path: Path):
    def slow(folder: Path) -> None:
        make_folder(tmp_path / "new", lambda other: (other / "x").touch())
        (folder / "x").touch()

    make_folder(tmp_path / "new", slow)

    assert os.listdir(tmp_path / "new") == ["x"]
    assert os.listdir(tmp_path) == ["new"]


def test_folder_where_none_can_be_is_reported(tmp_path: Path):
    (tmp_path / "file").touch()

    with pytest.raises(ModuleFailed, match="can't be written"):
        make_folder(tmp_path / "file" / "new", lambda folder: None)


async def test_temporary_folder_is_removed_with_all_that_it_holds_and_not_in_the_loop(tmp_path, monkeypatch):
    """What a package unpacks to may be thousands of files; with `rmtree` in the event loop this fails."""
    removing: list[int] = []
    real = shutil.rmtree

    def rmtree(path: Path, **how: bool) -> None:
        removing.append(threading.get_ident())
        real(path, **how)

    monkeypatch.setattr(shutil, "rmtree", rmtree)
    async with temporary_folder(tmp_path, "some-") as folder:
        (folder / "a").mkdir()
        (folder / "a" / "b").write_text("c")
        assert folder.parent == tmp_path
        assert folder.name.startswith("some-")

    assert list(tmp_path.iterdir()) == []
    assert removing != []
    assert threading.get_ident() not in removing


async def test_temporary_folder_goes_when_its_user_is_cancelled(tmp_path):
    with trio.CancelScope() as scope:
        async with temporary_folder(tmp_path):
            scope.cancel()
            await trio.lowlevel.checkpoint()

    assert list(tmp_path.iterdir()) == []


def test_no_folder_of_a_build_is_removed_in_the_loop():
    """`tempfile.TemporaryDirectory` does so; the one place for such folders does not."""
    sources = Path(vibes_trio.modules.__file__).parent.rglob("*.py")

    assert [path.name for path in sources if "TemporaryDirectory" in path.read_text("utf-8")] == []
