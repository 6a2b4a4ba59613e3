"""GET and HEAD of deployed apps: which release, and which file of it.

What is kept in memory (`releases.py`) changes no answer: with the caches off each is the same, only slower.
"""

from collections.abc import Mapping
from dataclasses import replace

import trio

from vibes_trio.content.cid import calc_cid
from vibes_trio.content.import_map import only_needed
from vibes_trio.content.page import CDN_TAILWIND, PageInput
from vibes_trio.content.policy import may_ask
from vibes_trio.content.static_modules import find_newer_module, find_static_module
from vibes_trio.content.vibes_modules import our_addresses, pinned_addresses
from vibes_trio.context import App, Ctx
from vibes_trio.errors import NotFound
from vibes_trio.exchange import Reply
from vibes_trio.modules.bundle import is_stored, stored_closure
from vibes_trio.modules.page_files import fonts_of, tailwind_of
from vibes_trio.modules.store import CDN, LocalModules, StoredModule
from vibes_trio.services.linking import write_page
from vibes_trio.services.packages import bring_back, find_lacking, may_have
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
from vibes_trio.wire.deploy import SHARE_FILES, WITH_ALL

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
    if ctx.app.modules is not None:
        if asked.entry.path == PROGRESS:
            return await tell_progress(ctx.app, release, asked)
        if _is_generated(release, asked.entry.path) and find_lacking(ctx.app.modules, release.extras):
            return await _serve_incomplete(ctx.app, release, asked)
    return await respond(ctx.app, asked, await find_content(ctx.app, release, asked))


async def _serve_incomplete(app: App, release: ServedRelease, asked: Asked) -> Reply:
    """Return the page of an app that lacks packages: it waits for them, or shows what there is without them."""
    waiting = await find_waiting_page(app, release, asked)
    if waiting is not None:
        return waiting
    reply = await respond(app, asked, await make_page(app, release))
    return replace(reply, repeatable=False)  # who asks for it again may have the packages built


async def find_content(app: App, release: ServedRelease, asked: Asked) -> Content:
    """Return what *release* has at the path that is *asked* for: a file, the flagged asset or the page.

    The flagged asset answers `/`, and every unknown path where a browser navigates, so that apps with
    addresses of their own can be reloaded; a missing script or picture stays missing.

    Only a file under its own name, in a release that is named, can't ever be another one. The same files may be
    deployed again with another entry point, and packages then have newer versions in the import map; the page is
    made of the server's settings, too.

    Raises:
        NotFound: nothing, or what it has is damaged.
    """
    assert asked.entry is not None, "the handler only passes app hosts on"
    path = asked.entry.path
    shared = release.env.get(SHARE_FILES) == WITH_ALL
    item = find_file(release, path)
    if item is not None:
        is_fixed = asked.entry.fs_id is not None and item is not release.import_map
        content = await read_asset(app, item, IMMUTABLE if is_fixed else REVALIDATE)
        return replace(content, shared=shared)
    if path in PAGE_PATHS and release.default is None:
        return await make_page(app, release)
    if release.default is None or not (path in PAGE_PATHS or _navigates(asked.headers)):
        raise NotFound(f"File not found {path}")
    vary = "" if path in PAGE_PATHS else NAVIGATION
    return replace(await read_asset(app, release.default, REVALIDATE), vary=vary, shared=shared)


async def serve_module(ctx: Ctx, asked: Asked) -> Reply:
    """Return a module that this server serves itself, on every host.

    Raises:
        NotFound: no such module.
    """
    script = find_static_module(asked.path) or find_newer_module(asked.path)
    if script is not None:
        # A page that a browser kept over an upgrade names scripts that are gone: it gets those of now.
        cache_control = IMMUTABLE if script.address == asked.path else REVALIDATE
        cid = calc_cid(script.content)
        return await respond(ctx.app, asked, Content(script.content, JAVASCRIPT, cid, cid, cache_control))
    store = ctx.app.modules
    found = await _read_module(store, asked.path) if store is not None else None
    if found is None and store is not None and asked.entry is not None:
        release = find_release(ctx.app, asked.entry)
        if release is not None and await may_have(ctx.app, release.extras, asked.path):
            if ctx.app.home is None:
                return FOR_OWNER
            await bring_back(ctx.app, release, asked.path)
            found = await _read_module(store, asked.path)
    if found is None:
        raise NotFound(f"Module not found {asked.path}")
    return await respond(
        ctx.app, asked, Content(found.content, found.content_type, found.cid, found.cid, IMMUTABLE)
    )


async def _read_module(store: LocalModules, path: str) -> StoredModule | None:
    """Return the module at *path*; a large one is read by a thread, so that nobody else waits for the disk."""
    record = store.find_record(path)
    if record is None:
        return None
    if store.is_large(record):
        return await trio.to_thread.run_sync(store.find, path)
    return store.find(path)


async def make_page(app: App, release: ServedRelease) -> Content:
    """Return the generated page; its tag is the CID of its text, as settings of the server are part of it.

    It holds keys and the env of the app: no page of another origin may read it, whatever its owner has opened.
    """
    tailwind, fonts = _page_files(app)
    lacking = find_lacking(app.modules, release.extras)
    key = ("page", release.app, release.fs_id, release.edition, tailwind, *fonts, lacking)
    body = app.assets.get(key)
    if body is None:
        imports, scopes = stored_map(app, release)
        imports = _needed(app, release, imports, lacking)
        local = _local_addresses(app, release, imports)
        body = await write_page(
            app,
            PageInput(
                app_slug=release.app,
                fs_id=release.fs_id,
                roots=release.roots,
                imports=imports,
                scopes=scopes,
                local=local,
                missing=find_missing(app, release, lacking),
                notes=release.extras.notes,
                files=release.sources,
                env={**release.env, **app.config.app_env},
                preload=_preload(app, release, local),
                tailwind=tailwind,
                fonts=fonts,
            ),
        )
        app.assets.put(key, body)
    return Content(body, "text/html", calc_cid(body), release.fs_id, REVALIDATE)


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
    is_known = app.modules is not None and release.extras.ours is not None
    return replaced | our_addresses(release.extras.ours if is_known else None)


def _needed(
    app: App, release: ServedRelease, imports: Mapping[str, str], lacking: tuple[str, ...]
) -> dict[str, str]:
    """Return the entries of *imports*, a release's map, that its modules can ask for: of most of it none do.

    While something comes from the CDN all is needed: its modules import React and others by many names.
    """
    ours = release.extras.ours
    if app.modules is None or ours is None or (lacking and may_ask(app.config.page_hosts, CDN)):
        return dict(imports)
    of_app = {key: address for key, address in imports.items() if address.startswith("./")}
    return of_app | only_needed(imports, (*release.extras.packages, *ours))


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
