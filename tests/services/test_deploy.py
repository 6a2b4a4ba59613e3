"""ensureAppSlug: what is taken and what is refused, and that a deploy which fails leaves nothing."""

import base64
import json
import random
from dataclasses import replace
from functools import partial

import pytest
import trio
from asking import DEPLOY, ask, counts, damage, deploy, get, js, jsx, rows, text
from fakes import NOW, make_app, open_database
from local_home import open_home

from vibes_trio.config import Limits
from vibes_trio.content.cid import calc_cid
from vibes_trio.content.slugs import random_slug
from vibes_trio.jobs import Sweep, WarmRelease
from vibes_trio.services import deploy as deploy_service
from vibes_trio.services.app_build import find_glance, keep_glance
from vibes_trio.services.upkeep import sweep
from vibes_trio.storage import apps, assets, slugs
from vibes_trio.storage.eviction import Evicted
from vibes_trio.storage.sqlite.engine import SqliteDatabase
from vibes_trio.storage.sqlite.tx import SqliteTx

PICTURE = bytes(range(256))


def with_limits(app, **limits):
    return replace(app, config=replace(app.config, limits=replace(app.config.limits, **limits)))


def file_of(reply, name):
    return next(item for item in reply["fileSystem"] if item["fileName"] == name)


async def test_files_are_shared_with_all_or_with_nobody(app):
    """A list of origins would be kept as text and share nothing, or everything."""
    reply = await deploy(app, text("/v"), env={"VIBES_SHARE_FILES": "https://a.test"})

    assert (reply["code"], counts(app)) == ("bad-request", {})
    assert "VIBES_SHARE_FILES: only `*` is known" in reply["message"]
    assert "code" not in await deploy(app, text("/v"), env={"VIBES_SHARE_FILES": "*"})


# -- what a file may be -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "content",
    [
        base64.b64encode(PICTURE).decode(),
        list(PICTURE),
        {str(index): byte for index, byte in enumerate(PICTURE)},
        {"type": "Buffer", "data": list(PICTURE)},
    ],
    ids=["base64", "list", "Uint8Array", "Buffer"],
)
async def test_bytes_come_in_four_forms(app, content):
    reply = await deploy(app, {"type": "uint8-asset-block", "filename": "/logo.png", "content": content})

    assert file_of(reply, "/logo.png")["assetId"] == calc_cid(PICTURE)
    assert (await get(app, "/logo.png")).body == PICTURE


@pytest.mark.parametrize(
    "content", ["no base64!", [256], [-1], {"0": 1, "2": 3}, {"0": "x"}, {"type": "Buffer"}]
)
async def test_bytes_in_another_form_are_refused_with_their_place(app, content):
    reply = await deploy(
        app, text("/a.txt"), {"type": "uint8-asset-block", "filename": "/x", "content": content}
    )

    assert reply["code"] == "bad-request"
    assert "fileSystem[1].content" in reply["message"]
    assert counts(app) == {}


async def test_all_six_types_stand_in_one_deploy(app, compiler):
    source = "export default 1;\n"
    files = [
        jsx("/App.jsx"),
        text("/words.txt", "words"),
        {"type": "uint8-asset-block", "filename": "/logo.png", "content": [1, 2, 3]},
        js("/lib.js", source),
        {"type": "code-ref", "filename": "/copy.js", "refId": calc_cid(source.encode())},
        {"type": "str-asset-ref", "filename": "/copy.txt", "refId": calc_cid(b"words")},
        {"type": "uint8-asset-ref", "filename": "/copy.png", "refId": calc_cid(b"\x01\x02\x03")},
    ]

    reply = await deploy(app, *files)

    assert (await get(app, "/copy.txt")).body == b"words"
    assert (await get(app, "/copy.png")).body == b"\x01\x02\x03"
    assert file_of(reply, "/copy.js")["transform"]["type"] == "imports"
    assert {item.filename for item in compiler.sources} == {"/App.jsx", "/lib.js", "/copy.js"}


async def test_a_reference_finds_what_the_same_user_deployed_before(app):
    await deploy(app, text("/words.txt", "words"))

    reply = await deploy(
        app, {"type": "str-asset-ref", "filename": "/again.txt", "refId": calc_cid(b"words")}, appSlug="other"
    )

    assert file_of(reply, "/again.txt")["size"] == 5
    assert (await get(app, "/again.txt", host="other--ada.apps.test")).body == b"words"


