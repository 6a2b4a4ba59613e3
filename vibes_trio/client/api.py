"""Typed calls: a request goes in, the response that its type names comes out.

async with open_api("http://localhost:8787", device_file("ada.json")) as api:
    context = await api.request(ReqEnsureChatContext())
"""

import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TypeVar

import msgspec
import trio

from vibes_trio.client.appending import append_once
from vibes_trio.client.connection import TID_BYTES, Progress
from vibes_trio.client.dial import without_group
from vibes_trio.client.failures import CannotConnect, ConnectionLost, NotSent
from vibes_trio.client.following import Following, next_entries, next_sections, same_again
from vibes_trio.client.link import Link, websocket_url
from vibes_trio.client.paging import Pages
from vibes_trio.client.repeats import may_repeat
from vibes_trio.client.tokens import Signer, Token, signer
from vibes_trio.config import Limits
from vibes_trio.wire.app_log import EvtAppLog, ReqSubscribeAppLog
from vibes_trio.wire.base import Request, Response
from vibes_trio.wire.chat import Origin, ReqAppendChatSection, ResAppendChatSection
from vibes_trio.wire.live import (
    EvtApps,
    EvtChatSection,
    EvtReleases,
    ReqSubscribeApps,
    ReqSubscribeChatSections,
    ReqSubscribeReleases,
)
from vibes_trio.wire.replies import read_reply

R = TypeVar("R", bound=Response)


class Api:
    """The messages of a server, for one user; any number of tasks may use it at once.

    Others, for other users too, may share its connection. When that is lost it is made anew for the next request.
    """

    def __init__(self, link: Link, sign: Signer | None) -> None:
        self._link = link
        self._sign = sign

    @property
    def hint(self) -> str:
        """What whoever runs the server should know of how it is reached; empty: nothing."""
        return self._link.current.hint if self._link.current is not None else ""

    @property
    def clock_ahead_s(self) -> float | None:
        """How far this machine's clock is ahead of the server's; None: it isn't known."""
        return self._link.current.clock_ahead_s if self._link.current is not None else None

    async def request(self, request: Request[R], on_progress: Progress | None = None) -> R:
        """Send *request*, signed unless it has credentials, and return its response.

        A connection that is lost meanwhile is made anew, and the request sent again, if it can't have arrived or
        does no harm by arriving twice (`repeats.may_repeat`): at most `limits.request_tries` times.

        Args:
            on_progress: called with what the server tells of how far it is; has to return at once.

        Raises:
            VibesError: the server refused; the class is that of the error's code, and plain VibesError
                (with `code` in its detail) for a code that isn't known here.
            ConnectionLost: no reply; the server may have done the work all the same.
            RequestTimedOut: the server said nothing for `limits.message_timeout_s`, not even of progress.
        """
        tid = secrets.token_urlsafe(TID_BYTES)
        for tries_left in reversed(range(self._link.limits.request_tries)):
            exchange = await self._link.connected()
            signed = await self.signed(request)
            try:
                payload = await exchange.exchange(signed, tid=tid, on_progress=on_progress)
                return read_reply(type(request), payload)
            except ConnectionLost as error:
                if not tries_left or not (isinstance(error, NotSent) or may_repeat(request)):
                    raise
        raise AssertionError("the last try returns or raises")

    async def signed(self, request: Request[R]) -> Request[R]:
        """Return *request* with credentials: its own, or fresh ones."""
        if request.auth is not None or self._sign is None:
            return request
        return msgspec.structs.replace(request, auth=await self._sign())

    def pages(self, request: Request[R]) -> Pages[R]:
        """Return an iterator over the answer to *request*, whose kind lists things, and those that follow.

        async for page in api.pages(ReqListRecentVibes()):
            for app in page.items: ...
        """
        return Pages(self.request, request)

    async def append(
        self, context_id: str, origin: Origin, blocks: msgspec.Raw, after: int
    ) -> ResAppendChatSection:
        """Append a section to a chat, once: where no answer came it is looked for before it is sent again.

        Args:
            blocks: JSON of a list.
            after: `seq` of a section that is there, such as the last one; -1 for none. It is looked for from there on,
                so whoever appends the same twice has to say after which the second one comes.

        Raises:
            As `request`.
        """
        request = ReqAppendChatSection(context_id=context_id, origin=origin, blocks=blocks)
        return await append_once(self.request, request, after, self._link.limits.request_tries)

    def sections(self, context_id: str, since: int = -1) -> Following[EvtChatSection]:
        """Return an iterator over the sections of a chat: those with a `seq` above *since*, then each as it comes.

        async with api.sections(context_id) as sections:
            async for section in sections: ...

        It never ends by itself, and goes on over lost connections: none is left out, and none comes twice.
        """
        request = ReqSubscribeChatSections(context_id=context_id, since=since)
        return Following(self._link, self.signed, request, EvtChatSection, next_sections)

    def releases(self, owner_handle: str, app_slug: str) -> Following[EvtReleases]:
        """Return an iterator over how an app's releases are: now, and whenever that changes. See `sections`."""
        request = ReqSubscribeReleases(owner_handle=owner_handle, app_slug=app_slug)
        return Following(self._link, self.signed, request, EvtReleases, same_again)

    def app_log(self, owner_handle: str, app_slug: str, since: int = -1) -> Following[EvtAppLog]:
        """Return an iterator over what happened to an app after the entry *since*, then over what happens. See
        `sections`."""
        request = ReqSubscribeAppLog(owner_handle=owner_handle, app_slug=app_slug, since=since)
        return Following(self._link, self.signed, request, EvtAppLog, next_entries)

    def app_changes(self) -> Following[EvtApps]:
        """Return an iterator over changes of my apps: which have changed, or that any may have. See `sections`.

        That any may have (no `apps`) is told first, and after each lost connection: list them then.
        """
        return Following(self._link, self.signed, ReqSubscribeApps(), EvtApps, same_again, EvtApps())


