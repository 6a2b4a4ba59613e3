"""Subscriptions that outlive their connections: nothing is left out, and nothing comes twice."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import msgspec
import pytest
import trio
import trio.testing
from msgspec import UNSET

from vibes_trio.client import Api, SyncApi, device_file, open_api, open_sync
from vibes_trio.client.connection import Connection
from vibes_trio.client.failures import CannotConnect
from vibes_trio.client.following import Following, next_entries, next_sections, same_again
from vibes_trio.client.link import Link
from vibes_trio.config import Limits
from vibes_trio.errors import NotFound, NotOwner, VibesError
from vibes_trio.wire.app_log import EvtAppLog, LogEntry, ReqSubscribeAppLog
from vibes_trio.wire.apps import ReqListVersions
from vibes_trio.wire.base import Request
from vibes_trio.wire.chat import ReqAppendChatSection, ReqEnsureChatContext
from vibes_trio.wire.deploy import ReqEnsureAppSlug
from vibes_trio.wire.files import CodeBlock
from vibes_trio.wire.live import EvtApps, EvtChatSection, ReqSubscribeChatSections, ToldApp, ToldRelease

LIMITS = Limits(events_waiting=4, follow_wait_s=60)


@dataclass
class Peer:
    """A server with a chat: what was asked of it, and the connections that it has had."""

    sections: int = 0
    asked: list[dict[str, Any]] = field(default_factory=list)
    connections: list["FakeExchange"] = field(default_factory=list)
    refusal: dict[str, Any] | None = None


class FakeExchange:
    """A connection whose frames the test writes; it carries real `Connection`s' feeds."""

    hint = ""
    clock_ahead_s = None

    def __init__(self, peer: Peer) -> None:
        self.peer = peer
        self.lost = trio.Event()
        self.to_client, self._frames = trio.open_memory_channel[str](1000)
        self.connection = Connection(self, LIMITS)  # type: ignore[arg-type]
        self.open_feed = self.connection.open_feed
        self.exchange = self.connection.exchange
        self.give_up = self.connection.give_up
        self.lost = self.connection.lost
        self.tid = ""
        peer.connections.append(self)

    async def send_message(self, message: str | bytes) -> None:
        envelope = json.loads(message)
        self.peer.asked.append(envelope["payload"])
        self.tid = envelope["tid"]
        if "unsubscribe" in envelope["payload"]["type"]:
            return self.tell({"type": "vibes.diy.res-unsubscribe", "subscription": "s"})
        if self.peer.refusal is not None:
            return self.tell(self.peer.refusal)
        since = envelope["payload"]["since"]
        self.tell({"type": "vibes.diy.res-subscribe-chat-sections", "contextId": "c", "subscription": "s"})
        for seq in range(since + 1, self.peer.sections):
            self.section(seq)

    def section(self, seq: int) -> None:
        event = {"contextId": "c", "seq": seq, "origin": "user", "created": "", "blocks": []}
        self.tell({"type": "vibes.diy.evt-chat-section", **event})

    def tell(self, payload: dict[str, Any]) -> None:
        envelope = {"tid": self.tid, "src": "s", "dst": "c", "ttl": 10, "payload": payload}
        self.to_client.send_nowait(json.dumps(envelope))

    async def get_message(self) -> str:
        return await self._frames.receive()


class FakeLink(Link):
    """Makes a new connection whenever the last one is lost."""

    def __init__(self, peer: Peer, nursery: trio.Nursery) -> None:
        super().__init__("ws://there/", LIMITS)
        self._peer = peer
        self._start: Callable[..., None] = nursery.start_soon

    async def connected(self, patience_s: float | None = None) -> Any:
        assert patience_s == LIMITS.follow_wait_s
        if not self._peer.connections or self._peer.connections[-1].lost.is_set():
            made = FakeExchange(self._peer)
            self._start(made.connection.read_in)
            self._start(made.connection.write_out)
        return self._peer.connections[-1]


async def unsigned(request: Request[Any]) -> Request[Any]:
    return request


def follow(peer: Peer, nursery: trio.Nursery, since: int = -1) -> Following[EvtChatSection]:
    request = ReqSubscribeChatSections(context_id="c", since=since)
    return Following(FakeLink(peer, nursery), unsigned, request, EvtChatSection, next_sections)


async def test_it_goes_on_over_a_new_connection_from_where_it_was() -> None:
    peer = Peer(sections=3)
    async with trio.open_nursery() as nursery, follow(peer, nursery) as sections:
        seen = [(await anext(sections)).seq for _ in range(3)]
        peer.connections[-1].connection.give_up("restarting")
        peer.sections = 6
        seen += [(await anext(sections)).seq for _ in range(3)]
        nursery.cancel_scope.cancel()

    assert seen == [0, 1, 2, 3, 4, 5]
    assert [asked["since"] for asked in peer.asked] == [-1, 2]


