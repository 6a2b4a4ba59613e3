"""What the operator is told of the SQLite library."""

import sqlite3

import pytest

from vibes_trio.storage.sqlite.about import describe, has_wal_reset_bug


def test_library_is_told_with_its_version_and_what_to_mind() -> None:
    told = describe()

    assert (told.name, told.version) == ("SQLite", ".".join(map(str, sqlite3.sqlite_version_info)))
    assert bool(told.advice) is has_wal_reset_bug()


@pytest.mark.parametrize(
    ("version", "bug"),
    [
        ((3, 40, 1), True),
        ((3, 50, 6), True),
        ((3, 50, 7), False),
        ((3, 51, 2), True),
        ((3, 51, 3), False),
        ((3, 53, 0), False),
    ],
)
def test_wal_reset_bug_is_known_by_version(version: tuple[int, int, int], bug: bool) -> None:
    assert has_wal_reset_bug(version) is bug
