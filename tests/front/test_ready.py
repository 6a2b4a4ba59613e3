"""Answers kept whole, found by what a head asks."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vibes_trio.config import Limits
from vibes_trio.exchange import READING_HEADERS, Reply
from vibes_trio.front import http
from vibes_trio.front.heads import FRAMING_HEADERS, parse_head
from vibes_trio.front.http import JOINED_BYTES, Refused, build_response
from vibes_trio.front.ready import ENTRY_BYTES, ReadyAnswers, question_of

REPLY = Reply(200, (("content-type", "text/css"),), b"body {}", repeatable=True)
ROOM = 8  # answers of 1,000 bytes


def head_of(*fields, method="GET", target="/", host="a--bb.test"):
    return "\r\n".join([f"{method} {target} HTTP/1.1", f"Host: {host}", *fields, "", ""]).encode("latin-1")


HEAD = head_of()


@pytest.fixture
def versions():
    return [1]


@pytest.fixture
def ready(versions):
    return ReadyAnswers(ROOM * (ENTRY_BYTES + len(HEAD) + 1001), lambda: versions[-1])


def without_date(answer):
    return re.sub(rb"Date: [^\r]+", b"", b"".join(answer))


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("reply", [REPLY, Reply(304, (("etag", '"x"'),)), Reply(206, (), b"bo")])
def test_a_kept_answer_is_the_one_that_would_be_built(ready, method, reply):
    head = head_of(method=method)
    ready.keep(head, method, reply, 1)

    assert without_date(ready.find(head)) == without_date(build_response(reply, method))


def test_a_large_body_is_not_copied(ready):
    """With a joined answer there is a copy of the body for each connection that is given it."""
    body = bytes(JOINED_BYTES + 1)
    room = ReadyAnswers(16 * len(body), lambda: 1)
    room.keep(HEAD, "GET", Reply(200, (), body), 1)

    assert room.find(HEAD)[1] is body


def test_the_date_is_that_of_now(ready, monkeypatch):
    ready.keep(HEAD, "GET", REPLY, 1)
    monkeypatch.setattr(http.time, "time", lambda: 86400.0)

    assert b"\r\nDate: Fri, 02 Jan 1970 00:00:00 GMT\r\n" in b"".join(ready.find(HEAD))


def test_headers_that_nothing_depends_on_make_no_other_question(ready):
    ready.keep(head_of("Accept-Language: de", "Cookie: a=1"), "GET", REPLY, 1)

    assert ready.find(HEAD) is not None
    assert ready.find(head_of("Cookie: a=2; \xe4", "User-Agent: x", "X-Empty:", "x-tab:\ty")) is not None
    assert ready.find(b"GET / HTTP/1.1\r\nAccept-Language: x\r\nHost: a--bb.test\r\n\r\n") is not None


@pytest.mark.parametrize("name", READING_HEADERS)
@pytest.mark.parametrize("spell", [str, str.upper, str.title])
def test_headers_that_an_answer_depends_on_make_another_question(ready, name, spell):
    ready.keep(HEAD, "GET", REPLY, 1)

    assert ready.find(head_of(f"{spell(name)}: x")) is None
    ready.keep(head_of(f"{spell(name)}: x"), "GET", REPLY, 1)
    assert ready.find(head_of(f"{spell(name)}: x")) is not None
    assert ready.find(head_of(f"{spell(name)}: y")) is None


@pytest.mark.parametrize("name", sorted(FRAMING_HEADERS))
@pytest.mark.parametrize("spell", [str, str.upper, str.title])
def test_headers_that_decide_how_a_request_is_taken_make_another_question(ready, name, spell):
    ready.keep(HEAD, "GET", REPLY, 1)

    assert ready.find(head_of(f"{spell(name)}: a--bb.test")) is None


@pytest.mark.parametrize("name", ["Referer", "referer"])
def test_a_referer_that_names_a_release_makes_another_question(ready, name):
    asked = head_of(f"{name}: http://a--bb.test/~z12345678~/", target="/logo.svg")
    ready.keep(asked, "GET", REPLY, 1)

    assert ready.find(asked) is not None
    assert ready.find(head_of(target="/logo.svg")) is None


@pytest.mark.parametrize(
    ("target", "referer"),
    [
        ("/logo.svg", "http://a--bb.test/about"),
        ("/~z1~/App.js", "http://a--bb.test/~z12345678~/"),
        ("/", "x"),
    ],
)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_another_referer_makes_no_other_question(ready, method, target, referer):
    """Visitors come from everywhere, and a release's own files are the same for all."""
    ready.keep(head_of(target=target, method=method), method, REPLY, 1)

    assert ready.find(head_of(f"Referer: {referer}", target=target, method=method)) is not None


