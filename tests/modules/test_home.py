"""Packages of every kind become modules in the store: what they export, what they share, what fails alone."""

import shutil
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import httpx2
import pytest
import trio
import trio.testing
from built_packages import addresses, code_of, ensure, home_on, run, without_esbuild
from fake_registry import REGISTRY, FakeRegistry, pack

from vibes_trio.config import Limits
from vibes_trio.errors import FetchFailed, FetchTooLong, ModuleFailed
from vibes_trio.modules import home
from vibes_trio.modules.build.bundle import is_stored
from vibes_trio.modules.build.groups import file_address, place_of
from vibes_trio.modules.build.single import RECIPE
from vibes_trio.modules.home import Home
from vibes_trio.modules.progress import Progress
from vibes_trio.modules.registry.fetch import Document
from vibes_trio.modules.resolve.wishes import Wishes
from vibes_trio.modules.store.addresses import Built, address_of
from vibes_trio.modules.store.local import open_store
from vibes_trio.outbound import Outbound, open_outbound
from vibes_trio.turns import Turns


async def test_commonjs_and_es_packages_share_one_of_each(config, registry, tmp_path):
    registry.add(
        *("state", "1.0.0"),
        pack({"package.json": "{}", "index.js": "exports.box = {n: 0}; exports.id = 'state'"}),
    )
    registry.add(
        *("old", "1.0.0"),
        pack({"package.json": "{}", "index.js": "const s = require('state'); exports.up = () => ++s.box.n"}),
        peerDependencies={"state": "1"},
    )
    view = "import { box } from 'state'; export const seen = () => box.n; export default 'view'"
    registry.add(
        *("view", "1.0.0"),
        pack({"package.json": '{"exports": {".": {"import": "./v.mjs"}}}', "v.mjs": view}),
        peerDependencies={"state": "1"},
    )

    store, lock, failed = await ensure(config, registry, "old", "view", "state")

    script = (
        'import { up } from "old"; import view, { seen } from "view"; import state, { id } from "state";'
        "up(); up(); console.log(seen(), view, id, state.box.n)"
    )
    assert failed == {}
    assert run(store, lock, script, tmp_path) == "2 view state 2"


async def test_a_shared_function_is_still_a_function_for_who_requires_it(config, registry, tmp_path):
    registry.add("join", "1.0.0", pack({"package.json": "{}", "index.js": "module.exports = () => 'joined'"}))
    registry.add(
        *("user", "1.0.0"),
        pack({"package.json": "{}", "index.js": "exports.text = require('join')()"}),
        dependencies={"join": "1"},
    )

    store, lock, _ = await ensure(config, registry, "join", "user")

    assert (
        run(
            store, lock, 'import { text } from "user"; import j from "join"; console.log(text, j())', tmp_path
        )
        == "joined joined"
    )
    assert set(store.record(lock.modules["user"]).imports) & set(store.record(lock.modules["join"]).imports)


async def test_parts_of_a_package_share_its_main_module(config, registry, tmp_path):
    files = {
        "package.json": '{"exports": {".": "./m.js", "./part": "./p.js", "./same": "./m.js"}}',
        "m.js": "export const one = {n: 1}",
        "p.js": "import { one } from 'core'; export const two = () => one.n++ && one.n",
    }
    registry.add("core", "1.0.0", pack(files | {"package.json": files["package.json"]}))

    store, lock, failed = await ensure(config, registry, "core", "core/part", "core/same")

    script = 'import { one } from "core"; import { two } from "core/part"; two(); console.log(one.n)'
    assert failed == {}
    assert run(store, lock, script, tmp_path) == "2"
    assert len({lock.modules["core"], lock.modules["core/same"]}) == 1


