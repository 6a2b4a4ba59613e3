"""Building an app: its style sheets, then its workers, then what its page runs."""

import base64
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, cast

import msgspec
import trio

from vibes_trio.bundle import stubs
from vibes_trio.bundle.material import PACKAGE_FOLDER, AppMaterial, SourceFile, Style, loader_of
from vibes_trio.bundle.next_parts import tell_server_part
from vibes_trio.bundle.places import Places
from vibes_trio.bundle.rewrite import FILE, Budget, address_from_built, may_need_rewriting, rewrite_module
from vibes_trio.bundle.styles import FLAGS as STYLE_FLAGS
from vibes_trio.bundle.styles import (
    StyleMaterial,
    failed_style,
    for_tailwind,
    read_styles,
    style_entries,
    told,
)
from vibes_trio.bundle.tailwind import tell_unread
from vibes_trio.bundle.tailwind_config import TailwindConfig, is_tailwind_config, read_tailwind_config
from vibes_trio.compilers.bundles import Bundle, Problem
from vibes_trio.compilers.interface import Compiler, Lang, Source
from vibes_trio.content.cid import calc_cid
from vibes_trio.errors import TransformFailed

RECIPE = 1
"""Changes with what is made of the same sources: a release that an older version built is built anew."""
BUILT = "/~~built~~/"
"""The folder of built files in a release."""

LINKED_STYLES = "linked.css"
"""The built file in place of a linked style sheet that the page has otherwise."""

