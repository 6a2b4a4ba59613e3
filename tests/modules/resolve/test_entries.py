"""Which file of a package a specifier means."""

import json

import pytest

from vibes_trio.errors import ModuleFailed
from vibes_trio.modules.resolve.entries import resolve_entry, resolve_file, resolve_hosted


def resolve(manifest: object, files: str, subpath: str = "") -> str:
    return resolve_entry(json.dumps(manifest).encode(), files.split(), subpath)


@pytest.mark.parametrize(
    ("manifest", "files", "entry"),
    [
        ({}, "index.js", "index.js"),
        ({"main": "./lib/x.js"}, "lib/x.js index.js", "lib/x.js"),
        ({"main": "lib/x"}, "lib/x.js", "lib/x.js"),
        ({"main": "lib"}, "lib/index.js", "lib/index.js"),
        ({"main": "gone.js"}, "index.js", "index.js"),
        ({"main": "a.js", "module": "b.mjs"}, "a.js b.mjs", "b.mjs"),
        ({"main": "a.js", "module": "b.mjs", "browser": "c.js"}, "a.js b.mjs c.js", "c.js"),
        ({"main": "a.js", "browser": {"fs": False}}, "a.js", "a.js"),
        ({"main": "a.js", "browser": {"./a.js": "./b.js"}}, "a.js b.js", "b.js"),
        ({"main": "./lib/index", "browser": {"./lib/index": "./b"}}, "lib/index.js b.js", "b.js"),
        ({"main": "./lib", "browser": {"./lib/index.js": "b.js"}}, "lib/index.js b.js", "b.js"),
        ({"main": "a.js", "browser": {"a": "./b.js", "./c.js": "./b.js"}}, "a.js b.js", "a.js"),
        ({"exports": "./a.js", "browser": {"./a.js": "./b.js"}}, "a.js b.js", "b.js"),
        ({"exports": "./a.js", "main": "b.js"}, "a.js b.js", "a.js"),
        ({"exports": {".": "./a.js"}}, "a.js", "a.js"),
        ({"exports": {"react-server": "./s.js", "default": "./a.js"}}, "s.js a.js", "a.js"),
        ({"exports": {".": {"node": "./n", "import": "./m", "default": "./d"}}}, "n m d", "m"),
        ({"exports": {".": {"browser": {"require": "./r.js"}, "default": "./d.js"}}}, "r.js d.js", "d.js"),
        ({"exports": [{"node": "./n.js"}, "./a.js"]}, "a.js", "a.js"),
    ],
)  # fmt: skip
def test_main_entry(manifest, files, entry):
    assert resolve(manifest, files) == entry


@pytest.mark.parametrize(
    ("manifest", "files", "subpath", "entry"),
    [
        ({}, "client.js", "client", "client.js"),
        ({}, "fp/index.js", "fp", "fp/index.js"),
        ({}, "a/b.js", "a/b.js", "a/b.js"),
        ({"exports": {"./client": "./c.js", ".": "./a.js"}}, "c.js a.js", "client", "c.js"),
        ({"exports": {"./*": "./lib/*.js"}}, "lib/x.js", "x", "lib/x.js"),
        ({"exports": {"./*": "./lib/*.js", "./x/*": "./y/*.mjs"}}, "y/z.mjs", "x/z", "y/z.mjs"),
        ({"exports": {"./*.js": {"import": "./m/*.js"}}}, "m/a/b.js", "a/b.js", "m/a/b.js"),
        ({"exports": {".": "./a.js", "./dist/": "./dist/"}}, "a.js dist/x.css", "dist/x.css", "dist/x.css"),
        ({"exports": {"./": "./", "./lib/": "./build/"}}, "build/x.js lib/x.js", "lib/x.js", "build/x.js"),
        ({"exports": {"./lib/": "./build/"}}, "build/x/y.js", "lib/x/y", "build/x/y.js"),
        ({"exports": {"./*": "./*"}}, "x/y.mjs", "x/y", "x/y.mjs"),
        ({"exports": {"./*": "./lib/*"}}, "lib/x/index.js", "x", "lib/x/index.js"),
        ({"exports": {"./*": ["./a/*.js", "./b/*.js"]}}, "b/x.js", "x", "b/x.js"),
        ({"exports": {"./x": "./x", "./*": None}}, "x.js", "x", "x.js"),
    ],
)
def test_subpath(manifest, files, subpath, entry):
    assert resolve(manifest, files, subpath) == entry


