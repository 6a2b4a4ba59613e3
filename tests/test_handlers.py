"""PIPELINE: who answers what, in which order, and what the log hears of it."""

import io
import json
import logging
import re

import pytest
from answering import answer
from asking import APPEND, DEPLOY, ENSURE_CHAT, FakeCompiler, deploy, envelope, get, text
from fakes import make_app, open_database, verify_name

from vibes_trio.config import Limits
from vibes_trio.context import Ctx
from vibes_trio.dispatch import Pipeline
from vibes_trio.errors import Internal, RequireLogin
from vibes_trio.exchange import HttpIncoming, MessageIncoming
from vibes_trio.handlers import PIPELINE, order_key
from vibes_trio.logs.handler import CountingHandler
from vibes_trio.messaging import authenticate, message
from vibes_trio.storage.sqlite.engine import SqliteDatabase
from vibes_trio.wire.auth import DashAuth
from vibes_trio.wire.base import Request
from vibes_trio.wire.chat import ResEnsureChatContext
from vibes_trio.wire.deploy import ReqEnsureAppSlug

API, APP = "apps.test", "garden--ada.apps.test"


@pytest.fixture
def app(tmp_path):
    db = open_database(tmp_path)
    yield make_app(db, compiler=FakeCompiler())
    db.close()


async def send(app, method, path="/", host=API, body=b"", **headers):
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    reply = await answer(app, PIPELINE, HttpIncoming(method, host, path, names, body))
    return reply.status, reply.body and json.loads(reply.body)


async def say(app, payload):
    message = {"tid": "t-9", "src": "me", "dst": "you", "ttl": 3, "payload": payload}
    reply = await answer(app, PIPELINE, MessageIncoming(json.dumps(message).encode()))
    return json.loads(reply.body)


def requests(kind=Request):
    for sub in kind.__subclasses__():
        yield from requests(sub)
        if sub.__struct_config__.tag is not None:
            yield sub.__struct_config__.tag


def test_every_request_of_the_wire_has_a_handler_and_one_only():
    names = [handler.name for handler in PIPELINE]

    assert sorted(names) == sorted(set(names))
    assert set(requests()) == {handler.takes for handler in PIPELINE if isinstance(handler.takes, str)}
    assert set(requests()) >= {DEPLOY, ENSURE_CHAT, APPEND, "reqCertFromCsr"}


def test_messages_come_behind_everything_that_is_http():
    names = [handler.name for handler in PIPELINE]

    assert names[:11] == [
        "log",
        "preflight",
        "module",
        "entry point",
        "health",
        "metrics",
        "sign-in page",
        "upload",
        "share link",
        "error of a page",
        "other HTTP",
    ]
    assert names[-1] == "unknown message"


# -- HTTP that is no message ------------------------------------------------------------------------------


@pytest.mark.parametrize("host", [API, APP])
async def test_preflight_is_answered_on_every_host(app, host):
    assert await send(app, "OPTIONS", "/any", host) == (200, {"type": "ok", "message": "CORS preflight"})


@pytest.mark.parametrize("method", ["GET", "DELETE", "PATCH", "TRACE"])
async def test_other_methods_are_told_what_is_wanted(app, method):
    status, body = await send(app, method, "/v1/api")

    assert (status, body) == (503, {"type": "error", "message": "Only POST and PUT methods are supported"})


BROWSERS = [{"sec_fetch_mode": "navigate"}, {"accept": "text/html,*/*"}]


@pytest.mark.parametrize("headers", BROWSERS)
@pytest.mark.parametrize(
    "path",
    ["/settings", "/~zzz/", "/%ff", "/a<b>", "/x/../y"],
    ids=["path", "release", "no text", "markup", "dots"],
)
async def test_a_browser_that_leads_nowhere_on_the_api_host_gets_a_page(app, path, headers):
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    reply = await answer(app, PIPELINE, HttpIncoming("GET", API, path, names, b""))

    assert reply.status == 404
    assert ("content-type", "text/html") in reply.headers
    assert ("vary", "Sec-Fetch-Mode, Accept") in reply.headers
    assert reply.policy.endswith("; sandbox")
    assert b"There is nothing at this address" in reply.body
    assert b"https://{app}--{user}.apps.test" in reply.body
    assert b"<b>" not in reply.body


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
async def test_a_browser_gets_the_state_of_the_server_as_everybody(app, path):
    assert await send(app, "GET", path, accept="text/html") == (200, {"status": "ok"})


async def test_head_of_nothing_has_no_body(app):
    assert await send(app, "HEAD", "/v1/api") == (503, b"")


@pytest.mark.parametrize("method", ["POST", "PUT"])
async def test_an_apps_host_takes_no_messages(app, method):
    status, body = await send(app, method, "/", APP, envelope("ada", ENSURE_CHAT))

    assert (status, body["code"]) == (404, "not-found")


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/healthz?x=1", "/a/../readyz"])
async def test_health_is_answered_on_the_api_host(app, path):
    assert await send(app, "GET", path) == (200, {"status": "ok"})


