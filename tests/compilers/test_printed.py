import time

import pytest

from vibes_trio.compilers.printed import (
    has_open_comment,
    printed_dynamic_imports,
    printed_imports,
    prints_default,
    prints_export,
)


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ('import "a";', ["a"]),
        ("import 'a\"b';", ['a"b']),
        ('import a from "b";', ["b"]),
        ('import a, { b as c } from "d";', ["d"]),
        ('import * as a from "b";', ["b"]),
        ('import defer * as a from "b";', ["b"]),
        ('import { "x from \'y\';" as a } from "b";', ["b"]),
        ('import a from "./b.json" with { type: "json" };', ["./b.json"]),
        ('import {\n  a,\n  b\n} from "c";', ["c"]),
        ('export * from "a";', ["a"]),
        ('export * as b from "a";', ["a"]),
        ('export { b } from "a";', ["a"]),
        ('export {\n  b\n} from "a";', ["a"]),
        (
            'import "a\\nb\\x41\\u2028\\u{1F600}\\ud83d\\ude00\\"\\\\";',
            ['a\nbA\u2028\U0001f600\U0001f600"\\'],
        ),
        ('import "";', [""]),
        # Nothing of this is an import.
        ('import("a");', []),
        ("import.meta.url;", []),
        ('export const a = { from: "b" };', []),
        ("export { a as b };", []),
        ('  import "a";', []),
        ("const a = 'import \"b\";';", []),
        ('const a = "\\nimport \\"b\\";";', []),
    ],
)
def test_static_imports_are_read_off_the_start_of_a_line(line: str, names: list[str]) -> None:
    code = f"const before = 1;\n{line}\nconst after = 1;\n"

    assert printed_imports(code) == names


@pytest.mark.parametrize(
    ("code", "has_default"),
    [
        ("export default function A() {\n}", True),
        ("export default (a) => a;", True),
        ("export * as default from 'a';", True),
        ("export { a as default };", True),
        ("export {\n  b,\n  a as default\n};", True),
        ('export { default } from "a";', True),
        ('export { b, default } from "a";', True),
        ('export { default as b } from "a";', False),
        ('export { b as "x default" };', False),
        ("export const defaults = 1;", False),
        ("export { a as defaultValue };", False),
        ("  export default 1;", False),
        ('export * from "a";', False),
    ],
)
def test_default_export_is_read_in_every_spelling(code: str, has_default: bool) -> None:
    assert prints_default(f"const before = 1;\n{code}\n") is has_default


def test_any_export_counts_as_module_syntax() -> None:
    assert prints_export("const a = 1;\nexport { a };\n")
    assert not prints_export('const a = "export ";\n  export a;\n')


@pytest.mark.parametrize(
    ("code", "names"),
    [
        ('const f = () => import("a");', ["a"]),
        ("import('a').then(import(\"b\"));", ["a", "b"]),
        ('import(\n  /* @vite-ignore */\n  "a"\n);', ["a"]),
        ('import("a", { with: { type: "json" } });', ["a"]),
        ("import(a);", []),
        ('import("a" + b);', []),
        ("const a = 'import(\"b\")';", []),
        ('const a = "\\"import(\'b\')";', []),
        ('// import("a")', []),
        ('const a = /import("b")/;', []),
        ('const a = b.replace(/"/g, c), d = import("e");', ["e"]),
        ('const a = b.replace(/ +"/g, c), d = import("e");', ["e"]),
        ('const a = [/["/]/, /\\/"/], d = import("e");', ["e"]),
        ('const a = b / c / d, e = "/", f = import("g");', ["g"]),
        ('a /= 2; b = "x"; import("c");', ["c"]),
        ('reimport("a"); x.import("a");', []),
    ],
)
def test_dynamic_imports_are_read_past_strings_comments_and_regexes(code: str, names: list[str]) -> None:
    assert printed_dynamic_imports(code) == names


@pytest.mark.parametrize(
    ("code", "is_open"),
    [
        ("a /* b */ c", False),
        ("/* a\nb */", True),
        ("a /* b */ + /* c\n*/", True),
        ("/*/\n*/", True),
        ("'/*'", True),
        ("no comment", False),
    ],
)
def test_comment_that_may_go_on_is_noticed(code: str, is_open: bool) -> None:
    assert has_open_comment(code) is is_open


@pytest.mark.parametrize(
    "code",
    [
        "/*" * 250_000,
        'import("a");/' + '\\"' * 250_000,
        'import("a");' + "/[" * 250_000,
        "import(" * 70_000,
        'import("a");' + "/*" * 250_000,
        "import(/*" * 50_000,
        "export {" * 60_000,
        "\nexport {" * 50_000,
        "\n} " * 150_000,
        "import " + "from " * 100_000,
        "import " + "'" * 500_000,
        'import a from "b" with { ' + '"x": "y", ' * 50_000,
        "export { " + "a, " * 150_000 + "};",
        "export { " + " " * 500_000 + "};",
    ],
)
def test_reading_takes_linear_time(code: str) -> None:
    started = time.process_time()

    has_open_comment(code)
    printed_imports(code)
    printed_dynamic_imports(code)
    prints_default(code)

    assert time.process_time() - started < 2.0
