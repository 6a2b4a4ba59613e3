"""A data folder with something in it."""

import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest
import trio

from vibes_trio.auth.keys import make_key_file
from vibes_trio.auth.sealing import ensure_seal_key
from vibes_trio.config import Config
from vibes_trio.exchange import UserId
from vibes_trio.storage.chats import ensure_context
from vibes_trio.storage.engines import make_for_commands

CHATS = 5


@pytest.fixture
def config(tmp_path: Path) -> Config:
    """Settings of a data folder with a few chats, keys, a key of secrets, settings and a device."""
    made = Config(tmp_path / "data")
    fill(made)
    (made.data_dir / "config.toml").write_text('VIBES_PORT = "9000"\n')
    (made.data_dir / "devices").mkdir(mode=0o700)
    (made.data_dir / "devices" / "me.json").write_text("{}")
    return made


def fill(config: Config, first: int = 0) -> None:
    """Add CHATS chats from number *first* on, and keys."""
    make_key_file(config.data_dir, time.time())
    ensure_seal_key(config.data_dir)
    db = make_for_commands(config, time.time)
    db.open()
    for number in range(first, first + CHATS):
        name = f"chat {number}"
        trio.run(lambda name=name: db.write(ensure_context, UserId("u"), name, lambda: "none"))
    db.close()


def chats_in(path: Path) -> int:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute("SELECT count(*) FROM ChatContexts").fetchone()[0]
