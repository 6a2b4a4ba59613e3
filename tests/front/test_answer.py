"""One incoming, one reply, whatever happens on the way."""

import json
import logging

import pytest
import trio
from answering import answer
from fakes import make_app
from live_client import FakeLink
from outcome import Error

from vibes_trio.config import Limits
from vibes_trio.counts import OTHER
from vibes_trio.dispatch import Handler, Pipeline
from vibes_trio.errors import BadRequest, Overloaded, RequireLogin
from vibes_trio.exchange import HttpIncoming, Later, MessageIncoming, Reply
from vibes_trio.front.answer import answer_soon, look
from vibes_trio.wire.base import MessageHead

ENVELOPE = {"tid": "t", "src": "a", "dst": "b", "ttl": 1, "payload": {"type": "x"}}
BODY = json.dumps(ENVELOPE).encode()


def post(body=BODY, host="localhost:8787", method="POST"):
    return HttpIncoming(method, host, "/v1/api", {}, body)


def pipeline(handle):
    return Pipeline(Handler("any", lambda incoming: incoming, handle))


def raising(error):
    async def handle(ctx, incoming):
        raise error

    return pipeline(handle)


async def echo(ctx, incoming):
    return Reply(200, (), type(incoming).__name__.encode())


@pytest.mark.parametrize("method", ["POST", "PUT"])
async def test_a_posted_message_and_a_frame_become_the_same_record(method):
    posted = await answer(make_app(), pipeline(echo), post(method=method))
    framed = await answer(make_app(), pipeline(echo), MessageIncoming(BODY))

    assert posted.body == framed.body == MessageHead.__name__.encode()


@pytest.mark.parametrize(
    "incoming", [post(host="app--user.apps.test"), post(host="a b"), HttpIncoming("GET", "localhost", "/")]
)
async def test_other_http_is_no_message(incoming):
    reply = await answer(make_app(), pipeline(echo), incoming)

    assert reply.body == b"HttpIncoming"


async def test_a_message_tells_how_long_it_took():
    reply = await answer(make_app(), pipeline(echo), post())

    assert dict(reply.headers)["server-timing"].startswith("total;dur=")


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [(b"hello", 400, "bad-json"), (b"{}", 400, "bad-envelope"), (b"", 400, "bad-json")],
)
async def test_without_an_envelope_the_error_is_bare(body, status, code):
    reply = await answer(make_app(), pipeline(echo), post(body))

    assert reply.status == status
    assert json.loads(reply.body).keys() == {"type", "message", "code"}
    assert json.loads(reply.body)["code"] == code


@pytest.mark.parametrize("said", [post, MessageIncoming])
@pytest.mark.parametrize(
    ("body", "code"),
    [(b"hello", "bad-json"), (b"{}", "bad-envelope"), (b"[" * Limits().read_here_bytes + b"[", "bad-json")],
)
async def test_what_no_handler_can_be_shown_is_counted_once(said, body, code):
    """A long one is looked at elsewhere, before, if it came by a WebSocket."""
    app = make_app()
    incoming = said(body)
    if said is MessageIncoming and len(body) > Limits().read_here_bytes:
        incoming = await look(app, incoming)

    await answer(app, pipeline(echo), incoming)

    assert app.counts.read("messages") == {(OTHER, code): 1}


async def test_an_error_is_answered_in_its_envelope():
    reply = await answer(make_app(), raising(BadRequest("no", member="$.x")), post())

    got = json.loads(reply.body)
    assert reply.status == 400
    assert (got["tid"], got["src"], got["dst"]) == ("t", "b", "a")
    assert got["payload"]["code"] == got["payload"]["error"]["code"] == "bad-request"
    assert got["payload"]["member"] == "$.x"


async def test_why_credentials_are_refused_is_only_in_the_log(caplog):
    with caplog.at_level(logging.INFO):
        reply = await answer(make_app(), raising(RequireLogin("cert_revoked")), post())

    assert reply.status == 401
    assert b"cert_revoked" not in reply.body
    assert "cert_revoked" in caplog.text


async def test_what_is_unforeseen_is_hidden_and_logged_with_its_id(caplog):
    reply = await answer(make_app(), raising(ZeroDivisionError("secret path")), post())

    got = json.loads(reply.body)["payload"]
    assert reply.status == 500
    assert b"secret" not in reply.body
    assert got["id"] in caplog.text
    assert "ZeroDivisionError" in caplog.text


