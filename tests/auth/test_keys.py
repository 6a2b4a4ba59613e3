import json
import os
import stat
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from vibes_trio.auth.ca import make_ca
from vibes_trio.auth.device import issue_device, mint_token
from vibes_trio.auth.device_id import DeviceTrust, verify_device_token
from vibes_trio.auth.jwk import private_jwk, public_jwk, thumbprint
from vibes_trio.auth.jws import Refused
from vibes_trio.auth.key_settings import read_key_setting
from vibes_trio.auth.keys import load_key_file, load_keys, make_key_file, rotate_keys, settings_of
from vibes_trio.auth.verifier import Claims
from vibes_trio.config import Config
from vibes_trio.errors import ConfigError
from vibes_trio.exchange import UserId

VECTORS = json.loads((Path(__file__).parents[1] / "conformance" / "auth-vectors.json").read_text("utf-8"))
NOW = VECTORS["reference_now"]
ENV = VECTORS["env"]["main"]
DAY_S = 86_400
ALICE = Claims(UserId("alice"), "alice", "authenticated", "alice@example.com", False)


@pytest.fixture
def data_dir(tmp_path):
    return tmp_path / "data"


def mode_of(path):
    return stat.S_IMODE(path.stat().st_mode)


def given_ca(config):
    return replace(
        config, device_id_ca_priv_key=ENV["DEVICE_ID_CA_PRIV_KEY"], device_id_ca_cert=ENV["DEVICE_ID_CA_CERT"]
    )


def test_first_start_makes_keys_that_only_the_owner_reads(data_dir):
    keys = load_keys(Config(data_dir), NOW)

    assert keys.ca.name.startswith("vibes-trio ")
    assert mode_of(data_dir) == 0o700
    assert mode_of(data_dir / "keys.json") == 0o600
    assert os.listdir(data_dir) == ["keys.json"]


def test_next_start_finds_the_same_keys(data_dir):
    first = load_keys(Config(data_dir), NOW)

    again = load_keys(Config(data_dir), NOW + DAY_S)

    assert settings_of(again, secret=True) == settings_of(first, secret=True)
    assert again.trusted == first.trusted


def test_made_settings_work_as_settings(data_dir, tmp_path):
    made = settings_of(load_keys(Config(data_dir), NOW), secret=True)
    config = Config(
        tmp_path / "other",
        device_id_ca_priv_key=made["DEVICE_ID_CA_PRIV_KEY"],
        device_id_ca_cert=made["DEVICE_ID_CA_CERT"],
        cloud_session_token_public=made["CLOUD_SESSION_TOKEN_PUBLIC"],
    )

    keys = load_keys(config, NOW)

    assert settings_of(keys, secret=False) == {
        name: made[name] for name in ("DEVICE_ID_CA_CERT", "CLOUD_SESSION_TOKEN_PUBLIC")
    }
    assert not (tmp_path / "other").exists()


def test_session_pair_belongs_together(data_dir):
    keys = load_keys(Config(data_dir), NOW)

    assert len(read_key_setting("CLOUD_SESSION_TOKEN_PUBLIC", keys.session_public)) == 1
    with pytest.raises(ConfigError, match="private"):
        read_key_setting("CLOUD_SESSION_TOKEN_SECRET", keys.session_secret)


def test_public_half_shows_no_secret(data_dir):
    keys = load_keys(Config(data_dir), NOW)

    shown = str(settings_of(keys, secret=False)) + repr(keys)

    secrets = settings_of(keys, secret=True)
    assert set(secrets) - set(settings_of(keys, secret=False)) == {
        "DEVICE_ID_CA_PRIV_KEY",
        "CLOUD_SESSION_TOKEN_SECRET",
    }
    assert secrets["DEVICE_ID_CA_PRIV_KEY"] not in shown
    assert secrets["CLOUD_SESSION_TOKEN_SECRET"] not in shown
    assert private_jwk(keys.ca.key)["d"] not in shown


def test_given_ca_wins_and_the_session_pair_comes_from_the_file(data_dir):
    made = load_keys(Config(data_dir), NOW)

    keys = load_keys(given_ca(Config(data_dir)), NOW)

    assert keys.ca.name == "Vibes Trio Test CA"
    assert keys.session_secret == made.session_secret


