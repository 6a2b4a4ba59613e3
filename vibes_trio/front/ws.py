"""WebSockets: the I/O-free protocol of `websockets` driven by one reader, answers beside it, one writer.

The reader starts the answer of each message in a task of its own, once there is a slot for it, and reads on
only when every message it has read got one; replies go to the outbox. Messages with the same order key get
chained turns, in reading order. A peer that breaks the protocol gets the replies to what it said before, then
the close. Compression is never negotiated: a thousandfold bomb costs more than the bytes it saves
(platform-and-reliability.md 1.3).

Origin is not checked. A page of any origin may connect, and gains nothing: no cookie counts here, every
message carries its own bearer token, which the page would have to have already.
"""

import logging
import math
from codecs import getincrementaldecoder
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

import trio
from websockets.datastructures import Headers
from websockets.frames import CloseCode, Frame, Opcode
from websockets.http11 import Request
from websockets.protocol import State
from websockets.server import ServerProtocol

from vibes_trio.errors import BadRequest, NotFound, TooLarge
from vibes_trio.exchange import MessageIncoming, Turn
from vibes_trio.front.heads import Head
from vibes_trio.front.held import Share
from vibes_trio.front.http import COMMON_HEADERS, Refused
from vibes_trio.front.outbox import Outbox
from vibes_trio.front.protocol import WebSocketProtocol
from vibes_trio.front.sockets import BODY_READ_BYTES, HEAD_READ_BYTES, Line
from vibes_trio.front.state import Front, Waiting
from vibes_trio.front.status import error_reply

log = logging.getLogger(__name__)

MISSED_PINGS = 2
FRAMES_AT_ONCE = 64

_UTF8 = getincrementaldecoder("utf-8")


class Assembly:
    """The message that is arriving, frame by frame.

    Raises `UnicodeDecodeError` from `add` as soon as a text is no UTF-8. A message over *max_bytes* is
    counted but not kept.

    Mutable state: the data and size of the frames so far, and whether they are text, with its decoder.
    """

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._data = bytearray()
        self._size = 0
        self._text = _UTF8()
        self._is_text = False

    def add(self, frame: Frame) -> bytes | TooLarge | None:
        """Return the message that *frame* completes, an error in place of one too large, else None."""
        data = bytes(frame.data)
        whole = frame.fin and frame.opcode is not Opcode.CONT
        if frame.opcode is not Opcode.CONT:
            self._is_text = frame.opcode is Opcode.TEXT
            self._text.reset()
        if self._is_text and not (whole and data.isascii()):
            self._text.decode(data, frame.fin)
        self._size += len(data)
        if self._size > self._max_bytes:
            self._data.clear()
        elif not whole:
            self._data += data
        if not frame.fin:
            return None
        size, self._size = self._size, 0
        if size > self._max_bytes:
            text = f"The message has {size} bytes; at most {self._max_bytes} are taken."
            return TooLarge(text, limit="max_frame_bytes", value=self._max_bytes)
        if whole:
            return data
        message = bytes(self._data)
        self._data.clear()
        return message

    @property
    def held_bytes(self) -> int:
        """Bytes of the message that is arriving."""
        return len(self._data)


@dataclass(slots=True)
class _Socket:
    """One WebSocket. Everything mutable about it is here.

    Attributes:
        backlog: messages that were read, but have no slot yet.
        turns: the last turn per order key, while it is not over.
        message_bytes: of the messages that were read and are not answered yet.
        heard: whether the peer has said anything since the last ping.
        missed: pings in a row with nothing heard after them.
        arriving_since: when the first byte of a message came whose last has not; infinity: none is arriving.
    """

    front: Front
    line: Line
    protocol: WebSocketProtocol
    outbox: Outbox
    assembly: Assembly
    slots: trio.Semaphore
    share: Share
    backlog: deque[bytes] = field(default_factory=deque)
    turns: dict[str, Turn] = field(default_factory=dict)
    message_bytes: int = 0
    heard: bool = True
    missed: int = 0
    arriving_since: float = math.inf


async def serve_websocket(front: Front, waiting: Waiting, line: Line, head: Head) -> None:
    """Accept the WebSocket that *head* asks for, and serve it to its end.

    Raises:
        Refused: an app's host has none, or the handshake is wrong.
    """
    greeting = _accept(head)
    front.counts.websockets += 1
    limits = front.limits
    protocol = WebSocketProtocol(limits.hard_frame_bytes)
    outbox = Outbox(line, limits.outbox_bytes)
    slots = trio.Semaphore(limits.in_flight_per_connection)
    share = Share(front.held)
    ws = _Socket(front, line, protocol, outbox, Assembly(limits.max_frame_bytes), slots, share)
    async with trio.open_nursery() as writer:
        writer.start_soon(outbox.write_out)
        with share, outbox:
            outbox.put(greeting)
            await _converse(ws, waiting)


def _accept(head: Head) -> bytes:
    """Return the answer that opens the WebSocket.

    Raises:
        Refused: see `serve_websocket`.
    """
    if head.host_name.app is not None:
        raise Refused(NotFound("There is no WebSocket on an app's host."))
    shaker = ServerProtocol()
    response = shaker.accept(Request(head.target, Headers(head.fields)))
    if response.status_code != 101:
        reason = f"No WebSocket: {shaker.handshake_exc}."
        raise Refused(BadRequest(reason), response.status_code)
    for name, value in COMMON_HEADERS:
        response.headers[name] = value
    return response.serialize()


