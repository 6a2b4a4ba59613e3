"""Apps of several files, by the real compilers: what reaches what in the browser, and what is told of what does not.

A browser is stood in for by `load`: it fetches modules from the app's host, resolves specifiers by the page's
import map, and follows them. (That a real one does the same is tested in test_page_in_browser.py.)
"""

import json
import os
import re
from urllib.parse import urljoin, urlsplit

import pytest
import trio
from asking import deploy, get, js, jsx, text
from fakes import make_app, open_database

from vibes_trio.compilers.choose import open_compiler
from vibes_trio.config import Limits
from vibes_trio.content.cid import calc_cid
from vibes_trio.errors import TransformFailed
from vibes_trio.services.releases import JAVASCRIPT_TYPES

ESBUILD = os.environ.get("VIBES_ESBUILD", "")
HOST = "http://garden--ada.apps.test"
MAP = re.compile(rb'<script type="importmap">(.*?)</script>', re.DOTALL)
ROOT = re.compile(r'^import \* as V\d+ from "(.*)";$', re.MULTILINE)
SPECIFIER = re.compile(r"""(?:^|[;\s}])(?:import|from)\s*\(?\s*["'](.*?)["']""", re.MULTILINE)


@pytest.fixture
async def esprima_app(tmp_path, monkeypatch):
    """An app with the compiler that is always there."""
    monkeypatch.setenv("PATH", "/nonexistent")
    db = open_database(tmp_path)
    async with open_compiler(Limits(), "", tmp_path) as compiler:
        yield make_app(db, compiler=compiler)
    db.close()


@pytest.fixture
async def esbuild_app(tmp_path):
    if not ESBUILD:
        pytest.skip("no esbuild: VIBES_ESBUILD is not set (scripts/test sets it when it can be had)")
    db = open_database(tmp_path)
    async with open_compiler(Limits(), ESBUILD, tmp_path) as compiler:
        yield make_app(db, compiler=compiler)
    db.close()


def resolve(specifier, base, import_map):
    """Resolve as browsers do (WHATWG import maps): the scopes that fit the base, then the imports."""
    is_address = specifier.startswith(("./", "../", "/")) or ":" in specifier.split("/")[0]
    key = urljoin(base, specifier) if is_address else specifier
    scopes = import_map.get("scopes", {})
    fitting = [scopes[s] for s in scopes if urljoin(HOST, s) == base]
    for table in [*fitting, import_map["imports"]]:
        entries = {urljoin(HOST, k) if k.startswith(("/", ".")) else k: v for k, v in table.items()}
        if key in entries:
            return urljoin(HOST, entries[key])
        for prefix in sorted((k for k in entries if k.endswith("/")), key=len, reverse=True):
            if key.startswith(prefix):
                return urljoin(HOST, entries[prefix]) + key[len(prefix) :]
    return key if is_address else None


async def load(app, page_path="/"):
    """Return the text of every module that the page reaches on its own host, by path inside the release."""
    page = await get(app, page_path)
    import_map = json.loads(MAP.search(page.body)[1])
    script = page.body.decode()
    release = json.loads(re.search(r'id="vibes-page">(.*?)</script>', script)[1])["release"]
    waiting = [resolve(root, HOST + page_path, import_map) for root in ROOT.findall(script)]
    modules = {}
    while waiting:
        address = waiting.pop()
        path = urlsplit(address).path
        name = path.removeprefix(release.rstrip("/"))
        if not address.startswith(HOST) or name in modules:
            continue
        reply = await get(app, path)
        assert reply.status == 200, address
        assert dict(reply.headers)["content-type"] in JAVASCRIPT_TYPES, address
        modules[name] = reply.body.decode()
        for specifier in SPECIFIER.findall(modules[name]):
            target = resolve(specifier, address, import_map)
            assert target is not None, f"{specifier} in {name}"
            waiting.append(target)
    return modules


def transformed(content):
    return f"/~~transformed~~/{calc_cid(content.encode())}"


# -- modules that import each other -----------------------------------------------------------------------

