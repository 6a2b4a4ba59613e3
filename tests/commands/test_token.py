import time
from pathlib import Path

import pytest

from vibes_trio.auth.device_id import DeviceTrust, verify_device_token
from vibes_trio.auth.jws import Refused, split_jws
from vibes_trio.background.trust import ensure_keys
from vibes_trio.cli import main
from vibes_trio.commands.address import write_address
from vibes_trio.commands.output import OK, UNUSABLE, USAGE
from vibes_trio.commands.serve import prepare
from vibes_trio.config import Config


def test_a_token_is_good_for_as_long_as_was_asked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config, now = Config(data_dir=tmp_path), time.time()
    prepare(config, now)

    assert main(["token", "--data-dir", str(tmp_path), "--lifetime", "600"]) == OK

    token = capsys.readouterr().out.strip()
    trust = DeviceTrust(cas=ensure_keys(config, now).trusted)
    assert verify_device_token(token, trust, now + 600).claims.email == "me@localhost"
    with pytest.raises(Refused, match="expired"):
        verify_device_token(token, trust, now + 700)


@pytest.mark.parametrize("lifetime", ["0", "-1", "3601"])
def test_a_lifetime_that_has_no_effect_is_refused(tmp_path: Path, lifetime: str) -> None:
    assert main(["token", "--data-dir", str(tmp_path), f"--lifetime={lifetime}"]) == USAGE


def test_without_a_key_file_there_is_no_token(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["token", "--data-dir", str(tmp_path)]) == UNUSABLE

    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("error: ")


@pytest.mark.parametrize(
    ("arguments", "named"),
    [(["--url", "https://Vibes.example.org/v1/ws"], "https://vibes.example.org"), ([], "http://127.0.0.1:7")],
    ids=["the one that is named", "the one of the data folder"],
)
def test_a_token_is_for_one_server(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], named: str
) -> None:
    prepare(Config(data_dir=tmp_path), time.time())
    write_address(tmp_path, "http://127.0.0.1:7", 7)

    assert main(["token", "--data-dir", str(tmp_path), *arguments]) == OK

    printed = capsys.readouterr()
    assert split_jws(printed.out.strip(), 32 * 1024, typ="JWT").payload()["aud"] == named
    assert printed.err == ""


def test_a_token_for_any_server_comes_with_a_warning(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    prepare(Config(data_dir=tmp_path), time.time())

    assert main(["token", "--data-dir", str(tmp_path)]) == OK

    printed = capsys.readouterr()
    assert "aud" not in split_jws(printed.out.strip(), 32 * 1024, typ="JWT").payload()
    assert "counts at any" in printed.err


def test_a_token_for_no_address_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    prepare(Config(data_dir=tmp_path), time.time())

    assert main(["token", "--data-dir", str(tmp_path), "--url", "server:8787"]) == USAGE

    assert "server:8787 is no address" in capsys.readouterr().err
