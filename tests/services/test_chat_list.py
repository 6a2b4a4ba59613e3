"""Chats read back: what is listed, read, named, deleted and restored, each by its owner alone."""

import pytest
from asking import APPEND, ENSURE_CHAT, ask
from fakes import NOW, make_app, open_database
from memory_engine import MemoryDatabase

from vibes_trio.config import Limits
from vibes_trio.jobs import Sweep
from vibes_trio.services.upkeep import sweep
from vibes_trio.storage.sqlite.engine import SqliteDatabase

LIST = "vibes.diy.req-list-chat-contexts"
READ = "vibes.diy.req-read-chat-sections"
SET = "vibes.diy.req-set-chat-context"
DELETE = "vibes.diy.req-delete-chat-context"
RESTORE = "vibes.diy.req-restore-chat-context"
BLOCK = {"type": "block.begin", "blockId": "b", "streamId": "s", "seq": 0, "blockNr": 0, "timestamp": 1}


class Clock:
    now = NOW

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture(params=["sqlite", "memory"])
def app(request, tmp_path, clock):
    if request.param == "sqlite":
        db = SqliteDatabase(tmp_path / "vibes.sqlite3", Limits(), now=clock, inline=True)
    else:
        db = MemoryDatabase(Limits(), clock)
    db.open()
    yield make_app(db)
    db.close()


async def make(app, clock, *names, user="ada"):
    for name in names:
        clock.now += 1
        await ask(app, user, ENSURE_CHAT, contextId=name)


async def append(app, context="chat", word="x", user="ada"):
    block = BLOCK | {"blockId": word}
    return await ask(app, user, APPEND, contextId=context, origin="llm", blocks=[block])


async def pages(app, kind, **asked):
    found = []
    cursor = ""
    while True:
        reply = await ask(app, "ada", kind, **asked, **({"cursor": cursor} if cursor else {}))
        assert len(reply["items"]) <= asked["limit"]
        found += reply["items"]
        cursor = reply.get("nextCursor", "")
        if not cursor:
            return found


# -- lists ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("order", ["recent", "created", "title"])
@pytest.mark.parametrize("limit", [1, 2, 100])
async def test_my_chats_are_listed_in_pages_in_each_order_without_gap_or_twin(app, clock, order, limit):
    await make(app, clock, "a", "b", "c", "d", "e")
    await make(app, clock, "bobs", user="bob")
    for name, title in (("a", "zebra"), ("b", "ant"), ("c", "ant")):
        await ask(app, "ada", SET, contextId=name, title=title)

    found = [item["contextId"] for item in await pages(app, LIST, order=order, limit=limit)]

    assert found == (["d", "e", "b", "c", "a"] if order == "title" else ["e", "d", "c", "b", "a"])


async def test_a_listed_chat_says_what_is_known_of_it(app, clock):
    await make(app, clock, "chat")
    for _ in range(3):
        await append(app)
    await ask(app, "ada", SET, contextId="chat", title="  My\n garden ", appSlug="garden", ownerHandle="ada")

    (item,) = await pages(app, LIST, limit=5)

    assert item["created"].endswith("Z")
    assert {name: item[name] for name in item if name not in ("created", "updated")} == {
        "contextId": "chat",
        "sections": 3,
        "title": "My garden",
        "appSlug": "garden",
        "ownerHandle": "ada",
        "userSlug": "ada",
    }


async def test_chats_of_one_app_are_listed_alone(app, clock):
    await make(app, clock, "a", "b", "c")
    for name in ("a", "c"):
        await ask(app, "ada", SET, contextId=name, appSlug="garden", ownerHandle="ada")
    await ask(app, "ada", SET, contextId="b", appSlug="pond", ownerHandle="ada")

    found = await pages(app, LIST, limit=1, appSlug="garden", userSlug="ada")
    unlinked = await ask(app, "ada", SET, contextId="c", appSlug="")
    after = await pages(app, LIST, limit=1, appSlug="garden", userSlug="ada")

    assert [item["contextId"] for item in found] == ["c", "a"]
    assert "appSlug" not in unlinked
    assert [item["contextId"] for item in after] == ["a"]


async def test_chats_of_all_apps_of_a_handle_are_listed_alone(app, clock):
    await make(app, clock, "a", "b", "c", "d")
    for name, slug, handle in (("a", "garden", "ada"), ("b", "pond", "ada"), ("c", "garden", "eve")):
        await ask(app, "ada", SET, contextId=name, appSlug=slug, ownerHandle=handle)

    found = await pages(app, LIST, limit=1, ownerHandle="ada")

    assert [item["contextId"] for item in found] == ["b", "a"]
    assert (await ask(app, "ada", LIST, ownerHandle="ada", order="title"))["code"] == "bad-request"
    assert (await ask(app, "ada", LIST, ownerHandle="no handle"))["code"] == "bad-request"


