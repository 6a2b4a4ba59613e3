"""What esbuild is given when an app is built: files from memory, and the modules that stand for others.

Namespaces: `app` (files of the app, with what follows `?`), `vibes` (helpers of ours), `next` (parts of Next), `lost`
(files that are not there), `require` and `package` (a package behind a `require`), `names` (class names of a style
sheet).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import quote

from vibes_trio.bundle import stubs
from vibes_trio.bundle.marks import PACKAGE_FOLDER, SHEET_OF_PACKAGE
from vibes_trio.bundle.next_parts import NEXT, is_for_servers, next_part, says_where
from vibes_trio.bundle.places import Places
from vibes_trio.bundle.rewrite import FILE, address_from_built
from vibes_trio.compilers.bundles import Asked, Found, Loaded
from vibes_trio.content.module_hosts import read_hosted
from vibes_trio.content.specifiers import Kind, parse_specifier

SCRIPTS: Mapping[str, str] = {
    ".js": "jsx",
    ".jsx": "jsx",
    ".mjs": "jsx",
    ".cjs": "jsx",
    ".ts": "ts",
    ".mts": "ts",
    ".cts": "ts",
    ".tsx": "tsx",
}
STYLES = (".css", ".scss", ".sass", ".less", ".styl", ".stylus", ".pcss", ".postcss")
NOT_HERE = {
    ".vue": "Vue components",
    ".svelte": "Svelte components",
    ".astro": "Astro components",
    ".mdx": "MDX",
}
_INSTEAD = "write the part as JSX, or build the app where it was made and deploy what lies in dist"
MAX_INLINE_BYTES = 1024 * 1024


@dataclass(frozen=True, slots=True)
class SourceFile:
    """One file of an app. *loader* is what a script is read as; empty: it is none."""

    content: bytes
    loader: str = ""


@dataclass(frozen=True, slots=True)
class Style:
    """A style sheet that is built: its text, with files as `stubs.file_in_css` writes them.

    Attributes:
        code: the same as a JavaScript expression, in which files have their addresses; packaged: files of packages
            whose addresses it takes.
        kind: see `stubs.style_module`.
        packages: style sheets of packages that it imports; joined: those whose text Tailwind has to read with it.
        names: the module that exports its class names; empty: it has none.
        error: why there is none: the page says so, and goes on without.
        unread: packages that it wants from Tailwind, which can't be had.
    """

    css: str
    code: str = ""
    packaged: tuple[str, ...] = ()
    kind: str = ""
    packages: tuple[str, ...] = ()
    joined: tuple[str, ...] = ()
    names: str = ""
    error: str = ""
    unread: tuple[str, ...] = ()


@dataclass(slots=True)
class AppMaterial:
    """The material of the scripts of an app, or of its workers.

    What it notes: *missing* and *for_servers*, (importer, specifier); *misspelt*, of these the file that is meant.

    Attributes:
        styles: by the name of the file.
        workers: source → the built file that runs it; empty: the source itself does, as it is no module.
        in_worker: this is for workers.
    """

    files: Mapping[str, SourceFile]
    places: Places
    styles: Mapping[str, Style]
    workers: Mapping[str, str]
    in_worker: bool = False
    missing: dict[tuple[str, str], None] = field(default_factory=dict)
    for_servers: dict[tuple[str, str], None] = field(default_factory=dict)
    misspelt: dict[tuple[str, str], str] = field(default_factory=dict)

    def find(self, asked: Asked) -> Found:
        """See `compilers.bundles.Material`."""
        path = asked.path
        if path in stubs.GLOBALS:
            return Found(path, "global", side_effects=False)
        if asked.kind == "entry-point":
            return Found(path, "app")
        if path.startswith("vibes") and (ours := self._ours(path, asked)) is not None:
            return ours
        importer = asked.importer.partition("?")[0] if asked.namespace == "app" else "/"
        bare, _, query = path.partition("?")
        name = self.places.find(importer, bare)
        if name is not None:
            if self.places.find_exact(importer, bare) is None:
                self.misspelt[importer, path] = name
            return self._file(f"{name}?{query}" if query else name, asked)
        if self.places.is_own(bare):
            self.missing[importer, path] = None
            return Found(f"{importer}\n{path}", "lost")
        return self._package(asked)

    def load(self, namespace: str, path: str) -> Loaded:
        """See `compilers.bundles.Material`."""
        if namespace == "app":
            return self._load_file(*path.partition("?")[::2])
        if namespace == "lost":
            importer, _, specifier = path.partition("\n")
            if (
                _ending(specifier.partition("?")[0]) in STYLES
            ):  # an app can do without, and is often handed out so
                return _script(
                    stubs.failed_style_module(importer, f"{specifier}: this app has no such file.")
                )
            return _script(stubs.missing_module(specifier, importer))
        if namespace == "next":
            specifier, _, importer = path.partition("\n")
            return _script(next_part(specifier, importer) or "")
        if namespace == "require":
            return _script(stubs.required_module(path))
        if namespace == "package":
            return _script(stubs.package_module(path))
        if namespace == "vibes":
            return _script(stubs.HELPERS[path])
        if namespace == "global":
            return _script(stubs.GLOBALS[path])
        return Loaded(error="the app imports a path that leads out of it")

    # -- where imports lead ------------------------------------------------------------------------------

    def _ours(self, path: str, asked: Asked) -> Found | None:
        """Return where an import leads that we have written; None: somebody else has, or it means nothing."""
        kind, _, rest = path.partition(":")
        if kind == "vibes" and rest in stubs.HELPERS:
            return Found(rest, "vibes", side_effects=False)
        if kind == "vibes-package" and asked.namespace == "require":
            return Found(rest, "package")
        if path.startswith(NEXT) and next_part(path) is not None:
            return Found(path, "next", side_effects=False)
        if path.startswith(FILE) and rest.partition("?")[0] in self.files:
            return self._file(rest, asked)
        return None

    def _file(self, name: str, asked: Asked) -> Found:
        if asked.attributes.get("type") == "css" and name.endswith(".css"):
            name += "?sheet"
        if asked.kind == "require-call" and name in self.files and self._is_asset(name):
            name += "?required"
        return Found(name, "app")

    def _is_asset(self, name: str) -> bool:
        ending = _ending(name)
        return not (self.files[name].loader or ending in STYLES or ending in NOT_HERE or ending == ".json")

    def _package(self, asked: Asked) -> Found:
        specifier = asked.path
        bare, mark, query = specifier.partition("?")
        if SHEET_OF_PACKAGE + bare in self.styles:
            return self._file(SHEET_OF_PACKAGE + bare + mark + query, asked)
        if next_part(specifier) is not None:
            if is_for_servers(specifier):
                self.for_servers[asked.importer, specifier] = None
            return Found(f"{specifier}\n{asked.importer}" if says_where(specifier) else specifier, "next")
        if asked.kind in ("require-call", "require-resolve"):
            return Found(specifier, "require")
        if not self.in_worker:
            return Found(specifier, external=True)
        if parse_specifier(specifier).kind is Kind.PACKAGE:
            return Found(PACKAGE_FOLDER + specifier, external=True)
        by_address = read_hosted(specifier) is not None
        return Found(PACKAGE_FOLDER + quote(specifier, safe="") if by_address else specifier, external=True)

    # -- what files are ----------------------------------------------------------------------------------

    def _load_file(self, name: str, query: str) -> Loaded:
        file = self.files[name]
        words = query.split("&")
        ending = _ending(name)
        if "raw" in words:
            return Loaded(file.content, "text")
        if words[0] in ("worker", "sharedworker"):
            return self._worker(name, words)
        if "required" in words:
            return _script(stubs.required_address_module(name))
        if "url" in words:
            return _script(stubs.address_module(name))
        if ending in STYLES:
            return self._style(name, words)
        if "inline" in words and len(file.content) > MAX_INLINE_BYTES:
            return Loaded(
                error=f"{name}: more than {MAX_INLINE_BYTES} bytes are too many to stand in a module"
            )
        if "inline" in words:
            return _script(stubs.data_module(name, file.content))
        if file.loader:
            return Loaded(file.content, file.loader)
        if ending == ".json":
            return Loaded(file.content.removeprefix(b"\xef\xbb\xbf"), "json")
        if ending == ".svg":
            return _svg(name, file.content, only_component="react" in words or "component" in words)
        if ending in NOT_HERE:
            return Loaded(error=f"{NOT_HERE[ending]} can't be compiled here: {_INSTEAD}")
        return _script(stubs.address_module(name))

    def _style(self, name: str, words: list[str]) -> Loaded:
        style = self.styles.get(name)
        if style is None:
            return Loaded(error="this style sheet was not looked at")
        if style.error:
            return _script(stubs.failed_style_module(name, style.error))
        addresses = stubs.packaged_addresses(style.packaged)
        if "sheet" in words:
            return _script(addresses + stubs.sheet_module(style.code))
        if "inline" in words:
            return _script(addresses + stubs.css_string_module(style.code))
        return _script(
            addresses
            + stubs.style_module(name, style.code, style.kind, style.packages, style.names, style.joined)
        )

    def _worker(self, name: str, words: list[str]) -> Loaded:
        built = self.workers.get(name)
        if built is None:
            return Loaded(error="this worker was not looked at")
        address = f"./{built}" if built else address_from_built(name)
        kind = "SharedWorker" if words[0] == "sharedworker" else "Worker"
        if "url" in words:
            kind = ""
        return _script(stubs.worker_module(address, kind, is_module=bool(built)))


def _script(text: str) -> Loaded:
    return Loaded(text.encode(), "js")


def _svg(name: str, content: bytes, *, only_component: bool) -> Loaded:
    try:
        return _script(stubs.svg_module(name, content, only_component=only_component))
    except ValueError as error:
        return Loaded(error=str(error)) if only_component else _script(stubs.address_module(name))


def _ending(name: str) -> str:
    base = name.rpartition("/")[2].lower()
    return "." + base.rpartition(".")[2] if "." in base else ""


def loader_of(name: str, lang: str | None) -> str:
    """Return what esbuild reads a file as: by its language, else by the end of its name; empty: it is no script."""
    if lang is not None:
        return "jsx" if lang == "js" else lang
    return SCRIPTS.get(_ending(name), "")
