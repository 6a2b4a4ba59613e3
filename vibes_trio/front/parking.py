"""Connections between two requests, waited for together, and what they ask that is answered meanwhile.

To wake a task for each request costs more than all the rest of an answer that is ready (`ready.py`). So a connection
that was given one is parked: its task sleeps, and its socket is watched, with those of all others that are parked,
by one epoll object. What comes in is looked up and answered on the spot; whatever can't be answered so wakes the
task, which goes on with the bytes as if it had read them itself. Parking never changes an answer.

Where the system has no epoll, nothing is parked.
"""

import select
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, closing

import msgspec
import trio

from vibes_trio.front.budget import Buffer
from vibes_trio.front.sockets import Line, skip
from vibes_trio.front.state import Front

QUESTION_BYTES = 4096
"""Read at once; a head that is longer is read on by its task."""
ANSWER_BYTES = 64 * 1024
"""A longer answer is its task's, lest those who wait behind it wait long: what waking costs is little beside it."""


class _Parked(msgspec.Struct):
    """A parked connection. *since*: when it was last given an answer; *unsent*: what did not go out of that."""

    line: Line
    since: float
    woken: trio.Event
    unsent: Sequence[Buffer] = ()


class Parking:
    """The parked connections of one front. State: who is parked, by the number of the open file."""

    def __init__(self, front: Front) -> None:
        self._front = front
        self._read_bytes = min(QUESTION_BYTES, front.limits.max_head_bytes)
        self._parked: dict[int, _Parked] = {}
        self._epoll = select.epoll() if hasattr(select, "epoll") else None

    def close(self) -> None:
        """Give the system's part back; when no connection is left."""
        if self._epoll is not None:
            self._epoll.close()

    @property
    def possible(self) -> bool:
        """Whether connections can be parked here."""
        return self._epoll is not None

    async def run(self) -> None:
        """Answer what parked connections ask, until cancelled."""
        if self._epoll is None:
            return
        while True:
            await trio.lowlevel.wait_readable(self._epoll.fileno())
            self._take_turn(self._epoll)

    async def stay(self, line: Line) -> Sequence[Buffer]:
        """Keep the connection parked until it needs its task: return what of an answer is still to be sent.

        If that is nothing, the line's buffer has what came and can't be answered here; if that is empty, too,
        the client has ended, or was silent for `keep_alive_timeout_s`.
        """
        assert self._epoll is not None
        fd = line.socket.fileno()
        parked = self._parked[fd] = _Parked(line, trio.current_time(), trio.Event())
        self._epoll.register(fd, select.EPOLLIN)
        self._front.counts.parked += 1
        try:
            while not parked.woken.is_set():
                deadline = parked.since + self._front.limits.keep_alive_timeout_s
                if deadline <= trio.current_time():
                    break
                with trio.move_on_at(deadline):
                    await parked.woken.wait()
        finally:
            self._front.counts.parked -= 1
            self._leave(fd)
        return parked.unsent

    def _take_turn(self, epoll: "select.epoll") -> None:
        """Answer those who ask; who asks again at once is answered again, but not without end."""
        now, left = trio.current_time(), self._front.limits.parked_per_turn
        while left > 0 and (ready := epoll.poll(0, left)):
            left -= len(ready)
            for fd, _ in ready:
                self._answer(self._parked[fd], fd, now)

    def _answer(self, parked: _Parked, fd: int, now: float) -> None:
        """Answer what has come on one connection, or wake its task."""
        front, sock = self._front, parked.line.socket
        try:
            data = sock.recv(self._read_bytes)
        except BlockingIOError:
            return
        except OSError:
            data = b""  # as `Line.read` says it
        answer = None if front.draining.is_set() else front.ready.find(data, ANSWER_BYTES)
        if answer is None:
            parked.line.buffer = data
            self._wake(parked, fd)
            return
        if front.access is not None:
            front.access.ready(sock, data, answer)
        parked.since = now
        try:
            sent = sock.send(answer[0]) if len(answer) == 1 else parked.line.send_now(*answer)
        except OSError:
            sent = 0  # the task tries again, and sees whether the client is gone
        if sent < (len(answer[0]) if len(answer) == 1 else sum(map(len, answer))):
            parked.unsent = skip(answer, sent)
            self._wake(parked, fd)

    def _wake(self, parked: _Parked, fd: int) -> None:
        self._leave(fd)
        parked.woken.set()

    def _leave(self, fd: int) -> None:
        if self._parked.pop(fd, None) is not None and self._epoll is not None:
            self._epoll.unregister(fd)


@asynccontextmanager
async def open_parking(front: Front) -> AsyncIterator[Parking]:
    """Run a `Parking`; it ends after the connections, so they come and go within."""
    with closing(Parking(front)) as parking:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(parking.run)
            yield parking
            nursery.cancel_scope.cancel()
