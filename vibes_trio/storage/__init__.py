"""All data: SQLite behind sync functions on a `Tx`. The only package that knows SQL and column names."""

from vibes_trio.storage.pending import Pending
from vibes_trio.storage.sqlite.engine import Database, has_wal_reset_bug, sqlite_version
from vibes_trio.storage.sqlite.tx import Tx, iso_utc

__all__ = ["Database", "Pending", "Tx", "has_wal_reset_bug", "iso_utc", "sqlite_version"]
