"""A copy shows one moment, whoever writes meanwhile."""

import sqlite3
import threading
from contextlib import closing

import pytest

from vibes_trio.config import Limits
from vibes_trio.errors import ConfigError
from vibes_trio.storage.sqlite.copying import check_data, copy_data
from vibes_trio.storage.sqlite.engine import connect_writer
from vibes_trio.storage.sqlite.migrate import load_migrations, migrate


@pytest.fixture
def source(tmp_path):
    path = tmp_path / "data.sqlite3"
    with closing(connect_writer(path, Limits())) as connection:
        migrate(connection, load_migrations())
        connection.execute("BEGIN")
        for number in range(3000):
            connection.execute(
                "INSERT INTO ChatContexts (contextId, userId, created) VALUES (?, 'u', ?)",
                (f"chat {number}", "x" * 2000),
            )
        connection.execute("COMMIT")
    return path


def test_what_is_written_meanwhile_is_not_in_it_and_does_not_make_it_begin_anew(source, tmp_path):
    """The writer writes at each breath: a copy that began anew would never end."""
    breaths = []
    with closing(connect_writer(source, Limits())) as writer:
        before = writer.execute("SELECT count(*) FROM ChatContexts").fetchone()[0]

        def write():
            breaths.append(1)
            assert len(breaths) < 100
            writer.execute(
                "INSERT INTO ChatContexts (contextId, userId, created) VALUES (?, 'u', '')",
                (f"late {len(breaths)}",),
            )
            writer.execute("UPDATE ChatContexts SET title = 'changed'")

        copy_data(source, tmp_path / "copy", write)

    assert breaths
    assert check_data(tmp_path / "copy").chats == before
    with closing(sqlite3.connect(tmp_path / "copy")) as copy:
        assert copy.execute("SELECT count(*) FROM ChatContexts WHERE title <> ''").fetchone() == (0,)


def test_what_is_only_in_the_log_of_writes_is_in_it(source, tmp_path):
    with closing(connect_writer(source, Limits())) as writer:
        writer.execute("INSERT INTO ChatContexts (contextId, userId, created) VALUES ('last', 'u', '')")

        copy_data(source, tmp_path / "copy", lambda: None)

    assert check_data(tmp_path / "copy").chats == 3001


def test_it_can_be_made_on_any_thread(source, tmp_path):
    thread = threading.Thread(target=copy_data, args=(source, tmp_path / "copy", lambda: None))
    thread.start()
    thread.join()

    assert check_data(tmp_path / "copy").version == len(load_migrations())


def test_what_is_no_database_is_told(tmp_path):
    (tmp_path / "none").write_bytes(b"words " * 1000)

    with pytest.raises(ConfigError, match="can't be copied"):
        copy_data(tmp_path / "none", tmp_path / "copy", lambda: None)
    with pytest.raises(ConfigError, match="no sound database"):
        check_data(tmp_path / "none")


def test_where_there_is_no_room_is_told(source, tmp_path, monkeypatch):
    class Full(sqlite3.OperationalError):
        sqlite_errorname = "SQLITE_FULL"

    def full():
        raise Full

    with pytest.raises(OSError, match="no room"):
        copy_data(source, tmp_path / "copy", full)


def test_a_page_that_is_damaged_is_told(source, tmp_path):
    copy_data(source, tmp_path / "copy", lambda: None)
    content = bytearray((tmp_path / "copy").read_bytes())
    content[4096 * 300 : 4096 * 301] = b"\x05" * 4096
    (tmp_path / "copy").write_bytes(content)

    with pytest.raises(ConfigError, match="damaged"):
        check_data(tmp_path / "copy")
