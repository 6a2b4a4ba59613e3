"""Which compiler this server has: esbuild where there is a binary that works, else esprima."""

import logging
import shutil
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import trio

from vibes_trio.compilers.cached import CachedCompiler
from vibes_trio.compilers.esbuild import open_esbuild
from vibes_trio.compilers.interface import Compiled, Compiler, Source
from vibes_trio.config import Limits
from vibes_trio.counts import Cells
from vibes_trio.errors import ConfigError, TransformFailed
from vibes_trio.late import late

if TYPE_CHECKING:
    import vibes_trio.compilers.esprima_engine as esprima_engine
else:
    esprima_engine = late("vibes_trio.compilers.esprima_engine")

# The version that `vibes-trio toolchain install` fetches. Others are taken if they pass the trial below.
ESBUILD_VERSION = "0.28.2"

_TRIAL = Source(
    "trial.tsx", "tsx", 'import x from "x";\nexport default (n: 1) => <p {...n} key={`k${n}`}>{x}</p>;\n'
)
_TRIAL_IMPORTS = {"react", "x"}

log = logging.getLogger(__name__)


WITHOUT = "Without esbuild JSX is compiled in pure Python, TypeScript is not"


def toolchain_path(data_dir: Path) -> Path:
    """Return where the esbuild that the server itself installs is kept."""
    return data_dir / "toolchain" / f"esbuild-{ESBUILD_VERSION}" / "bin" / "esbuild"


@asynccontextmanager
async def open_compiler(
    limits: Limits, esbuild: str, data_dir: Path, ended: Cells | None = None
) -> AsyncIterator[Compiler]:
    """Give the best compiler there is, with a memory of its results; its processes end with the context.

    *ended*: counts what is compiled, by how that ended.

    Looked for in this order: *esbuild* (the setting VIBES_ESBUILD, unless empty), the toolchain folder, PATH.
    A binary counts when it says its version and compiles a small module as expected. Without any: esprima.

    Raises:
        ConfigError: the binary that was named is missing or does not work.
    """
    for binary in find_binaries(esbuild, data_dir):
        version = await find_version(binary, limits)
        if version is None:
            _refuse(binary, "it does not answer --version", named=bool(esbuild))
            continue
        async with open_esbuild(binary, version, limits) as compiler:
            if await _passes_trial(compiler):
                yield CachedCompiler(compiler, limits.compiled_cache_bytes, ended)
                return
        _refuse(binary, f"its version {version} does not compile a trial module", named=bool(esbuild))
    async with esprima_engine.open_esprima(limits) as fallback:
        yield CachedCompiler(fallback, limits.compiled_cache_bytes, ended)


async def find_version(binary: Path, limits: Limits) -> str | None:
    """Return what *binary* answers to `--version`; None if it is missing, fails or takes too long."""
    with trio.move_on_after(limits.compile_timeout_s):
        try:
            done = await trio.run_process(
                [binary, "--version"],
                capture_stdout=True,
                stderr=subprocess.DEVNULL,
                check=False,
                env={},
                deliver_cancel=_kill,
            )
        except OSError:
            return None
        version = done.stdout.decode("ascii", "replace").strip()
        return version if done.returncode == 0 and version[:1].isdigit() else None
    return None


async def _kill(process: trio.Process) -> None:
    """It has nothing to put away: kill it at once rather than ask it to end."""
    process.kill()


def find_binaries(esbuild: str, data_dir: Path) -> list[Path]:
    """Return where an esbuild may be, the first choice first: what is named, else the installed one, else PATH's."""
    if esbuild:
        return [Path(esbuild)]
    on_path = shutil.which("esbuild")
    installed = toolchain_path(data_dir)
    found = [installed] if installed.exists() else []
    return [*found, Path(on_path)] if on_path else found


def _refuse(binary: Path, why: str, *, named: bool) -> None:
    if named:
        raise ConfigError(f"VIBES_ESBUILD: {binary} can't be used: {why}.")
    log.warning("esbuild at %s is passed over: %s", binary, why)


async def _passes_trial(compiler: Compiler) -> bool:
    try:
        compiled: Compiled = await compiler.compile(_TRIAL)
    except TransformFailed as failure:
        log.warning("the trial module failed: %s", failure.message)
        return False
    return set(compiled.imports) == _TRIAL_IMPORTS and compiled.has_default
