import pytest
from content.reading import COMPONENT, PAGE, read

from vibes_trio.content.project import exports_of
from vibes_trio.content.project_words import (
    describe_project,
    is_reading,
    tell_entries,
    tell_hosts,
)


def test_a_plain_app_has_nothing_to_tell():
    assert read({"/App.jsx": COMPONENT, "/style.css": ""}).notes == ()


def test_no_component_is_told():
    project = read({"/App.jsx": "function a() { return <p/> }"})

    assert project.mounts == ()
    assert project.warnings == (
        "/App.jsx: exports no component: write `export default` before the one to show.",
    )


def test_where_no_component_is_clear_that_is_told_of_the_entry():
    project = read({"/Garden.jsx": "export const Bed = () => <p/>;\nexport const Path = () => <p/>;"})

    assert project.hollow == ("/Garden.jsx",)
    assert exports_of(project, ["/Garden.jsx"]) == {"/Garden.jsx": ""}
    assert tell_entries(project, ["/Garden.jsx"]) == (
        "/Garden.jsx: exports no component: write `export default` before the one to show.",
    )
    assert tell_entries(project, []) == ()


def test_several_that_are_shown_are_told():
    project = read({"/A.jsx": COMPONENT, "/B.jsx": COMPONENT})

    assert tell_entries(project, ["/A.jsx", "/B.jsx"]) == (
        "A.jsx, B.jsx are all shown, as nothing imports them: name the one that is meant"
        " (`vibes-trio deploy --entry A.jsx`, `entryPoint`), or call it App.",
    )


def test_a_script_without_components_only_runs():
    project = read({"/app.js": "document.title = 'x';"})

    assert project.entries == ("/app.js",)
    assert project.mounts == ()
    assert project.warnings == ()


def test_hosts_that_a_page_asks_in_vain_are_told_once_each():
    scripts = "".join(
        f'<script src="{a}"></script>' for a in ("https://a.test/1", "//a.test/2", "https://b.test/1")
    )
    project = read({"/index.html": PAGE.format(scripts)})

    told = tell_hosts(project, (), ["https://b.test"], {"https://a.test/1": "/~esm/a"})

    assert told == (
        "/index.html: asks https://a.test for https://a.test/2, which pages may not: get it with a package, put the"
        " file beside the page, or have this server's operator allow it: VIBES_PAGE_HOSTS=https://b.test,"
        "https://a.test",
    )


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


def test_addresses_that_modules_import_in_vain_are_told():
    page = read({"/index.html": PAGE.format('<script src="https://d.test/d.js"></script>')})
    addresses = ["https://a.test/x.js", "//b.test/y.js", "https://c.test/z.js"]

    of_page, *told = tell_hosts(page, addresses, ["https://c.test"], {})

    assert [text.partition(":")[0] for text in told] == ['import "https', 'import "//b.test/y.js"']
    setting = "VIBES_PAGE_HOSTS=https://c.test,https://d.test,https://a.test,https://b.test"
    assert all(text.endswith(setting) for text in (of_page, *told))
    assert "may not ask https://b.test," in told[1]


@pytest.mark.parametrize(
    ("text", "is_it"),
    [
        ("read as a Vite project", True),
        ("1 file is no part of the page (a.config.js)", True),
        ("12 files are no part of the page (a, b)", True),
        ("/App.jsx: is no part of the page", False),
    ],
)
def test_what_tells_how_files_were_read_is_known_from_warnings(text, is_it):
    assert is_reading(text) is is_it
