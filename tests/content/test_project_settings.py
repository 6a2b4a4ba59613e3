import pytest
from content.reading import COMPONENT, ENTRY, MAIN, PAGE, read

from vibes_trio.content.project import Alias
from vibes_trio.content.project_settings import map_aliases


def test_a_project_one_folder_down_is_found():
    project = read(
        {
            "/web/index.html": PAGE.format(ENTRY),
            "/web/src/main.tsx": MAIN,
            "/web/package.json": "{}",
            "/api/package.json": "{}",
            "/api/server.js": "x",
        }
    )

    assert (project.root, project.entries) == ("/web", ("/web/src/main.tsx",))
    assert project.apart == ("/api/server.js",)


def test_of_two_projects_none_is_taken():
    assert read({"/a/package.json": "{}", "/a/App.jsx": COMPONENT, "/b/package.json": "{}"}).root == ""


def test_a_built_folder_is_no_project():
    assert read({"/x/dist/index.html": "", "/x/package.json": "{}"}).root == "/x"


def test_a_base_url_lets_imports_start_there():
    project = read(
        {
            "/jsconfig.json": '{"compilerOptions": {"baseUrl": "src"}}',
            "/src/App.jsx": COMPONENT,
            "/src/parts/A.jsx": "",
            "/src/a.test.js": "",
            "/src/x.css": "",
        }
    )

    assert set(project.aliases[:2]) == {
        Alias("parts/", ("/src/parts/",)),
        Alias("App", ("/src/App.jsx",), exact=True),
    }


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-8"])
def test_texts_are_read_by_their_mark(encoding):
    page = PAGE.format("ü<script>let a;</script>")
    project = read({"/index.html": ("\ufeff" + page).encode(encoding)})

    assert project.template is not None
    assert any("ü" in part.text for part in project.template.parts)


@pytest.mark.parametrize(
    "given",
    [
        {"/package.json": '{"devDependencies": {"tailwindcss": "4"}}'},
        {"/package.json": '{"devDependencies": {"@tailwindcss/vite": "4"}}'},
        {"/tailwind.config.ts": "export default {}"},
        {"/src/index.css": "@tailwind base;"},
        {"/src/index.css": "@import 'tailwindcss';"},
        {"/src/main.tsx": 'createRoot(a).render(<p className="bg-blue-500" />)'},
    ],
)
def test_an_app_that_is_made_with_tailwind_gets_it_on_its_own_page(given):
    project = read({"/src/main.tsx": MAIN, "/index.html": PAGE.format(ENTRY)} | given)

    assert project.tailwind
    assert project.template is not None
    assert project.template.has_tailwind


@pytest.mark.parametrize(
    "given",
    [
        {"/src/main.tsx": 'createRoot(a).render(<p className="card my-bg-blue-500" />)'},
        {"/package.json": "{}", "/src/main.tsx": 'createRoot(a).render(<p className="bg-blue-500" />)'},
        {"/src/index.css": "p { color: red }"},
    ],
)
def test_another_app_does_not(given):
    project = read({"/src/main.tsx": MAIN, "/index.html": PAGE.format(ENTRY)} | given)

    assert not project.tailwind


def test_a_page_without_modules_is_not_asked_for_classes():
    assert not read({"/index.html": "<p class='bg-blue-500'>"}).tailwind


def test_names_of_the_pages_own_import_map_stand_for_files_of_the_app():
    """Those of other hosts, of React, and of what no import map could mean, stand for nothing."""
    named = {
        "mine/": "./js/",
        "up/": "../../lib/",
        "#store": "/js/store.js",
        "all/": "./",
        "cdn": "https://x.test/a.js",
        "far": "//x.test/a.js",
        "react": "./react.js",
        "folder/": "./file.js",
        "./here": "./there.js",
        "bare": "js/a.js",
    }
    found = {a.prefix: (a.targets, a.exact) for a in map_aliases(named, "/web", ("/web", "/web/public", ""))}

    assert found == {
        "mine/": (("/web/js/",), False),
        "up/": (("/lib/",), False),
        "#store": (("/web/js/store.js", "/web/public/js/store.js", "/js/store.js"), True),
        "all/": (("/web/",), False),
    }
