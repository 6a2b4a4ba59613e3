"""What a module exports."""

from pathlib import Path

import pytest
from fake_registry import require_packages, require_tool

from vibes_trio.config import Limits
from vibes_trio.errors import ModuleFailed
from vibes_trio.modules.build.shape import read_shape
from vibes_trio.modules.registry.toolchain import Tool


@pytest.fixture
def tool() -> Tool:
    return require_tool()


def write(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder / next(iter(files))


@pytest.mark.parametrize(
    ("code", "names", "has_default"),
    [
        ("export const a = 1; export function b() {}", ("a", "b"), False),
        ("export default 1;", (), True),
        ("const a = 1; export { a as default, a as delete };", ("delete",), True),
        ("import x from 'elsewhere'; export { x };", ("x",), False),
    ],
)
async def test_shape_of_an_es_module(tmp_path, tool, code, names, has_default):
    shape = await read_shape(tool, write(tmp_path, {"x.js": code}), Limits())

    assert (shape.is_commonjs, shape.names, shape.has_default) == (False, names, has_default)


@pytest.mark.parametrize(
    ("files", "names"),
    [
        ({"x.js": "exports.a = 1; exports.b = exports.c = 2; if (exports.d == 1) {}"}, ("a", "b", "c")),
        ({"x.js": "module.exports.a = 1; exports['b-c'] = 2; exports['d'] = 3;"}, ("a", "d")),
        ({"x.js": "module.exports = { a, b: [1, 2] }; var a"}, ("a", "b")),
        ({"x.js": "Object.defineProperty(exports, 'a', { get() { return 1 } });"}, ("a",)),
        ({"x.js": "exports.__esModule = true; exports.default = 1; exports.delete = 2;"}, ("delete",)),
        ({"x.js": "module.exports = function () {};"}, ()),
        (
            {
                "x.js": "if (process.env.NODE_ENV === 'production') module.exports = require('./cjs/p.js');"
                "else module.exports = require('./cjs/d.js');",
                "cjs/p.js": "exports.production = 1;",
                "cjs/d.js": "exports.development = 1;",
            },
            ("production",),
        ),
        (
            {
                "x.js": "module.exports = require('./a')",
                "a.js": "exports.y = 1; module.exports = require('./x')",
            },
            ("y",),
        ),
        ({"x.js": "module.exports = require('./lib');", "lib/index.js": "exports.y = 1;"}, ("y",)),
        ({"x.js": "module.exports = require('./gone'); exports.z = 1"}, ("z",)),
    ],
)  # fmt: skip
async def test_names_of_commonjs_in_production(tmp_path, tool, files, names):
    shape = await read_shape(tool, write(tmp_path, files), Limits())

    assert (shape.is_commonjs, shape.names, shape.has_default) == (True, names, True)


@pytest.mark.parametrize(
    ("package", "entry", "count", "some"),
    [
        ("react", "index.js", 42, {"useState", "Fragment", "createElement", "version", "use"}),
        ("react-dom", "index.js", 14, {"createPortal", "flushSync", "version"}),
        ("react-dom", "client.js", 3, {"createRoot", "hydrateRoot", "version"}),
    ],
)
async def test_all_names_of_react_are_found(tmp_path, tool, package, entry, count, some):
    files = require_packages(package)[package]
    for name, content in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(content)

    shape = await read_shape(tool, tmp_path / entry, Limits())

    assert some <= set(shape.names)
    assert len(shape.names) == count


async def test_module_that_is_none_fails_with_the_words_of_esbuild(tmp_path, tool):
    with pytest.raises(ModuleFailed, match=r"^esbuild: .*Unexpected"):
        await read_shape(tool, write(tmp_path, {"x.js": "let = = 1"}), Limits())
