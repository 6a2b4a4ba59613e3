"""Deleting, having back, and sweeping, as messages."""

from asking import FakeCompiler, ask, counts, deploy, get, js
from fakes import NOW, make_app, open_database

from vibes_trio.config import Limits
from vibes_trio.jobs import Sweep
from vibes_trio.services.upkeep import sweep
from vibes_trio.storage.sqlite.engine import SqliteDatabase

DELETE = "vibes.diy.req-delete-app"
DELETE_RELEASE = "vibes.diy.req-delete-release"
DELETE_HANDLE = "vibes.diy.req-delete-user-slug-binding"
UNDO = "vibes.diy.req-undo-deletion"
LIST = "vibes.diy.req-list-deletions"
VERSIONS = "vibes.diy.req-list-versions"
APPS = "vibes.diy.req-list-recent-vibes"
GARDEN = {"appSlug": "garden", "ownerHandle": "ada"}
WEEK_S = 7 * 24 * 3600.0


async def shown(app, host="garden--ada.apps.test"):
    reply = await get(app, "/a.js", host=host)
    return bytes(reply.body).decode() if reply.status == 200 else reply.status


async def two(app):
    return [await deploy(app, js("/a.js", str(number))) for number in (1, 2)]


async def test_a_dry_run_tells_what_would_go_and_changes_nothing(app):
    first, second = await two(app)
    size = sum(item["size"] for item in first["fileSystem"] + second["fileSystem"])

    told = await ask(app, "ada", DELETE, **GARDEN, dryRun=True)
    of_release = await ask(app, "ada", DELETE_RELEASE, **GARDEN, fsId=second["fsId"], dryRun=True)
    of_handle = await ask(app, "ada", DELETE_HANDLE, ownerHandle="ada", dryRun=True)

    assert (told["deleted"], told["apps"], told["releases"], told["bytes"]) == (False, ["garden"], 2, size)
    assert "deletionId" not in told
    assert (of_release["releases"], of_release["shownFsId"]) == (1, first["fsId"])
    assert (of_handle["apps"], of_handle["releases"], of_handle["userSlug"]) == (["garden"], 2, "ada")
    assert await shown(app) == "2"
    assert (await ask(app, "ada", LIST))["items"] == []


async def test_a_release_goes_and_comes_back(app):
    first, second = await two(app)

    gone = await ask(app, "ada", DELETE_RELEASE, **GARDEN, fsId=second["fsId"])
    assert (gone["deleted"], gone["shownFsId"]) == (True, first["fsId"])
    assert await shown(app) == "1"
    assert (await get(app, f"/~{second['fsId']}~/a.js")).status == 404
    assert len((await ask(app, "ada", VERSIONS, **GARDEN))["items"]) == 1
    again = await ask(app, "ada", DELETE_RELEASE, **GARDEN, fsId=second["fsId"])
    assert again["code"] == "not-found"

    back = await ask(app, "ada", UNDO, deletionId=gone["deletionId"])
    assert (back["kind"], back["fsId"], back["releases"]) == ("release", second["fsId"], 1)
    assert await shown(app) == "2"
    assert (await ask(app, "ada", UNDO, deletionId=gone["deletionId"]))["code"] == "not-found"


async def test_the_last_release_leaves_nothing_to_show(app):
    reply = await deploy(app, js("/a.js", "1"))

    gone = await ask(app, "ada", DELETE_RELEASE, **GARDEN, fsId=reply["fsId"])

    assert ("shownFsId" in gone, await shown(app)) == (False, 404)


async def test_an_app_goes_and_comes_back(app):
    await two(app)
    await deploy(app, js("/a.js", "other"), appSlug="other")

    gone = await ask(app, "ada", DELETE, **GARDEN)
    assert await shown(app) == 404
    assert [item["appSlug"] for item in (await ask(app, "ada", APPS))["items"]] == ["other"]
    assert (await ask(app, "ada", VERSIONS, **GARDEN))["items"] == []
    assert await shown(app, "other--ada.apps.test") == "other"
    (listed,) = (await ask(app, "ada", LIST))["items"]
    assert (listed["kind"], listed["appSlug"], listed["deletionId"]) == ("app", "garden", gone["deletionId"])
    assert (listed["undoUntil"], listed["releases"]) == (gone["undoUntil"], 2)

    assert (await ask(app, "ada", UNDO, deletionId=gone["deletionId"]))["releases"] == 2
    assert await shown(app) == "2"