async def test_names_that_come_by_stars_are_exported(config, registry, tmp_path):
    """From parts of its own, from CommonJS of its own, from shared packages and from theirs."""
    core = {
        "package.json": '{"exports": {".": "./m.js", "./part": "./p.js", "./old": "./old.cjs"}}',
        "m.js": "export * from 'core/part'; export * from 'core/old'; export * from './own.cjs'",
        "p.js": "export const part = 'part'",
        "old.cjs": "exports.old = 'old'",
        "own.cjs": "module.exports = require('./far.cjs')",
        "far.cjs": "exports.far = 'far'",
    }
    registry.add("core", "1.0.0", pack(core))
    plain = {"package.json": "{}"}
    registry.add(
        *("outer", "1.0.0"),
        pack(
            plain | {"index.js": "export * from './in'", "in.js": "export * from 'core'; export const o = 1"}
        ),
        peerDependencies={"core": "1"},
    )
    registry.add(
        *("older", "1.0.0"),
        pack(
            plain
            | {
                "index.js": "var __exportStar = (a, b) => Object.assign(b, a); __exportStar(require('outer'), exports)"
            }
        ),
        peerDependencies={"outer": "1"},
    )

    store, lock, failed = await ensure(config, registry, "core", "outer", "older", "core/part")

    names = "{ part, old, far }"
    script = (
        f'import {names} from "core"; import * as outer from "outer"; import * as older from "older";'
        'console.log(part, old, far, Object.keys(outer).sort().join(), "far" in older, outer.part)'
    )
    assert failed == {}
    assert run(store, lock, script, tmp_path) == "part old far far,o,old,part true part"


async def test_who_requires_compiled_commonjs_gets_its_exports_not_its_default(config, registry, tmp_path):
    compiled = (
        "Object.defineProperty(exports, '__esModule', {value: true}); exports.default = 'd'; exports.n = 'n'"
    )
    plain = {"package.json": "{}"}
    registry.add("lib", "1.0.0", pack(plain | {"index.js": compiled}))
    for name, code in (
        ("cjs", "const lib = require('lib'); exports.text = lib.default + lib.n"),
        ("esm", "import lib, { n, gone } from 'lib'; export const text = lib + n + gone"),
    ):
        registry.add(name, "1.0.0", pack(plain | {"index.js": code}), peerDependencies={"lib": "1"})

    store, lock, failed = await ensure(config, registry, "cjs", "esm", "lib")

    script = (
        'import lib from "lib"; import * as c from "cjs"; import * as e from "esm";'
        "console.log(lib, c.text, e.text)"
    )
    assert failed == {}
    assert run(store, lock, script, tmp_path) == "d dn dnundefined"


async def test_names_on_an_exported_function_can_be_imported(config, registry, tmp_path):
    code = "function run() { function _(x) { return x } _.chunk = () => 'chunks'; return _ } module.exports = run()"
    registry.add("dash", "1.0.0", pack({"package.json": "{}", "index.js": code}))

    store, lock, _ = await ensure(config, registry, "dash")

    assert (
        run(store, lock, 'import _, { chunk } from "dash"; console.log(_(1), chunk())', tmp_path)
        == "1 chunks"
    )


async def test_a_style_sheet_may_name_a_part_of_the_page(config, registry):
    css = "a { behavior: url(#default#VML); fill: url('#gradient') }"
    registry.add("pretty", "1.0.0", pack({"package.json": "{}", "s.css": css}))

    _, _, failed = await ensure(config, registry, "pretty/s.css")

    assert failed == {}


async def test_two_versions_of_a_package_both_work(config, registry, tmp_path):
    for version in ("6.0.0", "7.0.0"):
        files = {
            "package.json": "{}",
            "index.js": f"exports.v = '{version}'",
            "part.js": "exports.p = require('./')",
        }
        registry.add("d3", version, pack(files))

    store, lock, failed = await ensure(config, registry, "d3", "d3@^6 || 5", "d3@^6 || 5/part")

    script = (
        'import { v as seven } from "d3"; import { v as six } from "d3@^6 || 5"; import { p } from "d3@^6 || 5/part";'
        "console.log(seven, six, p.v)"
    )
    assert failed == {}
    assert run(store, lock, script, tmp_path) == "7.0.0 6.0.0 6.0.0"


PARTS = {
    "es": {
        "package.json": '{"exports": {".": "./lib/m.js", "./auto": "./auto.js", "./same": "./lib/m.js"}}',
        "lib/m.js": "export const all = []; export default all",
        "auto.js": "import { all } from './lib/m.js'; all.push('auto'); export * from './lib/m.js'",
    },
    "commonjs": {
        "package.json": '{"main": "m.js"}',
        "m.js": "module.exports = { all: [] }",
        "auto.js": "const m = require('./m'); m.all.push('auto'); module.exports = m",
        "same.js": "module.exports = require('./m')",
    },
}


