"""Several processes behind one port: the same answers, whoever accepts; and what happens when one of them ends.

`reading` leaves all accepting to one reader, a real process: so each exchange of these tests is answered by it or
handed over by it, and nothing depends on which process is quicker.
"""

import json
import os
import signal
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
import trio
from answering import answer
from asking import APPEND, DEPLOY, ENSURE_CHAT, deploy, envelope, text
from local_home import ADDRESS, FakeHome, run_jobs
from prometheus_client.parser import text_string_to_metric_families
from recorded import open_recorded_app, play, scenarios, send_over_socket, token
from serving import http_client, running, websocket
from test_server import half_a_request, process

from vibes_trio import server
from vibes_trio.config import SECRET_VARIABLES, Limits, load_config
from vibes_trio.content.policy import calc_policy
from vibes_trio.context import App
from vibes_trio.errors import ConfigError
from vibes_trio.front.serve import serve_front
from vibes_trio.front.sockets import close_listeners, open_listeners
from vibes_trio.front.state import Front
from vibes_trio.handlers import PIPELINE, order_key
from vibes_trio.modules.build.single import RECIPE
from vibes_trio.modules.home import GIVEN
from vibes_trio.modules.store.addresses import Built
from vibes_trio.modules.store.local import open_store
from vibes_trio.server import serve
from vibes_trio.services.newer import NEWER
from vibes_trio.services.waiting import PROGRESS
from vibes_trio.workers import owner
from vibes_trio.workers.owner import Orders, Readers, answer_settled

SCENARIOS = [pytest.param(scenario, id=f"{name}-{scenario['scenario']}") for name, scenario in scenarios()]
PLAIN = {"server_env": {"VIBES_EXTRA_HOSTS": "localhost"}, "vectors": []}
HOST = "garden--ada.localhost"
GET = f"GET /v.txt HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode()


@asynccontextmanager
async def reading(app: App) -> AsyncIterator[tuple[int, Front]]:
    """Serve *app* to whom a single reader accepts; gives the port, and the owner's front, which accepts nobody."""
    listeners = await open_listeners("127.0.0.1", 0, app.config.limits)
    readers = Readers(1, Orders(app.config, app.modules is not None, "warning"), listeners, app.draining)
    app.db.feed.hear_all(readers.hear)
    answer_it = partial(answer_settled, lambda: readers.heard, readers.settle, partial(answer, app, PIPELINE))
    front = Front(
        answer_it, order_key, app.config.limits, app.draining, balance=readers.balance, site=app.site
    )
    try:
        async with trio.open_nursery() as nursery:
            await nursery.start(serve_front, front, (), readers.serve)
            yield listeners[0].getsockname()[1], front
            app.draining.set()
    finally:
        close_listeners(listeners)
        readers.close()


def readers_of(pid: int) -> list[int]:
    """Return the readers that *pid* runs."""
    of_threads = [path.read_text().split() for path in Path(f"/proc/{pid}/task").glob("*/children")]
    return [int(child) for children in of_threads for child in children if runs_a_reader(int(child))]


def runs_a_reader(pid: int) -> bool:
    """Whether *pid* is a reader; one that has ended has no command line, reaped or not."""
    try:
        return owner.READER.encode() in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False


async def until(condition) -> None:
    with trio.fail_after(10):
        while not condition():  # noqa: ASYNC110 - other processes' doings
            await trio.sleep(0.01)


def words(content: str) -> dict[str, object]:
    files = [text("/v.txt", content)]
    return {"mode": "production", "appSlug": "garden", "userSlug": "ada", "fileSystem": files}


# -- one reader, which accepts all --------------------------------------------------------------------------


@pytest.mark.parametrize("scenario", SCENARIOS)
async def test_recorded_exchanges_with_a_reader_in_between(scenario, tmp_path):
    faults = []

    async with open_recorded_app(scenario, tmp_path) as app, reading(app) as (port, _):
        async for vector, got, current in play(scenario, app, partial(send_over_socket, port)):
            faults += current.check(vector, got, from_socket=True)

    assert faults == []


