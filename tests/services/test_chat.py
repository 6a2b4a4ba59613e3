"""Chat contexts and their sections, as messages reach them."""

import json
import re
from dataclasses import replace

import msgspec
import pytest
import trio
import trio.testing
from asking import APPEND, ENSURE_CHAT, ask, rows
from fakes import NOW, make_app, open_database, verify_name

from vibes_trio.config import Limits
from vibes_trio.context import Ctx
from vibes_trio.errors import TooLarge
from vibes_trio.exchange import Turn
from vibes_trio.messaging import authenticate
from vibes_trio.services.chat import (
    append_at_once,
    append_chat_section,
    ensure_chat_context,
    random_context_id,
)
from vibes_trio.storage.sqlite.engine import SqliteDatabase
from vibes_trio.wire.auth import DashAuth
from vibes_trio.wire.base import encode
from vibes_trio.wire.chat import ReqAppendChatSection, ReqEnsureChatContext

BASE58 = re.compile(r"z[1-9A-HJ-NP-Za-km-z]{12,18}")


def line(text="hello", **members):
    block = {
        "type": "block.toplevel.line",
        "blockId": "b",
        "streamId": "s",
        "seq": 0,
        "blockNr": 0,
        "sectionId": "t",
        "lineNr": 0,
        "timestamp": "2026-01-22T10:00:00Z",
        "line": text,
    }
    return block | members


async def append(app, *blocks, user="ada", context="c", origin="user"):
    return await ask(app, user, APPEND, contextId=context, origin=origin, blocks=list(blocks))


def stored(app):
    """Return the blocks of every section, in order."""
    sections = rows(app)["ChatSections"]
    return [json.loads(row[3]) for row in sorted(sections, key=lambda row: row[1])]


# -- contexts ---------------------------------------------------------------------------------------------


async def test_without_an_id_a_new_context_is_made_each_time(app):
    replies = [await ask(app, "ada", ENSURE_CHAT) for _ in range(20)]

    assert len({reply["contextId"] for reply in replies}) == 20
    assert all(BASE58.fullmatch(reply["contextId"]) for reply in replies)
    assert len(rows(app)["ChatContexts"]) == 20


def test_random_ids_have_twelve_bytes():
    assert all(BASE58.fullmatch(random_context_id()) for _ in range(1000))


async def test_a_context_asked_for_again_is_the_same(app):
    for _ in range(2):
        assert (await ask(app, "ada", ENSURE_CHAT, contextId="mine"))["contextId"] == "mine"

    assert [row[:2] for row in rows(app)["ChatContexts"]] == [("mine", "ada")]


async def test_a_context_of_someone_else_is_refused(app):
    await ask(app, "ada", ENSURE_CHAT, contextId="mine")
    before = rows(app)

    assert (await ask(app, "eve", ENSURE_CHAT, contextId="mine"))["code"] == "not-owner"
    assert (await append(app, user="eve", context="mine"))["code"] == "not-owner"
    assert rows(app) == before


@pytest.mark.parametrize("context_id", ["", "x" * 129, "a\nb", "a\x00", "\u200b", "\u2028"])
async def test_an_id_that_can_be_none_is_refused(app, context_id):
    reply = await ask(app, "ada", ENSURE_CHAT, contextId=context_id)

    assert reply["code"] == "bad-request"
    assert rows(app)["ChatContexts"] == []


@pytest.mark.parametrize("context_id", ["x", "x" * 128, "with blanks", "日本", "../up"])
async def test_other_ids_are_taken(app, context_id):
    reply = await ask(app, "ada", ENSURE_CHAT, contextId=context_id)

    assert reply["contextId"] == context_id


async def test_an_unknown_context_takes_no_section(app):
    reply = await append(app, line(), context="nowhere")

    assert reply["code"] == "not-found"
    assert rows(app)["ChatSections"] == []


@pytest.mark.parametrize(
    ("field", "setting"),
    [
        ("max_chats", "MAX_CHATS_PER_USER_ID"),
        ("max_chat_sections", "MAX_CHAT_SECTIONS_PER_USER_ID"),
        ("max_chat_bytes", "MAX_CHAT_BYTES_PER_USER_ID"),
    ],
)
async def test_what_a_users_chats_may_hold_is_limited(app, field, setting):
    """Fails where a limit is not handed to storage."""
    await ask(app, "ada", ENSURE_CHAT, contextId="c")
    await append(app, line(), context="c")
    full = replace(app, config=replace(app.config, **{field: 1}))

    if field == "max_chats":
        reply = await ask(full, "ada", ENSURE_CHAT, contextId="more")
    else:
        reply = await append(full, line(), context="c")

    assert (reply["code"], reply["limit"], reply["value"]) == ("limit-reached", setting, 1)
    assert (await ask(full, "ada", ENSURE_CHAT, contextId="c"))["contextId"] == "c"
    assert len(rows(app)["ChatSections"]) == 1