@pytest.mark.parametrize(
    "asked",
    [
        {"cursor": "nonsense"},
        {"appSlug": "garden"},
        {"appSlug": "!", "ownerHandle": "ada"},
        {"order": "size"},
    ],
)
async def test_what_can_not_be_listed_is_said(app, clock, asked):
    assert (await ask(app, "ada", LIST, **asked))["code"] == "bad-request"


async def test_a_cursor_counts_in_its_own_list_alone(app, clock):
    await make(app, clock, "a", "b")
    cursor = (await ask(app, "ada", LIST, limit=1))["nextCursor"]

    assert (await ask(app, "ada", LIST, limit=1, cursor=cursor, order="title"))["code"] == "bad-request"


# -- reading ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("limit", [1, 3, 100])
@pytest.mark.parametrize(
    ("asked", "seqs"),
    [
        ({}, range(7)),
        ({"start": 4}, range(4, 7)),
        ({"start": -5}, range(7)),
        ({"start": 99}, ()),
        ({"backward": True}, range(6, -1, -1)),
        ({"backward": True, "start": 3}, range(2, -1, -1)),
        ({"backward": True, "start": 0}, ()),
        ({"backward": True, "start": 10**30}, range(6, -1, -1)),
        ({"start": 10**30}, ()),
    ],
)
async def test_a_chat_is_read_from_anywhere_in_both_directions(app, clock, asked, seqs, limit):
    await make(app, clock, "chat")
    for number in range(7):
        await append(app, word=str(number))
    found = await pages(app, READ, contextId="chat", limit=limit, **asked)

    assert [item["seq"] for item in found] == list(seqs)
    for item in found:
        assert item["blocks"][0]["blockId"] == str(item["seq"])
        assert item["origin"] == "llm"


async def test_an_answer_is_bounded_in_bytes(tmp_path, clock):
    db = open_database(tmp_path)
    app = make_app(db, limits=Limits(read_page_bytes=1))
    await make(app, clock, "chat")
    for _ in range(3):
        await append(app)

    reply = await ask(app, "ada", READ, contextId="chat")
    found = await pages(app, READ, contextId="chat", limit=9)

    assert len(reply["items"]) == 1
    assert [item["seq"] for item in found] == [0, 1, 2]
    db.close()


@pytest.mark.parametrize("kind", [READ, SET, DELETE, RESTORE])
async def test_other_peoples_chats_are_nobody_elses(app, clock, kind):
    await make(app, clock, "bobs", user="bob")

    assert (await ask(app, "ada", kind, contextId="bobs"))["code"] == "not-owner"
    assert (await ask(app, "ada", kind, contextId="nowhere"))["code"] == "not-found"


async def test_a_title_has_a_bound(app, clock):
    await make(app, clock, "chat")

    assert (await ask(app, "ada", SET, contextId="chat", title="x" * 201))["code"] == "bad-request"


# -- deletion ---------------------------------------------------------------------------------------------


async def test_a_deleted_chat_is_gone_until_it_is_restored(app, clock):
    await make(app, clock, "chat", "other")
    await append(app)
    await ask(app, "ada", ENSURE_CHAT, contextId="chat")

    deleted = await ask(app, "ada", DELETE, contextId="chat")
    again = await ask(app, "ada", DELETE, contextId="chat")
    answers = {
        kind: (await ask(app, "ada", kind, contextId="chat", **more)).get("code")
        for kind, more in (
            (READ, {}),
            (SET, {}),
            (ENSURE_CHAT, {}),
            (APPEND, {"origin": "user", "blocks": []}),
        )
    }
    listed = [
        [item["contextId"] for item in await pages(app, LIST, limit=1, deleted=d)] for d in (False, True)
    ]
    bobs = await ask(app, "bob", RESTORE, contextId="chat")
    restored = [await ask(app, "ada", RESTORE, contextId="chat") for _ in range(2)]

    assert deleted["deletedAt"] < deleted["restorableUntil"]
    assert again == deleted
    assert set(answers.values()) == {"not-found"}
    assert listed == [["other"], ["chat"]]
    assert bobs["code"] == "not-found"
    assert restored[0] == restored[1]
    assert "deletedAt" not in restored[0]
    assert (await append(app))["seq"] == 1


async def test_after_its_time_a_deleted_chat_is_gone_for_good_and_its_room_free(app, clock):
    await make(app, clock, "chat", "kept")
    for _ in range(250):
        await append(app)
    await append(app, "kept")
    await ask(app, "ada", DELETE, contextId="chat")

    clock.now += 7 * 86400 - 10
    await sweep(app, Sweep())
    early = await ask(app, "ada", RESTORE, contextId="chat")
    await ask(app, "ada", DELETE, contextId="chat")
    clock.now += 7 * 86400 + 10
    await sweep(app, Sweep())
    late = await ask(app, "ada", RESTORE, contextId="chat")

    assert early["sections"] == 250
    assert late["code"] == "not-found"
    usage = await app.db.read(
        lambda tx: tx.execute("SELECT contexts, sections FROM UserUsage WHERE userId = 'ada'")
    )
    assert usage == [(1, 1)]
    assert (await ask(app, "ada", ENSURE_CHAT, contextId="chat"))["contextId"] == "chat"
