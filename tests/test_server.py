"""The whole server: how it starts, what it says of itself, how it stops, and what is still there afterwards."""

import errno
import json
import os
import re
import signal
import socket
import stat
import subprocess
import sys
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import trio
import trio.testing
from answering import answer
from asking import DEPLOY, ENSURE_CHAT, envelope, text
from recorded import token
from serving import http_client, running, websocket
from trio_websocket import ConnectionClosed

from vibes_trio import server
from vibes_trio.config import load_config
from vibes_trio.errors import ConfigError
from vibes_trio.exchange import HttpIncoming
from vibes_trio.handlers import PIPELINE
from vibes_trio.server import Parts, serve

ROOT = Path(__file__).parents[1]
LISTENING = re.compile(r"listening on http://127\.0\.0\.1:(\d+)")
HOST = "garden--ada.localhost"


def settings_for(data_dir, **settings):
    given = {"VIBES_DATA_DIR": str(data_dir), "VIBES_PORT": "0", "VIBES_MODULES": "cdn"}
    return load_config(given | settings)


async def serve_briefly(config):
    """Run a server that is told to stop as soon as it listens."""
    stop = trio.Event()
    with trio.fail_after(30):
        await serve(config, announce=lambda app: stop.set(), stop=stop, parts=Parts(env={}))


# -- in this process --------------------------------------------------------------------------------------


async def test_it_listens_where_it_says_and_knows_its_own_port(tmp_path):
    async with running(tmp_path) as app, http_client(app.config.port) as client:
        status, headers, body = await client.get("localhost", "/healthz")

    assert app.config.port != 0
    assert app.config.hostname_base == f"localhost:{app.config.port}"
    assert (status, json.loads(body)) == (200, {"status": "ok"})
    assert headers["access-control-allow-origin"] == "*"


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
async def test_a_draining_server_is_alive_but_not_ready(tmp_path, path):
    async with running(tmp_path) as app:
        before = await answer(app, PIPELINE, HttpIncoming("GET", "localhost", path))
        app.draining.set()
        after = await answer(app, PIPELINE, HttpIncoming("GET", "localhost", path))
        head = await answer(app, PIPELINE, HttpIncoming("HEAD", "localhost", path))

    assert before.status == 200
    assert after.status == head.status == (200 if path == "/healthz" else 503)
    assert (head.body, head.length) == (b"", len(after.body))


async def test_an_app_has_its_own_healthz(tmp_path):
    async with running(tmp_path) as app, http_client(app.config.port) as client:
        await client.ask(token("A"), DEPLOY, **deploy_members("/healthz", "the app's own"))
        _, _, body = await client.get(HOST, "/healthz")

    assert body == b"the app's own"


def deploy_members(name, content):
    files = [text(name, content)]
    return {"mode": "production", "appSlug": "garden", "userSlug": "ada", "fileSystem": files}


async def test_after_a_restart_everything_is_there_and_goes_on(tmp_path):
    async with running(tmp_path) as app, http_client(app.config.port) as client:
        first = await client.ask(token("A"), DEPLOY, **deploy_members("/v.txt", "one"))
        chat = await client.ask(token("A"), ENSURE_CHAT)

    async with running(tmp_path) as app, http_client(app.config.port) as client:
        latest = await client.get(HOST, "/v.txt")
        named = await client.get(HOST, f"/~{first['fsId']}~/v.txt")
        again = await client.ask(token("A"), ENSURE_CHAT, contextId=chat["contextId"])
        foreign = await client.ask(token("B"), DEPLOY, **deploy_members("/v.txt", "two"))
        second = await client.ask(token("A"), DEPLOY, **deploy_members("/v.txt", "two"))
        newest = await client.get(HOST, "/v.txt")

    assert latest[2] == named[2] == b"one"
    assert again["contextId"] == chat["contextId"]
    assert foreign["code"] == "slug-taken"
    assert second["fsId"] != first["fsId"]
    assert newest[2] == b"two"


async def test_keys_are_made_once_and_for_their_owner_only(tmp_path):
    data_dir = tmp_path / "new" / "folder"

    await serve_briefly(settings_for(data_dir))
    made = {path.name: path.read_bytes() for path in data_dir.iterdir() if "key" in path.name}
    await serve_briefly(settings_for(data_dir))

    assert made
    assert {name: (data_dir / name).read_bytes() for name in made} == made
    assert stat.S_IMODE(data_dir.stat().st_mode) == 0o700
    for name in (*made, "vibes.sqlite3"):
        assert stat.S_IMODE((data_dir / name).stat().st_mode) == 0o600, name


