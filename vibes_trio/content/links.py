"""How an app's own modules reach each other in the browser.

A compiled module is served as `/~~transformed~~/{cid of its source}`, a `js` module under its own name, both
untouched: `import "./Card"` stays as written. What the browser would then ask for is put right by the import map
that the deploy stores. Its addresses start with `./`, the root of the release; the page makes them absolute.

* From a module served under its own name a specifier leads to one address whoever imports it, so such
  entries stand in `imports`.
* Compiled modules all lie in one folder, whatever folder their sources are in, so the same address means
  different files for different importers: theirs stand in `scopes`, one for each module.

Style sheets, JSON, pictures and whatever else is no module are imported through a small module of our own.
"""

import posixpath
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from urllib.parse import quote

from vibes_trio.content.js_json import quote_json
from vibes_trio.exchange import Cid

TRANSFORMED = "/~~transformed~~/"
AS_MODULE = "/~~calculated~~/as-module"
ENDINGS = ("", ".jsx", ".js", ".tsx", ".ts", ".mjs", ".json", ".css")

# Stands for `/~{fsId}~`, which is one path segment: `..` can leave the release, and then the map has to say so.
_RELEASE = "/~release~"
_PATH_SAFE = "/~!$&'()*+,;=:@"


@dataclass(frozen=True, slots=True)
class AppModule:
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


@dataclass(frozen=True, slots=True)
class Links:
    """What `link_modules` finds.

    Attributes:
        served: for each file in order the name that the browser loads it by.
        imports, scopes: entries of the import map, `./` at their start meaning the root of the release.
        wrappers: served name → (name of the file it stands for, JavaScript text).
        roots: served names of the modules that the page mounts, in order.
        bare: specifiers that name no file of the app, in order, each once.
        warnings: for whoever deploys.
    """

    served: tuple[str, ...]
    imports: Mapping[str, str]
    scopes: Mapping[str, Mapping[str, str]]
    wrappers: Mapping[str, tuple[str, str]]
    roots: tuple[str, ...]
    bare: tuple[str, ...]
    warnings: tuple[str, ...]


def is_relative(specifier: str) -> bool:
    """Whether *specifier* names a file by its place."""
    return specifier in (".", "..") or specifier.startswith(("./", "../", "/"))


def link_modules(files: Sequence[AppModule]) -> Links:
    """Find which file each relative import means, and what the browser has to be told.

    Args:
        files: sorted by name. Of two with one name the first is meant.
    """
    by_name = {file.name: index for index, file in reversed(list(enumerate(files)))}
    targets = [_targets(file, by_name) for file in files]
    served = _serve_names(files, targets)
    imports: dict[str, str] = {}
    scopes: dict[str, dict[str, str]] = {}
    wrappers: dict[str, tuple[str, str]] = {}
    warnings: list[str] = []
    for index, file in enumerate(files):
        for specifier, target in targets[index].items():
            if target is None:
                warnings.append(f"{file.name}: {specifier!r} is no file of this app; that import will fail.")
                continue
            address = served[target]
            if files[target].lang is None:
                address = f"{AS_MODULE}{files[target].name}.js"
                wrappers[address] = (files[target].name, _wrapper(files[target].name))
            asked = _browser_address(served[index], specifier)
            if asked != _in_release(address):
                entries = imports if file.lang == "js" else scopes.setdefault(_dotted(served[index]), {})
                entries[_key(asked)] = _dotted(address)
    return Links(
        served=tuple(served),
        imports=MappingProxyType(imports),
        scopes=MappingProxyType(scopes),
        wrappers=MappingProxyType(wrappers),
        roots=_roots(files, targets, served),
        bare=tuple(dict.fromkeys(s for f in files for s in (*f.imports, *f.dynamic) if not is_relative(s))),
        warnings=tuple(warnings),
    )


def _targets(file: AppModule, by_name: Mapping[str, int]) -> dict[str, int | None]:
    """Return for each relative specifier of *file* the index of the file that it means, or None."""
    return {
        specifier: _find(posixpath.dirname(file.name), specifier, by_name)
        for specifier in (*file.imports, *file.dynamic)
        if is_relative(specifier)
    }


