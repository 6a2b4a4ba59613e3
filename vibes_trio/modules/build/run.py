"""Run esbuild on packages: a process of its service for each file, fenced in, bounded in memory and time.

The service, and not the command: only there it asks before it reads (`fence`), and gives memory back while it
works. Runs take turns by user (`turns`). One that dies of too little memory, which hardly any does, gets the room
of several once more; all together never take more than limits.build_memory_bytes × limits.build_places.
"""

import os
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

import msgspec
import trio

from vibes_trio.compilers.child import (
    Bounds,
    Child,
    FrameTooLong,
    kill_child,
    receive_frame,
    send_frame,
    start_child,
)
from vibes_trio.compilers.esbuild_packets import (
    BadPacket,
    Value,
    decode_answer,
    decode_packet,
    encode_answer,
    encode_request,
    is_answer,
)
from vibes_trio.config import Limits
from vibes_trio.errors import ModuleFailed, Overloaded
from vibes_trio.modules.build.fence import Fence, exact_pattern, outside_pattern, specifier_pattern
from vibes_trio.modules.build.fenced import kept_in
from vibes_trio.modules.build.reports import Answer, Location, Report, Said, read_answer
from vibes_trio.modules.registry.toolchain import Tool

T = TypeVar("T")

_QUIET = ("--log-level=silent", "--color=false", "--log-limit=100", "--tsconfig-raw={}")
_OUTSIDE, _HUGE = 0, 1
_MAX_QUOTED = 100
_OUTSIDE_WORDS = "it imports a file that is of no package"
# What the kernel keeps esbuild out of, and what it finds nothing for as it is kept out.
_DENIED = re.compile(r"^Cannot (?:read|open) [^\n]*(?:permission|access is) denied")
_NO_MATCH = re.compile(r'^The glob pattern [a-z]+\("([^*\n]*)\*')
_NOT_WRITTEN = "Failed to write to output file"
# Go collects what is left over sooner when it nears its bound; some of that is no heap.
_HEAP_SHARE = 0.75
_LOADERS = {".mjs": "js", ".cjs": "js", ".mts": "ts", ".cts": "ts"}


class BuildRefused(ModuleFailed):
    """esbuild refuses its input; *words* is all that it says, each followed by a line that says where."""

    def __init__(self, message: str, words: str) -> None:
        super().__init__(message)
        self.words = words


class _Printed(Said):
    code: str = ""


async def bundle_files(
    tool: Tool,
    starts: Sequence[str],
    flags: Sequence[str],
    folder: Path,
    limits: Limits,
    fence: Fence,
    fallback: str = "",
) -> Report:
    """Bundle *starts*, absolute paths or `name=path`, and write the outputs that *flags* name, in *folder*.

    Packages that are not found in any `node_modules` are looked for in *fallback*, folders as in PATH.

    Returns:
        What is used of esbuild's metafile.

    Raises:
        BuildRefused: it refuses; the message has its first words.
        ModuleFailed: it takes too long or too much memory, or wants a file that the fence does not let through.
    """
    request: Value = {
        "command": "build",
        "key": 0,
        "entries": [_entry(start) for start in starts],
        "flags": ["--metafile", *flags, *_QUIET],
        "write": True,
        "stdinContents": None,
        "stdinResolveDir": None,
        "absWorkingDir": str(folder),
        "nodePaths": fallback.split(os.pathsep) if fallback else [],
        "context": False,
        "plugins": [_plugin(fence)],
    }
    command = kept_in(_command(tool), str(folder), map(str, fence.folders))

    async def build(child: Child) -> Answer:
        return await read_answer(await _converse(child, request, limits, fence), limits)

    answer = await _run(tool, command, limits, build)
    _refuse_failed(answer.said, limits, lambda file: fence.holds(os.path.join(folder, file)))
    climbing = _climbing(answer.said, folder, fence)
    if climbing:
        await trio.to_thread.run_sync(_remove, folder, answer.report)
        raise BuildRefused(f"{_OUTSIDE_WORDS}: {climbing[:_MAX_QUOTED]!r}", "")
    return answer.report


