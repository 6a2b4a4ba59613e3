import stat
from pathlib import Path

import pytest

from vibes_trio.auth.ca import make_ca
from vibes_trio.auth.device import Device, mint_token
from vibes_trio.auth.device_id import DeviceTrust, verify_device_token
from vibes_trio.commands.database import open_database, write
from vibes_trio.commands.device_files import issue_for, load_device, save_device
from vibes_trio.commands.output import CommandFailed
from vibes_trio.config import Config, Limits
from vibes_trio.errors import LimitReached
from vibes_trio.exchange import UserId
from vibes_trio.storage.certificates import list_certificates
from vibes_trio.storage.users import add_user

NOW = 1_800_000_000.0


@pytest.fixture
def config(data_dir: Path) -> Config:
    return Config(data_dir=data_dir, limits=Limits(certificates_per_user=2))


def issue(config: Config, name: str = "ada") -> Device:
    with open_database(config) as db:
        return issue_for(db, make_ca(NOW), write(db, add_user, UserId(name), name, ""), NOW)


def test_a_device_is_on_record_before_it_is_handed_out(config: Config) -> None:
    device = issue(config)

    with open_database(config) as db:
        (certificate,) = db.points.get(list_certificates)
    assert certificate.serial == device.certificate["jti"]
    assert certificate.user_id == "ada"


def test_its_tokens_are_those_of_the_user(config: Config) -> None:
    ca = make_ca(NOW)
    with open_database(config) as db:
        device = issue_for(db, ca, write(db, add_user, UserId("u1"), "ada", "a@b.org"), NOW)

    verified = verify_device_token(mint_token(device, NOW), DeviceTrust((ca.trusted(),)), NOW)

    assert (verified.claims.user_id, verified.claims.email) == ("u1", "a@b.org")


def test_a_user_has_a_bounded_number_of_devices(config: Config) -> None:
    ca = make_ca(NOW)
    with open_database(config) as db:
        user = write(db, add_user, UserId("u1"), "ada", "")
        for _ in range(2):
            issue_for(db, ca, user, NOW)

        with pytest.raises(LimitReached, match="device list"):
            issue_for(db, ca, user, NOW)

        assert len(db.points.get(list_certificates)) == 2


def test_a_key_file_is_read_back_and_nobody_elses_to_read(config: Config, tmp_path: Path) -> None:
    device = issue(config)
    path = tmp_path / "new" / "ada.json"

    save_device(device, path)

    assert load_device(path).certificate_jwt == device.certificate_jwt
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert [entry.name for entry in path.parent.iterdir()] == ["ada.json"]


def test_a_file_in_the_way_stays_unless_it_is_to_be_replaced(config: Config, tmp_path: Path) -> None:
    device, path = issue(config), tmp_path / "ada.json"
    path.write_text("mine")

    with pytest.raises(CommandFailed, match="is there already"):
        save_device(device, path)
    assert path.read_text() == "mine"

    save_device(device, path, replace=True)
    assert load_device(path).certificate_jwt == device.certificate_jwt


def test_what_cannot_be_written_or_read_names_the_file(config: Config, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("{}")

    with pytest.raises(CommandFailed, match=r"file/x\.json: can't be written"):
        save_device(issue(config), tmp_path / "file" / "x.json")
    with pytest.raises(CommandFailed, match=r"missing\.json: the key file can't be read"):
        load_device(tmp_path / "missing.json")
    with pytest.raises(CommandFailed, match="key file"):
        load_device(tmp_path / "file")
