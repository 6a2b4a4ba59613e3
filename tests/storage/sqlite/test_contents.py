"""When a data folder counts as new."""

import sqlite3
from pathlib import Path

import pytest
from releases import publish, release

from vibes_trio.errors import ConfigError
from vibes_trio.exchange import UserId
from vibes_trio.storage.sqlite.contents import holds_data
from vibes_trio.storage.sqlite.engine import SqliteDatabase
from vibes_trio.storage.sqlite.migrate import load_migrations
from vibes_trio.storage.users import add_user


def test_no_file_holds_nothing(tmp_path: Path) -> None:
    assert not holds_data(tmp_path / "vibes.sqlite3")


def test_a_file_that_a_killed_start_left_holds_nothing(tmp_path: Path) -> None:
    (tmp_path / "vibes.sqlite3").touch()

    assert not holds_data(tmp_path / "vibes.sqlite3")


async def test_tables_and_users_alone_are_no_data(inline: SqliteDatabase) -> None:
    """A command may add a user before the first start."""
    await inline.write(add_user, UserId("ada"), "ada", "")

    assert not holds_data(inline.path)


async def test_what_somebody_stored_is_data_while_the_database_is_open_and_after(
    inline: SqliteDatabase,
) -> None:
    await inline.write(publish, release("z1"))

    assert holds_data(inline.path)
    inline.close()
    assert holds_data(inline.path)


def test_a_database_of_the_reference_is_new_here(tmp_path: Path) -> None:
    path = tmp_path / "vibes.sqlite3"
    connection = sqlite3.connect(path)
    for statement in load_migrations()[0].statements:
        connection.execute(statement)
    connection.execute("INSERT INTO ChatContexts VALUES ('c', 'ada', '')")
    connection.commit()
    connection.close()

    assert not holds_data(path)


def test_tables_of_a_later_version_that_lack_some_of_ours_are_read(tmp_path: Path) -> None:
    path = tmp_path / "vibes.sqlite3"
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE Apps (a)")
    connection.execute("INSERT INTO Apps VALUES (1)")
    connection.execute("PRAGMA user_version = 99")
    connection.commit()
    connection.close()

    assert holds_data(path)


def test_what_is_no_database_is_told(tmp_path: Path) -> None:
    (tmp_path / "vibes.sqlite3").write_bytes(b"words " * 200)

    with pytest.raises(ConfigError, match=r"vibes\.sqlite3: can't be read as a database"):
        holds_data(tmp_path / "vibes.sqlite3")
