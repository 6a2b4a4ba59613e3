"""Hypercorn for one request, with small ASGI apps on a pair of sockets."""

import socket

import pytest
import trio
import trio.testing
from hypercorn.app_wrappers import ASGIWrapper

from vibes_trio.config import Limits
from vibes_trio.front.guard import GuardedConfig, serve_one
from vibes_trio.front.heads import find_head_end, parse_head
from vibes_trio.front.sockets import Line

GET = b"GET /x HTTP/1.1\r\nHost: h\r\n\r\n"


@pytest.fixture
def sockets():
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    theirs.setblocking(False)
    line = Line(ours, 10)
    yield line, theirs
    theirs.close()
    ours.close()


async def serve(app, line, data=GET):
    line.buffer = data
    head = parse_head(data[: find_head_end(data)], Limits())
    return await serve_one(ASGIWrapper(app), GuardedConfig(), line, head)


async def say_hello(scope, receive, send):
    headers = [(b"content-length", b"5")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"hello", "more_body": False})


async def test_one_request_is_answered_and_what_follows_is_given_back(sockets):
    line, theirs = sockets
    assert await serve(say_hello, line, GET + b"GET /second")
    assert line.buffer == b"GET /second"
    answer = theirs.recv(9999)
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert answer.endswith(b"\r\n\r\nhello")
    assert b"Access-Control-Allow-Origin: *\r\n" in answer
    assert answer.lower().count(b"\r\ndate: ") == 1


async def test_a_connection_that_is_to_close_is_not_reusable(sockets):
    line, _ = sockets
    closing = GET.replace(b"Host", b"Connection: close\r\nHost")
    assert not await serve(say_hello, line, closing + b"more that is never an error")


async def test_an_answer_before_the_body_has_come_ends_the_connection(sockets):
    line, theirs = sockets
    request = b"POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\nonly this"
    assert not await serve(say_hello, line, request)
    assert theirs.recv(9999).endswith(b"hello")


async def test_an_app_that_raises_is_a_500_with_the_common_headers(sockets, caplog):
    async def app(scope, receive, send):
        raise RuntimeError("deliberate")

    line, theirs = sockets
    await serve(app, line)
    answer = theirs.recv(9999)
    assert answer.startswith(b"HTTP/1.1 500 ")
    assert b"Access-Control-Allow-Origin: *" in answer
    assert b"deliberate" not in answer


async def test_an_app_that_talks_for_ever_to_nobody_can_be_cancelled(sockets):
    talked = 0

    async def app(scope, receive, send):
        nonlocal talked
        await send({"type": "http.response.start", "status": 200, "headers": []})
        while True:
            await send({"type": "http.response.body", "body": b"x", "more_body": True})
            talked += 1

    line, theirs = sockets
    theirs.close()
    with trio.move_on_after(0.05) as scope:
        await serve(app, line)
    assert scope.cancelled_caught
    assert talked > 0


async def test_a_wish_for_http2_is_ignored(sockets):
    scopes = []

    async def app(scope, receive, send):
        scopes.append(scope)
        await say_hello(scope, receive, send)

    line, theirs = sockets
    await serve(app, line, GET.replace(b"Host", b"Upgrade: h2c\r\nConnection: upgrade\r\nHost"))
    assert theirs.recv(9999).startswith(b"HTTP/1.1 200 ")
    assert [(scope["type"], scope["http_version"]) for scope in scopes] == [("http", "1.1")]


async def test_the_app_finds_the_head_as_the_lane_read_it(sockets):
    scopes = []

    async def app(scope, receive, send):
        scopes.append(scope)
        await say_hello(scope, receive, send)

    line, _ = sockets
    await serve(app, line, GET.replace(b"/x", b"http://h/x?y"))
    (scope,) = scopes
    assert (scope["raw_path"], scope["query_string"]) == (b"/x", b"y")
    assert scope["state"]["head"].target == "/x?y"


async def test_a_body_that_breaks_off_is_refused_in_our_words(sockets):
    async def app(scope, receive, send):
        while (await receive())["type"] != "http.disconnect":
            pass

    line, theirs = sockets
    theirs.shutdown(socket.SHUT_WR)
    assert not await serve(app, line, b"POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\nonly this")
    answer = theirs.recv(9999)
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b'"code":"bad-request"' in answer
    assert answer.count(b"HTTP/1.1") == 1
