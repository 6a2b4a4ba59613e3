"""The server's side of a WebSocket, I/O-free: that of `websockets`, but for two points of RFC 6455.

- What was understood is answered, also when what follows it in the same bytes is not: the close frame that
  names the fault comes after the replies to the messages before it. Nothing behind the fault is looked at.
- A peer may close in the middle of a fragmented message, and gets its close frame back (section 5.4: control
  frames may come between fragments). `websockets` takes that for a fault.

Autobahn's cases 3.2, 4.1.3, 5.15 and 7.1.5, among others, ask for this.
"""

from collections.abc import Generator, Sequence
from typing import cast

from websockets.frames import CloseCode, Frame, Opcode
from websockets.protocol import State
from websockets.server import ServerProtocol

CONT, TEXT, BINARY = Opcode.CONT, Opcode.TEXT, Opcode.BINARY


class WebSocketProtocol(ServerProtocol):
    """A `ServerProtocol` that is open from the start: the handshake is done elsewhere.

    Mutable state, beside that of the base class: the fault of the peer's that was found, if any.
    """

    def __init__(self, max_size: int) -> None:
        super().__init__(state=State.OPEN, max_size=max_size)
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
    def in_message(self) -> bool:
        """Whether a frame, or a message in fragments, has begun to arrive and is not whole."""
        return self.current_size is not None or bool(self.reader.buffer)

    def receive_frames(self, data: bytes) -> Sequence[Frame]:
        """Take what the peer sent; return the frames that it makes whole. There may be something to send then."""
        self.receive_data(data)
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
