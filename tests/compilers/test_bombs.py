"""Sources made to cost: each ends in time, as a result or as a failure, and the next source compiles."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import replace

import pytest
import trio

from vibes_trio.compilers.interface import Compiled, Compiler, Source
from vibes_trio.config import Limits
from vibes_trio.errors import TransformFailed

OpenEngine = Callable[[str, Limits], AbstractAsyncContextManager[Compiler]]

LIMITS = replace(Limits(), compile_timeout_s=2.0)
# A source without exports is read twice by esbuild; starting and killing take their time as well.
ENDS_WITHIN_S = 2 * LIMITS.compile_timeout_s + 4.0

BOMBS = {
    "parentheses": "(" * 50_000 + "1" + ")" * 50_000,
    "open parentheses": "(" * 500_000,
    "open arrays": "[" * 500_000,
    "objects": "x=" + "{a:" * 30_000 + "1" + "}" * 30_000,
    "blocks": "{" * 50_000 + "}" * 50_000,
    "arrows": "a=>" * 1_200 + "1",
    "default arrows": "(a=((a=" * 1_000,
    "sums": "x=" + "1+" * 200_000 + "1",
    "conditions": "x=" + "a?b:" * 50_000 + "c",
    "elements": "x=" + "<a>" * 20_000 + "</a>" * 20_000,
    "elements in attributes": "x=" + "<a b=" * 5_000 + "<i/>" + "/>" * 5_000,
    "many attributes": "x=<a " + "b " * 200_000 + "/>",
    "many children": "x=<a>" + "<b/>{x}t " * 40_000 + "</a>",
    "templates": "`${" * 20_000 + "1" + "}`" * 20_000,
    "long string": "x='" + "\\u0041" * 80_000 + "'",
    "references": "x=<a>" + "&" * 400_000 + "</a>",
    "functions": "function f(){" * 5_000 + "}" * 5_000,
    "classes": "class A{m(){return " * 2_000 + "1" + "}}" * 2_000,
    "calls": "f" + "()" * 150_000,
    "groups in a regular expression": "x=/" + "(" * 20_000 + ")" * 20_000 + "/",
    "open comments": "/*/" * 150_000,
    "statements": "x=1;\n" * 100_000,
}


@pytest.mark.parametrize("engine", ["esprima", "esbuild"])
@pytest.mark.parametrize("name", BOMBS)
async def test_bomb_ends_in_time_and_the_next_source_compiles(
    name: str, engine: str, open_engine: OpenEngine
) -> None:
    async with open_engine(engine, LIMITS) as compiler:
        with trio.fail_after(ENDS_WITHIN_S):
            try:
                result: Compiled | TransformFailed = await compiler.compile(
                    Source("a.jsx", "jsx", BOMBS[name])
                )
            except TransformFailed as failure:
                result = failure
        after = await compiler.compile(Source("b.jsx", "jsx", "export default () => <p/>;"))

    assert isinstance(result, Compiled) or result.words
    assert after.has_default
