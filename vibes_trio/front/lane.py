"""One task per connection: it reads heads, and answers, refuses or passes on one request after another.

Every head is read here, so what may be asked at all is decided in one place, `heads.py`. A simple request is
answered by the fast lane, below; a WebSocket goes to `ws.py` and stays there; any other request, and what may be
for a page of this server's own, goes with its bytes put back in front to the full lane (Hypercorn and Quart) for
this one request, after which the connection comes back. A connection that was given an answer kept ready is parked
until it asks for something else (`parking.py`). Fast lane and parking are optimisations and never change an answer.

A process that only reads hands all but the simple reading of apps, connection and bytes, to the process that
owns the data, and what it finds it can't answer; there it goes on as if it had been accepted there.
"""

import math
import socket
from collections.abc import Awaitable, Callable
from time import perf_counter
from typing import cast

import msgspec
import trio

from vibes_trio.browsers import acting_session
from vibes_trio.config import Limits
from vibes_trio.errors import BadRequest, forget_traces
from vibes_trio.exchange import HttpIncoming, Reply
from vibes_trio.front.access import note_refused
from vibes_trio.front.addresses import address_of, peer_of
from vibes_trio.front.heads import Head, find_head_end, parse_head, refused_for
from vibes_trio.front.http import (
    ANYBODY,
    Refused,
    build_response,
    refuse_long_head,
    refuse_no_room,
    refuse_slow,
    sound,
)
from vibes_trio.front.parking import Parking
from vibes_trio.front.sockets import BODY_READ_BYTES, HEAD_READ_BYTES, Line
from vibes_trio.front.state import FAST, READY, Front, Waiting
from vibes_trio.front.upload import Upload
from vibes_trio.front.ws import accept_websocket, serve_websocket
from vibes_trio.steps import KEPT_WHOLE_BYTES, let_go
from vibes_trio.urls import ERRORS, METRICS, SIGN_IN, may_be_page

ServeOne = Callable[[Line, Head], Awaitable[bool]]
"""Answers the one request whose bytes, head included, come next; returns whether another may follow."""


class FullLane:
    """The full lane from the day it is loaded; whoever comes earlier waits."""

    def __init__(self) -> None:
        self._loaded = trio.Event()
        self._serve_one: ServeOne | None = None
        self._has_page: Callable[[str], bool] | None = None

    def open(self, serve_one: ServeOne, has_page: Callable[[str], bool]) -> None:
        """Let requests in. *has_page*: whether a page may be at the path of a request target."""
        self._serve_one, self._has_page = serve_one, has_page
        self._loaded.set()

    def may_have(self, head: Head) -> bool:
        """Whether *head* may ask for a page of this server's own. Before it is loaded, nobody knows which there are."""
        if not may_be_page(head.host_name, head.method, head.target):
            return False
        return self._has_page is None or self._has_page(head.target)

    async def serve(self, line: Line, head: Head) -> bool:
        """As `ServeOne`."""
        await self._loaded.wait()
        assert self._serve_one is not None
        return await self._serve_one(line, head)


_BY_CLIENT = (ERRORS, SIGN_IN)
"""What may be posted so often by each client."""


class _Connection(msgspec.Struct, frozen=True):
    """One connection. *patience* runs out when the client is slow with a head, or idle too long."""

    front: Front
    waiting: Waiting
    parking: Parking
    full: FullLane
    line: Line
    patience: trio.CancelScope


async def serve_connection(
    front: Front,
    waiting: Waiting,
    parking: Parking,
    full: FullLane,
    sock: socket.socket,
    received: bytes = b"",
) -> None:
    """Answer all requests of one connection, of which *received* was read before, then close it."""
    holding = front.budget.open(address_of(sock), sock)
    line = Line(sock, front.limits.send_timeout_s, holding, front.run_queue)
    line.buffer = received
    patience = trio.CancelScope()
    try:
        with patience:
            await _serve_or_refuse(_Connection(front, waiting, parking, full, line, patience))
        if patience.cancelled_caught and line.buffer and not front.draining.is_set():
            await _refuse(front, line, refuse_slow())
        elif line.is_websocket:
            # Not where its head was read: head and all that led there would be kept for as long as it is open.
            await serve_websocket(front, waiting, line)
    except trio.BrokenResourceError:
        front.counts.dropped += 1
    finally:
        waiting.discard(patience)
        line.close()


