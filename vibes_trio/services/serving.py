"""GET and HEAD of deployed apps: which release, and which file of it.

What is kept in memory (`releases.py`) changes no answer: with the caches off each is the same, only slower.
"""

import posixpath
from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import unquote

from vibes_trio.bundle.build import BUILT
from vibes_trio.bundle.material import PACKAGE_FOLDER
from vibes_trio.content.cid import calc_cid
from vibes_trio.content.static_modules import find_newer_module, find_static_module
from vibes_trio.context import App, Ctx
from vibes_trio.errors import NotFound
from vibes_trio.exchange import Reply
from vibes_trio.services.packages import bring_back, find_lacking, names_module
from vibes_trio.services.pages import local_addresses, make_page
from vibes_trio.services.releases import (
    JAVASCRIPT,
    ServedRelease,
    find_file,
    find_release,
    read_asset,
    stored_map,
)
from vibes_trio.services.replies import REVALIDATE, Asked, Content, respond
from vibes_trio.services.waiting import FOR_OWNER, PROGRESS, find_waiting_page, tell_progress
from vibes_trio.wire.base import encode
from vibes_trio.wire.deploy import SHARE_FILES, WITH_ALL

IMMUTABLE = "public, max-age=31536000, immutable"
PAGE_PATHS = ("/", "/index.html")
NAVIGATION = "Sec-Fetch-Mode, Accept"
WORKER_PACKAGES = posixpath.normpath(BUILT + PACKAGE_FOLDER) + "/"


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
    if _is_generated(release, path):
        return await make_page(app, release)
    item = find_file(release, path)
    if item is not None:
        is_fixed = asked.entry.fs_id is not None and item is not release.import_map
        content = await read_asset(app, item, IMMUTABLE if is_fixed else REVALIDATE)
        return replace(content, shared=shared)
    if path.startswith(WORKER_PACKAGES):
        return replace(
            _package_for_workers(app, release, unquote(path.removeprefix(WORKER_PACKAGES))), shared=shared
        )
    if path in PAGE_PATHS and release.default is not None:
        return replace(await read_asset(app, release.default, REVALIDATE), shared=shared)
    is_flagged = release.default is not None or bool(release.extras.html and release.extras.entry_point)
    if not (may_navigate(asked.headers) if is_flagged else navigates(asked.headers)):
        raise NotFound(f"File not found {path}")
    content = await make_page(app, release) if release.default is None else await _read_default(app, release)
    return replace(content, vary=NAVIGATION, shared=shared and release.default is not None)


async def _read_default(app: App, release: ServedRelease) -> Content:
    assert release.default is not None, "asked for where there is one"
    return await read_asset(app, release.default, REVALIDATE)


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


def _package_for_workers(app: App, release: ServedRelease, specifier: str) -> Content:
    """Return the module by which a worker of a built app has a package: import maps do not reach workers.

    Raises:
        NotFound: the app imports no such package.
    """
    built = release.extras.built
    if built is None or specifier not in built.imports:
        raise NotFound(f"Module not found {specifier}")
    imports, _ = stored_map(app, release)
    address = (imports | local_addresses(app, release, imports))[specifier]
    body = f"import * as all from {encode(address).decode()};\n".encode()
    body += f"export * from {encode(address).decode()};\nexport default all.default;\n".encode()
    # Which module it is may be known better later: packages are built when an app is deployed already.
    return Content(body, JAVASCRIPT, calc_cid(body), calc_cid(body), REVALIDATE)


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
    if release.extras.template_id:
        return path in PAGE_PATHS or path == release.extras.html
    return path in PAGE_PATHS and release.default is None and find_file(release, path) is None


def navigates(headers: Mapping[str, str]) -> bool:
    """Whether a browser navigates here: it says so, or, where browsers don't say it (plain http), wants HTML."""
    mode = headers.get("sec-fetch-mode", "")
    return mode == "navigate" if mode else "text/html" in headers.get("accept", "")


def may_navigate(headers: Mapping[str, str]) -> bool:
    """As `navigates`; a client that says nothing at all counts as one, as in the reference."""
    return navigates(headers) if {"sec-fetch-mode", "accept"} & headers.keys() else True
