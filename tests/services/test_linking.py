"""Large apps are linked in a process beside, with the same outcome as small ones here."""

from dataclasses import replace

import pytest
from fakes import make_app

from vibes_trio.config import Limits
from vibes_trio.content.import_map import build_import_map
from vibes_trio.content.links import AppModule, link_modules
from vibes_trio.content.page import PageInput, render_page
from vibes_trio.errors import TooLarge
from vibes_trio.exchange import AppSlug, FsId, UserId
from vibes_trio.services.linking import MapInput, check_imports, link, make_map, write_page

ADA = UserId("ada")
BESIDE = replace(Limits(), linked_here_chars=0, rendered_here_chars=0)
MODULES = [
    AppModule("/a.jsx", "za", "jsx", ("./b", "./c.css", "react", "./none"), ("./b.js",), True),
    AppModule("/b.js", "zb", "js", ("/a",)),
    AppModule("/c.css", "zc"),
]


@pytest.mark.parametrize("limits", [Limits(), BESIDE], ids=["here", "beside"])
async def test_links_map_and_page_are_the_same_wherever_they_are_made(limits):
    app = make_app(limits=limits)
    expected = link_modules(MODULES)

    links = await link(app, ADA, MODULES)
    given = MapInput(links.bare, {"react": "1"}, "2", links.imports, links.scopes)
    import_map = await make_map(app, ADA, given)
    page = PageInput(AppSlug("garden"), FsId("z1"), links.roots, links.imports, links.scopes, env={"A": "é"})

    assert links == expected
    assert import_map == build_import_map(
        expected.bare, {"react": "1"}, "2", imports=expected.imports, scopes=expected.scopes
    )
    assert await write_page(app, page) == render_page(page)


async def test_an_import_map_that_is_too_long_is_refused():
    app = make_app(limits=replace(BESIDE, max_map_bytes=100))

    with pytest.raises(TooLarge, match="import map"):
        await link(app, ADA, MODULES)


def test_imports_of_all_modules_together_have_a_bound():
    check_imports(MODULES, replace(Limits(), max_links=6))

    with pytest.raises(TooLarge) as refused:
        check_imports(MODULES, replace(Limits(), max_links=5))

    assert refused.value.detail == {"limit": "max_links", "value": 5}
