"""WebSockets: an I/O-free protocol driven by one reader, answers beside it, one writer.

A connection is one task as long as it says nothing, or only what can be answered at once: it hears, answers and
hears on. When an answer has to wait, or the peer does not take what it is sent, the connection opens its nurseries:
each such answer then runs in a task of its own, once there is a slot for it, while the reader reads on. When
nothing of that kind has happened for a while, it is one task again: ten thousand of them are cheap.

Replies go to the outbox. Messages with the same order key get chained turns, in reading order. A peer that
breaks the protocol gets the replies to what it said before, then the close. Compression is never negotiated: a
thousandfold bomb costs more than the bytes it saves (platform-and-reliability.md 1.3).

A page of any origin may connect, unless `VIBES_API_ORIGINS` names those that may (`heads.py` looks). It gains
nothing: a cookie counts for a page of this server's own alone (`browsers.py`); from all others every message carries
its own bearer token, which the page would have to have already.
"""

import logging
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass, field
from functools import partial

import msgspec
import trio
from outcome import Maybe
from websockets.datastructures import Headers
from websockets.frames import CloseCode, Frame
from websockets.http11 import Request
from websockets.protocol import State
from websockets.server import ServerProtocol

from vibes_trio.errors import BadRequest, NotFound, Overloaded, TooLarge, VibesError, forget_traces
from vibes_trio.exchange import Later, MessageIncoming, Reply, Turn
from vibes_trio.front.addresses import peer_of
from vibes_trio.front.assembly import Assembly
from vibes_trio.front.heads import Head
from vibes_trio.front.http import JOINED_BYTES, Refused, join_parts, site_headers
from vibes_trio.front.link import SocketLink
from vibes_trio.front.outbox import Outbox
from vibes_trio.front.protocol import BINARY, WebSocketProtocol, text_head
from vibes_trio.front.sockets import BODY_READ_BYTES, HEAD_READ_BYTES, Line
from vibes_trio.front.state import Front, Look, Waiting
from vibes_trio.front.status import TOO_LONG, error_reply
from vibes_trio.front.upload import Progress
from vibes_trio.wire.base import Envelope, read_head
from vibes_trio.wire.large import LargeHead, large_message

log = logging.getLogger(__name__)

MISSED_PINGS = 2
ANSWERS_AT_ONCE = 16
"""So many of one connection's messages are answered in a row before others have a turn, however quickly."""


class _Answer(msgspec.Struct, frozen=True):
    """An answer that has to be waited for, to a message of *size* bytes, whose slot is taken already."""

    reply: Awaitable[Reply]
    size: int
    key: str | None
    turn: Turn | None


@dataclass(slots=True)
class _Socket:
    """One WebSocket. Everything mutable about it is here.

    Attributes:
        reading: the scope of the reader; cancelled when what is held is taken back.
        backlog: messages that were read, but are not being answered yet, and how many bytes they have.
        turns: the last turn per order key, while it is not over.
        in_flight: how many answers are waited for.
        promised: those of them that the connection is told of, and since when; the first began first.
        freed: set when one of those is there, for a reader that waits for a slot.
        deferred: the answer for which the connection has to open its nurseries.
        wanted_company: whether an answer had to be waited for since the last ping.
        arrived_bytes: what is counted of messages that arrive, or are in the backlog.
        empty_frames: control frames, and fragments of nothing, since the last ping.
        heard: whether the peer has said anything since the last ping.
        missed: pings in a row with nothing heard after them.
        next_beat: when to ping, in Trio's time.
        progress: of the message that is arriving, if one is.
        ended: whether nothing more is sent or counted for it.
        read_full: whether the last read brought as much as it could, so that there may be more.
        link: how others say something to the peer; made with its first message.
        conversing: whether the nurseries are open.
    """

    front: Front
    line: Line
    protocol: WebSocketProtocol
    outbox: Outbox
    assembly: Assembly
    next_beat: float
    reading: trio.CancelScope | None = None
    backlog: list[bytes] = field(default_factory=list)
    backlog_bytes: int = 0
    turns: dict[str, Turn] = field(default_factory=dict)
    promised: dict[Later[Reply], float] = field(default_factory=dict)
    in_flight: int = 0
    freed: trio.Event | None = None
    deferred: _Answer | None = None
    wanted_company: bool = False
    arrived_bytes: int = 0
    empty_frames: int = 0
    heard: bool = True
    missed: int = 0
    progress: Progress | None = None
    ended: bool = False
    read_full: bool = True
    link: SocketLink | None = None
    conversing: bool = False


