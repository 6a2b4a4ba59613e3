"""Pieces of few different lengths."""

from hypothesis import given
from hypothesis import strategies as st

from vibes_trio.storage.slices import SIZES, marks, slices


@given(st.lists(st.integers(), max_size=300), st.sampled_from(SIZES))
def test_pieces_are_of_few_sizes_and_the_whole_in_order(items: list[int], most: int) -> None:
    pieces = list(slices(items, most))

    assert [item for piece in pieces for item in piece] == items
    assert {len(piece) for piece in pieces} <= {size for size in SIZES if size <= most}


def test_a_mark_for_each_parameter() -> None:
    assert (marks(1), marks(3)) == ("?", "?, ?, ?")
