"""Decide at start whether pages load packages from this server, and fill its store if they do.

With a filled store nothing is asked of the network and no esbuild is needed.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec
import trio

from vibes_trio.config import Config
from vibes_trio.errors import ConfigError, FetchFailed, ModuleFailed
from vibes_trio.modules.build.single import RECIPE, Entry, build_all
from vibes_trio.modules.registry.fetch import ensure_document, ensure_package
from vibes_trio.modules.registry.toolchain import Tool, find_tool
from vibes_trio.modules.resolve.entries import resolve_entry
from vibes_trio.modules.store.addresses import address_of
from vibes_trio.modules.store.local import LocalModules, open_store
from vibes_trio.modules.store.page_files import PAGE_FILES, PageFile, ensure_files, missing_files
from vibes_trio.outbound import Outbound

log = logging.getLogger(__name__)


class Wanted(msgspec.Struct, frozen=True):
    """An exact version of a package and the entries of it to have; `""` is the main one."""

    name: str
    version: str
    subpaths: tuple[str, ...]


# What every app with JSX loads, at the versions of the predefined import map. `react/jsx-dev-runtime` is a
# script of our own (content.static_modules); scheduler is what this react-dom depends on.
BASE_MODULES = (
    Wanted("react", "19.2.1", ("", "jsx-runtime")),
    Wanted("react-dom", "19.2.1", ("", "client")),
    Wanted("scheduler", "0.27.0", ("",)),
)

LACK = "Pages lack Tailwind or their font until a registry gives them"


@dataclass(frozen=True, slots=True)
class Prepared:
    """What was decided: the store (None: pages use the CDN), and one line for the operator that says why."""

    modules: LocalModules | None
    note: str


async def find_prepared(
    config: Config, wanted: Sequence[Wanted] = BASE_MODULES, files: Sequence[PageFile] = PAGE_FILES
) -> Prepared | None:
    """Return what is decided without the network: the CDN is asked for, or the store is full. Else None.

    Who has all but *files* doesn't wait for a registry that may be gone: they are fetched later (`Home`).
    """
    if config.modules == "cdn":
        return Prepared(None, "Modules: pages load packages from the CDN (VIBES_MODULES=cdn).")
    store = await trio.to_thread.run_sync(open_store, config.data_dir, config.limits)
    if _missing(store, wanted):
        return None
    prepared = _from_store(store, wanted)
    return replace(prepared, note=f"{prepared.note} {LACK}.") if missing_files(store, files) else prepared


def falls_back(config: Config, store: LocalModules) -> bool:
    """Return whether pages load all from the CDN, whatever else *store* has: it is asked for, or what every page needs
    is not there, and need not be."""
    if config.modules != "auto":
        return config.modules == "cdn"
    return not all(store.record(address) for address in _addresses(BASE_MODULES))


async def prepare_local_modules(
    config: Config,
    outbound: Outbound,
    wanted: Sequence[Wanted] = BASE_MODULES,
    files: Sequence[PageFile] = PAGE_FILES,
) -> Prepared:
    """Return the store with *wanted* in it, as `config.modules` asks: `auto` may fall back to the CDN.

    Pages do without those of *files* that can't be had.

    Raises:
        ConfigError: `local` is asked for and impossible; says what is missing and how to get it.
    """
    found = await find_prepared(config, wanted, files)
    if found is None:
        prepared = await _fill_or_fall_back(config, outbound, wanted)
    else:
        prepared = _from_store(found.modules, wanted) if found.modules else found
    if prepared.modules is None:
        return prepared
    why = await ensure_files(prepared.modules, config, outbound, files)
    return replace(prepared, note=f"{prepared.note} {LACK}, because {why}.") if why else prepared


def _from_store(store: LocalModules, wanted: Sequence[Wanted]) -> Prepared:
    return Prepared(store, f"Modules: local, {_count(wanted)} from the store; no network needed.")


async def _fill_or_fall_back(config: Config, outbound: Outbound, wanted: Sequence[Wanted]) -> Prepared:
    store = await trio.to_thread.run_sync(open_store, config.data_dir, config.limits)
    try:
        await fill_store(store, config, outbound, wanted)
    except (FetchFailed, ModuleFailed) as error:
        if all(store.record(address) for address in _addresses(wanted)):
            return Prepared(
                store, f"Modules: local, {_count(wanted)} as built before; not built anew: {error}."
            )
        if config.modules == "local":
            raise ConfigError(f"VIBES_MODULES=local: {error}.") from error
        return Prepared(None, f"Modules: pages load packages from the CDN, because {error}.")
    return Prepared(
        store, f"Modules: local, {_count(wanted)} fetched and built; no network needed from now on."
    )


async def fill_store(
    store: LocalModules,
    config: Config,
    outbound: Outbound,
    wanted: Sequence[Wanted],
    tool: Tool | None = None,
) -> None:
    """Fetch, build and store all entries of *wanted*, which share each other; with *tool*, or what is found.

    Raises:
        FetchFailed: the registry doesn't give a package.
        ModuleFailed: there is no esbuild, or a package can't be used.
    """
    tool = tool or await find_tool(config)
    if tool is None:
        named = f"VIBES_ESBUILD ({config.esbuild}) does not work" if config.esbuild else "there is no esbuild"
        raise ModuleFailed(f"{named}: run `vibes-trio toolchain install`, or name a binary in VIBES_ESBUILD")
    if outbound.registry is not None:
        log.info("fetching what every page loads from the package registry (%s) …", outbound.registry.source)
    modules_dir = config.data_dir / "modules"
    entries = [
        entry for package in wanted for entry in await _fetch_entries(package, modules_dir, config, outbound)
    ]
    for built in await build_all(tool, entries, config.limits):
        await trio.to_thread.run_sync(store.put, built, RECIPE)


async def _fetch_entries(
    wanted: Wanted, modules_dir: Path, config: Config, outbound: Outbound
) -> list[Entry]:
    document = await ensure_document(outbound, modules_dir, wanted.name, wanted.version, config.limits)
    folder = await ensure_package(outbound, modules_dir, document, config.limits)
    try:
        found = await trio.to_thread.run_sync(_resolve_all, folder, wanted.subpaths)
    except ModuleFailed as error:
        raise ModuleFailed(f"{wanted.name}@{wanted.version}: {error}") from error
    return [
        Entry(wanted.name, wanted.version, subpath, document.integrity, file, folder)
        for subpath, file in zip(wanted.subpaths, found, strict=True)
    ]


def _resolve_all(folder: Path, subpaths: Sequence[str]) -> list[Path]:
    files = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    try:
        manifest = (folder / "package.json").read_bytes()
    except OSError as error:
        raise ModuleFailed("it has no package.json") from error
    return [folder / resolve_entry(manifest, files, subpath) for subpath in subpaths]


def _addresses(wanted: Sequence[Wanted]) -> list[str]:
    return [address_of(w.name, w.version, subpath) for w in wanted for subpath in w.subpaths]


def _missing(store: LocalModules, wanted: Sequence[Wanted]) -> list[str]:
    """Return the addresses that the store lacks or has from an older recipe."""
    records = ((address, store.record(address)) for address in _addresses(wanted))
    return [address for address, record in records if record is None or record.recipe != RECIPE]


def _count(wanted: Sequence[Wanted]) -> str:
    return f"{len(_addresses(wanted))} modules"
