"""Files beside the code of packages: where they are, which are stored, and that code finds them."""

from dataclasses import replace

import pytest
from built_packages import addresses, code_of, ensure, run
from fake_registry import pack

from vibes_trio.config import Limits

PLAIN = {"package.json": "{}"}


def files_in(store, lock) -> dict[str, bytes]:
    """Return name in its package → content, of all files that are stored along with the modules of *lock*."""
    found = (a for a in addresses(store, lock) if "/~file-" in a)
    return {a.partition("/~file-")[2].partition("/")[2]: store.find(a).content for a in found}


@pytest.mark.parametrize(
    "code",
    [
        'export const at = new URL("./x.wasm", import.meta.url).href',
        "export const at = new URL('x.wasm', import.meta.url).href",
        'const here = import.meta.url; export const at = new URL("x.wasm", here).href',
        'const s = document.currentScript; exports.at = s.src.slice(0, s.src.lastIndexOf("/") + 1) + "x.wasm"',
        'const s = globalThis.document?.currentScript?.src; exports.at = s.slice(0, s.lastIndexOf("/") + 1) + "x.wasm"',
    ],
)
async def test_code_finds_the_file_beside_it_wherever_it_is_bundled(config, registry, tmp_path, code):
    registry.add(
        "db",
        "1.2.0",
        pack(
            PLAIN | {"index.js": "export * from './dist/db.js'", "dist/db.js": code, "dist/x.wasm": "wasm!"}
        ),
    )

    store, lock, failed = await ensure(config, registry, "db")

    at = run(store, lock, 'const { at } = await import("db"); console.log(at)', tmp_path)
    assert failed == {}
    assert at.startswith("file:///~esm/db@1.2.0/~file-")
    assert at.endswith("/dist/x.wasm")
    assert files_in(store, lock) == {"dist/x.wasm": b"wasm!"}
    assert store.find(at.removeprefix("file://")).content_type == "application/wasm"


async def test_files_that_code_only_names_are_stored_and_no_others(config, registry):
    files = PLAIN | {
        "index.js": "exports.load = (dir) => fetch(dir + 'one.wasm'); exports.icons = ['pin.png']",
        "one.wasm": "1",
        "two.wasm": "2",
        "img/pin.png": "pin",
        "img/pin-2x.png": "pin2",
    }
    registry.add("kit", "1.0.0", pack(files))

    store, lock, _ = await ensure(config, registry, "kit")

    assert files_in(store, lock) == {"one.wasm": b"1", "img/pin.png": b"pin"}


async def test_the_file_beside_the_code_is_meant_of_several_of_its_name(config, registry):
    files = PLAIN | {"esm/i.js": "export const f = 'x.wasm'", "esm/x.wasm": "esm", "umd/x.wasm": "umd"}
    registry.add("kit", "1.0.0", pack(files))

    store, lock, _ = await ensure(config, registry, "kit/esm/i.js")

    assert files_in(store, lock) == {"esm/x.wasm": b"esm"}


async def test_pictures_of_style_sheets_keep_their_names_and_neighbours(config, registry):
    """Leaflet reads the folder of its pictures off the style sheet, and adds other names to it."""
    css = ".marker { background: url(images/marker-icon.png) }"
    code = "exports.shown = 'marker-icon-2x.png'"
    images = {f"dist/images/{name}.png": name for name in ("marker-icon", "marker-icon-2x", "other")}
    registry.add("map", "1.0.0", pack(PLAIN | {"index.js": code, "dist/map.css": css} | images))

    store, lock, _ = await ensure(config, registry, "map", "map/dist/map.css")

    assert set(files_in(store, lock)) == {"dist/images/marker-icon.png", "dist/images/marker-icon-2x.png"}
    assert "/dist/images/marker-icon.png" in code_of(store, lock, "map/dist/map.css")


async def test_an_address_in_a_style_sheet_may_have_a_query(config, registry):
    """As icon fonts have them."""
    css = "@font-face { src: url('./f/i.woff2?e348') format('woff2'), url(./f/i.svg#icons) }"
    files = {"s.css": css, "f/i.woff2": "w", "f/i.svg": "<svg/>"}
    registry.add("icons", "1.0.0", pack(PLAIN | files))

    store, lock, failed = await ensure(config, registry, "icons/s.css")

    assert failed == {}
    assert files_in(store, lock) == {"f/i.woff2": b"w", "f/i.svg": b"<svg/>"}
    assert "/f/i.woff2?e348" in code_of(store, lock, "icons/s.css")
    assert "/f/i.svg#icons" in code_of(store, lock, "icons/s.css")


