import pytest
from content.reading import COMPONENT, ENTRY, MAIN, PAGE, read

from vibes_trio.config import Limits
from vibes_trio.content.project import Alias, Mount
from vibes_trio.content.read_project import MAX_HTML_BYTES


def test_a_flag_says_which_is_the_entry():
    project = read({"/App.jsx": COMPONENT, "/Other.test.jsx": COMPONENT}, "/Other.test.jsx")

    assert project.entries == ("/Other.test.jsx",)
    assert project.mounts == (Mount("/Other.test.jsx"),)


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


def test_without_a_name_that_says_so_no_entry_is_known():
    assert read({"/Garden.jsx": COMPONENT}).entries == ()


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


def test_an_app_that_only_its_own_tool_builds_is_told():
    """As an Astro project, which would else be an empty page without a word."""
    given = {"/package.json": '{"devDependencies": {"astro": "^4"}}', "/src/pages/index.astro": "<p>"}

    assert [warning.partition(",")[0] for warning in read(given).warnings] == ["package.json names Astro"]
    assert read(given | {"/App.jsx": COMPONENT}, "/App.jsx").warnings == ()


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


def test_modules_that_browsers_read_are_compiled_beside_one_that_they_do_not():
    """One that stayed in the page would be unknown to the build, and what both import would be there twice."""
    page = (
        '<script type="module" src="main.js"></script><script src="plain.js"></script>'
        '<script type="module">import "three";</script>'
    )
    project = read({"/index.html": PAGE.format(page), "/main.js": MAIN, "/plain.js": "let a"})

    assert (project.entries, project.scripted) == (("/main.js", "/index.html~1.jsx"), False)


def test_modules_with_jsx_beside_a_page_are_compiled():
    project = read(
        {"/index.html": PAGE.format('<script type="module" src="main.jsx"></script>'), "/main.jsx": MAIN}
    )

    assert (project.kind, project.entries, project.needs_build) == ("html", ("/main.jsx",), True)


@pytest.mark.parametrize(
    ("name", "text", "mounted"),
    [
        ("main.ts", "class Game { all: Array<string> = [] }\nnew Game()", []),
        ("main.ts", "export default new Phaser.Game({})", []),
        ("main.ts", "@customElement('a-b')\nexport class List extends LitElement { x = html`<p>` }", []),
        ("main.ts", "class Game { e = document.createElement('b') }", []),
        ("main.jsx", "function App() { return 1 }", ["/main.jsx"]),
        ("main.ts", "export default () => React.createElement('p')", ["/main.ts"]),
        ("main.ts", "import { memo } from 'react'; export default memo(() => 'x')", ["/main.ts"]),
    ],
)
def test_of_scripts_that_a_page_names_only_components_are_mounted(name, text, mounted):
    """All others run, and that is all: a game or an element of its own is no component."""
    page = PAGE.format(f'<script type="module" src="{name}"></script>')
    project = read({"/index.html": page, f"/{name}": text})

    assert ([mount.name for mount in project.mounts], project.hollow) == (mounted, ())


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


def test_values_fill_places_in_the_page():
    project = read({"/index.html": "<title>%VITE_TITLE%</title>"}, VITE_TITLE="Garden")

    assert project.template is not None
    assert any(part.text == "<title>Garden</title>" for part in project.template.parts)


def test_what_a_page_names_runs_whatever_its_name_says():
    page = PAGE.format('<script type="module" src="./chart.config.jsx"></script>')
    project = read({"/index.html": page, "/chart.config.jsx": COMPONENT})

    assert project.mounts == (Mount("/chart.config.jsx"),)


def test_only_so_many_addresses_of_other_hosts_count():
    most = Limits().max_hosted
    scripts = "".join(f'<script src="https://a.test/{number}"></script>' for number in range(most + 1))

    project = read({"/index.html": PAGE.format(scripts)})

    assert len(project.remote) == most
    assert project.warnings == (
        f"/index.html: names {most + 1} addresses of other hosts; only the first {most} count.",
    )


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


def test_a_page_among_the_files_of_another_language_is_shown_and_the_rest_told():
    project = read({"/app.py": "x", "/templates/index.html": PAGE.format(""), "/static/a.js": "x"})

    assert (project.root, project.html) == ("", "/templates/index.html")
    assert project.warnings == (
        "app.py: this server runs no such program; here an app runs in the browser alone."
        " templates/index.html is the page.",
    )


def test_of_several_pages_of_a_server_the_index_is_shown_and_a_template_is_told():
    pages = {f"/shop/templates/{name}.html": "{% block a %}" for name in ("about", "index", "x/index")}
    project = read({"/manage.py": "x"} | pages)

    assert project.html == "/shop/templates/index.html"
    assert project.warnings[1].startswith("/shop/templates/index.html: is a template")
    assert "shop/templates/x/index.html could be, too: name the one" in project.warnings[2]


@pytest.mark.parametrize(
    "given",
    [{"/index.php": "x"}, {"/main.go": "x", "/web/a.html": "x", "/web/b.html": "x"}],
    ids=["none", "several"],
)
def test_a_program_without_a_page_is_told(given):
    project = read(given)

    assert project.html == ""
    assert "none of the files is its page: add an index.html" in project.warnings[0]


@pytest.mark.parametrize(
    "given",
    [
        {"/web/App.jsx": COMPONENT, "/docs/index.html": "x"},
        {"/lib/main.js": "x", "/docs/page.html": "x"},
        {"/App.jsx": COMPONENT},
    ],
)
def test_what_may_be_the_app_itself_is_not_passed_over_for_a_page_or_a_program(given):
    plain = read(given)
    project = read({"/tool.py": "x"} | given)

    assert (project.html, project.entries) == (plain.html, plain.entries)
    assert not project.warnings


def test_modules_alone_are_no_page_of_a_server():
    assert read({"/note.txt": "x"}).warnings == ()
