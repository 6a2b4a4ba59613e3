"""A local home for the packages of an app: from what it imports to a lock whose modules are in the store."""

import contextlib
import dataclasses
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
from functools import partial
from pathlib import Path

import msgspec
import trio
from msgspec.structs import replace

from vibes_trio.config import Config
from vibes_trio.errors import FetchFailed, FetchTooLong, ModuleFailed, forget_traces
from vibes_trio.modules.bases import NEWEST, Base, base_for
from vibes_trio.modules.build.bundle import Outcome, build_lock, is_stored
from vibes_trio.modules.build.forms import told_notes
from vibes_trio.modules.build.groups import file_address
from vibes_trio.modules.build.work import Bench
from vibes_trio.modules.prepare import fill_store
from vibes_trio.modules.progress import Progress
from vibes_trio.modules.registry.fetch import Document, ensure_package
from vibes_trio.modules.registry.ranges import Spec, choose_document, fits, is_range, parse_spec
from vibes_trio.modules.registry.toolchain import Tool, find_tool
from vibes_trio.modules.resolve.entries import resolve_file
from vibes_trio.modules.resolve.kept_locks import KeptLocks, lock_name
from vibes_trio.modules.resolve.lock_keys import package_of, subpath_of
from vibes_trio.modules.resolve.package_lock import (
    Adopted,
    Lock,
    find_adoptable,
    is_unanswered,
    resolve_lock,
    root_spec,
)
from vibes_trio.modules.resolve.suiting import find_older_known, majors_before, suit_names
from vibes_trio.modules.resolve.wishes import Wishes
from vibes_trio.modules.store.exported import ExportList, keep_exports
from vibes_trio.modules.store.holder import StoreHolder
from vibes_trio.modules.store.local import LocalModules
from vibes_trio.modules.store.page_files import ensure_files
from vibes_trio.outbound import Outbound
from vibes_trio.turns import KeyedLock

PINNED: Mapping[str, str] = NEWEST.pinned
GIVEN: Mapping[str, str] = NEWEST.given
_NO_WISHES = Wishes()


class Request(msgspec.Struct, frozen=True):
    """What a build is for: see `Home.ensure`; *base* is the React of the page."""

    wishes: Wishes
    base: Base
    user: str
    progress: Progress


