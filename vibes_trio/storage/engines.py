"""Which engine keeps the data: SQLite, in the data folder. The only place that names one."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

from vibes_trio.config import Config
from vibes_trio.counts import Registry
from vibes_trio.storage.interface import About, Database
from vibes_trio.storage.sqlite import about, alone, contents
from vibes_trio.storage.sqlite.engine import DATABASE, SqliteDatabase


def make_database(config: Config, now: Callable[[], float], counts: Registry | None = None) -> Database:
    """Return the database of *config*'s server, to be opened. *now*: the clock, Unix seconds."""
    return SqliteDatabase(
        _path(config), config.limits, now=now, disk_reserve=config.disk_reserve, counts=counts
    )


def make_for_commands(config: Config, now: Callable[[], float]) -> Database:
    """Return the same for the operator: everything is done at once in the caller, to the last byte of the disk."""
    return SqliteDatabase(_path(config), config.limits, now=now, inline=True)


def holds_data(config: Config) -> bool:
    """Say whether a server of ours, or a command, has stored anything: asked before keys are made.

    Raises:
        ConfigError: what is there is no database, or can't be read.
    """
    return contents.holds_data(_path(config))


def serving_alone(config: Config) -> AbstractContextManager[None]:
    """Be the one server of the data, for the block: each keeps releases in memory.

    Raises:
        ConfigError: another one serves it, and does not end within `limits.shutdown_timeout_s`.
    """
    return alone.alone(config.data_dir, config.limits.shutdown_timeout_s)


def describe_engine() -> About:
    """Return which engine it is, and what the operator has to mind."""
    return about.describe()


def private_files(config: Config) -> tuple[Path, ...]:
    """Return the files of the data folder that only this user may read, there or not."""
    return (_path(config),)


def _path(config: Config) -> Path:
    return config.data_dir / DATABASE
