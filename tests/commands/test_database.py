"""The database as commands use it."""

import pytest
from fakes import NOW
from memory_engine import MemoryDatabase

from vibes_trio.commands.database import open_database, read, write
from vibes_trio.config import Config, Limits
from vibes_trio.exchange import UserId
from vibes_trio.storage.users import add_user, find_user


@pytest.fixture(params=["ours", "memory"])
def db(request, tmp_path):
    if request.param == "ours":
        with open_database(Config(data_dir=tmp_path)) as database:
            yield database
    else:
        database = MemoryDatabase(Limits(), lambda: NOW)
        database.open()
        yield database


def test_what_a_command_writes_it_reads_on_any_engine(db):
    user = write(db, add_user, UserId("ada-id"), "ada", "")

    assert read(db, find_user, "ada") == user
