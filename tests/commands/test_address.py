import os
import stat
from pathlib import Path

import pytest

from vibes_trio.commands.address import read_address, remove_address, url_of, write_address


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("127.0.0.1", "http://127.0.0.1:80"),
        ("0.0.0.0", "http://127.0.0.1:80"),
        ("", "http://127.0.0.1:80"),
        ("::", "http://[::1]:80"),
        ("fd00::1", "http://[fd00::1]:80"),
        ("vibes.example.org", "http://vibes.example.org:80"),
    ],
)
def test_where_a_server_is_reached_from_its_own_machine(host: str, url: str) -> None:
    assert url_of(host, 80) == url


def test_what_is_written_is_read(tmp_path: Path) -> None:
    write_address(tmp_path, "http://127.0.0.1:1", 7)

    assert read_address(tmp_path) == "http://127.0.0.1:1"
    assert [path.name for path in tmp_path.iterdir()] == ["address"]


def test_nobody_else_may_write_it_whatever_the_umask(tmp_path: Path) -> None:
    """Fails where the file is made with the default mode: under umask 0 anybody could send us elsewhere."""
    before = os.umask(0)
    try:
        write_address(tmp_path, "http://127.0.0.1:1", 7)
        write_address(tmp_path, "http://127.0.0.1:2", 7)
    finally:
        os.umask(before)

    assert stat.S_IMODE((tmp_path / "address").stat().st_mode) == 0o600


@pytest.mark.parametrize("content", [b"", b"http://127.0.0.1:1", b"\xff\xff 3", b"a b c"])
def test_what_is_no_address_is_none(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "address").write_bytes(content)

    assert read_address(tmp_path) == ""


def test_a_server_takes_its_own_address_away(tmp_path: Path) -> None:
    write_address(tmp_path, "http://127.0.0.1:1", 7)

    remove_address(tmp_path, 7)

    assert read_address(tmp_path) == ""
    remove_address(tmp_path, 7)  # nothing is there any more


def test_the_address_of_another_server_stays(tmp_path: Path) -> None:
    write_address(tmp_path, "http://127.0.0.1:1", 8)

    remove_address(tmp_path, 7)

    assert read_address(tmp_path) == "http://127.0.0.1:1"
