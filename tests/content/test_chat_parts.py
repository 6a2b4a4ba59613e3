"""A section's blocks become the parts that people see, in their order."""

import pytest

from vibes_trio.content.chat_parts import Asked, Code, Failed, Image, Other, Prose, parts_of


def line(text, kind="toplevel", **more):
    return {"type": f"block.{kind}.line", "line": text} | more


def parts(*blocks):
    return list(parts_of(blocks))


def test_lines_become_the_texts_that_they_were():
    assert parts(
        {"type": "block.begin"},
        {"type": "block.toplevel.begin"},
        line("# One"),
        line("two"),
        {"type": "block.toplevel.end"},
        {"type": "block.code.begin", "lang": "jsx", "path": "App.jsx"},
        line("a", "code", lang="jsx"),
        line("", "code", lang="jsx"),
        {"type": "block.code.end"},
        {"type": "block.end"},
    ) == [Prose("# One\ntwo"), Code("a\n", "jsx", "App.jsx")]


def test_lines_without_a_beginning_are_shown_all_the_same():
    assert parts(line("a"), line("b", "code", lang="js", path="b.js"), line("c")) == [
        Prose("a"),
        Code("b", "js", "b.js"),
        Prose("c"),
    ]


def test_code_without_lines_is_code_and_prose_without_any_is_nothing():
    assert parts({"type": "block.code.begin", "lang": ""}, {"type": "block.code.end"}) == [Code("")]
    assert parts({"type": "block.toplevel.begin"}, line("  "), {"type": "block.toplevel.end"}) == []


def test_a_prompt_is_what_each_said_and_its_pictures():
    request = {
        "messages": [
            {"role": "system", "content": "Be kind."},
            {"role": "user", "content": "  "},
            {
                "role": "user",
                "content": [
                    {"type": "text", "text": "see"},
                    {"type": "image_url", "image_url": {"url": "https://a.test/b.png"}},
                    {"type": "image_url", "image_url": "data:image/png,x"},
                    7,
                ],
            },
            7,
        ]
    }

    assert parts({"type": "prompt.req", "request": request}) == [
        Asked("system", "Be kind."),
        Asked("user", "see"),
        Image("https://a.test/b.png"),
        Image("data:image/png,x"),
    ]


@pytest.mark.parametrize("request_", [None, {}, {"messages": 7}])
def test_a_prompt_of_another_shape_says_nothing(request_):
    assert parts({"type": "prompt.txt", "request": request_}) == []


def test_pictures_errors_and_instructions_are_what_they_are():
    assert parts(
        {"type": "block.image", "url": "data:x"},
        {"type": "block.image"},
        {"type": "prompt.error", "error": "no model"},
        {"type": "prompt.system-prompt", "text": "be kind"},
        {"type": "block.code.truncated", "reason": "length"},
        {"type": "block.code.truncated"},
    ) == [
        Image("data:x"),
        Image(""),
        Failed("no model"),
        Asked("system", "be kind"),
        Failed("The code was cut off: length."),
        Failed("The code was cut off: nobody says why."),
    ]


def test_what_is_not_known_is_named_and_counted():
    assert parts(
        {"type": "prompt.restyle"},
        {"type": "prompt.restyle"},
        {"type": "x" * 500},
        {"no": "type"},
        {"type": 7},
    ) == [Other("prompt.restyle", 2), Other("x" * 100), Other("", 2)]
