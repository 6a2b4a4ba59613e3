"""The envelope: taken apart, answered, refused."""

import json
import time

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vibes_trio.errors import BadEnvelope, BadJson, BadRequest, LimitReached, VibesError
from vibes_trio.wire.base import (
    MAX_MENDED,
    MAX_NAME_CHARS,
    mend_surrogates,
    read_head,
    read_order_key,
    read_payload,
    write_error,
    write_reply,
)
from vibes_trio.wire.chat import APPEND, ReqEnsureChatContext, ResEnsureChatContext

GOOD = {"tid": "t", "src": "me", "dst": "you", "ttl": 6, "payload": {"type": "x", "a": 1}}


def envelope(**changes):
    return json.dumps(GOOD | changes).encode()


def test_a_good_envelope_gives_its_members_and_the_type_of_its_payload():
    head = read_head(envelope())

    assert (head.envelope.tid, head.envelope.src, head.envelope.dst, head.envelope.ttl) == (
        "t",
        "me",
        "you",
        6,
    )
    assert head.type == "x"


@pytest.mark.parametrize("missing", ["tid", "src", "dst", "ttl", "payload"])
def test_a_missing_member_is_named(missing):
    data = json.dumps({k: v for k, v in GOOD.items() if k != missing}).encode()

    with pytest.raises(BadEnvelope, match=f"`{missing}`"):
        read_head(data)


@pytest.mark.parametrize("name", ["tid", "src", "dst"])
def test_what_comes_back_with_the_reply_has_a_bound(name):
    """Without it 40 unsigned WebSockets that don't read make the server hold gigabytes."""
    longest = read_head(envelope(**{name: "é" * MAX_NAME_CHARS}))

    with pytest.raises(BadEnvelope, match=rf"length <= {MAX_NAME_CHARS} - at `\$.{name}`") as raised:
        read_head(envelope(**{name: "x" * (MAX_NAME_CHARS + 1)}))

    assert getattr(longest.envelope, name) == "é" * MAX_NAME_CHARS
    assert len(raised.value.message) < 300


@pytest.mark.parametrize(
    "changes",
    [
        {"tid": 1},
        {"src": None},
        {"dst": []},
        {"ttl": "6"},
        {"ttl": True},
        {"payload": None},
        {"payload": "text"},
    ],
)
def test_a_member_of_the_wrong_type_is_refused(changes):
    with pytest.raises(BadEnvelope):
        read_head(envelope(**changes))


@pytest.mark.parametrize("payload", [{}, {"type": 1}, {"type": None}])
def test_a_payload_without_a_type_has_an_empty_one(payload):
    assert read_head(envelope(payload=payload)).type == ""


@pytest.mark.parametrize(
    "data",
    [b"", b"hello", b"{", b"{} x", b"\xff", b'{"a":NaN}', b"[" * 100_000 + b"]" * 100_000, b"\\", b'"\\ud8'],
)
def test_what_is_no_json_is_refused_whatever_the_parser_raises(data):
    with pytest.raises(BadJson):
        read_head(data)


@pytest.mark.parametrize("data", [b"null", b"1", b'"x"', b"[]", b"{}", b"\xef\xbb\xbf{}"])
def test_json_that_is_no_envelope_is_told_so(data):
    with pytest.raises(BadEnvelope):
        read_head(data)


def test_a_payload_nested_too_deeply_is_refused():
    data = envelope(payload="@").replace(b'"@"', b'{"a":' * 50_000 + b"1" + b"}" * 50_000)

    with pytest.raises(BadJson):
        read_head(data)


def test_half_a_surrogate_pair_becomes_the_replacement_character():
    data = (
        b'{"tid":"a\\ud800","src":"\\ude00b","dst":"\\ud83d\\ude00","ttl":1,"payload":{"type":"\\\\ud800"}}'
    )

    head = read_head(data)

    assert (head.envelope.tid, head.envelope.src, head.envelope.dst) == ("a\ufffd", "\ufffdb", "😀")
    assert head.type == "\\ud800"


@given(st.text(alphabet=st.characters(codec=None, exclude_categories=()), max_size=20))
def test_mended_json_text_reads_as_javascript_would_write_it(text):
    mended = mend_surrogates(json.dumps(text).encode())

    assert msgspec.json.decode(mended) == text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


