"""GET and HEAD of deployed apps: which release, and which file of it.

What is kept in memory (`releases.py`) changes no answer: with the caches off each is the same, only slower.
"""

from collections.abc import Mapping
from dataclasses import replace

from vibes_trio.content.cid import calc_cid
from vibes_trio.content.font_addresses import FONT_KINDS, FONTS
from vibes_trio.content.page import CDN_TAILWIND, PageInput, render_page
from vibes_trio.content.static_modules import find_newer_module, find_static_module
from vibes_trio.content.vibes_modules import our_addresses, pinned_addresses
from vibes_trio.context import App, Ctx
from vibes_trio.errors import NotFound
from vibes_trio.exchange import Reply
from vibes_trio.modules.bundle import is_stored, stored_closure
from vibes_trio.modules.page_files import fonts_of, tailwind_of
from vibes_trio.services.fonts import answers_fonts, local_fonts, serve_fonts
from vibes_trio.services.packages import bring_back, find_lacking, names_module
from vibes_trio.services.releases import (
    JAVASCRIPT,
    ServedRelease,
    find_file,
    find_release,
    read_asset,
    stored_map,
)
from vibes_trio.services.replies import Asked, Content, respond
from vibes_trio.services.waiting import FOR_OWNER, PROGRESS, find_missing, find_waiting_page, tell_progress
from vibes_trio.wire.base import encode

IMMUTABLE = "public, max-age=31536000, immutable"
REVALIDATE = "no-cache"
PAGE_PATHS = ("/", "/index.html")
JSX_ROOT = "/~~transformed~~/"
OF_JSX = ("react/jsx-runtime", "react-dom/client")
NAVIGATION = "Sec-Fetch-Mode"


async def serve_entry_point(ctx: Ctx, asked: Asked) -> Reply:
    """Return a file or the page of an app (protocol.md section 5).

    Raises:
        NotFound: no such release, or no such file in it.
    """
    assert asked.entry is not None, "the handler only passes app hosts on"
    release = find_release(ctx.app, asked.entry)
    if release is None:
        raise NotFound("Filesystem not found " + encode(_asked_for(asked)).decode())
    cache_control = REVALIDATE if asked.entry.fs_id is None else IMMUTABLE
    if ctx.app.modules is not None:
        if asked.entry.path == PROGRESS:
            return await tell_progress(ctx.app, release, asked)
        if _is_generated(release, asked.entry.path) and find_lacking(ctx.app.modules, release.extras):
            return await _serve_incomplete(ctx.app, release, asked)
    return await respond(ctx.app, asked, await find_content(ctx.app, release, asked, cache_control))


async def _serve_incomplete(app: App, release: ServedRelease, asked: Asked) -> Reply:
    """Return the page of an app that lacks packages: it waits for them, or shows what there is without them."""
    waiting = await find_waiting_page(app, release, asked)
    if waiting is not None:
        return waiting
    reply = await respond(app, asked, make_page(app, release, REVALIDATE))
    return replace(reply, repeatable=False)  # who asks for it again may have the packages built


async def find_content(app: App, release: ServedRelease, asked: Asked, cache_control: str) -> Content:
    """Return what *release* has at the path that is *asked* for: a file, the flagged asset or the page.

    The flagged asset answers `/`, and every unknown path where a browser navigates, so that apps with
    addresses of their own can be reloaded; a missing script or picture stays missing.

    Raises:
        NotFound: nothing, or what it has is damaged.
    """
    assert asked.entry is not None, "the handler only passes app hosts on"
    path = asked.entry.path
    item = find_file(release, path)
    if item is not None:
        return await local_fonts(app, await read_asset(app, item, cache_control))
    if path in PAGE_PATHS:
        if release.default is not None:
            return await local_fonts(app, await read_asset(app, release.default, cache_control))
        return make_page(app, release, cache_control)
    if release.default is None or not _navigates(asked.headers):
        raise NotFound(f"File not found {path}")
    default = await local_fonts(app, await read_asset(app, release.default, cache_control))
    return replace(default, vary=NAVIGATION)


