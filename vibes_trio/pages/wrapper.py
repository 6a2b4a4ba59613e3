"""The page round an app, or round one release of it (`/vibe/{user}/{app}[/{fsId}]`).

The app is in a frame of its own origin, below a bar. Who may not see one is told the same whether it is there or not.
"""

import difflib

from vibes_trio.errors import BadRequest
from vibes_trio.pages.visit import Shown, Visit
from vibes_trio.urls import app_url, entry_point_url, page_round
from vibes_trio.wire.me import ReqListUserSlugAppSlug
from vibes_trio.wire.versions import Grant, MetaTitle, ReqGetAppByFsid, ResGetAppByFsid

PICKS: frozenset[Grant] = frozenset({"owner", "granted-access.editor"})
"""Who is shown the versions."""
MAX_ALIKE = 3
OPENER = {"Cross-Origin-Opener-Policy": "same-origin-allow-popups"}
"""Windows that an app opens, to print or to sign in elsewhere, may answer it; who opens this page can't look in."""


async def wrapper_page(visit: Visit, user: str, slug: str, fs_id: str = "") -> Shown:
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


async def missing_app(visit: Visit, user: str, app: str) -> Shown:
    """Say that there is no such app, or none that they may see, and what may have been meant."""
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
    close = difflib.get_close_matches(f"{user}/{app}"[:200], names, MAX_ALIKE)
    return [names[name] for name in close]
