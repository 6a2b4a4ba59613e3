import pytest

from vibes_trio.config import Limits
from vibes_trio.content.filenames import lang_of
from vibes_trio.content.project import (
    MAX_HTML_BYTES,
    Alias,
    Mount,
    Project,
    ProjectFile,
    Spare,
    describe_project,
    exports_of,
    fallback_entries,
    not_mapped,
    read_project,
    tell_elsewhere,
    tell_entries,
    tell_remote,
)

COMPONENT = "export default function App() { return <p>x</p>; }"
MAIN = "createRoot(document.getElementById('root')).render(<App />);"
PAGE = '<!doctype html><html><head></head><body><div id="root"></div>{}</body></html>'
ENTRY = '<script type="module" src="/src/main.tsx"></script>'


def files(given: dict[str, str | bytes]) -> list[ProjectFile]:
    return [
        ProjectFile(name, content.encode() if isinstance(content, str) else content, lang_of(name))
        for name, content in sorted(given.items())
    ]


def read(given: dict[str, str | bytes], entry_point: str = "", **env: str) -> Project:
    return read_project(files(given), entry_point, env)


# -- components -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["/App.jsx", "/src/App.tsx", "/app.jsx", "/src/index.jsx", "/App.js", "/app/page.jsx"]
)
def test_an_entry_is_known_by_its_name(name):
    project = read({name: COMPONENT, "/parts/Other.jsx": COMPONENT})

    assert project.kind == "component"
    assert project.entries == (name,)
    assert project.mounts == (Mount(name),)
    assert not project.needs_build


def test_a_main_that_mounts_comes_before_the_component():
    project = read({"/src/main.jsx": MAIN, "/src/App.jsx": COMPONENT})

    assert project.entries == ("/src/main.jsx",)
    assert project.mounts == ()


def test_a_main_that_mounts_nothing_does_not():
    assert read({"/index.js": "export const a = 1", "/App.jsx": COMPONENT}).entries == ("/App.jsx",)


def test_a_flag_says_which_is_the_entry():
    project = read({"/App.jsx": COMPONENT, "/Other.test.jsx": COMPONENT}, "/Other.test.jsx")

    assert project.entries == ("/Other.test.jsx",)
    assert project.mounts == (Mount("/Other.test.jsx"),)


def test_two_that_could_be_the_entry_are_told():
    project = read({"/App.jsx": COMPONENT, "/src/App.jsx": COMPONENT})

    assert project.entries == ("/App.jsx",)
    assert project.warnings == (
        "/App.jsx is the page; src/App.jsx could be, too: flag the one that is meant as entryPoint.",
    )


def test_files_of_tools_are_apart():
    project = read(
        {
            "/App.jsx": COMPONENT,
            "/App.test.jsx": "x",
            "/vite-env.d.ts": "x",
            "/tailwind.config.js": "x",
            "/note.txt": "x",
            "/eslint.config.js": "x",
        }
    )

    assert project.apart == ("/App.test.jsx", "/eslint.config.js", "/tailwind.config.js", "/vite-env.d.ts")
    assert project.notes == (
        "4 files are no part of the page (App.test.jsx, eslint.config.js, tailwind.config.js, …)",
    )


def test_a_plain_app_has_nothing_to_tell():
    assert read({"/App.jsx": COMPONENT, "/style.css": ""}).notes == ()


def test_without_a_name_that_says_so_no_entry_is_known():
    assert read({"/Garden.jsx": COMPONENT}).entries == ()


@pytest.mark.parametrize(
    ("roots", "entries"),
    [
        (("/Garden.jsx", "/GardenOld.jsx"), ("/Garden.jsx",)),
        (("/GardenOld.jsx",), ("/GardenOld.jsx",)),
        (("/Garden.jsx", "/price.js"), ("/Garden.jsx",)),
        (("/A.jsx", "/B.jsx"), ("/A.jsx", "/B.jsx")),
        (("/Garden.jsx", "/server.js"), ("/Garden.jsx",)),
        (("/Garden.jsx", "/x.test.jsx"), ("/Garden.jsx",)),
        (("/price.js",), ("/price.js",)),
    ],
)
def test_of_modules_that_nobody_imports_components_are_mounted(roots, entries):
    langs = {name: lang_of(name) for name in roots}

    assert fallback_entries(Project("component", apart=("/x.test.jsx",)), roots, langs) == entries


