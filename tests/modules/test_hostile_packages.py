"""The catalogue of what a hostile package can depend on, say in its manifest and reach for in its code.

For every case: it fails alone, and says why; nothing of this server becomes part of a module; nothing is asked of
any host but the registry (`hostile_world` checks that). No code of a package ever runs.
"""

from pathlib import Path

import pytest
from fake_registry import pack, require_esbuild
from hostile_registry import SECRET, World, hostile_world

from vibes_trio.config import Config
from vibes_trio.modules.home import Home
from vibes_trio.modules.store.local import open_store
from vibes_trio.outbound import Outbound


async def build(world: World, *specifiers: str) -> tuple[dict[str, str], dict[str, str]]:
    """Return specifier → code of what could be built, and → why not of what could not."""
    config = Config(world.folder / "data", esbuild=require_esbuild(), limits=world.limits)
    store = open_store(config.data_dir, config.limits)

    async def get() -> Outbound:
        return world.outbound

    lock, failed = await Home(get, store, config).ensure(dict.fromkeys(specifiers, "*"))
    found = {specifier: store.find(address) for specifier, address in lock.modules.items()}
    return {specifier: module.content.decode() for specifier, module in found.items() if module}, dict(failed)


def package(index: str = "export default 1", **files: str) -> bytes:
    """Return the archive of a package with *index*, and *files* (`__` for the dot)."""
    return pack(
        {"package.json": "{}", "index.js": index} | {n.replace("__", "."): f for n, f in files.items()}
    )


DEPENDENCIES = {
    "from git": "git+https://127.0.0.1/x.git",
    "from git by another name": "git@127.0.0.1:x/y.git",
    "from GitHub": "github:evil/x",
    "from an address": "http://127.0.0.1:{other}/x.tgz",
    "from a file": "file:../../keys.json",
    "from a folder": "/etc",
    "from a link": "link:../..",
    "from a workspace": "workspace:^",
    "from a catalogue": "catalog:",
    "from an alias that climbs": "npm:../../x@1",
    "from an alias of an address": "npm:http://127.0.0.1:{other}/x",
    "a range that is none": "]]",
    "a range of many parts": "1 || " * 200,
    "not there": "^1",
}


@pytest.mark.parametrize("kind", DEPENDENCIES)
async def test_dependency_from_elsewhere_is_not_fetched_and_fails_who_imports_it(tmp_path, kind):
    async with hostile_world(tmp_path) as world:
        asked = DEPENDENCIES[kind].format(other=world.other.port)
        archive = package("import 'dep'; export default 1", fine__js="export default 2")
        world.add("pkg", "1.2.3", archive, dependencies={"dep": asked})
        world.add("other", "1.0.0", package())

        built, failed = await build(world, "pkg", "pkg/fine.js", "other")

        assert set(built) == {"pkg/fine.js", "other"}
        assert 'Could not resolve "dep"' in failed["pkg"]
        assert "needed by pkg@1.2.3" in failed["pkg"]


async def test_names_of_dependencies_that_are_none_are_passed_over(tmp_path):
    async with hostile_world(tmp_path) as world:
        odd = dict.fromkeys(("../../x", "/etc", "__proto__", "", "a b", "@x", "x\n", "node_modules"), "1")
        world.add("pkg", "1.2.3", package(), dependencies=odd, peerDependencies=odd)

        built, failed = await build(world, "pkg")

        assert (set(built), failed) == ({"pkg"}, {})


async def test_circles_of_dependencies_peers_and_aliases_end(tmp_path):
    async with hostile_world(tmp_path) as world:
        world.add("self", "1.0.0", package("export * from 'self'"), dependencies={"self": "1"})
        world.add(
            "a", "1.0.0", package("export { b } from 'b'; export const a = 1"), peerDependencies={"b": "1"}
        )
        world.add(
            "b", "1.0.0", package("export { a } from 'a'; export const b = 1"), peerDependencies={"a": "1"}
        )
        world.add("x", "1.0.0", package("import 'y'"), dependencies={"y": "npm:z@1"})
        world.add("z", "1.0.0", package("import 'q'"), dependencies={"q": "npm:x@1"})

        built, failed = await build(world, "self", "a", "b", "x")

        assert (set(built), failed) == ({"self", "a", "b", "x"}, {})


