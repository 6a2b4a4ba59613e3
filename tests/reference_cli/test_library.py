"""The reference's client library across the end and the start of a server."""

import json
import subprocess
from pathlib import Path

import pytest
from reference import COMMAND_TIMEOUT_S, Cli, Server, find_reference, serving

pytestmark = pytest.mark.slow

OUTLIVE = Path(__file__).with_name("outlive_server.mjs")


@pytest.fixture
def cli(tmp_path: Path) -> Cli:
    (tmp_path / "home").mkdir()
    return Cli(find_reference(), "", "", tmp_path)


def started(cli: Cli, server: Server) -> "subprocess.Popen[str]":
    """Start the script, at an address with what newer clients put behind it."""
    token = server.run("token", "--lifetime", "600").strip()
    return subprocess.Popen(
        cli.script(OUTLIVE),
        env=cli.env()
        | {"API_URL": f"{server.url}/api?.stable-entry.=cli", "TOKEN": token, "APP": "outlived"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def test_it_connects_again_to_a_server_that_was_restarted(cli: Cli, tmp_path: Path) -> None:
    """What was acknowledged is there; frames that tell of progress are no answers."""
    with serving(tmp_path / "data") as server:
        process = started(cli, server)
        assert process.stdout is not None
        deployed, _ready = (json.loads(process.stdout.readline()) for _ in range(2))
    with serving(tmp_path / "data", int(server.url.rpartition(":")[2])):
        rest, _ = process.communicate("started\n", timeout=COMMAND_TIMEOUT_S)
    back = json.loads(rest)

    assert process.returncode == 0
    assert "/App.jsx" in deployed["files"]
    assert deployed["seen"][-1] == "vibes.diy.res-ensure-app-slug"
    assert set(deployed["seen"][:-1]) == {"vibes.diy.res-progress"}
    assert back["apps"] == ["outlived"]
    assert back["reconnected"] >= 1
