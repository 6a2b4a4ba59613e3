"""Bring a database to the tables that this version knows.

Each file of `migrations/` is applied in order, once, in one transaction that also writes its number into
`PRAGMA user_version`: after a crash at any statement the file is as before it or as after it. A database
that the reference made has number 0 and all of the first file's tables already.
"""

import sqlite3
from collections.abc import Sequence
from importlib.resources import files

import msgspec

from vibes_trio.errors import ConfigError


class Migration(msgspec.Struct, frozen=True):
    """One step: the number it leads to, its file's name, its statements in order."""

    version: int
    name: str
    statements: tuple[str, ...]


def load_migrations() -> tuple[Migration, ...]:
    """Return all steps, first to last; numbered from 1 without a gap."""
    folder = files("vibes_trio.storage.sqlite") / "migrations"
    texts = sorted(
        (entry.name, entry.read_text("utf-8")) for entry in folder.iterdir() if entry.name.endswith(".sql")
    )
    steps = tuple(Migration(int(name[:4]), name, split_statements(text)) for name, text in texts)
    assert [step.version for step in steps] == list(range(1, len(steps) + 1))
    return steps


def split_statements(sql: str) -> tuple[str, ...]:
    """Return the statements of *sql*. Each has to end its line.

    Needed because `executescript` commits before it begins, which would break a step into pieces.
    """
    statements: list[str] = []
    text = ""
    for line in sql.splitlines(keepends=True):
        text += line
        if sqlite3.complete_statement(text):
            statements.append(text.strip())
            text = ""
    assert not text.strip(), f"unfinished statement: {text.strip()!r}"
    return tuple(statements)


def migrate(connection: sqlite3.Connection, migrations: Sequence[Migration]) -> tuple[str, ...]:
    """Apply the steps that are missing, and return their names. The caller keeps other writers out.

    Raises:
        ConfigError: the data was written by a newer version; it has not been touched.
        sqlite3.Error: a step failed and was undone; the steps before it stay.
    """
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    if version > len(migrations):
        raise ConfigError(
            f"The database has schema {version}; this version of vibes-trio knows {len(migrations)} at most. "
            "Start the version that wrote it, or a newer one."
        )
    missing = migrations[version:]
    for step in missing:
        connection.execute("BEGIN IMMEDIATE")
        try:
            for statement in step.statements:
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {step.version}")
            connection.execute("COMMIT")
        except BaseException:
            connection.rollback()
            raise
    return tuple(step.name for step in missing)
