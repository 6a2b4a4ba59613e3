"""What a set of files is: a component, a project of a tool, a page of HTML; and what follows from that for its page.

Pure, and bounded by the bounds of a deploy: of sources only those are looked at that may be the page's entry. The
result is data: the deploy stores what the page needs of it and tells its words; nothing else asks a file's name what
it is for.
"""

import posixpath
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Literal

import msgspec

from vibes_trio.config import Limits
from vibes_trio.content.babel_scripts import babel_files
from vibes_trio.content.components import Exports, choose_component, read_exports, take_off_fence
from vibes_trio.content.file_roles import is_apart, is_copy, is_server, stem_of
from vibes_trio.content.filenames import Lang
from vibes_trio.content.import_map import mapped_to
from vibes_trio.content.js_json import quote_json
from vibes_trio.content.module_hosts import read_file, read_hosted
from vibes_trio.content.next_pages import find_next_pages, next_entry
from vibes_trio.content.own_page import OwnPage, Script, Template, is_of_app, read_own_page, resolver
from vibes_trio.content.policy import may_ask
from vibes_trio.content.tool_settings import (
    Alias,
    PackageJson,
    read_base_url,
    read_package_json,
    read_typescript_aliases,
    read_vite_aliases,
)

__all__ = ["Alias", "Kind", "Mount", "Project", "ProjectFile", "Spare", "read_project"]

Kind = Literal["component", "vite", "cra", "next", "html"]
"""Components that we mount; a project of a tool; pages of Next; an HTML file with what it names."""

MAX_HTML_BYTES = 1024 * 1024
_TAILWIND_PLUGINS = re.compile(rb"//cdn\.tailwindcss\.com/?\?(?:[^\s\"'<>]{0,200}&)?plugins=([\w,%-]{1,100})")
_MOST_REMOTE = Limits().max_hosted
_MOST_PAGES = Limits().max_pages
TOLD_NAMES = 3
_PAGES = ("/index.html", "/index.htm", "/public/index.html")
_SOURCES = ("", "/src", "/app", "/client", "/client/src", "/src/app", "/frontend", "/frontend/src")
_MAINS = ("main", "index")
_COMPONENTS = ("app", "page", "home", "application")
_SETTINGS = ("tsconfig.json", "tsconfig.app.json", "jsconfig.json")
_WORDS: Mapping[Kind, str] = MappingProxyType(
    {
        "component": "components",
        "vite": "a Vite project",
        "cra": "a Create React App project",
        "next": "a Next app's client pages",
        "html": "a page of HTML",
    }
)
_TAILWIND_CSS = re.compile(rb"""@tailwind\b|@import\s++(?:url\()?["']tailwindcss\b""")
_TAILWIND_CLASS = re.compile(
    rb"(?<![\w-])(?:(?:bg|text|border|from|to)-[a-z]{3,10}-\d{2,3}|min-h-screen|space-[xy]-\d|grid-cols-\d)(?![\w-])"
)


@dataclass(frozen=True, slots=True)
class ProjectFile:
    """One file of a deploy: *name* from `/`; *lang* as the deploy gave it, None for what is no module."""

    name: str
    content: bytes
    lang: Lang | None


@dataclass(frozen=True, slots=True)
class Mount:
    """A component that we mount: *export* (`default`, or a name) of the module *name*."""

    name: str
    export: str = "default"


@dataclass(frozen=True, slots=True)
class Spare:
    """What is mounted of a module without a default export if it is an entry: its *export*, which is *component*."""

    export: str
    component: str


