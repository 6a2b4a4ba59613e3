import json
import os
import threading
from argparse import Namespace
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from vibes_trio.background.trust import ensure_keys
from vibes_trio.commands import doctor
from vibes_trio.commands.address import write_address
from vibes_trio.commands.output import FAILED, OK
from vibes_trio.commands.serve import prepare
from vibes_trio.config import Config, Limits
from vibes_trio.modules.home import GIVEN
from vibes_trio.modules.store.local import JAVASCRIPT, open_store
from vibes_trio.modules.store.page_files import PAGE_FILES

Options = Callable[..., Namespace]
Capture = pytest.CaptureFixture[str]
OFFLINE = {"VIBES_REGISTRY_URL": "none"}


def findings(options: Namespace, capsys: Capture) -> tuple[int, dict[str, tuple[str, str]]]:
    options.deep = getattr(options, "deep", False)
    code = doctor.main(options)
    told = json.loads(capsys.readouterr().out)
    return code, {finding["what"]: (finding["level"], finding["text"]) for finding in told}


@pytest.fixture
def ready() -> Iterator[str]:
    """The address of something that answers."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200 if self.path == "/readyz" else 404)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Answer) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_a_fresh_machine_has_notes_but_no_problem(options: Options, data_dir: Path, capsys: Capture) -> None:
    code, found = findings(options(OFFLINE, json=True), capsys)

    assert code == OK
    assert found["data folder"][0] == "note"
    assert found["registry"] == (
        "note",
        "nobody is asked (VIBES_REGISTRY_URL=none): nothing new can be fetched",
    )
    assert found["server"][0] == "note"
    assert not data_dir.exists()


def test_secrets_that_others_can_read_are_a_problem(
    options: Options, data_dir: Path, capsys: Capture
) -> None:
    ensure_keys(Config(data_dir=data_dir), 1_900_000_000)
    (data_dir / "keys.json").chmod(0o644)

    code, found = findings(options(OFFLINE, json=True), capsys)

    assert code == FAILED
    assert found["modes"] == (
        "problem",
        f"others may read {data_dir / 'keys.json'}. Run: chmod 600 '{data_dir / 'keys.json'}'",
    )


def test_keys_that_are_missing_beside_data_are_a_problem(
    options: Options, data_dir: Path, capsys: Capture
) -> None:
    prepare(Config(data_dir=data_dir), 1_900_000_000)
    (data_dir / "keys.json").unlink()

    code, found = findings(options(OFFLINE, json=True), capsys)

    assert code == FAILED
    assert found["keys"][0] == "problem"
    assert "keys.json: is missing" in found["keys"][1]


def test_a_ca_about_to_expire_is_a_problem(
    options: Options, data_dir: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    not_after = ensure_keys(Config(data_dir=data_dir), 1_900_000_000).ca.not_after
    monkeypatch.setattr(doctor.time, "time", lambda: float(not_after - 86_400))

    soon = findings(options(OFFLINE, json=True), capsys)[1]["keys"]
    monkeypatch.setattr(doctor.time, "time", lambda: float(not_after + 1))
    late = findings(options(OFFLINE, json=True), capsys)[1]["keys"]

    assert soon[0] == late[0] == "problem"
    assert "expires in 1 days" in soon[1]
    assert "can't start" in late[1]


@pytest.mark.parametrize(
    ("stored", "level", "text"),
    [
        ((), "note", "React is not stored"),
        (tuple(GIVEN.values()), "note", "Tailwind or the pages' font is not stored: pages do without"),
        ((*GIVEN.values(), *(f.address for f in PAGE_FILES)), "ok", "all that every page loads is stored"),
    ],
)
def test_what_every_page_loads_is_looked_for(
    options: Options, data_dir: Path, capsys: Capture, stored: tuple[str, ...], level: str, text: str
) -> None:
    data_dir.mkdir(mode=0o700)
    store = open_store(data_dir, Limits())
    for address in stored:
        store.put_file(address, address.encode(), JAVASCRIPT)

    found = findings(options(OFFLINE, json=True), capsys)[1]["modules"]

    assert found[0] == level
    assert found[1].startswith(text)
    assert "modules" not in findings(options(OFFLINE | {"VIBES_MODULES": "cdn"}, json=True), capsys)[1]


def test_a_named_esbuild_must_work(options: Options, capsys: Capture) -> None:
    code, found = findings(options(OFFLINE | {"VIBES_ESBUILD": "/nowhere/esbuild"}, json=True), capsys)

    assert code == FAILED
    assert found["esbuild"] == ("problem", "VIBES_ESBUILD: /nowhere/esbuild does not work on this machine.")


def test_sass_is_fetched_when_it_is_needed_and_what_is_there_must_work(
    options: Options, tmp_path: Path, capsys: Capture
) -> None:
    works = tmp_path / "sass"
    works.write_text("#!/bin/sh\necho 1.2.3\n")
    works.chmod(0o755)

    none = findings(options(OFFLINE, json=True), capsys)[1]["sass"]
    good = findings(options(OFFLINE | {"VIBES_SASS": str(works)}, json=True), capsys)[1]["sass"]
    bad = findings(options(OFFLINE | {"VIBES_SASS": "/nowhere/sass"}, json=True), capsys)[1]["sass"]

    assert none == ("ok", "not here yet: the first app that needs it has it fetched")
    assert good == ("ok", f"1.2.3 at {works}")
    assert bad == ("problem", "VIBES_SASS: /nowhere/sass does not work on this machine.")


def test_a_registry_out_of_reach_is_told(options: Options, capsys: Capture) -> None:
    code, found = findings(options({"VIBES_REGISTRY_URL": "http://127.0.0.1:9/"}, json=True), capsys)

    assert code == OK
    assert found["registry"][0] == "note"
    assert "127.0.0.1:9" in found["registry"][1]


def test_an_address_that_is_none_is_a_problem(options: Options, capsys: Capture) -> None:
    assert findings(options({"VIBES_REGISTRY_URL": "npm"}, json=True), capsys)[1]["registry"][0] == "problem"


def test_the_running_server_is_asked(options: Options, data_dir: Path, ready: str, capsys: Capture) -> None:
    data_dir.mkdir(mode=0o700)
    write_address(data_dir, ready, os.getpid())

    code, found = findings(options(OFFLINE, json=True), capsys)

    assert (code, found["server"]) == (OK, ("ok", f"{ready} is ready"))


def test_a_server_that_is_said_to_run_must_answer(options: Options, data_dir: Path, capsys: Capture) -> None:
    data_dir.mkdir(mode=0o700)
    write_address(data_dir, "http://127.0.0.1:9", os.getpid())

    code, found = findings(options(OFFLINE, json=True), capsys)

    assert (code, found["server"][0]) == (FAILED, "problem")


def test_a_full_disk_is_a_problem(options: Options, monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    monkeypatch.setattr(doctor, "MIN_FREE_BYTES", 1 << 80)

    assert findings(options(OFFLINE, json=True), capsys)[1]["disk"][0] == "problem"


def test_people_get_a_line_each(options: Options, capsys: Capture) -> None:
    doctor.main(options(OFFLINE, deep=False))

    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("ok       Python: 3.")
