"""Imports with a query: an address, the text, a worker, a file for a page's script element."""

import pytest
from built_packages import ensure, run
from fake_registry import pack, react_registry, require_packages
from msgspec.structs import replace

from vibes_trio.content.vibes_modules import FIREPROOF
from vibes_trio.modules.build.bundle import is_stored
from vibes_trio.modules.build.forms import file_behind, notes_on_modules, told_notes
from vibes_trio.modules.resolve.package_lock import Lock, Package

FILES = {
    "package.json": '{"exports": {".": "./main.js", "./wasm": "./dist/core.wasm"}, "unpkg": "umd/kit.min.js"}',
    "main.js": "export const main = 1",
    "dist/core.wasm": "wasm!",
    "umd/kit.min.js": "globalThis.kit = 1",
    "deep/x.css": "a { background: url(./p.png) }",
    "deep/p.png": "p",
    "w.js": "import './n.js'; postMessage(1)",
    "n.js": "globalThis.n = 'imported'",
}
ALL_EXPORTED = FILES | {"package.json": '{"unpkg": "umd/kit.min.js", "main": "main.js"}'}


async def test_url_is_the_address_of_the_file_as_it_is(config, registry, tmp_path):
    registry.add("kit", "1.0.0", pack(FILES))

    store, lock, failed = await ensure(config, registry, "kit/wasm?url", "kit?url")

    assert failed == {}
    script = 'import w from "kit/wasm?url"; import m from "kit?url"; console.log(w, m)'
    wasm, main = run(store, lock, script, tmp_path).split()
    assert wasm.endswith("/dist/core.wasm")
    assert store.find(wasm).content == b"wasm!"
    assert store.find(main).content == b"export const main = 1"
    assert file_behind(store, lock.modules["kit/wasm?url"]) == wasm
    assert is_stored(store, lock.modules["kit?url"])


async def test_raw_inline_and_worker(config, registry, tmp_path):
    registry.add("kit", "1.0.0", pack(ALL_EXPORTED))
    wanted = (
        "kit/main.js?raw",
        "kit/deep/x.css?inline",
        "kit/deep/p.png?inline",
        "kit/w?worker",
        "kit/w.js?worker&url",
    )

    store, lock, failed = await ensure(config, registry, *wanted)

    imports = "".join(f'import m{number} from "{name}";' for number, name in enumerate(wanted))
    script = imports + (
        "globalThis.Worker = class { constructor(at, how) { this.at = at; this.how = how } };"
        "const w = new m3({ name: 'n' });"
        "console.log([m0, m1.trim(), m2, w.how.type, w.how.name, w.at === m4, w.at].join('|'))"
    )
    raw, css, picture, kind, name, same, at = run(store, lock, script, tmp_path).split("|")
    assert failed == {}
    assert (raw, kind, name, same) == ("export const main = 1", "module", "n", "true")
    assert css == "a{background:url(data:image/png,p)}"
    assert picture == "data:image/png;base64,cA=="
    assert b"imported" in store.find(at).content


@pytest.mark.parametrize(
    ("specifier", "content"),
    [
        ("kit?file", b"globalThis.kit = 1"),
        ("kit/umd/kit.min.js?file", b"globalThis.kit = 1"),
        ("kit/kit.js?file", b"globalThis.kit = 1"),
        ("kit/dist/core.wasm?file", b"wasm!"),
    ],
)
async def test_any_file_of_a_package_is_to_be_had_whatever_it_exports(config, registry, specifier, content):
    """As hosts of packages have them, and those that they make or call otherwise."""
    registry.add("kit", "1.0.0", pack(FILES))

    store, lock, failed = await ensure(config, registry, specifier)

    assert failed == {}
    assert store.find(file_behind(store, lock.modules[specifier])).content == content


async def test_a_file_that_is_not_there_is_told(config, registry):
    registry.add("kit", "1.0.0", pack(FILES))

    _, lock, failed = await ensure(config, registry, "kit/gone.js?file", "kit/dist/core.wasm?url", "gone?url")

    assert lock.modules == {}
    assert "no file gone.js" in failed["kit/gone.js?file"]
    assert "no entry dist/core.wasm" in failed["kit/dist/core.wasm?url"]
    assert "none of that name" in failed["gone?url"]


async def test_a_style_sheet_as_a_file_is_stored_with_what_it_names_and_nothing_it_depends_on(
    config, registry
):
    registry.add("kit", "1.0.0", pack(ALL_EXPORTED), dependencies={"other": "1"})
    registry.add("other", "1.0.0", b"this archive is broken")

    store, lock, failed = await ensure(config, registry, "kit/deep/x.css?file")

    assert failed == {}
    file = file_behind(store, lock.modules["kit/deep/x.css?file"])
    assert store.find(file).content == FILES["deep/x.css"].encode()
    assert store.find(file.replace("x.css", "p.png")).content == b"p"


def test_what_packages_would_be_built_with_is_not_told_where_only_their_files_are_wanted():
    def package(name: str, **uses: str) -> Package:
        return Package(name=name, version="1.0.0", integrity="", tarball="", uses=uses)

    keys = {name: f"{name}@1.0.0" for name in ("file", "part", "both", "module")}
    packages = {
        keys["file"]: package("file", part=keys["part"], both=keys["both"]),
        keys["part"]: package("part"),
        keys["both"]: package("both"),
        keys["module"]: package("module", both=keys["both"]),
    }
    notes = tuple(f"{key} asks for react ^18; the page has 19" for key in keys.values())
    lock = Lock(packages=packages, shared={"file": keys["file"], "module": keys["module"]}, notes=notes)

    assert notes_on_modules(lock, ["file/a.js?file", "module/x", "gone"]) == [*notes[2:]]
    assert notes_on_modules(lock, ["file/a.js?file", "file", "module"]) == [*notes]


async def test_react_comes_as_a_script_though_it_has_none(config, tmp_path):
    registry = react_registry()
    needs = {"dependencies": {"scheduler": "^0.27.0"}, "peerDependencies": {"react": "^19.2.1"}}
    registry.add("react-dom", "19.2.1", pack(require_packages("react-dom")["react-dom"]), **needs)

    store, lock, failed = await ensure(
        config,
        registry,
        "react/umd/react.production.min.js?file",
        "react-dom/umd/react-dom.development.js?file",
    )

    assert failed == {}
    react = store.find(file_behind(store, lock.modules["react/umd/react.production.min.js?file"])).content
    dom = store.find(file_behind(store, lock.modules["react-dom/umd/react-dom.development.js?file"])).content
    assert b"globalThis.React" in react
    assert b"globalThis.ReactDOM" in dom
    assert b"createRoot" in dom
    assert len(dom) > 100_000
    assert b"import" not in dom[:20]


def test_notes_on_what_the_database_brings_along_are_not_told():
    part = Package(name="part", version="1.0.0", integrity="", tarball="")
    database = Package(name=FIREPROOF, version="1.0.0", integrity="", tarball="", uses={"part": "part@1.0.0"})
    lock = Lock(
        packages={"database": database, "part@1.0.0": part},
        shared={FIREPROOF: "database"},
        notes=("part@1.0.0 asks for react ^18; the page has 19", "part@1.0.01 asks for react ^18"),
    )

    assert told_notes(lock, [FIREPROOF]) == ["part@1.0.01 asks for react ^18"]
    assert told_notes(replace(lock, shared={}), [FIREPROOF]) == [*lock.notes]
