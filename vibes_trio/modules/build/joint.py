"""Build one group of entries: one run of esbuild, in which every module is there once.

Where that run shows that something is in the way of the next, it is mended and esbuild runs once more: entries of
CommonJS, whose names have to be exported one by one; code that looks for files beside it (`places`). An entry that
can't be built is left out, and the others are built without it.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import trio

from vibes_trio.content.node_names import NAMES
from vibes_trio.errors import ModuleFailed
from vibes_trio.modules.build.groups import Group, files_of, without
from vibes_trio.modules.build.names import entry_of
from vibes_trio.modules.build.node_parts import find_needed
from vibes_trio.modules.build.places import Named, find_named, place_files
from vibes_trio.modules.build.reports import Output, Report, forget, may_fail
from vibes_trio.modules.build.run import BuildRefused, print_file
from vibes_trio.modules.build.tree import is_hosted
from vibes_trio.modules.build.work import PACKAGE_RECIPE, Work, bundle
from vibes_trio.modules.folder import temporary_folder
from vibes_trio.modules.resolve.lock_keys import package_of, subpath_of
from vibes_trio.modules.store.addresses import Built

_WITH_STYLE = (
    '{{const s=document.createElement("style");s.textContent={css};document.head.append(s)}}\n{code}'
)
_UNRESOLVED = re.compile(r'Could not resolve "([^"\n]+)"[^\n]*\n\s*\n?\s*([^\s:][^:\n]*):\d+:\d+')
_CHUNK = "[hash]"
_NODE_NAMES = frozenset(NAMES) | {f"node:{name}" for name in NAMES}


@dataclass(frozen=True, slots=True)
class Plan:
    """How a group is built.

    Attributes:
        first: specifier → that of the same module which is built; of two spellings of one file the first.
        files: of those that are built: specifier → its file.
    """

    group: Group
    first: Mapping[str, str]
    files: Mapping[str, Path]


async def build_group(work: Work, group: Group) -> None:
    """Have the modules of *group* in the store. Notes addresses and exported names in *work*, and why entries fail.

    Raises:
        ModuleFailed: the disk refuses.
    """
    while group.specifiers:
        plan, failed = _plan(work, group)
        if not failed:
            try:
                failed = await _build(work, plan)
            except BuildRefused as error:
                failed = await _find_failing(work, plan, error)
            except ModuleFailed as error:
                failed = dict.fromkeys(group.specifiers, str(error))
        if not failed:
            return
        work.failed |= failed
        work.bench.progress.failed |= failed
        group = without(group, failed, work.lock, work.bench.given, work.bench.tool.version)


def _plan(work: Work, group: Group) -> tuple[Plan, dict[str, str]]:
    """Return how to build *group*, and why some of its entries can't be."""
    by_file: dict[Path, str] = {}
    first: dict[str, str] = {}
    failed: dict[str, str] = {}
    for specifier in group.specifiers:
        key = work.lock.shared[package_of(specifier)]
        if key in work.gone:
            failed[specifier] = str(work.gone[key])
            continue
        try:
            file = work.tree.entry(key, subpath_of(specifier), hosted=is_hosted(specifier))
        except ModuleFailed as error:
            failed[specifier] = str(error)
        else:
            first[specifier] = by_file.setdefault(file, specifier)
    return Plan(group, first, {specifier: file for file, specifier in by_file.items()}), failed


async def _build(work: Work, plan: Plan) -> dict[str, str]:
    """Build and store; return why some entries can't be built, and then nothing is stored."""
    reports: list[Report] = []
    try:
        async with temporary_folder(work.tree.root, "build-") as out:
            return await _build_in(work, plan, out, reports)
    finally:
        await forget(*reports)


