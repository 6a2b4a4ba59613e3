"""Apps that import packages from npm, for real: fetched, built, deployed and rendered from this server alone.

The packages come from the registry that npm's settings name; without one the test is skipped, and says so.
"""

import json
import os
import subprocess
import sys
import urllib.request
from collections.abc import Iterable
from pathlib import Path

import pytest
import trio
from browser import find_chromium, launch_browser
from fake_registry import require_esbuild
from test_end_to_end import deploy, serving

from vibes_trio.config import Config
from vibes_trio.errors import FetchFailed
from vibes_trio.modules.registry.npm_settings import find_registry
from vibes_trio.modules.registry.ranges import Spec, choose_document
from vibes_trio.outbound import open_outbound

pytestmark = pytest.mark.browser

APP = """
import { createElement, useEffect, useState, version } from "react";
import Markdown from "react-markdown";
import { Heart, Sun } from "lucide-react";
import * as d3 from "d3";
import { z } from "zod";
import clsx from "clsx";
import { Bar, BarChart, XAxis } from "recharts";

const DATA = [{ name: "a", n: 3 }, { name: "b", n: 5 }];

export default function App() {
  const [count, setCount] = useState(0);
  useEffect(() => setCount(d3.sum(DATA, (row) => row.n)), []);
  const isValid = z.object({ n: z.number() }).safeParse(DATA[0]).success;
  return (
    <main className={clsx("app", { valid: isValid })}>
      <Markdown>{"# Hello *world*"}</Markdown>
      <Heart className="icon" /><Sun className="icon" />
      <BarChart width={300} height={150} data={DATA}>
        <XAxis dataKey="name" /><Bar dataKey="n" isAnimationActive={false} />
      </BarChart>
      <p id="count">{count} {version}</p>
    </main>
  );
}
"""
NAMES = ("clsx", "d3", "lucide-react", "react-markdown", "recharts", "zod")
BUILD_TIMEOUT_S = 120
SHOWN = """document.querySelector("#count")?.textContent.startsWith("8 ")
    && document.querySelectorAll(".recharts-bar-rectangle").length === 2"""


async def require_registry(data_dir: Path) -> None:
    """Skip the calling test unless the package registry answers."""
    config = Config(data_dir)
    try:
        async with open_outbound(
            await find_registry(config, os.environ), config.limits, os.environ
        ) as outbound:
            await choose_document(outbound, data_dir / "probe", Spec("clsx", "*"), config.limits)
    except FetchFailed as error:
        reason = str(error)
    else:
        return
    pytest.skip(f"the package registry can't be reached: {reason}")


def local_packages(url: str, address: str, names: Iterable[str] = NAMES) -> set[str]:
    """Return which of the packages *names* the page at *address* loads from the server at *url*.

    Not every resolver knows names under localhost, so the host is only told.
    """
    host, path = address.removeprefix("http://").split("/", 1)
    asked = urllib.request.Request(f"{url}/{path}", headers={"Host": host})
    with urllib.request.urlopen(asked, timeout=10) as answer:
        if answer.status == 202:
            return set()  # the page that waits
        text = answer.read().decode()
    imports = json.loads(text.partition('<script type="importmap">')[2].partition("</script>")[0])["imports"]
    return {name for name in names if imports.get(name, "").startswith("/~esm/")}


async def wait_until_built(url: str, address: str, names: Iterable[str] = NAMES) -> None:
    with trio.fail_after(BUILD_TIMEOUT_S):
        # Another process builds: there is no event to wait for.
        while await trio.to_thread.run_sync(local_packages, url, address, names) != set(names):  # noqa: ASYNC110
            await trio.sleep(0.2)


async def make_folder(tmp_path: Path, source: str) -> Path:
    """Return a folder with an app of one file, once this machine has all that its packages take; else skip."""
    find_chromium()
    require_esbuild()
    await require_registry(tmp_path)
    folder = tmp_path / "my-app"
    folder.mkdir()
    (folder / "App.jsx").write_text(source)
    return folder


async def test_packages_render_from_this_server_with_one_react(tmp_path):
    folder = await make_folder(tmp_path, APP)

    async with serving(tmp_path / "data", VIBES_MODULES="local") as running:
        address = deploy(running, folder, "--app", "packages", "--user", "ada")
        await wait_until_built(running.url, address)
        async with launch_browser(tmp_path / "browser") as browser:
            page = await browser.open(address)
            await page.wait_for(SHOWN)
            heading = await page.evaluate("document.querySelector('h1 em').textContent")
            icons = await page.evaluate("document.querySelectorAll('svg.icon').length")
            classes = await page.evaluate("document.querySelector('main').className")
            await page.screenshot(Path(os.environ.get("VIBES_TEST_PICTURE", tmp_path / "packages.png")))

            assert (heading, icons, classes) == ("world", 2, "app valid")
            assert await page.evaluate("document.querySelector('#count').textContent") == "8 19.2.1"
            assert page.console == []
            assert {url.split("/")[2].split(":")[0] for url in page.requests if url.startswith("http")} == {
                "packages--ada.localhost"
            }
            reacts = {url for url in page.requests if url.partition("/~esm/")[2].startswith("react@")}
            assert {url.partition("/~esm/")[2] for url in reacts} == {
                "react@19.2.1",
                "react@19.2.1/jsx-runtime",
            }
        again = subprocess.run(
            [sys.executable, "-m", "vibes_trio", "deploy", str(folder), "--url", running.url]
            + ["--app", "packages", "--user", "ada"],
            env=running.env,
            capture_output=True,
            text=True,
            check=True,
        )
        assert "CDN" not in again.stdout + again.stderr


FONTS = """
import "@fontsource/lobster";
import "@fontsource/lobster/latin-400.css";

export default function App() {
  return <h1 style={{ fontFamily: "Lobster, monospace" }}>Lobster</h1>;
}
"""


async def test_fonts_of_packages_come_from_this_server(tmp_path):
    folder = await make_folder(tmp_path, FONTS)
    names = {"@fontsource/lobster", "@fontsource/lobster/latin-400.css"}

    async with serving(tmp_path / "data", VIBES_MODULES="local") as running:
        address = deploy(running, folder, "--app", "fonts", "--user", "ada")
        await wait_until_built(running.url, address, names)
        async with launch_browser(tmp_path / "browser") as browser:
            page = await browser.open(address)
            await page.wait_for("document.querySelector('h1')")
            await page.evaluate("document.fonts.load('40px Lobster')")

            faces = "[...document.fonts].filter(({ family }) => family === 'Lobster')"
            assert await page.evaluate(f"{faces}.some(({{ status }}) => status === 'loaded')")
            assert page.console == []
            assert {url.split("/")[2].split(":")[0] for url in page.requests if url.startswith("http")} == {
                "fonts--ada.localhost"
            }
