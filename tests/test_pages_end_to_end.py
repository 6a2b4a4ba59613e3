"""At home in a browser, for real: what somebody does on the pages who has just started the server; whom they invite.

Nothing is asked of any other host: the modules were built before, no registry is there, and the whole runs in a network
namespace with loopback only. Where no such namespace can be made the same runs without one. Pictures of all that is
seen are kept in `.build/pictures/pages`, in light and dark, wide and narrow.
"""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import trio
from app_runs import PICTURES
from browser import Browser, Page, find_chromium, launch_browser
from fake_registry import require_esbuild
from without_network import make_sure_that_nobody_is_there, run_without_network

ROOT = Path(__file__).parents[1]
SCREENS = ((1280, 900, "light"), (1280, 900, "dark"), (375, 800, "light"), (375, 800, "dark"))
RESULT = "document.querySelector('#drop-result:not([hidden]) .notice')?.innerText"
LINK = re.compile(r"sign in\s+(http://\S+/sign-in#\w+)")
READY = "stop     Ctrl-C"
STORE = "VIBES_TEST_STORE"
RUN_TIMEOUT_S = 400

VITE = {
    "index.html": '<!doctype html><title>Till</title><div id="root"></div>'
    '<script type="module" src="/src/main.tsx"></script>',
    "package.json": '{"name": "till", "dependencies": {"react": "^19", "react-dom": "^19"}}',
    "vite.config.ts": 'import react from "@vitejs/plugin-react";\nexport default { plugins: [react()] };\n',
    "tsconfig.json": '{"compilerOptions": {"jsx": "react-jsx", "paths": {"@/*": ["./src/*"]}}}',
    "src/main.tsx": 'import { createRoot } from "react-dom/client";\nimport App from "@/App";\nimport "./index.css";\n'
    'createRoot(document.getElementById("root")!).render(<App name={import.meta.env.VITE_NAME} />);\n',
    "src/App.tsx": "export default function App({ name }: { name: string }) {\n  return <h1>{name} one</h1>;\n}\n",
    "src/index.css": "h1 { color: rgb(1, 2, 3); }\n",
    ".env": "VITE_NAME=Till\n",
    "node_modules/react/index.js": "throw new Error('never sent');\n",
}
FAULTY = {
    "App.jsx": "export default function App() {\n  const plants = undefined;\n  return <p>{plants.length}</p>;\n}\n"
}


@dataclass(frozen=True)
class Served:
    """A server of its own process. *link*: what its first start has printed to sign in with."""

    env: dict[str, str]
    link: str

    async def run(self, *args: str) -> str:
        """Return what a command prints."""
        done = await trio.run_process(
            [sys.executable, "-m", "vibes_trio", *args],
            env=self.env,
            capture_stdout=True,
            capture_stderr=True,
        )
        return done.stdout.decode().strip()


@asynccontextmanager
async def serving(data_dir: Path) -> AsyncIterator[Served]:
    env = os.environ | {
        "VIBES_DATA_DIR": str(data_dir),
        "PYTHONPATH": str(ROOT),
        "NO_COLOR": "1",
        "VIBES_MODULES": "local",
        "VIBES_REGISTRY_URL": "none",
        "VIBES_ESBUILD": require_esbuild(),
    }
    command = [sys.executable, "-m", "vibes_trio", "serve", "--host", "127.0.0.1", "--port", "0"]
    process = subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    lines: list[str] = []
    started = threading.Event()

    def read() -> None:
        for line in process.stdout:
            lines.append(line)
            if READY in line:
                started.set()
        started.set()

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    try:
        with trio.fail_after(60):
            await trio.to_thread.run_sync(started.wait, abandon_on_cancel=True)
        match = LINK.search("".join(lines))
        assert match, "".join(lines)
        yield Served(env, match[1])
        process.send_signal(signal.SIGTERM)
        with trio.fail_after(20):
            code = await trio.to_thread.run_sync(process.wait, abandon_on_cancel=True)
        assert code == 0, "".join(lines)
    finally:
        process.kill()
        process.wait()
        reader.join(10)
        process.stdout.close()


# -- what one does ----------------------------------------------------------------------------------------


async def take_pictures(page: Page, name: str) -> None:
    """Leave a picture for each of SCREENS, of the whole page."""
    folder = PICTURES / "pages"
    folder.mkdir(parents=True, exist_ok=True)
    for width, height, scheme in SCREENS:
        features = [
            {"name": "prefers-color-scheme", "value": scheme},
            {"name": "prefers-reduced-motion", "value": "reduce"},
        ]
        await page.send("Emulation.setEmulatedMedia", features=features)
        await resize(page, width, height)
        tall = await page.evaluate("document.documentElement.scrollHeight")
        await resize(page, width, min(max(height, tall), 4000))
        await page.screenshot(folder / f"{name}-{scheme}-{width}.png")
    await page.send("Emulation.setEmulatedMedia", features=[])
    await resize(page, 1280, 900)


async def resize(page: Page, width: int, height: int) -> None:
    await page.send(
        "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False
    )


