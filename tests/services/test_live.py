"""Subscriptions: no gap, no twin, whoever appends meanwhile; and nothing for who may not know."""

import json
from dataclasses import replace

import pytest
import trio
import trio.testing
from answering import answer
from asking import APPEND, ENSURE_CHAT, ask, deploy, envelope, text
from fakes import NOW, make_app, open_database
from live_client import SUBSCRIBE, SUBSCRIBE_APPS, SUBSCRIBE_RELEASES, UNSUBSCRIBE, FakeLink

from vibes_trio.config import Limits
from vibes_trio.errors import NotFound, Overloaded
from vibes_trio.exchange import HttpIncoming
from vibes_trio.handlers import PIPELINE
from vibes_trio.storage.feed import EVERYTHING, Releases, Sections
from vibes_trio.storage.sqlite.engine import SqliteDatabase


@pytest.fixture
async def app(tmp_path, compiler):
    made = make_app(open_database(tmp_path), compiler=compiler)
    async with trio.open_nursery() as nursery:
        await nursery.start(made.live.run)
        yield made
        nursery.cancel_scope.cancel()
    made.db.close()


@pytest.fixture
def link():
    return FakeLink()


async def append(app, context="chat", user="ada", word="x"):
    block = {"type": "block.begin", "blockId": word, "streamId": "s", "seq": 0, "blockNr": 0, "timestamp": 1}
    await ask(app, user, ENSURE_CHAT, contextId=context)
    return await ask(app, user, APPEND, contextId=context, origin="user", blocks=[block])


def seqs(frames):
    return [f["payload"]["seq"] for f in frames if f["payload"]["type"] == "vibes.diy.evt-chat-section"]


async def settled(app):
    await trio.testing.wait_all_tasks_blocked()


# -- chats ------------------------------------------------------------------------------------------------


async def test_what_is_stored_comes_first_then_what_is_appended(app, link):
    for word in ("a", "b"):
        await append(app, word=word)

    reply = await link.ask(app, "ada", SUBSCRIBE, contextId="chat")
    await append(app, word="c")
    told = await link.until(4)

    assert reply == told[0]
    assert reply == {
        "type": "vibes.diy.res-subscribe-chat-sections",
        "contextId": "chat",
        "subscription": "chat:chat",
    }
    assert [(event["seq"], event["blocks"][0]["blockId"]) for event in told[1:]] == [
        (0, "a"),
        (1, "b"),
        (2, "c"),
    ]
    assert told[3]["origin"] == "user"
    assert told[3]["contextId"] == "chat"
    assert told[3]["created"].endswith("Z")
    assert {(frame["tid"], frame["src"], frame["dst"], frame["ttl"]) for frame in link.frames} == {
        ("t-1", "you", "me", 10)
    }


@pytest.mark.parametrize(("since", "first"), [(-7, 0), (-1, 0), (0, 1), (3, 4), (9, 5)])
async def test_it_goes_on_behind_what_the_client_has(app, link, since, first):
    for _ in range(5):
        await append(app)

    await link.ask(app, "ada", SUBSCRIBE, contextId="chat", since=since)
    await settled(app)
    await append(app)
    await settled(app)

    assert seqs(link.frames) == list(range(first, 6))


async def test_sections_that_come_while_old_ones_are_read_are_neither_lost_nor_told_twice(app, link):
    """At each point between the reads of the one who catches up, something is appended."""
    for _ in range(3):
        await append(app)
    left = 6
    read = SqliteDatabase.read

    async def read_and_append(self, *args):
        nonlocal left
        found = await read(self, *args)
        if left:
            left -= 1
            await append(app)
        return found

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(SqliteDatabase, "read", read_and_append)
        await link.ask(app, "ada", SUBSCRIBE, contextId="chat")
        await settled(app)
    await append(app)
    await settled(app)

    assert seqs(link.frames) == list(range(10))


async def test_many_hear_the_same_each_from_where_they_are(app):
    links = [FakeLink() for _ in range(30)]
    async with trio.open_nursery() as nursery:
        for number, link in enumerate(links):
            await append(app)
            nursery.start_soon(partial_subscribe, link, app, number - 1)
    await append(app)
    await settled(app)

    for number, link in enumerate(links):
        assert seqs(link.frames) == list(range(number, 31)), number


