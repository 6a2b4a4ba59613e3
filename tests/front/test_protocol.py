"""The WebSocket protocol without any socket: faults, goodbyes, and a close between fragments."""

import sys
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.client import ClientProtocol
from websockets.frames import CloseCode, Frame, Opcode
from websockets.protocol import State
from websockets.server import ServerProtocol
from websockets.uri import parse_uri

from vibes_trio.front.protocol import FRAGMENT_BYTES, WebSocketProtocol

TEXT = Frame(Opcode.TEXT, b"good").serialize(mask=True)
BAD = b"\xc1" + TEXT[1:]  # with the first reserved bit
CLOSE = Frame(Opcode.CLOSE, b"\x03\xe8bye").serialize(mask=True)


def closing(code: int, reason: bytes) -> bytes:
    return Frame(Opcode.CLOSE, code.to_bytes(2, "big") + reason).serialize(mask=False)


@pytest.fixture
def protocol() -> WebSocketProtocol:
    return WebSocketProtocol(1000)


def test_it_is_open_from_the_start(protocol: WebSocketProtocol) -> None:
    assert protocol.listening

    assert [frame.data for frame in protocol.receive_frames(TEXT)] == [b"good"]


def test_after_a_fault_it_listens_no_more_but_can_still_reply(protocol: WebSocketProtocol) -> None:
    frames = [*protocol.receive_frames(TEXT + BAD + TEXT), *protocol.receive_frames(TEXT)]

    assert not protocol.listening
    assert len(frames) == 1
    assert protocol.data_to_send() == []
    protocol.send_text(b"reply")
    assert protocol.data_to_send() == [Frame(Opcode.TEXT, b"reply").serialize(mask=False)]


def test_parting_names_the_fault_whatever_other_reason_there_is(protocol: WebSocketProtocol) -> None:
    protocol.receive_frames(BAD)

    protocol.part(CloseCode.GOING_AWAY)

    assert protocol.data_to_send() == [closing(1002, b"reserved bits must be 0"), b""]
    assert protocol.state is State.CLOSING


def test_of_two_faults_the_one_found_in_an_earlier_message_counts(protocol: WebSocketProtocol) -> None:
    """Text is decoded after the parser has been through all of the bytes, and may have stumbled further on."""
    protocol.receive_frames(TEXT + BAD)
    protocol.fail(CloseCode.INVALID_DATA, "the text before")

    protocol.part(CloseCode.GOING_AWAY)

    assert protocol.data_to_send() == [closing(1007, b"the text before"), b""]


def test_parting_without_a_fault_gives_the_reason_asked_for(protocol: WebSocketProtocol) -> None:
    protocol.part(CloseCode.GOING_AWAY)

    assert protocol.data_to_send() == [closing(1001, b"")]


def test_there_is_no_second_goodbye(protocol: WebSocketProtocol) -> None:
    protocol.receive_frames(CLOSE)
    assert protocol.data_to_send() == [closing(1000, b"bye"), b""]

    protocol.part(CloseCode.GOING_AWAY)

    assert not protocol.listening
    assert protocol.data_to_send() == []


def test_a_peer_that_is_gone_ends_it_at_once(protocol: WebSocketProtocol) -> None:
    protocol.receive_eof()

    assert protocol.state is State.CLOSED
    assert protocol.data_to_send() == [b""]


def test_a_peer_that_goes_after_a_fault_ends_it_at_the_parting(protocol: WebSocketProtocol) -> None:
    protocol.receive_frames(BAD)
    protocol.receive_eof()

    protocol.part(CloseCode.GOING_AWAY)

    assert protocol.state is State.CLOSED


def test_a_close_between_fragments_is_given_back(protocol: WebSocketProtocol) -> None:
    first = Frame(Opcode.TEXT, b"first", fin=False).serialize(mask=True)
    last = Frame(Opcode.CONT, b"last").serialize(mask=True)

    frames = protocol.receive_frames(first + CLOSE + last)

    assert protocol.data_to_send() == [closing(1000, b"bye"), b""]
    assert [frame.opcode for frame in frames] == [Opcode.TEXT, Opcode.CLOSE]


def test_a_message_over_the_size_is_a_fault(protocol: WebSocketProtocol) -> None:
    protocol.receive_frames(Frame(Opcode.BINARY, b"x" * 1001).serialize(mask=True))
    protocol.part(CloseCode.GOING_AWAY)

    assert protocol.close_sent is not None
    assert protocol.close_sent.code == 1009


CHUNKS = st.lists(
    st.tuples(st.sampled_from([1, 2, 9, 10]), st.sampled_from([0, 1, 5, 125, 126, 300, 65_535, 65_536])),
    max_size=8,
)