async def test_a_reader_answers_visitors_and_hands_all_else_over(tmp_path):
    async with open_recorded_app(PLAIN, tmp_path) as app, reading(app) as (port, owner):
        async with http_client(port) as client:
            published = await client.ask(token("A"), DEPLOY, **words("hello"))
        by_owner = (owner.counts.accepted, owner.counts.fast)
        async with http_client(port) as client:
            await client.stream.send_all(GET)
            found = await client.answer()
            await client.stream.send_all(GET.replace(b"GET /v", b"HEAD /w"))
            head = await client.stream.receive_some(65536)
            await client.stream.send_all(b"GET /~esm/nothing HTTP/1.1\r\nHost: localhost\r\n\r\n")
            module = await client.answer()
            await client.stream.send_all(b"GET /v.txt HTTP/1.1\r\nHost: a b\r\n\r\n")
            refused = await client.answer()
        after = (owner.counts.accepted, owner.counts.fast)
        async with http_client(port) as client:
            await client.stream.send_all(b"GET /readyz HTTP/1.1\r\nHost: localhost\r\n\r\n")
            ready = await client.answer()

    assert published["type"] == "vibes.diy.res-ensure-app-slug"
    assert (found[0], found[2]) == (200, b"hello")
    assert head.startswith(b"HTTP/1.1 404")
    assert (module[0], refused[0]) == (404, 400)
    assert by_owner == after == (1, 1)
    assert (ready[0], owner.counts.accepted) == (200, 2)


async def test_bytes_that_came_with_the_head_are_handed_over_too(tmp_path):
    body = envelope("nobody", ENSURE_CHAT)
    post = f"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body

    async with (
        open_recorded_app(PLAIN, tmp_path) as app,
        reading(app) as (port, owner),
        http_client(port) as client,
    ):
        await client.stream.send_all(GET + post + GET + post)
        statuses = [(await client.answer())[0] for _ in range(4)]

    assert statuses == [404, 401, 404, 401]
    assert (owner.counts.accepted, owner.counts.fast) == (1, 3)


async def test_a_connection_is_handed_over_in_the_middle_of_a_message(tmp_path):
    body = json.dumps({"payload": {"filler": "x" * 200_000}}).encode()
    head = f"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    chunked = b"POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"

    async with open_recorded_app(PLAIN, tmp_path) as app, reading(app) as (port, _):
        async with http_client(port) as client:
            await client.stream.send_all(head[:-7])
            await client.stream.send_all(head[-7:] + body[:10_000])
            await client.stream.send_all(body[10_000:])
            whole = await client.answer()
        async with http_client(port) as client:
            await client.stream.send_all(chunked + b"%x\r\n" % len(body) + body + b"\r\n0\r\n\r\n")
            in_chunks = await client.answer()

    assert whole[0] == in_chunks[0] == 400
    assert whole[2] == in_chunks[2]


async def test_a_websocket_lives_in_the_owner(tmp_path):
    async with (
        open_recorded_app(PLAIN, tmp_path) as app,
        reading(app) as (port, owner),
        websocket(port) as ws,
    ):
        await ws.send_message(envelope(token("A"), ENSURE_CHAT).decode())
        context = json.loads(await ws.get_message())["payload"]["contextId"]
        section = {"contextId": context, "origin": "user", "blocks": []}
        await ws.send_message(envelope(token("A"), APPEND, **section).decode())
        appended = json.loads(await ws.get_message())["payload"]

    assert owner.counts.websockets == 1
    assert appended["contextId"] == context


