"""Which entries of a lock are built together, and where what comes of it is served.

Two packages that are built with a third belong to one group, and so do all entries of one package: in what esbuild
makes of a group every module is there once, however many of its entries import it. Packages that share nothing but
what every page has are groups of their own, which other apps find built.

The address of a module holds the hash of all that its group is made of, entries included. So an app that imports one
entry more gets a group of its own, and a page that runs keeps all of the one it began with.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import quote, unquote

from vibes_trio.modules.build.work import PACKAGE_RECIPE
from vibes_trio.modules.resolve.lock_keys import keys_of, package_of, subpath_of
from vibes_trio.modules.resolve.package_lock import Lock, Package
from vibes_trio.modules.store.addresses import PREFIX

_HASH_CHARS = 16
_FILE_MARK = "~file-"
_PATH_SAFE = "/~!$&'()*+,;=:@"


@dataclass(frozen=True, slots=True)
class Group:
    """Entries that are built together.

    Attributes:
        specifiers: of the entries, sorted; keys: of all packages that they are built with, sorted.
        hash: of all that decides what comes out.
    """

    specifiers: tuple[str, ...]
    keys: tuple[str, ...]
    hash: str

    def address(self, lock: Lock, specifier: str) -> str:
        """Return where the entry *specifier* is served."""
        subpath = subpath_of(specifier)
        key = lock.shared[package_of(specifier)]
        return f"{PREFIX}{key}/~{self.hash}{'/' + subpath if subpath else ''}"

    def chunks(self, lock: Lock) -> str:
        """Return what addresses of the parts begin with that entries share; no entry's address does."""
        return f"{PREFIX}{lock.shared[package_of(self.specifiers[0])]}/~{self.hash}/~c"


def find_groups(
    lock: Lock, specifiers: Iterable[str], given: Mapping[str, str], tool_version: str
) -> list[Group]:
    """Return the groups that *specifiers*, all of shared packages of *lock*, form.

    Args:
        given: specifier → address of what every page has: it ties nothing together.
    """
    by_root: dict[str, set[str]] = {}
    for specifier in specifiers:
        by_root.setdefault(lock.shared[package_of(specifier)], set()).add(specifier)
    joined: list[tuple[set[str], set[str]]] = []  # specifiers and keys
    for root in sorted(by_root):
        names, keys = set(by_root[root]), set(keys_of(lock, [root], given))
        apart = []
        for other_names, other_keys in joined:
            if keys & other_keys:
                names |= other_names
                keys |= other_keys
            else:
                apart.append((other_names, other_keys))
        joined = [*apart, (names, keys)]
    return sorted(
        (_group(lock, names, keys, given, tool_version) for names, keys in joined),
        key=lambda group: group.specifiers,
    )


def without(group: Group, failed: Iterable[str], lock: Lock, given: Mapping[str, str], tool: str) -> Group:
    """Return *group* without the entries *failed*: what comes out is another thing, under another address."""
    return _group(lock, set(group.specifiers) - set(failed), set(group.keys), given, tool)


def files_of(key: str, package: Package) -> str:
    """Return what the addresses of the files of *package* begin with; the same files, the same addresses."""
    digest = hashlib.sha256(package.integrity.encode()).hexdigest()[:_HASH_CHARS]
    return f"{PREFIX}{key}/{_FILE_MARK}{digest}/"


def file_address(key: str, package: Package, path: str) -> str:
    """Return where the file *path* of *package* is served as it is."""
    return files_of(key, package) + quote(path, safe=_PATH_SAFE)


def is_file_address(path: str) -> bool:
    """Return whether *path*, as requested, could be the address of a package's file."""
    return path.startswith(PREFIX) and f"/{_FILE_MARK}" in path


def place_of(lock: Lock | None, path: str) -> tuple[str, str] | None:
    """Return key of the package in *lock* and name in it of the file served at *path*; None: it is of none."""
    start, mark, rest = unquote(path).partition(f"/{_FILE_MARK}")
    key = start.removeprefix(PREFIX)
    package = lock.packages.get(key) if lock is not None and mark else None
    if package is None:
        return None
    prefix, _, name = rest.partition("/")
    is_it = files_of(key, package) == f"{PREFIX}{key}/{_FILE_MARK}{prefix}/" and name
    return (key, name) if is_it else None


def closure_hash(lock: Lock, key: str, tool_version: str) -> str:
    """Return a hash of all that decides what a program of the package *key* alone is built from."""
    packages = [
        [k, lock.packages[k].integrity, sorted(lock.packages[k].uses.items())] for k in lock.reachable(key)
    ]
    facts = json.dumps([PACKAGE_RECIPE, tool_version, packages])
    return hashlib.sha256(facts.encode()).hexdigest()[:_HASH_CHARS]


def _group(
    lock: Lock, specifiers: set[str], keys: set[str], given: Mapping[str, str], tool_version: str
) -> Group:
    packages = []
    for key in sorted(keys):
        package = lock.packages[key]
        packages.append([key, package.integrity, sorted(package.uses.items())])
    entries = [[s, lock.shared[package_of(s)]] for s in sorted(specifiers)]
    facts = json.dumps([PACKAGE_RECIPE, tool_version, sorted(given.items()), entries, packages])
    digest = hashlib.sha256(facts.encode()).hexdigest()[:_HASH_CHARS]
    return Group(tuple(sorted(specifiers)), tuple(sorted(keys)), digest)