@pytest.mark.parametrize("kind", PARTS)
@pytest.mark.parametrize("first", ["box/auto", "box/same", "box"])
async def test_parts_that_import_the_main_module_by_its_path_share_it(
    config, registry, tmp_path, kind, first
):
    """`chart.js/auto` and `moment/locale/fr` do; whatever else an app imports, and in which order."""
    registry.add("box", "1.0.0", pack(PARTS[kind]))
    await ensure(config, registry, first)

    store, lock, failed = await ensure(config, registry, first, "box/auto", "box/same", "box")

    script = (
        'import { all } from "box"; import { all as same } from "box/same"; import { all as own } from "box/auto";'
        "console.log(all.join(), all === same, all === own)"
    )
    assert failed == {}
    assert run(store, lock, script, tmp_path) == "auto true true"


async def test_what_every_page_has_is_found_by_packages_that_do_not_ask_for_it(config, registry):
    address = address_of("react", "19.2.1", "")
    store = open_store(config.data_dir, config.limits)
    store.put(Built(address, "key", b"export default {}; export const useState = 1", ()), RECIPE)
    files = {"package.json": "{}", "index.js": "export { useState } from 'react'"}
    registry.add("careless", "1.0.0", pack(files))
    registry.add("careful", "1.0.0", pack(files), peerDependencies={"react": "*"})
    registry.add("react", "19.2.1", pack(files))

    store, lock, failed = await ensure(config, registry, "careless", "careful")

    assert failed == {}
    assert store.record(lock.modules["careless"]).imports == (address,)
    assert store.record(lock.modules["careful"]).imports == (address,)


async def test_a_part_that_only_a_package_imports_is_built_with_it(config, registry, tmp_path):
    registry.add(
        *("kit", "1.0.0"),
        pack({"package.json": "{}", "index.js": "export const a = 1", "deep/x.js": "export const b = 2"}),
    )
    registry.add(
        *("user", "1.0.0"),
        pack({"package.json": "{}", "index.js": "export * from 'kit/deep/x.js'"}),
        peerDependencies={"kit": "1"},
    )

    store, lock, failed = await ensure(config, registry, "user")

    assert failed == {}
    assert run(store, lock, 'import { b } from "user"; console.log(b)', tmp_path) == "2"
    assert is_stored(store, lock.modules["user"])


async def test_two_versions_of_a_private_package_live_side_by_side(config, registry, tmp_path):
    for version in ("1.0.0", "2.0.0"):
        registry.add(
            "util",
            version,
            pack({"package.json": "{}", "index.js": f"exports.v = '{version}'; exports.a = 1"}),
        )
    for name, wanted in (("a", "^1"), ("b", "^2")):
        registry.add(
            *(name, "1.0.0"),
            pack({"package.json": "{}", "index.js": "export { v as default } from 'util'"}),
            dependencies={"util": wanted},
        )

    store, lock, _ = await ensure(config, registry, "a", "b")

    assert (
        run(store, lock, 'import a from "a"; import b from "b"; console.log(a, b)', tmp_path) == "1.0.0 2.0.0"
    )


async def test_a_package_finds_what_it_does_not_say_it_depends_on_as_under_npm(config, registry, tmp_path):
    plain = {"package.json": "{}"}
    registry.add("deep", "1.0.0", pack(plain | {"index.js": "export default 'deep'"}))
    registry.add("middle", "1.0.0", pack(plain | {"index.js": ""}), dependencies={"deep": "1"})
    registry.add(
        "careless",
        "1.0.0",
        pack(plain | {"index.js": "export * as d from 'deep'"}),
        dependencies={"middle": "1"},
    )

    store, lock, failed = await ensure(config, registry, "careless")

    assert failed == {}
    assert run(store, lock, 'import { d } from "careless"; console.log(d.default)', tmp_path) == "deep"