def accept_websocket(head: Head) -> bytes:
    """Return what opens the WebSocket that *head* asks for; `serve_websocket` comes next.

    Raises:
        Refused: an app's host has none, or the handshake is wrong.
    """
    if head.host_name.app is not None:
        raise Refused(NotFound("There is no WebSocket on an app's host."))
    shaker = ServerProtocol()
    shaker.parser.close()  # for what follows the handshake: not needed here, and a circle
    response = shaker.accept(Request(head.target, Headers(head.fields)))
    if shaker.handshake_exc is not None:
        forget_traces(shaker.handshake_exc)
        reason = f"No WebSocket: {shaker.handshake_exc}."
        raise Refused(BadRequest(reason), response.status_code)
    for name, value in site_headers("", head.readers):
        response.headers[name] = value
    return response.serialize()


async def serve_websocket(front: Front, waiting: Waiting, line: Line) -> None:
    """Serve the WebSocket that *line* has become to its end."""
    front.counts.websockets += 1
    front.counts.websockets_open += 1
    ws = _open(front, line)
    try:
        line.holding.on_taken = partial(_give_up, ws)
        await _serve(ws, waiting)
        line.holding.on_taken = None
        await _take_leave(ws)
    finally:
        front.counts.websockets_open -= 1
        ws.ended = True
        line.holding.on_taken = None  # each holds the other
        ws.protocol.forget()
        if ws.link is not None:
            ws.link.end()
            ws.link = None  # each holds the other


async def _serve(ws: _Socket, waiting: Waiting) -> None:
    """Hear and answer until one side ends; then say goodbye."""
    code = CloseCode.GOING_AWAY
    try:
        await _listen(ws, waiting, None)
        # What waits when the peer has broken the protocol, or the server stops, is sent with the goodbye.
        while (
            ws.deferred is not None
            or ws.backlog
            or ws.in_flight
            or (ws.outbox.size and _goes_on_listening(ws, waiting))
        ):
            await _converse(ws, waiting)
            await _listen(ws, waiting, None)
    except* Exception:  # a bug of ours must end this connection in an orderly way, and no other
        log.exception("a WebSocket failed")
        ws.front.counts.faults += 1
        code = CloseCode.INTERNAL_ERROR
    finally:  # when the shutdown's time is over, too: nothing here waits
        ws.protocol.part(code)
        _flush(ws)


def _give_up(ws: _Socket) -> None:
    """Let go of all that has arrived and is not being answered yet, and of what the peer does not read."""
    ws.protocol.fail(CloseCode.TRY_AGAIN_LATER, "too much arrives at the moment")
    ws.protocol.reader.discard()
    ws.assembly.forget()
    ws.backlog.clear()
    ws.backlog_bytes = 0
    if ws.outbox.size:
        ws.outbox.abort()
    if ws.reading is not None:
        ws.reading.cancel()


def _open(front: Front, line: Line) -> _Socket:
    limits = front.limits
    return _Socket(
        front,
        line,
        WebSocketProtocol(limits.hard_frame_bytes),
        Outbox(line, limits.outbox_bytes),
        Assembly(limits.max_frame_bytes),
        trio.current_time() + limits.ping_interval_s,
    )


async def _take_leave(ws: _Socket) -> None:
    """Send what is left, and hear the peer out until it has said goodbye too.

    What it still sends would else reset the connection and could take our close frame with it.
    """
    async with trio.open_nursery() as writer:
        writer.start_soon(ws.outbox.write_out)
        with ws.outbox, trio.move_on_after(ws.front.limits.close_timeout_s):
            left = ws.front.limits.hard_frame_bytes
            while ws.protocol.state is State.CLOSING and ws.protocol.close_rcvd is None and left > 0:
                data = b"" if ws.protocol.is_more else await ws.line.receive()
                left -= len(data)
                if data or ws.protocol.is_more:
                    ws.protocol.receive_frames(data)  # none of it counts any more
                else:
                    ws.protocol.receive_eof()
                _flush(ws)
                await ws.line.breathe()