_LINKED = "/~styles.js"  # no name that a deploy may have
_FLAGS = (
    "--format=esm",
    "--splitting",
    "--platform=browser",
    "--target=esnext",
    "--charset=utf8",
    "--jsx=automatic",
    "--tsconfig-raw={}",
    "--supported:decorators=false",
    "--sourcemap=linked",
    "--sources-content=false",
    "--log-level=silent",
    "--log-limit=0",
    "--legal-comments=none",
    f"--chunk-names=c{RECIPE}-[hash]",
    f"--entry-names=[name]-{RECIPE}-[hash]",
)
# What the service warns of that its author should know.
_TOLD = frozenset({"commonjs-variable-in-esm", "import-is-undefined", "unsupported-dynamic-import"})
_STYLE_IMPORT = re.compile(
    r"""["'`]([^"'`\n]{1,600}\.(?:css|scss|sass|less|styl|stylus|pcss|postcss))(?:\?[^"'`\n]*)?["'`]"""
)
_WORKER_IMPORT = re.compile(r"""["'`]([^"'`\n?]{1,600})\?(?:[^"'`\n]*&)?(?:shared)?worker\b[^"'`\n]*["'`]""")
_INLINE_MAP = "//# sourceMappingURL=data:application/json;base64,"
_SPECIFIER = re.compile(r"""(?:\bfrom|\bimport|\brequire)\s*+\(?\s*+["']([^"'\n]{1,600})["']""")
_MODULE = re.compile(r"^\s*(?:import|export)\b(?!\s*\()", re.MULTILINE)
_NAME = re.compile(r"[^A-Za-z0-9_-]+")
_ENV_NAME = re.compile(r"[A-Za-z_$][\w$]*", re.ASCII)


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
    """

    files: Mapping[str, bytes]
    langs: Mapping[str, Lang]
    entries: tuple[str, ...]
    places: Places
    apart: frozenset[str] = frozenset()
    env: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    linked: tuple[str, ...] = ()

    @property
    def all_entries(self) -> tuple[str, ...]:
        """What is built: style sheets come before what looks at the page."""
        return (*((_LINKED,) if self.linked else ()), *self.entries)


@dataclass(frozen=True, slots=True)
class AppBuild:
    """What became of an app.

    Attributes:
        entries: name of a source → name of the built file that runs it.
        files: name → bytes, all in one folder.
        packages: specifiers of packages that the built files import.
        missing: (file, what it imports and the app lacks).
        tailwind: whether a style sheet of it is for Tailwind.
        warnings: for whoever deploys.
        failure: why there is no build, and its place; its entries then say so to who opens the page.
    """

    entries: Mapping[str, str]
    files: Mapping[str, bytes]
    packages: tuple[str, ...] = ()
    missing: tuple[tuple[str, str], ...] = ()
    tailwind: bool = False
    warnings: tuple[str, ...] = ()
    failure: Problem | None = None


async def build_app(compiler: Compiler, app: AppSources) -> AppBuild:
    """Return what becomes of *app*.

    Raises:
        TransformFailed: a source can't be parsed, or the build ran out of time or memory.
    """
    prepared = await _prepare(compiler, app)
    styles = await _build_styles(compiler, app, prepared)
    names = {name: _worker_name(name, prepared) for name in _imported(_WORKER_IMPORT, prepared, app)}
    workers = AppMaterial(prepared.files, app.places, styles.made, names, in_worker=True)
    page = AppMaterial(prepared.files, app.places, styles.made, names)
    made = await _build_workers(compiler, workers, names)
    entries = [(_plain_name(name), name) for name in app.all_entries]
    built = await compiler.bundle(entries, (*_FLAGS, *_defines(app.env)), page)
    warnings = [
        *prepared.problems,
        *styles.told,
        *map(told, _worth_telling((*made.warnings, *built.warnings))),
    ]
    for_servers = dict.fromkeys((*page.for_servers, *workers.for_servers))
    warnings += (f"{file}: {tell_server_part(text)}" for file, text in for_servers)
    errors = (*made.errors, *built.errors)
    if errors:
        return _failed(app, errors[0], tuple(warnings))
    missing = dict.fromkeys((*styles.missing, *page.missing, *workers.missing))
    finished = await trio.to_thread.run_sync(_finish, app, (made, built))
    tailwind = any(style.kind for style in styles.made.values())
    return replace(finished, missing=tuple(missing), tailwind=tailwind, warnings=tuple(warnings))


@dataclass(frozen=True, slots=True)
class _Styles:
    made: Mapping[str, Style]
    missing: tuple[tuple[str, str], ...]
    told: tuple[str, ...]


# -- sources ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Prepared:
    files: Mapping[str, SourceFile]
    texts: Mapping[str, str]  # of modules, as they are built
    problems: Sequence[str]


async def _prepare(compiler: Compiler, app: AppSources) -> _Prepared:
    """Put into plain imports what esbuild can't read, in modules that have it."""
    files = {
        name: SourceFile(content, loader_of(name, app.langs.get(name))) for name, content in app.files.items()
    }
    if app.linked:
        imports = "".join(f"import {json.dumps(FILE + name)};\n" for name in app.linked)
        files[_LINKED] = SourceFile(imports.encode(), "js")
    texts = {
        name: file.content.decode("utf-8", "replace")
        for name, file in files.items()
        if file.loader and name not in app.apart
    }
    texts |= _apart_but_imported(app, files, texts)
    printed = await _print_all(
        compiler,
        [
            Source(name, cast(Lang, files[name].loader), text)
            for name, text in texts.items()
            if may_need_rewriting(text)
        ],
    )
    files |= await _prepare_apart(compiler, app, files)
    problems: list[str] = []
    if printed:
        rewritten = await trio.to_thread.run_sync(_rewrite_all, printed, app.places, problems)
        texts |= rewritten
        files |= {name: SourceFile(text.encode(), "js") for name, text in rewritten.items()}
    return _Prepared(files, texts, problems)


def _apart_but_imported(
    app: AppSources, files: Mapping[str, SourceFile], texts: Mapping[str, str]
) -> dict[str, str]:
    """Return the texts of files apart that the app imports all the same: they are part of it."""
    found: dict[str, str] = {}
    waiting = list(texts.items()) if app.apart else []
    while waiting:
        importer, text = waiting.pop()
        for specifier in _SPECIFIER.findall(text):
            name = app.places.find(importer, specifier)
            if name in app.apart and name not in found and name is not None and files[name].loader:
                found[name] = files[name].content.decode("utf-8", "replace")
                waiting.append((name, found[name]))
    return found


