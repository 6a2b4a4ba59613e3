"""The server's side of a WebSocket, I/O-free: that of `websockets`, but for two points of RFC 6455 and two of ours.

- What was understood is answered, also when what follows it in the same bytes is not: the close frame that
  names the fault comes after the replies to the messages before it. Nothing behind the fault is looked at.
- A peer may close in the middle of a fragmented message, and gets its close frame back (section 5.4: control
  frames may come between fragments). `websockets` takes that for a fault.

Autobahn's cases 3.2, 4.1.3, 5.15 and 7.1.5, among others, ask for this.

- A few frames are taken apart at a time, so that whoever drives the protocol can let others have a turn between them.
- A long frame is given out in pieces, as if it came in fragments: `websockets` copies it thrice when it is whole,
  which holds everybody up for as long as it takes to copy 16 MiB.
"""

import struct
from collections.abc import Generator, Sequence
from functools import partial
from typing import NamedTuple, cast

from websockets.exceptions import PayloadTooBig, ProtocolError
from websockets.frames import CloseCode, Frame, Opcode
from websockets.protocol import State
from websockets.server import ServerProtocol

from vibes_trio.front.http import join_parts

try:
    from websockets.speedups import apply_mask
except ImportError:  # pragma: no cover - where it was not built; slower by far
    from websockets.utils import apply_mask

CONT, TEXT, BINARY, CLOSE = Opcode.CONT, Opcode.TEXT, Opcode.BINARY, Opcode.CLOSE
FRAMES_AT_ONCE = 64
FRAGMENT_BYTES = 32 * 1024
"""A multiple of a mask's length, so that one mask fits all pieces."""

_OPCODES = {int(opcode): opcode for opcode in Opcode}
_SHORT_HEAD, _LONG_HEAD = 126, 127  # in place of a length: it follows in 2 bytes, or 8
_MASK_BYTES = 4
_FINAL_TEXT = 0x81


def frame_head(first: int, size: int) -> bytes:
    """Return the head of a frame of *size* bytes, as a server sends it; *first* is its first byte."""
    if size < _SHORT_HEAD:
        return bytes((first, size))
    if size < 0x10000:
        return struct.pack("!BBH", first, _SHORT_HEAD, size)
    return struct.pack("!BBQ", first, _LONG_HEAD, size)


text_head = partial(frame_head, _FINAL_TEXT)
"""Returns the head of a frame that is a whole text of so many bytes."""


class _FrameHead(NamedTuple):
    opcode: Opcode
    fin: bool
    size: int
    mask: bytes
    reserved: bool

    def check(self) -> None:
        """Raise `ProtocolError` if it is none that may be, as `Frame.check`."""
        if self.reserved:
            raise ProtocolError("reserved bits must be 0")
        if self.opcode > BINARY:
            if self.size >= _SHORT_HEAD:
                raise ProtocolError("control frame too long")
            if not self.fin:
                raise ProtocolError("fragmented control frame")