@pytest.mark.parametrize("kind", ["code-ref", "str-asset-ref", "uint8-asset-ref"])
async def test_a_reference_to_another_users_asset_is_not_found(app, kind):
    await deploy(app, text("/secret.js", "secret"))
    before = rows(app)
    wanted = {"type": kind, "filename": "/mine.js", "refId": calc_cid(b"secret")}

    others = await deploy(app, wanted, user="eve", userSlug="eve")
    missing = await deploy(app, wanted | {"refId": calc_cid(b"nowhere")}, user="eve", userSlug="eve")

    assert others["code"] == missing["code"] == "not-found"
    assert others["message"].replace(calc_cid(b"secret"), "") == missing["message"].replace(
        calc_cid(b"nowhere"), ""
    )
    assert rows(app) == before


async def test_many_references_read_the_manifests_once_and_each_asset_once(app, monkeypatch):
    await deploy(app, text("/words.txt", "words"), text("/more.txt", "more"))
    owned_asked, found_asked = [], []
    list_owned, find = assets.list_owned_assets, assets.find_asset
    monkeypatch.setattr(
        assets, "list_owned_assets", lambda *args: owned_asked.append(args) or list_owned(*args)
    )
    monkeypatch.setattr(assets, "find_asset", lambda *args: found_asked.append(args) or find(*args))
    refs = [
        {"type": "str-asset-ref", "filename": f"/{n}.txt", "refId": calc_cid((b"words", b"more")[n % 2])}
        for n in range(20)
    ]

    reply = await deploy(app, *refs)

    assert reply["type"] == "vibes.diy.res-ensure-app-slug"
    assert (len(owned_asked), len(found_asked)) == (1, 2)


async def test_a_reference_to_bytes_that_are_gone_is_not_found(app):
    await deploy(app, text("/words.txt", "words"))
    await app.db.write(lambda tx: tx.execute("DELETE FROM Assets WHERE assetId = ?", (calc_cid(b"words"),)))

    reply = await deploy(
        app, {"type": "str-asset-ref", "filename": "/x.txt", "refId": calc_cid(b"words")}, appSlug="other"
    )

    assert reply["code"] == "not-found"


async def test_a_code_reference_to_what_is_no_text_says_so(app):
    files = [
        {"type": "uint8-asset-block", "filename": "/blob", "content": [0x61, 0xFF]},
        {"type": "code-ref", "filename": "/App.jsx", "refId": calc_cid(b"a\xff")},
    ]

    reply = await deploy(app, *files)

    assert (reply["code"], reply["filename"]) == ("transform-failed", "/App.jsx")
    assert counts(app) == {}


async def test_a_code_reference_needs_a_name_that_says_its_language(app):
    reply = await deploy(
        app, text("/a.txt", "1"), {"type": "code-ref", "filename": "/b.txt", "refId": calc_cid(b"1")}
    )

    assert reply["code"] == "bad-request"
    assert "fileSystem[1].filename" in reply["message"]


async def test_the_type_given_counts_then_the_name_then_bytes(app):
    files = [
        text("/given.css", mimetype="text/x-mine"),
        text("/by-name.css"),
        text("/unknown.abcxyz"),
        text("/empty.css", mimetype=""),
    ]

    reply = await deploy(app, *files)

    assert {f["fileName"]: f["mimeType"] for f in reply["fileSystem"] if "~~" not in f["fileName"]} == {
        "/given.css": "text/x-mine",
        "/by-name.css": "text/css",
        "/unknown.abcxyz": "application/octet-stream",
        "/empty.css": "",
    }
    assert dict((await get(app, "/empty.css")).headers)["content-type"] == "application/octet-stream"


@pytest.mark.parametrize(
    "mime", ["text/html\r\nX-Evil: 1", "text/\u00e4", "x" * 256, " text/html", "text/html ", " "]
)
async def test_a_type_that_would_break_a_header_is_refused(app, mime):
    reply = await deploy(app, text("/a.txt", mimetype=mime))

    assert reply["code"] == "bad-request"
    assert "fileSystem[0].mimetype" in reply["message"]


# -- limits -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "value", "files", "members"),
    [
        ("max_files", 1, [text("/a"), text("/b")], {}),
        ("max_file_bytes", 4, [text("/a", "12345")], {}),
        ("max_release_bytes", 8, [text("/a", "12345"), text("/b", "67890")], {}),
        ("max_env_bytes", 5, [text("/a")], {"env": {"KEY": "äx"}}),
        ("max_imports", 1, [jsx(content='import "a";\nimport "b";\n')], {}),
    ],
)
async def test_what_is_over_a_limit_is_refused_by_the_limits_name(app, name, value, files, members):
    reply = await deploy(with_limits(app, **{name: value}), *files, **members)

    assert (reply["code"], reply["limit"], reply["value"]) == ("too-large", name, value)
    assert counts(app) == {}


