"""Every table and every column goes along to another server, or is said to stay."""

import sqlite3

import pytest

from vibes_trio.storage.carried import APPS, CARRIED, LEFT, RELEASES, UPLOADS, named_assets
from vibes_trio.storage.sqlite.migrate import load_migrations, migrate

INNER = ("sqlite_", "ChatText_")
"""The engine's own."""


@pytest.fixture
def tables():
    connection = sqlite3.connect(":memory:", isolation_level=None)
    connection.create_function("lower", 1, str.lower, deterministic=True)
    migrate(connection, load_migrations())
    names = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    yield {
        name: {row[1] for row in connection.execute(f"PRAGMA table_info({name})")}
        for name in names
        if not name.startswith(INNER)
    }
    connection.close()


def test_each_table_goes_along_or_is_said_to_stay(tables):
    carried = {table.name for table in CARRIED}

    assert set(tables) - carried - set(LEFT) == set(), "say in storage/carried.py whether it goes along"
    assert carried <= set(tables)
    assert not carried & set(LEFT)


@pytest.mark.parametrize("table", CARRIED, ids=lambda table: table.name)
def test_each_column_goes_along_or_is_said_to_stay(tables, table):
    assert tables[table.name] == {*table.columns, *table.left}


def test_files_are_those_of_releases_uploads_and_icons():
    release = {"fileSystem": '[{"assetId":"zFile1234","n":"zName1234"}]', "extras": '{"lock":"zLock1234"}'}
    twin = {"fileSystem": '[{"x":"zFile1234"}]', "extras": None}

    named = named_assets(
        {
            RELEASES: [release, twin],
            UPLOADS: [{"assetId": "zUp123456"}],
            APPS: [{"icon": '{"cid":"zIcon1234","mime":"image/png"}'}, {"icon": ""}],
        }
    )

    assert named == {
        "zFile1234": True,
        "zName1234": False,
        "zLock1234": False,
        "zUp123456": True,
        "zIcon1234": True,
    }
