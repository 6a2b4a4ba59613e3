"""The Sass of apps, as a deploy has it: what is to be had is compiled, what isn't is told."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from asking import deploy, get, js, jsx, text
from fake_registry import REGISTRY, FakeRegistry, pack, require_esbuild, require_sass
from fakes import make_app, open_database

from vibes_trio.compilers.choose import open_compiler
from vibes_trio.config import Config, Limits
from vibes_trio.errors import FetchFailed
from vibes_trio.modules.sass_home import SassHome
from vibes_trio.outbound import Outbound, open_outbound

ENTRY = re.compile(rb'(?:from|import) "(?:\./)?(~~built~~/[^"]+)"')
MANIFEST = text("/package.json", '{"dependencies": {"looks": "^1.0.0"}}')


@pytest.fixture
def registry() -> FakeRegistry:
    registry = FakeRegistry()
    files = {
        "package.json": '{"name": "looks"}',
        "scss/_looks.scss": "$wide: 7px !default; .looks { width: $wide; background: url(../dot.svg) }",
        "dot.svg": "<svg/>",
    }
    registry.add("looks", "1.2.0", pack(files))
    return registry


@pytest.fixture
async def sass_app(tmp_path: Path, registry: FakeRegistry):
    """An app with a real esbuild and a real Sass."""
    limits = Limits(fetch_tries=1)
    config = Config(tmp_path, limits=limits, sass=require_sass())
    db = open_database(tmp_path)
    async with (
        open_compiler(limits, require_esbuild(), tmp_path) as compiler,
        open_outbound(REGISTRY, limits, {}, registry.transport) as outbound,
    ):

        async def get() -> Outbound:
            return outbound

        yield make_app(db, compiler=compiler, sass_home=SassHome(get, config))
    db.close()


APP = jsx("/App.jsx", 'import "./a.scss"; export default () => <p className="looks" />')


async def built(app, reply) -> str:
    """Return the script that the page of a release runs."""
    page = (await get(app, "/")).body
    entry = ENTRY.search(page)[1].decode()
    return (await get(app, f"/~{reply['fsId']}~/{entry}")).body.decode()


async def test_sheets_of_packages_are_compiled_in_with_the_apps_own_values(sass_app):
    sheet = text("/a.scss", '@use "looks/scss/looks" with ($wide: 9px);')

    reply = await deploy(sass_app, MANIFEST, APP, sheet)

    assert "warnings" not in reply
    code = await built(sass_app, reply)
    assert "width: 9px" in code
    assert 'from "looks/dot.svg?url"' in code


async def test_what_is_wrong_is_told_with_its_place_and_the_page_goes_on(sass_app):
    sheet = text("/a.scss", "p {\n  color: $none;\n}")

    reply = await deploy(sass_app, APP, sheet)

    assert "/a.scss:2: Undefined variable." in reply["warnings"]
    code = await built(sass_app, reply)
    assert "vibes-notice" in code
    assert "looks" in code


async def test_a_name_that_the_app_does_not_want_is_asked_of_nobody(sass_app, registry):
    reply = await deploy(sass_app, MANIFEST, APP, text("/a.scss", '@use "mixins";'))

    assert "/a.scss:1: Can't find stylesheet to import." in reply["warnings"]
    assert registry.asked == []


async def test_a_package_that_is_not_to_be_had_is_told_and_tried_anew(sass_app, registry):
    manifest = text("/package.json", '{"dependencies": {"later": "1"}}')
    files = (manifest, APP, text("/a.scss", '@use "later/a";'))
    first = await deploy(sass_app, *files)
    registry.add("later", "1.0.0", pack({"package.json": "{}", "_a.scss": "p { color: teal }"}))

    reply = await deploy(sass_app, *files)

    assert any("the style sheets of 'later' are not to be had" in text for text in first["warnings"])
    assert "warnings" not in reply
    assert "color: teal" in await built(sass_app, reply)


async def test_without_a_compiler_it_is_told_why(sass_app, tmp_path):
    async def nobody() -> Outbound:
        raise FetchFailed("the registry is out of reach")

    app = replace(sass_app, sass_home=SassHome(nobody, Config(tmp_path)))

    reply = await deploy(app, APP, text("/a.scss", "p { a { x: y } }"))

    assert (
        "/a.scss: Sass is not compiled here, as its compiler can't be had (the registry is out of reach): write it as"
        " CSS, which can nest by now."
    ) in reply["warnings"]


async def test_settings_of_vite_stand_ahead_and_sheets_that_html_links_count(sass_app):
    html = '<link rel="stylesheet" href="./b.scss"><div id="root"></div><script type="module" src="./App.jsx"></script>'
    config = "export default { css: { preprocessorOptions: { scss: { additionalData: `$hue: teal;` } } } }"

    reply = await deploy(
        sass_app,
        APP,
        text("/index.html", html),
        js("/vite.config.js", config),
        text("/a.scss", "p { color: $hue }"),
        text("/b.scss", "b { i { color: $hue } }"),
    )

    page = (await get(sass_app, "/")).body.decode()
    assert "~~built~~/linked.css" in page
    entries = [entry.decode() for entry in ENTRY.findall(page.encode())]
    served = ""
    for entry in entries:
        served += (await get(sass_app, f"/~{reply['fsId']}~/{entry}")).body.decode()
    assert "p {\\n  color: teal;" in served
    assert "b i {\\n  color: teal;" in served


OF_PACKAGE = jsx("/App.jsx", 'import "looks/scss/_looks.scss"; export default () => <p className="looks" />')


async def test_a_sheet_of_a_package_that_a_script_imports_is_compiled(sass_app):
    """With what the settings put ahead, and with the package's files at their addresses."""
    config = "export default { css: { preprocessorOptions: { scss: { additionalData: `$wide: 5px;` } } } }"

    reply = await deploy(sass_app, MANIFEST, OF_PACKAGE, text("/vite.config.js", config))

    code = await built(sass_app, reply)
    assert not any("looks" in warning for warning in reply.get("warnings", ()))
    assert "width: 5px" in code
    assert 'from "looks/dot.svg?url"' in code
    assert 'import "looks/scss/_looks.scss"' not in code


async def test_without_a_compiler_such_a_package_has_its_own_css(sass_app, tmp_path):
    async def nobody() -> Outbound:
        raise FetchFailed("the registry is out of reach")

    app = replace(sass_app, sass_home=SassHome(nobody, Config(tmp_path)))

    reply = await deploy(app, MANIFEST, OF_PACKAGE)
    without = await built(app, reply)
    reply_with = await deploy(sass_app, MANIFEST, OF_PACKAGE)

    (warning,) = (warning for warning in reply["warnings"] if "own CSS" in warning)
    assert warning.startswith(
        'import "looks/scss/_looks.scss": the package\'s own CSS is taken, as its Sass is not compiled here:'
    )
    assert "/~npm/" not in warning
    assert 'import "looks/scss/_looks.scss"' in without
    assert "width: 7px" in await built(sass_app, reply_with)
