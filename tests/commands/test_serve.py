import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import httpx2
import pytest
from fakes import make_app

from vibes_trio.background.trust import ensure_keys
from vibes_trio.commands import user
from vibes_trio.commands.address import read_address
from vibes_trio.commands.credentials import local_key_file
from vibes_trio.commands.database import open_database
from vibes_trio.commands.device_files import issue_for
from vibes_trio.commands.local_device import ensure_local_device
from vibes_trio.commands.output import UNUSABLE
from vibes_trio.commands.serve import data_dir_flag, greeting, prepare
from vibes_trio.config import Config, Limits
from vibes_trio.storage.users import list_users

ROOT = Path(__file__).parents[2]
DAY_S = 86_400
ME = {"name": "me", "email": "", "id": None, "json": True}
FIRST_LINE = re.compile(r"vibes-trio \S+ listening on (http://127\.0\.0\.1:[0-9]+)\n")


@contextmanager
def serving(data_dir: Path, *flags: str) -> Iterator[subprocess.Popen[str]]:
    """A server in a process of its own whose output goes into pipes."""
    command = [sys.executable, "-m", "vibes_trio", "serve", "--data-dir", str(data_dir), *flags]
    env = {name: value for name, value in os.environ.items() if not name.startswith("VIBES_")}
    offline = {"VIBES_MODULES": "cdn", "VIBES_REGISTRY_URL": "none"}
    with subprocess.Popen(
        command, cwd=ROOT, env=env | offline, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def read_greeting(process: subprocess.Popen[str]) -> list[str]:
    assert process.stdout is not None
    lines = [process.stdout.readline()]
    while lines[-1] and not lines[-1].startswith("  stop"):
        lines.append(process.stdout.readline())
    return lines


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_serves_until_it_is_told_to_stop(tmp_path: Path, number: signal.Signals) -> None:
    with serving(tmp_path, "--port", "0") as process:
        lines = read_greeting(process)
        match = FIRST_LINE.fullmatch(lines[0])
        assert match is not None, lines
        with urllib.request.urlopen(f"{match[1]}/healthz") as answer:
            assert json.load(answer) == {"status": "ok"}
        assert read_address(tmp_path) == match[1]
        assert local_key_file(tmp_path).is_file()

        process.send_signal(number)
        _, errors = process.communicate(timeout=10)

    assert process.returncode == 0
    assert read_address(tmp_path) == ""
    assert all(json.loads(line)["level"] == "info" for line in errors.splitlines())


def test_it_tells_where_the_data_is_and_how_to_deploy(tmp_path: Path) -> None:
    with serving(tmp_path, "--port", "0") as process:
        printed = "".join(read_greeting(process))

    assert f"  data     {tmp_path}\n" in printed
    assert f"  deploy   vibes-trio deploy my-app --data-dir {tmp_path}\n" in printed
    assert "  Modules: pages load packages from the CDN (VIBES_MODULES=cdn).\n" in printed


def test_it_tells_what_is_missing_where_there_is_no_esbuild(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    with serving(tmp_path / "data", "--port", "0") as process:
        printed = "".join(read_greeting(process))

    assert "  Compiler: Without esbuild JSX is compiled in pure Python, TypeScript is not.\n" in printed


def test_a_port_that_is_taken_is_said_in_one_line(tmp_path: Path) -> None:
    with serving(tmp_path / "a", "--port", "0") as first:
        match = FIRST_LINE.fullmatch(read_greeting(first)[0])
        assert match is not None
        with serving(tmp_path / "b", "--port", match[1].rpartition(":")[2]) as second:
            printed, errors = second.communicate(timeout=20)

    assert second.returncode == UNUSABLE
    assert printed == ""
    assert errors.startswith("error: VIBES_HOST, VIBES_PORT: can't listen on 127.0.0.1:")
    assert errors.count("\n") == 1


def test_a_second_server_of_one_data_folder_is_refused_and_leaves_the_address_of_the_first(
    tmp_path: Path,
) -> None:
    with serving(tmp_path, "--port", "0") as first:
        match = FIRST_LINE.fullmatch(read_greeting(first)[0])
        assert match is not None
        with serving(tmp_path, "--port", "0") as second:
            printed, errors = second.communicate(timeout=20)

        assert read_address(tmp_path) == match[1]
    assert (second.returncode, printed) == (UNUSABLE, "")
    assert "another server serves" in errors
    assert errors.count("\n") == 1


def test_all_files_of_the_data_folder_are_the_owners_alone_whatever_the_umask(tmp_path: Path) -> None:
    """Fails without the umask that `cli.main` sets: files that are made by name alone would be 0666."""
    before = os.umask(0)
    try:
        with serving(tmp_path / "data", "--port", "0", "--workers", "2") as process:
            read_greeting(process)
            found = {
                path: path.stat().st_mode & 0o777
                for path in [tmp_path / "data", *tmp_path.rglob("data/**/*")]
            }
    finally:
        os.umask(before)

    assert {path.name for path in found} > {"data", "address", "keys.json", "vibes.sqlite3", "me.json"}
    assert [path for path, mode in found.items() if mode != (0o700 if path.is_dir() else 0o600)] == []


def test_a_start_beside_data_without_its_keys_is_refused_and_makes_none(tmp_path: Path) -> None:
    """Fails where a missing `keys.json` is made anew: the start succeeds, and every device is locked out."""
    config = Config(tmp_path)
    prepare(config, time.time())
    (tmp_path / "keys.json").unlink()

    with serving(tmp_path, "--port", "0") as process:
        printed, errors = process.communicate(timeout=20)

    assert (process.returncode, printed) == (UNUSABLE, "")
    assert errors.startswith(f"error: {tmp_path / 'keys.json'}: is missing.")
    assert errors.count("\n") == 1
    assert not (tmp_path / "keys.json").exists()


@pytest.mark.parametrize(
    "stage", ["folder", "lock", "half a key file", "keys", "empty file", "tables", "user"]
)
def test_a_first_start_that_was_killed_at_any_stage_can_be_repeated(tmp_path: Path, stage: str) -> None:
    """Fails where keys are made after data, or where what a start leaves counts as data."""
    config = Config(tmp_path / "data")
    stages = ["folder", "lock", "half a key file", "keys", "empty file", "tables", "user"]
    steps = {
        "folder": lambda: config.data_dir.mkdir(),
        "lock": lambda: (config.data_dir / "serve.lock").touch(),
        "half a key file": lambda: (config.data_dir / "keys.json.12").write_text("{"),
        "keys": lambda: ensure_keys(config, time.time()),
        "empty file": lambda: (config.data_dir / "vibes.sqlite3").touch(),
        "tables": lambda: open_database(config).__enter__().close(),
        "user": lambda: user.add(Namespace(settings={"VIBES_DATA_DIR": str(config.data_dir)}, **ME)),
    }
    for step in stages[: stages.index(stage) + 1]:
        steps[step]()

    prepare(config, time.time())
    prepare(config, time.time())

    assert local_key_file(config.data_dir).exists()


def test_users_may_be_added_before_the_first_start(tmp_path: Path) -> None:
    config = Config(tmp_path / "data")
    user.add(Namespace(settings={"VIBES_DATA_DIR": str(config.data_dir)}, **ME | {"name": "ada"}))

    prepare(config, time.time())

    assert (config.data_dir / "keys.json").exists()


def test_a_ca_that_ends_soon_is_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    config, now = Config(data_dir=tmp_path), time.time()
    prepare(config, now)
    assert caplog.messages == []

    prepare(config, now + 3640 * DAY_S)

    assert "expires in 9 days" in caplog.text or "expires in 10 days" in caplog.text


def test_too_many_devices_of_one_user_do_not_keep_it_from_serving(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    config, now = Config(data_dir=tmp_path, limits=Limits(certificates_per_user=2)), time.time()
    keys = ensure_keys(config, now)
    with open_database(config) as db:
        ensure_local_device(config, db, keys, now)
        (user,) = db.points.get(list_users)
        for _ in range(config.limits.certificates_per_user - 1):
            issue_for(db, keys.ca, user, now)
    local_key_file(tmp_path).unlink()

    prepare(config, now)

    assert "deploying from this machine needs a key file" in caplog.text


@pytest.mark.parametrize(
    ("host", "url"), [("127.0.0.1", "http://127.0.0.1:8787"), ("0.0.0.0", "http://127.0.0.1:8787")]
)
def test_the_greeting_names_an_address_that_works_here(host: str, url: str) -> None:
    app = make_app(host=host, notes=("Modules: local.",))

    lines = greeting(app, url)

    assert lines[0].endswith(f"listening on {url}")
    assert "  apps     https://APP--USER.apps.test/" in lines
    assert "  Modules: local." in lines


@pytest.mark.parametrize(
    ("env", "flag"),
    [
        ({"HOME": "/h"}, " --data-dir '/some where'"),
        ({"HOME": "/h", "VIBES_DATA_DIR": "/some where"}, ""),
        ({"XDG_DATA_HOME": "/elsewhere"}, " --data-dir '/some where'"),
    ],
)
def test_the_data_folder_is_named_when_commands_would_not_find_it(env: dict[str, str], flag: str) -> None:
    assert data_dir_flag(Config(data_dir=Path("/some where")), env) == flag


def test_the_usual_data_folder_needs_no_flag() -> None:
    config = Config(data_dir=Path("/h/.local/share/vibes-trio"))

    assert data_dir_flag(config, {"HOME": "/h"}) == ""


def test_the_greeting_has_a_link_that_signs_in_as_long_as_no_browser_is() -> None:
    app = make_app(hostname_base="localhost:8787", protocol="http")

    lines = "\n".join(greeting(app, "http://127.0.0.1:8787", "CODE"))

    assert "  sign in  http://127.0.0.1:8787/sign-in#CODE   (once, within ten minutes)" in lines
    later = "\n".join(greeting(app, "http://127.0.0.1:8787"))
    assert "  open     http://127.0.0.1:8787   (" in later
    assert "login-link" in later


def test_the_link_that_the_first_start_prints_is_used_once(tmp_path: Path) -> None:
    """By a real process, as whoever follows the README sees it."""
    with serving(tmp_path / "data", "--port", "0") as process:
        assert process.stdout is not None
        printed = ""
        for line in process.stdout:
            printed = line
            if line.startswith("  sign in"):
                break
        link = printed.split()[2]
        address, _, code = link.partition("#")
        own = {"origin": urlsplit(address)._replace(path="").geturl()}
        answers = [httpx2.post(address, data={"code": code}, headers=own).status_code for _ in range(2)]

    assert answers == [303, 403]
