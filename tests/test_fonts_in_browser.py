"""Fonts that an app asks for by name, in a real browser: they come from this server, and nobody else is asked.

The families of the registry here are all Inter under other names, so text in them is as wide as in Inter, which it
isn't in the fallback that the app names.
"""

from pathlib import Path
from urllib.parse import urlsplit

import pytest
import trio
from asking import DEPLOY, js, jsx, text
from browser import Page, launch_browser
from fake_registry import NODE_MODULES, fill_store, react_registry, require_esbuild
from font_packages import add_fonts
from recorded import token
from registry_server import serve_registry
from serving import http_client, running

from vibes_trio.context import App

pytestmark = pytest.mark.browser

HOST = "fonts.googleapis.com"
INTER = "@fontsource-variable/inter/files/inter-latin-wght-normal.woff2"
WORDS = "Wide letters, iiii"
FAMILIES = ("Alpha Sans", "Beta", "Gamma")
WIDTHS = """(() => {
    const width = (family) => {
        const made = document.createElement("span");
        Object.assign(made.style, { font: `40px ${family}, monospace`, position: "absolute", whiteSpace: "pre" });
        made.textContent = "Wide letters, iiii";
        document.body.append(made);
        const { width } = made.getBoundingClientRect();
        made.remove();
        return width;
    };
    return Object.fromEntries(["Inter", "'Alpha Sans'", "Beta", "Gamma", "monospace"].map((f) => [f, width(f)]));
})()"""
SHOWN = """(() => {
    const w = WIDTHS, ready = document.querySelector("p") && document.fonts.status === "loaded";
    return ready && ["'Alpha Sans'", "Beta", "Gamma"].every((f) => w[f] === w.Inter && w[f] !== w.monospace) && w;
})()""".replace("WIDTHS", WIDTHS)


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    fill_store(tmp_path / "data")
    return tmp_path / "data"


async def settle(server: App) -> None:
    """Return once the fonts that were asked for are here."""
    with trio.fail_after(30):
        for ended in list(server.fonts._ends.values()):
            await ended.wait()


async def see(tmp_path: Path, data_dir: Path, *files, condition: str = SHOWN) -> tuple[Page, object]:
    """Deploy *files*, open the app, and return its page once *condition* holds, and what that is."""
    font = NODE_MODULES / INTER
    if not font.is_file():
        pytest.skip("VIBES_TEST_NODE_MODULES has no font")
    registry = add_fonts(react_registry(), font.read_bytes())
    async with serve_registry(registry) as url:
        settings = {"VIBES_MODULES": "local", "VIBES_REGISTRY_URL": url, "VIBES_ESBUILD": require_esbuild()}
        async with running(data_dir, **settings) as server, launch_browser(tmp_path) as browser:
            async with http_client(server.config.port) as client:
                wanted = {"mode": "production", "appSlug": "garden", "userSlug": "ada"}
                reply = await client.ask(token("A"), DEPLOY, **wanted, fileSystem=list(files))
            await settle(server)
            page = await browser.open(reply["entryPointUrl"])
            found = await page.wait_for(condition)
            await page.screenshot(tmp_path / "seen.png")
            return page, found


def asked_elsewhere(page: Page) -> list[str]:
    return [url for url in page.requests if not (urlsplit(url).hostname or "").endswith("localhost")]


CSS = f"@import url('https://{HOST}/css2?family=Alpha+Sans:wght@400;700&display=swap');\n"
LINKED = """
import { useEffect } from "react";
import "./style.css";
export default function App() {
  useEffect(() => {
    const link = document.createElement("link");
    link.rel = "stylesheet";
    link.href = "https://HOST/css2?family=Gamma:wght@400;600&display=swap";
    document.head.append(link);
  }, []);
  return <p><style>{`@import url("https://HOST/css2?family=Beta");`}</style>words</p>;
}
""".replace("HOST", HOST)


