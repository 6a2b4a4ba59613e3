"""A body on its way in: counted before it is kept, and given up when it stops."""

import trio

from vibes_trio.config import Limits
from vibes_trio.front.http import Refused, refuse_broken_body, refuse_no_room, refuse_slow
from vibes_trio.front.sockets import Line


class Progress:
    """Whether enough arrives: at least `body_timeout_bytes` in each `body_timeout_s`, however long it takes in all.

    Mutable state: by when how many bytes more have to come.
    """

    __slots__ = ("_limits", "_missing", "deadline")

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self.begin()

    def begin(self) -> None:
        """Count from now on."""
        self._missing = self._limits.body_timeout_bytes
        self.deadline = trio.current_time() + self._limits.body_timeout_s

    def moved(self, size: int) -> None:
        """Note that *size* bytes have come."""
        self._missing -= size
        if self._missing <= 0:
            self.begin()


class Upload:
    """The body of one request, read from *line*.

    Mutable state: its progress, and whether it was *too_slow*.
    """

    def __init__(self, line: Line, limits: Limits) -> None:
        self._line = line
        self._progress = Progress(limits)
        self.too_slow = False

    async def read(self, max_bytes: int) -> bytes:
        """Return the next bytes, which count as held by the connection. Empty: no more will; `refuse` says why."""
        with trio.CancelScope(deadline=self._progress.deadline) as scope:
            data = await self._line.receive(max_bytes)
        if scope.cancelled_caught:
            self.too_slow = True
            return b""
        if not self._line.holding.add(len(data)):
            return b""
        self._progress.moved(len(data))
        return data

    def refuse(self) -> Refused:
        """Return the refusal of a body of which no more comes, or that is wrongly chunked."""
        if self._line.holding.taken_back:
            return refuse_no_room()
        return refuse_slow() if self.too_slow else refuse_broken_body()
