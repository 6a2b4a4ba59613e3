"""The lock of a release: which exact packages its modules are built from, found from what the app imports.

Two rules decide what is found. Whatever the app imports itself, and whatever any package has as a peer, is
*shared*: there is one version of it, one module of it in the page, however many use it. Everything else is a
private part of whoever depends on it, in the version that its range asks for, and is built into it.

Of the versions that are asked for, one that is shared as a peer is the one that most ranges want. A shared
version that a peer's range does not want is used all the same, with a note: two Reacts are worse. An ordinary
dependency whose range does not want it gets a private version.

What some package depends on may not be to be had. The lock then says so and does without: only modules that
really import it can't be built.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field

import msgspec
import trio
from msgspec.structs import replace

from vibes_trio.config import Limits
from vibes_trio.errors import FetchFailed, ModuleFailed, forget_traces
from vibes_trio.modules.registry.fetch import Document
from vibes_trio.modules.registry.ranges import Spec, fits, parse_spec

# With package → version that the page has, for packages that are for others: the newest that these are for.
Choose = Callable[[Spec, Mapping[str, str]], Awaitable[Document]]


class Package(msgspec.Struct, frozen=True, kw_only=True):
    """One exact package of a lock.

    Attributes:
        integrity: of its archive; tarball: where the registry said that lies.
        uses: name by which its code imports a package → key (`name@version`) of that package.
        optional: peers that it can do without and has not → range.
    """

    name: str
    version: str
    integrity: str
    tarball: str
    uses: dict[str, str] = {}
    optional: dict[str, str] = {}


class Lock(msgspec.Struct, frozen=True, kw_only=True):
    """All packages that an app's modules are built from.

    Attributes:
        packages: key (`name@version`) → package.
        shared: package name → key of its one version in the page. Of a package that the app imports in two
            versions, the second is under `name@range`.
        modules: specifier as the app writes it → address of its module on this server; empty until built.
        notes: what people should know, such as a peer's range that is not met.
        missing: name and range of a dependency → why it is not in *packages*.
    """

    packages: dict[str, Package] = {}
    shared: dict[str, str] = {}
    modules: dict[str, str] = {}
    notes: tuple[str, ...] = ()
    missing: dict[str, str] = {}

    def reachable(self, key: str) -> list[str]:
        """Return the keys of the package *key* and of all that it is built with, sorted."""
        seen, to_see = {key}, [key]
        while to_see:
            for used in self.packages[to_see.pop()].uses.values():
                if used not in seen:
                    seen.add(used)
                    to_see.append(used)
        return sorted(seen)


@dataclass(frozen=True, slots=True)
class Adopted:
    """What packages need although they can do without it, or don't say so.

    Attributes:
        named: packages that the app's manifest names → range: peers of packages, if these can do without.
        imported: name of a package → packages that its code was seen to import.
        free: packages of the app whose version nobody asked for: it may be another of the same major that others need.
    """

    named: Mapping[str, str] = field(default_factory=dict)
    imported: Mapping[str, frozenset[str]] = field(default_factory=dict)
    free: frozenset[str] = frozenset()

    def with_imported(self, more: Mapping[str, frozenset[str]]) -> "Adopted":
        """Return the same, and *more* that packages import."""
        known = self.imported
        imported = {**known, **{name: known.get(name, frozenset()) | names for name, names in more.items()}}
        return Adopted(self.named, imported, self.free)


_lock_decoder = msgspec.json.Decoder(Lock)


def read_lock(content: bytes | None) -> Lock | None:
    """Return the lock that *content* is; None: there is none, or it can't be read."""
    try:
        return _lock_decoder.decode(content) if content else None
    except msgspec.DecodeError:
        return None


BESIDE: Mapping[str, Mapping[str, str]] = {"troika-three-text": {"@fontsource/inter": "^5.0.0"}}
"""Packages whose files others ask a host for while they run, see `build/quirks.py`."""
# Parts of React that others have for themselves where npm lays them out; all versions have the same interface.
_INNER = frozenset({"scheduler"})


class _TooMany(ModuleFailed):
    """More packages than a lock may have."""