def _find(folder: str, specifier: str, by_name: Mapping[str, int]) -> int | None:
    """Resolve as bundlers do: the very name, with an ending, or the index of a folder of that name."""
    path = posixpath.normpath(posixpath.join(folder, specifier.partition("?")[0]))
    names: Iterable[str] = [path + ending for ending in ENDINGS]
    names = [*names, *(posixpath.join(path, "index" + ending) for ending in ENDINGS[1:])]
    return next((by_name[name] for name in names if name in by_name), None)


def _serve_names(files: Sequence[AppModule], targets: Sequence[Mapping[str, int | None]]) -> list[str]:
    """Return the served names. Equal sources share one, unless their imports mean different files."""
    taken: dict[str, Mapping[str, int | None]] = {}
    served = []
    for file, meant in zip(files, targets, strict=True):
        name = file.name
        if file.lang not in (None, "js"):
            name = TRANSFORMED + file.cid
            twin = 1
            while taken.setdefault(name, meant) != meant:
                twin += 1
                name = f"{TRANSFORMED}{file.cid}~{twin}"
        served.append(name)
    return served


def _roots(
    files: Sequence[AppModule], targets: Sequence[Mapping[str, int | None]], served: Sequence[str]
) -> tuple[str, ...]:
    """Return what the page mounts: modules with a default export that no other module of the app imports.

    Where all such modules import each other in a circle, the first by name counts.
    """
    imported = {
        target
        for index, meant in enumerate(targets)
        for target in meant.values()
        if target is not None and target != index
    }
    defaults = [index for index, file in enumerate(files) if file.has_default]
    roots = [index for index in defaults if index not in imported] or defaults[:1]
    if not defaults:  # nothing to mount: what nothing imports still has to run
        roots = [index for index, file in enumerate(files) if file.lang is not None and index not in imported]
    return tuple(dict.fromkeys(served[index] for index in roots))


def _browser_address(served: str, specifier: str) -> str:
    """Return the path that a browser makes of *specifier* in the module served as *served*."""
    if specifier.startswith("/"):
        return specifier
    segments = _in_release(served).split("/")[:-1]
    path, mark, query = specifier.partition("?")
    parts = path.split("/")
    for part in parts:
        if part == "..":
            segments = segments[:-1] if len(segments) > 1 else segments
        elif part != ".":
            segments.append(part)
    if parts[-1] in (".", ".."):
        segments.append("")
    return "/".join(segments) + mark + query


def _in_release(name: str) -> str:
    return _RELEASE + name


def _key(asked: str) -> str:
    """Return the map's key for an address that a browser asks for."""
    inside = asked.removeprefix(_RELEASE)
    return _encoded(asked) if inside == asked else _dotted(inside)


def _dotted(name: str) -> str:
    return "." + _encoded(name)


def _encoded(name: str) -> str:
    """Percent-encode as browsers do, so that keys are what they look up; what is encoded stays."""
    return quote(name, safe=_PATH_SAFE + "%?")


def _wrapper(name: str) -> str:
    """Return the module by which *name*, no module itself, is imported."""
    depth = (AS_MODULE + name).count("/") - 1
    address = quote_json("../" * depth + quote(name[1:], safe=_PATH_SAFE))
    url = f"const url = new URL({address}, import.meta.url).href;\n"
    if name.endswith(".json"):
        return f"{url}export default await (await fetch(url)).json();\n"
    if name.endswith(".css"):
        return (
            f'{url}if (!document.querySelector(`link[href="${{CSS.escape(url)}}"]`)) await new Promise((done) => {{\n'
            '  const link = document.createElement("link");\n'
            '  Object.assign(link, { rel: "stylesheet", href: url, onload: done, onerror: done });\n'
            "  document.head.append(link);\n"
            "});\n"
            "export default url;\n"
        )
    return f"{url}export default url;\n"
