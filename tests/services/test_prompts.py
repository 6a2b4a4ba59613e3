"""Chats of apps, as the reference's newer clients lead them: opened, told, and said something in."""

import json

import msgspec
import pytest
import trio.testing
from answering import answer
from asking import APPEND, ENSURE_CHAT, FakeCompiler, ask, deploy, envelope, get, js, jsx, text
from fakes import make_app, open_database
from live_client import FakeLink

from vibes_trio.config import KiB, Limits
from vibes_trio.exchange import MessageIncoming
from vibes_trio.handlers import PIPELINE
from vibes_trio.services.given_prompts import pack_prompt, unpack_prompt
from vibes_trio.storage.feed import EVERYTHING
from vibes_trio.wire.base import read_head, read_payload
from vibes_trio.wire.prompts import ReqPromptChatSection

OPEN = "vibes.diy.req-open-chat"
PROMPT = "vibes.diy.req-prompt-chat-section"
APP = {"ownerHandle": "ada", "appSlug": "garden"}
ASKED = {"messages": [{"role": "user", "content": [{"type": "text", "text": "Set up rules."}]}]}


@pytest.fixture
async def app(tmp_path, nursery):
    db = open_database(tmp_path)
    app = make_app(
        db,
        compiler=FakeCompiler(fails_on="/bad.js"),
        limits=Limits(max_turn_bytes=2000, slug_attempts=1),
    )
    await nursery.start(app.live.run)
    yield app
    db.close()


async def opened(app, user="ada", **members):
    """Open a chat; return the connection and the reply."""
    link = FakeLink()
    reply = await link.ask(app, user, OPEN, **({"mode": "codegen"} | APP | members))
    return link, reply


async def said(app, chat, user="ada", **members):
    wanted = {"chatId": chat["chatId"], "outerTid": "t-1", "mode": "fs-set"}
    return await ask(app, user, PROMPT, **(wanted | members))


def events(link):
    return [
        frame["payload"] for frame in link.frames if frame["payload"]["type"] == "vibes.diy.section-event"
    ]


def blocks(found):
    return [block for event in found for block in event["blocks"]]


def kinds(found):
    return [block["type"] for block in blocks(found)]


async def test_files_that_are_set_are_the_apps_next_dev_release_and_a_turn(app):
    link, chat = await opened(app)

    reply = await said(app, chat, fsSet=[jsx("/App.jsx", "export default 1\n"), text("/a.txt", "words")])
    told = await link.until(1 + len(await stored(app)))

    assert (reply["type"], reply["mode"], reply["outerTid"]) == (
        "vibes.diy.res-prompt-chat-section",
        "fs-set",
        "t-1",
    )
    assert {event["promptId"] for event in told[1:]} == {reply["promptId"]}
    assert [event["blockSeq"] for event in told[1:]] == list(range(len(told) - 1))
    assert kinds(told[1:])[0] == "prompt.block-begin"
    assert kinds(told[1:])[-2:] == ["block.end", "prompt.block-end"]
    fs_id = next(block["fsRef"]["fsId"] for block in blocks(told[1:]) if "fsRef" in block)
    assert (await get(app, f"/~{fs_id}~/a.txt")).status == 200
    assert (await get(app, "/a.txt")).status == 404  # dev: not what the plain address shows
    lines = [block["line"] for block in blocks(told[1:]) if block["type"] == "block.code.line"]
    assert lines == ["export default 1", "words"]


async def stored(app):
    return await app.db.read(lambda tx: tx.execute("SELECT seq, origin FROM ChatSections ORDER BY seq"))


async def test_every_event_has_the_tid_of_the_opening(app):
    link, chat = await opened(app)
    await said(app, chat, fsSet=[js("/a.js", "1")])
    await link.until(3)

    assert {frame["tid"] for frame in link.frames} == {"t-1"}


