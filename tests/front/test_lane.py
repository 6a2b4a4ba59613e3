"""Connections that speak HTTP: order, limits, deadlines and endings, the same in both lanes."""

import contextlib
import json

import pytest
import trio
import trio.testing

from vibes_trio.config import Limits
from vibes_trio.exchange import Reply
from vibes_trio.urls import Site

HOST = b"Host: api.localhost\r\n"

both_lanes = pytest.mark.parametrize("fast", [True, False], ids=["fast lane", "full lane"])


def post(body: bytes, *lines: bytes) -> bytes:
    fields = b"".join(line + b"\r\n" for line in lines)
    return b"POST /p HTTP/1.1\r\n" + HOST + fields + b"Content-Length: %d\r\n\r\n" % len(body) + body


def chunked(*chunks: bytes) -> bytes:
    body = b"".join(b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in chunks)
    return b"POST /p HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n" + body + b"0\r\n\r\n"


@both_lanes
async def test_requests_of_one_connection_are_answered_in_order(serve, fast):
    async with serve(fast=fast) as server:
        client = await server.connect()
        requests = [b"GET /%d HTTP/1.1\r\n" % i + HOST + b"\r\n" for i in range(30)]
        requests[7:7] = [b"DELETE /x HTTP/1.1\r\n" + HOST + b"\r\n"]  # never simple
        requests[20:20] = [post(b"body")]
        await client.say(b"".join(requests))
        targets = [(await client.response()).json["target"] for _ in requests]
        assert targets == [request.split(b" ")[1].decode() for request in requests]
        assert await client.stays_open()


@both_lanes
async def test_a_request_that_comes_byte_by_byte_is_answered(serve, fast):
    async with serve(fast=fast) as server:
        client = await server.connect()
        for byte in post(b"hello", b"X: y"):
            await client.say(bytes([byte]))
            await trio.testing.wait_all_tasks_blocked()
        assert (await client.response()).json["body"] == "hello"


FOR_READERS = {
    "access-control-allow-origin": "*",
    "access-control-allow-methods": "GET,POST,OPTIONS,PUT,DELETE",
    "access-control-allow-headers": "Origin, Content-Type, Accept",
    "access-control-max-age": "86400",
}
LOCKED = "default-src 'none'; sandbox"
TINY = Limits(max_head_bytes=400, max_body_bytes=100, head_timeout_s=0.05, body_timeout_s=0.05)
WEBSOCKET = b"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
ANSWERS = {
    # what is said after the request line's method and path, and the status
    "GET": (b"GET /", b"", 200),
    "HEAD": (b"HEAD /", b"", 200),
    "OPTIONS": (b"OPTIONS /", b"", 200),
    "DELETE": (b"DELETE /", b"", 200),
    "POST": (b"POST /", b"Content-Length: 0\r\n", 200),
    "not modified": (b"GET /304", b"", 304),
    "error": (b"GET /404", b"", 404),
    "bug": (b"GET /bug", b"", 500),
    "unwritable": (b"GET /unwritable", b"", 500),
    "too large": (b"POST /", b"Content-Length: 101\r\n", 413),
    "too large in chunks": (b"POST /", b"Transfer-Encoding: chunked\r\n\r\n70\r\n" + b"x" * 112, 413),
    "broken chunks": (b"POST /", b"Transfer-Encoding: chunked\r\n\r\nzz\r\n", 400),
    "slow body": (b"POST /", b"Content-Length: 9\r\n", 408),
    "slow chunks": (b"POST /", b"Transfer-Encoding: chunked\r\n", 408),
    "no WebSocket": (b"GET /", WEBSOCKET, 400),
}


async def answer_of_each_kind(incoming, turn):
    if incoming.target == "/bug":
        raise ZeroDivisionError  # the front's `answer` never does; what the lanes then say is no page of ours
    if incoming.target == "/unwritable":
        return Reply(200, (("x", "a\nb"),))
    return Reply(int(incoming.target[1:] or 200), (("content-type", "text/html"),), b"<p>", repeatable=True)


