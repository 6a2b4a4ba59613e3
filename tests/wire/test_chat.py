"""Chat messages and the blocks in them: every recorded one is taken or refused as by the reference."""

import json
import tracemalloc
from pathlib import Path

import msgspec
import pytest

from vibes_trio.wire.base import encode
from vibes_trio.wire.chat import ReqAppendChatSection, ReqEnsureChatContext, read_blocks

VECTORS = json.loads((Path(__file__).parents[1] / "conformance" / "chat.json").read_text("utf-8"))
APPENDS = [
    vector
    for scenario in VECTORS["scenarios"]
    for vector in scenario["vectors"]
    if vector["request"]["body"]["payload"]["type"] == "vibes.diy.req-append-chat-section"
]
# Refused by the reference for another reason than the payload's shape.
REFUSED_LATER = {"ca-missing-context", "ca-empty-context-id", "ca-foreign"}


@pytest.mark.parametrize("vector", APPENDS, ids=lambda vector: vector["name"])
def test_payloads_are_taken_or_refused_as_by_the_reference(vector):
    data = json.dumps(vector["request"]["body"]["payload"])
    taken = vector["response"]["status"] == 200 or vector["name"] in REFUSED_LATER

    if taken:
        got = msgspec.json.decode(data, type=ReqAppendChatSection)
        assert msgspec.json.decode(got.blocks) == json.loads(data)["blocks"]
    else:
        with pytest.raises(msgspec.ValidationError):
            msgspec.json.decode(data, type=ReqAppendChatSection)


def test_an_error_in_a_block_names_its_place():
    data = (
        b'{"type":"vibes.diy.req-append-chat-section","contextId":"c","origin":"llm","blocks":[{"type":"x"}]}'
    )

    with pytest.raises(msgspec.ValidationError, match=r"\$\.blocks\[0\]\.type"):
        msgspec.json.decode(data, type=ReqAppendChatSection)


def append(blocks):
    return b'{"type":"vibes.diy.req-append-chat-section","contextId":"c","origin":"llm","blocks":%s}' % blocks


BEGIN = b'{"type":"block.begin","blockId":"b","streamId":"s","seq":0,"blockNr":0,"timestamp":1%s}'


def test_blocks_are_given_by_their_members_as_they_were_sent():
    got = msgspec.json.decode(
        append(b"[" + BEGIN % b',"more":{"a":[1.50]}' + b"]"), type=ReqAppendChatSection
    )

    (block,) = read_blocks(got)

    assert bytes(block["more"]) == b'{"a":[1.50]}'
    assert bytes(block["timestamp"]) == b"1"


def test_what_no_block_declares_must_be_utf8_all_the_same():
    with pytest.raises(msgspec.ValidationError, match=r"UTF-8.*\$\.blocks"):
        msgspec.json.decode(append(b"[" + BEGIN % b',"more":"\xff"' + b"]"), type=ReqAppendChatSection)


@pytest.mark.parametrize(
    "blocks",
    [
        b"[" + b",".join([b"{}"] * 2_000_000) + b"]",
        b"[" + BEGIN % (b',"x":[' + b",".join([b"[]"] * 2_000_000) + b"]") + b"]",
    ],
    ids=["blocks", "members"],
)
def test_to_check_a_hostile_section_makes_no_millions_of_objects(blocks):
    data = append(blocks)
    tracemalloc.start()

    try:
        msgspec.json.decode(data, type=ReqAppendChatSection)
    except msgspec.ValidationError:
        pass
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert most < 3 * len(data)


def test_a_context_id_may_lack_but_not_be_null():
    base = '{"type":"vibes.diy.req-ensure-chat-context"%s}'

    assert msgspec.json.decode(base % "", type=ReqEnsureChatContext).context_id is msgspec.UNSET
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(base % ',"contextId":null', type=ReqEnsureChatContext)


def test_undeclared_members_and_odd_numbers_survive():
    block = {
        "blockId": "b",
        "streamId": "s",
        "seq": -1.5,
        "blockNr": 2**60,
        "timestamp": 1,
        "type": "block.begin",
    }
    data = {"type": "vibes.diy.req-append-chat-section", "contextId": "c", "origin": "llm"}
    text = json.dumps(data | {"blocks": [block | {"extra": {"a": [None]}}]})

    got = msgspec.json.decode(text, type=ReqAppendChatSection)

    assert json.loads(encode(got.blocks)) == [block | {"extra": {"a": [None]}}]
