"""Chats of apps, read back."""

import pytest
from asking import FakeCompiler, ask, deploy, js, text
from fakes import make_app, open_database
from live_client import FakeLink

from vibes_trio.config import Limits

OPEN = "vibes.diy.req-open-chat"
PROMPT = "vibes.diy.req-prompt-chat-section"
CODEGEN = "vibes.diy.req-list-codegen-chats"
TALKS = "vibes.diy.req-list-application-chats"
TALK = "vibes.diy.req-get-application-chat"
DETAILS = "vibes.diy.req-get-chat-details"
RESPONSE = "vibes.diy.req-get-chat-response"
APP = {"ownerHandle": "ada", "appSlug": "garden"}


@pytest.fixture
async def app(tmp_path, nursery):
    db = open_database(tmp_path)
    app = make_app(db, compiler=FakeCompiler(), limits=Limits(chat_answer_bytes=6000))
    await nursery.start(app.live.run)
    await deploy(app, js("/a.js", "1"))
    yield app
    db.close()


async def opened(app, user="ada", mode="codegen", **members):
    reply = await FakeLink().ask(app, user, OPEN, **({"mode": mode} | APP | members))
    return reply["chatId"]


async def set_files(app, chat_id, *files):
    reply = await ask(
        app, "ada", PROMPT, chatId=chat_id, outerTid="t", mode="fs-set", fsSet=[*files, text("/x.txt", "x")]
    )
    return reply["promptId"]


async def listed(app, kind, user="ada", **members):
    return await ask(app, user, kind, **members)


def ids(reply):
    return [item["chatId"] for item in reply["items"]]


async def test_chats_in_which_apps_are_made_are_listed_to_who_makes_them(app):
    chat = await opened(app)
    other = await opened(app, appSlug="other")

    mine = await listed(app, CODEGEN)
    of_app = await listed(app, CODEGEN, **APP)
    by_default = await listed(app, CODEGEN, appSlug="garden")

    assert set(ids(mine)) == {chat, other}
    assert ids(of_app) == ids(by_default) == [chat]
    assert {(item["ownerHandle"], item["userSlug"]) for item in mine["items"]} == {("ada", "ada")}
    assert ids(await listed(app, CODEGEN, "bob", **APP)) == []
    assert ids(await listed(app, CODEGEN, "eve", appSlug="garden")) == []
    assert ids(await listed(app, CODEGEN, ownerHandle="ada")) == ids(mine)
    assert ids(await listed(app, CODEGEN, ownerHandle="nobody")) == []
    assert (await listed(app, CODEGEN, ownerHandle="no handle"))["code"] == "bad-request"


async def test_a_list_goes_on_where_it_has_ended(app):
    made = {await opened(app, mode="runtime") for _ in range(3)}

    first = await listed(app, TALKS, limit=2, **APP)
    rest = await listed(app, TALKS, limit=2, cursor=first["nextCursor"], **APP)
    wrong = await listed(app, TALKS, cursor="x", **APP)

    assert len(ids(first)) == 2
    assert {*ids(first), *ids(rest)} == made
    assert "nextCursor" not in rest
    assert wrong["code"] == "bad-request"


async def test_an_apps_owner_sees_what_others_say_in_it_and_nobody_else_does(app):
    mine, bobs = await opened(app, mode="runtime"), await opened(app, "bob", "img")
    await ask(app, "bob", "vibes.diy.req-create-user-slug-binding", ownerHandle="bobs")

    owners = await listed(app, TALKS, **APP)
    visitors = await listed(app, TALKS, "bob", **APP)

    assert set(ids(owners)) == {mine, bobs}
    assert {item["chatId"]: item.get("userHandle") for item in owners["items"]} == {mine: "ada", bobs: "bobs"}
    assert ids(visitors) == [bobs]
    assert "userHandle" not in visitors["items"][0]
    assert ids(await listed(app, TALKS, "bob")) == [bobs]


