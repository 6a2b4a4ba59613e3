"""Metrics are the operator's: told to this machine and to who has the token, and to nobody else."""

import pytest
from asking import APPEND, ENSURE_CHAT
from prometheus_client.openmetrics.parser import text_string_to_metric_families as read_open
from prometheus_client.parser import text_string_to_metric_families as read_plain
from recorded import token
from serving import http_client, running, websocket

from vibes_trio.exchange import AppSlug, HostName, HttpIncoming, UserSlug
from vibes_trio.services.metrics import may_read
from vibes_trio.urls import Site

BLOCK = {
    "type": "block.toplevel.line",
    "blockId": "b",
    "streamId": "s",
    "seq": 0,
    "blockNr": 0,
    "timestamp": "2026-01-01T00:00:00.000Z",
    "sectionId": "q",
    "lineNr": 1,
    "line": "words",
}
TOKEN = "a-long-secret-of-the-operator"
SITE = Site(api=frozenset({"apps.example.org"}))


def asking(client="127.0.0.1:4711", host="localhost", **headers):
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    return HttpIncoming("GET", host, "/metrics", given, host_name=HostName(host), client=client)


def numbers_in(body, read=read_plain):
    return {
        (sample.name, *sorted(sample.labels.items())): sample.value
        for family in read(body.decode())
        for sample in family.samples
    }


@pytest.mark.parametrize("client", ["127.0.0.1:4711", "::1:8787", "127.8.9.1:1", "::ffff:127.0.0.1:80"])
@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::1]", "apps.example.org"])
def test_a_program_of_this_machine_may_read_them(client, host):
    assert may_read(asking(client, host), "", SITE)


@pytest.mark.parametrize(
    "incoming",
    [
        asking("192.0.2.7:4711"),
        asking("10.0.0.7:4711"),
        asking("::1:2:3:4711"),
        asking(""),
        asking("127.0.0.1:4711", "evil.example.org"),
        asking(x_forwarded_for="127.0.0.1"),
        asking(forwarded="for=127.0.0.1"),
        asking(via="1.1 proxy"),
        asking(x_real_ip="127.0.0.1"),
        asking(origin="http://evil--eve.localhost:8787"),
        asking(referer="http://evil--eve.localhost:8787/"),
        asking(sec_fetch_site="cross-site"),
        asking(sec_fetch_site="same-site"),
        asking(authorization="Bearer wrong"),
        asking(authorization="Bearer "),
    ],
)
def test_nobody_else_may(incoming):
    """Neither what comes through a proxy, nor a page that a browser of this machine shows, nor a name made for it."""
    shown = incoming.headers.get("authorization") == "Bearer "

    assert may_read(incoming, TOKEN, SITE) is shown  # nothing was given: it is this machine that asks


@pytest.mark.parametrize("given", [f"Bearer {TOKEN}", f"bearer  {TOKEN} "])
def test_who_has_the_token_may_read_them_from_anywhere(given):
    assert may_read(asking("192.0.2.7:1", x_forwarded_for="192.0.2.9", authorization=given), TOKEN, SITE)


@pytest.mark.parametrize("given", ["", TOKEN[:-1], TOKEN.upper(), f"{TOKEN}x", "ü"])
def test_another_token_is_none(given):
    assert not may_read(asking("192.0.2.7:1", authorization=f"Bearer {given}"), TOKEN, SITE)


def test_without_a_setting_no_token_counts():
    assert not may_read(asking("192.0.2.7:1", authorization="Bearer "), "", SITE)
    assert not may_read(asking("127.0.0.1:1", authorization="Bearer x"), "", SITE)


@pytest.mark.parametrize(
    ("accept", "read", "kind"),
    [
        ("", read_plain, "text/plain; version=0.0.4; charset=utf-8"),
        (
            "application/openmetrics-text; version=1.0.0",
            read_open,
            "application/openmetrics-text; version=1.0.0; charset=utf-8",
        ),
    ],
)
async def test_they_agree_with_what_was_done(tmp_path, accept, read, kind):
    """Counted outside: by the client, answer by answer."""
    async with running(tmp_path / "data") as app, http_client(app.config.port) as client:
        await client.ask(token("A"), ENSURE_CHAT, contextId="c")
        for _ in range(7):
            await client.ask(token("A"), APPEND, contextId="c", origin="user", blocks=[BLOCK])
        for _ in range(3):
            await client.ask(token("A"), "nonsense")
        async with websocket(app.config.port):
            status, headers, body = await client.get("localhost", "/metrics", accept=accept)

    found = numbers_in(body, read)
    assert (status, headers["content-type"], headers["cache-control"]) == (200, kind, "no-store")
    by_type = {dict(key[1:])["type"]: 0.0 for key in found if key[0] == "vibes_messages_total"}
    for key, value in found.items():
        if key[0] == "vibes_messages_total":
            by_type[dict(key[1:])["type"]] += value
    assert by_type == {ENSURE_CHAT: 1, APPEND: 7, "other": 3}
    assert found["vibes_message_seconds_count", ("type", APPEND)] == 7
    assert found["vibes_errors_total", ("code", "unknown-type")] == 3
    posted = [v for k, v in found.items() if k[0] == "vibes_answers_total" and ("kind", "message") in k]
    assert sum(posted) == 11
    assert found["vibes_answer_seconds_count", ("kind", "message"), ("lane", "fast")] == 11
    assert found["vibes_websockets_open",] == 1
    assert found["vibes_commits_total",] >= 8
    assert found["process_resident_memory_bytes", ("process", "owner")] > 2**20


async def test_they_are_refused_and_hidden_where_they_should_be(tmp_path):
    async with (
        running(tmp_path / "data", VIBES_METRICS_TOKEN=TOKEN) as app,
        http_client(app.config.port) as client,
    ):
        refused, headers, body = await client.get("localhost", "/metrics", x_forwarded_for="203.0.113.9")
        let_in, _, _ = await client.get(
            "apps.example.org", "/metrics", x_forwarded_for="203.0.113.9", authorization=f"Bearer {TOKEN}"
        )
        of_app, _, shown = await client.get("shop--ada.localhost", "/metrics")
        of_app_with, _, shown_with = await client.get(
            "shop--ada.localhost", "/metrics", authorization=f"Bearer {TOKEN}"
        )
        await client.send("HEAD", "/metrics", "localhost")
        head = await client.stream.receive_some(65536)

    assert (refused, let_in, of_app, of_app_with) == (401, 200, 404, 404)
    assert b"VIBES_METRICS_TOKEN" in body
    assert "x-request-id" in headers
    assert b"vibes_" not in shown + shown_with
    assert head.startswith(b"HTTP/1.1 200")
    assert head.endswith(b"\r\n\r\n")


def test_an_apps_host_is_none_of_the_apis():
    app = HostName("shop--ada.localhost", AppSlug("shop"), UserSlug("ada"))

    assert not may_read(
        HttpIncoming("GET", "", "/metrics", {}, host_name=app, client="127.0.0.1:1"), "", SITE
    )
