"""The page round an app, or round one release of it (`/vibe/{user}/{app}[/{fsId}]`).

The app is in a frame of its own origin, below a bar. Who may not see one is told the same whether it is there or not.
"""

import difflib
from functools import partial

import trio

from vibes_trio.errors import BadRequest
from vibes_trio.exchange import AppSlug, UserSlug
from vibes_trio.pages.visit import GoTo, Shown, Visit
from vibes_trio.storage.renames import find_new_name
from vibes_trio.urls import app_url, entry_point_url, page_round
from vibes_trio.wire.me import ReqListUserSlugAppSlug
from vibes_trio.wire.versions import Grant, MetaTitle, ReqGetAppByFsid, ResGetAppByFsid

PICKS: frozenset[Grant] = frozenset({"owner", "granted-access.editor"})
"""Who is shown the versions."""
MAX_ALIKE = 3
MAX_NAME_CHARS = 200
OPENER = {"Cross-Origin-Opener-Policy": "same-origin-allow-popups"}
"""Windows that an app opens, to print or to sign in elsewhere, may answer it; who opens this page can't look in."""


async def wrapper_page(visit: Visit, user: str, slug: str, fs_id: str = "") -> Shown | GoTo:
    """Show the app, or, where there is none that they may see, what to do."""
    try:
        found = await visit.ask(ReqGetAppByFsid(owner_handle=user, app_slug=slug, fs_id=fs_id))
    except BadRequest:  # names that no app can have
        return await missing_app(visit, user, slug)
    if found.fs_id:
        return _round(visit, found, fs_id)
    if fs_id and (await visit.ask(ReqGetAppByFsid(owner_handle=user, app_slug=slug))).fs_id:
        return Shown("wrapper_release.html", {"app": slug, "user": user, "fs_id": fs_id}, 404)
    newest = await visit.ask(ReqGetAppByFsid(owner_handle=user, app_slug=slug, select_mode="ownerLatest"))
    if newest.fs_id:
        return Shown("wrapper_nothing.html", {"app": slug, "user": user, "newest": newest.fs_id}, 404)
    return await missing_app(visit, user, slug)


def _round(visit: Visit, found: ResGetAppByFsid, fs_id: str) -> Shown:
    config = visit.app.config
    app, user = found.app_slug, found.owner_handle
    at = config.protocol, config.hostname_base, app, user
    plain = app_url(*at)
    address = entry_point_url(*at, fs_id) if fs_id else plain
    titles = [item.title for item in found.meta if isinstance(item, MetaTitle)]
    origin = plain.rstrip("/")
    return Shown(
        "wrapper.html",
        {
            "app": app,
            "user": user,
            "title": titles[0] if titles and titles[0].strip() else app,
            "fs_id": fs_id,
            "address": address,
            "origin": origin,
            "shared": page_round(config.protocol, config.hostname_base, user, app, fs_id),
            "picks": found.grant in PICKS,
        },
        headers=OPENER,
        sources={"frame-src": [origin]},
    )


async def missing_app(visit: Visit, user: str, app: str) -> Shown | GoTo:
    """Say that there is no such app, or none that they may see, and what may have been meant.

    One that has another name now, and that anybody may see, is gone to: its own host leads there, too.
    """
    new = await visit.app.db.get(find_new_name, AppSlug(app), UserSlug(user))
    if new is not None:
        return GoTo(f"/{visit.path.split('/')[1]}/{user}/{new}")
    return Shown(
        "wrapper_missing.html", {"app": app, "user": user, "alike": await _alike(visit, user, app)}, 404
    )


async def _alike(visit: Visit, user: str, app: str) -> list[tuple[str, str]]:
    """Return handle and slug of apps that may have been meant: those of whoever is signed in, and no others."""
    if visit.session is None:
        return []
    mine = await visit.ask(ReqListUserSlugAppSlug())
    names = {
        f"{item.owner_handle}/{slug}": (item.owner_handle, slug)
        for item in mine.items
        for slug in item.app_slugs
    }
    find = partial(difflib.get_close_matches, f"{user}/{app}"[:MAX_NAME_CHARS], names, MAX_ALIKE)
    close = await trio.to_thread.run_sync(find)  # of a thousand apps it takes 50 ms
    return [names[name] for name in close]