@pytest.mark.parametrize("other", [{"target": "/x"}, {"method": "HEAD"}, {"host": "b--bb.test"}])
def test_another_question_finds_nothing(ready, other):
    ready.keep(HEAD, "GET", REPLY, 1)

    assert ready.find(head_of(**other)) is None


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"GET",
        HEAD[:-1],
        HEAD[:-4],
        HEAD * 2,
        HEAD + b"X: y\r\n",
        HEAD + b"X: y\r\n\r\n",
        b"\r\n" + HEAD,
        b"\r\nX: y" + HEAD,
        HEAD.replace(b"\r\n", b"\n"),
        HEAD.replace(b"Host", b"X: y\nHost"),
        head_of("X: y\n\n"),
        head_of("X: y\n\r"),
        head_of("X: y\r"),
        head_of("X: a", " folded"),
        head_of("X: \0"),
        head_of("X: \x7f"),
        head_of("X : y"),
        head_of(": y"),
        head_of("X"),
        head_of("X\xe4: y"),
    ],
)
def test_what_is_not_exactly_one_head_or_not_well_formed_finds_nothing(ready, data):
    ready.keep(HEAD, "GET", REPLY, 1)

    assert ready.find(data) is None


LINES = st.sampled_from(
    [
        "X: y",
        "x-y:z",
        "Cookie: a",
        "X:",
        "X: \xff",
        "Host: a--bb.test",
        "range: x",
        " folded",
        "X : y",
        "X: \0",
    ]
    + [
        "X: y\n",
        "X: y\n\n",
        "X: y\r",
        "Connection: close",
        "Content-Length: 3",
        "",
        "Expect: x",
        "Upgrade: x",
    ]
)


@given(st.lists(LINES, max_size=5), st.lists(LINES, max_size=5))
def test_whoever_finds_an_answer_asks_for_the_same_of_the_same_host_and_goes_on(before, after):
    lines = [*before, "Host: a--bb.test", *after]
    data = "\r\n".join(["GET / HTTP/1.1", *lines, "", ""]).encode("latin-1")

    if question_of(data) == question_of(HEAD):
        head = parse_head(data, Limits())  # is not refused
        assert (head.method, head.host, head.target, head.length) == ("GET", "a--bb.test", "/", 0)
        assert not head.close
        assert not head.upgrade
        assert head.headers.keys().isdisjoint(READING_HEADERS)


def test_the_property_above_is_not_about_nothing():
    with pytest.raises(Refused):
        parse_head(head_of("Host: a--bb.test"), Limits())
    assert question_of(head_of("X: y", "X: y")) == question_of(HEAD)


def test_an_answer_of_an_older_version_is_forgotten(ready, versions):
    ready.keep(HEAD, "GET", REPLY, 1)
    versions.append(2)

    assert ready.find(HEAD) is None
    ready.keep(HEAD, "GET", REPLY, 2)
    assert ready.find(HEAD) is not None


def test_an_answer_made_under_a_version_that_has_passed_is_never_given(ready, versions):
    before = ready.version()
    versions.append(2)

    ready.keep(HEAD, "GET", REPLY, before)

    assert ready.find(HEAD) is None


def test_the_least_recently_used_answers_make_room(ready):
    heads = [head_of(target=f"/{n}") for n in range(ROOM + 1)]
    reply = Reply(200, (), b"x" * 1000)
    for head in heads[:ROOM]:
        ready.keep(head, "GET", reply, 1)
    assert ready.find(heads[0]) is not None

    ready.keep(heads[ROOM], "GET", reply, 1)

    assert ready.find(heads[1]) is None
    assert ready.find(heads[0]) is not None


def test_questions_that_vary_without_end_cost_a_bounded_room(ready):
    for number in range(1000):
        ready.keep(head_of(f"Range: {number}"), "GET", REPLY, 1)

    assert ready._bytes <= ready._max_bytes
    assert len(ready._answers) <= ROOM * 2


def test_a_large_answer_is_not_kept(ready):
    ready.keep(HEAD, "GET", Reply(200, (), b"x" * 20_000), 1)

    assert ready.find(HEAD) is None


def test_a_long_head_is_not_kept(ready):
    ready.keep(head_of(target="/" + "x" * 20_000), "GET", REPLY, 1)

    assert ready.find(head_of(target="/" + "x" * 20_000)) is None


def test_who_wants_short_answers_only_gets_no_long_one(ready):
    ready.keep(HEAD, "GET", REPLY, 1)

    assert ready.find(HEAD, len(REPLY.body) - 1) is None
    assert ready.find(HEAD, len(REPLY.body)) is not None
