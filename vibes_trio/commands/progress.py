"""A bar that shows how far something is, on a terminal and only when there is something to wait for."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import msgspec

from vibes_trio.config import MiB
from vibes_trio.late import late
from vibes_trio.wire.live import ResProgress

if TYPE_CHECKING:
    import tqdm
else:
    tqdm = late("tqdm")

SHOWN_FROM_BYTES = 1 * MiB


class Bar:
    """How much of something has been sent, and what the server says of it then; *shown*: where that is seen."""

    def __init__(self, shown: tqdm.tqdm[None] | None) -> None:
        self._shown = shown

    def advance(self, size: int) -> None:
        """Say that *size* more bytes were sent."""
        if self._shown is not None:
            self._shown.update(size)

    def on_progress(self, payload: msgspec.Raw) -> None:
        """Show what the server tells of how far it is."""
        if self._shown is not None:
            try:
                told = msgspec.json.decode(payload, type=ResProgress)
            except msgspec.DecodeError:
                return  # of a newer server
            parts = f" {told.part_number} of {told.parts}" if told.part_number and told.parts else ""
            self._shown.set_postfix_str(f"{told.stage}{parts}")


@contextmanager
def open_bar(size: int) -> Iterator[Bar]:
    """Give a bar for *size* bytes; it is seen on a terminal if they are many."""
    if size < SHOWN_FROM_BYTES or not sys.stderr.isatty():
        yield Bar(None)
        return
    with tqdm.tqdm(
        total=size, unit="B", unit_scale=True, unit_divisor=1024, file=sys.stderr, leave=False
    ) as bar:
        yield Bar(bar)
