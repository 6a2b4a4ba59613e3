"""From an app's files to what a release holds: compiled modules, how they reach each other, the import map.

Nothing here touches storage: a deploy compiles and looks versions up before its transaction.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import trio

from vibes_trio.compilers.interface import Compiled, Lang, Source
from vibes_trio.content.cid import calc_cid
from vibes_trio.content.import_map import ImportMap, build_import_map, package_lookups
from vibes_trio.content.modules_graph import Linked, ModuleFile, link_modules
from vibes_trio.context import App
from vibes_trio.errors import TransformFailed, VibesError
from vibes_trio.exchange import Cid
from vibes_trio.services.serving import IMPORT_MAP, JAVASCRIPT, Extras
from vibes_trio.wire.files import FileSystemItem, Transform, asset_uri

IMPORT_MAP_MIME = "application/importmap+json"


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
    """What a release will hold: its items in order, the assets they name, and our own notes."""

    items: tuple[FileSystemItem, ...]
    assets: Mapping[Cid, bytes]
    extras: Extras
    warnings: tuple[str, ...]


async def build_release(app: App, files: Sequence[AppFile], entry_point: str) -> Built:
    """Compile *files* (sorted by name), link their modules, make the import map.

    Raises:
        TransformFailed: a module does not compile; of several the first by name.
    """
    compiled = await compile_all(app, files)
    modules = [
        ModuleFile(file.name, file.cid, file.lang, compiled.get(file.name)) for file in files
    ]
    linked = link_modules(modules)
    bare = list(dict.fromkeys(name for module in compiled.values() for name in linked.bare(module)))
    versions = await look_up(app, package_lookups(bare))
    import_map = build_import_map(
        bare, versions, app.config.fp_version, imports=linked.imports, scopes=linked.scopes
    )
    return _assemble(files, compiled, linked, import_map, entry_point)


async def compile_all(app: App, files: Sequence[AppFile]) -> dict[str, Compiled]:
    """Return the compiled modules by file name; the compiler bounds how many run at once."""
    compiled: dict[str, Compiled] = {}
    failed: dict[str, VibesError] = {}

    async def compile_one(file: AppFile, source: Source) -> None:
        try:
            compiled[file.name] = await app.compiler.compile(source)
        except VibesError as error:
            failed[file.name] = error

    async with trio.open_nursery() as nursery:
        for file in files:
            if file.lang is not None:
                nursery.start_soon(compile_one, file, _source(file, file.lang))
    for file in files:
        if file.name in failed:
            raise failed[file.name]
    return {file.name: compiled[file.name] for file in files if file.name in compiled}
