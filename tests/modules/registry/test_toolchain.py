"""Installing esbuild, and finding it."""

import base64
import hashlib
import os
import stat
from pathlib import Path

import httpx2
import pytest
from fake_registry import REGISTRY, FakeRegistry, pack, require_esbuild

from vibes_trio.compilers.choose import ESBUILD_VERSION, toolchain_path
from vibes_trio.config import Config, Limits
from vibes_trio.errors import FetchFailed, ModuleFailed
from vibes_trio.modules.registry import toolchain
from vibes_trio.modules.registry.toolchain import find_tool, install_toolchain, platform_key
from vibes_trio.outbound import open_outbound

LIMITS = Limits(fetch_tries=1)
SCRIPT = f"#!/bin/sh\necho {ESBUILD_VERSION}\n"


def registry_with(monkeypatch, key: str, files: dict[str, str]) -> FakeRegistry:
    """Return a registry that has an esbuild for platform *key*, whose hash is the pinned one."""
    registry, archive = FakeRegistry(), pack(files)
    registry.add(f"@esbuild/{key}", ESBUILD_VERSION, archive)
    pinned = base64.b64encode(hashlib.sha512(archive).digest()).decode()
    monkeypatch.setattr(toolchain, "SHA512", {key: pinned})
    return registry


async def install(registry: FakeRegistry, data_dir: Path, key: str = "linux-x64") -> Path:
    async with open_outbound(REGISTRY, LIMITS, {}, registry.transport) as outbound:
        return await install_toolchain(outbound, data_dir, LIMITS, key)


async def test_installed_binary_is_found_and_runs(tmp_path, monkeypatch):
    registry = registry_with(monkeypatch, "linux-x64", {"README.md": "", "bin/esbuild": SCRIPT})

    path = await install(registry, tmp_path)

    assert path == toolchain_path(tmp_path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o755
    assert os.listdir(path.parent) == ["esbuild"]
    tool = await find_tool(Config(tmp_path))
    assert tool is not None
    assert (tool.path, tool.version) == (path, ESBUILD_VERSION)


async def test_binary_of_windows_lies_elsewhere_in_the_package(tmp_path, monkeypatch):
    registry = registry_with(monkeypatch, "win32-x64", {"esbuild.exe": "MZ"})

    path = await install(registry, tmp_path, "win32-x64")

    assert path.read_bytes() == b"MZ"


async def test_installed_binary_is_not_fetched_again(tmp_path, monkeypatch):
    registry = registry_with(monkeypatch, "linux-x64", {"bin/esbuild": SCRIPT})
    await install(registry, tmp_path)

    await install(FakeRegistry(), tmp_path)

    assert len(registry.asked) == 2


async def test_binary_that_is_not_the_pinned_one_is_refused_although_the_registry_vouches_for_it(tmp_path):
    registry = FakeRegistry()
    registry.add("@esbuild/linux-x64", ESBUILD_VERSION, pack({"bin/esbuild": "evil"}))

    with pytest.raises(ModuleFailed, match="sha512"):
        await install(registry, tmp_path)

    assert not toolchain_path(tmp_path).exists()


async def test_platform_without_esbuild_is_told_what_to_do(tmp_path):
    with pytest.raises(ModuleFailed, match=r"no binary for beos-ppc: .* VIBES_ESBUILD"):
        await install(FakeRegistry(), tmp_path, "beos-ppc")


async def test_package_without_the_binary_is_refused(tmp_path, monkeypatch):
    registry = registry_with(monkeypatch, "linux-x64", {"README.md": ""})

    with pytest.raises(ModuleFailed, match="holds no bin/esbuild"):
        await install(registry, tmp_path)


async def test_registry_without_the_package_is_a_failed_fetch(tmp_path):
    registry = FakeRegistry()
    registry.answers[f"/@esbuild%2Flinux-x64/{ESBUILD_VERSION}"] = httpx2.Response(403)

    with pytest.raises(FetchFailed, match="403"):
        await install(registry, tmp_path)


@pytest.mark.parametrize(
    ("system", "machine", "key"),
    [
        ("linux", "x86_64", "linux-x64"),
        ("linux", "aarch64", "linux-arm64"),
        ("linux", "armv7l", "linux-arm"),
        ("linux", "i686", "linux-ia32"),
        ("linux", "s390x", "linux-s390x"),
        ("darwin", "arm64", "darwin-arm64"),
        ("win32", "AMD64", "win32-x64"),
        ("cygwin", "x86_64", "win32-x64"),
        ("freebsd14", "amd64", "freebsd-x64"),
        ("sunos5", "x86_64", "sunos-x64"),
        ("android", "aarch64", "android-arm64"),
    ],
)
def test_platform_keys_are_those_of_esbuild(system, machine, key):
    assert platform_key(system, machine) == key
    assert key in toolchain.SHA512


def test_this_platform_has_a_key():
    assert "-" in platform_key()


async def test_named_binary_is_the_only_one_tried(tmp_path):
    assert await find_tool(Config(tmp_path, esbuild=str(tmp_path / "gone"))) is None


async def test_binary_on_the_path_is_found_last(tmp_path, monkeypatch):
    program = tmp_path / "esbuild"
    program.write_text(SCRIPT)
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))

    tool = await find_tool(Config(tmp_path))

    assert tool is not None
    assert tool.path == program


async def test_machine_without_esbuild_has_none(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))

    assert await find_tool(Config(tmp_path)) is None


async def test_real_binary_says_its_version(tmp_path):
    tool = await find_tool(Config(tmp_path, esbuild=require_esbuild()))

    assert tool is not None
    assert tool.version.count(".") == 2
