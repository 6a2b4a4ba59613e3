"""A child process that is spoken to in frames, bounded in what it may take, and killed when it is no longer wanted.

Frames on both pipes: length in 4 bytes, little-endian, then as many bytes (the framing of esbuild's service,
taken for our own worker too).
"""

import contextlib
import os
import struct
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import cast

import trio

if sys.platform == "linux":
    import resource

_LENGTH = struct.Struct("<I")
_CHUNK_BYTES = 64 * 1024
_COPIED_BYTES = 256 * 1024
_REAP_TIMEOUT_S = 2.0


class FrameTooLong(Exception):
    """The child wants to send more than it may."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a child may take.

    Attributes:
        memory_bytes: that it may allocate.
        file_bytes: of a file that it writes; 0: as many as it likes.
        niceness: how far behind this process it stands back where the processor is short.
    """

    memory_bytes: int
    file_bytes: int = 0
    niceness: int = 0


@dataclass(slots=True)
class Child:
    """A running child; one task at a time speaks to it. *received* came after the last frame."""

    process: trio.Process
    stdin: trio.abc.SendStream
    stdout: trio.abc.ReceiveStream
    received: bytearray = field(default_factory=bytearray)


async def start_child(command: Sequence[str], env: Mapping[str, str], bounds: Bounds) -> Child:
    """Start *command* with *env* as its whole environment.

    Raises:
        OSError: it can't be started.
    """
    process = await trio.lowlevel.open_process(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=dict(env),
        # Ctrl-C at the server's terminal must not end what is still in flight. A group, not a session: systems share
        # the processor by session first, and how far a child stands back counts within one only.
        process_group=0,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    child = Child(process, process.stdin, process.stdout)
    try:
        _bound(process.pid, bounds)
    except BaseException:
        await kill_child(child)
        raise
    return child


async def send_frame(child: Child, data: bytes) -> None:
    """Send *data*, which is not copied; others have their turn in between, also when the child is quick.

    Raises:
        trio.BrokenResourceError: the child has ended.
    """
    await child.stdin.send_all(_LENGTH.pack(len(data)))
    with memoryview(data) as view:
        for start in range(0, len(data), _CHUNK_BYTES):
            await child.stdin.send_all(view[start : start + _CHUNK_BYTES])


async def receive_frame(child: Child, max_bytes: int) -> bytes:
    """Return the next frame.

    Raises:
        FrameTooLong: it has more than *max_bytes*. Nothing of it is held.
        trio.BrokenResourceError: the child has ended.
    """
    (length,) = _LENGTH.unpack(await receive_bytes(child, _LENGTH.size))
    if length > max_bytes:
        raise FrameTooLong
    return await receive_bytes(child, length)


async def receive_bytes(child: Child, size: int) -> bytes:
    """Return the next *size* bytes; a long piece as a bytearray, as to copy it would hold the event loop.

    Raises:
        trio.BrokenResourceError: the child has ended.
    """
    await _fill(child, size)
    if len(child.received) == size > _COPIED_BYTES:
        piece, child.received = child.received, bytearray()
        return cast(bytes, piece)
    piece = child.received[:size]
    del child.received[:size]
    return bytes(piece)


async def kill_child(child: Child) -> None:
    """End the child at once; it has nothing to put away."""
    child.process.kill()
    with trio.move_on_after(_REAP_TIMEOUT_S, shield=True):
        await child.stdin.aclose()
        await child.stdout.aclose()
        await child.process.wait()


async def _fill(child: Child, size: int) -> None:
    while (missing := size - len(child.received)) > 0:
        data = await child.stdout.receive_some(min(missing, _CHUNK_BYTES))
        if not data:
            raise trio.BrokenResourceError("the child closed its pipe")
        child.received += data


def _bound(pid: int, bounds: Bounds) -> None:
    """Bound a running child. Other systems than Linux have no call for it.

    Not its address space: Go reserves more than a gigabyte of that before it starts.
    """
    if sys.platform == "linux":
        resource.prlimit(pid, resource.RLIMIT_DATA, (bounds.memory_bytes, bounds.memory_bytes))
        if bounds.file_bytes:
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (bounds.file_bytes, bounds.file_bytes))
    if bounds.niceness:
        with contextlib.suppress(OSError):  # one that has ended already is found out by who asks it
            own = os.getpriority(os.PRIO_PROCESS, 0)
            os.setpriority(os.PRIO_PGRP, pid, own + bounds.niceness)  # all of its threads, on Linux
