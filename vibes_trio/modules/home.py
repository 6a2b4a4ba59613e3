"""A local home for the packages of an app: from what it imports to a lock whose modules are in the store."""

from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from pathlib import Path

import trio
from msgspec.structs import replace

from vibes_trio.config import Config
from vibes_trio.errors import FetchFailed, ModuleFailed
from vibes_trio.modules.build import address_of
from vibes_trio.modules.bundle import Outcome, build_lock, is_stored
from vibes_trio.modules.kept_locks import KeptLocks
from vibes_trio.modules.lock import Adopted, Lock, find_adoptable, resolve_lock, root_spec
from vibes_trio.modules.page_files import ensure_files
from vibes_trio.modules.prepare import BASE_MODULES
from vibes_trio.modules.progress import Progress
from vibes_trio.modules.ranges import Spec, choose_document
from vibes_trio.modules.registry import Document, ensure_package
from vibes_trio.modules.store import LocalModules
from vibes_trio.modules.store_lock import hold_store
from vibes_trio.modules.toolchain import Tool, find_tool
from vibes_trio.modules.tree import package_of
from vibes_trio.modules.work import Bench
from vibes_trio.outbound import Outbound

PINNED: Mapping[str, str] = {wanted.name: wanted.version for wanted in BASE_MODULES}
GIVEN: Mapping[str, str] = {
    f"{wanted.name}/{subpath}" if subpath else wanted.name: address_of(wanted.name, wanted.version, subpath)
    for wanted in BASE_MODULES
    for subpath in wanted.subpaths
}