async def print_file(tool: Tool, file: Path, flags: Sequence[str], limits: Limits) -> str:
    """Return *file* as esbuild prints it by itself; it gets the text and reads nothing.

    Raises:
        BuildRefused: it refuses; the message has its first words.
        ModuleFailed: it takes too long or too much memory; the file is too large.
    """
    data = await trio.to_thread.run_sync(_read, file, limits.package_source_bytes)
    loader = _LOADERS.get(file.suffix, file.suffix.removeprefix(".") or "js")
    request: Value = {
        "command": "transform",
        "flags": [f"--loader={loader}", *flags, *_QUIET],
        "inputFS": False,
        "input": data,
    }

    async def transform(child: Child) -> _Printed:
        value = decode_answer(await _converse(child, request, limits, Fence(())))[1]
        return msgspec.convert(value, _Printed)

    printed = await _run(tool, _command(tool), limits, transform)  # it reads nothing: no need to keep it in
    _refuse_failed(printed, limits, lambda _: True)
    return printed.code


def _command(tool: Tool) -> tuple[str, ...]:
    return (str(tool.path), f"--service={tool.version}")


def _read(file: Path, max_bytes: int) -> bytes:
    try:
        with file.open("rb") as opened:
            size = os.fstat(opened.fileno()).st_size
            if size <= max_bytes:
                return opened.read()
    except OSError as error:
        raise ModuleFailed(f"{file.name} can't be read: {error.strerror}") from error
    raise ModuleFailed(_too_large(file.name, size, max_bytes))


async def _run(
    tool: Tool, command: Sequence[str], limits: Limits, speak: Callable[[Child], Awaitable[T]]
) -> T:
    """Return what *speak* has from a new process, in its user's turn; with more memory if there was too little."""
    if not os.access(tool.path, os.X_OK):
        raise ModuleFailed(f"esbuild can't be started: {tool.path.name} is gone or no program")
    for places in (1, limits.build_places_most):
        try:
            async with tool.turns.hold(tool.user, places):
                return await _run_once(command, limits, places * limits.build_memory_bytes, speak)
        except Overloaded as error:
            raise ModuleFailed("this server has too much to build; try again in a minute") from error
        except trio.BrokenResourceError:
            continue
    most = limits.build_places_most * limits.build_memory_bytes
    raise ModuleFailed(f"esbuild gave up: it needs more than {most} bytes of memory, or does not work")


async def _run_once(
    command: Sequence[str], limits: Limits, memory_bytes: int, speak: Callable[[Child], Awaitable[T]]
) -> T:
    env = {"GOMAXPROCS": "2", "GOMEMLIMIT": str(int(memory_bytes * _HEAP_SHARE))}
    bounds = Bounds(memory_bytes, limits.built_bytes, limits.build_niceness)
    with trio.move_on_after(limits.build_timeout_s):
        try:
            child = await start_child(command, env, bounds)
        except OSError as error:
            raise ModuleFailed(f"esbuild can't be started: {error.strerror}") from error
        try:
            await receive_frame(child, limits.report_bytes)  # its version
            return await speak(child)
        except (BadPacket, msgspec.ValidationError) as error:
            raise ModuleFailed("esbuild: its service speaks otherwise than known") from error
        finally:
            await kill_child(child)
    raise ModuleFailed(f"esbuild took more than {limits.build_timeout_s:g} s and was stopped")


def _entry(start: str) -> Value:
    name, equals, path = start.partition("=")
    return [name, path] if equals and not start.startswith("/") else ["", start]


def _plugin(fence: Fence) -> Value:
    """Return what has esbuild ask, before it looks for a specifier and before it reads a file."""
    loads: list[Value] = [{"id": _OUTSIDE, "filter": outside_pattern(fence.folders), "namespace": "file"}]
    if fence.huge:
        loads.append({"id": _HUGE, "filter": exact_pattern(fence.huge), "namespace": "file"})
    return {
        "name": "fence",
        "onStart": False,
        "onEnd": False,
        "onResolve": [{"id": _OUTSIDE, "filter": specifier_pattern(fence), "namespace": ""}],
        "onLoad": loads,
    }


