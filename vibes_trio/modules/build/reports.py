"""What esbuild answers to a build, and its report in it (the metafile): read here if short, else beside, in pieces.

A hostile package makes a report of 30 MB: half a second to take it apart, in which msgspec would hold the interpreter.
So a long one is taken apart by a process of its own (`reports_beside`), which gives back what is used of it, in
pieces, each of them quickly read and put in its place.
"""

import os
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field

import msgspec
import trio

from vibes_trio.compilers.child import (
    Bounds,
    FrameTooLong,
    kill_child,
    receive_frame,
    send_frame,
    start_child,
)
from vibes_trio.compilers.esbuild_packets import BadPacket, Value, decode_answer
from vibes_trio.config import Limits
from vibes_trio.errors import ModuleFailed
from vibes_trio.steps import Steps, let_go, run_in_turns

COMMAND = (sys.executable, "-m", "vibes_trio.modules.build.reports_beside")
_DROPPED_AT_ONCE = 1000
_MAY_FAIL = frozenset({"require-call", "dynamic-import"})
_BARE = re.compile(r"[@\w][^:]*+$")


class Imported(msgspec.Struct, gc=False):
    """One import: the file or address it leads to, and how the code writes it."""

    path: str = ""
    original: str = ""
    kind: str = ""
    external: bool = False


def may_fail(used: Imported) -> bool:
    """Return whether *used* asks for a package that is not there, in code that goes on without it: a `require` in a
    `try`, an `import()` whose failure is caught. esbuild leaves only these in; it refuses all others.
    """
    return used.external and used.kind in _MAY_FAIL and _BARE.match(used.path) is not None


class Input(msgspec.Struct, gc=False):
    """One file that was read: `esm`, `cjs` or neither."""

    imports: tuple[Imported, ...] = ()  # most have none: no list each for the collector of garbage to look at
    format: str = ""


class Part(msgspec.Struct, gc=False):
    """That something of a file is in an output; how much is not used."""


class Output(msgspec.Struct, gc=False, rename="camel"):
    """One file that was written; *inputs* are the files that something of is in it."""

    imports: list[Imported] = []
    exports: list[str] = []
    entry_point: str = ""
    css_bundle: str = ""
    inputs: dict[str, Part] = {}


class Report(msgspec.Struct):
    """What is used of esbuild's metafile."""

    inputs: dict[str, Input] = {}
    outputs: dict[str, Output] = {}


class Location(msgspec.Struct):
    """Where something is wrong; *line* counts from 1."""

    file: str = ""
    line: int = 0
    column: int = 0


class Message(msgspec.Struct):
    """What is wrong."""

    text: str
    location: Location | None = None


class Piece(msgspec.Struct):
    """A part of a report; *refused*: why there is none."""

    report: Report
    refused: str = ""
    is_last: bool = False


class Said(msgspec.Struct):
    """What an answer says beside its report. *error*: of the service itself."""

    errors: list[Message] = []
    warnings: list[Message] = []
    error: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a build."""

    said: Said
    report: Report = field(default_factory=Report)


said_decoder = msgspec.json.Decoder(Said)
piece_decoder = msgspec.json.Decoder(Piece)
report_decoder = msgspec.json.Decoder(Report)


def take_apart(frame: bytes) -> tuple[Said, Report]:
    """Return what the answer *frame* says. Takes time by its size: a millisecond for 100 KB.

    Raises:
        BadPacket: it is none.
    """
    value: Value = decode_answer(frame)[1]
    try:
        said = msgspec.convert(value, Said)
        told = value.get("metafile") if isinstance(value, Mapping) else None
        return said, report_decoder.decode(told) if isinstance(told, bytes | bytearray) and told else Report()
    except (msgspec.ValidationError, msgspec.DecodeError) as error:
        raise BadPacket("the answer can't be read") from error


async def read_answer(frame: bytes, limits: Limits) -> Answer:
    """Return what the answer *frame* says, which is gone then.

    Raises:
        BadPacket: it is none.
        ModuleFailed: it takes too much to be read.
    """
    if len(frame) <= limits.report_here_bytes:
        return Answer(*take_apart(frame))
    bounds = Bounds(limits.report_memory_bytes, niceness=limits.build_niceness)
    env = {"PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "PYTHONDONTWRITEBYTECODE": "1"}
    try:
        child = await start_child(COMMAND, env, bounds)
    except OSError as error:
        raise ModuleFailed(f"what esbuild says can't be read: {error.strerror}") from error
    try:
        await send_frame(child, frame)
        await let_go(frame)
        answer = Answer(said_decoder.decode(await receive_frame(child, limits.report_piece_bytes)))
        while True:
            piece = piece_decoder.decode(await receive_frame(child, limits.report_piece_bytes))
            if piece.refused:
                raise ModuleFailed(piece.refused)
            _add(answer.report, piece.report)
            if piece.is_last:
                return answer
            await trio.lowlevel.checkpoint()
    except (trio.BrokenResourceError, FrameTooLong) as error:
        raise ModuleFailed("what is to be known of it takes too much memory to be read") from error
    finally:
        await kill_child(child)


def _add(report: Report, more: Report) -> None:
    """Add *more*, a piece, to *report*: a file of many imports comes in several."""
    for path, given in more.inputs.items():
        known = report.inputs.setdefault(path, given)
        if known is not given:
            known.imports += given.imports
    for path, made in more.outputs.items():
        there = report.outputs.setdefault(path, made)
        if there is not made:
            there.imports += made.imports
            there.exports += made.exports
            there.inputs.update(made.inputs)


async def forget(*reports: Report) -> None:
    """Give the memory of *reports* back, which nobody needs any more, with turns for others between."""
    for report in reports:
        await run_in_turns(_drop(report))


def _drop(report: Report) -> Steps[None]:
    count = 0
    while report.inputs:
        given = report.inputs.popitem()[1]
        count += 1 + len(given.imports)
        while len(given.imports) > _DROPPED_AT_ONCE:
            given.imports = given.imports[:-_DROPPED_AT_ONCE]
            yield
        if count > _DROPPED_AT_ONCE:
            count = 0
            yield
    while report.outputs:
        made = report.outputs.popitem()[1]
        entries: list[Imported] | list[str]
        for entries in (made.imports, made.exports):
            while len(entries) > _DROPPED_AT_ONCE:
                del entries[-_DROPPED_AT_ONCE:]
                yield
        yield
