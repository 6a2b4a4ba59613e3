"""How a page of a server with local modules looks: Tailwind and the font, both from here, and apps' own styles."""

import json
import os
from pathlib import Path

import pytest
from asking import jsx, text
from fake_registry import require_packages

pytestmark = pytest.mark.browser

OURS = 'Inter, "Inter Fallback"'
APP = """export default function App() {
  return (
    <main className="min-h-screen bg-indigo-100 p-8">
      <h1 className="text-3xl font-bold text-indigo-700">Garden of the week</h1>
      <p id="plain">The quick brown fox – žluťoučký kůň</p>
      <p id="mono" className="font-mono">mono</p>
      <p id="own" style={{ fontFamily: "Georgia, serif" }}>own</p>
      <button className="mt-4 rounded-xl bg-indigo-600 px-4 py-2 text-white shadow-lg">Water</button>
    </main>
  );
}
"""
SHIFTED = """globalThis.shifts = [];
new PerformanceObserver((list) => shifts.push(...list.getEntries().map(({ value }) => value)))
  .observe({ type: "layout-shift", buffered: true });"""


@pytest.fixture(autouse=True)
def _need_packages():
    require_packages("@tailwindcss/browser", "@fontsource-variable/inter")


def font_of(selector: str) -> str:
    return f"getComputedStyle(document.querySelector({json.dumps(selector)})).fontFamily"


async def test_tailwind_and_the_font_come_from_here_alone(open_closed, tmp_path):
    async with open_closed(jsx(content=f"{SHIFTED}\n{APP}")) as page:
        await page.wait_for("document.querySelector('#plain')")
        await page.wait_for("[...document.fonts].filter((face) => face.status === 'loaded').length >= 2")
        await page.wait_for("getComputedStyle(document.querySelector('button')).borderRadius !== '0px'")
        await page.screenshot(Path(os.environ.get("VIBES_TEST_PICTURE", tmp_path / "style.png")))

        assert await page.evaluate("getComputedStyle(document.querySelector('h1')).fontSize") == "30px"
        assert (await page.evaluate(font_of("#plain"))).startswith(OURS)
        assert (await page.evaluate(font_of("button"))).startswith(OURS)
        assert (await page.evaluate(font_of("#mono"))).startswith("ui-monospace")
        assert await page.evaluate(font_of("#own")) == "Georgia, serif"
        assert page.console == []
        assert {url.split("/")[2].rpartition(":")[0] for url in page.requests} == {"garden--ada.localhost"}
        asked = [url for url in page.requests if "inter-latin" in url or "tailwind" in url]
        assert len(asked) == 3


async def test_text_is_as_wide_and_high_before_the_font_is_here(open_closed):
    """In the fallback; where the system has none of the fonts it is made of, nothing can be said."""
    code = """const context = document.createElement("canvas").getContext("2d");
const measure = (family) => {
  context.font = `100px ${family}`;
  const m = context.measureText("The quick brown fox jumps over the lazy dog, and 0123456789 more things happen");
  return [m.width, m.fontBoundingBoxAscent, m.fontBoundingBoxDescent];
};
export default () => null;
await document.fonts.load("1em Inter");
await document.fonts.load('1em "Inter Fallback"').catch(() => {});
globalThis.measured = [measure("Inter"), measure('"Inter Fallback"')];
globalThis.stand_in = [...document.fonts].find(({ family }) => family.includes("Fallback")).status;"""

    async with open_closed(jsx(content=code)) as page:
        await page.wait_for("globalThis.measured")
        if await page.evaluate("stand_in") != "loaded":
            pytest.skip("this system has neither Arial nor a twin of it")
        font, stand_in = await page.evaluate("measured")

    assert stand_in[0] == pytest.approx(font[0], rel=0.01)
    assert stand_in[1:] == font[1:]


@pytest.mark.parametrize(
    "rule",
    ["body {R}", ":root {R}", "@layer base {html {R}}", "@layer components {html {R}}"],
)
async def test_fonts_that_an_app_sets_are_stronger(open_closed, rule):
    style = text("/style.css", rule.replace("R", "font-family: Georgia"))
    app = 'import "./style.css"; export default () => <p>hi</p>;'

    async with open_closed(jsx(content=app), style) as page:
        await page.wait_for(f"document.querySelector('p') && {font_of('p')} === 'Georgia'")


async def test_fonts_that_an_app_gives_tailwind_are_stronger(open_closed):
    app = """export default () => <>
  <style type="text/tailwindcss">{"@theme { --font-sans: Georgia; --color-brand: rgb(1, 2, 3); }"}</style>
  <p className="text-brand">hi</p><p id="sans" className="font-sans">hi</p>
</>;"""

    async with open_closed(jsx(content=app)) as page:
        await page.wait_for(
            f"document.querySelector('p') && {font_of('p')} === 'Georgia' && {font_of('#sans')} === 'Georgia'"
        )

        assert await page.evaluate("getComputedStyle(document.querySelector('p')).color") == "rgb(1, 2, 3)"


async def test_inter_asked_for_by_name_is_there_without_the_sheet_of_another_host(open_closed):
    app = """export default () => <>
  <link rel="stylesheet" href="https://fonts.googleapis.com/css2?family=Inter:wght@400;700&display=swap" />
  <p style={{ fontFamily: "Inter, serif" }}>hi</p>
</>;"""

    async with open_closed(jsx(content=app)) as page:
        await page.wait_for("document.querySelector('p') && document.fonts.check('1em Inter')")

        assert page.console == []
        assert not [url for url in page.requests if "googleapis" in url]
