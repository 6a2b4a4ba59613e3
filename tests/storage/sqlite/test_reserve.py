from pathlib import Path

from vibes_trio.storage.sqlite.reserve import Reserve


def test_space_is_taken_once_and_given_back(tmp_path: Path) -> None:
    path = tmp_path / "reserve"
    reserve = Reserve(path, 1024 * 1024 + 5)

    assert (reserve.hold(), reserve.hold()) == (True, True)
    assert path.stat().st_size == 1024 * 1024 + 5
    assert path.stat().st_mode & 0o777 == 0o600

    reserve.release()
    assert not path.exists()
    assert not reserve.held


def test_space_of_an_earlier_run_is_held_already(tmp_path: Path) -> None:
    Reserve(tmp_path / "reserve", 10).hold()

    assert Reserve(tmp_path / "reserve", 10).held
    assert not Reserve(tmp_path / "reserve", 20).held


def test_no_room_is_told_and_leaves_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "gone"
    reserve = Reserve(folder / "reserve", 10)

    assert reserve.hold() is False

    folder.mkdir()
    assert reserve.hold() is True
