"""Whether packages export the names that an app imports, and which older major does.

Models and people write what they have seen most of, and the newest major of a package may have dropped it: `Github` of
lucide-react, `getCoreRowModel` of @tanstack/react-table. A page with such an import shows nothing at all.
"""

import difflib
from collections.abc import Awaitable, Callable, Collection, Mapping
from pathlib import Path

import trio

from vibes_trio.config import Limits
from vibes_trio.modules.resolve.lock_keys import package_of, subpath_of
from vibes_trio.modules.resolve.package_lock import Lock
from vibes_trio.modules.resolve.wishes import Wishes
from vibes_trio.modules.store.exported import find_exports, find_lists
from vibes_trio.outbound import is_exact_version

# From specifier, names and a version to the newest of an older major that exports these; empty: there is none.
FindOlder = Callable[[str, Collection[str], str], Awaitable[str]]
_MAX_TOLD = 5
_MAX_COMPARED = 10_000


async def suit_names(
    modules_dir: Path, wanted: Mapping[str, str], lock: Lock, wishes: Wishes, find_older: FindOlder
) -> tuple[dict[str, str], list[str]]:
    """Return *wanted* with older majors of what lacks names that the app imports, if nobody asked for a version; and
    what people should know. Packages that were never built here lack nothing.
    """
    suiting, notes = dict(wanted), []
    for specifier, names in wishes.names.items():
        key = lock.shared.get(package_of(specifier), "")
        if specifier not in wanted or not key:
            continue
        exported = await trio.to_thread.run_sync(find_exports, modules_dir, key, subpath_of(specifier))
        missing = set(names) - exported if exported is not None else set()
        if exported is None or not missing:
            continue
        package, _, version = key.rpartition("@")
        older = await find_older(specifier, names, version)
        if older and specifier in wishes.free:
            same = [s for s in wanted if package_of(s) == package_of(specifier)]
            suiting |= dict.fromkeys(same, str(major_of(older)))
            notes.append(tell_replaced(specifier, package, version, older, missing))
        else:
            notes.append(tell_missing(specifier, package, version, missing, older, exported))
    return suiting, notes


async def find_older_known(modules_dir: Path, specifier: str, names: Collection[str], version: str) -> str:
    """Return the newest of an older major than *version* that exports all *names*, of those whose exports are known;
    empty: there is none."""
    name = package_of(specifier)
    package = name[:1] + name[1:].partition("@")[0]
    lists = await trio.to_thread.run_sync(find_lists, modules_dir, package, subpath_of(specifier))
    versions = [one.key.rpartition("@")[2] for one in lists if set(names) <= set(one.names)]
    older = [v for v in versions if is_exact_version(v) and major_of(v) < major_of(version)]
    return max(older, key=_order, default="")


def majors_before(version: str, limits: Limits) -> range:
    """Return the majors before that of *version* that are worth a look, the newest first."""
    major = major_of(version)
    return range(major - 1, max(-1, major - 1 - limits.older_majors), -1)


def major_of(version: str) -> int:
    """Return the first number of an exact version."""
    return int(version.partition(".")[0])


def tell_missing(
    specifier: str,
    package: str,
    version: str,
    missing: Collection[str],
    older: str,
    exported: Collection[str],
) -> str:
    """Return the words for names that a package lacks, with what to do: the *older* version that has them, if any,
    else names like them."""
    told = _listed(missing)
    text = f"import {specifier!r}: {package} {version} exports no {told}"
    if older:
        since = major_of(older) + 1
        gone = "is gone" if len(missing) == 1 else "are gone"
        return f"{text}; that {gone} since {package} {since}: write {package}@{major_of(older)}"
    if set(missing) == {"default"}:
        return f"{text}: import what you need in braces, or `* as`"
    alike = {
        name: difflib.get_close_matches(name, list(exported)[:_MAX_COMPARED], 1)
        for name in list(missing)[:_MAX_TOLD]
    }
    close = [f"{found[0]} for {name}" for name, found in sorted(alike.items()) if found]
    return f"{text}; it has {', '.join(close)}" if close else text


def tell_replaced(specifier: str, package: str, newest: str, taken: str, missing: Collection[str]) -> str:
    """Return the words for a version that was taken because the newest lacks names."""
    gone = "is" if len(missing) == 1 else "are"
    told = f"import {specifier!r}: {_listed(missing)} {gone} gone since {package} {major_of(taken) + 1}"
    return f"{told}: {taken} is used instead of {newest}; write {package}@{major_of(taken)} to keep that"


def _listed(names: Collection[str]) -> str:
    shown = sorted(names)[:_MAX_TOLD]
    more = len(names) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more else "")


def _order(version: str) -> tuple[tuple[int, ...], bool]:
    numbers, _, pre = version.partition("+")[0].partition("-")
    return tuple(int(part) for part in numbers.split(".")), not pre
