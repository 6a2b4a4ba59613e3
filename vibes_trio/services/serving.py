"""GET and HEAD of deployed apps: which release, which file, in which form.

What a release holds is taken apart once and kept by name until a deploy or a sweep changes it; bytes are kept
by content. With both caches off every answer is the same, only slower.
"""

import gzip
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import brotli
import msgspec
import trio
import zstandard

from vibes_trio.content.cid import calc_cid
from vibes_trio.content.mime import is_compressible
from vibes_trio.content.page import CDN_TAILWIND, PageInput, render_page
from vibes_trio.content.static_modules import find_newer_module, find_static_module
from vibes_trio.context import App, Ctx
from vibes_trio.errors import NotFound
from vibes_trio.exchange import AppSlug, Cid, FsId, Reply
from vibes_trio.services.ranges import parse_range
from vibes_trio.storage import apps, assets
from vibes_trio.urls import EntryPoint, decode_path
from vibes_trio.wire.base import encode
from vibes_trio.wire.files import FileSystemItem, read_items

IMMUTABLE = "public, max-age=31536000, immutable"
REVALIDATE = "no-cache"
IMPORT_MAP = "/~~calculated~~/import-map.json"
JAVASCRIPT = "application/javascript"
JAVASCRIPT_TYPES = (JAVASCRIPT, "text/javascript")
OCTETS = "application/octet-stream"
PAGE_PATHS = ("/", "/index.html")
MIN_COMPRESSED_BYTES = 512
MAX_COMPRESSED_HERE_BYTES = 32 * 1024


@dataclass(frozen=True, slots=True)
class Asked:
    """A GET or HEAD. *entry*, *host* and *target* are set for an app's host."""

    head: bool
    headers: Mapping[str, str]
    path: str
    entry: EntryPoint | None = None
    host: str = ""
    target: str = ""


@dataclass(frozen=True, slots=True)
class ServedRelease:
    """A release as it is served.

    Attributes:
        files: by name; of two with one name the first counts.
        import_map: the one that the deploy made.
        default: the asset flagged as entry point, if one is: for `/` and what a browser navigates to.
        roots: names of the modules that the page mounts, in order.
        sources: from the served name of a module to the name of its source.
    """

    fs_id: FsId
    app: AppSlug
    env: Mapping[str, str]
    files: Mapping[str, FileSystemItem]
    import_map: FileSystemItem | None
    default: FileSystemItem | None
    roots: tuple[str, ...]
    sources: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Content:
    """Bytes to serve, with what identifies them."""

    body: bytes
    mime: str
    cid: Cid
    asset_id: str
    cache_control: str


class Extras(msgspec.Struct, frozen=True, kw_only=True):
    """What we keep about a release beside the reference's columns; a file of the reference has none.

    Attributes:
        entry_point: the name that won of those flagged; empty: none.
        roots: served names of the modules that the page mounts.
        sources: from served names of transformed modules to those of their sources.
    """

    entry_point: str = ""
    roots: tuple[str, ...] = ()
    sources: dict[str, str] = {}


_extras_decoder = msgspec.json.Decoder(Extras)
_env_decoder = msgspec.json.Decoder(dict[str, str])


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
    item = find_file(release, asked.entry.path, navigates=_navigates(asked.headers))
    if item is not None:
        content = read_asset(ctx.app, item, cache_control)
    elif asked.entry.path in PAGE_PATHS:
        content = make_page(ctx.app, release, cache_control)
    else:
        raise NotFound(f"File not found {asked.entry.path}")
    return await respond(ctx.app, asked, content)


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
    release = take_apart(row)
    app.releases.put(group, entry.fs_id, release)
    return release


