"""Reading request heads: the simple grammar against h11, and the rules that both readers share."""

import re
from contextlib import nullcontext

import h11
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vibes_trio.config import Limits
from vibes_trio.front.heads import _read_simple, find_head_end, join_fields, origin_form, parse_head
from vibes_trio.front.http import ALLOWED_METHODS, Refused
from vibes_trio.urls import make_site

LIMITS = Limits()
# fmt: off
PIECES = [
    b"GET", b"POST", b"HEAD", b" ", b"\t", b"/", b"/a?b", b"*", b"HTTP/1.1", b"\r\n", b"\n", b"\r", b"Host",
    b":", b"h", b"Host: h\r\n", b"Content-Length: 5\r\n", b"X: y\r\n", b"\0", b"\x0b", b"\x85", b"(", b",",
    b"GET / HTTP/1.1\r\nHost: h\r\n", b"POST / HTTP/1.1\r\nHost: h\r\n",
]
LINES = [
    b"Host: h", b"host:h:1", b"Host: h i", b"Content-Length: 5", b"content-length:\t5", b"Content-Length: +5",
    b"Transfer-Encoding: chunked", b"Connection: close", b"connection:  Keep-Alive ", b"Upgrade: x", b"X: y",
    b"X:\xff \t", b"Y:", b"Y: a\x0bb", b"Y: a\0", b" folded", b"no colon", b"Z : z", b": z", b"Q: \x01\x7f",
]
# fmt: on
heads = st.lists(st.sampled_from(PIECES), max_size=14).map(b"".join)
likely_heads = st.builds(
    lambda method, target, lines: method + b" " + target + b" HTTP/1.1\r\n" + b"".join(lines) + b"\r\n",
    st.sampled_from([b"GET", b"GET", b"POST", b"HEAD", b"PUT", b"PATCH"]),
    st.sampled_from([b"/", b"/a?b=%20#c", b"*", b"/ ", b"/\xff"]),
    st.lists(st.sampled_from(LINES).map(lambda line: line + b"\r\n"), max_size=5, unique=True),
)


def read_by_h11(data: bytes) -> h11.Request | None:
    reader = h11.Connection(h11.SERVER, max_incomplete_event_size=100_000)
    reader.receive_data(data)
    try:
        event = reader.next_event()
    except h11.RemoteProtocolError:
        return None
    return event if isinstance(event, h11.Request) and not reader.trailing_data[0] else None


@settings(max_examples=1000)
@given(likely_heads | heads.map(lambda data: data + b"\r\n"))
def test_what_the_simple_grammar_takes_h11_takes_in_the_same_way(data):
    head = _read_simple(data)
    if head is None:
        return

    request = read_by_h11(data)

    assert request is not None
    assert head.method.encode() == request.method
    assert head.target.encode() == request.target
    fields = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in request.headers]
    assert head.headers == dict(fields)
    assert len(head.headers) == len(fields)
    assert head.length == int(head.headers.get("content-length", "0"))
    assert "transfer-encoding" not in head.headers


@given(st.text(alphabet=st.characters(max_codepoint=255), max_size=30))
def test_a_simple_header_has_the_value_that_h11_reads(value):
    data = b"GET / HTTP/1.1\r\nHost: h\r\nX:" + value.encode("latin-1") + b"\r\n\r\n"
    head = _read_simple(data)
    if head is not None:
        request = read_by_h11(data)
        assert request is not None
        assert dict(request.headers)[b"x"].decode("latin-1") == head.headers["x"]


def test_what_browsers_send_is_simple():
    head = parse_head(
        b"GET /~zAbc12345678~/x?y=1 HTTP/1.1\r\nHost: App--User.localhost:8787\r\nConnection: keep-alive\r\n"
        b'sec-ch-ua: "Chromium";v="130"\r\nAccept: */*\r\nCookie: a=b; c=d\r\nX-Empty:\r\n\r\n',
        LIMITS,
    )
    assert head.simple
    assert (head.method, head.target, head.host) == (
        "GET",
        "/~zAbc12345678~/x?y=1",
        "App--User.localhost:8787",
    )
    assert (head.host_name.app, head.host_name.user) == ("app", "user")
    assert head.headers["sec-ch-ua"] == '"Chromium";v="130"'
    assert head.headers["x-empty"] == ""
    assert (head.length, head.close, head.upgrade) == (0, False, False)


