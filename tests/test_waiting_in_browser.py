"""The first visit to an app whose packages are not built: a page that shows how far that is, then the app.

The registry is a small server on loopback that can be slow; React is this machine's.
"""

import os
from pathlib import Path

import pytest
import trio.lowlevel
from asking import DEPLOY, jsx
from browser import find_chromium, launch_browser
from fake_registry import FakeRegistry, pack, react_registry, require_esbuild
from recorded import token
from registry_server import Gate, serve_registry
from serving import http_client, running

pytestmark = pytest.mark.browser

APP = """
import { shout } from "loud";
import { many } from "crowd";
export default function App() { return <p id="said">{shout("hello")} {many}</p>; }
"""
OPEN = "document.querySelector('#said')?.textContent"


def registry_with(*, broken: bool = False) -> FakeRegistry:
    """React, a package of two archives and one of five; *broken*: one does not compile."""
    registry = react_registry()
    plain = {"package.json": "{}"}
    loud = (
        "export const shout = ("
        if broken
        else "import { up } from 'up'; export const shout = (s) => up(s) + '!'"
    )
    registry.add("up", "1.0.0", pack(plain | {"index.js": "export const up = (s) => s.toUpperCase()"}))
    registry.add("loud", "1.0.0", pack(plain | {"index.js": loud}), dependencies={"up": "1"})
    parts = [f"part{n}" for n in range(4)]
    for part in parts:
        registry.add(part, "1.0.0", pack(plain | {"index.js": f"export default '{part}'"}))
    crowd = "".join(f"import {part} from '{part}';" for part in parts) + "export const many = 4"
    registry.add("crowd", "1.0.0", pack(plain | {"index.js": crowd}), dependencies=dict.fromkeys(parts, "1"))
    return registry


def local(url: str) -> dict[str, str]:
    return {"VIBES_MODULES": "local", "VIBES_REGISTRY_URL": url, "VIBES_ESBUILD": require_esbuild()}


async def deploy_app(port: int, code: str = APP) -> str:
    wanted = {"mode": "production", "appSlug": "garden", "userSlug": "ada", "fileSystem": [jsx(content=code)]}
    async with http_client(port) as client:
        reply = await client.ask(token("A"), DEPLOY, **wanted)
    return reply["entryPointUrl"]


async def test_progress_is_shown_and_then_the_app(tmp_path):
    find_chromium()
    gate = Gate()

    async with (
        serve_registry(registry_with(), gate) as url,
        running(tmp_path / "data", package_version=None, **local(url)) as app,
        launch_browser(tmp_path / "browser") as browser,
    ):
        gate.passes = 3
        address = await deploy_app(app.config.port)
        page = await browser.open(address, width=800, height=600)
        await page.wait_for("document.querySelector('#stage').textContent.startsWith('Fetching 3 of 7')")
        rows = await page.evaluate("[...document.querySelectorAll('li')].map((row) => row.innerText)")
        await page.screenshot(Path(os.environ.get("VIBES_TEST_PICTURE", tmp_path / "waiting.png")))
        gate.open()
        await page.wait_for(f"{OPEN} === 'HELLO! 4'")

        assert rows == ["loud\nfetching", "crowd\nfetching"]
        assert page.console == []
        assert {a.split("/")[2].split(":")[0] for a in page.requests if a.startswith("http")} == {
            "garden--ada.localhost"
        }
        documents = [a for a in page.requests if a == address]
        assert len(documents) == 2, "it is loaded anew once"


async def test_what_can_not_be_built_ends_the_waiting_and_is_told_by_the_app(tmp_path):
    find_chromium()

    async with (
        serve_registry(registry_with(broken=True)) as url,
        running(tmp_path / "data", package_version=None, **local(url)) as app,
        launch_browser(tmp_path / "browser") as browser,
    ):
        address = await deploy_app(app.config.port)
        page = await browser.open(address)
        await page.wait_for("document.querySelector('vibes-error-overlay')")
        text = await page.evaluate(
            "document.querySelector('vibes-error-overlay').shadowRoot.querySelector('main').innerText"
        )
        await trio.lowlevel.checkpoint()
        await page.screenshot(tmp_path / "failed.png")

        assert "loud" in text
        assert "Unexpected end of file" in text
        assert "App.jsx:2" in text
        assert len([a for a in page.requests if a == address]) <= 2
        assert "/~~packages~~/" not in page.requests[-1]


async def test_a_store_that_was_lost_is_filled_at_the_next_visit(tmp_path):
    find_chromium()

    async with serve_registry(registry_with()) as url, launch_browser(tmp_path / "browser") as browser:
        async with running(tmp_path / "data", package_version=None, **local(url)) as app:
            address = await deploy_app(app.config.port)
            page = await browser.open(address)
            await page.wait_for(OPEN)
        for path in (tmp_path / "data" / "modules").rglob("*loud*"):
            path.unlink()
        async with running(tmp_path / "data", package_version=None, **local(url)) as app:
            again = f"http://garden--ada.localhost:{app.config.port}/"
            page = await browser.open(again)
            await page.wait_for(f"{OPEN} === 'HELLO! 4'")

            assert page.console == []
