"""Compile Sass: the official compiler, Dart Sass, as a process that reads no disk.

It is spoken to in its embedded protocol (`sass_packets`): the sheet comes over the pipe, and what that names (`@use`,
`@forward`, `@import`) is asked for over the pipe, from `SassMaterial`, which has the app's files and those of packages.
A process compiles the sheets of one app, one after the other, with a bound on memory and a deadline; then it is killed.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import trio

from vibes_trio.compilers.child import Bounds, Child, kill_child, receive_bytes, start_child
from vibes_trio.compilers.sass_packets import (
    BadSassPacket,
    Done,
    Find,
    Load,
    Refused,
    Syntax,
    encode_compile,
    encode_found,
    encode_loaded,
    read_told,
)
from vibes_trio.config import Limits
from vibes_trio.errors import Overloaded
from vibes_trio.turns import Places, Turns

SASS_VERSION = "1.105.0"
"""What `vibes-trio toolchain install` fetches, and an app that needs it."""
SNAPSHOT = "sass.snapshot"
_MAX_LENGTH_BYTES = 5
_GAVE_UP = "the compiler gave up: nested too deeply, or in need of too much memory"


@dataclass(frozen=True, slots=True)
class SassSheet:
    """A sheet: its bytes and what they are written in."""

    source: bytes
    syntax: Syntax


@dataclass(frozen=True, slots=True)
class PackageSheets:
    """The style sheets of the package *key* (`name@version`), by their names in it.

    Attributes:
        files: names of all its files.
        manifest: its `package.json`.
    """

    key: str
    sheets: Mapping[str, bytes]
    files: frozenset[str]
    manifest: bytes


class SassFailed(Exception):
    """A sheet can't be compiled: why, for its author; *name*: the sheet that is wrong, *line* in it (0: unknown)."""

    def __init__(self, words: str, name: str = "", line: int = 0) -> None:
        super().__init__(words)
        self.words, self.name, self.line = words, name, line


class _TooSlow(SassFailed):
    """It took too long: who writes one such sheet may write many."""


class SassMaterial(Protocol):
    """What sheets are made of. A name is an address that `find` made up; no process sees a path."""

    async def find(self, url: str, containing: str, *, from_import: bool) -> str:
        """Return the name of the sheet that *url* means in the sheet *containing*; empty: there is none.

        Raises:
            SassFailed: it is known, and why it can't be had.
        """
        ...

    def load(self, name: str) -> SassSheet:
        """Return the sheet that `find` named so."""
        ...


@dataclass(frozen=True, slots=True)
class SassTool:
    """A Dart Sass that is there: how it is started, and places of its runs, shared by all."""

    command: tuple[str, ...]
    turns: Turns = field(compare=False)


def sass_folder(data_dir: Path) -> Path:
    """Return where the Dart Sass that the server itself fetches is kept."""
    return data_dir / "toolchain" / f"sass-{SASS_VERSION}"


def find_sass(named: str, data_dir: Path) -> tuple[str, ...]:
    """Return the command of Dart Sass: what VIBES_SASS names, else what was fetched; empty: there is none yet."""
    program = Path(named) if named else sass_folder(data_dir) / "dart"
    snapshot = program.with_name(SNAPSHOT)
    if snapshot.is_file():
        return (str(program), str(snapshot), "--embedded")
    return (named, "--embedded") if named else ()


def open_sass_turns(limits: Limits) -> Turns:
    """Return the places for runs of Sass."""
    waiting, for_one = limits.compiles_waiting, limits.compiles_waiting_for_one
    return Turns(Places(limits.compile_at_once, limits.compile_for_one, waiting, for_one), "compiled")


async def compile_sheets(
    tool: SassTool,
    names: Sequence[str],
    material: SassMaterial,
    limits: Limits,
    user: str = "",
    ahead: Mapping[str, bytes] | None = None,
) -> dict[str, bytes | SassFailed]:
    """Return each of *names* as CSS, or why there is none.

    Args:
        ahead: name → what stands in front of the sheet; lines are told without it.
    """
    made: dict[str, bytes | SassFailed] = {}
    why = f"not compiled, as others took more than {limits.compile_timeout_s:g} s"
    try:
        async with tool.turns.hold(user):
            waiting = list(names)
            while waiting and not any(isinstance(sheet, _TooSlow) for sheet in made.values()):
                made |= await _in_one_process(tool, waiting, material, limits, ahead or {})
                waiting = [name for name in names if name not in made]
    except Overloaded as error:
        why = str(error)
    return made | {name: SassFailed(why, name) for name in names if name not in made}