class WebSocketProtocol(ServerProtocol):
    """A `ServerProtocol` that is open from the start: the handshake is done elsewhere.

    Mutable state, beside that of the base class: the fault of the peer's that was found, if any; whether there
    *is_more*: what was received is not all taken apart; and how much of the frame that has begun to arrive is not
    given out yet.
    """

    # Objects of one class share the names of their attributes up to 30 of them, which the base class nearly has: with
    # ours beside them each would take 1.3 KiB more.
    __slots__ = ("_fault", "_frame_bytes", "_max_size", "is_more")

    def __init__(self, max_size: int) -> None:
        self._fault: tuple[CloseCode | int, str] | None = None
        self._max_size = max_size
        self.is_more = False
        self._frame_bytes = 0
        super().__init__(state=State.OPEN, max_size=max_size)

    @property
    def listening(self) -> bool:
        """Whether there is any use in reading on."""
        return self.state is State.OPEN and self._fault is None

    @property
    def received_bytes(self) -> int:
        """Bytes that were received and are not taken apart: a frame's that has begun to arrive, if nothing more."""
        return len(self.reader.buffer)

    @property
    def missing_bytes(self) -> int:
        """Bytes that have not arrived of the frame that has begun to."""
        missing = self._frame_bytes - len(self.reader.buffer)
        return missing if missing > 0 else 0  # max() would cost several times as much, for each read

    @property
    def in_message(self) -> bool:
        """Whether a frame, or a message in fragments, has begun to arrive and is not whole."""
        return self.current_size is not None or bool(self.reader.buffer)

    def receive_frames(self, data: bytes) -> Sequence[Frame]:
        """Take what the peer sent; return the first frames that it makes whole. There may be something to send then.

        While there *is_more*, call it again with nothing.
        """
        if data:
            self.reader.feed_data(data)
        self.is_more = False
        next(self.parser)
        return cast(list[Frame], self.events_received())  # after the handshake there are no other events

    def part(self, code: CloseCode) -> None:
        """Say goodbye, unless that has been done: because of the fault if there was one, else with *code*."""
        if self._fault is not None:
            super().fail(*self._fault)
        elif self.state is State.OPEN:
            self.send_close(code)

    def forget(self) -> None:
        """Let go of the parser, which holds the protocol as that holds it: all is said and heard."""
        self.parser.close()
        self.parser_exc = None

    def fail(self, code: CloseCode | int, reason: str = "") -> None:
        """Note the fault for `part`, and listen no more. A peer that is gone needs no goodbye: close at once."""
        if self.state is not State.OPEN or code == CloseCode.ABNORMAL_CLOSURE:
            super().fail(code, reason)
            return
        self._fault = code, reason
        self.is_more = False
        self.parser = self._ignore()

    def parse(self) -> Generator[None]:
        """Take frames apart for ever; pauses when more has to come, and after every few frames."""
        try:
            while True:
                while not self.reader.buffer or (head := self._read_head()) is None:
                    self._expect_more()
                    yield
                if head.size <= FRAGMENT_BYTES and head.size <= len(self.reader.buffer):
                    self._end_frame(head, head.opcode, head.size)
                else:
                    yield from self._read_payload(head)
                if len(self.events) >= FRAMES_AT_ONCE and self.reader.buffer:
                    self.is_more = True
                    yield
        except ProtocolError as error:
            self.fail(CloseCode.PROTOCOL_ERROR, str(error))
        except EOFError as error:
            self.fail(CloseCode.ABNORMAL_CLOSURE, str(error))
        except UnicodeDecodeError as error:  # in a close frame
            self.fail(CloseCode.INVALID_DATA, f"{error.reason} at position {error.start}")
        except PayloadTooBig as error:
            self.fail(CloseCode.MESSAGE_TOO_BIG, str(error))
        yield  # to whom has called; next time another parser goes on

    def _expect_more(self) -> None:
        if self.reader.eof:
            raise EOFError("the stream ends")

    def _read_head(self) -> _FrameHead | None:
        """Take the head of the next frame, once it is whole."""
        buffer = self.reader.buffer
        if len(buffer) < 2:
            return None
        first, second = buffer[0], buffer[1]
        opcode = _OPCODES.get(first & 0x0F)
        if opcode is None:
            raise ProtocolError("invalid opcode")
        if not second & 0x80:
            raise ProtocolError("incorrect masking")
        size, start = second & 0x7F, 2
        if size >= _SHORT_HEAD:
            start = 4 if size == _SHORT_HEAD else 10
            size = int.from_bytes(buffer[2:start]) if len(buffer) >= start else 0
        if size > (left := self._max_size - (self.current_size or 0)):
            raise PayloadTooBig(size, left, self.current_size)
        end = start + _MASK_BYTES
        if len(buffer) < end:
            return None
        mask = bytes(buffer[start:end])
        del buffer[:end]
        return _FrameHead(opcode, first >= 0x80, size, mask, bool(first & 0x70))

    def _read_payload(self, head: _FrameHead) -> Generator[None]:
        opcode, self._frame_bytes = head.opcode, head.size
        while self._frame_bytes > FRAGMENT_BYTES:
            yield from self._wait_for(FRAGMENT_BYTES)
            head.check()
            self.recv_frame(Frame(opcode, self._take(FRAGMENT_BYTES, head.mask), False))
            opcode, self._frame_bytes = CONT, self._frame_bytes - FRAGMENT_BYTES
        if len(self.reader.buffer) < self._frame_bytes:
            yield from self._wait_for(self._frame_bytes)
        size, self._frame_bytes = self._frame_bytes, 0
        self._end_frame(head, opcode, size)

    def _end_frame(self, head: _FrameHead, opcode: Opcode, size: int) -> None:
        """Give out the last *size* bytes of a frame, or all, which are there."""
        head.check()
        self.recv_frame(Frame(opcode, self._take(size, head.mask), head.fin))

    def _wait_for(self, size: int) -> Generator[None]:
        while len(self.reader.buffer) < size:
            self._expect_more()
            yield

    def _take(self, size: int, mask: bytes) -> bytes:
        """Return the next *size* bytes without their mask."""
        if not size:
            return b""
        buffer = self.reader.buffer
        data = apply_mask(buffer[:size], mask)
        del buffer[:size]
        return data

    def send_frame(self, frame: Frame) -> None:
        """Have *frame* sent; a large payload is not copied behind its head."""
        head = frame_head(frame.opcode | (0x80 if frame.fin else 0), len(frame.data))
        self.writes += cast(tuple[bytes, ...], join_parts(head, frame.data))

    def _ignore(self) -> Generator[None]:
        while True:
            self.reader.discard()
            yield

    def recv_frame(self, frame: Frame) -> None:
        if frame.opcode is CLOSE:
            self.current_size = None  # the rest of the message will not come, and that is no fault
        super().recv_frame(frame)