class Home:
    """Where the packages of apps are brought home to.

    Its mutable state: which versions ranges were found to mean lately, the locks made lately, the esbuild once
    it is found, and who builds now: several at once, but of those who want the same one; each package is fetched
    once.
    """

    def __init__(
        self, outbound: Callable[[], Awaitable[Outbound]], store: LocalModules, config: Config
    ) -> None:
        self._outbound = outbound
        self._store = store
        self._config = config
        self._chosen: dict[tuple[str, Spec, frozenset[tuple[str, str]]], tuple[Document, float]] = {}
        # Names that no older major than a version was found to export, by specifier.
        self._sought: set[tuple[str, str, frozenset[str]]] = set()
        self._kept = KeptLocks(self._modules_dir, config.limits)
        self._tool: Tool | None = None
        self._building = StoreHolder(self._modules_dir, config.limits.store_wait_s)
        self._same = KeyedLock()
        self._unpacking = KeyedLock()
        self._short_archives = trio.Semaphore(config.limits.packages_at_once)
        self._long_archives = trio.Semaphore(1)

    async def find_known(self, wanted: Mapping[str, str], wishes: Wishes = _NO_WISHES) -> Lock | None:
        """Return the lock for *wanted* if it was made lately and all its modules are in the store; None, too, where an
        older major may have names that the newest lacks and nobody has looked yet."""
        lock, is_sought = await self._find_known(wanted, wishes)
        return lock if is_sought else None

    async def _find_known(self, wanted: Mapping[str, str], wishes: Wishes) -> tuple[Lock | None, bool]:
        """Return the lock for *wanted*, as `find_known`, and whether older majors were looked at where they matter."""
        base, _ = base_for(wishes.ranges.get("react", ""))
        given, others = self._split(wanted, base)
        if given and not others:
            return _with(Lock(), given, ()), True
        lock = await self._find_kept(others, base, wishes)
        if lock is None:
            return None, True
        suiting, notes, is_sought = await self._suit_known(others, lock, wishes)
        if suiting != others:
            lock = await self._find_kept(suiting, base, wishes)
        return None if lock is None else _with(lock, given, notes), is_sought

    async def look_ahead(
        self, wanted: Mapping[str, str], wishes: Wishes = _NO_WISHES
    ) -> tuple[tuple[str, ...], Mapping[str, str]]:
        """Return what people should know of the packages of *wanted*, and which can't be had and why, as far as a look
        at the registry shows; nothing if that is down. What it finds need not be found again by `ensure`.
        """
        base, told = base_for(wishes.ranges.get("react", ""))
        _, others = self._split(wanted, base)
        try:
            lock, failed = await self._resolve(others, _adopted(wishes), base)
        except (FetchFailed, ModuleFailed):
            return (), {}
        _, notes, is_sought = await self._suit_known(others, lock, wishes)
        is_all = (await self._outbound()).registry is None  # nobody answers, now or later
        not_there = {s: str(error) for s, error in failed.items() if is_all or not is_unanswered(error)}
        if is_all and not_there and await self._find_alike(others, Request(wishes, base, "", Progress())):
            not_there = {}
        notes = notes if is_sought else []  # what is missing may be found yet
        return tuple(filter(None, (told, *told_notes(lock, others), *notes))), not_there

    async def ensure(
        self,
        wanted: Mapping[str, str],
        lock: Lock | None = None,
        progress: Progress | None = None,
        label: str = "",
        wishes: Wishes = _NO_WISHES,
        user: str = "",
    ) -> tuple[Lock, Mapping[str, str]]:
        """Return a lock for *wanted* with all modules in the store that can be; and why others can't.

        Args:
            wanted: specifier, without version → range or dist-tag of its package.
            lock: of before. If it has all that is wanted nothing is resolved anew: versions stay.
            progress: told of what is done.
            label: what is built, for people who look from outside.
            wishes: what else the app wants. Of a package whose version nobody asked for, and whose newest lacks names
                that the app imports, an older major is taken that has them; the lock's notes say so.
            user: whose turn it takes.

        Raises:
            FetchFailed, ModuleFailed: nothing can be done: no esbuild, no registry, a package that is needed
                by another is not to be had, another process builds for too long.
        """
        progress = Progress() if progress is None else progress
        limits = self._config.limits
        base, told = base_for(wishes.ranges.get("react", ""))
        async with self._same.hold(lock_name(wanted)):
            try:
                with trio.fail_after(limits.build_all_timeout_s):
                    async with self._building.hold(label):
                        request = Request(wishes, base, user, progress)
                        await self._ensure_base(request)
                        given, others = self._split(wanted, base)
                        progress.done.update(given)
                        made, failed = await self._ensure(others, lock, request)
                        return _with(made, given, [told] if told else []), failed
            except trio.TooSlowError as error:
                raise ModuleFailed(f"this took more than {limits.build_all_timeout_s:g} s") from error

    async def fetch_file(self, lock: Lock, key: str, name: str) -> None:
        """Put the file *name* of the package *key* of *lock* into the store, if it has one."""
        with contextlib.suppress(FetchFailed, ModuleFailed):
            folder = await self._unpacked(lock, key)
            await trio.to_thread.run_sync(self._put_file, lock, key, folder, name)

    async def fetch_hosted(self, lock: Lock, key: str, path: str) -> str:
        """Put the file that hosts of packages have for *path* in the package *key* of *lock* into the store; return its
        address, or nothing: there is none."""
        try:
            folder = await self._unpacked(lock, key)
            return await trio.to_thread.run_sync(self._put_hosted, lock, key, folder, path)
        except (FetchFailed, ModuleFailed, OSError):
            return ""

    def _put_hosted(self, lock: Lock, key: str, folder: Path, path: str) -> str:
        files = {file.relative_to(folder).as_posix() for file in folder.rglob("*") if file.is_file()}
        name = resolve_file((folder / "package.json").read_bytes(), files, path)
        self._put_file(lock, key, folder, name)
        return file_address(key, lock.packages[key], name)

    def _put_file(self, lock: Lock, key: str, folder: Path, name: str) -> None:
        path = folder / name
        if path.is_file() and path.resolve().is_relative_to(folder.resolve()):
            address = file_address(key, lock.packages[key], name)
            self._store.put_path(address, path, self._config.limits)

    async def fetch_page_files(self) -> str:
        """Fetch what every page loads and the store lacks. Returns why something is still missing, or nothing."""
        return await ensure_files(self._store, self._config, await self._outbound())

    def _split(self, wanted: Mapping[str, str], base: Base) -> tuple[dict[str, str], dict[str, str]]:
        """Return specifier → address of what the page has anyway, and the part of *wanted* that is to be made.

        So a lock of some packages is the same whether the app also imports React or not.
        """
        given = {s: base.given[s] for s in wanted if s in base.given and self._store.record(base.given[s])}
        return given, {s: text for s, text in wanted.items() if s not in given}

    async def _ensure_base(self, request: Request) -> None:
        """Have another React than that of most pages in the store; that was fetched when the server was started."""
        base = request.base
        if base is NEWEST:
            return
        async with self._same.hold(f"react {base.major}"):
            if not all(self._store.record(a) for a in base.given.values()):
                tool = await self._tool_for(request.user)
                await fill_store(self._store, self._config, await self._outbound(), base.wanted, tool)

    async def _find_kept(self, wanted: Mapping[str, str], base: Base, wishes: Wishes) -> Lock | None:
        lock = self._kept.find(wanted) or await trio.to_thread.run_sync(self._kept.load, wanted)
        is_it = (
            lock is not None and self._is_whole(lock, wanted) and _is_as_wished(lock, wanted, base, wishes)
        )
        return lock if is_it else None

    async def _ensure(
        self, wanted: Mapping[str, str], lock: Lock | None, request: Request
    ) -> tuple[Lock, Mapping[str, str]]:
        known: Lock | None = None
        if lock is None:
            known, is_sought = await self._find_known(wanted, request.wishes)
            if known is not None and is_sought:
                return known, {}
        try:
            made, failed = await self._make(wanted, lock, request)
            suiting, notes = await self._suit(wanted, made, request)
            if suiting != wanted:
                if not failed:
                    await self._keep(wanted, made)
                made, failed = await self._make(suiting, None, request)
        except (FetchFailed, ModuleFailed):
            other = known or await self._find_alike(wanted, request)
            if other is None:
                raise
            return other, {}
        if failed:
            other = await self._find_alike(wanted, request)
            return (_with(made, {}, notes), failed) if other is None else (other, {})
        await self._keep(suiting, made)
        return _with(made, {}, notes), {}

    async def _keep(self, wanted: Mapping[str, str], made: Lock) -> None:
        exact = {s: made.shared[package_of(s)].rpartition("@")[2] for s in wanted}
        for asked in (wanted, exact):  # the next app may write the version, or have it looked up
            if self._kept.find(asked) != made:
                await trio.to_thread.run_sync(self._kept.keep, asked, made)

    async def _make(
        self, wanted: Mapping[str, str], lock: Lock | None, request: Request
    ) -> tuple[Lock, dict[str, str]]:
        """Resolve *wanted* unless *lock* has it; build what is not there.

        What packages turn out to import although they can do without it is fetched then, and what needs it built.
        """
        progress, base = request.progress, request.base
        tool = await self._tool_for(request.user)
        failed: dict[str, str] = {}
        adopted = _adopted(request.wishes)
        if lock is None or any(package_of(s) not in lock.shared for s in wanted):
            progress.stage = "resolving"
            lock, errors = await self._resolve(wanted, adopted, base)
            failed = {specifier: str(error) for specifier, error in errors.items()}
            progress.failed |= failed
        for _ in range(self._config.limits.adoptions_per_build):
            outcome = await self._build(tool, wanted, lock, failed, request)
            unmet = find_adoptable(lock, outcome.unmet, adopted.imported)
            if not unmet:
                break
            adopted = adopted.with_imported(unmet)
            for specifier in outcome.failed:
                progress.failed.pop(specifier, None)
            lock, errors = await self._resolve(wanted, adopted, base)
            failed = {specifier: str(error) for specifier, error in errors.items()}
        lists = [
            ExportList(lock.shared[package_of(s)], subpath_of(s), tuple(sorted(names)))
            for s, names in outcome.exported.items()
        ]
        await trio.to_thread.run_sync(keep_exports, self._modules_dir, lists, self._config.limits)
        return replace(lock, modules=dict(outcome.modules)), failed | dict(outcome.failed)

    async def _build(
        self,
        tool: Tool,
        wanted: Mapping[str, str],
        lock: Lock,
        failed: Mapping[str, str],
        request: Request,
    ) -> Outcome:
        base = request.base
        given = {s: a for s, a in base.given.items() if self._store.record(a) and _is_pinned(lock, s, base)}
        work_dir = self._modules_dir / "work"
        unpacked = partial(self._unpacked, lock)
        bench = Bench(tool, self._store, unpacked, given, work_dir, self._config.limits, request.progress)
        return await build_lock(bench, lock, (s for s in wanted if s not in failed))

    # -- names --------------------------------------------------------------------------------------------

    async def _suit_known(
        self, wanted: Mapping[str, str], lock: Lock, wishes: Wishes
    ) -> tuple[dict[str, str], list[str], bool]:
        """Do what `_suit` does, as far as the exports of packages are known; return also whether `_suit` would find
        no more, for all whose version nobody asked for."""
        unsought: list[str] = []

        async def find_older(specifier: str, names: Collection[str], version: str) -> str:
            known = await find_older_known(self._modules_dir, specifier, names, version)
            is_open = specifier in wishes.free and majors_before(version, self._config.limits)
            if not known and is_open and (specifier, version, frozenset(names)) not in self._sought:
                unsought.append(specifier)
            return known

        suiting, notes = await suit_names(self._modules_dir, wanted, lock, wishes, find_older)
        return suiting, notes, not unsought

    async def _suit(
        self, wanted: Mapping[str, str], lock: Lock, request: Request
    ) -> tuple[dict[str, str], list[str]]:
        """Return *wanted* with older majors of what lacks names that the app imports, if nobody asked for a version;
        and what to tell. Older majors are fetched and built to see what they export."""

        aside = replace(request, progress=Progress())

        async def find_older(specifier: str, names: Collection[str], version: str) -> str:
            for older in majors_before(version, self._config.limits):
                known = await find_older_known(self._modules_dir, specifier, names, version)
                if known:
                    return known
                with contextlib.suppress(FetchFailed, ModuleFailed):
                    await self._make({specifier: str(older)}, None, aside)
            self._note_sought(specifier, names, version)
            return await find_older_known(self._modules_dir, specifier, names, version)

        return await suit_names(self._modules_dir, wanted, lock, request.wishes, find_older)

    def _note_sought(self, specifier: str, names: Collection[str], version: str) -> None:
        if len(self._sought) >= self._config.limits.lookup_cache_entries:
            self._sought.clear()
        self._sought.add((specifier, version, frozenset(names)))

    # -- parts --------------------------------------------------------------------------------------------

    async def _tool_for(self, user: str) -> Tool:
        """Return esbuild in the turns of *user*; all share its places."""
        self._tool = self._tool or await find_tool(self._config)
        if self._tool is None:
            raise ModuleFailed("there is no esbuild: run `vibes-trio toolchain install`")
        return dataclasses.replace(self._tool, user=user)

    async def _find_alike(self, wanted: Mapping[str, str], request: Request) -> Lock | None:
        """Return a lock of before that has all of *wanted* in the store: for a time without registry or esbuild."""
        for lock in await trio.to_thread.run_sync(self._kept.find_alike, wanted):
            if self._is_whole(lock, wanted) and _is_as_wished(lock, wanted, request.base, request.wishes):
                return replace(lock, modules={s: lock.modules[s] for s in wanted})
        return None

    def _is_whole(self, lock: Lock, wanted: Mapping[str, str]) -> bool:
        return all(s in lock.modules and is_stored(self._store, lock.modules[s]) for s in wanted)

    async def _resolve(
        self, wanted: Mapping[str, str], adopted: Adopted, base: Base
    ) -> tuple[Lock, dict[str, FetchFailed | ModuleFailed]]:
        """Resolve the packages of *wanted*; those that are nowhere fail alone."""
        roots: dict[str, str] = {}
        failed: dict[str, FetchFailed | ModuleFailed] = {}
        choose = partial(self._choose, base)
        for specifier, text in wanted.items():
            name = package_of(specifier)
            try:
                await choose(root_spec(name, text, base.pinned), {})
                roots.setdefault(name, text)
            except (FetchFailed, ModuleFailed) as error:
                forget_traces(error)
                failed[specifier] = error
        lock = await resolve_lock(choose, roots, base.pinned, self._config.limits, adopted)
        return lock, failed

    async def _choose(self, base: Base, spec: Spec, decided: Mapping[str, str]) -> Document:
        """Return the document that *spec* means beside the React of *base*, and packages in *decided* versions."""
        document = await self._choose_for(base, spec, frozenset())
        peers = document.peer_dependencies
        missed = {name: has for name, has in decided.items() if name in peers and not fits(has, peers[name])}
        return await self._choose_for(base, spec, frozenset(missed.items())) if missed else document

    async def _choose_for(self, base: Base, spec: Spec, beside: frozenset[tuple[str, str]]) -> Document:
        known = (base.major, spec, beside)
        found = self._chosen.get(known)
        if found is not None and found[1] > trio.current_time():
            return found[0]
        limits = self._config.limits
        document = await choose_document(
            await self._outbound(), self._modules_dir, spec, limits, {**dict(beside), **base.counts_as}
        )
        if len(self._chosen) >= limits.lookup_cache_entries:
            self._chosen.clear()
        self._chosen[known] = document, trio.current_time() + limits.lookup_cache_s
        return document

    async def _unpacked(self, lock: Lock, key: str) -> Path:
        package = lock.packages[key]
        document = Document(
            name=package.name,
            version=package.version,
            tarball=package.tarball,
            integrity=package.integrity,
        )
        outbound, limits = await self._outbound(), self._config.limits
        short = dataclasses.replace(
            limits, package_bytes=min(limits.package_bytes, limits.short_package_bytes)
        )
        # An archive is in memory until it is unpacked. Hardly one is long; those are fetched one after another.
        async with self._unpacking.hold(package.integrity):
            with contextlib.suppress(FetchTooLong):
                async with self._short_archives:
                    return await ensure_package(outbound, self._modules_dir, document, short)
            async with self._long_archives:
                return await ensure_package(outbound, self._modules_dir, document, limits)

    @property
    def _modules_dir(self) -> Path:
        return self._config.data_dir / "modules"


