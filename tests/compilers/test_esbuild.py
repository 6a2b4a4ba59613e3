from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest

from vibes_trio.compilers.interface import Compiler, Lang, Source
from vibes_trio.compilers.syntax import find_dynamic_imports, find_imports, parse_module, walk
from vibes_trio.config import Limits
from vibes_trio.errors import TransformFailed

OpenEngine = Callable[[str, Limits], AbstractAsyncContextManager[Compiler]]

pytestmark = pytest.mark.usefixtures("esbuild_binary")

# `@` stands for a comment whose second line looks like an import.
COMMENTED = [
    "@ foo();",
    "export default @ foo;",
    "const a = @ 1, b = [@ 2], c = foo(@ 3);",
    "import(@ 'x');",
    "(@ z);",
    "@ label: z;",
    "class X { @ y = @ 1 }",
    "switch (@ q) { case @ 1: }",
    "import {@ d} from @ 'd' with {type: 'json', @};",
    "w @ + @ 3 @;",
    "await @ foo;",
    "@(@ function() {})(@);",
    "@ `x${@ y}` @;",
    "(a1 @=@ b1) @, @ c1",
    "x = {@ a: @ b @, @ ...@ c}",
    "export @ * from @ 'c';",
    "export default <p @ a={@ 1}>{@}{@ 2}</p>;",
]


@pytest.mark.parametrize("source", COMMENTED)
async def test_imports_in_comments_are_none(source: str, open_engine: OpenEngine) -> None:
    text = 'import "a";\n' + source.replace("@", '/*\nimport "fake"; import("fake2")\n*/')
    async with open_engine("esbuild", Limits()) as compiler:
        compiled = await compiler.compile(Source("a.jsx", "jsx", text))

    program = parse_module(compiled.code, "a.js", jsx=False)
    assert list(compiled.imports) == list(dict.fromkeys(find_imports(program)))
    assert list(compiled.dynamic_imports) == find_dynamic_imports(list(walk(program)))


async def test_imports_in_templates_and_regexes_are_none(open_engine: OpenEngine) -> None:
    text = (
        'const a = `\nimport "fake";\nexport default 1;\n} from "fake";\n`;\n'
        "const b = /import \"fake\"/, c = String.raw`\nexport * from 'fake';\n${import('d')}`;\n"
        "export { a, b, c };\n"
    )
    async with open_engine("esbuild", Limits()) as compiler:
        compiled = await compiler.compile(Source("a.js", "js", text))

    assert compiled.code == text
    assert compiled.imports == ()
    assert compiled.dynamic_imports == ("d",)
    assert not compiled.has_default


@pytest.mark.parametrize("text", ["return 1;", "with (a) {}", "var a = 010;", "delete a;"])
@pytest.mark.parametrize("lang", ["js", "jsx", "ts", "tsx"])
async def test_source_without_module_syntax_is_a_module_all_the_same(
    text: str, lang: Lang, open_engine: OpenEngine
) -> None:
    async with open_engine("esbuild", Limits()) as compiler:
        with pytest.raises(TransformFailed) as caught:
            await compiler.compile(Source("a", lang, text))

    assert caught.value.line == 1


async def test_column_counts_characters_from_one(open_engine: OpenEngine) -> None:
    async with open_engine("esbuild", Limits()) as compiler:
        with pytest.raises(TransformFailed) as caught:
            await compiler.compile(Source("a.jsx", "jsx", '\n"é\U0001f600"; let a = ;'))

    assert caught.value.detail == {"filename": "a.jsx", "line": 2, "column": 15}


async def test_typescript_is_compiled_and_type_imports_go(open_engine: OpenEngine) -> None:
    text = 'import type { A } from "a"; import { b, type C } from "b"; export default (n: A): C => b!;'
    async with open_engine("esbuild", Limits()) as compiler:
        compiled = await compiler.compile(Source("a.ts", "ts", text))

    assert compiled.imports == ("b",)
    assert compiled.has_default
    assert parse_module(compiled.code, "a.js", jsx=False)


async def test_decorators_are_lowered_for_browsers(open_engine: OpenEngine) -> None:
    text = "const d = () => {}; export default @d class A { @d m() {} }"
    async with open_engine("esbuild", Limits()) as compiler:
        compiled = await compiler.compile(Source("a.jsx", "jsx", text))

    assert "@d" not in compiled.code
    assert compiled.has_default


async def test_filename_is_no_path_to_read(open_engine: OpenEngine, tmp_path: Path) -> None:
    (tmp_path / "tsconfig.json").write_text('{"compilerOptions": {"jsx": "react"}}')
    async with open_engine("esbuild", Limits()) as compiler:
        compiled = await compiler.compile(Source(str(tmp_path / "a.tsx"), "tsx", "export default <p/>;"))

    assert compiled.imports == ("react/jsx-runtime",)


async def test_version_holds_the_binarys_and_the_flags(open_engine: OpenEngine) -> None:
    async with open_engine("esbuild", Limits()) as compiler:
        assert compiler.version.startswith("esbuild ")
        assert "--jsx=automatic" in compiler.version
