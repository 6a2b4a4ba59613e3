"""Which style sheet one in Sass names, and what addresses in it become."""

import json
from collections.abc import Mapping, Sequence

import pytest

from vibes_trio.bundle.material import SourceFile
from vibes_trio.bundle.places import make_places
from vibes_trio.bundle.sass import Sass, Sheets, compile_sass, sheet_names
from vibes_trio.compilers.sass import PackageSheets, SassFailed, SassMaterial
from vibes_trio.content.tool_settings import Alias

ALIASES = (Alias("@/", ("/src/",)), Alias("theme", ("/src/look/theme.scss",), exact=True))


def package(manifest: Mapping[str, object], *names: str) -> PackageSheets:
    sheets = {name: b"p {}" for name in names if not name.endswith(".woff2")}
    return PackageSheets("looks@1.0.0", sheets, frozenset(names), json.dumps(manifest).encode())


def sheets_of(
    files: Mapping[str, str], packages: Mapping[str, PackageSheets] | None = None, root: str = ""
) -> Sheets:
    found = packages or {}

    async def fetch(name: str, wanted: str) -> PackageSheets | None:
        if name == "lost":
            raise SassFailed(f"lost {wanted}".strip())
        return found.get(name)

    sources = {name: SourceFile(text.encode()) for name, text in files.items()}
    places = make_places(list(files), root, "", ALIASES)
    return Sheets(sources, places, fetch, frozenset({"/src/a.scss"}))


def test_names_that_a_sheet_may_have_come_best_first():
    assert list(sheet_names("/x/a", from_import=False)) == [
        *("/x/a.scss", "/x/_a.scss", "/x/a.sass", "/x/_a.sass", "/x/a.css", "/x/_a.css"),
        *("/x/a/index.scss", "/x/a/_index.scss", "/x/a/index.sass"),
        *("/x/a/_index.sass", "/x/a/index.css", "/x/a/_index.css"),
    ]
    assert list(sheet_names("a.scss", from_import=True)) == [
        "a.import.scss",
        "_a.import.scss",
        "a.scss",
        "_a.scss",
    ]
    assert next(sheet_names("a.theme", from_import=False)) == "a.theme.scss"


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("app:///src/b", "app:///src/_b.scss"),
        ("app:///src/look", "app:///src/look/_index.scss"),
        ("@/look/theme", "app:///src/look/theme.scss"),
        ("~@/look/theme", "app:///src/look/theme.scss"),
        ("theme", "app:///src/look/theme.scss"),
        ("src/b", "app:///src/_b.scss"),
        ("./src/b", "app:///src/_b.scss"),
        ("app:///src/sp%20ace", "app:///src/sp%20ace.scss"),
        ("app:///src/main", ""),
        ("tailwindcss", "tailwind:///tailwindcss"),
        ("file:///src/b", ""),
        ("/etc/passwd", ""),
        ("../../etc/passwd", ""),
        ("nowhere", ""),
    ],
)
async def test_sheets_of_the_app_are_found_as_vite_finds_them(url, found):
    names = ("/src/a.scss", "/src/_b.scss", "/src/look/_index.scss", "/src/look/theme.scss", "/src/main.js")
    sheets = sheets_of(dict.fromkeys((*names, "/src/sp ace.scss"), ""))

    assert await sheets.find(url, "app:///src/a.scss", from_import=False) == found


async def test_the_root_of_a_project_in_a_folder_counts():
    sheets = sheets_of({"/web/src/b.scss": ""}, root="/web")

    assert await sheets.find("src/b", "app:///web/src/a.scss", from_import=True) == "app:///web/src/b.scss"


@pytest.mark.parametrize(
    ("manifest", "url", "found"),
    [
        ({}, "looks/scss/a", "looks/scss/_a.scss"),
        ({}, "~looks/scss/a", "looks/scss/_a.scss"),
        ({}, "pkg:looks/scss/a", "looks/scss/_a.scss"),
        ({}, "looks", "looks/_index.scss"),
        ({"sass": "scss/_a.scss"}, "looks", "looks/scss/_a.scss"),
        ({"style": "dist/a.css"}, "looks", "looks/dist/a.css"),
        ({"exports": {".": {"sass": "./scss/_a.scss"}}}, "looks", "looks/scss/_a.scss"),
        ({"exports": {"./x": {"style": {"default": "./dist/a.css"}}}}, "looks/x", "looks/dist/a.css"),
        ({"exports": {"./*": "./scss/*"}}, "looks/a", "looks/scss/_a.scss"),
        ({"exports": {"./*": 3, "./y": ["z"]}}, "looks/y", ""),
        ({}, "looks/gone", ""),
        ({}, "looks/../../x", ""),
    ],
)
async def test_sheets_of_packages_are_found_by_file_or_as_the_package_says(manifest, url, found):
    there = package(manifest, "scss/_a.scss", "dist/a.css", "_index.scss")
    sheets = sheets_of({"/src/a.scss": ""}, {"looks": there})

    name = await sheets.find(url, "app:///src/a.scss", from_import=False)

    assert name == (f"npm:///{found}" if found else "")
    if found:
        assert sheets.load(name).source == b"p {}"
        beside = await sheets.find(name, name, from_import=False)
        assert beside == name