async def test_who_opens_a_chat_later_is_told_all_of_it_before_the_reply(app):
    """In the order of turns and blocks, and then what is said from there on, without a gap or a twin."""
    _, chat = await opened(app)
    await said(app, chat, fsSet=[js("/a.js", "1")])
    await said(app, chat, mode="fs-update", fsUpdate={"update": [js("/b.js", "2")], "remove": []})
    count = len(await stored(app))

    link, reply = await opened(app)
    before = list(link.frames)
    await said(app, chat, fsSet=[js("/c.js", "3")])
    more = len(await stored(app)) - count
    told = await link.until(count + 1 + more)

    assert reply["chatId"] == chat["chatId"]
    assert [frame["payload"]["type"] for frame in before].index("vibes.diy.res-open-chat") == count
    turns = [event["promptId"] for event in events(link)]
    assert len(dict.fromkeys(turns)) == 3
    assert len(told) == count + 1 + more
    numbered = [(event["promptId"], event["blockSeq"]) for event in events(link)]
    assert len(numbered) == len(set(numbered))


async def test_a_chat_that_is_opened_twice_on_a_connection_is_told_to_both(app):
    """With a tid each."""
    link, chat = await opened(app)
    frame = json.loads(envelope("ada", OPEN, **APP, mode="codegen")) | {"tid": "t-2"}
    await say(app, link, frame)
    await said(app, chat, fsSet=[js("/a.js", "1")])
    count = len(await stored(app))
    await link.until(2 + 2 * count)

    tids = [frame["tid"] for frame in link.frames if frame["payload"]["type"] == "vibes.diy.section-event"]
    assert (tids.count("t-1"), tids.count("t-2")) == (count, count)


async def say(app, link, frame):
    reply = await answer(app, PIPELINE, MessageIncoming(json.dumps(frame).encode(), link=link))
    link.send(bytes(reply.body))
    if reply.after is not None:
        reply.after()


async def test_what_changes_is_put_into_the_release_before(app):
    """Files that are not named stay as they are, with their type; those that are removed are gone."""
    env = {"GREETING": "hi"}
    await deploy(app, jsx(), text("/keep.txt", "kept", mimetype="text/x-own"), text("/gone.txt"), env=env)
    _, chat = await opened(app)

    await said(
        app,
        chat,
        mode="fs-update",
        fsUpdate={"update": [text("/new.txt", "new")], "remove": [{"filename": "/gone.txt"}]},
    )
    (turn,) = await app.db.read(lambda tx: tx.execute("SELECT fsId, prompt FROM ChatTurns"))
    fs_id = turn[0]
    kept = await get(app, f"/~{fs_id}~/keep.txt")

    assert (bytes(kept.body), dict(kept.headers)["content-type"]) == (b"kept", "text/x-own")
    assert (await get(app, f"/~{fs_id}~/new.txt")).status == 200
    assert (await get(app, f"/~{fs_id}~/gone.txt")).status == 404
    assert turn[1] == "File: /new.txt\nRemoved: /gone.txt"
    (stored_env,) = await app.db.read(lambda tx: tx.execute(f"SELECT env FROM Apps WHERE fsId = '{fs_id}'"))
    assert json.loads(stored_env[0]) == env


async def test_changes_go_on_from_the_last_turn_or_the_release_that_is_named(app):
    first = await deploy(app, text("/one.txt"))
    _, chat = await opened(app)
    await said(app, chat, fsSet=[text("/two.txt")])
    remove = {"update": [], "remove": [{"filename": "/none.txt"}]}

    await said(app, chat, mode="fs-update", fsUpdate=remove | {"update": [text("/x.txt")]})
    await said(
        app, chat, mode="fs-update", fsUpdate=remove | {"update": [text("/x.txt")]}, refFsId=first["fsId"]
    )
    turns = await app.db.read(lambda tx: tx.execute("SELECT fsId FROM ChatTurns ORDER BY firstSeq"))

    names = []
    for (fs_id,) in turns[1:]:
        reply = await ask(app, "ada", "vibes.diy.req-get-app-by-fsid", fsId=fs_id, **APP)
        names.append({item["fileName"] for item in reply["fileSystem"]} & {"/one.txt", "/two.txt", "/x.txt"})
    assert names == [{"/two.txt", "/x.txt"}, {"/one.txt", "/x.txt"}]


