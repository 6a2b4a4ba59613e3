"""From a range or dist-tag to one exact version of a package, as npm picks it.

The registry's list of all versions of a package is asked for in its short form (npm's *abbreviated metadata*),
which some registries don't know: then the long one comes, within the same bound. What is chosen from it is
kept as the document of that version, so the list is not needed again for a release that has a lock.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

import msgspec
import trio

from vibes_trio.config import Limits
from vibes_trio.errors import FetchFailed, ModuleFailed
from vibes_trio.late import late
from vibes_trio.modules.registry.fetch import (
    NO_REGISTRY,
    Document,
    VersionDocument,
    ensure_document,
    keep_document,
    to_document,
)
from vibes_trio.outbound import UNREADABLE, Outbound, is_exact_version, is_package_name

if TYPE_CHECKING:
    import nodesemver
else:
    nodesemver = late("nodesemver")

SHORT_FORM = "application/vnd.npm.install-v1+json; q=1.0, application/json; q=0.8"
LATEST = "latest"
NOT_FOUND = 404
NO_PACKAGE = "the package registry has none of that name; is it spelt right?"
# How a part of a range begins that has a lowest version.
_START = re.compile(r"(?:\^|~|>=|>|=|v)*\s*(\d{1,9}(?:\.\d{1,9}){0,2})")
_MAX_RANGE_CHARS = 256  # nobody's is longer, and parsing is left to regular expressions


@dataclass(frozen=True, slots=True)
class Spec:
    """What a dependency asks for: the *package*, which an alias calls otherwise, and a range or dist-tag."""

    package: str
    range: str


class _Versions(msgspec.Struct):
    """The list of all versions; each is decoded only once it is chosen."""

    name: str
    dist_tags: dict[str, str] = msgspec.field(name="dist-tags", default_factory=dict)
    versions: dict[str, msgspec.Raw] = {}


def parse_spec(name: str, text: str) -> Spec:
    """Return what the dependency *name* with the range *text* asks for; `npm:other@range` is an alias.

    Raises:
        ModuleFailed: it is to come from elsewhere (git, an address, a folder), or is nothing that npm knows.
    """
    package, wanted = name, text.strip()
    if wanted.startswith("npm:"):
        package, at, wanted = wanted.removeprefix("npm:").rpartition("@")
        if not package:  # `npm:other` or `npm:@scope/other`, without a range
            package, wanted = at + wanted, ""
    is_source = ":" in wanted or "/" in wanted
    if len(wanted) > _MAX_RANGE_CHARS or is_source or not is_package_name(package):
        raise ModuleFailed(f"{name}: {text[:100]!r} is no range of a package in the registry")
    return Spec(package, wanted or "*")


def fits(version: str, wanted: str) -> bool:
    """Return whether the exact *version* is within the range *wanted*; a dist-tag holds none."""
    return bool(nodesemver.satisfies(version, wanted, True))


def is_range(wanted: str) -> bool:
    """Return whether *wanted* is a range; else it is a dist-tag."""
    return nodesemver.valid_range(wanted, True) is not None


def pick_version(versions: Iterable[str], tags: Mapping[str, str], wanted: str) -> str | None:
    """Return the version that *wanted* means, as npm: a tag's, else `latest` if it fits, else the highest."""
    exact = [version for version in versions if is_exact_version(version)]
    if wanted in tags:
        return tags[wanted] if tags[wanted] in exact else None
    if not is_range(wanted):
        return None
    latest = tags.get(LATEST)
    if latest in exact and (fits(latest, wanted) or wanted == "*"):
        return latest
    best: str | None = nodesemver.max_satisfying(exact, wanted, True)
    return best


async def choose_document(
    outbound: Outbound, modules_dir: Path, spec: Spec, limits: Limits, page: Mapping[str, str] | None = None
) -> Document:
    """Return the document of the version that *spec* means. One exact version may need no network.

    When the registry can't be reached, the best of what was chosen before will do.

    Args:
        page: package → version that every page has. Where the version that npm would pick wants newer ones as its
            peers, the newest is picked that takes these; if there is none, npm's.

    Raises:
        FetchFailed: the registry doesn't give the package.
        ModuleFailed: no version fits, or what the registry says can't be used.
    """
    exact = spec.range.removeprefix("v").removeprefix("=")
    if is_exact_version(exact):
        return await ensure_document(outbound, modules_dir, spec.package, exact, limits)
    try:
        document = await _ask(outbound, spec, limits, page or {})
    except FetchFailed as error:
        kept = await trio.to_thread.run_sync(find_kept, modules_dir, spec.package, spec.range)
        if error.status == NOT_FOUND:
            raise FetchFailed(f"{spec.package}: {NO_PACKAGE} ({error})", NOT_FOUND) from error
        if kept is None:
            raise
        return await ensure_document(outbound, modules_dir, spec.package, kept, limits)
    await trio.to_thread.run_sync(keep_document, modules_dir, document)
    return document


