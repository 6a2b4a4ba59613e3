"""What a project's files and its tools' settings say of it: where it lies, what imports stand for, whether it is made
with Tailwind."""

import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice

from vibes_trio.content.file_roles import is_apart, is_server, stem_of
from vibes_trio.content.import_map import PREDEFINED
from vibes_trio.content.project import ProjectFile
from vibes_trio.content.quick_patterns import Signed
from vibes_trio.content.tool_settings import (
    OLD_CLASSES,
    Alias,
    PackageJson,
    read_base_url,
    read_class_settings,
    read_typescript_aliases,
    read_vite_aliases,
)
from vibes_trio.content.workspaces import Member, member_aliases

_MAX_DEPTH = 3
_MAX_MAPPED = 500
_NEXT = "/next.config."
_NOT_HOMES = frozenset(("public", "dist", "build", "templates", "node_modules"))
# What the app is called in a workspace that has pages of other kinds: documentation, parts shown one by one.
_APPS = frozenset(("web", "app", "client", "frontend", "website", "site", "www"))
_SETTINGS = ("tsconfig.json", "tsconfig.app.json", "jsconfig.json")
_TAILWIND_CSS = re.compile(rb"""@tailwind\b|@import\s++(?:url\()?["']tailwindcss\b""")
_TAILWIND_CLASS = Signed(
    (b"bg-", b"text-", b"border-", b"from-", b"to-", b"min-h-screen", b"space-", b"grid-cols-"),
    re.compile(
        # Letters first, and what must not stand before them after: see `quick_patterns`.
        rb"(?:(?:bg(?<![\w-]bg)|text(?<![\w-]text)|border(?<![\w-]border)|from(?<![\w-]from)|to(?<![\w-]to))-[a-z]{3,10}-\d{2,3}"
        rb"|min(?<![\w-]min)-h-screen|space(?<![\w-]space)-[xy]-\d|grid(?<![\w-]grid)-cols-\d)(?![\w-])"
    ),
)


# Lit's own on a field that is no accessor: what its documentation has people write, with settings for it.
_OLD_DECORATORS = Signed(
    (b"lit/decorators",),
    re.compile(
        rb"@(?:property|state|query)\([^()]*+\)\s*+(?!(?:[\w$]++\s++){0,3}(?:accessor|set|get)\b)(?:[\w$]++\s++){0,3}?[\w$]++\s*+[!?]?[:=;]"
    ),
)


def find_homes(names: frozenset[str], flagged: str = "") -> tuple[str, ...]:
    """Return the folders, without a slash at their ends, of which each may be the project: the app's root, or what has
    a page further down, also beside a `package.json` for all; of several that of the page *flagged*, or what is named
    as the app is in a workspace. Without a page it is the one that has a `package.json`.
    """
    if any(name.startswith(("/src/", "/app/", "/pages/")) or _is_of_top(name) for name in names):
        return ("",)
    depth = _MAX_DEPTH + (len({name.split("/", 2)[1] for name in names}) == 1)  # as archives are unpacked
    ends = [name for name in names if name.endswith(("/index.html", "/package.json")) or _NEXT in name]
    homes = {posixpath.dirname(name) for name in ends if 2 <= name.count("/") <= depth}
    homes = {home for home in homes if _NOT_HOMES.isdisjoint(home.split("/"))}
    pages = {f"{home}/index.html": home for home in homes} | {
        f"{home}/public/index.html": home for home in homes
    }
    shown = {pages[name] for name in ends if name in pages} | {
        posixpath.dirname(name) for name in ends if _NEXT in name
    }
    shown &= homes
    found = {home for home in shown if flagged.startswith(f"{home}/")} or {
        home for home in shown if posixpath.basename(home) in _APPS
    }
    if len(shown) > 1 and len(found) == 1:
        shown = found
    if not shown and ("/package.json" in names or len(homes) != 1):
        return ("",)
    return tuple(sorted(shown or homes))


def _is_of_top(name: str) -> bool:
    """Whether a file in the top folder says that the app's own project lies there."""
    if name.count("/") != 1 or is_apart(name) or is_server(name):
        return False
    return is_html(name) or name.endswith((".jsx", ".tsx", ".js", ".ts"))


