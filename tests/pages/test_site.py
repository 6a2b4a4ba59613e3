"""A page of the server's own is reached by browsers on the API host, and changes nothing for anybody else."""

import json

import pytest
import trio
from browser import launch_browser
from page_client import page_client, signed_in
from serving import HttpClient, http_client, running

from vibes_trio import __version__
from vibes_trio.errors import Overloaded
from vibes_trio.front.http import site_headers
from vibes_trio.pages import site
from vibes_trio.pages.visit import Page, Shown

API = "localhost"
BROWSERS = ("accept: text/html,*/*", "sec-fetch-mode: navigate")
LANES = ("x: fast", "expect: ")
"""What a request says to be simple, or not to be: so it goes by the fast lane but for its path, or by the full one."""


async def hello_page(visit, name):
    return Shown("start.html", {"api": "", "address": name})


async def broken_page(visit):
    raise ValueError("a secret")


@pytest.fixture
async def client(tmp_path, monkeypatch):
    monkeypatch.setattr(
        site, "PAGES", {**site.PAGES, "/hello/<name>": Page(hello_page), "/broken": Page(broken_page)}
    )
    async with running(tmp_path / "data") as app, http_client(app.config.port) as client:
        yield client


async def ask(client: HttpClient, start: str, *fields: str, host: str = API, body: bytes = b""):
    lines = [
        f"{start} HTTP/1.1",
        f"host: {host}",
        *fields,
        *([f"content-length: {len(body)}"] if body else []),
    ]
    await client.stream.send_all("\r\n".join([*lines, "", ""]).encode() + body)
    if not start.startswith("HEAD"):
        return await client.answer()
    head = await client.stream.receive_some(65536)
    with trio.move_on_after(0):
        assert not await client.stream.receive_some(1)
    return int(head.split()[1]), head.partition(b"\r\n\r\n")[2]


