import pytest

from vibes_trio.compilers.syntax import find_imports, parse_module, walk
from vibes_trio.errors import TransformFailed


def test_ranges_count_characters_also_beyond_the_first_plane() -> None:
    program = parse_module('const a = "\U0001f600"; <p>\U0001f600</p>', "a.jsx", jsx=True)

    [element] = [node for node in walk(program) if node.type == "JSXElement"]

    assert element.range == [15, 23]


def test_position_after_text_with_raw_braces_is_right() -> None:
    with pytest.raises(TransformFailed) as caught:
        parse_module("x = <p>a > b }\r\n } c</p>;\nlet y = ;", "a.jsx", jsx=True)

    assert (caught.value.line, caught.value.column) == (3, 9)


@pytest.mark.parametrize(
    "text",
    [
        "let a; let a;",
        "export { a };",
        "export default 1; export default 2;",
        "/(/;",
        "function f() { await 1; }",
        "class A { b() { this.#c; } }",
        "x = <p>{}</q>;",
        "x = <p a={}/>;",
        "x = <p>{...}</p>;",
        "x = <p",
        "x = <p>",
        "x = <p>{",
        "x = <p a='",
        "x = <></p>;",
    ],
)
@pytest.mark.parametrize("jsx", [True, False])
def test_early_errors_and_broken_jsx_are_refused(text: str, jsx: bool) -> None:
    with pytest.raises(TransformFailed):
        parse_module(text, "a.jsx", jsx=jsx)


def test_imports_keep_their_order_and_duplicates() -> None:
    program = parse_module('import "b"; import "a"; export * from "b";', "a.js", jsx=False)

    assert find_imports(program) == ["b", "a", "b"]