@pytest.mark.parametrize(
    ("name", "value", "files", "members"),
    [
        ("max_files", 2, [text("/a"), text("/b")], {}),
        ("max_file_bytes", 5, [text("/a", "12345")], {}),
        ("max_release_bytes", 10, [text("/a", "12345"), text("/b", "67890")], {}),
        ("max_env_bytes", 6, [text("/a")], {"env": {"KEY": "äx"}}),
        ("max_imports", 2, [jsx(content='import "a";\nimport "b";\n')], {}),
        ("max_filename_chars", 2, [text("/a")], {}),
    ],
)
async def test_what_just_meets_a_limit_is_taken(app, name, value, files, members):
    reply = await deploy(with_limits(app, **{name: value}), *files, **members)

    assert reply["type"] == "vibes.diy.res-ensure-app-slug"


async def test_references_count_for_the_bytes_of_a_release(app):
    await deploy(app, text("/a", "12345"))
    refs = [{"type": "str-asset-ref", "filename": f"/{n}", "refId": calc_cid(b"12345")} for n in range(3)]

    reply = await deploy(with_limits(app, max_release_bytes=14), *refs)

    assert (reply["code"], reply["limit"]) == ("too-large", "max_release_bytes")


@pytest.mark.parametrize(
    "name", ["a", "", "/", "/a//b", "/../a", "/a/..", "/a/.", "/a\x00", "/a\\b", "/~~x", "/abc"]
)
async def test_a_name_that_no_file_can_have_is_refused_with_its_place(app, name):
    limited = with_limits(app, max_filename_chars=3)

    reply = await deploy(limited, text("/ok"), text(name))

    assert reply["code"] == "bad-request"
    assert "fileSystem[1].filename" in reply["message"]
    assert counts(app) == {}


async def test_no_file_at_all_is_refused(app):
    reply = await deploy(app)

    assert reply["code"] == "bad-request"
    assert "fileSystem" in reply["message"]


# -- slugs ------------------------------------------------------------------------------------------------


async def test_owner_handle_is_another_name_of_the_user_slug(app):
    by_handle = await deploy(app, text("/a"), userSlug="", ownerHandle="Ada")
    both = await deploy(app, text("/a"), userSlug="ADA", ownerHandle="ada")
    differ = await deploy(app, text("/a"), userSlug="ada", ownerHandle="bob")

    assert (by_handle["userSlug"], by_handle["ownerHandle"]) == ("ada", "ada")
    assert both["entryPointUrl"] == by_handle["entryPointUrl"]
    assert differ["code"] == "bad-request"
    assert counts(app)["UserSlugBindings"] == 1


async def test_slugs_that_are_not_given_are_made_up(app):
    reply = await deploy(app, text("/a"), appSlug="", userSlug="")

    assert (reply["appSlug"], reply["userSlug"]) == ("one-two-three", "one-two-three")
    assert reply["entryPointUrl"] == f"https://one-two-three--one-two-three.apps.test/~{reply['fsId']}~/"


async def test_random_slugs_that_are_all_taken_leave_nothing(app):
    await deploy(app, text("/a"), userSlug="")
    before = rows(app)

    reply = await deploy(app, text("/a"), user="eve", userSlug="")

    assert reply["code"] == "no-such-slug-left"
    assert rows(app) == before


@pytest.mark.parametrize(
    "members",
    [
        {"appSlug": "a--b"},
        {"appSlug": "ab"},
        {"appSlug": "www"},
        {"userSlug": "-ada"},
        {"userSlug": "apps"},  # the service's own host is apps.test
        {"appSlug": "a" * 40, "userSlug": "b" * 40},
        {"appSlug": "a" * 63, "userSlug": ""},  # no random one fits beside it
    ],
    ids=str,
)
async def test_slugs_that_make_no_host_name_are_refused(app, members):
    reply = await deploy(app, text("/a"), **members)

    assert reply["code"] == "bad-request"
    assert counts(app) == {}


async def test_a_user_alone_meets_no_limit_by_deploying(app):
    """Fails with the reference's limits of 10 and 50, and where production never makes room."""
    app = replace(app, random_slug=partial(random_slug, random.Random(1)))
    for number in range(60):
        reply = await deploy(app, text("/v", str(number)))
        assert reply["type"] == "vibes.diy.res-ensure-app-slug", reply
        reply = await deploy(app, text("/v"), appSlug=f"app-{number}")
        assert reply["type"] == "vibes.diy.res-ensure-app-slug", reply

    assert counts(app)["Apps"] == 120
    assert (await get(app, "/v")).body == b"59"


