from dataclasses import replace

import pytest

from vibes_trio.compilers.esprima_engine import open_esprima
from vibes_trio.compilers.interface import Compiled, Source
from vibes_trio.config import Limits
from vibes_trio.errors import TooLarge, TransformFailed


async def test_result_crosses_whole() -> None:
    text = 'import("d"); export default <p>é\U0001f600\u2028</p>;'
    async with open_esprima(Limits()) as compiler:
        compiled = await compiler.compile(Source("a.jsx", "jsx", text))

    assert compiled == Compiled(
        code=(
            'import { jsx as _jsx } from "react/jsx-runtime";'
            'import("d"); export default _jsx("p", {children: "é\U0001f600\\u2028"\n});'
        ),
        imports=("react/jsx-runtime",),
        dynamic_imports=("d",),
        has_default=True,
    )


async def test_failure_crosses_with_its_place() -> None:
    async with open_esprima(Limits()) as compiler:
        with pytest.raises(TransformFailed) as caught:
            await compiler.compile(Source("a: b.jsx", "jsx", "\nlet a = ;"))

    assert caught.value.detail == {"filename": "a: b.jsx", "line": 2, "column": 9}
    assert caught.value.message == f"a: b.jsx:2:9: {caught.value.words}"


async def test_source_over_the_limit_is_refused() -> None:
    async with open_esprima(replace(Limits(), max_source_bytes=10)) as compiler:
        with pytest.raises(TooLarge):
            await compiler.compile(Source("a.js", "js", " " * 11))


async def test_source_out_of_time_fails_and_the_next_compiles() -> None:
    slow = Source("a.js", "js", "x=1;" * 100_000)
    async with open_esprima(replace(Limits(), compile_timeout_s=1.0)) as compiler:
        with pytest.raises(TransformFailed, match="more than 1 s"):
            await compiler.compile(slow)

        assert (await compiler.compile(Source("a.js", "js", "export default 1"))).has_default


async def test_version_names_parser_and_emitter() -> None:
    async with open_esprima(Limits()) as compiler:
        assert "esprima" in compiler.version
        assert "emitter" in compiler.version
