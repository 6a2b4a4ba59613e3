"""Releases of apps that are built as a whole: what is stored of that, told and served."""

import json
import re

import pytest
from asking import counts, damage, deploy, get, js, jsx, text
from fake_registry import require_esbuild
from fakes import make_app, open_database

from vibes_trio.compilers.choose import open_compiler
from vibes_trio.config import Limits
from vibes_trio.jobs import Sweep
from vibes_trio.services.upkeep import sweep
from vibes_trio.storage import apps

MAP = re.compile(rb'<script type="importmap">(.*?)</script>', re.DOTALL)
ENTRY = re.compile(rb'from "(~~built~~/[^"]+)"')
FILES = (
    jsx(
        "/App.jsx",
        'import s from "./App.module.css"; import z from "zod"; export default () => <p className={s.a}>{z}</p>',
    ),
    text("/App.module.css", ".a { color: red }"),
)


@pytest.fixture
async def whole_app(tmp_path):
    """An app with a real esbuild."""
    db = open_database(tmp_path)
    async with open_compiler(Limits(), require_esbuild(), tmp_path) as compiler:
        yield make_app(db, compiler=compiler)
    db.close()


def stored(app):
    """Return our notes on the release of `garden--ada`."""
    return json.loads(app.db.points.get(apps.find_latest, "garden", "ada").extras_json)


async def test_the_page_loads_the_built_entry_and_its_files_are_served_for_ever(whole_app):
    reply = await deploy(whole_app, *FILES)

    page = (await get(whole_app, "/")).body
    entry = ENTRY.search(page)[1].decode()
    served = await get(whole_app, f"/~{reply['fsId']}~/{entry}")
    assert served.status == 200
    assert b"color: red" in served.body
    assert dict(served.headers)["cache-control"].endswith("immutable")
    assert dict(served.headers)["content-type"] == "application/javascript"
    mapped = json.loads((await get(whole_app, f"/~{reply['fsId']}~/{entry}.map")).body)
    assert "../App.jsx" in mapped["sources"]
    assert (await get(whole_app, "/~~built~~/none.js")).status == 404


async def test_the_reply_knows_nothing_of_it(whole_app, monkeypatch):
    """What the reference makes of the files stays what it is, whether they are built or not."""
    built = await deploy(whole_app, *FILES)
    monkeypatch.setattr(type(whole_app.compiler), "can_bundle", False)
    plain = await deploy(whole_app, *FILES, appSlug="meadow")

    assert built["fileSystem"] == plain["fileSystem"]
    assert built["fsId"] == plain["fsId"]


async def test_an_app_without_such_forms_is_served_module_by_module(whole_app):
    await deploy(whole_app, jsx(), js("/a.js", "export const a = 1;"))

    assert b"~~built~~" not in (await get(whole_app, "/")).body
    assert stored(whole_app).get("built") is None


async def test_react_by_its_name_is_that_of_the_page_where_an_app_brings_one(whole_app):
    code = "ReactDOM.createRoot(document.body).render(React.createElement('p'));"
    page = text("/index.html", '<script src="/react.js"></script><script src="/main.js"></script>')

    await deploy(whole_app, js("/main.js", code), page)
    own = stored(whole_app)
    await deploy(whole_app, js("/main.js", code))

    assert own.get("built") is None
    assert stored(whole_app)["built"] is not None


async def test_built_files_outlive_the_sweep_and_go_with_their_release(whole_app):
    await deploy(whole_app, *FILES)
    damage(whole_app.db.path, "UPDATE Assets SET created = '2000-01-01T00:00:00.000Z'")
    before = counts(whole_app)["Assets"]

    await sweep(whole_app, Sweep())

    assert counts(whole_app)["Assets"] == before


async def test_the_same_deploy_again_builds_nothing_and_an_older_release_is_built(whole_app, monkeypatch):
    """One that an older version made has no built app: deployed again, it gets one."""
    await deploy(whole_app, *FILES)
    first = stored(whole_app)
    damage(whole_app.db.path, "UPDATE Apps SET extras = json_remove(extras, '$.built', '$.built_from')")
    whole_app.releases.clear()
    assert b"~~built~~" not in (await get(whole_app, "/")).body

    await deploy(whole_app, *FILES)

    assert stored(whole_app)["built"] == first["built"]
    assert b"~~built~~" in (await get(whole_app, "/")).body