async def _serve_or_refuse(conn: _Connection) -> None:
    first, refused = True, None
    try:
        while await _serve_next(conn, first) and not conn.front.draining.is_set():
            first = False
            await conn.line.breathe()
    except Refused as error:
        refused = error
        forget_traces(error)  # the frames it went through hold the body that there is no room for
    if refused is not None:
        await _refuse(conn.front, conn.line, refused)


async def _refuse(front: Front, line: Line, refused: Refused) -> None:
    front.counts.refused += 1
    front.counts.answers["refused", refused.reply.status, FAST].value += 1
    front.counts.errors[(refused.error.code,)].value += 1
    note_refused(front.access, line.socket, refused)
    # HEAD is not told apart: the connection ends here, so a body too many confuses nobody.
    await line.send_all(*build_response(refused.reply, "GET", readers=refused.readers, close=True))
    await line.linger(front.limits.close_timeout_s)


async def _serve_next(conn: _Connection, first: bool) -> bool:
    """Serve one request; return whether another may follow.

    Raises:
        Refused: nothing of the request was answered yet.
        trio.BrokenResourceError: the client is gone or does not read.
    """
    front, line = conn.front, conn.line
    data = await _read_head(conn, first)
    if data is None:
        return False
    if front.fast and not front.draining.is_set():
        ready = front.ready.find(data)
        if ready is not None:
            if front.access is not None:
                front.access.ready(line.socket, data, ready)
            await line.send_all(*ready)
            return await _park(conn)
    head = parse_head(data, front.limits, front.site)
    if front.hand_over is not None and not _reads_an_app(head):
        return await _hand_over(front, line, data)
    try:
        return await _serve_head(conn, head, data)
    except Refused as refused:
        raise refused_for(head, refused) from None


async def _serve_head(conn: _Connection, head: Head, data: bytes) -> bool:
    """Serve the request with *head*, which was read from *data*; returns and raises as `_serve_next`."""
    line = conn.line
    if head.upgrade:
        await line.send_all(accept_websocket(head))
        line.is_websocket = True
        line.session = acting_session(head.headers, head.host, conn.front.site.protocol)
        return False
    if head.length == len(line.buffer):  # all is there; a body counts when it is answered
        return await _serve_request(conn, head, data)
    if not line.holding.set(len(line.buffer)):
        raise refuse_no_room()
    try:
        return await _serve_request(conn, head, data)
    finally:
        line.holding.set(len(line.buffer))


async def _hand_over(front: Front, line: Line, data: bytes) -> bool:
    """Hand the connection over, with *data* put back in front; it never goes on here."""
    front.counts.handed_over += 1
    data += line.buffer
    if not line.holding.set(len(data)):
        raise refuse_no_room()
    assert front.hand_over is not None
    await front.hand_over(line.socket, data)
    return False


async def _serve_request(conn: _Connection, head: Head, data: bytes) -> bool:
    """Serve it in one of the lanes; returns and raises as `_serve_next`."""
    front, line = conn.front, conn.line
    is_apps = head.host_name.app is not None or front.pages is None
    if head.simple and front.fast and (is_apps or not conn.full.may_have(head)):
        front.counts.fast += 1
        return await _answer(front, line, head, data)
    front.counts.full += 1
    line.buffer = data + line.buffer
    line.holding.set(0)  # it reads, and counts, all of it again
    if not await conn.full.serve(line, head):
        await line.linger(front.limits.close_timeout_s)
        return False
    line.holding.set(len(line.buffer))
    return True


async def _park(conn: _Connection) -> bool:
    """Wait for the next request; while what is asked has a ready answer, without this task (`parking.py`).

    Returns and raises as `_serve_next`.
    """
    if conn.line.buffer or conn.front.draining.is_set() or not conn.parking.possible:
        return True
    conn.waiting.add(conn.patience)
    unsent = await conn.parking.stay(conn.line)
    conn.waiting.discard(conn.patience)
    conn.line.begin_slice()
    if unsent:
        await conn.line.send_all(*unsent)
    return bool(unsent or conn.line.buffer)


def _reads_an_app(head: Head) -> bool:
    """Whether a file or page of an app, or a module, is asked for in the simple way."""
    return head.simple and head.method in ("GET", "HEAD") and head.is_of_app