async def test_what_may_have_been_missed_is_said_at_each_start() -> None:
    """Where no event says how it is, nobody knows what happened before it was subscribed, or while it wasn't."""
    peer = Peer()
    request, start = ReqSubscribeChatSections(context_id="c"), EvtApps()
    async with (
        trio.open_nursery() as nursery,
        Following(FakeLink(peer, nursery), unsigned, request, EvtApps, same_again, start) as changes,
    ):
        assert await anext(changes) is start
        peer.connections[-1].tell({"type": "vibes.diy.evt-apps", "apps": []})
        assert (await anext(changes)).apps == ()
        peer.connections[-1].connection.give_up("restarting")
        assert await anext(changes) is start
        nursery.cancel_scope.cancel()

    assert len(peer.asked) == 2


async def test_what_was_told_before_is_not_told_again() -> None:
    """A server that begins too early is no reason for a twin."""
    peer = Peer()
    async with trio.open_nursery() as nursery, follow(peer, nursery, since=4) as sections:
        nursery.start_soon(trio.lowlevel.checkpoint)
        async with trio.open_nursery() as reading:
            found: list[int] = []

            async def read() -> None:
                found.extend([(await anext(sections)).seq for _ in range(2)])

            reading.start_soon(read)
            await trio.testing.wait_all_tasks_blocked()
            for seq in (3, 4, 5, 5, 6):
                peer.connections[-1].section(seq)
        nursery.cancel_scope.cancel()

    assert found == [5, 6]


async def test_who_reads_slowly_is_cut_and_takes_it_up_where_it_was() -> None:
    """Four events are kept; of the twenty each comes once all the same."""
    peer = Peer(sections=20)
    async with trio.open_nursery() as nursery, follow(peer, nursery) as sections:
        seen = []
        async for section in sections:
            seen.append(section.seq)
            await trio.testing.wait_all_tasks_blocked()
            if section.seq == 19:
                break
        nursery.cancel_scope.cancel()

    assert seen == list(range(20))
    assert len(peer.asked) > 1
    assert len(peer.connections) == 1


async def test_leaving_tells_the_server() -> None:
    peer = Peer(sections=1)
    async with trio.open_nursery() as nursery:
        async with follow(peer, nursery) as sections:
            await anext(sections)
        await sections.aclose()
        nursery.cancel_scope.cancel()

    assert peer.asked[-1] == {"type": "vibes.diy.req-unsubscribe", "auth": None, "subscription": "s"}
    assert len(peer.asked) == 2, "and once only"


async def test_leaving_a_lost_connection_asks_nobody() -> None:
    peer = Peer(sections=1)
    async with trio.open_nursery() as nursery:
        async with follow(peer, nursery) as sections:
            await anext(sections)
            peer.connections[-1].connection.give_up("gone")
        nursery.cancel_scope.cancel()

    assert len(peer.asked) == 1


async def test_what_the_server_ends_is_raised_as_its_error() -> None:
    peer = Peer(sections=1)
    async with trio.open_nursery() as nursery, follow(peer, nursery) as sections:
        await anext(sections)
        ended = {"subscription": "s", "code": "not-found", "message": "It is gone."}
        peer.connections[-1].tell({"type": "vibes.diy.evt-subscription-ended", **ended})
        with pytest.raises(NotFound, match="It is gone"):
            await anext(sections)
        nursery.cancel_scope.cancel()


async def test_a_refusal_and_rubbish_are_raised() -> None:
    peer = Peer(refusal={"type": "vibes.diy.res-error", "message": "no", "code": "not-owner", "error": {}})
    async with trio.open_nursery() as nursery, follow(peer, nursery) as sections:
        with pytest.raises(NotOwner):
            await anext(sections)
        peer.refusal = None
        peer.sections = 1
        await anext(sections)
        peer.connections[-1].tell({"type": "vibes.diy.evt-other"})
        with pytest.raises(VibesError, match="no event"):
            await anext(sections)
        nursery.cancel_scope.cancel()


async def test_where_nobody_can_be_reached_it_ends() -> None:
    class Nowhere(Link):
        async def connected(self, patience_s: float | None = None) -> Any:
            raise CannotConnect("nobody is there")

    request = ReqSubscribeChatSections(context_id="c")
    sections = Following(Nowhere("ws://x/", LIMITS), unsigned, request, EvtChatSection, next_sections)

    with pytest.raises(CannotConnect):
        await anext(sections)


