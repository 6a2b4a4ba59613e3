"""Filling the memory cache, and sweeping."""

from dataclasses import replace

import pytest
from asking import FakeCompiler, damage, deploy, get, jsx, rows, text
from fake_registry import REGISTRY, FakeRegistry, pack
from fakes import make_app

from vibes_trio.cache import AssetCache, NameCache
from vibes_trio.config import Limits
from vibes_trio.content.cid import calc_cid
from vibes_trio.jobs import RetryBuilds, Sweep, WarmAll, WarmRelease
from vibes_trio.modules.home import Home
from vibes_trio.modules.store.local import open_store
from vibes_trio.modules.store.page_files import FONTS, PAGE_FILES, TAILWIND, missing_files
from vibes_trio.outbound import open_outbound
from vibes_trio.services.upkeep import retry_builds, sweep, warm_all, warm_release
from vibes_trio.storage import apps, assets
from vibes_trio.storage.sqlite.engine import SqliteDatabase

KIB = 1024


@pytest.fixture
def app(app):
    """Room for more than ten app slugs."""
    return replace(app, config=replace(app.config, max_app_slugs=99))


def cold(app, cache_bytes=64 * KIB * KIB):
    """Return *app* as after a restart, with a memory cache of that size."""
    limits = replace(app.config.limits, cache_bytes=cache_bytes)
    return replace(
        app,
        config=replace(app.config, limits=limits),
        assets=AssetCache(cache_bytes),
        releases=NameCache(limits.cached_files),
    )


# -- warming ----------------------------------------------------------------------------------------------


async def test_a_warm_release_is_served_without_the_database(app, monkeypatch):
    await deploy(app, jsx(), text("/v.txt", "words"))
    warm = cold(app)

    await warm_release(warm, WarmRelease("garden", "ada"))

    def refuse(*args):
        raise AssertionError("the database was asked")

    monkeypatch.setattr(SqliteDatabase, "get", refuse)
    monkeypatch.setattr(SqliteDatabase, "read", refuse)
    assert (await get(warm, "/")).status == 200
    assert (await get(warm, "/v.txt")).body == b"words"


async def test_warming_what_is_not_there_does_nothing(app):
    await deploy(app, text("/v"), mode="dev")
    empty = cold(app)

    await warm_release(empty, WarmRelease("garden", "ada"))
    await warm_release(empty, WarmRelease("no", "body"))

    assert empty.assets.size_bytes == 0


async def test_all_live_releases_are_warmed_and_no_other(app):
    await deploy(app, text("/v", "old"))
    await deploy(app, text("/v", "live"))
    await deploy(app, text("/v", "dev"), mode="dev")
    await deploy(app, text("/v", "other"), appSlug="other")
    warm = cold(app)

    await warm_all(warm, WarmAll())

    held = [word for word in (b"old", b"live", b"dev", b"other") if warm.assets.get(calc_cid(word))]
    assert held == [b"live", b"other"]


async def test_the_youngest_are_warmed_first_and_only_as_far_as_the_cache_goes(app):
    for number in range(20):
        await deploy(app, text("/v", f"{number:02}" + "x" * KIB), appSlug=f"app-{number}")
        damage(
            app.db.path,
            "UPDATE Apps SET created = ? WHERE appSlug = ?",
            f"2026-01-01T00:00:{number:02}Z",
            f"app-{number}",
        )
    small = cold(app, cache_bytes=100 * KIB)
    asked = []
    put = small.assets.put
    small.assets.put = lambda key, content: (asked.append(key), put(key, content))

    await warm_all(small, WarmAll())

    warmed = [n for n in range(20) if small.assets.get(calc_cid(f"{n:02}{'x' * KIB}".encode()))]
    assert 0 < len(warmed) < 20
    assert warmed == list(range(20 - len(warmed), 20))
    assert small.assets.size_bytes <= 100 * KIB
    assert len(asked) < 60


@pytest.mark.parametrize(
    "sql",
    [
        "DELETE FROM Assets WHERE assetId = (SELECT json_extract(fileSystem, '$[#-1].assetId') FROM Apps"
        " WHERE appSlug = 'broken')",
        "UPDATE Apps SET fileSystem = '{' WHERE appSlug = 'broken'",
    ],
)
async def test_a_damaged_release_keeps_no_other_cold(app, sql):
    await deploy(app, text("/v", "whole"))
    await deploy(app, text("/v", "broken"), jsx(content='import "./x"; export default 1;'), appSlug="broken")
    damage(app.db.path, "UPDATE Apps SET created = '2099' WHERE appSlug = 'broken'")
    damage(app.db.path, sql)
    warm = cold(app)

    await warm_all(warm, WarmAll())

    assert warm.assets.get(calc_cid(b"whole")) == b"whole"


async def test_a_release_larger_than_the_cache_is_warmed_as_far_as_it_goes(app):
    names = [f"/{number:02}" for number in range(20)]
    await deploy(app, *[text(name, name + "x" * KIB) for name in names])
    small = cold(app, cache_bytes=12 * KIB)

    await warm_release(small, WarmRelease("garden", "ada"))

    held = [name for name in names if small.assets.get(calc_cid(f"{name}{'x' * KIB}".encode()))]
    assert held == names[: len(held)]
    assert 5 < len(held) < 10


# -- sweeping ---------------------------------------------------------------------------------------------


def with_max_apps(app, limit):
    return replace(app, config=replace(app.config, max_apps=limit))


def left(app):
    """Return which releases are left, as (mode, releaseSeq)."""
    return sorted((row[7], row[3]) for row in rows(app)["Apps"])


