"""Which engine keeps the data: SQLite, in the data folder. The only place that names one."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

from vibes_trio.config import Config
from vibes_trio.counts import Registry
from vibes_trio.errors import ConfigError
from vibes_trio.storage.interface import About, Database, DataFacts
from vibes_trio.storage.sqlite import about, alone, contents, copying
from vibes_trio.storage.sqlite.engine import DATABASE, SqliteDatabase

HALF_RESTORED = ".restore"
"""Folder in the data folder in which a restore lies until it is whole."""


def make_database(config: Config, now: Callable[[], float], counts: Registry | None = None) -> Database:
    """Return the database of *config*'s server, to be opened. *now*: the clock, Unix seconds."""
    check_restored(config.data_dir)
    return SqliteDatabase(
        _path(config), config.limits, now=now, disk_reserve=config.disk_reserve, counts=counts
    )


def make_for_commands(config: Config, now: Callable[[], float]) -> Database:
    """Return the same for the operator: everything is done at once in the caller, to the last byte of the disk."""
    check_restored(config.data_dir)
    return SqliteDatabase(_path(config), config.limits, now=now, inline=True)


def check_restored(data_dir: Path) -> None:
    """Refuse a data folder in which a restore was interrupted.

    Raises:
        ConfigError: that is so.
    """
    if is_half_restored(data_dir):
        raise ConfigError(
            f"{data_dir}: a restore into this folder was interrupted. Run it again, with the same file or another."
        )


def is_half_restored(data_dir: Path) -> bool:
    """Whether a restore into *data_dir* has begun to put things there, and has not ended."""
    half = data_dir / HALF_RESTORED
    return half.is_dir() and any(half.iterdir())


def copy_data(config: Config, target: Path, breathe: Callable[[], None]) -> None:
    """Write all data as they are now into the new file *target*, beside a server that runs; *breathe* is called often.

    Raises:
        ConfigError: there are none, or they can't be read.
        OSError: there is no room.
    """
    if not _path(config).exists():
        raise ConfigError(f"{config.data_dir}: there is no data here to back up.")
    copying.copy_data(_path(config), target, breathe)


def check_data(copy: Path) -> DataFacts:
    """Return what a *copy* of `copy_data` holds.

    Raises:
        ConfigError: it is damaged, or of a newer version.
    """
    return copying.check_data(copy)


def holds_data(config: Config) -> bool:
    """Say whether a server of ours, or a command, has stored anything: asked before keys are made.

    Raises:
        ConfigError: what is there is no database, or can't be read.
    """
    check_restored(config.data_dir)
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
