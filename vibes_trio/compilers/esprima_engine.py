"""The compiler that is always there: `jsx.transform` in worker processes of our own."""

import os
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import msgspec

from vibes_trio.compilers.bundles import Bundle, Material
from vibes_trio.compilers.interface import Compiled, Source, encode_source
from vibes_trio.compilers.jsx import VERSION
from vibes_trio.compilers.workers import WorkerFailed, Workers
from vibes_trio.config import Limits
from vibes_trio.errors import TransformFailed

_COMMAND = (sys.executable, "-m", "vibes_trio.compilers.esprima_worker")


class _Failed(msgspec.Struct, frozen=True):
    message: str
    filename: str
    line: int
    column: int


class _Answer(msgspec.Struct, frozen=True):
    code: str = ""
    imports: tuple[str, ...] = ()
    dynamic_imports: tuple[str, ...] = ()
    has_default: bool = False
    failed: _Failed | None = None


class EsprimaCompiler:
    """JSX and JS by esprima, in pure Python. TypeScript is refused, with the way to esbuild."""

    version = VERSION
    can_bundle = False

    def __init__(self, workers: Workers, limits: Limits) -> None:
        self._workers = workers
        self._limits = limits

    async def compile(self, source: Source, user: str = "") -> Compiled:
        """See `Compiler.compile`. About 4 ms of a worker's time for each KiB."""
        encode_source(source, self._limits)
        try:
            answer = await self._workers.ask(msgspec.json.encode(source), user)
        except WorkerFailed as error:
            raise TransformFailed(str(error), filename=source.filename) from error
        result = msgspec.json.decode(answer, type=_Answer)
        if failed := result.failed:
            raise TransformFailed(
                failed.message, filename=failed.filename, line=failed.line, column=failed.column
            )
        return Compiled(result.code, result.imports, result.dynamic_imports, result.has_default)

    async def bundle(
        self, entries: Sequence[tuple[str, str]], flags: Sequence[str], material: Material, user: str = ""
    ) -> Bundle:
        """See `Compiler.bundle`: it can't."""
        raise TransformFailed("needs esbuild, which is not on this server", filename=entries[0][1])


@asynccontextmanager
async def open_esprima(limits: Limits) -> AsyncIterator[EsprimaCompiler]:
    """Give the compiler; its processes start when needed and end with the context."""
    # The worker finds this package where this process found it.
    env = {"PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "PYTHONDONTWRITEBYTECODE": "1"}
    workers = Workers(_COMMAND, env, limits, niceness=limits.compile_niceness)
    try:
        yield EsprimaCompiler(workers, limits)
    finally:
        await workers.aclose()
