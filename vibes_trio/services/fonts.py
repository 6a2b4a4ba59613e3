"""Fonts that apps ask for by name: found at the deploy, fetched after it, served as the style sheet that was asked for.

A visitor has nothing fetched but what the release itself names: nobody can fill this server's disk by asking for fonts.
"""

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import trio

from vibes_trio.content.cid import calc_cid
from vibes_trio.content.font_addresses import (
    FONTS,
    NAMED,
    FontRequest,
    WantedFont,
    find_font_addresses,
    parse_font_request,
    with_own_addresses,
)
from vibes_trio.content.font_css import render_fonts
from vibes_trio.content.policy import may_ask
from vibes_trio.context import App, Ctx
from vibes_trio.errors import NotFound
from vibes_trio.exchange import Reply
from vibes_trio.jobs import FetchFonts
from vibes_trio.modules.font_home import fonts_of_addresses
from vibes_trio.modules.fonts import find_font, has_font, is_kept
from vibes_trio.services.build import AppFile
from vibes_trio.services.releases import Extras, find_release
from vibes_trio.services.replies import Asked, Content, respond
from vibes_trio.services.waiting import FOR_OWNER

log = logging.getLogger(__name__)

CSS = "text/css"
A_DAY = "public, max-age=86400"
REVALIDATE = "no-cache"
FONT_HOST = "https://fonts.googleapis.com"
NOT_NAMED = "no file of the app names it in an address as a whole"
UNKNOWN = "it is not on this server"
_REWRITTEN = (CSS, "text/html")
_SCANNED = (".css", ".scss", ".sass", ".less", ".html", ".htm", ".json", ".md", ".svg")
_READ_HERE_BYTES = 16 * 1024


def answers_fonts(app: App) -> bool:
    """Return whether this server answers who asks for fonts by name; else pages ask elsewhere, as they may."""
    return app.modules is not None and not may_ask(app.config.page_hosts, FONT_HOST)


async def find_fonts(app: App, files: Sequence[AppFile]) -> tuple[str, ...]:
    """Return the addresses by which *files* ask for fonts by name, `font_addresses` of them at most."""
    texts = (f.content for f in files if f.lang is not None or f.name.lower().endswith(_SCANNED))
    contents = [content for content in texts if NAMED in content]

    def find() -> tuple[str, ...]:
        found = (address for content in contents for address in find_font_addresses(content))
        return tuple(dict.fromkeys(found))[: app.config.limits.font_addresses]

    if sum(map(len, contents)) <= _READ_HERE_BYTES:
        return find()
    return await trio.to_thread.run_sync(find)


def fetch_after_deploy(app: App, addresses: tuple[str, ...]) -> tuple[str, ...]:
    """Have the fonts that *addresses* ask for fetched, and return what a deployer should know of that."""
    if app.fonts is None or not answers_fonts(app):
        return ()
    fonts = fonts_of_addresses(addresses)
    failed = {font.name: why for font in fonts if (why := app.fonts.why_failed(font.font_id))}
    app.fonts.forgive(fonts)
    new = ensure_fetching(app, addresses)
    told = [f"fonts: being fetched to this server: {', '.join(font.name for font in new)}"] if new else []
    return (
        *told,
        *(f"font {name!r}: could not be had at the last try: {why}" for name, why in failed.items()),
    )


def ensure_fetching(app: App, addresses: tuple[str, ...]) -> list[WantedFont]:
    """Have what is missing of the fonts that *addresses* ask for fetched; return those that it was begun for."""
    if app.fonts is None or not answers_fonts(app):
        return []
    begun = app.fonts.begin(fonts_of_addresses(addresses))
    if begun and not app.jobs.add(FetchFonts(addresses)):
        app.fonts.end(begun)
        return []
    return begun


async def fetch_fonts(app: App, job: FetchFonts) -> None:
    """Fetch the fonts that the job's addresses ask for."""
    assert app.fonts is not None, "who adds the job has a home for fonts"
    fonts = fonts_of_addresses(job.addresses)
    try:
        for name, why in (await app.fonts.fetch(fonts)).items():
            log.warning("the font %s could not be had: %s", name, why)
    finally:
        app.fonts.end(fonts)


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
    return replace(content, body=body, cid=calc_cid(body))


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
    cid = calc_cid(body)
    reply = await respond(app, asked, Content(body, CSS, cid, cid, REVALIDATE if lacking else A_DAY))
    return replace(reply, repeatable=reply.repeatable and not lacking)


async def _wait(app: App, asked: Asked, lacking: Iterable[WantedFont]) -> None:
    assert app.fonts is not None, "the owner has a home for fonts"
    release = find_release(app, asked.entry) if asked.entry is not None else None
    if release is not None:
        ensure_fetching(app, release.extras.fonts)
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


def wanted_fonts(extras: Extras) -> list[str]:
    """Return the ids of the families that a release names."""
    return [font.font_id for font in fonts_of_addresses(extras.fonts)]
