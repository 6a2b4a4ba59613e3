"""The import map of a release: where the browser finds what the app's modules import by name.

The stored map is the same on every server: packages of the public module CDN, as the reference has them, and
the app's own files as paths from the root of the release (`./…`). What a page finally gets is `page.py`'s.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence

import msgspec

from vibes_trio.content.js_json import quote_json, sort_keys, sorted_json
from vibes_trio.content.node_names import NAMES
from vibes_trio.content.specifiers import CDN, Kind, Specifier, parse_specifier
from vibes_trio.content.vibes_modules import is_ours, npm_packages, pinned_addresses

REACT_VERSION = "19.2.1"
_REACT = f"{CDN}react@{REACT_VERSION}"
_ONE_REACT = f"?deps=react@{REACT_VERSION},react-dom@{REACT_VERSION}"

_FIREPROOF = (
    *("core", "core-base", "core-blockstore", "core-cli", "core-device-id", "core-gateways-base"),
    *("core-gateways-cloud", "core-gateways-file", "core-gateways-file-deno", "core-gateways-file-node"),
    *("core-gateways-indexeddb", "core-gateways-memory", "core-keybag", "core-protocols-cloud"),
    *("core-protocols-dashboard", "core-runtime", "core-types-base", "core-types-blockstore"),
    *("core-types-protocols-cloud", "core-types-runtime", "use-fireproof", "vendor"),
)
# Whatever version is newest, under the name itself.
_NEWEST = (
    *("@radix-ui/react-slot", "@shikijs/monaco", "cborg", "cborg/json", "cborg/length"),
    *("class-variance-authority", "clsx", "dompurify", "jose", "jose/jwt/decode", "multiformats"),
    *("react-markdown", "shiki/core", "shiki/engine/oniguruma", "shiki/langs/javascript.mjs"),
    *("shiki/langs/jsx.mjs", "shiki/langs/tsx.mjs", "shiki/langs/typescript.mjs"),
    *("shiki/themes/github-dark-default.mjs", "shiki/themes/github-light-default.mjs", "shiki/wasm"),
    *("tailwind-merge", "tailwindcss", "yaml", "zod"),
)
_NEWEST_WITH_REACT = (
    *("@clerk/clerk-react", "@monaco-editor/react", "posthog-js", "posthog-js/react", "react-cookie-consent"),
    *("react-hot-toast", "react-router", "react-router-dom"),
)
# What the CDN's own modules write for React, so that there is one React in a page.
_REACT_ALIASES = (
    *("react", "/react", "react?target=es2022", "/react?target=es2022", "react@>=18", "/react@>=18"),
    *("react@>=18?target=es2022", "/react@>=18?target=es2022", "react@%3E=18", "/react@%3E=18"),
    *("react@%3E=18?target=es2022", "/react@%3E=18?target=es2022"),
    *("react@^=18?target=es2022", "/react@^=18?target=es2022", "/react@^19.2.0?target=es2022"),
    *("/react@19.2.1/es2022/react.mjs", "react@19.3.0-canary-fd524fe0-20251121"),
    "/react@19.3.0-canary-fd524fe0-20251121",
)
_OTHERS = {
    "@adviser/cement": f"{CDN}@adviser/cement@0.5.5",
    "@clerk/clerk-js": f"{CDN}@clerk/clerk-js@5",
    "@vibes.diy/prompts": "/dist/prompts/pkg/index.js",
    "@vibes.diy/use-vibes-base": "/dist/use-vibes/base/index.js",
    "call-ai": f"{CDN}call-ai@v0.14.5",
    "dequal/lite": f"{CDN}dequal@2.0.3/lite",
    "posthog-js@1.302.2": f"{CDN}posthog-js{_ONE_REACT}",
    "react-dom": f"{CDN}react-dom@{REACT_VERSION}",
    "react-dom/client": f"{CDN}react-dom@{REACT_VERSION}/client",
    "react/jsx-dev-runtime": f"{_REACT}/jsx-dev-runtime",
    "react/jsx-runtime": f"{_REACT}/jsx-runtime",
    "use-fireproof": "/dist/use-vibes/pkg/index.js",
    "use-sync-external-store": f"{CDN}use-sync-external-store@1.6.0",
    "use-vibes": "/dist/use-vibes/pkg/index.js",
}

MAX_MAPPED_CHARS = 1000  # of what lies in a folder of a map
_BROWSER_SCHEMES = ("https:", "http:", "data:", "blob:", "//")


class ImportMap(msgspec.Struct, frozen=True):
    """The map as stored (JSON text), what a deployer should know about it, and what loads from the CDN."""

    text: str
    warnings: tuple[str, ...]
    packages: tuple[str, ...] = ()


def predefined_imports(fp_version: str) -> dict[str, str]:
    """Return the entries that every map has; *fp_version* is the version of the `@fireproof` packages.

    Source: `base_import_map` of the conformance vectors.
    """
    return (
        {f"@fireproof/{name}": f"{CDN}@fireproof/{name}@{fp_version}{_ONE_REACT}" for name in _FIREPROOF}
        | {name: CDN + name for name in _NEWEST}
        | {name: CDN + name + _ONE_REACT for name in _NEWEST_WITH_REACT}
        | dict.fromkeys(_REACT_ALIASES, _REACT)
        | _OTHERS
    )


PREDEFINED = frozenset(predefined_imports(""))


UNKNOWN = "the package registry gave no version"
UNASKED = "this server asks no package registry (VIBES_REGISTRY_URL=none), so it knows no version"
# What mount.js and JSX ask for on every page.
_ALWAYS = ("react", "react-dom", "react-dom/client", "react/jsx-runtime")


def only_needed(imports: Mapping[str, str], specifiers: Iterable[str]) -> dict[str, str]:
    """Return the entries of *imports* that a page can ask for whose modules import *specifiers*, if all modules of
    packages are this server's: those import each other by address."""
    wanted = {*_ALWAYS, *npm_packages(specifiers), *specifiers}
    return {text: address for text, address in imports.items() if text in wanted}


