"""Locks of what was resolved before, by what was wanted: the same packages need not be resolved again soon.

In memory, and under `<data>/modules/locks`, so that a restart, and a machine to which the store was carried and
that has no registry, know them too. A lock is nothing to trust or mistrust: what it names is checked anyway.
"""

import hashlib
import time
from collections.abc import Mapping
from pathlib import Path

import msgspec

from vibes_trio.cache import Kept
from vibes_trio.config import Limits
from vibes_trio.modules.folder import write_file
from vibes_trio.modules.registry.ranges import fits, is_range
from vibes_trio.modules.resolve.lock_keys import package_of
from vibes_trio.modules.resolve.package_lock import Lock
from vibes_trio.modules.store.addresses import PREFIX

FOLDER = "locks"


class KeptLock(msgspec.Struct, frozen=True, kw_only=True):
    """A lock, whose modules are all there were, and what it was made for.

    Attributes:
        wanted: specifier, without version → range or dist-tag.
        resolved: when, Unix seconds.
    """

    wanted: dict[str, str]
    lock: Lock
    resolved: float


class KeptLocks:
    """The locks in one store. Its mutable state: those used lately, latest last."""

    def __init__(self, modules_dir: Path, limits: Limits) -> None:
        self._dir = modules_dir / FOLDER
        self._limits = limits
        self._known: Kept[str, KeptLock] = Kept(limits.known_locks)

    def find(self, wanted: Mapping[str, str]) -> Lock | None:
        """Return the lock for exactly *wanted* if it is in memory and so young that resolving is not due."""
        kept = self._known.get(lock_name(wanted))
        return kept.lock if kept is not None and self._is_young(kept) else None

    def load(self, wanted: Mapping[str, str]) -> Lock | None:
        """As `find`, from the disk too: call it from a thread."""
        if self.find(wanted) is None:
            kept = _read(self._dir / lock_name(wanted))
            if kept is not None and kept.wanted == wanted:
                self._known.put(lock_name(wanted), kept)
        return self.find(wanted)

    def find_alike(self, wanted: Mapping[str, str]) -> list[Lock]:
        """Return locks of any age that hold all that is *wanted*, the youngest first. Reads the disk."""
        kept = (_read(path) for path in self._dir.glob("*.json"))
        alike = [k for k in kept if k is not None and _holds(k.lock, wanted)]
        return [k.lock for k in sorted(alike, key=lambda k: k.resolved, reverse=True)]

    def keep(self, wanted: Mapping[str, str], lock: Lock) -> None:
        """Keep *lock*; the oldest make room. Writes to the disk; call it from a thread.

        Raises:
            ModuleFailed: the disk refuses.
        """
        kept = KeptLock(wanted=dict(wanted), lock=lock, resolved=time.time())
        write_file(self._dir / lock_name(wanted), msgspec.json.encode(kept))
        self._known.put(lock_name(wanted), kept)
        paths = sorted(self._dir.glob("*.json"), key=_age)
        for path in paths[: -self._limits.kept_locks]:
            path.unlink(missing_ok=True)

    def _is_young(self, kept: KeptLock) -> bool:
        return 0 <= time.time() - kept.resolved < self._limits.lookup_cache_s


def lock_name(wanted: Mapping[str, str]) -> str:
    """Return the name of the file of the lock for *wanted*."""
    facts = msgspec.json.encode(dict(wanted), order="deterministic")
    return f"{hashlib.sha256(facts).hexdigest()[:40]}.json"


def is_kept_lock(name: str, content: bytes) -> bool:
    """Return whether *content* is a lock that is kept in a file called *name*."""
    try:
        kept = msgspec.json.decode(content, type=KeptLock)
    except msgspec.DecodeError:
        return False
    return name == lock_name(kept.wanted) and all(a.startswith(PREFIX) for a in kept.lock.modules.values())


def _read(path: Path) -> KeptLock | None:
    try:
        return msgspec.json.decode(path.read_bytes(), type=KeptLock)
    except (OSError, msgspec.DecodeError):
        return None


def _age(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0


def _holds(lock: Lock, wanted: Mapping[str, str]) -> bool:
    """Return whether *lock* has modules for all of *wanted*. Which version a dist-tag means nobody tells: any."""
    for specifier, text in wanted.items():
        version = lock.shared.get(package_of(specifier), "").rpartition("@")[2]
        if specifier not in lock.modules or not (fits(version, text) or not is_range(text)):
            return False
    return True
