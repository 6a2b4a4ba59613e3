"""WebSockets: an I/O-free protocol driven by one reader, answers beside it, one writer.

A connection is one task as long as it says nothing, or only what can be answered at once: it hears, answers and
hears on. When an answer has to wait, or the peer does not take what it is sent, the connection opens its nurseries:
each such answer then runs in a task of its own, once there is a slot for it, while the reader reads on. When
nothing of that kind has happened for a while, it is one task again: ten thousand of them are cheap.

Replies go to the outbox. Messages with the same order key get chained turns, in reading order. A peer that
breaks the protocol gets the replies to what it said before, then the close. Compression is never negotiated: a
thousandfold bomb costs more than the bytes it saves (platform-and-reliability.md 1.3).

A page of any origin may connect, unless `VIBES_API_ORIGINS` names those that may (`heads.py` looks). It gains
nothing: no cookie counts here, every message carries its own bearer token, which the page would have to have already.
"""

import logging
import math
from codecs import IncrementalDecoder, getincrementaldecoder
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass, field

import trio
from websockets.datastructures import Headers
from websockets.frames import CloseCode, Frame
from websockets.http11 import Request
from websockets.protocol import State
from websockets.server import ServerProtocol

from vibes_trio.errors import BadRequest, NotFound, TooLarge
from vibes_trio.exchange import MessageIncoming, Reply, Turn
from vibes_trio.front.heads import Head
from vibes_trio.front.held import Share
from vibes_trio.front.http import Refused, site_headers
from vibes_trio.front.outbox import Outbox
from vibes_trio.front.protocol import BINARY, CONT, TEXT, WebSocketProtocol
from vibes_trio.front.sockets import BODY_READ_BYTES, HEAD_READ_BYTES, Line
from vibes_trio.front.state import Front, Waiting
from vibes_trio.front.status import error_reply

log = logging.getLogger(__name__)

MISSED_PINGS = 2
FRAMES_AT_ONCE = 64
ANSWERS_AT_ONCE = 16
"""So many of one connection's messages are answered in a row before others have a turn: a few milliseconds."""

_UTF8 = getincrementaldecoder("utf-8")


class Assembly:
    """The message that is arriving, frame by frame.

    Raises `UnicodeDecodeError` from `add` as soon as a text is no UTF-8. A message over *max_bytes* is
    counted but not kept.

    Mutable state: the data and size of the frames so far, and whether they are text, with its decoder.
    """

    __slots__ = ("_data", "_decoder", "_is_text", "_max_bytes", "_size")

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._data = bytearray()
        self._size = 0
        self._decoder: IncrementalDecoder | None = None
        self._is_text = False

    def add(self, frame: Frame) -> bytes | TooLarge | None:
        """Return the message that *frame* completes, an error in place of one too large, else None."""
        data = bytes(frame.data)
        if frame.opcode != CONT:
            self._is_text = frame.opcode == TEXT
            if frame.fin:
                if self._is_text and not data.isascii():
                    data.decode()
                return data if len(data) <= self._max_bytes else self._too_large(len(data))
            self._decoder = _UTF8() if self._is_text else None
        if self._decoder is not None:
            self._decoder.decode(data, frame.fin)
        self._size += len(data)
        if self._size <= self._max_bytes:
            self._data += data
        else:
            self._data.clear()
        if not frame.fin:
            return None
        size, self._size = self._size, 0
        message, self._data, self._decoder = bytes(self._data), bytearray(), None
        return message if size <= self._max_bytes else self._too_large(size)

    def _too_large(self, size: int) -> TooLarge:
        text = f"The message has {size} bytes; at most {self._max_bytes} are taken."
        return TooLarge(text, limit="max_frame_bytes", value=self._max_bytes)

    @property
    def held_bytes(self) -> int:
        """Bytes of the message that is arriving."""
        return len(self._data)