def find_kept(modules_dir: Path, package: str, wanted: str = "*") -> str | None:
    """Return the version of *package*, of those whose documents are kept, that *wanted* means without registry.

    For a dist-tag, whose version nobody tells, that is the highest. Reads the disk.
    """
    if not is_package_name(package):
        return None
    start = f"{package.replace('/', '+')}@"
    names = [path.name for path in (modules_dir / "documents").glob("*.json") if path.name.startswith(start)]
    versions = [name.removeprefix(start).removesuffix(".json") for name in names]
    return pick_version(versions, {}, wanted if is_range(wanted) else "*")


async def _ask(outbound: Outbound, spec: Spec, limits: Limits, page: Mapping[str, str]) -> Document:
    if outbound.registry is None:
        raise FetchFailed(f"{spec.package}@{spec.range}: {NO_REGISTRY}")
    body = await outbound.fetch(
        f"{outbound.registry.url_of(spec.package)}{quote(spec.package, safe='@')}",
        max_bytes=limits.package_list_bytes,
        timeout_s=limits.package_timeout_s,
        accept=SHORT_FORM,
        tries=limits.fetch_tries,
    )
    return await trio.to_thread.run_sync(_choose, body, spec, limits, page)


def _choose(body: bytes, spec: Spec, limits: Limits, page: Mapping[str, str]) -> Document:
    """Read the list and pick from it. Lists have thousands of versions: call it from a thread."""
    label = f"{spec.package}@{spec.range}"
    try:
        told = msgspec.json.decode(body, type=_Versions)
        if len(told.versions) > limits.versions_per_list:
            raise ModuleFailed(f"{label}: there are more than {limits.versions_per_list} versions of it")
        version = pick_version(told.versions, told.dist_tags, spec.range)
        if version is None:
            raise ModuleFailed(f"{label}: no version of it fits")
        chosen = msgspec.json.decode(told.versions[version], type=VersionDocument)
        lacking = {name: page[name] for name in _too_new_for(chosen, page)}
        if lacking:
            version = _find_suiting(told, spec, lacking, limits) or version
            chosen = msgspec.json.decode(told.versions[version], type=VersionDocument)
    except UNREADABLE as error:
        raise ModuleFailed(f"{label}: the registry's answer is no list of versions: {error}") from error
    return to_document(chosen, spec.package, version)


def _too_new_for(told: VersionDocument, page: Mapping[str, str]) -> list[str]:
    """Return the peers that a version wants newer than every page has them. Where it wants an older one, as packages do
    that nobody looks after any more, an older version would be no better.
    """
    peers = told.peer_dependencies
    return [name for name, version in page.items() if name in peers and _is_below(version, peers[name])]


def _is_below(version: str, wanted: str) -> bool:
    """Return whether *version* is lower than all of the range *wanted*; where that is hard to say, it isn't."""
    if not is_range(wanted) or fits(version, wanted):
        return False
    starts = [_START.match(part.strip()) for part in wanted.split("||")]
    return all(start is not None and _release_order(version) < _numbers(start[1]) for start in starts)


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split(".") if part.isdigit())


def _find_suiting(told: _Versions, spec: Spec, page: Mapping[str, str], limits: Limits) -> str:
    """Return the newest version within the range of *spec* (of a tag: no newer than its) whose peers are those of
    *page* and take these versions; empty: there is none."""
    newest = told.dist_tags.get(spec.range, "")
    wanted = f"<={newest}" if newest else spec.range
    there = [v for v in told.versions if is_exact_version(v) and "-" not in v and fits(v, wanted)]
    there.sort(key=_release_order, reverse=True)
    for version in there[: limits.versions_looked_at]:
        document = msgspec.json.decode(told.versions[version], type=VersionDocument)
        peers = document.peer_dependencies
        if all(name in peers and fits(has, peers[name]) for name, has in page.items()):
            return version
    return ""


def _release_order(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.partition("+")[0].split("."))
