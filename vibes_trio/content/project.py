"""What a set of files is, as data: a component, a project of a tool, a page of HTML; and what follows for its page.

`read_project.py` finds it out; the deploy stores what the page needs of it; nothing else asks a file's name what it is
for.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

from vibes_trio.content.file_roles import is_copy, is_helper, is_server
from vibes_trio.content.filenames import Lang
from vibes_trio.content.import_map import mapped_to
from vibes_trio.content.module_hosts import read_hosted
from vibes_trio.content.own_page import Template, is_of_app
from vibes_trio.content.tool_settings import Alias

__all__ = [
    "Alias",
    "Kind",
    "Mount",
    "Project",
    "ProjectFile",
    "Spare",
    "exports_of",
    "fallback_entries",
    "not_mapped",
]

Kind = Literal["component", "vite", "cra", "next", "html"]
"""Components that we mount; a project of a tool; pages of Next; an HTML file with what it names."""


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
        jsx_source: the package whose JSX its modules are written in; empty: React's.
        classes: what TypeScript's classes and decorators mean, see `tool_settings.read_class_settings`.
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
    jsx_source: str = ""
    classes: str = ""
    needs_build: bool = False
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


def fallback_entries(
    project: Project, roots: Sequence[str], langs: Mapping[str, Lang | None]
) -> tuple[str, ...]:
    """Return which of *roots*, modules that no other module imports, are mounted where no entry is known by its name.

    Args:
        langs: by the names of sources.
    """
    wanted = [name for name in roots if name not in project.apart]
    for is_less in (is_copy, is_server, lambda name: is_helper(name, langs.get(name))):
        better = [name for name in wanted if not is_less(name)]
        wanted = better or wanted
    return tuple(wanted)


def exports_of(project: Project, entries: Sequence[str]) -> dict[str, str]:
    """Return what is mounted of *entries*, where no entry is known by its name; empty: nothing can be."""
    spares = {name: spare.export for name, spare in project.spares.items()}
    return {name: "" if name in project.hollow else spares.get(name, "default") for name in entries}


def not_mapped(project: Project, specifiers: Sequence[str]) -> tuple[str, ...]:
    """Return those of *specifiers* that the app's own import map sends neither to its files nor to a package."""
    imports = project.imports
    there = ((text, mapped_to(imports, text)) for text in specifiers) if imports else ()
    mapped = {text for text, address in there if is_of_app(address) or read_hosted(address) is not None}
    return tuple(text for text in specifiers if text not in mapped)
