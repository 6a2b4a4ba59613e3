"""One line for each answer where that was asked for, and nothing in it that may be secret."""

import json
import logging

import pytest
from asking import DEPLOY, text
from recorded import token
from serving import http_client, running, websocket

from vibes_trio.front.access import without_query

SECRET = "s3cr3t-of-mine"


def lines_of(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


@pytest.fixture
def file(tmp_path):
    return tmp_path / "access.log"


async def test_each_answer_has_a_line(tmp_path, file):
    """Those that are kept whole, of parked connections, and of both lanes included: none is without."""
    async with running(tmp_path / "data", VIBES_ACCESS_LOG=str(file)) as app:
        async with http_client(app.config.port) as client:
            files = [text("/index.html", "<p>hello</p>")]
            made = await client.ask(token("A"), DEPLOY, appSlug="shop", mode="production", fileSystem=files)
            host = f"shop--{made['userSlug']}.localhost"
            for _ in range(4):
                await client.stream.send_all(f"GET /x?t={SECRET} HTTP/1.1\r\nhost: {host}\r\n\r\n".encode())
                await client.answer()
            for _ in range(4):
                await client.stream.send_all(f"GET / HTTP/1.1\r\nhost: {host}\r\n\r\n".encode())
                await client.answer()
            status, headers, _ = await client.get("localhost", "/healthz", user_agent="curl/8")
            await client.stream.send_all(b"nonsense\r\n\r\n")
            await client.answer()

        numbers = app.counts.read("answers")

    lines = lines_of(file)
    assert len(lines) == sum(numbers.values())
    assert {line["lane"] for line in lines} == {"fast", "ready", "full"}
    assert [line["status"] for line in lines if line.get("path") == "/"] == [200] * 4
    assert [line["lane"] for line in lines if line.get("path") == "/"] == ["fast"] + ["ready"] * 3
    assert all(len(line["id"]) == 12 and line["client"] == "127.0.0.1" for line in lines)
    assert len({line["id"] for line in lines}) == len(lines)
    (health,) = [line for line in lines if line.get("path") == "/healthz"]
    assert (health["agent"], health["id"], status) == ("curl/8", headers["x-request-id"], 200)
    assert {line["bytes"] for line in lines if line.get("path") == "/"} != {0}
    assert SECRET not in file.read_text()


async def test_without_the_setting_there_is_no_line_and_only_errors_have_an_id(tmp_path):
    async with running(tmp_path / "data") as app, http_client(app.config.port) as client:
        _, good, _ = await client.get("localhost", "/healthz")
        _, bad, _ = await client.get("localhost", "/nothing")
        await client.send("POST", "/", "localhost", b"{")
        _, worse, _ = await client.answer()

    assert "x-request-id" not in good
    assert len(worse["x-request-id"]) == 12
    assert worse["x-request-id"] != bad.get("x-request-id")


async def test_the_id_of_an_error_stands_in_the_log(tmp_path, caplog):
    with caplog.at_level(logging.INFO):
        async with running(tmp_path / "data") as app, http_client(app.config.port) as client:
            _, not_there, _ = await client.get("gone--nobody.localhost", "/x.js")
            await client.stream.send_all(b"nonsense\r\n\r\n")
            _, refused, _ = await client.answer()

    for headers in (not_there, refused):
        assert any(headers["x-request-id"] in record.getMessage() for record in caplog.records)
    assert any("refused 400 of 127.0.0.1" in record.getMessage() for record in caplog.records)


async def test_what_is_secret_stands_in_no_log(tmp_path, file, caplog):
    """Tokens in headers, bodies, queries and frames, at the level that says most."""
    signed = token("A")
    with caplog.at_level(logging.DEBUG):
        async with running(tmp_path / "data", VIBES_ACCESS_LOG=str(file), VIBES_METRICS_TOKEN=SECRET) as app:
            async with http_client(app.config.port) as client:
                await client.ask(signed, "vibes.diy.req-ensure-chat-context", contextId="c")
                await client.ask(signed + "x", "vibes.diy.req-ensure-chat-context", contextId="c")
                for target in (f"/?token={signed}", f"/metrics?t={SECRET}", "/metrics"):
                    await client.get(
                        "localhost", target, authorization=f"Bearer {SECRET}", cookie=f"s={SECRET}"
                    )
                    await client.get(
                        "localhost", target, authorization=f"Bearer {signed}", x_forwarded_for="a"
                    )
                    await client.get("a--b.localhost", target, cookie=f"s={SECRET}")
                await client.send("POST", "/", "localhost", f'{{"{SECRET}": '.encode())
                await client.answer()
                await client.stream.send_all(f"{SECRET} nonsense\r\n\r\n".encode())
                await client.answer()
            async with websocket(app.config.port) as socket:
                await socket.send_message(f'{{"auth": "{signed}", "x": "{SECRET}"')
                await socket.get_message()

    told = "\n".join([*(record.getMessage() for record in caplog.records), file.read_text()])
    assert len(caplog.records) > 10
    assert SECRET not in told
    assert signed not in told
    assert signed.split(".")[2] not in told


def test_of_a_target_only_the_path_is_shown():
    assert without_query("/a/b?c=d") == "/a/b?…"
    assert without_query("/a/b") == "/a/b"
    assert len(without_query("/" + "x" * 9999)) == 500
