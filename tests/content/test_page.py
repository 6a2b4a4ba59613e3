"""The generated page: its text, here; what a browser makes of it, in test_page_in_browser.py."""

import json
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vibes_trio.content.own_page import Template, read_own_page
from vibes_trio.content.page import CDN_TAILWIND, PageInput, render_page
from vibes_trio.content.page_font import SUBSETS
from vibes_trio.content.static_modules import static_module
from vibes_trio.exchange import AppSlug, FsId

REACT = "https://esm.sh/react@19.2.1"
TEXT = st.text(st.characters(exclude_categories=())) | st.sampled_from(
    ["</script>", "<!--<script>", "]]>", "\u2028", '";alert(1)//', "</title><script>", "\ud800", "${x}", "\\"]
)  # fmt: skip


class Elements(HTMLParser):
    """The start tags of a page with their attributes, and the text in each script and the title."""

    def __init__(self, html: bytes) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.inside = ""
        self.texts: list[str] = []
        self.feed(html.decode("utf-8"))
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self.inside = tag
        if tag in ("script", "title"):
            self.texts.append("")

    def handle_data(self, data):
        if self.inside in ("script", "title"):
            self.texts[-1] += data

    def handle_endtag(self, tag):
        self.inside = ""

    def names(self) -> list[str]:
        return [tag for tag, _ in self.tags]


def page(**changes) -> PageInput:
    values = {
        "app_slug": AppSlug("my-app"),
        "fs_id": FsId("zabc"),
        "roots": ("/~~transformed~~/zApp", "/lib/main.js"),
        "imports": {"react": REACT, "./lib/Card.jsx": "./~~transformed~~/zCard"},
    }
    return PageInput(**values | changes)


def own(text: str) -> Template:
    return read_own_page(text, lambda name: None, {}, compiled=False).template


def import_map(html: bytes) -> dict:
    return json.loads(Elements(html).texts[1])


def facts(html: bytes) -> dict:
    return json.loads(Elements(html).texts[2])


def test_import_map_is_the_first_script():
    scripts = [attributes for tag, attributes in Elements(render_page(page())).tags if tag == "script"]

    assert scripts[0] == {"type": "importmap"}
    assert scripts[1] == {"type": "application/json", "id": "vibes-page"}
    assert scripts[2] == {"src": static_module("boot.js").address}
    assert scripts[3] == {"type": "module"}
    assert len(scripts) == 4


def test_page_mounts_each_root_by_a_bare_specifier_that_the_map_sends_into_the_release():
    html = render_page(page())

    imports = import_map(html)["imports"]
    script = Elements(html).texts[-1]
    assert script.strip().split("\n") == [
        f'import {{ mount }} from "{static_module("mount.js").address}";',
        'import * as V1 from "~~transformed~~/zApp";',
        'import * as V2 from "lib/main.js";',
        'mount("my-app", [["~~transformed~~/zApp", V1], ["lib/main.js", V2]]);',
    ]
    assert imports["~~transformed~~/"] == "/~zabc~/~~transformed~~/"
    assert imports["lib/main.js"] == "/~zabc~/lib/main.js"


def test_stored_map_is_moved_to_the_address_of_the_release():
    scopes = {"./~~transformed~~/zA": {"./~~transformed~~/B.jsx": "./~~transformed~~/zB", "react": REACT}}

    moved = import_map(render_page(page(scopes=scopes)))

    assert moved["imports"]["react"] == REACT
    assert moved["imports"]["/~zabc~/lib/Card.jsx"] == "/~zabc~/~~transformed~~/zCard"
    assert moved["scopes"] == {
        "/~zabc~/~~transformed~~/zA": {
            "/~zabc~/~~transformed~~/B.jsx": "/~zabc~/~~transformed~~/zB",
            "react": REACT,
        }
    }


def test_map_without_scopes_has_none():
    assert list(import_map(render_page(page()))) == ["imports"]


def test_local_addresses_replace_those_of_the_cdn():
    local = {"react": "/~esm/react@19.2.1", f"{REACT}/es2022/react.mjs": "/~esm/react@19.2.1"}

    imports = import_map(render_page(page(local=local)))["imports"]

    assert imports["react"] == "/~esm/react@19.2.1"
    assert imports[f"{REACT}/es2022/react.mjs"] == "/~esm/react@19.2.1"


