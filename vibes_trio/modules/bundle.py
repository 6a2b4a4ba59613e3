"""Build the modules of a lock: any package from npm, as one ES module an entry.

First every entry is bundled once only to look: which parts of shared packages it imports, which become
entries themselves, and what it exports. Then each is built with those kept as imports. An address holds the
hash of all that the module is made of, so the same address is the same module on every server, and a module
that is there is never built again.
"""

import hashlib
import json
import tempfile
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import trio

from vibes_trio.errors import FetchFailed, ModuleFailed, forget_traces
from vibes_trio.modules.build import PREFIX, Built
from vibes_trio.modules.lock import Lock, is_unanswered
from vibes_trio.modules.names import entry_of, follow_stars
from vibes_trio.modules.shape import Shape
from vibes_trio.modules.store import LocalModules
from vibes_trio.modules.toolchain import Tool
from vibes_trio.modules.tree import (
    StandIn,
    lay_out,
    package_of,
    put_in_place,
    reachable_from,
    write_stand_ins,
)
from vibes_trio.modules.work import PACKAGE_RECIPE, Bench, Seen, Work, bundle, main_of

_WITH_STYLE = (
    '{{const s=document.createElement("style");s.textContent={css};document.head.append(s)}}\n{code}'
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """Specifier → address of what is in the store now, and specifier → why, of what could not be built."""

    modules: Mapping[str, str]
    failed: Mapping[str, str]


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
        work = Work(bench, lock, tree, gone)
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
        raise gone.pop(min(gone))
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


def stored_closure(store: LocalModules, addresses: Iterable[str]) -> tuple[str, ...]:
    """Return *addresses* and those of all modules that they import, in the order found, as far as they are stored."""
    found: dict[str, None] = {}
    to_see = list(addresses)
    while to_see:
        address = to_see.pop(0)
        record = store.record(address)
        if record is not None and address not in found:
            found[address] = None
            to_see += record.imports
    return tuple(found)


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
                forget_traces(error)
                gone[key] = error

    async with trio.open_nursery() as nursery:
        for key in keys:
            nursery.start_soon(unpack, key)
    return {key: found[key] for key in keys if key in found}, gone


async def _look_at_all(work: Work, specifiers: list[str]) -> None:
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


async def _each(work: Work, specifiers: Iterable[str], act: Callable[[Work, str], Awaitable[None]]) -> None:
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


async def _look_at(work: Work, specifier: str) -> None:
    name, tree = package_of(specifier), work.tree
    key = work.lock.shared[name]
    if key in work.gone:
        raise ModuleFailed(str(work.gone[key])) from work.gone[key]
    file = tree.entry(key, specifier.removeprefix(name).lstrip("/"))
    main = main_of(work, key)
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
        report = await bundle(work, key, file, Path(out), [])
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
    starred, stars = await follow_stars(
        work, file, report, imports, {main: name} if main and has_main else {}
    )
    entry = file.relative_to(tree.root).as_posix()
    if report.inputs[entry].format == "cjs":
        shape = Shape(is_commonjs=True, names=tuple(sorted(starred)), has_default=True)
    else:
        exports = {name for output in report.outputs.values() for name in output.exports}
        names = tuple(sorted(exports - {"default"}))
        shape = Shape(is_commonjs=False, names=names, has_default="default" in exports)
    work.seen[specifier] = Seen(file, shape, imports, tuple(of_itself), frozenset(starred), stars, has_main)


async def _build_all(work: Work) -> None:
    numbers = {specifier: number for number, specifier in enumerate(sorted(work.address))}
    stand_ins = {s: _stand_in(work, s) for s in work.address}
    await trio.to_thread.run_sync(write_stand_ins, work.tree, stand_ins, numbers)

    async def build(work: Work, specifier: str) -> None:
        if work.bench.store.record(work.address[specifier]) is None:
            built = await _build(work, specifier, stand_ins, numbers)
            await trio.to_thread.run_sync(work.bench.store.put, built, PACKAGE_RECIPE)
        work.bench.progress.done.add(specifier)

    await _each(work, [s for s in work.seen if not work.seen[s].has_main], build)
    late = [s for s in work.seen if work.seen[s].has_main and s in work.address]
    for name in sorted({package_of(s) for s in late} & work.address.keys()):
        main = main_of(work, work.lock.shared[name])
        if main is not None:
            await trio.to_thread.run_sync(put_in_place, work.tree, main, name, numbers[name], stand_ins[name])
    await _each(work, late, build)


def _stand_in(work: Work, specifier: str) -> StandIn:
    """Return how *specifier* is imported; what is given is CommonJS, as React is."""
    address = work.address[specifier]
    same = next((work.seen[s] for s in work.seen if work.address.get(s) == address), None)
    if same is None:
        return StandIn(address, is_commonjs=True, has_default=True)
    is_commonjs = same.shape.is_commonjs
    return StandIn(address, is_commonjs, same.shape.has_default, is_whole=is_commonjs)


async def _build(
    work: Work, specifier: str, stand_ins: Mapping[str, StandIn], numbers: Mapping[str, int]
) -> Built:
    seen, tree = work.seen[specifier], work.tree
    gone = [s for s in seen.imports if s not in work.address]
    if gone:
        raise ModuleFailed(f"it imports {', '.join(gone)}: {work.failed.get(gone[0], 'not built')}")
    aliases = [
        f"--alias:{s}={tree.stand_in_file(package_of(s), numbers[s], stand_ins[s])}" for s in seen.of_itself
    ]
    entry = await entry_of(work, specifier)
    with tempfile.TemporaryDirectory(dir=tree.root, prefix="build-") as name:
        out = Path(name)
        start = seen.file
        if entry is not None:
            start = out / "entry.js"
            start.write_text(entry, "utf-8")
        report = await bundle(work, work.lock.shared[package_of(specifier)], start, out, aliases)
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


def _is_of(specifier: str, name: str) -> bool:
    return specifier == name or specifier.startswith(f"{name}/")
