"""Folders as tools and models leave them (`tests/projects`): deployed as `vibes-trio deploy` reads them, and used in
Chromium. Pictures of all are kept in `.build/pictures/projects`, with `all.png` to see them at one glance.
"""

import shutil
from pathlib import Path

import pytest
from app_runs import PICTURES, ROOM, compile_with, run_apps
from app_set import all_apps
from serving import running

PROJECTS = all_apps(Path(__file__).parent / "projects")


async def no_version(name: str) -> str | None:
    return None


@pytest.mark.browser
@pytest.mark.slow
async def test_folders_open_as_they_did_where_they_were_made(page_store, tmp_path, monkeypatch):
    """No package is looked for: what tests and settings import is no part of the page."""
    shutil.copytree(page_store, tmp_path / "data")
    settings = compile_with("esbuild", monkeypatch) | ROOM | {"VIBES_MODULES": "local"}

    async with running(tmp_path / "data", package_version=no_version, **settings) as server:
        wrong = await run_apps(server, PROJECTS, tmp_path, PICTURES / "projects")

    assert not wrong, f"\n{wrong}"
