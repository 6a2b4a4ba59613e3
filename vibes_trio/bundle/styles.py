"""The style sheets of an app: which of them its modules import, and what esbuild makes of each.

Each becomes one text with all that it imports, class names made unique where it is a CSS module, and addresses of files
left as places (`stubs.file_in_css`). What it imports of packages is imported by its module instead.
"""

import json
import posixpath
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from vibes_trio.bundle import stubs
from vibes_trio.bundle.material import SourceFile, Style
from vibes_trio.bundle.places import Places
from vibes_trio.bundle.problem_words import in_words
from vibes_trio.bundle.rewrite import FILE
from vibes_trio.bundle.sass import MadeOfSass
from vibes_trio.bundle.tailwind import (
    as_of_today,
    brings_tailwind,
    is_of_tailwind,
    is_tailwind_import,
    joined_for,
    uses_tailwind,
)
from vibes_trio.bundle.tailwind_config import TailwindConfig
from vibes_trio.compilers.bundles import Asked, Bundle, Found, Loaded, Problem
from vibes_trio.content.file_roles import PREPROCESSED
from vibes_trio.content.hosted_at_run import hosted_path
from vibes_trio.content.own_page import TAILWIND_TYPE
from vibes_trio.content.specifiers import Kind, parse_specifier

FLAGS = (
    "--format=esm",
    "--target=esnext",
    "--charset=utf8",
    "--tsconfig-raw={}",
    "--log-level=silent",
    "--log-limit=0",
    "--legal-comments=none",
    "--entry-names=[name]",
)
_STATEMENT = re.compile(
    rb"@(?:import|tailwind|plugin|config|source|custom-variant)\b(?:[^;{}\"'(]|\"[^\"\n]*\"|'[^'\n]*'|\([^()]*(?:\([^()]*\)[^()]*)*\))*+;"
)
_HEAD = re.compile(rb"(?:\s++|/\*(?:[^*]|\*(?!/))*+\*/|" + _STATEMENT.pattern + rb")*+")
_NAMES = "names:"
_PACKAGE = "vibes-css:"
_PACKAGE_IMPORT = re.compile(rf'^@import "{_PACKAGE}([^"]+)"[^;]*;\n', re.MULTILINE)
# As esbuild prints the names of a CSS module: `  card: "Card_card",`, and `  Card_default as default`.
_CLASS = re.compile(r'^  (?:"((?:[^"\\\n]|\\.)+)"|([\w$-]+)): "[^"\n]*",?$', re.MULTILINE)
_DEFAULT = re.compile(r"^  ([\w$]+) as default,?$", re.MULTILINE)
_SUFFIX = re.compile(r"[?#].*", re.DOTALL)
_EXPORT = re.compile(rb":export\s*+\{([^{}]*+)\}")


def is_module(name: str) -> bool:
    """Whether the class names of the style sheet *name* are its own."""
    return posixpath.splitext(name)[0].endswith(".module")


