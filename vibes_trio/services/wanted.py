"""What an app asks for of its packages before any is built: versions, the React it is for, the names it imports."""

import re
from collections.abc import Collection, Mapping, Sequence

import trio
from msgspec.structs import replace

from vibes_trio.content.import_map import is_looked_up, is_unknown_package, package_lookups
from vibes_trio.content.imported_names import imported_names
from vibes_trio.content.module_hosts import Hosted
from vibes_trio.content.specifiers import FORMS, parse_specifier
from vibes_trio.content.vibes_modules import is_ours, pinned_addresses
from vibes_trio.content.workspaces import find_members
from vibes_trio.context import App
from vibes_trio.modules.bases import REACT, base_for
from vibes_trio.modules.build.tree import HOSTED
from vibes_trio.modules.home import GIVEN, PINNED
from vibes_trio.modules.registry.ranges import LATEST
from vibes_trio.modules.resolve.wishes import MANIFEST, READ, Wishes, read_ranges
from vibes_trio.modules.store.local import CDN, parse_cdn_address
from vibes_trio.services.app_files import AppFile
from vibes_trio.services.hosted import (
    all_hosted,
    elsewhere,
    hosted_texts,
    named_react,
    named_versions,
    read_all,
    root_of,
)
from vibes_trio.services.releases import Extras

# Ranges that can stand in an address of the public module CDN.
_IN_ADDRESS = re.compile(r"[A-Za-z0-9^~<>=*|+._ -]+", re.ASCII)


async def find_versions(
    app: App, specifiers: Collection[str], ranges: Mapping[str, str]
) -> dict[str, str | None]:
    """Return package → version for *specifiers*: what *ranges* ask for, else what the registry says is newest."""
    versions: dict[str, str | None] = {
        name: text for name, text in ranges.items() if _IN_ADDRESS.fullmatch(text)
    }
    return versions | await look_up(app, package_lookups(specifiers, versions))


async def look_up(app: App, packages: Sequence[str]) -> dict[str, str | None]:
    """Ask for the versions of *packages*, all at once; outbound bounds how many are under way."""
    versions: dict[str, str | None] = {}

    async def look_up_one(package: str) -> None:
        versions[package] = await app.package_version(package)

    async with trio.open_nursery() as nursery:
        for package in packages:
            nursery.start_soon(look_up_one, package)
    return versions


async def read_asked(files: Sequence[AppFile], root: str) -> dict[str, str]:
    """Return package → range that `package.json` files ask for: the app's own in the folder *root*, then the least deep
    one, with the lock file beside it, then those of packages beside the app that it imports by name."""
    there = {file.name: file.content for file in files if "/node_modules/" not in file.name}
    manifests = [name for name in there if name.endswith(f"/{MANIFEST}")]
    if not manifests:
        return {}
    return await trio.to_thread.run_sync(_read_asked, there, manifests, root)


def _read_asked(there: Mapping[str, bytes], manifests: Sequence[str], root: str) -> dict[str, str]:
    top = min(manifests, key=lambda name: (name.count("/"), name)).removesuffix(MANIFEST)
    members = [member.folder for member in find_members(there, root).values()]
    folders = dict.fromkeys((*(f"{folder}/" for folder in members), top, f"{root}/"))
    beside = [{name: there[folder + name] for name in READ if folder + name in there} for folder in folders]
    return read_ranges(*beside)


async def with_packages(
    app: App,
    extras: Extras,
    packages: tuple[str, ...],
    specifiers: Collection[str],
    ranges: Mapping[str, str],
    codes: Sequence[str],
) -> Extras:
    """Return *extras* with what is known of the packages of a release, before any is built.

    Args:
        packages: specifiers of what comes from npm by name; specifiers: all that modules import, files aside.
        ranges: what `package.json` asks for.
        codes: the modules, as the browser gets them.
    """
    by_address = hosted_texts(extras, specifiers, app.config.limits)
    packages = tuple(dict.fromkeys((*packages, *by_address)))
    hosted = read_all(extras, by_address)
    reacts = (parse_specifier(text) for text in packages)
    named = next((r.version for r in reacts if r.package == "react" and r.version), "")
    of_modules = [text for text in packages if text not in hosted or hosted[text].is_module]
    has_others = any((hosted.get(text) or parse_specifier(text)).package not in PINNED for text in of_modules)
    named = named or named_react(extras, hosted, with_scripts=has_others)
    asked = dict(ranges) | ({"react": named} if named and "react" not in ranges else {})
    base, _ = base_for(asked.get("react", ""))
    others = [text for text in packages if text not in GIVEN]
    names = await trio.to_thread.run_sync(imported_names, codes, others) if others else {}
    return replace(
        extras,
        packages=tuple(dict.fromkeys((*packages, *(REACT if base.major and base.given else ())))),
        ranges=asked if packages else {},
        names=names,
        react=base.major,
        ours=tuple(text for text in specifiers if is_ours(text)),
        elsewhere=elsewhere(specifiers, by_address),
    )


