"""The message that is arriving on a WebSocket, frame by frame."""

from codecs import IncrementalDecoder, getincrementaldecoder
from typing import cast

from websockets.frames import Frame

from vibes_trio.errors import TooLarge
from vibes_trio.front.protocol import CONT, TEXT

COPIED_BYTES = 64 * 1024

_UTF8 = getincrementaldecoder("utf-8")


class Assembly:
    """The message that is arriving, frame by frame. A long one comes out as a bytearray: to copy it takes time.

    Raises `UnicodeDecodeError` from `add` as soon as a text is no UTF-8. A message over *max_bytes* is
    counted but not kept.

    Mutable state: the data and size of the frames so far, and whether they are text, with its decoder.
    """

    __slots__ = ("_data", "_decoder", "_is_text", "_max_bytes", "_size")

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self.forget()

    def forget(self) -> None:
        """Keep nothing of what has arrived."""
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
        whole, self._data, self._decoder = self._data, bytearray(), None
        message = bytes(whole) if size <= COPIED_BYTES else cast(bytes, whole)
        return message if size <= self._max_bytes else self._too_large(size)

    def _too_large(self, size: int) -> TooLarge:
        text = f"The message has {size} bytes; at most {self._max_bytes} are taken."
        return TooLarge(text, limit="max_frame_bytes", value=self._max_bytes)

    @property
    def held_bytes(self) -> int:
        """Bytes of the message that is arriving."""
        return len(self._data)
