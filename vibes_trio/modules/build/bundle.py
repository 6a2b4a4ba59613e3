"""Build the modules of a lock: any package from npm, as ES modules that this server has.

What a lock needs of packages that share code is built together (`groups`, `joint`). An address holds the hash of all
that the module is made of, so the same address is the same module on every server, and a group that is there is never
built again.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import trio

from vibes_trio.errors import FetchFailed, ModuleFailed, forget_traces
from vibes_trio.late import late
from vibes_trio.modules.build.fence import measure
from vibes_trio.modules.build.forms import build_form, form_address, form_of, is_alone
from vibes_trio.modules.build.groups import Group, find_groups
from vibes_trio.modules.build.tree import lay_out
from vibes_trio.modules.build.work import Bench, Work
from vibes_trio.modules.folder import temporary_folder
from vibes_trio.modules.resolve.lock_keys import package_of, reachable_from
from vibes_trio.modules.resolve.package_lock import Lock, is_unanswered
from vibes_trio.modules.store.local import LocalModules

if TYPE_CHECKING:
    import vibes_trio.modules.build.joint as joint
else:
    joint = late("vibes_trio.modules.build.joint")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a lock.

    Attributes:
        modules: specifier → address of what is in the store now; failed: specifier → why, of what could not be built.
        exported: specifier → names, of what was built now.
        unmet: name of a package → packages that its code imports and that the lock has not.
    """

    modules: Mapping[str, str]
    failed: Mapping[str, str]
    exported: Mapping[str, frozenset[str]] = field(default_factory=dict)
    unmet: Mapping[str, frozenset[str]] = field(default_factory=dict)


async def build_lock(bench: Bench, lock: Lock, specifiers: Iterable[str]) -> Outcome:
    """Have the modules of *specifiers*, all of shared packages of *lock*, in the store; build what is missing.

    One that can't be built fails alone. So does one that needs a package that is not to be had. A specifier may ask
    for a file of a package in some form (`forms`).

    Raises:
        FetchFailed: nobody answers, and nothing could be built.
        ModuleFailed: the disk refuses.
    """
    asked = list(dict.fromkeys(specifiers))
    wanted = [s for s in asked if package_of(s) in lock.shared]
    failed = {s: lock.missing.get(package_of(s), "it is not in the lock") for s in asked if s not in wanted}
    modules = {s: bench.given[s] for s in wanted if s in bench.given}
    entries = [s for s in wanted if s not in modules and not form_of(s)]
    groups = find_groups(lock, entries, bench.given, bench.tool.version)
    whole = [group for group in groups if _is_built(bench, lock, group)]
    modules |= {s: group.address(lock, s) for group in whole for s in group.specifiers}
    forms = {s: form_address(lock, s, bench.tool.version) for s in wanted if form_of(s)}
    modules |= {s: address for s, address in forms.items() if is_stored(bench.store, address)}
    bench.progress.done.update(modules)
    missing = [s for s in wanted if s not in modules]
    if not missing:
        return Outcome(modules, failed)
    alone = {s for s in missing if is_alone(lock, s)}
    keys = reachable_from(lock, {lock.shared[package_of(s)] for s in missing if s not in alone})
    keys = sorted({*keys, *(lock.shared[package_of(s)] for s in alone)})
    unpacked, gone = await _unpack_all(bench, keys)
    await trio.to_thread.run_sync(lambda: bench.work_dir.mkdir(parents=True, exist_ok=True))
    async with temporary_folder(bench.work_dir) as folder:
        tree = await trio.to_thread.run_sync(lay_out, folder, lock, unpacked, bench.given)
        huge = await trio.to_thread.run_sync(measure, tree.root, bench.limits)
        work = Work(bench, lock, tree, gone, huge=huge)
        bench.progress.stage = "building"
        await _build_groups(work, [group for group in groups if group not in whole])
        await _build_forms(work, [s for s in forms if s not in modules])
    modules |= work.address
    failed |= {s: why for s, why in work.failed.items() if s not in modules}
    if not modules and gone and all(is_unanswered(error) for error in gone.values()):
        raise gone.pop(min(gone))
    unmet = {lock.packages[key].name: frozenset(names) for key, names in work.unmet.items()}
    return Outcome(modules, failed, work.exported, unmet)


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


def _is_built(bench: Bench, lock: Lock, group: Group) -> bool:
    return all(is_stored(bench.store, group.address(lock, specifier)) for specifier in group.specifiers)


async def _build_groups(work: Work, groups: list[Group]) -> None:
    at_once = trio.Semaphore(work.bench.limits.builds_at_once)

    async def build(group: Group) -> None:
        async with at_once:
            await joint.build_group(work, group)

    async with trio.open_nursery() as nursery:
        for group in groups:
            nursery.start_soon(build, group)


async def _build_forms(work: Work, specifiers: Iterable[str]) -> None:
    for specifier in specifiers:
        try:
            work.address[specifier] = await build_form(work, specifier)
            work.bench.progress.done.add(specifier)
        except ModuleFailed as error:
            work.failed[specifier] = work.bench.progress.failed[specifier] = str(error)


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
