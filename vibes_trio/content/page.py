"""The page of an app: import map, container, one module script that mounts the root modules.

It is generated whole, or put into the HTML that the app brings (`own_page.py`).

The same text works at `/`, `/index.html`, `/~{fsId}~` and `/~{fsId}~/`: root modules are imported by bare
specifiers which the page's import map sends to the immutable addresses under `/~{fsId}~/`.

Everything put into a script element is JSON in ASCII with `<` escaped, so no name or value can end the
element, open a comment in it or smuggle in a line end.
"""

import html
import json
import posixpath
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import quote

from vibes_trio.content.own_page import CONTAINERS, Template, fill_template, is_of_app
from vibes_trio.content.page_font import font_elements
from vibes_trio.content.static_modules import static_module
from vibes_trio.exchange import AppSlug, FsId

CDN_TAILWIND = "https://esm.sh/@tailwindcss/browser@4"
DEV_RUNTIME = "react/jsx-dev-runtime"
TRANSFORMED = "~~transformed~~/"
NO_ICON = "data:,"  # else the browser asks for /favicon.ico and logs that it isn't there
# An element that the app's HTML does not have, and that its script may not ask for, takes no place.
EMPTY_CONTAINERS = "<style>:where(#root,#app):empty{display:none}</style>"
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
        own_imports: the import map of the app's own HTML: its files stand before all else, addresses of other hosts
            where nothing else is known.
        local: key of *imports* → address on this server that the page loads instead; other keys are added.
        missing: specifier → why no module of it is here; such a one has no place in the page's map.
        notes: what people should know of the app's packages.
        files: served name → the app's file name, for messages about errors.
        env: what the app finds in `globalThis.VIBES_ENV`: its own values, then the server's over them.
        title: empty: the app slug.
        icon: address of the page's icon.
        preload: addresses of modules that the roots are sure to import.
        tailwind: address of the Tailwind script; empty: none.
        fonts: subset → address of the file of the page's font; empty: what the browser has.
        mounts: root → the export of it that is mounted (empty: it has none, which the page tells if it stays empty);
            other roots only run. None: the defaults of all.
        styles: served names of style sheets that come with the modules.
        routes: whether the app has addresses of its own, which it then finds without the release's prefix.
        live: whether this release is the one that the app's address without an fsId shows.
        names: of the release's files, for one that is not and routes.
        template: the app's own HTML; None: there is none.
        remote: address of another host in it → address on this server that has the same.
        asks_for_fonts: whether the app asks for fonts by name, and this server answers.
        reloads: whether the page opens a newer release by itself.
        hosted: host of packages → what their paths begin with, of those that this server answers in the place of while
            the app runs.
        quiet: whether the page tells this server of no errors.
    """

    app_slug: AppSlug
    fs_id: FsId
    roots: tuple[str, ...]
    imports: Mapping[str, str]
    scopes: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    own_imports: Mapping[str, str] = field(default_factory=dict)
    local: Mapping[str, str] = field(default_factory=dict)
    missing: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    files: Mapping[str, str] = field(default_factory=dict)
    env: Mapping[str, str] = field(default_factory=dict)
    title: str = ""
    icon: str = NO_ICON
    preload: tuple[str, ...] = ()
    tailwind: str = ""
    fonts: Mapping[str, str] = field(default_factory=dict)
    mounts: Mapping[str, str] | None = None
    styles: tuple[str, ...] = ()
    routes: bool = False
    live: bool = True
    names: tuple[str, ...] = ()
    template: Template | None = None
    remote: Mapping[str, str] = field(default_factory=dict)
    asks_for_fonts: bool = False
    reloads: bool = False
    hosted: Mapping[str, str] = field(default_factory=dict)
    quiet: bool = False


def render_page(page: PageInput) -> bytes:
    """Return the HTML of *page*, UTF-8."""
    release = f"/~{page.fs_id}~/"
    imports = _release_map(page.imports, release) | dict(page.local)
    imports = _with_own(imports, page, release)
    imports = {key: address for key, address in imports.items() if key not in page.missing}
    if DEV_RUNTIME in imports:
        imports[DEV_RUNTIME] = static_module("jsx-dev-runtime.js").address
    specifiers = _name_roots(page.roots, imports, release)
    scopes = {_in_release(k, release): _release_map(v, release) for k, v in page.scopes.items()}
    import_map = {"imports": imports} | ({"scopes": scopes} if scopes else {})
    facts: dict[str, object] = {
        "env": dict(page.env),
        "release": release,
        "missing": dict(page.missing),
        "files": {served.removeprefix("/"): name.removeprefix("/") for served, name in page.files.items()},
    }
    if page.notes:
        facts["notes"] = list(page.notes)
    if page.quiet:
        facts["quiet"] = True
    if page.routes:
        facts["live"] = page.live
        facts["names"] = [] if page.live else list(page.names)
    ours = [
        f'<script type="importmap">{script_json(import_map)}</script>',
        *_preloads(page, release),
        f'<script type="application/json" id="vibes-page">{script_json(facts)}</script>',
        *([f'<script src="{static_module("address.js").address}"></script>'] if page.routes else []),
        *font_elements(page.fonts),
        f'<script src="{static_module("boot.js").address}"></script>',
        *_font_script(page),
        *_reload_script(page),
        *_hosted_script(page, release),
        *_tailwind(page),
        *(
            f'<link rel="stylesheet" href="{html.escape(_address_of(name, release))}">'
            for name in page.styles
        ),
    ]
    script = _mount_script(page, specifiers)
    if page.template is not None:
        text = _own_page(page, page.template, [*ours, *script], release)
    else:
        text = _whole_page(page, ours, script)
    return text.encode("utf-8", "replace")


def render_other_page(page: PageInput, template: Template) -> bytes:
    """Return the HTML of another page of a site, as its author wrote it but for what *page* has in its place."""
    icon = [] if template.has_icon else [f'<link rel="icon" href="{html.escape(page.icon)}">']
    release = f"/~{page.fs_id}~/"
    scripts = [*_font_script(page), *_reload_script(page), *_hosted_script(page, release), *_tailwind(page)]
    head = "\n".join(["", '<meta charset="utf-8">', *icon, *scripts, ""])
    text = fill_template(template, head, release, page.remote, own_fonts=page.asks_for_fonts)
    return text.encode("utf-8", "replace")


def _whole_page(page: PageInput, ours: list[str], script: list[str]) -> str:
    lines = [
        "<!doctype html>",
        '<html lang="en">',
        "<head>",
        '<meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{html.escape(page.title or page.app_slug)}</title>",
        f'<link rel="icon" href="{html.escape(page.icon)}">',
        "<style>.vibe-app-container{display:contents}</style>",
        *ours,
        "</head>",
        "<body>",
        # Apps mount into #root by habit, and style it: between it and the body lies no box.
        f'<div id="{html.escape(page.app_slug)}" class="vibe-app-container">{"".join(_containers(page))}</div>',
        *script,
        "</body>",
        "</html>",
        "",
    ]
    return "\n".join(lines)


def _own_page(page: PageInput, template: Template, ours: list[str], release: str) -> str:
    """Return the app's own HTML; what it does not say of itself is said as on a page of ours."""
    said = ['<meta charset="utf-8">']
    if not template.has_title:
        said.append(f"<title>{html.escape(page.title or page.app_slug)}</title>")
    if not template.has_icon:
        said.append(f'<link rel="icon" href="{html.escape(page.icon)}">')
    containers = "" if template.containers or not page.roots else "".join(_containers(page))
    if containers:
        said.append(EMPTY_CONTAINERS)
    head = "\n".join(["", *said, *ours, ""])
    return fill_template(template, head, release, page.remote, end=containers, own_fonts=page.asks_for_fonts)


