"""Installing Dart Sass."""

import stat
import sysconfig
from pathlib import Path

import pytest
from fake_registry import REGISTRY, FakeRegistry, integrity_of, pack

from vibes_trio.compilers.sass import SASS_VERSION, find_sass, sass_folder
from vibes_trio.config import Limits
from vibes_trio.errors import FetchFailed, ModuleFailed
from vibes_trio.modules.registry import sass_tool
from vibes_trio.modules.registry.sass_hashes import SASS_SHA512, SASS_SHA512_VERSION
from vibes_trio.modules.registry.sass_tool import install_sass, sass_platform
from vibes_trio.outbound import open_outbound

LIMITS = Limits(fetch_tries=1)
FILES = {
    "dart-sass/sass": "#!/bin/sh",
    "dart-sass/src/dart": "a program",
    "dart-sass/src/sass.snapshot": "a snapshot",
    "dart-sass/src/LICENSE": "MIT",
    "dart": "another file",
}


def registry_with(monkeypatch, files: dict[str, str]) -> FakeRegistry:
    """Return a registry that has a Dart Sass for linux-x64, whose hash is the pinned one."""
    registry, archive = FakeRegistry(), pack(files)
    registry.add("sass-embedded-linux-x64", SASS_VERSION, archive)
    pinned = integrity_of(archive).removeprefix("sha512-")
    monkeypatch.setattr(sass_tool, "SASS_SHA512", {"linux-x64": pinned})
    return registry


async def install(registry: FakeRegistry, data_dir: Path, key: str = "linux-x64") -> Path:
    async with open_outbound(REGISTRY, LIMITS, {}, registry.transport) as outbound:
        return await install_sass(outbound, data_dir, LIMITS, key)


async def test_what_was_installed_is_found_and_not_fetched_again(tmp_path, monkeypatch):
    registry = registry_with(monkeypatch, FILES)

    folder = await install(registry, tmp_path)

    assert folder == sass_folder(tmp_path)
    assert sorted(path.name for path in folder.iterdir()) == ["LICENSE", "dart", "sass.snapshot"]
    assert (folder / "dart").read_text() == "a program"
    assert stat.S_IMODE((folder / "dart").stat().st_mode) == 0o755
    assert find_sass("", tmp_path)[0] == str(folder / "dart")
    assert await install(FakeRegistry(), tmp_path) == folder


async def test_one_that_is_not_the_pinned_one_is_refused_although_the_registry_vouches_for_it(tmp_path):
    registry = FakeRegistry()
    registry.add("sass-embedded-linux-x64", SASS_VERSION, pack(FILES | {"dart-sass/src/dart": "evil"}))

    with pytest.raises(ModuleFailed, match="sha512"):
        await install(registry, tmp_path)

    assert not sass_folder(tmp_path).exists()


async def test_an_archive_without_the_program_leaves_nothing(tmp_path, monkeypatch):
    registry = registry_with(monkeypatch, {"dart-sass/src/dart": "a program"})

    with pytest.raises(ModuleFailed, match="holds no LICENSE"):
        await install(registry, tmp_path)

    assert not sass_folder(tmp_path).exists()


async def test_a_platform_without_one_and_a_registry_without_it_are_told(tmp_path):
    with pytest.raises(ModuleFailed, match=r"no program for beos-ppc: .* VIBES_SASS"):
        await install(FakeRegistry(), tmp_path, "beos-ppc")
    with pytest.raises(FetchFailed):
        await install(FakeRegistry(), tmp_path)


def test_hashes_are_of_the_version_that_is_fetched_and_of_this_platform():
    assert SASS_SHA512_VERSION == SASS_VERSION
    assert sass_platform() in SASS_SHA512


def test_systems_with_musl_have_a_program_of_their_own(monkeypatch):
    monkeypatch.setattr(sass_tool, "platform_key", lambda: "linux-arm64")
    monkeypatch.setattr(sysconfig, "get_config_var", lambda name: "aarch64-alpine-linux-musl")

    assert sass_platform() == "linux-musl-arm64"