@pytest.mark.parametrize("lane", LANES)
@pytest.mark.parametrize("says", BROWSERS)
async def test_a_browser_is_told_what_this_server_is_and_how_to_begin(client, says, lane):
    status, headers, body = await ask(client, "GET /", says, lane)

    assert (status, headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert (headers["vary"], headers["cache-control"]) == ("Sec-Fetch-Mode, Accept, Cookie", "no-store")
    assert f"vibes_trio {__version__}" in body.decode()
    assert b"vibes-trio deploy my-app --url http://localhost:" in body
    assert await ask(client, "HEAD /", says, lane) == (200, b"")


@pytest.mark.parametrize("lane", LANES)
async def test_a_route_that_is_added_is_reached(client, lane):
    status, _, body = await ask(client, "GET /hello/ada%3Cb%3E?x=1", BROWSERS[0], lane)

    assert status == 200
    assert b"<code>ada&lt;b&gt;</code>" in body


async def test_a_page_that_fails_is_one_all_the_same(client, caplog):
    status, headers, body = await ask(client, "GET /broken", BROWSERS[0])

    (record,) = [one for one in caplog.records if one.name == site.__name__]
    assert (status, "script-src" in headers["content-security-policy"]) == (500, True)
    assert record.args[0] in body.decode()
    assert b"a secret" not in body


@pytest.mark.parametrize(
    "start", ["GET /", "GET /account", "POST /sign-in", "POST /sign-out", "POST /welcome"]
)
async def test_a_storage_that_answers_nobody_is_told_on_a_page(tmp_path, monkeypatch, start):
    async def refuse(*args, **named):
        raise Overloaded("The disk is busy.")

    async with running(tmp_path / "data") as app, page_client(app) as client:
        client.cookie = await signed_in(app)
        monkeypatch.setattr(app.db, "get", refuse)
        method, _, path = start.partition(" ")
        answered = await (client.get(path) if method == "GET" else client.post(path, code="x"))
        monkeypatch.undo()  # to stop as ever

    assert answered.status in (429, 503)
    assert "The disk is busy." in answered.text
    assert "script-src" in answered.headers["content-security-policy"]


async def test_a_form_that_fails_is_answered_by_a_page(tmp_path, monkeypatch):
    async def fail(*args, **named):
        raise ValueError("a secret")

    async with running(tmp_path / "data") as app, page_client(app) as client:
        monkeypatch.setattr(app.db, "get", fail)
        answered = await client.post("/welcome", code="x")
        monkeypatch.undo()

    assert (answered.status, "a secret" in answered.text) == (500, False)
    assert "script-src" in answered.headers["content-security-policy"]


async def test_a_page_is_for_browsers_that_ask_this_server_alone(client):
    """No script of another origin reads it, and nobody shows it in a frame; errors stay as open as they are."""
    _, page, _ = await ask(client, "GET /", BROWSERS[0], "origin: https://elsewhere.test")
    _, missing, _ = await ask(client, "GET /none", BROWSERS[0], "origin: https://elsewhere.test")

    assert "access-control-allow-origin" not in page
    assert "frame-ancestors 'none'" in page["content-security-policy"]
    assert page["x-content-type-options"] == "nosniff"
    assert (
        missing["access-control-allow-origin"] == dict(site_headers(None, "*"))["Access-Control-Allow-Origin"]
    )


@pytest.mark.parametrize("lane", LANES)
@pytest.mark.parametrize(
    ("start", "host", "status", "said"),
    [
        ("GET /", API, 503, "Only POST and PUT methods are supported"),
        ("GET /hello/ada", API, 503, "Only POST and PUT methods are supported"),
        ("GET /v1/api", API, 503, "Only POST and PUT methods are supported"),
        ("GET /", "x--y--z.other", 404, "No app is here"),
        ("GET /healthz", API, 200, '"ok"'),
        ("GET /~esm/none.js", API, 404, "not-found"),
        ("OPTIONS /", API, 200, "CORS preflight"),
        ("DELETE /", API, 503, "Only POST and PUT methods are supported"),
        ("GET /", "none--nobody.localhost", 404, "not-found"),
    ],
)
async def test_programs_are_answered_as_if_there_were_no_page(client, start, host, status, said, lane):
    answered, headers, body = await ask(client, start, lane, host=host)

    assert (answered, headers["content-type"]) == (status, "application/json")
    assert said in body.decode()


@pytest.mark.parametrize(("path", "lane"), [("/none", "fast"), ("/v1/api", "fast"), ("/", "full")])
async def test_only_what_may_be_a_page_costs_what_pages_cost(tmp_path, path, lane):
    async with running(tmp_path / "data") as app, http_client(app.config.port) as client:
        await ask(client, "GET /")  # once Quart is there
        before = dict(app.counts.read("answers"))
        await ask(client, f"GET {path}")
        counted = dict(app.counts.read("answers"))

    assert [labels[2] for labels in counted if counted[labels] != before.get(labels)] == [lane]


@pytest.mark.parametrize("lane", LANES)
@pytest.mark.parametrize(
    ("path", "host", "said"),
    [
        ("/none", API, "There is nothing at this address"),
        ("/hello", API, "There is nothing at this address"),
        ("//hello/ada", API, "There is nothing at this address"),
        ("/", "none--nobody.localhost", "There is no app called none"),
        ("/hello/ada", "none--nobody.localhost", "There is no app called none"),
    ],
)
async def test_a_browser_that_leads_nowhere_is_told_so(client, path, host, said, lane):
    status, headers, body = await ask(client, f"GET {path}", BROWSERS[1], lane, host=host)

    assert (status, headers["content-type"]) == (404, "text/html")
    assert said in body.decode()


@pytest.mark.parametrize("lane", LANES)
@pytest.mark.parametrize("path", ["/", "/hello/ada"])
async def test_what_is_posted_to_a_page_s_path_is_a_message(client, path, lane):
    status, _, body = await ask(client, f"POST {path}", BROWSERS[0], lane, body=b'{"tid": "t"}')

    assert (status, json.loads(body)["code"]) == (400, "bad-envelope")


@pytest.mark.browser
async def test_the_page_is_shown_with_its_style(tmp_path):
    async with running(tmp_path / "data") as app, launch_browser(tmp_path / "profile") as browser:
        page = await browser.open(f"http://localhost:{app.config.port}/")
        await page.wait_for("document.querySelector('h1')")

        assert await page.evaluate("document.title") == "This is a vibes_trio server · vibes_trio"
        assert await page.evaluate("getComputedStyle(document.querySelector('pre')).borderRadius") == "8px"
        assert page.console == []
