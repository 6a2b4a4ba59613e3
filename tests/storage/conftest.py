"""The storage suite runs on each engine, through the interface; what is under `sqlite/` on SQLite alone."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from memory_engine import MemoryDatabase

from vibes_trio.config import Limits
from vibes_trio.storage import Database
from vibes_trio.storage.sqlite.engine import SqliteDatabase


class Clock:
    """A clock that stands still until a test moves it."""

    def __init__(self) -> None:
        self.seconds = 1_769_064_695.123  # 2026-01-22T06:51:35.123Z

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def limits() -> Limits:
    return Limits(reserve_bytes=4096, busy_timeout_s=0.2)


@pytest.fixture(params=["sqlite", "memory"])
def engine(request: pytest.FixtureRequest) -> str:
    """The engine that `db` and `inline` are of."""
    return str(request.param)


@pytest.fixture
async def db(engine: str, tmp_path: Path, limits: Limits, clock: Clock) -> AsyncIterator[Database]:
    """A database with its threads, if it has some."""
    database: Database = (
        SqliteDatabase(tmp_path / "data" / "vibes.db", limits, now=clock)
        if engine == "sqlite"
        else MemoryDatabase(limits, clock)
    )
    database.open()
    yield database
    database.close()


@pytest.fixture
def inline(engine: str, tmp_path: Path, limits: Limits, clock: Clock) -> Iterator[Database]:
    """A database without threads, for the logic of repositories."""
    database: Database = (
        SqliteDatabase(tmp_path / "inline.db", limits, now=clock, inline=True)
        if engine == "sqlite"
        else MemoryDatabase(limits, clock)
    )
    database.open()
    yield database
    database.close()
