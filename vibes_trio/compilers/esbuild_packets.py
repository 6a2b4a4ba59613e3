"""The packets of esbuild's service: what its own npm package says to the binary, over stdin and stdout.

A packet is an id in 4 bytes, little-endian, shifted left by one, with the lowest bit set in an answer; then
one value: a kind byte and its content. Lengths and numbers are 4 bytes, little-endian and unsigned. The
protocol is private to esbuild, so `choose` tries a binary out before it trusts it.

Source: cmd/esbuild/stdio_protocol.go and lib/shared/stdio_protocol.ts in esbuild, unchanged from 0.8 to 0.28.
"""

import struct
from collections.abc import Generator, Mapping, Sequence

Value = None | bool | int | str | bytes | bytearray | memoryview | Sequence["Value"] | Mapping[str, "Value"]

_NUMBER = struct.Struct("<I")
_NULL, _BOOL, _INTEGER, _STRING, _BYTES, _ARRAY, _OBJECT = range(7)
_STEP_BYTES, _STEP_ITEMS = 64 * 1024, 20


class BadPacket(Exception):
    """The bytes are no packet of this protocol."""


def encode_request(number: int, value: Value) -> bytes:
    """Return the packet, without the frame's length."""
    parts = [_NUMBER.pack(number << 1)]
    _encode(value, parts)
    return b"".join(parts)


def encode_answer(number: int, value: Value) -> bytes:
    """Return the packet that answers the request *number* of the service, without the frame's length."""
    parts = [_NUMBER.pack(number << 1 | 1)]
    _encode(value, parts)
    return b"".join(parts)


def decode_answer(packet: bytes) -> tuple[int, Value]:
    """Return the number of the request and what was answered.

    Raises:
        BadPacket: not a whole answer, or a request of the service.
    """
    number, is_answer, value = decode_packet(packet)
    if not is_answer:
        raise BadPacket("the packet is no answer")
    return number, value


def decode_packet(packet: bytes) -> tuple[int, bool, Value]:
    """Return the number, whether it is an answer or a request of the service, and what it says.

    Raises:
        BadPacket: it is cut short, or goes on.
    """
    try:
        (head,) = _NUMBER.unpack_from(packet)
        value, end = _decode(packet, _NUMBER.size)
    except (struct.error, IndexError, UnicodeDecodeError) as error:
        raise BadPacket("the packet is cut short") from error
    if end != len(packet):
        raise BadPacket("the packet is no answer")
    return head >> 1, bool(head & 1), value


def is_answer(packet: bytes) -> bool:
    """Return whether *packet* is an answer of the service, and no request."""
    return bool(packet) and bool(packet[0] & 1)


def decode_in_steps(packet: bytes) -> Generator[None, None, Value]:
    """Return what `decode_answer` does of *packet*, but its number. Bytes that are a member are a view of the packet.

    A step is one member of the answer, or some items of one that is a list: a long item takes as long as it does.

    Raises:
        BadPacket: not a whole answer, or one that is no object.
    """
    view = memoryview(packet)
    try:
        if not is_answer(packet) or view[_NUMBER.size] != _OBJECT:
            raise BadPacket("the packet is no answer")
        members, end = yield from _decode_members(view)
    except (struct.error, IndexError, UnicodeDecodeError) as error:
        raise BadPacket("the packet is cut short") from error
    if end != len(packet):
        raise BadPacket("the packet is no answer")
    return members


def _decode_members(view: memoryview) -> Generator[None, None, tuple[dict[str, Value], int]]:
    members: dict[str, Value] = {}
    at = _NUMBER.size + 1
    (count,) = _NUMBER.unpack_from(view, at)
    at += _NUMBER.size
    for _ in range(count):
        key, at = _read_sized(view, at)
        if view[at] == _ARRAY:
            members[key.decode()], at = yield from _decode_items(view, at + 1)
        elif view[at] == _BYTES:
            members[key.decode()], at = _view_sized(view, at + 1)
        else:
            members[key.decode()], at = _decode(view, at)
        yield
    return members, at


def _view_sized(view: memoryview, at: int) -> tuple[memoryview, int]:
    (size,) = _NUMBER.unpack_from(view, at)
    at += _NUMBER.size
    if at + size > len(view):
        raise BadPacket("the packet is cut short")
    return view[at : at + size], at + size


def _decode_items(view: memoryview, at: int) -> Generator[None, None, tuple[list[Value], int]]:
    items: list[Value] = []
    (count,) = _NUMBER.unpack_from(view, at)
    at += _NUMBER.size
    stepped = at
    for _ in range(count):
        item, at = _decode(view, at)
        items.append(item)
        if at - stepped > _STEP_BYTES or len(items) % _STEP_ITEMS == 0:
            stepped = at
            yield
    return items, at


def _encode(value: Value, parts: list[bytes]) -> None:
    if value is None:
        parts.append(bytes([_NULL]))
    elif isinstance(value, bool):
        parts.append(bytes([_BOOL, value]))
    elif isinstance(value, int):
        parts.append(bytes([_INTEGER]) + _NUMBER.pack(value))
    elif isinstance(value, str):
        parts += (bytes([_STRING]), _sized(value.encode()))
    elif isinstance(value, bytes | bytearray | memoryview):
        parts += (bytes([_BYTES]), _sized(value))
    elif isinstance(value, Mapping):
        parts.append(bytes([_OBJECT]) + _NUMBER.pack(len(value)))
        for key, member in value.items():
            parts.append(_sized(key.encode()))
            _encode(member, parts)
    else:
        parts.append(bytes([_ARRAY]) + _NUMBER.pack(len(value)))
        for item in value:
            _encode(item, parts)


def _decode(packet: bytes | memoryview, at: int) -> tuple[Value, int]:
    """Return the value that starts at *at*, and where it ends."""
    kind, at = packet[at], at + 1
    if kind == _NULL:
        return None, at
    if kind == _BOOL:
        return packet[at] != 0, at + 1
    if kind == _INTEGER:
        return _NUMBER.unpack_from(packet, at)[0], at + _NUMBER.size
    if kind == _STRING:
        data, at = _read_sized(packet, at)
        return data.decode(), at
    if kind == _BYTES:
        return _read_sized(packet, at)
    (count,) = _NUMBER.unpack_from(packet, at)
    at += _NUMBER.size
    if kind == _ARRAY:
        items: list[Value] = []
        for _ in range(count):
            item, at = _decode(packet, at)
            items.append(item)
        return items, at
    if kind == _OBJECT:
        members: dict[str, Value] = {}
        for _ in range(count):
            key, at = _read_sized(packet, at)
            members[key.decode()], at = _decode(packet, at)
        return members, at
    raise BadPacket(f"unknown kind of value: {kind}")


def _sized(data: bytes | bytearray | memoryview) -> bytes:
    return b"".join((_NUMBER.pack(len(data)), data))


def _read_sized(packet: bytes | memoryview, at: int) -> tuple[bytes, int]:
    (size,) = _NUMBER.unpack_from(packet, at)
    start = at + _NUMBER.size
    if start + size > len(packet):
        raise BadPacket("the packet is cut short")
    return bytes(packet[start : start + size]), start + size
