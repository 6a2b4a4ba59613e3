"""A local home for the packages of an app: from what it imports to a lock whose modules are in the store."""

from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from pathlib import Path

import trio
from msgspec.structs import replace

from vibes_trio.config import Config
from vibes_trio.errors import FetchFailed, ModuleFailed
from vibes_trio.modules.build import address_of
from vibes_trio.modules.bundle import Bench, build_lock
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


class Home:
    """Where the packages of apps are brought home to.

    Its mutable state: which versions ranges were found to mean lately, and whether somebody builds now: one
    lock at a time, so that nothing is fetched or built twice.
    """

    def __init__(
        self, outbound: Callable[[], Awaitable[Outbound]], store: LocalModules, config: Config
    ) -> None:
        self._outbound = outbound
        self._store = store
        self._config = config
        self._chosen: dict[Spec, tuple[Document, float]] = {}
        self._building = trio.Lock()

    async def ensure(
        self, wanted: Mapping[str, str], lock: Lock | None = None
    ) -> tuple[Lock, Mapping[str, str]]:
        """Return a lock for *wanted* with all modules in the store that can be; and why others can't.

        Args:
            wanted: specifier, without version → range or dist-tag of its package.
            lock: of before. If it has all that is wanted nothing is resolved anew: versions stay.

        Raises:
            FetchFailed, ModuleFailed: nothing can be done: no esbuild, no registry, a package that is needed
                by another is not to be had.
        """
        async with self._building:
            tool = await find_tool(self._config)
            if tool is None:
                raise ModuleFailed("there is no esbuild: run `vibes-trio toolchain install`")
            failed: dict[str, str] = {}
            if lock is None or any(package_of(s) not in lock.shared for s in wanted):
                lock, failed = await self._resolve(wanted)
            given = {s: a for s, a in GIVEN.items() if self._store.record(a) and _is_pinned(lock, s)}
            work_dir = self._config.data_dir / "modules" / "work"
            unpacked = partial(self._unpacked, lock)
            bench = Bench(tool, self._store, unpacked, given, work_dir, self._config.limits)
            outcome = await build_lock(bench, lock, (s for s in wanted if s not in failed))
            return replace(lock, modules=dict(outcome.modules)), failed | dict(outcome.failed)

    async def _resolve(self, wanted: Mapping[str, str]) -> tuple[Lock, dict[str, str]]:
        """Resolve the packages of *wanted*; those that are nowhere fail alone."""
        roots: dict[str, str] = {}
        failed: dict[str, str] = {}
        for specifier, text in wanted.items():
            name = package_of(specifier)
            try:
                await self._choose(parse_spec(name, PINNED.get(name, text)))
                roots.setdefault(name, text)
            except (FetchFailed, ModuleFailed) as error:
                failed[specifier] = str(error)
        return await resolve_lock(self._choose, roots, PINNED, self._config.limits), failed

    async def _choose(self, spec: Spec) -> Document:
        found = self._chosen.get(spec)
        if found is not None and found[1] > trio.current_time():
            return found[0]
        limits = self._config.limits
        document = await choose_document(await self._outbound(), self._modules_dir, spec, limits)
        if len(self._chosen) >= limits.lookup_cache_entries:
            self._chosen.clear()
        self._chosen[spec] = document, trio.current_time() + limits.lookup_cache_s
        return document

    async def _unpacked(self, lock: Lock, key: str) -> Path:
        package = lock.packages[key]
        document = Document(
            name=package.name,
            version=package.version,
            tarball=package.tarball,
            integrity=package.integrity,
        )
        outbound = await self._outbound()
        return await ensure_package(outbound, self._modules_dir, document, self._config.limits)

    @property
    def _modules_dir(self) -> Path:
        return self._config.data_dir / "modules"


def _is_pinned(lock: Lock, specifier: str) -> bool:
    name = package_of(specifier)
    return lock.shared.get(name, f"{name}@{PINNED[name]}") == f"{name}@{PINNED[name]}"
