"""The page of an app, generated: import map, container, one module script that mounts the root modules.

The same text works at `/`, `/index.html`, `/~{fsId}~` and `/~{fsId}~/`: root modules are imported by bare
specifiers which the page's import map sends to the immutable addresses under `/~{fsId}~/`.

Everything put into a script element is JSON in ASCII with `<` escaped, so no name or value can end the
element, open a comment in it or smuggle in a line end.
"""

import html
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import quote

from vibes_trio.content.page_font import font_elements
from vibes_trio.content.static_modules import static_module
from vibes_trio.exchange import AppSlug, FsId

CDN_TAILWIND = "https://esm.sh/@tailwindcss/browser@4"
DEV_RUNTIME = "react/jsx-dev-runtime"
TRANSFORMED = "~~transformed~~/"
NO_ICON = "data:,"  # else the browser asks for /favicon.ico and logs that it isn't there
_PATH_SAFE = "/~!$&'()*+,;=:@"


@dataclass(frozen=True, slots=True)
class PageInput:
    """What a page shows.

    Attributes:
        app_slug: id of the container.
        fs_id: the release whose modules the page loads.
        roots: served names (from `/`, not encoded) of the modules to mount, in order.
        imports, scopes: the release's stored import map; `./` at the start of a key or value means the root
            of the release.
        local: key of *imports* → address on this server that the page loads instead; other keys are added.
        missing: specifier → why no module of it is here; such a one has no place in the page's map.
        files: served name → the app's file name, for messages about errors.
        env: what the app finds in `globalThis.VIBES_ENV`: its own values, then the server's over them.
        title: empty: the app slug.
        icon: address of the page's icon.
        preload: addresses of modules that the roots are sure to import.
        tailwind: address of the Tailwind script; empty: none.
        fonts: subset → address of the file of the page's font; empty: what the browser has.
        asks_for_fonts: whether the app asks for fonts by name, and this server answers.
    """

    app_slug: AppSlug
    fs_id: FsId
    roots: tuple[str, ...]
    imports: Mapping[str, str]
    scopes: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    local: Mapping[str, str] = field(default_factory=dict)
    missing: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)
    env: Mapping[str, str] = field(default_factory=dict)
    title: str = ""
    icon: str = NO_ICON
    preload: tuple[str, ...] = ()
    tailwind: str = ""
    fonts: Mapping[str, str] = field(default_factory=dict)
    asks_for_fonts: bool = False


def render_page(page: PageInput) -> bytes:
    """Return the HTML of *page*, UTF-8."""
    release = f"/~{page.fs_id}~/"
    imports = _release_map(page.imports, release) | dict(page.local)
    imports = {key: address for key, address in imports.items() if key not in page.missing}
    imports[DEV_RUNTIME] = static_module("jsx-dev-runtime.js").address
    specifiers = _name_roots(page.roots, imports, release)
    scopes = {_in_release(k, release): _release_map(v, release) for k, v in page.scopes.items()}
    import_map = {"imports": imports} | ({"scopes": scopes} if scopes else {})
    facts = {
        "env": dict(page.env),
        "release": release,
        "missing": dict(page.missing),
        "files": {served.removeprefix("/"): name.removeprefix("/") for served, name in page.files.items()},
    }
    lines = [
        "<!doctype html>",
        '<html lang="en">',
        "<head>",
        '<meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{html.escape(page.title or page.app_slug)}</title>",
        f'<link rel="icon" href="{html.escape(page.icon)}">',
        f'<script type="importmap">{script_json(import_map, indent=2)}</script>',
        *_preloads(page, release),
        f'<script type="application/json" id="vibes-page">{script_json(facts)}</script>',
        *font_elements(page.fonts),
        f'<script src="{static_module("boot.js").address}"></script>',
        *_font_script(page),
        *_tailwind(page.tailwind),
        "</head>",
        "<body>",
        f'<div id="{html.escape(page.app_slug)}" class="vibe-app-container"></div>',
        *_mount_script(page, specifiers),
        "</body>",
        "</html>",
        "",
    ]
    return "\n".join(lines).encode("utf-8", "replace")


def script_json(value: object, indent: int | None = None) -> str:
    """Return *value* as JSON in ASCII that can stand in any script element."""
    return json.dumps(value, indent=indent).replace("<", "\\u003c")


def _in_release(address: str, release: str) -> str:
    return release + address[2:] if address.startswith("./") else address


def _release_map(entries: Mapping[str, str], release: str) -> dict[str, str]:
    return {_in_release(key, release): _in_release(value, release) for key, value in entries.items()}


def _name_roots(roots: tuple[str, ...], imports: dict[str, str], release: str) -> list[str]:
    """Return the specifier of each root, and add to *imports* what sends it into the release.

    The specifier is the served name without its first slash. A name that a package already has in the map
    (`/react`) keeps the package's meaning; the page then uses the full address.
    """
    specifiers = []
    for served in roots:
        name = served.removeprefix("/")
        address = _address_of(served, release)
        if name in imports:
            specifiers.append(address)
        elif name.startswith(TRANSFORMED):
            imports.setdefault(TRANSFORMED, release + TRANSFORMED)
            specifiers.append(name)
        else:
            imports[name] = address
            specifiers.append(name)
    return specifiers


def _address_of(served: str, release: str) -> str:
    return release + quote(served.removeprefix("/"), safe=_PATH_SAFE, errors="replace")


def _preloads(page: PageInput, release: str) -> list[str]:
    """Have modules fetched at once: else the browser sees each only when what imports it has come, and the first
    only when the scripts before it have run."""
    if not page.roots:
        return []
    roots = (_address_of(served, release) for served in page.roots)
    addresses = dict.fromkeys((static_module("mount.js").address, *roots, *page.preload))
    return [f'<link rel="modulepreload" href="{html.escape(address)}">' for address in addresses]


def _font_script(page: PageInput) -> list[str]:
    """A script that only pages of apps which need it have: it takes the app's requests for fonts to this server."""
    return [f'<script src="{static_module("fonts.js").address}"></script>'] if page.asks_for_fonts else []


def _tailwind(address: str) -> list[str]:
    """A script of ours blocks, so that nothing is shown unstyled; one of a CDN must not hold up the app."""
    if not address:
        return []
    how = "" if address.startswith("/") else 'type="module" async '
    return [f'<script {how}src="{html.escape(address)}"></script>']


def _mount_script(page: PageInput, specifiers: list[str]) -> list[str]:
    if not specifiers:
        return []
    names = [f"V{number}" for number in range(1, len(specifiers) + 1)]
    served = [script_json(root.removeprefix("/")) for root in page.roots]
    pairs = ", ".join(f"[{s}, {name}]" for s, name in zip(served, names, strict=True))
    return [
        '<script type="module">',
        f'import {{ mount }} from "{static_module("mount.js").address}";',
        *(f"import * as {name} from {script_json(s)};" for name, s in zip(names, specifiers, strict=True)),
        f"mount({script_json(page.app_slug)}, [{pairs}]);",
        "</script>",
    ]