async def test_production_releases_that_made_room_are_named_and_their_bytes_go_at_once(app):
    few = replace(app, config=replace(app.config, max_apps=6))
    first = await deploy(few, text("/v", "first"))
    for number in range(5):
        await deploy(few, text("/v", str(number)))
    old = f"/~{first['fsId']}~/v"
    assert (await get(few, old)).status == 200

    reply = await deploy(few, text("/v", "last"))
    await run_sweeps(few)

    (warning,) = reply["warnings"]
    assert f"garden--ada/~{first['fsId']}~." in warning
    assert "MAX_APPS_PER_USER_ID" in warning
    assert (await get(few, old)).status == 404
    assert calc_cid(b"first") not in {row[0] for row in rows(few)["Assets"]}


def test_many_releases_that_made_room_are_counted():
    gone = [Evicted("garden", "ada", "U", f"z{number}", True) for number in range(12)]

    (warning,) = deploy_service.eviction_warnings([*gone, Evicted("garden", "ada", "U", "zDev", False)])

    assert "garden--ada/~z9~ and 2 more." in warning
    assert "zDev" not in warning
    assert deploy_service.eviction_warnings([Evicted("garden", "ada", "U", "zDev", False)]) == ()


async def run_sweeps(app):
    """Do what deploys have left to be done."""
    while (taken := app.jobs.queues[Sweep].take_nowait()) is not None:
        await sweep(app, taken[1])
        app.jobs.queues[Sweep].done(taken[0])


async def test_dev_releases_of_one_user_hold_no_more_bytes_than_they_may(app):
    """Fails without `fit_bytes`, or where the bytes of what was evicted stay for an hour."""
    small = replace(app, config=replace(app.config, max_app_bytes=50_000))
    held = []
    for number in range(12):
        reply = await deploy(small, text("/v", f"{number:02}" + "x" * 10_000), mode="dev")
        assert "warnings" not in reply
        await run_sweeps(small)
        held.append(sum(len(row[1]) for row in rows(small)["Assets"]))

    assert max(held) < 50_000
    refused = await deploy(small, text("/v", "x" * 60_000), mode="dev")
    assert (refused["code"], refused["limit"], refused["value"]) == (
        "limit-reached",
        "MAX_APP_BYTES_PER_USER_ID",
        50_000,
    )
    assert "VIBES" not in refused["message"]
    assert "config.toml" in refused["message"]


async def test_a_deploy_may_refer_to_what_its_own_user_just_lost(app, monkeypatch):
    """The bytes were read before, and are put again in the transaction that saves the release."""
    few = replace(app, config=replace(app.config, max_apps=1))
    await deploy(few, text("/v", "shared"), mode="dev")
    write = SqliteDatabase.write

    async def evict_before(db, fn, *args, **settings):
        monkeypatch.setattr(SqliteDatabase, "write", write)
        await deploy(few, text("/v", "other"), mode="dev")
        await run_sweeps(few)
        assert calc_cid(b"shared") not in {row[0] for row in rows(few)["Assets"]}
        return await write(db, fn, *args, **settings)

    monkeypatch.setattr(SqliteDatabase, "write", evict_before)
    ref = {"type": "str-asset-ref", "filename": "/r", "refId": calc_cid(b"shared")}
    reply = await deploy(few, ref)

    assert reply["type"] == "vibes.diy.res-ensure-app-slug"
    assert (await get(few, "/r")).body == b"shared"


async def test_a_nearly_full_disk_refuses_deploys_and_serves_what_is_there(app, monkeypatch, tmp_path):
    await deploy(app, text("/v", "here"))
    db = SqliteDatabase(app.db.path, app.config.limits, now=app.now, inline=True, disk_reserve=2**62)
    db.open()
    short = replace(app, db=db)

    reply = await deploy(short, text("/v", "more"))
    again = await deploy(short, text("/v", "here"))
    served = await get(short, "/v")
    swept = app.jobs.queues[Sweep].take_nowait()
    db.close()

    assert (reply["code"], again["type"]) == ("overloaded", "vibes.diy.res-ensure-app-slug")
    assert "nearly full" in reply["message"]
    assert (served.status, served.body) == (200, b"here")
    assert swept == ("", Sweep(evicted=True))