@pytest.mark.parametrize(
    ("members", "code", "words"),
    [
        ({"fsSet": []}, "bad-request", "at least one file"),
        ({}, "bad-request", "fsSet"),
        ({"mode": "fs-update"}, "bad-request", "fsUpdate"),
        ({"mode": "fs-update", "fsUpdate": {"update": [], "remove": []}}, "bad-request", "at least one file"),
        (
            {"mode": "fs-update", "fsUpdate": {"update": [], "remove": [{"filename": "x"}]}},
            "bad-request",
            "remove[0]",
        ),
        (
            {"mode": "fs-update", "fsUpdate": {"update": [], "remove": [{"filename": "/a.js"}]}},
            "bad-request",
            "No file would be left",
        ),
        (
            {
                "mode": "fs-update",
                "fsUpdate": {"update": [], "remove": [{"filename": "/x"}] * (Limits().max_files + 1)},
            },
            "too-large",
            "remove",
        ),
        (
            {"mode": "fs-update", "refFsId": "zNone", "fsUpdate": {"update": [text("/x.txt")], "remove": []}},
            "not-found",
            "refFsId",
        ),
        ({"fsSet": [js("/bad.js", "1")]}, "transform-failed", "/bad.js:1:1"),
        ({"mode": "codegen"}, "bad-request", "prompt"),
        ({"mode": "codegen", "prompt": {"messages": "?"}}, "bad-request", "prompt"),
        ({"mode": "codegen", "prompt": {"messages": [], "x": "x" * (257 * KiB)}}, "too-large", "prompt"),
        ({"mode": "codegen", "prompt": ASKED}, "unknown-type", "no model"),
        ({"mode": "runtime", "prompt": ASKED}, "unknown-type", "no model"),
        ({"chatId": "none", "fsSet": [js("/a.js", "1")]}, "not-found", "no chat"),
    ],
)
async def test_what_can_not_be_done_is_told_and_leaves_no_turn(app, members, code, words):
    await deploy(app, js("/a.js", "0"))
    _, chat = await opened(app)

    refused = await said(app, chat, **members)

    assert (refused["code"], words in refused["message"]) == (code, True), refused
    assert await stored(app) == []


async def test_the_first_changes_of_a_new_app_are_all_there_is(app):
    _, chat = await opened(app, appSlug="fresh")

    reply = await said(app, chat, mode="fs-update", fsUpdate={"update": [js("/a.js", "1")], "remove": []})

    assert reply["type"] == "vibes.diy.res-prompt-chat-section"


async def test_the_access_wizard_is_answered_with_a_plain_file(app):
    """What is asked is kept as it was sent."""
    link, chat = await opened(app)

    await said(app, chat, mode="codegen", prompt=ASKED | {"own": 1}, variant="access-wizard")
    told = (await link.until(1 + len(await stored(app))))[1:]

    (asked,) = [block for block in blocks(told) if block["type"] == "prompt.req"]
    assert asked["request"] == ASKED | {"own": 1, "model": "none"}
    (begin,) = [block for block in blocks(told) if block["type"] == "block.code.begin"]
    assert (begin["path"], begin["lang"]) == ("access.js", "js")
    source = "\n".join(block["line"] for block in blocks(told) if block["type"] == "block.code.line")
    assert "export default function" in source
    assert "allowAnonymous" not in source
    assert not any("fsRef" in block for block in blocks(told))
    assert [origin for _, origin in await stored(app)][:3] == ["user", "user", "llm"]


async def test_what_is_no_text_or_too_long_is_named_and_not_shown(app):
    link, chat = await opened(app)
    png = {"type": "uint8-asset-block", "filename": "/p.png", "content": [255, 254]}

    await said(app, chat, fsSet=[png, text("/long.txt", "x" * 2001), text("/short.txt", "short")])
    told = (await link.until(1 + len(await stored(app))))[1:]

    words = [block["line"] for block in blocks(told) if block["type"] == "block.toplevel.line"]
    assert words == [
        "File: /p.png (2 bytes), not shown",
        "File: /long.txt (2001 bytes), not shown",
        "File: /short.txt",
    ]
    paths = [block["path"] for block in blocks(told) if block["type"] == "block.code.begin"]
    assert paths == ["short.txt"]


