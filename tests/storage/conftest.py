from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from vibes_trio.config import Limits
from vibes_trio.storage import Database


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


@pytest.fixture
async def db(tmp_path: Path, limits: Limits, clock: Clock) -> AsyncIterator[Database]:
    """A database with its threads."""
    database = Database(tmp_path / "data" / "vibes.db", limits, now=clock)
    database.open()
    yield database
    database.close()


@pytest.fixture
def inline(tmp_path: Path, limits: Limits, clock: Clock) -> Iterator[Database]:
    """A database without threads, for the logic of repositories."""
    database = Database(tmp_path / "inline.db", limits, now=clock, inline=True)
    database.open()
    yield database
    database.close()