async def test_style_sheets_and_json_are_part_of_the_module_and_pictures_lie_beside_it(
    config, registry, tmp_path
):
    files = {
        "package.json": '{"main": "i.js"}',
        "i.js": "import './s.css'; import d from './d.json'; import p from './img/p.png';"
        "export const text = d.text + p",
        "s.css": ".a { background: url(./img/p.png) }",
        "d.json": '{"text": "hello "}',
        "img/p.png": "\x01",
    }
    registry.add("pretty", "1.0.0", pack(files))

    store, lock, failed = await ensure(config, registry, "pretty", "pretty/s.css", "pretty/d.json")

    assert failed == {}
    [picture] = {a for a in addresses(store, lock) if a.endswith("/img/p.png")}
    assert picture.startswith("/~esm/pretty@1.0.0/~file-")
    found = store.find(picture)
    assert (found.content, found.content_type) == (b"\x01", "image/png")
    assert f'url(\\"{picture}\\")' in code_of(store, lock, "pretty/s.css")
    assert f'"{picture}"' in code_of(store, lock, "pretty")
    assert run(store, lock, 'import d from "pretty/d.json"; console.log(d.text)', tmp_path) == "hello"


async def test_licence_comments_are_kept(config, registry):
    registry.add(
        "free", "1.0.0", pack({"package.json": "{}", "index.js": "/*! MIT, Ada */ export default 1"})
    )

    store, lock, _ = await ensure(config, registry, "free")

    assert "MIT, Ada" in code_of(store, lock, "free")


async def test_with_a_lock_and_a_full_store_nothing_is_asked_for(config, registry):
    registry.add("a", "1.0.0", pack({"package.json": "{}", "index.js": "export default 1"}))
    _, lock, _ = await ensure(config, registry, "a")
    registry.add("a", "1.1.0", pack({"package.json": "{}", "index.js": "export default 2"}))

    _, again, failed = await ensure(config, None, "a", lock=lock)

    assert (again, failed) == (lock, {})


async def test_a_lost_module_is_built_to_the_same_bytes_from_its_lock(config, registry):
    registry.add("a", "1.0.0", pack({"package.json": "{}", "index.js": "export default 1"}))
    store, lock, _ = await ensure(config, registry, "a")
    before = code_of(store, lock, "a")
    shutil.rmtree(config.data_dir / "modules")

    store, again, _ = await ensure(config, registry, "a", lock=lock)

    assert again == lock
    assert code_of(store, again, "a") == before


async def test_one_that_can_not_be_built_fails_alone_with_what_imports_it(config, registry):
    registry.add("good", "1.0.0", pack({"package.json": "{}", "index.js": "export default 1"}))
    registry.add("broken", "1.0.0", pack({"package.json": "{}", "index.js": "let = ="}))
    registry.add(
        *("user", "1.0.0"),
        pack({"package.json": "{}", "index.js": "export * from 'broken'"}),
        peerDependencies={"broken": "1"},
    )

    _, lock, failed = await ensure(config, registry, "good", "user", "broken", "gone", "good/no")

    assert list(lock.modules) == ["good"]
    assert 'Unexpected "="' in failed["broken"]
    assert "broken@1.0.0/node_modules/broken/index.js" in failed["user"]
    assert "none of that name" in failed["gone"]
    assert "no entry no" in failed["good/no"]
    assert list((config.data_dir / "modules" / "work").iterdir()) == []


async def test_code_that_needs_node_is_refused_rather_than_broken_in_the_browser(config, registry):
    registry.add("server", "1.0.0", pack({"package.json": "{}", "index.js": "export * from 'node:fs'"}))

    _, _, failed = await ensure(config, registry, "server")

    assert "node:fs" in failed["server"]


async def test_a_hostile_archive_fails_and_leaves_nothing(config, registry):
    registry.add("evil", "1.0.0", pack({"../../../evil.js": "x"}))

    _, lock, failed = await ensure(config, registry, "evil")

    assert lock.modules == {}
    assert "no name for a file" in failed["evil"]
    assert not list(config.data_dir.rglob("evil.js"))