def test_given_session_key_wins_and_the_ca_comes_from_the_file(data_dir):
    config = Config(data_dir, cloud_session_token_public=ENV["CLOUD_SESSION_TOKEN_PUBLIC"])

    keys = load_keys(config, NOW)

    assert keys.session_public == ENV["CLOUD_SESSION_TOKEN_PUBLIC"]
    assert "CLOUD_SESSION_TOKEN_SECRET" not in settings_of(keys, secret=True)
    assert keys.ca.name == load_keys(Config(data_dir), NOW).ca.name


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"device_id_ca_priv_key": ENV["DEVICE_ID_CA_PRIV_KEY"]}, "DEVICE_ID_CA_CERT"),
        ({"device_id_ca_cert": ENV["DEVICE_ID_CA_CERT"]}, "DEVICE_ID_CA_PRIV_KEY"),
        ({"device_id_ca_priv_key": "zzzz", "device_id_ca_cert": "x"}, "DEVICE_ID_CA_PRIV_KEY"),
        ({"cloud_session_token_public": "garbage"}, "CLOUD_SESSION_TOKEN_PUBLIC"),
    ],
)
def test_half_given_or_unusable_setting_stops_the_start_and_makes_nothing(data_dir, settings, named):
    with pytest.raises(ConfigError, match=named):
        load_keys(Config(data_dir, **settings), NOW)

    assert not data_dir.exists()


LOAD_WHEN_TOLD = """
import sys
import time
from pathlib import Path
from vibes_trio.auth.keys import load_key_file
sys.stdin.readline()
print(load_key_file(Path(sys.argv[1]), float(sys.argv[2])).ca.name)
"""


def test_processes_that_start_at_once_agree_on_one_ca(data_dir):
    command = [sys.executable, "-c", LOAD_WHEN_TOLD, str(data_dir), str(NOW)]
    processes = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(4)
    ]

    for process in processes:
        process.stdin.write("go\n")
        process.stdin.flush()
    names = [process.communicate(timeout=60)[0] for process in processes]

    assert names == [f"{load_key_file(data_dir, NOW).ca.name}\n"] * 4
    assert os.listdir(data_dir) == ["keys.json"]


@pytest.mark.parametrize("name", ["keys.json.0123456789abcdef", ".keys.json.0123456789ab.new"])
def test_a_file_that_another_process_has_begun_is_no_data(data_dir, name):
    """Else of several that start at once, or after one that was killed, some say that the keys are missing."""
    data_dir.mkdir()
    (data_dir / name).write_text("{")

    assert load_key_file(data_dir, NOW).ca.name


def test_late_process_keeps_the_file_of_the_first(data_dir, monkeypatch):
    first = load_key_file(data_dir, NOW)
    monkeypatch.setattr(Path, "exists", lambda path: False)

    late = load_key_file(data_dir, NOW)

    assert late.ca.name == first.ca.name
    assert os.listdir(data_dir) == ["keys.json"]


def test_failing_write_leaves_nothing_behind(data_dir, monkeypatch):
    def full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)

    with pytest.raises(ConfigError, match="No space left"):
        load_key_file(data_dir, NOW)
    assert os.listdir(data_dir) == []


@pytest.mark.parametrize(
    "damage",
    [
        lambda document: document.clear(),
        lambda document: document.update(DEVICE_ID_CA_PRIV_KEY="zzzz"),
        lambda document: document.update(DEVICE_ID_CA_CERT=make_ca(NOW).certificate_jwt),
        lambda document: document.update(CLOUD_SESSION_TOKEN_PUBLIC="x"),
        lambda document: document.update(previous=[{"name": "x", "publicKey": {}, "until": 1}]),
        lambda document: document.update(
            previous=[{"name": "x", "publicKey": VECTORS["clerk"]["jwks"]["keys"][0], "until": 1}]
        ),
    ],
)
def test_damaged_file_stops_the_start_and_is_named(data_dir, damage):
    load_keys(Config(data_dir), NOW)
    path = data_dir / "keys.json"
    document = json.loads(path.read_text())
    damage(document)
    path.write_text(json.dumps(document))

    with pytest.raises(ConfigError, match=r"keys\.json"):
        load_keys(Config(data_dir), NOW)


