"""The recorded corpora through both engines; what differs is named in `differences.json`."""

import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import pytest

from vibes_trio.compilers.interface import Compiled, Compiler, Source
from vibes_trio.config import Limits
from vibes_trio.errors import TransformFailed

OpenEngine = Callable[[str, Limits], AbstractAsyncContextManager[Compiler]]
RunModules = Callable[[Sequence[Mapping[str, Any]]], list[dict[str, Any]]]

ENGINES = ("esprima", "esbuild")

DIFFERENCES = json.loads((Path(__file__).parents[1] / "conformance" / "differences.json").read_text("utf-8"))


def named(part: str, engine: str, what: str | None = None) -> set[str]:
    """The entries of *part* for which `differences.json` says that *engine* answers otherwise, and why."""
    return {e["entry"] for e in DIFFERENCES[part] if e["engine"] == engine and e.get("what") == what}


async def compile_or_fail(compiler: Compiler, lang: Any, text: str) -> Compiled | TransformFailed:
    try:
        return await compiler.compile(Source("App.jsx", lang, text))
    except TransformFailed as failure:
        return failure


def as_production(specifiers: Sequence[str]) -> set[str]:
    return {"react/jsx-runtime" if name == "react/jsx-dev-runtime" else name for name in specifiers}


@pytest.mark.parametrize("engine", ENGINES)
async def test_corpus_is_accepted_and_rejected_with_the_right_imports(
    engine: str, open_engine: OpenEngine, corpus: list[dict[str, Any]]
) -> None:
    verdicts, lines = set(), set()
    async with open_engine(engine, Limits()) as compiler:
        for entry in corpus:
            result = await compile_or_fail(compiler, entry["lang"], entry["source"])
            error = entry.get("expectedError")
            if isinstance(result, TransformFailed):
                if error is None:
                    verdicts.add(entry["name"])
                elif result.line not in (error["line"], *error["linesSeen"]):
                    lines.add(entry["name"])
                assert result.column >= 1 or error is None, entry["name"]
            elif error is not None:
                verdicts.add(entry["name"])
            else:
                accepted = [entry["expectedImports"], *entry.get("alsoAcceptedImports", [])]
                assert set(result.imports) in [set(names) for names in accepted], entry["name"]
                assert result.has_default == ("default" in entry.get("expectedExports", [])), entry["name"]

    assert verdicts == named("corpus", engine, "verdict")
    assert lines == named("corpus", engine, "line")


@pytest.mark.parametrize("engine", ENGINES)
async def test_recorded_transforms_are_accepted_and_rejected_with_the_right_imports(
    engine: str, open_engine: OpenEngine, recorded_transforms: list[dict[str, Any]]
) -> None:
    verdicts = set()
    async with open_engine(engine, Limits()) as compiler:
        for entry in recorded_transforms:
            result = await compile_or_fail(compiler, entry["lang"], entry["content"])
            if isinstance(result, TransformFailed) != (entry["status"] != 200):
                verdicts.add(entry["name"])
            elif isinstance(result, Compiled):
                recorded = entry.get("imports", entry.get("imports_in_source"))
                assert set(result.imports) == as_production(recorded), entry["name"]
                assert entry["lang"] == "jsx" or result.code == entry["content"], entry["name"]

    assert len(recorded_transforms) == 174
    assert verdicts == named("transforms", engine)


@pytest.mark.parametrize("engine", ENGINES)
async def test_corpus_renders_as_expected(
    engine: str, open_engine: OpenEngine, corpus: list[dict[str, Any]], run_modules: RunModules
) -> None:
    differing = named("corpus", engine, "verdict")
    wanted = [e for e in corpus if "expectedError" not in e and e["name"] not in differing]
    cases = []
    async with open_engine(engine, Limits()) as compiler:
        for entry in wanted:
            compiled = await compiler.compile(Source("App.jsx", entry["lang"], entry["source"]))
            cases.append({**entry, "code": compiled.code})

    results = run_modules(cases)

    assert len(results) >= 59
    for entry, result in zip(wanted, results, strict=True):
        if "expectedRuntimeError" in entry:
            assert result["error"] == entry["expectedRuntimeError"], entry["name"]
            continue
        # Other common transforms give other markup for three entries; the corpus lists it.
        accepted = [entry["expectedMarkup"], *entry.get("alsoAccepted", [])]
        assert result.get("markup", result) in accepted, entry["name"]
        assert result["exports"] == entry.get("expectedExports", []), entry["name"]
