import time

import pytest

from vibes_trio.content.components import (
    Exports,
    choose_component,
    find_fenced_page,
    has_fence,
    read_exports,
    take_off_fence,
)


@pytest.mark.parametrize(
    "text",
    [
        "export default function App() {}",
        "export default () => null",
        "const App = 1;\nexport { App as default };",
        "export { default } from './App';",
        "module.exports = App;",
        "exports.default = App;",
    ],
)
def test_a_default_export_is_seen(text):
    assert read_exports(text).default


@pytest.mark.parametrize("text", ["export const a = 1;", "module.exports == 1", "export * from './x'"])
def test_other_exports_are_no_default(text):
    assert not read_exports(text).default


def test_components_are_known_by_their_names():
    text = """export const Card = () => 1;
export function useThing() {}
export const MAX_ITEMS = 3;
function Row() {}
async function load() {}
class Board extends React.Component<Props> {}
class Game {}
class Field extends HTMLElement {}
export class Level extends Phaser.Scene {}
export { Board, Row as Line };
const Inner = 1;"""

    exports = read_exports(text)

    assert exports.named == ("Card", "Board", "Line")
    assert exports.inner == ("Inner",)


@pytest.mark.parametrize(
    "text",
    [
        "createRoot(document.body).render(<App />)",
        "ReactDOM.render(<App />, root)",
        "hydrateRoot(root, <App />)",
        "createApp(App).mount('#app')",
        "render(<App />, root)",
        "render(h(App), root)",
        "render(() => <App />, root)",
        "render(html`<${App} />`, root)",
    ],
)
def test_a_module_that_mounts_itself_is_seen(text):
    assert read_exports(text).mounts


def test_jsx_is_seen():
    assert read_exports("const a = <p>x</p>").jsx
    assert not read_exports("if (a < b) c()").jsx


def test_of_a_long_source_head_and_tail_are_looked_at():
    text = "export const First = 1;\n" + "x\n" * 100_000 + "export default First;\n"

    assert read_exports(text) == Exports(default=True, named=("First",))


@pytest.mark.parametrize(
    ("exports", "stem", "chosen"),
    [
        (Exports(named=("Card",)), "main", ("Card", True)),
        (Exports(named=("Card", "Board")), "board", ("Board", True)),
        (Exports(named=("A1", "App")), "main", ("App", True)),
        (Exports(inner=("App",)), "App", ("App", False)),
        (Exports(named=("A", "B"), inner=("App", "C")), "App", ("App", False)),
        (Exports(named=("A", "B")), "main", None),
        (Exports(), "App", None),
    ],
)
def test_a_component_is_chosen_if_one_clearly_is_meant(exports, stem, chosen):
    assert choose_component(exports, stem) == chosen


@pytest.mark.parametrize(
    ("text", "has"),
    [
        ("Here it is:\n\n```jsx\nlet a;\n```\n", True),
        ("let a = `\n```\n`", True),
        ("let a = `x```", False),
        ("", False),
    ],
)
def test_a_line_of_a_fence_is_found_anywhere(text, has):
    assert has_fence(text) is has


@pytest.mark.parametrize(
    ("text", "empty"), [("", True), (" \n// x\n/* y */", True), ("/* y */ a", False), ("'//'", False)]
)
def test_a_file_of_comments_alone_is_empty(text, empty):
    assert read_exports(text).empty is empty


def test_several_statements_may_stand_in_one_line():
    assert read_exports('import a from "a"; export const App = memo(a);').named == ("App",)
    assert read_exports('import a from "a"; class App extends a {}').inner == ("App",)


@pytest.mark.parametrize(
    ("text", "inside"),
    [
        ("```jsx\nlet a;\n```\n", "\nlet a;\n"),
        ("\n~~~~ts\nlet a;\n~~~~", "\n\nlet a;\n"),
        ("```\nlet a;\n", "\nlet a;\n"),
        ("```jsx title\nlet a = `x`;\n```\nThat is all.", "\nlet a = `x`;\n"),
        ("```\n```", "\n"),
        ("let a = ```x```", None),
        ("```x``` + 1", None),
    ],
)
def test_a_fence_is_taken_off_and_lines_stay_where_they_were(text, inside):
    assert take_off_fence(text) == inside


@pytest.mark.parametrize(
    "unit", ["export {", "const ", "<a", "render(", "\n", " ", "export{a,", "export ", "a as b "]
)
def test_hostile_sources_are_read_in_one_pass(unit):
    text = unit * (64 * 1024 // len(unit))
    begin = time.thread_time()

    read_exports(text)

    assert time.thread_time() - begin < 1


@pytest.mark.parametrize(
    ("text", "page"),
    [
        ("Here it is:\n\n```html\n<!DOCTYPE html>\n<p>a\n```\n\nEnjoy!", "\n\n<!DOCTYPE html>\n<p>a\n"),
        ("Sure\r\n```\r\n<html>a\r\n```\r\n", "\n<html>a\r\n"),
        ("Run\n```sh\nnpm i\n```\nthen\n```html\n<!-- x --><html>\n```", "\n\n\n\n\n<!-- x --><html>\n"),
        ("<!doctype html><pre>\n```html\n<html>\n```\n</pre>", None),
        ("Two:\n```\n<html>\n```\nand\n```\n<html>\n```", None),
        ("A part:\n```html\n<p>a</p>\n```", None),
        ("No fence at all", None),
        ("Not closed:\n```html\n<html>", None),
    ],
)
def test_a_page_in_a_fence_with_words_round_it_is_found(text, page):
    assert find_fenced_page(text) == page