async def test_what_is_deployed_is_seen_as_soon_as_the_reply_is_there(tmp_path):
    seen = []

    async with (
        open_recorded_app(PLAIN, tmp_path) as app,
        reading(app) as (port, _),
        http_client(port) as author,
        http_client(port) as visitor,
    ):
        for number in range(30):
            await author.ask(token("A"), DEPLOY, **words(f"version {number}"))
            for _ in range(2):  # the second is a ready answer
                await visitor.stream.send_all(GET)
                seen.append((await visitor.answer())[2].decode())

    assert seen == [f"version {number}" for number in range(30) for _ in range(2)]


async def test_a_change_that_nobody_tells_of_is_seen_soon(tmp_path):
    """As another program's: here the owner deploys beside its own front."""
    async with (
        open_recorded_app(PLAIN, tmp_path) as app,
        reading(app) as (port, _),
        http_client(port) as visitor,
    ):
        await deploy(app, text("/v.txt", "old"), user=token("A"))

        async def see() -> bytes:
            await visitor.stream.send_all(GET)
            return (await visitor.answer())[2]

        with trio.fail_after(5):
            while await see() != b"old":
                pass
        await deploy(app, text("/v.txt", "new"), user=token("A"))
        with trio.fail_after(5):
            while await see() != b"new":
                pass


async def test_a_page_that_waits_at_a_reader_hears_of_a_newer_release(tmp_path):
    async with (
        open_recorded_app(PLAIN, tmp_path) as app,
        reading(app) as (port, _),
        http_client(port) as author,
        http_client(port) as visitor,
    ):
        first = await author.ask(token("A"), DEPLOY, **(words("one") | {"mode": "dev"}))
        await visitor.send("GET", f"/~{first['fsId']}~{NEWER}", HOST)
        await trio.sleep(0.1)  # so that it waits, if the machine is quick; else it finds the release at once
        second = await author.ask(token("A"), DEPLOY, **(words("two") | {"mode": "dev"}))
        with trio.fail_after(5):
            status, _, body = await visitor.answer()

    assert (status, json.loads(body)) == (200, {"fsId": second["fsId"]})


async def test_a_reader_that_does_not_answer_holds_no_deploy_up_for_long(tmp_path):
    async with open_recorded_app(PLAIN, tmp_path) as app:
        limits = replace(app.config.limits, reader_settle_s=0.05)
        app = replace(app, config=replace(app.config, limits=limits))
        async with reading(app) as (port, _), http_client(port) as author:
            await author.ask(token("A"), DEPLOY, **words("one"))  # it is the owner's connection from now on
            (reader,) = readers_of(os.getpid())
            os.kill(reader, signal.SIGSTOP)
            with trio.fail_after(5):
                second = await author.ask(token("A"), DEPLOY, **words("two"))
            os.kill(reader, signal.SIGCONT)

    assert second["type"] == "vibes.diy.res-ensure-app-slug"


async def test_a_killed_reader_is_replaced_and_whoever_waited_is_served(tmp_path):
    async with open_recorded_app(PLAIN, tmp_path) as app, reading(app) as (port, _):
        async with http_client(port) as author:
            await author.ask(token("A"), DEPLOY, **words("hello"))
        (killed,) = readers_of(os.getpid())
        os.kill(killed, signal.SIGKILL)
        await until(lambda: not runs_a_reader(killed))
        async with http_client(port) as visitor:  # nobody accepts at the moment
            await visitor.stream.send_all(GET)
            found = await visitor.answer()
        (after,) = readers_of(os.getpid())
        async with http_client(port) as author:  # a new start may take longer than a connection is kept for
            again = await author.ask(token("A"), DEPLOY, **words("hello"))

    assert found[2] == b"hello"
    assert after != killed
    assert again["type"] == "vibes.diy.res-ensure-app-slug"


