"""Worker processes that answer one framed request at a time and can be killed.

Whatever the work, a source can be written that makes it cost minutes or gigabytes. So it is done in child
processes with a deadline and a bound on memory; one that oversteps, dies or answers nonsense is killed and
replaced for the next request. Frames on both pipes: length in 4 bytes, little-endian, then as many bytes (the
framing of esbuild's service, taken for our own worker too).
"""

import struct
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import trio

from vibes_trio.config import Limits

if sys.platform == "linux":
    import resource

_LENGTH = struct.Struct("<I")
_CHUNK_BYTES = 64 * 1024
_REAP_TIMEOUT_S = 2.0

Reply = Callable[[bytes], bytes | None]


class WorkerFailed(Exception):
    """The worker gave no answer; the message says why, for the author of the source."""


@dataclass(slots=True)
class _Worker:
    process: trio.Process
    stdin: trio.abc.SendStream
    stdout: trio.abc.ReceiveStream
    received: bytearray
    requests: int = 0


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

    async def ask(self, request: bytes, reply: Reply | None = None) -> bytes:
        """Return the answer to *request*, waiting for a free worker first.

        Args:
            reply: what to say to a frame with which the worker itself asks for something; None: it is the answer.

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
                    answer = await self._exchange(worker, request, reply)
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
        worker = _Worker(process, process.stdin, process.stdout, bytearray())
        try:
            _limit_memory(process.pid, self._limits.compile_memory_bytes)
            if self._greets:
                await self._receive(worker, self._limits.max_compiled_bytes)
        except BaseException:
            await _kill(worker)
            raise
        return worker

    async def _exchange(self, worker: _Worker, request: bytes, reply: Reply | None) -> bytes:
        worker.requests += 1
        await worker.stdin.send_all(_LENGTH.pack(len(request)) + request)
        most = self._limits.max_compiled_bytes if reply is None else self._limits.max_bundle_bytes
        while True:
            frame = await self._receive(worker, most)
            said = reply(frame) if reply is not None else None
            if said is None:
                return frame
            await worker.stdin.send_all(_LENGTH.pack(len(said)) + said)

    async def _receive(self, worker: _Worker, most: int) -> bytes:
        await self._fill(worker, _LENGTH.size)
        (length,) = _LENGTH.unpack_from(worker.received)
        if length > most:
            raise WorkerFailed(f"the compiled code is longer than {most} bytes")
        await self._fill(worker, _LENGTH.size + length)
        frame = bytes(worker.received[_LENGTH.size : _LENGTH.size + length])
        del worker.received[: _LENGTH.size + length]
        return frame

    async def _fill(self, worker: _Worker, size: int) -> None:
        while len(worker.received) < size:
            data = await worker.stdout.receive_some(_CHUNK_BYTES)
            if not data:
                raise trio.BrokenResourceError("the worker closed its pipe")
            worker.received += data

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
