"""What is done with an app's versions, as messages."""

import base64
from dataclasses import replace

import pytest
from asking import ask, damage, deploy, get, js, jsx, text

from vibes_trio.cache import AssetCache
from vibes_trio.config import Limits

PUBLISH = "vibes.diy.req-publish-app"
SET_MODE = "vibes.diy.req-set-mode-fs"
UNPUBLISH = "vibes.diy.req-set-unpublish"
GET = "vibes.diy.req-get-app-by-fsid"
FILES = "vibes.diy.req-get-release-files"
COMPARE = "vibes.diy.req-compare-releases"
VERSIONS = "vibes.diy.req-list-versions"
GARDEN = {"appSlug": "garden", "ownerHandle": "ada"}


async def shown(app):
    """What the app's address shows: 1, 2, …, or the status."""
    reply = await get(app, "/a.js")
    return int(reply.body) if reply.status == 200 else reply.status


async def three(app):
    """Two of production and one of dev."""
    return [
        await deploy(app, js("/a.js", "1")),
        await deploy(app, js("/a.js", "2")),
        await deploy(app, js("/a.js", "3"), mode="dev"),
    ]


async def test_any_release_can_be_shown_and_gone_back_to(app):
    first, _, third = await three(app)
    assert await shown(app) == 2

    newest = await ask(app, "ada", PUBLISH, **GARDEN)
    assert (newest["fsId"], newest["published"], newest["mode"]) == (third["fsId"], True, "production")
    assert await shown(app) == 3

    back = await ask(app, "ada", PUBLISH, **GARDEN, fsId=first["fsId"])
    assert (back["fsId"], back["releaseSeq"] > newest["releaseSeq"]) == (first["fsId"], True)
    assert await shown(app) == 1

    again = await ask(app, "ada", PUBLISH, **GARDEN, fsId=first["fsId"])
    assert (again["published"], again["releaseSeq"]) == (False, back["releaseSeq"])


async def test_a_release_that_is_not_there_can_not_be_shown(app):
    await three(app)

    reply = await ask(app, "ada", PUBLISH, **GARDEN, fsId="zNothing")

    assert (reply["code"], "zNothing" in reply["message"]) == ("not-found", True)
    assert (await ask(app, "ada", SET_MODE, **GARDEN, fsId="zNothing", mode="dev"))["code"] == "not-found"


async def test_an_app_of_which_nothing_is_left_can_not_be_published(app):
    await three(app)
    damage(app.db.path, "UPDATE Apps SET deletion = 'd1'")

    assert (await ask(app, "ada", PUBLISH, **GARDEN))["code"] == "not-found"


async def test_a_release_that_becomes_dev_makes_way_for_the_one_before(app):
    _, second, third = await three(app)

    reply = await ask(app, "ada", SET_MODE, **GARDEN, fsId=second["fsId"], mode="dev")
    assert (reply["fsId"], reply["mode"]) == (second["fsId"], "dev")
    assert await shown(app) == 1

    await ask(app, "ada", SET_MODE, **GARDEN, fsId=third["fsId"], mode="production")
    assert await shown(app) == 3


async def test_an_app_is_taken_down_and_put_back(app):
    first, *_ = await three(app)
    assert await shown(app) == 2

    down = await ask(app, "ada", UNPUBLISH, **GARDEN, unpublish=True)
    assert (down["previousUnpublishedAt"], await shown(app)) == ("", 404)
    assert (await get(app, f"/~{first['fsId']}~/a.js")).status == 200
    again = await ask(app, "ada", UNPUBLISH, **GARDEN, unpublish=True)
    assert again["unpublishedAt"] == again["previousUnpublishedAt"] == down["unpublishedAt"] != ""

    up = await ask(app, "ada", UNPUBLISH, **GARDEN, unpublish=False)
    assert (up["unpublishedAt"], up["previousUnpublishedAt"]) == ("", down["unpublishedAt"])
    assert await shown(app) == 2


async def test_publishing_puts_back_what_was_taken_down(app):
    """Even what was shown last: who publishes wants it to be seen."""
    await three(app)
    await ask(app, "ada", UNPUBLISH, **GARDEN, unpublish=True)

    reply = await ask(app, "ada", PUBLISH, **GARDEN, fsId=(await three(app))[1]["fsId"])

    assert (reply["published"], await shown(app)) == (True, 2)