@given(CHUNKS, st.lists(st.integers(1, 70_000), min_size=1, max_size=20))
def test_frames_are_the_same_however_the_bytes_are_cut(
    chunks: list[tuple[int, int]], cuts: list[int]
) -> None:
    sent = [(kind, (b"%d" % size * size)[: size if kind < 8 else min(size, 125)]) for kind, size in chunks]
    data = b"".join(Frame(Opcode(kind), payload).serialize(mask=True) for kind, payload in sent)
    protocol = WebSocketProtocol(100_000)

    frames = []
    for cut in cuts:
        frames += protocol.receive_frames(data[:cut]) if data else []
        data = data[cut:]
    frames += protocol.receive_frames(data) if data else []

    assert joined(frames) == sent
    assert all(len(frame.data) <= FRAGMENT_BYTES for frame in frames)
    assert not protocol.in_message


def joined(frames: Sequence[Frame]) -> list[tuple[int, bytes]]:
    """The messages and control frames that *frames* are."""
    found: list[tuple[int, bytes]] = []
    for frame in frames:
        if frame.opcode is Opcode.CONT:
            found[-1] = (found[-1][0], found[-1][1] + bytes(frame.data))
        else:
            found.append((int(frame.opcode), bytes(frame.data)))
    return found


@pytest.mark.parametrize("fin", [True, False])
def test_a_long_frame_comes_in_fragments_that_end_where_it_does(
    protocol: WebSocketProtocol, fin: bool
) -> None:
    large = WebSocketProtocol(1_000_000)
    data = Frame(Opcode.TEXT, b"0123456789" * 10_000, fin=fin).serialize(mask=True)

    frames = large.receive_frames(data)

    assert [frame.opcode for frame in frames] == [Opcode.TEXT, Opcode.CONT, Opcode.CONT, Opcode.CONT]
    assert [frame.fin for frame in frames] == [False, False, False, fin]
    assert b"".join(bytes(frame.data) for frame in frames) == b"0123456789" * 10_000
    assert large.in_message is not fin


def test_it_is_told_how_much_of_a_frame_is_missing() -> None:
    large = WebSocketProtocol(1_000_000)
    data = Frame(Opcode.BINARY, b"x" * 100_000).serialize(mask=True)

    large.receive_frames(data[:3])
    assert (large.in_message, large.missing_bytes) == (True, 0)
    large.receive_frames(data[3:-10])
    assert large.missing_bytes == 10
    large.receive_frames(data[-10:])
    assert (large.in_message, large.missing_bytes) == (False, 0)


def test_a_long_frame_that_is_not_masked_or_over_the_size_is_a_fault_at_once() -> None:
    for data, code in (
        (Frame(Opcode.BINARY, b"x" * 100_000).serialize(mask=False), 1002),
        (Frame(Opcode.BINARY, b"x" * 1_000_001).serialize(mask=True)[:14], 1009),
    ):
        large = WebSocketProtocol(1_000_000)
        large.receive_frames(data)
        large.part(CloseCode.GOING_AWAY)

        assert large.close_sent is not None
        assert large.close_sent.code == code


@given(st.binary(max_size=40), st.integers(1, 40))
def test_any_bytes_end_in_frames_a_fault_or_waiting(data: bytes, cut: int) -> None:
    """And what is then sent is something that a client understands."""
    protocol, client = WebSocketProtocol(20), ClientProtocol(parse_uri("ws://localhost/"), state=State.OPEN)

    protocol.receive_frames(data[:cut])
    protocol.receive_frames(data[cut:])
    protocol.part(CloseCode.GOING_AWAY)
    protocol.receive_eof()

    assert protocol.state is State.CLOSED
    client.receive_data(b"".join(protocol.data_to_send()))
    assert client.close_rcvd is not None


@pytest.mark.parametrize(
    "begun", [b"\xff\xff", b"\xf1\x80", b"\x83\x80", b"\x81\x7f", b"\x89\xfe", b"\x89\xfe\0\0", b"\x09\x80"]
)
def test_what_can_be_no_frame_is_a_fault_as_early_as_to_the_library(begun: bytes) -> None:
    protocol = WebSocketProtocol(1000)
    plain = ServerProtocol(state=State.OPEN, max_size=1000)

    for byte in begun:
        protocol.receive_frames(bytes([byte]))
        plain.receive_data(bytes([byte]))

        assert protocol.listening == (plain.state is State.OPEN)


def test_ten_thousand_of_them_are_cheap() -> None:
    """An object whose attributes have no names shared with the others of its class takes 1.5 KiB for these alone."""
    protocols = [WebSocketProtocol(1000) for _ in range(10)]

    assert max(sys.getsizeof(vars(protocol)) for protocol in protocols) < 600
