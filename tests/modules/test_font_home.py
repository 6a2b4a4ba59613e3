"""Families are fetched as packages are, once, and what can't be had is remembered for a while."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest
import trio
import trio.testing
from fake_registry import REGISTRY, FakeRegistry
from font_packages import add_fonts

from vibes_trio.config import Config, Limits
from vibes_trio.content.font_addresses import WantedFont
from vibes_trio.modules.carry import collect_unused, export_store, import_store
from vibes_trio.modules.font_home import FontHome
from vibes_trio.modules.store.fonts import find_font, font_addresses
from vibes_trio.modules.store.local import LocalModules, open_store
from vibes_trio.outbound import Outbound, open_outbound

ALPHA, BETA, NOPE = WantedFont("Alpha Sans"), WantedFont("Beta"), WantedFont("Nope")
NONE: frozenset[str] = frozenset()


@pytest.fixture
def registry() -> FakeRegistry:
    return add_fonts(FakeRegistry())


@pytest.fixture
def store(tmp_path: Path) -> LocalModules:
    return open_store(tmp_path, Limits())


@pytest.fixture
async def home(tmp_path: Path, registry: FakeRegistry, store: LocalModules) -> AsyncIterator[FontHome]:
    limits = Limits(fetch_tries=1)
    async with open_outbound(REGISTRY, limits, {}, registry.transport) as outbound:

        async def get() -> Outbound:
            return outbound

        yield FontHome(get, store, Config(tmp_path, limits=limits))


async def test_families_are_fetched_from_whichever_package_has_them(home, store):
    assert await home.fetch([ALPHA, BETA]) == {}

    assert "@fontsource-variable/alpha-sans@5.0.0" in find_font(store, "alpha-sans", NONE).faces[0].file
    assert "@fontsource/beta@5.2.0" in find_font(store, "beta", NONE).faces[0].file


async def test_what_is_kept_is_not_asked_for_again(home, registry):
    await home.fetch([ALPHA])
    asked = len(registry.asked)

    assert home.begin([ALPHA]) == []
    assert await home.fetch([ALPHA]) == {}
    assert len(registry.asked) == asked


async def test_one_that_is_nowhere_fails_alone_and_is_remembered(home, store, autojump_clock):
    failed = await home.fetch([NOPE, BETA])

    assert failed == {"Nope": "the registry has no package @fontsource/nope"}
    assert find_font(store, "beta", NONE) is not None
    assert home.begin([NOPE]) == []
    assert "no package" in home.why_failed("nope")
    await trio.sleep(Limits().font_retry_s)
    assert home.why_failed("nope") == ""
    assert home.begin([NOPE]) == [NOPE]


async def test_who_deploys_it_again_has_it_tried_again(home):
    await home.fetch([NOPE])

    home.forgive([NOPE, ALPHA])

    assert home.begin([NOPE]) == [NOPE]


async def test_what_is_refused_is_remembered_with_the_reason(home):
    home.refuse([ALPHA], "there is no room")

    assert home.begin([ALPHA]) == []
    assert home.why_failed("alpha-sans") == "there is no room"


async def test_a_registry_that_fails_is_told_as_it_is(home, registry):
    registry.answers["/@fontsource-variable%2Fnope"] = httpx2.Response(500)

    assert "status 500" in (await home.fetch([NOPE]))["Nope"]


async def test_who_waits_is_woken_by_success_and_failure(home):
    begun = home.begin([ALPHA, NOPE])
    woken = []

    async def wait(font: WantedFont) -> None:
        await home.wait([font])
        woken.append(font.name)

    async with trio.open_nursery() as nursery:
        for font in (ALPHA, NOPE):
            nursery.start_soon(wait, font)
        await trio.testing.wait_all_tasks_blocked()
        assert (begun, woken) == ([ALPHA, NOPE], [])
        assert home.begin([ALPHA]) == [], "it is under way"
        await home.fetch(begun)

    assert sorted(woken) == ["Alpha Sans", "Nope"]
    await home.wait([ALPHA])


async def test_remembered_failures_are_bounded(tmp_path, store, registry):
    limits = Limits(fetch_tries=1, failed_fonts=1)
    async with open_outbound(REGISTRY, limits, {}, registry.transport) as outbound:

        async def get() -> Outbound:
            return outbound

        home = FontHome(get, store, Config(tmp_path, limits=limits))
        await home.fetch([NOPE, WantedFont("Nada")])

    assert (home.why_failed("nope"), home.why_failed("nada")) != ("", "")
    assert home.why_failed("nope") == ""


async def test_fonts_travel_and_stay_with_the_store(tmp_path, home, store):
    await home.fetch([ALPHA, BETA])
    export_store(tmp_path / "modules", tmp_path / "all.tar")
    (tmp_path / "other").mkdir()

    import_store(tmp_path / "other" / "modules", tmp_path / "all.tar", Limits())
    collect_unused(tmp_path / "other" / "modules", font_addresses(["alpha-sans"]), [], 4e9)

    there = open_store(tmp_path / "other", Limits())
    font = find_font(there, "alpha-sans", NONE)
    assert all(there.find(face.file) is not None for face in font.faces)
    assert find_font(there, "beta", NONE) is None
