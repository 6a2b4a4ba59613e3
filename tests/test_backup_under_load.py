"""A backup beside a server that is busy: what is restored is what was, at one moment."""

import json
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing

import trio
from asking import APPEND, DEPLOY, ENSURE_CHAT, envelope, text
from recorded import token
from serving import http_client, running, websocket
from test_appends import block

WRITERS, IN_FLIGHT = 8, 4
BEFORE = 40
"""So many appends, and three deploys, are acknowledged before the backup begins."""


class Load:
    """What was acknowledged: how many sections of each chat, and which releases."""

    def __init__(self):
        self.sections = dict.fromkeys((f"chat-{number}" for number in range(WRITERS)), 0)
        self.releases = []
        self.stop = trio.Event()
        self.started = trio.current_time()

    @property
    def all_sections(self):
        return sum(self.sections.values())

    async def append(self, port, chat):
        """Over a WebSocket, several in flight; each answer counts when it is there."""
        async with websocket(port) as socket:
            await socket.send_message(envelope(token("A"), ENSURE_CHAT, contextId=chat).decode())
            await socket.get_message()
            members = {"contextId": chat, "origin": "user", "blocks": [block("words")]}
            append = envelope(token("A"), APPEND, **members).decode()
            for _ in range(IN_FLIGHT):
                await socket.send_message(append)
            while not self.stop.is_set():
                answered = await socket.get_message()
                assert "res-append-chat-section" in answered, answered
                self.sections[chat] += 1
                await socket.send_message(append)

    async def deploy(self, port):
        number = 0
        async with http_client(port) as client:
            while not self.stop.is_set():
                number += 1
                files = [
                    text("/index.html", f"<title>{number}</title><script type=module src=x.js></script>"),
                    text("/x.js", f"export default {number};\n" * 500),
                ]
                made = await client.ask(
                    token("A"), DEPLOY, appSlug="shop", mode="production", fileSystem=files
                )
                self.releases.append((made["appSlug"], made["userSlug"], made["fsId"]))

    async def reached(self, sections, releases):
        with trio.fail_after(60):
            while self.all_sections < sections or len(self.releases) < releases:  # noqa: ASYNC110 - it counts
                await trio.sleep(0.01)


async def command(*words):
    done = await trio.run_process(
        [sys.executable, "-m", "vibes_trio", *map(str, words)],
        capture_stdout=True,
        stderr=subprocess.DEVNULL,
    )
    return done.stdout.decode()


async def pages_of(app, releases):
    """Return the page and the module of each of *releases*, as a browser gets them, without the port in them."""
    found = {}
    async with http_client(app.config.port) as client:
        for slug, user, fs_id in releases:
            for path in ("", "x.js"):
                answer = await client.get(f"{slug}--{user}.localhost", f"/~{fs_id}~/{path}")
                found[slug, fs_id, path] = (
                    answer[0],
                    answer[2].replace(f":{app.config.port}".encode(), b""),
                )
    return found


async def test_what_is_restored_is_whole_and_has_all_that_was_acknowledged_before(tmp_path):
    backup, new = tmp_path / "backup.zip", tmp_path / "new"
    async with running(tmp_path / "data") as app, trio.open_nursery() as nursery:
        load = Load()
        for chat in load.sections:
            nursery.start_soon(load.append, app.config.port, chat)
        nursery.start_soon(load.deploy, app.config.port)
        await load.reached(BEFORE, 3)
        before, deployed = dict(load.sections), list(load.releases)
        made = json.loads(await command("backup", backup, "--json", "--data-dir", tmp_path / "data"))
        during = load.all_sections - sum(before.values())
        await load.reached(load.all_sections + 20, len(load.releases) + 1)
        load.stop.set()
        rate = load.all_sections / (trio.current_time() - load.started)
        wanted = await pages_of(app, load.releases)

    await command("restore", backup, "--data-dir", new)
    shutil.copy(tmp_path / "data" / "keys.json", new)  # which were kept apart

    with closing(sqlite3.connect(new / "vibes.sqlite3")) as restored:
        assert restored.execute("PRAGMA quick_check").fetchall() == [("ok",)]
        seqs = dict.fromkeys(load.sections, 0)
        for chat, count, first, last in restored.execute(
            "SELECT contextId, count(*), min(seq), max(seq) FROM ChatSections GROUP BY contextId"
        ):
            assert (first, last) == (0, count - 1), "a gap"
            seqs[chat] = count
        there = {row[0] for row in restored.execute("SELECT fsId FROM Apps")}
    assert all(before[chat] <= seqs[chat] <= load.sections[chat] + IN_FLIGHT for chat in before)
    assert {fs_id for _, _, fs_id in deployed} <= there
    assert during > 20, f"it was not busy: {rate:.0f} appends a second"
    assert made["facts"]["releases"] == len(there)

    async with running(new) as app:
        kept = [release for release in load.releases if release[2] in there]
        assert await pages_of(app, kept) == {key: wanted[key] for key in wanted if key[1] in there}
        assert {status for status, _ in wanted.values()} == {200}
