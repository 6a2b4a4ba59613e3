"""One WebSocket to a server: requests go out through one writer, replies find their waiter by `tid`.

The whole mutable state of a `Connection` is: who waits for which `tid`, and why the connection is lost. It
changes in sync code only. Bounded are: how many requests are under way, how long a server may say nothing of each,
how large a reply may be, how much waits for whoever reads a feed, and how long a peer that is gone isn't missed.
"""

import math
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

import msgspec
import trio
from trio_websocket import ConnectionClosed

from vibes_trio.client.failures import ConnectionLost, Lagged, NotSent, RequestTimedOut
from vibes_trio.config import Limits
from vibes_trio.errors import BadEnvelope, BadJson, TooLarge
from vibes_trio.wire.base import encode, read_head

SRC = "vibes.diy.client"
DST = "vibes.diy.server"
REQUEST_TTL = 6
TID_BYTES = 9

PROGRESS = "vibes.diy.res-progress"
"""The type of frames that say that a request is still worked on."""
REPLIES = "vibes.diy.res-"
"""What the types of replies begin with; the others are events of a feed."""

Progress = Callable[[msgspec.Raw], None]
"""Takes the payload of a progress frame, in the loop that reads: it has to return at once."""


class Socket(Protocol):
    """What is needed of a WebSocket; trio-websocket's connections have it, and so have fakes."""

    async def send_message(self, message: str | bytes) -> None:
        """Send one message. Raises ConnectionClosed."""

    async def get_message(self) -> str | bytes:
        """Return the next message. Raises ConnectionClosed."""

    async def ping(self, payload: bytes | None = None) -> None:
        """Send a ping and wait for its pong. Raises ConnectionClosed."""

    async def aclose(self) -> None:
        """Say goodbye and wait for the peer's."""


@dataclass(slots=True, eq=False)
class _Waiter:
    """Somebody who waits for a reply, and what became of it.

    Attributes:
        idle: ends the wait; every frame moves its deadline on.
        events: where a feed's events go; None: a request has none.
    """

    idle: trio.CancelScope
    on_progress: Progress | None
    events: trio.MemorySendChannel[msgspec.Raw] | None = None
    done: trio.Event = field(default_factory=trio.Event)
    payload: msgspec.Raw | None = None
    sent: bool = False
    lagged: bool = False


class Feed:
    """A reply, and the events that come after it with the same `tid`, until either side ends it.

    Attributes:
        reply: payload of the first answer.
    """

    def __init__(
        self,
        reply: msgspec.Raw,
        events: trio.MemoryReceiveChannel[msgspec.Raw],
        why: Callable[[], Exception],
        forget: Callable[[], None],
    ) -> None:
        self.reply = reply
        self._events = events
        self._why = why
        self._forget = forget

    async def next(self) -> msgspec.Raw:
        """Return the payload of the next event.

        Raises:
            Lagged: more came than was fetched in time; what was kept has been given before.
            ConnectionLost: the connection ended.
        """
        try:
            return await self._events.receive()
        except trio.EndOfChannel:
            raise self._why() from None

    def close(self) -> None:
        """Take no more events; the server may still send some."""
        self._forget()
        self._events.close()


