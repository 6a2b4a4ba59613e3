import os
import stat
from argparse import Namespace
from collections.abc import Callable
from pathlib import Path

import pytest

from vibes_trio.commands import toolchain
from vibes_trio.commands.output import CommandFailed
from vibes_trio.compilers.sass import SASS_VERSION, SNAPSHOT, sass_folder

Options = Callable[..., Namespace]


@pytest.fixture
def no_esbuild(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))


def make_tool(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("#!/bin/sh\necho 9.9.9\n")
    path.chmod(0o755)
    return path


def make_sass(data_dir: Path) -> Path:
    folder = sass_folder(data_dir)
    folder.mkdir(parents=True)
    (folder / SNAPSHOT).touch()
    return folder


@pytest.mark.usefixtures("no_esbuild")
def test_without_a_registry_it_says_what_that_means(options: Options) -> None:
    with pytest.raises(CommandFailed, match=r"no package registry.*TypeScript"):
        toolchain.install(options({"VIBES_REGISTRY_URL": "none"}, if_missing=False))


def test_an_installed_one_is_told(
    options: Options, data_dir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tool, sass = make_tool(toolchain.toolchain_path(data_dir)), make_sass(data_dir)

    toolchain.install(options(if_missing=False))

    assert capsys.readouterr().out == f"esbuild 9.9.9: {tool}\nDart Sass {SASS_VERSION}: {sass}\n"


def test_without_a_registry_sass_is_told_to_be_missing_and_esbuild_stays(
    options: Options, data_dir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make_tool(toolchain.toolchain_path(data_dir))

    with pytest.raises(CommandFailed, match=r"^Dart Sass can't be installed: .* Sass is not compiled\.$"):
        toolchain.install(options({"VIBES_REGISTRY_URL": "none"}, if_missing=False))

    assert capsys.readouterr().out.startswith("esbuild 9.9.9: ")


def test_sass_is_fetched_from_the_registry(
    options: Options, data_dir: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async def fetch(config: object, name: str, install: object) -> Path:
        assert name == "Dart Sass"
        return make_sass(data_dir)

    make_tool(toolchain.toolchain_path(data_dir))
    monkeypatch.setattr(toolchain, "_fetch", fetch)

    toolchain.install(options(if_missing=False))

    assert capsys.readouterr().out.endswith(f"Dart Sass {SASS_VERSION}: {sass_folder(data_dir)}\n")


def test_any_that_works_will_do_if_only_a_missing_one_is_wanted(
    options: Options, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    tool = make_tool(tmp_path / "bin" / "esbuild")
    monkeypatch.setenv("PATH", f"{tool.parent}{os.pathsep}{os.environ['PATH']}")

    toolchain.install(options({"VIBES_REGISTRY_URL": "none"}, if_missing=True))

    assert capsys.readouterr().out == ""


def test_one_that_is_fetched_but_does_not_run_is_a_failure(
    options: Options, data_dir: Path, monkeypatch: pytest.MonkeyPatch, no_esbuild: None
) -> None:
    async def fetch(config: object, name: str, install: object) -> None:
        broken = toolchain.toolchain_path(data_dir)
        broken.parent.mkdir(parents=True)
        broken.write_text("of another platform")

    monkeypatch.setattr(toolchain, "_fetch", fetch)

    with pytest.raises(CommandFailed, match="doesn't run on this machine"):
        toolchain.install(options(if_missing=False))


def test_a_data_folder_made_for_it_is_nobody_elses_to_read(
    options: Options, data_dir: Path, monkeypatch: pytest.MonkeyPatch, no_esbuild: None
) -> None:
    async def fetch(config: object, name: str, install: object) -> None:
        make_tool(toolchain.toolchain_path(data_dir))
        make_sass(data_dir)

    monkeypatch.setattr(toolchain, "_fetch", fetch)

    toolchain.install(options(if_missing=False))

    assert stat.S_IMODE(data_dir.stat().st_mode) == 0o700
