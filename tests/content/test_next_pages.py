from vibes_trio.content.next_pages import NextPage, NextPages, find_next_pages, next_entry, tell_server_values
from vibes_trio.content.project import ProjectFile


def test_pages_of_the_app_folder_have_paths_and_layouts():
    names = [
        "/app/page.tsx",
        "/app/layout.tsx",
        "/app/(shop)/items/[id]/page.jsx",
        "/app/(shop)/layout.jsx",
        "/app/not-found.tsx",
        "/app/items/new/page.tsx",
        "/lib/page.tsx",
    ]

    pages = find_next_pages("", names)

    assert pages.pages == (
        NextPage((), "/app/page.tsx", ("/app/layout.tsx",)),
        NextPage(("items", "new"), "/app/items/new/page.tsx", ("/app/layout.tsx",)),
        NextPage(
            ("items", "[id]"),
            "/app/(shop)/items/[id]/page.jsx",
            ("/app/layout.tsx", "/app/(shop)/layout.jsx"),
        ),
    )
    assert pages.missing == "/app/not-found.tsx"


def test_pages_of_the_pages_folder_are_wrapped():
    names = [
        "/src/pages/index.jsx",
        "/src/pages/_app.jsx",
        "/src/pages/404.jsx",
        "/src/pages/blog/[...rest].jsx",
        "/src/pages/blog/index.jsx",
        "/src/pages/api/x.js",
        "/src/pages/_document.jsx",
    ]

    pages = find_next_pages("", names)

    assert [(page.path, page.name) for page in pages.pages] == [
        ((), "/src/pages/index.jsx"),
        (("blog",), "/src/pages/blog/index.jsx"),
        (("blog", "[...rest]"), "/src/pages/blog/[...rest].jsx"),
    ]
    assert (pages.wrapper, pages.missing) == ("/src/pages/_app.jsx", "/src/pages/404.jsx")


def test_a_folder_without_a_first_page_is_none():
    assert not find_next_pages("", ["/pages/About.jsx", "/app/main.jsx"])


def test_the_entry_loads_layouts_at_once_and_pages_when_asked_for():
    page = NextPage(("a",), "/app/a/page.tsx", ("/app/layout.tsx",))

    assert next_entry(NextPages((page,), ("/app/layout.tsx",), missing="/app/not-found.tsx")) == (
        'import { showPages } from "@vibes/next-app";\n'
        'import * as L0 from "/app/layout.tsx";\n'
        "showPages({\n"
        "  pages: [\n"
        '    { path: ["a"], load: () => import("/app/a/page.tsx"), layouts: [L0] },\n'
        "  ],\n"
        '  missing: () => import("/app/not-found.tsx"),\n'
        "});\n"
    )


def test_the_entry_names_the_wrapper():
    assert "  wrapper: L0,\n" in next_entry(
        NextPages((NextPage((), "/pages/index.jsx"),), wrapper="/pages/_app.jsx")
    )


def test_values_that_a_server_makes_are_told_by_name():
    code = b"export default () => null;\nexport const getServerSideProps = () => ({});"
    modules = [ProjectFile("/pages/a.js", code, "js"), ProjectFile("/pages/b.js", b"// getStaticProps", "js")]

    told = tell_server_values(modules)

    assert told == [
        "/pages/a.js: getServerSideProps takes a server of Next: the page is shown without what it gives."
    ]
