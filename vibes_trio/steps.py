"""Work in steps: done at once where nobody waits, a step a turn where others do."""

import contextlib
from collections.abc import Generator
from typing import TypeAlias, TypeVar

import trio

KEPT_WHOLE_BYTES = 1024 * 1024

T = TypeVar("T")
Steps: TypeAlias = Generator[None, None, T]
"""Work that stops where others may have a turn. A step takes a fraction of what the event loop may be held for."""


def run_through(steps: Steps[T]) -> T:
    """Return what comes of *steps*, done without a pause."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            result: T = end.value
            return result


async def run_in_turns(steps: Steps[T]) -> T:
    """Return what comes of *steps*, with a turn for everybody else after each."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            result: T = end.value
            return result
        await trio.lowlevel.checkpoint()


async def let_go(block: bytes | bytearray) -> None:
    """Give the memory of a long *block* back, which nobody needs any more: by halves, with turns for others between.

    At once it would take the system milliseconds, for which everybody waits. Of blocks that are still looked into, or
    that can't shrink, nothing is given back here.
    """
    if not isinstance(block, bytearray):
        return
    with contextlib.suppress(BufferError):
        while len(block) > KEPT_WHOLE_BYTES:
            del block[len(block) * 2 // 5 :]  # below a half: only then a bytearray really shrinks
            await trio.lowlevel.checkpoint()
