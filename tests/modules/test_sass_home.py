"""Sass is fetched when an app needs it, once, and so are the style sheets of packages."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import trio
from fake_registry import REGISTRY, FakeRegistry, integrity_of, pack

from vibes_trio.compilers.sass import SASS_VERSION, sass_folder
from vibes_trio.config import Config, Limits
from vibes_trio.errors import FetchFailed, ModuleFailed
from vibes_trio.modules.registry import sass_tool
from vibes_trio.modules.registry.sass_tool import sass_platform
from vibes_trio.modules.sass_home import SassHome
from vibes_trio.outbound import Outbound, open_outbound

SHEETS = {
    "package.json": '{"name": "looks"}',
    "scss/_a.scss": "$a: 1;",
    "b.sass": "$b: 2",
    "dist/c.css": "p {}",
    "dist/c.js": "export {}",
    "dot.svg": "<svg/>",
}
TOOL = {f"dart-sass/src/{name}": name for name in ("dart", "sass.snapshot", "LICENSE")}


@pytest.fixture
def registry(monkeypatch) -> FakeRegistry:
    registry, archive, key = FakeRegistry(), pack(TOOL), sass_platform()
    registry.add(f"sass-embedded-{key}", SASS_VERSION, archive)
    monkeypatch.setattr(sass_tool, "SASS_SHA512", {key: integrity_of(archive).removeprefix("sha512-")})
    registry.add("looks", "1.0.0", pack(SHEETS))
    registry.add("looks", "2.0.0", pack(SHEETS | {"scss/_new.scss": ""}))
    return registry


@pytest.fixture
async def home(tmp_path: Path, registry: FakeRegistry) -> AsyncIterator[SassHome]:
    limits = Limits(fetch_tries=1, sass_sheet_bytes=30)
    async with open_outbound(REGISTRY, limits, {}, registry.transport) as outbound:

        async def get() -> Outbound:
            return outbound

        yield SassHome(get, Config(tmp_path, limits=limits))


async def test_the_compiler_is_fetched_once_however_many_want_it(home, registry, tmp_path):
    commands = []

    async def want() -> None:
        commands.append((await home.tool()).command)

    async with trio.open_nursery() as nursery:
        for _ in range(3):
            nursery.start_soon(want)

    assert len(set(commands)) == 1
    assert commands[0][0] == str(sass_folder(tmp_path) / "dart")
    assert len([path for path in registry.asked if path.endswith(".tgz")]) == 1


async def test_one_that_is_named_is_not_fetched(tmp_path):
    async def never() -> Outbound:
        raise AssertionError("nobody is asked")

    home = SassHome(never, Config(tmp_path, sass="/opt/sass"))

    assert (await home.tool()).command == ("/opt/sass", "--embedded")


async def test_sheets_of_a_package_are_those_of_the_version_that_is_wanted(home):
    old, new = await home.sheets("looks", "^1"), await home.sheets("looks", "")

    assert (old.key, new.key) == ("looks@1.0.0", "looks@2.0.0")
    assert set(old.sheets) == {"scss/_a.scss", "b.sass", "dist/c.css"}
    assert old.files == set(SHEETS)
    assert old.manifest == SHEETS["package.json"].encode()
    assert "scss/_new.scss" in new.sheets


async def test_packages_that_are_not_there_or_have_too_much_are_told(home, registry):
    registry.add("vast", "1.0.0", pack({"a.css": "p { color: red }" * 3}))

    with pytest.raises(FetchFailed, match="the package registry has none of that name"):
        await home.sheets("nowhere", "")
    with pytest.raises(ModuleFailed, match=r"vast@1.0.0: .* \(sass_sheet_bytes\)"):
        await home.sheets("vast", "")
    with pytest.raises(ModuleFailed, match="is no range"):
        await home.sheets("looks", "git+ssh://x")


async def test_who_waits_too_long_is_told(tmp_path, autojump_clock):
    async def never() -> Outbound:
        await trio.sleep_forever()
        raise AssertionError

    home = SassHome(never, Config(tmp_path))

    with pytest.raises(FetchFailed, match=r"^Sass did not come within 30 s$"):
        await home.tool()
    with pytest.raises(FetchFailed, match=r"^looks did not come within 30 s$"):
        await home.sheets("looks", "")
