"""From an app's files to what a release holds: compiled modules, how they reach each other, the import map.

Nothing here touches storage: a deploy compiles and looks versions up before its transaction.
"""

import dataclasses
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

import msgspec
import trio
from msgspec.structs import replace

from vibes_trio.bundle.build import AppBuild
from vibes_trio.bundle.forms import tell_forms
from vibes_trio.compilers.interface import Compiled, Lang, Source, too_large_source
from vibes_trio.config import Limits
from vibes_trio.content.cid import calc_cid
from vibes_trio.content.components import has_fence
from vibes_trio.content.foreign_packages import no_such_file
from vibes_trio.content.js_json import quote_json
from vibes_trio.content.jsx_source import PREACT
from vibes_trio.content.links import TRANSFORMED, AppModule, Links, bare_of
from vibes_trio.content.project import exports_of, not_mapped
from vibes_trio.context import App
from vibes_trio.errors import TooLarge, TransformFailed, VibesError, forget_traces
from vibes_trio.exchange import Cid, FsId, UserId
from vibes_trio.modules.bases import AS_COMPAT
from vibes_trio.services.app_build import Whole, build_whole, entries_of, keep_build
from vibes_trio.services.app_files import AppFile
from vibes_trio.services.cids import find_cid
from vibes_trio.services.linking import MapInput, check_imports, link, make_map
from vibes_trio.services.releases import IMPORT_MAP, JAVASCRIPT, Extras, read_map
from vibes_trio.services.wanted import find_versions, read_asked, with_packages
from vibes_trio.wire.files import FileSystemItem, Transform, asset_uri

IMPORT_MAP_MIME = "application/importmap+json"


@dataclass(frozen=True, slots=True)
class Built:
    """What a release will hold: its items in order, the assets they name, our own notes, and words of warning."""

    items: tuple[FileSystemItem, ...]
    assets: Mapping[Cid, bytes]
    extras: Extras
    warnings: tuple[str, ...]
    import_map: bytes


async def build_release(
    app: App,
    user: UserId,
    files: Sequence[AppFile],
    entry_point: str,
    built_from: Cid,
    whole: Whole,
    env: Mapping[str, str],
    fs_id: FsId,
) -> Built:
    """Compile *files* (sorted by name) of *user*, link their modules, make the import map; build the app if it asks
    for that.

    Args:
        entry_point: the name of the file that is the app's; empty: none was flagged.
        built_from: see `Extras`.
        whole: the same files as a whole.
        env: the deploy's own values.
        fs_id: tells apart the files and values; with *built_from*, all that an app is built of.

    Raises:
        TransformFailed: a module does not compile; of several the first by name.
        TooLarge: the modules import too much.
    """
    is_built = whole.wants_build and app.compiler.can_bundle
    project = whole.project
    files, compiled = await compile_all(
        app, user, files, project.wrapped, project.apart, sent_first=is_built, classes=project.classes
    )
    await trio.lowlevel.checkpoint()
    spares = whole.project.spares
    modules = [_app_module(file, result, spares) for file, result in zip(files, compiled, strict=True)]
    check_imports(modules, app.config.limits)
    links = await link(app, user, modules)
    await trio.lowlevel.checkpoint()  # each of these may take a millisecond or two
    check_packages(app, links.bare)
    ranges = await read_asked(files, project.root)
    if project.jsx_source == PREACT:
        ranges = dict.fromkeys(("react", "react-dom"), AS_COMPAT) | ranges
    # Names of packages that lie beside the app are nobody else's business.
    named = [text for text in links.bare if whole.places.find("/", text) is None]
    versions = await find_versions(app, named, ranges)
    asked = _bare_of_page(modules, links, whole)
    needed = not_mapped(project, asked)
    given = MapInput(
        links.bare,
        versions,
        app.config.fp_version,
        links.imports,
        links.scopes,
        needed,
        app.config.asks_registry,
    )
    import_map = await make_map(app, user, given)
    await trio.lowlevel.checkpoint()
    text = import_map.text.encode()
    items, assets = await _assemble(files, compiled, links, text)
    warnings = links.warnings + import_map.warnings
    extras, page = _extras(files, links, entry_point, whole)
    extras = replace(extras, built_from=built_from, complete=not warnings)
    codes = [result.code for result in compiled if result is not None]
    extras = await with_packages(app, extras, import_map.packages, asked, ranges, codes)
    assets |= page
    release = Built(items, assets, extras, warnings, text)
    if not whole.wants_build:
        return release
    if not app.compiler.can_bundle:
        return replace_warnings(release, tell_forms(whole.forms))
    defaults = [module.name for module in modules if module.has_default]
    roots = [extras.sources.get(root, root) for root in extras.roots]
    made = await build_whole(app, user, whole, roots, env, ranges, f"{fs_id} {built_from}")
    return release if made is None else await _with_build(app, user, release, whole, made, defaults, ranges)


