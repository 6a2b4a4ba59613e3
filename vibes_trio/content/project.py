"""What a set of files is: a component, a project of a tool, a page of HTML; and what follows from that for its page.

Pure, and bounded by the bounds of a deploy. The result is data: the deploy stores what the page needs of it and
tells its words; nothing else asks a file's name what it is for.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

from vibes_trio.compilers.interface import Lang

Kind = Literal["component", "vite", "cra", "next", "html"]
"""A component (or several) that we mount; a project with its own entry; pages of Next; an HTML file with what it names."""


@dataclass(frozen=True, slots=True)
class ProjectFile:
    """One file of a deploy: *name* from `/`; *lang* as the deploy gave it, None for what is no module."""

    name: str
    content: bytes
    lang: Lang | None


@dataclass(frozen=True, slots=True)
class Alias:
    """What an import stands for: `@/` → `/src/`.

    Attributes:
        prefix: how the import starts; if *exact*, the whole of it.
        targets: what takes the prefix's place, from `/`, tried in order.
    """

    prefix: str
    targets: tuple[str, ...]
    exact: bool = False


@dataclass(frozen=True, slots=True)
class Mount:
    """A component that we mount: *export* (`default`, or a name) of the module *name*."""

    name: str
    export: str = "default"


@dataclass(frozen=True, slots=True)
class Project:
    """What a set of files is.

    Attributes:
        html: name of the HTML file that is the page; empty: we make it.
        entries: modules that the page runs, by the names of their sources, in order.
        mounts: those of their components that we mount; empty: the app mounts itself.
        public: folder whose files also answer at the root, without a slash at its end; empty: none.
        aliases: the longest prefix counts.
        apart: files that are stored but never part of the page (configuration, tests, stories, declarations).
        wrapped: text taken off round a file's content (a Markdown fence): name → the content that counts.
        needs_build: whether modules one by one can't carry it, by its form alone (aliases, a tool's entry);
            what its sources say (`import.meta.env`, CSS modules) is found by whoever reads them.
        warnings: for whoever deploys.
    """

    kind: Kind
    html: str = ""
    entries: tuple[str, ...] = ()
    mounts: tuple[Mount, ...] = ()
    public: str = ""
    aliases: tuple[Alias, ...] = ()
    apart: tuple[str, ...] = ()
    wrapped: Mapping[str, bytes] = field(default_factory=lambda: MappingProxyType({}))
    needs_build: bool = False
    warnings: tuple[str, ...] = ()


def read_project(files: Sequence[ProjectFile], entry_point: str) -> Project:
    """Return what *files* are; *entry_point* is the name of the file that was flagged, empty: none."""
    raise NotImplementedError