def test_file_that_is_no_json_stops_the_start(data_dir):
    data_dir.mkdir()
    (data_dir / "keys.json").write_text('{"DEVICE')

    with pytest.raises(ConfigError, match=r"keys\.json"):
        load_keys(Config(data_dir), NOW)


def user_of(token, keys, now):
    try:
        return verify_device_token(token, DeviceTrust(keys.trusted), now).claims.user_id
    except Refused as refused:
        return refused.reason


def test_after_a_rotation_old_devices_count_until_their_last_certificate_ends(data_dir):
    old = load_keys(Config(data_dir), NOW)
    device, issued = issue_device(old.ca, ALICE, "laptop", NOW, days=2)

    rotate_keys(data_dir, NOW, issued.expires_at)
    new = load_keys(Config(data_dir), NOW)

    new_device, _ = issue_device(new.ca, ALICE, "phone", NOW, days=9)
    assert new.ca.name != old.ca.name
    assert new.session_secret == old.session_secret
    assert mode_of(data_dir / "keys.json") == 0o600
    assert os.listdir(data_dir) == ["keys.json"]
    assert user_of(mint_token(device, NOW), new, NOW) == "alice"
    assert user_of(mint_token(new_device, NOW), new, NOW) == "alice"
    later = issued.expires_at
    assert user_of(mint_token(device, later), new, later) == "untrusted_ca"
    assert user_of(mint_token(new_device, later), new, later) == "alice"


def test_rotation_forgets_the_old_private_key(data_dir):
    old = load_keys(Config(data_dir), NOW)

    rotate_keys(data_dir, NOW, NOW + DAY_S)

    text = (data_dir / "keys.json").read_text()
    assert old.ca.settings["DEVICE_ID_CA_PRIV_KEY"] not in text
    assert private_jwk(old.ca.key)["d"] not in text
    assert public_jwk(old.ca.key.public_key())["x"] in text


def test_rotations_add_up_and_what_ended_goes(data_dir):
    first = load_keys(Config(data_dir), NOW)
    second = rotate_keys(data_dir, NOW, NOW + 10)
    third = rotate_keys(data_dir, NOW + 1, NOW + 20)

    assert [ca.name for ca in third.trusted] == [third.ca.name, first.ca.name, second.ca.name]
    fourth = rotate_keys(data_dir, NOW + 10, NOW + 30)
    assert [ca.name for ca in fourth.previous] == [second.ca.name, third.ca.name]


@pytest.mark.parametrize(("last_expiry", "drop_old"), [(None, False), (NOW, False), (NOW + DAY_S, True)])
def test_rotation_may_leave_no_replaced_ca(data_dir, last_expiry, drop_old):
    load_keys(Config(data_dir), NOW)

    keys = rotate_keys(data_dir, NOW, last_expiry, drop_old=drop_old)

    assert keys.previous == ()
    assert load_keys(Config(data_dir), NOW).trusted == (keys.ca.trusted(),)


def test_expired_ca_can_be_rotated(data_dir):
    old = load_keys(Config(data_dir), NOW)
    later = old.ca.not_after

    with pytest.raises(ConfigError, match="expired"):
        load_keys(Config(data_dir), later)
    rotate_keys(data_dir, later, None)

    assert load_keys(Config(data_dir), later).ca.not_after > later


def test_rotation_needs_the_file(data_dir):
    with pytest.raises(ConfigError, match="settings"):
        rotate_keys(data_dir, NOW, None)


def test_new_cas_name_tells_its_key(data_dir):
    load_keys(Config(data_dir), NOW)

    keys = rotate_keys(data_dir, NOW, None)

    assert keys.ca.name.endswith(thumbprint(keys.ca.key.public_key())[:8])


def test_killed_at_any_step_of_a_rotation_the_old_keys_or_the_new_are_there(tmp_path):
    make_key_file(tmp_path, time.time())

    done = subprocess.run(
        [
            sys.executable,
            Path(__file__).parents[1] / "killed_anywhere.py",
            "rotate",
            tmp_path,
            tmp_path / "none",
        ],
        capture_output=True,
        check=False,
        text=True,
    )

    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert set(found) == {"old", "new"}
    assert found == sorted(found, reverse=True)
