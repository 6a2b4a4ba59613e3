"""Building an app: its style sheets, then its workers, then what its page runs."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import unquote

import msgspec
import trio

from vibes_trio.bundle import stubs
from vibes_trio.bundle.marks import LINKED_STYLES, PACKAGE_FOLDER, SHEET_OF_PACKAGE
from vibes_trio.bundle.material import AppMaterial, Style
from vibes_trio.bundle.next_parts import tell_server_part
from vibes_trio.bundle.prepare import RECIPE, AppSources, Prepared, SourceMap, plain_name, prepare_sources
from vibes_trio.bundle.problem_words import in_words
from vibes_trio.bundle.rewrite import address_from_built
from vibes_trio.bundle.sass import MadeOfSass, Sass, compile_sass, is_sass, tell_own_css
from vibes_trio.bundle.styles import FLAGS as STYLE_FLAGS
from vibes_trio.bundle.styles import (
    StyleMaterial,
    failed_style,
    finish_styles,
    read_styles,
    style_entries,
    told,
)
from vibes_trio.bundle.tailwind import tell_unread
from vibes_trio.bundle.tailwind_config import TailwindConfig, is_tailwind_config, read_tailwind_config
from vibes_trio.compilers.bundles import Bundle, Problem
from vibes_trio.compilers.interface import Compiler, Lang, Source
from vibes_trio.content.cid import calc_cid
from vibes_trio.content.links import tell_spelling
from vibes_trio.errors import TransformFailed

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
_GLOBALS = tuple(f"--inject:{specifier}" for specifier in stubs.GLOBALS)
# What the service warns of that its author should know.
_TOLD = frozenset({"commonjs-variable-in-esm", "import-is-undefined", "unsupported-dynamic-import"})


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
        lacks: whether it lacks what another try may have: a compiler that could not be fetched.
    """

    entries: Mapping[str, str]
    files: Mapping[str, bytes]
    packages: tuple[str, ...] = ()
    missing: tuple[tuple[str, str], ...] = ()
    tailwind: bool = False
    warnings: tuple[str, ...] = ()
    failure: Problem | None = None
    lacks: bool = False


async def build_app(compiler: Compiler, app: AppSources, sass: Sass | None = None) -> AppBuild:
    """Return what becomes of *app*. Args: *sass*: what compiles its Sass; None: nothing does.

    Raises:
        TransformFailed: a source can't be parsed, or the build ran out of time or memory.
    """
    prepared = await prepare_sources(compiler, app)
    styles = await _build_styles(compiler, app, prepared, sass)
    workers = AppMaterial(prepared.files, app.places, styles.made, prepared.workers, in_worker=True)
    page = AppMaterial(prepared.files, app.places, styles.made, prepared.workers)
    made = await _build_workers(compiler, workers, _flags(app))
    entries = [(plain_name(name), name) for name in app.all_entries]
    given = _GLOBALS if app.has_globals else ()
    built = await compiler.bundle(entries, (*_flags(app), *given, *_defines(app.env)), page)
    warnings = [
        *prepared.problems,
        *styles.told,
        *map(told, _worth_telling((*made.warnings, *built.warnings))),
    ]
    for_servers = dict.fromkeys((*page.for_servers, *workers.for_servers))
    warnings += (f"{file}: {tell_server_part(text)}" for file, text in for_servers)
    misspelt = {**workers.misspelt, **page.misspelt}
    warnings += (tell_spelling(file, text, name) for (file, text), name in misspelt.items())
    errors = (*made.errors, *built.errors)
    if errors:
        return _failed(app, errors[0], tuple(warnings))
    missing = dict.fromkeys((*styles.missing, *page.missing, *workers.missing))
    finished = await trio.to_thread.run_sync(_finish, app, (made, built))
    tailwind = any(style.kind for style in styles.made.values())
    lacks = styles.lacks or any(style.error for name, style in styles.made.items() if is_sass(name))
    return replace(finished, missing=tuple(missing), tailwind=tailwind, warnings=tuple(warnings), lacks=lacks)