async def test_thousands_of_dependencies_fail_the_package_that_has_them_alone(tmp_path):
    async with hostile_world(tmp_path) as world:
        many = {f"d{n}": "1" for n in range(2000)}
        for name in list(many)[:60]:
            world.add(name, "1.0.0", package())
        world.add("pkg", "1.2.3", package(), dependencies=dict(list(many.items())[:60]))
        world.add("huge", "1.0.0", package(), dependencies=many)
        world.add("other", "1.0.0", package())

        built, failed = await build(world, "pkg", "huge", "other")

        assert set(built) == {"other"}
        assert "more than 50 packages" in failed["pkg"]
        assert "more than 50 packages" in failed["huge"]
        assert len(world.registry.asked) < 200


MANIFESTS = {
    "a list": ("[]", "package.json is broken"),
    "no JSON": ("{", "package.json is broken"),
    "nested without end": ('{"exports": ' + '{"default": ' * 20_000 + "1" + "}" * 20_001, "package.json is broken"),
    "huge": ('{"x": "' + "x" * 1_500_000 + '"}', "package.json has more than"),
    "exports that climb": ('{"exports": "./../../../../../data/keys.json"}', "no entry"),
    "exports that are absolute": ('{"exports": "{data}/keys.json"}', "no entry"),
    "exports that climb by a pattern": ('{"exports": {".": "./x/*", "./*": "../../*"}}', "no entry"),
    "a main file that climbs": ('{"main": "../../../../keys.json"}', "no entry"),
    "a main file that is absolute": ('{"main": "{data}/keys.json"}', "no entry"),
    "a file for browsers outside": ('{"main": "a.js", "browser": {"./a.js": "../../../../keys.json"}}', "no entry"),
    "a file for browsers absolute": ('{"main": "a.js", "browser": {"./a.js": "{data}/keys.json"}}', "no entry"),
}  # fmt: skip


@pytest.mark.parametrize("kind", MANIFESTS)
async def test_manifest_that_means_no_file_of_its_package_is_refused(tmp_path, kind):
    text, says = MANIFESTS[kind]

    async with hostile_world(tmp_path) as world:
        data = str(world.folder / "data")
        world.add("pkg", "1.2.3", pack({"package.json": text.replace("{data}", data), "a.js": ""}))
        world.add("other", "1.0.0", package())

        built, failed = await build(world, "pkg", "other")

        assert set(built) == {"other"}
        assert says in failed["pkg"]


async def test_manifest_that_is_a_folder_is_refused(tmp_path):
    async with hostile_world(tmp_path) as world:
        world.add("pkg", "1.2.3", pack({"package.json/x": "{}", "index.js": ""}))

        _, failed = await build(world, "pkg")

        assert "it has no package.json" in failed["pkg"]


