import time

import pytest

from vibes_trio.content.html_scan import Element, scan_html


def scan(text: str) -> list[Element]:
    return list(scan_html(text))


def names(text: str) -> list[str]:
    return [element.name for element in scan(text)]


def test_tags_are_found_in_order():
    assert names("<!DOCTYPE html><HTML><head></head><body><p>a < b</p>") == [
        *("!doctype", "html", "head", "/head", "body", "p", "/p")
    ]


def test_attributes_have_values_without_quotes_and_references_resolved():
    (element,) = scan("""<a HREF="/x?a=1&amp;b=2" title='it"s' id=plain hidden href="second">""")

    assert element.attributes == {"href": "/x?a=1&b=2", "title": 'it"s', "id": "plain", "hidden": ""}


def test_places_of_values_lead_to_them():
    text = """<img src="/a.png" alt=b hidden>"""
    (element,) = scan(text)

    assert {name: text[span.start : span.end] for name, span in element.values.items()} == {
        "src": "/a.png",
        "alt": "b",
    }


def test_what_stands_in_scripts_and_comments_is_no_tag():
    text = "<!-- <p> --><script>'<b>' // </scripty></SCRIPT ><i><template><u></template>"

    assert names(text) == ["script", "i", "template"]


def test_content_of_a_script_is_between_its_tags():
    text = "<script type=module>let a;</script><p>"
    element = scan(text)[0]

    assert text[element.content.start : element.content.end] == "let a;"
    assert text[element.end :] == "<p>"


@pytest.mark.parametrize(
    "text", ["<p><!-- never closed <b>", "<p><a title='never closed><b>", "<p><script>let a;<b>"]
)
def test_what_is_never_closed_takes_the_rest(text):
    assert "b" not in names(text)


@pytest.mark.parametrize(
    "unit", ["<a ", "<!--", "<script>", "<a x='", '<a x="', "<", "</", "<a b=", "<a b = c "]
)
def test_hostile_text_is_read_in_one_pass(unit):
    text = unit * (400_000 // len(unit))
    begin = time.thread_time()

    list(scan_html(text))

    assert time.thread_time() - begin < 2