class Connection:
    """Requests and replies over *socket*, whose loops (`read_in`, `write_out`, `watch`) someone else runs.

    Args:
        clock_ahead_s: how far this machine's clock is ahead of the server's; None: it isn't known.

    Attributes:
        lost: set when the connection has ended.
    """

    hint = ""

    def __init__(self, socket: Socket, limits: Limits, clock_ahead_s: float | None = None) -> None:
        self.clock_ahead_s = clock_ahead_s
        self.lost = trio.Event()
        self._socket = socket
        self._limits = limits
        self._waiters: dict[str, _Waiter] = {}
        self._why = ""
        self._slots = trio.Semaphore(limits.in_flight_per_connection)
        self._to_writer, self._outbox = trio.open_memory_channel[tuple[str, _Waiter]](0)

    async def exchange(
        self, payload: msgspec.Struct, *, tid: str = "", on_progress: Progress | None = None
    ) -> msgspec.Raw:
        """Send *payload* in an envelope; return the payload of the reply, whatever it is.

        Args:
            tid: of the envelope; empty: a new one.

        Raises:
            TooLarge: no server takes a message of that size.
            NotSent: the connection ended before the message left.
            ConnectionLost: the connection ended before the reply came.
            RequestTimedOut: nothing was heard of it for `limits.message_timeout_s`, no progress either.
        """
        waiter = _Waiter(trio.CancelScope(), on_progress)
        return await self._ask(tid or secrets.token_urlsafe(TID_BYTES), payload, waiter)

    async def open_feed(self, payload: msgspec.Struct) -> Feed:
        """Send *payload*; return its reply, and the events that come after it, until the feed is closed.

        Raises:
            As `exchange`.
        """
        tid = secrets.token_urlsafe(TID_BYTES)
        to_reader, events = trio.open_memory_channel[msgspec.Raw](self._limits.events_waiting)
        waiter = _Waiter(trio.CancelScope(), None, to_reader)

        def why() -> Exception:
            return Lagged("More came than was read.") if waiter.lagged else self._loss(waiter)

        reply = await self._ask(tid, payload, waiter)
        return Feed(reply, events, why, lambda: self._forget(tid, waiter))

    def _forget(self, tid: str, waiter: _Waiter) -> None:
        if self._waiters.get(tid) is waiter:
            del self._waiters[tid]

    async def _ask(self, tid: str, payload: msgspec.Struct, waiter: _Waiter) -> msgspec.Raw:
        text = write_envelope(tid, payload, self._limits.max_frame_bytes)
        self._hear(waiter)
        with waiter.idle:
            async with self._slots:
                await self._send(tid, text, waiter)
            if waiter.payload is None:
                raise self._loss(waiter)
            return waiter.payload
        raise RequestTimedOut(
            f"Nothing was heard for {self._limits.message_timeout_s:g} s. The server may be busy; what was asked for "
            "may have been done all the same."
        )

    async def _send(self, tid: str, text: str, waiter: _Waiter) -> None:
        if self.lost.is_set():
            return
        self._waiters[tid] = waiter
        try:
            await self._to_writer.send((text, waiter))
            await waiter.done.wait()
        except trio.ClosedResourceError:
            pass  # the connection was lost before the writer took it
        finally:
            if waiter.events is None or waiter.payload is None:
                self._waiters.pop(tid, None)

    def _hear(self, waiter: _Waiter) -> None:
        waiter.idle.deadline = trio.current_time() + self._limits.message_timeout_s

    def _loss(self, waiter: _Waiter) -> ConnectionLost:
        return ConnectionLost(self._why) if waiter.sent else NotSent(self._why)

    async def write_out(self) -> None:
        """Send what is asked for, one message at a time, until the connection is lost."""
        async for text, waiter in self._outbox:
            waiter.sent = True  # from here on some of it may arrive
            try:
                await self._socket.send_message(text)
            except ConnectionClosed as closed:
                self.give_up(_words(closed))

    async def read_in(self) -> None:
        """Hand each frame to whoever waits for it, until the connection is lost."""
        while True:
            try:
                frame = await self._socket.get_message()
            except ConnectionClosed as closed:
                self.give_up(_words(closed))
                return
            self._take(frame.encode() if isinstance(frame, str) else frame)

    async def watch(self) -> None:
        """Ask the peer for a sign of life now and then, as one that went without a word is missed by nobody else."""
        while not self.lost.is_set():
            await trio.sleep(self._limits.ping_interval_s)
            try:
                with trio.fail_after(self._limits.peer_timeout_s):
                    await self._socket.ping()
            except trio.TooSlowError:
                self.give_up(
                    f"The server has given no sign of life for {self._limits.peer_timeout_s:g} s. Is the network there?"
                )
            except ConnectionClosed as closed:
                self.give_up(_words(closed))

    def _take(self, frame: bytes) -> None:
        try:
            head = read_head(frame)
        except (BadJson, BadEnvelope):
            return  # nobody can be found who waits for it; they have their deadline
        waiter = self._waiters.get(head.envelope.tid)
        if waiter is None:
            return  # it gave up waiting, or never was
        payload = head.envelope.payload
        if head.type == PROGRESS:
            self._hear(waiter)
            if waiter.on_progress is not None:
                waiter.on_progress(payload)
        elif waiter.events is not None and (waiter.payload is not None or not head.type.startswith(REPLIES)):
            self._put(head.envelope.tid, waiter, payload)
        elif waiter.payload is None:
            waiter.idle.deadline = math.inf  # it has its answer
            waiter.payload = payload
            waiter.done.set()

    def _put(self, tid: str, waiter: _Waiter, event: msgspec.Raw) -> None:
        assert waiter.events is not None, "only a feed has events"
        self._hear(waiter)
        try:
            waiter.events.send_nowait(event)
        except (trio.WouldBlock, trio.BrokenResourceError):
            # Others wait for what comes behind it on this connection, so whoever doesn't read is not waited for.
            waiter.lagged = True
            waiter.events.close()
            del self._waiters[tid]

    def give_up(self, why: str) -> None:
        """Tell everybody who waits, and all who come later, that the connection is lost and why."""
        if self.lost.is_set():
            return
        self._why = why
        self.lost.set()
        self._to_writer.close()  # ends the writer, and those who wait for it
        for waiter in self._waiters.values():
            waiter.done.set()
            if waiter.events is not None:
                waiter.events.close()


def _words(closed: ConnectionClosed) -> str:
    said = closed.reason.reason if closed.reason is not None else None
    return "The connection to the server was lost" + (f": {said}." if said else ".")


def write_envelope(tid: str, payload: msgspec.Struct, max_bytes: int) -> str:
    """Return the message with *payload*.

    Raises:
        TooLarge: it has more than *max_bytes*.
    """
    data = encode({"tid": tid, "src": SRC, "dst": DST, "ttl": REQUEST_TTL, "payload": payload})
    if len(data) > max_bytes:
        raise TooLarge(
            f"The message has {len(data)} bytes; {max_bytes} is the most that is taken.",
            limit="max_frame_bytes",
            value=max_bytes,
        )
    return data.decode()
