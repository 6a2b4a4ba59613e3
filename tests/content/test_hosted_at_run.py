"""What an app asks module hosts for while it runs: found at the deploy, led to its release."""

import pytest

from vibes_trio.content.hosted_at_run import (
    MAX_PACKAGES,
    address_behind,
    closed_hosts,
    find_at_run,
    hosted_path,
    read_at_run,
    with_hosted,
)

NPM = "https://cdn.jsdelivr.net/npm/"
ROOT = "/~zA~/"
OWN = "/~zA~/~~hosted~~/"


@pytest.mark.parametrize(
    ("text", "package"),
    [
        (f's.src = "{NPM}dayjs@1/dayjs.min.js"', "dayjs@1"),
        ("`//unpkg.com/@ffmpeg/core@0.12.6/dist/umd`", "@ffmpeg/core@0.12.6"),
        ("importScripts('http://unpkg.com/mathjs/x.js')", "mathjs"),
        (
            "@import url(https://cdnjs.cloudflare.com/ajax/libs/lodash.js/4.17.21/lodash.min.js)",
            "lodash@4.17.21",
        ),
        ("locateFile: f => `https://sql.js.org/dist/${f}`", ""),
        ("locateFile: f => 'https://sql.js.org/dist/sql-wasm.wasm'", "sql.js"),
    ],
)
def test_packages_that_addresses_in_code_name_are_found(text, package):
    found = find_at_run([b"no address", text.encode()], ())

    assert found == ((f"{NPM}{package}/package.json",) if package else ())


@pytest.mark.parametrize(
    "text",
    [
        "https://esm.sh/dayjs@1",
        f"{NPM}d3@7/+esm",
        "https://unpkg.com/react@18/umd/react.production.min.js",
        "https://cdn.jsdelivr.net/gh/a/b@1/c.js",
        "https://example.org/npm/dayjs@1/x.js",
        f"{NPM}known@1/y.js",
    ],
)
def test_what_is_a_module_or_known_or_no_package_is_not_looked_for(text):
    assert find_at_run([f"'{text}'".encode()], (f"{NPM}known@1/x.js", "https://example.org/")) == ()


def test_an_app_may_name_so_many_packages():
    text = " ".join(f"{NPM}a{number}@1/x.js" for number in range(MAX_PACKAGES + 5))

    assert len(find_at_run([text.encode(), b"//unpkg.com/b@1/x.js"], ())) == MAX_PACKAGES


def test_addresses_of_style_sheets_are_led_to_the_release():
    css = (
        f'@import "{NPM}a@1/a.css"; @import url(//unpkg.com/b/b.css);'
        " p { background: url('https://unpkg.com/c@1/c.png') } /* https://unpkg.com/d */"
        " @import 'https://example.org/e.css';"
    )

    led = with_hosted(css.encode(), "text/css", ROOT).decode()

    assert led == (
        f'@import "{OWN}cdn.jsdelivr.net/npm/a@1/a.css"; @import url({OWN}unpkg.com/b/b.css);'
        f" p {{ background: url('{OWN}unpkg.com/c@1/c.png') }} /* https://unpkg.com/d */"
        " @import 'https://example.org/e.css';"
    )


def test_what_workers_load_is_led_to_the_release_from_wherever_they_run():
    code = f"importScripts('{NPM}a@1/a.js', './b.js', base + \"x\"); const s = '{NPM}a@1/a.js';"

    led = with_hosted(code.encode(), "", ROOT).decode()

    own = f"self.location.origin + '{OWN}cdn.jsdelivr.net/npm/a@1/a.js'"
    assert led == f"importScripts({own}, './b.js', base + \"x\"); const s = '{NPM}a@1/a.js';"
    assert (
        with_hosted(b"const s = 'https://unpkg.com/a@1/a.js'", "", ROOT)
        == b"const s = 'https://unpkg.com/a@1/a.js'"
    )


def test_a_path_of_a_release_stands_for_one_address():
    path = hosted_path("//unpkg.com/a@1/a.css")

    assert path == "/~~hosted~~/unpkg.com/a@1/a.css"
    assert address_behind(path) == "https://unpkg.com/a@1/a.css"
    assert hosted_path("https://esm.sh/a@1") == hosted_path("https://cdn.plot.ly/plotly-2.0.0.min.js") == ""
    assert hosted_path("https://example.org/a.css") == ""
    assert read_at_run("https://esm.sh/a") is None


def test_hosts_that_pages_may_ask_are_left_alone():
    assert "unpkg.com" in closed_hosts(())
    assert "unpkg.com" not in closed_hosts(("https://unpkg.com",))
    assert closed_hosts(("*",)) == ()
