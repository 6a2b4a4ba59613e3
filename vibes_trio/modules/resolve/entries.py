"""Which file of a package a specifier means to a browser: `exports` with conditions, else the main fields; and
where the `browser` field maps that file to another one, that one.

A folder of a package may have a `package.json` of its own (`react-bootstrap/Button`), and where `exports` leads to a
name without ending, or the app leaves the ending out, it is found all the same: bundlers do so, and apps rely on it.

Source: Node's documentation of packages (conditional, pattern and, deprecated, folder exports), esbuild's of main
fields, and the specification of the `browser` field that bundlers share.
"""

import posixpath
import re
from collections.abc import Callable, Collection, Mapping
from typing import Any

import msgspec

from vibes_trio.content.file_roles import PREPROCESSED
from vibes_trio.errors import ModuleFailed
from vibes_trio.outbound import UNREADABLE

# What holds for esbuild as well, so that a package's entry and what it imports are chosen alike.
CONDITIONS = ("browser", "import", "module", "production")
MAIN_FIELDS = ("browser", "module", "main")
_HOSTED_FIELDS = ("unpkg", "jsdelivr", "browser", "main")
_STYLE = "style"
_SCRIPTS = (".js", ".mjs")
_ENDINGS = ("", ".js", ".mjs", ".cjs", ".jsx", ".json", ".css")
_SUFFIXES = (*_ENDINGS, "/index.js", "/index.mjs", "/index.cjs", "/index.json")
_NOT_FOR_PAGES = frozenset({"bin", "cli", "test", "tests", "__tests__"})
_UMD = re.compile(rb"\btypeof exports\s{0,2}={2,3}|\bmodule\.exports\s{0,2}=|\bdefine\.amd\b")
_MAX_DEPTH = 32
_MAX_TOLD = 3
_MAX_MANIFEST_BYTES = 1024 * 1024

# From the name of a file of the package to its content.
Read = Callable[[str], bytes]


def resolve_entry(package_json: bytes, files: Collection[str], subpath: str, read: Read | None = None) -> str:
    """Return the file, among *files*, that the entry *subpath* of a package means; `""` is the main one.

    Args:
        package_json: content of the package's `package.json`.
        files: names of all files of the package, with `/`.
        read: gives the content of one of *files*; without it folders have no `package.json` of their own.

    Raises:
        ModuleFailed: there is no such entry, or `package.json` is broken.
    """
    manifest = _parse(package_json)
    exports = manifest.get("exports")
    if exports is not None:
        found = _find_exported(exports, files, subpath)
    elif subpath:
        found = _find_file(subpath, files, _ENDINGS) or _find_in_folder(subpath, files, read)
        found = found or _find_file(subpath, files, _SUFFIXES)
    else:
        found = _find_main(_without_old_scripts(manifest, files, read), "", files)
    if found is not None:
        found = _for_browsers(found, manifest.get("browser"), files)
    if found is None:
        raise ModuleFailed(f"the package has no entry {subpath or '(main)'} for browsers")
    return _as_css(found, files)


def _as_css(found: str, files: Collection[str]) -> str:
    """Return the style sheet that the package has made of *found*, if that is written in another language.

    Raises:
        ModuleFailed: it has none by that name.
    """
    stem, ending = posixpath.splitext(found)
    language = PREPROCESSED.get(ending)
    if language is None:
        return found
    base = posixpath.basename(stem).removeprefix("_")
    css = next((name for name in (f"{stem}.css", f"{stem}.min.css") if name in files), None)
    css = css or _find_alike(f"{base}.css", files)
    if css is None:
        there = sorted(
            (name for name in files if name.endswith(".css")), key=lambda name: (name.count("/"), name)
        )
        instead = f"; it has {', '.join(there[:_MAX_TOLD])}" if there else ""
        raise ModuleFailed(
            f"{found} is {language}, which is not compiled here: import a style sheet of the package that is CSS"
            f"{instead}"
        )
    return css


def resolve_hosted(
    package_json: bytes, files: Collection[str], subpath: str, read: Read | None = None
) -> str:
    """Return the file that a module at *subpath* of the package is at hosts of packages, which give files that nothing
    exports, too. Else as `resolve_entry`.

    Of a minified one the other is meant where there is one: it may be what other parts of the package import.
    """
    try:
        return resolve_entry(package_json, files, subpath, read)
    except ModuleFailed:
        stem, _, ending = subpath.rpartition(".")
        plain = f"{stem.removesuffix('.min')}.{ending}"
        found = next((name for name in (plain, subpath) if name in files), None)
        if found is None or not found.endswith(_SCRIPTS):
            raise
        return found


def resolve_file(package_json: bytes, files: Collection[str], path: str) -> str:
    """Return which of *files* hosts of packages serve for *path* (`""`: the package's own), whatever `exports` says.

    Where there is no such file, it is the one of that name, minified or not, in whatever folder: hosts have files that
    they make themselves, and folders of their own.

    Raises:
        ModuleFailed: there is none, or `package.json` is broken.
    """
    if not path:
        manifest = _parse(package_json)
        named = [m for m in (manifest.get(name) for name in _HOSTED_FIELDS) if isinstance(m, str)]
        found = next(filter(None, (_find_file(name, files, _SUFFIXES) for name in [*named, "index"])), None)
    else:
        found = _find_file(path, files, _ENDINGS)
    if found is None and path:
        found = _find_alike(posixpath.basename(path), files)
    if found is None:
        raise ModuleFailed(f"the package has no file {path or '(main)'}")
    return found


