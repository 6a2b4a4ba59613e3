"""Chats out and in: in our form nothing is lost; in others' the text is not, and what is left out is told."""

import json

import pytest
from asking import APPEND, ENSURE_CHAT, ask, rows
from fakes import make_app, open_database

from vibes_trio.config import Limits
from vibes_trio.services.chat_import import pack_import, read_import, unpack_import
from vibes_trio.wire.chats import ReqImportChatContexts

EXPORT = "vibes.diy.req-export-chat-context"
IMPORT = "vibes.diy.req-import-chat-contexts"
READ = "vibes.diy.req-read-chat-sections"
SET = "vibes.diy.req-set-chat-context"
BASE = {"blockId": "b", "streamId": "s", "seq": 0, "blockNr": 0, "timestamp": "2026-01-01T00:00:00.000Z"}
LINE = BASE | {"type": "block.toplevel.line", "sectionId": "i", "lineNr": 0, "line": "Here it is: é"}
IMAGE = BASE | {"type": "block.image", "sectionId": "i", "url": "data:", "stats": {"lines": 0, "bytes": 0}}
PROMPT = {
    "type": "prompt.txt",
    "streamId": "s",
    "timestamp": "2026-01-01T00:00:00.000Z",
    "request": {"model": "m", "messages": [{"role": "user", "content": "Plant roses"}]},
}


@pytest.fixture
def app(tmp_path):
    made = make_app(open_database(tmp_path))
    yield made
    made.db.close()


async def make(app, user="ada"):
    await ask(app, user, ENSURE_CHAT, contextId="chat")
    await ask(app, user, SET, contextId="chat", title="Roses")
    for origin, blocks in (("user", [PROMPT]), ("llm", [LINE, IMAGE])):
        await ask(app, user, APPEND, contextId="chat", origin=origin, blocks=blocks)


async def sections(app, context_id, user="ada"):
    found = (await ask(app, user, READ, contextId=context_id))["items"]
    return [(one["origin"], one["blocks"]) for one in found]


async def test_in_our_form_a_chat_goes_to_another_user_as_it_is(app):
    await make(app)

    out = await ask(app, "ada", EXPORT, contextId="chat")
    back = await ask(app, "bob", IMPORT, format="vibes", content=out["content"])

    (item,) = back["items"]
    assert (item["title"], item["sections"]) == ("Roses", 2)
    assert "leftOut" not in out
    assert await sections(app, item["contextId"], "bob") == await sections(app, "chat")


@pytest.mark.parametrize("form", ["open-webui", "chatgpt"])
async def test_in_other_forms_the_text_stays_and_what_is_left_out_is_told(app, form):
    await make(app)

    out = await ask(app, "ada", EXPORT, contextId="chat", format=form)
    back = await ask(app, "ada", IMPORT, format=form, content=[out["content"], out["content"]])
    again = await ask(app, "ada", EXPORT, contextId=back["items"][1]["contextId"], format=form)

    assert out["leftOut"] == {"images": 1}
    assert [item["sections"] for item in back["items"]] == [2, 2]
    assert "leftOut" not in again
    text = json.dumps(again["content"])
    assert "Plant roses" in text
    assert json.dumps("Here it is: é")[1:-1] in text
    (user, _), (llm, _) = await sections(app, back["items"][0]["contextId"])
    assert (user, llm) == ("user", "llm")


@pytest.mark.parametrize(
    ("form", "content", "code"),
    [
        ("vibes", [], "ok"),
        ("vibes", {"sections": [{"origin": "user", "blocks": [{"type": "x"}]}]}, "bad-request"),
        ("vibes", 7, "bad-request"),
        ("chatgpt", "text", "bad-request"),
        ("open-webui", [7], "bad-request"),
        ("open-webui", {}, "bad-request"),
        ("open-webui", [{"title": "Roses", "mapping": {}}], "bad-request"),
        ("chatgpt", {"sections": []}, "bad-request"),
        ("chatgpt", [{"mapping": {}}, {"chat": {"messages": []}}], "bad-request"),
        ("word", {}, "bad-request"),
    ],
)
async def test_what_is_no_export_makes_nothing(app, form, content, code):
    before = rows(app)

    reply = await ask(app, "ada", IMPORT, format=form, content=content)

    assert reply.get("code", "ok") == code
    assert rows(app) == before


async def test_what_another_program_has_written_is_told_by_what_is_missing(app):
    reply = await ask(app, "ada", IMPORT, format="chatgpt", content=[{"mapping": {}}, {"chat": {}}])

    assert reply["message"] == "content[1]: this is no export of chatgpt: it has no `mapping`."


async def test_what_is_too_much_makes_nothing(tmp_path):
    app = make_app(
        open_database(tmp_path), limits=Limits(export_bytes=10, import_sections=2), max_chat_sections=5
    )
    chat = {"title": "x", "sections": [{"origin": "user", "blocks": []}]}
    await make(app)

    big = await ask(app, "ada", EXPORT, contextId="chat")
    many = await ask(app, "ada", IMPORT, format="vibes", content=[chat] * 3)
    for _ in range(1):
        await ask(app, "ada", IMPORT, format="vibes", content=[chat] * 2)
    before = rows(app)
    over = await ask(app, "ada", IMPORT, format="vibes", content=[chat] * 2)

    assert (big["code"], big["limit"]) == ("too-large", "export_bytes")
    assert (many["code"], many["limit"]) == ("too-large", "import_sections")
    assert over["code"] == "limit-reached"
    assert rows(app) == before
    app.db.close()


async def test_other_peoples_chats_are_not_exported(app):
    await make(app, user="bob")

    assert (await ask(app, "ada", EXPORT, contextId="chat"))["code"] == "not-owner"


def test_what_goes_to_another_process_comes_back_the_same():
    content = json.dumps({"title": "x", "sections": [{"origin": "user", "blocks": [PROMPT]}]}).encode()
    req = ReqImportChatContexts(format="vibes", content=content)

    assert unpack_import(pack_import(req, Limits())) == read_import(req, Limits())
