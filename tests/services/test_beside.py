"""The process that reads long messages, without the process."""

import io
import json
import struct

import msgspec
import pytest
from asking import DEPLOY, ENSURE_CHAT, js
from fakes import Here
from readme_tables import requests

from vibes_trio.beside.pool import Answer, Question
from vibes_trio.config import Limits
from vibes_trio.errors import BadRequest, TooLarge
from vibes_trio.exchange import UserId
from vibes_trio.services.beside import packing_of, read, serve
from vibes_trio.wire.chat import ReqEnsureChatContext
from vibes_trio.wire.requests import REQUESTS


def message(kind, **payload):
    envelope = {"tid": "1", "src": "a", "dst": "b", "ttl": 6}
    return json.dumps(envelope | {"payload": {"type": kind} | payload}).encode()


def framed(data: bytes) -> bytes:
    return struct.pack("<I", len(data)) + data


def test_every_request_of_the_wire_can_be_read_there():
    assert set(REQUESTS.values()) == set(requests())


def test_a_request_without_a_way_of_its_own_goes_as_it_is_without_its_token():
    packed = read(
        message(ENSURE_CHAT, contextId="c", auth={"token": "secret"}, more=[1] * 9), ENSURE_CHAT, Limits()
    )

    assert b"secret" not in packed.text
    assert packing_of(ReqEnsureChatContext).unpack(packed) == ReqEnsureChatContext(context_id="c")


def test_such_a_request_is_refused_if_what_counts_of_it_is_long():
    with pytest.raises(TooLarge) as refused:
        read(message(ENSURE_CHAT, contextId="c" * 70_000), ENSURE_CHAT, Limits())

    assert refused.value.detail["limit"] == "read_here_bytes"


def test_questions_are_answered_until_the_pipe_ends():
    questions = b"".join(
        framed(msgspec.json.encode(question)) + framed(about)
        for question, about in (
            (Question("look"), message("x")),
            (Question("look"), b"{"),
            (Question("read", DEPLOY), message(DEPLOY, mode="dev", fileSystem=[js("/a.js", "1")])),
        )
    )
    out = io.BytesIO()

    serve(io.BytesIO(questions), out, Limits())

    data, answers = out.getvalue(), []
    while data:
        (length,) = struct.unpack_from("<I", data)
        answer = msgspec.json.decode(data[4 : 4 + length], type=Answer)
        end = 4 + length + sum(answer.parts)
        answers.append((answer, data[4 + length : end]))
        data = data[end:]
    (looked, _), (failed, none), (found, parts) = answers
    assert json.loads(bytes(looked.found))["type"] == "x"
    assert (failed.error and failed.error.code, none) == ("bad-json", b"")
    assert (found.parts, parts) == ((1,), b"1")


async def test_tests_of_logic_get_the_same_in_this_process():
    here = Here(Limits())

    assert (await here.look(message("x"), "client")).type == "x"
    with pytest.raises(BadRequest):
        await here.ask(Question("read", DEPLOY), message(DEPLOY, mode=1), UserId("ada"))
