"""Build the modules of a lock: any package from npm, as one ES module an entry.

First every entry is bundled once only to look: which parts of shared packages it imports, which become
entries themselves, and what it exports. Then each is built with those kept as imports. An address holds the
hash of all that the module is made of, so the same address is the same module on every server, and a module
that is there is never built again.
"""

import hashlib
import json
import re
import tempfile
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import msgspec
import trio

from vibes_trio.config import Limits
from vibes_trio.errors import FetchFailed, ModuleFailed
from vibes_trio.modules.build import FLAGS, PREFIX, Built, star_entry, whole_entry
from vibes_trio.modules.lock import Lock, is_unanswered
from vibes_trio.modules.progress import Progress
from vibes_trio.modules.shape import QUIET, Shape, commonjs_names, read_shape, run_esbuild
from vibes_trio.modules.store import LocalModules
from vibes_trio.modules.toolchain import Tool
from vibes_trio.modules.tree import (
    StandIn,
    Tree,
    lay_out,
    package_of,
    put_in_place,
    reachable_from,
    write_stand_ins,
)

# Pictures and fonts become part of the module: a package's own files have no address here.
_AS_DATA = ("png", "jpg", "jpeg", "gif", "webp", "svg", "avif", "woff", "woff2", "ttf", "otf", "eot")
LOADERS = (*(f"--loader:.{ending}=dataurl" for ending in _AS_DATA), "--loader:.wasm=binary")
PACKAGE_RECIPE = hashlib.sha256(json.dumps(["3", *FLAGS, *LOADERS]).encode()).hexdigest()[:16]
_UNRESOLVED = re.compile(r'Could not resolve "([^"]+)"')
_STAR = re.compile(r"""\bexport\s*\*\s*from\s*["']([^"'\n]+)["']""")
_WITH_STYLE = (
    '{{const s=document.createElement("style");s.textContent={css};document.head.append(s)}}\n{code}'
)


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


@dataclass(frozen=True, slots=True)
class Outcome:
    """Specifier → address of what is in the store now, and specifier → why, of what could not be built."""

    modules: Mapping[str, str]
    failed: Mapping[str, str]


class _Import(msgspec.Struct):
    path: str = ""
    original: str = ""
    external: bool = False


class _Input(msgspec.Struct):
    imports: list[_Import] = []
    format: str = ""


class _Output(msgspec.Struct, rename="camel"):
    imports: list[_Import] = []
    exports: list[str] = []
    entry_point: str = ""


class _Report(msgspec.Struct):
    """esbuild's metafile."""

    inputs: dict[str, _Input]
    outputs: dict[str, _Output]


@dataclass(frozen=True, slots=True)
class _Seen:
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
class _Work:
    """One build of a lock, by specifier; *gone* is key → why, of packages that can't be had; *same* are
    specifiers of modules that others are only another spelling of.
    """

    bench: Bench
    lock: Lock
    tree: Tree
    gone: Mapping[str, FetchFailed | ModuleFailed]
    seen: dict[str, _Seen] = field(default_factory=dict)
    address: dict[str, str] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)
    by_file: dict[Path, str] = field(default_factory=dict)
    same: set[str] = field(default_factory=set)


def address_in(lock: Lock, specifier: str, tool: Tool, given: Mapping[str, str]) -> str:
    """Return where the module of *specifier*, of a shared package of *lock*, is served.

    Packages may import what is given without saying so: its addresses are part of what modules are made of.
    """
    name = package_of(specifier)
    key = lock.shared[name]
    facts = json.dumps([PACKAGE_RECIPE, tool.version, sorted(given.values()), lock.closure_hash(key)])
    return f"{PREFIX}{key}/~{hashlib.sha256(facts.encode()).hexdigest()[:16]}{specifier.removeprefix(name)}"


