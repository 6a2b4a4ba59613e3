"""GET and HEAD of deployed apps: which release, and which file of it.

What a release holds is taken apart once and kept by name until a deploy or a sweep changes it; bytes are kept
by content. With both caches off every answer is the same, only slower.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import msgspec

from vibes_trio.content.cid import calc_cid
from vibes_trio.content.page import CDN_TAILWIND, PageInput, render_page
from vibes_trio.content.static_modules import find_newer_module, find_static_module
from vibes_trio.context import App, Ctx
from vibes_trio.errors import NotFound
from vibes_trio.exchange import AppSlug, Cid, FsId, Reply
from vibes_trio.modules.bundle import is_stored
from vibes_trio.modules.lock import Lock
from vibes_trio.services.replies import Asked, Content, respond
from vibes_trio.storage import apps, assets
from vibes_trio.urls import EntryPoint, decode_path
from vibes_trio.wire.base import encode
from vibes_trio.wire.files import FileSystemItem, read_items

log = logging.getLogger(__name__)

IMMUTABLE = "public, max-age=31536000, immutable"
REVALIDATE = "no-cache"
IMPORT_MAP = "/~~calculated~~/import-map.json"
JAVASCRIPT = "application/javascript"
JAVASCRIPT_TYPES = (JAVASCRIPT, "text/javascript")
OCTETS = "application/octet-stream"
PAGE_PATHS = ("/", "/index.html")
NAVIGATION = "Sec-Fetch-Mode"
MAX_READ_HERE_BYTES = 256 * 1024


@dataclass(frozen=True, slots=True)
class ServedRelease:
    """A release as it is served.

    Attributes:
        files: by name; of two with one name the first counts.
        import_map: the one that the deploy made.
        default: the asset flagged as entry point, if one is: for `/` and what a browser navigates to.
        roots: names of the modules that the page mounts, in order.
        sources: from the served name of a module to the name of its source.
        modules: specifier → address on this server of what was built for it.
        is_built: whether nothing is to be built for it any more.
        edition: changes with what the page is made of: a release that is built anew keeps its fs_id.
    """

    fs_id: FsId
    edition: Cid
    app: AppSlug
    env: Mapping[str, str]
    files: Mapping[str, FileSystemItem]
    import_map: FileSystemItem | None
    default: FileSystemItem | None
    roots: tuple[str, ...]
    sources: Mapping[str, str]
    modules: Mapping[str, str]
    is_built: bool


class Extras(msgspec.Struct, frozen=True, kw_only=True):
    """What we keep about a release beside the reference's columns; a file of the reference has none.

    Attributes:
        entry_point: the name that won of those flagged; empty: none.
        roots: served names of the modules that the page mounts.
        sources: from served names of transformed modules to those of their sources.
        built_from: tells apart what is built differently under one fsId, which knows neither the entry point
            nor the languages (`deploy.calc_built_from`).
        packages: specifiers of npm packages that its modules import.
        lock: what these are built from on this server, and where; None: not built (yet).
        not_local: specifier → why it stays at the CDN; `""` stands for all.
        complete: whether nothing was missing, such as a package; else the same deploy is built anew.
    """

    entry_point: str = ""
    roots: tuple[str, ...] = ()
    sources: dict[str, str] = {}
    built_from: str = ""
    packages: tuple[str, ...] = ()
    lock: Lock | None = None
    not_local: dict[str, str] = {}
    complete: bool = True


_extras_decoder = msgspec.json.Decoder(Extras)


def read_extras(text: str | None) -> Extras | None:
    """Return our notes on a release; None: there are none, the reference made it, or they can't be read."""
    try:
        return _extras_decoder.decode(text) if text else None
    except msgspec.DecodeError:
        return None


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
    return await respond(ctx.app, asked, await find_content(ctx.app, release, asked, cache_control))


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
        return await read_asset(app, item, cache_control)
    if path in PAGE_PATHS:
        if release.default is not None:
            return await read_asset(app, release.default, cache_control)
        return make_page(app, release, cache_control)
    if release.default is None or not _navigates(asked.headers):
        raise NotFound(f"File not found {path}")
    return replace(await read_asset(app, release.default, cache_control), vary=NAVIGATION)


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
    found = ctx.app.modules.find(asked.path) if ctx.app.modules else None
    if found is None:
        raise NotFound(f"Module not found {asked.path}")
    return await respond(
        ctx.app, asked, Content(found.content, found.content_type, found.cid, found.cid, IMMUTABLE)
    )