def package_lookups(specifiers: Iterable[str], asked: Collection[str] = ()) -> list[str]:
    """Return the packages whose version has to be asked for, in order, each once; of those *asked* for it is known."""
    parsed = (parse_specifier(text) for text in specifiers if not _is_settled(text))
    wanted = (s.package for s in parsed if s.kind is Kind.PACKAGE and not s.version)
    return [name for name in dict.fromkeys(wanted) if not _is_settled(name) and name not in asked]


def on_cdn(specifiers: Iterable[str], imports: Mapping[str, str]) -> tuple[str, ...]:
    """Return what pages with *specifiers* get from npm: the map *imports* sends it to the public module CDN.

    Where a script of ours stands in for a package, it is what that script imports.
    """
    addresses = {**imports, **pinned_addresses(imports)}
    return tuple(text for text in npm_packages(specifiers) if addresses.get(text, "").startswith(CDN))


def build_import_map(
    specifiers: Iterable[str],
    versions: Mapping[str, str | None],
    fp_version: str,
    *,
    imports: Mapping[str, str] | None = None,
    scopes: Mapping[str, Mapping[str, str]] | None = None,
    needed: Iterable[str] | None = None,
    asks: bool = True,
) -> ImportMap:
    """Return the import map of a release.

    Args:
        specifiers: all that its modules import, as written.
        versions: package → version, for each of `package_lookups`; None or absent: not found.
        fp_version: see `predefined_imports`.
        imports, scopes: the app's own files (`links.link_modules`). A predefined entry stays.
        needed: those of *specifiers* that the page can ask for, the only ones that are warned of, and packages; None:
            all.
        asks: whether this server has a registry to ask for versions.

    Keys are specifiers as imported (the reference cuts them to the package, so that `lodash/fp` would load
    nothing). What can't be loaded has no entry and a warning.
    """
    predefined = predefined_imports(fp_version)
    found: dict[str, str] = {}
    warnings: list[str] = []
    specifiers = tuple(dict.fromkeys(specifiers))
    asked = specifiers if needed is None else tuple(dict.fromkeys(needed))
    for text in specifiers:
        if _is_settled(text):
            continue
        specifier = parse_specifier(text)
        if specifier.kind is Kind.PACKAGE:
            address = _address(specifier, versions, predefined)
            if address is not None:
                found[text] = address
                continue
        problem = _problem(specifier, asks=asks)
        if problem and text in asked:
            warnings.append(f"import {quote_json(text)}: {problem}")
    whole = found | dict(imports or {}) | predefined
    return ImportMap(_write(whole, scopes or {}), tuple(warnings), _packages(asked, whole))