async def _converse(ws: _Socket, waiting: Waiting) -> None:
    """Read on with answers and the writer in tasks of their own, until all is quiet or either side ends."""
    ws.conversing = True
    async with trio.open_nursery() as writer:
        writer.start_soon(ws.outbox.write_out)
        async with trio.open_nursery() as in_flight:
            if ws.deferred is not None:
                in_flight.start_soon(_finish, ws, ws.deferred)
                ws.deferred = None
            await _listen(ws, waiting, in_flight)
            while ws.backlog:  # read, so to be answered, although the server stops
                await _answer_next(ws, in_flight)
        while ws.in_flight:  # no heartbeat sees to their time any more
            with trio.move_on_after(ws.front.limits.ping_interval_s):
                await _one_is_there(ws)
            _give_up_late(ws)
        writer.cancel_scope.cancel()  # what it has not sent `_take_leave` sends
    ws.conversing = False


def _goes_on_listening(ws: _Socket, waiting: Waiting) -> bool:
    return ws.protocol.listening and not waiting.over


def _wake(ws: _Socket) -> None:
    """Have the task of *ws* see to what waits to be sent, or to its end. While it answers it does so by itself."""
    if ws.reading is not None and (not ws.conversing or not ws.protocol.listening):
        ws.reading.cancel()


async def _listen(ws: _Socket, waiting: Waiting, in_flight: trio.Nursery | None) -> None:
    """Read and answer until the conversation ends, the peer is silent for too long, or the server stops.

    Without *in_flight* also until that is needed; with it until it has not been for a whole heartbeat.
    """
    while _goes_on_listening(ws, waiting):
        # One scope for heartbeats and the server's end: with its status it is a tenth of an idle connection.
        with trio.CancelScope(deadline=ws.next_beat) as ws.reading:
            waiting.add(ws.reading)
            try:
                return await _read_messages(ws, in_flight)
            finally:
                waiting.discard(ws.reading)
                ws.reading = None
        if in_flight is None and ws.outbox.size:
            return
        if trio.current_time() < ws.next_beat:
            continue
        if _goes_on_listening(ws, waiting) and _beat(ws) and in_flight is not None:
            return


def _give_up_late(ws: _Socket) -> None:
    """Give up what was promised and has not come in its time."""
    limit = trio.current_time() - ws.front.limits.message_timeout_s
    for reply, since in list(ws.promised.items()):  # the first began first
        if since > limit:
            break
        reply.give_up(Overloaded(TOO_LONG))


def _beat(ws: _Socket) -> bool:
    """Ping the peer; return whether nothing had to wait since the last time, or has to now.

    Give up a peer that is silent, or whose message has stopped to arrive.
    """
    limits = ws.front.limits
    now = trio.current_time()
    ws.next_beat = now + limits.ping_interval_s
    _give_up_late(ws)
    reading = not (ws.backlog or ws.outbox.size)
    if ws.progress is not None and not reading:
        ws.progress.begin()
    # When messages wait for slots, or replies for the peer, to hear nothing is our own doing.
    ws.missed = ws.missed + 1 if reading and not ws.heard else 0
    ws.heard, ws.empty_frames = False, 0
    stopped = ws.progress is not None and now > ws.progress.deadline
    quiet, ws.wanted_company = reading and not ws.in_flight and not ws.wanted_company, False
    if ws.missed >= MISSED_PINGS or stopped:
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
            if answered % ANSWERS_AT_ONCE == 0 or ws.line.slice_is_over:
                await ws.line.wait_turn()
            if ws.deferred is not None:
                return
        if not ws.protocol.listening or (in_flight is None and ws.outbox.size):
            return
        if not ws.outbox.has_room:
            await ws.outbox.room()
        if ws.protocol.is_more:
            _take_frames(ws, ws.protocol.receive_frames(b""))
            _settle(ws)
        else:
            most = _read_bytes(ws)
            data = await (ws.line.receive(most) if ws.read_full else ws.line.receive_later(most))
            ws.read_full = len(data) >= most
            _feed(ws, data)
        if not ws.backlog and ws.line.slice_is_over:
            await ws.line.wait_turn()


def _read_bytes(ws: _Socket) -> int:
    """Return how much to read at once: much of a frame that is large, little of those that may be tiny."""
    return BODY_READ_BYTES if ws.protocol.missing_bytes >= HEAD_READ_BYTES else HEAD_READ_BYTES