@both_lanes
@pytest.mark.parametrize("host", [b"api.localhost", b"app--user.localhost"])
@pytest.mark.parametrize("kind", [kind for kind in ANSWERS if kind != "bug"])
async def test_every_answer_is_locked_and_those_of_the_api_are_for_pages_of_any_origin(
    serve, fast, host, kind, autojump_clock
):
    """What no app is made of can be shown in a frame, and lends nobody its freedom; what an app says is its own.

    Without the site's headers each of these fails in one lane, on one host, or both.
    """
    line, fields, status = ANSWERS[kind]
    status = 404 if kind == "no WebSocket" and b"--" in host else status

    async with serve(answer_of_each_kind, fast=fast, limits=TINY) as server:
        answers = [
            await server.ask(
                line + b" HTTP/1.1\r\nHost: " + host + b"\r\n" + fields + b"\r\n", line.decode().split()[0]
            )
            for _ in range(2)  # the second may lie ready
        ]

    for answer in answers:
        readers = {name: value for name, value in answer.headers.items() if name.startswith("access-control")}
        assert answer.status == status
        assert answer.headers["content-security-policy"] == LOCKED
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert readers == ({} if b"--" in host else FOR_READERS)
        assert answer.headers["date"].endswith(" GMT")


async def test_a_page_of_the_full_lanes_own_is_locked_too(serve, caplog):
    """Quart answers with a page of its own where the front's `answer` raises, which it never does."""
    async with serve(answer_of_each_kind, fast=False) as server:
        answer = await server.ask(b"GET /bug HTTP/1.1\r\nHost: app--user.localhost\r\n\r\n")

    assert (answer.status, answer.headers["content-type"].split(";")[0]) == (500, "text/html")
    assert answer.headers["content-security-policy"] == LOCKED
    assert "access-control-allow-origin" not in answer.headers


@both_lanes
@pytest.mark.parametrize(
    ("said", "status"),
    [
        (b"GET / HTTP/1.1\r\nHost: a b\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\n\r\n", 400),
        (b"\x16\x03\x01 ", 400),
        (b"GET /" + b"x" * 500 + b" HTTP/1.1\r\nHost: h\r\n\r\n", 431),
        (b"TRACE / HTTP/1.1\r\nHost: h\r\n\r\n", 405),
        (b"GET / HTTP/1.1\r\nHost: h\r\nX: y", 408),
    ],
)
async def test_what_is_refused_before_its_host_is_known_is_locked_and_for_nobody(
    serve, fast, said, status, autojump_clock
):
    async with serve(fast=fast, limits=TINY) as server:
        answer = await server.ask(said)

    assert answer.status == status
    assert answer.headers["content-security-policy"] == LOCKED
    assert "access-control-allow-origin" not in answer.headers


@both_lanes
@pytest.mark.parametrize(("policy", "told"), [("default-src 'self'", "default-src 'self'"), ("", None)])
async def test_what_an_app_is_made_of_has_the_policy_that_it_came_with(serve, fast, policy, told):
    async def answer(incoming, turn):
        return Reply(200, (("content-type", "text/html"),), b"<p>", repeatable=True, policy=policy)

    async with serve(answer, fast=fast) as server:
        for _ in range(2):
            got = await server.ask(b"GET / HTTP/1.1\r\nHost: app--user.localhost\r\n\r\n")
            assert got.headers.get("content-security-policy") == told


@both_lanes
@pytest.mark.parametrize("host", [b"api.localhost", b"app--user.localhost"])
async def test_modules_are_for_the_pages_of_their_own_host(serve, fast, host):
    """They may be of a private registry, and any page that a visitor opens could read them."""
    async with serve(answer_of_each_kind, fast=fast) as server:
        for path in (b"/~esm/x.js", b"/a/../~esm/x.js"):
            answer = await server.ask(b"OPTIONS " + path + b" HTTP/1.1\r\nHost: " + host + b"\r\n\r\n")
            assert "access-control-allow-origin" not in answer.headers


ORIGINS = Site(origins=frozenset({"https://chat.test"}))


def send(method: bytes, origin: bytes, host: bytes = b"api.localhost") -> bytes:
    fields = b"Origin: " + origin + b"\r\n" if origin else b""
    return method + b" / HTTP/1.1\r\nHost: " + host + b"\r\n" + fields + b"Content-Length: 0\r\n\r\n"


