"""From an app's files to what a release holds: compiled modules, how they reach each other, the import map.

Nothing here touches storage: a deploy compiles and looks versions up before its transaction.
"""

import dataclasses
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

import msgspec
import trio
from msgspec.structs import replace

from vibes_trio.bundle.forms import tell_forms
from vibes_trio.compilers.interface import Compiled, Lang, Source
from vibes_trio.content.cid import calc_cid
from vibes_trio.content.import_map import build_import_map, package_lookups
from vibes_trio.content.js_json import quote_json
from vibes_trio.content.links import TRANSFORMED, AppModule, Links, bare_of, link_modules
from vibes_trio.content.project import exports_of, not_mapped
from vibes_trio.context import App
from vibes_trio.errors import TooLarge, TransformFailed, VibesError
from vibes_trio.exchange import Cid
from vibes_trio.services.app_build import Whole, build_whole, entries_of, keep_build
from vibes_trio.services.app_files import AppFile
from vibes_trio.services.releases import IMPORT_MAP, JAVASCRIPT, Extras, read_map
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
    files: Sequence[AppFile],
    entry_point: str,
    built_from: Cid,
    whole: Whole,
    env: Mapping[str, str],
) -> Built:
    """Compile *files* (sorted by name), link their modules, make the import map; build the app if it asks for that.

    Args:
        entry_point: the name of the file that is the app's; empty: none was flagged.
        built_from: see `Extras`.
        whole: the same files as a whole.
        env: the deploy's own values.

    Raises:
        TransformFailed: a module does not compile; of several the first by name.
        TooLarge: the modules import too much.
    """
    is_built = whole.wants_build and app.compiler.can_bundle
    project = whole.project
    files, compiled = await compile_all(app, files, project.wrapped, project.apart, sent_first=is_built)
    spares = whole.project.spares
    modules = [_app_module(file, result, spares) for file, result in zip(files, compiled, strict=True)]
    links = link_modules(modules)
    check_imports(app, links.bare)
    versions = await look_up(app, package_lookups(links.bare))
    import_map = build_import_map(
        links.bare,
        versions,
        app.config.fp_version,
        imports=links.imports,
        scopes=links.scopes,
        needed=_bare_of_page(modules, links, whole),
    )
    text = import_map.text.encode()
    items, assets = _assemble(files, compiled, links, text)
    warnings = links.warnings + import_map.warnings
    extras, page = _extras(files, links, entry_point, whole)
    extras = replace(extras, built_from=built_from, complete=not warnings, packages=import_map.packages)
    assets |= page
    release = Built(items, assets, extras, warnings, text)
    if not whole.wants_build:
        return release
    if not app.compiler.can_bundle:
        return replace_warnings(release, tell_forms(whole.forms))
    defaults = [module.name for module in modules if module.has_default]
    return await _with_build(app, release, whole, env, defaults)


def _bare_of_page(modules: Sequence[AppModule], links: Links, whole: Whole) -> tuple[str, ...]:
    """Return what the page can ask for by name. What tests and servers import is fetched for nobody."""
    if whole.project.html:
        # Its HTML names scripts by itself.
        entries: Iterable[str] = (module.name for module in modules if module.name not in whole.project.apart)
    else:
        served = dict(zip(links.served, (module.name for module in modules), strict=True))
        entries = entries_of(whole, [served[root] for root in links.roots])
    return not_mapped(whole.project, bare_of(modules, links, entries))


def replace_warnings(release: Built, warnings: tuple[str, ...]) -> Built:
    """Return *release* with *warnings* before its own."""
    return dataclasses.replace(release, warnings=warnings + release.warnings)


async def _with_build(
    app: App, release: Built, whole: Whole, env: Mapping[str, str], defaults: Sequence[str]
) -> Built:
    """Return *release* with its app built as a whole: packages and warnings are those of the build."""
    roots = [release.extras.sources.get(root, root) for root in release.extras.roots]
    made = await build_whole(app, whole, roots, env)
    if made is None:
        return release
    packages = not_mapped(whole.project, made.packages)
    check_imports(app, packages)
    versions = await look_up(app, package_lookups(packages))
    import_map = build_import_map(packages, versions, app.config.fp_version)
    all_imports = read_map(import_map.text.encode()).imports
    imports = {text: all_imports[text] for text in packages if text in all_imports}
    built, assets = keep_build(whole, made, imports, defaults)
    missing = tuple(
        f"{file}: import {quote_json(text)}: this app has no such file." for file, text in made.missing
    )
    warnings = (*made.warnings, *missing, *import_map.warnings)
    extras = replace(release.extras, built=built, packages=import_map.packages, complete=not warnings)
    return Built(release.items, {**release.assets, **assets}, extras, warnings, import_map.text.encode())


def check_imports(app: App, specifiers: Sequence[str]) -> None:
    """Pass if an app imports no more packages than one may.

    Raises:
        TooLarge: it does.
    """
    most = app.config.limits.max_imports
    if len(specifiers) > most:
        raise TooLarge(f"The modules import {len(specifiers)} packages.", limit="max_imports", value=most)