CODE: dict[str, dict[str, str]] = {
    "an absolute path": {"index.js": "import x from '{data}/keys.json'; export default x"},
    "an absolute path required": {"index.js": "module.exports = require('{data}/keys.json')"},
    "an absolute path loaded late": {"index.js": "export default () => import('{data}/keys.json')"},
    "an absolute path handed on": {"index.js": "export * from '{data}/keys.json'"},
    "a password file": {"index.js": "import x from '/etc/passwd'; export default x"},
    "a password file as text": {"index.js": "import x from '/etc/passwd' with { type: 'text' }; export default x"},
    "a climbing path": {"index.js": "import x from '../../../../../keys.json'; export default x"},
    "a climbing path as pattern": {"index.js": "export default (x) => import(`../../../../../${x}.json`)"},
    "a climbing path required as pattern": {"index.js": "exports.a = (x) => require('../../../../../' + x)"},
    "an address of a file": {"index.js": "import x from 'file://{data}/keys.json'; export default x"},
    "a module of another host": {"index.js": "import x from 'http://127.0.0.1:{other}/x.js'; export default x"},
    "a module of another host in data": {
        "index.js": "export * from 'data:text/javascript,export * from \"http://127.0.0.1:{other}/x.js\"'"
    },
    "a file in data": {
        "index.js": "export * from 'data:text/javascript,export {default as x} from \"{data}/keys.json\"'"
    },
    "Node": {"index.js": "import fs from 'node:fs'; export default fs.readFileSync('{data}/keys.json')"},
    "Node without its prefix": {"index.js": "exports.all = require('fs').readFileSync('{data}/keys.json')"},
    "an address of this server": {"index.js": "export * from '/~esm/other@1.0.0'"},
    "an import map of its own": {
        "package.json": '{"imports": {"#keys": "../../../../../keys.json"}}',
        "index.js": "import x from '#keys'; export default x",
    },
    "an import map that is absolute": {
        "package.json": '{"imports": {"#keys": "{data}/keys.json"}}',
        "index.js": "import x from '#keys'; export default x",
    },
    "the browser field": {
        "package.json": '{"browser": {"./x.js": "../../../../../keys.json", "y": "{data}/keys.json"}}',
        "index.js": "export { default as x } from './x.js'; export { default as y } from 'y'",
        "x.js": "export default 1",
    },
    "a style sheet": {"index.js": "import './x.css'", "x.css": "@import '{data}/secret.css'; a { color: red }"},
    "a style sheet that climbs": {"index.js": "import './x.css'", "x.css": "@import '../../../../../secret.css';"},
    "a picture that is a file": {"index.js": "import './x.css'", "x.css": "a { background: url({data}/x.png) }"},
    "a picture by address": {"index.js": "import './x.css'", "x.css": "a { background: url(file://{data}/x.png) }"},
    "a picture of another host": {
        "index.js": "import './x.css'", "x.css": "a { background: url(http://127.0.0.1:{other}/x.png) }",
    },
    "a style sheet of another host": {
        "index.js": "import './x.css'", "x.css": "@import url(//127.0.0.1:{other}/x.css);",
    },
    "rules composed from outside": {
        "index.js": "import './x.module.css'", "x.module.css": ".a { composes: b from '{data}/secret.css' }",
    },
    "a name of a package that climbs": {"index.js": "import x from 'x/../../../../../../keys.json'; export default x"},
}  # fmt: skip


@pytest.mark.parametrize("kind", CODE)
async def test_code_that_reaches_out_of_its_package_is_not_built(tmp_path, kind):
    async with hostile_world(tmp_path) as world:
        (world.folder / "data" / "x.png").write_text(SECRET)
        world.before["data/x.png"] = SECRET.encode()
        places = {"{data}": str(world.folder / "data"), "{other}": str(world.other.port)}
        files = {"package.json": "{}"} | CODE[kind]
        for place, value in places.items():
            files = {name: text.replace(place, value) for name, text in files.items()}
        world.add("pkg", "1.2.3", pack(files))
        world.add("other", "1.0.0", package())

        built, failed = await build(world, "pkg", "other")

        assert set(built) == {"other"}
        assert "pkg" in failed
        assert not [name for name in world.written() if name.startswith("index/pkg")]
        assert not [path for path in built_files(world) if SECRET in path.read_text()]


READ_BY_NOBODY = {
    "a map of sources": {"index.js": "export default 1\n//# sourceMappingURL=../../../../../keys.json"},
    "settings of TypeScript": {
        "tsconfig.json": '{"extends": "{data}/keys.json", "compilerOptions": {"paths": {"x": ["{data}/keys.json"]}}}',
        "index.js": "export default 1",
    },
    "an absolute path as pattern": {"index.js": "export default (x) => import(`{data}/${x}.json`)"},
    "an address that is only named": {"index.js": "export default new URL('../../../../keys.json', import.meta.url)"},
    "a script at install": {
        "package.json": '{"scripts": {"preinstall": "touch {data}/evil", "install": "touch {data}/evil"}}',
        "index.js": "export default 1",
    },
    "code that runs at once": {"index.js": "process.exit(1); throw new Error(); export default 1"},
}  # fmt: skip


@pytest.mark.parametrize("kind", READ_BY_NOBODY)
async def test_what_names_files_of_this_server_without_importing_them_gets_none(tmp_path, kind):
    async with hostile_world(tmp_path) as world:
        data = str(world.folder / "data")
        world.add(
            "pkg",
            "1.2.3",
            pack(
                {"package.json": "{}"}
                | {n: text.replace("{data}", data) for n, text in READ_BY_NOBODY[kind].items()}
            ),
        )

        built, failed = await build(world, "pkg")

        assert (set(built), failed) == ({"pkg"}, {})
        assert SECRET not in built["pkg"]
        assert "index/pkg@1.2.3" in " ".join(world.written())


def built_files(world: World) -> list[Path]:
    return list((world.modules_dir / "built").glob("*"))