async def _build_in(work: Work, plan: Plan, out: Path, reports: list[Report]) -> dict[str, str]:
    """Do `_build` in the folder *out*. Notes in *reports* what is to be forgotten."""
    starts = await trio.to_thread.run_sync(_write_starts, plan, out)
    report = await _bundle(work, plan, starts, out / "1")
    reports.append(report)
    failed = await _find_node(work, plan, report)
    if failed:
        return failed
    entries = {s: await entry_of(work, file, report) for s, file in plan.files.items() if _is_code(file)}
    changed = {s: text for s, text in entries.items() if text is not None}
    moved = await place_files(work, report)
    if changed or moved:
        for specifier, text in changed.items():
            start = out / f"{_number(plan, specifier)}.js"
            start.write_text(text, "utf-8")
            starts[specifier] = start
        report = await _bundle(work, plan, starts, out / "2")
        reports.append(report)
    await _store(work, plan, report, out / ("2" if changed or moved else "1"))
    return {}


def _write_starts(plan: Plan, out: Path) -> dict[str, Path]:
    """Return specifier → where esbuild begins. What is no code is imported by a file that is."""
    starts = {}
    for specifier, file in plan.files.items():
        starts[specifier] = file
        if file.suffix == ".css":
            starts[specifier] = out / f"{_number(plan, specifier)}.js"
            starts[specifier].write_text(f"import {json.dumps(str(file))};\n", "utf-8")
    return starts


def _roots(work: Work, plan: Plan) -> list[str]:
    return sorted({work.lock.shared[package_of(specifier)] for specifier in plan.group.specifiers})


def _number(plan: Plan, specifier: str) -> str:
    return f"e{plan.group.specifiers.index(specifier)}"


def _is_code(file: Path) -> bool:
    return file.suffix not in (".css", ".json", ".wasm")


async def _bundle(work: Work, plan: Plan, starts: Mapping[str, Path], out: Path) -> Report:
    await trio.Path(out).mkdir()
    named = [f"{_number(plan, specifier)}={path}" for specifier, path in starts.items()]
    public = plan.group.chunks(work.lock)
    return await bundle(
        work,
        _roots(work, plan),
        named,
        out,
        "--splitting",
        f"--public-path={public}",
        f"--chunk-names={_CHUNK}",
    )


# -- what is in the way -----------------------------------------------------------------------------------


async def _find_failing(work: Work, plan: Plan, error: BuildRefused) -> dict[str, str]:
    """Return why entries can't be built: each is tried alone. Notes what packages import and is not there."""
    words = {s: str(error) for s in plan.group.specifiers}
    whole = error.words
    if len(plan.files) > 1:
        words, whole = await _try_each(work, plan)
        if not words:  # together they fail, and each alone doesn't: nobody is to blame, so all are
            words, whole = {s: str(error) for s in plan.group.specifiers}, error.words
    for specifier, path in _UNRESOLVED.findall(whole):
        place = work.tree.package_at(path.strip())
        if place is not None:
            work.unmet.setdefault(place[0], set()).add(package_of(specifier))
    return {s: f"{why}{_why_missing(work, why)}" for s, why in words.items()}