TREE = {
    "/App.jsx": 'import Card from "./ui/Card";\nimport { sum } from "./lib/math.js";\n'
    "export default () => <Card total={sum(1, 2)} />;\n",
    "/ui/Card.jsx": 'import { Text } from "./parts";\nimport { sum } from "../lib/math";\n'
    "export default ({ total }) => <Text>{sum(total, 1)}</Text>;\n",
    "/ui/parts/index.jsx": 'import back from "../Card.jsx";\n'
    "export const Text = (p) => <b>{p.children}{back && 1}</b>;\n",
    "/lib/math.js": 'import { one } from "./one";\nexport const sum = (a, b) => a + b + one - one;\n',
    "/lib/one.js": 'import { sum } from "./math";\nexport const one = 1;\nexport const two = () => sum(one, one);\n',
}


def tree_files():
    return [jsx(n, c) if n.endswith("x") else js(n, c) for n, c in TREE.items()]


async def test_relative_imports_load_across_folders_endings_and_cycles(esprima_app):
    reply = await deploy(esprima_app, *tree_files())

    modules = await load(esprima_app)

    wanted = {n if n.endswith(".js") else transformed(c) for n, c in TREE.items()}
    assert {name for name in modules if not name.startswith("/~esm/")} == wanted
    assert "warnings" not in reply


async def test_the_page_loads_the_same_at_the_address_of_the_release(esprima_app):
    reply = await deploy(esprima_app, *tree_files(), mode="dev")

    assert len(await load(esprima_app, f"/~{reply['fsId']}~/")) >= len(TREE)


async def test_a_module_that_others_import_is_not_mounted(esprima_app):
    await deploy(esprima_app, *tree_files())

    page = (await get(esprima_app, "/")).body.decode()

    assert ROOT.findall(page) == [transformed(TREE["/App.jsx"]).removeprefix("/")]


async def test_css_json_and_pictures_are_imported_through_modules(esprima_app):
    source = (
        'import "./style.css";\nimport data from "./data.json";\nimport logo from "./img/logo.svg";\n'
        "export default () => <img src={logo} alt={data.name} />;\n"
    )
    files = [
        jsx("/App.jsx", source),
        text("/style.css", "p { color: red }"),
        text("/data.json", '{"name": "x"}'),
        text("/img/logo.svg", "<svg/>"),
    ]

    await deploy(esprima_app, *files)
    modules = await load(esprima_app)

    prefix = "/~~calculated~~/as-module"
    wrappers = {name: modules[name] for name in modules if name.startswith(prefix)}
    assert set(wrappers) == {
        f"{prefix}/style.css.js",
        f"{prefix}/data.json.js",
        f"{prefix}/img/logo.svg.js",
    }
    for name, code in wrappers.items():
        (address,) = re.findall(r'new URL\("(.*?)"', code)
        target = urljoin(f"/~release~{name}", address).removeprefix("/~release~")
        assert (await get(esprima_app, target)).status == 200
    assert dict((await get(esprima_app, "/style.css")).headers)["content-type"] == "text/css"


async def test_equal_sources_in_two_folders_reach_their_own_neighbours(esprima_app):
    same = 'import { name } from "./name";\nexport const View = () => <i>{name}</i>;\n'
    files = [
        jsx("/App.jsx", 'import "./a/View";\nimport "./b/View";\nexport default () => <p />;\n'),
        jsx("/a/View.jsx", same),
        js("/a/name.js", 'export const name = "a";\n'),
        jsx("/b/View.jsx", same),
        js("/b/name.js", 'export const name = "b";\n'),
    ]

    await deploy(esprima_app, *files)
    modules = await load(esprima_app)

    assert {"/a/name.js", "/b/name.js"} <= set(modules)
    assert list(modules.values()).count(modules[transformed(same)]) == 2


async def test_a_relative_import_of_nothing_is_told_and_the_rest_deploys(esprima_app):
    reply = await deploy(esprima_app, jsx(content='import "./nothing";\nexport default () => <p />;\n'))

    assert reply["type"] == "vibes.diy.res-ensure-app-slug"
    assert ["./nothing" in warning and "/App.jsx" in warning for warning in reply["warnings"]] == [True]


