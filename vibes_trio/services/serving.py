"""GET and HEAD of deployed apps: which release, and which file of it.

What is kept in memory (`releases.py`) changes no answer: with the caches off each is the same, only slower.
"""

import posixpath
from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import unquote

import trio
from msgspec import structs

from vibes_trio.bundle.marks import BUILT, PACKAGE_FOLDER
from vibes_trio.content.cid import calc_cid
from vibes_trio.content.font_addresses import FONT_KINDS, FONTS
from vibes_trio.content.hosted_at_run import HOSTED_FOLDER
from vibes_trio.content.mime import mime_of
from vibes_trio.content.static_modules import find_newer_module, find_static_module
from vibes_trio.context import App, Ctx
from vibes_trio.errors import NotFound
from vibes_trio.exchange import HostName, Reply
from vibes_trio.modules.store.local import LocalModules, StoredModule
from vibes_trio.services.fonts import local_fonts, serve_fonts
from vibes_trio.services.hosted_at_run import local_hosts, serve_hosted
from vibes_trio.services.newer import NEWER, tell_newer, with_reload
from vibes_trio.services.notices import DOOR, NAVIGATION, explain_missing, navigates, notice_reply
from vibes_trio.services.packages import bring_back, find_lacking, may_have
from vibes_trio.services.pages import local_addresses, make_other_page, make_page
from vibes_trio.services.releases import (
    JAVASCRIPT,
    ServedRelease,
    find_file,
    read_asset,
    stored_map,
)
from vibes_trio.services.replies import REVALIDATE, Asked, Content, respond
from vibes_trio.services.visibility import find_visible, sealed
from vibes_trio.services.waiting import FOR_OWNER, PROGRESS, find_waiting_page, tell_progress
from vibes_trio.storage.renames import find_new_name
from vibes_trio.urls import SHARE, decode_path, parse_entry_point
from vibes_trio.wire.base import encode
from vibes_trio.wire.deploy import SHARE_FILES, WITH_ALL
from vibes_trio.wire.files import FileSystemItem

IMMUTABLE = "public, max-age=31536000, immutable"
PAGE_PATHS = ("/", "/index.html")
WORKER_PACKAGES = posixpath.normpath(BUILT + PACKAGE_FOLDER) + "/"


async def serve_entry_point(ctx: Ctx, asked: Asked) -> Reply:
    """Return a file or the page of an app (protocol.md section 5); to who navigates to neither, a page that says so.

    Raises:
        NotFound: no such release, or no such file in it.
    """
    if asked.path == SHARE and navigates(asked.headers):
        return notice_reply(DOOR, status=200, head=asked.head)
    try:
        return await _serve(ctx.app, asked)
    except NotFound:
        if not navigates(asked.headers):
            raise
        return notice_reply(await explain_missing(ctx.app, asked), head=asked.head)


async def _serve(app: App, asked: Asked) -> Reply:
    assert asked.entry is not None, "the handler only passes app hosts on"
    release = await find_visible(app, asked, asked.entry)
    referring = await _find_referring(app, release, asked)
    if referring is not None:
        content = await _read_referred(app, referring, asked.entry.path)
        return sealed(app, await respond(app, asked, content), referring)
    if release is None:
        return await _lead_on(app, asked)
    return sealed(app, await _serve_release(app, release, asked), release)


async def _serve_release(app: App, release: ServedRelease, asked: Asked) -> Reply:
    assert asked.entry is not None, "the handler only passes app hosts on"
    if asked.entry.path == NEWER:
        return await tell_newer(app, release, asked)
    if app.modules is not None:
        if asked.entry.path == PROGRESS:
            return await tell_progress(app, release, asked)
        if find_lacking(app.modules, release.extras) and _shows_page(release, asked):
            return await _serve_incomplete(app, release, asked)
    if asked.entry.path.startswith(HOSTED_FOLDER):
        return await serve_hosted(app, release, asked)
    return await respond(app, asked, with_reload(release, asked, await find_content(app, release, asked)))


async def _lead_on(app: App, asked: Asked) -> Reply:
    """Return where the app is that had this name, on the same host otherwise.

    Raises:
        NotFound: none is known that did.
    """
    entry = asked.entry
    assert entry is not None, "the handler only passes app hosts on"
    new = await app.db.get(find_new_name, entry.app, entry.user)
    if new is None:
        raise NotFound("Filesystem not found " + encode(_asked_for(asked)).decode())
    host = f"{new}--{entry.user}.{asked.host.partition('.')[2]}"
    headers = (("location", f"{app.config.protocol}://{host}{asked.target}"), ("cache-control", "no-cache"))
    return Reply(308, headers)


async def _serve_incomplete(app: App, release: ServedRelease, asked: Asked) -> Reply:
    """Return the page of an app that lacks packages: it waits for them, or shows what there is without them."""
    waiting = await find_waiting_page(app, release, asked)
    if waiting is not None:
        return waiting
    reply = await respond(app, asked, await make_page(app, release))
    return structs.replace(reply, repeatable=False)  # who asks for it again may have the packages built