async def _answer_next(ws: _Socket, in_flight: trio.Nursery | None) -> None:
    """Answer the first message of the backlog, or start to, once there is a slot and room for the reply.

    When the answer has to wait, and there is no nursery for it, it is left in `deferred`.
    """
    if not ws.outbox.has_room:
        await ws.outbox.room()
    while ws.in_flight >= ws.front.limits.in_flight_per_connection:
        await _one_is_there(ws)
    if not ws.backlog:  # all was given up meanwhile
        return
    data, holding = ws.backlog[0], ws.line.holding
    pinned = (holding.pin if ws.arrived_bytes else holding.add_pinned)(len(data))
    if len(data) > ws.front.limits.read_here_bytes and ws.front.look is not None:
        incoming = await _look(ws, ws.front.look, data, pinned)
    else:
        incoming = MessageIncoming(data, link=ws.link or _open_link(ws), session=ws.line.session)
    _drop_first(ws, data)
    if not pinned:
        holding.add(-len(data))
        _turn_away(ws, incoming)
        return
    key = ws.front.order_key(data) if incoming.looked is None else _order_key_of(incoming.looked)
    turn = None
    if key is not None:
        turn = ws.turns[key] = Turn(ws.turns.get(key))
    reply = ws.front.answer(incoming, turn)
    if isinstance(reply, Reply):
        _pass_on(ws, key, turn)
        holding.unpin(len(data))
        _give(ws, reply)
        return
    ws.in_flight += 1
    if isinstance(reply, Later):
        ws.promised[reply] = trio.current_time()
        reply.tell(partial(_hear, ws, reply, len(data), key, turn))
        return
    ws.wanted_company = True
    answer = _Answer(reply, len(data), key, turn)
    if in_flight is not None:
        in_flight.start_soon(_finish, ws, answer)
    else:
        ws.deferred = answer


async def _look(ws: _Socket, look: Look, data: bytes, pinned: bool) -> MessageIncoming:
    """Return the first message of the backlog with what is to be known of a long one. Cancelled, it stays there."""
    try:
        # Those that follow wait: whether they have to come after it is not known before.
        link = ws.link or _open_link(ws)
        return await look(MessageIncoming(data, peer_of(ws.line.socket), link=link, session=ws.line.session))
    except trio.Cancelled:
        if pinned:
            ws.line.holding.unpin(len(data))
            ws.line.holding.add(len(data))
        ws.arrived_bytes = ws.arrived_bytes or len(data)
        raise


def _drop_first(ws: _Socket, data: bytes) -> None:
    """Take *data* out of the backlog, unless all of that was given up meanwhile."""
    if ws.backlog:
        ws.backlog.pop(0)
        ws.backlog_bytes -= len(data)
        if ws.arrived_bytes:
            ws.arrived_bytes = max(0, ws.arrived_bytes - len(data))


def _order_key_of(looked: LargeHead | VibesError) -> str | None:
    return None if isinstance(looked, VibesError) else looked.order_key or None


async def _finish(ws: _Socket, answer: _Answer) -> None:
    """Wait for an answer, and give its slot back when the reply is in the outbox."""
    holding = ws.line.holding
    try:
        try:
            reply = await answer.reply
        finally:
            holding.unpin(answer.size)
            _pass_on(ws, answer.key, answer.turn)
        if not ws.outbox.has_room:
            await _wait_with(ws, len(reply.body))
        _give(ws, reply)
    finally:
        _free_slot(ws)


def _hear(
    ws: _Socket, reply: Later[Reply], size: int, key: str | None, turn: Turn | None, got: Maybe[Reply]
) -> None:
    """Send an answer that nobody waited for in a task, and give its slot back; as `_finish`. Raises nothing."""
    ws.promised.pop(reply, None)
    _pass_on(ws, key, turn)
    if ws.ended:
        return
    ws.line.holding.unpin(size)
    try:
        _give(ws, got.unwrap())
    except Exception:  # as in `_serve`
        log.exception("a WebSocket failed")
        ws.front.counts.faults += 1
        ws.protocol.fail(CloseCode.INTERNAL_ERROR)
    _free_slot(ws)
    if ws.reading is not None and (ws.outbox.size or not ws.protocol.listening):
        ws.reading.cancel()  # it may take another form now to serve the peer


async def _one_is_there(ws: _Socket) -> None:
    """Return when the next answer that is waited for is there."""
    ws.freed = trio.Event()
    await ws.freed.wait()


def _free_slot(ws: _Socket) -> None:
    ws.in_flight -= 1
    if ws.freed is not None:
        ws.freed.set()
        ws.freed = None


async def _wait_with(ws: _Socket, size: int) -> None:
    """Wait for room for a reply of *size* bytes, which count meanwhile."""
    try:
        if ws.line.holding.add(size):
            await ws.outbox.room()
    finally:
        ws.line.holding.add(-size)