@pytest.mark.parametrize(
    ("setting", "members", "limit"),
    [
        ("max_user_slugs", {"userSlug": "second"}, "MAX_USER_SLUG_PER_USER_ID"),
        ("max_app_slugs", {"appSlug": "second"}, "MAX_APP_SLUG_PER_USER_ID"),
        ("max_apps", {"env": {"A": "1"}}, "MAX_APPS_PER_USER_ID"),
    ],
)
async def test_limits_of_a_user_are_named_and_leave_nothing(app, setting, members, limit):
    await deploy(app, text("/a"))
    before = rows(app)
    limited = replace(app, config=replace(app.config, **{setting: 1}))

    reply = await deploy(limited, text("/a"), **members)

    assert (reply["code"], reply["limit"], reply["value"]) == ("limit-reached", limit, 1)
    assert rows(app) == before


# -- the same again ---------------------------------------------------------------------------------------


async def test_what_stands_already_costs_few_statements(app, monkeypatch):
    """Whoever deploys at each save sends the same again and again: no row is read twice in the transaction."""
    await deploy(app, jsx("/App.jsx"))
    execute, seen = SqliteTx.execute, []

    def counted(tx, sql, params=()):
        seen.append((sql, params))
        return execute(tx, sql, params)

    with monkeypatch.context() as patch:
        patch.setattr(SqliteTx, "execute", counted)
        assert "code" not in await deploy(app, jsx("/App.jsx"))

    looked_up, *in_transaction = seen
    assert looked_up[0].startswith("SELECT appSlug")
    assert len(set(in_transaction)) == len(in_transaction) == 8  # with its BEGIN and COMMIT


async def test_the_same_content_again_makes_no_row_and_compiles_nothing(app, compiler):
    first = await deploy(app, jsx(), env={"B": "1", "A": "2"})
    before = rows(app)
    compiled = len(compiler.sources)

    again = await deploy(app, jsx(), env={"A": "2", "B": "1"})

    assert again["fsId"] == first["fsId"]
    assert again["fileSystem"] == first["fileSystem"]
    assert rows(app) == before
    assert len(compiler.sources) == compiled == 1


async def test_the_same_content_under_other_slugs_is_another_release(app):
    first = await deploy(app, jsx())
    other = await deploy(app, jsx(), appSlug="other")

    assert other["fsId"] == first["fsId"]
    assert counts(app)["Apps"] == 2
    assert (await get(app, f"/~{first['fsId']}~/", host="other--ada.apps.test")).status == 200


async def test_a_dev_release_deployed_as_production_becomes_the_live_one(app, compiler):
    await deploy(app, text("/v", "one"), mode="dev")
    await deploy(app, text("/v", "two"))
    assert (await get(app, "/v")).body == b"two"

    reply = await deploy(app, text("/v", "one"))

    assert reply["mode"] == "production"
    assert (await get(app, "/v")).body == b"one"
    assert counts(app)["Apps"] == 2


async def test_a_production_release_is_warmed_and_a_dev_release_is_not(app):
    await deploy(app, text("/v", "one"), mode="dev")
    assert len(app.jobs.queues[WarmRelease]) == 0

    await deploy(app, text("/v", "one"))

    assert app.jobs.queues[WarmRelease].take_nowait()[1] == WarmRelease("garden", "ada")


async def test_a_release_that_is_evicted_while_it_is_deployed_again_is_built_anew(app, compiler, monkeypatch):
    """Between the look and the transaction another deploy may evict it."""
    first = await deploy(app, jsx())
    looked = []

    def evict_after_the_look(tx, *args):
        found = apps_find_release(tx, *args)
        if not looked:
            looked.append(found)
            damage(app.db.path, "DELETE FROM Apps")
        return found

    apps_find_release = apps.find_release
    monkeypatch.setattr(apps, "find_release", evict_after_the_look)

    again = await deploy(app, jsx())

    assert looked[0] is not None
    assert again["fsId"] == first["fsId"]
    assert [app_row[3] for app_row in rows(app)["Apps"]] == [2]
    assert len(compiler.sources) == 2
    assert (await get(app, "/")).status == 200


async def test_warnings_are_told_again_with_the_same_content(app):
    files = [jsx(content='import x from "no-such-package";\nimport "./missing";\nexport default x;\n')]

    first = await deploy(app, *files)
    again = await deploy(app, *files)

    assert len(first["warnings"]) == 2
    assert "no-such-package" in " ".join(first["warnings"])
    assert "./missing" in " ".join(first["warnings"])
    assert again["warnings"] == first["warnings"]