async def test_files_named_by_what_is_stored_are_taken_and_not_shown(app):
    first = await deploy(app, text("/a.txt", "words"))
    (cid,) = [item["assetId"] for item in first["fileSystem"] if item["fileName"] == "/a.txt"]
    _, chat = await opened(app)

    await said(app, chat, fsSet=[{"type": "str-asset-ref", "filename": "/b.txt", "refId": cid}])

    (turn,) = await app.db.read(lambda tx: tx.execute("SELECT prompt FROM ChatTurns"))
    assert turn == ("File: /b.txt, not shown",)


async def test_a_turn_that_has_no_room_is_not_there_at_all(tmp_path, nursery):
    db = open_database(tmp_path)
    app = make_app(db, compiler=FakeCompiler(), max_chat_sections=3)
    await nursery.start(app.live.run)
    _, chat = await opened(app)

    refused = await said(app, chat, fsSet=[js("/a.js", "1")])

    assert refused["limit"] == "MAX_CHAT_SECTIONS_PER_USER_ID"
    assert await stored(app) == []
    db.close()


async def test_in_the_other_modes_each_opening_is_a_chat_of_its_own(app):
    """Of an app that is there and that one may see; everybody has theirs."""
    await deploy(app, js("/a.js", "1"))

    _, first = await opened(app, mode="runtime")
    _, second = await opened(app, mode="img")
    _, bobs = await opened(app, "bob", mode="runtime")
    _, again = await opened(app, mode="runtime", chatId=first["chatId"])
    _, none = await opened(app, mode="runtime", appSlug="none")

    assert len({first["chatId"], second["chatId"], bobs["chatId"]}) == 3
    assert again["chatId"] == first["chatId"]
    assert none["code"] == "not-found"


async def test_an_app_that_one_may_not_see_or_change_has_no_chat_for_one(app):
    await deploy(app, js("/a.js", "1"))
    _, bobs = await opened(app, "bob")
    await app.db.write(lambda tx: tx.execute("UPDATE AppSlugBindings SET visibility = 'private'"))
    _, private = await opened(app, "bob")
    _, new = await opened(app, "bob", appSlug="new")

    assert (bobs["code"], private["code"], new["code"]) == ("not-owner", "not-found", "not-found")


async def test_without_names_there_is_a_chat_for_a_new_app(app):
    """Under the handle that is the default, or a new one."""
    _, chat = await opened(app, ownerHandle="", appSlug="")
    _, more = await opened(app, ownerHandle="", appSlug="other")
    await deploy(app, js("/a.js", "1"), appSlug="one-two-three", userSlug="one-two-three")
    _, taken = await opened(app, ownerHandle="", appSlug="")

    assert (chat["ownerHandle"], chat["appSlug"]) == ("one-two-three", "one-two-three")
    assert (more["ownerHandle"], more["appSlug"]) == ("one-two-three", "other")
    assert taken["code"] == "no-such-slug-left"


async def test_a_chat_is_opened_by_its_owner_in_its_mode_over_a_websocket(app):
    _, chat = await opened(app)

    _, bobs = await opened(app, "bob", chatId=chat["chatId"])
    _, other = await opened(app, mode="runtime", chatId=chat["chatId"])
    posted = await ask(app, "ada", OPEN, mode="codegen", **APP)
    _, files = await opened(app, mode="fs-set", chatId=chat["chatId"])

    assert (bobs["code"], other["code"], posted["code"]) == ("not-found", "bad-request", "bad-request")
    assert (files["chatId"], files["mode"]) == (chat["chatId"], "fs-set")


async def test_sections_of_older_clients_are_told_as_well(app):
    """They are of no turn: the chat stands for it."""
    _, chat = await opened(app)
    block = {"type": "block.begin", "blockId": "b", "streamId": "s", "seq": 0, "blockNr": 0, "timestamp": 0}
    await ask(app, "ada", ENSURE_CHAT, contextId=chat["chatId"])
    await ask(app, "ada", APPEND, contextId=chat["chatId"], origin="user", blocks=[block])

    link, _ = await opened(app)

    (event,) = events(link)
    assert (event["promptId"], event["blockSeq"], kinds([event])) == (chat["chatId"], 0, ["block.begin"])


