"""The hostile catalogue (platform-and-reliability.md 1.1): one odd connection must hurt nobody else.

Each input is sent on a connection of its own, to a front with the fast lane and to one without, and on a connection
that has been parked; afterwards the server must still answer a good request, and nothing may have been caught by
the guard.
"""

import re
import socket
import struct

import pytest
import trio
import trio.testing

HOST = b"Host: api.localhost\r\n"
KEY = b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
UPGRADE = b"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n" + KEY
WS = b"GET /v1/ws HTTP/1.1\r\n" + HOST + UPGRADE
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
MASK = b"\x01\x02\x03\x04"


def get(*lines: bytes, method: bytes = b"GET", target: bytes = b"/", host: bytes = HOST) -> bytes:
    return (
        method
        + b" "
        + target
        + b" HTTP/1.1\r\n"
        + host
        + b"".join(line + b"\r\n" for line in lines)
        + b"\r\n"
    )


def post(*lines: bytes, body: bytes = b"") -> bytes:
    return get(*lines, method=b"POST") + body


def h2_frame(kind: int, payload: bytes, *, flags: int = 4, stream: int = 1) -> bytes:
    return len(payload).to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big") + payload


def ws_frame(first: int, payload: bytes, *, masked: bool = True) -> bytes:
    size = len(payload) if len(payload) < 126 else 126
    head = bytes([first, size | (0x80 if masked else 0)])
    if size == 126:
        head += struct.pack("!H", len(payload))
    if not masked:
        return head + payload
    return head + MASK + bytes(byte ^ MASK[i % 4] for i, byte in enumerate(payload))


OK, BAD, GONE = {200}, {400}, set[int]()

