"""The apps of `tests/apps`: reading them, deploying them, using them in a browser as their `expect.json` says.

Each folder is one app of our own, written in the manner of what a model makes of "make me a … app". Beside its
files lies `expect.json`:

    {
      "about": "what it is and what it tries of the server",
      "packages": ["d3"],            what it needs from npm, if anything
      "typescript": true,            if so: only esbuild compiles that
      "sass": true,                  if so: only Dart Sass compiles that
      "console": ["went wrong"],     parts of what it prints on purpose
      "env": {"VITE_X": "1"},        what it is deployed with
      "warnings": ["no such file"],  parts of what the deploy says on purpose
      "steps": [...]
    }

The steps, in order; each waits until it can be done or is seen:

    ["see", SELECTOR, TEXT]     the first match contains TEXT; of a field its value
    ["count", SELECTOR, N]      there are N matches
    ["is", CODE]                the expression is true
    ["drawn", SELECTOR]         the picture of the first match has at least three colours
    ["click", SELECTOR]         with the mouse, in the middle
    ["type", SELECTOR, TEXT]    into a field, in place of what is there
    ["choose", SELECTOR, VALUE] of a select, or a value that is not typed (date, range, colour)
    ["key", KEY]                to whatever has the focus; "Shift+Tab" holds Shift down
    ["drag", FROM, TO]          with the mouse, from middle to middle
    ["reload"]                  the page anew: what was kept is still there
"""

import base64
import json
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import trio
from browser import Browser, BrowserError, Page

from vibes_trio.client.api import Api
from vibes_trio.commands.app_files import find_app, read_files
from vibes_trio.config import Limits
from vibes_trio.wire.deploy import ReqEnsureAppSlug
from vibes_trio.wire.files import VibeFile

FOLDER = Path(__file__).parent / "apps"
EXPECT = "/expect.json"
USER = "sixty"
STEP_TIMEOUT_S = 10
MIN_COLOURS = 3
# One package's modules differ in what comes after these. Files of a package lie beside them.
BUILT = re.compile(
    r"/~esm/(?P<name>(?:@[^/]+/)?[^@/]+)@(?P<version>[^/]++)(?!/~file-|/~[0-9a-f]+/~(?!c/))(?P<build>/~[0-9a-f]+)?"
)
# A page whose packages are still being built loads itself anew when they are there.
MAX_PAGES = 5
LEFT = re.compile("context was destroyed|navigated or closed|Cannot find context")
# A dialogue would hold the page, and nobody is there to answer it.
NO_DIALOGUES = (
    "globalThis.alert = () => {}; globalThis.confirm = () => true; globalThis.prompt = (_, said) => said;"
)
VIRTUAL_KEYS = {
    "Enter": 13,
    "Escape": 27,
    " ": 32,
    "ArrowLeft": 37,
    "ArrowUp": 38,
    "ArrowRight": 39,
    "ArrowDown": 40,
    "Tab": 9,
    "Backspace": 8,
}
MODIFIERS = {"Alt": 1, "Control": 2, "Meta": 4, "Shift": 8}

Step = Sequence[Any]  # a word and its arguments, as above


class StepFailed(AssertionError):
    """What a step waited for never came."""


@dataclass(frozen=True)
class TestApp:
    """One folder of `tests/apps`."""

    __test__ = False  # pytest takes the name for tests'

    name: str
    home: Path = FOLDER

    @property
    def folder(self) -> Path:
        return self.home / self.name

    @cached_property
    def expected(self) -> Mapping[str, Any]:
        """What its `expect.json` says."""
        found: Mapping[str, Any] = json.loads((self.folder / "expect.json").read_text("utf-8"))
        return found

    @property
    def packages(self) -> tuple[str, ...]:
        return tuple(self.expected.get("packages", ()))

    @property
    def is_typescript(self) -> bool:
        return bool(self.expected.get("typescript", False))

    @property
    def is_sass(self) -> bool:
        return bool(self.expected.get("sass", False))

    @property
    def env(self) -> dict[str, str]:
        return dict(self.expected.get("env", {}))

    @property
    def warnings(self) -> tuple[str, ...]:
        return tuple(self.expected.get("warnings", ()))

    def files(self) -> list[VibeFile]:
        """Return its files as a deploy sends them."""
        found = find_app(self.folder, Limits())
        return read_files(replace(found, files=tuple(f for f in found.files if f.name != EXPECT)))


def all_apps(home: Path = FOLDER) -> list[TestApp]:
    return [TestApp(path.parent.name, home) for path in sorted(home.glob("*/expect.json"))]


async def deploy(api: Api, app: TestApp) -> tuple[str, tuple[str, ...]]:
    """Deploy *app* under its own name; return the address of its page and the warnings."""
    request = ReqEnsureAppSlug(
        mode="production", app_slug=app.name, user_slug=USER, file_system=app.files(), env=app.env
    )
    response = await api.request(request)
    return response.entry_point_url, response.warnings


