"""Markdown of anybody becomes HTML that does nothing but show it."""

import re
from html.parser import HTMLParser

import pytest
from hostile_markup import PAYLOADS

from vibes_trio.content.safe_markdown import (
    REL,
    code_block,
    is_web_address,
    link_to,
    picture,
    render_markdown,
)

OWN = "http://localhost:8787"
TAGS = {
    "h3",
    "h4",
    "h5",
    "h6",
    "p",
    "a",
    "img",
    "ul",
    "ol",
    "li",
    "pre",
    "code",
    "span",
    "strong",
    "em",
    "s",
} | {*("blockquote", "table", "thead", "tbody", "tr", "th", "td", "br", "hr", "div", "figure", "figcaption")}
ATTRIBUTES = {
    "href",
    "rel",
    "target",
    "src",
    "alt",
    "loading",
    "class",
    "tabindex",
    "title",
    "start",
    "style",
}


class Seen(HTMLParser):
    """All elements and attributes of an HTML text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))


@pytest.mark.parametrize("payload", PAYLOADS)
def test_nothing_hostile_becomes_an_element_or_an_address(payload):
    for tag, attributes in Seen(render_markdown(payload, OWN)).tags:
        assert tag in TAGS
        assert set(attributes) <= ATTRIBUTES
        assert re.match(r"https?://|mailto:", attributes.get("href", "https://"))
        assert re.match(r"data:image/|/assets\?", attributes.get("src", "/assets?"))


def test_links_open_elsewhere_and_tell_nothing():
    html = render_markdown("[x](https://a.test/b?c=1&d) <mailto:a@b.test>", OWN)

    assert (
        '<a href="https://a.test/b?c=1&amp;d" rel="noopener nofollow noreferrer" target="_blank">x</a>'
        in html
    )
    assert 'href="mailto:a@b.test"' in html


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        (
            "/assets?url=sql%3A%2F%2FAssets%2Fz1",
            '<img src="/assets?url=sql%3A%2F%2FAssets%2Fz1" alt="p" loading="lazy">',
        ),
        (f"{OWN}/assets?url=x", '<img src="/assets?url=x" alt="p" loading="lazy">'),
        ("data:image/png;base64,AA", '<img src="data:image/png;base64,AA" alt="p" loading="lazy">'),
        ("https://a.test/b.png", ">Picture elsewhere: p</a>"),
        (f"{OWN}/sign-out", ">Picture elsewhere: p</a>"),
        ("file:///etc/passwd", "Picture that can&#x27;t be shown: p"),
    ],
)
def test_a_picture_is_shown_if_nobody_else_is_asked_for_it(address, shown):
    html = picture(address, "p", OWN)

    assert shown in html
    assert html in render_markdown(f"![p]({address})", OWN) or address.startswith("file")


def test_a_picture_that_links_somewhere_is_no_link_in_a_link():
    html = render_markdown(
        "[![p](https://a.test/b.png)](https://c.test) [![q](data:image/png,x)](https://d.test)", OWN
    )

    assert 'target="_blank">p</a>' in html
    assert 'target="_blank"><img src="data:image/png,x" alt="q" loading="lazy"></a>' in html


def test_a_picture_without_words_is_named():
    assert picture("x:y", "", OWN) == "Picture that can&#x27;t be shown"


def test_headings_begin_below_the_page_s_and_leave_none_out():
    html = render_markdown("# a\n\n#### b\n\n###### c\n\n## d\n\n# e\n\n# f", OWN)

    assert re.findall(r"<(h\d)>(\w)", html) == [
        ("h3", "a"),
        ("h4", "b"),
        ("h5", "c"),
        ("h4", "d"),
        ("h3", "e"),
        ("h3", "f"),
    ]


def test_code_in_prose_is_coloured_and_named():
    html = render_markdown("```js x\nlet a\n```\n\n    plain <b>\n\n```\n\n```", OWN)

    assert (
        '<figure class="code"><figcaption>js</figcaption><pre tabindex="0"><code><span class="kd">let' in html
    )
    assert '<pre tabindex="0"><code>plain &lt;b&gt;</code>' in html


def test_a_file_s_name_goes_before_its_language():
    assert "<figcaption>src/&lt;A&gt;.jsx</figcaption>" in code_block("", "jsx", "src/<A>.jsx")


def test_tables_can_be_scrolled_and_are_aligned_without_a_style():
    html = render_markdown("|a|c|\n|-:|-|\n|b|d|", OWN)

    assert '<div class="table" tabindex="0"><table>' in html
    assert '<th class="right">a</th>\n<th>c</th>' in html
    assert "style" not in html


@pytest.mark.parametrize(
    "address", ["javascript:x", "", "/a", "http:x", "https://\x00a", "https://%0aa", "data:x"]
)
def test_what_is_no_web_address_is_no_link(address):
    assert not is_web_address(address)
    assert link_to(address, "<w>") == "&lt;w&gt;"


def test_a_picture_in_its_own_address_is_shown_and_never_opened():
    assert (
        render_markdown("[x](data:image/svg+xml,y)", OWN) == f'<p><a rel="{REL}" target="_blank">x</a></p>\n'
    )