def _bare_of_page(modules: Sequence[AppModule], links: Links, whole: Whole) -> tuple[str, ...]:
    """Return what the page can ask for by name. What tests and servers import is fetched for nobody."""
    if whole.project.html:
        # Its HTML names scripts by itself.
        entries: Iterable[str] = (module.name for module in modules if module.name not in whole.project.apart)
    else:
        served = dict(zip(links.served, (module.name for module in modules), strict=True))
        entries = entries_of(whole, [served[root] for root in links.roots])
    return bare_of(modules, links, entries)


def replace_warnings(release: Built, warnings: tuple[str, ...]) -> Built:
    """Return *release* with *warnings* before its own."""
    return dataclasses.replace(release, warnings=warnings + release.warnings)


async def _with_build(
    app: App,
    user: UserId,
    release: Built,
    whole: Whole,
    made: AppBuild,
    defaults: Sequence[str],
    ranges: Mapping[str, str],
) -> Built:
    """Return *release* with its app built as a whole: packages and warnings are those of the build."""
    packages = not_mapped(whole.project, made.packages)
    check_packages(app, packages)
    versions = await find_versions(app, packages, ranges)
    import_map = await make_map(app, user, MapInput(tuple(packages), versions, app.config.fp_version))
    all_imports = read_map(import_map.text.encode()).imports
    imports = {text: all_imports[text] for text in packages if text in all_imports}
    built, assets = keep_build(whole, made, imports, defaults)
    missing = tuple(f"{file}: import {quote_json(text)}: {no_such_file(text)}" for file, text in made.missing)
    warnings = (*made.warnings, *missing, *import_map.warnings)
    extras = replace(release.extras, built=built, complete=not warnings)
    codes = [code.decode("utf-8", "replace") for name, code in made.files.items() if name.endswith(".js")]
    extras = await with_packages(app, extras, import_map.packages, made.packages, ranges, codes)
    return Built(release.items, {**release.assets, **assets}, extras, warnings, import_map.text.encode())


def check_packages(app: App, specifiers: Sequence[str]) -> None:
    """Pass if an app imports no more packages than one may.

    Raises:
        TooLarge: it does.
    """
    most = app.config.limits.max_imports
    if len(specifiers) > most:
        raise TooLarge(f"The modules import {len(specifiers)} packages.", limit="max_imports", value=most)


async def compile_all(
    app: App,
    user: UserId,
    files: Sequence[AppFile],
    wrapped: Mapping[str, bytes],
    apart: Collection[str] = (),
    *,
    sent_first: bool = False,
    classes: str = "",
) -> tuple[list[AppFile], list[Compiled | None]]:
    """Return *files*, and the result for each; None for what is no module.

    A file that is no JavaScript but JSX (`App.js` of Create React App) is one of JSX in what is returned. What stands
    in *wrapped* under its name counts in place of its content; with *sent_first* only if that does not compile. One
    of *apart*, which no page runs, need not compile: it is then kept as a file like any other.
    For *classes* see `Source`.

    Few are begun at a time: what the loop has to do for each adds up, and the compiler bounds how many run anyway.
    """
    read_as = list(files)
    compiled: list[Compiled | None] = [None] * len(files)
    failed: dict[int, VibesError] = {}
    modules = iter([(index, file, file.lang) for index, file in enumerate(files) if file.lang is not None])
    limits = app.config.limits

    async def compile_some() -> None:
        for index, file, lang in modules:
            await trio.lowlevel.checkpoint()
            given = [file.content, wrapped[file.name]] if file.name in wrapped else [file.content]
            try:
                first, *rest = [
                    _source(file.name, content, lang, limits, classes)
                    for content in given[:: 1 if sent_first else -1]
                ]
                instead = rest[0] if rest and sent_first else None
                compiled[index], read = await _compile(app, user, first, instead)
            except VibesError as error:
                forget_traces(error)
                if isinstance(error, TransformFailed) and file.name in apart:
                    read_as[index] = dataclasses.replace(file, lang=None)
                else:
                    failed[index] = error
            else:
                if read != lang:
                    read_as[index] = dataclasses.replace(file, lang=read)

    async with trio.open_nursery() as nursery:
        for _ in range(limits.compile_at_once):
            nursery.start_soon(compile_some)
    if failed:
        raise failed.pop(min(failed))  # kept by nobody here: its traceback holds us
    return read_as, compiled


async def _compile(app: App, user: UserId, source: Source, instead: Source | None) -> tuple[Compiled, Lang]:
    """As `_compile_as_jsx`; what does not compile is tried as *instead*, if that is given."""
    try:
        return await _compile_as_jsx(app, user, source)
    except TransformFailed as error:
        if instead is None:
            raise _told_markdown(error, source) from None
    return await _compile_as_jsx(app, user, instead)


def _told_markdown(error: TransformFailed, source: Source) -> TransformFailed:
    """Return *error* with what to do where Markdown stands round the code of *source*."""
    if not has_fence(source.text):
        return error
    words = f"{error.words} (there is Markdown in this file: leave only what stands between the lines of ```)"
    return TransformFailed(words, filename=source.filename, line=error.line, column=error.column)


