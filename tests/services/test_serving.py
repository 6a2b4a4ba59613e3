"""GET and HEAD of apps: which release, which file, in which form, and that nothing is ever stale."""

import html
import json
import re
from dataclasses import replace

import pytest
import trio
from answering import answer
from asking import ENSURE_CHAT, FakeCompiler, damage, deploy, envelope, get, js, jsx, rows, text
from fakes import make_app, open_database
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from local_home import PACKAGE, open_home
from msgspec import structs

from vibes_trio.cache import AssetCache, NameCache
from vibes_trio.config import Limits
from vibes_trio.content.cid import calc_cid
from vibes_trio.content.static_modules import static_module
from vibes_trio.exchange import HttpIncoming
from vibes_trio.handlers import PIPELINE
from vibes_trio.jobs import Sweep
from vibes_trio.modules.resolve.package_lock import Lock
from vibes_trio.modules.store.addresses import Built, address_of
from vibes_trio.modules.store.local import WOFF2, LocalModules
from vibes_trio.modules.store.page_files import PAGE_FILES
from vibes_trio.services.releases import MAX_READ_HERE_BYTES, find_release
from vibes_trio.services.upkeep import sweep
from vibes_trio.storage import assets
from vibes_trio.storage.sqlite.engine import SqliteDatabase
from vibes_trio.urls import EntryPoint

LONG = "All work and no play makes Jack a dull boy.\n" * 40
IMMUTABLE = "public, max-age=31536000, immutable"
MAP = "/~~calculated~~/import-map.json"
SCRIPT = re.compile(r"<script([^>]*)>(.*?)</script>", re.DOTALL)


def head(reply):
    return dict(reply.headers)


def page_facts(body):
    """Return what a page holds for its scripts, read as a browser does: up to the first end of the script."""
    facts = next(inner for names, inner in SCRIPT.findall(body.decode()) if 'id="vibes-page"' in names)
    return json.loads(facts)


def page_env(body):
    return page_facts(body)["env"]


# -- which release ----------------------------------------------------------------------------------------


async def test_without_fs_id_the_newest_production_release_is_served(app):
    await deploy(app, text("/v", "one"))
    await deploy(app, text("/v", "two"))
    await deploy(app, text("/v", "dev"), mode="dev")

    reply = await get(app, "/v")

    assert reply.body == b"two"
    assert head(reply)["cache-control"] == "no-cache"


async def test_with_fs_id_every_release_is_served_for_good(app):
    for mode in ("production", "dev"):
        release = await deploy(app, text("/v", mode), mode=mode)
        reply = await get(app, f"/~{release['fsId']}~/v")

        assert reply.body == mode.encode()
        assert head(reply)["cache-control"] == IMMUTABLE


async def test_who_asks_for_the_largest_file_at_once_or_later_gets_the_same_bytes(app):
    """Without it each of 40 readers holds 8 MiB of its own."""
    await deploy(app, text("/v", "x" * app.config.limits.max_file_bytes))
    bodies = []

    async def ask():
        bodies.append((await get(app, "/v")).body)

    async with trio.open_nursery() as nursery:
        for _ in range(5):
            nursery.start_soon(ask)
    await ask()

    assert len(bodies) == 6
    assert len({id(body) for body in bodies}) == 1


async def test_an_app_with_dev_releases_alone_has_no_latest(app):
    await deploy(app, text("/v"), mode="dev")

    assert (await get(app, "/v")).status == 404


@pytest.mark.parametrize("host", ["garden--eve.apps.test", "other--ada.apps.test"])
async def test_a_release_is_served_under_its_own_slugs_only(app, host):
    release = await deploy(app, text("/v"))

    assert (await get(app, "/v", host=host)).status == 404
    assert (await get(app, f"/~{release['fsId']}~/v", host=host)).status == 404


@pytest.mark.parametrize(
    "host",
    [
        "GARDEN--ada.apps.test",
        "garden--ada.apps.test:8080",
        "garden--ada.apps.test.",
        "garden--ada.other.example",
    ],
)
async def test_an_app_is_served_under_the_base_and_further_hosts_of_the_settings(app, host):
    await deploy(app, text("/v", "one"))
    app = replace(app, config=replace(app.config, extra_hosts=("other.example:443",)))

    assert (await get(app, "/v", host=host)).body == b"one"


