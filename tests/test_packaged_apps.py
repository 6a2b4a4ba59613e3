"""Apps with packages of every form (`tests/packaged`): deployed, fetched from a registry on loopback, built, rendered
and used in Chromium. The packages are small ones of our own, in `tests/packaged/registry`; each app says which form it
is about. Pictures of all are kept in `.build/pictures/packaged`.
"""

from pathlib import Path

import app_set
import pytest
from app_runs import PICTURES, ROOM, compile_with, run_apps
from app_set import all_apps
from browser import find_chromium
from fake_registry import react_registry
from packages_on_disk import add_all
from registry_server import serve_registry
from serving import running

APPS = all_apps(Path(__file__).parent / "packaged")
BUILD_TIMEOUT_S = 60


@pytest.mark.browser
@pytest.mark.slow
async def test_packages_of_every_form_work_from_this_server_alone(tmp_path, monkeypatch):
    find_chromium()
    registry = react_registry()
    add_all(registry)
    monkeypatch.setattr(app_set, "STEP_TIMEOUT_S", BUILD_TIMEOUT_S)  # a page waits for its packages
    settings = compile_with("esbuild", monkeypatch) | ROOM | {"VIBES_MODULES": "local"}

    async with (
        serve_registry(registry) as url,
        running(tmp_path / "data", package_version=None, VIBES_REGISTRY_URL=url, **settings) as server,
    ):
        wrong = await run_apps(server, APPS, tmp_path, PICTURES / "packaged")

    assert not wrong, f"\n{wrong}"
