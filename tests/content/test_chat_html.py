"""A section is shown as what it is, or as its text where that is dear."""

import json

from hostile_markup import PAYLOADS, blocks_of

from vibes_trio.content.chat_html import MARKED_CHARS, MAX_PARTS, NOTHING, render_plain, render_section


def shown(*blocks, is_over=lambda: False):
    return render_section(json.dumps(blocks), "", is_over)


def line(text, kind="toplevel"):
    return {"type": f"block.{kind}.line", "line": text, "lang": "js"}


def said(role, text):
    return {"type": "prompt.txt", "request": {"messages": [{"role": role, "content": text}]}}


def test_each_part_is_shown_as_what_it_is():
    html = shown(
        said("system", "be <kind>"),
        said("user", "a *garden*"),
        line("**Here**"),
        line("let a", "code"),
        {"type": "block.image", "url": "data:image/png,x"},
        {"type": "prompt.error", "error": "<none>"},
        {"type": "prompt.restyle"},
        {"type": "prompt.restyle"},
        {},
    )

    for part in (
        '<details><summary>Instructions</summary><pre class="plain" tabindex="0">be &lt;kind&gt;</pre></details>',
        '<div class="prose"><p>a <em>garden</em></p>\n</div>',
        "<strong>Here</strong>",
        '<span class="kd">let</span>',
        '<p class="picture"><img src="data:image/png,x" alt="Picture in this chat" loading="lazy"></p>',
        '<p class="failed"><strong>Error:</strong> &lt;none&gt;</p>',
        "Not shown: <code>prompt.restyle</code>, 2 times",
        "Not shown: <code>a block without a type</code></p>",
    ):
        assert part in html


def test_a_role_that_is_not_known_is_named():
    assert "<summary>&lt;x&gt;</summary>" in shown(said("<x>", "y"))


def test_nothing_is_said_to_be_nothing():
    assert shown() == shown({"type": "block.begin"}) == NOTHING
    assert render_section("{", "", lambda: False) == NOTHING


def test_what_is_long_or_late_is_plain():
    long = "*a* " * MARKED_CHARS
    picture = {"type": "block.image", "url": "data:image/png,x"}

    assert shown(line(long)).startswith('<pre class="plain" tabindex="0">*a*')
    assert shown(said("user", long)).startswith('<pre class="plain" tabindex="0">*a*')
    assert shown(line("*a*"), line("b", "code"), picture, is_over=lambda: True) == (
        '<pre class="plain" tabindex="0">*a*</pre><pre class="plain" tabindex="0">b</pre><p class="dim">A picture</p>'
    )


def test_of_very_many_parts_the_first_are_shown():
    html = shown(*[line("a"), line("b", "code")] * MAX_PARTS)

    assert html.count("<pre") + html.count("<p>") == MAX_PARTS
    assert "There is more in this section" in html


def test_plain_text_is_text_and_says_if_it_is_cut():
    blocks = json.dumps([line("<b>")])

    assert '<pre class="plain" tabindex="0">&lt;b&gt;</pre>' in render_plain(blocks, 100)
    assert "This is how it begins" not in render_plain(blocks, 100)
    assert "This is how it begins" in render_plain(blocks, 2)


def test_nothing_hostile_is_shown_as_itself():
    for payload in PAYLOADS:
        for html in (shown(*blocks_of(payload)), render_plain(json.dumps(blocks_of(payload)), 10_000)):
            lowered = html.lower()
            assert "<script" not in lowered
            assert "<iframe" not in lowered
            assert 'href="javascript' not in lowered
            assert "<svg" not in lowered