@pytest.mark.parametrize(
    ("manifest", "files", "subpath"),
    [
        ({}, "a.js", ""),
        ({}, "a.js", "b"),
        ({"exports": {".": "./a.js"}}, "a.js b.js", "b.js"),
        ({"exports": {".": "./a.js", "./internal/*": None, "./*": "./*.js"}}, "internal/x.js", "internal/x"),
        ({"exports": {"node": "./a.js"}}, "a.js", ""),
        ({"exports": "./a.js"}, "a.js", "a"),
        ({"exports": "../../etc/passwd"}, "a.js", ""),
        ({"exports": "./gone.js"}, "gone.js.js index.js", ""),
        ({"exports": 3}, "index.js", ""),
        ({"main": "a.js", "browser": {"./a.js": False}}, "a.js", ""),
        ({"main": "a.js", "browser": {"./a.js": "../../../etc/passwd"}}, "a.js", ""),
        ({"main": "a.js", "browser": {"./a.js": "/etc/passwd"}}, "a.js", ""),
        ({"main": "../x.js"}, "x.js", ""),
    ],
)
def test_what_is_not_there_or_not_exported_is_refused(manifest, files, subpath):
    with pytest.raises(ModuleFailed, match="no entry"):
        resolve(manifest, files, subpath)


@pytest.mark.parametrize(
    ("inner", "files", "entry"),
    [
        (
            {"main": "../cjs/Button.js", "module": "../esm/Button.js"},
            "cjs/Button.js esm/Button.js",
            "esm/Button.js",
        ),
        ({"main": "x"}, "Button/x.js", "Button/x.js"),
        ({}, "Button/index.js", "Button/index.js"),
        ({"main": "a.js", "browser": {"./a.js": "./b.js"}}, "Button/a.js Button/b.js", "Button/b.js"),
        ({"main": "../../../etc/passwd"}, "Button/index.js", "Button/index.js"),
        ({"main": "a.js", "browser": {"./a.js": "../../x"}}, "Button/a.js", None),
    ],
)
def test_folder_with_a_manifest_of_its_own(inner, files, entry):
    """As in `react-bootstrap/Button`: its fields are read from the folder on, and never lead out of the package."""
    names = ["package.json", "Button/package.json", *files.split()]
    read = {"Button/package.json": json.dumps(inner).encode()}.__getitem__

    if entry is None:
        with pytest.raises(ModuleFailed, match="no entry Button"):
            resolve_entry(b"{}", names, "Button", read)
    else:
        assert resolve_entry(b"{}", names, "Button", read) == entry


def test_folder_of_a_package_with_exports_is_not_looked_into():
    read = {"x/package.json": b'{"main": "a.js"}'}.__getitem__

    with pytest.raises(ModuleFailed, match="no entry x"):
        resolve_entry(b'{"exports": {".": "./a.js"}}', ["x/package.json", "x/a.js", "a.js"], "x", read)


def test_deep_conditions_end():
    target: object = "./a.js"
    for _ in range(100):
        target = {"default": target}

    with pytest.raises(ModuleFailed):
        resolve({"exports": target}, "a.js")


@pytest.mark.parametrize("manifest", [b"", b"[]", b"{", b"\xff", b"null"])
def test_broken_manifest_is_named(manifest):
    with pytest.raises(ModuleFailed, match=r"package\.json is broken"):
        resolve_entry(manifest, [], "")


NOT_EXPORTED = b'{"exports": {".": "./main.js", "./dist/*": "./dist/*"}}'


@pytest.mark.parametrize(
    ("subpath", "file"),
    [
        ("", "main.js"),
        ("dist/a.min.js", "dist/a.min.js"),
        ("build/a.js", "build/a.js"),
        ("build/a.min.js", "build/a.js"),
        ("build/b.min.mjs", "build/b.min.mjs"),
    ],
)
def test_hosts_give_scripts_that_nothing_exports_and_of_two_the_one_that_parts_import(subpath, file):
    files = (
        "main.js",
        "dist/a.js",
        "dist/a.min.js",
        "build/a.js",
        "build/a.min.js",
        "build/b.min.mjs",
        "build/c.wasm",
    )

    assert resolve_hosted(NOT_EXPORTED, files, subpath) == file


