"""Apps built by esbuild. What they do then is seen in `test_bundled_apps.py`."""

import json

import pytest

from vibes_trio.bundle.build import AppBuild, build_app
from vibes_trio.bundle.places import make_places
from vibes_trio.bundle.prepare import AppSources
from vibes_trio.content.tool_settings import Alias
from vibes_trio.errors import TransformFailed

LANGS = {"js": "js", "jsx": "jsx", "ts": "ts", "tsx": "tsx"}
ALIASES = [Alias("@/", ("/src/", "/"))]


def sources(files: dict[str, str | bytes], *entries: str, **more) -> AppSources:
    contents = {name: text.encode() if isinstance(text, str) else text for name, text in files.items()}
    langs = {name: LANGS[end] for name in files if (end := name.rpartition(".")[2]) in LANGS}
    places = make_places(list(files), "", "", ALIASES)
    return AppSources(contents, langs, entries or ("/App.jsx",), places, **more)


def code_of(build: AppBuild) -> str:
    return "\n".join(text.decode() for name, text in build.files.items() if name.endswith(".js"))


async def test_an_app_becomes_an_entry_with_its_maps_and_says_which_packages_it_imports(esbuild):
    code = 'import { n } from "@/n"; import z from "zod"; export default () => z(n);'
    app = sources({"/src/App.tsx": code, "/src/n.ts": "export const n: number = 1;"}, "/src/App.tsx")

    build = await build_app(esbuild, app)

    entry = build.entries["/src/App.tsx"]
    assert build.packages == ("zod",)
    assert 'from "zod"' in build.files[entry].decode()
    assert build.files[entry].decode().rstrip().endswith(f"//# sourceMappingURL={entry}.map")
    assert json.loads(build.files[f"{entry}.map"])["sources"] == ["../src/n.ts", "../src/App.tsx"]
    assert (build.warnings, build.missing, build.failure) == ((), (), None)


async def test_the_same_app_is_built_to_the_same_files(esbuild):
    app = sources({"/App.jsx": "import './a.css'; export default () => <p/>", "/a.css": "p { color: red }"})

    assert (await build_app(esbuild, app)).files == (await build_app(esbuild, app)).files


async def test_several_entries_and_late_parts_share_what_they_have_in_common(esbuild):
    app = sources(
        {
            "/a.js": 'import { n } from "./n.js"; a(n); import("./late.js");',
            "/b.js": 'import { n } from "./n.js"; b(n);',
            "/late.js": 'import { n } from "./n.js"; late(n);',
            "/n.js": 'export const n = "in one place only";',
        },
        "/a.js",
        "/b.js",
    )

    build = await build_app(esbuild, app)

    assert list(build.entries) == ["/a.js", "/b.js"]
    assert code_of(build).count("in one place only") == 1


async def test_values_are_those_of_the_deploy_alone(esbuild, monkeypatch):
    """The server's own environment is not among them."""
    monkeypatch.setenv("VITE_SECRET", "of-the-server")
    asked = "import.meta.env.VITE_SECRET, process.env.VITE_SECRET, import.meta.env"
    code = f"const {{ env }} = import.meta;\nexport default [env, {asked}];"
    env = {"VITE_A": 'a"b</script>', "odd name": "x", "MODE": "test"}

    build = await build_app(esbuild, sources({"/App.jsx": code}, env=env))

    text = code_of(build)
    assert "of-the-server" not in text
    assert '"test"' in text
    assert "odd name" in text


@pytest.mark.parametrize(
    "path",
    [
        "/etc/passwd",
        "../../../../etc/passwd",
        "file:///etc/passwd",
        "./%2e%2e/%2e%2e/etc/passwd",
        "/etc/hostname?raw",
        "vibes-file:/etc/passwd?raw",
        "@/../../etc/passwd?raw",
    ],
)
async def test_nothing_outside_of_the_app_is_read(esbuild, path):
    """Neither by a plain import, a late one, a style sheet, a glob or a path that is put together."""
    code = f"""import a from {json.dumps(path)};
import "./a.css";
const b = import({json.dumps(path)}), c = import.meta.glob({json.dumps(path + "*")});
const d = (x) => import({json.dumps(path)} + x);
export default [a, b, c, d];"""
    css = f'@import "{path}"; p {{ background: url("{path}"); composes: x from "{path}" }}'

    build = await build_app(esbuild, sources({"/App.jsx": code, "/a.css": css}))

    assert b"root:" not in b"".join(build.files.values())
    assert "root:" not in str(build)


