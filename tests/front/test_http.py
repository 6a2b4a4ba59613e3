"""Response heads and refusals."""

import pytest

from vibes_trio.config import Limits
from vibes_trio.errors import BadRequest
from vibes_trio.exchange import Reply
from vibes_trio.front.http import (
    Refused,
    build_head,
    build_response,
    content_length,
    has_body,
    refuse_long_body,
    refuse_long_head,
    site_headers,
    sound,
)

SAFE = "X-Content-Type-Options: nosniff\r\nContent-Security-Policy: default-src 'none'; sandbox\r\n"
FOR_READERS = (
    "Access-Control-Allow-Methods: GET,POST,OPTIONS,PUT,DELETE\r\n"
    "Access-Control-Allow-Headers: Origin, Content-Type, Accept\r\n"
    "Access-Control-Max-Age: 86400\r\n"
)


@pytest.mark.parametrize(
    ("readers", "told"),
    [
        ("", ""),
        ("*", "Access-Control-Allow-Origin: *\r\n" + FOR_READERS),
        (
            "https://chat.test",
            f"Access-Control-Allow-Origin: https://chat.test\r\n{FOR_READERS}Vary: Origin\r\n",
        ),
    ],
)
def test_a_head_is_complete(monkeypatch, readers, told):
    monkeypatch.setattr("time.time", lambda: 784111777.9)
    reply = Reply(200, (("content-type", "text/plain"), ("etag", '"ä"')), b"12345")
    head = build_head(reply, readers=readers, close=True)
    assert head == (
        b"HTTP/1.1 200 OK\r\n" + f"{SAFE}{told}".encode() + b"Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
        b'content-type: text/plain\r\netag: "\xc3\xa4"\r\nContent-Length: 5\r\nConnection: close\r\n\r\n'
    )


@pytest.mark.parametrize(
    ("policy", "told"),
    [(None, "default-src 'none'; sandbox"), ("default-src 'self'", "default-src 'self'"), ("", None)],
)
def test_what_is_no_page_of_an_app_is_locked(policy, told):
    """Without that, an error in a frame of a page is a document of the page's origin that may ask anybody."""
    headers = dict(site_headers(policy, ""))

    assert headers.get("Content-Security-Policy") == told
    assert headers["X-Content-Type-Options"] == "nosniff"


def test_a_status_without_a_phrase_is_written():
    assert build_head(Reply(299)).startswith(b"HTTP/1.1 299 \r\n")


@pytest.mark.parametrize(
    ("reply", "length"),
    [
        (Reply(200, (), b"abc"), 3),
        (Reply(200, (), b"", 99), 99),
        (Reply(404), 0),
        (Reply(204), None),
        (Reply(304), None),
        (Reply(304, (), b"", 7), 7),
    ],
)
def test_content_length(reply, length):
    assert content_length(reply) == length
    assert (b"Content-Length" in build_head(reply)) is (length is not None)


def test_head_and_some_statuses_have_no_body():
    assert build_response(Reply(200, (), b"abc"), "GET").endswith(b"\r\n\r\nabc")
    assert build_response(Reply(200, (), b"abc"), "HEAD").endswith(b"Content-Length: 3\r\n\r\n")
    assert not has_body("GET", 304)
    assert not has_body("POST", 204)


@pytest.mark.parametrize(
    "header",
    [
        ("a", "b\r\nc: d"),
        ("a", "b\n"),
        ("a b", "c"),
        ("", "c"),
        ("a", "\ud800"),
        ("a:", "b"),
        ("a", "\0"),
        ("a", "b "),
    ],
)
def test_a_header_that_breaks_the_head_makes_the_reply_an_internal_error(header):
    reply = sound(Reply(200, (("x", "y"), header), b"secret"))
    assert reply.status == 500
    assert header not in reply.headers
    assert b"secret" not in reply.body


def test_a_good_reply_is_left_alone():
    reply = Reply(200, (("a", ""), ("b", "c d\te"), ("x", "ü")), b"")
    assert sound(reply) is reply


def test_refusals_name_their_limits():
    limits = Limits(max_body_bytes=10, max_head_bytes=20)
    assert refuse_long_body(limits).reply.status == 413
    assert b'"value":10' in refuse_long_body(limits).reply.body
    assert refuse_long_head(limits).reply.status == 431
    assert b'"value":20' in refuse_long_head(limits).reply.body


def test_a_refused_method_says_which_are_allowed():
    refused = Refused(BadRequest("no"), 405)
    assert refused.reply.status == 405
    assert dict(refused.reply.headers)["allow"].startswith("GET, HEAD")
