"""What an app asks of the hosts of npm packages by full address: in its modules, its import map and its HTML.

Pages get this server's copy of the same package and version instead. What is asked for is known by the text that
stands in the app, as packages are by their names; what it means follows from that text and the app's import map.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from vibes_trio.config import Limits
from vibes_trio.content.import_map import mapped_to
from vibes_trio.content.module_hosts import Hosted, of_editors, read_asked, read_file, read_hosted
from vibes_trio.content.specifiers import Kind, parse_specifier
from vibes_trio.modules.bases import BASES, base_for
from vibes_trio.modules.build.forms import file_behind
from vibes_trio.modules.home import PINNED
from vibes_trio.modules.registry.ranges import fits
from vibes_trio.modules.store.local import LocalModules
from vibes_trio.services.releases import Extras


def hosted_texts(extras: Extras, specifiers: Iterable[str], limits: Limits) -> tuple[str, ...]:
    """Return what of *specifiers*, which modules import, and of what the page's HTML loads means a package of such a
    host: of each kind at most `max_hosted`."""
    modules = [text for text in specifiers if "//" in (mapped_to(extras.imports, text) or text)[:8]]
    first = (*modules[: limits.max_hosted], *extras.remote[: limits.max_hosted])
    return tuple(read_all(extras, dict.fromkeys(first)))


def elsewhere(specifiers: Iterable[str], hosted: Sequence[str]) -> tuple[str, ...]:
    """Return the addresses of other hosts among *specifiers* that mean no package, see `hosted_texts`."""
    urls = (text for text in specifiers if parse_specifier(text).kind is Kind.URL)
    return tuple(text for text in urls if text not in hosted and text.lower().startswith(("http", "//")))


def all_hosted(extras: Extras) -> dict[str, Hosted]:
    """Return text → what it means, of the packages of a release that are asked for by address."""
    return read_all(extras, extras.packages)


def read_all(extras: Extras, texts: Iterable[str]) -> dict[str, Hosted]:
    """Return text → what it means in the app of *extras*, of those of *texts* that mean a package of such a host."""
    remote = frozenset(extras.remote)
    found = ((text, _read(extras.imports, remote, text)) for text in texts)
    return {text: hosted for text, hosted in found if hosted is not None}


def _read(imports: Mapping[str, str], remote: frozenset[str], text: str) -> Hosted | None:
    if text in remote:
        return read_file(text)
    found = read_hosted(mapped_to(imports, text) or text)
    return None if found is None else replace(found, is_module=True)


def named_versions(extras: Extras, hosted: Mapping[str, Hosted]) -> dict[str, str]:
    """Return package → version that the addresses of modules name, the first one: what is imported without a version
    is the same."""
    named: dict[str, str] = {}
    for text, found in hosted.items():
        if found.is_module and found.version:
            named.setdefault(found.package, found.version)
        for package, version in read_asked(mapped_to(extras.imports, text) or text).items():
            named.setdefault(package, version)
    return named


def named_react(extras: Extras, hosted: Mapping[str, Hosted], *, with_scripts: bool) -> str:
    """Return the version of React that the addresses of an app name; empty: none does.

    That of a plain script counts where modules import packages, which then have to be for that React, and if they can
    have one of its major. Else modules take the script's, or, where that can't be had, the React that is always here.
    """
    named = named_versions(extras, hosted)
    if not with_scripts:
        return named.get("react", "") or named.get("react-dom", "")
    scripts = [found.version for found in hosted.values() if found.package in PINNED and not found.is_module]
    majors = [base.major for base in BASES.values() if base.major]
    wanted = [version for version in scripts if version.lstrip("^~=").partition(".")[0] in majors]
    return next(filter(None, (named.get("react", ""), named.get("react-dom", ""), *wanted)), "")


def root_of(extras: Extras, found: Hosted, version: str) -> str:
    """Return the name under which a lock has the package of *found* if it may have one of its own; else nothing.

    React as a plain script is in the very version that was asked for, whatever modules have: it is another copy anyway.
    """
    if found.package not in PINNED or found.is_module or not found.version:
        return ""
    base, _ = base_for(extras.ranges.get("react", ""))
    return "" if fits(base.pinned[found.package], version) else f"{found.package}@{version}"


def remote_addresses(store: LocalModules, extras: Extras) -> dict[str, str]:
    """Return address that the app's HTML loads → address on this server, of all that are here."""
    built = [text for text in extras.remote if text in extras.modules]
    there = {
        text: extras.modules[text] if found.is_module else file_behind(store, extras.modules[text])
        for text, found in read_all(extras, built).items()
    }
    return {text: address for text, address in there.items() if address} | of_editors(extras.remote)
