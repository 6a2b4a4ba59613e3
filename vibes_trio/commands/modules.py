"""`vibes-trio modules`: the packages of apps as this server's own modules."""

import os
import time
from argparse import Namespace
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

import trio

from vibes_trio.commands.database import open_database, read
from vibes_trio.commands.output import FAILED, OK, CommandFailed, print_json, print_table, tell
from vibes_trio.config import Config, load_config
from vibes_trio.content.font_addresses import FONTS, WantedFont
from vibes_trio.content.import_map import tell_unknown
from vibes_trio.content.policy import may_ask
from vibes_trio.content.specifiers import Kind, parse_specifier
from vibes_trio.content.vibes_modules import FROM_NPM, npm_packages
from vibes_trio.errors import ConfigError, FetchFailed, ModuleFailed
from vibes_trio.exchange import AppSlug, Cid
from vibes_trio.modules.build.bundle import is_stored
from vibes_trio.modules.carry import collect_unused, export_store, import_store
from vibes_trio.modules.font_home import FontHome
from vibes_trio.modules.home import GIVEN, PINNED, Home
from vibes_trio.modules.prepare import falls_back, prepare_local_modules
from vibes_trio.modules.registry.fetch import NO_REGISTRY, ensure_document, parse_integrity
from vibes_trio.modules.registry.npm_settings import find_registry
from vibes_trio.modules.registry.ranges import LATEST
from vibes_trio.modules.resolve.package_lock import read_lock
from vibes_trio.modules.store.fonts import font_addresses
from vibes_trio.modules.store.holder import find_builders
from vibes_trio.modules.store.local import CDN, LocalModules, open_store
from vibes_trio.modules.store.page_files import PAGE_FILES
from vibes_trio.outbound import Outbound, open_outbound
from vibes_trio.services.packages import ALL, has_no_address, why_lacking
from vibes_trio.services.releases import Extras, read_extras
from vibes_trio.storage import apps, assets
from vibes_trio.storage.release_rows import Release

FONT = "font:"
MAX_RELEASES = 10_000
HEAD = ("APP", "IMPORT", "FROM", "WHY")
FOLDER_CHARS = 40  # of the hash that a package's folder is named after


def status(options: Namespace) -> int:
    """Print where each package of the newest releases of an app is loaded from: of what its address shows, and of what
    was tried out since."""
    config = load_config(os.environ, options.settings)
    store = open_store(config.data_dir, config.limits)
    slug, _, user = options.app.partition("--")
    with open_database(config) as db:
        newest = _shown(read(db, apps.list_newest, AppSlug(slug), MAX_RELEASES))
    found = [
        (name, extras)
        for name, release in newest.items()
        if user in ("", release.user_slug) and (extras := read_extras(release.extras_json)) is not None
    ]
    if not found:
        raise CommandFailed(f"{options.app}: there is no such app here.")
    builders = find_builders(config.data_dir / "modules")
    row_of = (
        partial(_row_of_cdn, config) if falls_back(config, store) else partial(_row, config, store, builders)
    )
    rows = [
        (name, text, *row_of(name, extras, text))
        for name, extras in found
        for text in sorted({*extras.packages, *extras.not_local} - {ALL})
    ]
    if options.json:
        print_json([dict(zip(("app", "import", "from", "why"), row, strict=True)) for row in rows])
    else:
        print_table(HEAD, rows)
    return OK


def _shown(releases: Sequence[Release]) -> dict[str, Release]:
    """Return name → release, of *releases*, newest first: of each user the newest production one, and before it the
    newest that was published for trying out, under its own address."""
    found: dict[str, Release] = {}
    for release in releases:
        name = f"{release.app_slug}--{release.user_slug}"
        if name in found:
            continue
        if release.mode == "production":
            found[name] = release
        elif not any(other.startswith(f"{name}/") for other in found):
            found[f"{name}/~{release.fs_id}~"] = release
    return found


def prefetch(options: Namespace) -> int:
    """Build the named packages into the store."""
    config = load_config(os.environ, options.settings)
    config.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    names = [text.removeprefix(FONT) for text in options.packages if text.startswith(FONT)]
    packages = [text for text in options.packages if not text.startswith(FONT)]
    built, failed = trio.run(_prefetch, config, _wanted(packages), _wanted_fonts(names))
    for specifier, address in sorted(built.items()):
        print(f"{specifier}  {address}")
    for specifier, why in sorted(failed.items()):
        tell(f"{specifier}: {why}")
    return FAILED if failed else OK


def export(options: Namespace) -> int:
    """Write the store into a file."""
    config = load_config(os.environ, options.settings)
    count = export_store(config.data_dir / "modules", Path(options.file))
    print(f"{count} modules: {options.file}")
    return OK


def take_in(options: Namespace) -> int:
    """Add the modules of a file to the store."""
    config = load_config(os.environ, options.settings)
    config.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    count = import_store(config.data_dir / "modules", Path(options.file), config.limits)
    print(f"{count} modules from {options.file}")
    return OK