def write(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


async def drop(page: Page, path: Path) -> str:
    """Drop *path* on the page, and return what is said in the end."""
    await page.evaluate("document.querySelector('#drop-result').hidden = true")
    box = await page.evaluate(
        "(() => { const zone = document.querySelector('#drop-zone'); zone.scrollIntoView({block: 'center'});"
        " const { x, y } = zone.getBoundingClientRect(); return [x + 20, y + 20]; })()"
    )
    data = {"items": [], "files": [str(path)], "dragOperationsMask": 1}
    for kind in ("dragEnter", "dragOver", "drop"):
        await page.send("Input.dispatchDragEvent", type=kind, x=box[0], y=box[1], data=data)
    return str(await page.wait_for(RESULT))


async def heading_of(browser: Browser, address: str, selector: str = "h1") -> str:
    """Return what an app shows, in a tab of its own."""
    tab = await browser.open(address)
    text = await tab.wait_for(f"document.querySelector('{selector}')?.textContent")
    await tab.send("Page.close")
    return str(text)


async def press(page: Page, words: str, within: str = "main") -> None:
    """Press the first button or link that says *words*."""
    marked = f"""(() => {{
        const all = [...document.querySelectorAll({json.dumps(within)} + " :is(button, a.button)")];
        const found = all.find((one) => one.checkVisibility() && one.textContent.trim() === {json.dumps(words)});
        document.querySelector("[data-pressed]")?.removeAttribute("data-pressed");
        found?.setAttribute("data-pressed", "");
        return found;
    }})()"""
    await page.wait_for(marked)
    await page.click("[data-pressed]")


def hosts_asked(page: Page) -> set[str]:
    addresses = [url for url in page.requests if not url.startswith(("data:", "blob:", "about:"))]
    return {url.split("/")[2].partition(":")[0] for url in addresses}


async def sign_in(browser: Browser, link: str) -> Page:
    page = await browser.open(link, width=1280, height=900)
    await page.wait_for("location.pathname === '/' && document.querySelector('#drop, #my-apps')")
    return page


async def publish_the_example(browser: Browser, page: Page, base: str) -> None:
    await page.click("#example")
    assert await page.wait_for(RESULT) == "example is published."

    assert await heading_of(browser, f"http://example--me.{base}/", ".row")
    await page.wait_for("document.querySelector('#my-apps .badge.ok')")


async def deploy_a_project(browser: Browser, page: Page, folder: Path, base: str) -> None:
    told = await drop(page, write(folder, VITE))

    assert told == "till is published."
    assert "node_modules/" in await page.evaluate(
        "document.querySelector('#drop-result details').textContent"
    )
    assert await heading_of(browser, f"http://till--me.{base}/") == "Till one"
    await page.wait_for("document.querySelectorAll('.app-row').length === 2")
    await take_pictures(page, "home-deployed")
    await page.goto(f"http://{base}/")
    await take_pictures(page, "home")


async def publish_and_go_back(browser: Browser, page: Page, folder: Path, base: str) -> None:
    await page.goto(f"http://{base}/apps/me/till")
    write(folder, {"src/App.tsx": VITE["src/App.tsx"].replace("one", "two")})
    await page.evaluate("document.querySelector('#drop-message').value = 'Count to two'")

    assert await drop(page, folder) == "till is published."
    await page.wait_for("document.querySelector('#versions li.is-shown h3').textContent.includes('v2')")
    assert "1 file changed" in await page.evaluate("document.querySelector('#versions').textContent")
    assert await heading_of(browser, f"http://till--me.{base}/") == "Till two"
    await take_pictures(page, "app")

    await press(page, "Go back to this")
    await page.wait_for(
        "document.querySelectorAll('#versions li')[1].matches('.is-shown') ||"
        " document.querySelector('#versions li.is-shown h3').textContent.includes('v3')"
    )
    assert await heading_of(browser, f"http://till--me.{base}/") == "Till one"
    await picture_for_the_readme(page)


async def picture_for_the_readme(page: Page) -> None:
    await page.goto(await page.evaluate("location.href"))
    await page.send(
        "Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": "dark"}]
    )
    await page.evaluate("document.querySelector('#versions details').open = true")
    await page.screenshot(PICTURES / "pages" / "app-top.png")
    await page.send("Emulation.setEmulatedMedia", features=[])


async def take_down_and_bring_back(browser: Browser, page: Page, base: str) -> None:
    await press(page, "Take it down")
    await page.wait_for("document.querySelector('#undo:not([hidden])')")
    await page.wait_for("document.querySelector('#head').textContent.includes('Taken down')")
    assert await heading_of(browser, f"http://till--me.{base}/") != "Till one"
    await take_pictures(page, "app-down")

    await press(page, "Undo", "#undo")
    await page.wait_for("document.querySelector('#head').textContent.includes('Live')")
    assert await heading_of(browser, f"http://till--me.{base}/") == "Till one"