# name → (what is said, the statuses that may come back; none: the server just closes)
HTTP: dict[str, tuple[bytes, set[int]]] = {
    "nothing": (b"", GONE),
    "one byte": (b"G", GONE),
    "half a head": (b"GET / HTTP/1.1\r\nHost: a", GONE),
    "empty line": (b"\r\n", BAD),
    "only line feeds": (b"\n" * 1000, BAD),
    "blanks": (b" " * 1000, BAD),
    "NUL": (b"\0" * 100, BAD),
    "TLS hello": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(200), BAD),
    "SSH greeting": (b"SSH-2.0-OpenSSH_9.2\r\n\r\n", BAD),
    "SMTP": (b"EHLO example.org\r\n\r\n", BAD),
    "random high bytes": (bytes(range(128, 256)) * 10 + b"\r\n\r\n", BAD),
    "no version": (b"GET /\r\n\r\n", BAD),
    "HTTP/0.9": (b"GET / HTTP/0.9\r\n" + HOST + b"\r\n", {505}),
    "HTTP/1.2": (b"GET / HTTP/1.2\r\n" + HOST + b"\r\n", {505}),
    "HTTP/2.0": (b"GET / HTTP/2.0\r\n" + HOST + b"\r\n", {505}),
    "HTTP/11.1": (b"GET / HTTP/11.1\r\n" + HOST + b"\r\n", BAD),
    "version lower case": (b"GET / http/1.1\r\n" + HOST + b"\r\n", BAD),
    "HTTP/1.0 without Host": (b"GET / HTTP/1.0\r\n\r\n", BAD),
    "HTTP/1.0": (b"GET / HTTP/1.0\r\n" + HOST + b"\r\n", OK),
    "HTTP/1.0 with keep-alive": (b"GET / HTTP/1.0\r\n" + HOST + b"Connection: keep-alive\r\n\r\n", OK),
    "two blanks in the request line": (b"GET  / HTTP/1.1\r\n" + HOST + b"\r\n", BAD),
    "tab in the request line": (b"GET\t/ HTTP/1.1\r\n" + HOST + b"\r\n", BAD),
    "blank in the target": (get(target=b"/a b"), BAD),
    "NUL in the target": (get(target=b"/a\0b"), BAD),
    "high byte in the target": (get(target=b"/\xff"), BAD),
    "empty target": (get(target=b""), BAD),
    "target without slash": (get(target=b"nothing"), BAD),
    "target of percents": (get(target=b"/%%%zz%"), OK),
    "target with NUL escaped": (get(target=b"/%00%ff%c0%af"), OK),
    "target of slashes": (get(target=b"/" * 500), OK),
    "target of dots": (get(target=b"/.." * 300), OK),
    "target with fragment": (get(target=b"/#frag"), OK),
    "target long": (get(target=b"/" + b"a" * 30_000), OK),
    "target too long": (get(target=b"/" + b"a" * 40_000), {431}),
    "absolute, same host": (get(target=b"http://api.localhost/x?y"), OK),
    "absolute, no path": (get(target=b"http://api.localhost"), OK),
    "absolute, other host": (get(target=b"http://evil.example/"), BAD),
    "absolute, user name": (get(target=b"http://api.localhost@evil.example/"), BAD),
    "absolute, other scheme": (get(target=b"ftp://api.localhost/"), BAD),
    "absolute, broken": (get(target=b"http://[::1"), BAD),
    "asterisk": (get(method=b"OPTIONS", target=b"*"), OK),
    "asterisk for GET": (get(target=b"*"), BAD),
    "CONNECT": (get(method=b"CONNECT", target=b"api.localhost:443"), {405}),
    "CONNECT with a path": (get(method=b"CONNECT"), {405}),
    "connect in lower case": (get(method=b"connect"), {405}),
    "TRACE": (get(method=b"TRACE"), {405}),
    "unknown method": (get(method=b"BREW"), OK),
    "method in lower case": (get(method=b"get"), {405}),
    "method in mixed case": (get(method=b"hEAD"), {405}),
    "long method in lower case": (get(method=b"a" * 20_000), {405}),
    "odd method token": (get(method=b"!#$%&'*+-.^_`|~"), OK),
    "method with a colon": (get(method=b"GE:T"), BAD),
    "long method": (get(method=b"A" * 20_000), OK),
    "no Host": (get(host=b""), BAD),
    "two Hosts": (get(b"Host: api.localhost"), BAD),
    "empty Host": (get(host=b"Host:\r\n"), BAD),
    "Host with user": (get(host=b"Host: a@b\r\n"), BAD),
    "Host list": (get(host=b"Host: a, b\r\n"), BAD),
    "Host with blank": (get(host=b"Host: a b\r\n"), BAD),
    "Host folded": (get(host=b"Host: a\r\n b\r\n"), BAD),
    "Host with path": (get(host=b"Host: a/../b\r\n"), BAD),
    "Host with bad port": (get(host=b"Host: a:99999\r\n"), BAD),
    "Host with two ports": (get(host=b"Host: a:1:2\r\n"), BAD),
    "Host non-ASCII": (get(host=b"Host: \xc3\xa4.example\r\n"), BAD),
    "Host of dots": (get(host=b"Host: ...\r\n"), BAD),
    "Host very long": (get(host=b"Host: " + b"a." * 5000 + b"b\r\n"), BAD),
    "Host absolute": (get(host=b"Host: http://a/\r\n"), BAD),
    "header without colon": (get(b"nonsense"), BAD),
    "header with empty name": (get(b": value"), BAD),
    "blank before colon": (get(b"Name : value"), BAD),
    "NUL in a header": (get(b"X: a\0b"), BAD),
    "bare CR in a header": (get(b"X: a\rb"), BAD),
    "folded header": (get(b"X: a", b" b"), OK),
    "continuation first": (b"GET / HTTP/1.1\r\n x\r\n" + HOST + b"\r\n", BAD),
    "control characters in a header": (get(b"X: \x01\x02\x7f"), OK),
    "high bytes in a header": (get(b"X: \xff\xfe\x80"), OK),
    "high bytes in a header's name": (get(b"\xff: x"), BAD),
    "a thousand headers": (get(*[b"X-%d: y" % i for i in range(1000)]), OK),
    "one header a thousand times": (get(*[b"X: y"] * 1000), OK),
    "header too long": (get(b"X: " + b"y" * 40_000), {431}),
    "head without end": (b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 10_000, {431}),
    "only line feeds as line ends": (b"GET / HTTP/1.1\nHost: a\n\n", OK),
    "line feeds, then a second head": (b"GET / HTTP/1.1\nHost: a\n\n" + get(target=b"/2"), OK),
    "Content-Length and chunked": (post(b"Content-Length: 4", b"Transfer-Encoding: chunked"), BAD),
    "chunked and Content-Length": (post(b"Transfer-Encoding: chunked", b"Content-Length: 4"), BAD),
    "two Content-Lengths": (post(b"Content-Length: 1", b"Content-Length: 2", body=b"xx"), BAD),
    "one Content-Length twice": (post(b"Content-Length: 1", b"Content-Length: 1", body=b"x"), OK),
    "Content-Length list": (post(b"Content-Length: 1, 2", body=b"xx"), BAD),
    "Content-Length negative": (post(b"Content-Length: -1"), BAD),
    "Content-Length plus": (post(b"Content-Length: +1", body=b"x"), BAD),
    "Content-Length hexadecimal": (post(b"Content-Length: 0x1", body=b"x"), BAD),
    "Content-Length empty": (post(b"Content-Length:"), BAD),
    "Content-Length with blank": (post(b"Content-Length: 1 0", body=b"x" * 10), BAD),
    "Content-Length of other digits": (post("Content-Length: ١".encode()), BAD),
    "Content-Length huge": (post(b"Content-Length: 99999999999999999999"), {413}),
    "Content-Length endless": (post(b"Content-Length: " + b"9" * 1000), BAD),
    "Content-Length a gigabyte": (post(b"Content-Length: 1073741824", body=b"x" * 1000), {413}),
    "body too short": (post(b"Content-Length: 100", body=b"x"), BAD),
    "GET with a body": (get(b"Content-Length: 3") + b"abc", OK),
    "HEAD with chunks": (get(b"Transfer-Encoding: chunked", method=b"HEAD") + b"0\r\n\r\n", GONE | {200}),
    "POST without length": (post(), OK),
    "Transfer-Encoding gzip": (post(b"Transfer-Encoding: gzip"), {501}),
    "Transfer-Encoding identity": (post(b"Transfer-Encoding: identity"), {501}),
    "Transfer-Encoding twice": (post(b"Transfer-Encoding: chunked", b"Transfer-Encoding: chunked"), {501}),
    "Transfer-Encoding list": (post(b"Transfer-Encoding: gzip, chunked"), {501}),
    "Transfer-Encoding tab": (post(b"Transfer-Encoding:\tchunked", body=b"0\r\n\r\n"), OK),
    "Transfer-Encoding vertical tab": (post(b"Transfer-Encoding: \x0bchunked"), BAD),
    "chunks": (post(b"Transfer-Encoding: chunked", body=b"3\r\nabc\r\n0\r\n\r\n"), OK),
    "chunk size no number": (post(b"Transfer-Encoding: chunked", body=b"zz\r\n"), BAD),
    "chunk size negative": (post(b"Transfer-Encoding: chunked", body=b"-1\r\n"), BAD),
    "chunk size endless": (post(b"Transfer-Encoding: chunked", body=b"f" * 50_000), {400, 431}),
    "chunk without end": (post(b"Transfer-Encoding: chunked", body=b"3\r\nabcdef"), BAD),
    "chunk too long for its size": (post(b"Transfer-Encoding: chunked", body=b"1\r\nabc\r\n0\r\n\r\n"), BAD),
    "chunk breaks off": (post(b"Transfer-Encoding: chunked", body=b"ff\r\nabc"), BAD),
    "chunk extensions": (post(b"Transfer-Encoding: chunked", body=b"1;a=b\r\nx\r\n0\r\n\r\n"), OK),
    "trailers": (post(b"Transfer-Encoding: chunked", body=b"0\r\nX: y\r\nHost: evil\r\n\r\n"), OK),
    "trailers without end": (post(b"Transfer-Encoding: chunked", body=b"0\r\n" + b"X: y\r\n" * 10_000), BAD),
    "Expect": (post(b"Expect: 100-continue", b"Content-Length: 1", body=b"x"), {100, 200}),
    "Expect something else": (post(b"Expect: the unexpected", b"Content-Length: 1", body=b"x"), OK),
    "Connection close": (get(b"Connection: close"), OK),
    "Connection nonsense": (get(b"Connection: ,,, ;;; \xff"), OK),
    "Connection names Host": (get(b"Connection: host, content-length"), OK),
    "fifty requests at once": (get() * 50, OK),
    "a request and rubbish": (get() + b"\0\0\0rubbish", {200, 400}),
    "smuggled second request": (post(b"Content-Length: 0") + get(target=b"/smuggled"), OK),
    "HTTP/2 preface": (PREFACE, {505}),
    "HTTP/2 with :path non-ASCII": (
        PREFACE + h2_frame(4, b"", flags=0, stream=0) + h2_frame(1, b"\x04\x01\xff"),
        {505},
    ),
    "HTTP/2 CONNECT without :path": (PREFACE + h2_frame(1, b"\x02\x07CONNECT"), {505}),
    "HTTP/2 2,000 PRIORITY frames": (
        PREFACE + b"".join(h2_frame(2, struct.pack("!IB", i, 1), stream=i + 2) for i in range(1, 4000, 2)),
        {505},
    ),
    "HTTP/2 preface after a request": (get() + PREFACE, {200, 505}),
    "h2c upgrade": (
        get(b"Connection: Upgrade, HTTP2-Settings", b"Upgrade: h2c", b"HTTP2-Settings: AAMAAABk"),
        OK,
    ),
    "h2c upgrade with bad settings": (
        get(b"Connection: Upgrade", b"Upgrade: h2c", b"HTTP2-Settings: \xff"),
        OK,
    ),
    "h2c upgrade without settings": (get(b"Connection: Upgrade", b"Upgrade: h2c"), OK),
    "h2c upgrade and the preface": (get(b"Connection: Upgrade", b"Upgrade: h2c") + PREFACE, {200, 505}),
    "upgrade to nothing": (get(b"Connection: Upgrade", b"Upgrade:"), OK),
    "websocket by POST": (post(UPGRADE[:-2]), OK),
    "websocket by HTTP/1.0": (b"GET / HTTP/1.0\r\n" + HOST + UPGRADE + b"\r\n", OK),
}

