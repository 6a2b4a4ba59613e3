"""Whose turn it is, of the connections that have more to do than a slice of time holds.

Who has used up a slice waits here for the next, and one goes on in each round of the event loop, in the order in
which they came. So all others wait for one slice at most, however many connections are flooded.
"""

import trio

SLICE_S = 0.001


class RunQueue:
    """The connections that wait for their next slice, first in, first out."""

    def __init__(self) -> None:
        self._lock = trio.StrictFIFOLock()

    async def wait_turn(self) -> None:
        """Return when the next slice may begin. Always a checkpoint."""
        async with self._lock:  # who is given it runs in the next round, and lets go at once
            pass