def _find_alike(base: str, files: Collection[str]) -> str | None:
    """Return the file called *base*, in whatever folder that is for pages, minified or not, or as newer versions of
    packages call what was a plain script."""
    stem, dot, ending = base.rpartition(".")
    plain = stem.removesuffix(".min")
    stems = (stem, plain, f"{plain}.min", f"{plain}.umd", f"{plain}.umd.min", f"{plain}.global")
    by_base: dict[str, list[str]] = {}
    for name in files:
        if not _NOT_FOR_PAGES.intersection(name.split("/")[:-1]):
            by_base.setdefault(posixpath.basename(name), []).append(name)
    alike = next(filter(None, (by_base.get(f"{name}{dot}{ending}") for name in stems)), None)
    return min(alike, key=lambda name: (name.count("/"), name)) if alike else None


def _parse(package_json: bytes) -> dict[str, Any]:
    if len(package_json) > _MAX_MANIFEST_BYTES:
        raise ModuleFailed(f"package.json has more than {_MAX_MANIFEST_BYTES} bytes")
    try:
        return msgspec.json.decode(package_json, type=dict[str, Any])  # whatever its author wrote
    except UNREADABLE as error:
        raise ModuleFailed(f"package.json is broken: {error}") from error


def _find_exported(exports: object, files: Collection[str], subpath: str) -> str | None:
    """Return the file that `exports` lets *subpath* mean, with one of the usual endings if it needs one."""
    for ending in _ENDINGS if subpath else ("",):
        targets = _find_export(exports, f"./{subpath}{ending}" if subpath else ".")
        found = next(filter(None, (_find_target(target, files) for target in targets)), None)
        if found is not None:
            return found
    return None


def _find_main(manifest: Mapping[str, Any], folder: str, files: Collection[str]) -> str | None:
    named = [m for m in (manifest.get(name) for name in MAIN_FIELDS) if isinstance(m, str) and m]
    for name in [*named, "index"]:
        path = posixpath.normpath(posixpath.join(folder, name))
        # A main file that climbs out of its folder (`../cjs/Button.js`) is fine, one that leaves the package isn't.
        found = _find_file(path, files, _SUFFIXES)
        if found is not None:
            return found
    return None


def _without_old_scripts(
    manifest: Mapping[str, Any], files: Collection[str], read: Read | None
) -> Mapping[str, Any]:
    """Return *manifest* without its `browser` file, if that is a script of the old kind in a package of modules: read
    as one it exports nothing. Bundlers take the package's `module` then."""
    named, module = manifest.get("browser"), manifest.get("module")
    if manifest.get("type") != "module" or not isinstance(named, str) or not isinstance(module, str):
        return manifest
    found = _find_file(posixpath.normpath(named), files, _SUFFIXES)
    if read is None or found is None or found.endswith((".mjs", ".cjs")) or not _UMD.search(read(found)):
        return manifest
    return {key: value for key, value in manifest.items() if key != "browser"}


def _find_in_folder(subpath: str, files: Collection[str], read: Read | None) -> str | None:
    """Return what the `package.json` of the folder *subpath* means; None: it has none, or it leads nowhere."""
    folder = posixpath.normpath(subpath)
    name = f"{folder}/package.json"
    if read is None or name not in files:
        return None
    manifest = _parse(read(name))
    found = _find_main(manifest, folder, files)
    mapped = manifest.get("browser")
    if found is None or not isinstance(mapped, Mapping):
        return found
    moved = {
        f"./{posixpath.normpath(posixpath.join(folder, str(key)))}": target for key, target in mapped.items()
    }
    return _for_browsers(
        found,
        {
            key: posixpath.normpath(posixpath.join(folder, target)) if isinstance(target, str) else target
            for key, target in moved.items()
        },
        files,
    )


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


def _find_target(target: str, files: Collection[str]) -> str | None:
    has_ending = "." in posixpath.basename(target)
    return _find_file(target, files, ("",) if has_ending else _SUFFIXES)


def _find_file(target: str, files: Collection[str], suffixes: tuple[str, ...]) -> str | None:
    path = posixpath.normpath(target)
    return next((path + suffix for suffix in suffixes if path + suffix in files), None)


def _find_export(exports: object, key: str) -> list[str]:
    """Return the targets of *key* (`.` or `./x`): of an exact key, else of the pattern or folder with the longest
    start; several are tried one after the other."""
    if not isinstance(exports, Mapping) or not any(str(name).startswith(".") for name in exports):
        return _pick(exports, "", 0) if key == "." else []
    if key in exports and "*" not in key and not key.endswith("/"):
        return _pick(exports[key], "", 0)
    best, filled = "", ""
    for pattern in exports:
        start, star, end = str(pattern).partition("*")
        is_folder = not star and start.endswith("/") and key.startswith(start) and key != start
        fits = star and key.startswith(start) and key.endswith(end) and len(key) > len(start) + len(end)
        if (fits or is_folder) and len(start) >= len(best.partition("*")[0]):
            best, filled = str(pattern), key[len(start) : len(key) - len(end)]
    if not best:
        return []
    targets = _pick(exports[best], filled, 0)
    return targets if "*" in best else [target + filled for target in targets if target.endswith("/")]


def _pick(target: object, filled: str, depth: int) -> list[str]:
    """Return the first target whose conditions hold, of a list all of them; `null` in the manifest forbids an entry."""
    if isinstance(target, str):
        return [target.replace("*", filled)]
    if depth >= _MAX_DEPTH:
        return []
    if isinstance(target, Mapping):
        choices = (value for name, value in target.items() if name in CONDITIONS or name == "default")
        found = next(filter(None, (_pick(choice, filled, depth + 1) for choice in choices)), [])
        # A package that has a style sheet and no code says so in a way of its own.
        return found or _pick(target.get(_STYLE), filled, depth + 1)
    if isinstance(target, list):
        return [picked for choice in target[:_MAX_DEPTH] for picked in _pick(choice, filled, depth + 1)]
    return []