async def test_a_reader_that_is_told_to_end_finishes_and_is_replaced(tmp_path):
    async with (
        open_recorded_app(PLAIN, tmp_path) as app,
        reading(app) as (port, _),
        http_client(port) as client,
    ):
        (reader,) = readers_of(os.getpid())
        await client.stream.send_all(GET[:-2])
        async with http_client(port) as other:  # so those bytes have been read
            await other.stream.send_all(GET)
            await other.answer()
        os.kill(reader, signal.SIGTERM)
        await until(lambda: not runs_a_reader(reader))
        async with http_client(port) as visitor:
            await visitor.stream.send_all(GET)
            status = (await visitor.answer())[0]

    assert status == 404


# -- a whole server ---------------------------------------------------------------------------------------


async def test_a_server_of_three_processes_answers_everywhere(tmp_path):
    async with running(tmp_path, VIBES_WORKERS="3") as app:
        assert len(readers_of(os.getpid())) == 2
        async with http_client(app.config.port) as author:
            for number in range(5):
                await author.ask(token("A"), DEPLOY, **words(f"version {number}"))
                async with trio.open_nursery() as nursery:
                    for _ in range(20):
                        nursery.start_soon(visit, app.config.port, f"version {number}".encode())

    assert readers_of(os.getpid()) == []


async def scrape(port: int) -> dict[tuple[str, ...], float]:
    async with http_client(port) as client:
        _, _, body = await client.get("localhost", "/metrics")
    families = text_string_to_metric_families(body.decode())
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in families
        for sample in family.samples
    }


async def test_metrics_tell_what_all_processes_count_and_forget_none_that_has_ended(tmp_path):
    async with running(tmp_path, VIBES_WORKERS="2") as app:
        for _ in range(30):
            async with http_client(app.config.port) as visitor:
                await visitor.stream.send_all(GET)
                await visitor.answer()
        before = await scrape(app.config.port)
        (reader,) = readers_of(os.getpid())
        os.kill(reader, signal.SIGKILL)
        await until(lambda: readers_of(os.getpid()) not in ([], [reader]))
        after = await scrape(app.config.port)
        owners = sum(app.counts.read("answers").values())

    def answered(found: dict[tuple[str, ...], float]) -> float:
        return sum(value for key, value in found.items() if key[:2] == ("vibes_answers_total", "app"))

    assert answered(before) == answered(after) == 30
    assert owners < 30  # the other process answered some
    assert {key[1] for key in before if key[0] == "process_open_fds"} == {"owner", "reader 1"}
    assert ("vibes_connections_total", "accepted") in after
    assert after["vibes_connections_total", "accepted"] > before["vibes_connections_total", "accepted"]


async def test_metrics_do_not_wait_for_a_reader_that_hangs(tmp_path, monkeypatch):
    async with running(tmp_path, VIBES_WORKERS="2") as app:
        (reader,) = readers_of(os.getpid())
        async with http_client(app.config.port) as client:
            await client.get("localhost", "/healthz")  # connected to the owner, or handed over to it
            os.kill(reader, signal.SIGSTOP)
            try:
                with trio.fail_after(5):
                    status, _, body = await client.get("localhost", "/metrics")
            finally:
                os.kill(reader, signal.SIGCONT)

    assert status == 200
    assert b'process_open_fds{process="owner"}' in body


async def test_all_processes_write_one_access_log(tmp_path):
    file = tmp_path / "access.log"
    async with running(tmp_path / "data", VIBES_WORKERS="3", VIBES_ACCESS_LOG=str(file)) as app:
        for _ in range(30):
            async with http_client(app.config.port) as visitor:
                await visitor.stream.send_all(GET)
                await visitor.answer()

    lines = [json.loads(line) for line in file.read_text().splitlines()]
    assert [line["status"] for line in lines] == [404] * 30