async def test_an_editor_puts_back_nothing_that_the_owner_has_taken_down(app):
    """That is the owner's: an editor chooses the release that is shown then."""
    first, _, third = await three(app)
    made = await ask(app, "ada", "vibes.diy.req-create-invite", **GARDEN, role="editor")
    await ask(app, "eve", "vibes.diy.req-redeem-invite", token=made["tokenOrGrantUserId"])
    await ask(app, "ada", UNPUBLISH, **GARDEN, unpublish=True)

    chosen = await ask(app, "eve", PUBLISH, **GARDEN, fsId=first["fsId"])
    assert (chosen["fsId"], chosen["published"], await shown(app)) == (first["fsId"], False, 404)
    assert (await ask(app, "eve", SET_MODE, **GARDEN, fsId=third["fsId"], mode="production"))["mode"]
    assert await shown(app) == 404

    await ask(app, "eve", PUBLISH, **GARDEN, fsId=first["fsId"])
    await ask(app, "ada", UNPUBLISH, **GARDEN, unpublish=False)
    assert await shown(app) == 1


async def test_a_manifest_is_read_by_its_owner_and_by_others(app):
    first, second, third = await three(app)
    damage(app.db.path, "UPDATE AppSlugBindings SET title = 'My garden'")

    mine = await ask(app, "ada", GET, **GARDEN)
    newest = await ask(app, "ada", GET, **GARDEN, selectMode="ownerLatest")
    theirs = await ask(app, "bob", GET, **GARDEN, selectMode="ownerLatest")
    named = await ask(app, "bob", GET, **GARDEN, fsId=first["fsId"])

    assert (mine["fsId"], mine["grant"], mine["releaseSeq"]) == (second["fsId"], "owner", 2)
    assert (newest["fsId"], newest["mode"], newest["hasProduction"]) == (third["fsId"], "dev", True)
    assert (theirs["fsId"], theirs["grant"]) == (second["fsId"], "public-access")
    assert named["fileSystem"] == first["fileSystem"]
    assert mine["meta"] == [{"type": "title", "title": "My garden"}]


async def test_env_and_message_are_told_to_who_may_deploy(app):
    await deploy(app, js("/a.js", "1"), env={"KEY": "value"}, message="first try")

    mine, theirs = [await ask(app, who, GET, **GARDEN) for who in ("ada", "bob")]

    assert (mine["env"], mine["message"]) == ({"KEY": "value"}, "first try")
    assert (theirs["env"], "message" in theirs) == ({}, False)


async def test_what_was_never_shown_is_there_for_its_owner_alone(app):
    draft = await deploy(app, js("/a.js", "1"), mode="dev")

    mine, theirs = [await ask(app, who, GET, **GARDEN) for who in ("ada", "bob")]

    assert (mine["fsId"], "hasProduction" in mine) == (draft["fsId"], False)
    assert (theirs["error"], theirs["grant"], theirs["releaseSeq"]) == ("app-not-found", "not-found", -1)


def whole(pages):
    """The files that *pages* bring, put together."""
    found = {}
    for page in pages:
        for piece in page["files"]:
            data = found.setdefault(piece["fileName"], b"")
            assert piece["offset"] == len(data)
            found[piece["fileName"]] = data + base64.b64decode(piece["data"])
            assert len(found[piece["fileName"]]) <= piece["size"]
    return found


@pytest.mark.parametrize("page_bytes", [1, 600, 384 * 1024])
async def test_the_files_come_back_as_they_were_deployed(app, page_bytes):
    """Whatever fits into one answer."""
    files = {
        "/App.jsx": "export default () => 1;\n",
        "/long.txt": "é" * 1000,
        "/empty.txt": "",
        "/lib.js": "1",
    }
    await deploy(
        app,
        jsx("/App.jsx", files["/App.jsx"]),
        js("/lib.js", files["/lib.js"]),
        text("/long.txt", files["/long.txt"]),
        text("/empty.txt", ""),
    )
    small = replace(app, config=replace(app.config, limits=Limits(file_page_bytes=page_bytes)))
    pages, cursor = [], {}
    while True:
        pages.append(await ask(small, "bob", FILES, **GARDEN, **cursor))
        if "nextCursor" not in pages[-1]:
            break
        cursor = {"cursor": pages[-1]["nextCursor"]}
        assert len(pages) < 3000

    assert whole(pages) == {name: content.encode() for name, content in files.items()}
    assert len(pages) > 1 or page_bytes > 1000


