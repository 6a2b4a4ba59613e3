"""Raw sockets: listening, accepting, and one accepted connection.

Plain non-blocking sockets with `wait_readable` and `wait_writable` in place of `trio.SocketStream`: 15 to
20 % cheaper per request (performance.md, pitfall 5). The price is that a call which does not block is no
checkpoint, so `Line` makes one of its own now and then.
"""

import errno
import logging
import socket
import sys
from collections.abc import Callable, Sequence
from time import perf_counter

import trio

from vibes_trio.config import Limits
from vibes_trio.front.budget import Budget, Buffer, Holding
from vibes_trio.front.runqueue import SLICE_S, RunQueue

log = logging.getLogger(__name__)

HEAD_READ_BYTES = 16 * 1024
BODY_READ_BYTES = 64 * 1024
SENT_AT_ONCE_BYTES = 256 * 1024
"""The system takes megabytes at once, and everybody waits while it copies them."""
LINGER_BYTES = 32 * 1024
"""Heard after the last word; with one head's read it stays below the 64 KiB a refused upload may cost."""

NO_ROOM = "there is no room for a peer that does not read"

CALLS_PER_TURN = 16
OUT_OF_DESCRIPTORS_PAUSE_S = 0.1
LET_OTHERS_S = 0.001

_OUT_OF_DESCRIPTORS = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})
# A client that left between connect and accept, or a network that did: nobody to serve, nothing to do.
_GONE_BEFORE_ACCEPT = frozenset(
    {
        errno.ECONNABORTED,
        errno.ECONNRESET,
        errno.EPROTO,
        errno.EPERM,
        errno.ENETDOWN,
        errno.ENETUNREACH,
        errno.EHOSTDOWN,
        errno.EHOSTUNREACH,
        errno.ETIMEDOUT,
    }
)


async def open_listeners(host: str, port: int, limits: Limits) -> tuple[socket.socket, ...]:
    """Return listening sockets, one for each address of *host*, all on one port.

    Port 0 takes a free one. Accepted sockets inherit the options set here: no delay, and
    `TCP_USER_TIMEOUT`, so that the system drops a peer that has vanished without a word.

    Raises:
        OSError: an address can't be listened on.
    """
    found = await trio.socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    listeners: list[socket.socket] = []
    try:
        for family, kind, protocol, _, address in found:
            listener = socket.socket(family, kind, protocol)
            listeners.append(listener)
            _configure(listener, limits)
            listener.bind((address[0], port, *address[2:]))
            listener.listen(limits.accept_backlog)
            port = listener.getsockname()[1]
    except BaseException:
        close_listeners(listeners)
        raise
    return tuple(listeners)


def close_listeners(listeners: Sequence[socket.socket]) -> None:
    """Stop listening; those that are closed already stay so."""
    for listener in listeners:
        if listener.fileno() >= 0:
            trio.lowlevel.notify_closing(listener)
            listener.close()


def _configure(listener: socket.socket, limits: Limits) -> None:
    listener.setblocking(False)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if listener.family == socket.AF_INET6:
        listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if hasattr(socket, "TCP_USER_TIMEOUT"):  # Linux only
        timeout_ms = int(limits.peer_timeout_s * 1000)
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, timeout_ms)


async def accept_from(
    listener: socket.socket,
    take: Callable[[socket.socket], None],
    is_ahead: Callable[[], bool] | None = None,
) -> None:
    """Give every accepted socket, non-blocking, to *take*. Returns only by cancellation.

    Out of descriptors, it pauses and tries again.

    Args:
        is_ahead: where processes share the listener: whether others should be let go first.
    """
    at_once = CALLS_PER_TURN if is_ahead is None else 1
    accepted = 0
    while True:
        if is_ahead is not None and is_ahead():
            await trio.sleep(LET_OTHERS_S)
        try:
            sock, _ = listener.accept()
        except BlockingIOError:
            await trio.lowlevel.wait_readable(listener)
            continue
        except OSError as error:
            if error.errno in _OUT_OF_DESCRIPTORS:
                log.error("can't accept connections: %s; trying again", error.strerror)
                await trio.sleep(OUT_OF_DESCRIPTORS_PAUSE_S)
            elif error.errno in _GONE_BEFORE_ACCEPT:
                await trio.lowlevel.checkpoint()
            else:
                raise
            continue
        sock.setblocking(False)
        take(sock)
        accepted += 1
        if accepted % at_once == 0:
            await trio.lowlevel.checkpoint()


