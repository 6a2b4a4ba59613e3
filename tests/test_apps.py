"""Sixty apps as a model would write them (`tests/apps`): deployed, rendered and used in Chromium, by both compilers.

Pictures of all are kept in `.build/pictures/apps`, with `all.png` to see them at one glance.
"""

import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest
import trio
from app_set import TestApp, all_apps, deploy, draw_contact_sheet, use
from browser import Browser, find_chromium, launch_browser
from fake_registry import fill_store, require_esbuild
from recorded import token
from serving import running

from vibes_trio.client.api import Api, connect
from vibes_trio.compilers import choose
from vibes_trio.context import App
from vibes_trio.wire.auth import DashAuth

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PICTURES = Path(__file__).parents[1] / ".build" / "pictures" / "apps"
ROOM = {"MAX_APP_SLUG_PER_USER_ID": "500", "MAX_APPS_PER_USER_ID": "500"}
TABS = 3
PLAIN = [app for app in all_apps() if not app.packages]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with what every page is made of, built once."""
    find_chromium()
    folder = tmp_path_factory.mktemp("store")
    fill_store(folder)
    return folder


def connect_to(app: App):
    return connect(
        f"http://127.0.0.1:{app.config.port}", lambda: DashAuth(type="device-id", token=token("A"))
    )


async def deploy_all(api: Api, apps: Sequence[TestApp], report: dict[str, list[str]]) -> dict[str, str]:
    """Deploy *apps*; return name → address, and put warnings into *report*."""
    addresses = {}
    for app in apps:
        addresses[app.name], warnings = await deploy(api, app)
        report[app.name] = [f"deploy: {text}" for text in warnings]
    return addresses


async def use_all(
    browser: Browser,
    apps: Sequence[TestApp],
    addresses: dict[str, str],
    report: dict[str, list[str]],
    pictures: Path,
) -> None:
    """Use *apps*, some at a time, and put what is wrong into *report*."""
    waiting = iter(apps)

    async def use_next() -> None:
        for app in waiting:
            report[app.name] += await use(browser, app, addresses[app.name], pictures / f"{app.name}.png")

    async with trio.open_nursery() as nursery:
        for _ in range(TABS):
            nursery.start_soon(use_next)


def shown(report: dict[str, list[str]]) -> str:
    return "\n".join(f"{name}: {problem}" for name, problems in report.items() for problem in problems)


@pytest.mark.parametrize("engine", ["esbuild", "esprima"])
async def test_apps_without_packages_render_and_work(engine, store, tmp_path, monkeypatch):
    apps = [app for app in PLAIN if engine == "esbuild" or not app.is_typescript]
    pictures = PICTURES if engine == "esbuild" else tmp_path
    pictures.mkdir(parents=True, exist_ok=True)
    shutil.copytree(store, tmp_path / "data")
    if engine == "esprima":
        monkeypatch.setattr(choose, "find_binaries", lambda esbuild, data_dir: [])
    settings = (
        ROOM
        | {"VIBES_MODULES": "local"}
        | ({"VIBES_ESBUILD": require_esbuild()} if engine == "esbuild" else {})
    )
    report: dict[str, list[str]] = {}

    async with running(tmp_path / "data", **settings) as app:
        assert engine in app.compiler.version
        async with connect_to(app) as api, launch_browser(tmp_path / "browser") as browser:
            addresses = await deploy_all(api, apps, report)
            await use_all(browser, apps, addresses, report, pictures)
            if engine == "esbuild":
                taken = [pictures / f"{app.name}.png" for app in apps]
                await draw_contact_sheet(browser, taken, pictures / "all.png")

    assert not shown(report), f"\n{shown(report)}"


def test_there_are_sixty_apps_and_more():
    assert len(all_apps()) >= 60
