"""Fonts that apps ask for by name: found at the deploy, fetched after it, served as the style sheet that was asked for.

A visitor has nothing fetched but what the release itself names: nobody can fill this server's disk by asking for fonts.
"""

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial

import trio
from msgspec import structs

from vibes_trio.content.font_addresses import (
    FONTS,
    NAMED,
    FontRequest,
    WantedFont,
    find_families,
    parse_font_request,
    those_with_fonts,
    with_own_address,
    with_own_addresses,
)
from vibes_trio.content.font_css import render_fonts
from vibes_trio.content.policy import may_ask
from vibes_trio.context import App, Ctx
from vibes_trio.errors import NotFound
from vibes_trio.exchange import Cid, Reply
from vibes_trio.jobs import FetchFont
from vibes_trio.modules.store.fonts import find_font, has_font, is_kept
from vibes_trio.services.app_files import AppFile
from vibes_trio.services.cids import find_cid
from vibes_trio.services.packages import DISK_SHORT, owner_of
from vibes_trio.services.replies import REVALIDATE, Asked, Content, respond
from vibes_trio.services.visibility import find_visible
from vibes_trio.services.waiting import FOR_OWNER
from vibes_trio.steps import run_in_turns

log = logging.getLogger(__name__)

CSS = "text/css"
A_DAY = "public, max-age=86400"
FONT_HOST = "https://fonts.googleapis.com"
NOT_NAMED = "no file of the app names it in an address as a whole"
UNKNOWN = "it is not on this server"
_REWRITTEN = (CSS, "text/html")
_SCANNED = (".css", ".scss", ".sass", ".less", ".html", ".htm", ".json", ".md", ".svg")
_READ_HERE_BYTES = 8 * 1024


def answers_fonts(app: App) -> bool:
    """Return whether this server answers who asks for fonts by name; else pages ask elsewhere, as they may."""
    return app.modules is not None and not may_ask(app.config.page_hosts, FONT_HOST)


def own_addresses(app: App, addresses: Iterable[str]) -> dict[str, str]:
    """Return those of *addresses* that ask for fonts by name → what this server answers in their place."""
    if not answers_fonts(app):
        return {}
    return {address: own for address in addresses if (own := with_own_address(address)) != address}


async def find_fonts(app: App, files: Sequence[AppFile]) -> dict[str, tuple[str, ...]]:
    """Return the families that *files* ask for by name, each with the axes (`wght`, `opsz`, …) that it is to vary in.

    At most `font_families` of them, of `font_addresses` addresses.
    """
    texts = (f.content for f in files if f.lang is not None or f.name.lower().endswith(_SCANNED))
    contents = await run_in_turns(those_with_fonts(texts))
    if not contents:
        return {}
    limits = app.config.limits
    find = partial(find_families, contents, limits.font_addresses, limits.font_families)
    if sum(map(len, contents)) <= _READ_HERE_BYTES:
        return find()
    return await trio.to_thread.run_sync(find)


def fetch_after_deploy(app: App, named: Mapping[str, Iterable[str]], user: str) -> tuple[str, ...]:
    """Have the fonts that a release of *user* names fetched, and return what its deployer should know of that."""
    if app.fonts is None or not named or not answers_fonts(app):
        return ()
    fonts = _wanted(named)
    failed = {font.name: why for font in fonts if (why := app.fonts.why_failed(font.font_id))}
    app.fonts.forgive(fonts)
    new = ensure_fetching(app, named, user)
    told = [f"fonts: being fetched to this server: {', '.join(font.name for font in new)}"] if new else []
    return (
        *told,
        *(f"font {name!r}: could not be had at the last try: {why}" for name, why in failed.items()),
    )


def ensure_fetching(app: App, named: Mapping[str, Iterable[str]], user: str) -> list[WantedFont]:
    """Have what is missing of the fonts that a release names fetched, in the turns of *user*, whose it is; return
    those that it was begun for."""
    if app.fonts is None or not named or not answers_fonts(app):
        return []
    queued = []
    for font in app.fonts.begin(_wanted(named)):
        if app.jobs.add(FetchFont(font.name, font.axes), user):
            queued.append(font)
        else:
            app.fonts.end([font])
    return queued