async def use(browser: Browser, app: TestApp, address: str, picture: Path) -> list[str]:
    """Open *app* at *address*, go through its steps, take a picture; return what was wrong."""
    page = await browser.open()
    await page.send("Page.addScriptToEvaluateOnNewDocument", source=NO_DIALOGUES)
    await browser.send(
        "Browser.grantPermissions", permissions=["clipboardReadWrite", "clipboardSanitizedWrite"]
    )
    try:
        await page.goto(address)
        problems = await _play(page, app.expected["steps"])
        await page.screenshot(picture)
        return [*problems, *_odd_lines(page, app), *odd_requests(page, address)]
    finally:
        await page.send("Page.close")


async def _play(page: Page, steps: Sequence[Step]) -> list[str]:
    for number, (word, *rest) in enumerate(steps, 1):
        try:
            await STEPS[word](page, *rest)
        except (StepFailed, BrowserError, trio.TooSlowError) as failed:
            shown = await page.text()
            return [
                f"step {number}, {json.dumps([word, *rest], ensure_ascii=False)}: {failed}; page: {shown[:600]!r}"
            ]
    return []


def _odd_lines(page: Page, app: TestApp) -> list[str]:
    """Return what is in the console and not expected there; `verbose` is advice, such as to name a password's field."""
    allowed = (*app.expected.get("console", ()), "verbose: ")
    return [f"console: {line}" for line in page.console if not any(part in line for part in allowed)]


def odd_requests(page: Page, address: str) -> list[str]:
    """Return what *page* asked of others than its own host, and every package of which it has more than one."""
    asked = {urlsplit(url) for url in page.requests if url.startswith(("http", "ws"))}
    own = urlsplit(address).netloc
    foreign = sorted(url.geturl() for url in asked if url.netloc != own)
    instances: dict[str, set[str]] = {}
    for match in filter(None, (BUILT.match(url.path) for url in asked)):
        instances.setdefault(match["name"], set()).add(f"{match['version']}{match['build'] or ''}")
    doubled = [
        f"more than one {name}: {sorted(found)}" for name, found in instances.items() if len(found) > 1
    ]
    return [f"asked another host: {url}" for url in foreign] + doubled


# -- the steps --------------------------------------------------------------------------------------------


async def _wait(page: Page, condition: str) -> Any:
    # What a condition looks into may not be there yet.
    quiet = f"(() => {{ try {{ return {condition}; }} catch {{ return null; }} }})()"
    for _ in range(MAX_PAGES):
        try:
            return await page.wait_for(quiet, STEP_TIMEOUT_S)
        except AssertionError:
            raise StepFailed("never came true") from None
        except BrowserError as error:
            if not LEFT.search(str(error)):
                raise
    raise StepFailed(f"the page went elsewhere {MAX_PAGES} times")


def _text_of(selector: str) -> str:
    found = f"document.querySelector({json.dumps(selector)})"
    shown = 'found.matches("input, select, textarea") ? found.value : found.textContent'
    return f"((found) => found && ({shown}))({found})"


async def _see(page: Page, selector: str, text: str) -> None:
    try:
        await _wait(page, f"{_text_of(selector)}?.includes({json.dumps(text)})")
    except StepFailed:
        raise StepFailed(f"it is {await page.evaluate(_text_of(selector))!r}") from None


async def _count(page: Page, selector: str, number: int) -> None:
    counted = f"document.querySelectorAll({json.dumps(selector)}).length"
    try:
        await _wait(page, f"{counted} === {number}")
    except StepFailed:
        raise StepFailed(f"there are {await page.evaluate(counted)}") from None


async def _is(page: Page, code: str) -> None:
    await _wait(page, code)


async def _drawn(page: Page, selector: str) -> None:
    box = await _wait(
        page, f"document.querySelector({json.dumps(selector)})?.getBoundingClientRect().toJSON()"
    )
    clip = {name: box[name] for name in ("x", "y", "width", "height")} | {"scale": 1}
    with trio.fail_after(STEP_TIMEOUT_S):
        while True:
            shot = await page.send("Page.captureScreenshot", format="png", clip=clip)
            if await _count_colours(page.browser, shot["data"]) >= MIN_COLOURS:
                return


async def _count_colours(browser: Browser, picture: str) -> int:
    """Return how many colours a PNG, in base64, has; counted by a tab of its own that no policy binds."""
    page = await browser.open()
    try:
        number: int = await page.evaluate(
            f"""(async () => {{
                const picture = new Image();
                picture.src = "data:image/png;base64,{picture}";
                await picture.decode();
                const canvas = new OffscreenCanvas(picture.width, picture.height).getContext("2d");
                canvas.drawImage(picture, 0, 0);
                const {{ data }} = canvas.getImageData(0, 0, picture.width, picture.height);
                return new Set(new Uint32Array(data.buffer)).size;
            }})()"""
        )
    finally:
        await page.send("Page.close")
    return number