@both_lanes
async def test_messages_of_pages_of_other_origins_are_refused_where_the_operator_says_so(serve, fast):
    """Programs name no origin. Without the check the second is answered."""

    async def answer(incoming, turn):
        return Reply(200)

    async with serve(answer, fast=fast, site=ORIGINS) as server:
        named = await server.ask(send(b"POST", b"https://chat.test"))
        other = await server.ask(send(b"PUT", b"https://evil.test"))
        program = await server.ask(send(b"POST", b""))
        preflight = await server.ask(send(b"OPTIONS", b"https://evil.test"))
        of_app = await server.ask(send(b"POST", b"https://evil.test", b"app--user.localhost"))

    assert (named.status, named.headers["access-control-allow-origin"]) == (200, "https://chat.test")
    assert (named.headers["access-control-max-age"], named.headers["vary"]) == ("86400", "Origin")
    assert (other.status, "VIBES_API_ORIGINS" in other.json["message"]) == (403, True)
    assert (program.status, preflight.status, of_app.status) == (200, 200, 200)
    for answered in (other, program, preflight):
        assert "access-control-allow-origin" not in answered.headers


@both_lanes
async def test_head_has_the_length_of_the_reply_and_no_body(serve, fast):
    async def answer(incoming, turn):
        return Reply(200, (("content-type", "text/plain"),), b"", 12345)

    async with serve(answer, fast=fast) as server:
        client = await server.connect()
        for _ in range(2):
            await client.say(b"HEAD / HTTP/1.1\r\n" + HOST + b"\r\n")
            response = await client.response("HEAD")
            assert (response.status, response.headers["content-length"]) == (200, "12345")
        assert await client.stays_open()


@both_lanes
@pytest.mark.parametrize("status", [204, 304])
async def test_an_answer_without_body_says_no_length(serve, fast, status):
    async def answer(incoming, turn):
        return Reply(status, (("etag", '"x"'),))

    async with serve(answer, fast=fast) as server:
        client = await server.connect()
        for _ in range(2):
            await client.say(server.good_request)
            response = await client.response()
            assert response.status == status
            assert "content-length" not in response.headers
            assert "content-type" not in response.headers


@both_lanes
@pytest.mark.parametrize(
    "value", ["text/html\r\nX-Injected: 1\r\n\r\n<script>", "a\nb", "a\0b", " a", "\ud800"]
)
async def test_a_header_that_cannot_be_written_is_an_internal_error(serve, fast, value):
    async def answer(incoming, turn):
        return Reply(200, (("content-type", value),), b"x")

    async with serve(answer, fast=fast) as server:
        response = await server.ask(server.good_request)
        assert (response.status, response.json["code"]) == (500, "internal")
        assert "x-injected" not in response.headers


@both_lanes
async def test_connection_close_is_honoured(serve, fast):
    async with serve(fast=fast) as server:
        client = await server.connect()
        await client.say(b"GET / HTTP/1.1\r\n" + HOST + b"Connection: close\r\n\r\n")
        response = await client.response()
        assert response.headers["connection"] == "close"
        assert await client.closed()


@both_lanes
async def test_http_1_0_is_answered_and_closed(serve, fast):
    async with serve(fast=fast) as server:
        client = await server.connect()
        await client.say(b"GET / HTTP/1.0\r\n" + HOST + b"\r\n")
        assert (await client.response()).status == 200
        assert await client.closed()


@both_lanes
async def test_a_client_that_ends_its_side_still_gets_its_answer(serve, fast):
    async with serve(fast=fast) as server:
        client = await server.connect()
        await client.say(post(b"x"))
        await client.stream.send_eof()
        assert (await client.response()).json["body"] == "x"
        assert await client.closed()


@both_lanes
async def test_expect_is_answered_before_the_body_comes(serve, fast):
    async with serve(fast=fast) as server:
        client = await server.connect()
        head, _, _ = post(b"hello", b"Expect: 100-continue").partition(b"hello")
        await client.say(head)
        assert (await client.response()).status == 100
        await client.say(b"hello")
        assert (await client.response()).json["body"] == "hello"


@both_lanes
async def test_chunks_become_one_body(serve, fast):
    async with serve(fast=fast) as server:
        client = await server.connect()
        await client.say(chunked(b"a" * 70_000, b"b") + server.good_request)
        assert (await client.response()).json["body"] == "a" * 70_000 + "b"
        assert (await client.response()).json["target"] == "/good"