@dataclass(slots=True)
class _Search:
    """One search and what it knows so far.

    Attributes:
        decided: name → version of packages of which the app says which it wants.
        chosen: documents by what was asked for, failed: why there is none; shared: documents by name.
        found: every package met on the last walk, by key; uses: their edges.
        asked: name → what the packages met on the last walk ask of it; missing: as in a lock.
    """

    choose: Choose
    pinned: Mapping[str, str]
    adopted: Adopted
    limits: Limits
    decided: Mapping[str, str] = field(default_factory=dict)
    chosen: dict[Spec, Document] = field(default_factory=dict)
    failed: dict[Spec, FetchFailed | ModuleFailed] = field(default_factory=dict)
    shared: dict[str, Document] = field(default_factory=dict)
    found: dict[str, Document] = field(default_factory=dict)
    uses: dict[str, dict[str, str]] = field(default_factory=dict)
    notes: dict[str, None] = field(default_factory=dict)
    asked: dict[str, dict[Spec, None]] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)


async def resolve_lock(
    choose: Choose,
    roots: Mapping[str, str],
    pinned: Mapping[str, str],
    limits: Limits,
    adopted: Adopted | None = None,
) -> Lock:
    """Return the lock of an app.

    Args:
        choose: returns the document that a spec means (`ranges.choose_document`), beside packages whose versions the
            app decides.
        roots: packages that the app imports → range or dist-tag; `name@range` for a second version of one. What
            others have as a peer stays one all the same.
        pinned: packages that are always shared, in an exact version, such as React; in the lock if used.
        adopted: peers that packages have because they are named or imported.

    A root that needs more packages than fit is left out, and noted in the lock's `missing`.

    Raises:
        FetchFailed, ModuleFailed: one of *roots* is not to be had or can't be used, no registry answers, or there
            are too many packages together.
    """
    search = _Search(choose, pinned, adopted or Adopted(), limits)
    wanted = {root: root_spec(root, text, pinned) for root, text in roots.items()}
    decided = {name: spec for name, spec in wanted.items() if name not in search.adopted.free}
    await _choose_all(search, decided.values())
    there = {name: search.chosen.get(spec) for name, spec in decided.items()}
    search.decided = {name: found.version for name, found in there.items() if found and found.name == name}
    await _choose_all(search, wanted.values())
    for spec in sorted(set(wanted.values()) & search.failed.keys(), key=_order):
        raise search.failed.pop(spec)
    try:
        await _find_all(search, wanted)
        return _lock_of(search)
    except _TooMany as error:
        if len(wanted) == 1:
            raise
        alone = {name: await _is_too_much(search, name, spec) for name, spec in wanted.items()}
        await _find_all(search, {name: spec for name, spec in wanted.items() if not alone[name]})
        too_much = {name: str(error) for name, is_too_much in alone.items() if is_too_much}
        return replace(_lock_of(search), missing=search.missing | too_much)


def find_adoptable(
    lock: Lock, unmet: Mapping[str, frozenset[str]], known: Mapping[str, frozenset[str]]
) -> dict[str, frozenset[str]]:
    """Return, of what packages were seen to import and have not (*unmet*, by name), what another lock may give them.

    That is a peer they can do without, and what the page shares. What is *known* was tried.
    """
    optional = {
        package.name: package.optional.keys() | lock.shared.keys() - package.uses.keys()
        for package in lock.packages.values()
    }
    new = {
        name: (names & optional.get(name, set())) - known.get(name, frozenset())
        for name, names in unmet.items()
    }
    return {name: names for name, names in new.items() if names}


def root_spec(root: str, text: str, pinned: Mapping[str, str]) -> Spec:
    """Return what the root *root*, a package's name or `name@range`, with the range *text* asks for.

    Of a pinned package the latter is another version, which only who wants its files as they are asks for.

    Raises:
        ModuleFailed: it is nothing that npm knows.
    """
    name = root[:1] + root[1:].partition("@")[0]
    return parse_spec(name, pinned.get(root, text))


async def _is_too_much(search: _Search, name: str, spec: Spec) -> bool:
    try:
        await _find_all(search, {name: spec})
    except _TooMany:
        return True
    return False


