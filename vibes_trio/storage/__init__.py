"""All data, behind sync functions on a `Tx`. The only package that knows SQL and column names."""

from vibes_trio.storage.interface import Database, Tx, iso_utc

__all__ = ["Database", "Tx", "iso_utc"]
