"""What esbuild has no word for, as plain imports."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vibes_trio.bundle.places import make_places
from vibes_trio.bundle.rewrite import (
    MAX_CHOICES,
    Budget,
    address_from_built,
    may_need_rewriting,
    rewrite_module,
)
from vibes_trio.content.tool_settings import Alias

NAMES = (
    "/src/App.jsx",
    "/src/pages/One.jsx",
    "/src/pages/Two.jsx",
    "/src/pages/deep/Three.jsx",
    "/src/w.ts",
    "/src/img/a b.png",
    "/docs/a.md",
)
PLACES = make_places(NAMES, "", "", [Alias("@/", ("/src/",))])


def rewrite(code: str, name: str = "/src/App.jsx", budget: Budget | None = None) -> str:
    text, problems = rewrite_module(name, code, PLACES, budget or Budget())
    assert problems == []
    return text


@pytest.mark.parametrize(
    ("code", "parts"),
    [
        (
            'const a = import.meta.glob("./pages/*.jsx");',
            ('"./pages/One.jsx": () => import("vibes-file:/src/pages/One.jsx")', '"./pages/Two.jsx"'),
        ),
        (
            'import.meta.glob("./pages/**/*.jsx", { eager: true, import: "default" });',
            (
                '"./pages/deep/Three.jsx": __vibes_2',
                'import { default as __vibes_0 } from "vibes-file:/src/pages/One.jsx";',
            ),
        ),
        ('import.meta.globEager("./pages/O*.jsx");', ("import * as __vibes_0 from",)),
        (
            'import.meta.glob("./pages/O*", { as: "raw" });',
            ('One.jsx?raw").then((module) => module["default"])',),
        ),
        (
            'import.meta.glob("/docs/*", { query: { raw: true } });',
            ('"/docs/a.md": () => import("vibes-file:/docs/a.md?raw")',),
        ),
        (
            'import.meta.glob("./One.jsx", { base: "./pages" });',
            ('"./One.jsx": () => import("vibes-file:/src/pages/One.jsx")',),
        ),
        ('import.meta.glob("@/pages/O*");', ('"/src/pages/One.jsx"',)),
        (
            'import.meta.glob(["./pages/*", "!**/Two.jsx"]);',
            ('{ "./pages/One.jsx": () => import("vibes-file:/src/pages/One.jsx") }',),
        ),
        ('import.meta.glob("./none/*");', ("({  })",)),
        (
            'import.meta.glob("./pages/O*", { import: "a-b", eager: true });',
            ('import { "a-b" as __vibes_0 }',),
        ),
        (
            'const f = (n) => import("./pages/".concat(n, ".jsx"));',
            (
                '"./pages/One.jsx": () => import("vibes-file:/src/pages/One.jsx")',
                '})("./pages/".concat(n, ".jsx"));',
            ),
        ),
        ('import("./pages/" + n);', ('"./pages/One": () =>', '})("./pages/" + n)')),
        ('import("@/pages/" + n + ".jsx");', ('"@/pages/Two.jsx": () =>',)),
        (
            'import("./pages/" + n + ".jsx?raw");',
            ('"./pages/Two.jsx?raw": () => import("vibes-file:/src/pages/Two.jsx?raw")',),
        ),
        ('import(/* @vite-ignore */ "./pages/" + n + ".jsx");', ('"./pages/One.jsx": () =>',)),
        (
            'new Worker(new URL("./w.ts", import.meta.url), { type: "module" });',
            ('new __vibes_0({ type: "module" });', 'import __vibes_0 from "vibes-file:/src/w.ts?worker";'),
        ),
        ('new SharedWorker(new URL("w.ts", import.meta.url));', ("new __vibes_0();", "?sharedworker")),
        (
            'new URL("lib/file.wasm", import.meta.url);',
            ("new URL(__vibes_0, new URL(", 'from "lib/file.wasm?url";'),
        ),
        (
            'new URL("img/a b.png", import.meta.url);',
            ('new URL("img/a b.png", new URL("../src/App.jsx", import.meta.url).href)',),
        ),
        ('new URL("@/img/a b.png", import.meta.url);', ('from "vibes-file:/src/img/a b.png?url"',)),
        ("import.meta.url;", ('new URL("../src/App.jsx", import.meta.url).href;',)),
    ],
)
def test_forms_become_imports(code, parts):
    text = rewrite(code)

    for part in parts:
        assert part in text


@pytest.mark.parametrize(
    "code",
    [
        'const a = "import.meta.url";',
        "// import.meta.glob('./x')",
        'import("./pages/One.jsx");',
        'new Worker("/w.js");',
        'require("./a.js");',
        "my.require(name);",
    ],
)
def test_what_is_no_form_stays(code):
    assert rewrite(code) == f"{code}\n"


@pytest.mark.parametrize(
    ("code", "hidden"),
    [
        ("import(name);", "import(__vibes_same(name));"),
        ('import("https://example.org/" + name);', 'import(__vibes_same("https://example.org/" + name));'),
        ('import("./none/" + name, {});', 'import(__vibes_same("./none/" + name), {});'),
        ("require(name);", "require(__vibes_same(name));"),
        ('"import(a)"; /* require(b) */', '"import\\x28a)"; /* require(?:)(b) */'),
    ],
)
def test_calls_by_what_is_not_known_are_hidden_from_esbuild(code, hidden):
    assert rewrite(code).startswith(hidden)


def test_a_worker_that_is_no_file_of_the_app_keeps_its_address():
    assert "new Worker(new URL(" in rewrite('new Worker(new URL("./none.js", import.meta.url));')


def test_lines_keep_their_numbers_and_the_source_map_stays_last():
    glob = 'import.meta.glob(\n  "./pages/*.jsx",\n  { eager: true }\n)'
    code = f"a();\nconst b = {glob};\nc();\n//# sourceMappingURL=data:x\n"

    text = rewrite(code)

    assert text.splitlines()[5] == "c();"
    assert text.endswith("//# sourceMappingURL=data:x\n")
    assert text.splitlines()[-2].startswith("import ")


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("import.meta.glob(name);", "plain strings"),
        ("import.meta.glob();", "it takes a pattern"),
        ("import.meta.glob({ a: true });", "a pattern, or a list"),
        ('import.meta.glob("./a", options);', "plain strings"),
        ('import.meta.glob("./a", "./b");', "options are an object"),
        ('import.meta.glob("./a", ["./b"]);', "options are an object"),
        ('import.meta.glob("./' + "{a,b}" * 9 + '");', "braces"),
        ('import.meta.glob("pages/*");', "starts with"),
    ],
)
def test_a_glob_that_cant_be_read_is_told(code, told):
    text, problems = rewrite_module("/src/App.jsx", code, PLACES, Budget())

    assert told in problems[0]
    assert "import.meta.glob" in text


def test_an_app_asks_for_a_bounded_number_of_choices():
    _, problems = rewrite_module("/src/App.jsx", 'import.meta.glob("./pages/*");', PLACES, Budget(choices=1))

    assert str(MAX_CHOICES) in problems[0]


@pytest.mark.parametrize(
    ("text", "may"),
    [
        ("import.meta.glob('./x')", True),
        ("import.meta.url", True),
        ("import(`./${a}.js`)", True),
        ("import('./a' + b)", True),
        ("import(/* name */ './a' + b)", True),
        ("import(name)", True),
        ("import a from './a.json' with {'type': 'json'}", True),
        ("import a from './a.css' with { type: 'css' }", False),
        ("import('./a')", False),
        ("require('./a')", False),
        ("require(a)", True),
        ("import // a\n(a)", True),
        ("r\\u0065quire('./' + a)", True),
        ("'\\u2026'", False),
        ('import "./a"; const b = import.meta.env.X', False),
    ],
)
def test_only_sources_that_may_have_a_form_are_printed_anew(text, may):
    assert may_need_rewriting(text) is may


@pytest.mark.parametrize("word", ["with", "assert"])
def test_a_json_file_gives_its_names_though_it_is_said_to_be_one(word):
    text = rewrite(f'import {{ a }} from "./a.json" {word} {{ type: "json" }};\nconst with = "x";')

    assert text.startswith('import { a } from "./a.json";\nconst with = "x";')


def test_other_attributes_stay():
    code = 'import a from "./a.css" with { type: "css" };'

    assert rewrite(code).startswith(code)


def test_addresses_lead_from_the_built_files_to_the_source():
    assert address_from_built("/src/a b#c?.png") == "../src/a%20b%23c%3F.png"


PIECES = (
    *("import(", "import.meta.glob(", "import.meta.url", "new Worker(", "new URL(", ".concat("),
    *('"./a/"', "+", ")", ",", "{", "}", "x", "\n"),
)


@given(st.lists(st.sampled_from(PIECES), max_size=12))
def test_any_code_is_rewritten_without_an_error(parts):
    rewrite_module("/src/App.jsx", " ".join(parts), PLACES, Budget())
