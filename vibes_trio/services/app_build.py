"""The app of a release built as a whole, where its sources ask for it: what is stored of that, and what is told."""

import re
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from urllib.parse import unquote

import msgspec
import trio

from vibes_trio.bundle.build import AppBuild, build_app
from vibes_trio.bundle.forms import FOR_BUNDLERS, REACT_BY_NAME, Form, find_forms
from vibes_trio.bundle.places import Places, make_places
from vibes_trio.bundle.prepare import RECIPE, AppSources
from vibes_trio.bundle.sass import SASS, is_sass
from vibes_trio.bundle.tailwind import uses_tailwind
from vibes_trio.compilers.for_user import CompilerForUser
from vibes_trio.compilers.interface import Lang
from vibes_trio.content.cid import calc_cid
from vibes_trio.content.hosted_at_run import find_at_run
from vibes_trio.content.project import Project, ProjectFile, exports_of, fallback_entries
from vibes_trio.content.read_project import read_project
from vibes_trio.content.routes import has_routes
from vibes_trio.context import App
from vibes_trio.exchange import Cid, UserId
from vibes_trio.services.app_files import AppFile
from vibes_trio.services.releases import BuiltApp, BuiltFile
from vibes_trio.services.sass import sass_for

MAX_FILES_HERE = 64
MAX_LOOKED_AT_HERE = 64 * 1024
"""Characters of sources that the event loop looks through by itself; more is a thread's work."""
COST_OF_HTML = 3
_MODULE = re.compile(r"^[ \t]*+(?:import|export)\b(?![ \t]*+\()", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Whole:
    """An app as a whole: its files as they count, and what of them asks for a build."""

    project: Project
    files: Mapping[str, bytes]
    langs: Mapping[str, Lang]
    places: Places
    forms: tuple[Form, ...]
    routes: bool

    @property
    def wants_build(self) -> bool:
        """Whether its modules one by one would not do."""
        project = self.project
        # A component that only has some HTML of its own round it is no project of a tool.
        is_component = (
            project.kind == "html" and not project.made and len(project.mounts) == len(project.entries)
        )
        return bool(self.forms or project.jsx_source) or (project.needs_build and not is_component)


async def look_at_whole(
    files: Sequence[AppFile], entry_point: str, env: Mapping[str, str], *, can_bundle: bool
) -> Whole:
    """Return what *files* are as a whole, for a server that builds apps or not. Args: as for `read_project`."""
    sources = [file for file in files if _is_text(file)]
    if len(files) > MAX_FILES_HERE or sum(map(_cost, sources)) > MAX_LOOKED_AT_HERE:
        return await trio.to_thread.run_sync(_look_at, files, entry_point, env, can_bundle)
    return _look_at(files, entry_point, env, can_bundle)


def _cost(file: AppFile) -> int:
    """Return how long a file takes to be looked through, in characters of a script; HTML is looked at tag by tag."""
    return len(file.content) * (COST_OF_HTML if file.name.endswith((".html", ".htm")) else 1)


def _is_text(file: AppFile) -> bool:
    return file.lang is not None or file.name.endswith((".css", ".cjs", ".html", ".htm", ".json"))


def _may_name_hosts(file: AppFile) -> bool:
    return file.lang is not None or file.name.endswith((".css", ".html", ".htm", ".cjs"))


def _look_at(files: Sequence[AppFile], entry_point: str, env: Mapping[str, str], can_bundle: bool) -> Whole:
    given = [ProjectFile(f.name, f.content, f.lang) for f in files]
    project = read_project(given, entry_point, env)
    if can_bundle and project.kind == "html" and project.scripted and _is_for_bundler(files, project):
        project = read_project(given, entry_point, env, bundled=True)
    at_run = find_at_run((f.content for f in files if _may_name_hosts(f)), project.remote)
    project = replace(project, remote=(*project.remote, *at_run)) if at_run else project
    contents = {file.name: file.content for file in reversed(files)} | dict(project.wrapped)
    langs: dict[str, Lang] = {file.name: file.lang for file in reversed(files) if file.lang is not None}
    for made in project.made:
        contents[made.name] = made.content
        if made.lang is not None:
            langs[made.name] = made.lang
    places = make_places(list(contents), project.root, project.public, project.aliases)
    apart = set(project.apart)
    texts = {name: contents[name].decode("utf-8", "replace") for name in langs if name not in apart}
    styles = {
        name: content.decode("utf-8", "replace")
        for name, content in contents.items()
        if name.endswith(".css") and name not in apart
    }
    found = find_forms(texts, langs, styles, places)
    forms = (form for form in found if form.words != REACT_BY_NAME or not project.html)
    # One is reason enough to build; all are for telling what can't be had without.
    some = tuple(islice(forms, 1) if can_bundle else forms)
    routes = project.kind == "next" or has_routes(texts.values())
    return Whole(project, contents, langs, places, some, routes)


def _is_for_bundler(files: Sequence[AppFile], project: Project) -> bool:
    """Whether scripts that a page of HTML runs can't do without a bundler, though no settings of one lie there."""
    places = make_places([file.name for file in files], project.root, project.public, project.aliases)
    texts = (
        (file.name, file.content.decode("utf-8", "replace"))
        for file in files
        if file.lang == "js" and file.name not in project.apart
    )
    modules = {name: text for name, text in texts if _MODULE.search(text) is not None}
    return any(
        form.words in FOR_BUNDLERS for form in find_forms(modules, dict.fromkeys(modules, "js"), {}, places)
    )


def calc_recipe(whole: Whole, can_bundle: bool) -> str:
    """Return what tells apart releases of the same files by how they were built; empty: module by module."""
    if whole.wants_build and can_bundle:
        return f"whole {RECIPE}"
    # Since packages that a page names by address are this server's.
    return "hosts 1" if whole.project.remote or whole.project.imports else ""


class Glance(msgspec.Struct, frozen=True):
    """What a deploy of files that were looked at before needs to know of them.

    Attributes:
        recipe: see `calc_recipe`.
        project: without what was made of the files: content, template, settings.
        fonts: what they ask for by name, see `fonts.find_fonts`.
    """

    recipe: str
    project: Project
    fonts: Mapping[str, tuple[str, ...]]


def keep_glance(app: App, key: Hashable, whole: Whole, fonts: Mapping[str, tuple[str, ...]]) -> Glance:
    """Return what is to be known of *whole* when the files that *key* tells apart come again. The latest are kept."""
    project = whole.project
    bare = Project(
        project.kind,
        html=project.html,
        entries=project.entries,
        scripted=project.scripted,
        spares=dict(project.spares),
        hollow=project.hollow,
        wrapped={},
        imports={},
        remote=project.remote,
        pages={},
        wishes={},
        notes=project.notes,
        warnings=project.warnings,
    )
    glance = Glance(calc_recipe(whole, app.compiler.can_bundle), bare, fonts)
    kept = msgspec.msgpack.encode(glance)
    if len(kept) <= app.config.limits.read_here_bytes:  # it is read in the event loop
        app.assets.put(("glance", key, app.compiler.can_bundle), kept)
    return glance


def find_glance(app: App, key: Hashable) -> Glance | None:
    """Return what `keep_glance` kept, if it is still there."""
    kept = app.assets.get(("glance", key, app.compiler.can_bundle))
    return msgspec.msgpack.decode(kept, type=Glance) if kept is not None else None


async def build_whole(
    app: App,
    user: UserId,
    whole: Whole,
    roots: Sequence[str],
    env: Mapping[str, str],
    ranges: Mapping[str, str],
    key: str,
) -> AppBuild | None:
    """Return what becomes of an app; None: nothing would run. The latest are kept in memory.

    Args:
        roots: modules that no other imports, by the names of their sources: what runs where no entry is known.
        ranges: what `package.json` asks for.
        key: tells apart all that the build is made of.

    Raises:
        TransformFailed: a source can't be parsed, or the build ran out of time or memory.
    """
    entries = entries_of(whole, roots)
    linked = linked_styles(whole)
    if not entries and not linked:
        return None
    kept_as = ("built app", key, app.compiler.version)
    kept = app.assets.get(kept_as)
    if kept is not None:
        return msgspec.msgpack.decode(kept, type=AppBuild)
    sources = AppSources(
        whole.files,
        whole.langs,
        entries,
        whole.places,
        frozenset(whole.project.apart),
        dict(env),
        linked,
        not whole.project.html,
        whole.project.jsx_source,
        whole.project.classes,
        frozenset(ranges),
    )
    sass = (
        None
        if app.sass_home is None
        else sass_for(app.sass_home, app.config.limits, user, whole.project.root, whole.files, ranges)
    )
    made = await build_app(CompilerForUser(app.compiler, user), sources, sass)
    if not made.lacks:  # else another try may end otherwise
        app.assets.put(kept_as, msgspec.msgpack.encode(made))
    return made


def entries_of(whole: Whole, roots: Sequence[str]) -> tuple[str, ...]:
    """Return the modules that the page runs: those that the project names, else those of *roots* that are left.

    What stays in an app's own HTML as a script runs from there.
    """
    project = whole.project
    if project.entries or project.scripted:
        return project.entries
    return fallback_entries(project, roots, whole.langs)


def linked_styles(whole: Whole) -> tuple[str, ...]:
    """Return the style sheets that the app's HTML links and that no browser can read: written for Tailwind, or Sass."""
    parts = whole.project.template.parts if whole.project.template is not None else ()
    linked = dict.fromkeys(unquote(part.value) for part in parts if part.value.endswith((".css", *SASS)))
    return tuple(
        name
        for name in linked
        if name in whole.files
        and (is_sass(name) or uses_tailwind(whole.files[name].decode("utf-8", "replace")))
    )


def keep_build(
    whole: Whole, made: AppBuild, imports: Mapping[str, str], defaults: Sequence[str]
) -> tuple[BuiltApp, dict[Cid, bytes]]:
    """Return what a release notes of its build, and the assets that it names.

    Args:
        imports: specifier → address, of the packages that it imports.
        defaults: names of sources with a default export, or what stands for it, which is mounted where the project
            names no mounts.
    """
    assets = {calc_cid(content): content for content in made.files.values()}
    files = {name: BuiltFile(calc_cid(content), len(content)) for name, content in made.files.items()}
    mounts = {mount.name: mount.export for mount in whole.project.mounts}
    if not whole.project.entries:
        shown = [name for name in made.entries if name in defaults or name in whole.project.hollow]
        mounts = exports_of(whole.project, shown)
    else:
        mounts |= {name: "" for name in made.entries if name in whole.project.hollow}
    return BuiltApp(
        entries=dict(made.entries),
        mounts=mounts,
        files=files,
        imports=dict(imports),
        tailwind=made.tailwind,
        sources=tuple(sorted(whole.langs.keys() - {made.name for made in whole.project.made})),
        linked=linked_styles(whole),
    ), assets
