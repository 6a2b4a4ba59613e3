"""Which file of a package a specifier means to a browser: `exports` with conditions, else the main fields; and
where the `browser` field maps that file to another one, that one.

Source: Node's documentation of packages (conditional and pattern exports), esbuild's of main fields, and the
specification of the `browser` field that bundlers share.
"""

import posixpath
from collections.abc import Collection, Mapping
from typing import Any

import msgspec

from vibes_trio.errors import ModuleFailed
from vibes_trio.outbound import UNREADABLE

# What holds for esbuild as well, so that a package's entry and what it imports are chosen alike.
CONDITIONS = ("browser", "import", "module", "production")
MAIN_FIELDS = ("browser", "module", "main")
_SUFFIXES = ("", ".js", ".mjs", ".cjs", ".json", "/index.js", "/index.mjs", "/index.cjs")
_MAX_DEPTH = 32
_MAX_MANIFEST_BYTES = 1024 * 1024


def resolve_entry(package_json: bytes, files: Collection[str], subpath: str) -> str:
    """Return the file, among *files*, that the entry *subpath* of a package means; `""` is the main one.

    Args:
        package_json: content of the package's `package.json`.
        files: names of all files of the package, with `/`.

    Raises:
        ModuleFailed: there is no such entry, or `package.json` is broken.
    """
    if len(package_json) > _MAX_MANIFEST_BYTES:
        raise ModuleFailed(f"package.json has more than {_MAX_MANIFEST_BYTES} bytes")
    try:
        manifest = msgspec.json.decode(package_json, type=dict[str, Any])  # whatever its author wrote
    except UNREADABLE as error:
        raise ModuleFailed(f"package.json is broken: {error}") from error
    exports = manifest.get("exports")
    if exports is not None:
        target = _find_export(exports, f"./{subpath}" if subpath else ".")
        found = _find_file(target, files, ("",)) if target else None
    elif subpath:
        found = _find_file(subpath, files, _SUFFIXES)
    else:
        named = [m for m in (manifest.get(name) for name in MAIN_FIELDS) if isinstance(m, str)]
        found = next(filter(None, (_find_file(name, files, _SUFFIXES) for name in [*named, "index"])), None)
    if found is not None:
        found = _for_browsers(found, manifest.get("browser"), files)
    if found is None:
        raise ModuleFailed(f"the package has no entry {subpath or '(main)'} for browsers")
    return found


def _for_browsers(file: str, mapped: object, files: Collection[str]) -> str | None:
    """Return what the map of the `browser` field puts in the place of *file*; None: browsers are to have nothing."""
    if not isinstance(mapped, Mapping):
        return file
    spellings = {posixpath.normpath(file + suffix) for suffix in ("", ".js")} | {
        file.removesuffix(suffix) for suffix in _SUFFIXES[1:]
    }
    for name, target in mapped.items():
        if str(name).startswith(".") and posixpath.normpath(str(name)) in spellings:
            return _find_file(target, files, _SUFFIXES) if isinstance(target, str) else None
    return file


def _find_file(target: str, files: Collection[str], suffixes: tuple[str, ...]) -> str | None:
    path = posixpath.normpath(target)
    return next((path + suffix for suffix in suffixes if path + suffix in files), None)


def _find_export(exports: object, key: str) -> str | None:
    """Return the target of *key* (`.` or `./x`): an exact key, else the pattern with the longest start."""
    if not isinstance(exports, Mapping) or not any(str(name).startswith(".") for name in exports):
        return _pick(exports, "", 0) if key == "." else None
    if key in exports and "*" not in key:
        return _pick(exports[key], "", 0)
    best, filled = "", ""
    for pattern in exports:
        start, star, end = str(pattern).partition("*")
        fits = star and key.startswith(start) and key.endswith(end) and len(key) > len(start) + len(end)
        if fits and len(start) >= len(best.partition("*")[0]):
            best, filled = str(pattern), key[len(start) : len(key) - len(end)]
    return _pick(exports[best], filled, 0) if best else None


def _pick(target: object, filled: str, depth: int) -> str | None:
    """Return the first target whose conditions hold; `None` in the manifest forbids an entry."""
    if isinstance(target, str):
        return target.replace("*", filled)
    choices: list[object] = []
    if isinstance(target, Mapping):
        choices = [value for name, value in target.items() if name in CONDITIONS or name == "default"]
    elif isinstance(target, list):
        choices = target
    if depth < _MAX_DEPTH:
        for choice in choices:
            picked = _pick(choice, filled, depth + 1)
            if picked is not None:
                return picked
    return None