def _containers(page: PageInput) -> list[str]:
    """Return the elements that apps mount into by habit: the first by itself where we mount."""
    names = CONTAINERS if page.mounts is not None and not page.mounts else CONTAINERS[:1]
    return [f'<div id="{name}"></div>' for name in names]


def script_json(value: object) -> str:
    """Return *value* as JSON in ASCII that can stand in any script element."""
    return json.dumps(value).replace("<", "\\u003c")


def _in_release(address: str, release: str) -> str:
    return release + address[2:] if address.startswith("./") else address


def _release_map(entries: Mapping[str, str], release: str) -> dict[str, str]:
    return {_in_release(key, release): _in_release(value, release) for key, value in entries.items()}


def _with_own(imports: dict[str, str], page: PageInput, release: str) -> dict[str, str]:
    """Return *imports* with the entries of the app's own map; relative addresses mean its files."""
    own: dict[str, str] = {}
    for key, value in page.own_imports.items():
        if is_of_app(value):
            own[key] = release + posixpath.normpath("/" + value).lstrip("/") + "/" * value.endswith("/")
        elif value in page.remote:
            own[key] = page.remote[value]
        elif key not in imports:
            own[key] = value
    return imports | own


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
    mount = [static_module("mount.js").address] if page.mounts is None or page.mounts else []
    addresses = dict.fromkeys((*mount, *roots, *page.preload))
    return [f'<link rel="modulepreload" href="{html.escape(address)}">' for address in addresses]