class Line:
    """One accepted connection: its socket, and the bytes that were read but not used yet.

    Mutable state: `buffer`, what comes before the bytes still in the socket; `holding`, what it holds of the
    budget; `is_websocket`, whether it was turned into one, and `session`, that of the browser whose page of our own
    asked for it; and how many calls it made, and since when, without
    others having had a turn.

    Args:
        holding, run_queue: of the server; where there is none, the line has ones of its own.
    """

    __slots__ = (
        "_calls",
        "_run_queue",
        "_send_timeout_s",
        "_since",
        "buffer",
        "holding",
        "is_websocket",
        "session",
        "socket",
    )

    def __init__(
        self,
        sock: socket.socket,
        send_timeout_s: float,
        holding: Holding | None = None,
        run_queue: RunQueue | None = None,
    ) -> None:
        self.socket = sock
        self.buffer = b""
        self.holding = holding or Budget(sys.maxsize).open("", sock)
        self.is_websocket = False
        self.session = ""
        self._send_timeout_s = send_timeout_s
        self._run_queue = run_queue or RunQueue()
        self._calls = 0
        self._since = perf_counter()

    def begin_slice(self) -> None:
        """Note that others have just had a turn."""
        self._calls = 0
        self._since = perf_counter()

    def restart_clock(self) -> None:
        """Take it that others may have had a turn: the slice's time begins anew, its number of calls does not."""
        self._since = perf_counter()

    @property
    def slice_is_over(self) -> bool:
        """Whether others should have a turn."""
        return perf_counter() - self._since > SLICE_S

    async def wait_turn(self) -> None:
        """Let others have a turn, and wait in the queue of those that have more to do."""
        await self._run_queue.wait_turn(self.holding.client, alone=self.holding.is_alone)
        self.begin_slice()

    async def breathe(self) -> None:
        """Let others have a turn every so many calls, or when the slice is over; for loops that may never block."""
        self._calls += 1
        if self._calls >= CALLS_PER_TURN or self.slice_is_over:
            await self.wait_turn()

    async def receive(self, max_bytes: int = BODY_READ_BYTES) -> bytes:
        """Return the next bytes, those of `buffer` first; empty: the peer has ended or is gone."""
        if self.buffer:
            data, self.buffer = self.buffer, b""
            return data
        return await self.read(max_bytes)

    async def read(self, max_bytes: int = BODY_READ_BYTES) -> bytes:
        """Return the next bytes from the socket, whatever `buffer` holds; empty as in `receive`."""
        self._calls += 1
        if (
            self._calls >= CALLS_PER_TURN or perf_counter() - self._since > SLICE_S
        ):  # as `breathe`, which is dearer
            await self.wait_turn()
        while True:
            try:
                return self.socket.recv(max_bytes)
            except BlockingIOError:
                try:
                    await trio.lowlevel.wait_readable(self.socket)
                except trio.ClosedResourceError:  # what the connection held was taken back
                    return b""
                self._calls, self._since = 0, perf_counter()
            except OSError:
                return b""  # reset, timed out, unreachable: whichever it is, no more will come

    async def receive_later(self, max_bytes: int) -> bytes:
        """As `receive`, for who has just read all there was: to try at once would be in vain, which is dear."""
        if self.buffer:
            return await self.receive(max_bytes)
        try:
            await trio.lowlevel.wait_readable(self.socket)
            self._calls, self._since = 0, perf_counter()
            return self.socket.recv(max_bytes)
        except BlockingIOError:
            return await self.read(max_bytes)
        except (OSError, trio.ClosedResourceError):
            return b""

    def send_now(self, *parts: Buffer) -> int:
        """Send what the socket takes of *parts* at once; return how many bytes that were.

        Raises:
            OSError: the peer is gone.
        """
        try:
            return self.socket.send(parts[0]) if len(parts) == 1 else self.socket.sendmsg(parts)
        except BlockingIOError:
            return 0

    async def wait_writable(self) -> None:
        """Return when the socket takes bytes again.

        Raises:
            trio.BrokenResourceError: it took none for `send_timeout_s`, or there is no room for what is to be sent.
        """
        if self.holding.taken_back:
            raise trio.BrokenResourceError(NO_ROOM)
        with trio.move_on_after(self._send_timeout_s):
            try:
                await trio.lowlevel.wait_writable(self.socket)
            except trio.ClosedResourceError:
                raise trio.BrokenResourceError(NO_ROOM) from None
            self.begin_slice()
            return
        raise trio.BrokenResourceError("the peer does not read")

    async def send_all(self, *parts: Buffer) -> None:
        """Send *parts*, none of which is copied. While the peer lets it wait, the last, the body, counts as held.

        Raises:
            trio.BrokenResourceError: the peer is gone, or took nothing for `send_timeout_s`; or there is no room.
        """
        try:
            sent = self.send_now(*parts)
            if sent < (len(parts[0]) if len(parts) == 1 else sum(map(len, parts))):
                await self._send_rest(parts, sent)
        except OSError as error:
            raise trio.BrokenResourceError("the peer is gone") from error

    async def _send_rest(self, parts: Sequence[Buffer], sent: int) -> None:
        if not self.holding.lend(parts[-1]):
            raise trio.BrokenResourceError(NO_ROOM)
        try:
            while rest := skip(parts, sent):
                parts = rest
                await self.wait_writable()
                sent = self.send_now(*parts)
                self.holding.moved(sent)
        finally:
            self.holding.give_back()

    def end(self) -> None:
        """Tell the peer that nothing more will come."""
        self._shutdown(socket.SHUT_WR)

    def cut(self) -> None:
        """End both directions: whoever waits to read sees the end at once. The socket stays to be closed."""
        self._shutdown(socket.SHUT_RDWR)

    def _shutdown(self, how: int) -> None:
        try:
            self.socket.shutdown(how)
        except OSError as error:
            if error.errno not in (errno.ENOTCONN, errno.EPIPE, errno.ECONNRESET):
                raise

    async def linger(self, timeout_s: float) -> None:
        """End our side, then hear the peer out for a moment.

        To close a socket with unread bytes resets the connection, and a reset can take our last answer
        with it before the peer has read it.
        """
        self.end()
        self.buffer = b""
        self.holding.set(0)  # nothing of it is kept
        heard = 0
        with trio.move_on_after(timeout_s):
            while heard < LINGER_BYTES:
                data = await self.read(HEAD_READ_BYTES)
                if not data:
                    return
                heard += len(data)

    def close(self) -> None:
        """Give the socket back, and all that the connection held."""
        self.holding.close()
        trio.lowlevel.notify_closing(self.socket)
        self.socket.close()


def skip(parts: Sequence[Buffer], size: int) -> list[memoryview]:
    """Return what is left of *parts* without their first *size* bytes. Nothing is copied."""
    rest = []
    for part in parts:
        if size < len(part):
            rest.append(memoryview(part)[size:])
        size = max(0, size - len(part))
    return rest