@pytest.mark.parametrize(
    ("host", "path"),
    [
        *(("garden--ada.elsewhere.example", "/v"), ("garden--ada", "/v"), ("garden--ada.localhost", "/v")),
        *(
            ("a--b.apps.test", "/"),
            ("-a--ada.apps.test", "/"),
            ("xn--ada.apps.test", "/"),
            ("apps.test", "/~zabcdefgh~/"),
        ),
        ("apps.test", "/%ff"),
    ],
)
async def test_no_app_is_served_anywhere_else_and_who_asks_is_told_where(app, host, path):
    """Parsed without the base the first three serve the app; others answer 503, as if POST would help."""
    await deploy(app, text("/v", "one"))

    reply = await get(app, path, host=host)

    assert (reply.status, json.loads(reply.body)["code"]) == (404, "not-found")
    assert "{app}--{user}.apps.test" in json.loads(reply.body)["message"]


@pytest.mark.parametrize(
    "host", ["localhost", "127.0.0.1", "dev--vibes.example.org", "xn--bcher-kva.example.org"]
)
async def test_messages_and_health_are_answered_on_every_other_host(app, host):
    message = envelope("ada", ENSURE_CHAT)

    posted = await answer(app, PIPELINE, HttpIncoming("POST", host, "/v1/api", {}, message))

    assert posted.status == 200
    assert (await get(app, "/healthz", host=host)).status == 200


# -- which file -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("/a b.txt", "/a%20b.txt"),
        ("/ä/日本.txt", "/%C3%A4/%E6%97%A5%E6%9C%AC.txt"),
        ("/100%.txt", "/100%.txt"),
        ("/100%.txt", "/100%25.txt"),
        ("/x.txt", "/x.txt?v=1"),
        ("/what?.txt", "/what%3F.txt"),
        ("/x.txt", "/a/../x.txt"),
    ],
)
async def test_names_of_any_kind_can_be_fetched(app, name, path):
    await deploy(app, text(name, "here"))

    assert (await get(app, path)).body == b"here"


async def test_the_name_as_sent_comes_before_the_decoded_one(app):
    await deploy(app, text("/a%20b", "as sent"), text("/a b", "decoded"))

    assert (await get(app, "/a%20b")).body == b"as sent"


@pytest.mark.parametrize("path", ["/nothing", "/%FF", "/v/", "/V", "/%00"])
async def test_what_is_not_there_is_not_found(app, path):
    await deploy(app, text("/v"))

    reply = await get(app, path)

    assert reply.status == 404
    assert json.loads(reply.body)["code"] == "not-found"


@pytest.mark.parametrize("path", ["/", "/index.html"])
async def test_the_page_is_generated_where_no_file_has_its_name(app, path):
    release = await deploy(app, jsx())

    latest = await get(app, path)
    named = await get(app, f"/~{release['fsId']}~{path}")

    assert latest.status == 200
    assert latest.body == named.body
    assert head(latest)["content-type"] == "text/html"
    assert head(latest)["x-vibes-asset-id"] == release["fsId"]
    assert head(named)["cache-control"] == "no-cache"
    assert head(latest)["etag"] == head(named)["etag"]
    assert b'<div id="garden" class="vibe-app-container">' in latest.body


async def test_what_may_change_under_a_releases_address_is_looked_at_again(app):
    """The same files with another entry point, and other settings, are the same release. Were these immutable for a
    year, as they were, who has been there would never see the change."""
    files = jsx(), text("/a.html", "<p>a"), text("/b.html", "<p>b")
    fs_id = (await deploy(app, *files))["fsId"]
    page = await get(app, f"/~{fs_id}~/")
    settings = replace(app.config, app_env={"CALLAI_API_KEY": "x"})
    keyed = replace(app, config=settings, assets=AssetCache(1000))  # a server that was started again
    other_page = await get(keyed, f"/~{fs_id}~/", if_none_match=head(page)["etag"])
    flagged = [file | {"entryPoint": file["filename"] == "/a.html"} for file in files]
    assert (await deploy(app, *flagged))["fsId"] == fs_id

    for path in ("/", "/index.html", "/deep/link"):
        entry = await get(app, f"/~{fs_id}~{path}", if_none_match=head(page)["etag"])
        assert (entry.status, entry.body, head(entry)["cache-control"]) == (200, b"<p>a", "no-cache")
    assert (other_page.status, head(other_page)["cache-control"]) == (200, "no-cache")
    assert head(await get(app, f"/~{fs_id}~{MAP}"))["cache-control"] == "no-cache"
    assert head(await get(app, f"/~{fs_id}~/a.html"))["cache-control"] == IMMUTABLE
    assert head(await get(app, f"/~{fs_id}~/App.jsx"))["cache-control"] == IMMUTABLE


