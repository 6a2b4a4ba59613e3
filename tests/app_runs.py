"""Deploying and using the apps of `tests/apps` on a running server, and what came of it."""

import re
from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest
import trio
from app_set import USER, TestApp, deploy, draw_contact_sheet, use
from browser import Browser, launch_browser
from fake_registry import SASS, require_esbuild
from recorded import token

from vibes_trio.client.api import Api, open_api
from vibes_trio.compilers import choose
from vibes_trio.context import App
from vibes_trio.exchange import AppSlug, FsId, UserSlug
from vibes_trio.wire.auth import DashAuth

PICTURES = Path(__file__).parents[1] / ".build" / "pictures"
# What one user may have is less than there are apps.
ROOM = {"MAX_APP_SLUG_PER_USER_ID": "500", "MAX_APPS_PER_USER_ID": "500"}
TABS = 3
PEER = re.compile(r"\S+@\S+ asks for \S+ .+; the page has \S+")
BEING_BUILT = "packages: being built on this server"

Report = dict[str, list[str]]  # name of an app → what was wrong with it


def compile_with(engine: str, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Return the settings of a server that compiles with *engine*, `esbuild` or `esprima`."""
    if engine == "esprima":
        monkeypatch.setattr(choose, "find_binaries", lambda esbuild, data_dir: [])
        return {}
    return compilers()


def compilers() -> dict[str, str]:
    """Return the settings of a server that has the compilers of this machine; skip the calling test without esbuild."""
    sass = {"VIBES_SASS": SASS} if SASS else {}
    return {"VIBES_ESBUILD": require_esbuild()} | sass


async def run_apps(
    server: App, apps: Sequence[TestApp], folder: Path, pictures: Path, *, built_s: float = 0
) -> str:
    """Deploy and use *apps*; return what was wrong, a line each, and leave a picture of each and one of all.

    Args:
        folder: for the browser's profile.
        built_s: how long to wait for the packages of all; 0: they are there.
    """
    pictures.mkdir(parents=True, exist_ok=True)
    report: Report = {}
    async with connect_to(server) as api, launch_browser(folder) as browser:
        addresses = await _deploy_all(api, apps, report)
        with trio.move_on_after(built_s):  # what is not there then is seen
            await _wait_for_builds(server, addresses)
        await _use_all(browser, apps, addresses, report, pictures)
        taken = [pictures / f"{app.name}.png" for app in apps]
        await draw_contact_sheet(browser, [path for path in taken if path.exists()], pictures / "all.png")
    return "\n".join(f"{name}: {problem}" for name, problems in report.items() for problem in problems)


def connect_to(server: App) -> AbstractAsyncContextManager[Api]:
    """Give what sends messages to *server* as somebody who may deploy."""
    return open_api(
        f"http://127.0.0.1:{server.config.port}", lambda: DashAuth(type="device-id", token=token("A"))
    )


def is_of_packages(warning: str) -> bool:
    """Whether *warning* tells of what packages are like, as a first deploy has to."""
    return warning.startswith(BEING_BUILT) or PEER.fullmatch(warning) is not None


async def _deploy_all(api: Api, apps: Sequence[TestApp], report: Report) -> dict[str, str]:
    """Return name → address; warnings go to *report*, but for the one that a first deploy has to bring."""
    addresses = {}
    for app in apps:
        addresses[app.name], warnings = await deploy(api, app)
        report[app.name] = _odd_warnings(app, warnings)
    return addresses


async def _wait_for_builds(server: App, addresses: Mapping[str, str]) -> None:
    for name, address in addresses.items():
        fs_id = FsId(address.split("/~")[1].strip("~/"))
        while (build := server.builds.find((AppSlug(name), UserSlug(USER), fs_id))) is not None:
            await build.finished.wait()


def _odd_warnings(app: TestApp, warnings: Sequence[str]) -> list[str]:
    """Return what is wrong with the *warnings* of a deploy: not expected, or missing."""
    said = [text for text in warnings if not is_of_packages(text)]
    odd = [text for text in said if not any(part in text for part in app.warnings)]
    missing = [part for part in app.warnings if not any(part in text for text in said)]
    return [*(f"deploy: {text}" for text in odd), *(f"not told: {part}" for part in missing)]


async def _use_all(
    browser: Browser, apps: Sequence[TestApp], addresses: Mapping[str, str], report: Report, pictures: Path
) -> None:
    """Use *apps*, some at a time; what is wrong goes to *report*."""
    waiting = iter(apps)

    async def use_next() -> None:
        for app in waiting:
            report[app.name] += await use(browser, app, addresses[app.name], pictures / f"{app.name}.png")

    async with trio.open_nursery() as nursery:
        for _ in range(TABS):
            nursery.start_soon(use_next)