def _is_pinned(lock: Lock, specifier: str, base: Base) -> bool:
    name = package_of(specifier)
    return lock.shared.get(name, f"{name}@{base.pinned[name]}") == f"{name}@{base.pinned[name]}"


def _adopted(wishes: Wishes) -> Adopted:
    named = {name: text for name, text in wishes.ranges.items() if _is_plain(name, text)}
    return Adopted(named=named, free=frozenset(package_of(specifier) for specifier in wishes.free))


def _is_plain(name: str, text: str) -> bool:
    try:
        return parse_spec(name, text).package == name
    except ModuleFailed:
        return False


def _is_as_wished(lock: Lock, wanted: Mapping[str, str], base: Base, wishes: Wishes) -> bool:
    """Return whether *lock*, which has the packages of *wanted*, could have been made for *base* and *wishes*."""
    if not all(_is_pinned(lock, specifier, base) for specifier in base.given):
        return False
    roots = {package_of(specifier) for specifier in wanted}
    named = _adopted(wishes).named.keys() - roots - base.pinned.keys()
    for name in named & lock.shared.keys():
        version, text = lock.shared[name].rpartition("@")[2], wishes.ranges[name]
        if is_range(text) and not fits(version, text):
            return False
    return not any(named & package.optional.keys() for package in lock.packages.values())


def _with(lock: Lock, given: Mapping[str, str], notes: Iterable[str]) -> Lock:
    """Return *lock* with modules that the page has anyway, and more notes."""
    told = tuple(dict.fromkeys((*lock.notes, *notes)))
    return replace(lock, modules={**lock.modules, **given}, notes=told)