async def test_an_unknown_package_is_told_and_left_out_of_the_map(app):
    async def package_version(name):
        return {"left-pad": "1.3.0"}.get(name)

    known = make_app(app.db, compiler=app.compiler, package_version=package_version)
    source = 'import "left-pad";\nimport "left-pad/sub";\nimport "no-such-thing";\nexport default 1;\n'

    reply = await deploy(known, jsx(content=source))

    stored = json.loads((await get(known, "/~~calculated~~/import-map.json")).body)["imports"]
    assert stored["left-pad"] == "https://esm.sh/left-pad@1.3.0"
    assert stored["left-pad/sub"] == "https://esm.sh/left-pad@1.3.0/sub"
    assert "no-such-thing" not in stored
    assert ["no-such-thing" in warning for warning in reply["warnings"]] == [True]


async def test_deploying_again_mends_what_was_missing_while_the_registry_was_down(app):
    files = [jsx(content='import "left-pad";\nexport default 1;\n')]
    down = await deploy(app, *files)

    async def package_version(name):
        return "1.3.0"

    up = make_app(app.db, compiler=app.compiler, package_version=package_version)
    again = await deploy(up, *files)

    assert len(down["warnings"]) == 1
    assert again["fsId"] == down["fsId"]
    assert "warnings" not in again
    stored = json.loads((await get(up, "/~~calculated~~/import-map.json")).body)["imports"]
    assert stored["left-pad"] == "https://esm.sh/left-pad@1.3.0"


async def test_another_entry_point_or_language_counts_although_the_fs_id_is_the_same(app):
    files = [jsx("/A.jsx"), js("/B.js", "export default 1;\n")]
    plain = await deploy(app, *files)
    assert len(ROOT.findall((await get(app, "/")).body.decode())) == 2

    flagged = await deploy(app, files[0] | {"entryPoint": True}, files[1])

    assert flagged["fsId"] == plain["fsId"]
    assert ROOT.findall((await get(app, "/")).body.decode()) == [transformed(files[0]["content"])[1:]]
    as_asset = await deploy(app, text("/A.jsx", files[0]["content"]), files[1])
    assert as_asset["fsId"] == plain["fsId"]
    assert ROOT.findall((await get(app, "/")).body.decode()) == ["B.js"]


# -- what a release holds ---------------------------------------------------------------------------------


async def test_items_tell_how_they_came_to_be(app):
    files = [jsx("/App.jsx", "export default 1;\n"), js("/x.js", 'import "./App";\n'), text("/t")]

    reply = await deploy(app, *files)

    source, made, plain, js_item, import_map = reply["fileSystem"]
    assert [source["fileName"], plain["fileName"], js_item["fileName"]] == ["/App.jsx", "/t", "/x.js"]
    assert made["fileName"] == transformed("export default 1;\n")
    assert source["transform"] == {"type": "jsx-to-js", "transformedAssetId": made["assetId"]}
    assert made["transform"] == {
        "type": "transformed",
        "action": "jsx-to-js",
        "transformedAssetId": source["assetId"],
    }
    assert js_item["transform"] == {"type": "imports", "importMapAssetId": import_map["assetId"]}
    assert import_map["transform"] == {"type": "import-map", "fromAssetIds": ["/x.js"]}
    assert import_map["mimeType"] == "application/importmap+json"
    assert "transform" not in plain
    assert all(item["assetURI"] == f"sql://Assets/{item['assetId']}" for item in reply["fileSystem"])


async def test_each_package_is_looked_up_once(app):
    asked = []

    async def package_version(name):
        asked.append(name)
        return "1.0.0"

    counting = make_app(app.db, compiler=app.compiler, package_version=package_version)
    files = [
        jsx(f"/{n}.jsx", 'import "left-pad";\nimport "left-pad/x";\nimport "react";\n') for n in range(5)
    ]

    await deploy(counting, *files)

    assert asked == ["left-pad"]


# -- what does not compile --------------------------------------------------------------------------------