def _packages(asked: Sequence[str], imports: Mapping[str, str]) -> tuple[str, ...]:
    """Return what of *asked* comes from npm: what *imports* sends to the CDN, and what no version is known of yet."""
    unknown = (text for text in asked if text not in imports and is_unknown_package(text))
    return tuple(dict.fromkeys((*on_cdn(asked, imports), *unknown)))


def is_unknown_package(text: str) -> bool:
    """Return whether *text*, which an import map has no address for, may be a package that the registry knows later."""
    specifier = parse_specifier(text)
    is_other = specifier.package in NAMES or _is_settled(specifier.package) or _is_settled(text)
    return specifier.kind is Kind.PACKAGE and not is_other


def mapped_to(imports: Mapping[str, str], text: str) -> str:
    """Return where the import map *imports* (specifier → address) sends *text*, as browsers read it; empty: nowhere,
    or it is longer than MAX_MAPPED_CHARS."""
    if text in imports:
        return imports[text]
    end = text.rfind("/") if len(text) <= MAX_MAPPED_CHARS else -1
    while end >= 0:
        key = text[: end + 1]
        if key in imports:
            return imports[key] + text[end + 1 :]
        end = text.rfind("/", 0, end)
    return ""


def is_looked_up(text: str) -> bool:
    """Return whether the version of the package *text* is whatever is newest: neither it nor the map says another."""
    specifier = parse_specifier(text)
    return not specifier.version and not _is_settled(text) and not _is_settled(specifier.package)


def _is_settled(text: str) -> bool:
    """Return whether a page has an address for this specifier whatever the registry says."""
    return text in PREDEFINED or is_ours(text)


def _address(
    specifier: Specifier, versions: Mapping[str, str | None], predefined: Mapping[str, str]
) -> str | None:
    """Return where a package's module is: its version as written, as predefined, or as looked up."""
    version = specifier.version
    if not version and specifier.package in predefined:
        address, mark, query = predefined[specifier.package].partition("?")
        if not address.startswith(CDN):
            return None  # a bundle of one file has no parts
        # A key that ends with "/" wants an address that does.
        is_folder = specifier.subpath.endswith("/")
        return address + specifier.subpath + ("" if is_folder else mark + query)
    version = version or versions.get(specifier.package) or ""
    return f"{CDN}{specifier.package}@{version}{specifier.subpath}" if version else None


def tell_unknown(package: str, *, asks: bool) -> str:
    """Return why no version of *package* is known, and what to do. *asks*: there is a registry to ask for it."""
    if asks:
        return f"{UNKNOWN} of {package}; is the name right, and the registry in reach?"
    return (
        f"{UNASKED} of {package}: write one ({package}@1.2.3), which pages then load from the CDN, name a registry"
        " there, or bring the package with `vibes-trio modules import FILE`"
    )


def _problem(specifier: Specifier, *, asks: bool) -> str:
    """Return why a specifier without entry will not load; empty: it will, or others look after it."""
    if specifier.kind is Kind.PACKAGE:
        if _is_settled(specifier.package):
            return f"{specifier.package} is one file here and has no parts; import {specifier.package} itself"
        if specifier.package in NAMES:
            return f"browsers can't load {specifier.package}, a part of Node"
        return tell_unknown(specifier.package, asks=asks)
    if specifier.kind is Kind.ODD:
        if specifier.text.startswith(("@/", "~/")):
            return "this app has no such file"
        return "this is no name of a package; a file of the app starts with ./, ../ or /"
    if specifier.kind is Kind.URL and not specifier.text.lower().startswith(_BROWSER_SCHEMES):
        return f"browsers can't load {specifier.text.partition(':')[0]}: modules"
    return ""


def _write(imports: Mapping[str, str], scopes: Mapping[str, Mapping[str, str]]) -> str:
    if not scopes:
        return f'{{"imports":{sorted_json(imports)}}}'
    inner = ",".join(f"{quote_json(scope)}:{sorted_json(scopes[scope])}" for scope in sort_keys(scopes))
    return f'{{"imports":{sorted_json(imports)},"scopes":{{{inner}}}}}'