@pytest.mark.parametrize(
    "call",
    [
        'import("../../../../etc/pass" + x)',
        "import(`../../../../etc/pass${x}`)",
        'import /* a */ ("../../../../etc/pass" + x)',
        'import // a\n("../../../../etc/pass" + x)',
        'require("../../../../etc/pass" + x)',
        'r\\u0065quire("../../../../etc/pass" + x)',
        'a.split(/ "/), import("../../../../etc/pass" + x), "b"',
        "a.split(/ '/), require('../../../../etc/pass' + x), 'b'",
        "a.split(/ \\/*/), import('../../../../etc/pass' + x), a.split(/*/ /)",
    ],
)
@pytest.mark.parametrize("file", ["/App.jsx", "/vite.config.js"])
async def test_what_a_path_may_mean_is_not_looked_for_on_the_disk(esbuild, call, file):
    """esbuild would, whatever a plugin says: it has to see no such call."""
    files = {"/App.jsx": 'import "./vite.config.js";', "/vite.config.js": ""}
    code = f"const x = globalThis.x, a = 'a'; {call}; export default x;"

    app = sources(files | {file: files[file] + code}, apart=frozenset({"/vite.config.js"}))
    told = ""
    try:
        build = await build_app(esbuild, app)
    except TransformFailed as failed:  # what was taken for text is no call any more
        told = failed.message
    else:
        told = f"{build}{code_of(build)}"

    assert "passwd" not in told
    assert "leads out of it" not in told


async def test_text_about_calls_stays_what_it_is(esbuild):
    app = sources({"/App.jsx": 'export default ["import(a + b)", /import(a)/, import(globalThis.name)];'})

    code = code_of(await build_app(esbuild, app))

    assert '"import(a + b)"' in code
    assert "/import(?:)(a)/" in code


async def test_a_missing_file_is_noted_and_the_rest_is_built(esbuild):
    app = sources(
        {"/App.jsx": 'import { x } from "./none"; import "@/gone.css"; export default x', "/b.css": ""}
    )

    build = await build_app(esbuild, app)

    assert build.missing == (("/App.jsx", "./none"), ("/App.jsx", "@/gone.css"))
    assert "./none could not be loaded" in code_of(build)
    assert build.failure is None


async def test_addresses_in_style_sheets_that_lead_nowhere_are_noted(esbuild):
    addresses = ("./none.png", "/none.png", "data:x", "#s", "https://example.org/t.png")
    css = '@import "./none.css";' + "".join(f"p {{ background: url({address}) }}" for address in addresses)

    build = await build_app(esbuild, sources({"/App.jsx": "import './a.css'", "/a.css": css}))

    assert build.missing == (("/a.css", "./none.css"), ("/a.css", "./none.png"), ("/a.css", "/none.png"))
    assert 'new URL("../none.png", import.meta.url)' in code_of(build)


async def test_what_the_service_refuses_becomes_an_entry_that_says_so(esbuild):
    app = sources(
        {"/App.jsx": 'import { no } from "./a.js";\nexport default no', "/a.js": "export const yes = 1"}
    )

    build = await build_app(esbuild, app)

    assert build.failure is not None
    assert build.failure.line == 1
    assert "/a.js exports no no: write `export` there" in code_of(build)
    assert build.warnings[0].startswith("/App.jsx:1: /a.js exports no no")


async def test_a_source_that_cant_be_parsed_is_refused_with_its_place(esbuild):
    app = sources({"/App.jsx": "const a = import.meta.glob('./b');\nconst = 1;"})

    with pytest.raises(TransformFailed) as failed:
        await build_app(esbuild, app)

    assert failed.value.message.startswith("/App.jsx:2:")


async def test_a_style_sheet_that_cant_be_had_is_told_and_the_others_are_had(esbuild):
    app = sources(
        {
            "/App.jsx": 'import "./a.scss"; import "./b.css"; import c from "./c.module.css"; export default c',
            "/a.scss": "$a: red;",
            "/b.css": "p { color: red }",
            "/c.module.css": ".c { composes: none from './b.css' }",
        }
    )

    build = await build_app(esbuild, app)

    assert "/a.scss: Sass is not compiled here: write it as CSS, which can nest by now." in build.warnings
    assert any(text.startswith("/c.module.css") for text in build.warnings)
    assert "color: red" in code_of(build)
    assert "vibes-notice" in code_of(build)


