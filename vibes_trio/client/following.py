"""Subscriptions that go on over lost connections, each from where it was."""

from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Any, Generic, TypeVar

import msgspec
import trio

from vibes_trio.client.connection import Feed
from vibes_trio.client.failures import CannotConnect, ConnectionLost, Lagged, RequestTimedOut
from vibes_trio.client.link import Exchange, Link
from vibes_trio.errors import VibesError
from vibes_trio.wire.app_log import EvtAppLog, ReqSubscribeAppLog
from vibes_trio.wire.base import ErrorReply, Request, Response
from vibes_trio.wire.live import (
    EvtChatSection,
    EvtSubscriptionEnded,
    ReqSubscribeChatSections,
    ReqUnsubscribe,
)
from vibes_trio.wire.replies import read_error, read_reply

E = TypeVar("E", bound=Response)

# Any: the response to it; of that only the name of the subscription is used.
Subscribe = Request[Any]


class Following(Generic[E]):
    """What happens, one event after another, until whoever reads leaves it or the server has nothing more to tell.

    Without `async with` it is left by `aclose`; else the server goes on telling until the connection ends. Its mutable
    state: what subscribes to all that comes next, the feed that is there, and how the server calls it.

    Args:
        signed: puts fresh credentials into a request.
        request: subscribes.
        kind: of the events.
        after: returns what subscribes to all that comes after an event; None: the event was told before.
        at_start: is told whenever it has been subscribed, where the server's events don't say what was before.
    """

    def __init__(
        self,
        link: Link,
        signed: Callable[[Subscribe], Awaitable[Subscribe]],
        request: Subscribe,
        kind: type[E],
        after: Callable[[Any, E], Subscribe | None],
        at_start: E | None = None,
    ) -> None:
        self._link = link
        self._signed = signed
        self._request = request
        self._events: type[E] | type[EvtSubscriptionEnded] = kind | EvtSubscriptionEnded  # type: ignore[assignment]
        self._after = after
        self._at_start = at_start
        self._exchange: Exchange | None = None
        self._feed: Feed | None = None
        self._subscription = ""

    def __aiter__(self) -> "Following[E]":
        return self

    async def __aenter__(self) -> "Following[E]":
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def __anext__(self) -> E:
        """Return the next event, over as many connections as it takes.

        Raises:
            CannotConnect: no connection came to be for `limits.follow_wait_s`, or only by POST.
            VibesError: the server refuses the subscription, or has ended it.
        """
        while True:
            try:
                feed = self._feed
                if feed is None:
                    feed = await self._subscribe()
                    if self._at_start is not None:
                        return self._at_start
                payload = await feed.next()
            except (Lagged, ConnectionLost, RequestTimedOut) as error:
                self._drop()
                if isinstance(error, CannotConnect):
                    raise
                continue
            event = self._read(payload)
            following = self._after(self._request, event)
            if following is not None:
                self._request = following
                return event

    async def _subscribe(self) -> Feed:
        self._exchange = await self._link.connected(self._link.limits.follow_wait_s)
        feed = self._feed = await self._exchange.open_feed(await self._signed(self._request))
        try:
            self._subscription = read_reply(type(self._request), feed.reply).subscription
        except VibesError:
            self._drop()
            raise
        return feed

    def _read(self, payload: msgspec.Raw) -> E:
        try:
            event = msgspec.json.decode(payload, type=self._events)
        except msgspec.DecodeError as error:
            raise VibesError(f"The server tells of something that is no event: {error}.") from error
        if isinstance(event, EvtSubscriptionEnded):
            self._drop()
            raise read_error(ErrorReply(message=event.message, code=event.code), {})
        return event

    def _drop(self) -> None:
        if self._feed is not None:
            self._feed.close()
        self._feed = self._exchange = None

    async def aclose(self) -> None:
        """Leave it; the server is told, if it can be reached at once."""
        exchange, subscription = self._exchange, self._subscription
        if self._feed is None or exchange is None:
            return
        self._drop()
        with trio.move_on_after(self._link.limits.close_timeout_s):
            try:
                await exchange.exchange(await self._signed(ReqUnsubscribe(subscription=subscription)))
            except (ConnectionLost, RequestTimedOut):
                return  # it ended with the connection


def next_sections(
    request: ReqSubscribeChatSections, event: EvtChatSection
) -> ReqSubscribeChatSections | None:
    """Return what subscribes to the sections after *event*; None: it is one that *request* does not ask for."""
    return msgspec.structs.replace(request, since=event.seq) if event.seq > request.since else None


def next_entries(request: ReqSubscribeAppLog, event: EvtAppLog) -> ReqSubscribeAppLog | None:
    """As `next_sections`, of what happens to an app."""
    number = event.entry.number
    return msgspec.structs.replace(request, since=number) if number > request.since else None


def same_again(request: Subscribe, event: Response) -> Subscribe:
    """Return *request*: its events say how it is, whatever was before."""
    return request
