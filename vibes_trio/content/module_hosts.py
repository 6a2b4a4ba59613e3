"""Addresses of the well-known hosts of npm packages, taken apart: which file or module of which package they mean.

So that a page that was written for them gets this server's copy. What follows from the address alone is found here;
whether the package has such a file is the builder's to say (`modules/build/forms.py`). An address has at most
MAX_CHARS: those of a page are many, and each is looked at whenever the app is deployed.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from types import MappingProxyType
from urllib.parse import parse_qs, unquote, urlsplit

from vibes_trio.content.specifiers import Kind, parse_specifier

MAX_CHARS = 500
_NAME = r"(?P<name>(?:@[\w.~-]+/)?[\w.~-]+)"
_VERSION = r"(?:@v?(?P<version>[^/?&@]+))?"
_PACKAGE = re.compile(rf"\*?{_NAME}{_VERSION}(?:&[^/]*)?(?:/(?P<path>.*))?", re.ASCII)
_ESM_START = re.compile(r"(?:v\d+|stable|npm)/")
_ESM_BUILT = re.compile(
    r"(?:X-[^/]+/)?(?:es20\d\d|esnext|deno|denonext|node)/(?P<file>.+?)(?:\.(?:development|bundle|nobundle))*\.m?js"
)
_SKYPACK_BUILT = re.compile(
    rf"(?:-|pin)/{_NAME}@v?(?P<version>\d+\.\d+\.\d+[^/]*?)-[\w]{{16,}}/[^/]*/(?:unoptimized|optimized)/(?P<path>.+)\.js"
)
_ESM_DEPS = re.compile(rf"{_NAME}@(?P<version>[^/?&@]+)", re.ASCII)
# What is no module then.
_ESM_OTHER = frozenset({"css", "raw", "worker"})
_FORM = "file"
_NO_PACKAGES = frozenset({"gh", "jsr", "pr", "github", "combine", "wp"})
# Libraries that cdnjs, and Google's host of some, call otherwise than npm.
_CDNJS: Mapping[str, str] = MappingProxyType(
    {
        "ace": "ace-builds", "babel-standalone": "@babel/standalone", "backbone.js": "backbone",
        "Chart.js": "chart.js", "FileSaver.js": "file-saver", "font-awesome": "@fortawesome/fontawesome-free",
        "hammer.js": "hammerjs", "handlebars.js": "handlebars", "highlight.js": "@highlightjs/cdn-assets",
        "jqueryui": "jquery-ui", "js-cookie": "js-cookie", "KaTeX": "katex", "limonte-sweetalert2": "sweetalert2",
        "lodash.js": "lodash", "moment.js": "moment", "mustache.js": "mustache", "normalize": "normalize.css",
        "p5.js": "p5", "PapaParse": "papaparse", "pdf.js": "pdfjs-dist", "prism": "prismjs", "require.js": "requirejs",
        "socket.io": "socket.io-client", "Sortable": "sortablejs", "Swiper": "swiper", "three.js": "three",
        "threejs": "three", "toastr.js": "toastr", "Tone.js": "tone", "tone": "tone", "tween.js": "@tweenjs/tween.js",
        "twitter-bootstrap": "bootstrap", "underscore.js": "underscore", "fabric.js": "fabric",
    }
)  # fmt: skip
# What Lit's documentation has people import without a bundler.
_LIT = re.compile(rf"lit/dist{_VERSION}/core/lit-core\.min\.js", re.ASCII)
# Hosts of one library: the address says which file, and npm has it at this place.
_ONE_LIBRARY: Mapping[str, tuple[tuple[re.Pattern[str], str, str], ...]] = MappingProxyType(
    {
        "code.jquery.com": (
            (re.compile(r"jquery-(\d+(?:\.\d+)+)((?:\.slim)?(?:\.min)?)\.js"), "jquery", "dist/jquery{}.js"),
            (re.compile(r"ui/(\d+(?:\.\d+)+)/(.+)"), "jquery-ui", "dist/{}"),
        ),
        "sql.js.org": ((re.compile(r"dist/()(.+)"), "sql.js", "dist/{}"),),
        "d3js.org": ((re.compile(r"d3\.v(\d+)((?:\.min)?)\.js"), "d3", "dist/d3{}.js"),),
        "cdn.plot.ly": (
            (re.compile(r"plotly-(\d+(?:\.\d+)+)((?:\.min)?)\.js"), "plotly.js-dist-min", "plotly.min.js"),
        ),
        "cdn.socket.io": (
            (re.compile(r"(\d+(?:\.\d+)+)/(socket\.io(?:\.min)?\.js)"), "socket.io-client", "dist/{}"),
        ),
        "pixijs.download": (
            (re.compile(r"v(\d+(?:\.\d+)+)/(.+)"), "pixi.js", "dist/{}"),
            (re.compile(r"(?:release|latest)/()(.+)"), "pixi.js", "dist/{}"),
        ),
        "use.fontawesome.com": (
            (re.compile(r"releases/v(\d+(?:\.\d+)+)/(.+)"), "@fortawesome/fontawesome-free", "{}"),
        ),
        **dict.fromkeys(
            ("maxcdn.bootstrapcdn.com", "stackpath.bootstrapcdn.com", "netdna.bootstrapcdn.com"),
            (
                (re.compile(r"bootstrap/(\d+(?:\.\d+)+)/(.+)"), "bootstrap", "dist/{}"),
                (re.compile(r"font-awesome/(\d+(?:\.\d+)+)/(.+)"), "font-awesome", "{}"),
            ),
        ),
    }
)


# By these the editors that apps were made in look into a page that they show, or put their name on it.
_OF_EDITORS = re.compile(
    r"(?:https?:)?//(?:cdn\.gpteng\.co/gptengineer\.js|replit\.com/public/js/replit-(?:badge|dev-banner)[\w-]*\.js)(?:\?.*)?"
)
NO_SCRIPT = "data:text/javascript,"
"""The address of a script that does nothing."""


@dataclass(frozen=True, slots=True)
class Hosted:
    """What an address of a module host means.

    Attributes:
        package, version: the latter may be a range, a dist-tag or empty.
        path: within the package; empty: its main module or file.
        is_module: a module that imports others is meant, as a bundler finds it; else a file as it is.
    """

    package: str
    version: str
    path: str
    is_module: bool

    @property
    def specifier(self) -> str:
        """What this server builds it by; one of a file ends with `?file`."""
        version = f"@{self.version}" if self.version else ""
        path = f"/{self.path}" if self.path else ""
        return f"{self.package}{version}{path}{'' if self.is_module else f'?{_FORM}'}"


def of_editors(addresses: Iterable[str]) -> dict[str, str]:
    """Return those of *addresses* that are scripts of the editor that an app was made in → one that does nothing."""
    return {text: NO_SCRIPT for text in addresses if _OF_EDITORS.fullmatch(text)}


def read_hosted(address: str) -> Hosted | None:
    """Return what *address*, absolute or from `//` on, means; None: it is of no known host, of no package, or longer
    than MAX_CHARS."""
    if len(address) > MAX_CHARS or "//" not in address[:8]:
        return None
    return _read(address)


@lru_cache(maxsize=1024)  # a deploy and the pages after it ask for the same over and over
def _read(address: str) -> Hosted | None:
    host, path, query = _split(address)
    read = _HOSTS.get(host)
    found = read(path, query) if read is not None else None
    return found if found is not None and _is_package(found) else None


def read_file(address: str) -> Hosted | None:
    """Return what *address* means to an element of a page that loads it: a file as it is, unless its host makes
    modules alone. Else as `read_hosted`."""
    found = read_hosted(address)
    if found is None or (found.is_module and not found.path.endswith(".css")):
        return found
    return replace(found, is_module=False)


def read_asked(address: str) -> dict[str, str]:
    """Return package → version, of the packages that *address* asks its host to build the module with (`?deps=`)."""
    if len(address) > MAX_CHARS or "deps=" not in address:
        return {}
    host, _, query = _split(address)
    told = parse_qs(query).get("deps", []) if _HOSTS.get(host) is _read_esm else []
    found = (_ESM_DEPS.fullmatch(text) for texts in told for text in texts.split(","))
    return {match["name"]: match["version"] for match in found if match is not None}


def _split(address: str) -> tuple[str, str, str]:
    """Return host, path without its first slash, and query of *address*; three empty texts: it is none."""
    try:
        url = urlsplit(f"https:{address}" if address.startswith("//") else address.strip())
        host = url.hostname or ""
    except ValueError:
        return "", "", ""
    if url.scheme.lower() not in ("http", "https"):
        return "", "", ""
    return host, unquote(url.path).removeprefix("/"), url.query


def _is_package(found: Hosted) -> bool:
    parsed = parse_specifier(found.specifier)
    is_plain = ".." not in found.path.split("/") and "?" not in found.path
    return parsed.kind is Kind.PACKAGE and parsed.package == found.package and is_plain


def _take(text: str, *, is_module: bool) -> Hosted | None:
    match = _PACKAGE.fullmatch(text)
    if match is None or match["name"].lower() in _NO_PACKAGES:
        return None
    return Hosted(match["name"], match["version"] or "", (match["path"] or "").strip("/"), is_module)


def _read_esm(path: str, query: str) -> Hosted | None:
    if _ESM_OTHER.intersection(query.split("&")):
        return None
    found = _take(_ESM_START.sub("", path, count=1), is_module=True)
    built = _ESM_BUILT.fullmatch(found.path) if found is not None else None
    if found is None or built is None:
        return found
    last = found.package.rpartition("/")[2]
    part = "" if built["file"] in (last, "index") else built["file"]
    return Hosted(found.package, found.version, part, is_module=True)


def _read_jsdelivr(path: str, query: str) -> Hosted | None:
    kind, _, rest = path.partition("/")
    if kind == "gh" and (lit := _LIT.fullmatch(rest)) is not None:
        return Hosted("lit", lit["version"] or "", "", is_module=True)
    if kind != "npm":
        return None
    if rest.endswith("/+esm"):
        return _take(rest.removesuffix("/+esm"), is_module=True)
    return _take(rest, is_module=False)


def _read_unpkg(path: str, query: str) -> Hosted | None:
    return _take(path, is_module="module" in query.split("&"))


def _read_skypack(path: str, query: str) -> Hosted | None:
    match = _SKYPACK_BUILT.fullmatch(path)
    if match is None:
        return _take(path, is_module=True)
    last = match["name"].rpartition("/")[2]
    part = "" if match["path"] in (last, match["name"]) else match["path"].removeprefix(f"{match['name']}/")
    return Hosted(match["name"], match["version"], part, is_module=True)


def _read_jspm(path: str, query: str) -> Hosted | None:
    return _take(path.removeprefix("npm:"), is_module=True)


def _read_cdnjs(path: str, query: str) -> Hosted | None:
    parts = path.removeprefix("ajax/libs/").split("/", 2)
    if not path.startswith("ajax/libs/") or len(parts) != 3:
        return None
    library, version, file = parts
    # three.js has releases without a dot.
    exact = f"0.{version.removeprefix('r')}.0" if re.fullmatch(r"r\d+", version) else version
    if library == "font-awesome" and exact < "5":
        return Hosted(library, exact, file, is_module=False)  # it had another name then
    return Hosted(_CDNJS.get(library, library), exact, file, is_module=False)


def _read_one_library(host: str, path: str, query: str) -> Hosted | None:
    for pattern, package, place in _ONE_LIBRARY[host]:
        match = pattern.fullmatch(path)
        if match is not None:
            return Hosted(package, match[1], place.format(match[2]), is_module=False)
    return None


def _read_tailwind(path: str, query: str) -> Hosted | None:
    return Hosted("@tailwindcss/browser", "4", "", is_module=False)


_HOSTS: Mapping[str, Callable[[str, str], Hosted | None]] = MappingProxyType(
    {
        "esm.sh": _read_esm,
        "esm.run": lambda path, query: _take(path, is_module=True),
        "cdn.esm.sh": _read_esm,
        "unpkg.com": _read_unpkg,
        "www.unpkg.com": _read_unpkg,
        "cdn.jsdelivr.net": _read_jsdelivr,
        "fastly.jsdelivr.net": _read_jsdelivr,
        "cdn.skypack.dev": _read_skypack,
        "ga.jspm.io": _read_jspm,
        "jspm.dev": _read_jspm,
        "cdnjs.cloudflare.com": _read_cdnjs,
        "ajax.googleapis.com": _read_cdnjs,
        "cdn.tailwindcss.com": _read_tailwind,
        **{host: partial(_read_one_library, host) for host in _ONE_LIBRARY},
    }
)