async def build_lock(bench: Bench, lock: Lock, specifiers: Iterable[str]) -> Outcome:
    """Have the modules of *specifiers*, all of shared packages of *lock*, in the store; build what is missing.

    One that can't be built fails alone, with those that import it. So does one that needs a package that is not
    to be had.

    Raises:
        FetchFailed: nobody answers, and nothing could be built.
        ModuleFailed: the disk refuses.
    """
    asked = list(dict.fromkeys(specifiers))
    wanted = [s for s in asked if package_of(s) in lock.shared]
    left_out = {s: lock.missing.get(package_of(s), "it is not in the lock") for s in asked if s not in wanted}
    modules = {s: bench.given.get(s) or address_in(lock, s, bench.tool, bench.given) for s in wanted}
    missing = [s for s in wanted if not is_stored(bench.store, modules[s])]
    bench.progress.done.update(s for s in wanted if s not in missing)
    if not missing:
        return Outcome(modules, left_out)
    keys = reachable_from(lock, {lock.shared[package_of(s)] for s in missing})
    unpacked, gone = await _unpack_all(bench, keys)
    await trio.to_thread.run_sync(lambda: bench.work_dir.mkdir(parents=True, exist_ok=True))
    with tempfile.TemporaryDirectory(dir=bench.work_dir, ignore_cleanup_errors=True) as name:
        names = {package_of(specifier) for specifier in bench.given}
        tree = await trio.to_thread.run_sync(lay_out, Path(name), lock, unpacked, names)
        work = _Work(bench, lock, tree, gone)
        bench.progress.stage = "building"
        await _look_at_all(work, missing)
        await _build_all(work)
    modules |= {s: work.address[s] for s in missing if s in work.address}
    failed = {s: work.failed[s] for s in missing if s in work.failed}
    failed |= {
        s: "a module that it imports can't be built"
        for s in missing
        if s not in failed and not is_stored(bench.store, modules[s])
    }
    if failed.keys() == modules.keys() and gone and all(is_unanswered(error) for error in gone.values()):
        raise gone[min(gone)]
    return Outcome({s: a for s, a in modules.items() if s not in failed}, failed | left_out)


def is_stored(store: LocalModules, address: str) -> bool:
    """Return whether the module at *address* is stored with all that it imports."""
    seen, to_see = {address}, [address]
    while to_see:
        record = store.record(to_see.pop())
        if record is None:
            return False
        to_see += [a for a in record.imports if a not in seen]
        seen.update(record.imports)
    return True


async def _unpack_all(
    bench: Bench, keys: list[str]
) -> tuple[dict[str, Path], dict[str, FetchFailed | ModuleFailed]]:
    """Return the folders of the packages *keys*, and why others have none."""
    found: dict[str, Path] = {}
    gone: dict[str, FetchFailed | ModuleFailed] = {}
    at_once = trio.Semaphore(bench.limits.packages_at_once)
    bench.progress.stage, bench.progress.to_fetch = "fetching", len(keys)

    async def unpack(key: str) -> None:
        async with at_once:
            try:
                found[key] = await bench.unpacked(key)
                bench.progress.fetched += 1
            except (FetchFailed, ModuleFailed) as error:
                gone[key] = error

    async with trio.open_nursery() as nursery:
        for key in keys:
            nursery.start_soon(unpack, key)
    return {key: found[key] for key in keys if key in found}, gone


async def _look_at_all(work: _Work, specifiers: list[str]) -> None:
    """Look at *specifiers*, and at every part of a shared package that they import, and so on."""
    for specifier in work.bench.given:
        work.address[specifier] = work.bench.given[specifier]
        key = work.lock.shared.get(package_of(specifier), "")
        if key in work.tree.folders:
            file = work.tree.entry(key, specifier.removeprefix(package_of(specifier)).lstrip("/"))
            work.by_file.setdefault(file, specifier)
    known = set(work.bench.given)
    level = [s for s in specifiers if s not in known]
    while level:
        known |= set(level)
        await _each(work, level, _look_at)
        found = {s for seen in level if seen in work.seen for s in work.seen[seen].imports}
        level = sorted((found | work.same) - known)


async def _each(work: _Work, specifiers: Iterable[str], act: Callable[[_Work, str], Awaitable[None]]) -> None:
    """Act on each, some at once; what fails is noted."""
    at_once = trio.Semaphore(work.bench.limits.builds_at_once)

    async def act_on(specifier: str) -> None:
        async with at_once:
            try:
                await act(work, specifier)
            except ModuleFailed as error:
                work.failed[specifier] = work.bench.progress.failed[specifier] = str(error)
                work.address.pop(specifier, None)

    async with trio.open_nursery() as nursery:
        for specifier in specifiers:
            nursery.start_soon(act_on, specifier)