@dataclass(frozen=True, slots=True)
class _Answer:
    """An answer that has to be waited for, to a message of *size* bytes, whose slot is taken already."""

    reply: Awaitable[Reply]
    size: int
    key: str | None
    turn: Turn | None


@dataclass(slots=True)
class _Socket:
    """One WebSocket. Everything mutable about it is here.

    Attributes:
        backlog: messages that were read, but are not being answered yet.
        turns: the last turn per order key, while it is not over.
        in_flight: how many answers are waited for.
        freed: set when one of those is there, for a reader that waits for a slot.
        deferred: the answer for which the connection has to open its nurseries.
        wanted_company: whether an answer had to be waited for since the last ping.
        message_bytes: of the messages that were read and are not answered yet.
        heard: whether the peer has said anything since the last ping.
        missed: pings in a row with nothing heard after them.
        next_beat: when to ping, in Trio's time.
        arriving_since: when the first byte of a message came whose last has not; infinity: none is arriving.
        read_full: whether the last read brought as much as it could, so that there may be more.
    """

    front: Front
    line: Line
    protocol: WebSocketProtocol
    outbox: Outbox
    assembly: Assembly
    share: Share
    next_beat: float
    backlog: list[bytes] = field(default_factory=list)
    turns: dict[str, Turn] = field(default_factory=dict)
    in_flight: int = 0
    freed: trio.Event | None = None
    deferred: _Answer | None = None
    wanted_company: bool = False
    message_bytes: int = 0
    heard: bool = True
    missed: int = 0
    arriving_since: float = math.inf
    read_full: bool = True


def accept_websocket(head: Head) -> bytes:
    """Return what opens the WebSocket that *head* asks for; `serve_websocket` comes next.

    Raises:
        Refused: an app's host has none, or the handshake is wrong.
    """
    if head.host_name.app is not None:
        raise Refused(NotFound("There is no WebSocket on an app's host."))
    shaker = ServerProtocol()
    response = shaker.accept(Request(head.target, Headers(head.fields)))
    if response.status_code != 101:
        reason = f"No WebSocket: {shaker.handshake_exc}."
        raise Refused(BadRequest(reason), response.status_code)
    for name, value in site_headers("", head.readers):
        response.headers[name] = value
    return response.serialize()


async def serve_websocket(front: Front, waiting: Waiting, line: Line) -> None:
    """Serve the WebSocket that *line* has become to its end."""
    front.counts.websockets += 1
    ws = _open(front, line)
    code = CloseCode.GOING_AWAY
    with ws.share:
        try:
            await _listen(ws, waiting, None)
            while ws.deferred is not None or ws.backlog or ws.outbox.size:
                await _converse(ws, waiting)
                await _listen(ws, waiting, None)
        except* Exception:  # a bug of ours must end this connection in an orderly way, and no other
            log.exception("a WebSocket failed")
            front.counts.faults += 1
            code = CloseCode.INTERNAL_ERROR
        finally:  # when the shutdown's time is over, too: nothing here waits
            ws.protocol.part(code)
            _flush(ws)
        await _take_leave(ws)


def _open(front: Front, line: Line) -> _Socket:
    limits = front.limits
    return _Socket(
        front,
        line,
        WebSocketProtocol(limits.hard_frame_bytes),
        Outbox(line, limits.outbox_bytes),
        Assembly(limits.max_frame_bytes),
        Share(front.held),
        trio.current_time() + limits.ping_interval_s,
    )


async def _take_leave(ws: _Socket) -> None:
    """Send what is left, and hear the peer out until it has said goodbye too.

    What it still sends would else reset the connection and could take our close frame with it.
    """
    async with trio.open_nursery() as writer:
        writer.start_soon(ws.outbox.write_out)
        with ws.outbox, trio.move_on_after(ws.front.limits.close_timeout_s):
            while ws.protocol.state is State.CLOSING and ws.protocol.close_rcvd is None:
                _feed(ws, await ws.line.receive())