@given(
    st.lists(
        st.sampled_from([b"\\ud83d", b"\\uDE00", b"\\\\", b"\\n", b"\\u0041", b"u", b"d83d"]), max_size=12
    )
)
def test_runs_of_escapes_are_mended_as_javascript_reads_them(escapes):
    text = json.loads(b'"' + b"".join(escapes) + b'"')

    mended = mend_surrogates(b'"' + b"".join(escapes) + b'"')

    assert msgspec.json.decode(mended) == text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def test_a_text_with_a_nul_is_left_as_it_is():
    assert mend_surrogates(b'"\0\0\\ud800"') == b'"\0\0\\ud800"'


def test_a_hostile_text_of_escapes_is_refused_without_holding_others_up():
    started = time.perf_counter()

    with pytest.raises(BadJson):
        read_head(b'{"tid":"\\ud800' + b'\\"' * 7_500_000)
    with pytest.raises(BadJson):
        read_head(b'{"tid":"' + b"\\ud800" * (MAX_MENDED + 1) + b'"}')

    assert time.perf_counter() - started < 1.5, "it was 4 s with a step of Python's for each escape"


@given(st.binary(max_size=200))
def test_any_bytes_give_a_head_or_a_typed_error(data):
    try:
        read_head(data)
    except (BadJson, BadEnvelope):
        pass


def test_a_known_payload_that_is_wrong_names_the_member():
    head = read_head(envelope(payload={"type": "vibes.diy.req-ensure-chat-context", "contextId": 7}))

    with pytest.raises(BadRequest, match=r"contextId"):
        read_payload(msgspec.json.Decoder(ReqEnsureChatContext), head)


def test_a_good_payload_is_decoded():
    head = read_head(envelope(payload={"type": "vibes.diy.req-ensure-chat-context", "contextId": "c"}))

    assert read_payload(msgspec.json.Decoder(ReqEnsureChatContext), head).context_id == "c"


def test_a_reply_swaps_source_and_destination():
    reply = json.loads(write_reply(read_head(envelope()).envelope, ResEnsureChatContext(context_id="c")))

    assert reply == {
        "tid": "t",
        "src": "you",
        "dst": "me",
        "ttl": 10,
        "payload": {"type": "vibes.diy.res-ensure-chat-context", "contextId": "c"},
    }


def test_an_error_in_an_envelope_has_both_shapes_and_its_detail():
    error = LimitReached("no more", limit=10, code="spoof")

    reply = json.loads(write_error(read_head(envelope()).envelope, error))

    assert reply["tid"] == "t"
    assert reply["payload"] == {
        "type": "vibes.diy.res-error",
        "message": "no more",
        "code": "limit-reached",
        "error": {"message": "no more", "code": "limit-reached"},
        "limit": 10,
    }


def test_an_error_without_an_envelope_is_bare():
    assert json.loads(write_error(None, VibesError("oh"))) == {
        "type": "error",
        "message": "oh",
        "code": "internal",
    }


@pytest.mark.parametrize(
    ("data", "key"),
    [
        (b'{"payload":{"type":"%s","contextId":"c"}}' % APPEND.encode(), "c"),
        (b'{"payload":{"type":"other","contextId":"c"}}', None),
        (b'{"payload":{"type":"\\u0076%s","contextId":"c"}}' % APPEND[1:].encode(), "c"),
        (b'{"payload":{"type":"other"}}', None),
        (b'{"payload":{"type":"%s","contextId":"c","x":"\\ud83d"}}' % APPEND.encode(), "c"),
        (b'{"payload":{"type":"%s","contextId":"c\\ude00"}}' % APPEND.encode(), "c\ufffd"),
        (b'\xef\xbb\xbf{"payload":{"type":"%s","contextId":"c"}}' % APPEND.encode(), "c"),
        (b"hello", None),
        (b"\\hello", None),
        (b'{"payload":["%s"]}' % APPEND.encode(), None),
        (b'"\xff"', None),
        (b'"\\\xff"', None),
        (b"[" * 100_000, None),
    ],
)
def test_only_appended_sections_have_an_order(data, key):
    assert read_order_key(data, APPEND) == key