@dataclass(slots=True)
class StyleMaterial:
    """The style sheets of an app as esbuild gets them. It notes *missing*: (importer, address); and *exported*: what a
    sheet exports by `:export`, name → value.

    Attributes:
        made: sheets that are written in another language, as CSS.
        packages: those that the app's `package.json` names.
    """

    files: Mapping[str, SourceFile]
    places: Places
    made: Mapping[str, bytes] = field(default_factory=dict)
    packages: frozenset[str] = frozenset()
    exported: dict[str, dict[str, str]] = field(default_factory=dict)
    missing: dict[tuple[str, str], None] = field(default_factory=dict)

    def find(self, asked: Asked) -> Found:
        """See `compilers.bundles.Material`."""
        path = asked.path
        if asked.kind == "entry-point":
            if path.startswith(_NAMES):
                return Found(path.removeprefix(_NAMES), "names")
            return Found(path, "app")
        if asked.kind == "url-token":
            return self._address(asked)
        if path.startswith(FILE) and path.removeprefix(FILE) in self.files:
            return Found(path.removeprefix(FILE), "app")
        return self._import(asked)

    def load(self, namespace: str, path: str) -> Loaded:
        """See `compilers.bundles.Material`."""
        if namespace == "names":
            return Loaded(f'export {{ default }} from "{FILE}{path}";\n'.encode(), "js")
        if namespace == "lost":
            return Loaded(b"", "css")
        ending = posixpath.splitext(path)[1]
        if ending in PREPROCESSED and path not in self.made:
            return Loaded(
                error=f"{PREPROCESSED[ending]} isn't compiled here; write it as CSS, which can nest"
            )
        css = imports_first(self.made.get(path, self.files[path].content))
        if is_module(path):
            return Loaded(self._take_exports(path, css), "local-css")
        return Loaded(css, "css")

    def _take_exports(self, name: str, css: bytes) -> bytes:
        """Return *css* without what it exports to scripts, which esbuild does not know."""
        for block in _EXPORT.findall(css):
            pairs = (
                pair.partition(":") for pair in block.decode("utf-8", "replace").split(";") if ":" in pair
            )
            told = {key.strip(): value.strip() for key, _, value in pairs}
            self.exported.setdefault(name, {}).update(told)
        return _EXPORT.sub(b"", css)

    def _import(self, asked: Asked) -> Found:
        path = asked.path.removeprefix("~")
        if is_tailwind_import(path):
            return Found(asked.path, external=True)
        name = self._own(asked.importer, path)
        if name is not None:
            return Found(name, "app")
        kind = parse_specifier(path).kind
        if kind is Kind.PACKAGE and asked.kind == "import-rule":
            return Found(_PACKAGE + path, external=True)
        if kind is Kind.URL:
            own = hosted_path(path) if asked.kind == "import-rule" else ""
            return Found(stubs.file_in_css(own) if own else path, external=True)
        self.missing[asked.importer, asked.path] = None
        return Found(path, "lost")

    def _address(self, asked: Asked) -> Found:
        path = asked.path
        if path.startswith("#") or parse_specifier(path).kind is Kind.URL:
            return Found(path, external=True)
        plain = _SUFFIX.sub("", path)
        bare = plain.removeprefix("~")
        name = self._own(asked.importer, bare)
        if name is None and self._is_of_package(plain):
            return Found(stubs.package_file_in_css(bare) + path[len(plain) :], external=True)
        if name is None:
            self.missing[asked.importer, path] = None
            if path.startswith("/"):
                return Found(path, external=True)
            name = posixpath.normpath(posixpath.join(posixpath.dirname(asked.importer), plain))
        return Found(stubs.file_in_css(name) + path[len(plain) :], external=True)

    def _is_of_package(self, path: str) -> bool:
        """Whether an address is that of a file of a package: by its form, or as the app wants that package."""
        parsed = parse_specifier(path.removeprefix("~"))
        is_named = path.startswith(("~", "@")) or parsed.package in self.packages
        return parsed.kind is Kind.PACKAGE and bool(parsed.subpath) and is_named

    def _own(self, importer: str, path: str) -> str | None:
        """Return the file that an address in a style sheet means: beside it even without `./`, or by an alias."""
        beside = None if path.startswith((".", "/")) else self.places.find(importer, "./" + path)
        return beside or self.places.find(importer, path)


def imports_first(css: bytes) -> bytes:
    """Return *css* with its imports before directives for Tailwind, behind which they would not count.

    The tools of both versions take them all the same, and people write them in any order.
    """
    head = _HEAD.match(css)
    if head is None or b"@import" not in head[0]:
        return css
    statements = _STATEMENT.findall(head[0])
    ordered = sorted(statements, key=lambda text: not text.startswith(b"@import"))  # stable
    return css if ordered == statements else b"\n".join(ordered) + css[head.end() :]


def style_entries(names: Sequence[str]) -> list[tuple[str, str]]:
    """Return what to build for the style sheets *names*, see `Compiler.bundle`."""
    return [(f"s{number}", _NAMES + name if is_module(name) else name) for number, name in enumerate(names)]


