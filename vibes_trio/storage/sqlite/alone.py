"""One server at a time serves a data folder. (`file_lock.py` keeps single writes of several processes apart.)"""

import contextlib
from collections.abc import Iterator
from pathlib import Path

from vibes_trio.errors import ConfigError, Overloaded
from vibes_trio.storage.sqlite.file_lock import FileLock

LOCK = "serve.lock"


@contextlib.contextmanager
def alone(folder: Path, timeout_s: float) -> Iterator[None]:
    """Be the one server of the data *folder*: each keeps releases in memory, and would show old ones of the other's.

    A server that is stopping gets *timeout_s* to end.

    Raises:
        ConfigError: another one serves it.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = FileLock(folder / LOCK, timeout_s)
    except OSError as error:
        raise ConfigError(f"VIBES_DATA_DIR: {folder} can't be used: {error.strerror}.") from error
    with contextlib.ExitStack() as held:
        held.callback(lock.close)
        try:
            held.enter_context(lock.held())
        except Overloaded:
            raise ConfigError(
                f"VIBES_DATA_DIR: another server serves {folder} already. Stop it, or name another folder."
            ) from None
        yield
