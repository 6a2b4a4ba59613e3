"""Worker processes that answer one framed request at a time and can be killed.

Whatever the work, a source can be written that makes it cost minutes or gigabytes. So it is done in child
processes with a deadline and a bound on memory; one that oversteps, dies or answers nonsense is killed and
replaced for the next request. Frames on both pipes: length in 4 bytes, little-endian, then as many bytes (the
framing of esbuild's service, taken for our own worker too).
"""

import struct
import subprocess
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeVar, cast

import trio

from vibes_trio.config import Limits

if sys.platform == "linux":
    import resource

_LENGTH = struct.Struct("<I")
_CHUNK_BYTES = 64 * 1024
_COPIED_BYTES = 256 * 1024
_REAP_TIMEOUT_S = 2.0


T = TypeVar("T")


class WorkerFailed(Exception):
    """The worker gave no answer; the message says why, for the author of the source."""


@dataclass(slots=True)
class _Worker:
    """A running process, and how to talk with it.

    Attributes:
        received: what it said and nobody has taken yet.
        requests: how often it was asked.
    """

    process: trio.Process
    stdin: trio.abc.SendStream
    stdout: trio.abc.ReceiveStream
    max_frame_bytes: int
    received: bytearray = field(default_factory=bytearray)
    requests: int = 0

    async def send(self, frame: bytes) -> None:
        """Send *frame*, which is not copied; others have their turn in between, also when the worker is quick."""
        await self.stdin.send_all(_LENGTH.pack(len(frame)))
        with memoryview(frame) as view:
            for start in range(0, len(frame), _CHUNK_BYTES):
                await self.stdin.send_all(view[start : start + _CHUNK_BYTES])

    async def receive(self) -> bytes:
        """Return the next frame.

        Raises:
            WorkerFailed: it is too long.
        """
        (length,) = _LENGTH.unpack(await self.receive_exactly(_LENGTH.size))
        if length > self.max_frame_bytes:
            raise WorkerFailed(f"the compiled code is longer than {self.max_frame_bytes} bytes")
        return await self.receive_exactly(length)

    async def receive_exactly(self, size: int) -> bytes:
        """Return the next *size* bytes; a long piece as a bytearray, as to copy it would hold the event loop."""
        if len(self.received) < size:
            await self._fill(size)
        if len(self.received) == size > _COPIED_BYTES:
            piece, self.received = self.received, bytearray()
            return cast(bytes, piece)
        piece = self.received[:size]
        del self.received[:size]
        return bytes(piece)

    async def _fill(self, size: int) -> None:
        while (missing := size - len(self.received)) > 0:
            data = await self.stdout.receive_some(min(missing, _CHUNK_BYTES))
            if not data:
                raise trio.BrokenResourceError("the worker closed its pipe")
            self.received += data


class Talk(Protocol):
    """A worker, as who converses with it sees it."""

    async def send(self, frame: bytes) -> None:
        """Send one frame."""
        ...

    async def receive(self) -> bytes:
        """Return one frame."""
        ...

    async def receive_exactly(self, size: int) -> bytes:
        """Return *size* bytes that come without a frame."""
        ...


class Workers:
    """At most `limits.compile_at_once` processes of one command, started when needed and used again.

    The state is the list of idle workers; a busy one belongs to the task that asks it. `aclose` ends the idle
    ones and is called when no task asks any more.

    Args:
        command: what to run.
        env: the whole environment of the process.
        greets: the process sends a frame when it has started; it is read and dropped.
    """

    def __init__(
        self, command: Sequence[str], env: Mapping[str, str], limits: Limits, *, greets: bool = False
    ) -> None:
        self._command = tuple(command)
        self._env = dict(env)
        self._limits = limits
        self._greets = greets
        self._slots = trio.CapacityLimiter(limits.compile_at_once)
        self._idle: list[_Worker] = []

    async def ask(self, request: bytes) -> bytes:
        """Return the answer to *request*; see `converse`."""

        async def talk(worker: Talk) -> bytes:
            await worker.send(request)
            return await worker.receive()

        return await self.converse(talk)

    async def converse(self, talk: Callable[["Talk"], Awaitable[T]]) -> T:
        """Return what *talk* with one worker gives, waiting for a free one first.

        Raises:
            WorkerFailed: out of time (`limits.compile_timeout_s` once there is a worker) or memory, or the
                process can't be started or died.
        """
        async with self._slots:
            worker: _Worker | None = None
            answered = False
            try:
                with trio.fail_after(self._limits.compile_timeout_s):
                    worker = self._take_idle() or await self._start()
                    worker.requests += 1
                    answer = await talk(worker)
                answered = True
                return answer
            except trio.TooSlowError:
                seconds = self._limits.compile_timeout_s
                raise WorkerFailed(f"compiling took more than {seconds:g} s and was stopped") from None
            except (trio.BrokenResourceError, OSError) as error:
                raise WorkerFailed(
                    "the compiler gave up: nested too deeply, or in need of too much memory"
                ) from error
            finally:
                # Also when cancelled: a half-done request makes the worker useless.
                if worker is not None:
                    await self._give_back(worker, usable=answered)

    async def aclose(self) -> None:
        """End the idle workers."""
        while self._idle:
            await _kill(self._idle.pop())

    def _take_idle(self) -> _Worker | None:
        """Return a worker that still runs; those that ended by themselves are dropped."""
        while self._idle:
            worker = self._idle.pop()
            if worker.process.poll() is None:
                return worker
        return None

    async def _start(self) -> _Worker:
        pipe = subprocess.PIPE
        try:
            process = await trio.lowlevel.open_process(
                self._command,
                stdin=pipe,
                stdout=pipe,
                stderr=subprocess.DEVNULL,
                env=self._env,
                # Ctrl-C at the server's terminal must not end what is still in flight.
                start_new_session=True,
            )
        except OSError as error:
            raise WorkerFailed(f"the compiler can't be started: {error.strerror}") from error
        assert process.stdin is not None
        assert process.stdout is not None
        worker = _Worker(process, process.stdin, process.stdout, self._limits.max_compiled_bytes)
        try:
            _limit_memory(process.pid, self._limits.compile_memory_bytes)
            if self._greets:
                await worker.receive()
        except BaseException:
            await _kill(worker)
            raise
        return worker

    async def _give_back(self, worker: _Worker, *, usable: bool) -> None:
        # A worker's memory only grows, so none lives for ever.
        if usable and worker.requests < self._limits.compiles_per_worker:
            self._idle.append(worker)
        else:
            await _kill(worker)


async def _kill(worker: _Worker) -> None:
    worker.process.kill()
    with trio.move_on_after(_REAP_TIMEOUT_S, shield=True):
        await worker.stdin.aclose()
        await worker.stdout.aclose()
        await worker.process.wait()


def _limit_memory(pid: int, size: int) -> None:
    """Bound what a running child may allocate. Other systems than Linux have no call for it.

    Not its address space: Go reserves more than a gigabyte of that before it starts.
    """
    if sys.platform == "linux":
        resource.prlimit(pid, resource.RLIMIT_DATA, (size, size))
