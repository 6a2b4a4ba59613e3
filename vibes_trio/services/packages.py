"""The npm packages of releases: built on this server after a deploy or at the first visit, and what is told of them.

A deploy doesn't wait for it; a visitor sees how far it is (`waiting.py`). What failed is tried again at each
deploy, by the sweep and when somebody looks at the app, with pauses that grow: nobody can keep this server busy
by asking for what can't be built.
"""

import logging
import math
from collections.abc import Mapping
from urllib.parse import unquote

import trio
from msgspec.structs import replace

from vibes_trio.config import Config
from vibes_trio.content.cid import calc_cid
from vibes_trio.content.foreign_packages import in_words, tell_foreign
from vibes_trio.content.import_map import UNASKED, UNKNOWN, is_looked_up, is_unknown_package
from vibes_trio.content.js_json import quote_json
from vibes_trio.content.specifiers import parse_specifier
from vibes_trio.context import App
from vibes_trio.errors import FetchFailed, ModuleFailed
from vibes_trio.exchange import AppSlug, Cid, UserId, UserSlug
from vibes_trio.jobs import BuildModules
from vibes_trio.modules.build.bundle import is_stored
from vibes_trio.modules.build.forms import told_notes
from vibes_trio.modules.build.groups import is_file_address, place_of
from vibes_trio.modules.home import GIVEN
from vibes_trio.modules.progress import Build, ReleaseName
from vibes_trio.modules.resolve.lock_keys import package_of
from vibes_trio.modules.resolve.package_lock import Lock, read_lock
from vibes_trio.modules.store.local import LocalModules
from vibes_trio.services.app_log import note, of_release
from vibes_trio.services.releases import (
    Extras,
    ServedRelease,
    find_release,
    read_extras,
    read_map,
    stored_map,
)
from vibes_trio.services.wanted import find_wanted, wishes_of
from vibes_trio.storage import apps, assets
from vibes_trio.storage.app_log import NewEntry
from vibes_trio.storage.feed import Releases
from vibes_trio.storage.interface import Tx
from vibes_trio.storage.release_rows import Release
from vibes_trio.storage.slugs import find_slug_owner
from vibes_trio.urls import EntryPoint
from vibes_trio.wire.base import encode

log = logging.getLogger(__name__)

ALL = ""
DISK_SHORT = "the disk of this server is nearly full"


def find_lacking(store: LocalModules | None, extras: Extras) -> tuple[str, ...]:
    """Return the specifiers of packages whose modules are not in *store*: never built, failed or lost.

    Without a store nothing is lacking: all comes from the CDN.
    """
    if store is None:
        return ()
    built = extras.modules
    return tuple(
        text
        for text in extras.packages
        if (extras.react or text not in GIVEN) and not (text in built and is_stored(store, built[text]))
    )


def has_no_address(config: Config, extras: Extras, text: str) -> bool:
    """Return whether pages that load all from the CDN have no address for the package *text*: nobody wrote a version,
    and this server asks no registry for one."""
    mapped = extras.built.imports if extras.built is not None else {}
    is_named = parse_specifier(text).package in extras.ranges or text in mapped
    return not config.asks_registry and is_unknown_package(text) and is_looked_up(text) and not is_named


def name_of(release: ServedRelease) -> ReleaseName:
    """Return what builds of *release* go by."""
    return release.app, release.user, release.fs_id


async def ensure_building(app: App, name: ReleaseName, extras: Extras) -> Build | None:
    """Return the build that a release waits for, begun now if it is time for one; None: waiting brings nothing.

    All who ask get the same one.
    """
    if app.home is None:
        return None
    build = app.builds.find(name)
    if build is not None:
        return build
    lacking = find_lacking(app.modules, extras)
    if not lacking or not app.builds.may_begin(name):
        return None
    owner = await owner_of(app, name[1])
    return app.builds.find(name) or _begin(app, name, lacking, owner)


def _begin(app: App, name: ReleaseName, lacking: tuple[str, ...], owner: str) -> Build | None:
    """Begin a build if there is room for it. Sync, and asked for just before: so nobody else begins the same."""
    return app.builds.begin(name, lacking) if app.jobs.add(BuildModules(*name), owner) else None


async def owner_of(app: App, user: UserSlug) -> str:
    """Return whose turn it takes to build a release under *user*: its owner's, however many slugs he has."""
    return await app.db.get(find_slug_owner, user) or user


async def build_after_deploy(app: App, name: ReleaseName, extras: Extras) -> None:
    """Have a release built that was deployed just now, whatever happened before."""
    app.builds.forgive(name)
    await ensure_building(app, name, extras)