def test_development_runtime_is_always_our_own():
    given_map = {"react/jsx-dev-runtime": f"{REACT}/jsx-dev-runtime"}

    imports = import_map(render_page(page(imports=given_map)))["imports"]

    assert imports["react/jsx-dev-runtime"] == static_module("jsx-dev-runtime.js").address


@pytest.mark.parametrize(
    ("served", "address"),
    [("/ä b?#%.js", "/~zabc~/%C3%A4%20b%3F%23%25.js"), ("/a+b@1,(2).js", "/~zabc~/a+b@1,(2).js")],
)
def test_odd_names_of_roots_are_encoded_in_their_address(served, address):
    html = render_page(page(roots=(served,)))

    assert import_map(html)["imports"][served[1:]] == address
    assert f"import * as V1 from {json.dumps(served[1:])};" in html.decode()


def test_root_named_like_a_package_leaves_the_package_its_name():
    html = render_page(page(roots=("/react",)))

    assert import_map(html)["imports"]["react"] == REACT
    assert 'import * as V1 from "/~zabc~/react";' in html.decode()


def test_modules_that_are_sure_to_be_needed_are_fetched_at_once():
    html = render_page(page(preload=("/~esm/react@19.2.1", "/~esm/react@19.2.1")))

    links = [
        attributes["href"]
        for tag, attributes in Elements(html).tags
        if attributes.get("rel") == "modulepreload"
    ]
    assert links == [
        static_module("mount.js").address,
        "/~zabc~/~~transformed~~/zApp",
        "/~zabc~/lib/main.js",
        "/~esm/react@19.2.1",
    ]
    assert html.index(b'type="importmap"') < html.index(
        b"modulepreload"
    )  # older browsers take no map after one


def test_page_without_roots_has_no_module_script():
    html = render_page(page(roots=(), preload=("/~esm/react@19.2.1",)))

    assert b'type="module"' not in html
    assert b"modulepreload" not in html
    assert b'<div id="my-app" class="vibe-app-container"><div id="root"></div></div>' in html


def test_facts_for_the_overlay_name_env_release_and_files():
    html = render_page(page(env={"A": "1"}, files={"/~~transformed~~/zApp": "/App.jsx"}))

    assert facts(html) == {
        "env": {"A": "1"},
        "release": "/~zabc~/",
        "missing": {},
        "files": {"~~transformed~~/zApp": "App.jsx"},
    }


def test_what_is_missing_is_told_and_has_no_place_in_the_map():
    html = render_page(page(missing={"react": "the registry is down"}, local={"react": "/~esm/react@1.0.0"}))

    assert facts(html)["missing"] == {"react": "the registry is down"}
    assert "react" not in import_map(html)["imports"]


@pytest.mark.parametrize(("title", "shown"), [("", "my-app"), ("A & B", "A & B")])
def test_title_is_the_given_one_or_the_slug(title, shown):
    assert Elements(render_page(page(title=title))).texts[0] == shown


def test_tailwind_of_a_cdn_does_not_hold_up_the_app():
    html = render_page(page(tailwind=CDN_TAILWIND)).decode()

    assert f'<script type="module" async src="{CDN_TAILWIND}"></script>' in html


def test_tailwind_of_ours_is_there_before_anything_is_shown():
    html = render_page(page(tailwind="/~esm/@tailwindcss/browser@4.3.4")).decode()

    assert '<script src="/~esm/@tailwindcss/browser@4.3.4"></script>' in html


def test_page_without_a_font_of_ours_has_no_style():
    assert b"@font-face" not in render_page(page())


def test_font_is_there_before_any_script_runs():
    html = render_page(page(fonts={"latin": "/~esm/a.woff2"})).decode()

    assert html.index("@font-face{font-family:Inter;") < html.index(static_module("boot.js").address)
    assert 'src:url("/~esm/a.woff2")format("woff2");unicode-range:U+0000-00FF,' in html


def test_page_with_local_modules_names_no_other_host():
    fonts = {subset: f"/~esm/{subset}.woff2" for subset in SUBSETS}

    html = render_page(page(local={"react": "/~esm/react@19.2.1"}, fonts=fonts)).decode()

    assert "https:" not in html
    assert "//" not in html.replace("</", "").replace('"/', "")


