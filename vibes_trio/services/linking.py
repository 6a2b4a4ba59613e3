"""How the modules of an app reach each other, and the page that loads them: here for small apps, beside for large.

Both cost microseconds per import, and an app may have thousands.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import msgspec

from vibes_trio.beside.pool import Packed, Question
from vibes_trio.config import Limits
from vibes_trio.content.import_map import ImportMap, build_import_map
from vibes_trio.content.links import AppModule, Links, link_modules
from vibes_trio.content.page import PageInput, render_page
from vibes_trio.context import App
from vibes_trio.errors import TooLarge
from vibes_trio.exchange import UserId
from vibes_trio.wire.base import encode


@dataclass(frozen=True, slots=True)
class MapInput:
    """What an import map is made of: see `build_import_map`."""

    specifiers: tuple[str, ...]
    versions: Mapping[str, str | None]
    fp_version: str
    imports: Mapping[str, str] = field(default_factory=dict)
    scopes: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    needed: tuple[str, ...] | None = None
    asks: bool = True


def check_imports(modules: Sequence[AppModule], limits: Limits) -> None:
    """Refuse modules that import more than can be linked, all together.

    Raises:
        TooLarge: they do.
    """
    imports = sum(len(module.imports) + len(module.dynamic) for module in modules)
    if imports > limits.max_links:
        raise TooLarge(
            f"The modules have {imports} imports; at most {limits.max_links} are linked.",
            limit="max_links",
            value=limits.max_links,
        )


async def link(app: App, user: UserId, modules: Sequence[AppModule]) -> Links:
    """Return `link_modules` of *modules*, which *user* deploys.

    Raises:
        TooLarge: the import map would be.
    """
    texts = sum(len(m.name) + sum(map(len, m.imports)) + sum(map(len, m.dynamic)) for m in modules)
    if texts <= app.config.limits.linked_here_chars:
        return link_modules(modules)
    return _links_decoder.decode((await app.beside.ask(Question("link"), encode(modules), user)).text)


async def make_map(app: App, user: UserId, given: MapInput) -> ImportMap:
    """Return `build_import_map` of *given*. Raises as `link`."""
    texts = sum(map(len, given.specifiers))
    if (
        texts + sum(map(_chars, (given.imports, *given.scopes.values())))
        <= app.config.limits.linked_here_chars
    ):
        return _build(given)
    return _map_decoder.decode((await app.beside.ask(Question("map"), encode(given), user)).text)


async def write_page(app: App, page: PageInput) -> bytes:
    """Return `render_page` of *page*."""
    texts = sum(map(_chars, (page.imports, page.files, page.env, *page.scopes.values())))
    if texts <= app.config.limits.rendered_here_chars:
        return render_page(page)
    packed = await app.beside.ask(Question("page"), encode(page), UserId(page.app_slug))
    (text,) = packed.parts
    return text


def _chars(texts: Mapping[str, str]) -> int:
    return sum(map(len, texts)) + sum(map(len, texts.values()))


# -- beside -----------------------------------------------------------------------------------------------

_modules_decoder = msgspec.json.Decoder(tuple[AppModule, ...])
_links_decoder = msgspec.json.Decoder(Links)
_input_decoder = msgspec.json.Decoder(MapInput)
_map_decoder = msgspec.json.Decoder(ImportMap)
_page_decoder = msgspec.json.Decoder(PageInput)


def link_beside(about: bytes, limits: Limits) -> Packed:
    """Answer `link`."""
    return _short(encode(link_modules(_modules_decoder.decode(about))), limits)


def map_beside(about: bytes, limits: Limits) -> Packed:
    """Answer `make_map`."""
    return _short(encode(_build(_input_decoder.decode(about))), limits)


def page_beside(about: bytes, limits: Limits) -> Packed:
    """Answer `write_page`."""
    return Packed(b"null", (render_page(_page_decoder.decode(about)),))


def _build(given: MapInput) -> ImportMap:
    return build_import_map(
        given.specifiers,
        given.versions,
        given.fp_version,
        imports=given.imports,
        scopes=given.scopes,
        needed=given.needed,
        asks=given.asks,
    )


def _short(text: bytes, limits: Limits) -> Packed:
    """Return *text* packed, if it is short enough to be taken apart in the event loop.

    Raises:
        TooLarge: it is not.
    """
    if len(text) > limits.max_map_bytes:
        raise TooLarge(
            f"The import map of the app has more than {limits.max_map_bytes} bytes.",
            limit="max_map_bytes",
            value=limits.max_map_bytes,
        )
    return Packed(text)
