"""Messages out of frames."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.frames import Frame, Opcode

from vibes_trio.errors import TooLarge
from vibes_trio.front.assembly import Assembly


def fragments(opcode, *pieces):
    last = len(pieces) - 1
    return [Frame(opcode if not i else Opcode.CONT, piece, i == last) for i, piece in enumerate(pieces)]


@given(st.text(max_size=30), st.lists(st.integers(0, 40), max_size=5))
def test_a_text_is_the_same_however_it_is_cut(text, cuts):
    data, assembly = text.encode(), Assembly(1000)
    ends = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    pieces = [data[start:end] for start, end in pairwise(ends)]

    *before, whole = [assembly.add(frame) for frame in fragments(Opcode.TEXT, *pieces)]

    assert whole == data
    assert set(before) <= {None}
    assert assembly.held_bytes == 0


@pytest.mark.parametrize("pieces", [[b"x" * 11], [b"x" * 6, b"y" * 5]])
def test_a_message_that_is_too_large_is_counted_and_not_kept(pieces):
    assembly = Assembly(10)

    *_, error = [assembly.add(frame) for frame in fragments(Opcode.BINARY, *pieces)]

    assert isinstance(error, TooLarge)
    assert "11 bytes" in error.message
    assert assembly.held_bytes == 0
    assert assembly.add(Frame(Opcode.TEXT, b"next")) == b"next"


def test_text_that_is_no_utf8_is_found_as_soon_as_it_is_there():
    assembly = Assembly(1000)
    assembly.add(Frame(Opcode.TEXT, b"\xc3", False))

    with pytest.raises(UnicodeDecodeError):
        assembly.add(Frame(Opcode.CONT, b"x", False))


def test_what_is_forgotten_is_not_kept():
    assembly = Assembly(1000)
    assembly.add(Frame(Opcode.TEXT, b"half", False))
    assert assembly.held_bytes == 4

    assembly.forget()

    assert assembly.held_bytes == 0
