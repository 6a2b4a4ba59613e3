"""Packages become browser modules that share what they should."""

import os
from pathlib import Path

import pytest
from fake_registry import require_tool

from vibes_trio.config import Limits
from vibes_trio.errors import ModuleFailed
from vibes_trio.modules.build.shape import Shape, read_shape
from vibes_trio.modules.build.single import Entry, build_all, build_key
from vibes_trio.modules.registry.toolchain import Tool
from vibes_trio.modules.store.addresses import Built

CORE = {
    "core/index.js": "if (process.env.NODE_ENV === 'production') { module.exports = require('./p.js'); }"
    "else { module.exports = require('./d.js'); }",
    "core/p.js": "/** @license CORE */ exports.state = {}; exports.delete = () => 'production';",
    "core/d.js": "exports.state = {}; exports.delete = () => 'development';",
    "core/sub.js": "var core = require('core'); exports.sub = function () { return core.state };",
    "view/index.js": "import { state } from 'core'; import { sub } from 'core/sub';"
    "export const view = [state, sub];",
    "old/index.js": "var core = require('core'); module.exports = function () { return core.state };",
}  # fmt: skip


@pytest.fixture
def tool() -> Tool:
    return require_tool()


def entries(folder: Path, files: dict[str, str], *specifiers: str) -> list[Entry]:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    made = []
    for specifier in specifiers:
        name, _, subpath = specifier.partition("/")
        file = folder / name / f"{subpath or 'index'}.js"
        made.append(Entry(name, "1.2.3", subpath, f"sha512-{name}", file, folder))
    return made


async def shape_of(tool: Tool, built: Built, folder: Path) -> Shape:
    path = folder / "built.mjs"
    path.write_bytes(built.code)
    return await read_shape(tool, path, Limits())


async def test_shared_modules_are_imported_by_their_address(tmp_path, tool):
    made = entries(tmp_path, CORE, "core", "core/sub", "view", "old")

    core, sub, view, old = await build_all(tool, made, Limits())

    assert [m.address for m in (core, sub, view, old)] == [
        "/~esm/core@1.2.3", "/~esm/core@1.2.3/sub", "/~esm/view@1.2.3", "/~esm/old@1.2.3",
    ]  # fmt: skip
    assert core.imports == ()
    assert sub.imports == ("/~esm/core@1.2.3",)
    assert set(view.imports) == {"/~esm/core@1.2.3", "/~esm/core@1.2.3/sub"}
    assert old.imports == ("/~esm/core@1.2.3",)
    assert b"Dynamic require" not in old.code + sub.code


async def test_production_code_is_built_and_its_licence_kept(tmp_path, tool):
    [core] = await build_all(tool, entries(tmp_path, CORE, "core"), Limits())

    assert b'"production"' in core.code
    assert b"development" not in core.code
    assert b"@license CORE" in core.code


async def test_exports_are_those_of_the_package(tmp_path, tool):
    made = entries(tmp_path, CORE, "core", "view", "old", "core/sub")
    core, view, old, _ = await build_all(tool, made, Limits())

    core_shape = await shape_of(tool, core, tmp_path)
    view_shape = await shape_of(tool, view, tmp_path)
    old_shape = await shape_of(tool, old, tmp_path)

    assert (core_shape.names, core_shape.has_default) == (("delete", "state"), True)
    assert (view_shape.names, view_shape.has_default) == (("view",), False)
    assert (old_shape.names, old_shape.has_default) == ((), True)


async def test_import_and_require_each_get_their_own_file_of_a_package(tmp_path, tool):
    """A namespace in the place of what `require` should give is no function."""
    both = {
        "node_modules/both/package.json": '{"exports": {"import": "./esm.js", "default": "./cjs.js"}}',
        "node_modules/both/esm.js": "export default () => 'for import';",
        "node_modules/both/cjs.js": "module.exports = () => 'for require';",
        "new/index.js": "import both from 'both'; export const said = both();",
        "old/index.js": "exports.said = require('both')();",
    }

    new, old = await build_all(tool, entries(tmp_path, both, "new", "old"), Limits())

    assert (b"for import" in new.code, b"for require" in new.code) == (True, False)
    assert (b"for import" in old.code, b"for require" in old.code) == (False, True)


async def test_same_inputs_give_the_same_bytes_and_key(tmp_path, tool):
    first = await build_all(tool, entries(tmp_path, CORE, "core", "old"), Limits())
    second = await build_all(tool, entries(tmp_path, CORE, "core", "old"), Limits())

    assert first == second


def test_key_changes_with_everything_that_changes_the_module(tmp_path):
    entry = Entry("core", "1.2.3", "", "sha512-a", tmp_path)
    other = Entry("core", "1.2.3", "sub", "sha512-b", tmp_path)
    keys = [
        build_key("1", entry, {}),
        build_key("2", entry, {}),
        build_key("1", other, {}),
        build_key("1", entry, {"a": "/~esm/a@1.0.0"}),
        build_key("1", entry, {"a": "/~esm/a@1.0.1"}),
    ]

    assert len(set(keys)) == len(keys)
    assert build_key("1", entry, {"a": "1", "b": "2"}) == build_key("1", entry, {"b": "2", "a": "1"})


async def test_missing_dependency_is_named(tmp_path, tool):
    made = entries(tmp_path, {"x/index.js": "import 'no-such-package'"}, "x")

    with pytest.raises(ModuleFailed, match=r'^x@1\.2\.3: esbuild: .*"no-such-package"'):
        await build_all(tool, made, Limits())


async def test_module_that_can_not_be_read_is_named(tmp_path, tool):
    made = entries(tmp_path, {"x/index.js": "let = = 1"} | CORE, "core", "x")

    with pytest.raises(ModuleFailed, match=r"^x@1\.2\.3: esbuild: "):
        await build_all(tool, made, Limits())


async def test_import_of_an_address_that_is_not_shared_is_refused(tmp_path, tool):
    """A package can't reach into the store past the map."""
    made = entries(tmp_path, {"x/index.js": "import '/~esm/other@1.0.0'"}, "x")

    with pytest.raises(ModuleFailed, match="still imports /~esm/other"):
        await build_all(tool, made, Limits())


async def test_module_over_the_size_is_refused(tmp_path, tool):
    made = entries(tmp_path, {"x/index.js": f"export default '{'x' * 5000}'"}, "x")

    with pytest.raises(ModuleFailed, match="more than 1000 bytes"):
        await build_all(tool, made, Limits(built_bytes=1000))


async def test_builds_at_once_are_bounded(tmp_path):
    """The tool marks its start and end in a folder, and notes how many marks it saw."""
    marks = tmp_path / "marks"
    marks.mkdir()
    program = tmp_path / "esbuild"
    program.write_text(
        f"#!/bin/sh\ncd {tmp_path}; touch marks/$$; ls marks|wc -l >>seen; sleep 0.05; rm marks/$$; false\n"
    )
    program.chmod(0o755)
    made = entries(tmp_path, {f"p{n}/index.js": "" for n in range(6)}, *(f"p{n}" for n in range(6)))

    with pytest.raises(ModuleFailed):
        await build_all(Tool(program, "x"), made, Limits(builds_at_once=2))

    seen = [int(line) for line in (tmp_path / "seen").read_text().split()]
    assert len(seen) == 12  # each once more, as it may have had too little memory
    assert max(seen) == 2


async def test_builds_leave_no_files_behind(tmp_path, tool, monkeypatch):
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(temporary))

    await build_all(tool, entries(tmp_path, CORE, "core", "old"), Limits())

    assert os.listdir(temporary) == []
