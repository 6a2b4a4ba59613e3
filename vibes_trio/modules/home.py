"""A local home for the packages of an app: from what it imports to a lock whose modules are in the store."""

from collections.abc import Mapping
from pathlib import Path

from msgspec.structs import replace

from vibes_trio.config import Config
from vibes_trio.errors import FetchFailed, ModuleFailed
from vibes_trio.modules.build import address_of
from vibes_trio.modules.bundle import Bench, Outcome, build_lock
from vibes_trio.modules.lock import Lock, resolve_lock
from vibes_trio.modules.prepare import BASE_MODULES
from vibes_trio.modules.ranges import Spec, choose_document, parse_spec
from vibes_trio.modules.registry import Document, ensure_package
from vibes_trio.modules.store import LocalModules
from vibes_trio.modules.toolchain import find_tool
from vibes_trio.modules.tree import package_of
from vibes_trio.outbound import Outbound

PINNED: Mapping[str, str] = {wanted.name: wanted.version for wanted in BASE_MODULES}
GIVEN: Mapping[str, str] = {
    f"{wanted.name}/{subpath}" if subpath else wanted.name: address_of(wanted.name, wanted.version, subpath)
    for wanted in BASE_MODULES
    for subpath in wanted.subpaths
}


async def ensure_modules(
    outbound: Outbound, store: LocalModules, config: Config, wanted: Mapping[str, str], lock: Lock | None
) -> tuple[Lock, Mapping[str, str]]:
    """Return a lock for *wanted* (specifier → range) with all modules in the store that can be; and what can't.

    With a *lock* that has all of them nothing is resolved anew: a release keeps its versions.

    Raises:
        FetchFailed, ModuleFailed: nothing can be done: no esbuild, no registry, a package that is needed by
            another is not to be had.
    """
    tool = await find_tool(config)
    if tool is None:
        raise ModuleFailed("there is no esbuild: run `vibes-trio toolchain install`")
    modules_dir, limits = config.data_dir / "modules", config.limits
    failed: dict[str, str] = {}
    chosen: dict[Spec, Document] = {}

    async def choose(spec: Spec) -> Document:
        if spec not in chosen:
            chosen[spec] = await choose_document(outbound, modules_dir, spec, limits)
        return chosen[spec]

    if lock is None or any(package_of(s) not in lock.shared for s in wanted):
        roots: dict[str, str] = {}
        for specifier, text in wanted.items():
            try:
                await choose(parse_spec(package_of(specifier), PINNED.get(package_of(specifier), text)))
                roots.setdefault(package_of(specifier), text)
            except (FetchFailed, ModuleFailed) as error:
                failed[specifier] = str(error)
        lock = await resolve_lock(choose, roots, PINNED, limits)
    packages = lock.packages

    async def unpacked(key: str) -> Path:
        package = packages[key]
        document = Document(
            name=package.name,
            version=package.version,
            tarball=package.tarball,
            integrity=package.integrity,
        )
        return await ensure_package(outbound, modules_dir, document, limits)

    bench = Bench(tool, store, unpacked, _given(store, lock), modules_dir / "work", limits)
    outcome: Outcome = await build_lock(bench, lock, (s for s in wanted if s not in failed))
    return replace(lock, modules=dict(outcome.modules)), failed | dict(outcome.failed)


def _given(store: LocalModules, lock: Lock) -> dict[str, str]:
    """Return the modules that every page has, where *lock* means the same versions."""
    return {s: a for s, a in GIVEN.items() if store.record(a) is not None and _is_pinned(lock, s)}


def _is_pinned(lock: Lock, specifier: str) -> bool:
    name = package_of(specifier)
    return lock.shared.get(name, f"{name}@{PINNED[name]}") == f"{name}@{PINNED[name]}"
