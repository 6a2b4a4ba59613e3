"""Groups are built whole: every module once, whatever imports it; what is in the way is mended or told by name."""

import pytest
from built_packages import addresses, code_of, ensure, run
from fake_registry import pack

PLAIN = {"package.json": "{}"}


async def test_entries_of_one_package_share_every_module_of_it(config, registry, tmp_path):
    """As `echarts/core` and `echarts/charts`, `ol/Map` and `ol/style`: none of them is the main module."""
    files = {
        "package.json": '{"exports": {"./core": "./core.js", "./charts": "./charts.js"}}',
        "shared.js": "export const registered = []",
        "core.js": "export { registered } from './shared.js'",
        "charts.js": "import { registered } from './shared.js'; export const use = (x) => registered.push(x)",
    }
    registry.add("charts", "1.0.0", pack(files))

    store, lock, failed = await ensure(config, registry, "charts/core", "charts/charts")

    script = (
        'import { use } from "charts/charts"; import { registered } from "charts/core";'
        "use('bar'); console.log(registered.join())"
    )
    assert failed == {}
    assert run(store, lock, script, tmp_path) == "bar"


async def test_two_packages_share_the_package_that_both_are_built_with(config, registry, tmp_path):
    """As the packages of an editor do on its state: what neither the app nor a peer names."""
    registry.add("state", "1.0.0", pack(PLAIN | {"index.js": "export class Node {}"}))
    for name in ("model", "view"):
        files = PLAIN | {"index.js": f"import {{ Node }} from 'state'; export const {name} = () => Node"}
        registry.add(name, "1.0.0", pack(files), dependencies={"state": "^1"})

    store, lock, _ = await ensure(config, registry, "model", "view")

    script = 'import { model } from "model"; import { view } from "view"; console.log(model() === view())'
    assert run(store, lock, script, tmp_path) == "true"


@pytest.mark.parametrize("order", [("three", "three/addons/a.js"), ("three/addons/a.js", "three")])
async def test_in_whatever_order_they_are_imported_there_is_one_three(config, registry, tmp_path, order):
    files = {
        "package.json": '{"exports": {".": "./three.js", "./addons/*": "./addons/*"}}',
        "three.js": "export class Vector {}",
        "addons/a.js": "import { Vector } from 'three'; export const make = () => new Vector()",
    }
    registry.add("three", "1.0.0", pack(files))
    await ensure(config, registry, order[0])

    store, lock, _ = await ensure(config, registry, *order)

    script = (
        'import { Vector } from "three"; import { make } from "three/addons/a.js";'
        "console.log(make() instanceof Vector)"
    )
    assert run(store, lock, script, tmp_path) == "true"


async def test_an_entry_more_leaves_the_modules_of_running_pages_alone(config, registry):
    files = {"package.json": "{}", "index.js": "export const a = 1", "part.js": "export * from './index.js'"}
    registry.add("kit", "1.0.0", pack(files))
    store, before, _ = await ensure(config, registry, "kit")
    codes = {address: store.find(address).content for address in addresses(store, before)}

    store, after, _ = await ensure(config, registry, "kit", "kit/part.js")

    assert before.modules["kit"] != after.modules["kit"]
    assert {address: store.find(address).content for address in codes} == codes


async def test_a_peer_that_a_package_can_do_without_is_fetched_when_its_code_asks(config, registry, tmp_path):
    """As `@emotion/styled` is by @mui/material: whoever installs it by npm is told to add it."""
    registry.add("styles", "11.4.0", pack(PLAIN | {"index.js": "export const css = 'styled'"}))
    registry.add("styles", "12.0.0", pack(PLAIN | {"index.js": "export const css = 'too new'"}))
    files = PLAIN | {"index.js": "export { css } from 'styles'", "bare.js": "export const bare = 1"}
    optional = {"peerDependencies": {"styles": "^11"}, "peerDependenciesMeta": {"styles": {"optional": True}}}
    registry.add("kit", "1.0.0", pack(files), **optional)

    _, bare, _ = await ensure(config, registry, "kit/bare.js")
    store, lock, failed = await ensure(config, registry, "kit")

    assert "styles" not in bare.shared
    assert failed == {}
    assert run(store, lock, 'import { css } from "kit"; console.log(css)', tmp_path) == "styled"