async def test_a_worker_that_imports_is_built_into_one_file_and_one_that_does_not_stays(
    config, registry, tmp_path
):
    files = PLAIN | {
        "index.js": 'const at = (u) => u.href; export const one = at(new URL("./one.js", import.meta.url));'
        'export const two = at(new URL("./w/two.js", import.meta.url))',
        "one.js": "postMessage(1)",
        "w/two.js": "import { n } from './n.js'; postMessage(n + new URL('y.wasm', import.meta.url).href)",
        "w/n.js": "export const n = 'two '",
        "w/y.wasm": "y",
    }
    registry.add("kit", "1.0.0", pack(files))

    store, lock, failed = await ensure(config, registry, "kit")

    one, two = run(store, lock, 'import { one, two } from "kit"; console.log(one, two)', tmp_path).split()
    assert failed == {}
    assert store.find(one.removeprefix("file://")).content == b"postMessage(1)"
    built = store.find(two.removeprefix("file://")).content
    assert b"two " in built
    assert b"import " not in built
    assert {"one.js", "w/y.wasm"} <= set(files_in(store, lock))


async def test_workers_that_start_each_other_end(config, registry):
    files = PLAIN | {
        "index.js": 'export default () => new Worker(new URL("./a.js", import.meta.url))',
        "a.js": "import './n.js'; new Worker(new URL('./b.js', import.meta.url))",
        "b.js": "import './n.js'; new Worker(new URL('./a.js', import.meta.url))",
        "n.js": "globalThis.n = 1",
    }
    registry.add("kit", "1.0.0", pack(files))

    _, lock, failed = await ensure(config, registry, "kit")

    assert (set(lock.modules), failed) == ({"kit"}, {})


@pytest.mark.parametrize("path", ["../../../keys.json", "/etc/passwd", "../../other/x.wasm"])
async def test_addresses_that_lead_out_of_the_package_name_nothing(config, registry, path):
    (config.data_dir / "keys.json").write_text("secret")
    code = f"export const at = new URL('{path}', import.meta.url)"
    registry.add("thief", "1.0.0", pack(PLAIN | {"index.js": code}))

    store, lock, _ = await ensure(config, registry, "thief")

    assert files_in(store, lock) == {}


async def test_a_file_over_its_limit_fails_who_names_it(config, registry):
    files = PLAIN | {"index.js": "exports.at = 'x.wasm'", "x.wasm": "x" * 2000, "other.js": ""}
    registry.add("huge", "1.0.0", pack(files))
    small = replace(config, limits=Limits(fetch_tries=1, package_file_bytes=1000))

    _, lock, failed = await ensure(small, registry, "huge")

    assert lock.modules == {}
    assert "x.wasm has more than 1000 bytes" in failed["huge"]


async def test_media_too_large_to_be_built_are_handed_on_unread(config, registry):
    """What is built has a bound of its own, smaller than that on files which are only served."""
    files = PLAIN | {"index.js": "export { default } from './v/film.mp4?v=1'", "v/film.mp4": "film" * 1000}
    registry.add("kit", "1.0.0", pack(files))
    small = replace(config, limits=Limits(fetch_tries=1, package_source_bytes=1000))

    store, lock, failed = await ensure(small, registry, "kit")

    assert failed == {}
    assert files_in(store, lock) == {"v/film.mp4": b"film" * 1000}
    assert "/v/film.mp4" in code_of(store, lock, "kit")


async def test_what_becomes_part_of_a_module_is_not_handed_on_unread(config, registry):
    """An empty module in its place would be none."""
    code = "export { default } from './x.wasm'"
    registry.add("kit", "1.0.0", pack(PLAIN | {"index.js": code, "x.wasm": "x" * 2000}))
    small = replace(config, limits=Limits(fetch_tries=1, package_source_bytes=1000))

    _, lock, failed = await ensure(small, registry, "kit")

    assert lock.modules == {}
    assert "x.wasm has 2000 bytes" in failed["kit"]


async def test_pictures_of_markers_may_be_named_as_whole_addresses(config, registry, tmp_path):
    """What bundlers have taught the users of Leaflet (`modules/build/quirks.py`)."""
    code = """const IconDefault = { imagePath: "/folder/" }, Icon = function () {};
Icon.prototype._getIconUrl = function (name) { return name };
export const get = function (name) {
  return (this.options.imagePath || IconDefault.imagePath) + Icon.prototype._getIconUrl.call(this, name);
}.bind({ options: {} });"""
    registry.add("leaflet", "1.9.4", pack(PLAIN | {"index.js": code}))

    store, lock, _ = await ensure(config, registry, "leaflet")

    script = (
        'import { get } from "leaflet";'
        "console.log(get('a.png'), get('/b.png'), get('https://x.test/c.png'), get('data:image/png,d'))"
    )
    assert run(store, lock, script, tmp_path) == "/folder/a.png /b.png https://x.test/c.png data:image/png,d"


async def test_text_in_three_dimensions_asks_for_a_font_that_lies_beside_it(config, registry, tmp_path):
    registry.add("@fontsource/inter", "5.3.0", pack({"package.json": "{}", "files/x.woff": "font"}))
    code = "export const config = { defaultFontURL: null, other: null };"
    registry.add("troika-three-text", "0.52.0", pack(PLAIN | {"index.js": code}))

    store, lock, _ = await ensure(config, registry, "troika-three-text")

    printed = run(store, lock, 'import { config } from "troika-three-text"; console.log(config)', tmp_path)
    assert "@fontsource/inter/files/inter-latin-400-normal.woff" in printed
    assert "other: null" in printed
