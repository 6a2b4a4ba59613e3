"""The page of an app that brings its own HTML: what it loads, and the text with places left for what we add.

Head and body stay as written. Taken out are module scripts that have to be compiled (they are loaded as the release has
them), the app's import map (the page has one, which takes its entries in), a policy in a `meta` element, a `base` that
would lead out of the release, and hints to connect to other hosts. Addresses of the app's files lead into the release,
whatever address the page is shown at; those of other hosts are left as places, so that this server can answer them
where it has the same; scripts that it does the work of (Tailwind's, Babel's) are left out.
"""

import html
import posixpath
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import quote, unquote

import msgspec

from vibes_trio.content.cid import to_utf8
from vibes_trio.content.font_addresses import with_own_address
from vibes_trio.content.html_scan import Element, Span, scan_html

CONTAINERS = ("root", "app")
"""Ids that apps mount into by habit."""

TAILWIND_TYPE = "text/tailwindcss"
_CLASSIC = ("", "text/javascript", "application/javascript", "text/ecmascript", "application/ecmascript")
_BABEL = ("text/babel", "text/jsx", "text/tsx", "text/typescript", "text/ts")
_COMPILED = (".jsx", ".ts", ".tsx", ".mts")
_HINTS = frozenset({"preconnect", "dns-prefetch", "prefetch", "preload", "modulepreload"})
_ICONS = frozenset({"icon", "apple-touch-icon", "mask-icon"})
# Attributes by which a page loads or leads to something.
_ADDRESSES = ("src", "href", "poster", "data", "xlink:href", "content", "srcset", "imagesrcset", "style")
_REMOTE = re.compile(r"(?:https?:)?//[^/\s]", re.IGNORECASE)
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)
_ENV_PLACE = re.compile(r"%([A-Z][A-Z0-9_]{0,99})%")
_IN_SET = re.compile(r"([^\s,]++)(?:\s++[^\s,]++)?+\s*+,?")
_IN_STYLE = re.compile(
    r"""@import\s++(?:url\(\s*+)?["']?([^"')\s]++)|url\(\s*+["']?([^"')\s]++)""", re.IGNORECASE
)
_TAILWIND = re.compile(r"//cdn\.tailwindcss\.com|@tailwindcss/browser|text/tailwindcss", re.IGNORECASE)
_TAILWIND_SCRIPT = re.compile(
    r"(?:https?:)?//(?:cdn\.tailwindcss\.com\b|[^/\s]+/(?:npm/)?@tailwindcss/browser\b)", re.IGNORECASE
)
# What it would compile is compiled at the deploy.
_BABEL_SCRIPT = re.compile(
    r"(?:https?:)?//[^/\s]+/(?:[^\s]*/)?(?:@babel/standalone|babel-standalone)\b", re.IGNORECASE
)
# An import of a package, or of another host: a script that stands in the page and has one needs to be looked into.
_IMPORTS_PACKAGE = re.compile(r"""(?:\bfrom|\bimport)\s*+\(?\s*+["'](?![./"'])""")
_SETS_TAILWIND = re.compile(r"\btailwind\s*+(?:\.\s*+config\b|=)")
_PATH_SAFE = "/~!$*+,;=:@"

Hole = Literal["", "head", "end", "release", "remote", "digest"]


class Part(msgspec.Struct, frozen=True, array_like=True):
    """*text* of the page, and what comes behind it.

    Attributes:
        hole: `head`: what we add; `end`: what we add at the end of its body; `release`: *value*, a path from the
            release's root; `remote`: *value*, an address as it stood there, or the one of this server that has the
            same; `digest`: an attribute follows that holds for the bytes at *value*, such an address, alone; empty:
            nothing.
    """

    text: str
    hole: Hole = ""
    value: str = ""


class Template(msgspec.Struct, frozen=True):
    """An app's own HTML with places left.

    Attributes:
        has_title, has_icon: whether the page brings them.
        has_tailwind: whether it asks for Tailwind.
        sets_tailwind: whether a script of it may set `tailwind.config`, as the CDN's script takes it.
        containers: which of CONTAINERS are ids on it.
    """

    parts: tuple[Part, ...]
    has_title: bool = False
    has_icon: bool = False
    has_tailwind: bool = False
    sets_tailwind: bool = False
    containers: tuple[str, ...] = ()


