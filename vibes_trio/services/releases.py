"""A release as it lies in storage, taken apart: its files, its import map, our own notes on it.

That is done once and kept by name until a deploy or a sweep changes it; bytes are kept by content.
"""

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import msgspec

from vibes_trio.bundle.marks import BUILT
from vibes_trio.cache import NameCache
from vibes_trio.content.cid import calc_cid
from vibes_trio.content.import_map import predefined_imports
from vibes_trio.content.mime import OCTETS
from vibes_trio.context import App
from vibes_trio.errors import NotFound
from vibes_trio.exchange import AppSlug, Cid, FsId, UserSlug
from vibes_trio.services.replies import Content
from vibes_trio.services.stored_settings import Stored, read_settings
from vibes_trio.storage import apps, assets
from vibes_trio.storage.app_states import AppState, Visibility, find_app
from vibes_trio.storage.feed import Change, Everything, Releases
from vibes_trio.storage.interface import Tx
from vibes_trio.storage.release_rows import Mode, Release
from vibes_trio.urls import EntryPoint, decode_path
from vibes_trio.wire.files import FileSystemItem, asset_uri, read_items

log = logging.getLogger(__name__)

IMPORT_MAP = "/~~calculated~~/import-map.json"
JAVASCRIPT = "application/javascript"
JAVASCRIPT_TYPES = (JAVASCRIPT, "text/javascript")
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
        extras: our own notes on it.
        mode: dev releases alone are reloaded by their pages.
        title: what its owner calls the app; empty: nothing.
        edition: changes with what the page is made of: a release that is built anew keeps its fs_id.
    """

    fs_id: FsId
    edition: Cid
    app: AppSlug
    user: UserSlug
    env: Mapping[str, str]
    files: Mapping[str, FileSystemItem]
    import_map: FileSystemItem | None
    default: FileSystemItem | None
    roots: tuple[str, ...]
    sources: Mapping[str, str]
    extras: "Extras"
    mode: Mode
    title: str = ""
    visibility: Visibility = "public"

    @property
    def is_private(self) -> bool:
        """Whether only those whom the app's owner lets in may see it."""
        return self.visibility == "private"

    @property
    def is_listed(self) -> bool:
        """Whether search engines may list it."""
        return self.visibility == "public"


class BuiltFile(msgspec.Struct, frozen=True, array_like=True):
    """A file that was made of an app's sources: the asset that it is, and its size in bytes."""

    asset_id: str
    size: int


class BuiltApp(msgspec.Struct, frozen=True, kw_only=True):
    """What an app became that was built as a whole (`vibes_trio.bundle`). It is nothing that the reference knows.

    Attributes:
        entries: name of a source that the page runs → name of the built file.
        mounts: name of a source → its export that is mounted; others mount themselves.
        files: name, in the folder `bundle.marks.BUILT` → asset.
        imports: specifier of a package → its address in the stored import map's terms.
        sources: names of the app's modules, for messages.
        tailwind: whether a style sheet of it is for Tailwind.
        linked: style sheets that its HTML links and that the page has otherwise, as only Tailwind can read them.
    """

    entries: dict[str, str] = {}
    mounts: dict[str, str] = {}
    files: dict[str, BuiltFile] = {}
    imports: dict[str, str] = {}
    sources: tuple[str, ...] = ()
    tailwind: bool = False
    linked: tuple[str, ...] = ()