# -- which component --------------------------------------------------------------------------------------


def test_a_named_component_is_mounted_and_told():
    project = read({"/App.jsx": "export function Garden() { return <p/> }"})

    assert project.mounts == (Mount("/App.jsx", "Garden"),)
    assert project.warnings == (
        "/App.jsx: has no default export; Garden is shown. Write `export default Garden`.",
    )
    assert project.wrapped == {}


def test_a_component_that_is_not_exported_is_exported_for_its_author():
    project = read({"/App.jsx": "function App() { return <p/> }"})

    assert project.mounts == (Mount("/App.jsx"),)
    assert project.wrapped == {"/App.jsx": b"function App() { return <p/> }\nexport default App;\n"}
    assert len(project.warnings) == 1


def test_no_component_is_told():
    project = read({"/App.jsx": "function a() { return <p/> }"})

    assert project.mounts == ()
    assert project.warnings == (
        "/App.jsx: exports no component: write `export default` before the one to show.",
    )


@pytest.mark.parametrize(
    ("text", "spare"),
    [
        ("export function Garden() { return <p/> }", Spare("Garden", "Garden")),
        ("export const Bed = 1;\nexport const Garden = () => <p/>", Spare("Garden", "Garden")),
        ("const Garden = () => <p/>;", Spare("default", "Garden")),
        ("export const useBed = 1;\nexport function Other() { return <p/> }", Spare("Other", "Other")),
    ],
)
def test_where_no_file_is_the_entry_by_its_name_a_clear_component_is_shown_too(text, spare):
    project = read({"/Garden.jsx": text, "/utils/price.js": "export default (n) => n"})

    assert project.spares == {"/Garden.jsx": spare}
    assert exports_of(project, ["/Garden.jsx"]) == {"/Garden.jsx": spare.export}
    assert tell_entries(project, ["/Garden.jsx"]) == (
        f"/Garden.jsx: has no default export; {spare.component} is shown. "
        f"Write `export default {spare.component}`.",
    )
    assert project.warnings == ()  # nobody knows yet that it is an entry


def test_where_no_component_is_clear_that_is_told_of_the_entry():
    project = read({"/Garden.jsx": "export const Bed = () => <p/>;\nexport const Path = () => <p/>;"})

    assert project.hollow == ("/Garden.jsx",)
    assert exports_of(project, ["/Garden.jsx"]) == {"/Garden.jsx": ""}
    assert tell_entries(project, ["/Garden.jsx"]) == (
        "/Garden.jsx: exports no component: write `export default` before the one to show.",
    )
    assert tell_entries(project, []) == ()


@pytest.mark.parametrize("other", [COMPONENT, MAIN])
def test_beside_a_component_nothing_else_is_looked_for(other):
    project = read({"/Garden.jsx": "export function Garden() { return <p/> }", "/Other.jsx": other})

    assert project.spares == {}
    assert exports_of(project, ["/Other.jsx"]) == {"/Other.jsx": "default"}


def test_several_that_are_shown_are_told():
    project = read({"/A.jsx": COMPONENT, "/B.jsx": COMPONENT})

    assert tell_entries(project, ["/A.jsx", "/B.jsx"]) == (
        "A.jsx, B.jsx are all shown, as nothing imports them: flag the one that is meant as entryPoint,"
        " or call it App.",
    )


def test_a_script_without_components_only_runs():
    project = read({"/app.js": "document.title = 'x';"})

    assert project.entries == ("/app.js",)
    assert project.mounts == ()
    assert project.warnings == ()


def test_a_fence_round_a_file_is_taken_off_and_told():
    project = read({"/App.jsx": f"```jsx\n{COMPONENT}\n```\n", "/b.js": "`a`"})

    assert project.wrapped == {"/App.jsx": f"\n{COMPONENT}\n".encode()}
    assert project.mounts == (Mount("/App.jsx"),)
    assert project.warnings == (
        "/App.jsx: is a Markdown fence; what it holds was taken. Leave out the ``` lines.",
    )


# -- projects of tools ------------------------------------------------------------------------------------