@pytest.mark.parametrize("path", ["{data}/keys.json", "../../../../../../keys.json", "./x.css"])
async def test_a_package_can_not_have_files_of_this_server_built_in(config, registry, path):
    (config.data_dir / "keys.json").write_text('{"secret": "words"}')
    files = {
        "package.json": "{}",
        "index.js": f"import all from {str(path).format(data=config.data_dir)!r}; export default all",
        "x.css": f"@import '{config.data_dir}/secret.css'; a {{ color: red }}",
    }
    (config.data_dir / "secret.css").write_text("b { color: blue }")
    registry.add("thief", "1.0.0", pack(files))

    _, lock, failed = await ensure(config, registry, "thief")

    assert lock.modules == {}
    assert "of no package" in failed["thief"]


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        ({"gone": "1"}, "none of that name"),
        ({"gone": "git+https://evil.test/x.git"}, "no range of a package"),
        ({"broken": "1"}, "no name for a file"),
        ({"old": "^9"}, "no version of it fits"),
    ],
)
async def test_only_what_imports_a_dependency_that_is_nowhere_fails_and_names_it(
    config, registry, asked, why
):
    [name] = asked
    files = {"package.json": "{}", "index.js": "", "sub.js": f"import {name!r}"}
    registry.add("a", "1.0.0", pack(files), dependencies=asked)
    registry.add("b", "1.0.0", pack({"package.json": "{}", "index.js": ""}))
    registry.add("broken", "1.0.0", pack({"../../../evil.js": "x"}))
    registry.add("old", "1.0.0", pack({"package.json": "{}", "index.js": ""}))

    _, lock, failed = await ensure(config, registry, "a", "a/sub", "b")

    assert set(lock.modules) == {"a", "b"}
    assert f'Could not resolve "{name}"' in failed["a/sub"]
    assert why in failed["a/sub"]


async def test_a_registry_that_answers_nothing_fails_as_a_whole(config, registry):
    """Nothing is wrong with the packages then, and asking later helps."""
    registry.add(
        "a", "1.0.0", pack({"package.json": "{}", "index.js": ""}), dependencies={"x": "1", "y": "1"}
    )

    async def silent(request: httpx2.Request) -> httpx2.Response:
        if request.url.path.startswith("/a"):
            return await registry(request)
        raise httpx2.ReadError("gone", request=request)

    store = open_store(config.data_dir, config.limits)
    async with open_outbound(REGISTRY, config.limits, {}, httpx2.MockTransport(silent)) as outbound:

        async def get() -> Outbound:
            return outbound

        with pytest.raises(FetchFailed, match="gone"):
            await Home(get, store, config).ensure({"a": "*"})


async def test_optional_dependencies_are_built_in_if_they_are_for_browsers(config, registry, tmp_path):
    plain = {"package.json": "{}"}
    registry.add("light", "1.0.0", pack(plain | {"index.js": "export default 'light'"}))
    registry.add("native", "1.0.0", pack(plain | {"index.js": ""}), os=["linux"])
    registry.add(
        "a",
        "1.0.0",
        pack(plain | {"index.js": "export { default } from 'light'"}),
        dependencies={"light": "1", "native": "1", "gone": "1"},
        optionalDependencies={"light": "1", "native": "1", "gone": "1"},
    )

    store, lock, failed = await ensure(config, registry, "a")

    assert (failed, lock.missing) == ({}, {})
    assert sorted(lock.packages) == ["a@1.0.0", "light@1.0.0"]
    assert run(store, lock, 'import a from "a"; console.log(a)', tmp_path) == "light"


async def test_without_esbuild_it_says_what_to_do(config, registry, monkeypatch):
    with pytest.raises(ModuleFailed, match="toolchain install"):
        await ensure(without_esbuild(config, monkeypatch), registry, "a")


# -- what was made before ---------------------------------------------------------------------------------


async def test_packages_that_were_made_lately_are_known_at_once_and_after_a_restart(config, registry):
    registry.add("a", "1.0.0", pack({"package.json": "{}", "index.js": "export default 1"}))

    async with home_on(config, registry) as home:
        assert await home.find_known({"a": "latest"}) is None
        made, _ = await home.ensure({"a": "latest"})
        assert await home.find_known({"a": "latest"}) == made
        assert await home.find_known({"a": "1.0.0"}) == made, "the next app may have the version looked up"
    async with home_on(config, None) as home:
        assert await home.find_known({"a": "1.0.0"}) == made
        assert await home.ensure({"a": "latest"}) == (made, {})


