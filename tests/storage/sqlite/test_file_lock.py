import threading
from pathlib import Path

import pytest

from vibes_trio.errors import Overloaded
from vibes_trio.storage.sqlite.file_lock import FileLock


def test_second_holder_is_refused_after_its_timeout(tmp_path: Path) -> None:
    one, other = FileLock(tmp_path / "lock", 1), FileLock(tmp_path / "lock", 0.01)

    with one.held(), pytest.raises(Overloaded, match="Another process"), other.held():
        pass

    with other.held():
        pass
    one.close()
    other.close()


def test_second_holder_waits_for_the_first(tmp_path: Path) -> None:
    one, other = FileLock(tmp_path / "lock", 1), FileLock(tmp_path / "lock", 10)
    order: list[str] = []
    waiting = threading.Event()

    def second() -> None:
        waiting.set()
        with other.held():
            order.append("second")

    thread = threading.Thread(target=second)
    with one.held():
        thread.start()
        assert waiting.wait(10)
        order.append("first")
    thread.join()

    assert order == ["first", "second"]
    one.close()
    other.close()


def test_lock_is_given_back_when_the_block_raises(tmp_path: Path) -> None:
    one, other = FileLock(tmp_path / "lock", 1), FileLock(tmp_path / "lock", 0)

    with pytest.raises(ValueError), one.held():
        raise ValueError

    with other.held():
        pass
    one.close()
    other.close()


def test_lock_file_is_private(tmp_path: Path) -> None:
    FileLock(tmp_path / "lock", 1).close()

    assert (tmp_path / "lock").stat().st_mode & 0o777 == 0o600
