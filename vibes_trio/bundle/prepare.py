"""The sources of an app, made ready: what esbuild has no word for put into plain imports, what is built apart found.

Looking through sources takes time that grows with them, so it is done by a thread.
"""

import base64
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import cast

import msgspec
import trio

from vibes_trio.bundle import stubs
from vibes_trio.bundle.env_names import tell_unset
from vibes_trio.bundle.marks import SHEET_OF_PACKAGE
from vibes_trio.bundle.material import SourceFile, loader_of
from vibes_trio.bundle.places import Places
from vibes_trio.bundle.rewrite import FILE, Budget, may_need_rewriting, rewrite_module
from vibes_trio.bundle.sass import SASS, sheet_of_package
from vibes_trio.compilers.interface import Compiler, Lang, Source
from vibes_trio.content.cid import calc_cid
from vibes_trio.content.jsx_source import NO_SOLID, SOLID, with_jsx_source
from vibes_trio.content.specifiers import Kind, parse_specifier
from vibes_trio.errors import TransformFailed, VibesError

RECIPE = 7
"""Changes with what is made of the same sources: a release that an older version built is built anew."""
LINKED = "/~styles.js"  # no name that a deploy may have
"""The module that imports the style sheets which the app's HTML links."""

_STYLE_IMPORT = re.compile(
    r"""["'`]([^"'`\n]{1,600}\.(?:css|scss|sass|less|styl|stylus|pcss|postcss))(?:\?[^"'`\n]*)?["'`]"""
)
_WORKER_IMPORT = re.compile(r"""["'`]([^"'`\n?]{1,600})\?(?:[^"'`\n]*&)?(?:shared)?worker\b[^"'`\n]*["'`]""")
_SPECIFIER = re.compile(r"""(?:\bfrom|\bimport|\brequire)\s*+\(?\s*+["']([^"'\n]{1,600})["']""")
_INLINE_MAP = "//# sourceMappingURL=data:application/json;base64,"
_MODULE = re.compile(r"^\s*(?:import|export)\b(?!\s*\()", re.MULTILINE)
_NAME = re.compile(r"[^A-Za-z0-9_-]+")


@dataclass(frozen=True, slots=True)
class AppSources:
    """An app as it is built.

    Attributes:
        files: all that it has, by name.
        langs: of its modules.
        entries: modules that the page runs, in order.
        apart: files that nobody is to read but who imports them.
        env: what the app was deployed with; never the server's own.
        linked: style sheets that its HTML links and that a browser can't read as they are.
        jsx_source: the package whose JSX it is written in; empty: React's.
        classes: what TypeScript's classes mean in it, see `compilers.interface.Source`.
        packages: those that its `package.json` names.
        has_globals: whether React may be named without an import; a page of the app's own may have another by a script.
    """

    files: Mapping[str, bytes]
    langs: Mapping[str, Lang]
    entries: tuple[str, ...]
    places: Places
    apart: frozenset[str] = frozenset()
    env: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    linked: tuple[str, ...] = ()
    has_globals: bool = False
    jsx_source: str = ""
    classes: str = ""
    packages: frozenset[str] = frozenset()

    @property
    def all_entries(self) -> tuple[str, ...]:
        """What is built: style sheets come before what looks at the page."""
        return (*((LINKED,) if self.linked else ()), *self.entries)


@dataclass(frozen=True, slots=True)
class Prepared:
    """Sources that are ready to be built.

    Attributes:
        styles: style sheets that modules import, of packages those in Sass, and those that are linked.
        workers: source → the file that it is built into; empty: it is a script of the old kind, and runs as it is.
        problems: for whoever deploys.
    """

    files: Mapping[str, SourceFile]
    styles: tuple[str, ...]
    workers: Mapping[str, str]
    problems: tuple[str, ...]


async def prepare_sources(compiler: Compiler, app: AppSources) -> Prepared:
    """Return the sources of *app* made ready.

    Raises:
        TransformFailed: one can't be parsed.
        TooLarge: one is too long.
    """
    reading = await trio.to_thread.run_sync(_read, app)
    printed, failed = await _print_all(compiler, reading.odd)
    wanted = [name for name in failed if name in reading.texts]
    if wanted:
        raise failed[min(wanted)]
    return await trio.to_thread.run_sync(_finish, app, reading, printed, failed)


def plain_name(name: str) -> str:
    """Return what a built file may be called after the source *name*."""
    return _NAME.sub("-", name.rpartition("/")[2].partition(".")[0])[:40].strip("-") or "app"


@dataclass(frozen=True, slots=True)
class _Reading:
    files: dict[str, SourceFile]
    texts: dict[str, str]  # of what is part of the app
    odd: Sequence[Source]  # what has to be printed and put into plain imports; of files apart, too


def _read(app: AppSources) -> _Reading:
    files = {name: _read_one(app, name, content) for name, content in app.files.items()}
    if app.linked:
        imports = "".join(f"import {json.dumps(FILE + name)};\n" for name in app.linked)
        files[LINKED] = SourceFile(imports.encode(), "js")
    everything = {
        name: file.content.decode("utf-8", "replace") for name, file in files.items() if file.loader
    }
    texts = {name: text for name, text in everything.items() if name not in app.apart}
    texts |= _apart_but_imported(app, everything, texts)
    odd = [
        Source(name, cast(Lang, files[name].loader), text, app.classes)
        for name, text in everything.items()
        if may_need_rewriting(text)
    ]
    return _Reading(files, texts, odd)