async def _click(page: Page, selector: str) -> None:
    await _point_at(page, selector)
    await page.click(selector)


async def _point_at(page: Page, selector: str) -> tuple[float, float]:
    """Move the mouse to the middle of *selector*; return where that is."""
    found = f"document.querySelector({json.dumps(selector)})"
    box = await _wait(
        page,
        f"""((found) => {{ found?.scrollIntoView({{ block: "nearest" }});
        return found?.getBoundingClientRect().toJSON(); }})({found})""",
    )
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    await _mouse(page, "mouseMoved", x, y)
    return x, y


async def _mouse(page: Page, kind: str, x: float, y: float, buttons: int = 0) -> None:
    how = (
        {}
        if kind == "mouseMoved" and not buttons
        else {"button": "left", "clickCount": 1, "buttons": buttons}
    )
    await page.send("Input.dispatchMouseEvent", type=kind, x=x, y=y, **how)


async def _type(page: Page, selector: str, text: str) -> None:
    found = f"document.querySelector({json.dumps(selector)})"
    await _wait(page, f"{found} && (({found}).focus(), ({found}).select?.(), true)")
    await page.send("Input.insertText", text=text)


async def _choose(page: Page, selector: str, value: str) -> None:
    """Set what a person would pick from a list or a dialogue of the browser's own; React hears of it."""
    await _wait(page, f"document.querySelector({json.dumps(selector)})")
    await page.evaluate(
        f"""(() => {{
            const found = document.querySelector({json.dumps(selector)});
            Object.getOwnPropertyDescriptor(Object.getPrototypeOf(found), "value").set.call(found, {json.dumps(value)});
            found.dispatchEvent(new Event("input", {{ bubbles: true }}));
            found.dispatchEvent(new Event("change", {{ bubbles: true }}));
        }})()"""
    )


async def _key(page: Page, key: str) -> None:
    *held, key = key.split("+") if len(key) > 1 else [key]
    code = f"Key{key.upper()}" if re.fullmatch("[a-zA-Z]", key) else {" ": "Space"}.get(key, key)
    modifiers = sum(MODIFIERS[name] for name in held)
    virtual = VIRTUAL_KEYS.get(key, ord(key.upper()) if len(key) == 1 else 0)
    same = {"key": key, "code": code, "modifiers": modifiers, "windowsVirtualKeyCode": virtual}
    text = {"Enter": "\r"}.get(key, key if len(key) == 1 else "")
    await page.send(
        "Input.dispatchKeyEvent", type="keyDown", **same, **({"text": text} if text and not held else {})
    )
    await page.send("Input.dispatchKeyEvent", type="keyUp", **same)


async def _drag(page: Page, start: str, end: str) -> None:
    x, y = await _point_at(page, start)
    await _mouse(page, "mousePressed", x, y, 1)
    await _mouse(page, "mouseMoved", x + 6, y + 6, 1)
    found = f"document.querySelector({json.dumps(end)})"
    box = await _wait(page, f"({found})?.getBoundingClientRect().toJSON()")
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    await _mouse(page, "mouseMoved", x - 3, y - 3, 1)
    await _mouse(page, "mouseMoved", x, y, 1)
    await _mouse(page, "mouseReleased", x, y)


async def _reload(page: Page) -> None:
    page.loaded = trio.Event()
    await page.send("Page.reload")
    with trio.fail_after(STEP_TIMEOUT_S):
        await page.loaded.wait()


STEPS: Mapping[str, Callable[..., Awaitable[None]]] = {
    "see": _see,
    "count": _count,
    "is": _is,
    "drawn": _drawn,
    "click": _click,
    "type": _type,
    "choose": _choose,
    "key": _key,
    "drag": _drag,
    "reload": _reload,
}


# -- pictures ---------------------------------------------------------------------------------------------


async def draw_contact_sheet(browser: Browser, pictures: Sequence[Path], target: Path) -> None:
    """Write one PNG of all *pictures*, small, with their names."""
    figures = "".join(
        f'<figure><img src="data:image/png;base64,{base64.b64encode(picture.read_bytes()).decode()}">'
        f"<figcaption>{picture.stem}</figcaption></figure>"
        for picture in pictures
    )
    style = (
        "body{margin:8px;display:grid;grid-template-columns:repeat(6,1fr);gap:8px;font:12px sans-serif}"
        "figure{margin:0}img{width:100%;display:block;border:1px solid #ccc}"
    )
    rows = -(-len(pictures) // 6)
    page = await browser.open(width=1500, height=16 + rows * 190)
    frame = (await page.send("Page.getFrameTree"))["frameTree"]["frame"]["id"]
    await page.send("Page.setDocumentContent", frameId=frame, html=f"<style>{style}</style>{figures}")
    await page.evaluate(
        "Promise.all([...document.images].map((picture) => picture.decode())).then(() => true)"
    )
    await page.screenshot(target)
    await page.send("Page.close")
