"""A real Chromium for tests: start it, open pages, run code in them, click, read the console, take pictures.

    @pytest.mark.browser
    async def test_page(tmp_path):
        async with launch_browser(tmp_path) as browser:
            page = await browser.open("http://127.0.0.1:8787/")
            await page.wait_for("document.querySelector('h1')")
            await page.click("button")
            assert page.console == []

A machine without Chromium skips the test and says so. `VIBES_TEST_CHROMIUM` names another binary.
"""

import base64
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import trio
from trio_websocket import ConnectionClosed, WebSocketConnection, open_websocket_url

RELOADED = ("Inspected target navigated", "Execution context was destroyed", "Cannot find context")
START_TIMEOUT_S = 60.0
STEP_TIMEOUT_S = 30.0
MAX_MESSAGE_BYTES = 64 * 1024 * 1024  # a screenshot comes as one message
FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-background-timer-throttling",
    "--disable-backgrounding-occluded-windows",
    "--disable-renderer-backgrounding",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    # Nobody types an address here, and what would list suggestions costs more than the pages: two pages a window.
    "--disable-features=WebUIOmniboxPopup,WebUIOmniboxFullPopup,WebUIOmniboxAimPopup",
    "--no-startup-window",
    "--remote-debugging-port=0",
)

ENV = dict(os.environ)  # before a test changes anything

OF_PROFILE = {"Target.createTarget", "Storage.getCookies", "Storage.setCookies", "Storage.clearCookies"} | {
    f"Browser.{name}"
    for name in ("grantPermissions", "resetPermissions", "setPermission", "setDownloadBehavior")
}
"""Commands that say which profile they are about."""

OVERLAY = "document.querySelector('vibes-error-overlay').shadowRoot"
SHOWN = """(() => {
    const root = document.querySelector("vibes-error-overlay")?.shadowRoot;
    const texts = (of, what) => [...of.querySelectorAll(what)].map((found) => found.textContent);
    return root && [...root.querySelectorAll("article")].map((article) => texts(article, "p"));
})()"""


def find_chromium() -> str:
    """Return the path of a Chromium; skip the calling test when this machine has none."""
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
    wanted = os.environ.get("VIBES_TEST_CHROMIUM")
    found = wanted or next(filter(None, map(shutil.which, names)), None)
    if found is None:
        pytest.skip("no Chromium on this machine: install one, or name it in VIBES_TEST_CHROMIUM")
    return found


class BrowserError(Exception):
    """What the browser refused, or an exception thrown by evaluated code."""