def test_a_vite_project_has_its_own_page_and_entry():
    project = read(
        {
            "/index.html": PAGE.format(ENTRY),
            "/src/main.tsx": MAIN,
            "/src/App.tsx": COMPONENT,
            "/vite.config.ts": "resolve: { alias: { '#': '/lib' } }",
            "/tsconfig.json": '{"compilerOptions": {"paths": {"@/*": ["./src/*"]}}}',
            "/public/a.svg": "<svg/>",
            "/package.json": '{"dependencies": {"react": "^18", "tailwindcss": "4"}}',
        }
    )

    assert (project.kind, project.html, project.public) == ("vite", "/index.html", "/public")
    assert project.entries == ("/src/main.tsx",)
    assert project.mounts == ()
    assert project.needs_build
    assert project.tailwind
    assert project.wishes == {"react": "^18", "tailwindcss": "4"}
    assert project.aliases[:3] == (
        Alias("@/", ("/src/",)),
        Alias("#/", ("/lib/",)),
        Alias("#", ("/lib",), exact=True),
    )
    assert project.notes == (
        "read as a Vite project; its entry is src/main.tsx; 1 file is no part of the page (vite.config.ts)",
    )


def test_a_page_that_names_what_is_not_there_shows_the_component():
    project = read({"/index.html": PAGE.format(ENTRY), "/App.jsx": COMPONENT})

    assert project.entries == ("/App.jsx",)
    assert project.mounts == (Mount("/App.jsx"),)
    assert project.warnings == (
        "/index.html: names /src/main.tsx, which is not among the files. App.jsx is the page's entry in its place.",
    )


def test_a_page_without_any_script_that_is_there_is_told():
    project = read({"/index.html": PAGE.format(ENTRY), "/style.css": ""})

    assert project.entries == ()
    assert project.warnings == ("/index.html: names /src/main.tsx, which is not among the files.",)


def test_a_create_react_app_project_has_its_page_in_public():
    project = read(
        {
            "/public/index.html": PAGE.format("<img src='%PUBLIC_URL%/a.svg'>"),
            "/public/a.svg": "",
            "/src/index.js": MAIN,
            "/src/App.js": COMPONENT,
            "/src/App.test.js": "x",
        }
    )

    assert (project.kind, project.html, project.entries) == ("cra", "/public/index.html", ("/src/index.js",))
    assert project.template is not None
    assert [part.value for part in project.template.parts if part.hole == "release"] == ["/public/a.svg"]


def test_a_next_app_is_shown_by_a_made_entry():
    project = read(
        {
            "/app/page.tsx": COMPONENT,
            "/app/layout.tsx": COMPONENT,
            "/components/ui/button.tsx": COMPONENT,
            "/app/globals.css": "",
        }
    )

    assert project.kind == "next"
    assert project.entries == ("/~next.jsx",)
    assert project.mounts == ()
    assert project.needs_build
    assert [made.name for made in project.made] == ["/~next.jsx"]
    assert Alias("@/", ("/",)) in project.aliases


def test_a_next_app_is_known_by_its_configuration_too():
    assert read({"/pages/index.jsx": COMPONENT, "/next.config.mjs": ""}).kind == "next"
    assert (
        read({"/pages/index.jsx": COMPONENT, "/package.json": '{"dependencies": {"next": "15"}}'}).kind
        == "next"
    )
    assert read({"/pages/index.jsx": COMPONENT}).kind == "component"


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


# -- pages of HTML ----------------------------------------------------------------------------------------


def test_a_static_site_keeps_its_scripts():
    project = read(
        {"/index.html": PAGE.format('<script src="main.js"></script>'), "/main.js": "document.title = 'x'"}
    )

    assert (project.kind, project.entries, project.needs_build) == ("html", (), False)


def test_modules_that_browsers_read_stay_in_the_page():
    project = read(
        {"/index.html": PAGE.format('<script type="module" src="main.js"></script>'), "/main.js": MAIN}
    )

    assert (project.kind, project.entries) == ("html", ())


def test_modules_with_jsx_beside_a_page_are_compiled():
    project = read(
        {"/index.html": PAGE.format('<script type="module" src="main.jsx"></script>'), "/main.jsx": MAIN}
    )

    assert (project.kind, project.entries, project.needs_build) == ("html", ("/main.jsx",), True)