async def test_a_deep_path_under_an_html_entry_is_the_entry_for_a_client_that_says_nothing(app):
    """As by the reference: 200, without `Accept` and without `Sec-Fetch-Mode`."""
    fs_id = (await deploy(app, text("/home.html", "<p>home", entryPoint=True)))["fsId"]

    for path in (f"/~{fs_id}~/some/where", "/some/where", f"/~{fs_id}~/some/where.html"):
        reply = await get(app, path)
        assert (reply.status, reply.body, head(reply)["cache-control"]) == (200, b"<p>home", "no-cache")


async def test_a_release_without_a_slash_at_the_end_is_its_page(app):
    release = await deploy(app, jsx())

    assert (await get(app, f"/~{release['fsId']}~")).status == 200


@pytest.mark.parametrize("path", ["/", "/index.html"])
async def test_a_file_called_index_is_the_page_with_the_app_mounted_into_it(app, path):
    await deploy(app, jsx(), text("/index.html", "<p>mine"))

    page = (await get(app, path)).body

    assert page.endswith(b'<p>mine<div id="root"></div>')
    assert b'<script type="importmap">' in page
    assert b"mount(" in page


@pytest.mark.parametrize(
    ("path", "mode", "status"),
    [
        ("/", None, 200),
        ("/index.html", "no-cors", 200),
        ("/some/where", None, 200),
        ("/some/where", "navigate", 200),
        ("/some/where", "no-cors", 404),
        ("/missing.js", "cors", 404),
    ],
)
async def test_a_flagged_asset_answers_where_a_browser_navigates(app, path, mode, status):
    await deploy(app, text("/home.html", "<p>home", entryPoint=True), text("/v"))

    reply = await get(app, path, **({"sec_fetch_mode": mode} if mode else {}))

    assert reply.status == status
    assert (reply.body == b"<p>home") == (status == 200)


async def test_a_cache_is_told_what_an_unknown_path_depends_on(app):
    release = await deploy(app, text("/home.html", "<p>home" + LONG, entryPoint=True))

    unknown = await get(app, f"/~{release['fsId']}~/missing.js")
    known = await get(app, "/home.html")

    assert head(unknown)["vary"] == "Sec-Fetch-Mode, Accept, Accept-Encoding"
    assert head(known)["vary"] == "Accept-Encoding"


async def test_of_several_flagged_files_the_last_given_counts(app):
    await deploy(
        app,
        text("/b.html", "b", entryPoint=True),
        text("/a.html", "a", entryPoint=True),
        text("/c.html", "c", entryPoint=False),
    )

    assert (await get(app, "/")).body == b"a"


async def test_a_flagged_module_is_the_only_one_mounted_and_never_served_for_the_page(app):
    await deploy(
        app, jsx("/A.jsx", "export default 1;\n"), jsx("/B.jsx", "export default 2;\n", entryPoint=True)
    )

    page = (await get(app, "/")).body.decode()

    assert re.findall(r'^import \* as V\d+ from "(.*)";$', page, re.MULTILINE) == [
        f"~~transformed~~/{calc_cid(b'export default 2;' + bytes([10]))}"
    ]
    assert (await get(app, "/unknown")).status == 404


async def test_a_module_under_an_odd_name_is_served_as_javascript(app):
    await deploy(app, js("/lib.txt", "export default 1;\n"))

    assert head(await get(app, "/lib.txt"))["content-type"] == "application/javascript"


# -- who navigates ------------------------------------------------------------------------------------------

NAVIGATE = {"sec_fetch_mode": "navigate", "accept": "text/html,*/*"}


@pytest.mark.parametrize("headers", [NAVIGATE, {"accept": "text/html"}, {"sec_fetch_mode": "navigate"}])
async def test_a_path_that_is_no_file_gives_who_navigates_the_page(app, headers):
    release = (await deploy(app, jsx()))["fsId"]
    page = (await get(app, "/")).body

    for path in ("/about", "/users/7", f"/~{release}~/about", "/v1.2"):
        reply = await get(app, path, **headers)

        assert (reply.status, reply.body) == (200, page)
        assert head(reply)["vary"].startswith("Sec-Fetch-Mode, Accept")


