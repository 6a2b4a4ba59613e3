"""The client for scripts that aren't async: the same calls, which wait. Trio runs in a thread of its own."""

import threading
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from functools import partial
from typing import TypeVar

import msgspec
import outcome
import trio

from vibes_trio.client.api import Api, open_api
from vibes_trio.client.connection import Progress
from vibes_trio.client.following import Following
from vibes_trio.client.tokens import Token
from vibes_trio.config import Limits
from vibes_trio.wire.app_log import EvtAppLog
from vibes_trio.wire.base import Request, Response
from vibes_trio.wire.chat import Origin, ResAppendChatSection
from vibes_trio.wire.live import EvtApps, EvtChatSection, EvtReleases

R = TypeVar("R", bound=Response)
E = TypeVar("E", bound=Response)


class _Running(msgspec.Struct, frozen=True):
    """What runs in the other thread: the client, how to reach its loop, and how to end it."""

    api: Api
    loop: trio.lowlevel.TrioToken
    stop: trio.Event


class SyncApi:
    """As `Api`; any thread may use it, several at once too."""

    def __init__(self, running: _Running) -> None:
        self._running = running

    def request(self, request: Request[R], on_progress: Progress | None = None) -> R:
        """Send *request* and return its response. See `Api.request`; *on_progress* is called in another thread."""
        ask = partial(self._running.api.request, request, on_progress)
        return trio.from_thread.run(ask, trio_token=self._running.loop)

    def append(
        self, context_id: str, origin: Origin, blocks: msgspec.Raw, after: int
    ) -> ResAppendChatSection:
        """Append a section to a chat, once. See `Api.append`."""
        append = partial(self._running.api.append, context_id, origin, blocks, after)
        return trio.from_thread.run(append, trio_token=self._running.loop)

    def pages(self, request: Request[R]) -> Iterator[R]:
        """Give the answer to *request* and those that follow. See `Api.pages`."""
        pages = self._running.api.pages(request)

        async def following() -> R | None:
            try:
                return await anext(pages)
            except StopAsyncIteration:
                return None

        while (page := trio.from_thread.run(following, trio_token=self._running.loop)) is not None:
            yield page

    def sections(self, context_id: str, since: int = -1) -> Iterator[EvtChatSection]:
        """Give the sections of a chat: those with a `seq` above *since*, then each as it comes. See `Api.sections`."""
        return self._follow(self._running.api.sections(context_id, since))

    def app_log(self, owner_handle: str, app_slug: str, since: int = -1) -> Iterator[EvtAppLog]:
        """Give what happened to an app after the entry *since*, then what happens. See `Api.app_log`."""
        return self._follow(self._running.api.app_log(owner_handle, app_slug, since))

    def releases(self, owner_handle: str, app_slug: str) -> Iterator[EvtReleases]:
        """Give how an app's releases are: now, and whenever that changes. See `Api.releases`."""
        return self._follow(self._running.api.releases(owner_handle, app_slug))

    def app_changes(self) -> Iterator[EvtApps]:
        """Give which of my apps have changed. See `Api.app_changes`."""
        return self._follow(self._running.api.app_changes())

    def _follow(self, following: Following[E]) -> Iterator[E]:
        try:
            while True:
                yield trio.from_thread.run(following.__anext__, trio_token=self._running.loop)
        finally:
            with suppress(trio.RunFinishedError):  # the client may have ended before its iterators
                trio.from_thread.run(following.aclose, trio_token=self._running.loop)


@contextmanager
def open_sync(url: str, token: Token | None = None, *, limits: Limits | None = None) -> Iterator[SyncApi]:
    """Connect to the server at *url* for the length of the context. See `open_api`.

    Raises:
        CannotConnect: nobody answers there, or not as a server would.
    """
    opened: Future[_Running] = Future()
    thread = threading.Thread(target=_run, args=(opened, url, token, limits), daemon=True)
    thread.start()
    running = opened.result()
    try:
        yield SyncApi(running)
    finally:
        running.loop.run_sync_soon(running.stop.set)
        thread.join()


def _run(opened: Future[_Running], url: str, token: Token | None, limits: Limits | None) -> None:
    ended = outcome.capture(trio.run, _hold, opened, url, token, limits)
    if isinstance(ended, outcome.Error) and not opened.done():
        opened.set_exception(ended.error)  # it belongs to whoever waits for the connection


async def _hold(opened: Future[_Running], url: str, token: Token | None, limits: Limits | None) -> None:
    async with open_api(url, token, limits=limits) as api:
        running = _Running(api, trio.lowlevel.current_trio_token(), trio.Event())
        opened.set_result(running)
        await running.stop.wait()
