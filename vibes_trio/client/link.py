"""The connection to one address: shared by all who use it, made anew when it was lost and somebody needs it.

Who comes back waits a random time that doubles with each failure (full jitter), so that the clients of a server that
was restarted don't come all at once. The mutable state of a `Link` is: the connection that is there, whether one is
wanted, and why the last try failed. It changes in sync code only.
"""

import random
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from types import MappingProxyType
from typing import Protocol
from urllib.parse import urlsplit, urlunsplit

import msgspec
import trio

from vibes_trio.client.connection import Feed, Progress
from vibes_trio.client.dial import open_connection
from vibes_trio.client.failures import CannotConnect, NoAddress, NoWebSocket
from vibes_trio.client.posts import open_posts
from vibes_trio.config import Limits

WS_PATH = "/v1/ws"
_SCHEMES = MappingProxyType({"http": "ws", "https": "wss", "ws": "ws", "wss": "wss"})


class Exchange(Protocol):
    """What carries messages: a WebSocket (`Connection`), or a POST for each (`Posts`).

    Attributes:
        hint: what whoever runs the server should know of how it is reached; empty: nothing.
        clock_ahead_s: how far this machine's clock is ahead of the server's; None: it isn't known.
        lost: set when it can be used no more.
    """

    hint: str
    clock_ahead_s: float | None
    lost: trio.Event

    async def exchange(
        self, payload: msgspec.Struct, *, tid: str = "", on_progress: Progress | None = None
    ) -> msgspec.Raw:
        """Send *payload*; return the payload of the reply. See `Connection.exchange`."""

    async def open_feed(self, payload: msgspec.Struct) -> Feed:
        """Send *payload*; return its reply and what comes after it. See `Connection.open_feed`."""

    def give_up(self, why: str) -> None:
        """Set `lost`, and tell everybody who waits why."""


Dial = Callable[[str, Limits], AbstractAsyncContextManager[Exchange]]


@asynccontextmanager
async def open_exchange(address: str, limits: Limits) -> AsyncIterator[Exchange]:
    """Connect to the WebSocket at *address*; where only HTTP gets through, each message is a POST of its own.

    Raises:
        CannotConnect: nobody answers there, or not as a server would. Other errors are those of the block.
    """
    async with AsyncExitStack() as stack:
        exchange: Exchange
        try:
            exchange = await stack.enter_async_context(open_connection(address, limits))
        except NoWebSocket as error:
            posted_to = "http" + address.removeprefix("ws")
            exchange = await stack.enter_async_context(open_posts(posted_to, limits, error))
        yield exchange


class Link:
    """Whoever needs the server at *address* asks `connected`; somebody has to run `run` meanwhile.

    Args:
        dial: opens a connection.
        draw: gives a number from 0 to 1, for the time that is waited before the next try.
    """

    def __init__(
        self,
        address: str,
        limits: Limits,
        dial: Dial = open_exchange,
        draw: Callable[[], float] = random.random,
    ) -> None:
        self.address = address
        self.limits = limits
        self._dial = dial
        self._draw = draw
        self._current: Exchange | None = None
        self._wanted, self._changed = trio.Event(), trio.Event()
        self._failure: CannotConnect | None = None
        self._is_closed = False
        self._running = trio.CancelScope()

    @property
    def current(self) -> Exchange | None:
        """The connection that is there, if one is."""
        return self._current

    async def connected(self, patience_s: float | None = None) -> Exchange:
        """Return the connection, once there is one.

        Args:
            patience_s: so long it is waited for; otherwise `limits.reconnect_wait_s`.

        Raises:
            CannotConnect: none came to be in that time; why the last try failed.
        """
        patience_s = self.limits.reconnect_wait_s if patience_s is None else patience_s
        with trio.move_on_after(patience_s):
            while True:
                if self._current is not None and not self._current.lost.is_set():
                    return self._current
                self._wanted.set()
                await self._changed.wait()
        raise CannotConnect(
            f"The connection was lost and did not come back within {patience_s:g} s. {self._failure or ''}".rstrip()
        )

    async def run(self, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Connect; whenever the connection is lost and somebody wants one, connect again. Until `close`.

        Raises:
            CannotConnect: the first try failed. Later ones don't end this: whoever asks is told.
        """
        with self._running:
            failures = await self._hold(0, task_status)
            while not self._is_closed:
                await self._wanted.wait()
                await trio.sleep(self._draw() * self._longest_wait(failures))
                try:
                    failures = await self._hold(failures)
                except CannotConnect as error:
                    self._failure = error
                    failures += 1

    def close(self) -> None:
        """End `run`, after a goodbye to the server if there is a connection."""
        self._is_closed = True
        if self._current is None:
            self._running.cancel()  # else nobody could hear the server's goodbye
        else:
            self._current.give_up("The connection was closed by this side.")

    async def _hold(
        self, failures: int, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED
    ) -> int:
        """Hold a connection until it is lost; return how many failures count towards the next wait."""
        async with self._dial(self.address, self.limits) as exchange:
            began = trio.current_time()
            self._set(exchange)
            self._wanted = trio.Event()
            task_status.started()
            await exchange.lost.wait()
            self._set(None)
        stable = trio.current_time() - began >= self.limits.reconnect_stable_s
        return 0 if stable else failures + 1

    def _longest_wait(self, failures: int) -> float:
        doublings = min(failures, 32)  # more would be longer than any limit
        return min(self.limits.reconnect_base_s * 2.0**doublings, self.limits.reconnect_max_s)

    def _set(self, exchange: Exchange | None) -> None:
        self._current = exchange
        self._changed.set()
        self._changed = trio.Event()


def websocket_url(url: str) -> str:
    """Return where the WebSocket of the server at *url* is; a path that is given is kept.

    Raises:
        NoAddress: *url* is none.
    """
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise NoAddress(f"{url}: is no address: {error}.") from error
    if parts.scheme not in _SCHEMES or not host:
        raise NoAddress(f"{url}: is no address. Give one like http://localhost:8787.")
    path = parts.path if parts.path.strip("/") else WS_PATH
    return urlunsplit((_SCHEMES[parts.scheme], parts.netloc, path, parts.query, ""))