async def test_a_part_that_can_not_be_loaded_ends_no_server(tmp_path, monkeypatch, caplog):
    """Too many open files, say, just then: who asks for it later has it loaded."""
    failed = trio.Event()

    async def fail():
        failed.set()
        raise OSError(errno.EMFILE, "Too many open files")

    monkeypatch.setattr(server, "LOAD_REST_AFTER_S", 0)
    monkeypatch.setattr(server, "load_deploys", fail)
    async with running(tmp_path) as app, http_client(app.config.port) as client:
        await failed.wait()
        await trio.testing.wait_all_tasks_blocked()
        status, _, _ = await client.get("localhost", "/healthz")

    assert status == 200
    assert "can't be loaded" in caplog.text


async def test_two_lanes_and_both_kinds_of_message_answer_alike(tmp_path):
    body = envelope("nobody", ENSURE_CHAT)
    chunked = b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)

    async with running(tmp_path) as app:
        async with http_client(app.config.port) as client:
            await client.send("POST", "/v1/api", "localhost", body)
            posted = (await client.answer())[2]
        async with http_client(app.config.port) as client:
            request = b"POST /v1/api HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\n"
            await client.stream.send_all(request + chunked)
            full_lane = (await client.answer())[2]
        async with websocket(app.config.port) as ws:
            await ws.send_message(body.decode())
            said = (await ws.get_message()).encode()

    assert posted == full_lane == said
    assert json.loads(said)["payload"]["code"] == "require-login"


async def test_an_address_in_use_is_told_by_the_names_of_its_settings(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ConfigError, match=rf"VIBES_HOST, VIBES_PORT: can't listen on 127.0.0.1:{port}"):
            await serve(settings_for(tmp_path, VIBES_PORT=str(port)), parts=Parts(env={}))

    assert not list(tmp_path.iterdir())


async def test_an_address_that_is_none_is_told_likewise(tmp_path):
    with pytest.raises(ConfigError, match="VIBES_HOST"):
        await serve(settings_for(tmp_path, VIBES_HOST="192.0.2.1"), parts=Parts(env={}))


async def test_a_data_folder_that_is_a_file_is_told_by_the_name_of_its_setting(tmp_path):
    (tmp_path / "file").write_text("no folder")
    config = settings_for(tmp_path)

    for path in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(ConfigError, match="VIBES_DATA_DIR"):
            await serve_briefly(replace(config, data_dir=path))


async def test_a_data_folder_that_cannot_be_written_to_is_told_likewise(tmp_path, monkeypatch):
    """The kernel lets root write anywhere, so its answer is made up here."""
    monkeypatch.setattr(os, "access", lambda path, mode: False)

    with pytest.raises(ConfigError, match="VIBES_DATA_DIR"):
        await serve_briefly(settings_for(tmp_path))


async def test_a_data_folder_that_cannot_be_made_is_told_likewise(tmp_path, monkeypatch):
    def refuse(self, *args, **kwargs):
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr(Path, "mkdir", refuse)

    with pytest.raises(ConfigError, match=r"VIBES_DATA_DIR.*Read-only file system"):
        await serve_briefly(settings_for(tmp_path / "new"))


async def test_a_file_that_is_no_database_is_told(tmp_path):
    (tmp_path / "vibes.sqlite3").write_bytes(b"this is no database at all" * 100)

    with pytest.raises(ConfigError, match=r"vibes\.sqlite3"):
        await serve_briefly(settings_for(tmp_path))


async def test_a_compiler_that_is_none_is_told_and_everything_is_closed_again(tmp_path):
    with pytest.raises(ConfigError, match="VIBES_ESBUILD"):
        await serve_briefly(settings_for(tmp_path, VIBES_ESBUILD="/nonexistent/esbuild"))

    await serve_briefly(settings_for(tmp_path))


async def test_a_websocket_hears_that_the_server_goes_away_after_its_replies(tmp_path):
    async with trio.open_nursery() as nursery:
        stopped = trio.Event()
        replies = []
        opened = trio.Event()

        async def talk(port):
            async with websocket(port) as ws:
                await ws.send_message(envelope("nobody", ENSURE_CHAT).decode())
                replies.append(json.loads(await ws.get_message()))
                opened.set()
                with pytest.raises(ConnectionClosed) as closed:
                    await ws.get_message()
                replies.append(closed.value.reason.code)

        with trio.fail_after(10):
            async with running(tmp_path) as app:
                nursery.start_soon(talk, app.config.port)
                await opened.wait()
            stopped.set()

    assert replies[0]["payload"]["code"] == "require-login"
    assert replies[1] == 1001


