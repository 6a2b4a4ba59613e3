"""Files that an app asks module hosts for while it runs, answered from its release's packages. What pages do with it is
seen in `test_packaged_apps.py`."""

from dataclasses import replace

import pytest
from asking import deploy, get, jsx, text
from local_home import CODE, open_home, run_jobs

from vibes_trio.cache import AssetCache
from vibes_trio.config import Limits
from vibes_trio.modules.build.groups import file_address

SCRIPT = b"globalThis.clsx = 1"


@pytest.fixture
def home(tmp_path):
    home = open_home(tmp_path)
    home.zod = ""
    file = tmp_path / "clsx.js"
    file.write_bytes(SCRIPT)

    async def fetch_hosted(lock, key, path):
        address = file_address(key, lock.packages[key], "dist/clsx.js")
        if path.endswith("none.js"):
            return ""
        home.store.put_path(address, file, Limits())
        return address

    home.fetch_hosted = fetch_hosted
    return home


@pytest.fixture
def app(app, home):
    return replace(app, modules=home.store, home=home)


async def published(app, *more):
    """Publish an app with packages; return where its release is."""
    reply = await deploy(app, jsx(content=CODE), *more)
    await run_jobs(app)
    return f"/~{reply['fsId']}~"


@pytest.mark.parametrize(
    "path",
    ["unpkg.com/clsx@2.0.0/dist/clsx.js", "cdn.jsdelivr.net/npm/clsx@1/dist/clsx.js", "unpkg.com/clsx"],
)
async def test_the_file_is_that_of_the_package_that_the_release_has(app, path):
    release = await published(app)

    reply = await get(app, f"{release}/~~hosted~~/{path}")

    assert (reply.status, reply.body) == (200, SCRIPT)
    assert "javascript" in dict(reply.headers)["content-type"]


@pytest.mark.parametrize(
    "path",
    ["unpkg.com/other@1/x.js", "unpkg.com/clsx@2.0.0/none.js", "esm.sh/clsx", "example.org/x.js", ""],
)
async def test_what_the_release_does_not_have_is_not_found(app, path):
    release = await published(app)

    assert (await get(app, f"{release}/~~hosted~~/{path}")).status == 404


async def test_an_app_without_packages_has_none_of_their_files(app):
    reply = await deploy(app, text("/a.txt", "a"))

    assert (await get(app, f"/~{reply['fsId']}~/~~hosted~~/unpkg.com/clsx@2.0.0/x.js")).status == 404


async def test_a_process_that_reads_leaves_to_the_owner_what_is_not_there_yet(app):
    release = await published(app)

    reply = await get(replace(app, home=None), f"{release}/~~hosted~~/unpkg.com/clsx@2.0.0/dist/other.js")

    assert reply.for_owner


async def test_only_pages_with_packages_have_the_script_and_none_whose_hosts_are_open(app):
    release = await published(app)
    closed = await get(app, f"{release}/")
    config = replace(app.config, page_hosts=("*",))
    opened = await get(
        replace(app, config=config, assets=AssetCache(config.limits.cache_bytes)), f"{release}/"
    )
    plain = await deploy(app, jsx(content="export default () => null"))

    assert b"/hosted." in closed.body
    assert b"/hosted." not in opened.body
    assert b"/hosted." not in (await get(app, f"/~{plain['fsId']}~/")).body


async def test_style_sheets_and_workers_are_led_there_as_they_are_served(app):
    css = text("/a.css", '@import "https://unpkg.com/clsx@2.0.0/a.css";')
    release = await published(app, css)

    served = await get(app, f"{release}/a.css")

    assert served.body == f'@import "{release}/~~hosted~~/unpkg.com/clsx@2.0.0/a.css";'.encode()