@dataclass(eq=False)
class Page:
    """One tab.

    Attributes:
        console: "level: text" of each console message, uncaught exception and failed load so far, but for
            plain `log`, `info` and `debug`.
        requests: the address of each request so far.
        contexts: where code runs in each frame of this process, by the frame's id.
        apart: frames that have a process of their own, by the target's id.
        dragged: what the mouse pulls, where `Input.setInterceptDrags` was sent.
    """

    browser: "Browser"
    session: str
    console: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    loaded: trio.Event = field(default_factory=trio.Event)
    contexts: dict[str, int] = field(default_factory=dict)
    apart: dict[str, "Page"] = field(default_factory=dict)
    dragged: dict[str, Any] | None = None

    async def send(self, method: str, **params: Any) -> dict[str, Any]:
        """Send one command of the DevTools protocol to this tab; return its result."""
        return await self.browser.send(method, self.session, **params)

    async def goto(self, url: str) -> None:
        """Open *url*; return once its load event has fired."""
        self.loaded = trio.Event()
        result = await self.send("Page.navigate", url=url)
        if "errorText" in result:
            raise BrowserError(f"{url}: {result['errorText']}")
        with trio.fail_after(STEP_TIMEOUT_S):
            await self.loaded.wait()

    async def evaluate(self, code: str, *, context: int | None = None) -> Any:
        """Return the JSON value of the expression *code*; a promise is awaited. *context*: of a frame."""
        where = {} if context is None else {"contextId": context}
        result = await self.send(
            "Runtime.evaluate",
            expression=code,
            awaitPromise=True,
            returnByValue=True,
            userGesture=True,
            **where,
        )
        if "exceptionDetails" in result:
            details = result["exceptionDetails"]
            raise BrowserError(details.get("exception", {}).get("description", details["text"]))
        return result["result"].get("value")

    async def wait_for(self, condition: str, timeout_s: float = STEP_TIMEOUT_S) -> Any:
        """Return the value of the expression *condition* once it is truthy, in a page that may load itself anew.

        Raises:
            AssertionError: it never was; shows the page's text and console.
        """
        code = f"""new Promise((done, fail) => {{
            const end = performance.now() + {timeout_s * 1000};
            (function look() {{
                let value;
                try {{ value = ({condition}); }} catch (error) {{ fail(error); return; }}
                if (value) done(value instanceof Node ? true : value);
                else if (performance.now() > end) done(null);
                else setTimeout(look, 20);
            }})();
        }})"""
        value = await self._evaluate_through_reloads(code)
        assert value, f"never true: {condition}\npage: {await self.text()}\nconsole: {self.console}"
        return value

    async def _evaluate_through_reloads(self, code: str) -> Any:
        while True:
            try:
                return await self.evaluate(code)
            except BrowserError as error:
                if not any(text in str(error) for text in RELOADED):
                    raise

    async def in_frame(self, part: str, code: str) -> Any:
        """Return what *code* is in the frame of this tab whose address has *part*; as `evaluate`.

        Frames of other sites have a process, and so a target, of their own; those of other origins have not.
        """
        tree = (await self.send("Page.getFrameTree"))["frameTree"]
        frames = [tree["frame"], *_frames(tree)]
        for frame in frames[1:]:
            if part in frame["url"] and frame["id"] in self.contexts:
                return await self.evaluate(code, context=self.contexts[frame["id"]])
        for target in await self.browser.targets():
            is_here = target.get("parentFrameId") in {frame["id"] for frame in frames}
            if target["type"] == "iframe" and is_here and part in target["url"]:
                if target["targetId"] not in self.apart:
                    self.apart[target["targetId"]] = await self.browser.attach(target["targetId"])
                return await self.apart[target["targetId"]].evaluate(code)
        return None

    async def wait_in_frame(self, part: str, condition: str, timeout_s: float = STEP_TIMEOUT_S) -> Any:
        """As `wait_for`, in the frame of this tab whose address has *part*, once there is one."""
        with trio.fail_after(timeout_s):
            while True:
                try:
                    value = await self.in_frame(part, condition)
                except BrowserError as error:
                    if not any(text in str(error) for text in RELOADED):
                        raise
                    value = None
                if value:
                    return value
                await trio.sleep(0.02)

    async def text(self) -> str:
        """Return the visible text of the page."""
        return str(await self.evaluate("document.body ? document.body.innerText : ''"))

    async def click(self, selector: str) -> None:
        """Click with the mouse in the middle of the first element that matches *selector*."""
        box = await self.wait_for(
            f"""(() => {{ const el = document.querySelector({json.dumps(selector)}); if (!el) return null;
            el.scrollIntoView({{block: "center"}}); const b = el.getBoundingClientRect();
            return {{x: b.x + b.width / 2, y: b.y + b.height / 2}}; }})()"""
        )
        for kind in ("mousePressed", "mouseReleased"):
            await self.send(
                "Input.dispatchMouseEvent", type=kind, x=box["x"], y=box["y"], button="left", clickCount=1
            )

    async def screenshot(self, path: Path) -> None:
        """Write a PNG of the visible part of the page to *path*."""
        result = await self.send("Page.captureScreenshot", format="png")
        await trio.Path(path).write_bytes(base64.b64decode(result["data"]))

    def handle(self, method: str, params: dict[str, Any]) -> None:
        """Take one event of this tab."""
        if method == "Page.loadEventFired":
            self.loaded.set()
        elif method == "Input.dragIntercepted":
            self.dragged = params["data"]
        elif method == "Network.requestWillBeSent":
            self.requests.append(params["request"]["url"])
        elif method == "Runtime.consoleAPICalled":
            if params["type"] not in ("log", "info", "debug"):
                shown = (str(a.get("value", a.get("description", ""))) for a in params["args"])
                self.console.append(f"{params['type']}: {' '.join(shown)}")
        elif method == "Runtime.executionContextCreated":
            made = params["context"]
            if made["auxData"].get("isDefault"):
                self.contexts[made["auxData"]["frameId"]] = made["id"]
        elif method == "Runtime.exceptionThrown":
            details = params["exceptionDetails"]
            text = details.get("exception", {}).get("description", details["text"])
            self.console.append(f"exception: {text}")
        elif method == "Log.entryAdded":
            entry = params["entry"]
            self.console.append(f"{entry['level']}: {entry['text']} {entry.get('url', '')}".rstrip())