async def test_what_is_in_flight_is_answered_before_the_server_stops(tmp_path):
    """A deploy that is being compiled when the server is told to stop."""
    compiling, go_on = trio.Event(), trio.Event()
    replies = []

    async def package_version(name):
        compiling.set()
        await go_on.wait()
        return "1.0.0"

    async def deploy_slowly(port):
        files = [
            {"type": "code-block", "lang": "jsx", "filename": "/A.jsx", "content": 'import "left-pad";\n'}
        ]
        async with http_client(port) as client:
            replies.append(await client.ask(token("A"), DEPLOY, mode="dev", fileSystem=files))

    async with trio.open_nursery() as nursery:
        with trio.fail_after(10):
            async with running(tmp_path, package_version=package_version) as app:
                nursery.start_soon(deploy_slowly, app.config.port)
                await compiling.wait()
                app.draining.set()
                await trio.testing.wait_all_tasks_blocked(0.01)
                go_on.set()

    assert replies[0]["type"] == "vibes.diy.res-ensure-app-slug"


# -- in a process of its own ------------------------------------------------------------------------------


@dataclass
class Process:
    popen: subprocess.Popen
    port: int
    lines: list[str]

    async def wait(self, within_s):
        with trio.fail_after(within_s):
            return await trio.to_thread.run_sync(self.popen.wait, abandon_on_cancel=True)


@asynccontextmanager
async def process(data_dir, *flags):
    """A server as an operator runs it, its output in a pipe."""
    env = os.environ | {"VIBES_DATA_DIR": str(data_dir), "VIBES_MODULES": "cdn", "PYTHONPATH": str(ROOT)}
    env["VIBES_REGISTRY_URL"] = "none"
    popen = subprocess.Popen(
        [sys.executable, "-m", "vibes_trio", "serve", "--host", "127.0.0.1", "--port", "0", *flags],
        env={name: value for name, value in env.items() if name != "VIBES_ESBUILD"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    lines = []

    def read_port():
        for line in popen.stdout:
            lines.append(line)
            if found := LISTENING.search(line):
                return int(found[1])
        raise AssertionError("".join(lines))

    try:
        with trio.fail_after(30):
            port = await trio.to_thread.run_sync(read_port, abandon_on_cancel=True)
        yield Process(popen, port, lines)
    finally:
        popen.kill()
        popen.wait()
        popen.stdout.close()


@asynccontextmanager
async def half_a_request(port):
    """A client that has sent all of a message but its last byte; gives what sends that byte."""
    body = envelope("nobody", ENSURE_CHAT)
    async with http_client(port) as client, http_client(port) as other:
        head = f"POST / HTTP/1.1\r\nhost: localhost\r\ncontent-length: {len(body)}\r\n\r\n".encode()
        await client.stream.send_all(head + body[:-1])
        for _ in range(3):  # who answers later requests has read that
            await other.get("localhost", "/healthz")

        async def finish():
            await client.stream.send_all(body[-1:])
            return await client.answer()

        yield finish


async def test_sigterm_answers_what_is_in_flight_says_goodbye_and_exits_with_0(tmp_path):
    async with process(tmp_path) as server, half_a_request(server.port) as finish:
        async with websocket(server.port) as ws:
            await ws.send_message(envelope("nobody", ENSURE_CHAT).decode())
            said = json.loads(await ws.get_message())
            server.popen.send_signal(signal.SIGTERM)
            with pytest.raises(ConnectionClosed) as closed, trio.fail_after(5):
                await ws.get_message()
        with pytest.raises(OSError):
            await trio.open_tcp_stream("127.0.0.1", server.port)
        status, headers, body = await finish()
        code = await server.wait(within_s=5)

    assert said["payload"]["code"] == "require-login"
    assert closed.value.reason.code == 1001
    assert (status, headers["connection"].lower()) == (401, "close")
    assert json.loads(body)["payload"]["code"] == "require-login"
    assert code == 0


async def test_sigint_stops_it_in_order_too(tmp_path):
    async with process(tmp_path) as server:
        server.popen.send_signal(signal.SIGINT)

        assert await server.wait(within_s=5) == 0


async def test_a_second_signal_ends_it_at_once(tmp_path):
    async with process(tmp_path) as server, half_a_request(server.port), websocket(server.port) as ws:
        server.popen.send_signal(signal.SIGTERM)
        with pytest.raises(ConnectionClosed), trio.fail_after(5):
            await ws.get_message()  # so the first signal has been heard
        server.popen.send_signal(signal.SIGTERM)

        assert await server.wait(within_s=1) == 130


async def test_a_client_that_never_finishes_does_not_hold_the_server(tmp_path):
    async with process(tmp_path) as server, half_a_request(server.port):
        server.popen.send_signal(signal.SIGTERM)

        assert await server.wait(within_s=10) == 0
