"""What a set of files is: a component, a project of a tool, a page of HTML; and what follows from that for its page.

Pure, and bounded by the bounds of a deploy. The result is data, see `project.py`.
"""

import posixpath
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

import msgspec

from vibes_trio.config import Limits
from vibes_trio.content.babel_scripts import babel_files
from vibes_trio.content.built_folder import find_built, tell_built, told_entry
from vibes_trio.content.file_roles import (
    belongs_to_page,
    choose_page,
    is_apart,
    is_for_compilers,
    is_of_other_language,
)
from vibes_trio.content.foreign_packages import has_own_jsx, tell_builder, tell_language
from vibes_trio.content.jsx_source import NO_SOLID, PREACT, SOLID, find_jsx_source, preact_entry
from vibes_trio.content.module_hosts import read_file
from vibes_trio.content.next_pages import find_next_pages, next_entry, tell_server_values
from vibes_trio.content.own_page import OwnPage, Script, read_own_page, resolver
from vibes_trio.content.project import Kind, Project, ProjectFile
from vibes_trio.content.project_modules import Modules
from vibes_trio.content.project_settings import (
    decode_text,
    find_aliases,
    find_class_settings,
    find_homes,
    has_tailwind_classes,
    is_html,
    is_made_with_tailwind,
    map_aliases,
)
from vibes_trio.content.project_words import listed, tell_entries, tell_programs, tell_reading, tell_several
from vibes_trio.content.tool_settings import PackageJson, read_package_json
from vibes_trio.content.workspaces import find_members

__all__ = ["MAX_HTML_BYTES", "read_project"]

MAX_HTML_BYTES = 1024 * 1024
_TAILWIND_PLUGINS = re.compile(rb"//cdn\.tailwindcss\.com/?\?(?:[^\s\"'<>]{0,200}&)?plugins=([\w,%-]{1,100})")
# What a server puts into a page, in the forms of Jinja, Django, ERB, EJS and PHP; `{{ }}` alone may be a library's.
_TEMPLATE = re.compile(rb"\{%|<%|<\?(?:php|=)|\{\{-?\s{0,9}(?:url_for|static|block|template)\b")
_MOST_REMOTE = Limits().max_hosted
_MOST_PAGES = Limits().max_pages
_PAGES = ("/index.html", "/index.htm", "/public/index.html")


def read_project(
    files: Sequence[ProjectFile],
    entry_point: str,
    env: Mapping[str, str] | None = None,
    *,
    bundled: bool = False,
) -> Project:
    """Return what *files* are.

    Args:
        entry_point: the name of the file that was flagged; empty: none.
        env: the deploy's values, for places in HTML.
        bundled: its modules use forms that bundlers have, though nothing else says so: what its HTML runs is built.
    """
    reading = _Reading(files, entry_point, env or {}, bundled=bundled)
    # The page in the project's top folder is flagged by tools, whoever deploys had no choice to make.
    is_chosen = bool(entry_point) and entry_point.removeprefix(reading.root) not in _PAGES
    if not is_chosen and (built := reading.built()):
        return built
    project = reading.page() if reading.html else reading.next_app() or reading.components()
    solid = (NO_SOLID,) if project.jsx_source == SOLID else ()
    builder = "" if is_chosen else reading.builder()
    runs = bool(reading.html) and (project.scripted or bool(project.entries))
    if builder and (not runs or has_own_jsx(reading.packages())):
        told = told_entry(project.root, builder, reading.files.get(f"{project.root}/package.json"))
        project = Project(
            project.kind,
            project.root,
            entries=(told.name,),
            made=(told,),
            apart=project.apart,
            needs_build=True,
        )
    tools = (builder,) if builder else solid
    warnings = (*reading.warnings, *reading.modules.warnings, *tell_entries(project, project.entries), *tools)
    return replace(project, notes=tell_reading(project, reading.apart_names()), warnings=warnings)