@both_lanes
async def test_an_absolute_target_means_its_path(serve, fast):
    async with serve(fast=fast) as server:
        for target, meant in [
            (b"http://API.localhost/x?y", "/x?y"),
            (b"http://api.localhost", "/"),
            (b"http://api.localhost?q", "/?q"),
            (b"/?", "/?"),
            (b"//double//", "//double//"),
        ]:
            response = await server.ask(b"GET " + target + b" HTTP/1.1\r\n" + HOST + b"\r\n")
            assert response.json["target"] == meant


@both_lanes
async def test_repeated_headers_are_joined(serve, fast):
    async with serve(fast=fast) as server:
        response = await server.ask(b"GET / HTTP/1.1\r\nX: 1\r\n" + HOST + b"x:  2 \r\n\r\n")
        assert response.json["headers"] == {"host": "api.localhost", "x": "1, 2"}


@both_lanes
async def test_a_body_said_to_be_too_long_is_refused_before_it_is_read(serve, fast):
    async with serve(fast=fast) as server:
        client = await server.connect()
        await client.say(b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: 1073741824\r\n\r\n")
        response = await client.response()
        assert (response.status, response.json["code"]) == (413, "too-large")
        assert str(16 * 2**20) in response.json["message"]
        sent = 0
        with contextlib.suppress(trio.BrokenResourceError):
            while sent < 100 * 2**20:
                await client.say(b"x" * 2**20)
                sent += 2**20
        assert sent < 20 * 2**20  # what fits into the system's buffers


@both_lanes
async def test_chunks_are_counted_and_refused_when_too_many(serve, fast):
    async with serve(fast=fast, limits=Limits(max_body_bytes=1000)) as server:
        assert (await server.ask(chunked(b"x" * 999, b"y"))).status == 200
        client = await server.connect()
        await client.say(chunked(*[b"x" * 100] * 11))
        response = await client.response()
        assert (response.status, response.json["code"]) == (413, "too-large")
        assert await client.closed()


@both_lanes
async def test_a_slow_head_is_cut_after_ten_seconds(serve, fast, autojump_clock):
    async with serve(fast=fast) as server:
        client = await server.connect()
        started = trio.current_time()
        await client.say(b"GET / HT")
        await trio.sleep(9)
        await client.say(b"TP/1.1\r\n")
        response = await client.response()
        assert response.status == 408
        assert trio.current_time() - started == pytest.approx(10, abs=0.1)


async def test_a_connection_on_which_nothing_is_said_is_closed_after_ten_seconds(serve, autojump_clock):
    async with serve() as server:
        client = await server.connect()
        started = trio.current_time()
        assert await client.ended() == b""
        assert trio.current_time() - started == pytest.approx(10, abs=0.1)


@both_lanes
async def test_an_idle_connection_is_closed_after_five_seconds_in_silence(serve, fast, autojump_clock):
    async with serve(fast=fast) as server:
        client = await server.connect()
        await client.say(server.good_request)
        assert (await client.response()).status == 200
        started = trio.current_time()
        assert await client.ended() == b""
        assert trio.current_time() - started == pytest.approx(5, abs=0.1)


@both_lanes
async def test_the_second_head_has_ten_seconds_from_its_first_byte(serve, fast, autojump_clock):
    async with serve(fast=fast) as server:
        client = await server.connect()
        await client.say(server.good_request)
        await client.response()
        await trio.sleep(4)
        await client.say(server.good_request[:10])
        await trio.sleep(9)
        await client.say(server.good_request[10:])
        assert (await client.response()).status == 200


@both_lanes
@pytest.mark.parametrize(
    "request_", [post(b"x" * 100)[:-1], chunked(b"x" * 100)[:-1]], ids=["length", "chunks"]
)
async def test_a_slow_body_is_cut_after_thirty_seconds(serve, fast, request_, autojump_clock):
    async with serve(fast=fast) as server:
        client = await server.connect()
        started = trio.current_time()
        await client.say(request_)
        response = await client.response()
        assert (response.status, response.json["code"]) == (408, "bad-request")
        assert trio.current_time() - started == pytest.approx(30, abs=0.1)
        assert await client.closed()


@both_lanes
async def test_an_answer_may_take_longer_than_any_deadline_of_the_request(serve, fast, autojump_clock):
    async def answer(incoming, turn):
        await trio.sleep(50)
        return Reply(200, (), b"at last")

    async with serve(answer, fast=fast) as server:
        client = await server.connect()
        for _ in range(2):
            await client.say(server.good_request)
            assert (await client.response()).body == b"at last"


@both_lanes
async def test_a_reader_that_stops_is_dropped(serve, fast, autojump_clock):
    async def answer(incoming, turn):
        return Reply(200, (), b"x" * 16 * 2**20)

    async with serve(answer, fast=fast) as server:
        client = await server.connect()
        await client.say(server.good_request)
        await trio.sleep(13)
        assert server.front.counts.open == 0
        assert server.front.counts.faults == 0


@both_lanes
async def test_a_large_answer_arrives_whole(serve, fast):
    body = bytes(range(256)) * 40_000

    async def answer(incoming, turn):
        return Reply(200, (), body)

    async with serve(answer, fast=fast) as server:
        client = await server.connect()
        for _ in range(2):
            await client.say(server.good_request)
            assert (await client.response()).body == body


@both_lanes
async def test_draining_finishes_the_request_in_flight_and_closes(serve, fast):
    started, may_go = trio.Event(), trio.Event()

    async def answer(incoming, turn):
        started.set()
        await may_go.wait()
        return Reply(200, (), b"done")

    async with serve(answer, fast=fast) as server:
        client, idle, half = await server.connect(), await server.connect(), await server.connect()
        await half.say(b"GET / HT")
        await client.say(server.good_request * 2)
        await started.wait()
        server.front.draining.set()
        with trio.fail_after(1):
            assert await idle.ended() == b""
            assert await half.ended() == b""
        with pytest.raises(OSError):  # noqa: PT012 - listening has ended
            await trio.testing.wait_all_tasks_blocked(0.01)
            await trio.open_tcp_stream("127.0.0.1", server.port)
        may_go.set()
        response = await client.response()
        assert (response.body, response.headers["connection"]) == (b"done", "close")
        assert await client.response() is None


@both_lanes
async def test_what_does_not_finish_is_cut_at_the_shutdown_timeout(serve, fast, autojump_clock):
    async def answer(incoming, turn):
        await trio.sleep_forever()

    started = 0.0
    async with serve(answer, fast=fast) as server:
        client, socket = await server.connect(), await server.websocket()
        await client.say(server.good_request)
        await socket.send(b"x")
        await trio.testing.wait_all_tasks_blocked()
        started = trio.current_time()
    assert trio.current_time() - started == pytest.approx(5, abs=0.1)


async def test_a_bug_ends_its_own_connection_only(serve, caplog):
    async def answer(incoming, turn):
        if incoming.target == "/bug":
            raise RuntimeError("deliberate")
        return Reply(200, (), b"fine")

    async with serve(answer) as server:
        other, client = await server.connect(), await server.connect()
        await client.say(b"GET /bug HTTP/1.1\r\n" + HOST + b"\r\n")
        assert await client.ended() == b""
        assert server.front.counts.faults == 1
        assert "deliberate" in caplog.text
        await other.say(server.good_request)
        assert (await other.response()).body == b"fine"


async def test_a_bug_behind_the_full_lane_is_a_500_and_ends_its_own_connection_only(serve, caplog):
    async def answer(incoming, turn):
        raise RuntimeError("deliberate")

    async with serve(answer, fast=False) as server:
        response = await server.ask(server.good_request)
        assert response.status == 500
        assert b"deliberate" not in response.body
        assert "deliberate" in caplog.text


async def test_a_request_for_the_full_lane_waits_until_it_is_loaded(serve):
    async with serve() as server:
        responses = []

        async def ask(request):
            responses.append(await server.ask(request))

        async with trio.open_nursery() as nursery:
            for i in range(10):
                nursery.start_soon(ask, b"OPTIONS /%d HTTP/1.1\r\n" % i + HOST + b"\r\n")
        assert sorted(json.loads(r.body)["target"] for r in responses) == [f"/{i}" for i in range(10)]
