"""A whole server whose pages load everything from it, and a browser."""

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from asking import DEPLOY
from browser import Page, launch_browser
from recorded import token
from serving import http_client, running


@pytest.fixture(scope="session")
def filled_modules(page_store: Path) -> Path:
    """The folder of a store with what every page loads."""
    return page_store / "modules"


@pytest.fixture
def open_closed(filled_modules: Path, tmp_path: Path):
    """Deploy files to a server with local modules and no registry, and open the page or another path of it."""

    @asynccontextmanager
    async def open_closed(*files, path: str = "/", members=None, **settings: str) -> AsyncIterator[Page]:
        shutil.copytree(filled_modules, tmp_path / "data" / "modules")
        settings = {"VIBES_MODULES": "local", "VIBES_REGISTRY_URL": "none"} | settings
        asked = {"mode": "production", "appSlug": "garden", "userSlug": "ada", "fileSystem": list(files)}
        async with running(tmp_path / "data", **settings) as app, http_client(app.config.port) as client:
            published = await client.ask(token("A"), DEPLOY, **(asked | (members or {})))
            assert published["type"] == "vibes.diy.res-ensure-app-slug", published
            async with launch_browser(tmp_path) as browser:
                yield await browser.open(f"http://garden--ada.localhost:{app.config.port}{path}")

    return open_closed
