import time

import pytest

from vibes_trio.content.own_page import OwnPage, Script, fill_template, is_of_app, read_own_page, resolver

NAMES = frozenset(
    {"/style.css", "/src/main.tsx", "/plain.js", "/public/logo.svg", "/a b.png", "/src/boot.js"}
)


def read(text: str, *, compiled: bool = True, **env: str) -> OwnPage:
    return read_own_page(text, resolver(NAMES, "", ("", "/public")), env, compiled=compiled)


def shown(text: str, *, compiled: bool = True, local: dict[str, str] | None = None, **env: str) -> str:
    return fill_template(read(text, compiled=compiled, **env).template, "[HEAD]", "/~z~/", local or {})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("<!doctype html><html><head><title>x</title>", "<!doctype html><html><head>[HEAD]<title>x</title>"),
        ("<!doctype html><html lang=en><p>", "<!doctype html><html lang=en>[HEAD]<p>"),
        ("<!doctype html><p>x<header>", "<!doctype html>[HEAD]<p>x<header>"),
        ("<p>x", "[HEAD]<p>x"),
        ("<head></head><head>", "<head>[HEAD]</head><head>"),
        ("", "[HEAD]"),
    ],
)
def test_ours_comes_first_in_the_head(text, expected):
    assert shown(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            '<link rel="stylesheet" href="style.css?v=1&amp;w">',
            '<link rel="stylesheet" href="/~z~/style.css?v=1&amp;w">',
        ),
        ("<img src='/logo.svg'>", "<img src='/~z~/public/logo.svg'>"),
        ("<img src=./a%20b.png>", "<img src=/~z~/a%20b.png>"),
        (
            '<img srcset="/logo.svg 1x, a%20b.png 2x,/no.png 3x">',
            '<img srcset="/~z~/public/logo.svg 1x, /~z~/a%20b.png 2x,/no.png 3x">',
        ),
        ('<p style="background:url(/logo.svg)">', '<p style="background:url(/~z~/public/logo.svg)">'),
        (
            "<style>@import 'style.css'; p{background:url( \"/logo.svg\" )}</style>",
            "<style>@import '/~z~/style.css'; p{background:url( \"/~z~/public/logo.svg\" )}</style>",
        ),
        (
            '<meta property="og:image" content="/logo.svg">',
            '<meta property="og:image" content="/~z~/public/logo.svg">',
        ),
        ('<meta name="description" content="style.css">', '<meta name="description" content="style.css">'),
        ('<a href="/about">', '<a href="/about">'),
        ('<a href="#style.css">', '<a href="#style.css">'),
        ('<a href="mailto:style.css">', '<a href="mailto:style.css">'),
        ('<img src="https://other.example/logo.svg">', '<img src="https://other.example/logo.svg">'),
    ],
)
def test_addresses_of_files_lead_into_the_release(text, expected):
    assert shown(text) == "[HEAD]" + expected


@pytest.mark.parametrize(
    "text",
    [
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'">',
        '<base href="/">',
        '<link rel="preconnect" href="https://fonts.example">',
        '<script type="importmap">{}</script>',
        '<script type="module" src="/src/main.tsx"></script>',
        '<script type="module">let a</script>',
        '<script type="text/babel">let a</script>',
    ],
)
def test_what_the_page_has_otherwise_is_taken_out(text):
    assert shown(f"<p>{text}<i>") == "[HEAD]<p><i>"


def test_module_scripts_are_told_in_order():
    page = read(
        '<script type="module" src="./src/main.tsx?x"></script>\n<script type=module>\nlet a;</script>'
    )

    assert page.scripts == (Script("/src/main.tsx"), Script(text="\nlet a;", line=2))


def test_scripts_for_babel_are_told_as_such():
    page = read(
        '<script type="text/babel" data-presets="react">let a</script><script type="text/jsx" src="plain.js">'
    )

    assert page.scripts == (Script(text="let a", babel=True), Script("/plain.js", babel=True))


def test_a_plain_page_keeps_scripts_that_browsers_read():
    text = '<script type="module" src="plain.js"></script><script type=module>let a</script><script src="/src/boot.js">'
    page = read(text, compiled=False)

    assert page.scripts == ()
    assert page.kept == ("/plain.js", "/src/boot.js")
    assert 'src="/~z~/plain.js"' in shown(text, compiled=False)


def test_a_plain_page_does_not_keep_what_has_to_be_compiled():
    assert read('<script type="module" src="src/main.tsx">', compiled=False).scripts == (
        Script("/src/main.tsx"),
    )


def test_a_script_in_typescript_is_a_module_whether_it_says_so_or_not():
    """No browser runs it as it is; tools compile it in the place where it lies."""
    page = read('<script src="src/main.tsx"></script><script src="plain.js"></script>', compiled=False)

    assert (page.scripts, page.kept) == ((Script("/src/main.tsx"),), ("/plain.js",))


