"""A working day, as one person has it from the command line and from programs; the server is killed in between."""

import json
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import trio

from vibes_trio.cli import main
from vibes_trio.client import device_file, open_api
from vibes_trio.commands.chat_text import blocks_of, text_of
from vibes_trio.config import Limits
from vibes_trio.wire.chat import ReqEnsureChatContext
from vibes_trio.wire.chats import ReqReadChatSections

pytestmark = pytest.mark.slow

SECTIONS = 200
KILLED_AT = (70, 140)
LIMITS = Limits(reconnect_base_s=0.05, reconnect_max_s=0.5, request_tries=20)
Capture = pytest.CaptureFixture[str]


@dataclass
class Server:
    """A server in a process of its own, always on the same port."""

    data_dir: Path
    port: int
    process: subprocess.Popen[str] = field(init=False)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        command = [sys.executable, "-m", "vibes_trio", "serve", "--data-dir", str(self.data_dir)]
        settings = ["--port", str(self.port), "--modules", "cdn", "--registry-url", "none"]
        self.process = subprocess.Popen(
            [*command, *settings], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        assert self.process.stdout is not None
        assert "listening on" in self.process.stdout.readline()

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()


@contextmanager
def serving(folder: Path) -> Iterator[Server]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = Server(folder / "data", port)
    server.start()
    try:
        yield server
    finally:
        server.kill()


def write(folder: Path, words: str) -> None:
    folder.mkdir(exist_ok=True)
    (folder / "App.jsx").write_text(f"export default () => <p>{words}</p>;\n")


async def append_all(server: Server, key: Path) -> list[int]:
    """Append the day's sections; twice the server is killed while one is on its way. Return what was acknowledged."""
    acknowledged = [-1]
    async with open_api(server.url, device_file(key), limits=LIMITS) as api:
        await api.request(ReqEnsureChatContext(context_id="day"))
        async with trio.open_nursery() as nursery:
            for number in range(SECTIONS):
                if number in KILLED_AT:
                    nursery.start_soon(trio.to_thread.run_sync, restart, server)
                origin = "user" if number % 2 == 0 else "llm"
                blocks = blocks_of(f"section {number} of the day", origin, "")
                appended = await api.append("day", origin, blocks, after=acknowledged[-1])
                acknowledged.append(appended.seq)
    return acknowledged[1:]


def restart(server: Server) -> None:
    server.kill()
    server.start()


async def follow_all(server: Server, key: Path, seen: list[tuple[int, str]]) -> None:
    """Follow the chat from its beginning to its last section, from another connection."""
    async with open_api(server.url, device_file(key), limits=LIMITS) as api:
        await api.request(ReqEnsureChatContext(context_id="day"))
        async with api.sections("day") as sections:
            async for section in sections:
                seen.append((section.seq, text_of(section.blocks)))
                if section.seq == SECTIONS - 1:
                    return


async def read_all(server: Server, key: Path) -> list[str]:
    async with open_api(server.url, device_file(key), limits=LIMITS) as api:
        pages = api.pages(ReqReadChatSections(context_id="day", start=0))
        return [text_of(section.blocks) async for page in pages for section in page.items]


def test_nothing_that_was_acknowledged_is_lost_and_nothing_comes_twice(
    tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("VIBES_URL", "VIBES_DEVICE_ID", "VIBES_ENV"):
        monkeypatch.delenv(name, raising=False)
    with serving(tmp_path) as server:
        here = ["--data-dir", str(tmp_path / "home")]

        def run(*words: str) -> str:
            capsys.readouterr()
            assert main([*words, *here]) == 0, capsys.readouterr().err
            return capsys.readouterr().out.strip()

        # Morning: sign in on another machine, try a first version out.
        main(["user", "add", "ada", "--data-dir", str(server.data_dir)])
        capsys.readouterr()
        main(["device", "code", "--user", "ada", "--data-dir", str(server.data_dir)])
        code = capsys.readouterr().out.strip()
        run("login", "--url", server.url, "--code", code)
        run("handles", "take", "ada")
        write(tmp_path / "shop", "one")
        run("deploy", str(tmp_path / "shop"), "--mode", "dev", "-m", "first")
        restart(server)

        # Noon: a chat of two hundred sections, followed from elsewhere, the server killed twice.
        (key,) = (tmp_path / "home" / "logins").glob("*.json")
        seen: list[tuple[int, str]] = []

        async def chat() -> list[int]:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(follow_all, server, key, seen)
                return await append_all(server, key)

        acknowledged = trio.run(chat)
        words = [f"section {number} of the day" for number in range(SECTIONS)]
        assert acknowledged == list(range(SECTIONS))
        assert seen == list(enumerate(words)), "the tail has no gap and no twin"
        assert trio.run(read_all, server, key) == words

        # Afternoon: a second version, published, gone back from, after another kill.
        write(tmp_path / "shop", "two")
        run("deploy", str(tmp_path / "shop"), "--mode", "dev", "-m", "second")
        run("publish", "shop", "v1")
        run("publish", "shop", "v2")
        restart(server)
        run("rollback", "shop")
        restart(server)
        versions = json.loads(run("versions", "shop", "--json"))
        (shown,) = (version for version in versions if version["published"])
        assert shown["message"] == "first"
        assert {version["message"] for version in versions} == {"first", "second"}
        assert json.loads(run("chat", "list", "--json"))[0]["sections"] == SECTIONS
        # What a killed server had not looked through yet, the next one does when it has a moment.
        found: list[dict[str, object]] = []
        tries = 200
        while not found and (tries := tries - 1):
            found = json.loads(run("chat", "search", "section 123 of", "--json"))
        assert [section["seq"] for section in found] == [123]