class _Reading:
    """What the parts of a reading share: the files by their names, the project's folder, what is to be told."""

    def __init__(
        self,
        files: Sequence[ProjectFile],
        entry_point: str,
        env: Mapping[str, str],
        *,
        bundled: bool,
        root: str = "",
    ) -> None:
        self.bundled = bundled
        self.files = {file.name: file for file in reversed(files)}
        self.flagged = entry_point
        self.env = env
        self.warnings: list[str] = []
        homes = find_homes(frozenset(self.files), entry_point)
        self.root = root or (homes[0] if len(homes) == 1 else "")
        if len(homes) > 1 and not entry_point and not root:
            self.warnings.append(tell_several(homes))
        self.members = find_members({name: file.content for name, file in self.files.items()}, self.root)
        self.package = self._package()
        self.html = self._find_html()
        self.apart = tuple(file.name for file in files if self._is_apart(file))
        modules = [file for file in files if file.lang is not None and file.name not in self.apart]
        self.modules = Modules(self.files, modules, self.root)
        if not self.html and not entry_point:
            self.html = self._page_of_a_server(modules)

    # -- what it is ---------------------------------------------------------------------------------------

    def builder(self) -> str:
        """Return why only a tool of its own makes the app's pages; empty: they are made here."""
        there = (name.rpartition("/") for name in self.files)
        return tell_builder(self.packages(), [base for folder, _, base in there if folder == self.root])

    def packages(self) -> set[str]:
        """Return the packages that the app's `package.json` names."""
        return {*self.package.dependencies, *self.package.dev_dependencies}

    def built(self) -> Project | None:
        """Return what a build wrote beside sources that can't be built here; None: they can, or nothing whole is
        there."""
        why = self.builder() or tell_language(self.files)
        if not why and find_jsx_source(self.files, self.root, self.package, self.modules.all) == SOLID:
            why = NO_SOLID
        page = find_built(self.files, self.root, MAX_HTML_BYTES) if why else ""
        if not page:
            return None
        folder = posixpath.dirname(page)
        inside = [file for name, file in self.files.items() if name.startswith(f"{folder}/")]
        others = tuple(n for n, file in self.files.items() if file.lang is not None and file not in inside)
        flagged = "" if page in (f"{folder}{name}" for name in _PAGES) else page
        project = _Reading(inside, flagged, self.env, bundled=False, root=folder).page()
        return replace(
            project,
            scripted=True,
            public=folder,
            apart=(*project.apart, *others),
            notes=(tell_built(folder, why),),
        )

    def page(self) -> Project:
        """Return an app with its own HTML."""
        file = self.files[self.html]
        if len(file.content) > MAX_HTML_BYTES:
            self.warnings.append(f"{self.html}: with more than {MAX_HTML_BYTES} bytes it is shown as it is.")
            return self._project("html")
        kind = self._kind()
        folder = posixpath.dirname(self.html).rstrip("/")
        roots = (self.root, f"{self.root}/public", "")
        resolve = resolver(frozenset(self.files), folder, roots)
        compiled = kind != "html" or any(module.lang != "js" for module in self.modules.all)
        compiled = compiled or self.bundled or any(is_for_compilers(name) for name in self.files)
        content = self.modules.wrapped.get(self.html, file.content)
        text, places = decode_text(content), self._places()
        own = read_own_page(text, resolve, places, compiled=compiled)
        # What one script needs is built in: so are all modules, which share it then.
        if own.scripts and own.kept and not compiled:
            own = read_own_page(text, resolve, places, compiled=True)
        plugins = _TAILWIND_PLUGINS.search(content)
        if plugins is not None:
            self.warnings.append(
                f"{self.html}: asks for Tailwind's plugins {decode_text(plugins[1])}, which are not applied."
            )
        others = self._other_pages() if kind == "html" else {}
        remote = tuple(dict.fromkeys((*own.remote, *(a for page in others.values() for a in page.remote))))
        if len(remote) > _MOST_REMOTE:
            self.warnings.append(
                f"{self.html}: names {len(remote)} addresses of other hosts; only the first {_MOST_REMOTE} count."
            )
            remote = remote[:_MOST_REMOTE]
        made = tuple(self._made(own))
        named = [script.name for script in own.scripts if script.name and not script.babel]
        entries = self._page_entries(own, [*named, *(file.name for file in made)], compiled=compiled)
        has_tailwind = own.template.has_tailwind or self._has_tailwind(entries)
        template = msgspec.structs.replace(own.template, has_tailwind=has_tailwind)
        scripted = not entries and (bool(own.kept) or self.html == self.flagged or not self.modules.all)
        project = self._project(kind, entries, frozenset(named) - {self._flagged_module()})
        project = replace(
            project,
            aliases=(*map_aliases(own.imports, folder, roots), *project.aliases),
            template=template
            if entries or own.changed or content is not file.content or not scripted
            else None,
            scripted=scripted,
            made=made,
            imports=own.imports,
            remote=remote,
            pages=MappingProxyType({name: page.template for name, page in others.items()}),
            tailwind=has_tailwind,
        )
        needs_build = project.needs_build or (bool(entries) and (compiled or bool(made)))
        return replace(project, needs_build=needs_build)

    def _other_pages(self) -> dict[str, OwnPage]:
        """Return the other HTML files of a site that load scripts or styles of packages from their hosts, by name.

        One with scripts that have to be compiled is shown as it is: only the page has a build.
        """
        names = sorted(name for name in self.files if is_html(name) and name != self.html)
        found = {}
        for name in names[:_MOST_PAGES]:
            content = self.files[name].content
            if b"//" not in content or len(content) > MAX_HTML_BYTES:
                continue
            resolve = resolver(frozenset(self.files), posixpath.dirname(name).rstrip("/"), (self.root, ""))
            own = read_own_page(decode_text(content), resolve, self._places(), compiled=False)
            loads = own.template.has_tailwind or any(read_file(address) for address in own.remote)
            if loads and not own.scripts and not own.imports:
                found[name] = own
        return found

    def next_app(self) -> Project | None:
        """Return the pages of a Next app; None: it is none."""
        pages = find_next_pages(self.root, [module.name for module in self.modules.all])
        is_next = self.package.names("next") or any(
            name.startswith(f"{self.root}/next.config.") for name in self.files
        )
        if not pages or not (is_next or pages.layouts) or self._flagged_module():
            return None
        self.warnings += tell_server_values(self.modules.all)
        entry = ProjectFile(f"{self.root}/~next.jsx", next_entry(pages).encode(), "jsx")
        return replace(self._project("next", (entry.name,)), made=(entry,), mounts=(), needs_build=True)

    def components(self) -> Project:
        """Return an app without HTML of its own: the entry is known by a flag, or by its name."""
        kind = self._kind()
        flagged = self._flagged_module()
        entries = (flagged,) if flagged else self.modules.named_entry()
        if not entries and not any(self.modules.is_component(module) for module in self.modules.all):
            for module in self.modules.all:
                self.modules.look_for_spare(module.name)
        project = self._mounted_by_preact(self._project(kind, entries))
        needs_build = project.needs_build or (bool(entries) and kind in ("vite", "cra"))
        return replace(project, needs_build=needs_build)

    def _mounted_by_preact(self, project: Project) -> Project:
        """Return *project* with an entry that shows its component by Preact, if it is Preact's: we mount by React."""
        if project.jsx_source != PREACT or len(project.mounts) != 1 or len(project.entries) != 1:
            return project
        entry = ProjectFile(f"{self.root}/~preact.jsx", preact_entry(project.mounts[0]).encode(), "jsx")
        return replace(project, entries=(entry.name,), made=(entry,), mounts=())

    # -- parts --------------------------------------------------------------------------------------------

    def _project(
        self, kind: Kind, entries: Sequence[str] = (), scripts: frozenset[str] = frozenset()
    ) -> Project:
        """Return what is known of any project. Of *scripts*, which its page names, components are mounted only."""
        there = [name for name in entries if name in self.files]
        shown = [name for name in there if name not in scripts or self.modules.has_elements(name)]
        mounts = tuple(filter(None, map(self.modules.mount, shown)))
        public = f"{self.root}/public"
        return Project(
            kind,
            root=self.root,
            html=self.html,
            entries=tuple(dict.fromkeys(entries)),
            mounts=mounts,
            spares=MappingProxyType(self.modules.spares),
            hollow=tuple(self.modules.hollow),
            public=public if any(name.startswith(f"{public}/") for name in self.files) else "",
            aliases=tuple(find_aliases(self.files, self.root, self.members)),
            apart=self.apart,
            wrapped=MappingProxyType(self.modules.wrapped),
            wishes=MappingProxyType(self.package.dependencies),
            jsx_source=find_jsx_source(self.files, self.root, self.package, self.modules.all),
            classes=find_class_settings(self.files, self.root),
            needs_build=bool(self.modules.wrapped),
        )

    def _has_tailwind(self, entries: Sequence[str]) -> bool:
        """Whether the app is made with Tailwind, though its page does not say so: by its tools, its style sheets, or,
        where no `package.json` says what it is made with, by names of classes."""
        if is_made_with_tailwind(self.files, self.root, self.package):
            return True
        return (
            bool(entries)
            and f"{self.root}/package.json" not in self.files
            and has_tailwind_classes(self.modules.all)
        )

    def _package(self) -> PackageJson:
        """Return what the app's `package.json` says, and beside it that of the folder which holds several."""
        own, top = (self.files.get(f"{folder}/package.json") for folder in (self.root, ""))
        package = read_package_json(own.content if own else None)
        return package.beside(read_package_json(top.content)) if top and top is not own else package

    def _find_html(self) -> str:
        flagged = self.files.get(self.flagged)
        if flagged is not None:
            return flagged.name if flagged.lang is None and is_html(flagged.name) else ""
        page = next((self.root + name for name in _PAGES if self.root + name in self.files), "")
        pages = [name for name in self.files if is_html(name)]
        others = (
            file for file in self.files.values() if file.lang is not None or is_of_other_language(file.name)
        )
        is_alone = len(pages) == 1 and not any(others)
        return page or (pages[0] if is_alone else "")

    def _page_of_a_server(self, modules: Sequence[ProjectFile]) -> str:
        """Return the page that lies among the files of a program in another language, such as a template of Flask's;
        empty: there is none, or there are modules that may be the app themselves. What is not run is told."""
        programs = [name for name in self.files if is_of_other_language(name)]
        page, others = choose_page(name for name in self.files if is_html(name) and not is_apart(name))
        folder = posixpath.dirname(page)
        strangers = [m for m in modules if not page or not belongs_to_page(m.name, folder)]
        if not programs or strangers:
            return ""
        content = self.files[page].content[:MAX_HTML_BYTES] if page else b""
        self.warnings += tell_programs(
            programs, page, others, is_template=_TEMPLATE.search(content) is not None
        )
        return page

    def _is_apart(self, file: ProjectFile) -> bool:
        if file.name == self.flagged or file.lang is None:
            return False
        return is_apart(file.name) or not file.name.startswith(f"{self.root}/")

    def _flagged_module(self) -> str:
        file = self.files.get(self.flagged)
        return file.name if file is not None and file.lang is not None else ""

    def _kind(self) -> Kind:
        names = self.package.names
        if names("react-scripts") or f"{self.root}/public/index.html" == self.html:
            return "cra"
        if names("vite") or any(name.startswith(f"{self.root}/vite.config.") for name in self.files):
            return "vite"
        return "html" if self.html else "component"

    def _places(self) -> dict[str, str]:
        """Return the values of places in HTML, as the tools fill them."""
        return {"PUBLIC_URL": "", "BASE_URL": "/", "MODE": "production", "NODE_ENV": "production"} | dict(
            self.env
        )

    def _page_entries(self, own: OwnPage, entries: list[str], *, compiled: bool) -> tuple[str, ...]:
        """Return what runs on a page of HTML; where it names no script that is there, the entry by its name."""
        flagged = self._flagged_module()
        is_shell = self.html != self.flagged or bool(own.missing or own.template.containers)
        named = () if entries or not is_shell or (own.kept and not compiled) else self.modules.named_entry()
        for address in own.missing:
            instead = f" {listed(named)} is the page's entry in its place." if named else ""
            self.warnings.append(f"{self.html}: names {address}, which is not among the files.{instead}")
        return (flagged,) if flagged else tuple(entries) or named

    def _made(self, own: OwnPage) -> Iterator[ProjectFile]:
        """Yield the scripts that stand in the page as files."""

        def text_of(script: Script) -> str:
            return decode_text(self.files[script.name].content) if script.name else script.text

        for made in babel_files(self.html, own, text_of):
            yield ProjectFile(made.name, made.text.encode(), "tsx")
        inline = [script for script in own.scripts if not script.babel and not script.name]
        for number, script in enumerate(inline, 1):
            text = "\n" * (script.line - 1) + script.text
            yield ProjectFile(f"{self.html}~{number}.jsx", text.encode(), "jsx")

    def apart_names(self) -> list[str]:
        """Return the names of all files that are no part of the page, whatever they hold."""
        inside = (f"{self.root}/", *(f"{member.folder}/" for member in self.members.values()))
        return [name for name in self.files if is_apart(name) or not name.startswith(inside)]