@pytest.mark.parametrize("headers", [{}, {"accept": "*/*"}, {"sec_fetch_mode": "cors", "accept": "*/*"}])
async def test_a_path_that_is_no_file_gives_a_program_the_json(app, headers):
    await deploy(app, jsx())

    reply = await get(app, "/about", **headers)

    assert reply.status == 404
    assert json.loads(reply.body)["code"] == "not-found"


@pytest.mark.parametrize(
    ("path", "says", "link"),
    [
        ("/report.pdf", "has no file <code>/report.pdf</code>", 'href="/"'),
        ("/~{0}~/src/missing.js", "has no file <code>/src/missing.js</code>", 'href="/~{0}~/"'),
        ("/~zUnknown1234~/", "No release zUnknown1234 of garden", 'href="/"'),
        ("/~mistyped~/", "<code>/~mistyped~/</code> is no address of a release of garden", 'href="/"'),
        ("/<b>.png", "/&lt;b&gt;.png", 'href="/"'),
        ("/%FF.png", "/%FF.png", 'href="/"'),
    ],
)
async def test_who_navigates_to_nothing_is_told_what_is_missing(app, path, says, link):
    release = (await deploy(app, jsx()))["fsId"]

    reply = await get(app, path.format(release), **NAVIGATE)

    assert (reply.status, head(reply)["content-type"]) == (404, "text/html")
    assert head(reply)["cache-control"] == "no-store"
    assert reply.policy.startswith("default-src 'none'")
    assert reply.policy.endswith("; sandbox")
    assert not reply.repeatable
    assert says in reply.body.decode()
    assert link.format(release) in reply.body.decode()


@pytest.mark.parametrize(("path", "returns"), [("/", True), ("/about", True), ("/~zUnknown1234~/", False)])
async def test_where_no_app_is_a_browser_is_told_how_one_is_published(app, path, returns):
    reply = await get(app, path, host="gone--ada.apps.test", **NAVIGATE)
    asked_head = await get(app, path, host="gone--ada.apps.test", method="HEAD", **NAVIGATE)

    assert "Nothing called gone is published by ada" in reply.body.decode()
    assert "<code>vibes-trio deploy FOLDER --app gone --user ada</code>" in reply.body.decode()
    assert ("vibes-release" in reply.body.decode()) == returns
    assert (asked_head.status, asked_head.body, asked_head.length) == (404, b"", len(reply.body))


# -- who refers ---------------------------------------------------------------------------------------------

HOST = "garden--ada.apps.test"


async def two_releases(app, *, live=True):
    older = (await deploy(app, jsx(), text("/logo.txt", "old"), text("/only.txt", "x"), mode="dev"))["fsId"]
    if live:
        await deploy(app, jsx(), text("/logo.txt", "new"))
    return older


@pytest.mark.parametrize("live", [True, False])
async def test_a_path_from_the_root_is_the_file_of_the_release_whose_page_asks(app, live):
    """Of an app that is only published for trying out, too."""
    older = await two_releases(app, live=live)

    reply = await get(app, "/logo.txt", referer=f"http://{HOST}/~{older}~/")

    assert reply.body == b"old"
    assert head(reply)["vary"] == "Referer"
    assert head(reply)["cache-control"] == "no-cache"


@pytest.mark.parametrize(
    "referer",
    [
        "",
        f"http://{HOST}/",
        "http://other--ada.apps.test/~{0}~/",
        f"http://{HOST}/~zUnknown1234~/",
        f"http://{HOST}/a/~{{0}}~/",
        "nonsense/~{0}~/",
    ],
)
async def test_who_else_refers_changes_nothing(app, referer):
    older = await two_releases(app)

    reply = await get(app, "/logo.txt", referer=referer.format(older))

    assert reply.body == b"new"
    assert "vary" not in head(reply)


async def test_the_page_of_a_release_that_is_not_live_knows_what_its_public_folder_answers(app):
    main = js("/src/main.js", content="new BrowserRouter")
    page = text("/index.html", '<script type="module" src="/src/main.js"></script>')
    reply = await deploy(app, page, main, text("/public/a.svg"), text("/vite.config.js"), mode="dev")

    names = page_facts((await get(app, f"/~{reply['fsId']}~/")).body)["names"]

    assert {"/a.svg", "/public/a.svg", "/index.html"} <= set(names)