async def test_what_is_known_but_lost_from_the_store_is_not_known(config, registry):
    registry.add("a", "1.0.0", pack({"package.json": "{}", "index.js": "export default 1"}))
    async with home_on(config, registry) as home:
        await home.ensure({"a": "latest"})
    shutil.rmtree(config.data_dir / "modules" / "index")

    async with home_on(config, registry) as home:
        assert await home.find_known({"a": "latest"}) is None


async def test_with_neither_registry_nor_esbuild_a_lock_of_more_will_do(config, registry, monkeypatch):
    for name in ("a", "b"):
        registry.add(name, "1.0.0", pack({"package.json": "{}", "index.js": "export default 1"}))
    _, made, _ = await ensure(config, registry, "a", "b")

    async with home_on(without_esbuild(config, monkeypatch), None) as home:
        found, failed = await home.ensure({"a": "^1"})

        assert (found.modules, failed) == ({"a": made.modules["a"]}, {})
        with pytest.raises(ModuleFailed, match="no esbuild"):
            await home.ensure({"a": "^2"})


async def test_two_processes_build_the_same_once(config, registry):
    registry.add("a", "1.0.0", pack({"package.json": "{}", "index.js": "export default 1"}))
    locks = []

    async def build(home: Home) -> None:
        locks.append((await home.ensure({"a": "latest"}))[0])

    async with (
        home_on(config, registry) as server,
        home_on(config, registry) as prefetch,
        trio.open_nursery() as both,
    ):
        both.start_soon(build, server)
        both.start_soon(build, prefetch)

    assert locks[0] == locks[1]
    assert registry.asked.count("/a/-/a-1.0.0.tgz") == 1


async def test_progress_goes_from_stage_to_stage(config, registry):
    registry.add("a", "1.0.0", pack({"package.json": "{}", "index.js": "export default 1"}))
    registry.add("b", "1.0.0", pack({"package.json": "{}", "index.js": "let = ="}), dependencies={"a": "1"})
    progress = Progress()
    stages = []

    class Watched(FakeRegistry):
        async def __call__(self, request):
            stages.append((progress.stage, progress.fetched, progress.to_fetch))
            return await registry(request)

    async with home_on(config, Watched()) as home:
        await home.ensure({"b": "latest", "a": "latest"}, progress=progress)

    assert sorted(set(stages)) == [("fetching", 0, 2), ("fetching", 1, 2), ("resolving", 0, 0)] or (
        sorted(set(stages)) == [("fetching", 0, 2), ("resolving", 0, 0)]
    )
    assert (progress.stage, progress.fetched) == ("building", 2)
    assert progress.done == {"a"}
    assert 'Unexpected "="' in progress.failed["b"]


async def test_a_build_that_takes_too_long_is_ended(config, registry, autojump_clock):
    class Silent(FakeRegistry):
        async def __call__(self, request):
            await trio.sleep(3600)

    limits = Limits(build_all_timeout_s=10, package_timeout_s=3600)
    async with home_on(replace(config, limits=limits), Silent()) as home:
        with pytest.raises(ModuleFailed, match="more than 10 s"):
            await home.ensure({"a": "latest"})


# -- what an app wishes ------------------------------------------------------------------------------------


def with_react(registry: FakeRegistry, *versions: str) -> None:
    for version in versions:
        files = {
            "package.json": '{"main": "index.js"}',
            "index.js": f"exports.version = '{version}'; exports.useState = () => 'state of {version}'",
            "jsx-runtime.js": "exports.jsx = (type) => type",
            "client.js": "exports.createRoot = () => {}",
        }
        registry.add("react", version, pack(files))
        registry.add("react-dom", version, pack(files), peerDependencies={"react": f"^{version}"})
    for version in ("0.23.2", "0.27.0"):
        registry.add("scheduler", version, pack({"package.json": "{}", "index.js": "exports.now = 1"}))


async def test_an_app_that_asks_for_react_18_gets_it_with_all_its_packages(config, registry, tmp_path):
    with_react(registry, "18.3.1", "19.2.1")
    view = {"package.json": "{}", "index.js": "import * as R from 'react'; export const v = R.version"}
    registry.add("view", "1.0.0", pack(view), peerDependencies={"react": "^18"})
    registry.add("view", "2.0.0", pack(view), peerDependencies={"react": ">=19"})
    wishes = Wishes(ranges={"react": "^18.2.0"})

    store, lock, failed = await ensure(config, registry, "react", "react-dom/client", "view", wishes=wishes)

    assert failed == {}
    assert lock.modules["react"] == "/~esm/react@18.3.1"
    assert lock.modules["react-dom/client"] == "/~esm/react-dom@18.3.1/client"
    assert (lock.shared["view"], lock.notes) == ("view@1.0.0", ())
    assert run(store, lock, 'import { v } from "view"; console.log(v)', tmp_path) == "18.3.1"