async def test_a_very_long_id_is_not_repeated_to_whoever_sent_it(app):
    reply = await append(app, line(), context="x" * 100_000)

    assert reply["code"] == "not-found"
    assert len(json.dumps(reply)) < 2000


# -- sections ---------------------------------------------------------------------------------------------


@pytest.fixture
async def chat(app):
    await ask(app, "ada", ENSURE_CHAT, contextId="c")
    return app


async def test_sections_are_numbered_from_0(chat):
    replies = [await append(chat, line(str(n)), origin=("user", "llm")[n % 2]) for n in range(5)]

    assert [(reply["contextId"], reply["seq"], reply["origin"]) for reply in replies] == [
        ("c", n, ("user", "llm")[n % 2]) for n in range(5)
    ]
    assert [blocks[0]["line"] for blocks in stored(chat)] == list("01234")


async def test_contexts_are_numbered_by_themselves(chat):
    await ask(chat, "ada", ENSURE_CHAT, contextId="d")
    await append(chat, line())

    assert (await append(chat, line(), context="d"))["seq"] == 0


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("2026-01-22T10:00:00.5Z", "2026-01-22T10:00:00.500Z"),
        ("2026-01-22", "2026-01-22T00:00:00.000Z"),
        (1700000000000, "2023-11-14T22:13:20.000Z"),
        (0.5, "1970-01-01T00:00:00.000Z"),
        ("garbage", None),
        ("", None),
        (1e300, None),
    ],
)
async def test_timestamps_are_stored_as_dates(chat, sent, kept):
    reply = await append(chat, line(timestamp=sent))

    assert reply["seq"] == 0
    assert stored(chat)[0][0]["timestamp"] == kept


@pytest.mark.parametrize("timestamp", [None, True, [], {}])
async def test_a_timestamp_of_another_type_is_refused_with_its_place(chat, timestamp):
    reply = await append(chat, line(), line(timestamp=timestamp))

    assert reply["code"] == "bad-request"
    assert "$.blocks[1].timestamp" in reply["message"]
    assert stored(chat) == []


async def test_members_that_nobody_declared_are_kept_at_every_level(chat):
    stats = {"lines": 1, "bytes": 2, "more": [1, {"deep": None}]}
    block = {
        "type": "block.image",
        "blockId": "b",
        "streamId": "s",
        "seq": -1.5,
        "blockNr": 9007199254740993,
        "timestamp": "2026-01-22T10:00:00.000Z",
        "sectionId": "t",
        "url": "data:",
        "stats": stats,
        "mine": {"a": "日", "b": [True]},
    }

    await append(chat, block)

    assert stored(chat) == [[block]]


async def test_one_bad_block_refuses_the_whole_section(chat):
    reply = await append(chat, line(), {"type": "block.unknown"}, line())

    assert reply["code"] == "bad-request"
    assert "$.blocks[1]" in reply["message"]
    assert stored(chat) == []


async def test_a_section_may_be_empty(chat):
    assert (await append(chat))["seq"] == 0
    assert stored(chat) == [[]]


async def test_too_many_blocks_are_refused_by_the_limits_name(tmp_path):
    db = open_database(tmp_path)
    app = make_app(db, limits=Limits(max_blocks_per_section=2))
    await ask(app, "ada", ENSURE_CHAT, contextId="c")

    met = await append(app, line(), line())
    over = await append(app, line(), line(), line())
    db.close()

    assert met["seq"] == 0
    assert (over["code"], over["limit"], over["value"]) == ("too-large", "max_blocks_per_section", 2)


async def test_a_timestamp_that_goes_on_and_on_is_refused_with_its_place(chat):
    longest = "Thu Jan 22 2026 10:00:00 GMT+0100 (" + "x" * 92 + ")"

    met = await append(chat, line(timestamp=longest))
    over = await append(chat, line(), line(timestamp=longest + " "))

    assert len(longest) == 128
    assert met["seq"] == 0
    assert stored(chat)[0][0]["timestamp"] == "2026-01-22T09:00:00.000Z"
    assert (over["code"], over["limit"]) == ("too-large", "max_timestamp_chars")
    assert "blocks[1].timestamp" in over["message"]


async def test_a_section_of_many_blocks_lets_others_have_their_turn(chat):
    turns = 0

    async def count():
        nonlocal turns
        while True:
            await trio.lowlevel.checkpoint()
            turns += 1

    async with trio.open_nursery() as nursery:
        nursery.start_soon(count)
        await trio.lowlevel.checkpoint()
        before = turns
        await append(chat, *[line(timestamp="22 Jan 2026")] * 300)
        passed = turns - before
        nursery.cancel_scope.cancel()

    assert passed >= 10