async def test_what_a_package_imports_without_saying_so_is_what_the_app_has(config, registry, tmp_path):
    registry.add("three", "1.0.0", pack(PLAIN | {"index.js": "export class Vector {}"}))
    registry.add("kit", "1.0.0", pack(PLAIN | {"index.js": "export { Vector } from 'three'"}))

    store, lock, failed = await ensure(config, registry, "kit", "three")

    script = 'import * as k from "kit"; import * as t from "three"; console.log(k.Vector === t.Vector)'
    assert failed == {}
    assert run(store, lock, script, tmp_path) == "true"


async def test_one_entry_that_fails_leaves_the_others_of_its_package_built(config, registry, tmp_path):
    files = PLAIN | {"a.js": "export const a = 1", "b.js": "let = =", "c.js": "import './b.js'"}
    registry.add("kit", "1.0.0", pack(files))

    store, lock, failed = await ensure(config, registry, "kit/a.js", "kit/b.js", "kit/c.js")

    assert set(lock.modules) == {"kit/a.js"}
    assert set(failed) == {"kit/b.js", "kit/c.js"}
    assert run(store, lock, 'import { a } from "kit/a.js"; console.log(a)', tmp_path) == "1"


GUARDED = {
    "loaded late": "export const read = async () => IN_NODE && (await import('node:module')).createRequire",
    "asked for in Node only": "import fs from 'fs'; export const read = IN_NODE ? fs.readFileSync('x') : 'none'",
    "tried": "let c; try { c = require('crypto') } catch {} exports.read = c && typeof c.randomBytes",
    "within a function": "import { readFile } from 'fs/promises'; export function read() { return readFile('x') }",
    "a folder of it": "const p = require('path/posix'); exports.read = () => p.join('a')",
    "for browsers something else": "exports.read = require('os')",
}


@pytest.mark.parametrize("kind", GUARDED)
async def test_a_part_of_node_that_is_only_asked_for_in_node_is_nothing(config, registry, tmp_path, kind):
    code = GUARDED[kind].replace("IN_NODE", "(globalThis.window === globalThis)")
    registry.add("both", "1.0.0", pack(PLAIN | {"index.js": code}))

    store, lock, failed = await ensure(config, registry, "both")

    assert failed == {}
    assert (
        run(store, lock, 'const all = await import("both"); console.log("read" in all)', tmp_path) == "true"
    )


ABSENT = {
    "required in a try": "let with_ = 'no'; try { with_ = require('absent').name } catch {} export { with_ }",
    "required in a try of CommonJS": "try { exports.with_ = require('absent') } catch { exports.with_ = 'no' }",
    "imported, and the failure caught": "export const with_ = await import('@not/there').catch(() => 'no')",
}


@pytest.mark.parametrize("kind", ABSENT)
async def test_a_package_that_code_does_without_need_not_be_there(config, registry, tmp_path, kind):
    """As framer-motion 11 asks for a peer that hardly anybody has."""
    registry.add("goes-on", "1.0.0", pack(PLAIN | {"index.js": ABSENT[kind]}))

    store, lock, failed = await ensure(config, registry, "goes-on")

    assert failed == {}
    script = 'import * as all from "goes-on"; console.log(all.with_ ?? all.default.with_)'
    assert run(store, lock, script, tmp_path) == "no"


NEEDED = {
    "called": ("import fs from 'fs'; export default fs.readFileSync('x')", '"fs"'),
    "called with its prefix": (
        "import * as os from 'node:os'; export const n = os.cpus().length",
        '"node:os"',
    ),
    "required and called": ("module.exports = require('http').createServer()", '"http"'),
    "handed on": ("export { readFile } from 'node:fs/promises'", '"node:fs/promises"'),
    "extended": ("import { Readable } from 'stream'; export class Mine extends Readable {}", '"stream"'),
    "in another file": ("export * from './deep/x.js'", '"child_process" '),
}


@pytest.mark.parametrize("kind", NEEDED)
async def test_a_part_of_node_that_code_needs_to_be_loaded_is_told_by_name(config, registry, kind):
    code, says = NEEDED[kind]
    deep = "import { execSync } from 'child_process'; export const out = execSync('ls')"
    files = PLAIN | {"index.js": code, "deep/x.js": deep, "fine.js": "export const a = 1"}
    registry.add("server", "1.0.0", pack(files))

    _, lock, failed = await ensure(config, registry, "server", "server/fine.js")

    assert set(lock.modules) == {"server/fine.js"}
    assert f"it needs {says.strip()}, a part of Node" in failed["server"]
    assert "server@1.0.0" in failed["server"]