class Home:
    """Where the packages of apps are brought home to.

    Its mutable state: which versions ranges were found to mean lately, the locks made lately, the esbuild once
    it is found, and whether somebody builds now: one lock at a time, so that nothing is fetched or built twice.
    """

    def __init__(
        self, outbound: Callable[[], Awaitable[Outbound]], store: LocalModules, config: Config
    ) -> None:
        self._outbound = outbound
        self._store = store
        self._config = config
        self._chosen: dict[Spec, tuple[Document, float]] = {}
        self._kept = KeptLocks(self._modules_dir, config.limits)
        self._tool: Tool | None = None
        self._building = trio.Lock()

    async def find_known(self, wanted: Mapping[str, str]) -> Lock | None:
        """Return the lock for *wanted* if it was made lately and all its modules are in the store."""
        given, others = self._split(wanted)
        lock = self._kept.find(others) or await trio.to_thread.run_sync(self._kept.load, others)
        if lock is None or not self._is_whole(lock, others):
            return None
        return replace(lock, modules=lock.modules | given)

    async def ensure(
        self,
        wanted: Mapping[str, str],
        lock: Lock | None = None,
        progress: Progress | None = None,
        label: str = "",
    ) -> tuple[Lock, Mapping[str, str]]:
        """Return a lock for *wanted* with all modules in the store that can be; and why others can't.

        Args:
            wanted: specifier, without version → range or dist-tag of its package.
            lock: of before. If it has all that is wanted nothing is resolved anew: versions stay.
            progress: told of what is done.
            label: what is built, for people who look from outside.

        Raises:
            FetchFailed, ModuleFailed: nothing can be done: no esbuild, no registry, a package that is needed
                by another is not to be had, another process builds for too long.
        """
        progress = Progress() if progress is None else progress
        limits = self._config.limits
        async with self._building:
            try:
                with trio.fail_after(limits.build_all_timeout_s):
                    async with hold_store(self._modules_dir, label, limits.store_wait_s):
                        given, others = self._split(wanted)
                        progress.done.update(given)
                        made, failed = await self._ensure(others, lock, progress)
                        return replace(made, modules=made.modules | given), failed
            except trio.TooSlowError as error:
                raise ModuleFailed(f"this took more than {limits.build_all_timeout_s:g} s") from error

    async def fetch_page_files(self) -> str:
        """Fetch what every page loads and the store lacks. Returns why something is still missing, or nothing."""
        return await ensure_files(self._store, self._config, await self._outbound())

    def _split(self, wanted: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
        """Return specifier → address of what every page has anyway, and the part of *wanted* that is to be made.

        So a lock of some packages is the same whether the app also imports React or not.
        """
        given = {s: GIVEN[s] for s in wanted if s in GIVEN and self._store.record(GIVEN[s])}
        return given, {s: text for s, text in wanted.items() if s not in given}

    async def _ensure(
        self, wanted: Mapping[str, str], lock: Lock | None, progress: Progress
    ) -> tuple[Lock, Mapping[str, str]]:
        if lock is None:
            known = await self.find_known(wanted)
            if known is not None:
                return known, {}
        try:
            made, failed = await self._make(wanted, lock, progress)
        except (FetchFailed, ModuleFailed):
            other = await self._find_alike(wanted)
            if other is None:
                raise
            return other, {}
        if failed:
            other = await self._find_alike(wanted)
            return (made, failed) if other is None else (other, {})
        exact = {s: made.shared[package_of(s)].rpartition("@")[2] for s in wanted}
        for asked in (wanted, exact):  # the next app may write the version, or have it looked up
            if self._kept.find(asked) is None:
                await trio.to_thread.run_sync(self._kept.keep, asked, made)
        return made, {}

    async def _make(
        self, wanted: Mapping[str, str], lock: Lock | None, progress: Progress
    ) -> tuple[Lock, dict[str, str]]:
        """Resolve *wanted* unless *lock* has it; build what is not there.

        What packages turn out to import although they can do without it is fetched then, and what needs it built.
        """
        tool = await self._find_tool()
        failed: dict[str, str] = {}
        imported: dict[str, frozenset[str]] = {}
        if lock is None or any(package_of(s) not in lock.shared for s in wanted):
            progress.stage = "resolving"
            lock, failed = await self._resolve(wanted, Adopted())
            progress.failed |= failed
        for _ in range(self._config.limits.adoptions_per_build):
            outcome = await self._build(tool, wanted, lock, failed, progress)
            unmet = find_adoptable(lock, outcome.unmet, imported)
            if not unmet:
                break
            imported |= {name: imported.get(name, frozenset()) | more for name, more in unmet.items()}
            for specifier in outcome.failed:
                progress.failed.pop(specifier, None)
            lock, failed = await self._resolve(wanted, Adopted(imported=imported))
        return replace(lock, modules=dict(outcome.modules)), failed | dict(outcome.failed)

    async def _build(
        self,
        tool: Tool,
        wanted: Mapping[str, str],
        lock: Lock,
        failed: Mapping[str, str],
        progress: Progress,
    ) -> Outcome:
        given = {s: a for s, a in GIVEN.items() if self._store.record(a) and _is_pinned(lock, s)}
        work_dir = self._modules_dir / "work"
        unpacked = partial(self._unpacked, lock)
        bench = Bench(tool, self._store, unpacked, given, work_dir, self._config.limits, progress)
        return await build_lock(bench, lock, (s for s in wanted if s not in failed))

    async def _find_tool(self) -> Tool:
        self._tool = self._tool or await find_tool(self._config)
        if self._tool is None:
            raise ModuleFailed("there is no esbuild: run `vibes-trio toolchain install`")
        return self._tool

    async def _find_alike(self, wanted: Mapping[str, str]) -> Lock | None:
        """Return a lock of before that has all of *wanted* in the store: for a time without registry or esbuild."""
        for lock in await trio.to_thread.run_sync(self._kept.find_alike, wanted):
            if self._is_whole(lock, wanted):
                return replace(lock, modules={s: lock.modules[s] for s in wanted})
        return None

    def _is_whole(self, lock: Lock, wanted: Mapping[str, str]) -> bool:
        return all(s in lock.modules and is_stored(self._store, lock.modules[s]) for s in wanted)

    async def _resolve(self, wanted: Mapping[str, str], adopted: Adopted) -> tuple[Lock, dict[str, str]]:
        """Resolve the packages of *wanted*; those that are nowhere fail alone."""
        roots: dict[str, str] = {}
        failed: dict[str, str] = {}
        for specifier, text in wanted.items():
            name = package_of(specifier)
            try:
                await self._choose(root_spec(name, text, PINNED))
                roots.setdefault(name, text)
            except (FetchFailed, ModuleFailed) as error:
                failed[specifier] = str(error)
        return await resolve_lock(self._choose, roots, PINNED, self._config.limits, adopted), failed

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
