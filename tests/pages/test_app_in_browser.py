"""What the buttons of an app's page do, in Chromium; what can be undone is."""

import pytest
import trio
from asking import js
from page_client import page_socket, say
from page_walk import OTHER, Walk, walking

pytestmark = pytest.mark.browser

NAMED = {"appSlug": "garden", "ownerHandle": OTHER}
RELEASES = "[...document.querySelectorAll('#versions h3')].map((one) => one.textContent.trim().split(/\\s/)[0]).join()"


async def ask(walk: Walk, name: str, **members):
    async with page_socket(walk.app, walk.cookies[OTHER]) as socket:
        return await say(socket, f"vibes.diy.req-{name}", **(NAMED | members))


async def test_settings_are_kept_and_an_app_is_renamed(tmp_path):
    async with walking(tmp_path) as walk:
        page = await walk.open("user")
        await page.goto(walk.address("/apps/ada/garden"))
        await page.evaluate(
            "document.querySelector('#app-title').value = 'My <Garden>';"
            " document.querySelector('#app-env').value = 'A=1\\nB=two words=2\\n'"
        )
        await page.click("#settings button")
        await page.wait_for("document.querySelector('#head h1').textContent === 'My <Garden>'")
        settings = (await ask(walk, "ensure-app-settings"))["settings"]["entry"]["settings"]

        await page.evaluate("document.querySelector('#app-env').value = 'no pair'")
        await page.click("#settings button")
        await page.wait_for("document.querySelector('#told .bad')?.textContent.includes('NAME=VALUE')")
        await page.evaluate("document.querySelector('#new-slug').value = 'yard'")
        await page.click("#rename button")
        await page.wait_for("location.pathname === '/apps/ada/yard'")

    assert settings["env"] == [{"key": "A", "value": "1"}, {"key": "B", "value": "two words=2"}]


async def test_a_release_and_an_app_are_deleted_and_had_back(tmp_path):
    async with walking(tmp_path) as walk:
        page = await walk.open("user")
        await page.goto(walk.address("/apps/ada/garden"))
        await page.click("#versions li:last-child [data-act=delete-release]")
        await page.wait_for(f"{RELEASES} === 'v2'")
        await page.click("#undo button")
        await page.wait_for(f"{RELEASES} === 'v2,v1'")

        await page.click("[data-act=delete-app]")
        words = await page.wait_for("document.querySelector('dialog[open] #asked')?.textContent")
        await page.click("dialog button[value=yes]")
        await page.wait_for("location.pathname === '/' && document.querySelector('#gone-list[open]')")
        gone = await ask(walk, "ensure-app-settings")
        await page.wait_for("document.querySelector('#gone time[title]')")  # its script has run
        await page.evaluate(
            "[...document.querySelectorAll('#gone li')].find((one) => one.textContent.includes('garden')).id = 'mine'"
        )
        await page.click("#mine [data-act=undo]")
        await page.wait_for("document.querySelector('#app-ada-garden')")

        assert "all its 2 releases" in words
        assert gone["error"] == "not-found"
        assert page.console == []


async def test_what_others_do_shows_by_itself(tmp_path):
    """A deploy from a terminal is on the page of the app, and on that of all, a moment later."""
    async with walking(tmp_path) as walk:
        page, home = await walk.open("user"), await walk.open("user")
        await page.goto(walk.address("/apps/ada/garden"))
        await home.goto(walk.address("/"))
        with trio.fail_after(10):
            while walk.app.live.members < 2:  # noqa: ASYNC110 - the browser's doing
                await trio.sleep(0.01)
        await ask(
            walk, "ensure-app-slug", mode="production", fileSystem=[js("/a.js", "3")], message="From afar"
        )

        await page.wait_for("document.querySelector('#versions').textContent.includes('From afar')")
        await home.wait_for("document.querySelector('.apps').textContent.includes('v3')")