async def _find_all(search: _Search, wanted: Mapping[str, Spec]) -> None:
    """Find what is shared and all that it uses, from the start; documents chosen before are not asked for."""
    search.shared = {name: search.chosen[spec] for name, spec in wanted.items()}
    await _walk_all(search)
    if agreed := _agree(search, wanted):
        search.shared |= agreed
        await _walk_all(search)
    peers = {name for document in search.found.values() for name in document.peer_dependencies}
    seconds = {
        root: search.shared[spec.package]
        for root, spec in wanted.items()
        if spec.package in peers - {root} - search.pinned.keys()
    }
    if any(search.shared[root] != document for root, document in seconds.items()):
        search.shared |= seconds
        await _walk(search)
        for root, document in seconds.items():
            search.notes[f"the app imports {root}; others share {_key(document)}, which it gets"] = None


async def _walk_all(search: _Search) -> None:
    while more := await _walk(search):
        # Each new shared package may turn private ones into shared ones: walk again from the start.
        search.shared |= await _choose_shared(search, more)


def _agree(search: _Search, wanted: Mapping[str, Spec]) -> dict[str, Document]:
    """Return other versions of free packages of the app, which more of the others can share.

    Packages that belong together ask for each other in exactly their own version, and are not published at once.
    """
    agreed: dict[str, Document] = {}
    for name in wanted.keys() & search.adopted.free:
        mine = search.shared[name]
        specs = [spec for spec in search.asked.get(name, ()) if spec.package == mine.name]
        there = [search.chosen[spec] for spec in specs if spec in search.chosen]
        alike = [d for d in there if d.version.partition(".")[0] == mine.version.partition(".")[0]]
        best = max([mine, *alike], key=lambda document: _fitting(document, specs))
        if best != mine and _fitting(best, specs) > _fitting(mine, specs):
            agreed[name] = best
    return agreed


def _lock_of(search: _Search) -> Lock:
    packages = {
        key: Package(
            name=document.name,
            version=document.version,
            integrity=document.integrity,
            tarball=document.tarball,
            uses=dict(sorted(search.uses[key].items())),
            optional={
                name: document.peer_dependencies.get(name, "*")
                for name in sorted(document.optional_peers)
                if name not in search.uses[key]
            },
        )
        for key, document in sorted(search.found.items())
    }
    shared = {name: _key(document) for name, document in sorted(search.shared.items())}
    return Lock(packages=packages, shared=shared, notes=tuple(search.notes), missing=search.missing)


async def _walk(search: _Search) -> set[str]:
    """Follow all edges from what is shared; return the names of what has to be shared as well but isn't yet."""
    search.found, search.uses, search.notes, search.asked, search.missing = {}, {}, {}, {}, {}
    more: set[str] = set()
    level = list(search.shared.values())
    while level:
        edges = {_key(document): _private(search, document, more) for document in level}
        names = {spec.package for specs in edges.values() for spec in specs.values()}
        _check_count(search, max(len(names), len(search.found) + len(level)))
        await _choose_all(search, (spec for specs in edges.values() for spec in specs.values()))
        search.found |= {_key(document): document for document in level}
        following: dict[str, Document] = {}
        for document in level:
            key = _key(document)
            for name, spec in edges[key].items():
                used = search.chosen.get(spec)
                if used is None:
                    _note_missing(search, document, name, search.failed[spec])
                elif not (name in document.optional_dependencies and used.is_native):
                    search.uses[key][name] = _key(used)
                    following[_key(used)] = used
        level = [document for key, document in following.items() if key not in search.found]
    return more


def _check_count(search: _Search, count: int) -> None:
    if count > search.limits.packages_per_lock:
        raise _TooMany(f"more than {search.limits.packages_per_lock} packages are needed")