async def _look_at(work: _Work, specifier: str) -> None:
    name, tree = package_of(specifier), work.tree
    key = work.lock.shared[name]
    if key in work.gone:
        raise ModuleFailed(str(work.gone[key])) from work.gone[key]
    file = tree.entry(key, specifier.removeprefix(name).lstrip("/"))
    main = _main_of(work, key)
    if file == main:  # whichever spelling is met first
        work.by_file.setdefault(file, name)
    first = work.by_file.setdefault(file, specifier)
    if first != specifier:  # two spellings of one module must not become two modules
        work.same.add(first)
        work.address[specifier] = address_in(work.lock, first, work.bench.tool, work.bench.given)
        if first in work.bench.given:
            work.address[specifier] = work.bench.given[first]
        return
    work.address[specifier] = address_in(work.lock, specifier, work.bench.tool, work.bench.given)
    with tempfile.TemporaryDirectory(dir=tree.root, prefix="look-") as out:
        report = await _bundle(work, key, file, Path(out), [])
    inside = f"{tree.folders[key].relative_to(tree.root)}/"
    shared: dict[str, None] = {}
    of_itself: dict[str, None] = {}
    for path, given in report.inputs.items():
        for used in given.imports:
            if tree.shared_in(used.path):
                shared[used.original] = None
            elif path.startswith(inside) and used.path.startswith(inside) and _is_of(used.original, name):
                of_itself[used.original] = None
    of_itself.pop(specifier, None)
    has_main = main is not None and main != file and main.relative_to(tree.root).as_posix() in report.inputs
    imports = tuple(dict.fromkeys((*shared, *of_itself, *([name] if has_main else []))))
    starred, stars = await _follow_stars(
        work, file, report, imports, {main: name} if main and has_main else {}
    )
    entry = file.relative_to(tree.root).as_posix()
    if report.inputs[entry].format == "cjs":
        shape = Shape(is_commonjs=True, names=tuple(sorted(starred)), has_default=True)
    else:
        exports = {name for output in report.outputs.values() for name in output.exports}
        names = tuple(sorted(exports - {"default"}))
        shape = Shape(is_commonjs=False, names=names, has_default="default" in exports)
    work.seen[specifier] = _Seen(file, shape, imports, tuple(of_itself), frozenset(starred), stars, has_main)


def _main_of(work: _Work, key: str) -> Path | None:
    try:
        return work.tree.entry(key, "")
    except ModuleFailed:
        return None  # a package of parts alone


async def _follow_stars(
    work: _Work, file: Path, report: _Report, shared: Collection[str], files: Mapping[Path, str]
) -> tuple[set[str], tuple[str, ...]]:
    """Return the names of CommonJS that *file* exports, also through `export *`; and which of *shared*, some of
    which are *files* as well, are exported with all their names.

    `export *` is looked for in the text: what looks like one in a comment gives a name too many, which does no
    harm.
    """
    root = work.tree.root
    names: set[str] = set()
    stars: dict[str, None] = {}

    def follow(path: Path, specifier: str) -> Path | None:
        imported = report.inputs[path.relative_to(root).as_posix()].imports
        target = next((used.path for used in imported if used.original == specifier), "")
        star = specifier if specifier in shared else files.get(root / target)
        if star is not None:
            stars[star] = None
        return root / target if target in report.inputs and star is None else None

    to_see, seen = [file], {file}
    while to_see:
        path = to_see.pop()
        if report.inputs[path.relative_to(root).as_posix()].format == "cjs":
            names |= await commonjs_names(work.bench.tool, path, work.bench.limits, follow)
            continue
        text = (await trio.Path(path).read_bytes()).decode("utf-8", "replace")
        for specifier in _STAR.findall(text):
            target = follow(path, specifier)
            if target is not None and target not in seen:
                seen.add(target)
                to_see.append(target)
    return names, tuple(sorted(stars))


async def _names_of(work: _Work, specifier: str, seen: set[str]) -> set[str]:
    """Return all names that the module of *specifier* exports, those of its stars too."""
    if specifier in seen:
        return set()
    seen.add(specifier)
    first = work.seen.get(specifier) or next(
        (work.seen[s] for s in work.seen if work.address.get(s) == work.address.get(specifier)), None
    )
    if first is None:
        return await _names_of_given(work, specifier)
    names = set(first.shape.names) | first.starred
    for star in first.stars:
        names |= await _names_of(work, star, seen)
    return names


async def _names_of_given(work: _Work, specifier: str) -> set[str]:
    """Return the names that a module exports which is in the store already."""
    module = work.bench.store.find(work.address.get(specifier, ""))
    if module is None:
        return set()
    with tempfile.TemporaryDirectory(dir=work.tree.root, prefix="given-") as name:
        file = Path(name) / "given.mjs"
        file.write_bytes(module.content)
        return set((await read_shape(work.bench.tool, file, work.bench.limits)).names)


async def _build_all(work: _Work) -> None:
    numbers = {specifier: number for number, specifier in enumerate(sorted(work.address))}
    stand_ins = {s: _stand_in(work, s) for s in work.address}
    await trio.to_thread.run_sync(write_stand_ins, work.tree, stand_ins, numbers)

    async def build(work: _Work, specifier: str) -> None:
        if work.bench.store.record(work.address[specifier]) is None:
            built = await _build(work, specifier, stand_ins, numbers)
            await trio.to_thread.run_sync(work.bench.store.put, built, PACKAGE_RECIPE)
        work.bench.progress.done.add(specifier)

    await _each(work, [s for s in work.seen if not work.seen[s].has_main], build)
    late = [s for s in work.seen if work.seen[s].has_main and s in work.address]
    for name in sorted({package_of(s) for s in late} & work.address.keys()):
        main = _main_of(work, work.lock.shared[name])
        if main is not None:
            await trio.to_thread.run_sync(put_in_place, work.tree, main, name, numbers[name], stand_ins[name])
    await _each(work, late, build)


