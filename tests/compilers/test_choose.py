import logging
from dataclasses import replace
from pathlib import Path

import pytest

from vibes_trio.compilers.choose import ESBUILD_VERSION, find_version, open_compiler, toolchain_path
from vibes_trio.compilers.interface import Source
from vibes_trio.config import Limits
from vibes_trio.errors import ConfigError, TransformFailed

TYPED = Source("a.ts", "ts", "export default (n: number) => n;")


@pytest.fixture(autouse=True)
def _no_esbuild_on_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "path").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path / "path"))


def write_script(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


async def test_without_any_esbuild_it_is_esprima(tmp_path: Path) -> None:
    async with open_compiler(Limits(), "", tmp_path) as compiler:
        assert compiler.version.startswith("esprima")
        assert (await compiler.compile(Source("a.jsx", "jsx", "export default <p/>"))).has_default
        with pytest.raises(TransformFailed, match="toolchain install"):
            await compiler.compile(TYPED)


async def test_binary_of_the_setting_is_taken(esbuild_binary: Path, tmp_path: Path) -> None:
    async with open_compiler(Limits(), str(esbuild_binary), tmp_path) as compiler:
        assert compiler.version.startswith("esbuild ")
        assert (await compiler.compile(TYPED)).has_default


async def test_toolchain_goes_before_the_path(esbuild_binary: Path, tmp_path: Path) -> None:
    write_script(tmp_path / "path" / "esbuild", "exit 1")
    installed = toolchain_path(tmp_path)
    installed.parent.mkdir(parents=True)
    installed.symlink_to(esbuild_binary)

    async with open_compiler(Limits(), "", tmp_path) as compiler:
        assert compiler.version.startswith("esbuild ")


async def test_binary_on_the_path_is_found(esbuild_binary: Path, tmp_path: Path) -> None:
    (tmp_path / "path" / "esbuild").symlink_to(esbuild_binary)

    async with open_compiler(Limits(), "", tmp_path) as compiler:
        assert compiler.version.startswith("esbuild ")


async def test_named_binary_that_is_missing_ends_the_start(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="VIBES_ESBUILD"):
        async with open_compiler(Limits(), str(tmp_path / "none"), tmp_path):
            pass


@pytest.mark.parametrize("script", ["exit 1", "echo hello", 'test "$1" = --version && echo 0.28.2'])
async def test_unusable_binary_is_passed_over_with_a_warning(
    script: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    write_script(tmp_path / "path" / "esbuild", script)

    with caplog.at_level(logging.WARNING):
        async with open_compiler(Limits(), "", tmp_path) as compiler:
            assert compiler.version.startswith("esprima")

    assert "passed over" in caplog.text


async def test_version_is_asked_of_the_binary(tmp_path: Path) -> None:
    binary = write_script(tmp_path / "esbuild", "echo 1.2.3")

    assert await find_version(binary, Limits()) == "1.2.3"
    assert await find_version(tmp_path / "none", Limits()) is None


async def test_binary_that_never_answers_is_given_up(tmp_path: Path) -> None:
    binary = write_script(tmp_path / "esbuild", "while :; do :; done")

    assert await find_version(binary, replace(Limits(), compile_timeout_s=0.5)) is None


def test_toolchain_layout_is_constant(tmp_path: Path) -> None:
    assert (
        toolchain_path(tmp_path) == tmp_path / "toolchain" / f"esbuild-{ESBUILD_VERSION}" / "bin" / "esbuild"
    )
