"""The page of a release: its import map, its roots, what the server adds, and the app's own HTML if it has some."""

from collections.abc import Mapping
from urllib.parse import unquote

import msgspec
from msgspec.structs import replace

from vibes_trio.bundle.marks import BUILT, LINKED_STYLES
from vibes_trio.content.cid import calc_cid
from vibes_trio.content.import_map import only_needed
from vibes_trio.content.own_page import Template
from vibes_trio.content.page import CDN_TAILWIND, PageInput, render_other_page
from vibes_trio.content.policy import may_ask
from vibes_trio.content.vibes_modules import our_addresses, pinned_addresses
from vibes_trio.context import App
from vibes_trio.exchange import Cid
from vibes_trio.modules.build.bundle import is_stored, stored_closure
from vibes_trio.modules.store.local import CDN
from vibes_trio.modules.store.page_files import fonts_of, tailwind_of
from vibes_trio.services.fonts import answers_fonts
from vibes_trio.services.hosted import remote_addresses
from vibes_trio.services.hosted_at_run import answered_hosts
from vibes_trio.services.linking import write_page
from vibes_trio.services.packages import find_lacking
from vibes_trio.services.releases import ServedRelease, find_release, read_small, stored_map
from vibes_trio.services.replies import REVALIDATE, Content
from vibes_trio.services.waiting import find_missing
from vibes_trio.urls import EntryPoint

JSX_ROOT = "/~~transformed~~/"
OF_JSX = ("react/jsx-runtime", "react-dom/client")
_template_decoder = msgspec.json.Decoder(Template)


async def make_page(app: App, release: ServedRelease) -> Content:
    """Return the generated page; its tag is the CID of its text, as settings of the server are part of it.

    It holds keys and the env of the app: no page of another origin may read it, whatever its owner has opened.
    """
    template = await _read_template(app, release)
    tailwind, fonts = _page_files(app)
    if template is not None:
        # What the app's own HTML does not ask for would change how it looks.
        asks = template.has_tailwind or (release.extras.built is not None and release.extras.built.tailwind)
        tailwind, fonts = tailwind if asks else "", {}
    lacking = find_lacking(app.modules, release.extras)
    live = await is_live(app, release) if release.extras.routes else True
    key = ("page", release.app, release.fs_id, release.edition, tailwind, *fonts, lacking, live)
    body = app.assets.get(key)
    if body is None:
        imports, scopes = await stored_map(app, release)
        imports = _needed(app, release, imports, lacking)
        local = local_addresses(app, release, imports)
        body = await write_page(
            app,
            PageInput(
                app_slug=release.app,
                fs_id=release.fs_id,
                roots=_roots(release),
                mounts=_mounts(release),
                imports=imports,
                scopes=scopes,
                local=local,
                missing=find_missing(app, release, lacking),
                notes=release.extras.notes,
                files=_sources(release),
                env={**release.env, **app.config.app_env},
                title=release.title,
                preload=_preload(app, release, local),
                tailwind=tailwind,
                fonts=fonts,
                template=template,
                own_imports=release.extras.imports,
                remote=remote_addresses(app.modules, release.extras) if app.modules is not None else {},
                routes=release.extras.routes,
                live=live,
                names=() if live else _names(release),
                asks_for_fonts=bool(release.extras.fonts) and answers_fonts(app),
                reloads=release.mode == "dev",
                hosted=answered_hosts(app, release),
                quiet=app.config.page_errors == "off",
            ),
        )
        app.assets.put(key, body)
    return Content(body, "text/html", calc_cid(body), release.fs_id, REVALIDATE)


async def make_other_page(app: App, release: ServedRelease, name: str) -> Content:
    """Return the HTML file *name* of a site, one of `Extras.pages`, with this server's copies of what it loads."""
    template = await _find_template(app, Cid(release.extras.pages[name]), name)
    tailwind = _page_files(app)[0] if template.has_tailwind else ""
    remote = remote_addresses(app.modules, release.extras) if app.modules is not None else {}
    page = PageInput(
        app_slug=release.app,
        fs_id=release.fs_id,
        roots=(),
        imports={},
        tailwind=tailwind,
        template=template,
        remote=remote,
        asks_for_fonts=bool(release.extras.fonts) and answers_fonts(app),
        reloads=release.mode == "dev",
        hosted=answered_hosts(app, release),
    )
    body = render_other_page(page, template)
    return Content(body, "text/html", calc_cid(body), release.fs_id, REVALIDATE)


