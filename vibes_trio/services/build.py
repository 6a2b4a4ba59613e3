"""From an app's files to what a release holds: compiled modules, how they reach each other, the import map.

Nothing here touches storage: a deploy compiles and looks versions up before its transaction.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import trio
from msgspec.structs import replace

from vibes_trio.compilers.interface import Compiled, Lang, Source, too_large_source
from vibes_trio.config import Limits
from vibes_trio.content.cid import calc_cid
from vibes_trio.content.import_map import package_lookups
from vibes_trio.content.imported_names import imported_names
from vibes_trio.content.links import TRANSFORMED, AppModule, Links
from vibes_trio.content.specifiers import parse_specifier
from vibes_trio.content.vibes_modules import is_ours
from vibes_trio.context import App
from vibes_trio.errors import TooLarge, TransformFailed, VibesError, forget_traces
from vibes_trio.exchange import Cid, UserId
from vibes_trio.modules.bases import REACT, base_for
from vibes_trio.modules.home import GIVEN
from vibes_trio.modules.wishes import MANIFEST, READ, read_ranges
from vibes_trio.services.linking import MapInput, check_imports, link, make_map
from vibes_trio.services.releases import IMPORT_MAP, JAVASCRIPT, Extras
from vibes_trio.wire.files import FileSystemItem, Transform, asset_uri

# Ranges that can stand in an address of the public module CDN.
_IN_ADDRESS = re.compile(r"[A-Za-z0-9^~<>=*|+._ -]+", re.ASCII)
IMPORT_MAP_MIME = "application/importmap+json"
HASHED_HERE_BYTES = 256 * 1024


@dataclass(frozen=True, slots=True)
class AppFile:
    """One file of a deploy. *lang* is set for modules; *mime* is what it is served as."""

    name: str
    content: bytes
    cid: Cid
    mime: str
    given_mime: str
    lang: Lang | None
    entry_point: bool


@dataclass(frozen=True, slots=True)
class Built:
    """What a release will hold: its items in order, the assets they name, our own notes, and words of warning."""

    items: tuple[FileSystemItem, ...]
    assets: Mapping[Cid, bytes]
    extras: Extras
    warnings: tuple[str, ...]
    import_map: bytes


async def build_release(
    app: App, user: UserId, files: Sequence[AppFile], entry_point: str, built_from: Cid
) -> Built:
    """Compile *files* (sorted by name) of *user*, link their modules, make the import map.

    Args:
        entry_point: the name of the file that is the app's; empty: none was flagged.
        built_from: see `Extras`.

    Raises:
        TransformFailed: a module does not compile; of several the first by name.
        TooLarge: the modules import too much.
    """
    compiled = await compile_all(app, user, files)
    await trio.lowlevel.checkpoint()
    modules = [_app_module(file, result) for file, result in zip(files, compiled, strict=True)]
    check_imports(modules, app.config.limits)
    links = await link(app, user, modules)
    await trio.lowlevel.checkpoint()  # each of these may take a millisecond or two
    most = app.config.limits.max_imports
    if len(links.bare) > most:
        raise TooLarge(f"The modules import {len(links.bare)} packages.", limit="max_imports", value=most)
    ranges = await read_asked(files)
    versions: dict[str, str | None] = {
        name: text for name, text in ranges.items() if _IN_ADDRESS.fullmatch(text)
    }
    versions |= await look_up(app, package_lookups(links.bare, versions))
    given = MapInput(links.bare, versions, app.config.fp_version, links.imports, links.scopes)
    import_map = await make_map(app, user, given)
    await trio.lowlevel.checkpoint()
    items, assets = await _assemble(files, compiled, links, import_map.text.encode())
    warnings = links.warnings + import_map.warnings
    extras = _extras(files, links, entry_point)
    extras = replace(extras, built_from=built_from, complete=not warnings)
    codes = [result.code for result in compiled if result is not None]
    extras = await with_packages(extras, import_map.packages, links.bare, ranges, codes)
    return Built(items, assets, extras, warnings, import_map.text.encode())


async def read_asked(files: Sequence[AppFile]) -> dict[str, str]:
    """Return package → range that the app's `package.json` asks for: the least deep one, and what lies beside it."""
    manifests = [f.name for f in files if f.name.endswith(f"/{MANIFEST}") and "/node_modules/" not in f.name]
    if not manifests:
        return {}
    folder = min(manifests, key=lambda name: (name.count("/"), name)).removesuffix(MANIFEST)
    beside = {f.name.removeprefix(folder): f.content for f in files if f.name.startswith(folder)}
    return await trio.to_thread.run_sync(
        read_ranges, {name: content for name, content in beside.items() if name in READ}
    )