class Connections:
    """The connections of one program: one for each address, shared by all who ask for it.

    Args:
        keep_up: runs a link beside, and returns when it is connected.
    """

    def __init__(self, keep_up: Callable[[Link], Awaitable[None]], limits: Limits) -> None:
        self._keep_up = keep_up
        self._limits = limits
        self._links: dict[str, Link] = {}
        self._opening = trio.Lock()

    async def api(self, url: str, token: Token | None = None) -> Api:
        """Return the messages of the server at *url* (`http:`, `https:`, `ws:`, `wss:`) for whoever *token* is of.

        Raises:
            CannotConnect: nobody answers there, or not as a server would; or there are connections to
                `limits.client_addresses` servers already.
        """
        address = websocket_url(url)
        async with self._opening:
            if address not in self._links:
                if len(self._links) >= self._limits.client_addresses:
                    raise CannotConnect(
                        f"{url}: there are connections to {len(self._links)} servers already."
                    )
                link = Link(address, self._limits)
                await self._keep_up(link)
                self._links[address] = link
        return Api(self._links[address], signer(token, url))

    def close(self) -> None:
        """End all of them, after a goodbye to each server."""
        for link in self._links.values():
            link.close()


@asynccontextmanager
async def open_connections(limits: Limits | None = None) -> AsyncIterator[Connections]:
    """Hold connections for the length of the context, as many as are asked for."""
    with without_group():
        async with trio.open_nursery() as nursery:
            connections = Connections(lambda link: nursery.start(link.run), limits or Limits())
            try:
                yield connections
            finally:
                connections.close()


@asynccontextmanager
async def open_api(
    url: str, token: Token | None = None, *, limits: Limits | None = None
) -> AsyncIterator[Api]:
    """Connect to the server at *url* (`http:`, `https:`, `ws:`, `wss:`) for the length of the context.

    Where only HTTP gets through, each message is a POST of its own.

    Args:
        token: see `tokens.Token`; None: messages go unsigned.

    Raises:
        CannotConnect: nobody answers there, or not as a server would. Other errors are those of the block.
    """
    async with open_connections(limits) as connections:
        yield await connections.api(url, token)