async def test_health_of_a_database_that_fails_is_not_ready_but_alive(app, monkeypatch):
    async def failing(self, *args):
        raise Internal("the storage failed")

    monkeypatch.setattr(SqliteDatabase, "write", failing)

    status, body = await send(app, "GET", "/readyz")
    assert (status, body) == (503, {"status": "unavailable", "message": "the storage failed"})
    assert (await send(app, "GET", "/healthz"))[0] == 200


async def test_a_path_is_a_modules_by_what_it_is_once_its_dots_are_resolved(app):
    """`/~esm/../x` is the file `/x`, and `/x/../~esm/y` no file."""
    await deploy(app, text("/x", "mine"))

    assert (await get(app, "/~esm/../x")).body == b"mine"
    assert b"Module not found" in (await get(app, "/x/../~esm/y.js")).body


@pytest.mark.parametrize("path", ["/healthz", "/~esm/x.js"])
async def test_on_an_apps_host_only_modules_come_before_its_files(app, path):
    await deploy(app, text("/healthz", "mine"))

    reply = await get(app, path)

    assert (reply.status, reply.body == b"mine") == ((200, True) if path == "/healthz" else (404, False))


# -- messages ---------------------------------------------------------------------------------------------


async def test_a_reply_goes_back_to_where_the_message_came_from(app):
    reply = await say(app, {"type": ENSURE_CHAT, "auth": {"type": "device-id", "token": "ada"}})

    assert {name: reply[name] for name in ("tid", "src", "dst", "ttl")} == {
        "tid": "t-9",
        "src": "you",
        "dst": "me",
        "ttl": 10,
    }


@pytest.mark.parametrize(
    ("payload", "code"),
    [
        ({}, "bad-request"),
        ({"type": 7}, "bad-request"),
        ({"type": "vibes.diy.req-unknown"}, "unknown-type"),
        ({"type": "vibes.diy.res-ensure-chat-context"}, "unknown-type"),
        ({"type": ENSURE_CHAT, "contextId": 7}, "bad-request"),
        ({"type": ENSURE_CHAT, "contextId": 7, "auth": {"type": "device-id", "token": "bad"}}, "bad-request"),
        ({"type": ENSURE_CHAT, "auth": {"type": "device-id", "token": "bad"}}, "require-login"),
        ({"type": ENSURE_CHAT, "auth": "ada"}, "bad-request"),
    ],
)
async def test_the_shape_is_checked_before_the_token(app, payload, code):
    reply = (await say(app, payload))["payload"]

    assert reply["type"] == "vibes.diy.res-error"
    assert reply["code"] == reply["error"]["code"] == code
    assert reply["message"] == reply["error"]["message"]


async def test_what_fails_unforeseen_is_told_by_a_number_that_is_in_the_log(app, caplog, monkeypatch):
    async def failing(self, *args, **settings):
        raise ZeroDivisionError("of ours")

    monkeypatch.setattr(SqliteDatabase, "write", failing)

    reply = (await say(app, {"type": ENSURE_CHAT, "auth": {"type": "device-id", "token": "ada"}}))["payload"]

    assert reply["code"] == "internal"
    assert "of ours" not in json.dumps(reply)
    assert reply["id"] in caplog.text
    assert "ZeroDivisionError" in caplog.text


@pytest.mark.parametrize(
    ("auth", "reason"),
    [
        (None, "missing"),
        (DashAuth(type="device-id", token=""), "missing"),
        (DashAuth(type="ucan", token="x"), "unknown_type"),
        (DashAuth(type="device-id", token="bad"), "bad_signature"),
    ],
)
async def test_refused_credentials_are_one_text_with_a_reason_for_the_log(app, auth, reason):
    with pytest.raises(RequireLogin) as refused:
        await authenticate(Ctx(app), auth)

    assert refused.value.reason == reason
    assert str(refused.value) == str(RequireLogin("another"))


async def test_credentials_that_count_give_the_claims(app):
    ctx = await authenticate(Ctx(app), DashAuth(type="device-id", token="ada"))

    assert ctx.asker == await verify_name("ada")


# -- the log and the order --------------------------------------------------------------------------------


async def test_the_log_has_one_line_per_message_whatever_its_type_says(app, caplog):
    caplog.set_level(logging.DEBUG, "vibes_trio.requests")

    await say(app, {"type": "x\r\nfaked entry\u2028" + "y" * 10_000})
    await say(app, {"type": ENSURE_CHAT, "auth": {"type": "device-id", "token": "ada"}})
    await send(app, "GET", "/nothing")

    lines = [record.getMessage() for record in caplog.records if record.name == "vibes_trio.requests"]
    assert len(lines) == 3
    assert lines[0].startswith(r"'x\r\nfaked entry\u2028yyy")
    assert re.search(r"-> UnknownType \([0-9a-f]{12}\)$", lines[0])
    assert lines[1] == f"'{ENSURE_CHAT}' -> 200"
    assert lines[2] == "GET /nothing -> 503"
    assert max(map(len, lines)) < 200