async def fetch_font(app: App, job: FetchFont) -> None:
    """Fetch the job's family, unless the disk has no room for what is had again at any time."""
    assert app.fonts is not None, "who adds the job has a home for fonts"
    fonts = [WantedFont(job.name, axes=job.axes)]
    try:
        if app.db.is_disk_short:
            app.fonts.refuse(fonts, DISK_SHORT)
            return
        for name, why in (await app.fonts.fetch(fonts)).items():
            log.warning("the font %s could not be had: %s", name, why)
    finally:
        app.fonts.end(fonts)


def _wanted(named: Mapping[str, Iterable[str]]) -> list[WantedFont]:
    return [WantedFont(name, axes=frozenset(axes)) for name, axes in named.items()]


async def local_fonts(app: App, content: Content) -> Content:
    """Return *content*, a file of an app, with the addresses that ask for fonts by name led to this server."""
    is_meant = content.mime.partition(";")[0] in _REWRITTEN and NAMED in content.body
    if not is_meant or not answers_fonts(app):
        return content

    async def make() -> bytes:
        if len(content.body) <= _READ_HERE_BYTES:
            return with_own_addresses(content.body)
        return await trio.to_thread.run_sync(with_own_addresses, content.body)

    body = await app.assets.get_or_make(("fonts", content.cid), make)
    if body == content.body:
        return content

    async def name() -> bytes:
        return (await find_cid(body)).encode()

    return replace(
        content, body=body, cid=Cid((await app.assets.get_or_make(("fonts cid", content.cid), name)).decode())
    )


async def serve_fonts(ctx: Ctx, asked: Asked) -> Reply:
    """Return the style sheet that *asked* asks for by name, of the fonts that are here.

    Fonts that the app's release names and that are on their way are waited for, font_wait_s at most. What is
    missing is told in the sheet itself, for the page's console.

    Raises:
        NotFound: it asks for nothing that could be a font.
    """
    app = ctx.app
    kind, _, query = asked.target.removeprefix(FONTS).partition("?")
    request = parse_font_request(kind, query)
    if request is None or app.modules is None:
        raise NotFound(f"Font not found {asked.target[:200]}")
    lacking = _lacking(app, request.fonts)
    if lacking and app.fonts is None:
        return FOR_OWNER
    if lacking:
        await _wait(app, asked, lacking)
        lacking = _lacking(app, request.fonts)
    body = await _sheet(app, asked.target, request, {font.name: _why(app, font) for font in lacking})
    cid = await find_cid(body)
    reply = await respond(app, asked, Content(body, CSS, cid, cid, REVALIDATE if lacking else A_DAY))
    return structs.replace(reply, repeatable=reply.repeatable and not lacking)


async def _wait(app: App, asked: Asked, lacking: Iterable[WantedFont]) -> None:
    assert app.fonts is not None, "the owner has a home for fonts"
    release = await find_visible(app, asked, asked.entry) if asked.entry is not None else None
    if release is not None and release.extras.fonts:
        ensure_fetching(app, release.extras.fonts, await owner_of(app, release.user))
    with trio.move_on_after(app.config.limits.font_wait_s):
        await app.fonts.wait(lacking)


def _lacking(app: App, fonts: Iterable[WantedFont]) -> list[WantedFont]:
    assert app.modules is not None, "who has no modules has no fonts"
    return [font for font in fonts if not has_font(app.modules, font.font_id)]


def _why(app: App, font: WantedFont) -> str:
    assert app.fonts is not None, "the owner has a home for fonts"
    return app.fonts.why_failed(font.font_id) or f"{UNKNOWN}: {NOT_NAMED}"


async def _sheet(app: App, target: str, request: FontRequest, missing: Mapping[str, str]) -> bytes:
    """Return the sheet, made in a thread: a family for Chinese has hundreds of parts."""
    store = app.modules
    assert store is not None, "who has no modules has no fonts"

    def render() -> bytes:
        found = {font.font_id: find_font(store, font.font_id, font.axes) for font in request.fonts}
        here = {font_id: font for font_id, font in found.items() if font is not None}
        return render_fonts(request, here, missing, app.config.limits.font_css_bytes).encode()

    kept = [is_kept(store, font.font_id, font.axes) for font in request.fonts]
    if missing:
        return await trio.to_thread.run_sync(render)
    return await app.assets.get_or_make(("fonts", target, *kept), lambda: trio.to_thread.run_sync(render))
