"""Deciding between local modules and the CDN, and filling the store."""

import re
from dataclasses import replace
from pathlib import Path

import httpx2
import pytest
from fake_registry import REGISTRY, FakeRegistry, pack, react_registry, require_esbuild, require_packages

from vibes_trio.config import Config, Limits
from vibes_trio.content.page_font import SUBSETS
from vibes_trio.errors import ConfigError
from vibes_trio.modules import prepare
from vibes_trio.modules.prepare import (
    BASE_MODULES,
    LACK,
    Prepared,
    Wanted,
    find_prepared,
    prepare_local_modules,
)
from vibes_trio.modules.store.local import JAVASCRIPT, WOFF2
from vibes_trio.modules.store.page_files import PAGE_FILES, PageFile, fonts_of, missing_files, tailwind_of
from vibes_trio.outbound import open_outbound

WANTED = (Wanted("core", "1.0.0", ("", "sub")), Wanted("view", "2.0.0", ("",)))
CORE = {"package.json": "{}", "index.js": "exports.a = 1", "sub.js": "exports.b = require('core').a"}
VIEW = {"package.json": '{"exports": {".": "./v.js"}}', "v.js": "export { a } from 'core'"}
ADDRESSES = ["/~esm/core@1.0.0", "/~esm/core@1.0.0/sub", "/~esm/view@2.0.0"]


@pytest.fixture
def registry() -> FakeRegistry:
    registry = FakeRegistry()
    registry.add("core", "1.0.0", pack(CORE))
    registry.add("view", "2.0.0", pack(VIEW))
    return registry


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return Config(tmp_path, modules="auto", esbuild=require_esbuild(), limits=Limits(fetch_tries=1))


async def prepare_with(
    config: Config, registry: FakeRegistry, wanted=WANTED, at=REGISTRY, files=()
) -> Prepared:
    async with open_outbound(at, config.limits, {}, registry.transport) as outbound:
        return await prepare_local_modules(config, outbound, wanted, files)


async def test_first_start_fetches_and_builds_and_later_ones_need_nothing(config, registry):
    first = await prepare_with(config, registry)

    assert first.note == "Modules: local, 3 modules fetched and built; no network needed from now on."
    assert [first.modules.find(address) is not None for address in ADDRESSES] == [True] * 3
    assert first.modules.record(ADDRESSES[2]).imports == ("/~esm/core@1.0.0",)

    offline = replace(config, esbuild="/nowhere/esbuild")
    later = await prepare_with(offline, FakeRegistry(), at=None)

    assert later.note == "Modules: local, 3 modules from the store; no network needed."
    assert [later.modules.find(a) for a in ADDRESSES] == [first.modules.find(a) for a in ADDRESSES]


async def test_cdn_leaves_everything_alone(config, registry):
    prepared = await prepare_with(replace(config, modules="cdn"), registry)

    assert prepared.modules is None
    assert "VIBES_MODULES=cdn" in prepared.note
    assert registry.asked == []
    assert list(config.data_dir.iterdir()) == []


def break_registry(registry: FakeRegistry) -> None:
    registry.answers["/core/1.0.0"] = httpx2.Response(503)


def break_package(registry: FakeRegistry) -> None:
    registry.add("core", "1.0.0", pack(CORE | {"index.js": "let = ="}))


def take_manifest(registry: FakeRegistry) -> None:
    registry.add("core", "1.0.0", pack({"index.js": ""}))


def take_entry(registry: FakeRegistry) -> None:
    registry.add("core", "1.0.0", pack({"package.json": "{}", "index.js": ""}))


OBSTACLES = {
    break_registry: "https://registry.test/core/1.0.0: status 503",
    break_package: 'core@1.0.0: esbuild: Unexpected "="',
    take_manifest: "core@1.0.0: it has no package.json",
    take_entry: "core@1.0.0: the package has no entry sub for browsers",
}


@pytest.mark.parametrize("obstacle", OBSTACLES)
async def test_auto_falls_back_to_the_cdn_and_says_why(config, registry, obstacle):
    obstacle(registry)

    prepared = await prepare_with(config, registry)

    assert prepared.modules is None
    assert prepared.note.startswith("Modules: pages load packages from the CDN, because ")
    assert OBSTACLES[obstacle] in prepared.note


@pytest.mark.parametrize("obstacle", OBSTACLES)
async def test_local_that_is_impossible_ends_the_start_and_says_why(config, registry, obstacle):
    obstacle(registry)

    with pytest.raises(ConfigError, match=re.escape(OBSTACLES[obstacle])):
        await prepare_with(replace(config, modules="local"), registry)


async def test_without_a_registry_auto_says_so(config, registry):
    prepared = await prepare_with(config, registry, at=None)

    assert "this server asks no package registry" in prepared.note


@pytest.mark.parametrize(
    ("esbuild", "words"),
    [("", "there is no esbuild"), ("/nowhere/esbuild", "VIBES_ESBUILD (/nowhere/esbuild)")],
)
async def test_without_esbuild_auto_says_how_to_get_it(tmp_path, monkeypatch, registry, esbuild, words):
    monkeypatch.setenv("PATH", str(tmp_path))

    prepared = await prepare_with(Config(tmp_path, modules="auto", esbuild=esbuild), registry)

    assert prepared.modules is None
    assert words in prepared.note
    assert "vibes-trio toolchain install" in prepared.note
    assert registry.asked == []


async def test_new_recipe_builds_anew_from_what_is_on_disk(config, registry, monkeypatch):
    await prepare_with(config, registry)
    monkeypatch.setattr(prepare, "RECIPE", "another")

    prepared = await prepare_with(config, FakeRegistry(), at=None)

    assert "fetched and built" in prepared.note
    assert prepared.modules.record(ADDRESSES[0]).recipe == "another"