class Script(msgspec.Struct, frozen=True):
    """A script that the template has no more, as it has to be compiled or linked.

    Attributes:
        name: the file of the app that it is; empty: it stands in the page.
        text: what stands in the page.
        babel: whether Babel would have compiled it: it uses globals (`React`), and may be JSX or TypeScript.
        alone: whether its names are its own: a module; others for Babel share theirs.
        line: the line of the page, from 1, on which *text* begins.
    """

    name: str = ""
    text: str = ""
    babel: bool = False
    alone: bool = False
    line: int = 1


@dataclass(frozen=True, slots=True)
class OwnPage:
    """What an app's HTML says.

    Attributes:
        scripts: in order; for Babel, or modules that can't be loaded as they are.
        kept: files of the app that stay in the page as scripts, modules or not.
        missing: addresses of scripts and styles that name no file of the app.
        imports: the app's own import map, specifier → address.
        remote: addresses of other hosts that it loads scripts, styles and fonts from, each once.
        changed: whether it has scripts, or anything that is put otherwise: else it can be shown as it is.
    """

    template: Template
    scripts: tuple[Script, ...] = ()
    kept: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    imports: Mapping[str, str] = field(default_factory=dict)
    remote: tuple[str, ...] = ()
    changed: bool = False


class _Edit(msgspec.Struct, frozen=True):
    """Put *hole* with *value* in the place of a span."""

    span: Span
    hole: Hole = ""
    value: str = ""


def is_of_app(address: str) -> bool:
    """Whether *address*, of an import map, is a path: one of the app's files."""
    return address.startswith(("./", "../", "/")) and not address.startswith("//")


def _edit_at(place: int, hole: Hole) -> _Edit:
    return _Edit(Span(place, place), hole)


def read_own_page(
    text: str, resolve: Callable[[str], str | None], env: Mapping[str, str], *, compiled: bool
) -> OwnPage:
    """Return what the HTML *text* says.

    Args:
        resolve: the path in an address (decoded) → the app's file that it means, or None.
        env: values for places like `%VITE_TITLE%`; others stay.
        compiled: whether all its module scripts are compiled, as by a tool that builds the app; else only those
            that no browser reads.
    """
    filled = _ENV_PLACE.sub(lambda found: env.get(found[1], found[0]), text)
    page = _Reading(filled, resolve, compiled)
    for element in scan_html(filled):
        page.take(element)
    end = len(filled) if page.end is None else page.end
    template = Template(
        parts=tuple(_parts(filled, [_edit_at(page.head, "head"), *page.edits, _edit_at(end, "end")])),
        has_title=page.has_title,
        has_icon=page.has_icon,
        has_tailwind=_TAILWIND.search(filled) is not None,
        sets_tailwind=_SETS_TAILWIND.search(filled) is not None,
        containers=tuple(page.containers),
    )
    return OwnPage(
        template,
        tuple(page.scripts),
        tuple(dict.fromkeys(page.kept)),
        tuple(dict.fromkeys(page.missing)),
        page.imports,
        tuple(dict.fromkeys(page.remote)),
        changed=bool(page.edits) or page.has_scripts or filled != text,
    )


def _parts(text: str, edits: list[_Edit]) -> Iterator[Part]:
    place = 0
    for edit in sorted(edits, key=lambda edit: (edit.span.start, edit.span.end)):
        yield Part(text[place : edit.span.start], edit.hole, edit.value)
        place = edit.span.end
    yield Part(text[place:])


