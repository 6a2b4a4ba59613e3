"""Packages after a deploy: built by a job, noted with the release, told of in replies, loaded by the page."""

import contextlib
import json
import re
from dataclasses import replace

import pytest
import trio
from asking import deploy, get, jsx
from msgspec.structs import replace as replace_struct

from vibes_trio.background.worker import run_worker
from vibes_trio.config import Limits
from vibes_trio.content.vibes_modules import FIREPROOF
from vibes_trio.errors import FetchFailed
from vibes_trio.jobs import BuildModules, Jobs, Sweep
from vibes_trio.modules.build import Built
from vibes_trio.modules.lock import Lock, Package
from vibes_trio.modules.page_files import PAGE_FILES
from vibes_trio.modules.store import open_store
from vibes_trio.services.packages import find_wanted, module_warnings
from vibes_trio.services.releases import Extras
from vibes_trio.services.upkeep import sweep

MAP = re.compile(rb'<script type="importmap">(.*?)</script>', re.DOTALL)
CODE = 'import a from "clsx";\nimport b from "zod";\nexport default () => null;\n'
PACKAGE = Package(name="clsx", version="2.0.0", integrity="sha512-", tarball="https://public.test/c.tgz")


class FakeHome:
    """Builds `clsx` and nothing else. Its state: what it was asked for, and what it fails with."""

    def __init__(self, store) -> None:
        self.store = store
        self.asked = []
        self.error = None

    async def ensure(self, wanted, lock=None):
        self.asked.append(dict(wanted))
        if self.error is not None:
            raise self.error
        address = "/~esm/clsx@2.0.0/~abc"
        self.store.put(Built(address, "key", b"export default 1", ()), "recipe")
        made = Lock(
            packages={"clsx@2.0.0": PACKAGE}, shared={"clsx": "clsx@2.0.0"}, modules={"clsx": address}
        )
        return made, {s: "it is broken" for s in wanted if s != "clsx"}


@pytest.fixture
def home(tmp_path):
    store = open_store(tmp_path / "store", Limits())
    for file in PAGE_FILES:
        store.put_file(file.address, b"", file.content_type)
    return FakeHome(store)


@pytest.fixture
def app(app, home):
    return replace(app, modules=home.store, home=home)


async def run_jobs(app):
    """Run what waits for building, and leave the queue open."""
    jobs = replace(app, jobs=Jobs(app.config.limits.jobs_waiting))
    with contextlib.suppress(trio.WouldBlock):
        while True:
            jobs.jobs.add(app.jobs.receive[BuildModules].receive_nowait())
    jobs.jobs.close()
    await run_worker(jobs, BuildModules)


async def imports_of(app, path="/"):
    page = await get(app, path)
    return json.loads(MAP.search(page.body)[1])["imports"], dict(page.headers)["cache-control"]


async def test_first_the_page_uses_the_cdn_then_what_was_built(app, home):
    reply = await deploy(app, jsx(content=CODE))
    release = f"/~{reply['fsId']}~/"
    before, kept_before = await imports_of(app, release)

    await run_jobs(app)

    after, kept = await imports_of(app, release)
    assert reply["warnings"] == [
        "packages: loaded from the CDN until they are built on this server: clsx, zod"
    ]
    assert before["clsx"].startswith("https://esm.sh/clsx")
    assert after["clsx"] == "/~esm/clsx@2.0.0/~abc"
    assert after["zod"] == before["zod"]
    assert home.asked == [{"clsx": "latest", "zod": "latest"}]
    assert "immutable" not in kept_before, "it will be another page soon"
    assert "immutable" in kept
    assert (await get(app, after["clsx"])).body == b"export default 1"


async def test_a_deploy_of_the_same_files_tells_the_outcome_and_builds_nothing_again(app, home):
    await deploy(app, jsx(content=CODE))
    await run_jobs(app)

    reply = await deploy(app, jsx(content=CODE))
    await run_jobs(app)

    assert reply["warnings"] == ["import 'zod': stays at the CDN: it is broken"]
    assert len(home.asked) == 1