@pytest.mark.parametrize("subpath", ["gone.js", "../a.js", "build/c.wasm", "", "a"])
def test_hosts_give_nothing_that_is_not_there_or_no_script(subpath):
    with pytest.raises(ModuleFailed, match="no entry"):
        resolve_hosted(b'{"exports": {}}', ("build/c.wasm", "a/b"), subpath)


@pytest.mark.parametrize(
    ("path", "file"),
    [
        ("x.min.js", "min/x.min.js"),
        ("kit.min.js", "lib/kit.umd.js"),
        ("plain.min.js", "dist/plain.js"),
        ("plain.js", "dist/plain.js"),
        ("small.js", "a/small.min.js"),
        ("css/all.css", "css/all.css"),
    ],
)
def test_hosts_name_files_without_their_folder_or_as_older_versions_had_them(path, file):
    files = (
        "bin/kit.js",
        "lib/kit.umd.js",
        "min/x.min.js",
        "a/b/x.min.js",
        "dist/plain.js",
        "a/small.min.js",
    )

    assert resolve_file(b"{}", (*files, "css/all.css"), path) == file


@pytest.mark.parametrize(
    ("exports", "file"),
    [
        ({".": {"style": "a.css"}}, "a.css"),
        ({"style": "a.css"}, "a.css"),
        ({".": {"style": "a.css", "import": "a.js"}}, "a.js"),
    ],
)
def test_a_package_without_code_is_its_style_sheet(exports, file):
    assert resolve_entry(json.dumps({"exports": exports}).encode(), ("a.css", "a.js"), "") == file


def test_what_is_for_no_page_is_no_file_of_hosts():
    with pytest.raises(ModuleFailed, match="no file kit"):
        resolve_file(b"{}", ("bin/kit.js", "test/kit.min.js"), "kit.min.js")


@pytest.mark.parametrize(
    ("files", "subpath", "entry"),
    [
        ("x.scss x.css", "x.scss", "x.css"),
        ("dist/x.less dist/x.min.css", "dist/x.less", "dist/x.min.css"),
        ("scss/_x.scss dist/css/x.css dist/css/x.min.css", "scss/_x.scss", "dist/css/x.css"),
        ("sass/x.sass css/x.min.css", "sass/x.sass", "css/x.min.css"),
    ],
)
def test_of_a_style_sheet_in_another_language_the_css_that_the_package_made_of_it_is_meant(
    files, subpath, entry
):
    assert resolve({}, files, subpath) == entry


def test_a_style_sheet_in_another_language_without_css_is_told_with_what_there_is():
    with pytest.raises(ModuleFailed, match=r"^x.scss is Sass, which is not compiled .* that is CSS$"):
        resolve({}, "x.scss", "x.scss")
    with pytest.raises(ModuleFailed, match=r"^x.less is Less, .* is CSS; it has a.css, b.css, c.css$"):
        resolve({"exports": {"./x": "./x.less"}}, "x.less c.css b.css a.css z/a.css", "x")


@pytest.mark.parametrize(
    ("manifest", "content", "entry"),
    [
        ({"type": "module"}, b"!function(e){'object'==typeof exports&&define.amd}()", "esm.js"),
        ({"type": "module"}, b"(e,t)=>{typeof exports==='object'}", "esm.js"),
        ({"type": "module"}, b"export const a = 1", "umd.js"),
        ({}, b"module.exports = 1", "umd.js"),
    ],
)
def test_a_script_of_the_old_kind_is_no_module_of_a_package_of_modules(manifest, content, entry):
    told = json.dumps(manifest | {"browser": "umd.js", "module": "esm.js", "main": "esm.js"}).encode()

    assert resolve_entry(told, ["umd.js", "esm.js"], "", {"umd.js": content}.__getitem__) == entry
    assert resolve_entry(told, ["umd.js", "esm.js"], "") == "umd.js"