def take_apart(row: apps.Release) -> ServedRelease:
    """Return a stored release as it is served; one made by the reference as the reference would."""
    items = read_items(row.file_system_json)
    files: dict[str, FileSystemItem] = {}
    for item in items:
        files.setdefault(item.file_name, item)
    extras = _extras_decoder.decode(row.modules_json) if row.modules_json else _extras_of_reference(items)
    flagged = files.get(extras.entry_point)
    is_asset = flagged is not None and not _is_module(flagged)
    return ServedRelease(
        fs_id=row.fs_id,
        app=row.app_slug,
        env=_env_decoder.decode(row.env_json),
        files=files,
        import_map=next((item for item in reversed(items) if _kind(item) == "import-map"), None),
        default=flagged if is_asset else None,
        roots=extras.roots,
        sources=extras.sources,
    )


def find_file(release: ServedRelease, path: str, *, navigates: bool) -> FileSystemItem | None:
    """Return the file for *path*: that very name (as sent, else percent-decoded), else the flagged asset.

    The flagged asset answers `/`, and every unknown path where a browser *navigates*, so that apps with
    addresses of their own can be reloaded; a missing script or picture stays missing.
    """
    item = release.files.get(path)
    if item is None and "%" in path:
        decoded = decode_path(path)
        item = release.files.get(decoded) if decoded is not None else None
    if item is None and release.default is not None and (navigates or path in PAGE_PATHS):
        return release.default
    return item


def read_asset(app: App, item: FileSystemItem, cache_control: str) -> Content:
    """Return the bytes of *item*.

    Raises:
        NotFound: the release names an asset that is not stored (a damaged database).
    """
    cid = Cid(item.asset_id)
    body = app.assets.get(cid)
    if body is None:
        body = app.db.get(assets.find_asset, cid)
        if body is None:
            raise NotFound(f"File not found {item.file_name}")
        app.assets.put(cid, body)
    mime = item.mime_type or OCTETS
    if _kind(item) == "imports" and mime not in JAVASCRIPT_TYPES:
        mime = JAVASCRIPT  # a module named otherwise: browsers load nothing else as one
    return Content(body, mime, cid, cid, cache_control)


def make_page(app: App, release: ServedRelease, cache_control: str) -> Content:
    """Return the generated page; its tag is the CID of its text, as settings of the server are part of it."""
    key = ("page", release.app, release.fs_id)
    body = app.assets.get(key)
    if body is None:
        imports, scopes = _stored_map(app, release)
        body = render_page(
            PageInput(
                app_slug=release.app,
                fs_id=release.fs_id,
                roots=release.roots,
                imports=imports,
                scopes=scopes,
                local=app.modules.local_addresses(imports) if app.modules else {},
                files=release.sources,
                env={**release.env, **app.config.app_env},
                tailwind="" if app.modules else CDN_TAILWIND,
            )
        )
        app.assets.put(key, body)
    return Content(body, "text/html", calc_cid(body), release.fs_id, cache_control)


class _ImportMap(msgspec.Struct, frozen=True):
    imports: dict[str, str] = {}
    scopes: dict[str, dict[str, str]] = {}


_map_decoder = msgspec.json.Decoder(_ImportMap)


def _stored_map(app: App, release: ServedRelease) -> tuple[dict[str, str], dict[str, dict[str, str]]]:
    """Return the import map that the deploy made: not a file that an app calls so (the reference takes one)."""
    item = release.import_map
    stored = _map_decoder.decode(read_asset(app, item, "").body) if item is not None else _ImportMap()
    return stored.imports, stored.scopes


# -- the reply --------------------------------------------------------------------------------------------


async def respond(app: App, asked: Asked, content: Content) -> Reply:
    """Return *content* whole, in part, compressed or not at all, as the request's headers say."""
    compressible = is_compressible(content.mime) and len(content.body) >= MIN_COMPRESSED_BYTES
    encoding = choose_encoding(asked.headers.get("accept-encoding", "")) if compressible else ""
    wanted = asked.headers.get("range", "")
    if wanted and asked.headers.get("if-range", _tag(content.cid, "")) == _tag(content.cid, ""):
        encoding = ""
    else:
        wanted = ""
    headers = [
        ("content-type", content.mime),
        ("x-vibes-asset-id", content.asset_id),
        ("etag", _tag(content.cid, encoding)),
        ("cache-control", content.cache_control),
        ("accept-ranges", "bytes"),
    ]
    if compressible:
        headers.append(("vary", "Accept-Encoding"))
    if _matches(asked.headers.get("if-none-match", ""), content.cid):
        return Reply(304, tuple(headers))
    if wanted:
        return _part(asked, content, headers, wanted)
    body = content.body
    if encoding:
        body = await compress(app, content, encoding)
        headers.append(("content-encoding", encoding))
    return Reply(200, tuple(headers), b"" if asked.head else body, len(body))