async def test_a_build_that_failed_as_a_whole_is_told_and_tried_again_by_the_sweep(app, home):
    home.error = FetchFailed("the registry is down")
    await deploy(app, jsx(content=CODE))
    await run_jobs(app)
    reply = await deploy(app, jsx(content=CODE))
    await run_jobs(app)
    home.error = None

    await sweep(app, Sweep())
    await run_jobs(app)

    imports, _ = await imports_of(app)
    assert "(the registry is down): clsx, zod" in reply["warnings"][0]
    assert imports["clsx"] == "/~esm/clsx@2.0.0/~abc"
    assert len(home.asked) == 3


async def test_an_app_without_packages_has_nothing_built(app, home):
    reply = await deploy(app, jsx())
    await run_jobs(app)

    assert home.asked == []
    assert "warnings" not in reply


async def test_without_local_modules_nothing_is_built_or_told(app, home):
    app = replace(app, home=None, modules=None)

    reply = await deploy(app, jsx(content=CODE))
    await run_jobs(app)

    assert home.asked == []
    assert "warnings" not in reply


async def test_a_module_that_was_lost_is_loaded_from_the_cdn(app, tmp_path):
    await deploy(app, jsx(content=CODE))
    await run_jobs(app)

    empty = replace(app, modules=open_store(tmp_path / "empty", Limits()))

    imports, _ = await imports_of(empty)
    assert imports["clsx"].startswith("https://esm.sh/clsx")


def test_what_is_wanted_is_read_from_the_addresses_of_the_map():
    imports = {
        "d3": "https://esm.sh/d3@7.9.0",
        "d3@5": "https://esm.sh/d3@5",
        "@s/a@^2/part": "https://esm.sh/@s/a@^2/part",
        "call-ai": "https://esm.sh/call-ai@v0.14.5",
        "@fireproof/use-fireproof": "https://esm.sh/@fireproof/use-fireproof@0.24.8-dev-test-device-id?deps=react@19",
        "react-hot-toast": "https://esm.sh/react-hot-toast?deps=react@19.2.1",
        "use-vibes": "/dist/use-vibes.js",
    }

    wanted, not_local = find_wanted(imports, tuple(imports))

    assert wanted == {
        "d3": ("d3", "7.9.0"),
        "@s/a@^2/part": ("@s/a/part", "^2"),
        "call-ai": ("call-ai", "0.14.5"),
        "@fireproof/use-fireproof": ("@fireproof/use-fireproof", "0.24.19"),
        "react-hot-toast": ("react-hot-toast", "latest"),
    }
    assert not_local == {
        "d3@5": "the app imports another version of d3 as well",
        "use-vibes": "its address is no package's",
    }


def test_notes_on_what_the_database_brings_along_are_not_told():
    part = Package(name="part", version="1.0.0", integrity="", tarball="")
    database = replace_struct(part, name=FIREPROOF, uses={"part": "part@1.0.0"})
    lock = Lock(
        packages={"database": database, "part@1.0.0": part},
        shared={FIREPROOF: "database"},
        notes=("part@1.0.0 asks for react ^18; the page has 19", "part@1.0.01 asks for react ^18"),
    )

    assert module_warnings(Extras(packages=("x",), lock=lock)) == ("part@1.0.01 asks for react ^18",)


async def test_an_app_of_the_platform_s_packages_has_the_database_built(app, home):
    source = 'import { useFireproof } from "use-fireproof";\nimport { ImgVibes } from "img-vibes";\n'
    source += 'import { callAI } from "call-ai";\nexport default () => null;\n'

    reply = await deploy(app, jsx(content=source))
    await run_jobs(app)

    assert home.asked == [{"@fireproof/use-fireproof": "0.24.19"}]
    assert not [text for text in reply["warnings"] if "img-vibes" in text or "call-ai" in text]


def test_an_app_of_react_alone_is_not_warned():
    assert module_warnings(Extras(packages=("react", "react/jsx-runtime"))) == ()
    (warning,) = module_warnings(Extras(packages=("react", "d3")))
    assert warning.endswith(": d3")