async def with_packages(
    extras: Extras,
    packages: tuple[str, ...],
    specifiers: Collection[str],
    ranges: Mapping[str, str],
    codes: Sequence[str],
) -> Extras:
    """Return *extras* with what is known of the packages of a release, before any is built.

    Args:
        packages: specifiers of what comes from npm; specifiers: all that modules import by name.
        ranges: what `package.json` asks for.
        codes: the modules, as the browser gets them.
    """
    reacts = (parse_specifier(text) for text in packages)
    named = next((r.version for r in reacts if r.package == "react" and r.version), "")
    asked = dict(ranges) | ({"react": named} if named and "react" not in ranges else {})
    base, _ = base_for(asked.get("react", ""))
    others = [text for text in packages if text not in GIVEN]
    names = await trio.to_thread.run_sync(imported_names, codes, others) if others else {}
    return replace(
        extras,
        packages=tuple(dict.fromkeys((*packages, *(REACT if base.major else ())))),
        ranges=asked if packages else {},
        names=names,
        react=base.major,
        ours=tuple(text for text in specifiers if is_ours(text)),
    )


async def compile_all(app: App, user: UserId, files: Sequence[AppFile]) -> list[Compiled | None]:
    """Return the result for each file; None for what is no module.

    Few are begun at a time: what the loop has to do for each adds up, and the compiler bounds how many run anyway.
    """
    compiled: list[Compiled | None] = [None] * len(files)
    failed: dict[int, VibesError] = {}
    modules = iter([(index, file, file.lang) for index, file in enumerate(files) if file.lang is not None])

    async def compile_some() -> None:
        for index, file, lang in modules:
            await trio.lowlevel.checkpoint()
            try:
                compiled[index] = await app.compiler.compile(_source(file, lang, app.config.limits), user)
            except VibesError as error:
                forget_traces(error)
                failed[index] = error

    async with trio.open_nursery() as nursery:
        for _ in range(app.config.limits.compile_at_once):
            nursery.start_soon(compile_some)
    if failed:
        raise failed.pop(min(failed))  # kept by nobody here: its traceback holds us
    return compiled


async def look_up(app: App, packages: Sequence[str]) -> dict[str, str | None]:
    """Ask for the versions of *packages*, all at once; outbound bounds how many are under way."""
    versions: dict[str, str | None] = {}

    async def look_up_one(package: str) -> None:
        versions[package] = await app.package_version(package)

    async with trio.open_nursery() as nursery:
        for package in packages:
            nursery.start_soon(look_up_one, package)
    return versions


def _source(file: AppFile, lang: Lang, limits: Limits) -> Source:
    """Return *file* as a compiler takes it; its name is told in errors as the app's author knows it.

    Raises:
        TransformFailed: the content (of a reference) is no UTF-8.
        TooLarge: it is too long to be compiled.
    """
    if len(file.content) > limits.max_source_bytes:
        raise too_large_source(file.name, len(file.content), limits)
    try:
        return Source(file.name, lang, file.content.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise TransformFailed(f"this is no UTF-8 text (byte {error.start})", filename=file.name) from None


def _app_module(file: AppFile, result: Compiled | None) -> AppModule:
    if result is None:
        return AppModule(file.name, file.cid)
    return AppModule(
        file.name, file.cid, file.lang, result.imports, result.dynamic_imports, result.has_default
    )


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

    map_cid = await _find_cid(import_map)
    for file, result, served in zip(files, compiled, links.served, strict=True):
        await trio.lowlevel.checkpoint()
        transform = Transform(type="imports", import_map_asset_id=map_cid) if result else None
        made: list[FileSystemItem] = []
        if result is not None and file.lang != "js":
            code = result.code.encode()
            cid = await _find_cid(code)
            transform = Transform(type="jsx-to-js", transformed_asset_id=cid)
            of = Transform(type="transformed", action="jsx-to-js", transformed_asset_id=file.cid)
            made.append(add(served, code, cid, JAVASCRIPT, of))
        item = add(file.name, file.content, file.cid, file.mime, transform)
        items += [replace(item, entry_point=True) if file.entry_point else item, *made]
    for name, (stands_for, text) in links.wrappers.items():
        code = text.encode()
        of = Transform(type="as-module", from_asset_ids=(stands_for,))
        items.append(add(name, code, await _find_cid(code), JAVASCRIPT, of))
    sources = tuple(
        file.name for file, result in zip(files, compiled, strict=True) if result and result.imports
    )
    of = Transform(type="import-map", from_asset_ids=sources)
    items.append(add(IMPORT_MAP, import_map, map_cid, IMPORT_MAP_MIME, of))
    return tuple(items), assets


async def _find_cid(content: bytes) -> Cid:
    """Return the CID of *content*; a long one's is calculated by a thread, which needs no interpreter for that."""
    await trio.lowlevel.checkpoint()
    return (
        calc_cid(content)
        if len(content) <= HASHED_HERE_BYTES
        else await trio.to_thread.run_sync(calc_cid, content)
    )


def _extras(files: Sequence[AppFile], links: Links, entry_point: str) -> Extras:
    """Return our notes: a flagged module is the only root."""
    names = [file.name for file in files]
    roots = links.roots
    if entry_point and files[names.index(entry_point)].lang is not None:
        roots = (links.served[names.index(entry_point)],)
    sources = {
        served: name
        for served, name in zip(links.served, names, strict=True)
        if served.startswith(TRANSFORMED)
    }
    return Extras(entry_point=entry_point, roots=roots, sources=sources)