class _Reading:
    """What was found so far. One element after another is taken; nothing is looked at twice."""

    def __init__(self, text: str, resolve: Callable[[str], str | None], compiled: bool) -> None:
        self.text = text
        self.head = 0
        self.end: int | None = None
        self.has_title = self.has_icon = self.has_scripts = False
        self.containers: list[str] = []
        self.edits: list[_Edit] = []
        self.scripts: list[Script] = []
        self.kept: list[str] = []
        self.missing: list[str] = []
        self.imports: dict[str, str] = {}
        self.remote: list[str] = []
        self._resolve = resolve
        self._compiled = compiled
        self._head_named = False
        self._lines = 1
        self._counted = 0

    def take(self, element: Element) -> None:
        if element.name in ("!doctype", "html", "head") and not self._head_named:
            self.head = element.tag.end
            self._head_named = element.name == "head"
        if element.name == "/body":
            self.end = element.tag.start
        self.has_title |= element.name == "title"
        identifier = element.attributes.get("id", "")
        if identifier in CONTAINERS and identifier not in self.containers:
            self.containers.append(identifier)
        if self._is_dropped(element):
            self.edits.append(_Edit(element.tag))
        elif element.name == "script":
            self._take_script(element)
        else:
            self._take_addresses(element)
            if element.name == "style":
                kind = element.attributes.get("type", "").strip().lower()
                self._take_style(element.content, is_tailwind=kind == TAILWIND_TYPE)

    def _is_dropped(self, element: Element) -> bool:
        given = element.attributes
        if element.name == "meta":
            return given.get("http-equiv", "").lower().startswith("content-security-policy")
        if element.name == "base":
            return not _REMOTE.match(given.get("href", ""))
        if element.name == "link":
            kinds = set(given.get("rel", "").lower().split())
            address = given.get("href", "")
            # Pages that come from a template name an icon that nobody sent; browsers ask for it, and log that.
            if kinds & (_ICONS | {"manifest"}) and not self._is_there(address):
                return True
            self.has_icon |= bool(kinds & _ICONS)
            # A style sheet of fonts is often loaded so, and shown once it is there.
            is_font = with_own_address(address) != address
            return bool(kinds & _HINTS) and _REMOTE.match(address) is not None and not is_font
        return False

    def _is_there(self, address: str) -> bool:
        is_elsewhere = _REMOTE.match(address) is not None or _SCHEME.match(address) is not None
        return is_elsewhere or self._file(address) is not None

    def _take_script(self, element: Element) -> None:
        kind = element.attributes.get("type", "").strip().lower()
        address = element.attributes.get("src", "")
        name = self._file(address) if address else None
        if _TAILWIND_SCRIPT.match(address) or (_BABEL_SCRIPT.match(address) and "Babel." not in self.text):
            self.edits.append(_Edit(Span(element.tag.start, element.end)))
        elif kind == "importmap":
            self.imports |= _read_imports(self.text[element.content.start : element.content.end])
            self.edits.append(_Edit(Span(element.tag.start, element.end)))
        elif kind in _BABEL or self._must_compile(element, kind, address, name):
            if address and name is None:
                self.missing.append(address)
            else:
                self.scripts.append(self._script(element, name or "", kind in _BABEL))
            self.edits.append(_Edit(Span(element.tag.start, element.end)))
        elif kind in _CLASSIC or kind == "module":
            self.has_scripts = True
            if name is not None:
                self.kept.append(name)
            self._take_addresses(element)

    def _must_compile(self, element: Element, kind: str, address: str, name: str | None) -> bool:
        """Whether a script for browsers can't stay as it is; one of another host always does."""
        if kind in _CLASSIC:  # TypeScript by its name: whoever forgets `type="module"` means a module
            return name is not None and name.endswith(_COMPILED)
        if kind != "module" or _REMOTE.match(address):
            return False
        if self._compiled or (name or "").endswith(_COMPILED):
            return True
        content = element.content
        return not address and _IMPORTS_PACKAGE.search(self.text, content.start, content.end) is not None

    def _script(self, element: Element, name: str, babel: bool) -> Script:
        alone = element.attributes.get("data-type", "").strip().lower() == "module"
        if name:
            return Script(name, babel=babel, alone=alone)
        start, end = element.content.start, element.content.end
        self._lines += self.text.count("\n", self._counted, start)
        self._counted = start
        return Script(text=self.text[start:end], babel=babel, alone=alone, line=self._lines)

    def _take_addresses(self, element: Element) -> None:
        kinds = element.attributes.get("rel", "").lower().split()
        is_hint = bool(_HINTS & set(kinds) and _REMOTE.match(element.attributes.get("href", "")))
        loads = element.name == "script" or "stylesheet" in kinds or is_hint
        for attribute in _ADDRESSES:
            span = element.values.get(attribute)
            if span is None:
                continue
            if attribute == "style":
                self._take_style(span)
            elif attribute.endswith("srcset"):
                for found in _IN_SET.finditer(self.text, span.start, span.end):
                    self._take_address(Span(*found.span(1)))
            elif attribute != "content" or self.text.startswith(("/", "./"), span.start, span.end):
                self._take_address(span, loads=loads)
        if loads and "integrity" in element.values:
            self._take_digest(element)

    def _take_digest(self, element: Element) -> None:
        """Leave a place before `integrity`: this server's copy of a file may be another build of it."""
        address = (element.attributes.get("src") or element.attributes.get("href", "")).strip()
        if _REMOTE.match(address):
            place = element.tag.start
            tag = self.text[place : element.values["integrity"].start].lower()
            start = place + tag.rindex("integrity")
            self.edits.append(_Edit(Span(start, start), "digest", html.escape(address)))

    def _take_style(self, span: Span, *, is_tailwind: bool = False) -> None:
        for found in _IN_STYLE.finditer(self.text, span.start, span.end):
            is_import = found[1] is not None
            if is_tailwind and is_import and with_own_address(found[1]) != found[1]:
                continue  # Tailwind hands on what is of another host; `fonts.js` leads it here then
            self._take_address(Span(*found.span(1 if is_import else 2)), loads=is_import)

    def _take_address(self, span: Span, *, loads: bool = False) -> None:
        written = self.text[span.start : span.end]
        address = html.unescape(written).strip()
        if _REMOTE.match(address):
            if loads:
                self.remote.append(address)
                self.edits.append(_Edit(span, "remote", written))
            return
        name = self._file(address)
        if name is not None:
            rest = html.escape(address[len(_path(address)) :])
            self.edits.append(_Edit(span, "release", quote(to_utf8(name), safe=_PATH_SAFE) + rest))
        elif loads and address and not _SCHEME.match(address) and not address.startswith("#"):
            self.missing.append(address)

    def _file(self, address: str) -> str | None:
        if _REMOTE.match(address) or _SCHEME.match(address) or not _path(address):
            return None
        return self._resolve(unquote(_path(address)))


