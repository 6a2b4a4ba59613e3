import sqlite3

import pytest

from vibes_trio.errors import Internal, Overloaded
from vibes_trio.storage.interface import DiskFull
from vibes_trio.storage.sqlite.tx import SqliteTx, translate


def failure(name: str) -> sqlite3.OperationalError:
    error = sqlite3.OperationalError("some text")
    error.sqlite_errorname = name
    return error


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("SQLITE_BUSY", Overloaded),
        ("SQLITE_BUSY_SNAPSHOT", Overloaded),
        ("SQLITE_LOCKED_SHAREDCACHE", Overloaded),
        ("SQLITE_PROTOCOL", Overloaded),
        ("SQLITE_FULL", DiskFull),
        ("SQLITE_INTERRUPT", Overloaded),
        ("SQLITE_IOERR_FSYNC", Internal),
        ("SQLITE_CORRUPT", Internal),
        ("SQLITE_READONLY_DBMOVED", Internal),
    ],
)
def test_known_failures_are_told_by_code(name: str, kind: type[Exception]) -> None:
    assert type(translate(failure(name))) is kind


@pytest.mark.parametrize("error", [failure("SQLITE_ERROR"), sqlite3.ProgrammingError("closed")])
def test_mistakes_in_our_own_sql_are_not_translated(error: sqlite3.Error) -> None:
    assert translate(error) is None


def test_rows_are_plain_tuples_and_all_there() -> None:
    connection = sqlite3.connect(":memory:")
    tx = SqliteTx(connection, 0)
    tx.execute("CREATE TABLE t (a, b)")
    tx.execute("INSERT INTO t VALUES (?, ?), (?, ?)", (1, "x", 2, b"y"))

    assert tx.execute("SELECT a, b FROM t ORDER BY a") == [(1, "x"), (2, b"y")]
    connection.close()


def test_mistaken_statement_is_raised_as_it_is_and_leaves_the_database_trusted() -> None:
    connection = sqlite3.connect(":memory:")
    tx = SqliteTx(connection, 0)

    with pytest.raises(sqlite3.OperationalError, match="no such table"):
        tx.execute("SELECT * FROM missing")

    assert tx.failed is None
    connection.close()


def test_failed_database_is_remembered() -> None:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    tx = SqliteTx(connection, 0)
    tx.execute("CREATE TABLE t (a)")
    tx.execute("PRAGMA max_page_count = 2")

    with pytest.raises(DiskFull) as caught:
        tx.execute("INSERT INTO t VALUES (zeroblob(100000))")

    assert tx.failed is caught.value
    connection.close()


def test_later_is_counted_from_the_start() -> None:
    tx = SqliteTx(sqlite3.connect(":memory:"), 10)

    assert (tx.now, tx.later(0.5)) == ("1970-01-01T00:00:10.000Z", "1970-01-01T00:00:10.500Z")
    tx._connection.close()