def _stand_in(work: _Work, specifier: str) -> StandIn:
    """Return how *specifier* is imported; what is given is CommonJS, as React is."""
    address = work.address[specifier]
    same = next((work.seen[s] for s in work.seen if work.address.get(s) == address), None)
    if same is None:
        return StandIn(address, is_commonjs=True, has_default=True)
    is_commonjs = same.shape.is_commonjs
    return StandIn(address, is_commonjs, same.shape.has_default, is_whole=is_commonjs)


async def _build(
    work: _Work, specifier: str, stand_ins: Mapping[str, StandIn], numbers: Mapping[str, int]
) -> Built:
    seen, tree = work.seen[specifier], work.tree
    gone = [s for s in seen.imports if s not in work.address]
    if gone:
        raise ModuleFailed(f"it imports {', '.join(gone)}: {work.failed.get(gone[0], 'not built')}")
    aliases = [
        f"--alias:{s}={tree.stand_in_file(package_of(s), numbers[s], stand_ins[s])}" for s in seen.of_itself
    ]
    entry = await _entry_of(work, specifier)
    with tempfile.TemporaryDirectory(dir=tree.root, prefix="build-") as name:
        out = Path(name)
        start = seen.file
        if entry is not None:
            start = out / "entry.js"
            start.write_text(entry, "utf-8")
        report = await _bundle(work, work.lock.shared[package_of(specifier)], start, out, aliases)
        code = (out / "out.js").read_bytes()
        if (out / "out.css").is_file():
            css = json.dumps((out / "out.css").read_text("utf-8"))
            code = _WITH_STYLE.format(css=css, code=code.decode()).encode()
    if len(code) > work.bench.limits.built_bytes:
        raise ModuleFailed(f"built, it has more than {work.bench.limits.built_bytes} bytes")
    found = (i.path for output in report.outputs.values() for i in output.imports if i.external)
    # Data and parts of the page itself are named by style sheets, and are no requests.
    imports = tuple(dict.fromkeys(path for path in found if not path.startswith(("data:", "#"))))
    left = [path for path in imports if path not in work.address.values()]
    if left:
        raise ModuleFailed(f"built, it still imports {', '.join(left)}")
    address = work.address[specifier]
    return Built(address, hashlib.sha256(address.encode()).hexdigest(), code, imports)


async def _entry_of(work: _Work, specifier: str) -> str | None:
    """Return the source of the module that exports what *specifier* does; None: its own file is that."""
    seen = work.seen[specifier]
    starred = set(seen.starred)
    for star in seen.stars:
        starred |= await _names_of(work, star, {specifier})
    if seen.shape.is_commonjs:
        return whole_entry(seen.file, replace(seen.shape, names=tuple(sorted(starred))))
    return star_entry(seen.file, seen.shape, starred) if starred else None


async def _bundle(work: _Work, key: str, file: Path, out: Path, aliases: list[str]) -> _Report:
    """Run esbuild in the tree's root; its output is `out.js`, and `out.css` if there are style sheets."""
    start = file
    if file.suffix == ".css":
        start = out / "style.js"
        start.write_text(f"import {json.dumps(str(file))};\n", "utf-8")
    place = out.relative_to(work.tree.root)
    flags = (*FLAGS, *LOADERS, *QUIET, f"--external:{PREFIX}*")
    outputs = (f"--metafile={place}/meta.json", f"--outfile={place}/out.js")
    try:
        await run_esbuild(
            work.bench.tool,
            [str(start), *flags, *outputs, *aliases],
            work.tree.root,
            work.bench.limits,
            work.tree.fallback(key),
        )
    except ModuleFailed as error:
        raise ModuleFailed(f"{error}{_why_missing(work, str(error))}") from error
    report = msgspec.json.decode((out / "meta.json").read_bytes(), type=_Report)
    for path in report.inputs:
        if path.startswith(("../", "/")) or ":/" in path or ":\\" in path:
            # esbuild follows any path, and what it reads would be served: this server's keys, for one.
            raise ModuleFailed(f"it imports a file that is of no package: {Path(path).name}")
    return report


def _why_missing(work: _Work, words: str) -> str:
    """Return why the package is not there that esbuild, in *words*, could not find."""
    found = _UNRESOLVED.search(words)
    name = package_of(found[1]) if found else ""
    notes = work.lock.missing.items()
    whys = [f"{needed}: {why}" for needed, why in notes if needed.startswith(f"{name} ")]
    whys += [f"{key}: {error}" for key, error in work.gone.items() if key.startswith(f"{name}@")]
    return f" ({whys[0]})" if found and whys else ""


def _is_of(specifier: str, name: str) -> bool:
    return specifier == name or specifier.startswith(f"{name}/")
