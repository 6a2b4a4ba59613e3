"""Search in one's own chats, true a moment after each append, which costs nothing for it."""

from dataclasses import replace

import pytest
import trio
from asking import APPEND, ENSURE_CHAT, ask
from fakes import make_app, open_database

from vibes_trio.background import chat_index as background
from vibes_trio.background.chat_index import run_chat_index
from vibes_trio.content.chat_text import text_of
from vibes_trio.errors import Overloaded
from vibes_trio.services import chat_search
from vibes_trio.services.chat_search import find_unindexed
from vibes_trio.storage.sqlite.engine import SqliteDatabase

SEARCH = "vibes.diy.req-search-chats"
LIST = "vibes.diy.req-list-chat-contexts"


@pytest.fixture
def app(tmp_path):
    made = make_app(open_database(tmp_path))
    made.db.feed.hear_all(made.to_index.hear)
    yield made
    made.db.close()


async def say(app, words, context="chat", user="ada"):
    base = {
        "blockId": "b",
        "streamId": "s",
        "seq": 0,
        "blockNr": 0,
        "timestamp": 1,
        "sectionId": "i",
        "lineNr": 0,
    }
    await ask(app, user, ENSURE_CHAT, contextId=context)
    block = base | {"type": "block.toplevel.line", "line": words}
    return await ask(app, user, APPEND, contextId=context, origin="llm", blocks=[block])


async def places(app, text, user="ada", **asked):
    reply = await ask(app, user, SEARCH, text=text, **asked)
    return [(item["contextId"], item["seq"]) for item in reply["items"]]


async def test_what_one_has_just_said_is_found(app):
    await say(app, "red roses")
    await say(app, "blue roses", context="other")
    await say(app, "roses of bob", context="bobs", user="bob")

    reply = await ask(app, "ada", SEARCH, text="roses re")

    assert reply["items"] == [
        {
            "contextId": "chat",
            "seq": 0,
            "origin": "llm",
            "created": reply["items"][0]["created"],
            "title": "red roses",
            "snippet": [{"text": "red", "hit": True}, {"text": " "}, {"text": "roses", "hit": True}],
        }
    ]
    assert await places(app, "roses") == [("other", 0), ("chat", 0)]
    assert await places(app, "roses", contextId="chat") == [("chat", 0)]


async def test_what_is_found_comes_in_pages(app):
    for number in range(5):
        await say(app, f"rose {number}")

    first = await ask(app, "ada", SEARCH, text="rose", limit=3)
    second = await ask(app, "ada", SEARCH, text="rose", limit=3, cursor=first["nextCursor"])

    assert [item["seq"] for item in first["items"] + second["items"]] == [4, 3, 2, 1, 0]
    assert "nextCursor" not in second


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"text": ""}, "bad-request"),
        ({"text": " ?! "}, "bad-request"),
        ({"text": "rose", "cursor": "x"}, "bad-request"),
        ({"text": "rose", "contextId": "bobs"}, "not-owner"),
        ({"text": "rose", "contextId": "nowhere"}, "not-found"),
    ],
)
async def test_what_can_not_be_looked_for_is_said(app, asked, code):
    await say(app, "rose", context="bobs", user="bob")

    assert (await ask(app, "ada", SEARCH, **asked))["code"] == code


async def test_lists_show_what_was_appended_a_moment_ago(app):
    await say(app, "old")
    reply = await ask(app, "ada", LIST)

    assert reply["items"][0]["preview"] == "old"


async def test_chats_are_looked_through_when_it_is_quiet_or_they_wait_long(app, autojump_clock):
    limits = app.config.limits
    async with trio.open_nursery() as nursery:
        await nursery.start(run_chat_index, app)
        await trio.sleep(limits.index_quiet_s * 1.5)
        assert not app.to_index.all
        await say(app, "roses")
        waited = 0.0
        while len(app.to_index):
            app.to_index.appended_at = trio.current_time()  # somebody appends all the time
            await trio.sleep(limits.index_quiet_s / 2)
            waited += limits.index_quiet_s / 2
        nursery.cancel_scope.cancel()

    assert limits.index_wait_s <= waited <= limits.index_wait_s + 3 * limits.index_quiet_s


async def test_what_was_not_looked_through_when_the_server_ended_is_when_it_starts(app, autojump_clock):
    await say(app, "roses")
    again = replace(app, to_index=type(app.to_index)(100))
    async with trio.open_nursery() as nursery:
        await nursery.start(run_chat_index, again)
        await trio.sleep(app.config.limits.index_quiet_s * 2.5)
        nursery.cancel_scope.cancel()

    found = await again.db.read(lambda tx: tx.execute("SELECT indexed FROM ChatContexts"))
    assert found == [(1,)]


async def test_a_database_that_is_busy_loses_nothing(app, autojump_clock, caplog):
    await say(app, "roses")
    read, left = SqliteDatabase.read, 3

    async def refuse(self, *args):
        nonlocal left
        if left:
            left -= 1
            raise Overloaded("busy")
        return await read(self, *args)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(SqliteDatabase, "read", refuse)
        with pytest.raises(Overloaded):
            await find_unindexed(app)
        assert app.to_index.all
        async with trio.open_nursery() as nursery:
            await nursery.start(run_chat_index, app)
            await trio.sleep(app.config.limits.index_quiet_s * 6)
            nursery.cancel_scope.cancel()

    assert "can't be looked through" in caplog.text
    assert (len(app.to_index), app.to_index.all) == (0, False)


@pytest.mark.parametrize("at_start", [True, False])
async def test_a_chat_that_can_not_be_looked_through_keeps_no_other_from_being_found(
    app, autojump_clock, caplog, monkeypatch, at_start
):
    """A bug of ours: it is told, once, and ends nothing."""
    app.to_index.all = at_start
    for context in ("a", "poison", "z"):
        await say(app, f"roses of {context}", context=context)
    if at_start:
        while app.to_index.take() is not None:
            pass

    def read(blocks, most_chars):
        assert "poison" not in blocks
        return text_of(blocks, most_chars)

    monkeypatch.setattr(chat_search, "text_of", read)
    async with trio.open_nursery() as nursery:
        await nursery.start(run_chat_index, app)
        await trio.sleep(app.config.limits.index_quiet_s * 6)
        nursery.cancel_scope.cancel()

    assert sorted(await places(app, "roses")) == [("a", 0), ("z", 0)]
    assert caplog.text.count("a chat can't be looked through") == 1
    assert len(app.to_index) == 0


async def test_a_fault_in_the_look_for_chats_does_not_end_it(app, autojump_clock, caplog, monkeypatch):
    await say(app, "roses")
    faults = [ValueError("a bug")]

    async def look(app):
        if faults:
            raise faults.pop()
        await find_unindexed(app)

    monkeypatch.setattr(background, "find_unindexed", look)
    async with trio.open_nursery() as nursery:
        await nursery.start(run_chat_index, app)
        await trio.sleep(app.config.limits.index_quiet_s * 6)
        nursery.cancel_scope.cancel()

    assert "a bug" in caplog.text
    assert (len(app.to_index), app.to_index.all) == (0, False)