def _read_one(app: AppSources, name: str, content: bytes) -> SourceFile:
    loader = loader_of(name, app.langs.get(name))
    if app.jsx_source == SOLID and name.endswith((".jsx", ".tsx")):
        return SourceFile(stubs.failed_module(NO_SOLID, name, 1).encode(), "js")
    return SourceFile(with_jsx_source(content, app.jsx_source) if loader.endswith("x") else content, loader)


def _apart_but_imported(
    app: AppSources, everything: Mapping[str, str], texts: Mapping[str, str]
) -> dict[str, str]:
    """Return the texts of files apart that the app imports all the same: they are part of it."""
    found: dict[str, str] = {}
    waiting = list(texts.items()) if app.apart else []
    while waiting:
        importer, text = waiting.pop()
        for specifier in _SPECIFIER.findall(text):
            name = app.places.find(importer, specifier)
            if name is not None and name in app.apart and name in everything and name not in found:
                found[name] = everything[name]
                waiting.append((name, found[name]))
    return found


async def _print_all(
    compiler: Compiler, sources: Sequence[Source]
) -> tuple[dict[str, str], dict[str, VibesError]]:
    """Return the modules as esbuild prints them, by name; and why others can't be."""
    printed: dict[str, str] = {}
    failed: dict[str, VibesError] = {}

    async def print_one(source: Source) -> None:
        try:
            printed[source.filename] = (await compiler.compile(source)).code
        except VibesError as error:
            failed[source.filename] = error

    async with trio.open_nursery() as nursery:
        for source in sources:
            nursery.start_soon(print_one, source)
    return printed, failed


def _finish(
    app: AppSources, reading: _Reading, printed: Mapping[str, str], failed: Mapping[str, VibesError]
) -> Prepared:
    files, texts = dict(reading.files), dict(reading.texts)
    budget, problems = Budget(), [*tell_unset(reading.texts, app.env)]
    for name in sorted(printed):
        text, told_of = rewrite_module(name, _named(printed[name], name), app.places, budget)
        files[name] = SourceFile(text.encode(), "js")
        if name in texts:
            texts[name] = text
            problems += (f"{name}: {problem}" for problem in told_of)
    for name, error in failed.items():
        # It is no part of the app, and hinders nobody who does not import it.
        line = error.line if isinstance(error, TransformFailed) else 1
        files[name] = SourceFile(stubs.failed_module(error.message, name, line).encode(), "js")
    sheets = _sheets_of_packages(app, texts)
    files |= sheets
    styles = _imported(_STYLE_IMPORT, app, files, texts) | set(app.linked) | sheets.keys()
    workers = _imported(_WORKER_IMPORT, app, files, texts)
    return Prepared(
        files,
        tuple(sorted(styles)),
        {name: _worker_name(name, texts.get(name, "")) for name in workers},
        tuple(problems),
    )


def _imported(
    pattern: re.Pattern[str], app: AppSources, files: Mapping[str, SourceFile], texts: Mapping[str, str]
) -> set[str]:
    """Return the files that modules may import in the way that *pattern* finds."""
    found: set[str | None] = set()
    for name, text in texts.items():
        for specifier in pattern.findall(text):
            is_exact = specifier.startswith(FILE)
            found.add(specifier.removeprefix(FILE) if is_exact else app.places.find(name, specifier))
    return {name for name in found if name is not None and name in files}


def _sheets_of_packages(app: AppSources, texts: Mapping[str, str]) -> dict[str, SourceFile]:
    """Return a sheet for each one in Sass that modules import of a package: it takes that one in."""
    found = {
        specifier
        for name, text in texts.items()
        for specifier in _STYLE_IMPORT.findall(text)
        if specifier.endswith(SASS) and parse_specifier(specifier).kind is Kind.PACKAGE
        if app.places.find(name, specifier) is None and not app.places.is_own(specifier)
    }
    return {
        SHEET_OF_PACKAGE + specifier: SourceFile(sheet_of_package(specifier).encode())
        for specifier in sorted(found)
    }


def _worker_name(name: str, text: str) -> str:
    if "importScripts(" in text and not _MODULE.search(text):
        return ""
    return f"{plain_name(name)}-worker-{RECIPE}-{calc_cid(name.encode())[-10:]}.js"


class SourceMap(msgspec.Struct):
    """A source map, as far as it is changed."""

    version: int
    sources: list[str]
    mappings: str
    names: list[str] = []


def _named(printed: str, name: str) -> str:
    """Return a module that was printed alone with a source map that says of what: the service composes maps."""
    code, mark, data = printed.rpartition(_INLINE_MAP)
    if not mark:
        return printed
    found = msgspec.json.decode(base64.b64decode(data), type=SourceMap)
    found.sources = [name]
    return f"{code}{mark}{base64.b64encode(msgspec.json.encode(found)).decode()}\n"
