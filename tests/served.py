"""A server as the command runs it, in a thread of this process, with people who have key files."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import trio

from vibes_trio.cli import main
from vibes_trio.commands.serve import announce, prepare
from vibes_trio.config import Config, ModulesMode
from vibes_trio.context import App
from vibes_trio.server import serve


@dataclass(frozen=True)
class Served:
    """Where a server is, its data folder, and the folder with the key files of its people: `ada.json`, `eve.json`."""

    url: str
    data_dir: Path
    folder: Path

    def deploy(self, app: str, *words: str, as_user: str = "ada", **files: str) -> int:
        """Deploy an app of these files, whose names have `_` for a dot; each app has its own folder."""
        folder = self.folder / f"app {app}"
        folder.mkdir(exist_ok=True)
        for old in folder.iterdir():
            old.unlink()
        for name, text in files.items():
            (folder / name.replace("_", ".")).write_text(text)
        return self.run("deploy", str(folder), "--app", app, *words, as_user=as_user)

    def run(self, *words: str, as_user: str = "ada") -> int:
        """Run a command that asks this server, as one of its people."""
        who = ["--device", str(self.folder / f"{as_user}.json")]
        return main([*words, *who, "--url", self.url, "--data-dir", str(self.folder / "none")])


@contextmanager
def in_a_thread(config: Config) -> Iterator[App]:
    """Run a server as the command does, but in a thread of this process."""
    ready = threading.Event()
    found: list[tuple[App, trio.lowlevel.TrioToken]] = []

    def note(app: App) -> None:
        announce(app)
        found.append((app, trio.lowlevel.current_trio_token()))
        ready.set()

    thread = threading.Thread(target=partial(trio.run, partial(serve, config, announce=note)))
    thread.start()
    while not ready.wait(0.1):
        assert thread.is_alive(), "the server did not start"
    app, token = found[0]
    try:
        yield app
    finally:
        token.run_sync_soon(app.draining.set)
        thread.join()


@contextmanager
def serving_people(
    folder: Path, people: tuple[str, ...] = ("ada", "eve"), modules: ModulesMode = "cdn"
) -> Iterator[Served]:
    """Run a server on a data folder below *folder*, with these people."""
    config = Config(data_dir=folder / "data", port=0, modules=modules, registry_url="none")
    prepare(config, time.time())
    for name in people:
        data = ["--data-dir", str(config.data_dir)]
        assert main(["user", "add", name, *data]) == 0
        assert main(["device", "issue", "--user", name, "--out", str(folder / f"{name}.json"), *data]) == 0
    with in_a_thread(config) as app:
        yield Served(f"http://127.0.0.1:{app.config.port}", config.data_dir, folder)
