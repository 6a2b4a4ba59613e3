"""Names that packages no longer export: an older major is taken or told, whatever was built before."""

import pytest
from built_packages import ensure, home_on, run
from fake_registry import FakeRegistry, pack

from vibes_trio.modules.resolve.suiting import tell_missing, tell_replaced
from vibes_trio.modules.resolve.wishes import Wishes

FREE = Wishes(names={"icons": ("Github", "Mail")}, free=frozenset({"icons"}))
PINNED = Wishes(names={"icons": ("Github",)})
REPLACED = (
    "import 'icons': Github is gone since icons 1: 0.9.0 is used instead of 2.0.0; write icons@0 to keep that"
)
MISSING = "import 'icons': icons 2.0.0 exports no Github; that is gone since icons 1: write icons@0"


@pytest.fixture
def registry(registry) -> FakeRegistry:
    """A registry with icons, of which newer majors have fewer; the names come from a package of their own."""
    for version, names in (
        ("0.5.0", "Github Mail Old"),
        ("0.9.0", "Github Mail"),
        ("1.0.0", "Mail"),
        ("2.0.0", "Mail"),
    ):
        code = "".join(f"export const {name} = '{name} {version}';" for name in names.split())
        registry.add("icons-core", version, pack({"package.json": "{}", "index.js": code}))
        registry.add(
            *("icons", version),
            pack({"package.json": "{}", "index.js": "export * from 'icons-core'"}),
            dependencies={"icons-core": version},
        )
    return registry


async def test_the_newest_older_major_that_has_the_names_is_taken_and_told(config, registry, tmp_path):
    store, lock, failed = await ensure(config, registry, "icons", wishes=FREE)

    assert failed == {}
    assert lock.shared["icons"] == "icons@0.9.0"
    assert lock.notes == (REPLACED,)
    assert run(store, lock, 'import { Github } from "icons"; console.log(Github)', tmp_path) == "Github 0.9.0"


async def test_a_version_that_somebody_asked_for_stays_and_is_told(config, registry):
    _, lock, _ = await ensure(
        config, registry, "icons@2.0.0", wishes=Wishes(names={"icons@2.0.0": ("Github",)})
    )
    _, newest, _ = await ensure(config, registry, "icons", wishes=PINNED)

    assert lock.shared["icons@2.0.0"] == "icons@2.0.0"
    assert newest.notes == (MISSING,)


async def test_who_imports_what_there_is_gets_the_newest(config, registry):
    wishes = Wishes(names={"icons": ("Mail",)}, free=frozenset({"icons"}))

    _, lock, _ = await ensure(config, registry, "icons", wishes=wishes)

    assert (lock.shared["icons"], lock.notes) == ("icons@2.0.0", ())


async def test_names_that_no_version_has_are_told_with_what_is_like_them(config, registry):
    wishes = Wishes(names={"icons": ("Mial", "default")}, free=frozenset({"icons"}))

    _, lock, failed = await ensure(config, registry, "icons", wishes=wishes)

    assert failed == {}
    assert lock.shared["icons"] == "icons@2.0.0"
    assert lock.notes == ("import 'icons': icons 2.0.0 exports no Mial, default; it has Mail for Mial",)


async def test_what_was_found_once_is_known_at_the_next_deploy(config, registry):
    async with home_on(config, registry) as home:
        assert await home.find_known({"icons": "latest"}, FREE) is None
        made, _ = await home.ensure({"icons": "latest"}, wishes=FREE)

        known = await home.find_known({"icons": "latest"}, FREE)
        other = await home.find_known({"icons": "latest"}, Wishes(names={"icons": ("Mail",)}))
        told = await home.find_known({"icons": "latest"}, PINNED)

    assert known == made
    assert other.shared["icons"] == "icons@2.0.0"
    assert (told.shared["icons"], told.notes) == ("icons@2.0.0", (MISSING,))


async def test_older_majors_are_looked_at_though_the_newest_is_here_already(config, registry):
    async with home_on(config, registry) as home:
        await home.ensure({"icons": "latest"}, wishes=Wishes(names={"icons": ("Mail",)}))

        assert await home.find_known({"icons": "latest"}, FREE) is None
        assert await home.look_ahead({"icons": "latest"}, FREE) == ((), {})
        made, _ = await home.ensure({"icons": "latest"}, wishes=FREE)

    assert (made.shared["icons"], made.notes) == ("icons@0.9.0", (REPLACED,))


async def test_names_that_no_major_has_are_looked_for_once(config, registry):
    wishes = Wishes(names={"icons": ("Mial",)}, free=frozenset({"icons"}))

    async with home_on(config, registry) as home:
        await home.ensure({"icons": "latest"}, wishes=Wishes(names={"icons": ("Mail",)}))
        await home.ensure({"icons": "latest"}, wishes=wishes)
        registry.answers.clear()

        known = await home.find_known({"icons": "latest"}, wishes)

    assert known.notes == ("import 'icons': icons 2.0.0 exports no Mial; it has Mail for Mial",)


async def test_without_a_registry_what_is_known_is_taken_and_told(config, registry):
    wishes = Wishes(names={"icons": ("Mial",)}, free=frozenset({"icons"}))
    async with home_on(config, registry) as home:
        await home.ensure({"icons": "latest"}, wishes=Wishes(names={"icons": ("Mail",)}))

    async with home_on(config, None) as home:
        made, failed = await home.ensure({"icons": "latest"}, wishes=wishes)

    assert failed == {}
    assert made.notes == ("import 'icons': icons 2.0.0 exports no Mial; it has Mail for Mial",)


async def test_a_look_ahead_tells_what_is_known_of_names_and_what_is_not_there(config, registry):
    async with home_on(config, registry) as home:
        await home.ensure({"icons": "latest"}, wishes=FREE)

        notes, failed = await home.look_ahead({"icons": "latest", "gone": "latest"}, FREE)

    assert notes == (REPLACED,)
    assert list(failed) == ["gone"]


async def test_all_parts_of_a_package_are_of_one_major(config, registry):
    for version, names in (("1.0.0", "a b"), ("2.0.0", "a")):
        code = "".join(f"export const {name} = 1;" for name in names.split())
        registry.add(
            "kit", version, pack({"package.json": "{}", "index.js": code, "part.js": "export const p = 1"})
        )
    wishes = Wishes(names={"kit": ("b",), "kit/part.js": ("p",)}, free=frozenset({"kit", "kit/part.js"}))

    _, lock, _ = await ensure(config, registry, "kit/part.js", "kit", wishes=wishes)

    assert lock.shared["kit"] == "kit@1.0.0"
    assert all("kit@1.0.0" in address for address in lock.modules.values())


def test_words_are_short_however_many_names_are_missing():
    many = [f"Name{number}" for number in range(100)]

    assert len(tell_missing("x", "x", "2.0.0", many, "1.0.0", [])) < 200
    assert "and 95 more are gone since x 2" in tell_replaced("x", "x", "2.0.0", "1.0.0", many)
    assert "in braces" in tell_missing("x", "x", "2.0.0", ["default"], "", ["a"])