async def test_a_deploy_that_evicts_forgets_what_was_known_of_the_evicted(app):
    small = replace(app, config=replace(app.config, max_apps=2))
    old = await deploy(small, text("/v", "old"), mode="dev", appSlug="other")
    address = f"/~{old['fsId']}~/v"
    assert (await get(small, address, host="other--ada.apps.test")).body == b"old"

    await deploy(small, text("/v", "one"))
    await deploy(small, text("/v", "two"))

    assert counts(app)["Apps"] == 2
    assert (await get(small, address, host="other--ada.apps.test")).status == 404


# -- nothing is left behind -------------------------------------------------------------------------------

WHOLE = (
    jsx("/App.jsx", 'import "./lib.js";\nimport "left-pad";\nexport default 1;\n'),
    js("/lib.js", "1;\n"),
)


def fail_after(function, calls):
    """Return *function*, but for its *calls*-th call, which raises once its work is done."""
    left = [calls]

    def failing(*args, **kwargs):
        result = function(*args, **kwargs)
        left[0] -= 1
        if left[0] == 0:
            raise RuntimeError("made to fail")
        return result

    return failing


@pytest.mark.parametrize(
    ("module", "name", "call"),
    [
        (slugs, "bind_user_slug", 1),
        (slugs, "bind_app_slug", 1),
        (assets, "put_assets", 1),
        (apps, "save_release", 1),
    ],
)
async def test_a_deploy_leaves_no_row_when_a_storage_function_fails(app, monkeypatch, module, name, call):
    monkeypatch.setattr(module, name, fail_after(getattr(module, name), call))

    reply = await deploy(app, *WHOLE)

    assert reply["code"] == "internal"
    assert counts(app) == {}


async def test_a_deploy_leaves_no_row_whichever_statement_fails(tmp_path, compiler, monkeypatch):
    """Every statement of the transaction in turn, its BEGIN and COMMIT among them."""
    execute = SqliteTx.execute
    failed = 0
    while True:
        db = open_database(tmp_path / str(failed))
        app = make_app(db, compiler=compiler)
        left = [failed]

        def failing(tx, sql, params=(), left=left):
            left[0] -= 1
            if left[0] == -1:
                raise RuntimeError(f"made to fail: {sql}")
            return execute(tx, sql, params)

        with monkeypatch.context() as patch:
            patch.setattr(SqliteTx, "execute", failing)
            reply = await deploy(app, *WHOLE)
        found = counts(app)
        db.close()
        if reply["type"] == "vibes.diy.res-ensure-app-slug":
            break
        assert reply["code"] == "internal"
        assert found == {}
        failed += 1

    assert found == {"UserSlugBindings": 1, "AppSlugBindings": 1, "Assets": 4, "Apps": 1}
    assert failed >= 12


@pytest.mark.parametrize("name", ["/App.jsx", "/lib.js"])
async def test_a_deploy_leaves_no_row_when_a_module_does_not_compile(app, compiler, name):
    compiler.fails_on = name

    reply = await deploy(app, *WHOLE)

    assert (reply["code"], reply["filename"], reply["line"]) == ("transform-failed", name, 1)
    assert counts(app) == {}


async def test_a_deploy_leaves_no_row_when_the_look_up_fails(app):
    async def package_version(name):
        raise OSError("made to fail")

    reply = await deploy(replace(app, package_version=package_version), *WHOLE)

    assert reply["code"] == "internal"
    assert counts(app) == {}


class CancelAfter(trio.abc.Instrument):
    """Cancels *scope* after *steps* steps, of whichever task."""

    def __init__(self, scope, steps):
        self.scope, self.steps = scope, steps

    def after_task_step(self, task):
        self.steps -= 1
        if self.steps == 0:
            self.scope.cancel()


@pytest.mark.parametrize("inline", [True, False], ids=["inline", "threads"])
async def test_a_deploy_that_is_cancelled_anywhere_is_whole_or_not_there(tmp_path, compiler, inline):
    whole = {"UserSlugBindings": 1, "AppSlugBindings": 1, "Assets": 4, "Apps": 1}
    seen = []

    async def package_version(name):
        await trio.lowlevel.checkpoint()
        return "1.0.0"

    for steps in range(1, 60):
        db = SqliteDatabase(tmp_path / f"{steps}.sqlite3", Limits(), now=lambda: NOW, inline=inline)
        db.open()
        app = make_app(db, compiler=compiler, package_version=package_version)
        with trio.CancelScope() as scope:
            instrument = CancelAfter(scope, steps)
            trio.lowlevel.add_instrument(instrument)
            reply = await deploy(app, *WHOLE)
        trio.lowlevel.remove_instrument(instrument)
        seen.append(counts(app))
        served = await get(app, "/lib.js")
        db.close()
        assert seen[-1] in ({}, whole)
        assert served.status == (200 if seen[-1] else 404)
        if not scope.cancelled_caught and not scope.cancel_called:
            assert reply["type"] == "vibes.diy.res-ensure-app-slug"
            break
    else:
        raise AssertionError("a deploy takes more steps than this test knows of")

    assert seen[0] == {}
    assert seen[-1] == whole
    assert len(seen) > 4


