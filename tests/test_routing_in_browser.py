"""Apps with addresses of their own: each finds `/about` where it is, whatever release it is of and however one gets
there. Routers are the real packages from the registry that npm's settings name; without one those tests are skipped.
"""

import shutil
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import trio
from browser import Browser, BrowserError, Page, find_chromium, launch_browser
from fake_registry import require_esbuild
from test_end_to_end import deploy, serving
from test_packages_in_browser import require_registry, wait_until_built

pytestmark = [pytest.mark.browser, pytest.mark.slow]

LOGO = '<svg xmlns="http://www.w3.org/2000/svg" width="{}" height="9"></svg>'
OLD, NEW = 11, 22  # how wide the pictures of the releases are, to tell them apart
SEEN = "[document.querySelector('h1')?.textContent, location.pathname, document.querySelector('#logo')?.naturalWidth]"
SEEN_TIMEOUT_S = 30

HISTORY = """
import { useEffect, useState } from "react";

export default function App() {
  const [path, setPath] = useState(location.pathname);
  const go = (to) => (event) => { event.preventDefault(); history.pushState(null, "", to); setPath(to); };
  useEffect(() => {
    const back = () => setPath(location.pathname);
    addEventListener("popstate", back);
    return () => removeEventListener("popstate", back);
  }, []);
  const title = path === "/" ? "Home" : path === "/about" ? "About" : `Item ${path.split("/")[2]}`;
  return <>
    <a id="about" href="/about" onClick={go("/about")}>About</a>
    <a id="item" href="/item/7" onClick={go("/item/7")}>Item</a>
    <a id="plain" href="/about">plain</a><img id="logo" src="/logo.svg" /><h1>{title}</h1>
  </>;
}
"""
LINKS = """<Link to="/about" id="about">About</Link><Link to="/item/7" id="item">Item</Link>
    <a id="plain" href="/about">plain</a><img id="logo" src="/logo.svg" />"""
REACT_ROUTER_5 = f"""
import {{ BrowserRouter, Link, Route, Switch, useParams }} from "react-router-dom@5";

const Item = () => <h1>Item {{useParams().id}}</h1>;

export default function App() {{
  return <BrowserRouter>{LINKS}
    <Switch><Route exact path="/"><h1>Home</h1></Route><Route path="/about"><h1>About</h1></Route>
      <Route path="/item/:id"><Item /></Route></Switch>
  </BrowserRouter>;
}}
"""
REACT_ROUTER = f"""
import {{ BrowserRouter, Link, Route, Routes, useParams }} from "PACKAGE";

const Item = () => <h1>Item {{useParams().id}}</h1>;

export default function App() {{
  return <BrowserRouter>{LINKS}
    <Routes><Route path="/" element={{<h1>Home</h1>}} /><Route path="/about" element={{<h1>About</h1>}} />
      <Route path="/item/:id" element={{<Item />}} /></Routes>
  </BrowserRouter>;
}}
"""
WOUTER = f"""
import {{ Link, Route, Switch, useParams }} from "wouter";

const Item = () => <h1>Item {{useParams().id}}</h1>;

export default function App() {{
  return <>{LINKS}
    <Switch><Route path="/"><h1>Home</h1></Route><Route path="/about"><h1>About</h1></Route>
      <Route path="/item/:id"><Item /></Route></Switch>
  </>;
}}
"""
TANSTACK = f"""
import {{ createRootRoute, createRoute, createRouter, Link, Outlet, RouterProvider, useParams }} from
  "@tanstack/react-router";

const Item = () => <h1>Item {{useParams({{ strict: false }}).id}}</h1>;
const root = createRootRoute({{ component: () => <>{LINKS}<Outlet /></> }});
const page = (path, component) => createRoute({{ getParentRoute: () => root, path, component }});
const routeTree = root.addChildren([
  page("/", () => <h1>Home</h1>), page("/about", () => <h1>About</h1>), page("/item/$id", Item),
]);
const router = createRouter({{ routeTree }});

export default function App() {{
  return <RouterProvider router={{router}} />;
}}
"""
ROUTERS = {
    "react-router-dom@5": REACT_ROUTER_5,
    "react-router-dom@6": REACT_ROUTER.replace("PACKAGE", "react-router-dom@6"),
    "react-router@7": REACT_ROUTER.replace("PACKAGE", "react-router@7"),
    "wouter": WOUTER,
    "@tanstack/react-router": TANSTACK,
}
KINDS = ("live", "only-dev", "older")