async def _converse(ws: _Socket, waiting: Waiting) -> None:
    """Answer messages until either side ends; then finish what is in flight and close."""
    code = CloseCode.GOING_AWAY
    try:
        async with trio.open_nursery() as in_flight:
            await _read_in(ws, waiting, in_flight)
            while ws.backlog:  # read, so to be answered, although the server stops
                await _take_slot(ws)
                _start_answer(ws, ws.backlog.popleft(), in_flight)
    except* Exception:  # a bug of ours must end this connection in an orderly way, and no other
        log.exception("a WebSocket failed")
        ws.front.counts.faults += 1
        code = CloseCode.INTERNAL_ERROR
    finally:  # when the shutdown's time is over, too: nothing here waits
        ws.protocol.part(code)
        _flush(ws)
    # Hear the peer out until it has said goodbye too: what it still sends would else reset the connection
    # and could take our close frame with it.
    with trio.move_on_after(ws.front.limits.close_timeout_s):
        while ws.protocol.state is State.CLOSING and ws.protocol.close_rcvd is None:
            _feed(ws, await ws.line.receive())


async def _read_in(ws: _Socket, waiting: Waiting, in_flight: trio.Nursery) -> None:
    """Read until the conversation ends, the peer is silent for too long, or the server stops."""
    reading = trio.CancelScope()
    waiting.add(reading)
    try:
        with reading:
            beat_s = ws.front.limits.ping_interval_s
            while ws.protocol.listening:
                with trio.move_on_after(beat_s) as until_beat:
                    await _read_messages(ws, in_flight)
                if until_beat.cancelled_caught:
                    beat_s = _beat(ws)
    finally:
        waiting.discard(reading)


def _beat(ws: _Socket) -> float:
    """Ping the peer; return after how many seconds to do so again.

    Give up a peer that is silent, or whose message has been arriving for longer than a body may.
    """
    limits = ws.front.limits
    now = trio.current_time()
    reading = not (ws.backlog or ws.outbox.size)
    if not reading:  # messages wait for slots, or replies for the peer: to hear nothing is our own doing
        ws.missed, ws.arriving_since = 0, max(now, ws.arriving_since)
    elif ws.heard:
        ws.missed = 0
    else:
        ws.missed += 1
    ws.heard = False
    if ws.missed >= MISSED_PINGS or now - ws.arriving_since > limits.body_timeout_s:
        log.info("dropped a silent or slow peer")
        ws.front.counts.dropped += 1
        ws.outbox.abort()
        _feed(ws, b"")
        return limits.ping_interval_s
    ws.protocol.send_ping(b"")
    _flush(ws)
    # The last ping gets a short time only: the peer had a whole interval before it.
    return limits.close_timeout_s if ws.missed else limits.ping_interval_s


async def _read_messages(ws: _Socket, in_flight: trio.Nursery) -> None:
    """Read messages and start their answers until the conversation ends. Cancelled, it loses none."""
    while True:
        while ws.backlog:
            await _take_slot(ws)
            _start_answer(ws, ws.backlog.popleft(), in_flight)
        if not ws.protocol.listening:
            return
        await ws.outbox.room()
        if _feed(ws, await ws.line.receive(_read_bytes(ws))) > FRAMES_AT_ONCE:
            await trio.lowlevel.checkpoint()


def _read_bytes(ws: _Socket) -> int:
    """Return how much to read at once: much of a message that is large, little of frames that may be tiny.

    All that one read brings is taken apart before anybody else has a turn, and a frame costs 6 bytes.
    """
    return BODY_READ_BYTES if len(ws.protocol.reader.buffer) >= HEAD_READ_BYTES else HEAD_READ_BYTES


async def _take_slot(ws: _Socket) -> None:
    try:
        ws.slots.acquire_nowait()
    except trio.WouldBlock:
        await ws.slots.acquire()


def _start_answer(ws: _Socket, data: bytes, in_flight: trio.Nursery) -> None:
    key = ws.front.order_key(data)
    turn = None
    if key is not None:
        turn = ws.turns[key] = Turn(ws.turns.get(key))
    in_flight.start_soon(_answer, ws, data, key, turn)


async def _answer(ws: _Socket, data: bytes, key: str | None, turn: Turn | None) -> None:
    """Answer one message, whose slot is taken already and given back when the reply is in the outbox."""
    try:
        try:
            reply = await ws.front.answer(MessageIncoming(data), turn)
        finally:
            if key is not None and turn is not None:
                turn.pass_on()
                if (last := ws.turns.get(key)) is not None and last.passed:
                    del ws.turns[key]
        await ws.outbox.room()
        _say(ws, reply.body)
    finally:
        ws.slots.release()
        ws.message_bytes -= len(data)
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
    if data:
        ws.heard = True
        protocol.receive_data(data)
    else:
        protocol.receive_eof()
    frames = protocol.events_received()
    _take_frames(ws, frames)
    if not _count_held(ws) and protocol.listening:
        protocol.fail(CloseCode.TRY_AGAIN_LATER, "too much arrives at the moment")
    if not protocol.reader.buffer and protocol.current_size is None:
        ws.arriving_since = math.inf
    elif ws.backlog or ws.arriving_since == math.inf:
        ws.arriving_since = trio.current_time()
    _flush(ws)
    return len(frames)


def _count_held(ws: _Socket) -> bool:
    """Count what this connection holds; return whether there is room for it."""
    arriving = len(ws.protocol.reader.buffer) + ws.assembly.held_bytes
    return ws.share.set(ws.message_bytes + arriving)


def _take_frames(ws: _Socket, frames: Sequence[object]) -> None:
    try:
        for frame in frames:
            if isinstance(frame, Frame) and frame.opcode in (Opcode.TEXT, Opcode.BINARY, Opcode.CONT):
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
    if data := b"".join(waiting):
        ws.outbox.put(data)
    if not waiting[-1]:
        ws.outbox.end()