@dataclass(frozen=True, slots=True)
class Project:
    """What a set of files is.

    Attributes:
        root: the folder that it lies in, without a slash at its end; empty: the root of the app.
        html: name of the HTML file that is the page; empty: we make it.
        template: that file with places left for what we add; None: it is shown as it is.
        entries: modules that the page runs, by the names of their sources, in order; empty and not *scripted*: those
            that no other module imports, see `fallback_entries`.
        scripted: whether the app's own HTML runs its scripts by itself.
        mounts: those of their components that we mount; empty: the app mounts itself.
        spares: module → what is mounted of it in place of a default export.
        hollow: modules with JSX of which nothing can be mounted, and which mount nothing themselves.
        public: folder whose files also answer at the root, without a slash at its end; empty: none.
        aliases: the longest prefix counts.
        apart: files that are stored but never part of the page by themselves (configuration, tests, declarations).
        wrapped: name → the content that counts in place of what was sent: a fence taken off, a component exported.
        made: files that nobody sent: scripts that stand in the HTML, the entry of a Next app.
        imports: the app's own import map, specifier → address.
        remote: addresses of other hosts that its HTML loads scripts and styles from.
        pages: other HTML files that load packages so, and nothing that has to be compiled, as *template* is.
        wishes: package → range of versions that the app's `package.json` names.
        tailwind: whether an app with its own HTML asks for Tailwind, which others have in any case.
        needs_build: whether modules one by one can't carry it, by its form alone; what its sources say
            (`import.meta.env`, CSS modules) is found by whoever reads them.
        notes: what people may want to know: how it was read.
        warnings: what is wrong, for whoever deploys.
    """

    kind: Kind
    root: str = ""
    html: str = ""
    template: Template | None = None
    entries: tuple[str, ...] = ()
    scripted: bool = False
    mounts: tuple[Mount, ...] = ()
    spares: Mapping[str, Spare] = field(default_factory=lambda: MappingProxyType({}))
    hollow: tuple[str, ...] = ()
    public: str = ""
    aliases: tuple[Alias, ...] = ()
    apart: tuple[str, ...] = ()
    wrapped: Mapping[str, bytes] = field(default_factory=lambda: MappingProxyType({}))
    made: tuple[ProjectFile, ...] = ()
    imports: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    remote: tuple[str, ...] = ()
    pages: Mapping[str, Template] = field(default_factory=lambda: MappingProxyType({}))
    wishes: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    tailwind: bool = False
    needs_build: bool = False
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


def read_project(
    files: Sequence[ProjectFile], entry_point: str, env: Mapping[str, str] | None = None
) -> Project:
    """Return what *files* are.

    Args:
        entry_point: the name of the file that was flagged; empty: none.
        env: the deploy's values, for places in HTML.
    """
    reading = _Reading(files, entry_point, env or {})
    project = reading.page() if reading.html else reading.next_app() or reading.components()
    warnings = (*reading.warnings, *tell_entries(project, project.entries))
    return replace(project, notes=reading.notes(project), warnings=warnings)


def fallback_entries(
    project: Project, roots: Sequence[str], langs: Mapping[str, Lang | None]
) -> tuple[str, ...]:
    """Return which of *roots*, modules that no other module imports, are mounted where no entry is known by its name.

    Args:
        langs: by the names of sources.
    """
    wanted = [name for name in roots if name not in project.apart]
    for is_less in (is_copy, is_server, lambda name: _is_helper(name, langs.get(name))):
        better = [name for name in wanted if not is_less(name)]
        wanted = better or wanted
    return tuple(wanted)


def exports_of(project: Project, entries: Sequence[str]) -> dict[str, str]:
    """Return what is mounted of *entries*, where no entry is known by its name; empty: nothing can be."""
    spares = {name: spare.export for name, spare in project.spares.items()}
    return {name: "" if name in project.hollow else spares.get(name, "default") for name in entries}


def tell_entries(project: Project, entries: Sequence[str]) -> tuple[str, ...]:
    """Return what whoever deploys should know of *entries*, the modules that the page runs."""
    told = [
        f"{name}: has no default export; {spare.component} is shown. Write `export default {spare.component}`."
        for name, spare in project.spares.items()
        if name in entries
    ]
    told += [
        f"{name}: exports no component: write `export default` before the one to show."
        for name in project.hollow
        if name in entries and name.endswith((".jsx", ".tsx"))  # a plain script may write HTML as text
    ]
    if len(entries) > 1 and not project.entries:
        told.append(
            f"{_listed(entries)} are all shown, as nothing imports them: flag the one that is meant as entryPoint,"
            " or call it App."
        )
    return tuple(told)


def describe_project(project: Project) -> str:
    """Return in one sentence what the files are, and what of them the page runs."""
    entries = [name for name in project.entries if "~" not in name]
    words = [f"read as {_WORDS[project.kind]}"]
    if project.html:
        words.append(f"its page is {_listed([project.html])}")
    if entries:
        words.append(f"its entry is {_listed(entries)}")
    elif not project.entries and not project.scripted:
        words.append("its entries are what no other module imports")
    if project.apart:
        words.append(_told_apart(project.apart))
    return "; ".join(words)


