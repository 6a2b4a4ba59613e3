"""The lock of a release: which exact packages its modules are built from, found from what the app imports.

Two rules decide what is found. Whatever the app imports itself, and whatever any package has as a peer, is
*shared*: there is one version of it, one module of it in the page, however many use it. Everything else is a
private part of whoever depends on it, in the version that its range asks for, and is built into it.

A shared version that a peer's range does not want is used all the same, with a note: two Reacts are worse. An
ordinary dependency whose range does not want it gets a private version.
"""

import hashlib
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field

import msgspec
import trio

from vibes_trio.config import Limits
from vibes_trio.errors import FetchFailed, ModuleFailed
from vibes_trio.modules.ranges import Spec, fits, parse_spec
from vibes_trio.modules.registry import Document

Choose = Callable[[Spec], Awaitable[Document]]


class Package(msgspec.Struct, frozen=True, kw_only=True):
    """One exact package of a lock.

    Attributes:
        integrity: of its archive; tarball: where the registry said that lies.
        uses: name by which its code imports a package → key (`name@version`) of that package.
    """

    name: str
    version: str
    integrity: str
    tarball: str
    uses: dict[str, str] = {}


class Lock(msgspec.Struct, frozen=True, kw_only=True):
    """All packages that an app's modules are built from.

    Attributes:
        packages: key (`name@version`) → package.
        shared: package name → key of its one version in the page.
        modules: specifier as the app writes it → address of its module on this server; empty until built.
        notes: what people should know, such as a peer's range that is not met.
    """

    packages: dict[str, Package] = {}
    shared: dict[str, str] = {}
    modules: dict[str, str] = {}
    notes: tuple[str, ...] = ()

    def reachable(self, key: str) -> list[str]:
        """Return the keys of the package *key* and of all that it is built with, sorted."""
        seen, to_see = {key}, [key]
        while to_see:
            for used in self.packages[to_see.pop()].uses.values():
                if used not in seen:
                    seen.add(used)
                    to_see.append(used)
        return sorted(seen)

    def closure_hash(self, key: str) -> str:
        """Return a hash of all that decides what a module of the package *key* is built from."""
        keys = self.reachable(key)
        shared = sorted(name for name, of in self.shared.items() if of in keys)
        facts = [key, [self.packages[k] for k in keys], shared]
        return hashlib.sha256(msgspec.json.encode(facts, order="deterministic")).hexdigest()


@dataclass(slots=True)
class _Search:
    """One search and what it knows so far.

    Attributes:
        chosen: documents by what was asked for; shared: by name.
        found: every package met on the last walk, by key; uses: their edges.
    """

    choose: Choose
    pinned: Mapping[str, str]
    limits: Limits
    chosen: dict[Spec, Document] = field(default_factory=dict)
    shared: dict[str, Document] = field(default_factory=dict)
    found: dict[str, Document] = field(default_factory=dict)
    uses: dict[str, dict[str, str]] = field(default_factory=dict)
    notes: dict[str, None] = field(default_factory=dict)


async def resolve_lock(
    choose: Choose, roots: Mapping[str, str], pinned: Mapping[str, str], limits: Limits
) -> Lock:
    """Return the lock of an app.

    Args:
        choose: returns the document that a spec means (`ranges.choose_document`).
        roots: packages that the app imports → range or dist-tag.
        pinned: packages that are always shared, in an exact version, such as React; in the lock if used.

    Raises:
        FetchFailed, ModuleFailed: a package is not to be had, can't be used, or there are too many.
    """
    search = _Search(choose, pinned, limits)
    wanted = {name: parse_spec(name, pinned.get(name, text)) for name, text in roots.items()}
    while wanted:
        # Each new shared package may turn private ones into shared ones: walk again from the start.
        await _choose_all(search, wanted.values())
        search.shared |= {name: search.chosen[spec] for name, spec in wanted.items()}
        wanted = await _walk(search)
    packages = {
        key: Package(
            name=document.name,
            version=document.version,
            integrity=document.integrity,
            tarball=document.tarball,
            uses=dict(sorted(search.uses[key].items())),
        )
        for key, document in sorted(search.found.items())
    }
    shared = {name: _key(document) for name, document in sorted(search.shared.items())}
    return Lock(packages=packages, shared=shared, notes=tuple(search.notes))


async def _walk(search: _Search) -> dict[str, Spec]:
    """Follow all edges from what is shared; return what has to be shared as well but is not chosen yet."""
    search.found, search.uses, search.notes = {}, {}, {}
    more: dict[str, Spec] = {}
    level = list(search.shared.values())
    while level:
        edges = {_key(document): _private(search, document, more) for document in level}
        await _choose_all(search, (spec for specs in edges.values() for spec in specs.values()))
        search.found |= {_key(document): document for document in level}
        following: dict[str, Document] = {}
        for key, specs in edges.items():
            for name, spec in specs.items():
                document = search.chosen[spec]
                search.uses[key][name] = _key(document)
                following[_key(document)] = document
        level = [document for key, document in following.items() if key not in search.found]
        if len(search.found) + len(level) > search.limits.packages_per_lock:
            raise ModuleFailed(f"they need more than {search.limits.packages_per_lock} packages")
    return more


def _private(search: _Search, document: Document, more: dict[str, Spec]) -> dict[str, Spec]:
    """Note which shared packages *document* uses, and what has to be shared in *more*; return the others."""
    uses = search.uses[_key(document)] = {}
    peers = {
        name: text
        for name, text in document.peer_dependencies.items()
        if name not in document.optional_peers or name in search.shared
    }
    private: dict[str, Spec] = {}
    for name, text in (dict(document.dependencies) | peers).items():
        spec = parse_spec(name, text)
        there = search.shared.get(name)
        must_share = name in peers or name in search.pinned
        if there is not None and (must_share or (there.name == spec.package and fits(there.version, text))):
            uses[name] = _key(there)
            if not fits(there.version, spec.range):
                search.notes[f"{_key(document)} asks for {name} {text}; the page has {there.version}"] = None
        elif must_share:
            more.setdefault(name, parse_spec(name, search.pinned.get(name, text)))
        else:
            private[name] = spec
    return private


async def _choose_all(search: _Search, specs: Iterable[Spec]) -> None:
    """Have the documents of all *specs* chosen, some at once; the first that fails, in order, is raised."""
    missing = sorted(
        {spec for spec in specs if spec not in search.chosen}, key=lambda s: (s.package, s.range)
    )
    failed: dict[Spec, FetchFailed | ModuleFailed] = {}
    at_once = trio.Semaphore(search.limits.packages_at_once)

    async def choose_one(spec: Spec) -> None:
        async with at_once:
            try:
                search.chosen[spec] = await search.choose(spec)
            except (FetchFailed, ModuleFailed) as error:
                failed[spec] = error

    async with trio.open_nursery() as nursery:
        for spec in missing:
            nursery.start_soon(choose_one, spec)
    for spec in missing:
        if spec in failed:
            raise failed[spec]


def _key(document: Document) -> str:
    return f"{document.name}@{document.version}"