async def _compile_as_jsx(app: App, user: UserId, source: Source) -> tuple[Compiled, Lang]:
    """Return the result, and what the source turned out to be written in.

    Raises:
        TransformFailed: it is neither what it was called nor JSX; told is what got further.
    """
    try:
        return await app.compiler.compile(source, user), source.lang
    except TransformFailed as error:
        if source.lang != "js" or "<" not in source.text:
            raise
        first = (error.words, error.line, error.column)
    try:
        return await app.compiler.compile(dataclasses.replace(source, lang="jsx"), user), "jsx"
    except TransformFailed as second:
        words, line, column = max(first, (second.words, second.line, second.column), key=lambda f: f[1:])
    raise TransformFailed(words, filename=source.filename, line=line, column=column)


def _source(name: str, content: bytes, lang: Lang, limits: Limits, classes: str) -> Source:
    """Return a module as a compiler takes it; its name is told in errors as the app's author knows it.

    Raises:
        TransformFailed: the content (of a reference) is no UTF-8.
        TooLarge: it is too long to be compiled.
    """
    if len(content) > limits.max_source_bytes:
        raise too_large_source(name, len(content), limits)
    try:
        return Source(name, lang, content.decode("utf-8"), classes if lang.startswith("t") else "")
    except UnicodeDecodeError as error:
        raise TransformFailed(f"this is no UTF-8 text (byte {error.start})", filename=name) from None


def _app_module(file: AppFile, result: Compiled | None, spares: Collection[str]) -> AppModule:
    if result is None:
        return AppModule(file.name, file.cid)
    has_default = result.has_default or file.name in spares
    return AppModule(file.name, file.cid, file.lang, result.imports, result.dynamic_imports, has_default)


async def _assemble(
    files: Sequence[AppFile], compiled: Sequence[Compiled | None], links: Links, import_map: bytes
) -> tuple[tuple[FileSystemItem, ...], dict[Cid, bytes]]:
    """Return the items in the reference's order, and all assets: each source, what became of it, then the map."""
    items: list[FileSystemItem] = []
    assets: dict[Cid, bytes] = {}

    def add(name: str, content: bytes, cid: Cid, mime: str, transform: Transform | None) -> FileSystemItem:
        assets[cid] = content
        item = FileSystemItem(
            file_name=name, asset_id=cid, mime_type=mime, asset_uri=asset_uri(cid), size=len(content)
        )
        return item if transform is None else replace(item, transform=transform)

    map_cid = await find_cid(import_map)
    for file, result, served in zip(files, compiled, links.served, strict=True):
        await trio.lowlevel.checkpoint()
        transform = Transform(type="imports", import_map_asset_id=map_cid) if result else None
        made: list[FileSystemItem] = []
        if result is not None and file.lang != "js":
            code = result.code.encode()
            cid = await find_cid(code)
            transform = Transform(type="jsx-to-js", transformed_asset_id=cid)
            of = Transform(type="transformed", action="jsx-to-js", transformed_asset_id=file.cid)
            made.append(add(served, code, cid, JAVASCRIPT, of))
        item = add(file.name, file.content, file.cid, file.mime, transform)
        items += [replace(item, entry_point=True) if file.entry_point else item, *made]
    for name, (stands_for, text) in links.wrappers.items():
        code = text.encode()
        of = Transform(type="as-module", from_asset_ids=(stands_for,))
        items.append(add(name, code, await find_cid(code), JAVASCRIPT, of))
    sources = tuple(
        file.name for file, result in zip(files, compiled, strict=True) if result and result.imports
    )
    of = Transform(type="import-map", from_asset_ids=sources)
    items.append(add(IMPORT_MAP, import_map, map_cid, IMPORT_MAP_MIME, of))
    return tuple(items), assets


def _extras(
    files: Sequence[AppFile], links: Links, entry_point: str, whole: Whole
) -> tuple[Extras, Mapping[Cid, bytes]]:
    """Return our notes, and the assets that they name."""
    project = whole.project
    served = dict(zip([file.name for file in reversed(files)], reversed(links.served), strict=True))
    names = {address: name for name, address in served.items()}
    sources = {address: name for address, name in names.items() if address.startswith(TRANSFORMED)}
    entries = entries_of(whole, [names[root] for root in links.roots])
    roots = tuple(dict.fromkeys(served[name] for name in entries if name in served))
    known = {mount.name: mount.export for mount in project.mounts} | dict.fromkeys(project.hollow, "")
    if not project.entries:
        known = exports_of(project, entries)
    has_own = bool(project.entries or project.spares or project.hollow)
    mounts = {served[name]: known[name] for name in entries if name in known} if has_own else None
    template = msgspec.json.encode(project.template) if project.template is not None else b""
    assets = {calc_cid(template): template} if template else {}
    template_id = next(iter(assets), "")
    others = {name: msgspec.json.encode(page) for name, page in project.pages.items()}
    assets |= {calc_cid(content): content for content in others.values()}
    return Extras(
        entry_point=entry_point,
        roots=roots,
        sources=sources,
        mounts=mounts,
        html=project.html if template else "",
        template_id=template_id,
        public=project.public,
        routes=whole.routes,
        imports=dict(project.imports),
        remote=project.remote,
        pages={name: calc_cid(content) for name, content in others.items()},
    ), assets