@given(TEXT, TEXT, TEXT, TEXT)
def test_nothing_put_into_the_page_can_leave_its_place(name, value, title, served):
    plain = Elements(render_page(page(roots=("/x",), env={"A": "1"}, files={"/x": "y"}, title="t")))

    html = render_page(
        page(
            roots=(f"/{served}",),
            imports={name: value},
            scopes={},
            env={name: value},
            files={f"/{served}": value},
            title=title or "t",
            app_slug=AppSlug(name),
        )
    )

    parsed = Elements(html)
    assert parsed.names() == plain.names()
    assert facts(html)["env"] == {name: value}
    assert all("<" not in text for text in parsed.texts[1:])
    assert parsed.texts[-1].isascii()
    assert len(parsed.texts[-1].strip().split("\n")) == 3


@pytest.mark.parametrize(
    ("text", "mounts", "added"),
    [
        ("<p>x", None, b'<div id="root"></div>'),
        ("<p>x", {}, b'<div id="root"></div><div id="app"></div>'),
        ("<p id=app>x", {}, b""),
        ("<p id=root>x", None, b""),
    ],
)
def test_what_apps_mount_into_is_added_where_their_own_page_has_none(text, mounts, added):
    assert render_page(page(template=own(text), mounts=mounts)).endswith(b"x" + added)


def test_a_page_without_modules_gets_no_container():
    assert render_page(page(template=own("<p>x"), roots=())).endswith(b"<p>x")


def test_what_is_empty_among_the_added_takes_no_place():
    assert b":empty{display:none}" in render_page(page(template=own("<p>x")))


@pytest.mark.parametrize(("mounts", "count"), [(None, 0), ({"/lib/main.js": "default"}, 0), ({}, 1)])
def test_an_app_that_mounts_itself_finds_both_usual_places(mounts, count):
    html = render_page(page(mounts=mounts))

    assert html.count(b'<div id="root">') == 1
    assert html.count(b'<div id="app">') == count


def test_the_import_map_of_the_apps_own_page_is_taken_in():
    own_imports = {
        "util": "./lib/util.js",
        "lib/": "/lib/",
        "react": "https://esm.sh/react@17",
        "far": "https://esm.sh/far",
        "near": "https://esm.sh/near",
    }

    html = render_page(page(own_imports=own_imports, remote={"https://esm.sh/near": "/~esm/near@1.0.0"}))

    found = import_map(html)["imports"]
    assert {key: found[key] for key in own_imports} == {
        "util": "/~zabc~/lib/util.js",
        "lib/": "/~zabc~/lib/",
        "react": REACT,
        "far": "https://esm.sh/far",
        "near": "/~esm/near@1.0.0",
    }


@pytest.mark.parametrize("tailwind", ["", "/~esm/tailwind.js"])
def test_settings_of_tailwind_are_read_before_tailwind_runs(tailwind):
    html = render_page(
        page(template=own("<script>tailwind.config = {}</script>"), tailwind=tailwind)
    ).decode()

    settings = html.index(static_module("tailwind.js").address)
    assert settings < html.index("tailwind.config")
    assert not tailwind or settings < html.index(tailwind)


def test_pages_that_ask_for_fonts_by_name_have_the_script_for_it_before_any_of_the_app():
    address = static_module("fonts.js").address
    template = own(
        '<link rel="stylesheet" href="https://fonts.test/css?family=A"><script src="/a.js"></script>'
    )

    asking = render_page(page(asks_for_fonts=True, template=template)).decode()

    assert asking.index(address) < asking.index("/a.js")
    assert 'href="/~esm/@fonts/css?family=A"' in asking
    assert address not in render_page(page(template=template)).decode()
    assert address in render_page(page(asks_for_fonts=True)).decode()


def test_a_page_of_a_server_that_wants_to_hear_of_no_errors_says_so():
    page = PageInput(app_slug=AppSlug("todo"), fs_id=FsId("z1"), roots=(), imports={})
    facts = [json.loads(Elements(render_page(one)).texts[2]) for one in (page, replace(page, quiet=True))]

    assert ["quiet" in one for one in facts] == [False, True]
