"""How an app's own modules reach each other in the browser.

A compiled module is served as `/~~transformed~~/{cid of its source}`, a `js` module under its own name, both
untouched: `import "./Card"` stays as written. What the browser would then ask for is put right by the import
map that the deploy stores. Its addresses start with `./`, the root of the release; the page makes them
absolute.

* From a module served under its own name a specifier leads to one address whoever imports it, so such
  entries stand in `imports`.
* Compiled modules all lie in one folder, whatever folder their sources are in, so the same address means
  different files for different importers: theirs stand in `scopes`, one for each module.

Keys hold a specifier's text as it was written, because the browser takes keys and specifiers through the
same URL parser. Addresses on the other side are percent-encoded, and every file has exactly one: two
spellings of a name must not load a module twice.

Style sheets, JSON, pictures and whatever else is no module are imported through a small module of our own.
"""

import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from urllib.parse import quote, unquote

import msgspec

from vibes_trio.content.as_module import wrap_asset
from vibes_trio.content.cid import to_utf8
from vibes_trio.content.graph import find_sources, reach
from vibes_trio.content.import_map import PREDEFINED
from vibes_trio.content.js_json import quote_json
from vibes_trio.content.specifiers import Kind, parse_specifier
from vibes_trio.content.vibes_modules import SERVER_FILES
from vibes_trio.exchange import Cid

TRANSFORMED = "/~~transformed~~/"
AS_MODULE = "/~~calculated~~/as-module"
ENDINGS = (".jsx", ".js", ".tsx", ".ts", ".mjs", ".mts", ".json", ".css")
# TypeScript's way: the name that the compiled file would have.
_COMPILED_FROM = {".js": (".ts", ".tsx", ".jsx"), ".jsx": (".tsx",), ".mjs": (".mts",)}

# What bundlers take for folders: to a browser they are names like those of packages.
FOLDERS = (".", "..")

_PATH_SAFE = "/~!$&'()*+,;=:@"
_SUFFIX = re.compile(r"[?#].*", re.DOTALL)


class AppModule(msgspec.Struct, frozen=True):
    """One file of an app, as far as imports go.

    Attributes:
        name: of the source, from `/`.
        cid: of the source.
        lang: None: no module.
        imports: static specifiers of a module, each once; dynamic: those of `import("…")`.
        has_default: whether it exports a default.
    """

    name: str
    cid: Cid
    lang: str | None = None
    imports: tuple[str, ...] = ()
    dynamic: tuple[str, ...] = ()
    has_default: bool = False

    @property
    def specifiers(self) -> tuple[str, ...]:
        """All that it imports, each once."""
        return tuple(dict.fromkeys((*self.imports, *self.dynamic)))

    @property
    def is_compiled(self) -> bool:
        """Whether it is served under another name than its own."""
        return self.lang not in (None, "js")


class Links(msgspec.Struct, frozen=True):
    """What `link_modules` finds.

    Attributes:
        served: for each file in order the name that the browser loads it by.
        imports, scopes: entries of the import map, `./` at their start meaning the root of the release.
        wrappers: served name → (name of the file it stands for, JavaScript text).
        roots: served names of the modules that the page mounts, in order.
        bare: specifiers that name no file of the app, in order, each once.
        targets: for each file the files that it imports, as indexes.
        warnings: for whoever deploys.
    """

    served: tuple[str, ...]
    imports: Mapping[str, str]
    scopes: Mapping[str, Mapping[str, str]]
    wrappers: Mapping[str, tuple[str, str]]
    roots: tuple[str, ...]
    bare: tuple[str, ...]
    targets: tuple[tuple[int, ...], ...]
    warnings: tuple[str, ...]


def is_local(specifier: str) -> bool:
    """Whether *specifier* names a file by its place, and no package has taken that name."""
    return specifier not in PREDEFINED and parse_specifier(specifier).kind in (Kind.RELATIVE, Kind.ABSOLUTE)