async def test_another_react_is_built_in_the_turn_of_who_asks_for_it(config, registry, monkeypatch):
    """It is built while the server serves, so it counts among all that is built then."""
    with_react(registry, "18.3.1", "19.2.1")
    held: list[tuple[str, Turns]] = []
    hold = Turns.hold

    def hold_and_note(turns: Turns, user: str, places: int = 1):
        held.append((user, turns))
        return hold(turns, user, places)

    monkeypatch.setattr(Turns, "hold", hold_and_note)
    registry.add("kit", "1.0.0", pack({"package.json": "{}", "index.js": "export const a = 1"}))

    async with home_on(config, registry) as home:
        await home.ensure({"react": "^18", "kit": "*"}, wishes=Wishes(ranges={"react": "^18"}), user="ada")

    assert {user for user, _ in held} == {"ada"}
    assert len({id(turns) for _, turns in held}) == 1


async def test_locks_of_one_react_are_not_those_of_another(config, registry):
    with_react(registry, "18.3.1", "19.2.1")
    registry.add(
        "view",
        "1.0.0",
        pack({"package.json": "{}", "index.js": "import 'react'"}),
        peerDependencies={"react": "*"},
    )
    old, new = Wishes(ranges={"react": "18"}), Wishes()

    async with home_on(config, registry) as home:
        first, _ = await home.ensure({"view": "*"}, wishes=new)
        assert await home.find_known({"view": "*"}, old) is None
        second, _ = await home.ensure({"view": "*"}, wishes=old)

        assert await home.find_known({"view": "*"}, old) == second
        assert first.modules["view"] != second.modules["view"]


async def test_peers_come_in_the_version_that_the_manifest_names(config, registry, tmp_path):
    for version in ("1.0.0", "2.0.0"):
        registry.add("core", version, pack({"package.json": "{}", "index.js": f"export default '{version}'"}))
    kit = {"package.json": "{}", "index.js": "export { default } from 'core'"}
    registry.add("kit", "1.0.0", pack(kit), peerDependencies={"core": ">=1"})

    async with home_on(config, registry) as home:
        await home.ensure({"kit": "*"})
        wishes = Wishes(ranges={"core": "^1.0.0"})
        assert await home.find_known({"kit": "*"}, wishes) is None
    store, lock, _ = await ensure(config, registry, "kit", wishes=wishes)

    assert run(store, lock, 'import core from "kit"; console.log(core)', tmp_path) == "1.0.0"


async def test_the_newest_that_works_with_the_react_of_the_page_is_taken(config, registry):
    for version, react in (("19.2.0", "^19.0"), ("19.3.0", "^19.3")):
        registry.add(
            *("canvas", version),
            pack({"package.json": "{}", "index.js": "export default 1"}),
            peerDependencies={"react": react},
        )
    with_react(registry, "19.2.1")

    _, lock, _ = await ensure(config, registry, "canvas")
    async with home_on(config, registry) as home:
        notes, _ = await home.look_ahead({"canvas": "19.3.0"})

    assert (lock.shared["canvas"], lock.notes) == ("canvas@19.2.0", ())
    assert notes == ("canvas@19.3.0 asks for react ^19.3; the page has 19.2.1",)


async def test_a_look_ahead_says_at_once_that_nobody_may_be_asked(config):
    async with home_on(config, None) as home:
        _, failed = await home.look_ahead({"a": "latest", "b": "latest"})

    assert failed.keys() == {"a", "b"}
    assert "this server asks no package registry (VIBES_REGISTRY_URL=none)" in failed["a"]


