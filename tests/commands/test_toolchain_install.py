import os
import re
import stat
from argparse import Namespace
from collections.abc import Callable
from pathlib import Path

import pytest
import trio
import trio.testing

from vibes_trio.commands import toolchain
from vibes_trio.commands.output import CommandFailed
from vibes_trio.compilers.sass import SASS_VERSION, SNAPSHOT, sass_folder
from vibes_trio.config import Config, Limits

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
    async def fetch(config: object, name: str, install: object, say: object) -> Path:
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
    async def fetch(config: object, name: str, install: object, say: object) -> None:
        broken = toolchain.toolchain_path(data_dir)
        broken.parent.mkdir(parents=True)
        broken.write_text("of another platform")

    monkeypatch.setattr(toolchain, "_fetch", fetch)

    with pytest.raises(CommandFailed, match="doesn't run on this machine"):
        toolchain.install(options(if_missing=False))


def test_a_data_folder_made_for_it_is_nobody_elses_to_read(
    options: Options, data_dir: Path, monkeypatch: pytest.MonkeyPatch, no_esbuild: None
) -> None:
    async def fetch(config: object, name: str, install: object, say: object) -> None:
        make_tool(toolchain.toolchain_path(data_dir))
        make_sass(data_dir)

    monkeypatch.setattr(toolchain, "_fetch", fetch)

    toolchain.install(options(if_missing=False))

    assert stat.S_IMODE(data_dir.stat().st_mode) == 0o700


@pytest.mark.usefixtures("no_esbuild")
def test_a_server_has_it_fetched_before_it_starts(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def fetch(config: object, name: str, install: object, say: Callable[[str], None]) -> None:
        say(f"fetching {name} …")
        make_tool(toolchain.toolchain_path(data_dir))

    monkeypatch.setattr(toolchain, "_fetch", fetch)
    caplog.set_level("INFO")

    trio.run(toolchain.ensure_esbuild, Config(data_dir))
    trio.run(toolchain.ensure_esbuild, Config(data_dir))

    assert caplog.messages == ["fetching esbuild …"]


@pytest.mark.usefixtures("no_esbuild")
def test_a_server_that_gets_none_starts_without_and_says_what_is_missing(
    data_dir: Path, caplog: pytest.LogCaptureFixture
) -> None:
    trio.run(toolchain.ensure_esbuild, Config(data_dir, registry_url="http://127.0.0.1:9/"))

    assert re.search(r"esbuild can't be installed: .* TypeScript is not\. Going on", caplog.messages[-1])


@pytest.mark.usefixtures("no_esbuild")
def test_a_server_that_may_ask_nobody_fetches_none(data_dir: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")

    trio.run(toolchain.ensure_esbuild, Config(data_dir, registry_url="none"))

    assert caplog.messages == []


@pytest.mark.usefixtures("no_esbuild")
async def test_a_registry_that_holds_the_start_up_is_waited_for_with_words_and_an_end(
    data_dir: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    autojump_clock: trio.testing.MockClock,
) -> None:
    async def fetch(*_: object) -> None:
        await trio.sleep_forever()

    monkeypatch.setattr(toolchain, "_fetch", fetch)
    caplog.set_level("INFO")

    await toolchain.ensure_esbuild(Config(data_dir, limits=Limits(toolchain_wait_s=30)))

    assert caplog.messages == [
        "waiting for esbuild, from the package registry: 3 of at most 30 s …",
        "waiting for esbuild, from the package registry: 23 of at most 30 s …",
        "esbuild did not come within 30 s. Without esbuild JSX is compiled in pure Python, TypeScript is not.",
    ]


def test_one_that_is_named_is_meant(data_dir: Path, caplog: pytest.LogCaptureFixture) -> None:
    """The server says by itself that it does not work; another would not be taken."""
    caplog.set_level("INFO")

    trio.run(toolchain.ensure_esbuild, Config(data_dir, esbuild="/nowhere/esbuild"))

    assert (caplog.messages, data_dir.exists()) == ([], False)
