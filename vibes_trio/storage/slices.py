"""Many rows in few statements, of few different lengths: engines keep those prepared."""

from collections.abc import Iterator, Sequence
from typing import TypeVar

T = TypeVar("T")

SIZES = (64, 32, 16, 8, 4, 2, 1)
"""Rows per statement. Powers of two, so that a few statements do for any number."""


PACK_ROWS = 1000
"""Most rows of a statement whose length nobody prepares: engines take tens of thousands of parameters."""


def packs(items: Sequence[T]) -> Iterator[Sequence[T]]:
    """Cut *items* into few pieces of PACK_ROWS: at each statement a thread waits for the event loop."""
    for start in range(0, len(items), PACK_ROWS):
        yield items[start : start + PACK_ROWS]


def slices(items: Sequence[T], most: int = SIZES[0]) -> Iterator[Sequence[T]]:
    """Cut *items* into pieces of the `SIZES`, none longer than *most*."""
    start = 0
    for size in SIZES:
        while size <= most and len(items) - start >= size:
            yield items[start : start + size]
            start += size


def marks(count: int) -> str:
    """Return so many marks of parameters, as within `IN (…)` or a row of `VALUES`."""
    return ", ".join("?" * count)
