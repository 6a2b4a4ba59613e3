import pytest
from hypothesis import given
from hypothesis import strategies as st

from vibes_trio.compilers.esbuild_packets import (
    BadPacket,
    Value,
    decode_answer,
    decode_packet,
    encode_answer,
    encode_request,
)

VALUES: st.SearchStrategy[Value] = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(0, 2**32 - 1),
        st.text(st.characters(codec="utf-8")),
        st.binary(),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(st.text(st.characters(codec="utf-8")), inner, max_size=4)
    ),
    max_leaves=10,
)


def as_answer(packet: bytes) -> bytes:
    return bytes([packet[0] | 1]) + packet[1:]


def test_request_has_the_bytes_of_the_protocol() -> None:
    packet = encode_request(3, {"a": [None, True, 258, "é", b"\xff"]})

    assert packet == (
        b"\x06\0\0\0"
        b"\x06\x01\0\0\0"
        b"\x01\0\0\0a"
        b"\x05\x05\0\0\0"
        b"\x00"
        b"\x01\x01"
        b"\x02\x02\x01\0\0"
        b"\x03\x02\0\0\0\xc3\xa9"
        b"\x04\x01\0\0\0\xff"
    )


@given(st.integers(0, 2**31 - 1), VALUES)
def test_answer_is_read_as_it_was_written(number: int, value: Value) -> None:
    assert decode_answer(as_answer(encode_request(number, value))) == (number, value)


@given(VALUES, st.data())
def test_packet_cut_short_is_refused(value: Value, data: st.DataObject) -> None:
    packet = as_answer(encode_request(1, value))
    length = data.draw(st.integers(0, len(packet) - 1))

    with pytest.raises(BadPacket):
        decode_answer(packet[:length])


@given(st.binary(max_size=60))
def test_any_bytes_are_an_answer_or_refused(packet: bytes) -> None:
    try:
        decode_answer(packet)
    except BadPacket:
        return
    assert packet[0] & 1


@pytest.mark.parametrize("packet", [b"\x02\0\0\0\0", b"\x03\0\0\0\0extra", b"\x03\0\0\0\x07"])
def test_request_of_the_service_and_unknown_kinds_are_refused(packet: bytes) -> None:
    with pytest.raises(BadPacket):
        decode_answer(packet)


@given(st.integers(0, 2**31 - 1), VALUES)
def test_packets_of_both_directions_are_told_apart(number: int, value: Value) -> None:
    assert decode_packet(encode_request(number, value)) == (number, False, value)
    assert decode_packet(encode_answer(number, value)) == (number, True, value)