def _told_apart(apart: Sequence[str]) -> str:
    are = "file is" if len(apart) == 1 else "files are"
    return f"{len(apart)} {are} no part of the page ({_listed(sorted(apart))})"


def not_mapped(project: Project, specifiers: Sequence[str]) -> tuple[str, ...]:
    """Return those of *specifiers* that the app's own import map sends neither to its files nor to a package."""
    imports = project.imports
    there = ((text, mapped_to(imports, text)) for text in specifiers) if imports else ()
    mapped = {text for text, address in there if is_of_app(address) or read_hosted(address) is not None}
    return tuple(text for text in specifiers if text not in mapped)


def tell_remote(project: Project, hosts: Sequence[str], local: Mapping[str, str]) -> tuple[str, ...]:
    """Return what of other hosts the page of *project* asks for in vain, one sentence for each host.

    Args:
        hosts: that pages may ask (`config.page_hosts`).
        local: address → address on this server that has the same.
    """
    first: dict[str, str] = {}
    for address in project.remote:
        url = f"https:{address}" if address.startswith("//") else address
        if address not in local and not may_ask(hosts, url):
            first.setdefault("/".join(url.split("/")[:3]), url)
    return tuple(
        f"{project.html}: asks {origin} for {address}, which pages may not: get it with a package, put the file"
        f" beside the page, or have this server's operator allow it: VIBES_PAGE_HOSTS={origin}"
        for origin, address in first.items()
    )


def tell_elsewhere(specifiers: Sequence[str], hosts: Sequence[str]) -> tuple[str, ...]:
    """Return what of *specifiers*, addresses of other hosts that modules import, pages may not ask for.

    Args:
        hosts: as for `tell_remote`.
    """
    told = []
    for text in specifiers:
        url = f"https:{text}" if text.startswith("//") else text
        if not may_ask(hosts, url):
            origin = "/".join(url.split("/")[:3])
            told.append(
                f"import {quote_json(text)}: pages may not ask {origin}, and this server knows no package by that"
                " address: import the package by its name, put the file beside the page, or have this server's operator"
                f" allow it: VIBES_PAGE_HOSTS={origin}"
            )
    return tuple(told)


def _is_helper(name: str, lang: Lang | None) -> bool:
    """Whether a module's name says that its default is no component: components begin with a capital letter."""
    return lang in ("js", "ts") and not stem_of(name)[:1].isupper()


