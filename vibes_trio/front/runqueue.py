"""Whose turn it is, of the connections that have more to do than a slice of time holds.

Who has used up a slice waits here for the next, and one goes on at a time. Clients have turns, and of one client's
connections that which came first: many connections are one share. And the next slice begins when nobody else has
anything to do: a short message takes several passes of the event loop, and would wait for a slice in each of them.
Others that never rest keep a slice waiting for `PATIENCE_S` at most, so that a flood is answered, too.
"""

import sys

import trio

# `trio.testing` has it for everybody, but loads all of pytest where that is installed.
from trio._core import wait_all_tasks_blocked  # type: ignore[attr-defined]

from vibes_trio.turns import Places, Turns

SLICE_S = 0.001
PATIENCE_S = 0.002

_ONE_AT_A_TIME = Places(1, 1, sys.maxsize, sys.maxsize)
"""Each who waits is a connection that is open, and of those there is a most."""


class RunQueue:
    """The connections that wait for their next slice, by client."""

    def __init__(self) -> None:
        self._turns = Turns(_ONE_AT_A_TIME, "read")

    async def wait_turn(self, client: str = "", *, alone: bool = False) -> None:
        """Return when the next slice of a connection of *client*, an address, may begin. Always a checkpoint.

        Args:
            alone: all connections are of this client: those of its own that are not flooded wait for slices.
        """
        async with self._turns.hold(client):  # who is given it runs in the next round
            if alone:
                return
            with trio.move_on_after(PATIENCE_S):
                await wait_all_tasks_blocked()