def test_what_is_missing_is_told():
    page = read(
        '<script type="module" src="/gone.js"></script><script src="gone2.js"></script>'
        "<link rel=stylesheet href=gone.css><link rel=icon href=/gone.ico>"
    )

    assert page.missing == ("/gone.js", "gone2.js", "gone.css")


def test_data_blocks_are_left():
    text = '<script type="application/json" src="gone">{"a": "<b>"}</script>'

    assert shown(text) == "[HEAD]" + text
    assert read(text).missing == ()


def test_addresses_of_other_hosts_give_way_to_ours():
    text = (
        '<script src="https://cdn.example/a.js?x&amp;y"></script><style>@import url(https://fonts.example/css?a&b);'
        '</style><link rel="stylesheet" href="//cdn.example/a.css">'
    )
    page = read(text)

    assert page.remote == (
        "https://cdn.example/a.js?x&y",
        "https://fonts.example/css?a&b",
        "//cdn.example/a.css",
    )
    ours = {"https://cdn.example/a.js?x&y": "/~esm/a", "https://fonts.example/css?a&b": "/~f"}
    assert shown(text, local=ours) == (
        '[HEAD]<script src="/~esm/a"></script><style>@import url(/~f);'
        '</style><link rel="stylesheet" href="//cdn.example/a.css">'
    )


def test_a_module_of_another_host_stays_a_script():
    assert read('<script type="module" src="https://cdn.example/a.js"></script>').remote == (
        "https://cdn.example/a.js",
    )


@pytest.mark.parametrize(
    ("text", "imports"),
    [
        (
            '{"imports": {"react": "https://cdn.example/react", "x": 1}}',
            {"react": "https://cdn.example/react"},
        ),
        ('{"imports": []}', {}),
        ("[]", {}),
        ("{", {}),
    ],
)
def test_the_apps_import_map_is_read(text, imports):
    assert read(f'<script type="importmap">{text}</script>').imports == imports


def test_places_for_values_are_filled():
    assert (
        shown("<title>%VITE_TITLE% %VITE_NONE%</title>", VITE_TITLE="Garden")
        == "[HEAD]<title>Garden %VITE_NONE%</title>"
    )


def test_what_the_page_brings_is_known():
    template = read(
        '<title>x</title><link rel="shortcut icon" href="/logo.svg"><div id=root></div><div id=root><b id=app><p id=x>'
    ).template

    assert template.has_title
    assert template.has_icon
    assert template.containers == ("root", "app")
    assert not template.has_tailwind


@pytest.mark.parametrize(
    "text", ['<script src="https://cdn.tailwindcss.com"></script>', '<style type="text/tailwindcss">']
)
def test_a_page_that_asks_for_tailwind_is_known(text):
    assert read(text).template.has_tailwind


@pytest.mark.parametrize(
    ("folder", "path", "name"),
    [
        ("", "style.css", "/style.css"),
        ("/public", "../style.css", "/style.css"),
        ("", "/logo.svg", "/public/logo.svg"),
        ("/src", "boot.js", "/src/boot.js"),
        ("", "../../style.css", "/style.css"),
        ("", "/gone", None),
    ],
)
def test_paths_are_found_as_a_browser_would(folder, path, name):
    assert resolver(NAMES, folder, ("", "/public"))(path) == name


@pytest.mark.parametrize(
    "unit",
    ["url(", "@import ", "<p style='url(/x'>", "%A", "<img srcset='a,b,'>", "<script type=module>x</script>"],
)
def test_hostile_pages_are_read_in_bounded_time(unit):
    begin = time.thread_time()

    read(unit * (200_000 // len(unit)))

    assert time.thread_time() - begin < 3


@pytest.mark.parametrize("address", ["/vite.svg", "favicon.ico", ""])
def test_an_icon_that_nobody_sent_is_left_out(address):
    """Browsers would ask for it, and log that it is missing."""
    text = f'<link rel="icon" type="image/svg+xml" href="{address}"><p>'

    assert shown(text) == "[HEAD]<p>"
    assert not read(text).template.has_icon


def test_a_manifest_that_nobody_sent_is_left_out():
    assert shown('<link rel="manifest" href="/manifest.json"><p>') == "[HEAD]<p>"


@pytest.mark.parametrize("address", ["data:,", "https://example.org/icon.png", "/logo.svg"])
def test_an_icon_that_is_there_or_elsewhere_stays(address):
    assert read(f'<link rel="icon" href="{address}">').template.has_icon


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("<body><p>x</p></body></html>", "[HEAD]<body><p>x</p>[END]</body></html>"),
        ("<p>x", "[HEAD]<p>x[END]"),
        ("<script>'</body>'</script><p>x</body>", "[HEAD]<script>'</body>'</script><p>x[END]</body>"),
    ],
)
def test_what_is_added_at_the_end_of_the_body_comes_before_its_end_tag(text, expected):
    template = read(text).template

    assert fill_template(template, "[HEAD]", "/~z~/", {}, end="[END]") == expected