# -- many at once -----------------------------------------------------------------------------------------


async def test_deploys_of_one_app_at_once_are_numbered_without_gap_or_twin(tmp_path, compiler):
    db = SqliteDatabase(tmp_path / "vibes.sqlite3", Limits(), now=lambda: NOW)
    db.open()
    app = make_app(db, compiler=compiler)
    replies = []

    async def deploy_some(task):
        for turn in range(3):
            mode = "dev" if (task + turn) % 3 == 0 else "production"
            replies.append(await deploy(app, text("/v", f"{task}.{turn}"), mode=mode))

    async with trio.open_nursery() as nursery:
        for task in range(16):
            nursery.start_soon(deploy_some, task)
    found = rows(app)["Apps"]
    live = await get(app, "/v")
    db.close()

    assert {reply["type"] for reply in replies} == {"vibes.diy.res-ensure-app-slug"}
    assert sorted(row[3] for row in found) == list(range(1, 49))
    newest = max((row for row in found if row[7] == "production"), key=lambda row: row[3])
    contents = {calc_cid(f"{t}.{n}".encode()): f"{t}.{n}" for t in range(16) for n in range(3)}
    cid = json.loads(newest[6])[0]["assetId"]
    assert live.body.decode() == contents[cid]


async def test_new_users_at_once_get_slugs_of_their_own(tmp_path, compiler):
    """Three words out of few: most first tries are taken."""
    db = SqliteDatabase(tmp_path / "vibes.sqlite3", Limits(slug_attempts=200), now=lambda: NOW)
    db.open()
    rng = random.Random(1)
    app = make_app(db, compiler=compiler, random_slug=lambda: f"word-{rng.randrange(24)}")
    replies = []

    async def one(number):
        replies.append(await deploy(app, text("/v"), user=f"u{number}", appSlug="", userSlug=""))

    async with trio.open_nursery() as nursery:
        for number in range(16):
            nursery.start_soon(one, number)
    db.close()

    assert len({reply["userSlug"] for reply in replies}) == 16


def test_the_servers_own_random_slugs_make_host_names(app):
    from_rng = partial(random_slug, random.Random(7))

    async def main():
        fresh = replace(app, random_slug=from_rng)
        for number in range(8):
            reply = await ask(fresh, f"u{number}", DEPLOY, mode="dev", fileSystem=[text("/v", str(number))])
            assert reply["type"] == "vibes.diy.res-ensure-app-slug"

    trio.run(main)


@pytest.mark.parametrize(
    "files",
    [
        [jsx("/App.jsx", "export default () => 1;")],
        [
            jsx("/App.jsx", "export const A = () => 1; export const B = () => <b/>;"),
            text("/vite.config.js", ""),
        ],
        [jsx("/one.jsx", "export default () => 1;"), jsx("/two.jsx", "export default () => 2;")],
        [text("/index.html", '<p>hi</p><script src="https://elsewhere.test/x.js"></script>')],
    ],
    ids=["component", "no default", "two components", "html"],
)
async def test_files_that_come_again_are_not_looked_at_again_and_told_the_same(app, monkeypatch, files):
    looks = []
    look = deploy_service.look_at_whole

    async def count(*args, **options):
        looks.append(args)
        return await look(*args, **options)

    monkeypatch.setattr(deploy_service, "look_at_whole", count)

    first = await deploy(app, *files)
    again = await deploy(app, *files)
    other = await deploy(app, *files, entryPoint="/none", appSlug="other")

    assert (again["fsId"], again.get("warnings")) == (first["fsId"], first.get("warnings"))
    assert len(looks) == 2  # and once more where only the app is another: it has to be built
    assert other["fsId"] == first["fsId"]


async def test_what_is_long_to_be_read_again_is_not_kept(app):
    whole = await deploy_service.look_at_whole([], "", {}, can_bundle=False)
    short = replace(app, config=replace(app.config, limits=replace(app.config.limits, read_here_bytes=10)))

    assert keep_glance(short, "key", whole, {}) is not None
    assert find_glance(short, "key") is None
    assert keep_glance(app, "key", whole, {"Inter": ("wght",)}) == find_glance(app, "key")


