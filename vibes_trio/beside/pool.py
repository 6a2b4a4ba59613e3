"""The processes that read long messages, and the ways to ask them.

msgspec holds the interpreter while it decodes, so a thread would stop the event loop just as well: even to look a
hostile message of 16 MiB through, building nothing, takes 30 ms, and to build what it says two seconds. So
whatever is longer than `limits.read_here_bytes` is taken apart in a process that can be killed, and whose
memory is bounded. It is asked twice. First to `look`: is this JSON, an envelope, of which type, with which `auth`?
Nothing else is built of it. Only when the token is found good it is asked to `read` the rest, and gives it back
in parts that cost the loop nothing by their size: a short text, and bytes to be passed on as they are.

The process knows no keys and no storage, and forgets everything: each question brings the whole message.

Frames: length in 4 bytes, little-endian, then as many bytes. A question is two of them, `Question` and what it is
about; the answer is one, an `Answer`, and the bytes of its parts.
"""

import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Literal, Protocol

import msgspec

from vibes_trio.compilers.workers import Talk, WorkerFailed, Workers
from vibes_trio.config import Limits
from vibes_trio.errors import BadEnvelope, BadJson, BadRequest, NotFound, TooLarge, VibesError
from vibes_trio.exchange import UserId
from vibes_trio.turns import Places, Turns
from vibes_trio.wire.large import LargeHead

COMMAND = (sys.executable, "-m", "vibes_trio.services.beside")

Task = Literal["look", "read", "link", "map", "page", "plan", "show", "show plainly"]


class Question(msgspec.Struct, frozen=True):
    """What to do, with a message of which type."""

    task: Task
    type: str = ""


class Told(msgspec.Struct, frozen=True):
    """A `VibesError` on its way between processes."""

    code: str
    message: str
    detail: dict[str, str | int]


class Answer(msgspec.Struct, frozen=True):
    """What came of a question: an error, or *found* (JSON) and the sizes of the parts that follow it."""

    error: Told | None = None
    found: msgspec.Raw = msgspec.Raw(b"null")
    parts: tuple[int, ...] = ()


class Packed(msgspec.Struct, frozen=True):
    """A part of a message on its way between processes: a short JSON text, and the long parts that it leaves out."""

    text: bytes
    parts: tuple[bytes, ...] = ()


class Beside(Protocol):
    """What answers: processes, or for tests of logic this one."""

    async def look(self, message: bytes, client: str) -> LargeHead:
        """Return what *message* is, for *client*, whoever that is.

        Raises:
            BadJson, BadEnvelope: it is none.
            TooLarge: it takes too much to find out.
            Overloaded: too much waits.
        """
        ...

    async def ask(self, question: Question, about: bytes, user: UserId) -> Packed:
        """Return what *user*, who has signed in, wants to be done with *about*.

        Raises:
            BadRequest, TooLarge: it can't be done; says why.
            Overloaded: too much waits.
        """
        ...


answer_decoder = msgspec.json.Decoder(Answer)
head_decoder = msgspec.json.Decoder(LargeHead)
_ERRORS: dict[str, type[VibesError]] = {
    kind.code: kind for kind in (BadJson, BadEnvelope, BadRequest, NotFound, TooLarge)
}


def raise_told(told: Told) -> None:
    """Raise the error that another process told of."""
    raise _ERRORS[told.code](told.message, **told.detail)


SHOWING: tuple[Task, ...] = ("show", "show plainly")
"""What has a process of its own, and a short deadline: it is done for people's eyes, and another way is known."""


class Processes:
    """The processes. One looks at messages, one more at the longest, one reads for those who have signed in, one shows.

    So long messages of nobody in particular hold up neither shorter ones nor who has signed in, and what takes long to
    be shown holds up only what is to be shown; within each lane turns are fair.
    """

    def __init__(self, workers: Workers, showing: Workers, limits: Limits) -> None:
        self._workers = workers
        self._showing = showing
        self._limits = limits
        places = Places(1, 1, 8 * limits.beside_waiting, limits.beside_waiting)
        self._short, self._long, self._signed, self._shown = (Turns(places, "read") for _ in range(4))

    async def look(self, message: bytes, client: str) -> LargeHead:
        """See `Beside.look`."""
        lane = self._short if len(message) <= self._limits.beside_short_bytes else self._long
        return head_decoder.decode((await self._ask(lane, client, Question("look"), message)).text)

    async def ask(self, question: Question, about: bytes, user: UserId) -> Packed:
        """See `Beside.ask`."""
        lane = self._shown if question.task in SHOWING else self._signed
        return await self._ask(lane, user, question, about)

    async def _ask(self, lane: Turns, who: str, question: Question, about: bytes) -> Packed:
        async def talk(worker: Talk) -> tuple[Answer, tuple[bytes, ...]]:
            await worker.send(msgspec.json.encode(question))
            await worker.send(about)
            answer = answer_decoder.decode(await worker.receive())
            return answer, tuple([await worker.receive_exactly(size) for size in answer.parts])

        workers = self._showing if lane is self._shown else self._workers
        async with lane.hold(who):
            try:
                answer, parts = await workers.converse(talk, who)
            except WorkerFailed as failure:
                raise TooLarge(
                    "This takes too much time or memory to be read: send less at once.",
                    limit="beside_timeout_s",
                    value=int(self._limits.beside_timeout_s),
                ) from failure
        if answer.error is not None:
            raise_told(answer.error)
        return Packed(bytes(answer.found), parts)


@asynccontextmanager
async def open_beside(limits: Limits) -> AsyncIterator[Processes]:
    """Give the processes; each starts when it is needed, and ends with the context."""
    env = {"PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "PYTHONDONTWRITEBYTECODE": "1"}
    bounds = replace(
        limits,
        compile_at_once=3,
        compile_timeout_s=limits.beside_timeout_s,
        compile_memory_bytes=limits.beside_memory_bytes,
        compiles_per_worker=limits.beside_per_process,
        max_compiled_bytes=limits.beside_answer_bytes,
    )
    workers = Workers(COMMAND, env, bounds)
    showing = Workers(
        COMMAND, env, replace(bounds, compile_at_once=1, compile_timeout_s=limits.show_timeout_s)
    )
    try:
        yield Processes(workers, showing, limits)
    finally:
        await workers.aclose()
        await showing.aclose()