@pytest.mark.parametrize(
    "address",
    [
        "https://cdn.tailwindcss.com",
        "https://cdn.tailwindcss.com/3.4.1?plugins=forms",
        "https://cdn.jsdelivr.net/npm/@tailwindcss/browser@4",
        "//unpkg.com/@tailwindcss/browser@4/dist/index.global.js",
        "https://unpkg.com/@babel/standalone/babel.min.js",
        "https://cdnjs.cloudflare.com/ajax/libs/babel-standalone/7.0.0/babel.min.js",
    ],
)
def test_scripts_whose_work_is_done_here_are_left_out(address):
    page = read(f'<script src="{address}"></script><p>')

    assert page.remote == ()
    assert shown(f'<script src="{address}"></script><p>') == "[HEAD]<p>"
    assert page.template.has_tailwind == ("tailwind" in address)


def test_a_page_that_calls_babel_itself_keeps_it():
    text = '<script src="https://unpkg.com/@babel/standalone"></script><script>Babel.transform("")</script>'

    assert read(text).remote == ("https://unpkg.com/@babel/standalone",)


@pytest.mark.parametrize(
    "text", ["tailwind.config = {}", "tailwind . config.theme = 1", "tailwind = {config: 1}"]
)
def test_settings_of_tailwind_are_noted(text):
    assert read(f"<script>{text}</script>").template.sets_tailwind
    assert not read("<script>let tailwindish = 1</script>").template.sets_tailwind


@pytest.mark.parametrize(
    ("text", "is_taken"),
    [
        ('import * as THREE from "three";', True),
        ("const { a } = await import('https://esm.sh/a');", True),
        ('import "./plain.js"; export * from "/x.js";', False),
        ("let a = 1;", False),
    ],
)
def test_a_module_in_the_page_that_imports_packages_is_looked_into(text, is_taken):
    page = read(f'<script type="module">{text}</script>', compiled=False)

    assert page.scripts == ((Script(text=text),) if is_taken else ())


@pytest.mark.parametrize(
    ("address", "is_there"),
    [("./a.js", True), ("/a/", True), ("../a", True), ("//h/a", False), ("https://h/a", False)],
)
def test_addresses_of_an_import_map_that_are_paths_are_the_apps(address, is_there):
    assert is_of_app(address) == is_there


def test_a_digest_holds_only_for_the_bytes_of_the_other_host():
    script = '<script src="https://a.test/1?x=1&amp;y=2" integrity="sha384-x"></script>'
    link = "<link INTEGRITY='sha384-y' rel=stylesheet href=//a.test/2>"
    page = read(
        f'{script}{link}<script integrity="sha384-z" src="own.js"></script><script integrity=z>1</script>'
    )

    kept = fill_template(page.template, "", "/r/", {})
    ours = fill_template(
        page.template, "", "/r/", {"https://a.test/1?x=1&y=2": "/~esm/1&", "//a.test/2": "/~esm/2"}
    )

    assert f"{script}{link}" in kept
    assert '<script src="/~esm/1&amp;" data-integrity="sha384-x">' in ours
    assert "<link data-INTEGRITY='sha384-y' rel=stylesheet href=/~esm/2>" in ours
    assert 'integrity="sha384-z" src=' in ours
    assert "data-integrity=z" not in ours


def test_modules_of_other_hosts_are_not_fetched_ahead():
    assert read('<link rel="modulepreload" href="https://esm.sh/react">').template.parts[0].text == ""


def test_a_script_for_babel_that_is_a_module_is_alone():
    page = read('<script type="text/babel" data-type="Module">let a</script>')

    assert page.scripts == (Script(text="let a", babel=True, alone=True),)


FONT = "https://fonts.googleapis.com/css2?family=A:wght@400;700&amp;display=swap"
OWN_FONT = "/~esm/@fonts/css2?family=A:wght@400;700&amp;display=swap"


@pytest.mark.parametrize(
    "text",
    [
        '<link rel="stylesheet" href="FONT">',
        '<link rel="preload" as="style" href="FONT" onload="this.rel=1">',
        "<style>@import url(FONT);</style>",
        "<style>@import 'FONT'; p {}</style>",
    ],
)
def test_fonts_by_name_are_asked_for_here_as_they_are_written(text):
    template = read(text.replace("FONT", FONT)).template

    assert text.replace("FONT", OWN_FONT) in fill_template(template, "", "/~z~/", {}, own_fonts=True)
    assert text.replace("FONT", FONT) in fill_template(template, "", "/~z~/", {})


def test_fonts_in_a_sheet_for_tailwind_stay_for_the_script_that_leads_them_here():
    """Tailwind reads what a path names by itself, and fails; what is of another host it hands on."""
    text = f"<style type='text/tailwindcss'>@import url({FONT}); p {{ background: url(/logo.svg) }}</style>"

    filled = fill_template(read(text).template, "", "/~z~/", {}, own_fonts=True)

    assert FONT in filled
    assert "url(/~z~/public/logo.svg)" in filled


def test_a_hint_at_a_file_of_the_app_that_is_not_there_is_nothing_to_tell():
    assert read('<link rel="preload" as="style" href="/gone.css">').missing == ()
