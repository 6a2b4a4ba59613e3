import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from vibes_trio.errors import ConfigError
from vibes_trio.storage.sqlite.migrate import Migration, load_migrations, migrate, split_statements

STEPS = load_migrations()

# Applies all steps and dies like kill -9 before the n-th statement, for each n, each time on a new file.
KILLER = """
import os, sqlite3, sys
from vibes_trio.storage.sqlite.migrate import load_migrations, migrate
folder, count = sys.argv[1], 0
while True:
    count += 1
    child = os.fork()
    if child == 0:
        connection = sqlite3.connect(f"{folder}/{count}.db", isolation_level=None)
        connection.execute("PRAGMA journal_mode = WAL")
        left = count
        def trace(_):
            global left
            left -= 1
            if left == 0:
                os._exit(9)
        connection.set_trace_callback(trace)
        migrate(connection, load_migrations())
        os._exit(0)
    if os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0:
        print(count)
        break
"""


def snapshot(connection: sqlite3.Connection) -> tuple[int, list[tuple[str, ...]]]:
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    return version, connection.execute(
        "SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY name"
    ).fetchall()


@pytest.fixture(scope="module")
def expected() -> list[tuple[int, list[tuple[str, ...]]]]:
    """What the file looks like before the first step and after each."""
    connection = sqlite3.connect(":memory:", isolation_level=None)
    looks = [snapshot(connection)]
    for count in range(1, len(STEPS) + 1):
        assert migrate(connection, STEPS[:count]) == (STEPS[count - 1].name,)
        looks.append(snapshot(connection))
    connection.close()
    return looks


def test_steps_are_applied_once() -> None:
    connection = sqlite3.connect(":memory:", isolation_level=None)

    assert migrate(connection, STEPS) == tuple(step.name for step in STEPS)
    assert migrate(connection, STEPS) == ()
    connection.close()


@pytest.mark.parametrize(
    ("step", "position"), [(step, n) for step in STEPS for n in range(len(step.statements) + 1)]
)
def test_step_that_fails_anywhere_leaves_the_file_as_it_was(
    step: Migration, position: int, expected: list[tuple[int, list[tuple[str, ...]]]]
) -> None:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    statements = (*step.statements[:position], "SELECT no_such_function()", *step.statements[position:])
    steps = (
        *STEPS[: step.version - 1],
        Migration(step.version, step.name, statements),
        *STEPS[step.version :],
    )

    with pytest.raises(sqlite3.OperationalError, match="no such function"):
        migrate(connection, steps)

    assert snapshot(connection) == expected[step.version - 1]
    migrate(connection, STEPS)
    assert snapshot(connection) == expected[-1]
    connection.close()


def test_process_that_dies_anywhere_leaves_old_or_new(
    tmp_path: Path, expected: list[tuple[int, list[tuple[str, ...]]]]
) -> None:
    run = subprocess.run(
        [sys.executable, "-c", KILLER, str(tmp_path)], capture_output=True, text=True, check=True, timeout=120
    )

    kills = int(run.stdout)
    assert kills > sum(len(step.statements) for step in STEPS)
    for count in range(1, kills + 1):
        connection = sqlite3.connect(tmp_path / f"{count}.db", isolation_level=None)
        assert snapshot(connection) in expected
        migrate(connection, STEPS)
        assert snapshot(connection) == expected[-1]
        connection.close()


def test_newer_data_is_refused_untouched() -> None:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    connection.execute(f"PRAGMA user_version = {len(STEPS) + 1}")

    with pytest.raises(ConfigError, match=f"schema {len(STEPS) + 1}.*knows {len(STEPS)}"):
        migrate(connection, STEPS)

    assert snapshot(connection) == (len(STEPS) + 1, [])
    connection.close()


def test_statements_are_told_apart() -> None:
    sql = "-- a comment; with a semicolon\nCREATE TABLE a (b text DEFAULT ';');\n\nSELECT 1\n  + 2;\n"

    assert split_statements(sql) == (
        "-- a comment; with a semicolon\nCREATE TABLE a (b text DEFAULT ';');",
        "SELECT 1\n  + 2;",
    )


def test_unfinished_statement_is_a_mistake() -> None:
    with pytest.raises(AssertionError, match="unfinished"):
        split_statements("SELECT 1")