@dataclass
class Walk:
    """Going through an app; what was seen elsewhere than it had to be is noted."""

    page: Page
    wrong: list[str] = field(default_factory=list)

    async def step(self, name: str, go: Callable[[], Awaitable[object]], *expected: object) -> None:
        await go()
        seen: object = None
        with trio.move_on_after(SEEN_TIMEOUT_S):
            while seen != list(expected):
                try:
                    # A page that is left answers nothing.
                    seen = await self.page.wait_for(SEEN)
                except BrowserError as error:
                    seen = str(error)
                await trio.sleep(0.02)
            return
        self.wrong.append(f"{name}: {seen}, not {expected}")

    async def reload(self) -> None:
        self.page.loaded = trio.Event()
        await self.page.send("Page.reload")
        await self.page.loaded.wait()

    async def back(self) -> None:
        # The page is gone before it could answer.
        await self.page.evaluate("setTimeout(() => history.back(), 0), 1")


async def walk_through(browser: Browser, address: str) -> list[str]:
    """Go through the app at *address*, by links, reload, back and deep links; return what was wrong."""
    page = await browser.open()
    walk = Walk(page)
    await walk.step("open", lambda: page.goto(address), "Home", "/", OLD)
    await walk.step("link", lambda: page.click("#about"), "About", "/about", OLD)
    await walk.step("second link", lambda: page.click("#item"), "Item 7", "/item/7", OLD)
    await walk.step("reload", walk.reload, "Item 7", "/item/7", OLD)
    await walk.step("back", walk.back, "About", "/about", OLD)
    await walk.step("plain link", lambda: page.click("#plain"), "About", "/about", OLD)
    await page.goto("about:blank")
    await walk.step("back from elsewhere", walk.back, "About", "/about", OLD)
    await walk.step("deep link", lambda: page.goto(f"{address}item/7"), "Item 7", "/item/7", OLD)
    await page.send("Page.close")
    return walk.wrong


async def see_live(browser: Browser, address: str, width: int) -> list[str]:
    """Return what is wrong with a deep link to the live release, typed by somebody."""
    page = await browser.open()
    walk = Walk(page)
    await walk.step(
        "typed", lambda: page.goto(f"{address.partition('/~')[0]}/about"), "About", "/about", width
    )
    await page.send("Page.close")
    return walk.wrong


async def try_router(
    tmp_path: Path, source: str, packages: set[str], **settings: str
) -> dict[str, list[str]]:
    """Return, for each kind of release, what is wrong with an app of *source*."""
    folder = tmp_path / "my-app"
    folder.mkdir()
    (folder / "App.jsx").write_text(source)
    wrong: dict[str, list[str]] = {}
    async with (
        serving(tmp_path / "data", **settings) as running,
        launch_browser(tmp_path / "browser") as browser,
    ):
        for kind in KINDS:
            (folder / "logo.svg").write_text(LOGO.format(OLD))
            named = ("--app", kind, "--user", "ada")
            address = deploy(running, folder, *named, *(("--mode", "dev") if kind == "only-dev" else ()))
            if packages:
                await wait_until_built(running.url, address, packages)
            if kind == "older":
                (folder / "logo.svg").write_text(LOGO.format(NEW))
                deploy(running, folder, *named)
            wrong[kind] = await walk_through(browser, address)
            if kind != "only-dev":
                wrong[kind] += await see_live(browser, address, NEW if kind == "older" else OLD)
    return {kind: problems for kind, problems in wrong.items() if problems}


async def test_an_app_finds_its_own_addresses_in_every_release(page_store, tmp_path):
    shutil.copytree(page_store, tmp_path / "data")
    settings = {"VIBES_MODULES": "local", "VIBES_REGISTRY_URL": "none"}

    assert await try_router(tmp_path, HISTORY, set(), **settings) == {}


@pytest.mark.parametrize("package", ROUTERS)
async def test_routers_find_the_apps_addresses_in_every_release(package, tmp_path):
    find_chromium()
    require_esbuild()
    await require_registry(tmp_path)

    assert await try_router(tmp_path, ROUTERS[package], {package}, VIBES_MODULES="local") == {}
