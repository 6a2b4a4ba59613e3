"""Worker processes that answer one framed request at a time and can be killed.

Whatever the work, a source can be written that makes it cost minutes or gigabytes. So it is done in child
processes with a deadline and a bound on memory; one that oversteps, dies or answers nonsense is killed and
replaced for the next request.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from typing import Protocol, TypeVar

import msgspec
import trio

from vibes_trio.compilers.child import (
    Bounds,
    Child,
    FrameTooLong,
    kill_child,
    receive_bytes,
    receive_frame,
    send_frame,
    start_child,
)
from vibes_trio.config import Limits
from vibes_trio.turns import Places, Turns

T = TypeVar("T")
Reply = Callable[[bytes], bytes | None]


class WorkerFailed(Exception):
    """The worker gave no answer; the message says why, for the author of the source."""


class _Worker(msgspec.Struct):
    """A running process that answers one after another; *requests*: how often it was asked.

    *stands_back*: where the processor is short, others go first, for as long as it lives: no process may undo that.
    """

    child: Child
    max_frame_bytes: int
    stands_back: bool
    requests: int = 0

    async def send(self, frame: bytes) -> None:
        await send_frame(self.child, frame)

    async def receive(self, max_bytes: int = 0) -> bytes:
        most = max_bytes or self.max_frame_bytes
        try:
            return await receive_frame(self.child, most)
        except FrameTooLong:
            raise WorkerFailed(f"the compiled code is longer than {most} bytes") from None

    async def receive_exactly(self, size: int) -> bytes:
        return await receive_bytes(self.child, size)


class Talk(Protocol):
    """A worker, as who converses with it sees it."""

    async def send(self, frame: bytes) -> None:
        """Send one frame, which is not copied."""
        ...

    async def receive(self, max_bytes: int = 0) -> bytes:
        """Return one frame, of at most *max_bytes*; 0: as many as compiled code may have.

        Raises:
            WorkerFailed: it is too long.
        """
        ...

    async def receive_exactly(self, size: int) -> bytes:
        """Return *size* bytes that come without a frame."""
        ...


class Workers:
    """Processes of one command that work, at most `limits.compile_at_once` at a time, and are used again.

    What a user asks for beside something else of his is done by workers that stand back, so that he slows himself
    down, not who asks for one thing. Of either kind as many may be idle as work at a time.

    The state is the list of idle workers, and whose turn it is; a busy one belongs to the task that asks it.
    `aclose` ends the idle ones and is called when no task asks any more.

    Args:
        command: what to run.
        env: the whole environment of the process.
        greets: the process sends a frame when it has started; it is read and dropped.
        niceness: how far those stand back; 0: all workers are alike.
    """

    def __init__(
        self,
        command: Sequence[str],
        env: Mapping[str, str],
        limits: Limits,
        *,
        greets: bool = False,
        niceness: int = 0,
    ) -> None:
        self._command = tuple(command)
        self._env = dict(env)
        self._limits = limits
        self._greets = greets
        self._niceness = niceness
        self._turns = Turns(
            Places(
                limits.compile_at_once,
                limits.compile_for_one,
                limits.compiles_waiting,
                limits.compiles_waiting_for_one,
            ),
            "compiled",
        )
        self._idle: list[_Worker] = []

    async def ask(self, request: bytes, user: str = "") -> bytes:
        """Return the answer to *request*; see `converse`."""

        async def talk(worker: Talk) -> bytes:
            await worker.send(request)
            return await worker.receive()

        return await self.converse(talk, user)

    async def serve(self, request: bytes, reply: Reply, user: str = "") -> bytes:
        """Return the answer to *request*, of a worker that asks for things itself; see `converse`.

        Args:
            reply: what to say to a frame with which the worker asks for something; None: it is the answer.
        """

        async def talk(worker: Talk) -> bytes:
            await worker.send(request)
            while True:
                frame = await worker.receive(self._limits.max_bundle_bytes)
                said = reply(frame)
                if said is None:
                    return frame
                await worker.send(said)

        return await self.converse(talk, user)

    async def converse(self, talk: Callable[[Talk], Awaitable[T]], user: str = "") -> T:
        """Return what *talk* with one worker gives, waiting for a free one, and the turn of *user*, first.

        One that dies, and was asked before, is replaced, and *talk* begins anew.

        Raises:
            Overloaded: too many wait already.
            WorkerFailed: out of time (`limits.compile_timeout_s` once there is a worker) or memory, or the
                process can't be started or died.
        """
        stands_back = bool(self._niceness) and self._turns.has(user)
        async with self._turns.hold(user):
            try:
                with trio.fail_after(self._limits.compile_timeout_s):
                    return await self._talk(talk, stands_back)
            except trio.TooSlowError:
                seconds = self._limits.compile_timeout_s
                raise WorkerFailed(f"compiling took more than {seconds:g} s and was stopped") from None
            except (trio.BrokenResourceError, OSError) as error:
                raise WorkerFailed(
                    "the compiler gave up: nested too deeply, or in need of too much memory"
                ) from error

    async def _talk(self, talk: Callable[[Talk], Awaitable[T]], stands_back: bool) -> T:
        idle = self._take_idle(stands_back)
        if idle is not None:
            # It may have died of what it did before, for somebody else.
            with suppress(trio.BrokenResourceError, OSError):
                return await self._use(idle, talk)
        return await self._use(await self._start(stands_back), talk)

    async def _use(self, worker: _Worker, talk: Callable[[Talk], Awaitable[T]]) -> T:
        answered = False
        worker.requests += 1
        try:
            answer = await talk(worker)
            answered = True
            return answer
        finally:
            # Also when cancelled: a half-done request makes the worker useless.
            await self._give_back(worker, usable=answered)

    async def aclose(self) -> None:
        """End the idle workers."""
        while self._idle:
            await kill_child(self._idle.pop().child)

    def _take_idle(self, stands_back: bool) -> _Worker | None:
        """Return a worker of that kind that still runs; those that ended by themselves are dropped."""
        self._idle = [worker for worker in self._idle if worker.child.process.poll() is None]
        for worker in reversed(self._idle):
            if worker.stands_back == stands_back:
                self._idle.remove(worker)
                return worker
        return None

    async def _start(self, stands_back: bool) -> _Worker:
        bounds = Bounds(self._limits.compile_memory_bytes, niceness=self._niceness if stands_back else 0)
        try:
            child = await start_child(self._command, self._env, bounds)
        except OSError as error:
            raise WorkerFailed(f"the compiler can't be started: {error.strerror}") from error
        worker = _Worker(child, self._limits.max_compiled_bytes, stands_back)
        try:
            if self._greets:
                await worker.receive()
        except BaseException:
            await kill_child(child)
            raise
        return worker

    async def _give_back(self, worker: _Worker, *, usable: bool) -> None:
        # A worker's memory only grows, so none lives for ever.
        if usable and worker.requests < self._limits.compiles_per_worker:
            self._idle.append(worker)
        else:
            await kill_child(worker.child)