def _private(search: _Search, document: Document, more: set[str]) -> dict[str, Spec]:
    """Note which shared packages *document* uses, and what has to be shared in *more*; return the others."""
    uses = search.uses[_key(document)] = {}
    peers = _peers_of(search, document)
    private: dict[str, Spec] = {}
    uses_also = dict(document.optional_dependencies) | dict(BESIDE.get(document.name, {}))
    for name, text in (uses_also | dict(document.dependencies) | peers).items():
        try:
            spec = parse_spec(name, text)
        except ModuleFailed as error:
            _note_missing(search, document, name, error)
            continue
        there = search.shared.get(name)
        must_share = name in peers or name in search.pinned
        search.asked.setdefault(name, {})[spec] = None
        if there is not None and (must_share or (there.name == spec.package and fits(there.version, text))):
            uses[name] = _key(there)
            if not fits(there.version, spec.range) and (name in peers or name not in _INNER):
                search.notes[f"{_key(document)} asks for {name} {text}; the page has {there.version}"] = None
        elif not must_share:
            private[name] = spec
        elif (wanted := parse_spec(name, _decided(search, name, text))) in search.failed:
            _note_missing(search, document, name, search.failed[wanted])
        else:
            more.add(name)
    return private


def _peers_of(search: _Search, document: Document) -> dict[str, str]:
    """Return the peers that *document* has: of those it can do without, what is there, named or imported anyway."""
    adopted = search.adopted
    imported = adopted.imported.get(document.name, frozenset())
    known = {name: document.peer_dependencies.get(name, "*") for name in document.optional_peers}
    optional = {
        name: text
        for name, text in known.items()
        if name in search.shared or name in adopted.named or name in imported
    }
    needed = {
        name: text for name, text in document.peer_dependencies.items() if name not in document.optional_peers
    }
    undeclared = {name: "*" for name in imported if name in search.shared and name != document.name}
    return undeclared | needed | optional


async def _choose_shared(search: _Search, names: Iterable[str]) -> dict[str, Document]:
    """Return which version of those asked for is to be shared, of each of *names* that is to be had.

    It is the one whose version fits most of what is asked: `firebase` wants one exact `@firebase/app`, whose
    plug-ins, as peers, take any.
    """
    asked = {name: list(search.asked[name]) for name in sorted(names)}
    for name in asked:
        decided = _decided(search, name, "")
        if decided:
            asked[name] = [parse_spec(name, decided)]
    await _choose_all(search, (spec for specs in asked.values() for spec in specs))
    best: dict[str, Document] = {}
    for name, specs in asked.items():
        there = [search.chosen[spec] for spec in specs if spec in search.chosen]
        if there:
            best[name] = max(there, key=lambda document: _fitting(document, specs))
    return best


def _decided(search: _Search, name: str, text: str) -> str:
    """Return the range of *name*, that of the page or the app's manifest if they have one, else *text*."""
    return search.pinned.get(name) or search.adopted.named.get(name) or text


def _fitting(document: Document, specs: Iterable[Spec]) -> int:
    return sum(spec.package == document.name and fits(document.version, spec.range) for spec in specs)


def _note_missing(search: _Search, document: Document, name: str, error: Exception) -> None:
    if name not in document.optional_dependencies:
        search.missing[f"{name} (needed by {_key(document)})"] = str(error)


async def _choose_all(search: _Search, specs: Iterable[Spec]) -> None:
    """Have the documents of all *specs* chosen, some at once; note why, of those that can't be.

    Raises:
        FetchFailed: several were asked for and nobody answered: no package is at fault.
    """
    missing = sorted(set(specs) - search.chosen.keys() - search.failed.keys(), key=_order)
    at_once = trio.Semaphore(search.limits.packages_at_once)

    async def choose_one(spec: Spec) -> None:
        async with at_once:
            try:
                search.chosen[spec] = await search.choose(spec, search.decided)
            except (FetchFailed, ModuleFailed) as error:
                forget_traces(error)
                search.failed[spec] = error

    async with trio.open_nursery() as nursery:
        for spec in missing:
            nursery.start_soon(choose_one, spec)
    failed = [spec for spec in missing if spec in search.failed]
    if len(failed) == len(missing) > 1 and all(is_unanswered(search.failed[spec]) for spec in failed):
        raise search.failed.pop(failed[0])


def is_unanswered(error: FetchFailed | ModuleFailed) -> bool:
    """Return whether *error* says that nobody answered, so that it is not about what was asked for."""
    return isinstance(error, FetchFailed) and error.status == 0


def _order(spec: Spec) -> tuple[str, str]:
    return spec.package, spec.range


def _key(document: Document) -> str:
    return f"{document.name}@{document.version}"
