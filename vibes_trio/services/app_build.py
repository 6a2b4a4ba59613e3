"""The app of a release built as a whole, where its sources ask for it: what is stored of that, and what is told."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import trio

from vibes_trio.bundle.build import RECIPE, AppBuild, AppSources, build_app
from vibes_trio.bundle.forms import Form, find_forms
from vibes_trio.bundle.places import Places, make_places
from vibes_trio.compilers.interface import Lang
from vibes_trio.content.cid import calc_cid
from vibes_trio.content.project import Project, ProjectFile, exports_of, fallback_entries, read_project
from vibes_trio.content.routes import has_routes
from vibes_trio.context import App
from vibes_trio.exchange import Cid
from vibes_trio.services.app_files import AppFile
from vibes_trio.services.releases import BuiltApp, BuiltFile

MAX_LOOKED_AT_HERE = 128 * 1024
"""Characters of sources that the event loop looks through by itself; more is a thread's work."""


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
        return bool(self.forms) or (project.needs_build and not is_component)


async def look_at_whole(files: Sequence[AppFile], entry_point: str, env: Mapping[str, str]) -> Whole:
    """Return what *files* are as a whole. Args: as for `read_project`."""
    if sum(len(file.content) for file in files if _is_text(file)) > MAX_LOOKED_AT_HERE:
        return await trio.to_thread.run_sync(_look_at, files, entry_point, env)
    return _look_at(files, entry_point, env)


def _is_text(file: AppFile) -> bool:
    return file.lang is not None or file.name.endswith((".css", ".cjs", ".html", ".htm", ".json"))


def _look_at(files: Sequence[AppFile], entry_point: str, env: Mapping[str, str]) -> Whole:
    project = read_project([ProjectFile(f.name, f.content, f.lang) for f in files], entry_point, env)
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
    forms = find_forms(texts, langs, styles, places) if texts else []
    routes = project.kind == "next" or has_routes(texts.values())
    return Whole(project, contents, langs, places, tuple(forms), routes)


def calc_recipe(whole: Whole, can_bundle: bool) -> str:
    """Return what tells apart releases of the same files by how they were built; empty: module by module."""
    return f"whole {RECIPE}" if whole.wants_build and can_bundle else ""


async def build_whole(
    app: App, whole: Whole, roots: Sequence[str], env: Mapping[str, str]
) -> AppBuild | None:
    """Return what becomes of an app; None: nothing would run.

    Args:
        roots: modules that no other imports, by the names of their sources: what runs where no entry is known.

    Raises:
        TransformFailed: a source can't be parsed, or the build ran out of time or memory.
    """
    entries = entries_of(whole, roots)
    if not entries:
        return None
    sources = AppSources(
        whole.files, whole.langs, entries, whole.places, frozenset(whole.project.apart), dict(env)
    )
    return await build_app(app.compiler, sources)


def entries_of(whole: Whole, roots: Sequence[str]) -> tuple[str, ...]:
    """Return the modules that the page runs: those that the project names, else those of *roots* that are left."""
    project = whole.project
    if project.entries or project.scripted:
        return project.entries
    return fallback_entries(project, roots, whole.langs)


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
        sources=tuple(sorted(whole.langs.keys() - {made.name for made in whole.project.made})),
    ), assets
