"""One process at a time builds into a store: a server, or `modules prefetch` beside it.

Both would fetch and build the same. The kernel drops the lock with the process that holds it.
"""

import contextlib
import fcntl
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import trio

from vibes_trio.errors import ModuleFailed

_NAME = "build.lock"
_POLL_S = 0.05
_MAX_LABEL_BYTES = 1000


@asynccontextmanager
async def hold_store(modules_dir: Path, label: str, wait_s: float) -> AsyncIterator[None]:
    """Hold the store in *modules_dir* for building; waits for another process at most *wait_s*.

    Args:
        label: what is built, for `find_builder`.

    Raises:
        ModuleFailed: another process builds for longer, or the disk refuses.
    """
    file = _open(modules_dir)
    try:
        await _lock(file, wait_s)
        _write_label(file, label)
        yield
    finally:
        os.close(file)


def _open(modules_dir: Path) -> int:
    try:
        modules_dir.mkdir(parents=True, exist_ok=True)
        return os.open(modules_dir / _NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise ModuleFailed(f"{_NAME} can't be opened: {error.strerror}") from error


async def _lock(file: int, wait_s: float) -> None:
    with trio.move_on_after(wait_s):
        while not _try_lock(file, fcntl.LOCK_EX):  # noqa: ASYNC110  # another process tells nobody
            await trio.sleep(_POLL_S)
        return
    raise ModuleFailed("another process is building into this store; try again when it has ended")


def find_builder(modules_dir: Path) -> str:
    """Return the label of who builds into the store now; empty: nobody does."""
    try:
        file = os.open(modules_dir / _NAME, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return ""
    try:
        if _try_lock(file, fcntl.LOCK_SH):
            return ""
        return os.pread(file, _MAX_LABEL_BYTES, 0).decode("utf-8", "replace")
    finally:
        os.close(file)


def _try_lock(file: int, kind: int) -> bool:
    try:
        fcntl.flock(file, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _write_label(file: int, label: str) -> None:
    """What stands there counts only while the file is locked, so nothing clears it."""
    with contextlib.suppress(OSError):  # a full disk will be told of by what is to be built
        os.ftruncate(file, 0)
        os.pwrite(file, label.encode()[:_MAX_LABEL_BYTES], 0)