class Extras(msgspec.Struct, frozen=True, kw_only=True):
    """What we keep about a release beside the reference's columns; a file of the reference has none.

    Attributes:
        entry_point: the name that won of those flagged; empty: none.
        roots: served names of the modules that the page mounts.
        sources: from served names of transformed modules to those of their sources.
        built_from: tells apart what is built differently under one fsId, which knows neither the entry point
            nor the languages (`deploy.calc_built_from`).
        packages: specifiers of npm packages that its modules import.
        modules: specifier of such a package → address of the module that was built for it on this server.
        lock_id: asset with the `Lock` that they are built from, as JSON; empty: none was built yet.
        notes: what people should know of that, such as a peer's range that is not met.
        not_local: specifier → why it could not be built here; `""` stands for all.
        next_try: when a visitor may have that tried again, Unix seconds; 0: when the server has restarted.
        ranges: package → range or version that the app's `package.json`, or the lock file beside it, asks for.
        names: specifier of a package → names that the app imports of it.
        react: major of the React of its page; empty: the newest.
        ours: specifiers of scripts of this server that its modules import; None: nobody looked.
        fonts: family that its files ask for by name → the axes (`wght`, …) that it is to vary in.
        complete: whether nothing was missing, such as a package; else the same deploy is built anew.
        built: what the page runs of an app that was built as a whole; None: its modules one by one.
        mounts: root → its export that is mounted, as in `PageInput`; others only run. None: the defaults of all.
        html: name of the app's file that is its page; empty: the page is ours.
        template_id: asset with that page's `own_page.Template`, as JSON.
        public: folder whose files also answer at the root; empty: none.
        routes: whether the app has addresses of its own.
        imports: the import map of the app's own HTML.
        remote: addresses of other hosts that this HTML loads scripts and styles from.
        elsewhere: those that its modules import and that are no packages.
        pages: name of another HTML file that loads some → asset with its `own_page.Template`.
    """

    entry_point: str = ""
    roots: tuple[str, ...] = ()
    sources: dict[str, str] = {}
    built_from: str = ""
    packages: tuple[str, ...] = ()
    modules: dict[str, str] = {}
    lock_id: str = ""
    notes: tuple[str, ...] = ()
    not_local: dict[str, str] = {}
    next_try: float = 0.0
    ranges: dict[str, str] = {}
    names: dict[str, tuple[str, ...]] = {}
    react: str = ""
    ours: tuple[str, ...] | None = None
    fonts: dict[str, tuple[str, ...]] = {}
    complete: bool = True
    built: BuiltApp | None = None
    mounts: dict[str, str] | None = None
    html: str = ""
    template_id: str = ""
    public: str = ""
    routes: bool = False
    imports: dict[str, str] = {}
    remote: tuple[str, ...] = ()
    elsewhere: tuple[str, ...] = ()
    pages: dict[str, str] = {}


_extras_decoder = msgspec.json.Decoder(Extras)


def read_extras(text: str | None) -> Extras | None:
    """Return our notes on a release; None: there are none, the reference made it, or they can't be read."""
    try:
        return _extras_decoder.decode(text) if text else None
    except msgspec.DecodeError:
        return None


def forget_changed(releases: NameCache[ServedRelease | None], change: Change) -> None:
    """Forget of *releases* what *change* may have made untrue. Bytes are kept by content, and stay true."""
    if isinstance(change, Everything) or (isinstance(change, Releases) and not change.apps):
        releases.clear()
    elif isinstance(change, Releases):
        for name, user, _ in change.apps:
            releases.drop((name, user))


async def find_release(app: App, entry: EntryPoint) -> ServedRelease | None:
    """Return the release that *entry* names, from the cache of names or the database."""
    group = (entry.app, entry.user)
    cached = app.releases.get(group, entry.fs_id)
    if cached is not None:
        return cached
    version = app.releases.version
    row, state = await app.db.get(_look_up, entry)
    if row is None:
        return None  # not kept: anyone can ask for any number of names that are not there
    try:
        release = take_apart(row, state)
    except msgspec.DecodeError as error:
        log.error("release %s of %s--%s can't be read: %s", row.fs_id, row.app_slug, row.user_slug, error)
        return None
    if app.releases.version == version:  # else it may have changed while it was read
        app.releases.put(group, entry.fs_id, release, weight=1 + len(release.files))
    return release


def _look_up(tx: Tx, entry: EntryPoint) -> tuple[Release | None, AppState | None]:
    if entry.fs_id is None:
        row = apps.find_latest(tx, entry.app, entry.user)
    else:
        row = apps.find_release(tx, entry.app, entry.user, entry.fs_id)
    return row, find_app(tx, entry.app, entry.user) if row is not None else None


def take_apart(row: Release, state: AppState | None = None) -> ServedRelease:
    """Return a stored release as it is served; one made by the reference as the reference would.

    Args:
        state: what is known of its app; None: nothing.

    Raises:
        msgspec.DecodeError: its columns hold something else (a damaged database).
    """
    items = read_items(row.file_system_json)
    files: dict[str, FileSystemItem] = {}
    for item in items:
        files.setdefault(item.file_name, item)
    extras = read_extras(row.extras_json) or _extras_of_reference(items)
    for item in built_items(extras.built):
        files.setdefault(item.file_name, item)
    flagged = files.get(extras.entry_point)
    set_of_app = read_settings(state) if state is not None else Stored()
    title = state.title if state is not None else ""
    is_asset = flagged is not None and not _is_module(flagged) and not extras.template_id
    return ServedRelease(
        fs_id=row.fs_id,
        edition=calc_cid(
            msgspec.json.encode([row.file_system_json, row.extras_json, row.mode, set_of_app.env, title])
        ),
        app=row.app_slug,
        user=row.user_slug,
        title=title,
        visibility=state.visibility if state is not None else "public",
        mode=row.mode,
        env=read_env(row.env_json) | set_of_app.env,
        files=files,
        import_map=next((item for item in reversed(items) if _kind(item) == "import-map"), None),
        default=flagged if is_asset else None,
        roots=extras.roots,
        sources=extras.sources,
        extras=extras,
    )