def find_release(app: App, entry: EntryPoint) -> ServedRelease | None:
    """Return the release that *entry* names, from the cache of names or the database."""
    group = (entry.app, entry.user)
    cached = app.releases.get(group, entry.fs_id)
    if cached is not None:
        return cached
    if entry.fs_id is None:
        row = app.db.get(apps.find_latest, entry.app, entry.user)
    else:
        row = app.db.get(apps.find_release, entry.app, entry.user, entry.fs_id)
    if row is None:
        return None  # not kept: anyone can ask for any number of names that are not there
    try:
        release = take_apart(row)
    except msgspec.DecodeError as error:
        log.error("release %s of %s--%s can't be read: %s", row.fs_id, row.app_slug, row.user_slug, error)
        return None
    app.releases.put(group, entry.fs_id, release, weight=1 + len(release.files))
    return release


def take_apart(row: apps.Release) -> ServedRelease:
    """Return a stored release as it is served; one made by the reference as the reference would.

    Raises:
        msgspec.DecodeError: its columns hold something else (a damaged database).
    """
    items = read_items(row.file_system_json)
    files: dict[str, FileSystemItem] = {}
    for item in items:
        files.setdefault(item.file_name, item)
    extras = read_extras(row.extras_json) or _extras_of_reference(items)
    flagged = files.get(extras.entry_point)
    is_asset = flagged is not None and not _is_module(flagged)
    return ServedRelease(
        fs_id=row.fs_id,
        edition=calc_cid(f"{row.file_system_json} {row.extras_json}".encode()),
        app=row.app_slug,
        env=_read_env(row.env_json),
        files=files,
        import_map=next((item for item in reversed(items) if _kind(item) == "import-map"), None),
        default=flagged if is_asset else None,
        roots=extras.roots,
        sources=extras.sources,
        modules=extras.lock.modules if extras.lock else {},
        is_built=extras.lock is not None or not extras.packages,
    )


def find_file(release: ServedRelease, path: str) -> FileSystemItem | None:
    """Return the file of that very name: as sent, else percent-decoded."""
    item = release.files.get(path)
    if item is None and "%" in path:
        decoded = decode_path(path)
        item = release.files.get(decoded) if decoded is not None else None
    return item


async def read_asset(app: App, item: FileSystemItem, cache_control: str) -> Content:
    """Return the bytes of *item*; a large one is read by a thread, so that nobody else waits for the disk.

    Raises:
        NotFound: the release names an asset that is not stored (a damaged database).
    """
    cid = Cid(item.asset_id)
    body = app.assets.get(cid)
    if body is None and item.size > MAX_READ_HERE_BYTES:
        body = _keep(app, item, await app.db.read(assets.find_asset, cid))
    elif body is None:
        body = _read_here(app, item)
    mime = item.mime_type or OCTETS
    if _kind(item) == "imports" and mime not in JAVASCRIPT_TYPES:
        mime = JAVASCRIPT  # a module named otherwise: browsers load nothing else as one
    return Content(body, mime, cid, cid, cache_control)


def _read_here(app: App, item: FileSystemItem) -> bytes:
    cid = Cid(item.asset_id)
    body = app.assets.get(cid)
    return _keep(app, item, app.db.get(assets.find_asset, cid)) if body is None else body


def _keep(app: App, item: FileSystemItem, body: bytes | None) -> bytes:
    if body is None:
        raise NotFound(f"File not found {item.file_name}")
    app.assets.put(Cid(item.asset_id), body)
    return body


