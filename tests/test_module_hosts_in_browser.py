"""Apps that load packages by full addresses of module hosts (`tests/hosted`): deployed, and used in Chromium, with
nothing asked of these hosts. Pictures of all are kept in `.build/pictures/hosted`.

The packages come from the registry that npm's settings name; without one the test is skipped, and says so.
"""

import os
import shutil
from pathlib import Path

import pytest
from app_runs import PICTURES, ROOM, compile_with, run_apps
from app_set import all_apps
from serving import running
from test_packages_in_browser import require_registry

from vibes_trio.config import Config
from vibes_trio.modules.registry.npm_settings import find_registry

APPS = all_apps(Path(__file__).parent / "hosted")
BUILD_TIMEOUT_S = 240


@pytest.mark.browser
@pytest.mark.slow
async def test_packages_by_address_are_this_servers_copy_of_the_same(page_store, tmp_path, monkeypatch):
    await require_registry(tmp_path)
    shutil.copytree(page_store, tmp_path / "data")
    registry = await find_registry(Config(tmp_path), os.environ)
    assert registry is not None, "it was asked just now"
    settings = compile_with("esbuild", monkeypatch) | ROOM | {"VIBES_REGISTRY_URL": registry.url}

    async with running(tmp_path / "data", package_version=None, VIBES_MODULES="local", **settings) as server:
        wrong = await run_apps(server, APPS, tmp_path, PICTURES / "hosted", built_s=BUILD_TIMEOUT_S)

    assert not wrong, f"\n{wrong}"
