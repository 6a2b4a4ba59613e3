"""What is text of a folder's files, and what is shown."""

import pytest

from vibes_trio.content.sent_files import find_page, is_of_page, is_read_as_text


def test_modules_styles_and_pages_are_text_whatever_their_case():
    texts = ["/App.JSX", "/a.CSS", "/b.json", "/c.svg", "/d.html"]

    assert [name for name in (*texts, "/e.png", "/README") if is_read_as_text(name)] == texts


def test_what_a_page_is_made_of_is_not_data():
    parts = ["/App.tsx", "/a.css", "/d.HTM"]

    assert [name for name in (*parts, "/b.json", "/c.svg") if is_of_page(name)] == parts


@pytest.mark.parametrize(
    ("names", "page"),
    [
        (["/index.html", "/a.js", "/a.png"], "/index.html"),
        (["/index.html", "/src/main.tsx"], ""),
        (["/home.html"], ""),
        ([], ""),
    ],
)
def test_a_page_is_flagged_where_nothing_has_to_be_compiled(names, page):
    assert find_page(names) == page