async def test_a_handle_goes_with_its_apps_and_comes_back(app):
    await two(app)
    gone = await ask(app, "ada", DELETE_HANDLE, userSlug="ada")

    assert await shown(app) == 404
    assert (await ask(app, "ada", "vibes.diy.req-list-user-slug-bindings"))["items"] == []
    taken = await ask(app, "bob", "vibes.diy.req-create-user-slug-binding", ownerHandle="ada")
    assert taken["code"] == "slug-taken"

    back = await ask(app, "ada", UNDO, deletionId=gone["deletionId"])
    assert (back["kind"], back["ownerHandle"], back["releases"]) == ("handle", "ada", 2)
    assert await shown(app) == "2"


async def test_a_handle_has_to_be_named_and_ones_own(app):
    await two(app)

    assert (await ask(app, "bob", DELETE_HANDLE, ownerHandle="ada"))["code"] == "not-found"
    assert (await ask(app, "bob", DELETE_HANDLE))["code"] == "bad-request"
    assert await shown(app) == "2"


async def test_what_lies_in_something_that_went_later_brings_it_back(app):
    first, second = await two(app)
    release = await ask(app, "ada", DELETE_RELEASE, **GARDEN, fsId=second["fsId"])
    await ask(app, "ada", DELETE, **GARDEN)
    await ask(app, "ada", DELETE_HANDLE, ownerHandle="ada")

    await ask(app, "ada", UNDO, deletionId=release["deletionId"])

    assert await shown(app) == "2"
    assert [v["fsId"] for v in (await ask(app, "ada", VERSIONS, **GARDEN))["items"]] == [second["fsId"]]
    assert first["fsId"] != second["fsId"]


async def test_a_deploy_under_the_name_of_what_went_begins_anew(app):
    await two(app)
    gone = await ask(app, "ada", DELETE, **GARDEN)

    await deploy(app, js("/a.js", "3"))
    assert len((await ask(app, "ada", VERSIONS, **GARDEN))["items"]) == 1

    await ask(app, "ada", UNDO, deletionId=gone["deletionId"])
    assert len((await ask(app, "ada", VERSIONS, **GARDEN))["items"]) == 3
    assert await shown(app) == "3"


async def test_what_would_be_too_much_does_not_come_back(tmp_path):
    db = open_database(tmp_path)
    app = make_app(db, compiler=FakeCompiler(), max_app_slugs=1)
    await two(app)
    gone = await ask(app, "ada", DELETE, **GARDEN)
    await deploy(app, js("/a.js", "1"), appSlug="other")

    reply = await ask(app, "ada", UNDO, deletionId=gone["deletionId"])

    assert (reply["code"], reply["limit"]) == ("limit-reached", "MAX_APP_SLUG_PER_USER_ID")
    assert len((await ask(app, "ada", LIST))["items"]) == 1
    db.close()


async def test_deletions_are_listed_page_by_page(app):
    for name in ("one", "two", "six"):
        await deploy(app, js("/a.js", "1"), appSlug=name)
        await ask(app, "ada", DELETE, appSlug=name, ownerHandle="ada")

    first = await ask(app, "ada", LIST, limit=2)
    second = await ask(app, "ada", LIST, limit=2, cursor=first["nextCursor"])

    assert sorted(i["appSlug"] for i in first["items"] + second["items"]) == ["one", "six", "two"]
    assert "nextCursor" not in second
    assert (await ask(app, "bob", LIST))["items"] == []


async def test_after_a_week_it_is_gone_for_good_and_no_sooner(tmp_path):
    time = [NOW]
    db = SqliteDatabase(tmp_path / "vibes.sqlite3", Limits(), now=lambda: time[0], inline=True)
    db.open()
    app = make_app(db, compiler=FakeCompiler())
    await two(app)
    gone = await ask(app, "ada", DELETE_HANDLE, ownerHandle="ada")
    await deploy(app, js("/a.js", "kept"), user="bob", userSlug="bob")
    before = counts(app)

    time[0] = NOW + WEEK_S - 1
    await sweep(app, Sweep())
    assert counts(app)["Apps"] == before["Apps"] == 3

    time[0] = NOW + WEEK_S + 1
    await sweep(app, Sweep())
    after = counts(app)
    assert (after["Apps"], after["AppSlugBindings"], after["UserSlugBindings"]) == (1, 1, 1)
    assert (await ask(app, "ada", UNDO, deletionId=gone["deletionId"]))["code"] == "not-found"
    free = await ask(app, "bob", "vibes.diy.req-create-user-slug-binding", ownerHandle="ada")
    assert free["ownerHandle"] == "ada"
    db.close()