_MIME_OF_BUILT = {"map": "application/json", "css": "text/css"}


def built_items(built: BuiltApp | None) -> Iterator[FileSystemItem]:
    """Yield the built files of an app as the files of a release that they are, too, though no reply has them."""
    for name, file in built.files.items() if built is not None else ():
        yield FileSystemItem(
            file_name=BUILT + name,
            asset_id=file.asset_id,
            mime_type=_MIME_OF_BUILT.get(name.rpartition(".")[2], JAVASCRIPT),
            asset_uri=asset_uri(file.asset_id),
            size=file.size,
        )


def find_file(release: ServedRelease, path: str) -> FileSystemItem | None:
    """Return the file of that very name: as sent, else percent-decoded; else the one of the public folder."""
    decoded = decode_path(path) if "%" in path else None
    for name in (path, decoded):
        item = release.files.get(name) if name is not None else None
        if item is not None:
            return item
    public = release.extras.public
    return release.files.get(f"{public}{decoded or path}") if public else None


async def read_asset(app: App, item: FileSystemItem, cache_control: str) -> Content:
    """Return the bytes of *item*; a large one is read by a thread, so that nobody else waits for the disk.

    Who wants a large one while it is being read gets the same bytes, not a copy of his own.

    Raises:
        NotFound: the release names an asset that is not stored (a damaged database).
    """
    cid = Cid(item.asset_id)
    body = app.assets.get(cid)
    if body is None and item.size > MAX_READ_HERE_BYTES:

        async def read() -> bytes:
            return _found(item.file_name, await app.db.read(assets.find_asset, cid))

        body = await app.assets.get_or_make(cid, read)
    elif body is None:
        body = await read_small(app, cid, item.file_name)
    mime = item.mime_type or OCTETS
    if _kind(item) == "imports" and mime not in JAVASCRIPT_TYPES:
        mime = JAVASCRIPT  # a module named otherwise: browsers load nothing else as one
    return Content(body, mime, cid, cid, cache_control)


async def read_small(app: App, cid: Cid, name: str) -> bytes:
    """Return the bytes of *cid*, few of them, from memory or the database.

    Raises:
        NotFound: they are not stored (a damaged database); says so of the file *name*.
    """
    body = app.assets.get(cid)
    if body is None:
        body = _found(name, await app.db.get(assets.find_asset, cid))
        app.assets.put(cid, body)
    return body


def _found(name: str, body: bytes | None) -> bytes:
    if body is None:
        raise NotFound(f"File not found {name}")
    return body


class ImportMap(msgspec.Struct, frozen=True):
    """An import map as stored."""

    imports: dict[str, str] = {}
    scopes: dict[str, dict[str, str]] = {}


_map_decoder = msgspec.json.Decoder(ImportMap)


def read_map(text: bytes) -> ImportMap:
    """Return the import map with this text.

    Raises:
        msgspec.DecodeError: it is none.
    """
    return _map_decoder.decode(text)


async def stored_map(app: App, release: ServedRelease) -> tuple[dict[str, str], dict[str, dict[str, str]]]:
    """Return `imports` and `scopes` of the map that the deploy made: for the built app, or its modules one by one.

    It is not a file that an app calls so (the reference takes one).

    Raises:
        NotFound: it is not stored, or is no import map (a damaged database).
    """
    built = release.extras.built
    if built is not None:
        return predefined_imports(app.config.fp_version) | built.imports, {}
    item = release.import_map
    if item is None:
        return {}, {}
    try:
        stored = read_map(await read_small(app, Cid(item.asset_id), item.file_name))
    except msgspec.DecodeError as error:
        log.error("the import map %s of %s can't be read: %s", item.asset_id, release.fs_id, error)
        raise NotFound(f"File not found {item.file_name}") from error
    return stored.imports, stored.scopes


# -- small parts ------------------------------------------------------------------------------------------


def read_env(text: str) -> dict[str, str]:
    """Return an app's values. The reference also took, and stored, lists: nobody could read those by name."""
    env = msgspec.json.decode(text)
    members = env.items() if isinstance(env, dict) else ()
    return {name: value for name, value in members if isinstance(value, str)}


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
