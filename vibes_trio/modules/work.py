"""One build of a lock, as `bundle` goes about it: what it takes, what was seen of each module, and esbuild's run."""

import hashlib
import json
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from vibes_trio.config import Limits
from vibes_trio.errors import FetchFailed, ModuleFailed
from vibes_trio.modules.build import FLAGS, PREFIX
from vibes_trio.modules.fence import Fence
from vibes_trio.modules.lock import Lock
from vibes_trio.modules.progress import Progress
from vibes_trio.modules.run import bundle_files
from vibes_trio.modules.shape import Shape
from vibes_trio.modules.store import LocalModules
from vibes_trio.modules.toolchain import Tool
from vibes_trio.modules.tree import Tree, package_of

# Pictures and fonts become part of the module: a package's own files have no address here.
_AS_DATA = ("png", "jpg", "jpeg", "gif", "webp", "svg", "avif", "woff", "woff2", "ttf", "otf", "eot")
LOADERS = (*(f"--loader:.{ending}=dataurl" for ending in _AS_DATA), "--loader:.wasm=binary")
PACKAGE_RECIPE = hashlib.sha256(json.dumps(["3", *FLAGS, *LOADERS]).encode()).hexdigest()[:16]
# `1/node_modules/name`: so deep lies any file of a package in the tree.
_OWN_DEPTH = 3
_UNRESOLVED = re.compile(r'Could not resolve "([^"]+)"')


@dataclass(frozen=True, slots=True)
class Bench:
    """What building takes.

    Attributes:
        unpacked: returns the folder of a package of the lock by its key, fetched if need be.
        given: specifier → address of modules that are there anyway, such as React.
        work_dir: where trees are laid out; on the disk of the packages, so that files can be linked.
        progress: told of what is done.
    """

    tool: Tool
    store: LocalModules
    unpacked: Callable[[str], Awaitable[Path]]
    given: Mapping[str, str]
    work_dir: Path
    limits: Limits
    progress: Progress = field(default_factory=Progress)


class Imported(msgspec.Struct):
    """One import: the file or address it leads to, and how the code writes it."""

    path: str = ""
    original: str = ""
    external: bool = False


class Input(msgspec.Struct):
    """One file that was read."""

    imports: list[Imported] = []
    format: str = ""


class Output(msgspec.Struct, rename="camel"):
    """One file that was written."""

    imports: list[Imported] = []
    exports: list[str] = []
    entry_point: str = ""


class Report(msgspec.Struct):
    """esbuild's metafile."""

    inputs: dict[str, Input]
    outputs: dict[str, Output]


@dataclass(frozen=True, slots=True)
class Seen:
    """What looking at an entry showed.

    Attributes:
        file: its file; shape: what that exports, without what comes by way of *stars*.
        imports: shared specifiers that it imports; of_itself: those of its own package.
        starred: names that esbuild doesn't know of, since they come from CommonJS.
        stars: those of *imports* all of whose names it exports.
        has_main: it is another part of a package than its main module, and imports that by its path.
    """

    file: Path
    shape: Shape
    imports: tuple[str, ...]
    of_itself: tuple[str, ...]
    starred: frozenset[str]
    stars: tuple[str, ...]
    has_main: bool


@dataclass(slots=True)
class Work:
    """One build of a lock, by specifier; *gone* is key → why, of packages that can't be had; *same* are
    specifiers of modules that others are only another spelling of; *huge* is file → size, of those of the
    tree that are not to be read.
    """

    bench: Bench
    lock: Lock
    tree: Tree
    gone: Mapping[str, FetchFailed | ModuleFailed]
    seen: dict[str, Seen] = field(default_factory=dict)
    address: dict[str, str] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)
    by_file: dict[Path, str] = field(default_factory=dict)
    same: set[str] = field(default_factory=set)
    huge: Mapping[str, int] = field(default_factory=dict)


def main_of(work: Work, key: str) -> Path | None:
    """Return the file of the main module of the package *key*, None if it has only parts."""
    try:
        return work.tree.entry(key, "")
    except ModuleFailed:
        return None


async def bundle(work: Work, key: str, file: Path, out: Path, aliases: list[str]) -> Report:
    """Run esbuild in the tree's root; its output is `out.js`, and `out.css` if there are style sheets."""
    start = file
    if file.suffix == ".css":
        start = out / "style.js"
        start.write_text(f"import {json.dumps(str(file))};\n", "utf-8")
    place = out.relative_to(work.tree.root)
    flags = (*FLAGS, *LOADERS, f"--external:{PREFIX}*", f"--outfile={place}/out.js", *aliases)
    root, limits = work.tree.root, work.bench.limits
    fence = Fence((root,), _OWN_DEPTH, work.huge)
    try:
        fallback = str(work.tree.fallback(key))
        told = await bundle_files(work.bench.tool, [str(start)], flags, root, limits, fence, fallback)
    except ModuleFailed as error:
        raise ModuleFailed(f"{error}{_why_missing(work, str(error))}") from error
    report = msgspec.json.decode(told, type=Report)
    for path in report.inputs:
        if path.startswith(("../", "/")) or ":/" in path or ":\\" in path:
            # The fence lets none through; were it to, what was read would be served: this server's keys, for one.
            raise ModuleFailed("it imports a file that is of no package")
    return report


def _why_missing(work: Work, words: str) -> str:
    """Return why the package is not there that esbuild, in *words*, could not find."""
    found = _UNRESOLVED.search(words)
    name = package_of(found[1]) if found else ""
    notes = work.lock.missing.items()
    whys = [f"{needed}: {why}" for needed, why in notes if needed.startswith(f"{name} ")]
    whys += [f"{key}: {error}" for key, error in work.gone.items() if key.startswith(f"{name}@")]
    return f" ({whys[0]})" if found and whys else ""