def test_scripts_for_babel_are_one_module_with_reacts_globals():
    page = PAGE.format(
        '<script type="text/babel" src="a.js"></script>\n<script type="text/babel">let b;</script>'
    )
    project = read({"/index.html": page, "/a.js": "let a;"})

    (made,) = project.made
    assert project.entries == (made.name,) == ("/index.html~babel.tsx",)
    assert b'import * as React$ from "react";' in made.content
    assert made.content.endswith(b"let a;\n;\nlet b;")
    assert project.needs_build


def test_a_module_that_begins_with_a_template_is_no_fence():
    assert read({"/App.jsx": "```x``` + 1"}).wrapped == {}


def test_a_script_for_babel_keeps_its_lines():
    page = '<!doctype html>\n<p>\n<script type="text/babel">\nlet a;</script>'
    (made,) = read({"/index.html": page}).made

    assert made.content.decode().split("\n")[3] == "let a;"


def test_modules_that_stand_in_the_page_are_files_of_their_own():
    page = PAGE.format('\n<script type="module">import "./App.jsx";</script>')
    project = read({"/index.html": page, "/App.jsx": COMPONENT})

    assert [(made.name, made.content) for made in project.made] == [
        ("/index.html~1.jsx", b'\nimport "./App.jsx";')
    ]
    assert project.entries == ("/index.html~1.jsx",)


def test_a_page_alone_is_the_app_whatever_its_name():
    assert read({"/game.html": "<p>"}).html == "/game.html"
    assert read({"/game.html": "<p>", "/other.html": "<p>"}).html == ""
    assert read({"/game.html": "<p>", "/App.jsx": COMPONENT}).html == ""


def test_a_flagged_page_is_the_app():
    assert read({"/index.html": "<p>", "/start.html": "<p>"}, "/start.html").html == "/start.html"
    assert read({"/index.html": "<p>", "/a.css": ""}, "/a.css").html == ""


def test_a_flagged_module_runs_on_the_apps_own_page():
    project = read(
        {"/index.html": PAGE.format(ENTRY), "/src/main.tsx": MAIN, "/App.jsx": COMPONENT}, "/App.jsx"
    )

    assert (project.html, project.entries) == ("", ("/App.jsx",))


def test_a_page_without_scripts_is_shown_as_it_is():
    assert read({"/index.html": "<p>home"}).template is None
    assert read({"/index.html": "<p>home", "/App.jsx": COMPONENT}, "/index.html").template is None
    assert read({"/index.html": "<p>home", "/App.jsx": COMPONENT}).mounts == (Mount("/App.jsx"),)


def test_a_page_beyond_its_bound_is_shown_as_it_is():
    project = read({"/index.html": "<p>" * 400_000})

    assert project.template is None
    assert "is shown as it is" in project.warnings[0]


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-8"])
def test_texts_are_read_by_their_mark(encoding):
    page = PAGE.format("ü<script>let a;</script>")
    project = read({"/index.html": ("\ufeff" + page).encode(encoding)})

    assert project.template is not None
    assert any("ü" in part.text for part in project.template.parts)


def test_values_fill_places_in_the_page():
    project = read({"/index.html": "<title>%VITE_TITLE%</title>"}, VITE_TITLE="Garden")

    assert project.template is not None
    assert any(part.text == "<title>Garden</title>" for part in project.template.parts)


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


def test_hosts_that_a_page_asks_in_vain_are_told_once_each():
    scripts = "".join(
        f'<script src="{a}"></script>' for a in ("https://a.test/1", "//a.test/2", "https://b.test/1")
    )
    project = read({"/index.html": PAGE.format(scripts)})

    told = tell_remote(project, ["https://b.test"], {"https://a.test/1": "/~esm/a"})

    assert told == (
        "/index.html: asks https://a.test for https://a.test/2, which pages may not: get it with a package, put the"
        " file beside the page, or have this server's operator allow it: VIBES_PAGE_HOSTS=https://a.test",
    )