async def test_a_lowered_limit_evicts_the_oldest_dev_releases_and_never_production(app):
    for number, mode in enumerate(("dev", "production", "dev", "production", "dev")):
        await deploy(app, text("/v", str(number)), mode=mode)

    await sweep(with_max_apps(app, 3), Sweep())
    assert left(app) == [("dev", 5), ("production", 2), ("production", 4)]

    await sweep(with_max_apps(app, 1), Sweep())
    assert left(app) == [("production", 2), ("production", 4)]


async def test_users_within_the_limit_are_left_alone(app):
    await deploy(app, text("/v"), mode="dev")
    for number in range(3):
        await deploy(app, text("/v", str(number)), mode="dev", user="eve", userSlug="eve")

    await sweep(with_max_apps(app, 2), Sweep())

    assert sorted(row[2] for row in rows(app)["Apps"]) == ["ada", "eve", "eve"]


def at(app, seconds):
    """Return *app* at a later time."""
    db = SqliteDatabase(app.db.path, app.config.limits, now=lambda: app.now() + seconds, inline=True)
    db.open()
    return replace(app, db=db)


async def test_assets_that_nothing_refers_to_go_once_they_are_old(app):
    await deploy(app, text("/v", "gone"), mode="dev")
    await deploy(app, text("/v", "kept"))
    grace = app.config.limits.asset_grace_s
    young, old = at(with_max_apps(app, 1), grace - 1), at(with_max_apps(app, 1), grace + 1)

    await sweep(young, Sweep())
    kept = {row[0] for row in rows(app)["Assets"]}
    await sweep(old, Sweep())
    found = {row[0] for row in rows(app)["Assets"]}
    young.db.close()
    old.db.close()

    assert calc_cid(b"gone") in kept
    assert calc_cid(b"gone") not in found
    assert calc_cid(b"kept") in found


async def test_every_asset_of_a_release_survives_a_sweep(app):
    await deploy(app, jsx(content='import "./s.css"; import "./b";'), text("/s.css"), jsx("/b.jsx", "1;"))
    before = rows(app)
    old = at(app, 10 * app.config.limits.asset_grace_s)

    await sweep(old, Sweep())
    old.db.close()

    assert rows(app) == before


async def test_a_sweep_that_evicts_nothing_forgets_no_names(app):
    await deploy(app, text("/v"))
    await get(app, "/v")
    known = app.releases.get(("garden", "ada"), None)

    await sweep(app, Sweep())

    assert known is not None
    assert app.releases.get(("garden", "ada"), None) is known


async def test_an_asset_that_is_deployed_while_it_would_be_swept_is_there(app):
    """The look for it and the sweep come in either order; the deploy puts it again in its own transaction."""
    await deploy(app, text("/v", "words"), mode="dev")
    damage(app.db.path, "DELETE FROM Apps")
    old = at(app, 10 * app.config.limits.asset_grace_s)
    later = make_app(old.db, compiler=FakeCompiler())

    await sweep(old, Sweep())
    reply = await deploy(later, text("/v", "words"))
    await sweep(old, Sweep())
    found = old.db.points.get(assets.find_asset, calc_cid(b"words"))
    old.db.close()

    assert reply["type"] == "vibes.diy.res-ensure-app-slug"
    assert found == b"words"


async def test_a_sweep_that_finds_nothing_holds_up_no_writes(app, monkeypatch):
    await deploy(app, jsx(), text("/v.txt", "words"))
    swept = []
    monkeypatch.setattr(assets, "remove_garbage", lambda *args: swept.append(args))

    await sweep(app, Sweep())

    assert swept == []


# -- what every page loads ----------------------------------------------------------------------------------


@pytest.fixture
def registry():
    """Tailwind and the pages' font, as far as it goes."""
    registry = FakeRegistry()
    names = {(file.name, file.version) for file in PAGE_FILES}
    for name, version in names:
        files = {file.path: b"bytes" for file in PAGE_FILES if file.name == name}
        registry.add(name, version, pack(files))
    return registry


@pytest.fixture
async def lacking(app, registry, tmp_path):
    """A server whose store was made by an older version, and which has a registry now."""
    config = replace(app.config, data_dir=tmp_path, limits=Limits(fetch_tries=1))
    store = open_store(tmp_path, config.limits)
    async with open_outbound(REGISTRY, config.limits, {}, registry.transport) as outbound:

        async def get_outbound():
            return outbound

        yield replace(app, config=config, modules=store, home=Home(get_outbound, store, config))


async def test_a_sweep_fetches_what_every_page_loads_and_pages_follow_in_all_processes(lacking, registry):
    await deploy(lacking, jsx())
    before, version = await get(lacking, "/"), lacking.db.points.get(apps.get_releases_version)

    await retry_builds(lacking, RetryBuilds())
    fetched = list(registry.asked)
    after = await get(lacking, "/")
    await retry_builds(lacking, RetryBuilds())

    assert TAILWIND.address.encode() not in before.body
    assert TAILWIND.address.encode() in after.body
    assert lacking.db.points.get(apps.get_releases_version) == version + 1
    assert registry.asked == fetched


async def test_what_no_registry_gives_is_tried_again(lacking, registry, caplog):
    held = {path: registry.answers.pop(path) for path in list(registry.answers) if "inter" in path}
    version = lacking.db.points.get(apps.get_releases_version)

    with caplog.at_level("INFO"):
        await retry_builds(lacking, RetryBuilds())
    still_missing = missing_files(lacking.modules)
    registry.answers |= held
    await retry_builds(lacking, RetryBuilds())

    assert still_missing == list(FONTS.values())
    assert "pages lack Tailwind or their font: https://registry.test/@fontsource-variable" in caplog.text
    assert missing_files(lacking.modules) == []
    assert lacking.db.points.get(apps.get_releases_version) == version + 1
