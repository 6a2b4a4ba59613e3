"""What the settings of an app's tools say: how imports are shortened, which packages it wants.

The files are data: nothing of them runs. What is not in the plain forms that people and generators write is left.
"""

import json
import posixpath
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import msgspec

MAX_SETTINGS_BYTES = 64 * 1024

_STRING = r'"(?:[^"\\]++|\\.)*+"'
_COMMENT = re.compile(rf"{_STRING}|//[^\n]*+|/\*(?:[^*]++|\*(?!/))*+\*/", re.DOTALL)
_LAST_COMMA = re.compile(rf"{_STRING}|,(?=\s*+[}}\]])", re.DOTALL)
_QUOTED = r"""["'`]([^"'`\n]{1,200})["'`]"""
# `path.resolve(__dirname, "./src")`, `fileURLToPath(new URL("./src", import.meta.url))`, `"/src"`.
_HERE = r"(?:__dirname|import\.meta\.dirname|process\.cwd\(\))"
_TARGET = rf"""(?:(?:path\.)?(?:resolve|join)\(\s*+{_HERE}\s*+,\s*+{_QUOTED}\s*+,?\s*+\)
|(?:fileURLToPath\(\s*+)?new\s++URL\(\s*+{_QUOTED}\s*+,\s*+import\.meta\.url\s*+\)(?:\s*+\)|\.pathname)?
|{_QUOTED})"""
_PAIR = re.compile(rf"""(?:["']([^"'\n]{{1,100}})["']|([\w$]{{1,100}}))\s*+:\s*+{_TARGET}""", re.VERBOSE)
_FIND = re.compile(rf"""find:\s*+["']([^"'\n]{{1,100}})["']\s*+,\s*+replacement:\s*+{_TARGET}""", re.VERBOSE)
_ALIAS = re.compile(r"\balias\s*+:\s*+([{\[])")
_PACKAGE = re.compile(r"[@\w./-]{1,100}")
# Targets in which a field of a class is assigned, unless the settings say otherwise.
_BEFORE_FIELDS = re.compile(r"es(?:3|5|6|20(?:1\d|2[01]))")
_MAX_ALIAS_CHARS = 8 * 1024
_AHEAD = re.compile(
    r"""["']?\b(?P<syntax>s[ac]ss)["']?\s*+:\s*+\{[^{}]{0,400}?\badditionalData\s*+:\s*+
(?P<text>"(?:[^"\\\n]|\\.)*+"|'(?:[^'\\\n]|\\.)*+'|`(?:[^`\\]|\\.)*+`)""",
    re.VERBOSE | re.DOTALL,
)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)


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


class _CompilerOptions(msgspec.Struct, rename="camel"):
    base_url: str | None = None
    paths: dict[str, list[str]] = {}
    jsx_import_source: str = ""
    target: str = ""
    experimental_decorators: bool = False
    use_define_for_class_fields: bool | None = None


OLD_CLASSES = '{"compilerOptions": {"experimentalDecorators": true, "useDefineForClassFields": false}}'
"""What decorators and classes mean in TypeScript of before, see `read_class_settings`."""


class _TypeScript(msgspec.Struct, rename="camel"):
    compiler_options: _CompilerOptions = msgspec.field(default_factory=_CompilerOptions)


class PackageJson(msgspec.Struct, rename="camel"):
    """The part of a `package.json` that says what an app is made with."""

    dependencies: dict[str, str] = {}
    dev_dependencies: dict[str, str] = {}

    def names(self, package: str) -> bool:
        """Whether *package* is wanted, to run or to build."""
        return package in self.dependencies or package in self.dev_dependencies

    def beside(self, other: "PackageJson") -> "PackageJson":
        """Return what this one says, and where it is silent *other*."""
        return PackageJson(
            other.dependencies | self.dependencies, other.dev_dependencies | self.dev_dependencies
        )


def read_package_json(content: bytes | None) -> PackageJson:
    """Return what a `package.json` says; one that is none, or too long, says nothing."""
    if content is None or len(content) > MAX_SETTINGS_BYTES:
        return PackageJson()
    try:
        return msgspec.json.decode(content.removeprefix(b"\xef\xbb\xbf"), type=PackageJson)
    except (msgspec.DecodeError, RecursionError):
        return PackageJson()


def read_typescript_aliases(name: str, content: bytes) -> Iterator[Alias]:
    """Yield the `paths` of a `tsconfig.json` or `jsconfig.json` called *name*."""
    options = _read_typescript(content)
    base = posixpath.normpath(posixpath.join(posixpath.dirname(name), options.base_url or "."))
    for pattern, targets in options.paths.items():
        places = tuple(
            place
            for target in targets
            if (place := _inside(base, target.removesuffix("*"), keep=target.endswith("*")))
        )
        if places:
            yield Alias(pattern.removesuffix("*"), places, exact=not pattern.endswith("*"))


