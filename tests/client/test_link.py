"""A connection that is shared, lost, and made anew; the waits by a clock that jumps."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import msgspec
import pytest
import trio
import trio.testing

from vibes_trio.client.connection import Feed
from vibes_trio.client.failures import CannotConnect
from vibes_trio.client.link import Link, websocket_url
from vibes_trio.config import Limits

LIMITS = Limits(reconnect_base_s=1, reconnect_max_s=8, reconnect_stable_s=100, reconnect_wait_s=60)


@dataclass
class FakeExchange:
    """A connection that is only there until the test loses it."""

    hint: str = ""
    clock_ahead_s: float | None = None
    lost: trio.Event = field(default_factory=trio.Event)

    async def exchange(self, payload: msgspec.Struct, **_: object) -> msgspec.Raw:
        raise NotImplementedError

    async def open_feed(self, payload: msgspec.Struct) -> Feed:
        raise NotImplementedError

    def give_up(self, why: str) -> None:
        self.lost.set()


@dataclass
class Peer:
    """Takes connections, or refuses them; when, it notes."""

    is_there: bool = True
    made: list[FakeExchange] = field(default_factory=list)
    tried_at: list[float] = field(default_factory=list)

    @asynccontextmanager
    async def dial(self, address: str, limits: Limits) -> AsyncIterator[FakeExchange]:
        self.tried_at.append(trio.current_time())
        await trio.lowlevel.checkpoint()
        if not self.is_there:
            raise CannotConnect(f"{address}: nobody is there.")
        self.made.append(FakeExchange())
        yield self.made[-1]

    def lose(self) -> None:
        self.made[-1].lost.set()


@asynccontextmanager
async def linked(peer: Peer, draw: float = 1.0) -> AsyncIterator[Link]:
    link = Link("ws://there/", LIMITS, peer.dial, lambda: draw)
    async with trio.open_nursery() as nursery:
        await nursery.start(link.run)
        yield link
        link.close()


async def test_all_who_ask_get_the_same_connection() -> None:
    peer = Peer()
    async with linked(peer) as link:
        assert await link.connected() is await link.connected() is peer.made[0] is link.current

    assert len(peer.made) == 1


async def test_a_first_try_that_fails_is_told_to_whoever_starts_it() -> None:
    async with trio.open_nursery() as nursery:
        with pytest.raises(CannotConnect, match="nobody is there"):
            await nursery.start(Link("ws://there/", LIMITS, Peer(is_there=False).dial).run)


async def test_a_lost_connection_is_made_anew_when_somebody_needs_it(
    autojump_clock: trio.testing.MockClock,
) -> None:
    """Nobody dials a server that nobody asks anything of."""
    peer = Peer()
    async with linked(peer) as link:
        peer.lose()
        await trio.sleep(50)
        assert (len(peer.tried_at), link.current) == (1, None)

        assert await link.connected() is peer.made[1]


async def test_each_failure_doubles_the_longest_wait_up_to_a_bound(
    autojump_clock: trio.testing.MockClock,
) -> None:
    """The first connection lasted no time, which counts as a failure: 2, 4, 8, 8, … seconds lie between the tries."""
    peer = Peer()
    async with linked(peer) as link:
        peer.lose()
        peer.is_there = False
        with pytest.raises(CannotConnect, match=r"within 60 s\. ws://there/: nobody is there\."):
            await link.connected()

    waits = [later - earlier for earlier, later in zip(peer.tried_at, peer.tried_at[1:], strict=False)]
    assert waits[:5] == [2, 4, 8, 8, 8]
    assert max(waits) == 8


async def test_a_wait_is_drawn_from_nothing_to_the_longest(autojump_clock: trio.testing.MockClock) -> None:
    peer = Peer()
    async with linked(peer, draw=0.25) as link:
        peer.lose()
        started = trio.current_time()
        await link.connected()

        assert trio.current_time() - started == 0.5


async def test_a_connection_that_was_there_for_long_clears_the_count(
    autojump_clock: trio.testing.MockClock,
) -> None:
    peer = Peer()
    async with linked(peer) as link:
        for _ in range(5):
            peer.lose()
            await trio.testing.wait_all_tasks_blocked()
            await link.connected()
        await trio.sleep(LIMITS.reconnect_stable_s)
        peer.lose()
        started = trio.current_time()
        await link.connected()

        assert trio.current_time() - started == LIMITS.reconnect_base_s


async def test_whoever_asks_in_the_moment_of_the_loss_gets_the_next_one(
    autojump_clock: trio.testing.MockClock,
) -> None:
    peer = Peer()
    async with linked(peer) as link:
        peer.lose()

        assert await link.connected() is peer.made[1]


async def test_closing_ends_a_connection_and_one_that_is_tried(
    autojump_clock: trio.testing.MockClock,
) -> None:
    """Both have to end by themselves: nothing is cancelled from outside."""
    peer = Peer()
    async with linked(peer):
        pass
    async with linked(peer) as link:
        peer.lose()
        peer.is_there = False
        await trio.testing.wait_all_tasks_blocked()
        with trio.move_on_after(3):
            await link.connected()

    assert peer.made[0].lost.is_set()


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://localhost:8787", "ws://localhost:8787/v1/ws"),
        ("https://apps.example/", "wss://apps.example/v1/ws"),
        ("ws://[::1]:80/socket?x=1", "ws://[::1]:80/socket?x=1"),
    ],
)
def test_the_socket_of_a_server(url: str, expected: str) -> None:
    assert websocket_url(url) == expected


@pytest.mark.parametrize("url", ["localhost:8787", "ftp://host", "http://", "http://host:port", "http://[::"])
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(CannotConnect, match="is no address"):
        websocket_url(url)