@pytest.mark.parametrize(
    "lines",
    [
        b"Transfer-Encoding: chunked",
        b"Expect: 100-continue",
        b"Upgrade: h2c",
        b"Connection: te",
        b"Connection: keep-alive, close",
        b"X: 1\r\nx: 2",
        b"X: a\r\n b",
        b"Content-Length: 0",
    ],
)
def test_what_is_unusual_is_handed_over(lines):
    head = parse_head(b"GET / HTTP/1.1\r\nHost: h\r\n" + lines + b"\r\n\r\n", LIMITS)
    assert not head.simple


def test_methods_but_four_are_handed_over():
    for method, simple in [
        (b"GET", True),
        (b"HEAD", True),
        (b"OPTIONS", False),
        (b"DELETE", False),
        (b"X", False),
    ]:
        assert parse_head(method + b" / HTTP/1.1\r\nHost: h\r\n\r\n", LIMITS).simple is simple


@pytest.mark.parametrize("method", [b"get", b"hEAD", b"Post", b"h" * 1000])
def test_a_method_that_is_not_in_capitals_is_refused_as_such(method):
    """Without the check a `head` is answered as HEAD by us and as another by h11: 7 kB of traceback in the log."""
    with pytest.raises(Refused) as raised:
        parse_head(method + b" / HTTP/1.1\r\nHost: h\r\n\r\n", LIMITS)

    reply = raised.value.reply
    assert reply.status == 405
    assert ("allow", ALLOWED_METHODS) in reply.headers
    assert method[:20] in reply.body
    assert len(reply.body) < 200


def test_a_websocket_is_known_by_both_its_headers():
    asks = b"GET / HTTP/1.1\r\nHost: h\r\nUpgrade: WebSocket\r\nConnection: keep-alive, UPGRADE\r\n\r\n"
    assert parse_head(asks, LIMITS).upgrade
    assert not parse_head(asks.replace(b"UPGRADE", b"close"), LIMITS).upgrade
    assert not parse_head(asks.replace(b"WebSocket", b"h2c"), LIMITS).upgrade
    assert not parse_head(asks.replace(b"GET", b"POST"), LIMITS).upgrade
    assert not parse_head(asks.replace(b"1.1", b"1.0"), LIMITS).upgrade


def test_the_body_limit_is_exact():
    request = b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: %d\r\n\r\n"
    assert parse_head(request % LIMITS.max_body_bytes, LIMITS).length == LIMITS.max_body_bytes
    with pytest.raises(Refused) as refused:
        parse_head(request % (LIMITS.max_body_bytes + 1), LIMITS)
    assert refused.value.reply.status == 413


def test_a_refusal_does_not_repeat_what_the_client_said():
    with pytest.raises(Refused) as refused:
        parse_head(b"<script> secret HTTP/1.1\r\nHost: h\r\n\r\n", LIMITS)
    assert b"script" not in refused.value.reply.body
    assert b"illegal request line" in refused.value.reply.body


@given(heads)
def test_a_head_ends_where_h11_says(data):
    if data[:1] in (b"\r", b"\n"):
        return  # refused before it ends
    match = re.search(rb"\n\r?\n", data)
    assert find_head_end(data) == (match.end() if match else 0)


def test_a_target_for_another_host_is_refused():
    assert origin_form("/x", "h") == "/x"
    assert origin_form("HTTP://H:80/x", "h:80") == "/x"
    assert origin_form("https://h?x", "h") == "/?x"
    for target in ("http://other/", "http://h:81/", "http://u@h/", "ftp://h/", "h", "http:/h", "?x"):
        with pytest.raises(Refused):
            origin_form(target, "h")


def test_repeated_fields_are_joined_in_their_order():
    assert join_fields([("a", "1"), ("b", "2"), ("a", "3")]) == {"a": "1, 3", "b": "2"}


@pytest.mark.parametrize(
    ("path", "origin", "taken"),
    [
        ("/settings/csr-to-cert", "http://h:1", True),
        ("/settings/csr-to-cert", "https://H:1", False),
        ("/settings/csr-to-cert", "http://evil.test", False),
        ("/", "http://h:1", False),
    ],
)
def test_a_form_of_our_own_page_is_taken_where_only_named_origins_may_send(path, origin, taken):
    """Messages are not: a name that leads here may be anybody's."""
    site = make_site("apps.test", (), ("https://chat.test",))
    request = f"POST {path} HTTP/1.1\r\nHost: h:1\r\nOrigin: {origin}\r\nContent-Length: 0\r\n\r\n".encode()

    with nullcontext() if taken else pytest.raises(Refused):
        assert parse_head(request, LIMITS, site).target == path
