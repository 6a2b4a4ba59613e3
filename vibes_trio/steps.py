"""Work in steps: done at once where nobody waits, a step a turn where others do."""

from collections.abc import Generator
from typing import TypeAlias, TypeVar

import trio

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