async def _converse(child: Child, request: Value, limits: Limits, fence: Fence) -> bytes:
    """Return the answer to *request*; the first thing that esbuild is not to read ends it."""
    try:
        await send_frame(child, encode_request(0, request))
        while True:
            frame = await receive_frame(child, limits.report_bytes)
            if is_answer(frame):
                return frame
            if len(frame) > limits.report_here_bytes:
                raise ModuleFailed(f"it imports by a name of more than {limits.report_here_bytes} bytes")
            number, _, value = decode_packet(frame)
            await send_frame(child, encode_answer(number, _answer_to(value, limits, fence)))
    except FrameTooLong as error:
        raise ModuleFailed(
            f"what is to be known of it has more than {limits.report_bytes} bytes (report_bytes)"
        ) from error


def _refuse_failed(said: Said, limits: Limits, is_inside: Callable[[str], bool]) -> None:
    """Raise what *said* says is wrong; of files that lie outside, nothing."""
    if not said.errors and not said.error:
        return
    first, words = _words_of(said)
    if first.startswith(_NOT_WRITTEN):  # by its bound on files; the rest names folders of this server
        raise ModuleFailed(f"built, it has more than {limits.built_bytes} bytes")
    places = (error.location for error in said.errors)
    outside = any(place is not None and not is_inside(place.file) for place in places)
    if outside or any(_DENIED.search(error.text) for error in said.errors):
        raise BuildRefused(_OUTSIDE_WORDS, "")
    raise BuildRefused(f"esbuild: {first}", words)


def _climbing(said: Said, folder: Path, fence: Fence) -> str:
    """Return where ``import(`../../${x}`)`` leads out, if one does; that it finds nothing there is only warned of."""
    for warning in said.warnings:
        found = _NO_MATCH.search(warning.text)
        if found is not None and warning.location is not None:
            start = os.path.join(folder, os.path.dirname(warning.location.file), found[1])
            if not fence.holds(start):
                return found[1]
    return ""


def _remove(folder: Path, report: Report) -> None:
    for path in report.outputs:
        (folder / path).unlink(missing_ok=True)


def _answer_to(asked: Value, limits: Limits, fence: Fence) -> Value:
    """Return the answer to what the service asks: to go on as it would without, or to hand a file on unread.

    Raises:
        ModuleFailed: it is about to leave the fence. Says what the package says; of what is outside nothing.
    """
    if not isinstance(asked, Mapping):
        raise BadPacket("the request is none")
    path, command = str(asked.get("path")), asked.get("command")
    if command == "on-load":
        size = fence.huge.get(path)
        if size is not None and Path(path).suffix in fence.handed_on:
            return {"contents": b"", "loader": "file"}
        if size is not None:
            raise ModuleFailed(_too_large(Path(path).name, size, limits.package_source_bytes))
        raise ModuleFailed(_OUTSIDE_WORDS)
    if command == "on-resolve" and not fence.holds(os.path.join(str(asked.get("resolveDir")), path)):
        raise ModuleFailed(f"{_OUTSIDE_WORDS}: {path[:_MAX_QUOTED]!r}")
    return {"errors": [], "warnings": []} if command == "on-start" else {}


def _too_large(name: str, size: int, max_bytes: int) -> str:
    return f"{name} has {size} bytes; a file that is built may have {max_bytes} (package_source_bytes)"


def _words_of(answer: Said) -> tuple[str, str]:
    """Return the first of what *answer* says is wrong, and all."""
    if not answer.errors:
        return answer.error[:500], answer.error
    told = [(error.text[:500], _place(error.location)) for error in answer.errors]
    text, where = told[0]
    return f"{text} ({where})" if where else text, "\n".join(f"{text}\n\n    {where}" for text, where in told)


def _place(location: Location | None) -> str:
    return f"{location.file}:{location.line}:{location.column}" if location else ""
