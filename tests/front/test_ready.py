"""Answers kept whole, found by the bytes of a head or by what it asks."""

import re

import pytest

from vibes_trio.config import Limits
from vibes_trio.exchange import READING_HEADERS, Reply
from vibes_trio.front import http
from vibes_trio.front.heads import parse_head
from vibes_trio.front.http import build_response
from vibes_trio.front.ready import ENTRY_BYTES, ReadyAnswers

REPLY = Reply(200, (("content-type", "text/css"),), b"body {}", repeatable=True)
ROOM = 8  # answers of 1,000 bytes


def head_of(*fields, method="GET", target="/", host="a--bb.test"):
    data = "\r\n".join([f"{method} {target} HTTP/1.1", f"Host: {host}", *fields, "", ""]).encode()
    return parse_head(data, Limits()), data


HEAD, DATA = head_of()


@pytest.fixture
def versions():
    return [1]


@pytest.fixture
def ready(versions):
    return ReadyAnswers(ROOM * (ENTRY_BYTES + 1000) * 4 // 3 + 4, lambda: versions[-1])


def without_date(answer):
    return re.sub(rb"Date: [^\r]+", b"", answer)


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("reply", [REPLY, Reply(304, (("etag", '"x"'),)), Reply(206, (), b"bo")])
def test_a_kept_answer_is_the_one_that_would_be_built(ready, method, reply):
    head, data = head_of(method=method)
    ready.keep(head, data, reply, 1)

    assert without_date(ready.find_alike(head, data)) == without_date(build_response(reply, method))


def test_the_date_is_that_of_now(ready, monkeypatch):
    ready.keep(HEAD, DATA, REPLY, 1)
    monkeypatch.setattr(http.time, "time", lambda: 86400.0)

    assert b"\r\nDate: Fri, 02 Jan 1970 00:00:00 GMT\r\n" in ready.find_alike(HEAD, DATA)


def test_a_head_that_comes_again_is_found_by_its_bytes(ready):
    ready.keep(HEAD, DATA, REPLY, 1)
    assert ready.find(DATA) is None

    first = ready.find_alike(HEAD, DATA)

    assert without_date(ready.find(DATA)) == without_date(first)


def test_headers_that_nothing_depends_on_make_no_other_question(ready):
    ready.keep(HEAD, DATA, REPLY, 1)

    assert ready.find_alike(*head_of("Cookie: a=1", "User-Agent: x")) is not None


@pytest.mark.parametrize("name", READING_HEADERS)
def test_headers_that_an_answer_depends_on_make_another_question(ready, name):
    ready.keep(HEAD, DATA, REPLY, 1)

    assert ready.find_alike(*head_of(f"{name}: x")) is None
    ready.keep(*head_of(f"{name}: x"), REPLY, 1)
    assert ready.find_alike(*head_of(f"{name}: y")) is None


@pytest.mark.parametrize("other", [{"target": "/x"}, {"method": "HEAD"}, {"host": "b--bb.test"}])
def test_another_question_finds_nothing(ready, other):
    ready.keep(HEAD, DATA, REPLY, 1)

    assert ready.find_alike(*head_of(**other)) is None


def test_an_answer_of_an_older_version_is_forgotten(ready, versions):
    ready.keep(HEAD, DATA, REPLY, 1)
    ready.find_alike(HEAD, DATA)
    versions.append(2)

    assert ready.find(DATA) is None
    assert ready.find_alike(HEAD, DATA) is None
    ready.keep(HEAD, DATA, REPLY, 2)
    assert ready.find(DATA) is not None


def test_an_answer_made_under_a_version_that_has_passed_is_never_given(ready, versions):
    before = ready.version()
    versions.append(2)

    ready.keep(HEAD, DATA, REPLY, before)

    assert ready.find_alike(HEAD, DATA) is None


def test_the_least_recently_used_answers_make_room(ready):
    heads = [head_of(target=f"/{n}") for n in range(ROOM + 1)]
    reply = Reply(200, (), b"x" * 1000)
    for head, data in heads[:ROOM]:
        ready.keep(head, data, reply, 1)
    assert ready.find_alike(*heads[0]) is not None

    ready.keep(*heads[ROOM], reply, 1)

    assert ready.find_alike(*heads[1]) is None
    assert ready.find_alike(*heads[0]) is not None


def test_heads_that_vary_without_end_cost_a_bounded_room(ready):
    ready.keep(HEAD, DATA, REPLY, 1)
    for number in range(10_000):
        ready.find_alike(*head_of(f"Cookie: {number % 5000}"))

    assert ready._heads_bytes <= ready._max_heads_bytes
    assert len(ready._seen) <= 4096
    assert ready.find_alike(HEAD, DATA) is not None


def test_the_least_recently_used_heads_make_room(ready):
    ready.keep(HEAD, DATA, REPLY, 1)
    heads = [head_of(f"Cookie: {number}") for number in range(100)]
    for head, data in [pair for pair in heads for _ in range(2)]:
        ready.find_alike(head, data)

    assert ready.find(heads[0][1]) is None
    assert ready.find(heads[-1][1]) is not None


def test_a_large_answer_is_not_kept(ready):
    ready.keep(HEAD, DATA, Reply(200, (), b"x" * 20_000), 1)

    assert ready.find_alike(HEAD, DATA) is None
