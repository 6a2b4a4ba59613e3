"""The fast lane never changes an answer: whatever is said, both lanes say the same bytes back.

Two fronts run in a thread, one with the fast lane and one without. Each script (some requests, then one more
that shows whether the connection is still open) is sent to both, and what comes back until the end is
compared: status, headers but Date and Server-Timing, body. VIBES_DIFF_EXAMPLES says how many scripts are
generated.

Half of the scripts come on connections that have been given a kept answer before, and so are parked where the fast
lane is on.
"""

import json
import os
import re
import socket
import threading
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import trio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vibes_trio.config import Limits
from vibes_trio.exchange import READING_HEADERS, MessageIncoming, Reply
from vibes_trio.front.ready import ReadyAnswers
from vibes_trio.front.serve import serve_front
from vibes_trio.front.sockets import open_listeners
from vibes_trio.front.state import Front

EXAMPLES = int(os.environ.get("VIBES_DIFF_EXAMPLES", "500"))
PRIME = b"GET /kept HTTP/1.1\r\nHost: h\r\n\r\n"
LAST = b"GET /still-open HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"


async def answer(incoming, turn):
    """Say what came in; the target chooses among replies that are hard to write."""
    if isinstance(incoming, MessageIncoming):
        return Reply(200, (), incoming.data)
    if "kept" in incoming.target and incoming.method in ("GET", "HEAD"):
        asked = {name: incoming.headers[name] for name in READING_HEADERS if name in incoming.headers}
        body = json.dumps([incoming.host, incoming.target, asked]).encode()
        length = len(body) if incoming.method == "HEAD" else None
        return Reply(200, (), b"" if length else body, length, repeatable=True)
    said = [incoming.method, incoming.host, incoming.target, sorted(incoming.headers.items())]
    body = json.dumps([*said, incoming.body.decode("latin-1")]).encode()
    if "304" in incoming.target:
        return Reply(304, (("etag", '"x"'),))
    if "204" in incoming.target:
        return Reply(204, (("x", "y"),))
    if "206" in incoming.target:
        return Reply(206, (("content-range", "bytes 0-1/9"), ("content-type", "a/b")), b"ab")
    if "twice" in incoming.target:
        return Reply(200, (("vary", "a"), ("Vary", "b"), ("x", "ü")), body)
    if "broken" in incoming.target:
        return Reply(200, (("x", "a\r\nb: c"),), body)
    if "empty" in incoming.target:
        return Reply(503)
    if incoming.method == "HEAD":
        return Reply(200, (("content-type", "a/b"),), b"", 4321)
    return Reply(200, (("content-type", "application/json"),), body)


@pytest.fixture(scope="module")
def ports():
    """Run both fronts; yield their ports, the fast one's first."""
    started = threading.Event()
    running = {}

    async def main():
        draining = trio.Event()
        limits = Limits(max_body_bytes=50_000, max_head_bytes=4096)
        async with trio.open_nursery() as nursery:
            for fast in (True, False):
                listeners = await open_listeners("127.0.0.1", 0, limits)
                running[fast] = listeners[0].getsockname()[1]
                ready = ReadyAnswers(2**20, lambda: 1)
                front = Front(answer, lambda data: None, limits, draining, ready, fast=fast)
                running[fast, "front"] = front
                await nursery.start(serve_front, front, listeners)
            running["token"], running["draining"] = trio.lowlevel.current_trio_token(), draining
            started.set()

    thread = threading.Thread(target=trio.run, args=(main,))
    thread.start()
    assert started.wait(10)
    yield running[True], running[False]
    check(
        (running[True], running[False]), PRIME, parked=True
    )  # so that something was ready, whichever tests ran
    trio.from_thread.run_sync(running["draining"].set, trio_token=running["token"])
    thread.join()
    fast, full = running[True, "front"], running[False, "front"]
    assert fast.counts.faults == full.counts.faults == 0
    assert fast.counts.fast > 0
    assert fast.counts.ready > 0
    assert full.counts.fast == full.counts.ready == 0


