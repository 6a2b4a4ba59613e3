"""Which of a project's modules is its entry, and what of a module is mounted.

Of sources only those are looked at that may be the entry, each once.
"""

import posixpath
import re
from collections.abc import Iterator, Mapping, Sequence

from vibes_trio.content.components import (
    Exports,
    choose_component,
    find_fenced_page,
    read_exports,
    take_off_fence,
)
from vibes_trio.content.file_roles import is_helper, stem_of
from vibes_trio.content.project import Mount, ProjectFile, Spare
from vibes_trio.content.project_settings import decode_text, is_html
from vibes_trio.content.project_words import listed, name_the_one

_SOURCES = ("", "/src", "/app", "/client", "/client/src", "/src/app", "/frontend", "/frontend/src")
_FENCED = (".css", ".json", ".html", ".htm", ".svg")
"""Endings of what is no module and is read as text."""
_MAINS = ("main", "index")
_COMPONENTS = ("app", "page", "home", "application")

_MAKES_ELEMENTS = re.compile(rb"""\bcreateElement\b(?<!document\.createElement)|["']p?react["']""")


class Modules:
    """The modules of a project, and what was found out of them.

    Attributes:
        all: those that may be part of the page, in order.
        wrapped: name → the content that counts in place of what was sent.
        spares: module → what is mounted of it in place of a default export.
        hollow: modules with JSX, or with nothing, of which nothing can be mounted.
        warnings: what is wrong with them, for whoever deploys.
    """

    def __init__(self, files: Mapping[str, ProjectFile], modules: Sequence[ProjectFile], root: str) -> None:
        self.all = modules
        self.warnings: list[str] = []
        self.spares: dict[str, Spare] = {}
        self.hollow: list[str] = []
        # A page may also run what is no part of it by its name.
        self._files = files
        self._root = root
        self._exports: dict[str, Exports] = {}
        self.wrapped = dict(self._take_off_fences())

    def exports(self, name: str) -> Exports:
        """Return what the module *name* offers, looked at once."""
        if name not in self._exports:
            self._exports[name] = read_exports(decode_text(self.wrapped.get(name, self._files[name].content)))
        return self._exports[name]

    def named_entry(self) -> tuple[str, ...]:
        """Return the module that is the entry by its name; none: no name says so."""
        places = [f"{self._root}{folder}" for folder in _SOURCES]
        by_place = [
            m.name for folder in places for m in self.all if posixpath.dirname(m.name).rstrip("/") == folder
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
                f"{found[0]} is the page; {listed(same)} could be, too: {name_the_one(same[0])}."
            )
        return tuple(found[:1]) or tuple(apps[:1])

    def _is_empty(self, name: str) -> bool:
        """Whether a module offers nothing that could be shown, nor shows anything itself."""
        exports = self.exports(name)
        return not (exports.default or exports.mounts or exports.named or exports.inner or exports.jsx)

    def is_component(self, module: ProjectFile) -> bool:
        """Whether *module* has something to show by itself."""
        exports = self.exports(module.name)
        return exports.mounts or (exports.default and not is_helper(module.name, module.lang))

    def has_elements(self, name: str) -> bool:
        """Return whether the module *name* makes elements of React: not the class of a game, or of an own element."""
        file = self._files[name]
        if file.lang in ("jsx", "tsx") or (file.lang == "js" and self.exports(name).jsx):
            return True
        return _MAKES_ELEMENTS.search(self.wrapped.get(name, file.content)) is not None

    def mount(self, name: str) -> Mount | None:
        """Return what is mounted of the entry *name*; None: it mounts itself, or nothing can be."""
        exports = self.exports(name)
        if exports.default and not exports.mounts:
            return Mount(name)
        self.look_for_spare(name)
        return Mount(name, self.spares[name].export) if name in self.spares else None

    def look_for_spare(self, name: str) -> None:
        """Note what can be mounted of the module *name* if it has no default export."""
        exports = self.exports(name)
        if exports.mounts or exports.default or name in self.spares:
            return
        found = choose_component(exports, stem_of(name))
        if found is None:
            if (exports.jsx or exports.empty) and name not in self.hollow:
                self.hollow.append(name)
            return
        component, is_exported = found
        self.spares[name] = Spare(component if is_exported else "default", component)
        if not is_exported:
            text = self.wrapped.get(name, self._files[name].content)
            self.wrapped[name] = text + f"\nexport default {component};\n".encode()

    def _take_off_fences(self) -> Iterator[tuple[str, bytes]]:
        fenced = [file for name, file in sorted(self._files.items()) if name.endswith(_FENCED)]
        for file in (*self.all, *fenced):
            if file.content[:64].lstrip().startswith((b"```", b"~~~")):
                text = take_off_fence(decode_text(file.content))
                if text is not None:
                    self.warnings.append(
                        f"{file.name}: is a Markdown fence; what it holds was taken. Leave out the ``` lines."
                    )
                    yield file.name, text.encode()
            elif is_html(file.name) and (page := find_fenced_page(decode_text(file.content))):
                self.warnings.append(
                    f"{file.name}: there is Markdown round the page; what stands between the ``` lines was taken. Leave"
                    " out the rest."
                )
                yield file.name, page.encode()