async def _try_each(work: Work, plan: Plan) -> tuple[dict[str, str], str]:
    """Return why entries fail, of those that do, and all that esbuild says.

    Halves are tried, and halves of what fails: of many entries mostly one is broken.
    """
    failed: dict[str, str] = {}
    words = ""
    entries = list(plan.files)
    to_try = [entries[: len(entries) // 2], entries[len(entries) // 2 :]]
    while to_try:
        some = to_try.pop()
        try:
            await _try(work, plan, some)
        except BuildRefused as error:
            if len(some) > 1:
                to_try += [some[: len(some) // 2], some[len(some) // 2 :]]
                continue
            words += f"\n{error.words}"
            alike = [s for s, first in plan.first.items() if first == some[0]]
            failed |= dict.fromkeys(alike, str(error))
    return failed, words


async def _try(work: Work, plan: Plan, some: list[str]) -> None:
    async with temporary_folder(work.tree.root, "some-") as out:
        part = replace(plan, files={specifier: plan.files[specifier] for specifier in some})
        starts = await trio.to_thread.run_sync(_write_starts, part, out)
        await forget(await _bundle(work, part, starts, out / "1"))


def _why_missing(work: Work, words: str) -> str:
    """Return why the package is not there that esbuild, in *words*, could not find."""
    found = re.search(r'Could not resolve "([^"]+)"', words)
    name = package_of(found[1]) if found else ""
    notes = work.lock.missing.items()
    whys = [f"{needed}: {why}" for needed, why in notes if needed.startswith(f"{name} ")]
    whys += [f"{key}: {error}" for key, error in work.gone.items() if key.startswith(f"{name}@")]
    return f" ({whys[0]})" if found and whys else ""


async def _find_node(work: Work, plan: Plan, report: Report) -> dict[str, str]:
    """Return why entries can't be built, of those that need a part of Node to be loaded at all."""
    failed: dict[str, str] = {}
    for path, names in (await trio.to_thread.run_sync(_users_of_node, work, report)).items():
        flags = ("--minify-syntax", '--define:process.env.NODE_ENV="production"')
        text = await print_file(work.bench.tool, work.tree.root / path, flags, work.bench.limits)
        needed = await trio.to_thread.run_sync(find_needed, text, names & _NODE_NAMES)
        if needed:
            of = work.tree.package_at(path)
            why = f'it needs "{needed}", a part of Node that browsers do not have'
            if of is not None:
                why += f" ({of[0]}, {of[1]})"
            entries = await trio.to_thread.run_sync(_entries_with, plan, report, path)
            failed |= dict.fromkeys((s for s, first in plan.first.items() if first in entries), why)
    return failed


def _users_of_node(work: Work, report: Report) -> dict[str, frozenset[str]]:
    """Return path of a file → the parts of Node that it imports, of those that do."""
    builtins = f"{work.tree.builtins().relative_to(work.tree.root).as_posix()}/"
    used_by = (
        (path, frozenset(used.original for used in given.imports if used.path.startswith(builtins)))
        for path, given in report.inputs.items()
    )
    return {path: names for path, names in used_by if names and not path.startswith(builtins)}


def _entries_with(plan: Plan, report: Report, path: str) -> set[str]:
    """Return the entries that load the file *path*, at once or later."""
    found = set()
    for specifier in plan.files:
        end = f"/{_number(plan, specifier)}.js"
        to_see = [name for name in report.outputs if name.endswith(end)]
        seen = set(to_see)
        while to_see:
            output = report.outputs[to_see.pop()]
            if path in output.inputs:
                found.add(specifier)
                break
            new = [i.path for i in output.imports if i.path in report.outputs and i.path not in seen]
            seen.update(new)
            to_see += new
    return found or set(plan.files)


# -- what comes out ---------------------------------------------------------------------------------------


async def _store(work: Work, plan: Plan, report: Report, out: Path) -> None:
    """Put all that was built into the store; what entries need first, so that what is there is whole."""
    store, limits = work.bench.store, work.bench.limits
    place = out.relative_to(work.tree.root).as_posix()
    if len(report.outputs) > limits.outputs_per_build:
        raise ModuleFailed(f"built, it has more than {limits.outputs_per_build} parts")
    named = await trio.to_thread.run_sync(find_named, work, report)
    addresses = _addresses(work, plan, report, place)
    moves = _moves(work, plan, addresses, place)
    built, files = await trio.to_thread.run_sync(_read_outputs, work, report, addresses, moves, named)
    for address, path in files.items():
        await trio.to_thread.run_sync(store.put_path, address, path, limits)
    await trio.to_thread.run_sync(store.put_all, built, PACKAGE_RECIPE)
    for specifier, first in plan.first.items():
        name = f"{place}/{_number(plan, first)}.js"
        work.address[specifier] = addresses[name]
        work.exported[specifier] = frozenset(report.outputs[name].exports)
    work.bench.progress.done.update(plan.group.specifiers)


def _addresses(work: Work, plan: Plan, report: Report, place: str) -> dict[str, str]:
    """Return path of an output → where it is served."""
    found = {}
    entries = {f"{place}/{_number(plan, s)}.js": s for s in plan.files}
    for path in report.outputs:
        name = path.removeprefix(f"{place}/")
        of = work.tree.package_at(name)
        if path in entries:
            found[path] = plan.group.address(work.lock, entries[path])
        elif of is not None:
            found[path] = files_of(of[0], work.lock.packages[of[0]]) + of[1]
        else:
            found[path] = f"{plan.group.chunks(work.lock)}/{name}"
    return found


def _moves(work: Work, plan: Plan, addresses: Mapping[str, str], place: str) -> dict[bytes, bytes]:
    """Return what stands in the code for addresses as esbuild makes them → the real ones."""
    public = plan.group.chunks(work.lock)
    moves = {}
    for specifier in plan.files:
        name = f"{_number(plan, specifier)}.js"
        moves[f'"{public}/{name}"'.encode()] = json.dumps(addresses[f"{place}/{name}"]).encode()
    for key, folder in work.tree.folders.items():
        inside = folder.relative_to(work.tree.root).as_posix()
        moves[f"{public}/{inside}/".encode()] = files_of(key, work.lock.packages[key]).encode()
    return moves


def _read_outputs(
    work: Work, report: Report, addresses: Mapping[str, str], moves: Mapping[bytes, bytes], named: Named
) -> tuple[list[Built], dict[str, Path]]:
    """Return the modules, and address → file of the files that they name.

    Raises:
        ModuleFailed: one imports what is not of this server, or is too large.
    """
    files: dict[str, Path] = {}
    built = []
    styles = {output.css_bundle for output in report.outputs.values()} - {""}
    for path, output in report.outputs.items():
        if path in styles:
            continue
        if not path.endswith(".js"):
            files[addresses[path]] = _file_of(work, path)
            continue
        code = _moved((work.tree.root / path).read_bytes(), moves)
        imported = _imports_of(work, report, output, addresses)
        if output.css_bundle:
            css = _moved((work.tree.root / output.css_bundle).read_bytes(), moves).decode("utf-8", "replace")
            code = _WITH_STYLE.format(css=json.dumps(css), code=code.decode()).encode()
            imported += _imports_of(work, report, report.outputs[output.css_bundle], addresses)
        if len(code) > work.bench.limits.built_bytes:
            raise ModuleFailed(f"built, it has more than {work.bench.limits.built_bytes} bytes")
        beside = {address: file for name in output.inputs for address, file in named.get(name, {}).items()}
        files |= beside
        address = addresses[path]
        built.append(Built(address, address, code, tuple(dict.fromkeys([*imported, *beside]))))
    return built, files


def _file_of(work: Work, path: str) -> Path:
    """Return the file that the output at *path* is a copy of, if that is too large to be read; else the output."""
    unread = (Path(file) for file in work.huge)
    alike = (file for file in unread if path.endswith(f"/{file.relative_to(work.tree.root).as_posix()}"))
    return next(alike, work.tree.root / path)


def _moved(content: bytes, moves: Mapping[bytes, bytes]) -> bytes:
    for old, new in moves.items():
        if old in content:
            content = content.replace(old, new)
    return content


def _imports_of(work: Work, report: Report, output: Output, addresses: Mapping[str, str]) -> list[str]:
    """Return the addresses of all that *output* imports or names.

    Raises:
        ModuleFailed: some are of no module or file that pages may load from here.
    """
    found: list[str] = []
    left = []
    given = set(work.bench.given.values())
    for used in output.imports:
        if used.path in addresses:
            found.append(addresses[used.path])
        elif used.external and used.path in given:
            found.append(used.path)
        # Data and parts of the page itself are named by style sheets, and are no requests.
        elif used.external and not (used.path.startswith(("data:", "#")) or may_fail(used)):
            left.append(used.path)
    if left:
        raise ModuleFailed(f"built, it still imports {', '.join(sorted(set(left))[:10])}")
    return found
