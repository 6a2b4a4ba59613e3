"""The Sass of an app: which sheet one names, and what stands in it.

Found as Vite and Dart Sass find them: beside the sheet, by an alias, from the project's root, in a package; as partials
(`_name`), with any ending, as the index of a folder. Addresses of files in a sheet that another one takes in are those
of that sheet, so they are written out before Sass sees them.
"""

import json
import posixpath
import re
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, unquote

from vibes_trio.bundle import stubs
from vibes_trio.bundle.marks import SHEET_OF_PACKAGE
from vibes_trio.bundle.material import SourceFile
from vibes_trio.bundle.places import Places
from vibes_trio.bundle.tailwind import is_tailwind_import
from vibes_trio.compilers.sass import PackageSheets, SassFailed, SassMaterial, SassSheet
from vibes_trio.compilers.sass_packets import Syntax
from vibes_trio.content.specifiers import Kind, parse_specifier

SASS = (".scss", ".sass")
_ENDINGS: Mapping[str, Syntax] = {".scss": "scss", ".sass": "indented", ".css": "css"}
_APP, _PACKAGE, _TAILWIND = "app:///", "npm:///", "tailwind:///"
_ADDRESS = re.compile(r"""\burl\(\s*+(["']?)((?:[^"'()#$\s{}]|#(?!\{))+)\1\s*+\)""")
_SUFFIX = re.compile(r"[?#].*", re.DOTALL)
_CONDITIONS = ("sass", "style", "import", "default")
_MAX_DEPTH = 6
# From a style sheet in CSS: what it takes in, and whose class names it composes.
_NAMED_BY_CSS = re.compile(rb"""["']([^"'\n]{1,600}\.s[ac]ss)["']""")

Compile = Callable[
    [Sequence[str], SassMaterial, Mapping[str, bytes]], Awaitable[Mapping[str, bytes | SassFailed]]
]

SheetsOf = Callable[[str, str], Awaitable[PackageSheets | None]]