async def see_errors(browser: Browser, page: Page, folder: Path, base: str) -> None:
    await page.goto(f"http://{base}/")
    assert await drop(page, write(folder, FAULTY)) == "faulty is published."
    tab = await browser.open(f"http://faulty--me.{base}/")
    await tab.wait_for("document.querySelector('vibes-error-overlay')")
    await page.goto(f"http://{base}/apps/me/faulty")
    await page.wait_for("document.querySelector('#page-errors li') || (location.reload(), false)")

    told = await page.evaluate("document.querySelector('#page-errors').innerText")
    assert "length" in told
    assert "App.jsx:3" in told
    await take_pictures(page, "app-errors")
    await press(page, "Forget these")
    await page.wait_for("!document.querySelector('#page-errors li')")


async def read_and_search_a_chat(server: Served, page: Page) -> None:
    chat = await server.run("chat", "new", "--app", "till")
    for words in ("Make a till that counts to one", "And now to two, with a **round button**"):
        await server.run("chat", "append", chat, words)
    base = await page.evaluate("location.host")
    await page.goto(f"http://{base}/apps/me/till")
    await page.click("a[href^='/chats?app=']")
    await page.wait_for("document.querySelector('a[href*=\"/chats/\"]')")
    await page.click("main li a.strong")
    await page.wait_for("document.body?.innerText.includes('counts to one')")
    await take_pictures(page, "chat")

    found = "document.body?.innerText.includes('round button')"
    await page.goto(f"http://{base}/chats?q=round+button")
    await page.wait_for(found)
    marked = await page.evaluate("[...document.querySelectorAll('main mark')].map((one) => one.textContent)")
    assert {"round", "button"} <= {word.lower() for word in marked}
    await take_pictures(page, "chats-found")


async def invite_somebody(server: Served, browser: Browser, page: Page, base: str) -> None:
    """A second person, in a profile of their own: first a private app is not there for them, then it is to be seen."""
    await server.run("user", "add", "eve", "--email", "eve@example.org")
    other = await sign_in(browser, await server.run("login-link", "--user", "eve"))
    await page.goto(f"http://{base}/apps/me/till")
    await page.click("#visibility-private")
    await page.wait_for("document.querySelector('#head').textContent.includes('Private')")
    await other.goto(f"http://{base}/apps/me/till")
    assert "no app" in await other.evaluate("document.querySelector('main').innerText")

    await press(page, "Make an invitation link")
    link = await page.wait_for("document.querySelector('#made-link')?.value")
    await take_pictures(page, "app-shared")
    await other.goto(link)
    await press(other, "Take the invitation")
    await other.wait_for("location.pathname === '/apps/me/till' && document.querySelector('#versions h3')")
    seen = await other.evaluate("document.querySelector('main').innerText")
    assert "viewer" in seen
    for words in ("Take it down", "Settings", "A new release", "Errors on its page"):
        assert words not in seen
    await take_pictures(other, "app-viewer")
    await other.click("#open")
    await other.wait_for("location.pathname === '/vibe/me/till' && document.querySelector('iframe')")


async def end_the_session(server: Served, browser: Browser, page: Page) -> None:
    """The owner, at another machine, ends the session of the first browser: what it shows there is over at once."""
    await browser.send("Storage.clearCookies")
    second = await sign_in(browser, await server.run("login-link"))
    base = await second.evaluate("location.host")
    await second.goto(f"http://{base}/account")
    await take_pictures(second, "account")
    await press(second, "Sign all others out")

    await page.wait_for("location.pathname === '/sign-in'")
    await page.goto(f"http://{base}/")
    assert "My apps" not in await page.text()


@pytest.mark.browser
@pytest.mark.slow
def test_at_home_in_a_browser_with_no_network_but_loopback(page_store):
    run_without_network(__file__, test_at_home_in_a_browser, {STORE: str(page_store)}, RUN_TIMEOUT_S)


@pytest.mark.browser
@pytest.mark.skipif(STORE not in os.environ, reason="is run by the test above, without a network")
async def test_at_home_in_a_browser(tmp_path):
    """Signed in by the printed link; the example, and a project that is dropped; published, gone back, taken down,
    brought back; a chat read and found; somebody invited; a session ended from another browser."""
    find_chromium()
    await make_sure_that_nobody_is_there()
    shutil.copytree(os.environ[STORE], tmp_path / "data")
    async with (
        serving(tmp_path / "data") as server,
        launch_browser(tmp_path / "one") as mine,
        launch_browser(tmp_path / "two") as theirs,
    ):
        page = await sign_in(mine, server.link)
        base = await page.evaluate("location.host")
        await take_pictures(page, "home-empty")

        await publish_the_example(mine, page, base)
        await deploy_a_project(mine, page, tmp_path / "till", base)
        await publish_and_go_back(mine, page, tmp_path / "till", base)
        await take_down_and_bring_back(mine, page, base)
        await see_errors(mine, page, tmp_path / "faulty", base)
        await read_and_search_a_chat(server, page)
        await invite_somebody(server, theirs, page, base)
        await end_the_session(server, theirs, page)

        assert page.console == []
        assert hosts_asked(page) <= {"localhost", "127.0.0.1"}
