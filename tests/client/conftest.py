"""A server of ours in a thread, with two people's key files."""

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest
import trio

from vibes_trio.cli import main
from vibes_trio.commands.serve import prepare
from vibes_trio.config import Config
from vibes_trio.context import App
from vibes_trio.server import serve


@dataclass(frozen=True)
class Served:
    """Where a server is, and the folder with the key files `ada.json` and `eve.json`."""

    url: str
    folder: Path


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("client")
    config = Config(data_dir=folder / "data", port=0, modules="cdn", registry_url="none")
    prepare(config, time.time())
    for name in ("ada", "eve"):
        data = ["--data-dir", str(config.data_dir)]
        assert main(["user", "add", name, *data]) == 0
        assert main(["device", "issue", "--user", name, "--out", str(folder / f"{name}.json"), *data]) == 0
    ready = threading.Event()
    found: list[tuple[App, trio.lowlevel.TrioToken]] = []

    def note(app: App) -> None:
        found.append((app, trio.lowlevel.current_trio_token()))
        ready.set()

    thread = threading.Thread(target=partial(trio.run, partial(serve, config, announce=note)))
    thread.start()
    assert ready.wait(30), "the server did not start"
    app, loop = found[0]
    yield Served(f"http://127.0.0.1:{app.config.port}", folder)
    loop.run_sync_soon(app.draining.set)
    thread.join()