async def test_what_was_asked_of_node_in_vain_is_noted_for_the_page(config, registry, tmp_path):
    code = "import fs from 'fs'; export const read = () => fs.readFileSync; export const p = process"
    registry.add("both", "1.0.0", pack(PLAIN | {"index.js": code}))

    store, lock, _ = await ensure(config, registry, "both")

    script = 'import { read } from "both"; console.log(read(), [...globalThis.__vibesNode].join())'
    assert run(store, lock, script, tmp_path) == "undefined fs.readFileSync"


async def test_a_package_of_the_name_of_a_part_of_node_comes_first(config, registry, tmp_path):
    registry.add("events", "3.0.0", pack(PLAIN | {"index.js": "exports.from = 'npm'"}))
    registry.add(
        *("kit", "1.0.0"),
        pack(PLAIN | {"index.js": "export { from } from 'events'"}),
        dependencies={"events": "3"},
    )

    store, lock, _ = await ensure(config, registry, "kit")

    assert run(store, lock, 'import { from } from "kit"; console.log(from)', tmp_path) == "npm"


async def test_imports_and_self_references_of_a_package_are_followed(config, registry, tmp_path):
    manifest = (
        '{"name": "kit", "exports": {".": "./a.js", "./b": "./b.js"},'
        ' "imports": {"#c": {"browser": "./c.browser.js", "default": "./c.js"}}}'
    )
    files = {
        "package.json": manifest,
        "a.js": "import { b } from 'kit/b'; import c from '#c'; export const all = b + c",
        "b.js": "export const b = 'b'",
        "c.js": "export default 'node'",
        "c.browser.js": "export default 'browser'",
    }
    registry.add("kit", "1.0.0", pack(files))

    store, lock, failed = await ensure(config, registry, "kit")

    assert failed == {}
    assert run(store, lock, 'import { all } from "kit"; console.log(all)', tmp_path) == "bbrowser"


async def test_a_folder_with_its_own_manifest_is_an_entry(config, registry, tmp_path):
    files = {
        "package.json": '{"main": "cjs/index.js", "module": "esm/index.js"}',
        "Button/package.json": '{"main": "../cjs/Button.js", "module": "../esm/Button.js"}',
        "esm/index.js": "export { default as Button } from './Button.js'",
        "esm/Button.js": "export default class Button {}",
    }
    registry.add("boot", "1.0.0", pack(files))

    store, lock, failed = await ensure(config, registry, "boot", "boot/Button")

    script = 'import { Button } from "boot"; import B from "boot/Button"; console.log(B === Button)'
    assert failed == {}
    assert run(store, lock, script, tmp_path) == "true"


async def test_parts_that_are_loaded_late_stay_apart(config, registry, tmp_path):
    files = PLAIN | {
        "index.js": "export const late = () => import('./late.js')",
        "late.js": "export const l = 'late'",
    }
    registry.add("kit", "1.0.0", pack(files))

    store, lock, _ = await ensure(config, registry, "kit")

    assert '"late"' not in code_of(store, lock, "kit")
    script = 'import { late } from "kit"; console.log((await late()).l)'
    assert run(store, lock, script, tmp_path) == "late"


async def test_es_modules_that_commonjs_hands_on_may_import_from_other_folders_of_their_package(
    config, registry, tmp_path
):
    """Their names are read one file at a time, each with the whole package around it."""
    files = PLAIN | {
        "index.js": "module.exports = require('./esm/deep/index.mjs')",
        "esm/deep/index.mjs": "export { x as one } from '../../other/x.mjs'; export * from '../more.mjs'",
        "esm/more.mjs": "export const two = 2",
        "other/x.mjs": "export const x = 1",
    }
    registry.add("kit", "1.0.0", pack(files))

    store, lock, failed = await ensure(config, registry, "kit")

    assert failed == {}
    assert run(store, lock, 'import { one, two } from "kit"; console.log(one, two)', tmp_path) == "1 2"