async def test_a_package_names_another_in_the_version_that_it_wants():
    there = package({"dependencies": {"lost": "^3"}}, "a.scss")
    sheets = sheets_of({}, {"@x/looks": there})

    name = await sheets.find("@x/looks/a", "app:///src/a.scss", from_import=False)

    assert name == "npm:///@x/looks/a.scss"
    with pytest.raises(SassFailed, match=r"^lost \^3$"):
        await sheets.find("lost/b", name, from_import=False)
    assert await sheets.find("npm:///never/fetched", name, from_import=False) == ""


async def test_a_manifest_that_cant_be_read_says_nothing():
    there = PackageSheets("looks@1.0.0", {"a.scss": b""}, frozenset({"a.scss"}), b"[" * 100_000)
    sheets = sheets_of({}, {"looks": there})

    assert await sheets.find("looks/a", "", from_import=False) == "npm:///looks/a.scss"


def test_addresses_in_a_sheet_that_is_taken_in_are_those_of_its_own_folder():
    text = (
        "a { b: url(../dot.svg); c: url('../dot.svg#x'); d: url(gone.svg); e: url(/dot.svg); f: url(#{$x}.svg);"
        ' g: url(data:image/png;base64,AA==); h: url("https://example.org/dot.svg") }'
    )
    sheets = sheets_of({"/src/look/_b.scss": text, "/src/dot.svg": "", "/src/a.scss": text})

    assert sheets.load("app:///src/look/_b.scss").source.decode() == (
        'a { b: url("vibes-file:/src/dot.svg"); c: url("vibes-file:/src/dot.svg#x"); d: url(gone.svg);'
        " e: url(/dot.svg); f: url(#{$x}.svg);"
        ' g: url(data:image/png;base64,AA==); h: url("https://example.org/dot.svg") }'
    )
    assert sheets.load("app:///src/a.scss").source.decode() == text


async def test_addresses_in_a_sheet_of_a_package_are_those_of_its_files():
    css = b"@font-face { src: url(../fonts/a.woff2?v=1) }"
    there = PackageSheets("looks@1.0.0", {"css/a.css": css}, frozenset({"css/a.css", "fonts/a.woff2"}), b"{}")
    sheets = sheets_of({}, {"looks": there})

    name = await sheets.find("looks/css/a", "", from_import=False)

    sheet = sheets.load(name)
    assert sheet.syntax == "css"
    assert sheet.source == b'@font-face { src: url("vibes-packaged:looks/fonts/a.woff2?v=1") }'


async def test_what_stands_ahead_is_by_syntax_and_failures_name_their_place():
    seen: dict[str, bytes] = {}

    async def compiled(
        names: Sequence[str], material: SassMaterial, ahead: Mapping[str, bytes]
    ) -> Mapping[str, bytes | SassFailed]:
        seen.update(ahead)
        return {
            names[0]: b"p {}",
            names[1]: SassFailed("no such thing.", "app:///src/_b.scss", 7),
            names[2]: SassFailed("too slow"),
        }

    async def none(name: str, wanted: str) -> None:
        return None

    names = ("/a.scss", "/b.sass", "/c.scss")
    files = {name: SourceFile(b"") for name in names} | {"/d.css": SourceFile(b'@import "./c.scss";')}
    made = await compile_sass(
        Sass(compiled, none, {"scss": b"$x: 1;"}), names[:2], files, make_places(list(files), "", "", ())
    )

    assert seen == {"app:///a.scss": b"$x: 1;", "app:///b.sass": b"", "app:///c.scss": b"$x: 1;"}
    assert made.css == {"/a.scss": b"p {}"}
    assert made.errors == {
        "/b.sass": "/src/_b.scss:7: no such thing. (/b.sass needs it)",
        "/c.scss": "/c.scss: too slow.",
    }
