"""Answers kept whole by the bytes of their heads."""

import re

import pytest

from vibes_trio.exchange import Reply
from vibes_trio.front import http
from vibes_trio.front.http import build_response
from vibes_trio.front.ready import ENTRY_BYTES, ReadyAnswers

HEAD = b"GET / HTTP/1.1\r\nHost: a--bb.test\r\n\r\n"
REPLY = Reply(200, (("content-type", "text/css"),), b"body {}", repeatable=True)


@pytest.fixture
def versions():
    return [1]


@pytest.fixture
def ready(versions):
    return ReadyAnswers(8 * (ENTRY_BYTES + 1000), lambda: versions[-1])


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize(
    "reply", [REPLY, Reply(304, (("etag", '"x"'),)), Reply(206, (), b"bo", repeatable=True)]
)
def test_a_kept_answer_is_the_one_that_would_be_built(ready, method, reply):
    ready.keep(HEAD, method, reply, 1)

    assert without_date(ready.find(HEAD)) == without_date(build_response(reply, method))


def without_date(answer):
    return re.sub(rb"Date: [^\r]+", b"", answer)


def test_the_date_is_that_of_now(ready, monkeypatch):
    ready.keep(HEAD, "GET", REPLY, 1)
    monkeypatch.setattr(http.time, "time", lambda: 86400.0)

    assert b"\r\nDate: Fri, 02 Jan 1970 00:00:00 GMT\r\n" in ready.find(HEAD)


def test_another_head_finds_nothing(ready):
    ready.keep(HEAD, "GET", REPLY, 1)

    assert ready.find(HEAD.replace(b"/ ", b"/x ")) is None


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
    heads = [HEAD + bytes([n]) for n in range(9)]
    reply = Reply(200, (), b"x" * (1000 - len(HEAD) - 1))
    for head in heads[:8]:
        ready.keep(head, "GET", reply, 1)
    assert ready.find(heads[0]) is not None

    ready.keep(heads[8], "GET", reply, 1)

    assert ready.find(heads[1]) is None
    assert ready.find(heads[0]) is not None


def test_a_large_answer_is_not_kept(ready):
    ready.keep(HEAD, "GET", Reply(200, (), b"x" * 2000), 1)

    assert ready.find(HEAD) is None