async def with_known_lock(app: App, extras: Extras, import_map: bytes) -> tuple[Extras, Mapping[Cid, bytes]]:
    """Return *extras* with the lock of their packages, and its asset, if it is known and nothing is to be built.

    Such a release is whole as soon as it is deployed. Of another the registry is asked, for a moment, what people
    should know: a package that is not there, peers that don't fit.
    """
    if app.home is None or not find_lacking(app.modules, extras):
        return extras, {}
    wanted, never = find_wanted(read_map(import_map).imports, extras)
    wishes = wishes_of(extras, wanted)
    lock = None if never else await app.home.find_known(dict(wanted.values()), wishes)
    if lock is not None:
        return _with_lock(extras, lock, {text: lock.modules[s] for text, (s, _) in wanted.items()})
    foreign = _foreign(extras)
    with trio.move_on_after(app.config.limits.deploy_resolve_s):
        notes, failed = await app.home.look_ahead(dict(wanted.values()), wishes)
        not_there = foreign | _in_words(extras, wanted, failed)
        return replace(extras, notes=notes, not_local=never | not_there), {}
    return replace(extras, not_local=never | foreign) if foreign else extras, {}


def _with_lock(extras: Extras, lock: Lock, modules: Mapping[str, str]) -> tuple[Extras, Mapping[Cid, bytes]]:
    """Return *extras* of a release with the *modules* built from *lock*, and the asset that keeps the lock.

    A lock may name hundreds of packages, and is the same for all who import the same: so it is kept by content.
    """
    content = encode(replace(lock, modules={}))
    cid = calc_cid(content)
    noted = replace(extras, lock_id=cid, modules=dict(modules), notes=tuple(told_notes(lock, lock.modules)))
    return noted, {cid: content}


def names_module(store: LocalModules, extras: Extras, path: str) -> bool:
    """Return whether the module at *path* (as requested) is one that a release loads, directly or not."""
    to_see = list(extras.modules.values())
    seen = set(to_see)
    while to_see:
        record = store.record(to_see.pop())
        new = [a for a in record.imports if a not in seen] if record is not None else []
        seen.update(new)
        to_see += new
    return path in seen or unquote(path) in seen


async def may_have(app: App, extras: Extras, path: str) -> bool:
    """Return whether the module at *path* (as requested), which is not in the store, is one that a release could have:
    it loads it, or it is a file of one of its packages."""
    if app.modules is not None and names_module(app.modules, extras, path):
        return True
    return is_file_address(path) and place_of(await lock_of(app, extras), path) is not None


async def lock_of(app: App, extras: Extras) -> Lock | None:
    """Return the lock of the packages of a release; None: it has none yet."""
    return read_lock(await app.db.read(assets.find_asset, Cid(extras.lock_id))) if extras.lock_id else None


async def bring_back(app: App, release: ServedRelease, path: str) -> None:
    """Return once the module at *path*, which *release* could have and the store has not, is there, or can't be.

    Modules that the store lost are built again. Of a package's files only those are stored that its code names:
    others once they are asked for. While the disk is nearly full nothing is brought back.
    """
    if app.db.is_disk_short:
        return
    if app.home is not None and is_file_address(path):
        lock = await lock_of(app, release.extras)
        place = place_of(lock, path)
        if lock is not None and place is not None:
            await app.home.fetch_file(lock, *place)
            return
    tell_pages(app, release.app, release.user)  # those that take them for granted are kept
    build = await ensure_building(app, name_of(release), release.extras)
    if build is not None:
        await build.finished.wait()


def tell_pages(app: App, name: AppSlug, user: UserSlug) -> None:
    """Have the pages of an app made anew, in all processes: what they load is another now, its releases are not."""
    app.db.feed.publish([Releases(0, ((name, user, UserId("")),))])


async def build_modules(app: App, job: BuildModules) -> None:
    """Build the packages of one release that are not in the store; note the lock, or why there is none."""
    name = (job.app, job.user, job.fs_id)
    build = app.builds.find(name) or app.builds.begin(name, ())
    row = await app.db.get(apps.find_release, *name)
    extras = read_extras(row.extras_json) if row is not None else None
    noted: Extras | None = None
    pause_s = math.inf  # whatever is not foreseen below would happen again
    try:
        release = await find_release(app, EntryPoint(*name, "/"))
        if row is None or release is None or extras is None or not find_lacking(app.modules, extras):
            pause_s = 0.0
            return
        noted, kept, is_final = await _build(app, release, extras, build, row.user_id)
        lacks = bool(noted.not_local)
        pause_s = math.inf if lacks and is_final else app.builds.next_pause_s(name) if lacks else 0.0
        next_try = app.now() + pause_s if 0 < pause_s < math.inf else 0.0
        changed = encode(replace(noted, next_try=next_try)).decode()
        if changed != row.extras_json:
            await app.db.write(_replace, app, row, changed, kept, _entry(row, extras, noted))
    finally:
        app.counts.cells("builds")[("done" if pause_s == 0.0 else "lacking",)].value += 1
        tell_pages(app, job.app, job.user)
        app.builds.end(name, pause_s)