async def _prepare_apart(
    compiler: Compiler, app: AppSources, files: Mapping[str, SourceFile]
) -> dict[str, SourceFile]:
    """Return the files apart that an import could lead to in a form that esbuild may not see, in plain imports.

    One that can't be parsed hinders nobody who does not import it.
    """
    prepared: dict[str, SourceFile] = {}
    for name in app.apart:
        file = files.get(name)
        text = file.content.decode("utf-8", "replace") if file is not None and file.loader else ""
        if file is None or not may_need_rewriting(text):
            continue
        try:
            printed = (await compiler.compile(Source(name, cast(Lang, file.loader), text))).code
            rewritten, _ = rewrite_module(name, printed, app.places, Budget())
        except TransformFailed as error:
            rewritten = stubs.failed_module(error.words, name, error.line)
        prepared[name] = SourceFile(rewritten.encode(), "js")
    return prepared


async def _print_all(compiler: Compiler, sources: Sequence[Source]) -> dict[str, str]:
    """Return the modules as esbuild prints them, by name.

    Raises:
        TransformFailed: one can't be parsed; of several the first by name.
    """
    printed: dict[str, str] = {}
    failed: dict[str, TransformFailed] = {}

    async def print_one(source: Source) -> None:
        try:
            printed[source.filename] = (await compiler.compile(source)).code
        except TransformFailed as error:
            failed[source.filename] = error

    async with trio.open_nursery() as nursery:
        for source in sources:
            nursery.start_soon(print_one, source)
    if failed:
        raise failed[min(failed)]
    return printed


def _rewrite_all(printed: Mapping[str, str], places: Places, problems: list[str]) -> dict[str, str]:
    budget = Budget()
    rewritten = {}
    for name in sorted(printed):
        rewritten[name], told_of = rewrite_module(name, _named(printed[name], name), places, budget)
        problems += (f"{name}: {text}" for text in told_of)
    return rewritten


def _named(printed: str, name: str) -> str:
    """Return a module that was printed alone with a source map that says of what: the service composes maps."""
    code, mark, data = printed.rpartition(_INLINE_MAP)
    if not mark:
        return printed
    found = msgspec.json.decode(base64.b64decode(data), type=_SourceMap)
    found.sources = [name]
    return f"{code}{mark}{base64.b64encode(msgspec.json.encode(found)).decode()}\n"


def _imported(pattern: re.Pattern[str], prepared: _Prepared, app: AppSources) -> set[str]:
    """Return the files that modules may import in the way that *pattern* finds."""
    found: set[str | None] = set()
    for name, text in prepared.texts.items():
        for specifier in pattern.findall(text):
            is_exact = specifier.startswith(FILE)
            found.add(specifier.removeprefix(FILE) if is_exact else app.places.find(name, specifier))
    return {name for name in found if name is not None and name in prepared.files}


async def _build_styles(compiler: Compiler, app: AppSources, prepared: _Prepared) -> _Styles:
    """Build the style sheets that modules import. One that fails is told, and the others are had all the same."""
    names = sorted(_imported(_STYLE_IMPORT, prepared, app) | set(app.linked))
    failed = {name: style for name in names if (style := failed_style(name)) is not None}
    names = [name for name in names if name not in failed]
    material = StyleMaterial(prepared.files, app.places)
    styles = await _bundle_styles(compiler, names, material) if names else {}
    if any(style.kind for style in styles.values()):
        styles = for_tailwind(styles, await _read_config(compiler, app))
    styles |= failed
    told_of = [style.error for style in styles.values() if style.error]
    told_of += filter(None, (tell_unread(name, style.unread) for name, style in sorted(styles.items())))
    return _Styles(styles, tuple(material.missing), tuple(dict.fromkeys(told_of)))


async def _bundle_styles(
    compiler: Compiler, names: Sequence[str], material: StyleMaterial
) -> dict[str, Style]:
    styles = read_styles(names, await compiler.bundle(style_entries(names), STYLE_FLAGS, material))
    if len(names) == 1 or not any(style.error for style in styles.values()):
        return styles
    for name in names:
        styles |= read_styles([name], await compiler.bundle(style_entries([name]), STYLE_FLAGS, material))
    return styles


async def _read_config(compiler: Compiler, app: AppSources) -> TailwindConfig | None:
    name = next((name for name in sorted(app.files) if is_tailwind_config(name, app.places.root)), None)
    if name is None:
        return None
    lang: Lang = "ts" if name.endswith("ts") else "jsx"
    try:
        text = app.files[name].decode("utf-8", "replace")
        return read_tailwind_config((await compiler.compile(Source(name, lang, text))).code)
    except TransformFailed:
        return None