async def test_what_the_referring_release_lacks_is_the_live_ones(app):
    older = await two_releases(app)
    await deploy(app, jsx(), text("/logo.txt", "new"), text("/late.txt", "late"))

    assert (await get(app, "/late.txt", referer=f"http://{HOST}/~{older}~/")).body == b"late"


async def test_a_link_out_of_a_release_leads_to_the_live_one(app):
    older = await two_releases(app)

    assert (await get(app, "/logo.txt", referer=f"http://{HOST}/~{older}~/", **NAVIGATE)).body == b"new"


async def test_a_page_of_the_live_release_gets_its_own_files_under_either_address(app):
    live = (await deploy(app, jsx(), text("/logo.txt", "new")))["fsId"]

    assert "vary" not in head(await get(app, "/logo.txt", referer=f"http://{HOST}/~{live}~/"))


# -- modules of the server --------------------------------------------------------------------------------


@pytest.mark.parametrize("host", ["garden--ada.apps.test", "apps.test", "127.0.0.1:8787"])
async def test_scripts_of_the_page_are_served_on_every_host(app, host):
    script = static_module("mount.js")

    reply = await get(app, script.address, host=host)

    assert reply.body == script.content
    assert head(reply)["cache-control"] == IMMUTABLE
    assert head(reply)["content-type"] == "application/javascript"


async def test_a_page_of_before_an_upgrade_gets_the_scripts_of_now(app):
    reply = await get(app, "/~esm/@vibes/mount.0123456789abcdef.js")

    assert reply.body == static_module("mount.js").content
    assert head(reply)["cache-control"] == "no-cache"


@pytest.mark.parametrize(
    "path", ["/~esm/@vibes/other.0123456789abcdef.js", "/~esm/react@19.2.1/index.js", "/~esm/"]
)
async def test_an_unknown_module_is_not_found(app, path):
    assert (await get(app, path)).status == 404


async def test_local_modules_are_served_and_named_by_the_page(app, tmp_path):
    store = LocalModules(tmp_path / "modules", (), Limits())
    built = Built(address_of("react", "19.2.1", ""), "key", b"export default 'react';\n", ())
    record = store.put(built, "recipe")
    local = replace(app, modules=store)
    await deploy(local, jsx())

    module = await get(local, record.address)
    page = await get(local, "/")

    imports = json.loads(
        next(inner for names, inner in SCRIPT.findall(page.body.decode()) if "importmap" in names)
    )
    assert imports["imports"]["react"] == record.address
    assert module.body == built.code
    assert head(module)["cache-control"] == IMMUTABLE
    assert json.loads((await get(local, MAP)).body)["imports"]["react"].startswith("https://")


async def test_page_of_jsx_names_react_and_all_that_it_imports_to_be_fetched_at_once(app, tmp_path):
    store = LocalModules(tmp_path / "modules", (), Limits())
    local = replace(app, modules=store)
    react, runtime, client = (
        address_of(name, "19.2.1", part)
        for name, part in (("react", ""), ("react", "jsx-runtime"), ("react-dom", "client"))
    )
    store.put(Built(client, "key", b"1", (react, "/~esm/lost@1.0.0")), "recipe")
    store.put(Built(runtime, "key", b"2", ()), "recipe")
    store.put(Built(react, "key", b"3", (client,)), "recipe")
    await deploy(local, jsx())
    await deploy(local, js("/main.js", "1"), appSlug="plain")

    page = await get(local, "/")
    plain = await get(local, "/", host="plain--ada.apps.test")

    preloaded = re.findall(r'<link rel="modulepreload" href="([^"]*)">', page.body.decode())
    assert preloaded[2:] == [runtime, client, react]
    assert "react" not in "".join(re.findall(r"<link[^>]*>", plain.body.decode()))


