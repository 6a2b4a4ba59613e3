"""Sixty apps as a model would write them (`tests/apps`): deployed, rendered and used in Chromium, by both compilers.

Pictures of all are kept in `.build/pictures/apps-{compiler}`, with `all.png` to see them at one glance.
"""

import shutil

import pytest
from app_runs import PICTURES, ROOM, compile_with, run_apps
from app_set import all_apps
from serving import running

PLAIN = [app for app in all_apps() if not app.packages]


def test_there_are_sixty_apps_and_more():
    assert len(all_apps()) >= 60


@pytest.mark.browser
@pytest.mark.slow
@pytest.mark.parametrize("engine", ["esbuild", "esprima"])
async def test_apps_without_packages_render_and_work(engine, page_store, tmp_path, monkeypatch):
    shutil.copytree(page_store, tmp_path / "data")
    apps = [app for app in PLAIN if engine == "esbuild" or not app.is_typescript]
    settings = compile_with(engine, monkeypatch) | ROOM | {"VIBES_MODULES": "local"}

    async with running(tmp_path / "data", **settings) as server:
        assert engine in server.compiler.version
        wrong = await run_apps(server, apps, tmp_path, PICTURES / f"apps-{engine}")

    assert not wrong, f"\n{wrong}"
