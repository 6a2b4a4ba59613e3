"""What specifiers name of a lock's packages, and which packages these are built with."""

from collections.abc import Iterable

from vibes_trio.modules.resolve.package_lock import Lock


def package_of(specifier: str) -> str:
    """Return the name of the package that *specifier*, a package's or of a part of it, names."""
    path = specifier.partition("?")[0]
    return "/".join(path.split("/")[: 2 if path.startswith("@") else 1])


def subpath_of(specifier: str) -> str:
    """Return which part of its package *specifier* names; empty: the main one."""
    return specifier.partition("?")[0].removeprefix(package_of(specifier)).lstrip("/")


def keys_of(lock: Lock, roots: Iterable[str], given: Iterable[str]) -> list[str]:
    """Return the keys of all packages that those of *roots* are built with, sorted: not those of which pages have all
    that is used, unless they are roots."""
    packages = {package_of(specifier) for specifier in given}
    left_out = {lock.shared[name] for name in packages if name in lock.shared}
    seen = set(roots)
    to_see = list(seen)
    while to_see:
        for used in lock.packages[to_see.pop()].uses.values():
            if used not in seen and used not in left_out:
                seen.add(used)
                to_see.append(used)
    return sorted(seen)


def reachable_from(lock: Lock, keys: Iterable[str]) -> list[str]:
    """Return the keys of all packages that those of *keys* are built with, sorted."""
    return sorted({reached for key in keys for reached in lock.reachable(key)})
