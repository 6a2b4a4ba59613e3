"""The server's side of a WebSocket, I/O-free: that of `websockets`, but for two points of RFC 6455.

- What was understood is answered, also when what follows it in the same bytes is not: the close frame that
  names the fault comes after the replies to the messages before it. Nothing behind the fault is looked at.
- A peer may close in the middle of a fragmented message, and gets its close frame back (section 5.4: control
  frames may come between fragments). `websockets` takes that for a fault.

And for one of time: `websockets` copies a frame thrice when it is whole, which holds everybody up for as long as it
takes to copy 16 MiB. So it never sees a long frame: `LongFrames` hands it on in fragments.

Autobahn's cases 3.2, 4.1.3, 5.15 and 7.1.5, among others, ask for this.
"""

import sys
from collections.abc import Generator, Sequence
from typing import NamedTuple, cast

from websockets.frames import CloseCode, Frame, Opcode
from websockets.protocol import State
from websockets.server import ServerProtocol

CONT, TEXT, BINARY = Opcode.CONT, Opcode.TEXT, Opcode.BINARY

FIN, MASKED, MASK_BYTES = 0x80, 0x80, 4
FRAGMENT_BYTES = 32 * 1024
"""A data frame that is longer is cut."""


class LongFrames:
    """Cuts long data frames of a masked stream into fragments (RFC 6455, 5.4), as they arrive.

    From what is no sound frame on all goes on as it is: to refuse it is the protocol's business.

    Mutable state: the beginning of a header that is not whole; how much is missing of the frame, or the fragment, that
    is arriving; and of a frame that is being cut how much lies behind the fragment, with the mask and what its last
    fragment begins with.
    """

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self.begun = b""
        self._missing = 0
        self._behind = 0
        self._mask = b""
        self._last = 0

    @property
    def missing_bytes(self) -> int:
        """Bytes that are missing of the frame that is arriving."""
        return self._missing + self._behind

    def cut(self, data: bytes) -> bytes:
        """Return what *data* goes on as."""
        data = self.begun + data
        self.begun = b""
        pieces: list[bytes] = []
        done = at = 0
        while (at := at + self._take(len(data) - at)) < len(data):
            if self._behind:
                pieces += (data[done:at], self._next_fragment(CONT))
                done = at
            elif not _is_sound(data, at):
                self._missing = sys.maxsize
            elif (head := _frame_head(data, at)) is None:
                self.begun = data[at:]
                data = data[:at]
            elif data[at] & 15 <= BINARY and FRAGMENT_BYTES < head.length <= self._max_bytes:
                self._behind, self._last = head.length, data[at] & FIN
                self._mask = data[at + head.size - MASK_BYTES : at + head.size]
                pieces += (data[done:at], self._next_fragment(data[at] & ~FIN))
                done = at = at + head.size
            else:
                self._missing = head.size + head.length
        return b"".join((*pieces, data[done:])) if pieces else data

    def _take(self, size: int) -> int:
        """Return how much of the *size* bytes that are here belongs to what is arriving."""
        taken = min(size, self._missing)
        self._missing -= taken
        return taken

    def _next_fragment(self, first: int) -> bytes:
        """Return the head of the next fragment. Its length is a multiple of the mask's, which so fits all of them."""
        self._missing = min(self._behind, FRAGMENT_BYTES)
        self._behind -= self._missing
        first |= 0 if self._behind else self._last
        return bytes((first, MASKED | 127)) + self._missing.to_bytes(8) + self._mask


def _is_sound(data: bytes, at: int) -> bool:
    """Return whether a frame may begin as *data* does from *at* on, as far as that is there."""
    first = data[at]
    if first & 0x70 or first & 15 not in (CONT, TEXT, BINARY, Opcode.CLOSE, Opcode.PING, Opcode.PONG):
        return False
    if len(data) == at + 1:
        return True
    is_data = first & 15 <= BINARY
    return bool(data[at + 1] & MASKED) and (is_data or (bool(first & FIN) and data[at + 1] & 127 < 126))


class _FrameHead(NamedTuple):
    """The size of a frame's head, and the length of what follows."""

    size: int
    length: int


def _frame_head(data: bytes, at: int) -> _FrameHead | None:
    """Return the head of the sound frame that begins at *at*; None: it is not whole."""
    length = data[at + 1] & 127 if len(data) > at + 1 else 0
    more = {126: 2, 127: 8}.get(length, 0)
    size = 2 + more + MASK_BYTES
    if len(data) < at + size:
        return None
    if more:
        length = int.from_bytes(data[at + 2 : at + 2 + more])
    return _FrameHead(size, length)


class WebSocketProtocol(ServerProtocol):
    """A `ServerProtocol` that is open from the start: the handshake is done elsewhere.

    Mutable state, beside that of the base class: the fault of the peer's that was found, if any.
    """

    def __init__(self, max_size: int) -> None:
        super().__init__(state=State.OPEN, max_size=max_size)
        self._long_frames = LongFrames(max_size)
        self._fault: tuple[CloseCode | int, str] | None = None

    @property
    def listening(self) -> bool:
        """Whether there is any use in reading on."""
        return self.state is State.OPEN and self._fault is None

    @property
    def partial_bytes(self) -> int:
        """Bytes of the frame that has begun to arrive."""
        return len(self.reader.buffer)

    @property
    def missing_bytes(self) -> int:
        """Bytes that are missing of that frame."""
        return self._long_frames.missing_bytes

    @property
    def in_message(self) -> bool:
        """Whether a frame, or a message in fragments, has begun to arrive and is not whole."""
        return self.current_size is not None or bool(self.reader.buffer or self._long_frames.begun)

    def receive_frames(self, data: bytes) -> Sequence[Frame]:
        """Take what the peer sent; return the frames that it makes whole. There may be something to send then."""
        self.receive_data(self._long_frames.cut(data))
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
        self.parser = self._ignore()

    def _ignore(self) -> Generator[None]:
        while True:
            self.reader.discard()
            yield

    def recv_frame(self, frame: Frame) -> None:
        if frame.opcode is Opcode.CLOSE:
            self.current_size = None  # the rest of the message will not come, and that is no fault
        super().recv_frame(frame)
