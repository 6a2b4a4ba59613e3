import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vibes_trio.compilers.interface import Compiled, Lang, Source
from vibes_trio.compilers.jsx import transform
from vibes_trio.compilers.syntax import LINE_END
from vibes_trio.errors import TransformFailed

IMPORT_LINE = re.compile(r'^import \{[^}]*\} from "react(?:/jsx-runtime)?";')


def compiled(text: str, lang: Lang = "jsx") -> Compiled:
    return transform(Source("App.jsx", lang, text))


def body(text: str) -> str:
    """Return the code without the import lines in front."""
    code = compiled(text).code
    while found := IMPORT_LINE.match(code):
        code = code[found.end() :]
    return code


@pytest.mark.parametrize(
    ("source", "code"),
    [
        ("<hr/>", '_jsx("hr", {})'),
        ("<></>", "_jsx(_Fragment, {})"),
        ("<p>a</p>", '_jsx("p", {children: "a"})'),
        ("<p>a{b}</p>", '_jsxs("p", {children: ["a", b]})'),
        ("<><a/><b/></>", '_jsxs(_Fragment, {children: [_jsx("a", {}), _jsx("b", {})]})'),
        ('<A b="1" c={2} d/>', '_jsx(A, {b: "1", c: 2, d: true})'),
        ("<a.b.C/>", "_jsx(a.b.C, {})"),
        ("<this.C/>", "_jsx(this.C, {})"),
        ("<my-tag data-a='1'/>", '_jsx("my-tag", {"data-a": "1"})'),
        ("<a:b c:d='1'/>", '_jsx("a:b", {"c:d": "1"})'),
        ("<$a/>", "_jsx($a, {})"),
        ("<é/>", "_jsx(é, {})"),
        ("<p {...q} r='1'/>", '_jsx("p", {...q, r: "1"})'),
        ("<p key='k' {...q}/>", '_jsx("p", {...q}, "k")'),
        ("<p key={k} id='1'>x</p>", '_jsx("p", {id: "1", children: "x"}, k)'),
        ("<p key={a} key={b}/>", '_jsx("p", {}, (a, b))'),
        ("<p {...q} key={k}>a{b}</p>", '_createElement("p", {...q, key: k}, "a", b)'),
        ("<p>{...q}</p>", '_jsxs("p", {children: [...q]})'),
        ("<p>{}</p>", '_jsx("p", {})'),
        ("<p>{/* c */}a</p>", '_jsx("p", {children: "a"})'),
        ("<p a={/* c */ 1}>{2 // d\n}</p>", '_jsx("p", {a: /* c */ 1, children: 2 // d\n})'),
        ("<p a={(1, 2)}>{3, 4}</p>", '_jsx("p", {a: ((1, 2)), children: (3, 4)})'),
        ("<p __proto__={q}/>", '_jsx("p", {["__proto__"]: q})'),
        ("<p a=<i/>/>", '_jsx("p", {a: _jsx("i", {})})'),
        ("<p>1 > 0 } 2</p>", '_jsx("p", {children: "1 > 0 } 2"})'),
        ("<p>\u2028</p>", '_jsx("p", {children: "\\u2028"\n})'),
    ],
)
def test_element_becomes_a_call(source: str, code: str) -> None:
    assert body(f"x = {source};") == f"x = {code};"


def test_what_is_not_jsx_stays_character_for_character() -> None:
    text = "// <p/>\nconst a = `<b>${1}</b>`, r = /<i>/g; /* <u/> */\r\nlet z = a\n  < r\n"

    assert compiled(text).code == text


@pytest.mark.parametrize(
    ("source", "imported"),
    [
        ("<p/>", 'import { jsx as _jsx } from "react/jsx-runtime";'),
        ("<><p/></>", 'import { jsx as _jsx, Fragment as _Fragment } from "react/jsx-runtime";'),
        ("<p {...q} key='k'/>", 'import { createElement as _createElement } from "react";'),
    ],
)
def test_only_the_helpers_in_use_are_imported_on_the_first_line(source: str, imported: str) -> None:
    code = compiled(f"\n{source};").code

    assert code.startswith(imported + "\n")


def test_helper_names_avoid_every_name_of_the_module() -> None:
    code = compiled("const _jsx = 1; function f(__jsx) { return <p>{_jsx}</p>; }").code

    assert "jsx as ___jsx }" in code
    assert '___jsx("p", {children: _jsx})' in code


def test_name_written_with_an_escape_is_avoided() -> None:
    code = compiled("const \\u005fjsx = 1; x = <p/>;").code

    assert "jsx as __jsx }" in code


def test_hashbang_stays_first() -> None:
    code = compiled("#!/usr/bin/env node\nexport default <p/>;").code

    assert code.startswith(
        '#!/usr/bin/env node\nimport { jsx as _jsx } from "react/jsx-runtime";export default'
    )


@pytest.mark.parametrize(
    "source",
    [
        "x = <p\n  a='1'\n  b={2}\n>\n  t\n  {y}\n</p>; z",
        "x = <p\n key={\nk\n}\n {...q}\n\n>\n</p>; z",
        "x = <p {...q}\n key={\nk\n}>\n a\n <i/>\n</p>; z",
        "x = <p a='1\n 2\r\n 3'\r>{\n// c\n}\n{/* c\n */}</p>; z",
        "x = <p key='a\nb' key={\nc}>text\n\n</p\n>; z",
        "x = <a\n.\nb\n.c>{...\nd\n}</a\n.b.c>; z",
        "x = <p>\u2028a\u2029</p>; z",
    ],
)
def test_every_line_keeps_its_number(source: str) -> None:
    code = compiled(source).code

    lines = LINE_END.split(source)
    assert len(LINE_END.split(code)) == len(lines)
    assert LINE_END.split(code)[-1].endswith("; z")


