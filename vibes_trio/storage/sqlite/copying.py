"""A copy of a database as it stands at one moment, beside whoever writes to it; and whether a copy is sound."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from vibes_trio.errors import ConfigError
from vibes_trio.storage.interface import DataFacts
from vibes_trio.storage.sqlite.engine import connect_read_only
from vibes_trio.storage.sqlite.migrate import load_migrations

PAGES = 1024
"""Copied between two breaths: 4 MiB."""
_PATIENCE_MS = 5000
_TABLES = ("Apps", "ChatContexts")


def copy_data(source: Path, target: Path, breathe: Callable[[], None]) -> None:
    """Write what is committed in *source* now into the new file *target*, which is not brought to the disk.

    A transaction that reads is held open meanwhile: what others write does not make it begin anew. Nothing of
    *source* is changed or moved: the log of writes only grows for so long.

    Args:
        breathe: called every few pages; what it raises ends the copy.

    Raises:
        ConfigError: no database, or it can't be read.
        OSError: there is no room.
    """
    try:
        with closing(connect_read_only(source)) as here:
            here.execute(f"PRAGMA busy_timeout = {_PATIENCE_MS}")
            here.execute("BEGIN")
            here.execute("SELECT count(*) FROM sqlite_master").fetchall()  # the moment
            with closing(sqlite3.connect(target, isolation_level=None)) as there:
                there.execute("PRAGMA synchronous = OFF")
                here.backup(there, pages=PAGES, progress=lambda *_: breathe(), sleep=0.01)
    except sqlite3.Error as error:
        if getattr(error, "sqlite_errorname", "") == "SQLITE_FULL":
            raise OSError(f"there is no room for a copy of the database at {target.parent}") from error
        raise ConfigError(f"{source}: can't be copied: {error}") from error


def check_data(path: Path) -> DataFacts:
    """Return what is in the copy at *path*, which is sound and of a version that can be opened here.

    Raises:
        ConfigError: it is damaged, no database, or of a newer version.
    """
    try:
        address = f"{path.absolute().as_uri()}?mode=ro&immutable=1"
        with closing(sqlite3.connect(address, uri=True, isolation_level=None)) as copy:
            ((version,),) = copy.execute("PRAGMA user_version").fetchall()
            faults = [text for (text,) in copy.execute("PRAGMA quick_check(3)")]
            numbers = [copy.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in _TABLES]
    except sqlite3.Error as error:
        raise ConfigError(f"{path.name}: this is no sound database: {error}.") from error
    if faults != ["ok"]:
        raise ConfigError(f"{path.name}: the database is damaged: {'; '.join(faults)}.")
    newest = len(load_migrations())
    if version > newest:
        raise ConfigError(
            f"{path.name}: the database is of a newer version of this program (its tables have version {version}, "
            f"here {newest} is known). Take that version to restore it."
        )
    return DataFacts(version, *numbers)
