"""What addresses of module hosts mean; the forms are those that the hosts document."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vibes_trio.content.module_hosts import (
    MAX_CHARS,
    NO_SCRIPT,
    Hosted,
    of_editors,
    read_asked,
    read_file,
    read_hosted,
)

ESM, UNPKG, JSDELIVR = "https://esm.sh/", "https://unpkg.com/", "https://cdn.jsdelivr.net/npm/"
CDNJS, SKYPACK = "https://cdnjs.cloudflare.com/ajax/libs/", "https://cdn.skypack.dev/"
ORBIT = "examples/jsm/controls/OrbitControls.js"


@pytest.mark.parametrize(
    ("address", "specifier"),
    [
        ("https://esm.sh/react", "react"),
        ("https://esm.sh/react@18.2.0", "react@18.2.0"),
        ("https://esm.sh/v135/react-dom@18.2.0/client", "react-dom@18.2.0/client"),
        ("https://esm.sh/stable/react@18.2.0", "react@18.2.0"),
        ("https://esm.sh/@tanstack/react-query@5?deps=react@18.2.0", "@tanstack/react-query@5"),
        ("https://esm.sh/*preact@10/hooks", "preact@10/hooks"),
        ("https://esm.sh/react@18.2.0/es2022/react.mjs", "react@18.2.0"),
        ("https://esm.sh/v135/react-dom@18.2.0/X-ZHJlYWN0/es2022/client.development.mjs", "react-dom@18.2.0/client"),
        (f"{ESM}three@^0.160/{ORBIT}", f"three@^0.160/{ORBIT}"),
        ("https://esm.run/d3@7", "d3@7"),
        ("//unpkg.com/react@18/umd/react.production.min.js", "react@18/umd/react.production.min.js?file"),
        ("https://unpkg.com/htm?module", "htm"),
        ("https://unpkg.com/@babel/standalone/babel.min.js", "@babel/standalone/babel.min.js?file"),
        ("https://unpkg.com/lodash", "lodash?file"),
        (f"{JSDELIVR}chart.js", "chart.js?file"),
        (f"{JSDELIVR}bootstrap@5.3.0/dist/css/bootstrap.min.css", "bootstrap@5.3.0/dist/css/bootstrap.min.css?file"),
        (f"{JSDELIVR}d3@7/+esm", "d3@7"),
        (f"{JSDELIVR}date-fns@3/format/+esm", "date-fns@3/format"),
        (f"{SKYPACK}canvas-confetti", "canvas-confetti"),
        (f"{SKYPACK}pin/react@v17.0.1-yH0aYV1FOvoIPeKBbHxg/m=i/optimized/react.js", "react@17.0.1"),
        ("https://ga.jspm.io/npm:react@18.2.0/index.js", "react@18.2.0/index.js"),
        (f"{CDNJS}three.js/r128/three.min.js", "three@0.128.0/three.min.js?file"),
        (f"{CDNJS}react/18.2.0/umd/react.production.min.js", "react@18.2.0/umd/react.production.min.js?file"),
        (f"{CDNJS}font-awesome/6.4.0/css/all.css", "@fortawesome/fontawesome-free@6.4.0/css/all.css?file"),
        (f"{CDNJS}font-awesome/4.7.0/css/font-awesome.min.css", "font-awesome@4.7.0/css/font-awesome.min.css?file"),
        (f"{CDNJS}twitter-bootstrap/5.3.0/js/bootstrap.min.js", "bootstrap@5.3.0/js/bootstrap.min.js?file"),
        ("https://ajax.googleapis.com/ajax/libs/jquery/3.5.1/jquery.min.js", "jquery@3.5.1/jquery.min.js?file"),
        ("https://code.jquery.com/jquery-3.7.1.slim.min.js", "jquery@3.7.1/dist/jquery.slim.min.js?file"),
        ("https://code.jquery.com/ui/1.13.2/themes/base/all.css", "jquery-ui@1.13.2/dist/themes/base/all.css?file"),
        ("https://pixijs.download/v8.5.1/pixi.min.js", "pixi.js@8.5.1/dist/pixi.min.js?file"),
        ("https://pixijs.download/release/pixi.mjs", "pixi.js/dist/pixi.mjs?file"),
        ("https://cdn.jsdelivr.net/gh/lit/dist@3/core/lit-core.min.js", "lit@3"),
        ("https://d3js.org/d3.v7.min.js", "d3@7/dist/d3.min.js?file"),
        ("https://cdn.plot.ly/plotly-2.27.0.min.js", "plotly.js-dist-min@2.27.0/plotly.min.js?file"),
        ("https://cdn.socket.io/4.7.2/socket.io.min.js", "socket.io-client@4.7.2/dist/socket.io.min.js?file"),
        (
            "https://use.fontawesome.com/releases/v5.15.4/css/all.css",
            "@fortawesome/fontawesome-free@5.15.4/css/all.css?file",
        ),
        (
            "https://maxcdn.bootstrapcdn.com/bootstrap/4.5.2/css/bootstrap.min.css",
            "bootstrap@4.5.2/dist/css/bootstrap.min.css?file",
        ),
        ("https://cdn.tailwindcss.com?plugins=forms", "@tailwindcss/browser@4?file"),
    ],
)  # fmt: skip
def test_address_means_a_module_or_a_file_of_a_package(address, specifier):
    found = read_hosted(address)

    assert found is not None
    assert found.specifier == specifier
    assert found.is_module is not specifier.endswith("?file")


@pytest.mark.parametrize(
    "address",
    [
        *("https://esm.sh/", "https://esm.sh/gh/microsoft/tslib", "https://esm.sh/jsr/@std/encoding"),
        *("https://cdn.jsdelivr.net/gh/jquery/jquery@3/dist/jquery.min.js", "https://unpkg.com/"),
        *("https://cdn.jsdelivr.net/npm/../../etc/passwd", "https://unpkg.com/x@1/%2e%2e/%2e%2e/y.js"),
        *(
            "https://cdnjs.cloudflare.com/ajax/libs/react",
            "https://cdnjs.cloudflare.com/",
            "https://unpkg.com/ a",
        ),
        *("https://cdn.jsdelivr.net/combine/npm/a,npm/b", "https://unpkg.com/x/y%3Fz"),
        *(
            "https://esm.sh/a?css",
            "https://esm.sh/a?bundle&worker",
            "https://code.jquery.com/color/jquery.color.js",
        ),
        "https://unpkg.com/" + "a" * MAX_CHARS,
    ],
)
def test_address_of_such_a_host_that_means_no_package_is_none(address):
    assert read_hosted(address) is None


@pytest.mark.parametrize(
    "address",
    [
        *("https://example.org/react", "react", "./x.js", "/x.js", "", "esm.sh/react", "ftp://esm.sh/react"),
        *(
            "https://esm.sh.evil.test/react",
            "https://[",
            "data:text/javascript,1",
            "https://evil.test/esm.sh/react",
        ),
    ],
)
def test_other_addresses_are_of_no_such_host(address):
    assert read_hosted(address) is None


@pytest.mark.parametrize(
    ("address", "specifier"),
    [
        (f"{UNPKG}lodash", "lodash?file"),
        (f"{ESM}d3", "d3"),
        (f"{ESM}a/dist/a.css", "a/dist/a.css?file"),
        (f"{UNPKG}a/x.js?module", "a/x.js"),
    ],
)
def test_an_element_of_a_page_loads_a_file_unless_its_host_makes_modules(address, specifier):
    found = read_file(address)

    assert found is not None
    assert found.specifier == specifier


def test_an_element_may_load_what_is_no_package():
    assert read_file("https://example.org/a.css") is None


@pytest.mark.parametrize(
    ("address", "asked"),
    [
        (f"{ESM}a?deps=react@18.2.0,@s/b@^1&dev", {"react": "18.2.0", "@s/b": "^1"}),
        (f"{ESM}a?deps=react,@@,/../@1", {}),
        (f"{ESM}a?target=es2022", {}),
        (f"{UNPKG}a?deps=react@18", {}),
        (f"{ESM}a?deps=react@18&{'x' * MAX_CHARS}", {}),
        ("react?deps=react@18", {}),
    ],
)
def test_an_address_may_ask_for_versions_of_what_its_module_is_built_with(address, asked):
    assert read_asked(address) == asked


@given(
    st.sampled_from(["esm.sh", "unpkg.com", "cdn.jsdelivr.net/npm", "cdn.skypack.dev"]), st.text(max_size=60)
)
def test_any_text_after_the_host_is_read_and_stays_in_its_package(host, rest):
    found = read_hosted(f"https://{host}/{rest}")

    assert found is None or isinstance(found, Hosted)
    assert found is None or ".." not in found.path.split("/")


def test_scripts_of_the_editors_that_apps_were_made_in_are_known():
    theirs = [
        "https://cdn.gpteng.co/gptengineer.js",
        "//cdn.gpteng.co/gptengineer.js?x=1",
        "https://replit.com/public/js/replit-badge-v2.js",
        "https://replit.com/public/js/replit-dev-banner.js",
    ]

    assert of_editors(
        [*theirs, "https://replit.com/other.js", "https://cdn.gpteng.co/x.js"]
    ) == dict.fromkeys(theirs, NO_SCRIPT)
