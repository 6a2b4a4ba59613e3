"""Chats of other programs: text goes in and out unchanged; what can't be carried is counted."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vibes_trio.content.chat_formats import (
    Chat,
    Said,
    blocks_of,
    read_chatgpt,
    read_open_webui,
    texts_of,
    write_chatgpt,
    write_open_webui,
)
from vibes_trio.wire.chat import _blocks_decoder

TEXTS = [
    "",
    "one line",
    "two\nlines\n",
    "Look:\n```js\nconst a = 1;\n```\nThat is it.",
    "```\nplain\n```",
    "```py\nx\n```\n```js\ny\n```",
    "a\n```js\nnobody closes it",
    "```js extra words\nx\n```",
    "  ```js\nx\n  ```",
    "```js\n```",
    "```\n\n```\n\n",
    "\n\n```\nx\n```",
    "é 𠮷 \u2028",
]


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("role", ["user", "assistant", "system"])
@pytest.mark.parametrize("most", [5, 10_000])
def test_what_was_said_comes_out_of_its_blocks_as_it_was(text, role, most):
    blocks = blocks_of(Said(role, text), "s", "2026-01-01T00:00:00.000Z", most)
    stored = json.loads(json.dumps(blocks))

    assert _blocks_decoder.decode(json.dumps(blocks))
    said = texts_of(stored, "llm" if role == "assistant" else "user").said
    assert [(one.role, one.text) for one in said] == [(role, text)]


@given(st.text(alphabet="a`\n ", max_size=40))
def test_no_text_is_changed_by_its_fences(text):
    (said,) = texts_of(blocks_of(Said("assistant", text), "s", "t", 1000), "llm").said

    assert said.text == text


def test_code_becomes_code_blocks():
    blocks = blocks_of(Said("assistant", "Look:\n```js\nconst a = 1;\n```"), "s", "t", 1000)

    assert [block["type"] for block in blocks] == [
        "block.begin",
        "block.toplevel.begin",
        "block.toplevel.line",
        "block.toplevel.end",
        "block.code.begin",
        "block.code.line",
        "block.code.end",
        "block.end",
    ]
    assert [block["seq"] for block in blocks] == list(range(8))
    assert blocks[-1]["stats"]["total"] == {"lines": 2, "bytes": 17}


def test_pictures_are_counted_and_lines_without_a_begin_are_read():
    found = texts_of([{"type": "block.image"}, {"type": "block.code.line", "line": "x"}], "user")

    assert [(one.role, one.text) for one in found.said] == [("user", "x")]
    assert found.left_out == {"images": 1}


CHAT = Chat(
    "Roses", [Said("system", "Be kind", 5), Said("user", "Plant\nroses", 6), Said("assistant", "Done.", 7)]
)


@pytest.mark.parametrize(
    ("write", "read"), [(write_open_webui, read_open_webui), (write_chatgpt, read_chatgpt)]
)
def test_what_is_written_is_read_again(write, read):
    there = read(json.loads(json.dumps(write(CHAT, "z1", 4.0))))
    nothing = read(json.loads(json.dumps(write(Chat("", []), "z1", 4.0))))

    assert (there.title, there.said, there.left_out) == (CHAT.title, CHAT.said, {})
    assert nothing.said == []


def test_an_export_of_open_webui_is_read_on_the_branch_that_is_shown():
    nodes = {
        "a": {"id": "a", "parentId": None, "role": "user", "content": "hi", "timestamp": 1, "files": [{}]},
        "b": {"id": "b", "parentId": "a", "role": "assistant", "content": "old"},
        "c": {"id": "c", "parentId": "a", "role": "assistant", "content": "new", "timestamp": True},
    }
    found = read_open_webui({"title": "T", "chat": {"history": {"messages": nodes, "currentId": "c"}}})
    plain = read_open_webui({"chat": {"title": "U", "messages": [{"role": "user", "content": "hi"}, 7]}})

    assert [(one.role, one.text, one.at) for one in found.said] == [
        ("user", "hi", 1.0),
        ("assistant", "new", 0.0),
    ]
    assert found.left_out == {"messages of other branches": 1, "attached files": 1}
    assert (plain.title, len(plain.said)) == ("U", 1)
    assert read_open_webui({}).said == []


def node(name, parent, role, content, **more):
    message = {"author": {"role": role}, "content": content, "create_time": 3.5} | more
    return {"id": name, "parent": parent, "message": message}


def test_an_export_of_chatgpt_is_read_and_what_is_no_text_is_counted():
    text = {"content_type": "text", "parts": ["hi"]}
    picture = {
        "content_type": "multimodal_text",
        "parts": [{"asset_pointer": "x"}, "look", {"text": "there"}, None],
    }
    mapping = {
        "root": {"id": "root", "parent": None, "message": None},
        "a": node("a", "root", "system", text, metadata={"is_visually_hidden_from_conversation": True}),
        "b": node("b", "a", "user", picture),
        "c": node("c", "b", "assistant", {"content_type": "code", "text": "x"}),
        "d": node("d", "c", "tool", text),
        "e": node("e", "d", "assistant", {"content_type": "text", "parts": [""]}),
        "f": node("f", "e", "assistant", text, metadata=7),
        "g": node("g", "e", "assistant", text),
        "h": {"id": "h", "parent": "f", "message": {"author": 7, "content": 7}},
    }
    found = read_chatgpt({"title": "T", "mapping": mapping, "current_node": "h"})

    assert [(one.role, one.text, one.at) for one in found.said] == [
        ("user", "look\nthere", 3.5),
        ("assistant", "hi", 3.5),
    ]
    assert found.left_out == {
        "hidden messages": 2,
        "images and other parts": 1,
        "messages of type code": 1,
        "messages of tool": 1,
        "empty messages": 1,
        "messages of other branches": 1,
    }


@pytest.mark.parametrize(
    "odd", [{}, {"mapping": 7}, {"mapping": {}}, {"mapping": {"a": {"parent": "a"}}}, {"mapping": {"a": 7}}]
)
def test_odd_files_are_read_as_what_they_have(odd):
    assert read_chatgpt(odd).said == []


@pytest.mark.parametrize("at", [10**400, -(10**400), "2024", True, None, [1]])
def test_a_time_that_can_not_be_is_not_known(at):
    message = {"role": "user", "content": "hi", "timestamp": at}
    text = {"content_type": "text", "parts": ["hi"]}
    node = {"message": {"author": {"role": "user"}, "content": text, "create_time": at}}

    assert read_open_webui({"messages": [message]}).said == [Said("user", "hi")]
    assert read_chatgpt({"mapping": {"a": node}}).said == [Said("user", "hi")]


@pytest.mark.parametrize("title", [None, 7, {"a": 1}, ["b"]])
def test_a_title_that_is_no_text_is_none(title):
    assert read_open_webui({"title": title, "chat": {"title": "Roses"}}).title == "Roses"
    assert read_chatgpt({"title": title}).title == ""