def failed_style(name: str, sass: MadeOfSass) -> Style | None:
    """Return the style sheet *name* if it can't be had because of what it is written in, or how."""
    language = PREPROCESSED.get(posixpath.splitext(name)[1])
    if language is None or name in sass.css:
        return None
    plain = f"{name}: {language} is not compiled here: write it as CSS, which can nest by now."
    return Style("", error=sass.errors.get(name, plain))


def read_styles(
    names: Sequence[str], bundle: Bundle, exported: Mapping[str, Mapping[str, str]]
) -> dict[str, Style]:
    """Return what came of the style sheets *names*. If one fails, all have its error: they are built together.

    Args:
        exported: see `StyleMaterial`.
    """
    if bundle.errors:
        return {name: Style("", error=told(bundle.errors[0])) for name in names}
    return {
        name: _read_style(f"s{number}", bundle, exported.get(name, {})) for number, name in enumerate(names)
    }


def _read_style(made: str, bundle: Bundle, exported: Mapping[str, str]) -> Style:
    css = bundle.files.get(f"{made}.css", b"").decode()
    packages = dict.fromkeys(_PACKAGE_IMPORT.findall(css))
    css = _PACKAGE_IMPORT.sub("", css)
    joined = tuple(filter(None, map(joined_for, packages)))
    return Style(
        css,
        kind=TAILWIND_TYPE if joined or uses_tailwind(css) else "",
        packages=tuple(p for p in packages if not (is_of_tailwind(p) or joined_for(p))),
        joined=joined,
        names=_with_names(bundle.files.get(f"{made}.js", b"").decode(), exported),
        unread=tuple(package for package in packages if is_of_tailwind(package)),
    )


def _with_names(script: str, exported: Mapping[str, str]) -> str:
    """Return the module that esbuild makes of class names, which exports them in one object, with each by its name; and
    with what the sheet has *exported* beside them."""
    default = _DEFAULT.search(script)
    if default is None:
        return script
    lines = [script]
    if exported:
        lines.append(f"Object.assign({default[1]}, {json.dumps(exported)});\n")
    names = dict.fromkeys([*(quoted or plain for quoted, plain in _CLASS.findall(script)), *exported])
    for number, name in enumerate(name for name in names if name != "default"):
        lines.append(f"const vibes_{number} = {default[1]}[{json.dumps(name)}];\n")
        lines.append(f"export {{ vibes_{number} as {json.dumps(name)} }};\n")
    return "".join(lines)


def finish_styles(styles: Mapping[str, Style], config: TailwindConfig | None) -> dict[str, Style]:
    """Return *styles* as modules take them, those for Tailwind in the words of the one that is on the page.

    Takes time that grows with them: for a thread.
    """
    bring = not any(style.kind and brings_tailwind(style.css) for style in styles.values())
    found = {
        name: _for_tailwind(style, config, bring) if style.kind else style for name, style in styles.items()
    }
    return {name: _with_code(style) for name, style in found.items()}


def _with_code(style: Style) -> Style:
    code, packaged = stubs.css_text(style.css)
    return replace(style, code=code, packaged=packaged)


def _for_tailwind(style: Style, config: TailwindConfig | None, bring: bool) -> Style:
    sheet = as_of_today(style.css, config, bring=bring)
    sheets = {plugin: joined_for(plugin) for plugin in sheet.unread}
    return replace(
        style,
        css=sheet.css,
        joined=tuple(dict.fromkeys((*style.joined, *filter(None, sheets.values())))),
        unread=style.unread + tuple(plugin for plugin, other in sheets.items() if not other),
    )


def told(problem: Problem) -> str:
    """Return what the service says of a file of the app, with the place in front."""
    name = problem.file.partition(":")[2].partition("?")[0]
    place = f"{name}:{problem.line}: " if name and problem.line else f"{name}: " if name else ""
    return place + in_words(problem.text)