async def test_no_registry_is_asked_for_packages_that_lie_beside_the_app(app):
    """Their names are private, and somebody else might publish something by them."""
    asked = []

    async def package_version(name):
        asked.append(name)
        return "1.2.3"

    counting = make_app(app.db, compiler=app.compiler, package_version=package_version)
    await deploy(
        counting,
        jsx("/web/src/main.jsx", 'import "@acme/ui";\nimport "@acme/ui/look";\nimport "tiny-date";\n'),
        text("/web/index.html", "<div id=root></div>"),
        text("/package.json", '{"workspaces": ["*"]}'),
        text("/ui/package.json", '{"name": "@acme/ui"}'),
        js("/ui/index.js", "export {};"),
        js("/ui/look.js", "export {};"),
    )

    assert asked == ["tiny-date"]


async def test_of_several_failures_the_first_by_name_is_told(app, compiler):
    """Whichever compiler is done first."""
    compile_one = compiler.compile

    async def failing(source, user):
        await compile_one(source)
        for _ in range({"/a.jsx": 9, "/b.jsx": 1}[source.filename]):
            await trio.lowlevel.checkpoint()
        raise TransformFailed("made to fail", filename=source.filename, line=3, column=4)

    compiler.compile = failing

    reply = await deploy(app, jsx("/b.jsx"), jsx("/a.jsx"))

    assert (reply["code"], reply["filename"], reply["line"], reply["column"]) == (
        "transform-failed",
        "/a.jsx",
        3,
        4,
    )


@pytest.mark.parametrize("make", [jsx, js])
async def test_a_mistake_is_told_with_file_line_and_column(esprima_app, make):
    reply = await deploy(esprima_app, make("/lib/x.js", "const a = 1;\nconst b = = 2;\n"))

    assert (reply["code"], reply["filename"], reply["line"]) == ("transform-failed", "/lib/x.js", 2)
    assert reply["column"] >= 10
    assert reply["message"].startswith("/lib/x.js:2:")


@pytest.mark.parametrize("lang", ["ts", "tsx"])
async def test_without_esbuild_types_are_refused_in_plain_words(esprima_app, lang):
    reply = await deploy(esprima_app, jsx(f"/App.{lang}", "const a: number = 1;\n", lang=lang))

    assert (reply["code"], reply["filename"]) == ("transform-failed", f"/App.{lang}")
    assert "esbuild" in reply["message"]


async def test_with_esbuild_typed_modules_reach_each_other(esbuild_app):
    app_source = (
        'import { twice, type Pair } from "./lib/pair";\n'
        "export default function App({ n = 2 }: { n?: number }) { const p: Pair = twice(n); return <p>{p}</p>; }\n"
    )
    pair_source = (
        "export type Pair = [number, number];\nexport const twice = (n: number): Pair => [n, n] as Pair;\n"
    )

    reply = await deploy(
        esbuild_app,
        jsx("/App.tsx", app_source, lang="tsx"),
        jsx("/lib/pair.ts", pair_source, lang="ts"),
    )
    modules = await load(esbuild_app)

    assert reply["type"] == "vibes.diy.res-ensure-app-slug", reply
    assert {transformed(app_source), transformed(pair_source)} <= set(modules)
    assert "number" not in modules[transformed(pair_source)]


async def test_markdown_round_the_code_is_told(esprima_app):
    reply = await deploy(esprima_app, jsx(content="Here it is:\n\n```jsx\nexport default () => 1;\n```\n"))

    assert reply["code"] == "transform-failed"
    assert "leave only what stands between the lines of ```" in reply["message"]


async def test_a_file_that_is_no_module_is_never_compiled_whatever_its_name(app, compiler):
    await deploy(app, text("/App.jsx", "this is < no module"))

    assert compiler.sources == []


async def test_settings_and_tests_that_do_not_compile_are_kept_as_files(esprima_app):
    """Here no TypeScript compiles, and a project in JavaScript may have its settings in it."""
    settings = {"type": "code-block", "lang": "ts", "filename": "/vite.config.ts", "content": "let a: number"}

    release = await deploy(esprima_app, jsx(), settings)

    files = {item["fileName"]: item for item in release["fileSystem"]}
    assert "transform" not in files["/vite.config.ts"]
    assert (await get(esprima_app, "/vite.config.ts")).body == b"let a: number"
