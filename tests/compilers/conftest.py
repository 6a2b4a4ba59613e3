"""Both engines, the recorded vectors, and a real Node to run what was compiled."""

import json
import os
import shutil
import subprocess
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from vibes_trio.compilers.choose import find_version
from vibes_trio.compilers.esbuild import open_esbuild
from vibes_trio.compilers.esprima_engine import open_esprima
from vibes_trio.compilers.interface import Compiler
from vibes_trio.config import Limits

CONFORMANCE = Path(__file__).parent.parent / "conformance"
RENDER_SCRIPT = Path(__file__).parent / "render.mjs"

OpenEngine = Callable[[str, Limits], AbstractAsyncContextManager[Compiler]]


def _load(name: str) -> Any:
    return json.loads((CONFORMANCE / name).read_text("utf-8"))


@pytest.fixture(scope="session")
def corpus() -> list[dict[str, Any]]:
    """The JSX corpus: source → markup, imports or error."""
    entries: list[dict[str, Any]] = _load("jsx-corpus.json")["entries"]
    return entries


@pytest.fixture(scope="session")
def recorded_transforms() -> list[dict[str, Any]]:
    """The reference's transforms: source → imports or error."""
    vectors = _load("transforms.json")
    entries: list[dict[str, Any]] = [*vectors["jsx"], *vectors["js"]]
    return entries


@pytest.fixture(scope="session")
def esbuild_binary() -> Path:
    named = os.environ.get("VIBES_ESBUILD")
    if not named:
        pytest.skip(
            "no esbuild: set VIBES_ESBUILD to a binary (npm: @esbuild/<os>-<cpu>, package/bin/esbuild)"
        )
    return Path(named)


@pytest.fixture
def open_engine(request: pytest.FixtureRequest) -> OpenEngine:
    """Open "esprima" or "esbuild"; the latter skips where there is no binary."""

    @asynccontextmanager
    async def open_named(name: str, limits: Limits) -> AsyncIterator[Compiler]:
        if name == "esprima":
            async with open_esprima(limits) as esprima:
                yield esprima
            return
        binary: Path = request.getfixturevalue("esbuild_binary")
        version = await find_version(binary, limits)
        assert version is not None, f"{binary} is no working esbuild"
        async with open_esbuild(binary, version, limits) as esbuild:
            yield esbuild

    if getattr(request.node, "callspec", None) and request.node.callspec.params.get("engine") == "esbuild":
        request.getfixturevalue("esbuild_binary")  # skips here, not inside the test's nursery
    return open_named


@pytest.fixture(scope="session")
def node_modules() -> Path:
    named = os.environ.get("VIBES_TEST_NODE_MODULES")
    if not named or shutil.which("node") is None:
        pytest.skip(
            "no React to render with: needs node, and VIBES_TEST_NODE_MODULES with react and react-dom 19.2.1"
        )
    return Path(named)


RunModules = Callable[[Sequence[Mapping[str, Any]]], list[dict[str, Any]]]


@pytest.fixture
def run_modules(node_modules: Path, tmp_path: Path) -> RunModules:
    """Import modules in Node and render their default exports.

    Each case is `{code, modules: {specifier: source}, props}`; each result
    `{markup, exports}` or `{error}`.
    """

    def run(cases: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        (tmp_path / "node_modules").symlink_to(node_modules)
        (tmp_path / "cases.json").write_text(json.dumps(list(cases)), "utf-8")
        done = subprocess.run(
            ["node", str(RENDER_SCRIPT), str(tmp_path)],
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
            env={**os.environ, "NODE_ENV": "production"},
        )
        assert done.returncode == 0, done.stderr
        results: list[dict[str, Any]] = json.loads((tmp_path / "results.json").read_text("utf-8"))
        return results

    return run