async def test_page_names_what_every_page_loads_once_it_is_stored(app, tmp_path):
    store = LocalModules(tmp_path / "modules", (), Limits())
    local = replace(app, modules=store)
    fs_id = (await deploy(local, jsx()))["fsId"]

    without = await get(local, f"/~{fs_id}~/")
    for file in PAGE_FILES:
        store.put_file(file.address, b"bytes", file.content_type)
    complete = await get(local, f"/~{fs_id}~/")
    font = await get(local, PAGE_FILES[-1].address)

    assert head(without)["etag"] != head(complete)["etag"]
    assert [file.address.encode() in without.body for file in PAGE_FILES] == [False] * 3
    assert [file.address.encode() in complete.body for file in PAGE_FILES] == [True] * 3
    assert (font.body, head(font)["content-type"], head(font)["cache-control"]) == (
        b"bytes",
        WOFF2,
        IMMUTABLE,
    )


# -- rows that others wrote, or that are damaged ----------------------------------------------------------


async def test_a_release_of_the_reference_mounts_all_that_is_javascript(app):
    await deploy(app, jsx("/App.jsx", "export default 1;\n"), text("/home.html", "home", entryPoint=True))
    damage(app.db.path, "UPDATE Apps SET extras = NULL")
    app.releases.clear()

    page = await get(app, "/index.html")

    assert page.body == b"home"
    assert (await get(app, "/")).body == b"home"
    damage(app.db.path, "UPDATE Apps SET fileSystem = replace(fileSystem, 'entryPoint', 'before')")
    app.releases.clear()
    assert b'import * as V1 from "~~transformed~~/' in (await get(app, "/")).body


@pytest.mark.parametrize("env", ['["A"]', "null", '{"A": 1}', '"text"'])
async def test_an_env_that_the_reference_took_is_no_obstacle(app, env):
    await deploy(app, jsx())
    damage(app.db.path, "UPDATE Apps SET env = ?", env)
    app.releases.clear()

    reply = await get(app, "/")

    assert reply.status == 200
    assert page_env(reply.body) == {}


@pytest.mark.parametrize(
    ("sql", "path"),
    [
        ("UPDATE Apps SET fileSystem = '{'", "/v.txt"),
        ("UPDATE Apps SET fileSystem = '[{}]'", "/v.txt"),
        ("UPDATE Apps SET env = 'x'", "/v.txt"),
        ("DELETE FROM Assets", "/v.txt"),
        ("DELETE FROM Assets", "/"),
        ("UPDATE Assets SET content = x'00'", "/"),
        ("UPDATE Assets SET content = '[]'", "/"),
        ("UPDATE Assets SET content = '{\"imports\": 1}'", "/"),
    ],
)
async def test_what_is_damaged_is_not_found(app, sql, path):
    await deploy(app, jsx(), text("/v.txt"))
    damage(app.db.path, sql)

    reply = await get(app, path)

    assert reply.status == 404
    assert json.loads(reply.body)["code"] == "not-found"


async def test_a_release_without_import_map_has_a_page_all_the_same(app):
    await deploy(app, text("/v.txt"))
    damage(app.db.path, "UPDATE Apps SET fileSystem = json_remove(fileSystem, '$[#-1]')")

    assert (await get(app, MAP)).status == 404
    assert b"vibe-app-container" in (await get(app, "/")).body


async def test_a_release_whose_notes_are_damaged_is_served_and_mended_by_a_deploy(app):
    await deploy(app, jsx(), text("/v.txt"))
    whole = rows(app)
    damage(app.db.path, "UPDATE Apps SET extras = '{'")

    assert (await get(app, "/v.txt")).status == 200
    await deploy(app, jsx(), text("/v.txt"))

    assert rows(app) == whole


# -- nothing is stale -------------------------------------------------------------------------------------


async def test_the_latest_is_that_of_the_last_deploy_at_once(app):
    for version in ("one", "two", "one"):
        await deploy(app, text("/v", version))
        assert (await get(app, "/v")).body == version.encode()


async def test_a_name_that_was_not_there_is_found_once_it_is(app):
    assert (await get(app, "/v")).status == 404

    await deploy(app, text("/v", "one"))

    assert (await get(app, "/v")).body == b"one"


@pytest.mark.parametrize("path", ["/~esm/../x", "/~esm/%2e%2e/x", "/~esm/a/../../x"])
async def test_steps_up_lead_from_modules_to_what_a_browser_would_ask_for(app, path):
    await deploy(app, text("/x", "words"))

    assert (await get(app, path)).body == b"words"


