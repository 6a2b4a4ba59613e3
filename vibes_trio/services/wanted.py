"""What an app asks for of its packages before any is built: versions, the React it is for, the names it imports."""

import re
from collections.abc import Collection, Mapping, Sequence

import trio
from msgspec.structs import replace

from vibes_trio.content.import_map import package_lookups
from vibes_trio.content.imported_names import imported_names
from vibes_trio.content.specifiers import parse_specifier
from vibes_trio.content.vibes_modules import is_ours
from vibes_trio.context import App
from vibes_trio.modules.bases import REACT, base_for
from vibes_trio.modules.home import GIVEN
from vibes_trio.modules.wishes import MANIFEST, READ, read_ranges
from vibes_trio.services.app_files import AppFile
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