def _path(address: str) -> str:
    return re.split(r"[?#]", address, maxsplit=1)[0]


def _read_imports(text: str) -> dict[str, str]:
    """Return the entries of an import map; what is none has none (a browser says so in its console)."""
    try:
        found = msgspec.json.decode(text)
    except msgspec.DecodeError:
        return {}
    imports = found.get("imports") if isinstance(found, dict) else None
    entries = imports.items() if isinstance(imports, dict) else ()
    return {key: value for key, value in entries if isinstance(value, str)}


def resolver(names: frozenset[str], folder: str, roots: tuple[str, ...]) -> Callable[[str], str | None]:
    """Return how a page in *folder* names the app's files.

    Args:
        names: of all files.
        folder: of the page, without a slash at its end.
        roots: folders that an absolute path may start from, in order, each without a slash at its end.
    """

    def resolve(path: str) -> str | None:
        starts = roots if path.startswith("/") else (folder, *roots)
        tried = (posixpath.normpath(f"{start}/{path.lstrip('/')}") for start in starts)
        return next((name for name in tried if name in names), None)

    return resolve


def fill_template(
    template: Template,
    head: str,
    release: str,
    local: Mapping[str, str],
    *,
    end: str = "",
    own_fonts: bool = False,
) -> str:
    """Return the page's HTML.

    Args:
        head: HTML that comes first in its head.
        end: HTML that comes last in its body.
        release: address of the release's root, with a slash at its end.
        local: address of another host → address on this server that has the same; empty: it is asked for nowhere.
        own_fonts: whether this server answers who asks for fonts by name.
    """
    pieces: list[str] = []
    for part in template.parts:
        pieces.append(part.text)
        if part.hole == "head":
            pieces.append(head)
        elif part.hole == "end":
            pieces.append(end)
        elif part.hole == "release":
            pieces.append(release.removesuffix("/") + part.value)
        elif part.hole == "remote":
            written = with_own_address(part.value) if own_fonts else part.value
            address = local.get(html.unescape(part.value).strip())
            pieces.append(written if address is None else html.escape(address))
        elif part.hole == "digest":
            pieces.append("data-" if html.unescape(part.value) in local else "")
    return "".join(pieces)
