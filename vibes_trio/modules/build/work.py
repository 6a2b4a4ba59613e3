"""One build of a lock, as `bundle` goes about it: what it takes, what was seen of it, and esbuild's run."""

import hashlib
import json
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import trio

from vibes_trio.config import Limits
from vibes_trio.errors import FetchFailed, ModuleFailed
from vibes_trio.modules.build.fence import Fence
from vibes_trio.modules.build.node_parts import aliases
from vibes_trio.modules.build.reports import Report
from vibes_trio.modules.build.run import bundle_files
from vibes_trio.modules.build.single import FLAGS
from vibes_trio.modules.build.tree import Tree
from vibes_trio.modules.progress import Progress
from vibes_trio.modules.registry.toolchain import Tool
from vibes_trio.modules.resolve.package_lock import Lock
from vibes_trio.modules.store.addresses import PREFIX
from vibes_trio.modules.store.local import LocalModules

# Pictures and fonts stay files: packages guess the addresses of others from theirs (Leaflet).
_AS_FILE = ("png", "jpg", "jpeg", "gif", "webp", "svg", "avif", "ico", "woff", "woff2", "ttf", "otf", "eot")
_MEDIA = ("mp3", "mp4", "ogg", "wav", "webm")
LOADERS = (
    *(f"--loader:.{ending}=file" for ending in (*_AS_FILE, *_MEDIA)),
    "--loader:.wasm=binary",
    "--loader:.node=empty",
)
PACKAGE_RECIPE = hashlib.sha256(json.dumps(["5", *FLAGS, *LOADERS]).encode()).hexdigest()[:16]
# `key/node_modules/name`: so deep, at least, lies any file of a package in the tree.
_OWN_DEPTH = 3


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


@dataclass(slots=True)
class Work:
    """One build of a lock, by specifier; *gone* is key → why, of packages that can't be had.

    Attributes:
        exported: specifier → names that its module exports.
        unmet: key of a package → packages that its code imports and that are not there.
        beside: path of a file that asks where it is → address → file, of those that it then finds.
        huge: file → size, of those of the tree that are not to be read.
    """

    bench: Bench
    lock: Lock
    tree: Tree
    gone: Mapping[str, FetchFailed | ModuleFailed]
    address: dict[str, str] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)
    exported: dict[str, frozenset[str]] = field(default_factory=dict)
    unmet: dict[str, set[str]] = field(default_factory=dict)
    beside: dict[str, dict[str, Path]] = field(default_factory=dict)
    huge: Mapping[str, int] = field(default_factory=dict)


async def bundle(work: Work, keys: Iterable[str], starts: Sequence[str], out: Path, *flags: str) -> Report:
    """Run esbuild in the tree's root on *starts* (`name=path`), files of the packages *keys* or made from them; its
    outputs are put into *out*.

    Raises:
        BuildRefused: esbuild refuses.
        ModuleFailed: it takes too long or too much memory, or wants a file that is of no package.
    """
    tree = work.tree
    place = out.relative_to(tree.root)
    whole = (*FLAGS, *LOADERS, f"--external:{PREFIX}*", *aliases(tree.builtins()))
    outputs = (f"--outdir={place}", f"--outbase={tree.root}", "--asset-names=[dir]/[name]")
    given = (*whole, *outputs, *flags)
    fence = Fence((tree.root,), _OWN_DEPTH, work.huge, _as_files(given))
    tool, limits = work.bench.tool, work.bench.limits
    report = await bundle_files(tool, starts, given, tree.root, limits, fence, tree.fallback(keys))
    if await trio.to_thread.run_sync(_leads_out, report):
        # The fence lets none through; were it to, what was read would be served: this server's keys, for one.
        raise ModuleFailed("it imports a file that is of no package")
    return report


def _leads_out(report: Report) -> bool:
    return any(p.startswith(("../", "/")) or ":/" in p or ":\\" in p for p in report.inputs)


def _as_files(flags: Iterable[str]) -> frozenset[str]:
    """Return the endings of files that stay files by *flags*, of which the last on an ending counts."""
    pairs = (flag.removeprefix("--loader:").split("=") for flag in flags if flag.startswith("--loader:"))
    loaders = {ending: loader for ending, loader in pairs}
    return frozenset(ending for ending, loader in loaders.items() if loader == "file")