async def compile_all(
    app: App,
    files: Sequence[AppFile],
    wrapped: Mapping[str, bytes],
    apart: Collection[str] = (),
    *,
    sent_first: bool = False,
) -> tuple[list[AppFile], list[Compiled | None]]:
    """Return *files*, and the result for each; None for what is no module. The compiler bounds how many run at once.

    A file that is no JavaScript but JSX (`App.js` of Create React App) is one of JSX in what is returned. What stands
    in *wrapped* under its name counts in place of its content; with *sent_first* only if that does not compile. One
    of *apart*, which no page runs, need not compile: it is then kept as a file like any other.
    """
    read_as = list(files)
    compiled: list[Compiled | None] = [None] * len(files)
    failed: dict[int, VibesError] = {}

    async def compile_one(index: int, source: Source, instead: Source | None) -> None:
        try:
            result, lang = await _compile(app, source, instead)
        except VibesError as error:
            if isinstance(error, TransformFailed) and files[index].name in apart:
                read_as[index] = dataclasses.replace(files[index], lang=None)
            else:
                failed[index] = error
        else:
            compiled[index] = result
            if lang != source.lang:
                read_as[index] = dataclasses.replace(files[index], lang=lang)

    # Made here and not in the nursery, which would wrap what it raises.
    sources: dict[int, tuple[Source, Source | None]] = {}
    for index, file in enumerate(files):
        if file.lang is not None:
            given = [file.content, wrapped[file.name]] if file.name in wrapped else [file.content]
            first, *rest = [
                _source(file.name, content, file.lang) for content in given[:: 1 if sent_first else -1]
            ]
            sources[index] = first, rest[0] if rest and sent_first else None
    async with trio.open_nursery() as nursery:
        for index, (source, instead) in sources.items():
            nursery.start_soon(compile_one, index, source, instead)
    if failed:
        raise failed[min(failed)]
    return read_as, compiled


async def _compile(app: App, source: Source, instead: Source | None) -> tuple[Compiled, Lang]:
    """As `_compile_as_jsx`; what does not compile is tried as *instead*, if that is given."""
    try:
        return await _compile_as_jsx(app, source)
    except TransformFailed:
        if instead is None:
            raise
        return await _compile_as_jsx(app, instead)


async def _compile_as_jsx(app: App, source: Source) -> tuple[Compiled, Lang]:
    """Return the result, and what the source turned out to be written in.

    Raises:
        TransformFailed: it is neither what it was called nor JSX; told is what got further.
    """
    try:
        return await app.compiler.compile(source), source.lang
    except TransformFailed as error:
        if source.lang != "js" or "<" not in source.text:
            raise
        first = error
    try:
        return await app.compiler.compile(dataclasses.replace(source, lang="jsx")), "jsx"
    except TransformFailed as second:
        raise (second if (second.line, second.column) > (first.line, first.column) else first) from None


async def look_up(app: App, packages: Sequence[str]) -> dict[str, str | None]:
    """Ask for the versions of *packages*, all at once; outbound bounds how many are under way."""
    versions: dict[str, str | None] = {}

    async def look_up_one(package: str) -> None:
        versions[package] = await app.package_version(package)

    async with trio.open_nursery() as nursery:
        for package in packages:
            nursery.start_soon(look_up_one, package)
    return versions


def _source(name: str, content: bytes, lang: Lang) -> Source:
    """Return a module as a compiler takes it; its name is told in errors as the app's author knows it.

    Raises:
        TransformFailed: the content (of a reference) is no UTF-8.
    """
    try:
        return Source(name, lang, content.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise TransformFailed(f"this is no UTF-8 text (byte {error.start})", filename=name) from None


def _app_module(file: AppFile, result: Compiled | None, spares: Collection[str]) -> AppModule:
    if result is None:
        return AppModule(file.name, file.cid)
    has_default = result.has_default or file.name in spares
    return AppModule(file.name, file.cid, file.lang, result.imports, result.dynamic_imports, has_default)


def _assemble(
    files: Sequence[AppFile], compiled: Sequence[Compiled | None], links: Links, import_map: bytes
) -> tuple[tuple[FileSystemItem, ...], dict[Cid, bytes]]:
    """Return the items in the reference's order, and all assets: each source, what became of it, then the map."""
    items: list[FileSystemItem] = []
    assets: dict[Cid, bytes] = {}

    def add(
        name: str,
        content: bytes,
        mime: str,
        transform: Transform | None,
        *,
        cid: Cid | None = None,
        flagged: bool = False,
    ) -> None:
        cid = cid or calc_cid(content)
        assets[cid] = content
        item = FileSystemItem(
            file_name=name, asset_id=cid, mime_type=mime, asset_uri=asset_uri(cid), size=len(content)
        )
        if transform is not None:
            item = replace(item, transform=transform)
        items.append(replace(item, entry_point=True) if flagged else item)

    map_cid = calc_cid(import_map)
    for file, result, served in zip(files, compiled, links.served, strict=True):
        if result is None or file.lang == "js":
            transform = Transform(type="imports", import_map_asset_id=map_cid) if result else None
            add(file.name, file.content, file.mime, transform, cid=file.cid, flagged=file.entry_point)
            continue
        code = result.code.encode()
        source_transform = Transform(type="jsx-to-js", transformed_asset_id=calc_cid(code))
        add(file.name, file.content, file.mime, source_transform, cid=file.cid, flagged=file.entry_point)
        made = Transform(type="transformed", action="jsx-to-js", transformed_asset_id=file.cid)
        add(served, code, JAVASCRIPT, made)
    for name, (stands_for, text) in links.wrappers.items():
        add(name, text.encode(), JAVASCRIPT, Transform(type="as-module", from_asset_ids=(stands_for,)))
    sources = tuple(
        file.name for file, result in zip(files, compiled, strict=True) if result and result.imports
    )
    add(IMPORT_MAP, import_map, IMPORT_MAP_MIME, Transform(type="import-map", from_asset_ids=sources))
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
    return Extras(
        entry_point=entry_point,
        roots=roots,
        sources=sources,
        mounts=mounts,
        html=project.html if template else "",
        template_id=next(iter(assets), ""),
        public=project.public,
        routes=whole.routes,
        imports=dict(project.imports),
        remote=project.remote,
    ), assets