async def test_style_sheets_of_packages_are_imported_by_their_module(esbuild):
    css = '@import "~leaflet/dist/leaflet.css"; @import "https://example.org/a.css"; p { color: red }'

    build = await build_app(esbuild, sources({"/App.jsx": "import './a.css'", "/a.css": css}))

    assert build.packages == ("leaflet/dist/leaflet.css",)
    assert 'import "leaflet/dist/leaflet.css"' in code_of(build)
    assert '@import "https://example.org/a.css"' in code_of(build)


async def test_module_exports_in_a_module_are_told(esbuild):
    app = sources({"/App.jsx": 'import a from "zod";\nmodule.exports = a;\nexport const b = import.meta.env'})

    build = await build_app(esbuild, app)

    assert build.warnings[0].startswith('/App.jsx:2: The CommonJS "module" variable')


async def test_tailwind_plugins_and_parts_of_next_for_servers_are_told(esbuild):
    app = sources(
        {
            "/App.jsx": 'import "./a.css"; import "next/headers"; export default 1',
            "/a.css": '@import "tailwindcss"; @import "tw-animate-css"; @plugin "@tailwindcss/forms";',
        }
    )

    build = await build_app(esbuild, app)

    assert build.tailwind
    assert "/a.css: @tailwindcss/forms: the Tailwind of the page runs no plugins" in build.warnings[0]
    assert "tw-animate-css?inline" in build.packages
    assert "next/headers takes a server" in build.warnings[1]


async def test_a_configuration_that_cant_be_parsed_brings_nothing(esbuild):
    app = sources(
        {
            "/App.jsx": "import './a.css'",
            "/a.css": "@tailwind base;",
            "/tailwind.config.js": "export default {",
        },
        apart=frozenset({"/tailwind.config.js"}),
    )

    assert "@theme" not in code_of(await build_app(esbuild, app))


async def test_linked_style_sheets_are_an_entry_of_their_own_and_come_first(esbuild):
    app = sources({"/App.jsx": "a()", "/a.css": "p { @apply p-4 }"}, linked=("/a.css",))

    build = await build_app(esbuild, app)

    assert list(build.entries) == ["/~styles.js", "/App.jsx"]
    assert "@apply p-4" in build.files[build.entries["/~styles.js"]].decode()


async def test_a_component_of_an_svg_that_is_none_is_refused(esbuild):
    app = sources({"/App.jsx": 'import A from "./a.svg?react"; export default A', "/a.svg": "<p>no</p>"})

    assert (await build_app(esbuild, app)).failure.text == "it is no SVG: its element is p"


async def test_components_of_other_frameworks_are_refused_by_name(esbuild):
    app = sources({"/App.jsx": 'import A from "./A.vue"; export default A', "/A.vue": "<template/>"})

    assert "Vue components can't be compiled here" in (await build_app(esbuild, app)).failure.text


async def test_a_worker_imports_packages_by_addresses_since_no_import_map_reaches_it(esbuild):
    app = sources(
        {
            "/App.jsx": 'new Worker(new URL("./w.js", import.meta.url)); import W from "./w?sharedworker"; new W();',
            "/w.js": 'import z from "zod/v4"; self.onmessage = () => z();',
        }
    )

    build = await build_app(esbuild, app)

    worker = next(name for name in build.files if name.startswith("w-worker-") and name.endswith(".js"))
    assert 'from "./~package/zod/v4"' in build.files[worker].decode()
    assert build.packages == ("zod/v4",)
    assert worker in build.files[build.entries["/App.jsx"]].decode()


async def test_a_file_apart_that_is_imported_is_part_of_the_app(esbuild):
    """With all that it needs in turn; one that nobody imports may be anything."""
    app = sources(
        {
            "/App.jsx": 'import c from "./site.config.js"; export default c',
            "/site.config.js": 'import "./a.css"; export { default } from "./more.config.js"',
            "/more.config.js": 'export default import.meta.glob("./a.*")',
            "/vite.config.js": "import(x); const = 1",
            "/a.css": "p { color: red }",
        },
        apart=frozenset({"/site.config.js", "/more.config.js", "/vite.config.js"}),
    )

    build = await build_app(esbuild, app)

    assert build.failure is None
    assert "color: red" in code_of(build)
    assert '"./a.css"' in code_of(build)