async def find_content(app: App, release: ServedRelease, asked: Asked) -> Content:
    """Return what *release* has at the path that is *asked* for: a file, the flagged asset or the page.

    The flagged asset or the page answers `/`, and every unknown path where a browser navigates, so that apps with
    addresses of their own can be reloaded; a missing script or picture stays missing.

    Only a file under its own name, in a release that is named, can't ever be another one. The same files may be
    deployed again with another entry point, and packages then have newer versions in the import map; the page is
    made of the server's settings, too.

    Raises:
        NotFound: nothing, or what it has is damaged.
    """
    entry = asked.entry
    assert entry is not None, "the handler only passes app hosts on"
    shared = release.env.get(SHARE_FILES) == WITH_ALL
    if _is_generated(release, entry.path):
        return await make_page(app, release)
    item = find_file(release, entry.path)
    if item is None and (other := _find_page(release, asked)) is not None:
        return replace(await _read_page(app, release, other), vary=NAVIGATION, shared=shared)
    if item is not None and item.file_name in release.extras.pages and app.modules is not None:
        return replace(await make_other_page(app, release, item.file_name), shared=shared)
    if item is not None:
        is_fixed = entry.fs_id is not None and item is not release.import_map
        content = await read_asset(app, item, IMMUTABLE if is_fixed else REVALIDATE)
        content = await local_hosts(app, release, await local_fonts(app, content))
        return replace(content, shared=True) if shared else content
    if entry.path.startswith(WORKER_PACKAGES):
        named = unquote(entry.path.removeprefix(WORKER_PACKAGES))
        return replace(await _package_for_workers(app, release, named), shared=shared)
    if entry.path in PAGE_PATHS and release.default is not None:
        return replace(await _read_default(app, release), shared=shared)
    if not _falls_back(release, asked):
        raise NotFound(f"File not found {entry.path}")
    content = await make_page(app, release) if release.default is None else await _read_default(app, release)
    return replace(content, vary=NAVIGATION, shared=shared and release.default is not None)


def _find_page(release: ServedRelease, asked: Asked) -> FileSystemItem | None:
    """Return the page of a site that a browser means by its address without an ending, as hosts of such have it:
    `/about` is `about.html`, or that of the folder."""
    assert asked.entry is not None, "the handler only passes app hosts on"
    stem = asked.entry.path.rstrip("/")
    if not stem or stem.startswith("/~") or not navigates(asked.headers):
        return None
    names = (f"{stem}.html", f"{stem}/index.html")
    return next((item for name in names if (item := find_file(release, name)) is not None), None)


async def _read_page(app: App, release: ServedRelease, item: FileSystemItem) -> Content:
    if item.file_name in release.extras.pages and app.modules is not None:
        return await make_other_page(app, release, item.file_name)
    return await local_hosts(app, release, await local_fonts(app, await read_asset(app, item, REVALIDATE)))


async def _find_referring(app: App, release: ServedRelease | None, asked: Asked) -> ServedRelease | None:
    """Return the release whose page asks for a path from the root, if it is not *release* and has such a file.

    An app writes `/logo.svg` wherever it is shown: of a release that is not the live one that names its own file.
    """
    entry = asked.entry
    referer = asked.headers.get("referer", "")
    if entry is None or entry.fs_id is not None or not referer or navigates(asked.headers):
        return None
    host, _, path = referer.partition("://")[2].partition("/")
    page = parse_entry_point(HostName("", entry.app, entry.user), f"/{path}") if host == asked.host else None
    found = await find_visible(app, asked, page) if page is not None and page.fs_id is not None else None
    if found is None or found is release or find_file(found, entry.path) is None:
        return None
    return None if release is not None and found.fs_id == release.fs_id else found


async def _read_referred(app: App, release: ServedRelease, path: str) -> Content:
    item = find_file(release, path)
    assert item is not None, "a release is only taken for its file"
    shared = release.env.get(SHARE_FILES) == WITH_ALL
    content = await local_fonts(app, await read_asset(app, item, REVALIDATE))
    return replace(content, shared=shared, vary="Referer")


def _shows_page(release: ServedRelease, asked: Asked) -> bool:
    """Whether the page that is made here is the answer."""
    assert asked.entry is not None, "the handler only passes app hosts on"
    path = asked.entry.path
    if _is_generated(release, path):
        return True
    is_file = find_file(release, path) is not None or _find_page(release, asked) is not None
    return release.default is None and not is_file and _falls_back(release, asked)


def _falls_back(release: ServedRelease, asked: Asked) -> bool:
    """Whether who asks for a path that is no file gets the page, as apps may have addresses of their own.

    A client that says nothing gets it as in the reference: where an asset is flagged. A name that ends as files do
    (`/report.pdf`) names one, unless that is so.
    """
    assert asked.entry is not None, "the handler only passes app hosts on"
    if asked.entry.path.startswith("/~") or decode_path(asked.entry.path) is None:
        return False  # the server's own folders, and what is no text, are no addresses of an app
    if release.default is not None or (release.extras.html and release.extras.entry_point):
        return may_navigate(asked.headers)
    return navigates(asked.headers) and (mime_of(asked.entry.path) or "text/html") == "text/html"


async def _read_default(app: App, release: ServedRelease) -> Content:
    assert release.default is not None, "asked for where there is one"
    return await local_fonts(app, await read_asset(app, release.default, REVALIDATE))


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
    found = await _read_module(store, asked.path) if store is not None else None
    if found is None and store is not None and asked.entry is not None:
        release = await find_visible(ctx.app, asked, asked.entry)
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


async def _package_for_workers(app: App, release: ServedRelease, specifier: str) -> Content:
    """Return the module by which a worker of a built app has a package: import maps do not reach workers.

    Raises:
        NotFound: the app imports no such package.
    """
    built = release.extras.built
    if built is None or (specifier not in built.imports and specifier not in release.extras.packages):
        raise NotFound(f"Module not found {specifier}")
    imports, _ = await stored_map(app, release)
    address = (imports | local_addresses(app, release, imports)).get(specifier, specifier)
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


def may_navigate(headers: Mapping[str, str]) -> bool:
    """As `navigates`; a client that says nothing at all counts as one, as in the reference."""
    return navigates(headers) if {"sec-fetch-mode", "accept"} & headers.keys() else True
