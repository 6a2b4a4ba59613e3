"""What the operator should know of the SQLite library in use."""

import sqlite3

from vibes_trio.storage.interface import About

_WAL_RESET_FIXED = (3, 51, 3)
_WAL_RESET_FIXED_EARLIER = (3, 50, 7)
_WAL_RESET = (
    "can damage a database that two programs write at once; this server and its "
    "commands never do. Keep other programs (the sqlite3 tool) from writing, or use 3.51.3 or newer."
)


def describe() -> About:
    """Return the version of the library, and what to mind with it."""
    return About("SQLite", sqlite3.sqlite_version, _WAL_RESET if has_wal_reset_bug() else "")


def has_wal_reset_bug(version: tuple[int, int, int] = sqlite3.sqlite_version_info) -> bool:
    """Say whether SQLite *version* (default: the one in use) can damage a WAL file that two programs write.

    Two of our own never do so (`file_lock.py`); the `sqlite3` tool beside a running server is another matter.
    Source: platform-and-reliability.md, 1.4.
    """
    fixed = version >= _WAL_RESET_FIXED or (version[:2] == (3, 50) and version >= _WAL_RESET_FIXED_EARLIER)
    return not fixed
