"""Whether a data folder is new: asked before keys are made, when no database is open yet."""

import sqlite3
from pathlib import Path

from vibes_trio.errors import ConfigError
from vibes_trio.storage.sqlite.engine import connect_read_only

# Each belongs to somebody who signed in, or is a key to do so. Users alone have none yet.
_TABLES = ("Certificates", "UserSlugBindings", "Apps", "ChatContexts", "Assets")


def holds_data(path: Path) -> bool:
    """Say whether a server of ours, or a command, has stored anything in the database file at *path*.

    A database that the reference made and no server of ours has opened is new here, whatever it holds: it comes
    without keys of ours.

    Raises:
        ConfigError: it is no database, or can't be read.
    """
    if not path.exists():
        return False
    try:
        connection = connect_read_only(path)
        try:
            (version,) = connection.execute("PRAGMA user_version").fetchone()
            known = {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
            return version > 0 and any(
                connection.execute(f"SELECT 1 FROM {table} LIMIT 1").fetchone()
                for table in _TABLES
                if table in known
            )
        finally:
            connection.close()
    except sqlite3.Error as error:
        raise ConfigError(f"{path}: can't be read as a database: {error}") from error