def test_recorded_sources_keep_their_lines(recorded_transforms: list[dict[str, Any]]) -> None:
    for entry in recorded_transforms:
        if entry["status"] == 200 and entry["name"] != "lenient-mismatched":
            code = compiled(entry["content"], entry["lang"]).code

            assert len(LINE_END.findall(code)) == len(LINE_END.findall(entry["content"])), entry["name"]


def test_imports_are_listed_in_order_without_duplicates() -> None:
    result = compiled(
        'import "b"; import c, { d } from "a"; export { e } from "b"; export * from "f";\n'
        'export * as g from "\\x68"; const i = () => import("j"), k = import(l), m = import(`n`); x = <p/>;'
    )

    assert result.imports == ("react/jsx-runtime", "b", "a", "f", "h")
    assert result.dynamic_imports == ("j", "n")


@pytest.mark.parametrize(
    ("text", "has_default"),
    [
        ("export default 1;", True),
        ("const a = 1; export { a as default };", True),
        ('const a = 1; export { a as "default" };', True),
        ('export { default } from "a";', True),
        ('export * as default from "a";', True),
        ('export { default as a } from "a";', False),
        ('export * from "a"; import b from "b";', False),
        ("", False),
    ],
)
def test_default_export_is_seen_in_every_spelling(text: str, has_default: bool) -> None:
    assert compiled(text, "js").has_default is has_default


@pytest.mark.parametrize(
    "text", ["x = <p/>;", "const a: string = 1;", "var a = 010;", "with (a) {}", "return 1;"]
)
def test_js_is_a_strict_module_without_jsx_and_types(text: str) -> None:
    with pytest.raises(TransformFailed):
        compiled(text, "js")


@pytest.mark.parametrize("lang", ["ts", "tsx"])
def test_typescript_names_the_way_to_esbuild(lang: Lang) -> None:
    with pytest.raises(TransformFailed, match="vibes-trio toolchain install"):
        compiled("export default 1;", lang)


def test_error_names_file_line_and_column() -> None:
    with pytest.raises(TransformFailed) as caught:
        compiled("const a = 1;\nconst a = 2;\n")

    assert caught.value.detail == {"filename": "App.jsx", "line": 2, "column": 7}
    assert not caught.value.words.startswith("Line")


@pytest.mark.parametrize("levels", [600, 5000])  # too deep for the emitter, too deep for the parser
def test_too_deep_nesting_is_an_answer(levels: int) -> None:
    with pytest.raises(TransformFailed, match="nested too deeply"):
        compiled("x = " + "<a>" * levels + "</a>" * levels)


# Small well-formed JSX, with line ends in every gap.
_GAP = st.sampled_from(["", " ", "\n", "\n  ", "\r\n", " /* c\n */ "])
_NAME = st.sampled_from(["a", "B", "my-c", "d.E", "this.F", "g:h"])
_TEXT = st.text(st.sampled_from("ab \t\n\r\u2028&;>}\"'"), max_size=6)
_ATTRIBUTE = st.builds(
    "{}{}{}".format,
    _GAP.map(lambda gap: gap or " "),
    st.sampled_from(["key", "id", "data-x", "x:y"]),
    st.sampled_from(["", "='1\n 2'", '="&lt;"', "={\n1}", "={(() => 1)()}", "={2 // c\n}"]),
)
_ATTRIBUTES = st.lists(st.one_of(_ATTRIBUTE, st.just(" {...s}"), st.just("\n{\n...s}")), max_size=3).map(
    "".join
)


def _element(children: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    def write(name: str, attributes: str, gap: str, inside: list[str]) -> str:
        return f"<{name}{attributes}{gap}>{''.join(inside)}</{name}{gap}>"

    braces = st.builds("{{{}{}}}".format, st.sampled_from(["", "\n", "/* c */", "// c\n"]), children)
    child = st.one_of(children, braces, _TEXT, st.sampled_from(["{}", "{/*\n*/}", "{...s}", "{1, 2}"]))
    fragment = st.lists(child, max_size=3).map(lambda inside: f"<>{''.join(inside)}</>")
    return st.one_of(st.builds(write, _NAME, _ATTRIBUTES, _GAP, st.lists(child, max_size=3)), fragment)


_JSX = st.recursive(st.builds("<{}{}{}/>".format, _NAME, _ATTRIBUTES, _GAP), _element, max_leaves=6)


@settings(max_examples=150, deadline=None)
@given(_JSX)
def test_any_jsx_becomes_a_valid_module_with_the_same_lines(source: str) -> None:
    text = f"const s = []; export default function () {{ return {source}; }}\nlast;"

    code = compiled(text).code

    again = compiled(code, "js")
    assert again.code == code
    assert set(again.imports) <= {"react/jsx-runtime", "react"}
    assert len(LINE_END.findall(code)) == len(LINE_END.findall(text))
    assert LINE_END.split(code)[-1] == "last;"