async def _converse(ws: _Socket, waiting: Waiting) -> None:
    """Read on with answers and the writer in tasks of their own, until all is quiet or either side ends."""
    async with trio.open_nursery() as writer:
        writer.start_soon(ws.outbox.write_out)
        async with trio.open_nursery() as in_flight:
            if ws.deferred is not None:
                in_flight.start_soon(_finish, ws, ws.deferred)
                ws.deferred = None
            await _listen(ws, waiting, in_flight)
            while ws.backlog:  # read, so to be answered, although the server stops
                await _answer_next(ws, in_flight)
        writer.cancel_scope.cancel()  # what it has not sent `_take_leave` sends


async def _listen(ws: _Socket, waiting: Waiting, in_flight: trio.Nursery | None) -> None:
    """Read and answer until the conversation ends, the peer is silent for too long, or the server stops.

    Without *in_flight* also until that is needed; with it until it has not been for a whole heartbeat.
    """
    while ws.protocol.listening and not waiting.over:
        # One scope for heartbeats and the server's end: with its status it is a tenth of an idle connection.
        with trio.CancelScope(deadline=ws.next_beat) as reading:
            waiting.add(reading)
            try:
                return await _read_messages(ws, in_flight)
            finally:
                waiting.discard(reading)
        if not waiting.over and _beat(ws) and in_flight is not None:
            return


def _beat(ws: _Socket) -> bool:
    """Ping the peer; return whether nothing had to wait since the last time, or has to now.

    Give up a peer that is silent, or whose message has been arriving for longer than a body may.
    """
    limits = ws.front.limits
    now = trio.current_time()
    ws.next_beat = now + limits.ping_interval_s
    reading = not (ws.backlog or ws.outbox.size)
    if not reading:  # messages wait for slots, or replies for the peer: to hear nothing is our own doing
        ws.missed, ws.arriving_since = 0, max(now, ws.arriving_since)
    elif ws.heard:
        ws.missed = 0
    else:
        ws.missed += 1
    ws.heard = False
    quiet, ws.wanted_company = reading and not ws.in_flight and not ws.wanted_company, False
    if ws.missed >= MISSED_PINGS or now - ws.arriving_since > limits.body_timeout_s:
        log.info("dropped a silent or slow peer")
        ws.front.counts.dropped += 1
        ws.outbox.abort()
        _feed(ws, b"")
        return False
    ws.protocol.send_ping(b"")
    _flush(ws)
    if ws.missed:  # the last ping gets a short time only: the peer had a whole interval before it
        ws.next_beat = now + limits.close_timeout_s
    return quiet


async def _read_messages(ws: _Socket, in_flight: trio.Nursery | None) -> None:
    """Read messages and answer them. Cancelled, it loses none. Returns as `_listen`."""
    answered = 0
    while True:
        while ws.backlog and (in_flight is not None or ws.outbox.has_room):
            await _answer_next(ws, in_flight)
            answered += 1
            if answered % ANSWERS_AT_ONCE == 0:
                await trio.lowlevel.checkpoint()
            if ws.deferred is not None:
                return
        if not ws.protocol.listening or (in_flight is None and ws.outbox.size):
            return
        if not ws.outbox.has_room:
            await ws.outbox.room()
        most = _read_bytes(ws)
        data = await (ws.line.receive(most) if ws.read_full else ws.line.receive_later(most))
        ws.read_full = len(data) >= most
        if _feed(ws, data) > FRAMES_AT_ONCE:
            await trio.lowlevel.checkpoint()


def _read_bytes(ws: _Socket) -> int:
    """Return how much to read at once: much of a message that is large, little of frames that may be tiny.

    All that one read brings is taken apart before anybody else has a turn, and a frame costs 6 bytes.
    """
    return BODY_READ_BYTES if ws.protocol.partial_bytes >= HEAD_READ_BYTES else HEAD_READ_BYTES