async def _in_one_process(
    tool: SassTool,
    names: Sequence[str],
    material: SassMaterial,
    limits: Limits,
    ahead: Mapping[str, bytes],
) -> dict[str, bytes | SassFailed]:
    """Return what becomes of *names*, up to the one that the process ends with."""
    made: dict[str, bytes | SassFailed] = {}
    bounds = Bounds(limits.compile_memory_bytes, niceness=limits.compile_niceness)
    try:
        child = await start_child(tool.command, {}, bounds)
    except OSError as error:
        return dict.fromkeys(names, SassFailed(f"Sass can't be started: {error.strerror}"))
    try:
        for name in names:
            try:
                made[name] = await _compile(child, name, material, limits, ahead.get(name, b""))
            except SassFailed as failed:
                made[name] = failed
                if not failed.name:
                    break  # the process is of no use any more
    finally:
        await kill_child(child)
    return made


async def _compile(
    child: Child, name: str, material: SassMaterial, limits: Limits, ahead: bytes
) -> bytes | SassFailed:
    """Return *name* as CSS, or what is wrong with it.

    Raises:
        SassFailed: it took too long or too much; the process has to go.
    """
    sheet = material.load(name)
    talk = _Talk(child, material, limits, trio.CancelScope())
    with talk.scope:
        talk.scope.deadline = trio.current_time() + limits.compile_timeout_s
        try:
            told = await talk.compile(ahead + sheet.source, name, sheet.syntax)
        except trio.BrokenResourceError as error:
            raise SassFailed(_GAVE_UP) from error
        except BadSassPacket as error:
            raise SassFailed(f"{_GAVE_UP} ({error})") from error
        if isinstance(told, Done):
            return told.css
        lines = ahead.count(b"\n") if told.url == name else 0
        return SassFailed(talk.why or told.words, told.url or name, max(0, told.line - lines))
    raise _TooSlow(f"compiling took more than {limits.compile_timeout_s:g} s and was stopped")


@dataclass(slots=True)
class _Talk:
    """One compilation. *why*: what the material said of what it lacks."""

    child: Child
    material: SassMaterial
    limits: Limits
    scope: trio.CancelScope
    why: str = ""

    async def compile(self, source: bytes, name: str, syntax: Syntax) -> Done | Refused:
        await self.child.stdin.send_all(encode_compile(source, name, syntax))
        while True:
            told = read_told(await self._receive())
            if isinstance(told, Find):
                await self.child.stdin.send_all(await self._find(told))
            elif isinstance(told, Load):
                sheet = self.material.load(told.url)
                await self.child.stdin.send_all(encode_loaded(told.number, sheet.source, sheet.syntax))
            elif isinstance(told, Done | Refused):
                return told

    async def _find(self, asked: Find) -> bytes:
        # A package may have to be fetched, which has a bound of its own.
        left_s = self.scope.deadline - trio.current_time()
        self.scope.deadline = math.inf
        try:
            url = await self.material.find(asked.url, asked.containing, from_import=asked.from_import)
        except SassFailed as failed:
            self.why = self.why or failed.words
            return encode_found(asked.number, error=failed.words)
        finally:
            self.scope.deadline = trio.current_time() + left_s
        return encode_found(asked.number, url)

    async def _receive(self) -> bytes:
        size = 0
        for place in range(_MAX_LENGTH_BYTES):
            (byte,) = await receive_bytes(self.child, 1)
            size |= (byte & 0x7F) << 7 * place
            if byte < 0x80:
                break
        if not 0 < size <= self.limits.max_compiled_bytes:
            raise SassFailed(f"the style sheet is longer than {self.limits.max_compiled_bytes} bytes")
        return bytes(await receive_bytes(self.child, size))  # a long one comes as what can be changed
