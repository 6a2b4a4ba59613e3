"""The npm packages of releases: built on this server after a deploy, and what is told of them.

A deploy doesn't wait for it. Until its packages are built, a release loads them from the CDN, as it does for
good what can't be built.
"""

import logging
from collections.abc import Mapping

from msgspec.structs import replace

from vibes_trio.content.vibes_modules import FIREPROOF, pinned_addresses
from vibes_trio.context import App
from vibes_trio.errors import FetchFailed, ModuleFailed
from vibes_trio.jobs import BuildModules
from vibes_trio.modules.home import GIVEN
from vibes_trio.modules.lock import Lock
from vibes_trio.modules.ranges import LATEST
from vibes_trio.modules.store import parse_cdn_address
from vibes_trio.services.releases import Extras, find_release, read_extras, stored_map
from vibes_trio.storage import apps
from vibes_trio.urls import EntryPoint
from vibes_trio.wire.base import encode

log = logging.getLogger(__name__)

ALL = ""


async def build_modules(app: App, job: BuildModules) -> None:
    """Build the packages of one release that are not built yet; note the lock, or why there is none."""
    row = app.db.get(apps.find_release, job.app, job.user, job.fs_id)
    extras = read_extras(row.extras_json) if row is not None else None
    release = find_release(app, EntryPoint(job.app, job.user, job.fs_id, "/"))
    if app.home is None or row is None or release is None or extras is None or not needs_building(extras):
        return
    wanted, not_local = find_wanted(stored_map(app, release)[0], extras.packages)
    lock: Lock | None = None
    try:
        lock, failed = await app.home.ensure(dict(wanted.values()))
        not_local |= {text: failed[s] for text, (s, _) in wanted.items() if s in failed}
        built = {text: lock.modules[s] for text, (s, _) in wanted.items() if s in lock.modules}
        lock = replace(lock, modules=built)
    except (FetchFailed, ModuleFailed) as error:
        not_local[ALL] = str(error)
        log.warning("packages of %s--%s are not built: %s", job.app, job.user, error)
    noted = encode(replace(extras, lock=lock, not_local=not_local)).decode()
    try:
        await app.db.write(apps.replace_extras, row, noted)
    finally:
        app.releases.drop((job.app, job.user))


def needs_building(extras: Extras) -> bool:
    """Return whether the packages of a release are still to be built."""
    return bool(extras.packages) and extras.lock is None


def module_warnings(extras: Extras) -> tuple[str, ...]:
    """Return what a deployer should know of where the packages of a release come from."""
    if needs_building(extras):
        why = f" ({extras.not_local[ALL]})" if ALL in extras.not_local else ""
        names = [name for name in extras.packages if name not in GIVEN]  # those are here from the start
        if not names:
            return ()
        return (
            f"packages: loaded from the CDN until they are built on this server{why}: {', '.join(names)}",
        )
    notes = _notes(extras.lock) if extras.lock else ()
    stay = (f"import {text!r}: stays at the CDN: {why}" for text, why in sorted(extras.not_local.items()))
    return (*stay, *notes)


def _notes(lock: Lock) -> list[str]:
    """Return the notes of *lock* but for those on what the database brings along: we have tried that together."""
    database = lock.shared.get(FIREPROOF)
    tried = lock.reachable(database) if database else []
    return [note for note in lock.notes if not note.startswith(tuple(f"{key} " for key in tried))]


def find_wanted(
    imports: Mapping[str, str], packages: tuple[str, ...]
) -> tuple[dict[str, tuple[str, str]], dict[str, str]]:
    """Return what to build for *packages*, specifiers in the map *imports*; and why some are not.

    The first is specifier as written → (specifier without version, range). A page has one version of a package
    here: of two that an app writes, the first counts.
    """
    wanted: dict[str, tuple[str, str]] = {}
    not_local: dict[str, str] = {}
    ranges: dict[str, str] = {}
    addresses = {**imports, **pinned_addresses(imports)}
    for text in packages:
        parts = parse_cdn_address(addresses.get(text, ""))
        if parts is None:
            not_local[text] = "its address is no package's"
            continue
        name, version, subpath = parts
        if ranges.setdefault(name, version or LATEST) != (version or LATEST):
            not_local[text] = f"the app imports another version of {name} as well"
            continue
        wanted[text] = (f"{name}/{subpath}" if subpath else name, version or LATEST)
    return wanted, not_local