async def test_a_reader_inherits_no_key(tmp_path, monkeypatch):
    """Fails where readers get the whole environment: they answer visitors, and a fault in that would give it away."""
    for name in SECRET_VARIABLES:
        monkeypatch.setenv(name, "a secret")
    monkeypatch.setenv("NO_SECRET", "words")
    async with running(tmp_path, VIBES_WORKERS="2"):
        (reader,) = readers_of(os.getpid())
        inherited = Path(f"/proc/{reader}/environ").read_bytes()

    assert b"NO_SECRET=words" in inherited
    assert b"a secret" not in inherited


async def visit(port: int, wanted: bytes) -> None:
    async with http_client(port) as client:
        await client.stream.send_all(GET)
        assert (await client.answer())[2] == wanted


async def test_a_reader_has_the_modules_that_the_owner_has(tmp_path):
    source = {"type": "code-block", "lang": "js", "filename": "/App.js", "content": 'import "react";\n'}
    address = GIVEN["react"]
    module = f"GET {address} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()
    page = f"GET / HTTP/1.1\r\nHost: {HOST}\r\n".encode()

    async with open_recorded_app(PLAIN, tmp_path) as app:
        await deploy(app, source, user=token("A"))
        store = open_store(tmp_path, app.config.limits)
        store.put(Built(address, "key", b"export default 1;", ()), RECIPE)
        app = replace(app, modules=store)
        async with reading(app) as (port, owner), http_client(port) as client:
            await client.stream.send_all(module + page + b"\r\n")
            served, by_reader = await client.answer(), await client.answer()
            accepted_before = owner.counts.accepted
            await client.stream.send_all(page + b"X: 1\r\n folded\r\n\r\n")  # an odd head: for the full lane
            by_owner = await client.answer()

    assert (served[0], served[2]) == (200, b"export default 1;")
    assert (accepted_before, owner.counts.accepted) == (0, 1)
    assert by_reader[2] == by_owner[2]
    policies = [answer[1]["content-security-policy"] for answer in (served, by_reader, by_owner)]
    assert policies == [calc_policy((), {})] * 3
    assert address.encode() in by_reader[2]


async def test_a_reader_leaves_pages_that_wait_to_the_owner_until_their_packages_are_built(tmp_path):
    source = {"type": "code-block", "lang": "js", "filename": "/App.js", "content": 'import "clsx";\n'}
    page = f"GET / HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode()

    async with open_recorded_app(PLAIN, tmp_path) as app:
        store = open_store(tmp_path, app.config.limits)
        app = replace(app, modules=store, home=FakeHome(store))
        await deploy(app, source, user=token("A"))
        async with reading(app) as (port, owner):
            async with http_client(port) as client:
                await client.stream.send_all(page * 2)
                waiting = [await client.answer(), await client.answer()]
                await client.stream.send_all(page.replace(b" / ", f" {PROGRESS} ".encode()))
                told = await client.answer()
            handed_over = owner.counts.accepted
            await run_jobs(app)
            await trio.sleep(app.config.limits.reader_poll_s * 2)
            async with http_client(port) as client:
                await client.stream.send_all(page)
                served = await client.answer()
                await client.stream.send_all(page.replace(b" / ", f" {ADDRESS} ".encode()))
                module = await client.answer()

    assert [status for status, _, _ in waiting] == [202, 202]
    assert json.loads(told[2])["packages"] == [{"name": "clsx", "state": "open", "why": ""}]
    assert handed_over == 1, "the whole connection"
    assert (served[0], ADDRESS.encode() in served[2]) == (200, True)
    assert (module[0], module[2]) == (200, b"export default 1")
    assert owner.counts.accepted == 1


async def test_without_the_owner_no_reader_stays(tmp_path):
    async with process(tmp_path, "--workers", "3") as server, http_client(server.port):
        pids = readers_of(server.popen.pid)
        server.popen.kill()
        with trio.fail_after(2):
            await until(lambda: not any(map(runs_a_reader, pids)))

    assert len(pids) == 2