def _replace(
    tx: Tx, app: App, row: Release, changed: str, kept: Mapping[Cid, bytes], entry: NewEntry | None
) -> None:
    """Note what became of the packages of a release, unless a deploy came between."""
    if apps.replace_extras(tx, row, changed, kept) and entry is not None:
        note(tx, app, (row.app_slug, row.user_slug), entry)


def _entry(row: Release, before: Extras, now: Extras) -> NewEntry | None:
    """Return what the app's log is to tell of a try; None: it came to what the one before did."""
    if not now.not_local:
        return of_release("packages-ready", row, UserId(""), ", ".join(now.packages))
    if now.not_local == before.not_local:
        return None
    words = "; ".join(f"{text}: {why}" if text else why for text, why in sorted(now.not_local.items()))
    return of_release("packages-failed", row, UserId(""), words)


async def _build(
    app: App, release: ServedRelease, extras: Extras, build: Build, user_id: UserId
) -> tuple[Extras, Mapping[Cid, bytes], bool]:
    """Return what is to be noted, the assets that it names, and whether another try would end the same way."""
    assert app.home is not None, "who looks for work has a home"
    wanted, never = find_wanted((await stored_map(app, release))[0], extras)
    if app.db.is_disk_short:  # what is had again at any time leaves what is left to what is not
        return replace(extras, not_local=never | {ALL: DISK_SHORT}), {}, False
    build.progress.specifiers = {text: s for text, (s, _) in wanted.items()}
    lock = await lock_of(app, extras)
    ranges = {s: _locked_version(lock, s) or text for s, text in wanted.values()}
    label = f"{release.app}--{release.user}"
    try:
        wishes = wishes_of(extras, wanted)
        made, failed = await app.home.ensure(ranges, lock, build.progress, label, wishes, user_id)
    except (FetchFailed, ModuleFailed) as error:
        log.warning("packages of %s are not built: %s", label, error)
        return replace(extras, not_local=never | {ALL: str(error)}), {}, False
    not_local = never | _in_words(extras, wanted, failed)
    built = {text: made.modules[s] for text, (s, _) in wanted.items() if s in made.modules}
    noted, kept = _with_lock(extras, made, built)
    return replace(noted, not_local=not_local), kept, not failed


def _in_words(
    extras: Extras, wanted: Mapping[str, tuple[str, str]], failed: Mapping[str, str]
) -> dict[str, str]:
    """Return import → why it can't be had, of those of *wanted* whose specifier *failed*."""
    told = {text: (s, failed[s]) for text, (s, _) in wanted.items() if s in failed}
    return {
        text: why if _is_another(extras, s) else in_words(package_of(s), why)
        for text, (s, why) in told.items()
    }


def _foreign(extras: Extras) -> dict[str, str]:
    """Return import → why it can't be had, of what is known before it is tried."""
    told = {text: tell_foreign(parse_specifier(text).package) for text in extras.packages}
    return {text: why for text, why in told.items() if why and not _is_another(extras, text)}


def _is_another(extras: Extras, specifier: str) -> bool:
    """Whether the app has another package under that name."""
    return extras.ranges.get(parse_specifier(specifier).package, "").startswith("npm:")


def _locked_version(lock: Lock | None, specifier: str) -> str:
    """Return the version that the app has of a package already; empty: none. It stays while others are tried anew."""
    key = lock.shared.get(package_of(specifier), "") if lock else ""
    return key.rpartition("@")[2]


def module_warnings(app: App, extras: Extras) -> tuple[str, ...]:
    """Return what a deployer should know of where the packages of a release come from."""
    lacking = find_lacking(app.modules, extras)
    why = {text: why for text in lacking if (why := why_lacking(extras, text))}
    new = [text for text in lacking if text not in why]
    told = [
        f"packages: being built on this server; until then the app's page shows how far that is: {', '.join(new)}"
    ]
    return (
        *(told if new else ()),
        *(f"import {text!r}: could not be built: {w}" for text, w in sorted(why.items())),
        *extras.notes,
    )


def told_once(warnings: tuple[str, ...], extras: Extras) -> tuple[str, ...]:
    """Return *warnings* without those that no version of a package is known, of packages of which `module_warnings`
    tells why."""
    told = tuple(
        f"import {quote_json(text)}: {words}"
        for text in extras.not_local
        if text
        for words in (UNKNOWN, UNASKED)
    )
    return tuple(warning for warning in warnings if not told or not warning.startswith(told))


def why_lacking(extras: Extras, text: str) -> str:
    """Return why the package imported as *text* could not be built at the last try; empty: there was none."""
    return extras.not_local.get(text) or extras.not_local.get(ALL, "")