async def test_a_chat_is_read_by_whose_it_is_and_by_the_apps_owner(app):
    """How an app is made only its maker reads."""
    chat, bobs = await opened(app), await opened(app, "bob", "runtime")
    await set_files(app, chat, js("/b.js", "2"))

    mine = await ask(app, "ada", TALK, chatId=chat)
    theirs = await ask(app, "ada", TALK, chatId=bobs)
    not_bobs = await ask(app, "bob", TALK, chatId=chat)
    unknown = await ask(app, "bob", TALK, chatId="none")

    assert mine["blocks"][0]["type"] == "prompt.block-begin"
    assert mine["blocks"][-1]["type"] == "prompt.block-end"
    assert (mine["ownerHandle"], mine["appSlug"]) == ("ada", "garden")
    assert (theirs["chatId"], theirs["blocks"]) == (bobs, [])
    assert {name: not_bobs[name] for name in not_bobs if name != "type"} == {"blocks": []}
    assert unknown["blocks"] == []


async def test_of_others_only_what_they_say_in_the_app_is_read_by_its_owner(app):
    chat = await opened(app)
    await app.db.write(lambda tx: tx.execute("UPDATE AppChats SET userId = 'bob'"))
    await app.db.write(lambda tx: tx.execute("UPDATE ChatContexts SET userId = 'bob'"))

    assert (await ask(app, "ada", TALK, chatId=chat))["blocks"] == []
    assert "chatId" in await ask(app, "bob", TALK, chatId=chat)


async def test_a_long_chat_is_read_in_pages(app):
    chat = await opened(app)
    for number in range(4):
        await set_files(app, chat, js(f"/{number}.js", "2"))
    (count,) = await app.db.read(lambda tx: tx.execute("SELECT count(*) FROM ChatSections"))

    blocks, cursor, pages = [], "", 0
    while pages == 0 or cursor:
        page = await ask(app, "ada", TALK, chatId=chat, cursor=cursor)
        blocks, cursor, pages = blocks + page["blocks"], page.get("nextCursor", ""), pages + 1

    assert pages > 1
    assert [block["type"] for block in blocks].count("prompt.block-end") == 4
    assert count[0] > 4
    assert (await ask(app, "ada", TALK, chatId="other", cursor="x"))["code"] == "bad-request"


async def test_what_was_asked_for_is_told_with_the_release_that_came_of_it(app):
    chat = await opened(app)
    await set_files(app, chat, js("/b.js", "2"))
    asked = {"messages": [{"role": "user", "content": [{"type": "text", "text": "Rules, please."}]}]}
    wizard = {"mode": "codegen", "prompt": asked, "variant": "access-wizard"}
    await ask(app, "ada", PROMPT, chatId=chat, outerTid="t", **wizard)
    await set_files(app, chat, js("/b.js", "3"))

    details = await ask(app, "ada", DETAILS, **APP)
    other = await ask(app, "ada", DETAILS, chatId="other", **APP)
    bobs = await ask(app, "bob", DETAILS, **APP)

    assert (details["chatId"], len(details["prompts"])) == (chat, 2)
    assert all(prompt["fsId"].startswith("z") for prompt in details["prompts"])
    assert details["prompts"][0]["prompt"] == "File: /b.js\nFile: /x.txt"
    assert (other["prompts"], bobs["prompts"]) == ([], [])
    assert "chatId" not in bobs


async def test_turns_are_read_newest_first_as_many_as_fit(app):
    """Or the one that is asked for, whole."""
    chat = await opened(app)
    made = [await set_files(app, chat, js(f"/{number}.js", "2")) for number in range(5)]

    newest = await ask(app, "ada", RESPONSE, **APP)
    one = await ask(app, "ada", RESPONSE, promptId=made[0], **APP)
    none = await ask(app, "bob", RESPONSE, **APP)

    told = [turn["promptId"] for turn in newest["turns"]]
    assert told == made[::-1][: len(told)]
    assert 1 <= len(told) < 5
    assert [turn["promptId"] for turn in one["turns"]] == [made[0]]
    for turn in (*newest["turns"], *one["turns"]):
        assert [section["blockSeq"] for section in turn["sections"]] == list(range(len(turn["sections"])))
        assert turn["sections"][-1]["blocks"][-1]["type"] == "prompt.block-end"
        assert turn["fsId"].startswith("z")
    assert none["turns"] == []
