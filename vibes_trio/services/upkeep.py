"""Work for later: filling the memory cache, and removing what nobody may or can use any more."""

import logging

import trio

from vibes_trio.context import App
from vibes_trio.errors import NotFound
from vibes_trio.exchange import Cid
from vibes_trio.jobs import Sweep, WarmAll, WarmRelease
from vibes_trio.modules.page_files import missing_files
from vibes_trio.services.fonts import ensure_fetching
from vibes_trio.services.packages import ensure_building
from vibes_trio.services.releases import ServedRelease, find_release, read_extras
from vibes_trio.services.serving import make_page
from vibes_trio.storage import apps, assets
from vibes_trio.storage.tx import Tx
from vibes_trio.urls import EntryPoint

log = logging.getLogger(__name__)

MAX_WARMED = 1000
"""Releases that are looked at when the server starts."""


async def warm_release(app: App, job: WarmRelease) -> None:
    """Put the latest production release of one app into the memory cache: its page and its files."""
    release = find_release(app, EntryPoint(job.app, job.user, None, "/"))
    if release is not None:
        await _warm(app, release)


async def warm_all(app: App, job: WarmAll) -> None:
    """Put the latest production releases into the memory cache, newest first, until it is full."""
    for row in await app.db.read(apps.list_latest, MAX_WARMED):
        if not _has_room(app):
            return
        release = find_release(app, EntryPoint(row.app_slug, row.user_slug, None, "/"))
        if release is not None:
            await _warm(app, release)


async def sweep(app: App, job: Sweep) -> None:
    """Repair what limits that were lowered leave over, oldest `dev` first and `production` never; then remove
    assets that nothing refers to, except young ones, which a deploy in flight may be about to use. Packages that
    a release lacks, as the registry was down, the server ended or the store was lost, are built; so is what pages
    lack fetched."""
    evicted = await app.db.write(apps.sweep_limits, app.config.max_apps)
    if evicted:
        app.releases.clear()
    grace_s = app.config.limits.asset_grace_s
    has_garbage = await app.db.read(_has_garbage, grace_s)
    removed = await app.db.write(_sweep_assets, grace_s) if has_garbage else 0
    if evicted or removed:
        log.info("swept %s releases and %s assets", evicted, removed)
    if app.home is not None:
        for row in await app.db.read(apps.list_latest, MAX_WARMED):
            extras = read_extras(row.extras_json)
            if extras is not None:
                ensure_building(app, (row.app_slug, row.user_slug, row.fs_id), extras)
                ensure_fetching(app, extras.fonts)
            await trio.lowlevel.checkpoint()
        await _complete_pages(app)


async def _complete_pages(app: App) -> None:
    """Fetch Tailwind and the pages' font if the store lacks them, and have all processes make their pages anew."""
    if app.home is None or app.modules is None or not missing_files(app.modules):
        return
    why = await app.home.fetch_page_files()
    if why:
        log.info("pages lack Tailwind or their font: %s", why)
    else:
        await app.db.write(apps.count_change)
        app.releases.clear()


def _has_garbage(tx: Tx, grace_s: float) -> bool:
    return assets.has_garbage(tx, older_than=tx.later(-grace_s))


def _sweep_assets(tx: Tx, grace_s: float) -> int:
    return assets.sweep_assets(tx, older_than=tx.later(-grace_s))


async def _warm(app: App, release: ServedRelease) -> None:
    """Read each file in a reader thread, so that the event loop never waits for the disk."""
    for item in release.files.values():
        if not _has_room(app):
            return
        cid = Cid(item.asset_id)
        if app.assets.get(cid) is None:
            content = await app.db.read(assets.find_asset, cid)
            if content is not None:
                app.assets.put(cid, content)
    try:
        make_page(app, release, "")
    except NotFound as error:  # damaged: told to who asks for it, and no reason to leave the others cold
        log.warning("release %s of %s has no page: %s", release.fs_id, release.app, error)


def _has_room(app: App) -> bool:
    return app.assets.size_bytes < app.config.limits.cache_bytes * 9 // 10