async def test_files_are_read_by_name(app):
    await deploy(app, js("/a.js", "1"), text("/b.txt", "b", entryPoint=True))

    page = await ask(app, "bob", FILES, **GARDEN, names=["/b.txt"])
    unknown = await ask(app, "bob", FILES, **GARDEN, names=["/c.txt"])

    assert [(piece["fileName"], piece["entryPoint"]) for piece in page["files"]] == [("/b.txt", True)]
    assert (unknown["code"], "/c.txt" in unknown["message"]) == ("bad-request", True)


async def test_a_cursor_of_another_release_is_refused(app):
    first, *_ = await three(app)
    small = replace(app, config=replace(app.config, limits=Limits(file_page_bytes=1)))
    await deploy(app, js("/a.js", "1"), text("/b.txt"))
    page = await ask(small, "ada", FILES, **GARDEN)

    reply = await ask(small, "ada", FILES, **GARDEN, fsId=first["fsId"], cursor=page["nextCursor"])

    assert reply["code"] == "bad-request"


async def test_bytes_that_are_lost_are_said_to_be(app):
    await three(app)
    damage(app.db.path, "DELETE FROM Assets")
    forgetful = replace(app, assets=AssetCache(0))

    assert (await ask(forgetful, "ada", FILES, **GARDEN))["code"] == "not-found"


async def test_a_release_of_the_reference_is_read(app):
    first, *_ = await three(app)
    damage(app.db.path, "UPDATE Apps SET extras = NULL")

    page = await ask(app, "ada", FILES, **GARDEN, fsId=first["fsId"])

    assert [piece["fileName"] for piece in page["files"]] == ["/a.js"]


async def test_two_releases_are_compared(app):
    old = await deploy(app, js("/same.js", "1"), js("/other.js", "1"), js("/gone.js", "1"))
    new = await deploy(app, js("/same.js", "1"), js("/other.js", "2"), js("/new.js", "1"), mode="dev")

    by_default = await ask(app, "ada", COMPARE, **GARDEN)
    back = await ask(app, "bob", COMPARE, **GARDEN, fromFsId=new["fsId"], toFsId=old["fsId"])

    assert (by_default["fromFsId"], by_default["toFsId"]) == (old["fsId"], new["fsId"])
    assert [by_default[kind] for kind in ("added", "removed", "changed")] == [
        ["/new.js"],
        ["/gone.js"],
        ["/other.js"],
    ]
    assert [back[kind] for kind in ("added", "removed", "changed")] == [
        ["/gone.js"],
        ["/new.js"],
        ["/other.js"],
    ]


async def test_a_run_has_one_release(app):
    """What it deploys next takes the place of what it has; once that is production, dev is late."""
    first = await deploy(app, js("/a.js", "1"), mode="dev", runId="run-1", message="make it")
    second = await deploy(app, js("/a.js", "2"), mode="dev", runId="run-1")
    assert second["runId"] == "run-1"
    listed = (await ask(app, "ada", VERSIONS, **GARDEN))["items"]
    assert [(v["fsId"], v["releaseSeq"], v["message"]) for v in listed] == [(second["fsId"], 1, "make it")]
    assert (await get(app, f"/~{first['fsId']}~/a.js")).status == 404

    third = await deploy(app, js("/a.js", "3"), runId="run-1")
    late = await deploy(app, js("/a.js", "4"), mode="dev", runId="run-1", env={"A": "b"})

    assert (late["fsId"], late["mode"], late["env"]) == (third["fsId"], "production", {})
    assert [v["fsId"] for v in (await ask(app, "ada", VERSIONS, **GARDEN))["items"]] == [third["fsId"]]
    assert await shown(app) == 3


async def test_a_run_that_comes_to_what_is_there_takes_that(app):
    there = await deploy(app, js("/a.js", "1"))
    await deploy(app, js("/a.js", "2"), mode="dev", runId="run-1")

    reply = await deploy(app, js("/a.js", "1"), mode="dev", runId="run-1")

    assert (reply["fsId"], reply["mode"]) == (there["fsId"], "production")
    later = await deploy(app, js("/a.js", "5"), runId="run-1")
    listed = (await ask(app, "ada", VERSIONS, **GARDEN))["items"]
    assert [v["fsId"] for v in listed if v["published"]] == [later["fsId"]]
    assert there["fsId"] not in [v["fsId"] for v in listed]
