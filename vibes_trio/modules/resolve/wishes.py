"""What an app asks of packages in the files that package managers read: `package.json`, and the lock file beside it.

Everything here is pure and takes whatever somebody wrote: what can't be read asks for nothing, and nothing grows past
a bound. Of a lock file only the versions of what `package.json` names are read, from the regular form in which its
tool writes it.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from vibes_trio.modules.registry.ranges import is_range
from vibes_trio.outbound import UNREADABLE, is_exact_version, is_package_name

MANIFEST = "package.json"
_MAX_MANIFEST_BYTES = 1024 * 1024
_MAX_LOCK_BYTES = 8 * 1024 * 1024
_MAX_NAMES = 500
_MAX_RANGE_CHARS = 256
_TAG = re.compile(r"[A-Za-z][\w.-]{0,63}", re.ASCII)
_ALIAS = re.compile(r"npm:(?P<name>(?:@[^/@]+/)?[^/@]+)(?:@(?P<range>[^@]*))?", re.ASCII)
_FIELDS = (
    "peerDependencies",
    "optionalDependencies",
    "devDependencies",
    "dependencies",
)  # the last counts most


@dataclass(frozen=True, slots=True)
class Wishes:
    """What an app wants of packages, beside importing them.

    Attributes:
        ranges: package → range, dist-tag, exact version or `npm:other@range`.
        names: specifier → names that are imported of it, `default` among them.
        free: specifiers whose version nobody asked for: another may be taken that has the names.
    """

    ranges: Mapping[str, str] = field(default_factory=dict)
    names: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    free: frozenset[str] = frozenset()


def read_ranges(*folders: Mapping[str, bytes]) -> dict[str, str]:
    """Return package → range that the app asks for: the exact version where a lock file says one.

    Args:
        folders: of each folder with a `package.json` name → content of that and of the files beside it; others are
            passed over. The last counts most.
    """
    asked: dict[str, str] = {}
    for files in folders:
        asked |= _read_manifest(files.get(MANIFEST, b""))
    asked = dict(list(asked.items())[-_MAX_NAMES:])
    for files in reversed(folders):
        exact = _read_lock(files, frozenset(asked))
        if exact is not None:
            return asked | exact
    return asked


def _read_lock(files: Mapping[str, bytes], asked: frozenset[str]) -> dict[str, str] | None:
    """Return package → exact version of what is *asked* for, from the lock file among *files*; None: there is none."""
    for name, read in _LOCKS.items():
        content = files.get(name, b"")
        if asked and content and len(content) <= _MAX_LOCK_BYTES:
            exact = read(content.decode("utf-8", "replace"), asked)
            return {package: v for package, v in exact.items() if package in asked and is_exact_version(v)}
    return None


def _read_manifest(content: bytes) -> dict[str, str]:
    if not content or len(content) > _MAX_MANIFEST_BYTES:
        return {}
    try:
        manifest = msgspec.json.decode(content.removeprefix(b"\xef\xbb\xbf"), type=dict[str, Any])
    except UNREADABLE:
        return {}
    asked: dict[str, str] = {}
    for name in (*_FIELDS, "resolutions", "overrides"):
        told = manifest.get(name)
        for package, text in told.items() if isinstance(told, dict) else ():
            range_ = _range_of(text)
            if is_package_name(str(package)) and range_ and (name in _FIELDS or package in asked):
                asked[package] = range_
    return dict(list(asked.items())[-_MAX_NAMES:])


def _range_of(text: object) -> str:
    """Return *text* if it asks a registry for something, else nothing: from git, a folder, a workspace."""
    if not isinstance(text, str) or len(text) > _MAX_RANGE_CHARS:
        return ""
    wanted = text.strip()
    alias = _ALIAS.fullmatch(wanted)
    if alias is not None:
        rest = (alias["range"] or "*").strip()
        return wanted if is_package_name(alias["name"]) and _is_wish(rest) else ""
    return wanted if _is_wish(wanted) else ""


def _is_wish(text: str) -> bool:
    return (
        bool(text)
        and ":" not in text
        and "/" not in text
        and (_TAG.fullmatch(text) is not None or is_range(text))
    )


# -- lock files -------------------------------------------------------------------------------------------

Read = Callable[[str, frozenset[str]], dict[str, str]]


class _Locked(msgspec.Struct):
    version: str = ""


class _NpmLock(msgspec.Struct):
    """`package-lock.json`: *packages* since version 2, *dependencies* before."""

    packages: dict[str, _Locked] = {}
    dependencies: dict[str, _Locked] = {}


def _read_npm(text: str, names: frozenset[str]) -> dict[str, str]:
    try:
        lock = msgspec.json.decode(text, type=_NpmLock)
    except UNREADABLE:
        return {}
    there = {name: lock.packages.get(f"node_modules/{name}") or lock.dependencies.get(name) for name in names}
    return {name: found.version for name, found in there.items() if found}


_YARN_VERSION = re.compile(r'  version:? "?([^"\s]+)"?')


def _read_yarn(text: str, names: frozenset[str]) -> dict[str, str]:
    """Read a lock of any Yarn: a line without indent lists what was asked for, one below has the version."""
    found: dict[str, str] = {}
    heads: list[str] = []
    for line in text.splitlines():
        if line[:1] not in ("", " ", "#"):
            heads = [part.strip().strip('"') for part in line.rstrip(":").split(",")]
        elif heads and (match := _YARN_VERSION.match(line)):
            for head in heads:
                name = head[:1] + head[1:].partition("@")[0]
                if name in names:
                    found.setdefault(name, match[1])
            heads = []
    return found


_PNPM_NAME = re.compile(r"""( *)["']?((?:@[^/"':]+/)?[^/"':]+)["']?:(?: ["']?([0-9][^\s"'(]*))?""")
_PNPM_VERSION = re.compile(r""" *version: ["']?([0-9][^\s"'(]*)""")
_PNPM_SECTIONS = frozenset({"dependencies", "devDependencies", "optionalDependencies"})


def _read_pnpm(text: str, names: frozenset[str]) -> dict[str, str]:
    """Read the direct dependencies of a pnpm lock, of the first project in it."""
    found: dict[str, str] = {}
    section, depth, name = False, 0, ""
    for line in text.splitlines():
        match = _PNPM_NAME.match(line)
        if line.startswith("packages:"):
            break
        if match is None:
            continue
        indent = len(match[1])
        if match[2] in _PNPM_SECTIONS and not match[3]:
            section, depth = True, indent
        elif indent <= depth:
            section = False
        elif section and indent == depth + 2:
            name = match[2]
            if match[3] and name in names:
                found.setdefault(name, match[3])
        elif section and name in names and (version := _PNPM_VERSION.match(line)):
            found.setdefault(name, version[1])
    return found


_BUN = re.compile(r'^\s*"(?P<name>(?:@[^/"]+/)?[^/"]+)": \["(?P<of>@?[^"@]+)@(?P<version>[0-9][^"]*)"')


def _read_bun(text: str, names: frozenset[str]) -> dict[str, str]:
    lines: Iterator[re.Match[str] | None] = (_BUN.match(line) for line in text.splitlines())
    return {match["name"]: match["version"] for match in lines if match and match["name"] in names}


_LOCKS: Mapping[str, Read] = {
    "package-lock.json": _read_npm,
    "npm-shrinkwrap.json": _read_npm,
    "pnpm-lock.yaml": _read_pnpm,
    "yarn.lock": _read_yarn,
    "bun.lock": _read_bun,
}
READ = frozenset({MANIFEST, *_LOCKS})