def _turn_away(ws: _Socket, incoming: MessageIncoming) -> None:
    """Refuse a message because too much of its sender's is being answered."""
    error = Overloaded("Too much of yours is being answered; try again in a second.")
    try:
        envelope = _envelope_of(incoming)
    except VibesError:
        envelope = None
    _say(ws, error_reply(error, envelope).body)


def _envelope_of(incoming: MessageIncoming) -> Envelope | None:
    if incoming.looked is None:
        return read_head(incoming.data).envelope
    if isinstance(incoming.looked, VibesError):
        return None  # not raised: its traceback would hold the message that holds it
    return large_message(b"", incoming.looked).envelope


def _pass_on(ws: _Socket, key: str | None, turn: Turn | None) -> None:
    """End a turn, whatever became of it."""
    if key is not None and turn is not None:
        turn.pass_on()
        if (last := ws.turns.get(key)) is not None and last.passed:
            del ws.turns[key]


def _open_link(ws: _Socket) -> SocketLink:
    ws.link = SocketLink(ws.outbox, ws.protocol, ws.front.counts, partial(_wake, ws))
    return ws.link


def _give(ws: _Socket, reply: Reply) -> None:
    _say(ws, reply.body)
    if reply.after is not None:
        reply.after()


def _say(ws: _Socket, text: bytes | memoryview) -> None:
    if ws.protocol.state is State.OPEN:  # else the peer has said goodbye, and hears nothing more
        if ws.protocol.writes:
            _flush(ws)
        ws.outbox.put(
            *join_parts(text_head(len(text)), text)
        )  # past the protocol, whose checks are for others


def _feed(ws: _Socket, data: bytes) -> None:
    """Take what the peer sent, nothing at its end; answer what is the protocol's own business."""
    if data:
        ws.heard = True
        _take_frames(ws, ws.protocol.receive_frames(data))
    else:
        ws.protocol.receive_eof()
    _settle(ws, len(data))


def _settle(ws: _Socket, size: int = 0) -> None:
    """Send what the protocol wants to be sent, and count what is held after *size* bytes have come."""
    protocol = ws.protocol
    if protocol.writes:
        _flush(ws)
    in_message = protocol.in_message
    # A message alone, to be answered before anybody else has a turn, counts when it is: that is cheaper.
    if in_message or len(ws.backlog) != 1 or ws.arrived_bytes or not _goes_on(ws):
        arrived = protocol.received_bytes + ws.assembly.held_bytes + ws.backlog_bytes
        grown, ws.arrived_bytes = arrived - ws.arrived_bytes, arrived
        if grown:
            ws.line.holding.add(grown)  # if there is no room for it, all is let go
    if not in_message:
        ws.progress = None
    elif ws.backlog or ws.progress is None:
        ws.progress = Progress(ws.front.limits)
    else:
        ws.progress.moved(size)


def _goes_on(ws: _Socket) -> bool:
    """Whether the next message is answered at once: neither slots nor replies that are not read keep it waiting."""
    return ws.in_flight < ws.front.limits.in_flight_per_connection and ws.outbox.has_room


def _take_frames(ws: _Socket, frames: Sequence[Frame]) -> None:
    try:
        for frame in frames:
            if frame.opcode > BINARY or not (frame.data or frame.fin):
                ws.empty_frames += 1
            if frame.opcode <= BINARY:  # none but data frames
                message = ws.assembly.add(frame)
                if isinstance(message, TooLarge):
                    _say(ws, error_reply(message).body)
                elif message is not None:
                    ws.backlog.append(message)
                    ws.backlog_bytes += len(message)
    except UnicodeDecodeError as error:
        if ws.protocol.state is State.OPEN:
            ws.protocol.fail(CloseCode.INVALID_DATA, f"{error.reason} at position {error.start}")
    if ws.empty_frames > ws.front.limits.empty_frames_per_ping and ws.protocol.listening:
        ws.protocol.fail(CloseCode.POLICY_VIOLATION, "too many control frames, or fragments of nothing")


def _flush(ws: _Socket) -> None:
    waiting = ws.protocol.data_to_send()
    if not waiting:
        return
    if len(waiting) == 1 and waiting[0]:
        ws.outbox.put(waiting[0])
        return
    parts = [part for part in waiting if part]
    if len(parts) > 1 and max(map(len, parts)) <= JOINED_BYTES:
        parts = [b"".join(parts)]
    if parts:
        ws.outbox.put(*parts)
    if not waiting[-1]:
        ws.outbox.end()