def _part(asked: Asked, content: Content, headers: list[tuple[str, str]], wanted: str) -> Reply:
    size = len(content.body)
    span = parse_range(wanted, size)
    if span is None:
        return Reply(200, tuple(headers), b"" if asked.head else content.body, size)
    if span.start >= span.stop:
        return Reply(416, (*headers, ("content-range", f"bytes */{size}")))
    headers.append(("content-range", f"bytes {span.start}-{span.stop - 1}/{size}"))
    body = content.body[span]
    return Reply(206, tuple(headers), b"" if asked.head else body, len(body))


_COMPRESS: Mapping[str, Callable[[bytes], bytes]] = {
    "zstd": lambda body: zstandard.ZstdCompressor(level=3).compress(body),
    "br": lambda body: brotli.compress(body, quality=5),
    "gzip": lambda body: gzip.compress(body, compresslevel=6, mtime=0),
}
"""In order of preference: zstd costs a tenth of the others for about the same size (performance.md 8)."""


def choose_encoding(accept: str) -> str:
    """Return the encoding to answer an Accept-Encoding header with; empty: as it is."""
    offered: dict[str, float] = {}
    for part in accept.lower().split(","):
        name, _, parameter = part.strip().partition(";")
        quality = parameter.strip().removeprefix("q=")
        offered[name.strip()] = _quality(quality) if parameter else 1.0
    default = offered.get("*", 0.0)
    return next((name for name in _COMPRESS if offered.get(name, default) > 0), "")


async def compress(app: App, content: Content, encoding: str) -> bytes:
    """Return the body in *encoding*, kept by content; a large one is made in a thread."""
    key = (content.cid, encoding)
    body = app.assets.get(key)
    if body is None:
        if len(content.body) <= MAX_COMPRESSED_HERE_BYTES:
            body = _COMPRESS[encoding](content.body)
        else:
            body = await trio.to_thread.run_sync(_COMPRESS[encoding], content.body)
        app.assets.put(key, body)
    return body


def _quality(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0


def _tag(cid: str, encoding: str) -> str:
    return f'"{cid}-{encoding}"' if encoding else f'"{cid}"'


def _matches(if_none_match: str, cid: str) -> bool:
    """Whether a client holds this content, in whatever encoding."""
    if if_none_match.strip() == "*":
        return True
    tags = (tag.strip().removeprefix("W/").strip('"') for tag in if_none_match.split(","))
    return any(tag.partition("-")[0] == cid for tag in tags)


# -- small parts ------------------------------------------------------------------------------------------


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
    return headers.get("sec-fetch-mode", "navigate") == "navigate"


def _kind(item: FileSystemItem) -> str:
    """Return the type of an item's transform; empty: it has none."""
    return "" if isinstance(item.transform, msgspec.UnsetType) else item.transform.type


def _is_module(item: FileSystemItem) -> bool:
    return _kind(item) in ("jsx-to-js", "imports")


def _extras_of_reference(items: Sequence[FileSystemItem]) -> Extras:
    """Derive what the reference did: it mounts all that is served as JavaScript, in order."""
    flagged = [item.file_name for item in items if item.entry_point is True]
    roots = tuple(dict.fromkeys(item.file_name for item in items if item.mime_type == JAVASCRIPT))
    return Extras(entry_point=flagged[-1] if flagged else "", roots=roots)