def make_page(app: App, release: ServedRelease, cache_control: str) -> Content:
    """Return the generated page; its tag is the CID of its text, as settings of the server are part of it."""
    if app.modules is not None and not release.is_built:
        cache_control = REVALIDATE  # it will be another one once its packages are here
    key = ("page", release.app, release.fs_id, release.edition)
    body = app.assets.get(key)
    if body is None:
        imports, scopes = stored_map(app, release)
        body = render_page(
            PageInput(
                app_slug=release.app,
                fs_id=release.fs_id,
                roots=release.roots,
                imports=imports,
                scopes=scopes,
                local=_local_addresses(app, release, imports),
                files=release.sources,
                env={**release.env, **app.config.app_env},
                tailwind="" if app.modules else CDN_TAILWIND,
            )
        )
        app.assets.put(key, body)
    return Content(body, "text/html", calc_cid(body), release.fs_id, cache_control)


def _local_addresses(app: App, release: ServedRelease, imports: Mapping[str, str]) -> dict[str, str]:
    if app.modules is None:
        return {}
    built = {s: address for s, address in release.modules.items() if is_stored(app.modules, address)}
    return app.modules.local_addresses(imports) | built


class _ImportMap(msgspec.Struct, frozen=True):
    imports: dict[str, str] = {}
    scopes: dict[str, dict[str, str]] = {}


_map_decoder = msgspec.json.Decoder(_ImportMap)


def stored_map(app: App, release: ServedRelease) -> tuple[dict[str, str], dict[str, dict[str, str]]]:
    """Return `imports` and `scopes` of the map that the deploy made.

    It is not a file that an app calls so (the reference takes one).

    Raises:
        NotFound: it is not stored, or is no import map (a damaged database).
    """
    item = release.import_map
    if item is None:
        return {}, {}
    try:
        stored = _map_decoder.decode(_read_here(app, item))
    except msgspec.DecodeError as error:
        log.error("the import map %s of %s can't be read: %s", item.asset_id, release.fs_id, error)
        raise NotFound(f"File not found {item.file_name}") from error
    return stored.imports, stored.scopes


# -- small parts ------------------------------------------------------------------------------------------


def _read_env(text: str) -> dict[str, str]:
    """Return an app's values. The reference also took, and stored, lists: nobody could read those by name."""
    env = msgspec.json.decode(text)
    members = env.items() if isinstance(env, dict) else ()
    return {name: value for name, value in members if isinstance(value, str)}


def _asked_for(asked: Asked) -> dict[str, str]:
    """What the text of a 404 tells, in the reference's members and order."""
    entry = asked.entry
    assert entry is not None
    told = {"url": f"http://{asked.host}{asked.target}", "appSlug": entry.app, "userSlug": entry.user}
    if entry.fs_id is not None:
        told["fsId"] = entry.fs_id
    return told | {"path": entry.path}


def _navigates(headers: Mapping[str, str]) -> bool:
    """Whether a browser navigates here; a client that doesn't say counts as one, as in the reference."""
    return headers.get(NAVIGATION.lower(), "navigate") == "navigate"


def _kind(item: FileSystemItem) -> str:
    """Return the type of an item's transform; empty: it has none."""
    return "" if isinstance(item.transform, msgspec.UnsetType) else item.transform.type


def _is_module(item: FileSystemItem) -> bool:
    return _kind(item) in ("jsx-to-js", "imports")


def _extras_of_reference(items: Sequence[FileSystemItem]) -> Extras:
    """Derive what the reference did: it takes the first that is flagged, and mounts all JavaScript, in order.

    Its items are sorted by name: which of several was flagged last nobody knows any more.
    """
    flagged = [item.file_name for item in items if item.entry_point is True]
    roots = tuple(dict.fromkeys(item.file_name for item in items if item.mime_type == JAVASCRIPT))
    return Extras(entry_point=flagged[0] if flagged else "", roots=roots)
