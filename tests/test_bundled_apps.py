"""Apps that are written for a bundler (`tests/bundled`): deployed, rendered and used in Chromium.

Pictures of all are kept in `.build/pictures/bundled`, with `all.png` to see them at one glance.
"""

import shutil
from pathlib import Path

import pytest
from app_runs import PICTURES, ROOM, compile_with, connect_to, run_apps
from app_set import TestApp, all_apps, deploy
from fake_registry import SASS
from serving import running

FOLDER = Path(__file__).parent / "bundled"
APPS = all_apps(FOLDER)
PLAIN = [app for app in APPS if not app.packages and (SASS or not app.is_sass)]


@pytest.mark.browser
@pytest.mark.slow
async def test_apps_for_bundlers_render_and_work(page_store, tmp_path, monkeypatch):
    shutil.copytree(page_store, tmp_path / "data")
    settings = compile_with("esbuild", monkeypatch) | ROOM | {"VIBES_MODULES": "local"}

    async with running(tmp_path / "data", **settings) as server:
        wrong = await run_apps(server, PLAIN, tmp_path, PICTURES / "bundled")

    assert not wrong, f"\n{wrong}"


async def test_without_esbuild_the_deploy_names_the_files_and_what_they_need(tmp_path, monkeypatch):
    """Nothing else changes: the release is made of its modules one by one."""
    settings = compile_with("esprima", monkeypatch)
    app = TestApp("env-values", FOLDER)

    async with running(tmp_path / "data", **settings) as server, connect_to(server) as api:
        _, warnings = await deploy(api, app)

    assert "/App.jsx, /settings.js: import.meta.env needs esbuild, which is not on this server." in warnings
