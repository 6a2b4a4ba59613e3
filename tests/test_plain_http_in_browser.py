"""Apps that are opened by plain http at another name than localhost, as on a home network: browsers leave parts of
themselves out there, and what apps commonly use of those works, or says what it needs."""

import shutil
from collections.abc import AsyncIterator

import pytest
from asking import DEPLOY, jsx
from browser import Browser, Page, launch_browser, see_problem
from recorded import token
from serving import http_client, running

pytestmark = pytest.mark.browser

UUID = r"/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/"
APP = f"""
import {{ useState }} from "react";

const first = crypto.randomUUID();

export default function App() {{
  const [list, setList] = useState([first]);
  const [said, say] = useState("");
  const copy = () => navigator.clipboard.writeText("milk").then(() => say("copied"), (error) => say(error.message));
  return <main>
    <button id="add" onClick={{() => setList([...list, crypto.randomUUID()])}}>add</button>
    <button id="copy" onClick={{copy}}>copy</button>
    <button id="read" onClick={{() => navigator.clipboard.readText()}}>read</button>
    <input id="field" /><p id="said">{{said}}</p>
    <p id="ids">{{String(list.every((id) => {UUID}.test(id)))}} {{new Set(list).size}}</p>
  </main>;
}}
"""


async def open_by_name(port: int, browser: Browser) -> Page:
    """Deploy the app; return its page, opened by the name of a machine."""
    wanted = {"mode": "production", "appSlug": "list", "userSlug": "ada", "fileSystem": [jsx(content=APP)]}
    async with http_client(port) as client:
        reply = await client.ask(token("A"), DEPLOY, **wanted)
    page = await browser.open(reply["entryPointUrl"].replace(".home.test/", f".home.test:{port}/"))
    await page.wait_for("document.querySelector('#ids')")
    assert await page.evaluate("isSecureContext") is False
    return page


@pytest.fixture
async def page(page_store, tmp_path) -> AsyncIterator[Page]:
    shutil.copytree(page_store, tmp_path / "data")
    settings = {"VIBES_SVC_PROTOCOL": "http", "VIBES_SVC_HOSTNAME_BASE": "home.test"}
    async with (
        running(tmp_path / "data", VIBES_MODULES="local", **settings) as server,
        launch_browser(tmp_path / "browser", "--host-resolver-rules=MAP *.home.test 127.0.0.1") as browser,
    ):
        yield await open_by_name(server.config.port, browser)


async def test_random_identifiers_are_made_as_in_a_secure_context(page):
    await page.click("#add")

    assert await page.wait_for("document.querySelector('#ids').textContent === 'true 2'")
    assert page.console == []


async def test_text_is_copied_at_a_click(page):
    await page.click("#copy")
    await page.wait_for("document.querySelector('#said').textContent === 'copied'")
    await page.evaluate("document.querySelector('#field').focus()")
    await page.send(
        "Input.dispatchKeyEvent", type="keyDown", key="v", code="KeyV", modifiers=2, commands=["paste"]
    )

    assert await page.wait_for("document.querySelector('#field').value === 'milk'")


async def test_what_cannot_be_had_says_what_it_needs(page):
    await page.click("#read")

    message, *_ = (await see_problem(page))[0]
    assert "Reading the clipboard needs https, or localhost." in message