async def test_three_families_render_with_no_request_off_the_host(tmp_path, data_dir):
    """One in a style sheet, one in a style element, one by a link that the app makes while it runs."""
    page, widths = await see(tmp_path, data_dir, jsx(content=LINKED), text("/style.css", CSS))

    assert asked_elsewhere(page) == []
    assert page.console == []
    files = [url for url in page.requests if ".woff2" in url and "@fontsource" in url]
    assert not [url for url in files if "cyrillic" in url], (
        "only parts are fetched that the page shows letters of"
    )
    assert widths["Gamma"] != widths["monospace"]


WAYS = {
    "setAttribute": 'link.setAttribute("rel", "stylesheet"); link.setAttribute("HREF", url); add(link);',
    "an address object": 'link.rel = "stylesheet"; link.href = new URL(url); add(link);',
    "another host": 'link.rel = "stylesheet"; link.href = "//fonts.bunny.net/css?" + asks.old; add(link);',
    "text of a style": "style.textContent = rule; add(style);",
    "inner HTML of a style": "style.innerHTML = rule; add(style);",
    "text nodes in a style": "style.append(document.createTextNode(rule)); add(style);",
    "a node before": "style.insertBefore(document.createTextNode(rule), null); add(style);",
    "a rule": "add(style); style.sheet.insertRule(rule, 0);",
}


@pytest.mark.parametrize("way", WAYS)
async def test_elements_that_an_app_adds_while_it_runs_are_answered_here(tmp_path, data_dir, way):
    code = f"""
    // https://{HOST}/css2?family=Alpha+Sans&family=Beta&family=Gamma
    const asks = {{ new: "family=Alpha+Sans&family=Beta&family=Gamma", old: "family=Alpha+Sans|beta|Gamma:400" }};
    const url = "https://{HOST}/css2?" + asks.new, rule = `@import url("${{url}}");`;
    const link = document.createElement("link"), style = document.createElement("style");
    const add = (made) => document.head.append(made);
    {WAYS[way]}
    export default () => <p>words</p>;
    """

    page, _ = await see(tmp_path, data_dir, jsx(content=code))

    assert asked_elsewhere(page) == []
    assert page.console == []


@pytest.mark.parametrize("is_named", [True, False])
async def test_what_gets_past_is_asked_for_here_once_it_is_blocked(tmp_path, data_dir, is_named):
    """Markup that is put in as a whole; in the second case no file names the address, as it is put together."""
    host = HOST if is_named else "fonts.${'googleapis'}.com"
    code = f"""
    const url = `https://{host}/css2?family=Alpha+Sans&family=Beta&family=Gamma`;
    document.head.insertAdjacentHTML("beforeend", `<link rel="stylesheet" href="${{url}}">`);
    export default () => <p>words</p>;
    """
    named = text("/fonts.css", f"/* https://{HOST}/css2?family=Alpha+Sans&family=Beta&family=Gamma */")

    page, _ = await see(tmp_path, data_dir, jsx(content=code), named)

    assert [line for line in page.console if "Content Security Policy" not in line] == []


async def test_a_family_that_is_nowhere_is_told_in_the_console_and_the_next_one_shown(tmp_path, data_dir):
    code = f"""
    const told = console.info;
    globalThis.told = [];
    console.info = (...words) => {{ globalThis.told.push(words.join(" ")); told(...words); }};
    const link = document.createElement("link");
    Object.assign(link, {{ rel: "stylesheet", href: "https://{HOST}/css2?family=Nope&family=Beta" }});
    document.head.append(link);
    export default () => <p style={{{{ fontFamily: "Nope, Beta, monospace" }}}}>words</p>;
    """

    page, told = await see(tmp_path, data_dir, jsx(content=code), condition="globalThis.told?.length && told")

    assert len(told) == 1
    assert "Nope: the registry has no package @fontsource/nope" in told[0]
    assert page.console == []