@dataclass(frozen=True, slots=True)
class Sass:
    """What compiles Sass for one app.

    Attributes:
        compile: see `compilers.sass.compile_sheets`: names, what they are made of, what stands in front of each.
        sheets: package, and the range that another package wants it in → its style sheets; None: nobody wants such a
            package; raises `SassFailed`.
        ahead: syntax → what the project's settings put in front of each sheet.
    """

    compile: Compile
    sheets: SheetsOf
    ahead: Mapping[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class MadeOfSass:
    """The sheets of an app as CSS, by the names of their files; and why others are none."""

    css: Mapping[str, bytes]
    errors: Mapping[str, str]


def sheet_of_package(specifier: str) -> str:
    """Return a sheet that takes in the one in Sass that modules import of a package as *specifier*.

    By `@import`, so that what a project's settings put ahead counts in it, as in Vite.
    """
    text = f"@import {json.dumps(specifier, ensure_ascii=False)}"
    return f"{text}\n" if specifier.endswith(".sass") else f"{text};\n"


def tell_own_css(specifier: str, why: str) -> str:
    """Return what is told where the sheet *specifier* of a package is not compiled, and *why* if that is known."""
    plain = (
        f"import {json.dumps(specifier)}: the package's own CSS is taken, as its Sass is not compiled here"
    )
    return f"{plain}: {why}" if why else f"{plain}."


def is_sass(name: str) -> bool:
    """Whether the file *name* is written in Sass."""
    return name.endswith(SASS)


async def compile_sass(
    sass: Sass, names: Sequence[str], files: Mapping[str, SourceFile], places: Places
) -> MadeOfSass:
    """Return what becomes of the sheets *names* of an app, and of those that its CSS names."""
    wanted = dict.fromkeys((*names, *_named_by_css(files, places)))
    if not wanted:
        return MadeOfSass({}, {})
    entries = {_address(_APP, name): name for name in wanted}
    material = Sheets(files, places, sass.sheets, frozenset(wanted))
    ahead = {url: sass.ahead.get(_ENDINGS[_ending(name)], b"") for url, name in entries.items()}
    made = await sass.compile(tuple(entries), material, ahead)
    css = {entries[url]: text for url, text in made.items() if isinstance(text, bytes)}
    failed = {entries[url]: why for url, why in made.items() if isinstance(why, SassFailed)}
    return MadeOfSass(css, {name: _told(name, why) for name, why in failed.items()})


def _named_by_css(files: Mapping[str, SourceFile], places: Places) -> Iterator[str]:
    for name, file in files.items():
        if name.endswith(".css") and b".s" in file.content:
            for found in _NAMED_BY_CSS.findall(file.content):
                path = places.find(name, found.decode("utf-8", "replace").removeprefix("~"))
                if path is not None and is_sass(path):
                    yield path


def _told(name: str, failed: SassFailed) -> str:
    """Return why *name* is not compiled, with the place in front."""
    where, name = (
        (_name_of(failed.name) or name).removeprefix(SHEET_OF_PACKAGE),
        name.removeprefix(SHEET_OF_PACKAGE),
    )
    place = f"{where}:{failed.line}" if failed.line else where
    return f"{place}: {failed.words.rstrip('.')}." + (f" ({name} needs it)" if where != name else "")


@dataclass(slots=True)
class Sheets:
    """The style sheets that Sass asks for, see `compilers.sass.SassMaterial`. It keeps those of *packages*."""

    files: Mapping[str, SourceFile]
    places: Places
    sheets_of: SheetsOf
    entries: frozenset[str]
    packages: dict[str, PackageSheets] = field(default_factory=dict)

    async def find(self, url: str, containing: str, *, from_import: bool) -> str:
        """See `SassMaterial`."""
        if url.startswith(_APP):
            return self._in_app("/" + unquote(url.removeprefix(_APP)), from_import)
        if url.startswith(_PACKAGE):
            package, inner = _take_apart(unquote(url.removeprefix(_PACKAGE)))
            return self._in_package(package, inner, from_import)
        path = url.removeprefix("pkg:").removeprefix("~")
        if is_tailwind_import(path):
            return _TAILWIND + path
        importer = _name_of(containing)
        if not containing.startswith(_PACKAGE):
            found = self._by_alias(importer or "/", path, from_import) or self._in_app(
                posixpath.normpath(f"{self.places.root}/{path}"), from_import
            )
            if found:
                return found
        if parse_specifier(path).kind is not Kind.PACKAGE:
            return ""
        package, inner = _take_apart(path)
        await self._fetch(package, containing)
        return self._in_package(package, inner, from_import)

    def load(self, name: str) -> SassSheet:
        """See `SassMaterial`."""
        syntax = _ENDINGS.get(_ending(name), "css")
        if name.startswith(_TAILWIND):
            return SassSheet(f'@import "{name.removeprefix(_TAILWIND)}";\n'.encode(), "css")
        if name.startswith(_PACKAGE):
            package, inner = _take_apart(unquote(name.removeprefix(_PACKAGE)))
            sheets = self.packages[package]
            return SassSheet(
                _rebased(_text(sheets.sheets[inner]), inner, _of_package(package, sheets)), syntax
            )
        path = "/" + unquote(name.removeprefix(_APP))
        text = _text(self.files[path].content)
        # Of what is compiled by itself addresses are found afterwards, with aliases and all.
        return SassSheet(
            text.encode() if path in self.entries else _rebased(text, path, self._of_app), syntax
        )

    def _of_app(self, name: str) -> str:
        return stubs.file_in_css(name) if name in self.files else ""

    def _in_app(self, path: str, from_import: bool) -> str:
        names = (name for name in sheet_names(path, from_import=from_import) if name in self.files)
        return next((_address(_APP, name) for name in names), "")

    def _by_alias(self, importer: str, path: str, from_import: bool) -> str:
        for name in (path, *sheet_names(path, from_import=from_import)):
            found = self.places.find_exact(importer, name)
            if found is not None and found.endswith(tuple(_ENDINGS)):
                return _address(_APP, found)
        return ""

    async def _fetch(self, package: str, containing: str) -> None:
        if package in self.packages:
            return
        wanted = ""
        if containing.startswith(_PACKAGE):
            other, _ = _take_apart(unquote(containing.removeprefix(_PACKAGE)))
            needs = _manifest(self.packages[other]).get("dependencies")
            wanted = str(needs.get(package, "")) if isinstance(needs, dict) else ""
        sheets = await self.sheets_of(package, wanted)
        if sheets is not None:
            self.packages[package] = sheets

    def _in_package(self, package: str, inner: str, from_import: bool) -> str:
        sheets = self.packages.get(package)
        if sheets is None:
            return ""
        exported = _exported(_manifest(sheets), inner)
        names = (*(sheet_names(inner, from_import=from_import) if inner else ()), *exported)
        if not inner:
            names = (*exported, *sheet_names("index", from_import=from_import))
        found = next((name for name in names if name in sheets.sheets), "")
        return _address(_PACKAGE, f"{package}/{found}") if found else ""


def sheet_names(path: str, *, from_import: bool) -> Iterator[str]:
    """Yield the names that the sheet *path* may have, best first. *from_import*: it is named by `@import`."""
    yield from _in_folder(path, from_import)
    if not path.endswith(tuple(_ENDINGS)):
        yield from _in_folder(posixpath.join(path, "index"), from_import)


def _in_folder(path: str, from_import: bool) -> Iterator[str]:
    folder, base = posixpath.split(path)
    stem, ending = posixpath.splitext(base)
    known = ending in _ENDINGS
    stems = [stem if known else base]
    if from_import:
        stems.insert(0, f"{stems[0]}.import")
    for name in stems:
        for end in (ending,) if known else _ENDINGS:
            yield posixpath.join(folder, name + end)
            yield posixpath.join(folder, f"_{name}{end}")


def _exported(manifest: Mapping[str, Any], inner: str) -> tuple[str, ...]:
    """Return the files that a package says its sheet *inner* (empty: the main one) lies in."""
    told = manifest.get("exports")
    key = f"./{inner}" if inner else "."
    found: list[object] = []
    if isinstance(told, dict):
        found = [told.get(name) for name in (key, f"{key}.scss", f"{key}.css")]
        stars = [(k, t) for k, t in told.items() if k.count("*") == 1]
        for pattern, target in stars:
            start, _, end = pattern.partition("*")
            if key.startswith(start) and key.endswith(end) and len(key) >= len(pattern):
                star = key[len(start) : len(key) - len(end)]
                found += (text.replace("*", star) for text in _targets(target, 0))
    if not inner:
        found += [manifest.get("sass"), manifest.get("style")]
    return tuple(name for told in found for name in _files_of(told))


def _files_of(told: object) -> Iterator[str]:
    for target in _targets(told, 0):
        yield from sheet_names(posixpath.normpath(target), from_import=False)


def _targets(told: object, depth: int) -> Iterator[str]:
    if isinstance(told, str):
        yield told
    elif isinstance(told, dict) and depth < _MAX_DEPTH:
        for condition in _CONDITIONS:
            yield from _targets(told.get(condition), depth + 1)


def _manifest(sheets: PackageSheets) -> Mapping[str, Any]:
    try:
        told = json.loads(sheets.manifest)
    except (ValueError, RecursionError):
        return {}
    return told if isinstance(told, dict) else {}


def _of_package(package: str, sheets: PackageSheets) -> Callable[[str], str]:
    return lambda name: stubs.package_file_in_css(f"{package}/{name}") if name in sheets.files else ""


def _rebased(text: str, name: str, address_of: Callable[[str], str]) -> bytes:
    """Return *text*, of the sheet *name*, with addresses of files beside it written so that they count anywhere."""

    def rebase(found: re.Match[str]) -> str:
        path = found[2]
        plain = unquote(_SUFFIX.sub("", path))
        if not plain or parse_specifier(path).kind is Kind.URL or path.startswith(("/", "~")):
            return found[0]
        whole = address_of(posixpath.normpath(posixpath.join(posixpath.dirname(name), plain)))
        suffix = _SUFFIX.search(path)
        return f'url("{whole}{suffix[0] if suffix else ""}")' if whole else found[0]

    return _ADDRESS.sub(rebase, text).encode()


def _text(content: bytes) -> str:
    return content.decode("utf-8", "replace").removeprefix("\ufeff")


def _ending(name: str) -> str:
    return posixpath.splitext(name)[1]


def _address(kind: str, name: str) -> str:
    return kind + quote(name.lstrip("/"), safe="/@!$&'()*+,;=:~")


def _name_of(url: str) -> str:
    """Return the name by which people know the sheet *url*."""
    if url.startswith(_PACKAGE):
        return unquote(url.removeprefix(_PACKAGE))
    return "/" + unquote(url.removeprefix(_APP)) if url.startswith(_APP) else ""


def _take_apart(path: str) -> tuple[str, str]:
    """Return the package that *path* begins with, and what follows."""
    parts = path.split("/")
    size = 2 if path.startswith("@") else 1
    return "/".join(parts[:size]), "/".join(parts[size:])
