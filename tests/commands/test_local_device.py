import time
from pathlib import Path

import pytest
import trio

from vibes_trio.auth.device import Device, mint_token, write_key_file
from vibes_trio.auth.device_id import verify_device_token
from vibes_trio.auth.keys import Keys, rotate_keys
from vibes_trio.background.trust import ensure_keys, read_trust
from vibes_trio.commands.credentials import LOCAL_USER, local_key_file
from vibes_trio.commands.database import open_database, write
from vibes_trio.commands.device_files import issue_for, load_device, save_device
from vibes_trio.commands.local_device import LOCAL_DAYS, ensure_local_device
from vibes_trio.config import Config
from vibes_trio.exchange import UserId
from vibes_trio.storage.certificates import list_certificates, revoke_certificate
from vibes_trio.storage.users import add_user, find_user, list_users

NOW = time.time()  # the database keeps its own clock, which is this one
DAY_S = 86_400


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return Config(data_dir=tmp_path / "data")


def ensure(config: Config, now: float = NOW, keys: Keys | None = None) -> Device:
    with open_database(config) as db:
        return load_device(ensure_local_device(config, db, keys or ensure_keys(config, now), now))


def serial_of(device: Device) -> str:
    return str(device.certificate["jti"])


def test_the_first_start_makes_a_user_and_a_key_file_that_the_server_takes(config: Config) -> None:
    device = ensure(config)

    with open_database(config) as db:
        trust = trio.run(read_trust, config, db, ensure_keys(config, NOW).trusted)
        claims = verify_device_token(mint_token(device, NOW), trust, NOW).claims
        assert [user.user_id for user in db.points.get(list_users)] == [claims.user_id]
        assert [c.serial for c in db.points.get(list_certificates)] == [serial_of(device)]


def test_the_key_file_is_its_owners_only(config: Config) -> None:
    ensure(config)

    path = local_key_file(config.data_dir)
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_a_good_key_file_is_left_alone(config: Config) -> None:
    first = ensure(config)

    assert ensure(config).certificate_jwt == first.certificate_jwt
    with open_database(config) as db:
        assert len(db.points.get(list_certificates)) == 1


def test_a_certificate_that_ends_soon_is_renewed_for_the_same_user(config: Config) -> None:
    first = ensure(config)

    assert serial_of(ensure(config, NOW + (LOCAL_DAYS - 31) * DAY_S)) == serial_of(first)
    assert serial_of(ensure(config, NOW + (LOCAL_DAYS - 29) * DAY_S)) != serial_of(first)
    with open_database(config) as db:
        assert len({c.user_id for c in db.points.get(list_certificates)}) == 1


def test_a_revoked_certificate_is_replaced(config: Config) -> None:
    first = ensure(config)
    with open_database(config) as db:
        write(db, revoke_certificate, serial_of(first))

    assert serial_of(ensure(config)) != serial_of(first)


@pytest.mark.parametrize("content", ["", "{", '{"id": "x"}'])
def test_a_broken_key_file_is_replaced(config: Config, content: str) -> None:
    first = ensure(config)
    local_key_file(config.data_dir).write_text(content)

    assert serial_of(ensure(config)) != serial_of(first)


def test_a_key_file_of_another_user_is_replaced(config: Config) -> None:
    ensure(config)
    with open_database(config) as db:
        other = write(db, add_user, UserId("ada"), "ada", "")
        device = issue_for(db, ensure_keys(config, NOW).ca, other, NOW)
        save_device(device, local_key_file(config.data_dir), replace=True)

    with open_database(config) as db:
        user = db.points.get(find_user, LOCAL_USER)
    assert user is not None
    assert user.user_id in write_key_file(ensure(config))


@pytest.mark.parametrize(("drop_old", "is_kept"), [(False, True), (True, False)])
def test_a_replaced_ca_matters_only_once_it_is_dropped(config: Config, drop_old: bool, is_kept: bool) -> None:
    first = ensure(config)
    keys = rotate_keys(config.data_dir, NOW, int(NOW) + LOCAL_DAYS * DAY_S, drop_old=drop_old)

    assert (serial_of(ensure(config, keys=keys)) == serial_of(first)) is is_kept