def _flags(app: AppSources) -> tuple[str, ...]:
    return (*_FLAGS, f"--tsconfig-raw={app.classes}") if app.classes else _FLAGS


@dataclass(frozen=True, slots=True)
class _Styles:
    made: Mapping[str, Style]
    missing: tuple[tuple[str, str], ...]
    told: tuple[str, ...]
    lacks: bool


async def _build_styles(
    compiler: Compiler, app: AppSources, prepared: Prepared, sass: Sass | None
) -> _Styles:
    """Build the style sheets that modules import. One that fails is told, and the others are had all the same."""
    made = MadeOfSass({}, {})
    if sass is not None:
        in_sass = [name for name in prepared.styles if is_sass(name)]
        made = await compile_sass(sass, in_sass, prepared.files, app.places)
    # Without a compiler a package has its own CSS.
    fallen_back = [
        name for name in prepared.styles if name.startswith(SHEET_OF_PACKAGE) and name not in made.css
    ]
    wanted = [name for name in prepared.styles if name not in fallen_back]
    failed = {name: style for name in wanted if (style := failed_style(name, made)) is not None}
    names = [name for name in wanted if name not in failed]
    material = StyleMaterial(prepared.files, app.places, made.css, app.packages)
    styles = await _bundle_styles(compiler, names, material) if names else {}
    is_tailwind = any(style.kind for style in styles.values())
    config = await _read_config(compiler, app) if is_tailwind else None
    styles = await trio.to_thread.run_sync(finish_styles, styles, config) | failed
    told_of = [style.error for style in styles.values() if style.error]
    told_of += (
        tell_own_css(name.removeprefix(SHEET_OF_PACKAGE), made.errors.get(name, "")) for name in fallen_back
    )
    told_of += filter(None, (tell_unread(name, style.unread) for name, style in sorted(styles.items())))
    return _Styles(styles, tuple(material.missing), tuple(dict.fromkeys(told_of)), bool(fallen_back))


async def _bundle_styles(
    compiler: Compiler, names: Sequence[str], material: StyleMaterial
) -> dict[str, Style]:
    bundle = await compiler.bundle(style_entries(names), STYLE_FLAGS, material)
    styles = read_styles(names, bundle, material.exported)
    if len(names) == 1 or not any(style.error for style in styles.values()):
        return styles
    for name in names:
        bundle = await compiler.bundle(style_entries([name]), STYLE_FLAGS, material)
        styles |= read_styles([name], bundle, material.exported)
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


async def _build_workers(compiler: Compiler, material: AppMaterial, flags: Sequence[str]) -> Bundle:
    """Build the workers under names that are known before: what starts them has to write one."""
    entries = [(built.removesuffix(".js"), name) for name, built in sorted(material.workers.items()) if built]
    if not entries:
        return Bundle({}, {})
    named = (flag if not flag.startswith("--entry-names=") else "--entry-names=[name]" for flag in flags)
    return await compiler.bundle(entries, (*named, *_defines({})), material)


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
                    packages[_package_of(used.path)] = None
    if app.linked:
        files[LINKED_STYLES] = b"/* Tailwind has the style sheets of this app from its page. */\n"
    wanted = {name: entries[name] for name in app.all_entries if name in entries}
    return AppBuild(wanted, files, tuple(packages))


def _package_of(path: str) -> str:
    """Return the specifier that an import of *path* stands for; workers have those that are addresses encoded."""
    return unquote(path.removeprefix(PACKAGE_FOLDER)) if path.startswith(PACKAGE_FOLDER) else path


def _placed(content: bytes) -> bytes:
    """Return a source map whose sources have the addresses that the files of the app have, seen from here."""
    found = msgspec.json.decode(content, type=SourceMap)
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
    script = stubs.failed_module(in_words(problem.text), file, problem.line).encode()
    name = f"failed-{calc_cid(script)[-10:]}.js"
    return AppBuild(
        dict.fromkeys(app.all_entries, name),
        {name: script},
        warnings=(*warnings, f"{told(problem)} (the app can't be built)"),
        failure=problem,
    )