def converse(port: int, script: bytes, *, parked: bool = False) -> bytes:
    """Say *script* and LAST, end our side, and return all that is said back.

    Args:
        parked: on a connection that has been parked, if the front parks any; and without LAST, so that a script
            of one request comes alone.
    """
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        try:
            if parked:
                connection.sendall(PRIME)
                said = b""
                while not said.endswith(b"]"):  # the last byte of the answer
                    said += connection.recv(65536)
            connection.sendall(script if parked else script + LAST)
            connection.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # refused before all was said; what was answered is still to be read
        said = bytearray()
        while True:
            try:
                data = connection.recv(65536)
            except ConnectionResetError:
                break
            if not data:
                break
            said += data
        return bytes(said)


def parse(said: bytes) -> list[tuple[int, list[tuple[str, str]], bytes]]:
    """Return status, headers and body of all answers. (No body here contains a status line.)"""
    answers = []
    for part in re.split(rb"(?=HTTP/1\.1 \d{3} )", said)[1:]:
        head, _, body = part.partition(b"\r\n\r\n")
        lines = head.decode("latin-1").split("\r\n")
        headers = [(line.split(": ", 1)[0].lower(), line.split(": ", 1)[1]) for line in lines[1:]]
        kept = sorted(
            header for header in headers if header[0] not in ("date", "server-timing", "x-request-id")
        )
        answers.append((int(lines[0][9:12]), kept, body))
    return answers


def check(ports: tuple[int, int], script: bytes, *, parked: bool = False) -> list[int]:
    fast, full = (parse(converse(port, script, parked=parked)) for port in ports)
    assert fast == full
    return [status for status, _, _ in fast]


# fmt: off
TARGETS = [
    "/", "/kept", "/kept", "/kept", "/kept/304", "/x?y=z", "/?", "/204", "/304", "/206", "/twice", "/broken", "/empty",
    "//a//b/../c", "/%ff%00%2e%2e", "/#f", "*", "http://h/abs", "http://h", "http://other/", "x", "", "/a b", "/\x00",
    "/\xfc", "/" + "l" * 5000,
]
HOSTS = [
    *["Host: h"] * 12, "host:h", "Host: a--b.h:80", "", "Host:", "Host: a b", "Host: h\r\nHost: h",
    "Host: a@b",
]
FIELDS = [
    "X: y", "x: z", "Cookie: a=b; c=d", "X-Empty:", "X: \xe4\xf6", "X: a\x01b", "X: a\x00b", "X : y", "TE: x",
    "X: a\r\n folded", "Connection: close", "connection: Keep-Alive", "Connection: close, x", "no colon",
    "Connection: upgrade", "Upgrade: websocket", "Upgrade: h2c", "HTTP2-Settings: AAMAAABk", "Expect: x",
    "Expect: 100-continue", "Transfer-Encoding: chunked", "Transfer-Encoding: gzip", "Content-Length: 0",
    "Content-Length: 3", "Content-Length: 4", "Content-Length: +3", "Content-Length: 3, 3",
    "Content-Length: 60000", "Range: bytes=0-1", "range: x", "If-None-Match: a", "accept-encoding: gzip",
]
METHODS = [
    *["GET"] * 6, "HEAD", "HEAD", "POST", "POST", "POST", "PUT", "OPTIONS", "DELETE", "get", "A(B",
]
# fmt: on


@st.composite
def requests(draw):
    """Return one request: mostly good, or nearly so."""
    pick = st.sampled_from
    method = draw(pick(METHODS))
    target = draw(pick(["/good"] * 8 + TARGETS))
    version = draw(pick(["HTTP/1.1"] * 15 + ["HTTP/1.0", "HTTP/1.2", "http/1.1", ""]))
    lines = [draw(pick(HOSTS)), *draw(st.lists(pick(FIELDS), max_size=3))]
    body = draw(pick(["", "", "", "abc", "\x00\xff\r\n\r\n", "x" * 2000]))
    framing = draw(pick(["length"] * 6 + ["chunks", "chunks", "none"]))
    if framing == "length" and (body or method in ("POST", "PUT")):
        lines.append(f"Content-Length: {len(body)}")
    elif framing == "chunks" and body:
        lines.append("Transfer-Encoding: chunked")
        trailer = draw(pick(["", "X: trailer\r\n"]))
        body = f"{len(body):x}\r\n{body}\r\n0\r\n{trailer}\r\n"
    end = draw(pick(["\r\n"] * 20 + ["\n"]))
    lines = [line for line in draw(st.permutations(lines)) if line]
    return end.join([f"{method} {target} {version}", *lines, "", ""]).encode("latin-1") + body.encode(
        "latin-1"
    )


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(script=st.lists(requests(), min_size=1, max_size=3).map(b"".join), parked=st.booleans())
def test_generated_requests(ports, script, parked):
    check(ports, script, parked=parked)