async def test_when_a_reader_is_killed_the_others_go_on(tmp_path):
    async with process(tmp_path, "--workers", "2") as server:
        (killed,) = readers_of(server.popen.pid)
        os.kill(killed, signal.SIGKILL)
        async with http_client(server.port) as client:
            status, _, _ = await client.get("localhost", "/healthz")
        await until(lambda: readers_of(server.popen.pid) not in ([], [killed]))

    assert status == 200


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_stops_all_in_order(tmp_path, number):
    async with process(tmp_path, "--workers", "3") as server:
        pids = readers_of(server.popen.pid)
        async with half_a_request(server.port) as finish:
            server.popen.send_signal(number)
            await until(lambda: not any(map(runs_a_reader, pids)))
            status, _, _ = await finish()
        code = await server.wait(within_s=5)

    assert (len(pids), status, code) == (2, 401, 0)


async def test_a_reader_that_cannot_start_ends_the_start(tmp_path, monkeypatch, capfd):
    monkeypatch.setattr(owner, "READER", "vibes_trio.there_is_none")
    config = load_config({"VIBES_DATA_DIR": str(tmp_path), "VIBES_PORT": "0", "VIBES_WORKERS": "2"})

    with (
        pytest.raises(ConfigError, match="VIBES_WORKERS: a reading process can't start"),
        trio.fail_after(30),
    ):
        await serve(replace(config, modules="cdn"))

    assert "there_is_none" in capfd.readouterr().err


async def test_a_reader_that_hangs_does_not_hold_the_end_up(tmp_path):
    async with open_recorded_app(PLAIN, tmp_path) as app:
        limits = replace(app.config.limits, shutdown_timeout_s=0.1)
        app = replace(app, config=replace(app.config, limits=limits))
        with trio.fail_after(5):
            async with reading(app):
                (reader,) = readers_of(os.getpid())
                os.kill(reader, signal.SIGSTOP)

    assert not runs_a_reader(reader)


async def test_a_reader_that_hangs_is_killed_and_replaced(tmp_path, caplog):
    async with open_recorded_app(PLAIN, tmp_path) as app:
        limits = replace(app.config.limits, reader_watch_s=0.05, reader_hung_s=2.0)
        app = replace(app, config=replace(app.config, limits=limits))
        async with reading(app) as (port, _):
            (hung,) = readers_of(os.getpid())
            os.kill(hung, signal.SIGSTOP)
            await until(lambda: not runs_a_reader(hung))
            async with http_client(port) as client:
                status, _, _ = await client.get("localhost", "/healthz")
            (other,) = readers_of(os.getpid())

    assert other != hung
    assert status == 200
    assert "has not answered for 2 s" in caplog.text


async def test_where_sockets_cannot_be_sent_one_process_has_to_do(tmp_path, monkeypatch):
    monkeypatch.delattr(socket, "send_fds")
    config = load_config({"VIBES_DATA_DIR": str(tmp_path), "VIBES_PORT": "0", "VIBES_WORKERS": "2"})

    with pytest.raises(ConfigError, match="VIBES_WORKERS"):
        await serve(config)


@pytest.mark.parametrize("number", ["0", "65", "two", "-1"])
def test_a_number_of_processes_that_cannot_be_is_told(number):
    with pytest.raises(ConfigError, match="VIBES_WORKERS"):
        load_config({"VIBES_WORKERS": number})


async def test_processes_hold_together_what_one_may(tmp_path, monkeypatch):
    """With the whole budget for each of them, every further process could hold as much again."""
    given = []

    def start(count: int, orders: Orders, *rest: object) -> Readers:
        given.append(orders.config.limits)
        return Readers(count, orders, *rest)

    monkeypatch.setattr(server, "Readers", start)
    async with running(tmp_path, VIBES_WORKERS="2") as app:
        owner, reader = app.config.limits, given[0]

    assert owner.held_bytes + reader.held_bytes == Limits().held_bytes
    assert owner.cache_bytes + reader.cache_bytes == Limits().cache_bytes
