"""What a build wrote beside sources that can't be built here."""

import json

import pytest
from content.reading import read

from vibes_trio.content.built_folder import find_built
from vibes_trio.content.project import ProjectFile

BUILT = '<script type="module" src="/assets/a.js"></script><link rel="stylesheet" href="/assets/a.css">'
DIST = {"/dist/index.html": BUILT, "/dist/assets/a.js": "1", "/dist/assets/a.css": ""}
VUE = {
    "/index.html": '<div id="app"></div><script type="module" src="/src/main.js"></script>',
    "/src/main.js": 'import App from "./App.vue";',
    "/src/App.vue": "<template/>",
}


def manifest(*packages: str) -> dict[str, str]:
    return {"/package.json": json.dumps({"dependencies": dict.fromkeys(packages, "*")})}


def found(files: dict[str, str], root: str = "") -> str:
    given = {name: ProjectFile(name, text.encode(), None) for name, text in files.items()}
    return find_built(given, root, 1000)


@pytest.mark.parametrize(
    ("page", "is_found"),
    [
        ("/dist/index.html", True),
        ("/build/index.html", True),
        ("/build/client/index.html", True),
        ("/out/index.html", True),
        ("/_site/index.html", True),
        ("/dist/client/index.html", True),
        ("/dist/client/_shell.html", True),
        ("/dist/garden/browser/index.html", True),
        ("/dist/a/b/c/d/index.html", False),
        ("/docs/index.html", False),
        ("/src/dist/index.html", False),
        ("/dist/other.html", False),
    ],
)
def test_pages_in_folders_that_builds_write_are_found(page, is_found):
    assert found({page: "<p>hi"}) == (page if is_found else "")


def test_the_first_that_has_all_that_it_names_is_taken():
    assert found(DIST) == "/dist/index.html"
    assert found({name: text for name, text in DIST.items() if not name.endswith(".js")}) == ""
    assert found({"/build/index.html": BUILT} | DIST) == "/dist/index.html"
    assert found({f"/web{name}": text for name, text in DIST.items()}, "/web") == "/web/dist/index.html"
    assert found({"/dist/index.html": " " * 1001}) == ""


@pytest.mark.parametrize(
    ("sources", "why"),
    [
        (VUE, "Vue components are not compiled here."),
        ({"/src/pages/index.astro": "", **manifest("astro")}, "package.json names Astro"),
        ({"/src/routes/+page.svelte": "", **manifest("@sveltejs/kit")}, "package.json names SvelteKit"),
        (
            {"/app/root.tsx": "", **manifest("@react-router/dev")},
            "package.json names React Router's framework mode",
        ),
        (
            {"/app/root.tsx": "", "/react-router.config.ts": "export default { ssr: false }"},
            "react-router.config.ts is for React Router's framework mode",
        ),
        (
            {"/src/routes/__root.tsx": "", **manifest("@tanstack/react-start")},
            "package.json names TanStack Start",
        ),
        ({"/src/App.tsx": "import { x } from 'solid-js';", **manifest("solid-js")}, "Solid's JSX needs"),
    ],
)
def test_it_is_shown_in_place_of_sources_that_cant_be_built_here(sources, why):
    project = read(sources | DIST)

    assert (project.kind, project.html, project.public) == ("html", "/dist/index.html", "/dist")
    assert project.scripted
    assert project.warnings == ()
    assert project.notes[0].startswith(f"read as the page that was built in dist, not its sources: {why}")
    assert not any(name.startswith("/dist") for name in project.apart)


def test_sources_that_can_be_built_are_and_so_is_what_was_chosen():
    react = {"/src/App.jsx": "export default () => <p/>;"}

    assert read(react | DIST).entries == ("/src/App.jsx",)
    assert read(VUE | DIST | {"/Other.jsx": "export default 1"}, "/Other.jsx").entries == ("/Other.jsx",)
    assert read(VUE | DIST, "/index.html").html == "/dist/index.html"


def test_without_it_the_page_says_which_tool_is_missing():
    project = read({"/src/pages/index.astro": "", **manifest("astro")})

    (entry,) = project.made
    assert project.entries == (entry.name,)
    assert project.needs_build
    assert b"names Astro, whose own build" in entry.content
    assert b'{"served": "package.json", "line": 1}' in entry.content
    assert len(project.warnings) == 1


def test_what_looks_like_reacts_is_not_run_where_it_means_something_else():
    page = {"/index.html": VUE["/index.html"], "/src/main.js": "1"}

    assert [file.name for file in read(page | manifest("@builder.io/qwik")).made] == ["/~told.js"]
    assert read(page | manifest("astro")).scripted
    assert read(VUE | manifest("gatsby", "vite")).entries == ("/src/main.js",)


ROUTER = {
    "/package.json": json.dumps(
        {"devDependencies": {"@react-router/dev": "^7"}, "dependencies": {"react": "^19"}}
    ),
    "/react-router.config.ts": "export default { ssr: true };",
    "/app/root.tsx": "export function Layout() { return <html/>; }\nexport default function App() { return <p/>; }",
    "/app/routes.ts": 'import { index } from "@react-router/dev/routes";\nexport default [index("routes/home.tsx")];',
    "/app/routes/home.tsx": "export default function Home() { return <p>Home</p>; }",
}
START = {
    **manifest("@tanstack/react-start", "react"),
    "/src/router.tsx": "export function getRouter() {}",
    "/src/routes/__root.tsx": "export const Route = 1;",
    "/src/routes/index.tsx": "export const Route = 1;",
}


@pytest.mark.parametrize(
    ("app", "words"),
    [(ROUTER, "with `ssr: false` in react-router.config.ts"), (START, "with `spa: { enabled: true }`")],
)
def test_frameworks_that_render_on_a_server_say_how_to_do_without(app, words):
    """What such a build writes for a server is no page: `build/client` has no index.html then."""
    project = read(app | {"/build/client/assets/a.js": "1", "/build/server/index.js": "1"})

    (warning,) = project.warnings
    assert words in warning
    assert project.entries == ("/~told.js",)


def test_a_page_that_needs_no_server_is_shown_whatever_it_is_called():
    shell = {f"/dist/client{name.removeprefix('/dist')}": text for name, text in DIST.items()}
    shell["/dist/client/_shell.html"] = shell.pop("/dist/client/index.html")

    project = read(START | shell)

    assert (project.html, project.public, project.warnings) == (
        "/dist/client/_shell.html",
        "/dist/client",
        (),
    )
    assert project.scripted


def test_a_script_that_is_called_like_settings_is_none():
    assert read({"/angular.js": "1", "/App.jsx": "export default () => <p/>;"}).warnings == ()
