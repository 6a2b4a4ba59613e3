"""The database as a command uses it: opened for a moment, beside a server that may be running.

Writes of two processes never overlap; a running server sees new users and certificates at
once, and revocations and keys within `limits.trust_poll_s` (`background/trust.py`).
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Concatenate, ParamSpec, TypeVar

import trio

from vibes_trio.config import Config
from vibes_trio.storage.engines import make_for_commands
from vibes_trio.storage.interface import Database, Tx

P = ParamSpec("P")
T = TypeVar("T")


@contextmanager
def open_database(config: Config) -> Iterator[Database]:
    """Hold the database of *config*'s data folder open; it is made, with its tables, if it is not there.

    Raises:
        ConfigError: it can't be used.
    """
    db = make_for_commands(config, time.time)
    db.open()
    try:
        yield db
    finally:
        db.close()


def write(db: Database, fn: Callable[Concatenate[Tx, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run *fn* in a transaction and return what it returned. Not within `trio.run`."""
    return trio.run(partial(db.write, fn, *args, **kwargs))


def read(db: Database, fn: Callable[Concatenate[Tx, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run *fn*, which only reads, however long, and return what it returned. Not within `trio.run`."""
    if db.points is not None:
        return db.points.get(fn, *args, **kwargs)
    return trio.run(partial(db.get, fn, *args, **kwargs))