async def test_new_recipe_that_can_not_be_followed_leaves_the_old_modules_in_use(
    config, registry, monkeypatch
):
    await prepare_with(config, registry)
    monkeypatch.setattr(prepare, "RECIPE", "another")

    prepared = await prepare_with(replace(config, esbuild="/nowhere/esbuild", modules="local"), registry)

    assert prepared.modules.find(ADDRESSES[0]) is not None
    assert "as built before" in prepared.note


async def test_missing_entry_is_added_to_a_store_that_has_the_others(config, registry):
    await prepare_with(config, registry, WANTED[:1])

    prepared = await prepare_with(config, registry)

    assert [prepared.modules.find(address) is not None for address in ADDRESSES] == [True] * 3
    assert registry.asked.count("/core/-/core-1.0.0.tgz") == 1


async def test_real_react_is_built_once_and_shared(config):
    """Sizes and names as measured: transforms-and-modules, section 3."""
    registry = react_registry()

    prepared = await prepare_with(config, registry, BASE_MODULES)

    store = prepared.modules
    client = store.record("/~esm/react-dom@19.2.1/client")
    assert set(client.imports) == {
        "/~esm/react@19.2.1", "/~esm/react-dom@19.2.1", "/~esm/scheduler@0.27.0",
    }  # fmt: skip
    assert store.record("/~esm/react-dom@19.2.1").imports == ("/~esm/react@19.2.1",)
    assert 170_000 < client.size < 190_000
    assert store.record("/~esm/react@19.2.1").size < 12_000
    assert b"useState" in store.find("/~esm/react@19.2.1").content
    assert b"@license React" in store.find("/~esm/react@19.2.1").content


# -- files that pages load as they are ------------------------------------------------------------------------

STYLER = PageFile("@look/styler", "1.2.3", "dist/all.js", JAVASCRIPT)
FACE = PageFile("face", "4.0.0", "files/face.woff2", WOFF2)
FILES = (STYLER, FACE)
BUILT = "Modules: local, 3 modules fetched and built; no network needed from now on."
STORED = "Modules: local, 3 modules from the store; no network needed."


@pytest.fixture
def full_registry(registry: FakeRegistry) -> FakeRegistry:
    registry.add("@look/styler", "1.2.3", pack({"dist/all.js": "style()"}))
    registry.add("face", "4.0.0", pack({"files/face.woff2": b"wOF2"}))
    return registry


async def test_first_start_fetches_files_of_pages_as_they_are(config, full_registry):
    prepared = await prepare_with(config, full_registry, files=FILES)

    found = prepared.modules.find("/~esm/@look/styler@1.2.3/dist/all.js")
    assert (found.content, found.content_type) == (b"style()", "application/javascript")
    assert prepared.modules.find(FACE.address).content_type == "font/woff2"
    assert prepared.note.endswith("fetched and built; no network needed from now on.")

    later = await prepare_with(config, FakeRegistry(), at=None, files=FILES)

    assert later.note == "Modules: local, 3 modules from the store; no network needed."


def take_file(registry: FakeRegistry) -> None:
    registry.add("face", "4.0.0", pack({"files/other.woff2": b"wOF2"}))


def break_hash(registry: FakeRegistry) -> None:
    registry.answers["/face/-/face-4.0.0.tgz"] = httpx2.Response(200, content=pack({"x": "y"}))


def forget_package(registry: FakeRegistry) -> None:
    del registry.answers["/face/4.0.0"]


GAPS = {
    take_file: "face@4.0.0: it has no files/face.woff2",
    break_hash: "face@4.0.0: the archive's sha512 is not the one announced",
    forget_package: "https://registry.test/face/4.0.0: status 404",
}


@pytest.mark.parametrize("gap", GAPS)
@pytest.mark.parametrize("mode", ["auto", "local"])
async def test_pages_do_without_a_file_that_is_not_to_be_had(config, full_registry, gap, mode):
    gap(full_registry)

    prepared = await prepare_with(replace(config, modules=mode), full_registry, files=FILES)

    assert prepared.note == f"{BUILT} {LACK}, because {GAPS[gap]}."
    assert missing_files(prepared.modules, FILES) == [FACE]


async def test_older_store_serves_without_a_registry_and_is_completed_with_one(config, full_registry):
    await prepare_with(config, full_registry)

    without = await prepare_with(config, FakeRegistry(), at=None, files=FILES)

    assert without.note.startswith(f"{STORED} {LACK}, because @look/styler@1.2.3: ")
    assert missing_files(without.modules, FILES) == list(FILES)

    completed = await prepare_with(config, full_registry, files=FILES)

    assert completed.note == STORED
    assert missing_files(completed.modules, FILES) == []


async def test_a_start_does_not_wait_for_files_alone(config, full_registry):
    await prepare_with(config, full_registry)

    prepared = await find_prepared(config, WANTED, FILES)

    assert prepared.note == f"{STORED} {LACK}."


async def test_real_page_files_are_those_that_pages_name(config):
    require_packages("@tailwindcss/browser", "@fontsource-variable/inter")

    prepared = await prepare_with(config, react_registry(), BASE_MODULES, files=PAGE_FILES)

    assert missing_files(prepared.modules) == []
    assert prepared.modules.record(tailwind_of(prepared.modules)).size == 287_024
    fonts = fonts_of(prepared.modules)
    assert tuple(fonts) == SUBSETS
    assert all(prepared.modules.find(address).content.startswith(b"wOF2") for address in fonts.values())
