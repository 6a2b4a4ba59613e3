"""Compiling each source once: a bounded memory of results round any compiler."""

import hashlib
from collections import OrderedDict
from collections.abc import Sequence

import msgspec
import trio

from vibes_trio.compilers.bundles import Bundle, Material
from vibes_trio.compilers.interface import Compiled, Compiler, Lang, Source
from vibes_trio.errors import TransformFailed

# What a result costs besides its code: keys, records, specifiers.
_ENTRY_BYTES = 1024

_Key = tuple[bytes, Lang, str]


class _Failure(msgspec.Struct, frozen=True):
    """What a `TransformFailed` says. Not the error itself: its traceback holds who keeps it, and all that he has."""

    words: str
    line: int
    column: int


class _Flight(msgspec.Struct):
    """A compilation under way, and what came of it."""

    landed: trio.Event
    compiled: Compiled | None = None
    failure: _Failure | None = None


class CachedCompiler:
    """Remembers results by content, the latest used longest, and lets equal requests share one compilation.

    State: `_entries` with the sum of their sizes in `_used_bytes`, and `_flights`, by content, file name (a
    failure names the file) and user (nobody is to wait for another's turn). Failures are shared by those who wait
    for them and then forgotten. If the one who compiles is cancelled, the next in line compiles.
    """

    def __init__(self, compiler: Compiler, max_bytes: int) -> None:
        self._compiler = compiler
        self._max_bytes = max_bytes
        self._entries: OrderedDict[_Key, Compiled] = OrderedDict()
        self._used_bytes = 0
        self._flights: dict[tuple[_Key, str, str], _Flight] = {}

    @property
    def version(self) -> str:
        """The version of the compiler inside."""
        return self._compiler.version

    @property
    def can_bundle(self) -> bool:
        """See `Compiler.can_bundle`."""
        return self._compiler.can_bundle

    async def bundle(
        self, entries: Sequence[tuple[str, str]], flags: Sequence[str], material: Material, user: str = ""
    ) -> Bundle:
        """See `Compiler.bundle`. Results are not kept here: what one depends on is known to who asks."""
        return await self._compiler.bundle(entries, flags, material, user)

    async def compile(self, source: Source, user: str = "") -> Compiled:
        """See `Compiler.compile`."""
        await trio.lowlevel.checkpoint()
        content = source.text.encode("utf-8", "surrogatepass")
        key = (hashlib.sha256(content).digest(), source.lang, source.classes)
        while True:
            if (known := self._entries.get(key)) is not None:
                self._entries.move_to_end(key)
                return known
            flight = self._flights.get((key, source.filename, user))
            if flight is None:
                return await self._fly(key, source, user)
            await flight.landed.wait()
            if flight.failure is not None:
                raise _again(flight.failure, source.filename)
            if flight.compiled is not None:
                return flight.compiled

    async def _fly(self, key: _Key, source: Source, user: str) -> Compiled:
        flight = self._flights[key, source.filename, user] = _Flight(trio.Event())
        try:
            flight.compiled = await self._compiler.compile(source, user)
        except TransformFailed as failure:
            flight.failure = _Failure(failure.words, failure.line, failure.column)
            raise
        finally:
            del self._flights[key, source.filename, user]
            flight.landed.set()
        self._keep(key, flight.compiled)
        return flight.compiled

    def _keep(self, key: _Key, compiled: Compiled) -> None:
        replaced = self._entries.pop(key, None)
        self._used_bytes += _size(compiled) - (_size(replaced) if replaced else 0)
        self._entries[key] = compiled
        while self._used_bytes > self._max_bytes:
            _, oldest = self._entries.popitem(last=False)
            self._used_bytes -= _size(oldest)


def _again(failure: _Failure, filename: str) -> TransformFailed:
    """Return the same failure for another task: one exception is not raised twice."""
    return TransformFailed(failure.words, filename=filename, line=failure.line, column=failure.column)


def _size(compiled: Compiled) -> int:
    # At most 4 bytes a character; how many there are is known only to the interpreter.
    return _ENTRY_BYTES + 4 * len(compiled.code)
