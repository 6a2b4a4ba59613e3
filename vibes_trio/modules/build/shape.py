"""Find out with esbuild what a module exports: format and names."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import trio

from vibes_trio.config import Limits
from vibes_trio.late import late
from vibes_trio.modules.build.fence import fence_of
from vibes_trio.modules.build.run import bundle_files, print_file
from vibes_trio.modules.folder import temporary_folder
from vibes_trio.modules.registry.toolchain import Tool

if TYPE_CHECKING:
    import vibes_trio.modules.build.commonjs as commonjs
else:
    commonjs = late("vibes_trio.modules.build.commonjs")

_NOT_EXPORTED = frozenset({"default", "__esModule"})
_MAX_FILES_FOLLOWED = 200

# From a file and a specifier in it to the file that is meant, None if its names are not to be had.
Follow = Callable[[Path, str], Path | None]


class Shape(msgspec.Struct, frozen=True):
    """What an entry exports. *names* are without `default`; of CommonJS, as far as they can be read."""

    is_commonjs: bool
    names: tuple[str, ...]
    has_default: bool


async def read_shape(tool: Tool, file: Path, limits: Limits, root: Path | None = None) -> Shape:
    """Return what the module *file* exports. Nothing is read beside *root*, its folder if it is not given.

    Raises:
        ModuleFailed: esbuild can't read it.
    """
    fence = fence_of(root or file.parent)
    async with temporary_folder() as folder:
        flags = ("--bundle", "--external:*", "--format=esm", "--outfile=out.js")
        meta = await bundle_files(tool, [str(file)], flags, folder, limits, fence)
    exports = next(iter(meta.outputs.values())).exports
    if any(given.format == "esm" for given in meta.inputs.values()):
        names = tuple(sorted(set(exports) - _NOT_EXPORTED))
        return Shape(is_commonjs=False, names=names, has_default="default" in exports)
    found = await commonjs_names(tool, file, limits, partial(find_beside, fence.folders[-1]))
    return Shape(is_commonjs=True, names=tuple(sorted(found)), has_default=True)


async def commonjs_names(tool: Tool, file: Path, limits: Limits, follow: Follow) -> set[str]:
    """Return the names that the CommonJS module *file* exports in production, with those of the modules that it
    hands on and *follow* finds.

    esbuild prints each file with the development branches gone, in a form regular enough for patterns.
    """
    names: set[str] = set()
    to_read, seen = [file], {file}
    while to_read:
        path = to_read.pop()
        flags = ("--minify-syntax", '--define:process.env.NODE_ENV="production"')
        printed = await print_file(tool, path, flags, limits)
        exported = await trio.to_thread.run_sync(_read_exports, printed)
        names |= exported.names
        for specifier in exported.handed_on:
            target = follow(path, specifier)
            if target is not None and target not in seen and len(seen) < _MAX_FILES_FOLLOWED:
                seen.add(target)
                to_read.append(target)
    return names


def _read_exports(code: str) -> "commonjs.Exported":
    # For a thread: the first time it has to be imported.
    return commonjs.read_exports(code)


def find_beside(root: Path, file: Path, specifier: str) -> Path | None:
    """Return the file under *root* that a relative *specifier* in *file* means; with a root a `Follow`."""
    target = file.parent / specifier
    choices = (target, target.with_name(f"{target.name}.js"), target / "index.js")
    found = (choice.resolve() for choice in choices if specifier.startswith(".") and choice.is_file())
    return next((path for path in found if path.is_relative_to(root)), None)
