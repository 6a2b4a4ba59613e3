"""One process at a time builds into a store: a server, or `modules prefetch` beside it.

Both would fetch and build the same. The kernel drops the lock with the process that holds it.
"""

import contextlib
import fcntl
import os
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import trio

from vibes_trio.errors import ModuleFailed

_NAME = "build.lock"
_POLL_S = 0.05
_MAX_LABEL_BYTES = 1000
_SEPARATOR = "\n"


@asynccontextmanager
async def hold_store(modules_dir: Path, label: str, wait_s: float) -> AsyncIterator[None]:
    """Hold the store in *modules_dir* for building; waits for another process at most *wait_s*.

    Args:
        label: what is built, for `find_builders`.

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


class StoreHolder:
    """Holds the store for all builds of this process: the first waits for it, the last lets it go.

    Its mutable state: the labels of those who build, the file once it is held, and whether one waits for it.
    """

    def __init__(self, modules_dir: Path, wait_s: float) -> None:
        self._modules_dir = modules_dir
        self._wait_s = wait_s
        self._labels: list[str] = []
        self._held = AsyncExitStack()
        self._changing = trio.Lock()

    @asynccontextmanager
    async def hold(self, label: str) -> AsyncIterator[None]:
        """See `hold_store`; what is built at once is told by all labels together."""
        async with self._changing:
            if not self._labels:
                await self._held.enter_async_context(hold_store(self._modules_dir, label, self._wait_s))
            self._labels.append(label)
        self._tell()
        try:
            yield
        finally:
            self._labels.remove(label)
            if self._labels:
                self._tell()
            else:
                with trio.CancelScope(shield=True):
                    await self._held.aclose()

    def _tell(self) -> None:
        with contextlib.suppress(OSError):
            file = os.open(self._modules_dir / _NAME, os.O_RDWR | os.O_CLOEXEC)
            _write_label(file, _SEPARATOR.join(self._labels))
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


def find_builders(modules_dir: Path) -> frozenset[str]:
    """Return the labels of what is built into the store now; none: nothing is."""
    try:
        file = os.open(modules_dir / _NAME, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return frozenset()
    try:
        if _try_lock(file, fcntl.LOCK_SH):
            return frozenset()
        text = os.pread(file, _MAX_LABEL_BYTES, 0).decode("utf-8", "replace")
        return frozenset(text.split(_SEPARATOR))
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