async def test_what_a_sweep_removes_is_gone_at_once(app):
    release = await deploy(app, text("/v", "dev"), mode="dev")
    await deploy(app, text("/v", "live"))
    path = f"/~{release['fsId']}~/v"
    assert (await get(app, path)).status == 200

    await sweep(replace(app, config=replace(app.config, max_apps=1)), Sweep())

    assert (await get(app, path)).status == 404
    assert (await get(app, "/v")).body == b"live"


async def test_a_page_follows_the_settings_of_the_server(app):
    await deploy(app, jsx(), env={"FPCLOUD_URL": "app", "MINE": "kept"})
    with_settings = replace(
        app,
        assets=AssetCache(1 << 20),
        config=replace(app.config, app_env={"FPCLOUD_URL": "server"}),
    )

    assert page_env((await get(app, "/")).body) == {"FPCLOUD_URL": "app", "MINE": "kept"}
    assert page_env((await get(with_settings, "/")).body) == {"FPCLOUD_URL": "server", "MINE": "kept"}


async def test_a_large_file_is_read_by_a_thread_and_not_in_the_event_loop(app, monkeypatch):
    large = "x" * (MAX_READ_HERE_BYTES + 1)
    await deploy(app, text("/large.txt", large))
    get_here = SqliteDatabase.get

    def refuse_assets(db, fn, *args):
        assert fn is not assets.find_asset, "the event loop waits for the disk"
        return get_here(db, fn, *args)

    monkeypatch.setattr(SqliteDatabase, "get", refuse_assets)

    assert (await get(app, "/large.txt")).body == large.encode()


async def test_answers_are_the_same_without_caches(app):
    uncached = replace(app, assets=AssetCache(0), releases=NameCache(0))
    release = await deploy(app, jsx(), text("/v.txt", LONG), env={"A": "1"})

    for path in ("/", "/v.txt", f"/~{release['fsId']}~/", MAP, "/nothing"):
        for _ in range(2):
            given = [await get(each, path, accept_encoding="gzip") for each in (app, uncached)]
            kept, made = (structs.replace(reply, headers=without_id(reply)) for reply in given)
            assert kept == made


def without_id(reply):
    """Return the headers of *reply* but for the id that each error has of its own."""
    return tuple((name, value) for name, value in reply.headers if name != "x-request-id")


# -- nothing gets out of its script element ---------------------------------------------------------------

HOSTILE = (
    "</script>",
    "<script>",
    "<!--",
    "-->",
    "]]>",
    "\u2028",
    "\u2029",
    "\\",
    '"',
    "'",
    "&",
    "${",
    "`",
    "\x7f",
)
HOSTILE_TEXT = st.lists(st.sampled_from(HOSTILE) | st.text(max_size=4), max_size=5).map("".join)
FILE_NAME = st.lists(
    st.sampled_from([c for c in HOSTILE if c not in ("\u2028", "\u2029", "\\", "\x7f", "</script>")])
    | st.sampled_from(["<\u200dscript>", "a", "日", " ", "%", "#", "?"]),
    min_size=1,
    max_size=5,
).map(lambda parts: "/" + "".join(parts) + ".js")


@pytest.fixture(scope="module")
def shared_app(tmp_path_factory):
    """One app for all examples: each overwrites the release of the one before."""
    db = open_database(tmp_path_factory.mktemp("hostile"))
    yield make_app(db, compiler=FakeCompiler(), max_apps=100_000)
    db.close()


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(HOSTILE_TEXT, HOSTILE_TEXT, max_size=3), FILE_NAME)
async def test_no_env_value_or_name_leaves_its_script(shared_app, env, name):
    reply = await deploy(shared_app, js(name, "export default 1;\n"), env=env)
    assert reply["type"] == "vibes.diy.res-ensure-app-slug", reply

    body = (await get(shared_app, "/")).body

    page = body.decode()
    scripts = SCRIPT.findall(page)
    assert page.count("<script") == page.count("</script>") == len(scripts) == 5
    assert page_env(body) == env
    assert all("<" not in inner for _, inner in scripts)
    assert all(ord(char) < 128 for _, inner in scripts for char in inner)
    specifiers = re.findall(r"^import \* as V1 from (\".*\");$", page, re.MULTILINE)
    assert [json.loads(specifier) for specifier in specifiers] == [name[1:]]
    assert "<!--" not in page


@pytest.mark.parametrize("slug", ["a1-b2", "x"])
async def test_the_slug_names_container_and_title(app, slug):
    await deploy(app, jsx(), appSlug=slug)

    page = (await get(app, "/", host=f"{slug}--ada.apps.test")).body.decode()

    assert f'<div id="{html.escape(slug)}"' in page
    assert f"<title>{slug}</title>" in page


