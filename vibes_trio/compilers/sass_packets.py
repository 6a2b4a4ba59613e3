"""The messages of the embedded Sass protocol, as far as we speak it: what we ask a compiler, and what it asks back.

A packet is its length, the number of a compilation, and one message in the encoding of Protocol Buffers; lengths and
numbers are varints. Written here by hand: five messages of a few fields, which stay as they are within a major version.

Source: spec/embedded-protocol.md and spec/embedded_sass.proto in sass/sass, protocol version 3.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

Syntax = Literal["scss", "indented", "css"]
OURS = 1
"""The importer that finds what a sheet names beside itself."""
ELSEWHERE = 2
"""The importer that finds what is named otherwise: by an alias, or as a package."""

_SYNTAX: Mapping[Syntax, int] = {"scss": 0, "indented": 1, "css": 2}
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_FIXED = {_FIXED64: 8, _FIXED32: 4}
_MAX_VARINT_BYTES = 10
# Numbers of fields. Of InboundMessage and OutboundMessage:
_COMPILE, _FOUND, _LOADED = 2, 3, 4
_PROTOCOL_ERROR, _COMPILED, _SAID, _FIND, _LOAD = 1, 2, 3, 4, 5
# Of CompileRequest; of its StringInput; of an Importer.
_INPUT, _IMPORTERS, _SILENT = 2, 6, 14
_SOURCE, _URL, _SYNTAX_OF, _IMPORTER = 1, 2, 3, 4
_IMPORTER_ID = 2


class BadSassPacket(Exception):
    """The compiler says what is none of its protocol."""


@dataclass(frozen=True, slots=True)
class Find:
    """It asks where *url* leads, in the sheet *containing* (empty: nobody knows)."""

    number: int
    url: str
    containing: str
    from_import: bool


@dataclass(frozen=True, slots=True)
class Load:
    """It asks for the sheet *url*, which was found."""

    number: int
    url: str


@dataclass(frozen=True, slots=True)
class Done:
    """It has compiled: *css*."""

    css: bytes


@dataclass(frozen=True, slots=True)
class Refused:
    """It can't compile: *words*, and where; *line* counts from 1, 0: unknown."""

    words: str
    url: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True)
class Said:
    """It warns, or says what `@debug` has it say."""


Told = Find | Load | Done | Refused | Said


def encode_compile(source: bytes, url: str, syntax: Syntax) -> bytes:
    """Return what asks for the sheet *source*, whose address is *url*, to be compiled."""
    ours = _number(_IMPORTER_ID, OURS)
    given = _text(_SOURCE, source) + _text(_URL, url.encode()) + _number(_SYNTAX_OF, _SYNTAX[syntax])
    request = _text(_INPUT, given + _text(_IMPORTER, ours))
    # Nobody reads what it warns of: that old forms will go with some later version of it.
    request += _text(_IMPORTERS, _number(_IMPORTER_ID, ELSEWHERE)) + _number(_SILENT, 1)
    return _packet(_text(_COMPILE, request))


def encode_found(number: int, url: str = "", error: str = "") -> bytes:
    """Return where what `Find` asked for lies: at *url*; nowhere, if that is empty; or *error*, why it can't be had."""
    said = _text(3, error.encode()) if error else _text(2, url.encode()) if url else b""
    return _packet(_text(_FOUND, _number(1, number) + said))


def encode_loaded(number: int, source: bytes, syntax: Syntax) -> bytes:
    """Return the sheet that `Load` asked for."""
    sheet = _text(1, source) + _number(2, _SYNTAX[syntax])
    return _packet(_text(_LOADED, _number(1, number) + _text(2, sheet)))


def read_told(packet: bytes) -> Told:
    """Return what *packet*, without its length, says.

    Raises:
        BadSassPacket: nothing that we know.
    """
    _, start = read_varint(packet, 0)
    for kind, value in _fields(packet[start:]):
        if isinstance(value, bytes):
            return _read(kind, value)
    raise BadSassPacket("a message without content")


def _read(kind: int, message: bytes) -> Told:
    if kind == _COMPILED:
        return _read_compiled(message)
    if kind == _SAID:
        return Said()
    fields = dict(_fields(message))
    if kind == _FIND:
        return Find(_int(fields, 1), _str(fields, 4), _str(fields, 6), bool(_int(fields, 5)))
    if kind == _LOAD:
        return Load(_int(fields, 1), _str(fields, 4))
    if kind == _PROTOCOL_ERROR:
        raise BadSassPacket(_str(fields, 3).partition("\n")[0][:200])
    raise BadSassPacket(f"message {kind}")


def _read_compiled(message: bytes) -> Done | Refused:
    for kind, value in _fields(message):
        if not isinstance(value, bytes):
            continue
        if kind == 2:
            css = dict(_fields(value)).get(1, b"")
            return Done(css if isinstance(css, bytes) else b"")
        if kind == 3:
            return _read_refused(dict(_fields(value)))
    raise BadSassPacket("neither a sheet nor why there is none")


def _read_refused(fields: Mapping[int, int | bytes]) -> Refused:
    span = fields.get(2, b"")
    place = dict(_fields(span)) if isinstance(span, bytes) else {}
    start = place.get(2)
    line = _int(dict(_fields(start)), 2) + 1 if isinstance(start, bytes) else 0
    return Refused(_str(fields, 1), _str(place, 4), line)


def _int(fields: Mapping[int, int | bytes], number: int) -> int:
    value = fields.get(number, 0)
    return value if isinstance(value, int) else 0


def _str(fields: Mapping[int, int | bytes], number: int) -> str:
    value = fields.get(number, b"")
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else ""


# -- the encoding -----------------------------------------------------------------------------------------


def varint(number: int) -> bytes:
    """Return *number*, which is not negative, as a varint."""
    found = bytearray()
    while number > 0x7F:
        found.append(number & 0x7F | 0x80)
        number >>= 7
    found.append(number)
    return bytes(found)


def read_varint(data: bytes, start: int) -> tuple[int, int]:
    """Return the varint that begins at *start*, and where it ends.

    Raises:
        BadSassPacket: there is none.
    """
    number = 0
    for index in range(start, min(start + _MAX_VARINT_BYTES, len(data))):
        number |= (data[index] & 0x7F) << 7 * (index - start)
        if data[index] < 0x80:
            return number, index + 1
    raise BadSassPacket("a number that does not end")


def _packet(message: bytes) -> bytes:
    numbered = varint(1) + message  # a process compiles one sheet at a time
    return varint(len(numbered)) + numbered


def _number(field: int, value: int) -> bytes:
    return varint(field << 3 | _VARINT) + varint(value)


def _text(field: int, value: bytes) -> bytes:
    return varint(field << 3 | _BYTES) + varint(len(value)) + value


def _fields(message: bytes) -> Iterator[tuple[int, int | bytes]]:
    at = 0
    while at < len(message):
        tag, at = read_varint(message, at)
        field, kind = tag >> 3, tag & 7
        if kind == _VARINT:
            number, at = read_varint(message, at)
            yield field, number
            continue
        size = _FIXED.get(kind, -1)
        if kind == _BYTES:
            size, at = read_varint(message, at)
        if size < 0 or at + size > len(message):
            raise BadSassPacket("a field that does not end")
        yield field, message[at : at + size]
        at += size
