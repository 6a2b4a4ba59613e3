"""The text of sections: what people wrote and read, and nothing of the machinery."""

import json

import pytest

from vibes_trio.content.chat_text import DECODED_CHARS, messages_of, read_blocks, text_of

BASE = {"blockId": "b", "streamId": "s", "seq": 0, "blockNr": 0, "timestamp": "t"}


def line(text, kind="toplevel"):
    return BASE | {"type": f"block.{kind}.line", "sectionId": "i", "lineNr": 0, "line": text, "lang": "js"}


def prompt(*messages, kind="prompt.txt"):
    return {
        "type": kind,
        "streamId": "s",
        "timestamp": "t",
        "request": {"model": "m", "messages": list(messages)},
    }


def test_prose_code_and_prompts_are_the_text_each_line_its_own():
    blocks = [
        prompt({"role": "system", "content": "Be kind."}, {"role": "user", "content": "A garden\nplease"}),
        BASE | {"type": "block.begin"},
        line("Here it is:"),
        line("const a = 1;", "code"),
        BASE | {"type": "block.image", "sectionId": "i", "url": "data:x", "stats": {}},
    ]

    assert text_of(json.dumps(blocks), 1000) == "Be kind.\nA garden\nplease\nHere it is:\nconst a = 1;"


def test_newer_prompts_in_parts_are_read_for_their_text():
    parts = [
        {"type": "text", "text": "see "},
        {"type": "image_url", "image_url": {}},
        7,
        {"type": "text", "text": "it"},
    ]

    assert (
        text_of(json.dumps([prompt({"role": "user", "content": parts}, kind="prompt.req")]), 99) == "see it"
    )


@pytest.mark.parametrize(
    "odd",
    ["", "no json", "{}", "[1]", '[{"type":"prompt.txt"}]', '[{"type":"prompt.txt","request":{"messages":7}}]',
     '[{"type":"prompt.txt","request":{"messages":[7,{"content":7}]}}]'],
)  # fmt: skip
def test_what_can_not_be_read_says_nothing(odd):
    assert text_of(odd, 99) == ""


def test_the_text_is_bounded():
    assert (
        text_of(json.dumps([line("x" * 50), line("y" * 50), line("z" * 50)]), 70)
        == "x" * 50 + "\n" + "y" * 19
    )


def test_of_a_very_long_section_the_beginning_is_looked_at_without_decoding_it():
    blocks = [line('say "hi"\n'), line("é" * DECODED_CHARS), line("last")]

    text = text_of(json.dumps(blocks, separators=(",", ":")), 10)

    assert text == 'say "hi"\n'
    assert len(text_of(json.dumps(blocks, separators=(",", ":")), 10**9)) > DECODED_CHARS


def test_of_a_very_long_section_what_is_no_text_is_left_out():
    """Half a surrogate is none; the reference stores it as it came."""
    blocks = [line("before"), line("half"), line("after"), line("x" * DECODED_CHARS)]

    told = json.dumps(blocks, separators=(",", ":")).replace("half", "\\ud800")

    assert text_of(told, 12) == "before\nafter"


def test_messages_come_with_their_roles():
    block = prompt({"role": "user", "content": "a"}, {"content": "b"})

    assert list(messages_of(block)) == [("user", "a"), ("user", "b")]
    assert read_blocks("[") == []