async def partial_subscribe(link, app, since):
    await link.ask(app, "ada", SUBSCRIBE, contextId="chat", since=since)


async def test_a_long_chat_comes_in_pages_that_are_bounded_in_bytes(app, link):
    app = replace(app, config=replace(app.config, limits=replace(app.config.limits, event_page_bytes=1)))
    for _ in range(5):
        await append(app)

    await link.ask(app, "ada", SUBSCRIBE, contextId="chat")
    await settled(app)

    assert seqs(link.frames) == [0, 1, 2, 3, 4]


async def test_a_second_subscription_of_a_connection_takes_the_place_of_the_first(app, link):
    await append(app)
    for _ in range(3):
        await link.ask(app, "ada", SUBSCRIBE, contextId="chat", since=0)
    await append(app)
    await settled(app)

    assert seqs(link.frames) == [1]
    assert app.live.members == 1


async def test_nothing_comes_once_it_is_unsubscribed(app, link):
    reply = await link.ask(app, "ada", SUBSCRIBE, contextId="chat") if await append(app) else None
    await settled(app)

    for _ in range(2):
        ended = await link.ask(app, "ada", UNSUBSCRIBE, subscription=reply["subscription"])
        assert ended == {"type": "vibes.diy.res-unsubscribe", "subscription": "chat:chat"}
    await append(app)
    await settled(app)

    assert seqs(link.frames) == [0]
    assert (app.live.members, app.db.feed.topics) == (0, 0)


async def test_the_end_of_a_connection_ends_what_it_subscribed_to(app, link):
    other = FakeLink()
    for one in (link, other):
        await append(app)
        await one.ask(app, "ada", SUBSCRIBE, contextId="chat")
    await settled(app)

    link.end()
    await append(app)
    await settled(app)

    assert app.live.members == 1
    assert seqs(other.frames) == [0, 1, 2]


async def test_one_that_ends_before_it_begins_is_told_nothing(app, link):
    await append(app)
    incoming = envelope("ada", SUBSCRIBE, contextId="chat")
    from vibes_trio.exchange import MessageIncoming  # noqa: PLC0415

    reply = await answer(app, PIPELINE, MessageIncoming(incoming, link=link))
    link.end()
    reply.after()
    await settled(app)

    assert link.frames == []
    assert app.live.members == 0


@pytest.mark.parametrize(("context", "code"), [("bobs", "not-owner"), ("nowhere", "not-found")])
async def test_other_peoples_chats_are_not_told_of(app, link, context, code):
    await append(app, "bobs", user="bob")

    reply = await link.ask(app, "ada", SUBSCRIBE, contextId=context)

    assert reply["code"] == code
    assert app.live.members == 0


@pytest.mark.parametrize(
    ("kind", "members"),
    [
        (SUBSCRIBE, {"contextId": "chat"}),
        (SUBSCRIBE_RELEASES, {"appSlug": "garden", "ownerHandle": "ada"}),
        (SUBSCRIBE_APPS, {}),
        (UNSUBSCRIBE, {"subscription": "apps"}),
    ],
)
async def test_over_a_post_there_is_no_subscription_and_the_answer_says_why(app, kind, members):
    body = envelope("ada", kind, **members)
    reply = await answer(app, PIPELINE, HttpIncoming("POST", "apps.test", "/", {}, body))

    told = json.loads(reply.body)["payload"]
    assert told["code"] == "bad-request"
    assert "needs a WebSocket" in told["message"]


async def test_a_connection_has_a_bounded_number_of_subscriptions(app, link):
    most = app.config.limits.subscriptions_per_connection
    for number in range(most + 1):
        await append(app, f"chat{number}")
        reply = await link.ask(app, "ada", SUBSCRIBE, contextId=f"chat{number}")

    assert (reply["code"], reply["limit"], reply["value"]) == (
        "limit-reached",
        "subscriptions_per_connection",
        most,
    )
    assert app.live.members == most