def test_addresses_that_modules_import_in_vain_are_told():
    told = tell_elsewhere(["https://a.test/x.js", "//b.test/y.js", "https://c.test/z.js"], ["https://c.test"])

    assert [text.partition(":")[0] for text in told] == ['import "https', 'import "//b.test/y.js"']
    assert told[0].endswith("VIBES_PAGE_HOSTS=https://a.test")
    assert "may not ask https://b.test," in told[1]


def test_only_so_many_addresses_of_other_hosts_count():
    most = Limits().max_hosted
    scripts = "".join(f'<script src="https://a.test/{number}"></script>' for number in range(most + 1))

    project = read({"/index.html": PAGE.format(scripts)})

    assert len(project.remote) == most
    assert project.warnings == (
        f"/index.html: names {most + 1} addresses of other hosts; only the first {most} count.",
    )


def test_what_the_apps_own_import_map_sends_to_its_files_or_to_a_package_s_host_is_not_looked_up():
    imports = '{"imports": {"util": "./util.js", "lib/": "./lib/", "d3": "https://esm.sh/d3", "x": "https://x.test/"}}'
    project = read({"/index.html": PAGE.format(f'<script type="importmap">{imports}</script>')})

    assert not_mapped(project, ["util", "lib/a.js", "d3", "x", "react"]) == ("x", "react")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"/App.jsx": COMPONENT}, "read as components; its entry is App.jsx"),
        ({"/Garden.jsx": COMPONENT}, "read as components; its entries are what no other module imports"),
        ({"/index.html": "<p>"}, "read as a page of HTML; its page is index.html"),
        (
            {"/index.html": PAGE.format('<script type="text/babel">1</script>')},
            "read as a page of HTML; its page is index.html",
        ),
        (
            {"/app/layout.tsx": COMPONENT, "/app/page.tsx": COMPONENT, "/next.config.js": ""},
            "read as a Next app's client pages; 1 file is no part of the page (next.config.js)",
        ),
    ],
)
def test_what_files_are_is_said_in_one_sentence(given, said):
    assert describe_project(read(given)) == said


def test_other_pages_of_a_site_have_places_for_what_they_load_of_other_hosts():
    link = '<link rel="stylesheet" href="https://unpkg.com/a@1/{}.css">'
    project = read(
        {
            "/index.html": PAGE.format(link.format(1)),
            "/about/us.html": PAGE.format(link.format(2) + '<script src="../own.js"></script>'),
            "/tailwind.html": PAGE.format('<script src="https://cdn.tailwindcss.com"></script>'),
            "/other.html": PAGE.format('<script src="https://a.test/1"></script>'),
            "/plain.html": PAGE.format("http://a.test"),
            "/built.html": PAGE.format(link.format(3) + '<script type="module">import "d3"</script>'),
            "/mapped.html": PAGE.format(
                link.format(4) + '<script type="importmap">{"imports": {"a": "b"}}</script>'
            ),
            "/huge.html": PAGE.format(link.format(5) + " " * MAX_HTML_BYTES),
            "/own.js": "1",
        }
    )

    assert set(project.pages) == {"/about/us.html", "/tailwind.html"}
    assert project.remote == ("https://unpkg.com/a@1/1.css", "https://unpkg.com/a@1/2.css")
    assert [(part.hole, part.value) for part in project.pages["/about/us.html"].parts if part.hole] == [
        ("head", ""),
        ("remote", "https://unpkg.com/a@1/2.css"),
        ("release", "/own.js"),
        ("end", ""),
    ]


def test_only_so_many_pages_of_a_site_are_looked_at():
    page = PAGE.format('<script src="https://unpkg.com/a"></script>')
    most = Limits().max_pages

    assert (
        len(read({f"/{number}.html": page for number in range(most + 2)} | {"/index.html": page}).pages)
        == most
    )


def test_plugins_of_tailwind_that_a_page_asks_for_are_told():
    page = PAGE.format('<script src="https://cdn.tailwindcss.com?plugins=forms,typography"></script>')

    (told,) = read({"/index.html": page}).warnings

    assert "Tailwind's plugins forms,typography, which are not applied" in told


def test_projects_of_tools_have_one_page():
    page = PAGE.format('<script src="https://a.test/1"></script>')

    assert read({"/index.html": page, "/other.html": page, "/vite.config.js": ""}).pages == {}