def is_html(name: str) -> bool:
    """Whether *name* is that of a page of HTML."""
    return name.lower().endswith((".html", ".htm"))


def find_aliases(
    files: Mapping[str, ProjectFile], root: str, members: Mapping[str, Member]
) -> Iterator[Alias]:
    """Yield what imports stand for: what the tools' settings say, packages that lie beside, then what everybody takes
    `@/` for."""
    found: dict[str, Alias] = {}
    for name in _SETTINGS:
        file = files.get(f"{root}/{name}")
        if file is not None:
            for alias in (*read_typescript_aliases(file.name, file.content), *_based(files, file)):
                found.setdefault(alias.prefix, alias)
    for file in files.values():
        if file.name.startswith((f"{root}/vite.config.", f"{root}/craco.config.")):
            for alias in read_vite_aliases(file.name, file.content):
                found.setdefault(alias.prefix, alias)
    for alias in member_aliases(members):
        found.setdefault(alias.prefix, alias)
    source = f"{root}/src/"
    home = source if any(name.startswith(source) for name in files) else f"{root}/"
    for prefix in ("@/", "~/"):
        found.setdefault(prefix, Alias(prefix, tuple(dict.fromkeys((home, f"{root}/")))))
    yield from found.values()


def map_aliases(imports: Mapping[str, str], folder: str, roots: Sequence[str]) -> Iterator[Alias]:
    """Yield what names in a page's own import map stand for, of those that lead into the app: so each of its files is
    in the page once, by whatever name. Args: *folder*, *roots*: as for `own_page.resolver`.
    """
    for key, value in islice(imports.items(), _MAX_MAPPED):
        is_path = value.startswith(("/", "./", "../")) and not value.startswith("//")
        ends = key.endswith("/")
        if not is_path or ends != value.endswith("/") or key in PREDEFINED or key.startswith(("/", ".")):
            continue
        starts = roots if value.startswith("/") else (folder,)
        places = (posixpath.normpath(f"{start}/{value.lstrip('/')}") for start in starts)
        targets = dict.fromkeys(place.rstrip("/") + "/" if ends else place for place in places)
        yield Alias(key, tuple(targets), exact=not ends)


def _based(files: Mapping[str, ProjectFile], file: ProjectFile) -> Iterator[Alias]:
    """Yield an alias for each folder and module in the folder that `baseUrl` lets imports start from."""
    base = read_base_url(file.name, file.content)
    if base is None:
        return
    start = base.rstrip("/") + "/"
    for name in files:
        first, slash, _ = name.removeprefix(start).partition("/")
        if name.startswith(start) and slash:
            yield Alias(f"{first}/", (f"{start}{first}/",))
        elif name.startswith(start) and files[name].lang is not None and not is_apart(name):
            yield Alias(stem_of(name), (name,), exact=True)


def find_class_settings(files: Mapping[str, ProjectFile], root: str) -> str:
    """Return what the settings of a project say of TypeScript's classes, see `read_class_settings`; empty: nothing."""
    there = [file for name in _SETTINGS if (file := files.get(f"{root}/{name}")) is not None]
    if not there and any(_OLD_DECORATORS.is_in(file.content) for file in files.values() if file.lang == "ts"):
        return OLD_CLASSES
    return next(filter(None, (read_class_settings(file.content) for file in there)), "")


def is_made_with_tailwind(files: Mapping[str, ProjectFile], root: str, package: PackageJson) -> bool:
    """Whether the project's tools or style sheets say that it is made with Tailwind."""
    if package.names("tailwindcss") or package.names("@tailwindcss/vite"):
        return True
    if any(name.startswith(f"{root}/tailwind.config.") for name in files):
        return True
    styles = (file.content for file in files.values() if file.name.endswith(".css"))
    return any(_TAILWIND_CSS.search(text) for text in styles)


def has_tailwind_classes(modules: Iterable[ProjectFile]) -> bool:
    """Whether *modules* name classes that nothing but Tailwind has."""
    return any(_TAILWIND_CLASS.is_in(module.content) for module in modules)


def decode_text(content: bytes) -> str:
    """Return a text as browsers read it: by its byte order mark, else as UTF-8."""
    for mark, encoding in ((b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be")):
        if content.startswith(mark):
            return content[2:].decode(encoding, "replace")
    return content.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "replace")