class _Reading:
    """What the parts of a reading share: the files by their names, the project's folder, what is to be told."""

    def __init__(self, files: Sequence[ProjectFile], entry_point: str, env: Mapping[str, str]) -> None:
        self.files = {file.name: file for file in reversed(files)}
        self.names = frozenset(self.files)
        self.flagged = entry_point
        self.env = env
        self.warnings: list[str] = []
        self.root = _find_root(self.names)
        self.package = self._package()
        self.html = self._find_html()
        self.apart = tuple(file.name for file in files if self._is_apart(file))
        self.modules = [file for file in files if file.lang is not None and file.name not in self.apart]
        self.wrapped = dict(self._take_off_fences())
        self.spares: dict[str, Spare] = {}
        self.hollow: list[str] = []
        self._exports: dict[str, Exports] = {}

    # -- what it is ---------------------------------------------------------------------------------------

    def page(self) -> Project:
        """Return an app with its own HTML."""
        file = self.files[self.html]
        if len(file.content) > MAX_HTML_BYTES:
            self.warnings.append(f"{self.html}: with more than {MAX_HTML_BYTES} bytes it is shown as it is.")
            return self._project("html")
        kind = self._kind()
        folder = posixpath.dirname(self.html).rstrip("/")
        resolve = resolver(self.names, folder, (self.root, f"{self.root}/public", ""))
        compiled = kind != "html" or any(module.lang != "js" for module in self.modules)
        own = read_own_page(_decode(file.content), resolve, self._places(), compiled=compiled)
        plugins = _TAILWIND_PLUGINS.search(file.content)
        if plugins is not None:
            self.warnings.append(
                f"{self.html}: asks for Tailwind's plugins {_decode(plugins[1])}, which are not applied."
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
        has_tailwind = own.template.has_tailwind or self._asks_tailwind(entries)
        template = msgspec.structs.replace(own.template, has_tailwind=has_tailwind)
        scripted = not entries and (bool(own.kept) or self.html == self.flagged or not self.modules)
        project = replace(
            self._project(kind, entries),
            template=template if entries or own.changed or not scripted else None,
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
        names = sorted(name for name in self.names if _is_html(name) and name != self.html)
        found = {}
        for name in names[:_MOST_PAGES]:
            content = self.files[name].content
            if b"//" not in content or len(content) > MAX_HTML_BYTES:
                continue
            resolve = resolver(self.names, posixpath.dirname(name).rstrip("/"), (self.root, ""))
            own = read_own_page(_decode(content), resolve, self._places(), compiled=False)
            loads = own.template.has_tailwind or any(read_file(address) for address in own.remote)
            if loads and not own.scripts and not own.imports:
                found[name] = own
        return found

    def next_app(self) -> Project | None:
        """Return the pages of a Next app; None: it is none."""
        pages = find_next_pages(self.root, [module.name for module in self.modules])
        is_next = self.package.names("next") or any(
            name.startswith(f"{self.root}/next.config.") for name in self.names
        )
        if not pages or not (is_next or pages.layouts) or self._flagged_module():
            return None
        entry = ProjectFile(f"{self.root}/~next.jsx", next_entry(pages).encode(), "jsx")
        return replace(self._project("next", (entry.name,)), made=(entry,), mounts=(), needs_build=True)

    def components(self) -> Project:
        """Return an app without HTML of its own: the entry is known by a flag, or by its name."""
        kind = self._kind()
        flagged = self._flagged_module()
        entries = (flagged,) if flagged else self._named_entry()
        if not entries and not any(self._is_component(module) for module in self.modules):
            for module in self.modules:
                self._look_for_spare(module.name)
        project = self._project(kind, entries)
        needs_build = project.needs_build or (bool(entries) and kind in ("vite", "cra"))
        return replace(project, needs_build=needs_build)

    # -- parts --------------------------------------------------------------------------------------------

    def _project(self, kind: Kind, entries: Sequence[str] = ()) -> Project:
        mounts = tuple(filter(None, (self._mount(name) for name in entries if name in self.files)))
        public = f"{self.root}/public"
        return Project(
            kind,
            root=self.root,
            html=self.html,
            entries=tuple(dict.fromkeys(entries)),
            mounts=mounts,
            spares=MappingProxyType(self.spares),
            hollow=tuple(self.hollow),
            public=public if any(name.startswith(f"{public}/") for name in self.names) else "",
            aliases=tuple(self._aliases()),
            apart=self.apart,
            wrapped=MappingProxyType(self.wrapped),
            wishes=MappingProxyType(self.package.dependencies),
            needs_build=bool(self.wrapped),
        )

    def _asks_tailwind(self, entries: Sequence[str]) -> bool:
        """Whether the app is made with Tailwind, though its page does not say so: by its tools, its style sheets, or,
        where no `package.json` says what it is made with, by names of classes that nothing else has."""
        if self.package.names("tailwindcss") or self.package.names("@tailwindcss/vite"):
            return True
        start = f"{self.root}/tailwind.config."
        if any(name.startswith(start) for name in self.names):
            return True
        styles = (file.content for file in self.files.values() if file.name.endswith(".css"))
        if any(_TAILWIND_CSS.search(text) for text in styles):
            return True
        if not entries or f"{self.root}/package.json" in self.names:
            return False
        return any(_TAILWIND_CLASS.search(module.content) for module in self.modules)

    def _package(self) -> PackageJson:
        file = self.files.get(f"{self.root}/package.json")
        return read_package_json(file.content if file else None)

    def _find_html(self) -> str:
        flagged = self.files.get(self.flagged)
        if flagged is not None:
            return flagged.name if flagged.lang is None and _is_html(flagged.name) else ""
        page = next((self.root + name for name in _PAGES if self.root + name in self.names), "")
        pages = [name for name in self.names if _is_html(name)]
        is_alone = len(pages) == 1 and all(file.lang is None for file in self.files.values())
        return page or (pages[0] if is_alone else "")

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
        if names("vite") or any(name.startswith(f"{self.root}/vite.config.") for name in self.names):
            return "vite"
        return "html" if self.html else "component"

    def _places(self) -> dict[str, str]:
        """Return the values of places in HTML, as the tools fill them."""
        return {"PUBLIC_URL": "", "BASE_URL": "/", "MODE": "production", "NODE_ENV": "production"} | dict(
            self.env
        )

    def _aliases(self) -> Iterator[Alias]:
        """Yield what imports stand for: what the tools' settings say, then what everybody takes `@/` for."""
        found: dict[str, Alias] = {}
        for name in _SETTINGS:
            file = self.files.get(f"{self.root}/{name}")
            if file is not None:
                for alias in (*read_typescript_aliases(file.name, file.content), *self._based(file)):
                    found.setdefault(alias.prefix, alias)
        for file in self.files.values():
            if file.name.startswith((f"{self.root}/vite.config.", f"{self.root}/craco.config.")):
                for alias in read_vite_aliases(file.name, file.content):
                    found.setdefault(alias.prefix, alias)
        source = f"{self.root}/src/"
        home = source if any(name.startswith(source) for name in self.names) else f"{self.root}/"
        for prefix in ("@/", "~/"):
            found.setdefault(prefix, Alias(prefix, tuple(dict.fromkeys((home, f"{self.root}/")))))
        yield from found.values()

    def _based(self, file: ProjectFile) -> Iterator[Alias]:
        """Yield an alias for each folder and module in the folder that `baseUrl` lets imports start from."""
        base = read_base_url(file.name, file.content)
        if base is None:
            return
        start = base.rstrip("/") + "/"
        for name in self.names:
            first, slash, _ = name.removeprefix(start).partition("/")
            if name.startswith(start) and slash:
                yield Alias(f"{first}/", (f"{start}{first}/",))
            elif name.startswith(start) and self.files[name].lang is not None and not is_apart(name):
                yield Alias(stem_of(name), (name,), exact=True)

    def _take_off_fences(self) -> Iterator[tuple[str, bytes]]:
        for module in self.modules:
            if module.content[:64].lstrip().startswith((b"```", b"~~~")):
                text = take_off_fence(_decode(module.content))
                if text is not None:
                    self.warnings.append(
                        f"{module.name}: is a Markdown fence; what it holds was taken. Leave out the ``` lines."
                    )
                    yield module.name, text.encode()

    def exports(self, name: str) -> Exports:
        """Return what the module *name* offers, looked at once."""
        if name not in self._exports:
            self._exports[name] = read_exports(_decode(self.wrapped.get(name, self.files[name].content)))
        return self._exports[name]

    # -- entries ------------------------------------------------------------------------------------------

    def _page_entries(self, own: OwnPage, entries: list[str], *, compiled: bool) -> tuple[str, ...]:
        """Return what runs on a page of HTML; where it names no script that is there, the entry by its name."""
        flagged = self._flagged_module()
        is_shell = self.html != self.flagged or bool(own.missing or own.template.containers)
        named = () if entries or not is_shell or (own.kept and not compiled) else self._named_entry()
        for address in own.missing:
            instead = f" {_listed(named)} is the page's entry in its place." if named else ""
            self.warnings.append(f"{self.html}: names {address}, which is not among the files.{instead}")
        return (flagged,) if flagged else tuple(entries) or named

    def _named_entry(self) -> tuple[str, ...]:
        """Return the module that is the entry by its name; none: no name says so."""
        places = [f"{self.root}{folder}" for folder in _SOURCES]
        by_place = [
            m.name
            for folder in places
            for m in self.modules
            if posixpath.dirname(m.name).rstrip("/") == folder
        ]
        mains = [name for name in by_place if stem_of(name).lower() in _MAINS]
        apps = sorted(
            (name for name in by_place if stem_of(name).lower() in _COMPONENTS),
            key=lambda name: _COMPONENTS.index(stem_of(name).lower()),
        )
        mounting = [name for name in mains if self.exports(name).mounts]
        found = (
            mounting
            or [name for name in apps if not self._is_empty(name)]
            or [m for m in mains if not self._is_empty(m)]
        )
        same = [
            name for name in found if name != found[0] and stem_of(name).lower() == stem_of(found[0]).lower()
        ]
        if same:
            self.warnings.append(
                f"{found[0]} is the page; {_listed(same)} could be, too: flag the one that is meant as entryPoint."
            )
        return tuple(found[:1]) or tuple(apps[:1])

    def _is_empty(self, name: str) -> bool:
        """Whether a module offers nothing that could be shown, nor shows anything itself."""
        exports = self.exports(name)
        return not (exports.default or exports.mounts or exports.named or exports.inner or exports.jsx)

    def _is_component(self, module: ProjectFile) -> bool:
        """Whether *module* has something to show by itself."""
        exports = self.exports(module.name)
        return exports.mounts or (exports.default and not _is_helper(module.name, module.lang))

    def _mount(self, name: str) -> Mount | None:
        """Return what is mounted of the entry *name*; None: it mounts itself, or nothing can be."""
        exports = self.exports(name)
        if exports.default and not exports.mounts:
            return Mount(name)
        self._look_for_spare(name)
        return Mount(name, self.spares[name].export) if name in self.spares else None

    def _look_for_spare(self, name: str) -> None:
        """Note what can be mounted of the module *name* if it has no default export."""
        exports = self.exports(name)
        if exports.mounts or exports.default or name in self.spares:
            return
        found = choose_component(exports, stem_of(name))
        if found is None:
            if exports.jsx and name not in self.hollow:
                self.hollow.append(name)
            return
        component, is_exported = found
        self.spares[name] = Spare(component if is_exported else "default", component)
        if not is_exported:
            text = self.wrapped.get(name, self.files[name].content)
            self.wrapped[name] = text + f"\nexport default {component};\n".encode()

    def _made(self, own: OwnPage) -> Iterator[ProjectFile]:
        """Yield the scripts that stand in the page as files."""

        def text_of(script: Script) -> str:
            return _decode(self.files[script.name].content) if script.name else script.text

        for made in babel_files(self.html, own, text_of):
            yield ProjectFile(made.name, made.text.encode(), "tsx")
        inline = [script for script in own.scripts if not script.babel and not script.name]
        for number, script in enumerate(inline, 1):
            text = "\n" * (script.line - 1) + script.text
            yield ProjectFile(f"{self.html}~{number}.jsx", text.encode(), "jsx")

    # -- words --------------------------------------------------------------------------------------------

    def notes(self, project: Project) -> tuple[str, ...]:
        """Return how the files were read, in one sentence; nothing where there is nothing to tell."""
        words = []
        if project.kind in ("vite", "cra", "next"):
            words.append(f"read as {_WORDS[project.kind]}")
        entries = [name for name in project.entries if name in self.files]
        if entries and words:
            words.append(f"its entry is {_listed(entries)}")
        apart = [name for name in self.names if is_apart(name) or not name.startswith(f"{self.root}/")]
        if apart:
            words.append(_told_apart(apart))
        return ("; ".join(words),) if words else ()


def _find_root(names: frozenset[str]) -> str:
    """Return the folder of the project: the app's root, or the one folder further down that has a page or a package."""
    if any(name.startswith(("/src/", "/app/", "/pages/")) or _is_of_top(name) for name in names):
        return ""
    homes = {
        posixpath.dirname(name)
        for name in names
        if name.endswith(("/index.html", "/package.json")) and name.count("/") in (2, 3)
    }
    homes = {home for home in homes if posixpath.basename(home) not in ("public", "dist", "build")}
    shown = {home for home in homes if f"{home}/index.html" in names or f"{home}/public/index.html" in names}
    return next(iter(shown or homes)) if len(shown or homes) == 1 else ""


def _is_of_top(name: str) -> bool:
    """Whether a file in the top folder says that the app's own project lies there."""
    return name.count("/") == 1 and (
        _is_html(name) or name.endswith((".jsx", ".tsx", ".js", ".ts", "/package.json"))
    )


def _is_html(name: str) -> bool:
    return name.lower().endswith((".html", ".htm"))


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(name.removeprefix("/") for name in names[:TOLD_NAMES])
    return shown + (", …" if len(names) > TOLD_NAMES else "")


def _decode(content: bytes) -> str:
    """Return a text as browsers read it: by its byte order mark, else as UTF-8."""
    for mark, encoding in ((b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be")):
        if content.startswith(mark):
            return content[2:].decode(encoding, "replace")
    return content.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "replace")
