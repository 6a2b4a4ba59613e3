"""What visitors get while the packages of an app are being built: a page that shows how far that is.

Its status is 202 (accepted, not complete): browsers show it like any page, no cache keeps it, and a program can
tell it from the app, which comes with 200. (503 would do the same, but browsers report it as an error.)

The page asks how far things are and loads itself anew once nothing more comes of waiting. Then the app is
shown, with what is there; what is not is told by its overlay. So no page loads itself again and again.
"""

from collections.abc import Mapping
from dataclasses import replace

from msgspec import structs

from vibes_trio.content.cid import calc_cid
from vibes_trio.content.import_map import tell_unknown
from vibes_trio.content.policy import may_ask
from vibes_trio.content.progress_page import render_progress_page
from vibes_trio.content.specifiers import parse_specifier
from vibes_trio.context import App
from vibes_trio.exchange import Reply
from vibes_trio.modules.progress import Build
from vibes_trio.modules.store.local import CDN
from vibes_trio.services.packages import ensure_building, has_no_address, name_of, why_lacking
from vibes_trio.services.releases import ServedRelease
from vibes_trio.services.replies import Asked, Content, respond
from vibes_trio.wire.base import encode

PROGRESS = "/~~packages~~/progress"
RETRY_AFTER_S = 2
FOR_OWNER = Reply(0, for_owner=True)
NOT_KEPT = "no-store"


async def find_waiting_page(app: App, release: ServedRelease, asked: Asked) -> Reply | None:
    """Return the page for who comes while the packages of *release*, of which some are lacking, are built.

    None: there is nothing to wait for, or nothing more.
    """
    if app.home is None:
        return FOR_OWNER
    build = await ensure_building(app, name_of(release), release.extras)
    if build is None:
        return None
    page = render_progress_page(release.app, f"/~{release.fs_id}~{PROGRESS}", describe(build))
    return await _reply(app, asked, page, "text/html", 202, (("retry-after", str(RETRY_AFTER_S)),))


async def tell_progress(app: App, release: ServedRelease, asked: Asked) -> Reply:
    """Return how far the packages of *release* are, as JSON (`describe`); an empty object: nothing is under way."""
    if app.home is None:
        return FOR_OWNER
    build = await ensure_building(app, name_of(release), release.extras)
    told = encode({} if build is None else describe(build))
    return await _reply(app, asked, told, "application/json", 200)


def describe(build: Build) -> Mapping[str, object]:
    """Return what the page shows of *build*: `stage`, `fetched` of `total` packages, and of each import its
    `name`, `state` (`open`, `done` or `failed`) and `why`."""
    progress = build.progress
    packages = [_describe_one(build, name) for name in build.names]
    return {
        "stage": progress.stage,
        "fetched": progress.fetched,
        "total": progress.to_fetch,
        "packages": packages,
    }


def _describe_one(build: Build, name: str) -> dict[str, str]:
    specifier = build.progress.specifiers.get(name, name)
    why = build.progress.failed.get(specifier, "")
    state = "failed" if why else "done" if specifier in build.progress.done else "open"
    return {"name": name, "state": state, "why": why}


def find_missing(app: App, release: ServedRelease, lacking: tuple[str, ...]) -> dict[str, str]:
    """Return specifier → why, of what *release* can't load: the CDN has it, but pages may not ask that; or pages load
    all from there, and nobody knows a version."""
    if app.modules is None:
        unknown = (
            text for text in release.extras.packages if has_no_address(app.config, release.extras, text)
        )
        return {text: tell_unknown(parse_specifier(text).package, asks=False) for text in unknown}
    if may_ask(app.config.page_hosts, CDN):
        return {}
    busy = "it is not built yet, as this server has too much to build; load this page again in a minute"
    return {text: why_lacking(release.extras, text) or busy for text in lacking}


async def _reply(
    app: App,
    asked: Asked,
    body: bytes,
    mime: str,
    status: int,
    more: tuple[tuple[str, str], ...] = (),
) -> Reply:
    plain = replace(asked, headers={})  # whole, as it is, and never "not modified"
    reply = await respond(app, plain, Content(body, mime, calc_cid(body), "", NOT_KEPT))
    dropped = ("etag", "x-vibes-asset-id", "accept-ranges", "vary")
    headers = tuple((name, value) for name, value in reply.headers if name not in dropped)
    return structs.replace(reply, status=status, headers=(*headers, *more), repeatable=False)