def link_modules(files: Sequence[AppModule]) -> Links:
    """Find which file each relative import means, and what the browser has to be told.

    Args:
        files: sorted by name. Of two with one name the first is meant.
    """
    by_name = {file.name: index for index, file in reversed(list(enumerate(files)))}
    folded = Folded(by_name)
    warnings: list[str] = []
    targets = [_targets(file, by_name, folded, warnings) for file in files]
    idle = _find_idle(files, targets)
    warnings += [f"{files[index].name}: {SERVER_FILES[files[index].name]}" for index in idle]
    served = _serve_names(files, targets)
    imports: dict[str, str] = {}
    scopes: dict[str, dict[str, str]] = {}
    wrappers: dict[str, tuple[str, str]] = {}
    for index, file in enumerate(files):
        for specifier, target in targets[index].items():
            loaded = served[target]
            if _needs_wrapper(files[target]):
                loaded = f"{AS_MODULE}{files[target].name}.js"
                wrappers[loaded] = (files[target].name, wrap_asset(files[target].name, _up_to_root(loaded)))
            key = _key(served[index], specifier)
            if key != address_of(loaded):
                is_shared = not file.is_compiled and specifier not in FOLDERS
                entries = imports if is_shared else scopes.setdefault(address_of(served[index]), {})
                entries[key] = address_of(loaded)
    return Links(
        served=tuple(served),
        imports=imports,
        scopes=scopes,
        wrappers=wrappers,
        roots=_roots(files, targets, served, idle),
        bare=_bare(files),
        targets=tuple(tuple(dict.fromkeys(meant.values())) for meant in targets),
        warnings=tuple(warnings),
    )


def _bare(files: Iterable[AppModule]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(s for file in files for s in file.specifiers if not is_local(s)))


def bare_of(files: Sequence[AppModule], links: Links, entries: Iterable[str]) -> tuple[str, ...]:
    """Return the specifiers that name no file, of *entries* (names of sources) and all modules that they lead to."""
    by_name = {file.name: index for index, file in reversed(list(enumerate(files)))}
    seen = reach((by_name[name] for name in entries if name in by_name), links.targets)
    bare = frozenset(links.bare)  # what each text is was found when they were linked: it costs a microsecond
    named = (text for index in sorted(seen) for text in files[index].specifiers)
    return tuple(dict.fromkeys(text for text in named if text in bare))


def address_of(served: str) -> str:
    """Return the one address of a served name, from the root of the release: `./`, percent-encoded."""
    return "." + quote(to_utf8(served), safe=_PATH_SAFE)


class Folded:
    """The names of files by their letters alone, large or small: as the disks of many people take them."""

    def __init__(self, names: Iterable[str]) -> None:
        self._names = names
        self._by_letters: dict[str, str] | None = None

    def find(self, candidates: Iterable[str]) -> str | None:
        """Return the first file that one of *candidates* names but for the size of its letters."""
        if self._by_letters is None:  # most apps never ask
            self._by_letters = {name.lower(): name for name in sorted(self._names, reverse=True)}
        return next((self._by_letters[c.lower()] for c in candidates if c.lower() in self._by_letters), None)


def tell_spelling(importer: str, specifier: str, name: str) -> str:
    """Return what is told of an import that names the file *name* in letters of another size."""
    return (
        f"{importer}: import {quote_json(specifier)}: the file is called {name.removeprefix('/')}: write it so, as most"
        " servers tell large letters from small ones."
    )


def _targets(
    file: AppModule, by_name: Mapping[str, int], folded: Folded, warnings: list[str]
) -> dict[str, int]:
    """Return for each local specifier of *file* the index of the file that it means, or add a warning."""
    targets: dict[str, int] = {}
    for specifier in filter(is_local, file.specifiers):
        found = next((name for name in file_candidates(file.name, specifier) if name in by_name), None)
        where = f"{file.name}: import {quote_json(specifier)}"
        if found is None:
            found = folded.find(file_candidates(file.name, specifier))
            if found is not None:
                warnings.append(tell_spelling(file.name, specifier, found))
        if found is None:
            warnings.append(f"{where}: this app has no such file.")
        elif _is_folder(specifier) and specifier not in FOLDERS:
            # In an import map an address that ends with "/" stands for all that lies below it.
            named = posixpath.join(_path(specifier), posixpath.basename(found))
            warnings.append(f"{where}: browsers can't load a folder; write {quote_json(named)}.")
        else:
            targets[specifier] = by_name[found]
    return targets


