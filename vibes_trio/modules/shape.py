"""Run esbuild on packages, and find out with it what a module exports: format and names."""

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
import trio

from vibes_trio.config import Limits
from vibes_trio.errors import ModuleFailed
from vibes_trio.modules.commonjs import read_exports
from vibes_trio.modules.toolchain import Tool

QUIET = ("--log-level=error", "--color=false")
_NOT_EXPORTED = frozenset({"default", "__esModule"})
_MAX_FILES_FOLLOWED = 200

# From a file and a specifier in it to the file that is meant, None if its names are not to be had.
Follow = Callable[[Path, str], Path | None]


class BuildRefused(ModuleFailed):
    """esbuild refuses its input; *words* is all that it says."""

    def __init__(self, message: str, words: str) -> None:
        super().__init__(message)
        self.words = words


@dataclass(frozen=True, slots=True)
class Shape:
    """What an entry exports. *names* are without `default`; of CommonJS, as far as they can be read."""

    is_commonjs: bool
    names: tuple[str, ...]
    has_default: bool


class Imported(msgspec.Struct):
    """One import in an output."""

    path: str
    external: bool = False


class Input(msgspec.Struct):
    """One file that was read: `esm`, `cjs` or neither."""

    format: str = ""


class Output(msgspec.Struct):
    """One file that was written."""

    imports: list[Imported] = []
    exports: list[str] = []


class Metafile(msgspec.Struct):
    """What is used of esbuild's report on a build."""

    inputs: dict[str, Input]
    outputs: dict[str, Output]


async def read_shape(tool: Tool, file: Path, limits: Limits) -> Shape:
    """Return what the module *file* exports.

    Raises:
        ModuleFailed: esbuild can't read it.
    """
    with tempfile.TemporaryDirectory(prefix="vibes-build-") as name:
        folder = Path(name)
        flags = ("--bundle", "--external:*", "--format=esm", "--metafile=meta.json", "--outfile=out.js")
        await run_esbuild(tool, [str(file), *flags, *QUIET], folder, limits)
        meta = msgspec.json.decode((folder / "meta.json").read_bytes(), type=Metafile)
    exports = next(iter(meta.outputs.values())).exports
    if any(given.format == "esm" for given in meta.inputs.values()):
        names = tuple(sorted(set(exports) - _NOT_EXPORTED))
        return Shape(is_commonjs=False, names=names, has_default="default" in exports)
    found = await commonjs_names(tool, file, limits, find_beside)
    return Shape(is_commonjs=True, names=tuple(sorted(found)), has_default=True)


async def run_esbuild(
    tool: Tool, arguments: Sequence[str], folder: Path, limits: Limits, fallback: str = ""
) -> bytes:
    """Run esbuild in *folder*; return what it prints. It is killed at limits.build_timeout_s.

    Packages that are not found in any `node_modules` are looked for in *fallback*, folders as in PATH.

    Raises:
        BuildRefused: it refuses; the message has its first words.
        ModuleFailed: it takes too long.
    """
    with trio.move_on_after(limits.build_timeout_s):
        try:
            done = await trio.run_process(
                [str(tool.path), *arguments],
                cwd=folder,
                env={"GOMAXPROCS": "2"} | ({"NODE_PATH": fallback} if fallback else {}),
                check=False,
                stdin=b"",
                capture_stdout=True,
                capture_stderr=True,
                deliver_cancel=_kill,
            )
        except OSError as error:
            raise ModuleFailed(f"esbuild can't be started: {error.strerror}") from error
        if done.returncode != 0:
            words = done.stderr.decode("utf-8", "replace")
            raise BuildRefused(f"esbuild: {_first_error(words)}", words)
        return bytes(done.stdout)
    raise ModuleFailed(f"esbuild took more than {limits.build_timeout_s:g} s and was stopped")


async def commonjs_names(tool: Tool, file: Path, limits: Limits, follow: Follow) -> set[str]:
    """Return the names that the CommonJS module *file* exports in production, with those of the modules that it
    hands on and *follow* finds.

    esbuild prints each file with the development branches gone, in a form regular enough for patterns.
    """
    names: set[str] = set()
    to_read, seen = [file], {file}
    while to_read:
        path = to_read.pop()
        flags = ("--minify-syntax", '--define:process.env.NODE_ENV="production"', *QUIET)
        printed = await run_esbuild(tool, [str(path), *flags], path.parent, limits)
        exported = await trio.to_thread.run_sync(read_exports, printed.decode("utf-8", "replace"))
        names |= exported.names
        for specifier in exported.handed_on:
            target = follow(path, specifier)
            if target is not None and target not in seen and len(seen) < _MAX_FILES_FOLLOWED:
                seen.add(target)
                to_read.append(target)
    return names


def find_beside(file: Path, specifier: str) -> Path | None:
    """Return the file that a relative *specifier* in *file* means; a `Follow`."""
    target = file.parent / specifier
    choices = (target, target.with_name(f"{target.name}.js"), target / "index.js")
    found = (choice.resolve() for choice in choices if specifier.startswith(".") and choice.is_file())
    return next(found, None)


async def _kill(process: trio.Process) -> None:
    """esbuild has nothing to put away: kill it at once rather than ask it to end."""
    process.kill()


def _first_error(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return " ".join(lines[:2]).removeprefix("✘ [ERROR] ")[:500] or "it failed without a word"
