"""Sixty apps as a model would write them (`tests/apps`): deployed, rendered and used in Chromium, by both compilers.

Pictures of all are kept in `.build/pictures/apps`, with `all.png` to see them at one glance.
"""

import shutil
from pathlib import Path

import pytest
from app_runs import PICTURES, ROOM, run_apps
from app_set import all_apps
from browser import find_chromium
from fake_registry import fill_store, require_esbuild
from serving import running

from vibes_trio.compilers import choose

PLAIN = [app for app in all_apps() if not app.packages]


def test_there_are_sixty_apps_and_more():
    assert len(all_apps()) >= 60


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with what every page is made of, built once."""
    find_chromium()
    folder = tmp_path_factory.mktemp("store")
    fill_store(folder)
    return folder


@pytest.mark.browser
@pytest.mark.slow
@pytest.mark.parametrize("engine", ["esbuild", "esprima"])
async def test_apps_without_packages_render_and_work(engine, store, tmp_path, monkeypatch):
    shutil.copytree(store, tmp_path / "data")
    if engine == "esprima":
        monkeypatch.setattr(choose, "find_binaries", lambda esbuild, data_dir: [])
    apps = [app for app in PLAIN if engine == "esbuild" or not app.is_typescript]
    esbuild = {"VIBES_ESBUILD": require_esbuild()} if engine == "esbuild" else {}

    async with running(tmp_path / "data", VIBES_MODULES="local", **ROOM, **esbuild) as server:
        assert engine in server.compiler.version
        wrong = await run_apps(server, apps, tmp_path, PICTURES / f"apps-{engine}")

    assert not wrong, f"\n{wrong}"