async def test_the_server_has_a_bounded_number_of_subscriptions(tmp_path, link):
    app = make_app(open_database(tmp_path), limits=Limits(subscriptions=1))
    await append(app)
    await append(app, "other")

    first = await link.ask(app, "ada", SUBSCRIBE, contextId="chat")
    second = await FakeLink().ask(app, "ada", SUBSCRIBE, contextId="other")

    assert first["type"].startswith("vibes.diy.res-subscribe")
    assert second["code"] == "overloaded"
    app.db.close()


async def test_one_that_takes_nothing_is_cut_and_the_others_hear_all(app, autojump_clock):
    slow, quick = FakeLink(), FakeLink()
    limits = app.config.limits
    for link in (slow, quick):
        await append(app)
        await link.ask(app, "ada", SUBSCRIBE, contextId="chat")
    await settled(app)
    slow.stuck = True
    slow.waiting_bytes = limits.subscriber_bytes
    started = trio.current_time()

    for _ in range(5):
        await append(app)
    await settled(app)
    waited = trio.current_time() - started
    await trio.sleep(limits.subscriber_behind_s * 1.5)

    assert waited == 0
    assert seqs(quick.frames) == list(range(7))
    assert "you take too little" in slow.cut_for
    assert app.live.members == 1


async def test_one_that_is_only_slow_gets_everything_in_its_own_time(app, autojump_clock):
    slow = FakeLink()
    limits = app.config.limits
    await append(app)
    await slow.ask(app, "ada", SUBSCRIBE, contextId="chat")
    await settled(app)
    slow.waiting_bytes = 2 * limits.subscriber_bytes

    for _ in range(5):
        await append(app)
    for _ in range(20):
        await trio.sleep(limits.subscriber_behind_s * 0.9)
        slow.take(limits.subscriber_bytes // 8)
    await append(app)
    await settled(app)

    assert slow.cut_for == ""
    assert seqs(slow.frames) == list(range(7))


async def test_after_a_doubtful_commit_members_look_for_themselves(app, link):
    await append(app)
    await link.ask(app, "ada", SUBSCRIBE, contextId="chat")
    await settled(app)

    app.db.feed.publish([Sections("chat", 9), EVERYTHING])
    await settled(app)
    await append(app)
    await settled(app)

    assert seqs(link.frames) == [0, 1]


async def test_a_database_that_can_not_be_read_for_a_while_delays_and_loses_nothing(
    app, link, autojump_clock
):
    late = FakeLink()
    await append(app)
    await link.ask(app, "ada", SUBSCRIBE, contextId="chat")
    await settled(app)

    async def refuse(self, *args):
        raise Overloaded("busy")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(SqliteDatabase, "read", refuse)
        await append(app)
        await late.ask(app, "ada", SUBSCRIBE, contextId="chat")
        await trio.sleep(app.config.limits.subscriber_retry_s * 2.5)
    await trio.sleep(app.config.limits.subscriber_retry_s)
    await settled(app)

    assert seqs(link.frames) == seqs(late.frames) == [0, 1]


async def test_what_is_gone_ends_its_subscriptions_with_a_word(app, link):
    await append(app)
    await link.ask(app, "ada", SUBSCRIBE, contextId="chat")
    await settled(app)

    async def gone(self, *args):
        raise NotFound("There is no such chat.")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(SqliteDatabase, "read", gone)
        await append(app)
        await settled(app)

    assert link.frames[-1]["payload"] == {
        "type": "vibes.diy.evt-subscription-ended",
        "subscription": "chat:chat",
        "code": "not-found",
        "message": "There is no such chat.",
    }
    assert (app.live.members, link.kept) == (0, {})


async def test_who_follows_a_chat_that_is_deleted_is_told_at_once(app, link):
    await append(app)
    await link.ask(app, "ada", SUBSCRIBE, contextId="chat")
    await settled(app)

    await ask(app, "ada", "vibes.diy.req-delete-chat-context", contextId="chat")
    await settled(app)

    ended = link.frames[-1]["payload"]
    assert (ended["type"], ended["code"]) == ("vibes.diy.evt-subscription-ended", "not-found")
    assert (app.live.members, link.kept) == (0, {})


@pytest.mark.parametrize("is_live", [True, False])
async def test_a_bug_of_ours_cuts_who_it_concerns_and_nobody_else(app, link, caplog, is_live):
    await append(app)
    if is_live:
        await link.ask(app, "ada", SUBSCRIBE, contextId="chat")
        await settled(app)

    async def fail(self, *args):
        raise ZeroDivisionError("of ours")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(SqliteDatabase, "read", fail)
        if is_live:
            await append(app)
        else:
            await link.ask(app, "ada", SUBSCRIBE, contextId="chat")
        await settled(app)

    assert "went wrong" in link.cut_for
    assert "of ours" in caplog.text
    again = FakeLink()
    await again.ask(app, "ada", SUBSCRIBE, contextId="chat")
    await settled(app)
    assert seqs(again.frames)[0] == 0


# -- apps -------------------------------------------------------------------------------------------------


def releases(link):
    kind = "vibes.diy.evt-releases"
    return [f["payload"] for f in link.frames if f["payload"]["type"] == kind]


async def test_the_owner_is_told_how_an_app_is_and_whenever_that_changes(app, link):
    first = await deploy(app, text("/a.txt", "1"))
    reply = await link.ask(app, "ada", SUBSCRIBE_RELEASES, appSlug="garden", ownerHandle="ada")
    await settled(app)
    second = await deploy(app, text("/a.txt", "2"), mode="dev")
    await settled(app)
    await deploy(app, text("/a.txt", "2"), mode="production")
    await settled(app)

    assert reply["subscription"] == "releases:garden--ada"
    told = [
        (one["newest"]["fsId"], one["published"]["fsId"], one["newest"]["mode"]) for one in releases(link)
    ]
    assert told == [
        (first["fsId"], first["fsId"], "production"),
        (second["fsId"], first["fsId"], "dev"),
        (second["fsId"], second["fsId"], "production"),
    ]
    assert releases(link)[0]["ownerHandle"] == releases(link)[0]["userSlug"] == "ada"


async def test_others_are_told_of_what_is_published_alone(app, link):
    first = await deploy(app, text("/a.txt", "1"))
    await link.ask(app, "bob", SUBSCRIBE_RELEASES, appSlug="garden", userSlug="ada")
    await settled(app)
    await deploy(app, text("/a.txt", "2"), mode="dev")
    await settled(app)

    assert [one["newest"]["fsId"] for one in releases(link)] == [first["fsId"]]


async def test_an_app_that_is_not_there_is_not_told_of(app, link):
    reply = await link.ask(app, "ada", SUBSCRIBE_RELEASES, appSlug="nowhere", ownerHandle="ada")

    assert reply["code"] == "not-found"


async def test_what_did_not_change_is_not_told(app, link):
    await deploy(app, text("/a.txt", "1"))
    for one in (link, FakeLink()):
        await one.ask(app, "ada", SUBSCRIBE_RELEASES, appSlug="garden", ownerHandle="ada")
    await settled(app)

    app.db.feed.publish([Releases(0), EVERYTHING])
    await settled(app)

    assert len(releases(link)) == 1


async def test_a_change_during_a_look_is_told(app, link):
    """The look that runs may have seen what was before."""
    await deploy(app, text("/a.txt", "0"))
    await link.ask(app, "ada", SUBSCRIBE_RELEASES, appSlug="garden", ownerHandle="ada")
    await settled(app)
    read, left = SqliteDatabase.read, 2

    async def read_and_deploy(self, fn, *args):
        nonlocal left
        found = await read(self, fn, *args)
        if left and fn.__name__ == "_releases":
            left -= 1
            await deploy(app, text("/a.txt", f"more {left}"))
        return found

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(SqliteDatabase, "read", read_and_deploy)
        last = await deploy(app, text("/a.txt", "1"))
        await settled(app)

    assert last["fsId"] != releases(link)[-1]["newest"]["fsId"]
    latest = await deploy(app, text("/a.txt", "more 0"))
    assert releases(link)[-1]["newest"]["fsId"] == latest["fsId"]


def changed_apps(link):
    kind = "vibes.diy.evt-apps"
    told = [f["payload"] for f in link.frames if f["payload"]["type"] == kind]
    return [sorted(one["appSlug"] for one in told["apps"]) if "apps" in told else None for told in told]


async def test_who_watches_their_apps_hears_which_changed_and_not_those_of_others(app, link):
    await deploy(app, text("/a.txt"))
    await link.ask(app, "ada", SUBSCRIBE_APPS)
    await settled(app)

    await deploy(app, text("/a.txt"), appSlug="pond")
    await settled(app)
    await deploy(app, text("/a.txt"), user="bob", userSlug="bob")
    app.db.feed.publish([EVERYTHING])
    await settled(app)

    assert changed_apps(link) == [["pond"], None]


async def test_more_apps_than_an_event_names_are_any(app, link):
    await link.ask(app, "ada", SUBSCRIBE_APPS)
    await settled(app)

    names = [(f"app{n}", "ada", "ada") for n in range(app.config.limits.apps_per_event + 1)]
    app.db.feed.publish([Releases(0, tuple(names)), Releases(0, (names[0],))])
    await settled(app)

    assert changed_apps(link) == [None]


async def test_one_who_missed_something_lists_all_anew(app, autojump_clock):
    quick, slow = FakeLink(), FakeLink()
    for link in (quick, slow):
        await link.ask(app, "ada", SUBSCRIBE_APPS)
    await settled(app)
    slow.waiting_bytes = app.config.limits.subscriber_bytes

    for name in ("one", "two", "three"):
        app.db.feed.publish([Releases(0, ((name, "ada", "ada"),))])
        await settled(app)
    slow.take(app.config.limits.subscriber_bytes)
    await settled(app)

    assert changed_apps(quick) == [["one"], ["two"], ["three"]]
    assert changed_apps(slow)[0] == ["one"] or changed_apps(slow)[-1] is None
    assert NOW


# -- who is let in, and out -------------------------------------------------------------------------------

GARDEN = {"appSlug": "garden", "ownerHandle": "ada"}


async def let_in(app, *users):
    """Let them ask for access, which is given at once."""
    request = {"enable": True, "autoAcceptRole": "viewer"}
    await ask(app, "ada", "vibes.diy.req-ensure-app-settings", **GARDEN, request=request)
    for user in users:
        reply = await ask(app, user, "vibes.diy.req-request-access", **GARDEN)
        assert reply["state"] == "approved", reply


async def make_private(app):
    await ask(app, "ada", "vibes.diy.req-ensure-app-settings", **GARDEN, publicAccess={"enable": False})


def kinds(link):
    return [frame["payload"]["type"] for frame in link.frames[1:]]


@pytest.mark.parametrize("out", ["vic", "val"])
async def test_who_is_let_out_of_a_private_app_hears_no_more_of_it_and_others_do(app, out):
    """Whoever subscribed first."""
    await deploy(app, text("/a.txt", "1"))
    await let_in(app, "vic", "val")
    await make_private(app)
    links = {user: FakeLink() for user in ("vic", "val")}
    for user, one in links.items():
        await one.ask(app, user, SUBSCRIBE_RELEASES, **GARDEN)
    await settled(app)

    await ask(app, "ada", "vibes.diy.req-revoke-request", **GARDEN, foreignUserId=out)
    await deploy(app, text("/a.txt", "2"))
    await settled(app)

    stays = links["val" if out == "vic" else "vic"]
    assert kinds(links[out]) == ["vibes.diy.evt-releases", "vibes.diy.evt-subscription-ended"]
    assert kinds(stays) == ["vibes.diy.evt-releases"] * 2


async def test_of_an_app_that_becomes_private_nobody_else_hears_more(app):
    """Though a member was the first who subscribed."""
    await deploy(app, text("/a.txt", "1"))
    await let_in(app, "vic")
    links = {user: FakeLink() for user in ("vic", "bob")}
    for user, one in links.items():
        await one.ask(app, user, SUBSCRIBE_RELEASES, **GARDEN)
    await settled(app)

    await make_private(app)
    await deploy(app, text("/a.txt", "2"))
    await settled(app)

    assert kinds(links["bob"]) == ["vibes.diy.evt-releases", "vibes.diy.evt-subscription-ended"]
    assert kinds(links["vic"]) == ["vibes.diy.evt-releases"] * 2