# -- turns ------------------------------------------------------------------------------------------------


def section(text):
    auth = DashAuth(type="device-id", token="ada")
    return ReqAppendChatSection(
        auth=auth, context_id="c", origin="user", blocks=msgspec.Raw(encode([line(text)]))
    )


@pytest.mark.parametrize(
    ("text", "first", "at_once"), [("x", True, True), ("x", False, False), ("x" * 5000, True, False)]
)
async def test_a_short_section_whose_turn_has_come_is_in_the_storages_hands_at_once(
    chat, text, first, at_once
):
    turn = Turn() if first else Turn(Turn())
    asker = await authenticate(Ctx(chat, turn), DashAuth(type="device-id", token="ada"))

    later = append_at_once(asker, section(text))

    assert (later is not None, turn.passed) == (at_once, at_once)
    assert len(stored(chat)) == at_once


async def append_in_turn(app, text, turn):
    """As the front does: verify, append, and whatever comes of it pass the turn on."""
    try:
        asker = await authenticate(Ctx(app, turn), DashAuth(type="device-id", token=f"ada {text}"))
        response = await append_chat_section(asker, section(text))
    finally:
        turn.pass_on()
    return response


@pytest.fixture
async def threaded(tmp_path):
    """An app whose database has threads, as in a server; tokens `ada N` are verified by opening gate N."""
    db = SqliteDatabase(tmp_path / "vibes.sqlite3", Limits(), now=lambda: NOW)
    db.open()
    gates = {str(number): trio.Event() for number in range(6)}

    async def verify_slowly(token):
        name, _, number = token.partition(" ")
        await gates[number].wait()
        return await verify_name(name)

    app = make_app(db, verifiers={"device-id": verify_slowly})
    asker = await verify_name("ada")
    await ensure_chat_context(Ctx(app, claims=asker), ReqEnsureChatContext(context_id="c"))
    yield app, gates
    db.close()


async def test_sections_keep_the_order_of_their_turns_whoever_is_verified_first(threaded):
    app, gates = threaded
    turn = None

    async with trio.open_nursery() as nursery:
        for number in range(6):
            turn = Turn(turn)
            nursery.start_soon(append_in_turn, app, str(number), turn)
        for number in (5, 3, 1, 4, 2, 0):
            await trio.testing.wait_all_tasks_blocked()
            gates[str(number)].set()

    assert [blocks[0]["line"] for blocks in stored(app)] == list("012345")


async def test_a_section_that_is_refused_or_given_up_leaves_no_gap(threaded):
    app, gates = threaded
    first = Turn()
    second = Turn(first)
    third = Turn(second)
    many = ReqAppendChatSection(context_id="c", origin="user", blocks=msgspec.Raw(encode([line()] * 10_001)))
    asker = await verify_name("ada")
    seqs = []

    async def append_third():
        seqs.append((await append_in_turn(app, "2", third)).seq)

    async with trio.open_nursery() as nursery:
        with pytest.raises(TooLarge):
            await append_chat_section(Ctx(app, second, asker), many)
        second.pass_on()
        nursery.start_soon(append_third)
        gates["2"].set()
        with trio.move_on_after(0.01) as given_up:
            await append_in_turn(app, "0", first)

    assert given_up.cancelled_caught
    assert seqs == [0]
    assert [blocks[0]["line"] for blocks in stored(app)] == ["2"]


async def test_appends_of_one_connection_share_commits_and_keep_their_order(threaded):
    """The turn is passed on when a write is queued and not when it is on disk."""
    app, gates = threaded
    gates["0"].set()
    turn = None
    submitted = []
    submit_item = app.db.submit_item

    def counting(function, item):
        submitted.append(json.loads(item.blocks_json)[0]["line"])
        return submit_item(function, item)

    app.db.submit_item = counting
    asker = await verify_name("ada")
    async with trio.open_nursery() as nursery:
        for number in range(100):
            turn = Turn(turn)
            nursery.start_soon(append_chat_section, Ctx(app, turn, asker), section(str(number)))

    assert submitted == [str(number) for number in range(100)]
    assert [blocks[0]["line"] for blocks in stored(app)] == submitted


async def test_a_context_that_is_there_is_not_written_again(app):
    await ask(app, "ada", ENSURE_CHAT, contextId="c")
    before = app.db.commits

    again = await ask(app, "ada", ENSURE_CHAT, contextId="c")

    assert again["contextId"] == "c"
    assert app.db.commits == before