async def test_overload_says_when_to_come_back():
    reply = await answer(make_app(), raising(Overloaded("later", retry_after_s=7)), post())

    assert reply.status == 503
    assert ("retry-after", "7") in reply.headers


async def test_a_message_that_takes_too_long_is_given_up(autojump_clock):
    async def handle(ctx, incoming):
        await trio.sleep_forever()

    reply = await answer(make_app(limits=Limits(message_timeout_s=5)), pipeline(handle), post())

    assert trio.current_time() == pytest.approx(5)
    assert json.loads(reply.body)["payload"]["code"] == "overloaded"


async def test_cancellation_passes():
    async def handle(ctx, incoming):
        await trio.sleep_forever()

    with trio.move_on_after(0) as scope:
        await answer(make_app(), pipeline(handle), post())

    assert scope.cancelled_caught


class Broken:
    """A promise that comes to an error."""

    def __init__(self, error):
        self.error = error

    def tell(self, hear):
        hear(Error(self.error))


@pytest.mark.parametrize(
    ("error", "code"), [(BadRequest("x"), "bad-request"), (ZeroDivisionError("secret path"), "internal")]
)
async def test_what_goes_wrong_with_an_answer_that_is_told_is_told_as_of_any_other(error, code, caplog):
    later = Later(Broken(error), lambda got: got)
    got = []

    incoming = MessageIncoming(BODY, link=FakeLink())
    answer_soon(make_app(), pipeline(lambda ctx, head: later), incoming).tell(got.append)

    assert json.loads(got[0].value.body)["payload"]["code"] == code
    assert b"secret" not in got[0].value.body
    assert ("ZeroDivisionError" in caplog.text) == (code == "internal")


class Never:
    """A promise that is not kept, to who waits for it and holds the connection."""

    async def wait(self):
        await trio.sleep_forever()


async def test_what_is_promised_has_its_time_where_no_connection_sees_to_that(autojump_clock):
    later = Later(Never(), lambda got: got)

    reply = await answer_soon(make_app(), pipeline(lambda ctx, head: later), MessageIncoming(BODY))

    assert json.loads(reply.body)["payload"]["code"] == "overloaded"
    assert trio.current_time() == pytest.approx(Limits().message_timeout_s, abs=1)


BROWSER = {"sec-fetch-mode": "navigate", "accept": "text/html"}


def opening(headers=BROWSER, method="GET"):
    return HttpIncoming(method, "garden--ada.apps.test", "/a?b=<c>", headers)


@pytest.mark.parametrize("at_once", [True, False])
@pytest.mark.parametrize(
    ("error", "status", "words"),
    [
        (Overloaded("Too much <now>."), 503, ["This server is busy", "Too much &lt;now&gt;.", "Try again"]),
        (BadRequest("Not so."), 400, ["This can&#x27;t be answered", "Not so."]),
        (ValueError("secret"), 500, ["Something went wrong here", "The log has it as"]),
    ],
)
async def test_a_browser_that_opens_a_page_is_shown_one_whatever_goes_wrong(error, status, words, at_once):
    """Programs are told the same in JSON, with the same status and headers."""

    def refuse(ctx, incoming):
        raise error

    handlers = pipeline(refuse) if at_once else raising(error)
    page = await answer(make_app(), handlers, opening())
    told = await answer(make_app(), handlers, opening({"accept": "application/json"}))

    assert (page.status, told.status) == (status, status)
    assert all(text in page.body.decode() for text in words), page.body
    assert b"secret" not in page.body
    assert json.loads(told.body)["code"]
    assert dict(page.headers)["content-type"] == "text/html"
    assert dict(page.headers).get("retry-after") == dict(told.headers).get("retry-after")
    assert "script-src" not in page.policy


async def test_who_waits_too_long_for_a_page_is_shown_so(autojump_clock):
    async def never(ctx, incoming):
        await trio.sleep_forever()

    page = await answer(make_app(), pipeline(never), opening())

    assert (page.status, b"took too long" in page.body) == (503, True)


async def test_a_server_that_stops_says_so():
    app = make_app()
    app.draining.set()

    page = await answer(app, raising(Overloaded("Not now.")), opening())

    assert page.status == 503
    assert b"This server is stopping" in page.body
