"""The modules that stand for what is no module."""

import pytest

from vibes_trio.bundle import stubs


def test_files_in_a_style_sheet_get_their_addresses_when_it_is_used():
    css = f"a {{ b: url({stubs.file_in_css('/a b.png')}?x#y) }}"

    assert (
        stubs.css_text(css)[0] == '"a { b: url(" + new URL("../a%20b.png?x#y", import.meta.url).href + ") }"'
    )
    assert stubs.css_text("") == ('""', ())


def test_files_of_packages_in_a_style_sheet_are_imported_once():
    face = f"url({stubs.package_file_in_css('@x/font/a b.woff2')}?v=1)"

    code, packaged = stubs.css_text(f"a {{ src: {face}, {face} }}")

    assert code == '"a { src: url(" + packaged0 + "?v=1), url(" + packaged0 + "?v=1) }"'
    assert packaged == ("@x/font/a b.woff2",)
    assert stubs.packaged_addresses(packaged) == 'import packaged0 from "@x/font/a b.woff2?url";\n'


def test_an_empty_style_sheet_adds_nothing():
    assert "addStyle(" not in stubs.style_module("/a.css", stubs.css_text(" \n")[0], "", ()).replace(
        "{ addStyle }", ""
    )


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"<p/>", "its element is p"),
        (b"<svg", "it is no SVG"),
        (b'<!DOCTYPE svg [<!ENTITY a "b">]><svg>&a;</svg>', "entities"),
        (b"<svg>" + b" " * stubs.MAX_SVG_BYTES + b"</svg>", "at most"),
    ],
)
def test_an_svg_that_is_none_is_refused(content, told):
    with pytest.raises(ValueError, match=told):
        stubs.svg_module("/a.svg", content, only_component=True)


def test_the_attributes_of_an_svg_are_those_of_react():
    svg = b'<svg class="a" style="fill: red; --x: 1; stroke-width:2" xmlns:xlink="y" data-a="&gt;"><g/></svg>'

    text = stubs.svg_module("/a.svg", svg, only_component=True)

    assert '"className": "a"' in text
    assert '"style": {"fill": "red", "--x": "1", "strokeWidth": "2"}' in text
    assert '"xmlnsXlink": "y"' in text
    assert '"<g/>"' in text


def test_an_empty_svg_has_nothing_inside():
    assert '""' in stubs.svg_module("/a.svg", b'<svg width="1"/>', only_component=False)


def test_an_absent_module_says_who_wanted_it():
    text = stubs.missing_module("./a.b", "/src/App.jsx")

    assert '"served": "src/App.jsx"' in text
    assert "this app has no such file" in text