async def test_a_missing_file_is_a_warning(whole_app):
    reply = await deploy(
        whole_app, jsx("/App.jsx", 'import a from "@/none"; export default () => import.meta.env.A + a')
    )

    assert '/App.jsx: import "@/none": this app has no such file.' in reply["warnings"]


async def test_an_app_that_cant_be_built_is_published_and_says_why(whole_app):
    reply = await deploy(
        whole_app,
        jsx("/App.jsx", 'import { no } from "./a.js"; export default () => import.meta.env.A + no'),
        js("/a.js", "export const yes = 1;"),
    )

    assert reply["type"] == "vibes.diy.res-ensure-app-slug"
    assert any("exports no no" in told for told in reply["warnings"])
    entry = ENTRY.search((await get(whole_app, "/")).body)[1].decode()
    assert b"exports no no" in (await get(whole_app, f"/{entry}")).body


async def test_a_worker_gets_a_package_by_an_address(whole_app):
    await deploy(
        whole_app,
        jsx("/App.jsx", 'new Worker(new URL("./w.js", import.meta.url)); export default () => null'),
        js("/w.js", 'import { version } from "react"; postMessage(version);'),
    )

    found = await get(whole_app, "/~~built~~/~package/react")

    assert b'import * as all from "https://esm.sh/react@' in found.body
    assert dict(found.headers)["cache-control"] == "no-cache"
    assert (await get(whole_app, "/~~built~~/~package/zod")).status == 404


async def test_too_many_packages_are_refused_however_they_are_imported(whole_app):
    most = whole_app.config.limits.max_imports
    code = "".join(f'require("p{number}");' for number in range(most + 1))

    reply = await deploy(whole_app, jsx("/App.jsx", f"{code} module.exports = () => null;"))

    assert reply["code"] == "too-large"


async def test_jsx_under_a_js_name_is_compiled_by_either_way(app, whole_app, compiler):
    """The compiler says what a source is: what is no JavaScript but JSX is compiled as such."""
    reply = await deploy(whole_app, js("/App.js", "export default () => <p>hi</p>;"))

    kinds = [item["transform"]["type"] for item in reply["fileSystem"]]
    assert kinds == ["jsx-to-js", "transformed", "import-map"]


@pytest.mark.parametrize(
    ("source", "place"),
    [("const a = ;", (1, 11)), ("const a = <p>hi</p>;\nconst b = ;", (2, 11))],
)
async def test_of_two_failures_the_one_that_got_further_is_told(whole_app, source, place):
    reply = await deploy(whole_app, js("/App.js", source))

    assert (reply["line"], reply["column"]) == place


async def test_without_esbuild_the_files_and_their_forms_are_told(app):
    reply = await deploy(app, *FILES)

    assert "/App.jsx: CSS modules needs esbuild, which is not on this server." in reply["warnings"]
    assert stored(app).get("built") is None


async def test_large_sources_are_looked_through_by_a_thread(app):
    big = "// " + "x" * 100_000 + "\nexport default () => process.env.A;"

    reply = await deploy(app, jsx("/App.jsx", big))

    assert any("process.env" in told for told in reply["warnings"])


async def test_a_page_whose_modules_use_what_bundlers_have_is_built_without_settings_of_one(whole_app):
    html = text("/index.html", '<p id="app"></p><script type="module" src="./main.js"></script>')
    script = js("/main.js", 'import "./a.css?inline";\ndocument.title = import.meta.env.MODE;')

    await deploy(whole_app, html, script, text("/a.css", "p { color: red }"))

    page = (await get(whole_app, "/")).body
    assert b'import "~~built~~/main-' in page
    assert b'src="./main.js"' not in page


async def test_scripts_of_the_old_kind_that_look_for_a_bundler_run_as_they_are(whole_app):
    html = text("/index.html", '<p id="app"></p><script src="./lib.js"></script>')
    script = js("/lib.js", 'if (typeof module === "object") module.exports = require("x");\n')

    await deploy(whole_app, html, script)

    page = (await get(whole_app, "/")).body
    assert b"~~built~~" not in page
    assert b'/lib.js"></script>' in page