async def test_a_file_of_a_package_is_stored_when_it_is_asked_for(config, registry):
    files = {"package.json": "{}", "index.js": "export default 1", "data/x.bin": "data"}
    registry.add("kit", "1.0.0", pack(files))
    store, lock, _ = await ensure(config, registry, "kit")
    address = file_address("kit@1.0.0", lock.packages["kit@1.0.0"], "data/x.bin")
    assert store.find(address) is None

    async with home_on(config, registry) as home:
        for name in ("data/x.bin", "gone.bin", "../../index/x", "data"):
            await home.fetch_file(lock, "kit@1.0.0", name)

    store = open_store(config.data_dir, config.limits)
    assert store.find(address).content == b"data"
    assert place_of(lock, address) == ("kit@1.0.0", "data/x.bin")
    assert place_of(lock, address.replace("~file-", "~file-0")) is None
    assert place_of(None, address) is None


async def test_files_are_found_as_hosts_of_packages_name_them(config, registry):
    files = {"package.json": '{"main": "lib/kit.js"}', "lib/kit.js": "1", "dist/kit.min.css": "2"}
    registry.add("kit", "1.0.0", pack(files))
    _, lock, _ = await ensure(config, registry, "kit")

    async with home_on(config, registry) as home:
        found = [await home.fetch_hosted(lock, "kit@1.0.0", path) for path in ("", "kit.css", "none.js")]

    store = open_store(config.data_dir, config.limits)
    assert found[2] == ""
    assert [store.find(address).content for address in found[:2]] == [b"1", b"2"]


async def test_long_archives_are_in_memory_one_at_a_time_whoever_needs_them(config, monkeypatch):
    """They are whole in memory until they are unpacked; with eight at once for each build that is gigabytes."""
    limits = replace(config.limits, packages_at_once=3, package_bytes=1000, short_package_bytes=10)
    busy: dict[int, int] = {10: 0, 1000: 0}
    most = dict(busy)

    async def ensure_package(outbound, folder, document, limits):
        bound = limits.package_bytes
        busy[bound] += 1
        most[bound] = max(most[bound], busy[bound])
        await trio.testing.wait_all_tasks_blocked()
        busy[bound] -= 1
        if document.name.startswith("long") and bound == 10:
            raise FetchTooLong("more than 10 bytes")
        return Path(document.name)

    async def no_outbound():
        return None

    monkeypatch.setattr(home, "ensure_package", ensure_package)
    made = Home(no_outbound, None, replace(config, limits=limits))
    names = [f"{length}{n}" for length in ("long", "short") for n in range(5)]
    packages = {n: Document(name=n, version="1.0.0", tarball="", integrity=n) for n in names}
    got = []

    async def unpack(name):
        got.append(await made._unpacked(SimpleNamespace(packages=packages), name))

    async with trio.open_nursery() as nursery:
        for name in names:
            nursery.start_soon(unpack, name)

    assert sorted(map(str, got)) == names
    assert most == {10: 3, 1000: 1}


async def test_an_app_in_preact_gets_it_in_the_place_of_react_with_all_its_packages(
    config, registry, tmp_path
):
    """As `npm:@preact/compat` in its settings would have it: there is one Preact, and no React."""
    h = {"package.json": "{}", "index.js": "exports.h = () => 'of preact'"}
    registry.add("preact", "10.25.0", pack(h))
    compat = {
        "package.json": "{}",
        "index.js": "const p = require('preact'); exports.createElement = p.h; exports.version = '18.3.2'",
    }
    registry.add("@preact/compat", "18.3.2", pack(compat), peerDependencies={"preact": "*"})
    view = {
        "package.json": "{}",
        "index.js": "import { createElement as c } from 'react'; export const v = c()",
    }
    registry.add("view", "1.0.0", pack(view), peerDependencies={"react": "^18"})
    registry.add("view", "2.0.0", pack(view), peerDependencies={"react": ">=19"})
    wishes = Wishes(ranges={"react": "npm:@preact/compat"})

    store, lock, failed = await ensure(config, registry, "preact", "react", "view", wishes=wishes)

    assert failed == {}
    assert (lock.shared["react"], lock.shared["view"]) == ("@preact/compat@18.3.2", "view@1.0.0")
    assert lock.notes == ()
    code = 'import { v } from "view"; import { h } from "preact"; import { createElement as c } from "react";'
    assert run(store, lock, f"{code} console.log(v, h === c)", tmp_path) == "of preact true"
