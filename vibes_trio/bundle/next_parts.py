"""The parts of Next that are plain in a browser, as modules of our own (`content/static/next`), and what else its apps
import that means nothing here.
"""

import json
from collections.abc import Mapping
from importlib.resources import files
from types import MappingProxyType

from vibes_trio.bundle.rewrite import address_from_built
from vibes_trio.bundle.stubs import absent_module

NEXT = "vibes-next:"
"""In front of the name of a file in `content/static/next`: what its files import of each other."""

_FILES = ("address", "dynamic", "fonts", "head", "image", "link", "navigation", "router", "script")
_FOLDER = files("vibes_trio.content").joinpath("static", "next")
_TEXTS: Mapping[str, str] = MappingProxyType(
    {name: _FOLDER.joinpath(f"{name}.js").read_text("utf-8") for name in _FILES}
)
_PARTS = {
    "next/dynamic": "dynamic",
    "next/head": "head",
    "next/image": "image",
    "next/legacy/image": "image",
    "next/link": "link",
    "next/navigation": "navigation",
    "next/router": "router",
    "next/script": "script",
}
# Names are not known before: whichever is asked for is a font.
_GOOGLE = (
    f'const {{ googleFont }} = require("{NEXT}fonts");\n'
    "module.exports = Object.create(new Proxy({}, {\n"
    '  get: (_, name) => (typeof name === "string" && /^[A-Z]/.test(name) ? googleFont(name) : undefined),\n'
    "}));\n"
)
_GEIST = (
    'import {{ googleFont }} from "{next}fonts";\n'
    'export const {name} = googleFont("{family}")({{ variable: "{variable}" }});\n'
)
_OTHERS = {
    "next/font/google": _GOOGLE,
    "geist/font/sans": _GEIST.format(
        next=NEXT, name="GeistSans", family="Geist", variable="--font-geist-sans"
    ),
    "geist/font/mono": _GEIST.format(
        next=NEXT, name="GeistMono", family="Geist Mono", variable="--font-geist-mono"
    ),
    "server-only": "",
    "client-only": "",
}
_COUNTERS = ("@vercel/analytics", "@vercel/speed-insights")
_SILENT = (
    "const None = () => null;\n"
    "export { None as Analytics, None as SpeedInsights, None as default };\n"
    "export const track = () => {};\n"
)
_FOR_SERVERS = ("next", "next/")


def next_part(specifier: str, importer: str = "") -> str | None:
    """Return the module that stands for *specifier* in the file *importer*; None: it is a package like any other."""
    if specifier.startswith(NEXT):
        return _TEXTS.get(specifier.removeprefix(NEXT))
    if specifier in _PARTS:
        return _TEXTS[_PARTS[specifier]]
    if specifier == "next/font/local":
        base = f"new URL({json.dumps(address_from_built(importer))}, import.meta.url)"
        return f'import {{ localFont }} from "{NEXT}fonts";\nexport default localFont({base});\n'
    if specifier in _OTHERS:
        return _OTHERS[specifier]
    if specifier.startswith(_COUNTERS) and specifier.partition("/")[2].count("/") <= 1:
        return _SILENT
    if specifier == _FOR_SERVERS[0] or specifier.startswith(_FOR_SERVERS[1]):
        return absent_module(tell_server_part(specifier), specifier, importer)
    return None


def says_where(specifier: str) -> bool:
    """Whether the module of *specifier* depends on who imports it."""
    return specifier == "next/font/local" or is_for_servers(specifier)


def is_for_servers(specifier: str) -> bool:
    """Whether *specifier* is a part of Next that takes a server."""
    known = specifier in _PARTS or specifier in _OTHERS or specifier == "next/font/local"
    return not known and (specifier == _FOR_SERVERS[0] or specifier.startswith(_FOR_SERVERS[1]))


def tell_server_part(specifier: str) -> str:
    """Return why *specifier* can't be had."""
    return f"{specifier} takes a server of Next: here an app runs in the browser alone."