def wishes_of(extras: Extras, wanted: Mapping[str, tuple[str, str]]) -> Wishes:
    """Return what a release wants of the packages *wanted* (as of `find_wanted`) beside importing them."""
    names = {s: extras.names[text] for text, (s, _) in wanted.items() if text in extras.names}
    hosted = all_hosted(extras)
    named = {*extras.ranges, *named_versions(extras, hosted)}
    free = frozenset(
        s for text, (s, version) in wanted.items() if _is_free(text, version, hosted.get(text), named)
    )
    return Wishes(ranges=extras.ranges, names=names, free=free)


def _is_free(text: str, version: str, hosted: Hosted | None, named: Collection[str]) -> bool:
    """Return whether the newest *version* of the package *text* is wanted because nobody asked for another; of *named*
    packages somebody did."""
    if hosted is not None:
        return hosted.is_module and not hosted.version and hosted.package not in named
    specifier = parse_specifier(text)
    return version == LATEST and not specifier.version and specifier.package not in named


def find_wanted(
    imports: Mapping[str, str], extras: Extras
) -> tuple[dict[str, tuple[str, str]], dict[str, str]]:
    """Return what to build for the packages of *extras*, specifiers in the map *imports*; and why some are not.

    The first is specifier as written → (specifier, range). Specifiers have no version, but for those of a package
    that the app writes in several: of these all but the first have the range after the name. What decides about the
    range is `package.json`; then the specifier; then the map, if it has a certain one; then what an address of a
    module host names. Such an address itself means what it says, but for React, of which a page has one.
    """
    wanted: dict[str, tuple[str, str]] = {}
    not_local: dict[str, str] = {}
    roots: dict[str, str] = {}
    addresses = {**imports, **pinned_addresses(imports)}
    hosted = all_hosted(extras)
    named = named_versions(extras, hosted)
    for text in extras.packages:
        found = hosted.get(text) or _of_cdn(text, addresses)
        if found is None:
            not_local[text] = "its address is no package's"
            continue
        name, asked = found.package, extras.ranges.get(found.package, "")
        is_first = text in hosted and (name not in PINNED or not found.is_module)
        version = (
            (found.version or asked if is_first else asked or found.version) or named.get(name) or LATEST
        )
        own = root_of(extras, found, version)
        same = name in PINNED or roots.setdefault(name, version) == version
        root = own or (name if same else f"{name}@{version}")
        wanted[text] = (_specifier(text, found, root, by_address=text in hosted), version)
    return wanted, not_local


def _of_react(text: str) -> str:
    """Return the address of a part of React that the map has none for; what the page itself needs."""
    return f"{CDN}{text}" if text in REACT else ""


def _of_cdn(text: str, addresses: Mapping[str, str]) -> Hosted | None:
    """Return what the address of *text* at the module CDN means; None: it has none there."""
    parts = parse_cdn_address(addresses.get(text) or _of_react(text))
    if parts is None and text not in addresses and is_unknown_package(text):
        specifier = parse_specifier(text)
        return Hosted(
            specifier.package,
            specifier.version,
            specifier.subpath.partition("?")[0].removeprefix("/"),
            is_module=True,
        )
    if parts is None:
        return None
    name, version, subpath = parts
    return Hosted(name, "" if is_looked_up(text) else version, subpath, is_module=True)


def _specifier(text: str, found: Hosted, root: str, *, by_address: bool) -> str:
    """Return what is built for *text*, which means *found*, of the package that a lock knows as *root*."""
    path = found.path
    if not found.is_module:
        mark = "?file"
    elif by_address and root in PINNED:  # modules of the page, however they are spelled
        path, mark = path.removesuffix(".js").removesuffix("index"), ""
    elif by_address:
        mark = HOSTED if path else ""
    else:
        query = text.partition("?")[2]
        mark = f"?{query}" if query in FORMS else ""
    return f"{root}/{path}{mark}" if path else root + mark