# -- other hosts ------------------------------------------------------------------------------------------


async def test_what_pages_ask_other_hosts_for_in_vain_is_told_and_packages_by_address_are_not(app, tmp_path):
    home = open_home(tmp_path)
    local = replace(app, modules=home.store, home=home)
    scripts = "".join(
        f'<script src="https://{at}"></script>' for at in ("unpkg.com/clsx", "cdn.jsdelivr.net/gh/a/b")
    )
    code = 'import "https://esm.sh/zod@4";\nimport "https://esm.sh/gh/a/b";'
    page = text("/index.html", f'{scripts}<script type="module" src="app.js"></script>')

    reply = await deploy(local, page, js("/app.js", content=code))
    again = await deploy(local, page, js("/app.js", content=code))

    told = [warning for warning in reply["warnings"] if "VIBES_PAGE_HOSTS" in warning]
    assert [warning.rpartition("=")[2] for warning in told] == ["https://cdn.jsdelivr.net,https://esm.sh"] * 2
    assert "https://cdn.jsdelivr.net/gh/a/b" in told[0]
    assert 'import "https://esm.sh/gh/a/b"' in told[1]
    assert [warning for warning in again["warnings"] if "VIBES_PAGE_HOSTS" in warning] == told
    assert "unpkg.com/clsx" in reply["warnings"][-1]


async def test_without_anybody_who_builds_packages_by_address_are_told_too(app, tmp_path):
    page = text("/index.html", '<script src="https://unpkg.com/clsx"></script>')

    alone = await deploy(replace(app, modules=open_home(tmp_path).store), page)
    on_cdn = await deploy(app, page, appSlug="other")

    assert "asks https://unpkg.com for" in alone["warnings"][0]
    assert "warnings" not in on_cdn


# -- large deploys ------------------------------------------------------------------------------------------


def large(name, letter):
    return text(name, letter * 300_000)


async def test_assets_of_a_large_deploy_are_put_ahead_some_at_a_time(app, monkeypatch):
    """In one transaction everybody else who writes waits for all of it: 64 MiB, or 500 files."""
    put, real = [], assets.put_assets
    monkeypatch.setattr(assets, "put_assets", lambda tx, some: put.append(len(some)) or real(tx, some))
    few = with_limits(app, put_ahead_bytes=700_000, put_ahead_assets=10)

    reply = await deploy(few, *(large(f"/{letter}", letter) for letter in "abcde"))

    assert reply["type"] == "vibes.diy.res-ensure-app-slug"
    assert put[:2] == [2, 2]
    put.clear()
    await deploy(few, *(text(f"/{number}", f"{number}") for number in range(400)))
    assert put[:39] == [10] * 39
    assert few.landing.cids == frozenset()


async def test_a_large_deploy_that_is_refused_leaves_what_a_sweep_removes(app):
    before = counts(app)
    none = replace(app, config=replace(app.config, max_app_slugs=0))

    reply = await deploy(none, large("/a", "a"))

    assert reply["code"] == "limit-reached"
    assert app.jobs.queues[Sweep].take_nowait()[1] == Sweep(evicted=True)
    await sweep(app, Sweep(evicted=True))
    assert counts(app) == before


async def test_no_sweep_takes_what_is_put_ahead_while_its_deploy_goes_on(app, monkeypatch):
    real = deploy_service._publish
    swept = []

    async def write_long(size, fn, *args):
        if fn is real:
            await sweep(app, Sweep(evicted=True))
            swept.append(app.db.points.get(assets.find_asset, calc_cid(b"a" * 300_000)))
        return await app.db.write(fn, *args)

    monkeypatch.setattr(type(app.db), "write_long", lambda db, *args: write_long(*args))
    await deploy(app, large("/a", "a"))

    assert swept == [b"a" * 300_000]


async def test_what_was_put_ahead_and_is_gone_all_the_same_is_put_again(app, monkeypatch):
    real = deploy_service._publish

    def publish(tx, *args):
        tx.execute("DELETE FROM Assets")
        return real(tx, *args)

    monkeypatch.setattr(deploy_service, "_publish", publish)
    reply = await deploy(app, large("/a", "a"))

    assert reply["type"] == "vibes.diy.res-ensure-app-slug"
    assert app.db.points.get(assets.find_asset, calc_cid(b"a" * 300_000)) == b"a" * 300_000