def gc(options: Namespace) -> int:
    """Remove what no release uses."""
    config = load_config(os.environ, options.settings)
    with open_database(config) as db:
        noted = [extras for text in read(db, apps.list_extras) if (extras := read_extras(text)) is not None]
        lock_ids = sorted({extras.lock_id for extras in noted} - {""})
        contents = read(db, lambda tx: [assets.find_asset(tx, Cid(lock_id)) for lock_id in lock_ids])
        locks = [read_lock(content) for content in contents]
    page_files = (file.address for file in PAGE_FILES)
    used = {
        *GIVEN.values(),
        *page_files,
        *font_addresses(WantedFont(name).font_id for extras in noted for name in extras.fonts),
        *(address for extras in noted for address in extras.modules.values()),
    }
    integrities = {package.integrity for lock in locks if lock for package in lock.packages.values()}
    folders = {parse_integrity(text).hex()[:FOLDER_CHARS] for text in integrities}
    folders |= trio.run(_pinned_folders, config)
    before = time.time() - config.limits.asset_grace_s
    modules, packages = collect_unused(config.data_dir / "modules", used, folders, before)
    if options.json:
        print_json({"modules": modules, "packages": packages})
    else:
        print(f"removed {modules} modules and {packages} packages")
    return OK


def _row(
    config: Config, store: LocalModules, builders: frozenset[str], name: str, extras: Extras, text: str
) -> tuple[str, str]:
    """Return where the package that the app *name* imports as *text* is loaded from, and why not from here."""
    elsewhere = "CDN" if may_ask(config.page_hosts, CDN) else "nowhere"
    address = extras.modules.get(text) or GIVEN.get(text, "")
    if address and is_stored(store, address):
        return address, ""
    if name.partition("/")[0] in builders:
        return elsewhere, "is being built now"
    why = why_lacking(extras, text)
    if why and extras.next_try:
        at = time.strftime("%H:%M:%S", time.localtime(extras.next_try))
        return elsewhere, f"{why}; from {at} on it is tried again when somebody looks at the app"
    return elsewhere, why or ("its module is lost" if address else "waits for being built")


def _row_of_cdn(config: Config, name: str, extras: Extras, text: str) -> tuple[str, str]:
    """Return what `_row` does, of a server whose pages load all from the CDN."""
    if has_no_address(config, extras, text):
        return "nowhere", tell_unknown(parse_specifier(text).package, asks=False)
    if config.modules == "cdn":
        return "CDN", "VIBES_MODULES=cdn"
    if config.asks_registry:
        return "CDN", "what every page needs is not here: the next start asks the registry for it"
    return "CDN", NO_REGISTRY


def _wanted(packages: Sequence[str]) -> dict[str, str]:
    """Return specifier without version → range, of what was typed."""
    wanted = {}
    for text in packages:
        specifier = parse_specifier(text)
        if specifier.kind is not Kind.PACKAGE:
            raise CommandFailed(f"{text}: this is no name of a package, such as d3, d3@7 or date-fns/format.")
        for name in npm_packages([specifier.package + specifier.subpath]):
            wanted[name] = specifier.version or FROM_NPM.get(name, LATEST)
    return wanted


def _wanted_fonts(names: Sequence[str]) -> list[WantedFont]:
    fonts = [WantedFont(name) for name in names]
    for font in fonts:
        if not font.font_id:
            raise CommandFailed(f"{FONT}{font.name}: this is no name of a family, such as {FONT}Open+Sans.")
    return fonts


async def _prefetch(
    config: Config, wanted: Mapping[str, str], fonts: Sequence[WantedFont]
) -> tuple[Mapping[str, str], Mapping[str, str]]:
    registry = await find_registry(config, os.environ)
    async with open_outbound(registry, config.limits, os.environ) as outbound:
        prepared = await prepare_local_modules(config, outbound)
        if prepared.modules is None:
            raise ConfigError(prepared.note)

        async def get() -> Outbound:
            return outbound

        lacking = await FontHome(get, prepared.modules, config).fetch(fonts)
        here = {f"{FONT}{font.name}": f"{FONTS}{font.font_id}" for font in fonts if font.name not in lacking}
        told = {f"{FONT}{name}": why for name, why in lacking.items()}
        if not wanted:
            return here, told
        try:
            lock, failed = await Home(get, prepared.modules, config).ensure(wanted, label="modules prefetch")
        except (FetchFailed, ModuleFailed) as error:
            raise CommandFailed(f"the packages can't be had: {error}") from error
    return {**lock.modules, **here}, {**failed, **told}


async def _pinned_folders(config: Config) -> set[str]:
    """Return the folders of the packages that every page uses, as far as they are kept."""
    folders = set()
    async with open_outbound(None, config.limits, {}) as outbound:
        for name, version in PINNED.items():
            try:
                document = await ensure_document(
                    outbound, config.data_dir / "modules", name, version, config.limits
                )
            except FetchFailed:
                continue
            folders.add(parse_integrity(document.integrity).hex()[:FOLDER_CHARS])
    return folders