# -- packages by address ----------------------------------------------------------------------------------


SCRIPT_OF_CLSX = "https://unpkg.com/clsx@2.0.0/clsx.min.js"
FILE_OF_CLSX, SPECIFIER = "/~esm/clsx@2.0.0/~file-1/clsx.min.js", "clsx/clsx.min.js?file"


async def site_with_packages(app, tmp_path, *more):
    """Deploy a site whose pages load a script of clsx, which is built; return the server's app and the reply."""
    home = open_home(tmp_path)
    home.store.put_file(FILE_OF_CLSX, b"globalThis.clsx = 1", "text/javascript")
    made = Built("/~esm/clsx@2.0.0/~a/~file/clsx.min.js", "key", b"", (FILE_OF_CLSX,))
    home.store.put(made, "recipe")
    home.known = Lock(
        packages={"clsx@2.0.0": PACKAGE}, shared={"clsx": "clsx@2.0.0"}, modules={SPECIFIER: made.address}
    )
    local = replace(app, modules=home.store, home=home)
    page = f'<html><head></head><script src="{SCRIPT_OF_CLSX}" integrity="sha384-x"></script>{{}}</html>'
    files = [text("/index.html", page.format("")), text("/part/b.html", page.format('<img src="c.png">'))]
    return local, await deploy(local, *files, text("/part/c.png"), *more)


async def test_pages_get_this_servers_copy_of_what_they_load_by_address(app, tmp_path):
    local, reply = await site_with_packages(app, tmp_path)

    main = (await get(local, f"/~{reply['fsId']}~/")).body.decode()
    other = await get(local, "/part/b.html")

    script = f'<script src="{FILE_OF_CLSX}" data-integrity="sha384-x"></script>'
    assert script in main
    assert script in other.body.decode()
    assert f'<img src="/~{reply["fsId"]}~/part/c.png">' in other.body.decode()
    assert '<link rel="icon" href="data:,">' in other.body.decode()
    assert (head(other)["content-type"], head(other)["cache-control"]) == ("text/html", "no-cache")
    assert (await get(local, FILE_OF_CLSX)).body == b"globalThis.clsx = 1"


async def test_without_a_store_of_packages_pages_keep_what_they_name(app, tmp_path):
    local, _ = await site_with_packages(app, tmp_path)
    on_cdn = replace(local, modules=None, home=None)

    script = f'<script src="{SCRIPT_OF_CLSX}" integrity="sha384-x"></script>'
    assert script in (await get(on_cdn, "/part/b.html")).body.decode()
    assert script in (await get(on_cdn, "/")).body.decode()


async def test_a_page_of_a_site_whose_template_is_lost_is_not_found(app, tmp_path):
    local, reply = await site_with_packages(app, tmp_path)
    release = await find_release(local, EntryPoint(reply["appSlug"], reply["userSlug"], None, "/"))
    (template,) = release.extras.pages.values()
    damage(app.db.path, "DELETE FROM Assets WHERE assetId = ?", template)

    reply = await get(replace(local, assets=AssetCache(1024 * 1024)), "/part/b.html")

    assert reply.status == 404


# -- pages of a site without their ending -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/about", b"about"),
        ("/about/", b"about"),
        ("/docs/", b"docs"),
        ("/docs/start", b"start"),
        ("/about.html", b"about"),
        ("/nothing", b"home"),
    ],
)
async def test_a_page_of_a_site_is_found_by_its_address_without_an_ending(app, path, body):
    pages = {
        "/index.html": "home",
        "/about.html": "about",
        "/docs/index.html": "docs",
        "/docs/start.html": "start",
    }
    files = [
        text(name, f"<h1>{words}</h1>", entryPoint=name == "/index.html") for name, words in pages.items()
    ]
    reply = await deploy(app, *files)

    for start in ("", f"/~{reply['fsId']}~"):
        assert b"<h1>" + body + b"</h1>" in (await get(app, start + path, **NAVIGATE)).body


async def test_only_who_navigates_gets_a_page_by_another_name(app):
    await deploy(app, text("/index.html", "home"), text("/about.html", "about"))

    assert (await get(app, "/about", sec_fetch_mode="cors", accept="*/*")).status == 404
