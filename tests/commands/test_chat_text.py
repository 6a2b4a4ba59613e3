"""Sections as people write and read them."""

import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vibes_trio.commands.chat_text import blocks_of, text_of
from vibes_trio.wire.chat import Origin, ReqAppendChatSection

NOW = "2026-11-28T12:00:00Z"


@pytest.mark.parametrize("origin", ["user", "llm"])
@pytest.mark.parametrize("text", ["", "hi", "two\nlines", "\n\n", "日本 `x`"])
def test_what_is_written_is_read_again(origin: Origin, text: str) -> None:
    assert text_of(blocks_of(text, origin, NOW)) == text


@given(st.text(), st.sampled_from(["user", "llm"]))
def test_any_text_makes_a_section_that_a_server_takes(text: str, origin: Origin) -> None:
    blocks = blocks_of(text, origin, NOW)

    ReqAppendChatSection(context_id="c", origin=origin, blocks=blocks)
    assert text_of(blocks) == text


def test_code_stands_between_fences_and_counts_are_left_out() -> None:
    common = {"blockId": "b", "streamId": "s", "seq": 0, "blockNr": 0, "timestamp": NOW, "sectionId": "x"}
    stats = {"lines": 1, "bytes": 1}
    blocks = [
        {"type": "block.begin", **common},
        {"type": "block.code.begin", "lang": "jsx", **common},
        {"type": "block.code.line", "lang": "jsx", "lineNr": 0, "line": "<p/>", **common},
        {"type": "block.code.end", "lang": "jsx", "stats": stats, **common},
        {"type": "block.image", "url": "https://x/y.png", "stats": stats, **common},
    ]

    assert text_of(msgspec.Raw(json.dumps(blocks).encode())) == "```jsx\n<p/>\n```\nhttps://x/y.png"


def test_what_is_no_block_is_shown_as_it_is_and_unknown_kinds_say_nothing() -> None:
    assert text_of(msgspec.Raw(b'[{"x":"\\u00e9"}]')) == '[{"x": "é"}]'
    assert text_of(msgspec.Raw(b'[{"type":"block.new","line":"x"}]')) == ""
