"""The file of the access log: whole lines, in a file that may be moved away."""

import json
import os
import stat

import pytest

from vibes_trio.errors import ConfigError
from vibes_trio.logs.access import AccessLog


@pytest.fixture
def clock():
    return [1000.0]


@pytest.fixture
def path(tmp_path):
    return tmp_path / "access.log"


@pytest.fixture
def log(path, clock):
    made = AccessLog(str(path), lambda: clock[0])
    yield made
    made.close()


def test_a_line_is_a_json_object_with_the_time(log, path):
    log.write({"id": "a", "path": "/ü\x1b[31m\n"})

    assert json.loads(path.read_text()) == {
        "time": "1970-01-01T00:16:40.000+00:00",
        "id": "a",
        "path": "/ü\x1b[31m\n",
    }
    assert path.read_text().isascii()
    assert path.read_text().count("\n") == 1
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_what_is_there_stays(path, clock):
    path.write_text("before\n")

    AccessLog(str(path), lambda: clock[0]).write({"id": "a"})

    assert path.read_text().startswith("before\n{")


def test_after_it_was_moved_away_there_is_a_new_one(log, path, clock, tmp_path):
    log.write({"id": "a"})
    path.rename(tmp_path / "old")
    log.write({"id": "b"})
    clock[0] += 2
    log.write({"id": "c"})

    assert [json.loads(line)["id"] for line in (tmp_path / "old").read_text().splitlines()] == ["a", "b"]
    assert json.loads(path.read_text())["id"] == "c"


def test_a_file_that_is_still_there_is_kept(log, path, clock):
    for _ in range(3):
        log.write({})
        clock[0] += 2

    assert len(path.read_text().splitlines()) == 3


def test_what_can_not_be_written_is_told_once_and_stops_nobody(log, path, clock, caplog):
    os.close(log._fd)
    log._fd = os.open("/dev/full", os.O_WRONLY)

    for _ in range(5):
        log.write({"id": "a"})

    assert (log.lost, len(caplog.records)) == (5, 1)
    assert "No space left" in caplog.text


def test_a_file_that_can_not_be_opened_ends_the_start(tmp_path):
    with pytest.raises(ConfigError, match=r"VIBES_ACCESS_LOG: .*No such file"):
        AccessLog(str(tmp_path / "none" / "access.log"))


def test_standard_error_is_taken_too(capfd):
    log = AccessLog("-")

    log.write({"id": "a"})
    log.close()

    assert json.loads(capfd.readouterr().err)["id"] == "a"
