"""Every page, for everybody: axe finds nothing, the keyboard is enough; it is small, quiet, and asks nobody else."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

import pytest
from browser import Page
from page_walk import SAMPLES, WHO, Walk, find_axe, walking

from vibes_trio.pages.site import PAGES

FIRST_VIEW_BYTES = 60_000
NARROWEST = 320
SCREENS = ((1280, "light"), (1280, "dark"), (375, "light"), (375, "dark"))
MAX_STOPS = 300

FOUND = """axe.run(document, {resultTypes: ["violations"]}).then(({violations}) =>
    violations.flatMap(({id, help, nodes}) => nodes.map((node) =>
        `${id}: ${help}: ${node.html.slice(0, 200)} ${node.failureSummary.replace(/\\s+/g, " ")}`)))"""
SIZE = """[...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")]
    .reduce((sum, entry) => sum + entry.encodedBodySize, 0)"""
WIDER = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
SETTLED = "document.readyState === 'complete'"

# What can be used, in the order of the document: each has to be a stop of the Tab key (of radio buttons one is).
REACHED = """(() => {
    const usable = "a[href], button, input, select, textarea, summary, [tabindex]:not([tabindex='-1'])";
    return [...document.querySelectorAll(usable)].filter((one) =>
        one.checkVisibility({visibilityProperty: true}) && !one.disabled && one.type !== "hidden" &&
        !(one.type === "radio" && !one.checked) && !one.closest("dialog:not([open])"));
})()"""
# A click that the keyboard makes is noted, and does nothing else.
NOTE_CLICKS = """window.clicked = [];
    for (const kind of ["click", "submit"]) addEventListener(kind, (event) => {
        if (kind === "click") window.clicked.push(event.target);
        event.preventDefault(); event.stopImmediatePropagation();
    }, true);
    window.reached = [];"""
# The element that has the focus, what is seen of that, and whether it has been there before.
STOP = """(() => {
    const one = document.activeElement;
    if (!one || one === document.body || one === document.documentElement) return null;
    const before = window.reached.includes(one);
    window.reached.push(one);
    const now = getComputedStyle(one);
    const box = one.getBoundingClientRect();
    return {html: one.outerHTML.slice(0, 160), before, kind: one.matches("summary, button, [type=submit]") ? "button" :
        one.matches("iframe") ? "frame" :
        one.matches("a[href]") ? "link" : one.matches("[type=checkbox]") ? "checkbox" : "other",
        seen: now.outlineStyle !== "none" && parseFloat(now.outlineWidth) >= 2 &&
            box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth};
})()"""
NOT_REACHED = (
    f"{REACHED}.filter((one) => !window.reached.includes(one)).map((one) => one.outerHTML.slice(0, 160))"
)
CLICKED = """window.clicked.splice(0).some((one) => document.activeElement.contains(one))"""
KEYS = {"button": ("Enter", " "), "link": ("Enter",), "checkbox": (" ",), "frame": (), "other": ()}
CODES = {"Tab": 9, "Enter": 13, " ": 32}


@dataclass(frozen=True)
class Opened:
    """A page that somebody has opened: what they are shown, and not another that they were sent to."""

    page: Page
    path: str


def listed(found: Sequence[object]) -> str:
    return "\n".join(map(str, found))


FAULTS = """
document.querySelector("main").innerHTML = `<img src="data:,">
    <button id="deaf">deaf</button><button id="blind">unseen</button>
    <a href="/" tabindex="-1">never reached</a><p id="pale">pale</p><div id="wide">wide</div>`;
const style = new CSSStyleSheet();
style.replaceSync("#blind { outline: none !important } #pale { color: #eee; background: #fff } #wide { width: 900px }");
document.adoptedStyleSheets = [style];
document.getElementById("deaf").addEventListener("keydown", (event) => event.key === "Enter" && event.preventDefault());
console.error("odd");
"""


def test_every_page_has_a_sample():
    assert set(SAMPLES) == set(PAGES), (
        "a page is walked over at the addresses that tests/page_walk.py names for it"
    )


async def open_all(walk: Walk, who: str):
    """Open each sample as *who*; where they are sent to sign in, only once."""
    page = await walk.open(who)
    await page.send("Network.setCacheDisabled", cacheDisabled=True)
    seen = set()
    for path in [path for paths in SAMPLES.values() for path in paths]:
        page.console.clear()
        page.requests.clear()
        await page.send(
            "Emulation.setDeviceMetricsOverride", width=1280, height=800, deviceScaleFactor=1, mobile=False
        )
        await page.goto(walk.address(path))
        there = await page.evaluate(
            "location.pathname + (location.pathname === '/sign-in' ? '' : location.search)"
        )
        if there not in seen:
            seen.add(there)
            yield Opened(page, path)


async def look(page: Page, width: int, scheme: str, height: int = 800) -> None:
    # Without motion: colours that change slowly would be looked at half-way.
    features = {"prefers-color-scheme": scheme, "prefers-reduced-motion": "reduce"}
    named = [{"name": name, "value": value} for name, value in features.items()]
    await page.send("Emulation.setEmulatedMedia", features=named)
    await page.send(
        "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False
    )


@pytest.mark.browser
@pytest.mark.parametrize("who", WHO)
async def test_no_page_has_anything_that_axe_finds(tmp_path, who):
    axe = find_axe()
    found = []
    async with walking(tmp_path) as walk:
        async for opened in open_all(walk, who):
            await opened.page.evaluate(f"{axe}; 0")
            for width, scheme in SCREENS:
                await look(opened.page, width, scheme)
                found += [(opened.path, width, scheme, words) for words in await opened.page.evaluate(FOUND)]

    assert not found, listed(found)


def is_own(walk: Walk, path: str, url: str) -> bool:
    """Whether a page at *path* may ask for *url*: this host, what is in the page, and for one round an app that app."""
    host = f"localhost:{walk.app.config.port}/"
    allowed = [f"http://{host}", f"ws://{host}", "data:", "blob:"]
    if path.startswith("/vibe/"):
        allowed.append(f"http://garden--ada.{host}")
    return url.startswith(tuple(allowed))


@pytest.mark.browser
@pytest.mark.parametrize("who", WHO)
async def test_every_page_is_small_quiet_narrow_and_asks_this_server_alone(tmp_path, who):
    odd = []
    async with walking(tmp_path) as walk:
        async for opened in open_all(walk, who):
            page, path = opened.page, opened.path
            await page.wait_for(SETTLED)
            size = await page.evaluate(SIZE)
            await look(page, NARROWEST, "light")
            wide = await page.evaluate(WIDER)
            status = await page.evaluate("performance.getEntriesByType('navigation')[0].responseStatus")
            said = [
                words for words in page.console if not (status >= 400 and "Failed to load resource" in words)
            ]
            asked = [url for url in page.requests if not is_own(walk, path, url)]
            odd += [
                (path, what)
                for what in (size > FIRST_VIEW_BYTES and size, wide > 0 and wide, said, asked)
                if what
            ]

    assert not odd, listed(odd)


async def press(page: Page, key: str) -> None:
    """Press a key and let it go, as the hardware does."""
    text = {"Enter": "\r", " ": " "}.get(key, "")
    code = {" ": "Space"}.get(key, key)
    known = {"key": key, "code": code, "windowsVirtualKeyCode": CODES[key]}
    await page.send("Input.dispatchKeyEvent", type="keyDown", **known, **({"text": text} if text else {}))
    await page.send("Input.dispatchKeyEvent", type="keyUp", **known)


async def tab_through(page: Page) -> Sequence[str]:
    """Go through a page by Tab, and use at each stop what is there; return what is wrong."""
    wrong = []
    for _ in range(MAX_STOPS):
        await press(page, "Tab")
        stop = await page.evaluate(STOP)
        if stop is None or (stop["before"] and stop["kind"] != "frame"):
            break
        if not stop["seen"] and stop["kind"] != "frame":  # an app has the focus then, and shows it or not
            wrong.append(f"the focus is not seen: {stop['html']}")
        for key in KEYS[stop["kind"]]:
            await page.evaluate("window.clicked = []")
            await press(page, key)
            if not await page.evaluate(CLICKED):
                wrong.append(f"{json.dumps(key)} does nothing: {stop['html']}")
    return [*wrong, *(f"Tab does not reach {html}" for html in await page.evaluate(NOT_REACHED))]


@pytest.mark.browser
@pytest.mark.parametrize("who", WHO)
async def test_the_keyboard_is_enough_for_every_page(tmp_path, who):
    wrong = []
    async with walking(tmp_path) as walk:
        async for opened in open_all(walk, who):
            await opened.page.wait_for(SETTLED)
            await look(opened.page, 1280, "light")
            await opened.page.evaluate(f"{NOTE_CLICKS}; document.activeElement?.blur(); 0")
            wrong += [(opened.path, words) for words in await tab_through(opened.page)]

    assert not wrong, listed(wrong)


@pytest.mark.browser
async def test_what_is_wrong_with_a_page_is_found(tmp_path):
    axe = find_axe()
    async with walking(tmp_path) as walk:
        page = await walk.open("nobody")
        await page.goto(walk.address("/"))
        await page.evaluate(f"{{{FAULTS}}}")
        await look(page, NARROWEST, "light")
        wide = await page.evaluate(WIDER)
        await page.evaluate(f"{axe}; 0")
        found = await page.evaluate(FOUND)
        await look(page, 1280, "light")
        await page.evaluate(f"{NOTE_CLICKS}; 0")
        wrong = await tab_through(page)

    assert wide > 0
    assert page.console == ["error: odd"]
    assert {words.partition(":")[0] for words in found} >= {"image-alt", "color-contrast"}
    assert [words.partition(":")[0] for words in wrong] == [
        '"Enter" does nothing',
        "the focus is not seen",
        'Tab does not reach <a href="/" tabindex="-1">never reached</a>',
    ]