def _font_script(page: PageInput) -> list[str]:
    """A script that only pages of apps which need it have: it takes the app's requests for fonts to this server."""
    return [f'<script src="{static_module("fonts.js").address}"></script>'] if page.asks_for_fonts else []


def _reload_script(page: PageInput) -> list[str]:
    """A script that only pages of dev releases have."""
    return [reload_element(page.fs_id)] if page.reloads else []


def reload_element(fs_id: FsId) -> str:
    """Return the element that has the page of *fs_id* open a newer release by itself. It runs when all else has."""
    address = static_module("reload.js").address
    return f'<script defer src="{address}" data-release="/~{fs_id}~"></script>'


def _hosted_script(page: PageInput, release: str) -> list[str]:
    if not page.hosted:
        return []
    src, hosts = static_module("hosted.js").address, html.escape(json.dumps(dict(page.hosted)))
    return [f'<script src="{src}" data-root="{html.escape(release)}" data-hosts="{hosts}"></script>']


def _tailwind(page: PageInput) -> list[str]:
    """A script of ours blocks, so that nothing is shown unstyled; one of a CDN must not hold up the app."""
    address = page.tailwind
    own = page.template is not None and page.template.sets_tailwind
    settings = [f'<script src="{static_module("tailwind.js").address}"></script>'] if own else []
    if not address:
        return settings
    how = "" if address.startswith("/") else 'type="module" async '
    return [*settings, f'<script {how}src="{html.escape(address)}"></script>']


def _mount_script(page: PageInput, specifiers: list[str]) -> list[str]:
    if not specifiers:
        return []
    mounts = dict.fromkeys(page.roots, "default") if page.mounts is None else page.mounts
    imports, pairs = [], []
    for number, (root, specifier) in enumerate(zip(page.roots, specifiers, strict=True), 1):
        export = mounts.get(root)
        what = "import" if export is None else f"import * as V{number} from"
        imports.append(f"{what} {script_json(specifier)};")
        if export is not None:
            named = "" if export == "default" else f", {script_json(export)}"
            pairs.append(f"[{script_json(root.removeprefix('/'))}, V{number}{named}]")
    lines = [*imports, f"mount({script_json(page.app_slug)}, [{', '.join(pairs)}]);"] if pairs else imports
    lead = [f'import {{ mount }} from "{static_module("mount.js").address}";'] if pairs else []
    return ['<script type="module">', *lead, *lines, "</script>"]