def file_candidates(importer: str, specifier: str) -> Iterator[str]:
    """Yield the names that *specifier* may mean, best first, as bundlers do.

    The very name, the source that compiles to it, the name with an ending, the index of that folder.
    """
    path = _path(specifier)
    for text in dict.fromkeys((path, unquote(path))):
        # Above the root there is nothing, so `..` stays there, as in a URL.
        place = posixpath.normpath(posixpath.join(posixpath.dirname(importer), text))
        if not _is_folder(specifier):
            yield place
            stem, ending = posixpath.splitext(place)
            yield from (stem + source for source in _COMPILED_FROM.get(ending, ()))
            yield from (place + ending for ending in ENDINGS)
        yield from (posixpath.join(place, "index" + ending) for ending in ENDINGS)


def _path(specifier: str) -> str:
    return _SUFFIX.sub("", specifier).replace("\\", "/")


def _is_folder(specifier: str) -> bool:
    return _path(specifier).rpartition("/")[2] in ("", *FOLDERS)


def _needs_wrapper(file: AppModule) -> bool:
    """Whether *file* can't be imported as it is; a script uploaded as an asset can."""
    return file.lang is None and not file.name.endswith((".js", ".mjs"))


def _serve_names(files: Sequence[AppModule], targets: Sequence[Mapping[str, int]]) -> list[str]:
    """Return the served names. Equal sources share one, unless their imports mean different files.

    A module for which the browser would make one address of two different files (far up, `../../x` and
    `../../../x` are the same) is served deep enough down to tell them apart.
    """
    taken: dict[str, Mapping[str, int]] = {}
    served = []
    for file, meant in zip(files, targets, strict=True):
        name = file.name
        if file.is_compiled:
            name = TRANSFORMED + file.cid
            twin = 1
            while _is_ambiguous(name, meant) or taken.setdefault(name, meant) != meant:
                twin += 1
                name = f"{TRANSFORMED}{file.cid}~{twin}{file.name}"
        served.append(name)
    return served


def _is_ambiguous(served: str, meant: Mapping[str, int]) -> bool:
    by_key: dict[str, int] = {}
    return any(by_key.setdefault(_key(served, text), target) != target for text, target in meant.items())


def _key(served: str, specifier: str) -> str:
    """Return the key by which a browser looks *specifier* up in the module served as *served*.

    Starts with `./` inside the release; outside of it, where enough `..` lead, with `/`.
    """
    if specifier in FOLDERS or specifier.startswith("/"):
        return specifier
    path = _path(specifier)
    segments = address_of(served).split("/")[1:-1]
    outside = False
    for part in path.split("/"):
        if part == "..":
            outside = outside or not segments
            segments = segments[:-1]
        elif part != ".":
            segments.append(part)
    return ("/" if outside else "./") + "/".join(segments) + specifier[len(path) :]


def _up_to_root(served: str) -> str:
    return "../" * (served.count("/") - 1)


def _find_idle(files: Sequence[AppModule], targets: Sequence[Mapping[str, int]]) -> list[int]:
    """Return the modules that are no part of the page: for the reference's servers, and imported by nothing."""
    imported = {target for meant in targets for target in meant.values()}
    return [
        i for i, file in enumerate(files) if file.lang and file.name in SERVER_FILES and i not in imported
    ]


def _roots(
    files: Sequence[AppModule],
    targets: Sequence[Mapping[str, int]],
    served: Sequence[str],
    idle: Sequence[int],
) -> tuple[str, ...]:
    """Return what the page mounts: modules with a default export that no other module of the app imports.

    Of modules that only import each other the first by name with a default export counts. Where nothing is
    to be mounted, what nothing imports still has to run.
    """
    modules = [index for index, file in enumerate(files) if file.lang is not None and index not in idle]
    sources = find_sources(modules, [list(meant.values()) for meant in targets])
    mounted = [next((i for i in circle if files[i].has_default), None) for circle in sources]
    roots = [i for i in mounted if i is not None] or [circle[0] for circle in sources]
    return tuple(dict.fromkeys(served[index] for index in sorted(roots)))