async def test_the_log_has_neither_queries_nor_long_targets(app, caplog):
    """Queries hold tokens; a target may have 32 KiB. Without the cut the first line holds both."""
    caplog.set_level(logging.INFO, "vibes_trio.requests")

    await send(app, "GET", "/v1/\x1b[2J" + "z" * 32_000 + "?token=very-secret")
    await send(app, "X" * 500, "/v1?token=very-secret")

    lines = [record.getMessage() for record in caplog.records if record.name == "vibes_trio.requests"]
    assert lines[0].startswith(r"GET /v1/\x1b[2Jzzz")
    assert lines[0].endswith("zzz?… -> 503")
    assert lines[1] == f"{'X' * 20} /v1?… -> 503"
    assert max(map(len, lines)) < 200


@pytest.mark.parametrize(
    ("method", "path", "host", "status"),
    [("GET", "/none", APP, 404), ("HEAD", "/~esm/none", APP, 404), ("POST", "/", APP, 404)],
)
async def test_what_is_refused_is_logged_whoever_would_have_answered_it(
    app, caplog, method, path, host, status
):
    caplog.set_level(logging.INFO, "vibes_trio.requests")

    await send(app, method, path, host)
    await send(app, "GET", "/healthz")

    lines = [record.getMessage() for record in caplog.records if record.name == "vibes_trio.requests"]
    assert [re.sub(r"NotFound \([0-9a-f]{12}\)", "404", line) for line in lines] == [
        f"{method} {path} -> {status}"
    ]


async def test_refused_requests_fill_no_log_however_many_come(app):
    """Without the handler's count 2,000 lines are written, without the cut 60 MB."""
    stream = io.StringIO()
    handler = CountingHandler(stream, Limits(), lambda: 0.0, lambda *call: None)
    logger = logging.getLogger("vibes_trio")
    before = logger.level
    logger.setLevel(logging.INFO)
    logger.addHandler(handler)
    try:
        for number in range(500):
            await send(app, "GET", f"/{number}" + "z" * 30_000)
            await send(app, "DELETE", f"/{number}")
            await say(app, {"type": f"unknown-{number}" + "y" * 30_000})
            await say(app, {"type": ENSURE_CHAT, "auth": {"type": "device-id", "token": "bad"}})
    finally:
        logger.removeHandler(handler)
        logger.setLevel(before)

    limits = Limits()
    assert 1000 < len(stream.getvalue()) < 5 * limits.log_kind_bytes


async def test_what_went_well_is_logged_only_when_asked_for(app, caplog):
    caplog.set_level(logging.INFO, "vibes_trio.requests")

    await say(app, {"type": ENSURE_CHAT, "auth": {"type": "device-id", "token": "ada"}})
    await send(app, "GET", "/nothing")

    lines = [record.getMessage() for record in caplog.records if record.name == "vibes_trio.requests"]
    assert lines == ["GET /nothing -> 503"]


async def test_no_token_is_in_the_log(app, caplog):
    caplog.set_level(logging.DEBUG)

    await say(app, {"type": ENSURE_CHAT, "auth": {"type": "device-id", "token": "very-secret"}})
    await say(app, {"type": ENSURE_CHAT, "auth": {"type": "ucan", "token": "very-secret"}})

    assert "very-secret" not in caplog.text


def test_only_appends_keep_an_order_and_each_context_its_own():
    assert order_key(envelope("ada", APPEND, contextId="c", origin="user", blocks=[])) == "c"
    assert order_key(envelope("ada", ENSURE_CHAT, contextId="c")) is None
    assert order_key(b"{") is None


async def test_what_newer_clients_ask_for_and_is_not_here_is_told_in_words(app):
    reply = await say(app, {"type": "vibes.diy.req-list-developer-grants"})

    assert reply["payload"]["code"] == "unknown-type"
    assert reply["payload"]["message"].startswith("Not Implemented: this server keeps no developers")


async def test_a_long_message_is_let_go_as_soon_as_it_is_read(app):
    """Else each deploy that is compiled, or waits to be, holds its files twice."""
    left = []

    async def use_case(ctx, payload):
        left.append(len(data))
        return ResEnsureChatContext(context_id="z")

    data = bytearray(envelope("ada", DEPLOY, fileSystem=[text("/a", "x" * 3_000_000)], mode="dev"))
    pipeline = Pipeline(message(ReqEnsureAppSlug, use_case))
    reply = await answer(app, pipeline, MessageIncoming(data))

    assert reply.status == 200
    assert left[0] < 1_100_000