async def test_a_page_of_the_apps_own_is_answered_here_too(tmp_path, data_dir):
    html = f"""<!doctype html><title>own</title>
    <link rel="preconnect" href="https://fonts.gstatic.com" crossorigin>
    <link href="https://{HOST}/css2?family=Alpha+Sans&amp;family=Beta" rel="stylesheet">
    <style>@import url(https://{HOST}/css2?family=Gamma);</style>
    <p>words</p>"""
    page_file = text("/index.html", html, mimetype="text/html", entryPoint=True)
    shown = SHOWN.replace("w[f] === w.Inter", "w[f] === w.Gamma")  # Inter is on pages of ours alone

    page, _ = await see(tmp_path, data_dir, page_file, condition=shown)

    assert asked_elsewhere(page) == []


VITE = {
    "/package.json": '{"dependencies": {"react": "^19"}, "devDependencies": {"vite": "^7"}}',
    "/vite.config.js": "export default {};",
    "/index.html": f"""<!doctype html><html><head>
    <link rel="preconnect" href="https://fonts.gstatic.com" crossorigin>
    <link rel="preload" as="style" href="https://{HOST}/css2?family=Gamma&amp;display=swap"
      onload="this.onload=null;this.rel='stylesheet'">
    <title>own</title></head>
    <body><div id="root"></div><script type="module" src="/src/main.jsx"></script></body></html>""",
    "/src/index.css": f"@import url('https://{HOST}/css2?family=Alpha+Sans:wght@400;700&display=swap');\nCSS",
    "/src/main.jsx": """import { createRoot } from "react-dom/client";
    import "./index.css";
    import styles from "./part.module.css";
    createRoot(document.getElementById("root")).render(<p className={styles.shown}>words</p>);""",
    "/src/part.module.css": f'@import "https://{HOST}/css2?family=Beta";\n.shown {{ color: rgb(1, 2, 3); }}\n',
}


@pytest.mark.parametrize(
    "css", ["p { margin: 0; }", "@tailwind base;\n@tailwind utilities;\n.x { @apply font-bold; }"]
)
async def test_a_project_that_is_built_has_the_fonts_of_its_page_and_its_style_sheets(
    tmp_path, data_dir, css
):
    files = [
        js(name, content)
        if name.endswith(".js")
        else jsx(name, content)
        if name.endswith(".jsx")
        else text(name, content.replace("CSS", css))
        for name, content in VITE.items()
    ]
    shown = SHOWN.replace("w[f] === w.Inter", "w[f] === w.Gamma")  # Inter is on pages of ours alone

    page, _ = await see(tmp_path, data_dir, *files, condition=shown)

    assert asked_elsewhere(page) == []
    assert page.console == []


async def test_fonts_of_next_are_those_of_this_server(tmp_path, data_dir):
    layout = """import { Alpha_Sans, Beta } from "next/font/google";
    import { Gamma as Third } from "next/font/google";
    const third = Third({ weight: ["400", "700"], style: ["normal", "italic"] });
    const fonts = [Alpha_Sans(), Beta({ weight: "400" }), third];
    export default function Layout({ children }) {
      return <html><body className={fonts.map((font) => font.className).join(" ")}>{children}</body></html>;
    }"""
    files = (
        text("/package.json", '{"dependencies": {"next": "15"}}'),
        jsx("/app/layout.jsx", layout),
        jsx("/app/page.jsx", "export default function Page() { return <p>words</p>; }"),
    )

    page, _ = await see(tmp_path, data_dir, *files)

    assert asked_elsewhere(page) == []
    assert page.console == []


async def test_a_page_with_tailwinds_own_script_has_fonts_in_its_sheet(tmp_path, data_dir):
    html = f"""<!doctype html><title>own</title>
    <script src="https://cdn.tailwindcss.com"></script>
    <link href="https://{HOST}/css?family=Beta|Gamma" rel="stylesheet">
    <style type="text/tailwindcss">@import url('https://{HOST}/css2?family=Alpha+Sans:wght@400;700');
    @layer utilities {{ .mine {{ color: rgb(1, 2, 3); }} }}</style>
    <p class="mine font-bold">words</p>"""
    shown = SHOWN.replace("w[f] === w.Inter", "w[f] === w.Gamma")

    page, _ = await see(tmp_path, data_dir, text("/index.html", html, mimetype="text/html"), condition=shown)

    assert asked_elsewhere(page) == []
    assert page.console == []
