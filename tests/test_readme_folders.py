"""The README's table of what a folder may look like: each row has folders that are read as it says."""

import json
import re
from pathlib import Path

import pytest
from content.reading import read

README = (Path(__file__).parents[1] / "README.md").read_text("utf-8")
APP = "export default function App() { return <p className='flex'>hi</p>; }"
ROOT = '<div id="root"></div>'


def manifest(*packages: str) -> str:
    return json.dumps({"dependencies": dict.fromkeys(packages, "*")})


def module(path: str) -> str:
    return f'{ROOT}<script type="module" src="{path}"></script>'


VITE = {
    "/index.html": module("/src/main.tsx"),
    "/src/main.tsx": 'import App from "@/App";',
    "/src/App.tsx": APP,
    "/vite.config.ts": "export default {}",
    "/public/sun.svg": "<svg/>",
}
BUILT = {"/dist/index.html": module("/assets/a.js"), "/dist/assets/a.js": "1"}
# How a row of the table begins → folders, each with what it is read as: kind, page, entries (None: whatever they are),
# and words of what is told.
ROWS = {
    "a component": [
        ({"/App.jsx": APP}, "component", "", ("/App.jsx",), ""),
        ({"/src/App.tsx": APP, "/src/old.tsx": APP}, "component", "", ("/src/App.tsx",), ""),
        ({"/Garden.jsx": APP}, "component", "", (), ""),
        (
            {"/App.jsx": APP.removeprefix("export default ")},
            "component",
            "",
            ("/App.jsx",),
            "has no default export",
        ),
    ],
    "a Vite project": [(VITE, "vite", "/index.html", ("/src/main.tsx",), "read as a Vite project")],
    "Create React App": [
        (
            {"/package.json": manifest("react-scripts"), "/public/index.html": ROOT, "/src/index.js": APP},
            *("cra", "/public/index.html", ("/src/index.js",), "read as a Create React App project"),
        )
    ],
    "client pages of a Next app": [
        ({"/app/page.tsx": APP, "/app/layout.tsx": APP}, "next", "", ("/~next.jsx",), "read as a Next app"),
        (
            {"/package.json": manifest("next"), "/pages/index.jsx": APP},
            "next",
            "",
            ("/~next.jsx",),
            "read as a Next app",
        ),
    ],
    "`index.html` beside components": [
        (
            {"/index.html": module("/gone.js"), "/App.jsx": APP},
            *(
                "html",
                "/index.html",
                ("/App.jsx",),
                "names /gone.js, which is not among the files. App.jsx is",
            ),
        )
    ],
    "one HTML file, or a site of them": [
        ({"/garden.html": "<p>hi"}, "html", "/garden.html", (), ""),
        ({"/index.html": "<p>hi", "/about.html": "<p>me"}, "html", "/index.html", (), ""),
        (
            {"/index.html": f'{ROOT}<script type="text/babel">{APP[15:]}</script>'},
            "html",
            "/index.html",
            None,
            "",
        ),
    ],
    "any of these in the one folder of a folder": [
        (
            {f"/garden-main{name}": text for name, text in VITE.items()},
            *("vite", "/garden-main/index.html", ("/garden-main/src/main.tsx",), "read as a Vite project"),
        ),
        (
            {f"/frontend{name}": text for name, text in VITE.items()} | {"/backend/server.js": "listen()"},
            *("vite", "/frontend/index.html", ("/frontend/src/main.tsx",), "read as a Vite project"),
        ),
    ],
    "a workspace": [
        (
            {
                **{f"/apps/web{name}": text for name, text in VITE.items()},
                "/package.json": json.dumps({"workspaces": ["apps/*", "packages/*"]}),
                "/packages/ui/package.json": '{"name": "@garden/ui"}',
                "/packages/ui/index.ts": "export const a = 1;",
            },
            *("vite", "/apps/web/index.html", ("/apps/web/src/main.tsx",), "read as a Vite project"),
        )
    ],
    "what a bundler left in `dist`": [
        ({name.removeprefix("/dist"): text for name, text in BUILT.items()}, "html", "/index.html", None, "")
    ],
    "what only a tool of its own builds": [
        *(
            (
                {"/package.json": manifest(package), "/src/pages/a.js": "1"},
                "component",
                "",
                ("/~told.js",),
                f"names {name}",
            )
            for name, package in (
                *(
                    ("Astro", "astro"),
                    ("SvelteKit", "@sveltejs/kit"),
                    ("Nuxt", "nuxt"),
                    ("Angular", "@angular/core"),
                ),
                *(("Gatsby", "gatsby"), ("Remix", "@remix-run/react"), ("Docusaurus", "@docusaurus/core")),
                *(("React Router's framework mode", "@react-router/dev"), ("Qwik", "@builder.io/qwik")),
                ("TanStack Start", "@tanstack/react-start"),
            )
        ),
        (
            {"/src/App.vue": "", **BUILT},
            "html",
            "/dist/index.html",
            None,
            "built in dist, not its sources: Vue",
        ),
        (
            {"/src/App.svelte": "", **BUILT},
            "html",
            "/dist/index.html",
            None,
            "built in dist, not its sources: Svelte",
        ),
    ],
    "a page among the files of a program": [
        (
            {"/app.py": "run()", "/templates/index.html": "<p>hi", "/static/a.css": "p {}"},
            *("html", "/templates/index.html", (), "app.py: this server runs no such program"),
        )
    ],
}
READ = [(row, *folder) for row, folders in ROWS.items() for folder in folders]


def test_each_row_has_folders_here():
    table = README[README.index("| folder | what becomes of it |") :].partition("\n\n")[0]
    rows = re.findall(r"^\| (.+?) \|", table, re.MULTILINE)[2:]

    assert len(rows) == len(ROWS)
    assert [row for row, begin in zip(rows, ROWS, strict=True) if not row.startswith(begin)] == []


@pytest.mark.parametrize(("row", "files", "kind", "page", "entries", "words"), READ)
def test_a_folder_is_read_as_its_row_says(row, files, kind, page, entries, words):
    project = read(files)

    assert (project.kind, project.html) == (kind, page)
    assert entries is None or project.entries == entries
    assert words in "\n".join((*project.notes, *project.warnings))


def test_each_tool_that_the_table_names_is_one_of_these():
    (row,) = re.findall(r"^\| what only a tool of its own builds: (.+?); components", README, re.MULTILINE)
    named = [words.removeprefix("names ") for *_, words in ROWS["what only a tool of its own builds"]]

    assert [tool for tool in row.split(", ") if tool not in named] == []
