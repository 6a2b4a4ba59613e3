"""The embedded Sass protocol in bytes: pinned, and whatever a compiler may say is read or refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vibes_trio.compilers.sass_packets import (
    BadSassPacket,
    Done,
    Find,
    Load,
    Refused,
    Said,
    encode_compile,
    encode_found,
    encode_loaded,
    read_told,
    read_varint,
    varint,
)


def field(number: int, value: bytes | int) -> bytes:
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    return varint(number << 3 | 2) + varint(len(value)) + value


def packet(kind: int, *fields: bytes) -> bytes:
    """Return what a compiler says, of compilation 1."""
    return b"\x01" + field(kind, b"".join(fields))


def test_a_sheet_is_asked_for_with_both_importers_and_nothing_is_to_be_said_meanwhile():
    asked = encode_compile(b"a{}", "app:///a.scss", "indented")

    assert asked == b"\x25\x01\x12\x22\x12\x1a\n\x03a{}\x12\rapp:///a.scss\x18\x01\x22\x02\x10\x01" + (
        b"\x32\x02\x10\x02\x70\x01"
    )


def test_answers_to_what_it_asks():
    assert encode_found(3, "app:///b.scss") == b"\x14\x01\x1a\x11\x08\x03\x12\rapp:///b.scss"
    assert encode_found(3) == b"\x05\x01\x1a\x02\x08\x03"
    assert encode_found(3, error="no") == b"\x09\x01\x1a\x06\x08\x03\x1a\x02no"
    assert encode_loaded(3, b"x", "css") == b"\x0c\x01\x22\x09\x08\x03\x12\x05\n\x01x\x10\x02"


def test_what_it_says_is_read():
    asked = packet(4, field(1, 300), field(3, 1), field(4, b"x"), field(5, 1), field(6, b"app:///a.scss"))
    span = field(2, field(1, 9) + field(2, 4) + field(3, 2)) + field(4, b"app:///b.scss")

    assert read_told(asked) == Find(300, "x", "app:///a.scss", True)
    assert read_told(packet(4, field(4, b"x"))) == Find(0, "x", "", False)
    assert read_told(packet(5, field(1, 2), field(4, b"app:///b.scss"))) == Load(2, "app:///b.scss")
    assert read_told(packet(3, field(3, b"a warning"))) == Said()
    assert read_told(packet(2, field(4, b"app:///a.scss"), field(2, field(1, b"a{}")))) == Done(b"a{}")
    assert read_told(packet(2, field(2, b""))) == Done(b"")
    refused = read_told(packet(2, field(3, field(1, b"no") + field(2, span))))
    assert refused == Refused("no", "app:///b.scss", 5)
    assert read_told(packet(2, field(3, field(1, b"no")))) == Refused("no")


@pytest.mark.parametrize(
    ("told", "words"),
    [
        (packet(1, field(1, 2), field(3, b"Stack Overflow\ndart:core")), "^Stack Overflow$"),
        (packet(9, field(1, 2)), "message 9"),
        (packet(2), "neither a sheet"),
        (b"\x01", "without content"),
        (b"\x01\x0a\x05ab", "a field that does not end"),
        (b"\x01\x0b\x05", "a field that does not end"),
        (b"\xff" * 12, "a number that does not end"),
        (b"", "a number that does not end"),
    ],
)
def test_what_is_none_of_the_protocol_is_refused(told, words):
    with pytest.raises(BadSassPacket, match=words):
        read_told(told)


@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused(told):
    try:
        read_told(told)
    except BadSassPacket:
        pass


@given(st.integers(0, 2**63))
def test_numbers_come_back(number):
    assert read_varint(varint(number), 0) == (number, len(varint(number)))
