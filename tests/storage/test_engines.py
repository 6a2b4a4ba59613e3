"""The one place that chooses an engine."""

import time
from dataclasses import replace
from pathlib import Path

import pytest

from vibes_trio.config import Config
from vibes_trio.errors import ConfigError
from vibes_trio.exchange import UserId
from vibes_trio.storage.chats import ensure_context
from vibes_trio.storage.engines import (
    describe_engine,
    holds_data,
    make_database,
    make_for_commands,
    private_files,
    serving_alone,
)
from vibes_trio.storage.interface import DiskShort


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return Config(data_dir=tmp_path / "data", disk_reserve=2**62)


async def test_a_server_leaves_the_reserve_and_commands_do_not(config: Config) -> None:
    server = make_database(config, time.time)
    server.open()
    with pytest.raises(DiskShort):
        await server.write(ensure_context, UserId("ada"), "one", str)
    assert server.is_disk_short
    server.close()

    commands = make_for_commands(config, time.time)
    commands.open()
    assert await commands.write(ensure_context, UserId("ada"), "one", str) == "one"
    commands.close()


async def test_a_folder_holds_data_once_something_is_stored(config: Config) -> None:
    assert not holds_data(config)

    db = make_for_commands(config, time.time)
    db.open()
    await db.write(ensure_context, UserId("ada"), "one", str)
    db.close()

    assert holds_data(config)


async def test_files_that_only_this_user_may_read_are_those_that_are_made(config: Config) -> None:
    assert not any(path.exists() for path in private_files(config))

    db = make_for_commands(config, time.time)
    db.open()

    assert all(path.stat().st_mode & 0o777 == 0o600 for path in private_files(config))
    db.close()


def test_only_one_serves_the_data(config: Config) -> None:
    impatient = replace(config, limits=replace(config.limits, shutdown_timeout_s=0))

    with serving_alone(config), pytest.raises(ConfigError, match="another server"), serving_alone(impatient):
        pass


def test_the_engine_is_told_by_name_and_version() -> None:
    told = describe_engine()

    assert told.name
    assert told.version[0].isdigit()
