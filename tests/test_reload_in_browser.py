"""The page of a dev release opens a newer one by itself, where it is, and asks nobody but its own origin."""

import pytest
import trio
from asking import DEPLOY, text
from browser import find_chromium, launch_browser
from fake_registry import fill_store
from recorded import token
from serving import http_client, running

pytestmark = pytest.mark.browser

HOST = "garden--ada.localhost"
SEEN = "[document.querySelector('h1')?.textContent, location.pathname, location.search, location.hash]"


def page(word):
    return text(
        "/index.html",
        f'<!doctype html><title>t</title><link rel=icon href="data:,"><h1>{word}</h1>',
        entryPoint=True,
    )


@pytest.fixture
def chromium():
    if find_chromium() is None:
        pytest.skip("Chromium is not installed")


@pytest.fixture
def data(tmp_path):
    folder = tmp_path / "data"
    folder.mkdir()
    fill_store(folder)
    return folder


async def test_a_dev_page_shows_what_is_deployed_a_moment_later(tmp_path, data, chromium):
    local = {"VIBES_MODULES": "local", "VIBES_REGISTRY_URL": "none"}
    async with running(data, **local) as app, http_client(app.config.port) as author:

        async def deploy(word, mode="dev"):
            wanted = {"mode": mode, "appSlug": "garden", "userSlug": "ada", "fileSystem": [page(word)]}
            return (await author.ask(token("A"), DEPLOY, **wanted))["fsId"]

        first = await deploy("one")
        base = f"http://{HOST}:{app.config.port}"
        async with launch_browser(tmp_path) as browser:
            shown = await browser.open(f"{base}/~{first}~/?x=1#here")
            await shown.wait_for("document.querySelector('h1')")
            with trio.fail_after(20):
                while app.live.pages == 0:  # noqa: ASYNC110 - the browser's doing
                    await trio.sleep(0.01)
            second = await deploy("two")
            started = trio.current_time()
            await shown.wait_for("document.querySelector('h1')?.textContent === 'two'")
            took = trio.current_time() - started
            assert await shown.evaluate(SEEN) == ["two", f"/~{second}~/", "?x=1", "#here"]
            third = await deploy("three", "production")
            await shown.wait_for("document.querySelector('h1')?.textContent === 'three'")
            assert await shown.evaluate(SEEN) == ["three", f"/~{third}~/", "?x=1", "#here"]
            assert await shown.evaluate("document.querySelector('script[data-release]')") is None
            assert shown.console == []
    assert took < 5