async def serve_module(ctx: Ctx, asked: Asked) -> Reply:
    """Return a module that this server serves itself, on every host.

    Raises:
        NotFound: no such module.
    """
    if asked.target.startswith(FONTS) and asked.path.rpartition("/")[2] in FONT_KINDS:
        return await serve_fonts(ctx, asked)
    script = find_static_module(asked.path) or find_newer_module(asked.path)
    if script is not None:
        # A page that a browser kept over an upgrade names scripts that are gone: it gets those of now.
        cache_control = IMMUTABLE if script.address == asked.path else REVALIDATE
        cid = calc_cid(script.content)
        return await respond(ctx.app, asked, Content(script.content, JAVASCRIPT, cid, cid, cache_control))
    store = ctx.app.modules
    found = store.find(asked.path) if store is not None else None
    if found is None and store is not None and asked.entry is not None:
        release = find_release(ctx.app, asked.entry)
        if release is not None and names_module(store, release.extras, asked.path):
            if ctx.app.home is None:
                return FOR_OWNER
            await bring_back(ctx.app, release)
            found = store.find(asked.path)
    if found is None:
        raise NotFound(f"Module not found {asked.path}")
    return await respond(
        ctx.app, asked, Content(found.content, found.content_type, found.cid, found.cid, IMMUTABLE)
    )


def make_page(app: App, release: ServedRelease, cache_control: str) -> Content:
    """Return the generated page; its tag is the CID of its text, as settings of the server are part of it."""
    tailwind, fonts = _page_files(app)
    lacking = find_lacking(app.modules, release.extras)
    if app.modules is not None and not (tailwind and fonts):
        cache_control = REVALIDATE  # it will be another one once these are here
    key = ("page", release.app, release.fs_id, release.edition, tailwind, *fonts, lacking)
    body = app.assets.get(key)
    if body is None:
        imports, scopes = stored_map(app, release)
        local = _local_addresses(app, release, imports)
        body = render_page(
            PageInput(
                app_slug=release.app,
                fs_id=release.fs_id,
                roots=release.roots,
                imports=imports,
                scopes=scopes,
                local=local,
                missing=find_missing(app, release, lacking),
                files=release.sources,
                env={**release.env, **app.config.app_env},
                preload=_preload(app, release, local),
                tailwind=tailwind,
                fonts=fonts,
                asks_for_fonts=bool(release.extras.fonts) and answers_fonts(app),
            )
        )
        app.assets.put(key, body)
    return Content(body, "text/html", calc_cid(body), release.fs_id, cache_control)


def _preload(app: App, release: ServedRelease, local: Mapping[str, str]) -> tuple[str, ...]:
    """Return the addresses of React here, with all that it imports, if a module that was JSX is mounted."""
    if app.modules is None or not any(root.startswith(JSX_ROOT) for root in release.roots):
        return ()
    return stored_closure(app.modules, [local[name] for name in OF_JSX if name in local])


def _page_files(app: App) -> tuple[str, dict[str, str]]:
    """Return the address of Tailwind (empty: none is here) and those of the font's files."""
    if app.modules is None:
        return CDN_TAILWIND, {}
    return tailwind_of(app.modules), fonts_of(app.modules)


def _local_addresses(app: App, release: ServedRelease, imports: Mapping[str, str]) -> dict[str, str]:
    """Return specifier → address that the page loads instead of the stored map's."""
    replaced = pinned_addresses(imports)
    if app.modules is not None:
        modules = release.extras.modules
        replaced |= app.modules.local_addresses(imports)
        replaced |= {s: address for s, address in modules.items() if is_stored(app.modules, address)}
    return replaced | our_addresses()


# -- small parts ------------------------------------------------------------------------------------------


def _asked_for(asked: Asked) -> dict[str, str]:
    """What the text of a 404 tells, in the reference's members and order."""
    entry = asked.entry
    assert entry is not None
    told = {"url": f"http://{asked.host}{asked.target}", "appSlug": entry.app, "userSlug": entry.user}
    if entry.fs_id is not None:
        told["fsId"] = entry.fs_id
    return told | {"path": entry.path}


def _is_generated(release: ServedRelease, path: str) -> bool:
    """Whether *path* is the page that is made here, not a file of the app."""
    return path in PAGE_PATHS and release.default is None and find_file(release, path) is None


def _navigates(headers: Mapping[str, str]) -> bool:
    """Whether a browser navigates here; a client that doesn't say counts as one, as in the reference."""
    return headers.get(NAVIGATION.lower(), "navigate") == "navigate"