WEBSOCKETS: dict[str, tuple[bytes, set[int]]] = {
    "upgrade": (WS + b"\r\n", {101}),
    "upgrade and a byte": (WS + b"\r\nx", {101}),
    "upgrade and rubbish": (WS + b"\r\n" + b"\xff" * 5000, {101}),
    "upgrade and an early frame": (WS + b"\r\n" + ws_frame(0x81, b"hi"), {101}),
    "upgrade with Content-Length body": (WS + b"Content-Length: 5\r\n\r\nhello", BAD),
    "upgrade with chunks": (WS + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", BAD),
    "Sec-WebSocket-Protocol non-ASCII": (WS + b"Sec-WebSocket-Protocol: \xff\xfe\r\n\r\n", {101, 400}),
    "Sec-WebSocket-Extensions non-ASCII": (WS + b"Sec-WebSocket-Extensions: \xff\xfe\r\n\r\n", {101, 400}),
    "Connection non-ASCII": (WS + b"Connection: \xff\xfe\r\n\r\n", {101, 400}),
    "Upgrade non-ASCII": (WS + b"Upgrade: \xff\xfe\r\n\r\n", BAD | {426}),
    "window bits abc": (
        WS + b"Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=abc\r\n\r\n",
        {101},
    ),
    "extensions endless": (WS + b"Sec-WebSocket-Extensions: " + b"a;b=c," * 4000 + b"\r\n\r\n", {101}),
    "no key": (get(b"Upgrade: websocket", b"Connection: Upgrade", b"Sec-WebSocket-Version: 13"), BAD),
    "two keys": (WS + KEY + b"\r\n", BAD),
    "key of rubbish": (WS.replace(b"dGhlIHNhbXBsZSBub25jZQ==", b"%%%\xff") + b"\r\n", BAD),
    "key too short": (WS.replace(b"dGhlIHNhbXBsZSBub25jZQ==", b"AAAA") + b"\r\n", BAD),
    "version 8": (WS.replace(b"13", b"8") + b"\r\n", BAD | {426}),
    "version text": (WS.replace(b"13", b"\xff") + b"\r\n", BAD | {426}),
    "two versions": (WS + b"Sec-WebSocket-Version: 13\r\n\r\n", BAD),
    "upgrade to two things": (
        WS.replace(b"Upgrade: websocket", b"Upgrade: websocket, h2c") + b"\r\n",
        BAD | {426},
    ),
    "upgrade with two Origins": (WS + b"Origin: a\r\nOrigin: b\r\n\r\n", BAD | {101}),
    "upgrade on an app's host": (WS.replace(b"api.localhost", b"app--user.localhost") + b"\r\n", {404}),
    "upgrade without Host": (WS.replace(HOST, b"") + b"\r\n", BAD),
    "upgrade after a request": (get() + WS + b"\r\n", {200, 101}),
    "request after an upgrade": (WS + b"\r\n" + get(), {101}),
    "unmasked frame": (WS + b"\r\n" + ws_frame(0x81, b"hi", masked=False), {101}),
    "reserved opcode": (WS + b"\r\n" + ws_frame(0x83, b"hi"), {101}),
    "reserved bits": (WS + b"\r\n" + ws_frame(0xF1, b"hi"), {101}),
    "continuation of nothing": (WS + b"\r\n" + ws_frame(0x80, b"hi"), {101}),
    "text within text": (WS + b"\r\n" + ws_frame(0x01, b"a") + ws_frame(0x81, b"b"), {101}),
    "long ping": (WS + b"\r\n" + ws_frame(0x89, b"x" * 126), {101}),
    "fragmented ping": (WS + b"\r\n" + ws_frame(0x09, b"x"), {101}),
    "close with one byte": (WS + b"\r\n" + ws_frame(0x88, b"x"), {101}),
    "close with a reserved code": (WS + b"\r\n" + ws_frame(0x88, struct.pack("!H", 1005)), {101}),
    "close with no text": (WS + b"\r\n" + ws_frame(0x88, struct.pack("!H", 1000) + b"\xff"), {101}),
    "frame of an exbibyte": (WS + b"\r\n\x82\xff" + struct.pack("!Q", 2**60), {101}),
    "frame length with the top bit": (WS + b"\r\n\x82\xff" + struct.pack("!Q", 2**64 - 1), {101}),
    "half a frame": (WS + b"\r\n\x81\xfe\x00", {101}),
    "text of no UTF-8": (WS + b"\r\n" + ws_frame(0x81, b"\xff\xfe"), {101}),
    "a thousand empty frames": (WS + b"\r\n" + ws_frame(0x81, b"") * 1000, {101}),
    "a thousand fragments": (WS + b"\r\n" + ws_frame(0x01, b"") + ws_frame(0x00, b"x") * 1000, {101}),
    "a thousand pings": (WS + b"\r\n" + ws_frame(0x89, b"x") * 1000, {101}),
    "frames after close": (WS + b"\r\n" + ws_frame(0x88, b"\x03\xe8") + ws_frame(0x81, b"x") * 100, {101}),
}

CATALOGUE = HTTP | WEBSOCKETS


def test_the_catalogue_is_as_large_as_promised():
    assert len(CATALOGUE) >= 120
    assert len(CATALOGUE) == len(HTTP) + len(WEBSOCKETS)


def statuses(answer: bytes) -> set[int]:
    return {int(status) for status in re.findall(rb"HTTP/1\.1 (\d{3}) ", answer)}


@pytest.mark.parametrize("lane", ["fast", "full", "parked"])
@pytest.mark.parametrize("name", CATALOGUE)
async def test_one_connection_hurts_no_other(serve, name, lane):
    data, allowed = CATALOGUE[name]
    async with serve(fast=lane != "full") as server:
        client = await (server.connect_parked() if lane == "parked" else server.connect())
        await client.say(data)
        await client.stream.send_eof()
        with trio.fail_after(5):
            answer = await client.ended()

        assert statuses(answer) <= allowed
        assert bool(answer) == bool(allowed) or name == "HEAD with chunks"
        assert await server.is_well()
        assert server.front.counts.faults == 0


RESETS = {
    "at once": b"",
    "in the head": b"GET / HTTP/1.1\r\nHost",
    "after a request": get(),
    "after a hundred requests": get() * 100,
    "after a request for the full lane": get(method=b"DELETE"),
    "in the body": post(b"Content-Length: 1000", body=b"x"),
    "in a chunk": post(b"Transfer-Encoding: chunked", body=b"ff\r\nabc"),
    "after the upgrade": WS + b"\r\n",
    "after a message": WS + b"\r\n" + ws_frame(0x81, b"hello"),
    "after a thousand messages": WS + b"\r\n" + ws_frame(0x81, b"hello") * 1000,
    "in a frame": WS + b"\r\n\x81\xfe\x00",
    "after a refusal": b"\0",
}


@pytest.mark.parametrize("lane", ["fast", "full", "parked"])
@pytest.mark.parametrize("name", RESETS)
async def test_a_reset_hurts_no_other(serve, name, lane):
    async with serve(fast=lane != "full") as server:
        client = await (server.connect_parked() if lane == "parked" else server.connect())
        await client.say(RESETS[name])
        client.stream.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        client.stream.socket.close()

        assert await server.is_well()
        with trio.fail_after(5):
            while server.front.counts.open:
                await trio.testing.wait_all_tasks_blocked(0.01)
        assert server.front.counts.faults == 0