SEEDS = [
    PRIME,
    b"GET /kept HTTP/1.1\r\nX: y\r\nHost: h\r\nCookie: a=b\r\n\r\n",
    b"GET /good HTTP/1.1\r\nHost: h\r\nX: y\r\n\r\n",
    b"POST /good HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc",
    b"PUT / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nX: y\r\n\r\n",
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0",
    b"GET / HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n\x81\x83\0\0\0\0abc\x88\x82\0\0\0\0\x03\xe8",
]
BITS = [
    b"",
    b"\r\n",
    b"\n",
    b"\0",
    b"\xff",
    b" ",
    b":",
    b"0",
    b"9" * 30,
    b"Host: h\r\n",
    b"\r\n\r\n",
    b"%",
    b"\x80",
]


@st.composite
def mutants(draw):
    """Return a few of the seeds, in one piece, with some bytes replaced, left out or repeated."""
    data = b"".join(draw(st.lists(st.sampled_from(SEEDS), min_size=1, max_size=3)))
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(data)))
        end = draw(st.integers(start, min(len(data), start + 40)))
        data = data[:start] + draw(st.sampled_from(BITS) | st.just(data[start:end] * 2)) + data[end:]
    return data


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(script=mutants(), parked=st.booleans())
def test_mutated_requests(ports, script, parked):
    fast, full = (parse(converse(port, script, parked=parked)) for port in ports)
    if 101 not in [status for status, _, _ in fast]:  # messages of a WebSocket are answered in any order
        assert fast == full
    assert [parse(converse(port, b""))[0][0] for port in ports] == [200, 200]


def recorded():
    """Return every HTTP request in the conformance files."""

    def walk(value):
        if isinstance(value, dict):
            if isinstance(value.get("method"), str) and isinstance(value.get("url"), str):
                yield value
            for member in value.values():
                yield from walk(member)
        elif isinstance(value, list):
            for member in value:
                yield from walk(member)

    for path in sorted((Path(__file__).parent.parent / "conformance").glob("*.json")):
        yield from walk(json.loads(path.read_text("utf-8")))


def test_every_recorded_request(ports):
    sent = 0
    for request in recorded():
        url = urlsplit(request["url"])
        body = request.get("body_text") or (json.dumps(request["body"]) if "body" in request else "")
        lines = [
            f"Host: {url.netloc}",
            *(f"{name}: {value}" for name, value in request.get("headers", {}).items()),
        ]
        if body or request["method"] in ("POST", "PUT"):
            lines.append(f"Content-Length: {len(body.encode())}")
        target = (url.path or "/") + (f"?{url.query}" if url.query else "")
        head = "\r\n".join([f"{request['method']} {target} HTTP/1.1", *lines, "", ""])
        check(ports, (head + body).encode())
        sent += 1
    assert sent > 100


@pytest.mark.parametrize(
    ("script", "statuses"),
    [
        (b"GET / HTTP/1.1\r\nHost: h\r\n\r\n", [200, 200]),
        (b"HEAD / HTTP/1.1\r\nHost: h\r\n\r\n" * 3, [200, 200, 200, 200]),
        (b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc", [200, 200]),
        (b"POST / HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: 3\r\n\r\nabc", [200]),
        (b"GET / HTTP/1.1\r\nHost: h\r\n\r\nGET / HTTP/1.1\r\n\r\n", [200, 400]),
        (b"GET /304 HTTP/1.1\r\nHost: h\r\n\r\nGET /204 HTTP/1.1\r\nHost: h\r\n\r\n", [304, 204, 200]),
        (b"PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 60000\r\n\r\n", [413]),
        (b"GET /broken HTTP/1.1\r\nHost: h\r\n\r\n", [500, 200]),
        (b"GET / HTTP/1.0\r\nHost: h\r\n\r\n", [200]),
    ],
)
def test_some_scripts_and_what_both_lanes_say(ports, script, statuses):
    assert check(ports, script) == statuses