async def _answer(front: Front, line: Line, head: Head, data: bytes) -> bool:
    version = front.ready.version()
    body = await _read_body(front.limits, line, head.length) if head.length else b""
    # Who asks costs a call to the system: only for what depends on it.
    takes_turns = len(body) > front.limits.read_here_bytes or head.target in _BY_CLIENT
    client = peer_of(line.socket) if takes_turns or head.target.startswith(METRICS) else ""
    incoming = HttpIncoming(head.method, head.host, head.target, head.headers, body, head.host_name, client)
    began = perf_counter()
    size = len(body)  # as it came: who answers it may let go of it before
    if body and not (line.holding.pin if line.holding.bytes else line.holding.add_pinned)(size):
        raise refuse_no_room()
    try:
        answered = front.answer(incoming, None)
        if isinstance(answered, Reply):
            reply = answered
        else:
            reply = await answered
            line.restart_clock()
        if size > KEPT_WHOLE_BYTES:
            await let_go(body)  # it counts until it is gone
    finally:
        if body:
            line.holding.unpin(size)
    if reply.for_owner and front.hand_over is not None:
        return await _hand_over(front, line, data + body)
    reply = sound(reply)
    if front.access is not None:
        reply = front.access.answered(line.socket, head, reply, FAST, began)
    close = head.close or front.draining.is_set()
    front.counts.answer(head, reply.status, FAST).value += 1
    front.counts.took(head, FAST, began)
    await line.send_all(*build_response(reply, head.method, readers=head.readers, close=close))
    if reply.repeatable and head.readers in ("", ANYBODY) and not close and not head.length:
        given = front.counts.answer(head, reply.status, READY)
        front.ready.keep(data, head.method, reply, version, head.readers, given)
    return not close


async def _read_head(conn: _Connection, first: bool) -> bytes | None:
    """Return the next head and leave what follows it in the line's buffer; None: the client has ended.

    A head has `head_timeout_s` from its first byte (on a new connection, from the start), the pause before it
    `keep_alive_timeout_s`. When either runs out, `patience` ends the connection.

    Raises:
        Refused: too long, or no head by its first byte (a TLS greeting, say).
    """
    line, limits = conn.line, conn.front.limits
    data = line.buffer
    timeout_s = limits.head_timeout_s if first or data else limits.keep_alive_timeout_s
    deadline = trio.current_time() + timeout_s
    while not (end := find_head_end(data)) and len(data) <= limits.max_head_bytes:
        if data and data[0] <= 0x20:
            raise Refused(BadRequest("This is no HTTP request: it does not begin with a method."))
        if data and not line.holding.set(len(data)):
            raise refuse_no_room()
        received = await _read_patiently(conn, deadline)
        if line.holding.taken_back:
            raise refuse_no_room()
        if not received:
            return None
        if not data and not first:
            deadline = trio.current_time() + limits.head_timeout_s
        data = line.buffer = data + received
    if not end or end > limits.max_head_bytes:
        raise refuse_long_head(limits)
    if line.holding.bytes:
        line.holding.set(0)
    line.buffer = data[end:]
    return data[:end]


async def _read_patiently(conn: _Connection, deadline: float) -> bytes:
    """Read; not beyond *deadline*, nor when the server stops. One scope for all reads is cheaper."""
    conn.patience.deadline = deadline
    conn.waiting.add(conn.patience)
    received = await conn.line.read(HEAD_READ_BYTES)
    conn.waiting.discard(conn.patience)
    conn.patience.deadline = math.inf
    return received


async def _read_body(limits: Limits, line: Line, length: int) -> bytes:
    """Return the next *length* bytes.

    Raises:
        Refused: they stopped, there was no room for them, or the client ended before.
    """
    if len(line.buffer) < length:
        # One block that grows in place: pieces would lie in memory twice in the end, and leave holes behind. Nor is
        # it copied when it is whole, as that takes time.
        body, upload = bytearray(line.buffer), Upload(line, limits)
        line.buffer = b""
        while len(body) < length:
            data = await upload.read(min(length - len(body), BODY_READ_BYTES))
            if not data:
                raise upload.refuse()
            body += data
        return cast(bytes, body)
    whole, line.buffer = line.buffer[:length], line.buffer[length:]
    return whole
