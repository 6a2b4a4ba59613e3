"""Folders of several packages, one of which is the app: others import each other by the names in their `package.json`.

As npm, Yarn, pnpm and Bun link them. What one exports is read in the plain forms of `exports`; where that names what a
build of its own would write (`dist`), its source counts.
"""

import posixpath
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

import msgspec

from vibes_trio.content.import_map import PREDEFINED
from vibes_trio.content.tool_settings import MAX_SETTINGS_BYTES, Alias

MANIFEST = "package.json"
MAX_MEMBERS = 64
_MAX_EXPORTS = 64
_MAX_DEPTH = 8
_LOCAL = ("workspace:", "file:", "link:", "portal:")
_MARKS = ("pnpm-workspace.yaml", "lerna.json", "rush.json")
_FIRST = ("source", "import", "module", "browser", "default", "require", "types")
_NOT_THE_PAGE = ("/node_modules/", "/dist/", "/build/")


class Member(msgspec.Struct, frozen=True):
    """A package beside the app: its folder, without a slash at its end, and what its `package.json` says."""

    folder: str
    # Any: JSON.
    manifest: dict[str, Any]


def find_members(files: Mapping[str, bytes], root: str) -> Mapping[str, Member]:
    """Return name → package, of those beside the app in *root* whose names mean them: in a workspace all, else those
    that the app's `package.json` wants from a folder.

    Args:
        files: `package.json` files, and what marks a workspace, by their names from `/`; others are passed over.
    """
    names = sorted((n for n in files if n.endswith(f"/{MANIFEST}")), key=lambda name: (name.count("/"), name))
    names = [name for name in names if not any(part in name for part in _NOT_THE_PAGE)]
    if len(names) < 2:
        return {}
    top = posixpath.commonpath([posixpath.dirname(name) for name in names]).rstrip("/")
    wanted = _wants(_read(files.get(f"{root}/{MANIFEST}", b"")))
    is_marked = any(f"{top}/{mark}" in files for mark in _MARKS)
    is_workspace = is_marked or "workspaces" in _read(files.get(f"{top}/{MANIFEST}", b""))
    found: dict[str, Member] = {}
    for place in names[:MAX_MEMBERS]:
        manifest = _read(files[place])
        name, folder = manifest.get("name"), posixpath.dirname(place).rstrip("/")
        if not isinstance(name, str) or not name or name in PREDEFINED or folder in (root, top):
            continue
        if is_workspace or str(wanted.get(name, "")).startswith(_LOCAL):
            found.setdefault(name, Member(folder, manifest))
    return MappingProxyType(found)


def member_aliases(members: Mapping[str, Member]) -> Iterator[Alias]:
    """Yield what imports of *members* stand for: their names, and what follows them."""
    for name, member in members.items():
        folder = member.folder
        exports = list(_exports(member.manifest.get("exports")))[:_MAX_EXPORTS]
        for key, targets in exports:
            places = tuple(filter(None, (_place(folder, target) for target in targets)))
            if places and key != ".":
                yield _alias(name + key.removeprefix("."), places)
        fields = [member.manifest.get(field) for field in ("source", "module", "main", "types")]
        mains = [*(target for key, targets in exports if key == "." for target in targets), *fields]
        there = (_place(folder, main) for main in mains if isinstance(main, str))
        mains_there = dict.fromkeys((*filter(None, there), f"{folder}/src/index", f"{folder}/index"))
        yield Alias(name, tuple(mains_there), exact=True)
        yield Alias(f"{name}/", (f"{folder}/", f"{folder}/src/"))


def _alias(key: str, places: tuple[str, ...]) -> Alias:
    """Return what *key* stands for; the star of a pattern is what is left of an import, endings are tried."""
    if "*" not in key:
        return Alias(key, places, exact=True)
    return Alias(key.partition("*")[0], tuple(place.partition("*")[0] for place in places if "*" in place))


def _exports(told: object) -> Iterator[tuple[str, list[str]]]:
    """Yield key and targets of `exports`: of one target, of conditions, or of keys that begin with a dot."""
    if isinstance(told, dict) and any(str(key).startswith(".") for key in told):
        for key, target in told.items():
            yield str(key), list(_targets(target, 0))
    else:
        yield ".", list(_targets(told, 0))


def _targets(told: object, depth: int) -> Iterator[str]:
    if isinstance(told, str):
        yield told
    elif isinstance(told, dict) and depth < _MAX_DEPTH:
        for condition in _FIRST:
            yield from _targets(told.get(condition), depth + 1)


def _place(folder: str, target: str) -> str:
    """Return *target* as a path from `/`; empty: it leads out of the package."""
    place = posixpath.normpath(posixpath.join("/", folder.strip("/"), target.lstrip("/")))
    return place if place.startswith(f"{folder}/") else ""


def _wants(manifest: Mapping[str, Any]) -> dict[str, Any]:
    wanted: dict[str, Any] = {}
    for field in ("devDependencies", "dependencies"):
        told = manifest.get(field)
        wanted |= told if isinstance(told, dict) else {}
    return wanted


def _read(content: bytes) -> dict[str, Any]:
    if len(content) > MAX_SETTINGS_BYTES:
        return {}
    try:
        return msgspec.json.decode(content.removeprefix(b"\xef\xbb\xbf"), type=dict[str, Any])
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return {}