async def _build_workers(compiler: Compiler, material: AppMaterial, names: Mapping[str, str]) -> Bundle:
    """Build the workers under names that are known before: what starts them has to write one."""
    entries = [(built.removesuffix(".js"), name) for name, built in sorted(names.items()) if built]
    if not entries:
        return Bundle({}, {})
    flags = (flag if not flag.startswith("--entry-names=") else "--entry-names=[name]" for flag in _FLAGS)
    return await compiler.bundle(entries, (*flags, *_defines({})), material)


def _worker_name(name: str, prepared: _Prepared) -> str:
    """Return what the built worker is called; empty: the source is a script of the old kind, and runs as it is."""
    text = prepared.texts.get(name, "")
    if "importScripts(" in text and not _MODULE.search(text):
        return ""
    return f"{_plain_name(name)}-worker-{RECIPE}-{calc_cid(name.encode())[-10:]}.js"


def _plain_name(name: str) -> str:
    return _NAME.sub("-", name.rpartition("/")[2].partition(".")[0])[:40].strip("-") or "app"


# -- values -----------------------------------------------------------------------------------------------


def _defines(env: Mapping[str, str]) -> list[str]:
    """Return the flags for `import.meta.env`, `process.env` and what people ask of them."""
    mode = {"MODE": "production", "BASE_URL": "/", "PROD": True, "DEV": False, "SSR": False}
    vite: dict[str, Any] = {**mode, **env}
    node: dict[str, Any] = {"NODE_ENV": "production", "PUBLIC_URL": "", **env}
    flags = [f"--define:import.meta.env={json.dumps(vite)}", f"--define:process.env={json.dumps(node)}"]
    for name in ("MODE", "PROD", "DEV", "SSR"):
        flags.append(f"--define:import.meta.env.{name}={json.dumps(vite[name])}")
    return [
        *flags,
        f"--define:process.env.NODE_ENV={json.dumps(node['NODE_ENV'])}",
        "--define:global=globalThis",
    ]


# -- what is made -----------------------------------------------------------------------------------------


def _finish(app: AppSources, bundles: Sequence[Bundle]) -> AppBuild:
    files: dict[str, bytes] = {}
    entries: dict[str, str] = {}
    packages: dict[str, None] = {}
    for bundle in bundles:
        for name, content in bundle.files.items():
            files[name] = _placed(content) if name.endswith(".map") else content
        for name, facts in bundle.facts.items():
            if facts.entry_point.startswith("app:"):
                entries[facts.entry_point.removeprefix("app:")] = name
            for used in facts.imports:
                if used.external and not used.path.startswith("<"):
                    packages[used.path.removeprefix(PACKAGE_FOLDER)] = None
    if app.linked:
        files[LINKED_STYLES] = b"/* Tailwind has the style sheets of this app from its page. */\n"
    wanted = {name: entries[name] for name in app.all_entries if name in entries}
    return AppBuild(wanted, files, tuple(packages))


class _SourceMap(msgspec.Struct):
    version: int
    sources: list[str]
    mappings: str
    names: list[str] = []


def _placed(content: bytes) -> bytes:
    """Return a source map whose sources have the addresses that the files of the app have, seen from here."""
    found = msgspec.json.decode(content, type=_SourceMap)
    found.sources = [_address_of_source(source) for source in found.sources]
    return msgspec.json.encode(found)


def _address_of_source(source: str) -> str:
    """Return where a source is: one that was printed before is named by its file alone, see `_named`."""
    name = source.removeprefix("app:").partition("?")[0]
    return address_from_built(name) if name.startswith("/") else source


def _worth_telling(problems: Iterable[Problem]) -> Iterable[Problem]:
    return (problem for problem in problems if problem.id in _TOLD)


def _failed(app: AppSources, problem: Problem, warnings: tuple[str, ...]) -> AppBuild:
    file = problem.file.partition(":")[2].partition("?")[0]
    script = stubs.failed_module(problem.text, file, problem.line).encode()
    name = f"failed-{calc_cid(script)[-10:]}.js"
    return AppBuild(
        dict.fromkeys(app.all_entries, name),
        {name: script},
        warnings=(*warnings, f"{told(problem)} (the app can't be built)"),
        failure=problem,
    )