def read_base_url(name: str, content: bytes) -> str | None:
    """Return the folder that a `tsconfig.json` lets imports start from, without a slash at its end; None: none."""
    base = _read_typescript(content).base_url
    return None if base is None else _inside(posixpath.dirname(name), base, keep=False)


def read_jsx_source(content: bytes) -> str:
    """Return the package whose JSX a `tsconfig.json` says that an app is written in; empty: it does not say."""
    source = _read_typescript(content).jsx_import_source
    return source if _PACKAGE.fullmatch(source) else ""


def read_class_settings(content: bytes) -> str:
    """Return the part of a `tsconfig.json` that decides what TypeScript's classes and decorators mean, as JSON text
    for esbuild; empty: what they mean anyway."""
    options = _read_typescript(content)
    told: dict[str, object] = {"experimentalDecorators": True} if options.experimental_decorators else {}
    is_assigned = options.use_define_for_class_fields is False or (
        options.use_define_for_class_fields is None and _BEFORE_FIELDS.fullmatch(options.target.lower())
    )
    if is_assigned:
        told["useDefineForClassFields"] = False
    return json.dumps({"compilerOptions": told}) if told else ""


def _read_typescript(content: bytes) -> _CompilerOptions:
    if len(content) > MAX_SETTINGS_BYTES:
        return _CompilerOptions()
    text = content.decode("utf-8", "replace").removeprefix("\ufeff")
    plain = _without(_LAST_COMMA, _without(_COMMENT, text))
    try:
        return msgspec.json.decode(plain, type=_TypeScript).compiler_options
    except (msgspec.DecodeError, RecursionError):
        return _CompilerOptions()


def _without(pattern: re.Pattern[str], text: str) -> str:
    """Return *text* without what *pattern* finds outside of strings."""
    return pattern.sub(lambda found: found[0] if found[0].startswith('"') else "", text)


def read_vite_aliases(name: str, content: bytes) -> Iterator[Alias]:
    """Yield the aliases of a Vite configuration called *name* (or one like it), where they stand in plain forms."""
    text = content[:MAX_SETTINGS_BYTES].decode("utf-8", "replace")
    found = _ALIAS.search(text)
    if found is None:
        return
    part = text[found.end() : found.end() + _MAX_ALIAS_CHARS]
    part = part[: part.find("}" if found[1] == "{" else "]") + 1 or None]
    pattern = _PAIR if found[1] == "{" else _FIND
    folder = posixpath.dirname(name)
    for pair in pattern.finditer(part):
        *keys, resolved, address, plain = pair.groups()
        key = next(key for key in keys if key)
        target = _inside(
            folder, resolved or address or (plain or "").removeprefix("/"), keep=key.endswith("/")
        )
        if plain is not None and not plain.startswith(("/", ".")):
            continue  # another package's name
        if target:
            yield from _with_folder(key, target)


def _with_folder(key: str, target: str) -> Sequence[Alias]:
    """Return what *key* stands for alone and before a path, as in Vite: `@` → `@` and `@/…`."""
    if key.endswith("/"):
        return (Alias(key, (target,)),)
    return (Alias(f"{key}/", (f"{target.rstrip('/')}/",)), Alias(key, (target,), exact=True))


def _inside(base: str, path: str, *, keep: bool) -> str:
    """Return *path* from *base*, from `/`; empty: it leads out of the app. *keep*: with a slash at its end."""
    place = posixpath.normpath(posixpath.join(base.strip("/"), path.removeprefix("/")))
    if place == ".." or place.startswith("../"):
        return ""
    return "/" + place.removeprefix(".") + ("/" if keep and place != "." else "")


def read_sass_ahead(content: bytes) -> dict[str, bytes]:
    """Return what a Vite configuration puts in front of each sheet of Sass, by syntax (`scss`, `indented`), where it
    stands there as plain text."""
    text = content[:MAX_SETTINGS_BYTES].decode("utf-8", "replace")
    ahead: dict[str, bytes] = {}
    for found in _AHEAD.finditer(text):
        quoted = found["text"]
        if quoted[0] != "`" or "${" not in quoted:
            plain = _ESCAPE.sub(lambda part: "\n" if part[1] == "n" else part[1], quoted[1:-1])
            ahead.setdefault("scss" if found["syntax"] == "scss" else "indented", plain.encode())
    return ahead