async def test_releases_and_changes_of_apps_are_followed_on_a_server_of_ours(served: Any) -> None:
    """How an app is comes at once and after each deploy; that it changed is told to who follows all of theirs."""
    async with open_api(served.url, device_file(served.folder / "ada.json")) as api:
        await api.request(deploy_of("one"))
        async with (
            api.releases("ada", "followed") as releases,
            api.app_changes() as changes,
            api.app_log("ada", "followed", since=1) as entries,
        ):
            first, any_may_have = await anext(releases), await anext(changes)
            await api.request(deploy_of("two"))
            second, changed = await anext(releases), await anext(changes)
            told = await anext(entries)

    assert (told.app_slug, told.entry.number, told.entry.kind) == ("followed", 2, "deployed")
    assert any_may_have.apps is UNSET
    assert isinstance(first.newest, ToldRelease)
    assert isinstance(second.newest, ToldRelease)
    assert second.newest.fs_id != first.newest.fs_id
    assert changed.apps == (ToldApp(owner_handle="ada", app_slug="followed"),)


@pytest.mark.parametrize("path", ["/api?shard=1", "/api/app?vibe=ada--followed"])
async def test_addresses_that_newer_clients_ask_at_are_answered_alike(served: Any, path: str) -> None:
    """They name an app, or a part of a server, in the address; here there is one server for all."""
    async with open_api(served.url + path, device_file(served.folder / "ada.json")) as api:
        await api.request(deploy_of("one"))
        found = await api.request(ReqListVersions(owner_handle="ada", app_slug="followed"))

    assert found.items


def deploy_of(words: str) -> ReqEnsureAppSlug:
    file = CodeBlock(filename="/App.jsx", lang="jsx", content=f"export default () => <p>{words}</p>;")
    return ReqEnsureAppSlug(mode="production", app_slug="followed", user_slug="ada", file_system=[file])


async def test_a_chat_is_followed_on_a_server_of_ours(served: Any) -> None:
    """What is there first, then what comes."""
    async with open_api(served.url, device_file(served.folder / "ada.json")) as api:
        context = (await api.request(ReqEnsureChatContext())).context_id

        async def append() -> None:
            await api.request(
                ReqAppendChatSection(context_id=context, origin="user", blocks=msgspec.Raw(b"[]"))
            )

        for _ in range(3):
            await append()
        async with api.sections(context, since=0) as sections:
            first = [(await anext(sections)).seq for _ in range(2)]
            await append()
            last = (await anext(sections)).seq

    assert (first, last) == ([1, 2], 3)


def test_a_script_follows_a_chat_too(served: Any) -> None:
    with open_sync(served.url, device_file(served.folder / "ada.json")) as api:
        context = api.request(ReqEnsureChatContext()).context_id
        for _ in range(3):
            api.request(ReqAppendChatSection(context_id=context, origin="llm", blocks=msgspec.Raw(b"[]")))
        sections = api.sections(context)
        seen = [next(sections).seq for _ in range(3)]

    assert seen == [0, 1, 2]
    sections.close()


def test_a_script_appends_once_and_follows_its_apps(served: Any) -> None:
    """All that the async client has is there for scripts."""
    with open_sync(served.url, device_file(served.folder / "ada.json")) as api:
        context = api.request(ReqEnsureChatContext()).context_id
        appended = api.append(context, "user", msgspec.Raw(b"[]"), after=-1).seq
        changes, releases = api.app_changes(), api.releases("ada", "followed")
        before = next(changes).apps
        api.request(deploy_of("three"))
        seen = next(releases)
        changed = next(changes).apps

    assert (appended, before) == (0, UNSET)
    assert changed == (ToldApp(owner_handle="ada", app_slug="followed"),)
    assert isinstance(seen.newest, ToldRelease)
    changes.close()
    releases.close()


def test_an_entry_that_was_told_before_is_told_no_more() -> None:
    """As the server tells from the start again where a log has become shorter."""
    request = ReqSubscribeAppLog(owner_handle="ada", app_slug="shop", since=3)
    told = [EvtAppLog(app_slug="shop", entry=LogEntry(number=n, created="", kind="deployed")) for n in (3, 4)]

    assert next_entries(request, told[0]) is None
    assert next_entries(request, told[1]) == msgspec.structs.replace(request, since=4)


def test_scripts_have_every_call() -> None:
    """What is added to the one is not forgotten in the other."""
    inner = {"hint", "clock_ahead_s", "signed"}

    assert {name for name in vars(Api) if name[0] != "_"} - inner <= set(vars(SyncApi))
