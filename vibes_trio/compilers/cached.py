"""Compiling each source once: a bounded memory of results round any compiler."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import trio

from vibes_trio.cache import Flights, Kept
from vibes_trio.compilers.bundles import Bundle, Material
from vibes_trio.compilers.interface import Compiled, Compiler, Lang, Source
from vibes_trio.counts import Cells
from vibes_trio.errors import TransformFailed

# What a result costs besides its code: keys, records, specifiers.
_ENTRY_BYTES = 1024

_Key = tuple[bytes, Lang, str]


@dataclass(frozen=True, slots=True)
class _Failure:
    """What a `TransformFailed` says. Not the error itself: its traceback holds who keeps it, and all that he has."""

    words: str
    line: int
    column: int


class CachedCompiler:
    """Remembers results by content, the latest used longest, and lets equal requests share one compilation.

    State: what is kept, by content; and what is under way, by content, file name (a failure names the file) and user
    (nobody is to wait for another's turn). Failures are shared by those who wait for them and then forgotten. If the
    one who compiles is cancelled, the next in line compiles.
    """

    def __init__(self, compiler: Compiler, max_bytes: int, ended: Cells | None = None) -> None:
        """*ended*: counts what was compiled, by how that ended."""
        self._compiler = compiler
        self._ended = Cells() if ended is None else ended
        self._kept: Kept[_Key, Compiled] = Kept(max_bytes, _size)
        self._flights: Flights[tuple[_Key, str, str], Compiled | _Failure] = Flights()

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
        compiled: Compiled | _Failure | None = self._kept.get(key)
        if compiled is None:
            flight = (key, source.filename, user)
            compiled = await self._flights.join(flight, partial(self._compile, key, source, user))
        if isinstance(compiled, _Failure):
            # One exception is not raised twice.
            words, line, column = compiled.words, compiled.line, compiled.column
            raise TransformFailed(words, filename=source.filename, line=line, column=column)
        return compiled

    async def _compile(self, key: _Key, source: Source, user: str) -> Compiled | _Failure:
        if (known := self._kept.get(key)) is not None:
            return known
        try:
            compiled = await self._compiler.compile(source, user)
            self._ended[("done",)].value += 1
        except TransformFailed as failure:
            self._ended[("failed",)].value += 1
            return _Failure(failure.words, failure.line, failure.column)
        self._kept.put(key, compiled)
        return compiled


def _size(compiled: Compiled) -> int:
    # At most 4 bytes a character; how many there are is known only to the interpreter.
    return _ENTRY_BYTES + 4 * len(compiled.code)