async def _answer_next(ws: _Socket, in_flight: trio.Nursery | None) -> None:
    """Answer the first message of the backlog, or start to, once there is a slot and room for the reply.

    When the answer has to wait, and there is no nursery for it, it is left in `deferred`.
    """
    if not ws.outbox.has_room:
        await ws.outbox.room()
    while ws.in_flight >= ws.front.limits.in_flight_per_connection:
        ws.freed = trio.Event()
        await ws.freed.wait()
    data = ws.backlog.pop(0)
    key = ws.front.order_key(data)
    turn = None
    if key is not None:
        turn = ws.turns[key] = Turn(ws.turns.get(key))
    reply = ws.front.answer(MessageIncoming(data), turn)
    if isinstance(reply, Reply):
        _pass_on(ws, key, turn)
        _say(ws, reply.body)
        _let_go(ws, len(data))
        return
    ws.in_flight += 1
    ws.wanted_company = True
    answer = _Answer(reply, len(data), key, turn)
    if in_flight is not None:
        in_flight.start_soon(_finish, ws, answer)
    else:
        ws.deferred = answer


async def _finish(ws: _Socket, answer: _Answer) -> None:
    """Wait for an answer, and give its slot back when the reply is in the outbox."""
    try:
        try:
            reply = await answer.reply
        finally:
            _pass_on(ws, answer.key, answer.turn)
        await ws.outbox.room()
        _say(ws, reply.body)
    finally:
        ws.in_flight -= 1
        if ws.freed is not None:
            ws.freed.set()
            ws.freed = None
        _let_go(ws, answer.size)


def _pass_on(ws: _Socket, key: str | None, turn: Turn | None) -> None:
    """End a turn, whatever became of it."""
    if key is not None and turn is not None:
        turn.pass_on()
        if (last := ws.turns.get(key)) is not None and last.passed:
            del ws.turns[key]


def _let_go(ws: _Socket, size: int) -> None:
    """Count a message of *size* bytes as answered."""
    ws.message_bytes -= size
    _count_held(ws)


def _say(ws: _Socket, text: bytes) -> None:
    if ws.protocol.state is State.OPEN:  # else the peer has said goodbye, and hears nothing more
        ws.protocol.send_text(text)
        _flush(ws)


def _feed(ws: _Socket, data: bytes) -> int:
    """Take what the peer sent, nothing at its end; answer what is the protocol's own business.

    Returns how many frames that was.
    """
    protocol = ws.protocol
    frames: Sequence[Frame] = ()
    if data:
        ws.heard = True
        frames = protocol.receive_frames(data)
    else:
        protocol.receive_eof()
    _take_frames(ws, frames)
    if not _count_held(ws) and protocol.listening:
        protocol.fail(CloseCode.TRY_AGAIN_LATER, "too much arrives at the moment")
    if not protocol.in_message:
        ws.arriving_since = math.inf
    elif ws.backlog or ws.arriving_since == math.inf:
        ws.arriving_since = trio.current_time()
    _flush(ws)
    return len(frames)


def _count_held(ws: _Socket) -> bool:
    """Count what this connection holds; return whether there is room for it."""
    arriving = ws.protocol.partial_bytes + ws.assembly.held_bytes
    return ws.share.set(ws.message_bytes + arriving)


def _take_frames(ws: _Socket, frames: Sequence[Frame]) -> None:
    try:
        for frame in frames:
            if frame.opcode <= BINARY:  # none but data frames
                message = ws.assembly.add(frame)
                if isinstance(message, TooLarge):
                    _say(ws, error_reply(message).body)
                elif message is not None:
                    ws.backlog.append(message)
                    ws.message_bytes += len(message)
    except UnicodeDecodeError as error:
        if ws.protocol.state is State.OPEN:
            ws.protocol.fail(CloseCode.INVALID_DATA, f"{error.reason} at position {error.start}")


def _flush(ws: _Socket) -> None:
    waiting = ws.protocol.data_to_send()
    if not waiting:
        return
    if data := waiting[0] if len(waiting) == 1 else b"".join(waiting):
        ws.outbox.put(data)
    if not waiting[-1]:
        ws.outbox.end()