def test_a_long_prompt_is_read_beside_to_the_same():
    """Its files go over as they are; so does what has none."""
    limits = Limits()
    for members in (
        {
            "mode": "fs-set",
            "fsSet": [text("/a.txt", "words"), {"type": "str-asset-ref", "filename": "/b", "refId": "z"}],
        },
        {"mode": "codegen", "prompt": ASKED},
    ):
        message = envelope("ada", PROMPT, chatId="c", outerTid="t", **members)
        req = read_payload(msgspec.json.Decoder(ReqPromptChatSection), read_head(message))
        unpacked = unpack_prompt(pack_prompt(req, limits))
        assert unpacked.chat_id == "c"
        assert [file.content for file in unpacked.files] == ([b"words", None] if "fsSet" in members else [])


async def test_a_chat_is_heard_of_again_when_anything_may_have_changed(app):
    link, chat = await opened(app)

    app.db.feed.publish([EVERYTHING])
    await said(app, chat, fsSet=[js("/a.js", "1")])

    assert len(await link.until(2)) == 2


async def test_who_has_a_chat_open_is_told_when_it_is_deleted(app):
    link, chat = await opened(app)
    await trio.testing.wait_all_tasks_blocked()

    await ask(app, "ada", "vibes.diy.req-delete-chat-context", contextId=chat["chatId"])
    _, ended = await link.until(2)

    assert (ended["type"], ended["code"]) == ("vibes.diy.evt-subscription-ended", "not-found")
    assert (app.live.members, link.kept) == (0, {})


async def test_of_changes_that_come_at_once_each_goes_on_from_the_one_before(app):
    _, chat = await opened(app)
    names = ["/a.txt", "/b.txt", "/c.txt"]
    await said(app, chat, fsSet=[text(name, "old") for name in names])

    async def change(name):
        changes = {"update": [text(name, "new")], "remove": []}
        reply = await said(app, chat, mode="fs-update", fsUpdate=changes)
        assert reply["type"] == "vibes.diy.res-prompt-chat-section"

    async with trio.open_nursery() as nursery:
        for name in names:
            nursery.start_soon(change, name)

    newest = (await ask(app, "ada", "vibes.diy.req-list-versions", limit=1, **APP))["items"][0]["fsId"]
    kept = [bytes((await get(app, f"/~{newest}~{name}")).body) for name in names]
    assert kept == [b"new"] * 3


async def edits(app, who):
    """Have Ada let *who* in as an editor."""
    made = await ask(app, "ada", "vibes.diy.req-create-invite", role="editor", **APP)
    reply = await ask(app, who, "vibes.diy.req-redeem-invite", token=made["tokenOrGrantUserId"])
    assert reply["role"] == "editor"


async def test_an_editor_changes_files_of_an_app_that_somebody_else_has_deployed(app):
    """In a chat of their own; the files that stay are the owner's."""
    await deploy(app, js("/a.js", "1"), text("/keep.txt", "kept"), text("/old.txt", "old"))
    await edits(app, "bob")
    _, chat = await opened(app, "bob")
    changes = {"update": [text("/old.txt", "new")], "remove": [{"filename": "/a.js"}]}

    reply = await said(app, chat, "bob", mode="fs-update", fsUpdate=changes)

    assert reply["type"] == "vibes.diy.res-prompt-chat-section", reply
    ((fs_id,),) = await app.db.read(lambda tx: tx.execute("SELECT fsId FROM ChatTurns"))
    kept, new = await get(app, f"/~{fs_id}~/keep.txt"), await get(app, f"/~{fs_id}~/old.txt")
    assert (bytes(kept.body), bytes(new.body)) == (b"kept", b"new")
    assert (await get(app, f"/~{fs_id}~/a.js")).status == 404


async def test_a_file_whose_bytes_are_lost_is_told_to_an_editor(app):
    await deploy(app, js("/a.js", "1"), text("/keep.txt", "kept"))
    await edits(app, "bob")
    _, chat = await opened(app, "bob")
    await app.db.write(lambda tx: tx.execute("DELETE FROM Assets"))

    refused = await said(
        app, chat, "bob", mode="fs-update", fsUpdate={"update": [text("/b.txt")], "remove": []}
    )

    assert refused["code"] == "not-found"
