"""A bar that shows how far something is, on a terminal and only when there is something to wait for."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import msgspec

from vibes_trio.commands.output import printable, tell
from vibes_trio.config import MiB
from vibes_trio.late import late
from vibes_trio.wire.live import ResProgress

if TYPE_CHECKING:
    import tqdm
else:
    tqdm = late("tqdm")

SHOWN_FROM_BYTES = 1 * MiB


class Bar:
    """How much of something has been sent, and what the server says of it then.

    Args:
        shown: where that is seen; None: nowhere, or, with *tells*, in lines of what the server says.
    """

    def __init__(self, shown: tqdm.tqdm[None] | None, *, tells: bool = False) -> None:
        self._shown = shown
        self._tells = tells

    def advance(self, size: int) -> None:
        """Say that *size* more bytes were sent."""
        if self._shown is not None:
            self._shown.update(size)

    def on_progress(self, payload: msgspec.Raw) -> None:
        """Show what the server tells of how far it is."""
        try:
            told = msgspec.json.decode(payload, type=ResProgress)
        except msgspec.DecodeError:
            return  # of a newer server
        parts = f" {told.part_number} of {told.parts}" if told.part_number and told.parts else ""
        words = printable(f"{told.stage}{parts} {told.message}").rstrip()
        if self._shown is not None:
            self._shown.set_postfix_str(words)
        elif self._tells:
            tell(words)


@contextmanager
def open_bar(size: int, *, tells: bool = False) -> Iterator[Bar]:
    """Give a bar for *size* bytes; it is seen on a terminal if they are many. *tells*: see `Bar`."""
    if size < SHOWN_FROM_BYTES or not sys.stderr.isatty():
        yield Bar(None, tells=tells)
        return
    with tqdm.tqdm(
        total=size, unit="B", unit_scale=True, unit_divisor=1024, file=sys.stderr, leave=False
    ) as bar:
        yield Bar(bar)
