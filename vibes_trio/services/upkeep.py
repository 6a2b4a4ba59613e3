"""Work for later: filling the memory cache, and removing what nobody may or can use any more."""

import logging

import trio

from vibes_trio.config import Limits
from vibes_trio.context import App
from vibes_trio.errors import NotFound
from vibes_trio.exchange import Cid
from vibes_trio.jobs import RetryBuilds, Sweep, WarmAll, WarmRelease
from vibes_trio.modules.store.page_files import missing_files
from vibes_trio.services.deletions import sweep_deletions
from vibes_trio.services.fonts import ensure_fetching
from vibes_trio.services.packages import ensure_building, owner_of
from vibes_trio.services.pages import make_page
from vibes_trio.services.releases import ServedRelease, find_release, read_extras
from vibes_trio.storage import apps, assets, chat_list, uploads
from vibes_trio.storage.interface import Tx
from vibes_trio.urls import EntryPoint

log = logging.getLogger(__name__)

END_OF_TIME = "9999"

MAX_WARMED = 1000
"""Releases that are looked at when the server starts."""


async def warm_release(app: App, job: WarmRelease) -> None:
    """Put the latest production release of one app into the memory cache: its page and its files."""
    release = await find_release(app, EntryPoint(job.app, job.user, None, "/"))
    if release is not None:
        await _warm(app, release)


async def warm_all(app: App, job: WarmAll) -> None:
    """Put the latest production releases into the memory cache, newest first, until it is full."""
    for row in await app.db.read(apps.list_latest, MAX_WARMED):
        if not _has_room(app):
            return
        release = await find_release(app, EntryPoint(row.app_slug, row.user_slug, None, "/"))
        if release is not None:
            await _warm(app, release)


async def sweep(app: App, job: Sweep) -> None:
    """Forget uploads that were never finished; repair what limits that were lowered leave over, oldest `dev` first and
    `production` never; then remove assets that nothing refers to. In steps, so that no write waits for long.

    Young assets stay for a while, unless releases have just made room or the disk is short. Those of a deploy in flight
    stay all the same; what it needs beside, it puts in the transaction that saves its release.
    """
    while await app.db.write(uploads.drop_expired, app.config.limits.sweep_uploads):
        pass
    evicted = 0 if job.evicted else await _sweep_limits(app) + await sweep_deletions(app)
    at_once = job.evicted or app.db.is_disk_short
    removed = await _sweep_assets(app, 0 if at_once else app.config.limits.asset_grace_s)
    purged = await _purge_chats(app)
    gone = app.counts.cells("removed")
    for what, number in (("releases", evicted), ("assets", removed), ("chats", purged)):
        gone[(what,)].value += number
    if evicted or removed or purged:
        log.info("swept %s releases, %s assets and %s deleted chats", evicted, removed, purged)


async def retry_builds(app: App, job: RetryBuilds) -> None:
    """Build the packages that live releases lack, as the registry was down, the server ended or the store was
    lost, if it is time to try again; and fetch what pages lack."""
    if app.home is None:
        return
    for row in await app.db.read(apps.list_live, MAX_WARMED):
        extras = read_extras(row.extras_json)
        if extras is not None:
            await ensure_building(app, (row.app_slug, row.user_slug, row.fs_id), extras)
            if extras.fonts:
                ensure_fetching(app, extras.fonts, await owner_of(app, row.user_slug))
        await trio.lowlevel.checkpoint()
    await _complete_pages(app)


async def _sweep_limits(app: App) -> int:
    """Return how many releases went. All users are looked at once for each limit that is set."""
    limit, steps = app.config.max_apps, app.config.limits
    if await app.db.read(apps.get_swept_limit) == limit:
        return 0
    evicted, after = 0, ""
    while users := await app.db.read(apps.count_releases, after, steps.sweep_users):
        for user_id, count in users:
            over = count - limit
            while over > 0:
                gone = await app.db.write(apps.evict_some, user_id, min(over, steps.sweep_releases))
                evicted, over = evicted + gone, over - gone if gone else 0
        after = users[-1][0]
    await app.db.write(apps.note_swept_limit, limit)
    return evicted


async def _sweep_assets(app: App, grace_s: float) -> int:
    """Return how many assets went, all that were put before *grace_s*."""
    removed, limits = 0, app.config.limits
    while idle := await app.db.read(_list_garbage, limits, grace_s, app.landing.cids):
        # As a long one, though it brings nothing: whoever adds a line to a chat comes between.
        await app.db.write_long(limits.long_write_bytes, assets.remove_garbage, idle)
        removed += len(idle)
    return removed


async def _purge_chats(app: App) -> int:
    """Return how many chats went for good, whose time to be restored is over. In steps, as `_sweep_assets`."""
    purged, limits = 0, app.config.limits
    while (context_id := await app.db.read(_find_expired, limits.undo_s)) is not None:
        steps = limits.sweep_sections
        while not await app.db.write_long(limits.long_write_bytes, chat_list.purge_some, context_id, steps):
            pass
        purged += 1
    return purged


def _find_expired(tx: Tx, kept_s: float) -> str | None:
    return chat_list.find_expired(tx, tx.later(-kept_s))


async def _complete_pages(app: App) -> None:
    """Fetch Tailwind and the pages' font if the store lacks them, and have all processes make their pages anew."""
    if app.home is None or app.modules is None or not missing_files(app.modules):
        return
    why = await app.home.fetch_page_files()
    if why:
        log.info("pages lack Tailwind or their font: %s", why)
    else:
        await app.db.write(apps.count_change)


def _edge(tx: Tx, grace_s: float) -> str:
    """Return since when an asset is too young to go. Without a grace none is, whatever the clock did."""
    return tx.later(-grace_s) if grace_s else END_OF_TIME


def _list_garbage(tx: Tx, limits: Limits, grace_s: float, spared: frozenset[Cid]) -> tuple[Cid, ...]:
    return assets.list_garbage(
        tx,
        older_than=_edge(tx, grace_s),
        at_most=limits.sweep_assets,
        max_bytes=limits.sweep_bytes,
        spared=spared,
    )


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
        await make_page(app, release)
    except NotFound as error:  # damaged: told to who asks for it, and no reason to leave the others cold
        log.warning("release %s of %s has no page: %s", release.fs_id, release.app, error)


def _has_room(app: App) -> bool:
    return app.assets.size_bytes < app.config.limits.cache_bytes * 9 // 10