def _frames(tree: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Give the frames below *tree*, not itself."""
    for child in tree.get("childFrames", ()):
        yield child["frame"]
        yield from _frames(child)


class Browser:
    """A fresh profile in a running Chromium. Its tabs share one DevTools connection."""

    def __init__(self, socket: WebSocketConnection) -> None:
        self._socket = socket
        self._last_id = 0
        self._waiting: dict[int, trio.MemorySendChannel[dict[str, Any]]] = {}
        self._pages: dict[str, Page] = {}
        self._profile = ""

    async def send(self, method: str, session: str | None = None, **params: Any) -> dict[str, Any]:
        """Send one command of the DevTools protocol; return its result."""
        self._last_id += 1
        if method in OF_PROFILE:
            params["browserContextId"] = self._profile
        message: dict[str, Any] = {"id": self._last_id, "method": method, "params": params}
        if session:
            message["sessionId"] = session
        send, receive = trio.open_memory_channel[dict[str, Any]](1)  # one answer, never waits
        self._waiting[self._last_id] = send
        with trio.fail_after(STEP_TIMEOUT_S * 2):
            await self._socket.send_message(json.dumps(message))
            answer = await receive.receive()
        if "error" in answer:
            raise BrowserError(f"{method}: {answer['error']['message']}")
        result: dict[str, Any] = answer["result"]
        return result

    async def open(self, url: str = "about:blank", *, width: int = 900, height: int = 600) -> Page:
        """Return a new tab that has loaded *url*, in a window of *width* by *height* pixels."""
        # A tab behind another one is not painted, and its animations stand still: each has a window of its own.
        target = await self.send("Target.createTarget", url="about:blank", newWindow=True)
        page = await self.attach(target["targetId"])
        await page.send("Emulation.setFocusEmulationEnabled", enabled=True)
        await page.send(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=False,
        )
        if url != "about:blank":
            await page.goto(url)
        return page

    async def attach(self, target_id: str) -> Page:
        """Return what there is already: a tab that another opened, or a frame of another site."""
        attached = await self.send("Target.attachToTarget", targetId=target_id, flatten=True)
        page = Page(self, attached["sessionId"])
        self._pages[page.session] = page
        for domain in ("Page", "Runtime", "Network", "Log"):
            await page.send(f"{domain}.enable")
        return page

    async def targets(self) -> list[dict[str, Any]]:
        """Return the tabs of this profile, and the frames that have a process of their own."""
        found = (await self.send("Target.getTargets"))["targetInfos"]
        kinds = ("page", "iframe")
        return [one for one in found if one.get("browserContextId") == self._profile and one["type"] in kinds]

    async def begin(self) -> None:
        """Make the profile: no cookie, no storage and no cache is that of another."""
        made = await self.send("Target.createBrowserContext", disposeOnDetach=True)
        self._profile = made["browserContextId"]

    async def end(self) -> None:
        """Close all windows, and forget the profile."""
        await self.send("Target.disposeBrowserContext", browserContextId=self._profile)

    async def read(self) -> None:
        """Hand answers to who waits for them and events to their tab, until the browser is gone."""
        try:
            while True:
                message = json.loads(await self._socket.get_message())
                waiter = self._waiting.pop(message.get("id", 0), None)
                if waiter is not None:
                    waiter.send_nowait(message)
                elif message.get("sessionId") in self._pages:
                    self._pages[message["sessionId"]].handle(message["method"], message["params"])
        except ConnectionClosed:
            return


@dataclass(frozen=True)
class Chromium:
    """A running process: starting one takes longer than most tests in it.

    Attributes:
        folder: its temporary files.
        url: where its DevTools are.
    """

    process: subprocess.Popen[bytes]
    folder: Path
    url: str


_started: list[Chromium] = []
"""The one that the tests of this process share; empty until one is wanted."""


def stop_chromium() -> None:
    """End the Chromium of this process, if there is one."""
    while _started:
        _kill(_started[0].process, _started[0].folder)
        del _started[0]


@asynccontextmanager
async def launch_browser(folder: Path, *flags: str) -> AsyncIterator[Browser]:
    """Give a new profile in the Chromium of this process, which is started when there is none; forget it at the end.

    Args:
        folder: of the test. Nothing is written there: profiles are in memory.
        flags: of a Chromium of its own, which ends with this.
    """
    chromium = await _start(flags) if flags else await _find_started()
    try:
        async with _new_profile(chromium) as browser:
            yield browser
    finally:
        if flags:
            _kill(chromium.process, chromium.folder)


@asynccontextmanager
async def _new_profile(chromium: Chromium) -> AsyncIterator[Browser]:
    async with (
        trio.open_nursery() as nursery,
        open_websocket_url(chromium.url, max_message_size=MAX_MESSAGE_BYTES) as socket,
    ):
        browser = Browser(socket)
        nursery.start_soon(browser.read)
        await browser.begin()
        yield browser
        await browser.end()  # after a failure it goes with the connection
        nursery.cancel_scope.cancel()


async def _find_started() -> Chromium:
    """Return the Chromium of this process, which may have to be started."""
    if _started and _started[0].process.poll() is not None:
        stop_chromium()
    if not _started:
        _started.append(await _start(()))
    return _started[0]


async def _start(flags: Sequence[str]) -> Chromium:
    # Chromium makes a socket in its temporary folder, and a socket's path has at most 107 characters.
    folder = Path(tempfile.mkdtemp(prefix="vt-"))
    log, address = folder / "log", folder / "profile" / "DevToolsActivePort"
    command = [find_chromium(), *FLAGS, *flags, f"--user-data-dir={folder / 'profile'}"]
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, env=ENV | {"TMPDIR": str(folder)}, stdin=subprocess.DEVNULL, stdout=output, stderr=output
        )
    try:
        with trio.fail_after(START_TIMEOUT_S):
            while not (address.exists() and address.read_text().count("\n") == 1):
                if process.poll() is not None:
                    raise BrowserError("it ended")
                await trio.sleep(0.01)
        port, path = address.read_text().split("\n")
        return Chromium(process, folder, f"ws://127.0.0.1:{port}{path}")
    except BaseException as error:
        said = log.read_bytes()[-2000:].decode(errors="replace")
        _kill(process, folder)
        if isinstance(error, trio.TooSlowError | BrowserError):
            raise BrowserError(f"Chromium did not start: {said}") from error
        raise


def _kill(process: subprocess.Popen[bytes], folder: Path) -> None:
    process.kill()
    process.wait(10)
    shutil.rmtree(folder, ignore_errors=True)


async def see_problem(page: Page) -> list[list[str]]:
    """Return the lines of each problem that the overlay shows, once it shows one."""
    await page.wait_for(f"({SHOWN} ?? []).length")
    shown: list[list[str]] = await page.evaluate(SHOWN)
    return shown