async def test_react_is_there_where_a_file_names_it_and_has_none(esbuild):
    files = {
        "/App.jsx": 'import "./b"; const { memo } = React; export default memo(() => null);',
        "/b.js": "const React = { memo: 1 }; out(React.memo);",
    }

    build = await build_app(esbuild, sources(files, has_globals=True))
    without = await build_app(esbuild, sources(files))

    assert build.packages == ("react",)
    assert without.packages == ()


async def test_an_app_that_names_no_react_gets_none(esbuild):
    build = await build_app(
        esbuild, sources({"/App.jsx": "export default () => import.meta.env.MODE;"}, has_globals=True)
    )

    assert build.packages == ()


async def test_react_dom_is_there_with_all_that_it_had_in_one(esbuild):
    app = sources({"/App.jsx": "ReactDOM.createRoot(document.body).render(1);"}, has_globals=True)

    build = await build_app(esbuild, app)

    assert set(build.packages) == {"react-dom", "react-dom/client"}


async def test_a_name_in_letters_of_another_size_is_told(esbuild):
    files = {"/App.jsx": 'import "./Nav"; export default 1;', "/nav.js": "out(1);"}

    build = await build_app(esbuild, sources(files))

    assert build.warnings[0].startswith('/App.jsx: import "./Nav": the file is called nav.js')
    assert build.missing == ()


async def test_a_style_sheet_that_is_not_there_is_told_and_the_app_goes_on(esbuild):
    files = {"/App.jsx": 'import "./App.css"; import s from "./b.module.css"; export default () => s.a;'}

    build = await build_app(esbuild, sources(files))

    assert build.missing == (("/App.jsx", "./App.css"), ("/App.jsx", "./b.module.css"))
    assert code_of(build).count("vibes-notice") == 2
    assert "could not be loaded" not in code_of(build)


@pytest.mark.parametrize(
    ("pragma", "source", "expected"),
    [
        ("", "preact", 'from "preact/jsx-runtime"'),
        ("/** @jsx h */ import { h } from 'preact'; ", "", 'h("p"'),
        ("/** @jsx h */ import { h } from 'preact'; ", "preact", 'h("p"'),
        ("/** @jsxImportSource @emotion/react */", "preact", 'from "@emotion/react/jsx-runtime"'),
        ("\ufeff", "preact", 'from "preact/jsx-runtime"'),
        ("import.meta.env.X;", "preact", 'from "preact/jsx-runtime"'),
    ],
)
async def test_jsx_is_that_of_the_library_that_the_file_or_the_app_names(esbuild, pragma, source, expected):
    app = sources({"/App.jsx": f"{pragma}export default () => <p/>"}, jsx_source=source)

    build = await build_app(esbuild, app)

    assert expected in code_of(build)
    assert "react/jsx" not in code_of(build).replace("@emotion/react/jsx", "").replace("preact/jsx", "")
    assert build.failure is None


async def test_solid_is_told_as_its_jsx_would_show_nothing(esbuild):
    build = await build_app(esbuild, sources({"/App.jsx": "a(<p/>)"}, jsx_source="solid-js"))

    assert "Solid's JSX needs a compiler of its own" in code_of(build)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("App", "/App.jsx has no default export: write `export default` there"),
        ("{ Ap }", "/App.jsx exports no Ap: write `export` there"),
    ],
)
async def test_an_export_that_is_not_there_is_told_by_what_to_write(esbuild, name, words):
    app = sources(
        {"/m.jsx": f"import {name} from './App'; a(Ap, App)", "/App.jsx": "export const B = 1"}, "/m.jsx"
    )

    build = await build_app(esbuild, app)

    assert words in build.warnings[0]
    assert words in code_of(build)


async def test_imports_behind_directives_of_tailwind_count_as_its_tools_have_it(esbuild):
    css = (
        '/* a */ @import "tailwindcss" source("../src");\n@plugin "p";\n@import "./theme.css" layer(theme);\n'
    )
    app = sources(
        {
            "/App.jsx": "import './a.css'; export default 1",
            "/a.css": css,
            "/theme.css": "@theme { --color-c: red; }",
        }
    )

    code = code_of(await build_app(esbuild, app))

    assert "--color-c: red" in code
    assert "./theme.css" not in code
