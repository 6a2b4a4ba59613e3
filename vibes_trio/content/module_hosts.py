"""Addresses of the well-known hosts of npm packages, taken apart: which file or module of which package they mean.

So that a page that was written for them gets this server's copy. What follows from the address alone is found here;
whether the package has such a file is the builder's to say (`modules/forms.py`).
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from urllib.parse import unquote, urlsplit

from vibes_trio.content.specifiers import Kind, parse_specifier

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
_FORM = "file"
_NO_PACKAGES = frozenset({"gh", "jsr", "pr", "github", "combine", "wp"})
# Libraries that cdnjs calls otherwise than npm.
_CDNJS: Mapping[str, str] = MappingProxyType(
    {
        "lodash.js": "lodash", "underscore.js": "underscore", "three.js": "three", "moment.js": "moment",
        "chart.js": "chart.js", "Chart.js": "chart.js", "p5.js": "p5", "babel-standalone": "@babel/standalone",
        "font-awesome": "@fortawesome/fontawesome-free", "highlight.js": "@highlightjs/cdn-assets",
        "PapaParse": "papaparse", "pdf.js": "pdfjs-dist", "vue": "vue", "animejs": "animejs", "tone": "tone",
        "Tone.js": "tone", "matter-js": "matter-js", "pixi.js": "pixi.js", "marked": "marked", "jquery": "jquery",
        "socket.io": "socket.io-client", "mathjs": "mathjs", "KaTeX": "katex", "howler": "howler",
        "bootstrap": "bootstrap", "hls.js": "hls.js", "prism": "prismjs", "html2canvas": "html2canvas",
        "Swiper": "swiper", "Sortable": "sortablejs", "fabric.js": "fabric", "dayjs": "dayjs",
        "animate.css": "animate.css", "normalize": "normalize.css", "sql.js": "sql.js", "xlsx": "xlsx",
        "canvas-confetti": "canvas-confetti", "js-yaml": "js-yaml", "redux": "redux", "axios": "axios",
    }
)  # fmt: skip


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


def read_hosted(address: str) -> Hosted | None:
    """Return what *address*, absolute or from `//` on, means; None: it is of no known host, or of no package."""
    host, path, query = _split(address)
    read = _HOSTS.get(host)
    found = read(path, query) if read is not None else None
    return found if found is not None and _is_package(found) else None


def is_module_host(address: str) -> bool:
    """Return whether *address* is of one of the hosts that are known, whatever it means there."""
    return _split(address)[0] in _HOSTS


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
    found = _take(_ESM_START.sub("", path, count=1), is_module=True)
    built = _ESM_BUILT.fullmatch(found.path) if found is not None else None
    if found is None or built is None:
        return found
    last = found.package.rpartition("/")[2]
    part = "" if built["file"] in (last, "index") else built["file"]
    return Hosted(found.package, found.version, part, is_module=True)


def _read_jsdelivr(path: str, query: str) -> Hosted | None:
    kind, _, rest = path.partition("/")
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
    # three.js and a few others have releases without a dot.
    exact = f"0.{version.removeprefix('r')}.0" if re.fullmatch(r"r\d+", version) else version
    return Hosted(_CDNJS.get(library, library), exact, file, is_module=False)


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
        "cdn.tailwindcss.com": _read_tailwind,
    }
)