def _roots(release: ServedRelease) -> tuple[str, ...]:
    built = release.extras.built
    return (
        release.roots
        if built is None
        else tuple(dict.fromkeys(BUILT + name for name in built.entries.values()))
    )


def _mounts(release: ServedRelease) -> dict[str, str] | None:
    built = release.extras.built
    if built is None:
        return release.extras.mounts
    return {
        BUILT + built.entries[name]: export for name, export in built.mounts.items() if name in built.entries
    }


def _names(release: ServedRelease) -> tuple[str, ...]:
    """Return the paths that files of *release* answer at: by name, those of the public folder at the root as well."""
    public = release.extras.public
    shown = (name.removeprefix(public) for name in release.files if public and name.startswith(f"{public}/"))
    return tuple(dict.fromkeys((*release.files, *shown)))


def _sources(release: ServedRelease) -> Mapping[str, str]:
    """Return name as served → name of the source. Of a built app the source itself is what messages look into."""
    built = release.extras.built
    return release.sources if built is None else {name: name for name in built.sources}


def _preload(app: App, release: ServedRelease, local: Mapping[str, str]) -> tuple[str, ...]:
    """Return the addresses of React here, with all that it imports, if a module that was JSX is mounted."""
    is_react = (
        any(root.startswith(JSX_ROOT) for root in release.roots)
        if release.extras.built is None
        else OF_JSX[0] in release.extras.built.imports or bool(release.extras.built.mounts)
    )
    if app.modules is None or not is_react:
        return ()
    return stored_closure(app.modules, [local[name] for name in OF_JSX if name in local])


def _page_files(app: App) -> tuple[str, dict[str, str]]:
    """Return the address of Tailwind (empty: none is here) and those of the font's files."""
    if app.modules is None:
        return CDN_TAILWIND, {}
    return tailwind_of(app.modules), fonts_of(app.modules)


def local_addresses(app: App, release: ServedRelease, imports: Mapping[str, str]) -> dict[str, str]:
    """Return specifier → address that the page loads instead of the stored map's."""
    replaced = pinned_addresses(imports)
    if app.modules is not None:
        modules = release.extras.modules
        replaced |= app.modules.local_addresses(imports)
        replaced |= {s: address for s, address in modules.items() if is_stored(app.modules, address)}
    is_known = app.modules is not None and release.extras.ours is not None
    return replaced | our_addresses(release.extras.ours if is_known else None)


def _needed(
    app: App, release: ServedRelease, imports: Mapping[str, str], lacking: tuple[str, ...]
) -> dict[str, str]:
    """Return the entries of *imports*, a release's map, that its modules can ask for: of most of it none do.

    While something comes from the CDN all is needed: its modules import React and others by many names.
    """
    ours = release.extras.ours
    if app.modules is None or ours is None or (lacking and may_ask(app.config.page_hosts, CDN)):
        return dict(imports)
    of_app = {key: address for key, address in imports.items() if address.startswith("./")}
    named = release.extras.built.imports if release.extras.built is not None else ()
    return of_app | only_needed(imports, (*release.extras.packages, *ours, *named))


async def is_live(app: App, release: ServedRelease) -> bool:
    """Return whether *release* is the one that its app's address without an fsId shows."""
    shown = await find_release(app, EntryPoint(release.app, release.user, None, "/"))
    return shown is not None and shown.fs_id == release.fs_id


async def _read_template(app: App, release: ServedRelease) -> Template | None:
    """Return the app's own HTML; None: it has none.

    Raises:
        NotFound: it is not stored (a damaged database).
    """
    cid = Cid(release.extras.template_id)
    if not cid:
        return None
    template = await _find_template(app, cid, release.extras.html)
    built = release.extras.built
    if built is None or not built.linked:
        return template
    parts = (
        replace(part, value=BUILT + LINKED_STYLES) if unquote(part.value) in built.linked else part
        for part in template.parts
    )
    return replace(template, parts=tuple(parts))


async def _find_template(app: App, cid: Cid, name: str) -> Template:
    """Return the template of the HTML file *name*.

    Raises:
        NotFound: it is not stored (a damaged database).
    """
    return _template_decoder.decode(await read_small(app, cid, name))
