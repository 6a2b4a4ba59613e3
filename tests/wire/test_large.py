"""The head of a long message: all that is read before it is known who sends it."""

import json

import msgspec
import pytest

from vibes_trio.errors import BadEnvelope, BadJson
from vibes_trio.wire.auth import DashAuth
from vibes_trio.wire.base import LargeMessage
from vibes_trio.wire.large import MAX_TYPE_CHARS, Bounds, LargeHead, large_message, read_large_head

BOUNDS = Bounds(token_chars=20, key_chars=5)
ORDERED = "append"


def message(payload, **members) -> bytes:
    return json.dumps({"tid": "t", "src": "a", "dst": "b", "ttl": 6, "payload": payload} | members).encode()


def head(payload, **members) -> LargeHead:
    return read_large_head(message(payload, **members), BOUNDS, ORDERED)


def test_type_credentials_and_envelope_are_found():
    found = head({"type": "deploy", "auth": {"type": "clerk", "token": "x.y"}, "more": [1]})

    assert found == LargeHead("t", "a", "b", 6.0, "deploy", DashAuth(type="clerk", token="x.y"))


@pytest.mark.parametrize("payload", [{"type": 1}, {"type": [[]]}, {}, {"type": None}])
def test_what_is_no_text_is_no_type(payload):
    assert head(payload).type == ""


def test_its_texts_are_cut_to_what_is_needed_to_refuse_them():
    auth = {"type": "y" * 1000, "token": "t" * 1000}
    found = head({"type": "x" * 1000, "auth": auth})

    assert found.auth is not None
    assert [len(text) for text in (found.type, found.auth.type, found.auth.token)] == [
        MAX_TYPE_CHARS,
        MAX_TYPE_CHARS,
        BOUNDS.token_chars,
    ]


@pytest.mark.parametrize("auth", [1, [], {"token": 1}, {"type": []}])
def test_credentials_of_another_shape_are_a_fault_that_is_told(auth):
    found = head({"type": "deploy", "auth": auth})

    assert found.auth is None
    assert "$.auth" in found.fault


def test_the_order_key_is_that_of_ordered_messages_only():
    assert head({"type": ORDERED, "contextId": "c1"}).order_key == "c1"
    assert head({"type": ORDERED, "contextId": "c" * 100}).order_key == "c" * BOUNDS.key_chars
    assert head({"type": ORDERED}).order_key == ""
    assert head({"type": ORDERED, "contextId": 1}).order_key == ""
    assert head({"type": "deploy", "contextId": "c1"}).order_key == ""


@pytest.mark.parametrize("member", ["tid", "src", "dst"])
def test_what_comes_back_is_bounded(member):
    with pytest.raises(BadEnvelope, match=member):
        head({"type": "deploy"}, **{member: "x" * 1025})


def test_what_is_no_message_is_refused_as_a_short_one_is():
    with pytest.raises(BadJson):
        read_large_head(b"[" * 100_000, BOUNDS, ORDERED)
    with pytest.raises(BadEnvelope):
        read_large_head(b'{"x": []}', BOUNDS, ORDERED)


def test_the_pipeline_gets_the_head_and_the_text_as_it_came():
    data = message({"type": "deploy"})

    incoming = large_message(data, head({"type": "deploy"}))

    assert (incoming.type, incoming.envelope.tid, incoming.envelope.dst) == ("deploy", "t", "b")
    assert bytes(incoming.envelope.payload) == b""
    assert incoming.large == LargeMessage(data, None, "")
    assert msgspec.json.encode(incoming.envelope.ttl) == b"6.0"
