"""Apps that get another name, and apps that are made from others."""

import pytest
from asking import FakeCompiler, ask, damage, deploy, get, js
from fakes import make_app, open_database

RENAME = "vibes.diy.req-rename-app"
FORK = "vibes.diy.req-fork-app"
GET = "vibes.diy.req-get-app-by-fsid"
GARDEN = {"appSlug": "garden", "ownerHandle": "ada"}
OF_GARDEN = {"srcAppSlug": "garden", "srcUserSlug": "ada"}


def location(reply):
    return dict(reply.headers).get("location"), reply.status


async def rename(app, old, new, who="ada"):
    return await ask(app, who, RENAME, appSlug=old, ownerHandle="ada", newAppSlug=new)


async def test_a_renamed_app_is_what_it_was_and_its_old_address_leads_there(app):
    first = await deploy(app, js("/a.js", "1"))
    await deploy(app, js("/a.js", "2"), mode="dev")

    reply = await rename(app, "garden", "park")

    assert (reply["appSlug"], reply["previousAppSlug"]) == ("park", "garden")
    assert reply["entryPointUrl"] == "https://park--ada.apps.test/"
    assert (await get(app, "/a.js", host="park--ada.apps.test:80")).body == b"1"
    moved = await get(app, f"/~{first['fsId']}~/a.js?x=1", host="garden--ada.apps.test:80")
    assert location(moved) == (f"https://park--ada.apps.test:80/~{first['fsId']}~/a.js?x=1", 308)
    assert (
        len((await ask(app, "ada", "vibes.diy.req-list-versions", **GARDEN | {"appSlug": "park"}))["items"])
        == 2
    )
    refused = await ask(app, "ada", "vibes.diy.req-list-versions", **GARDEN)
    assert refused["items"] == []


async def test_old_names_lead_to_the_newest_until_they_are_used_again(app):
    await deploy(app, js("/a.js", "1"))
    for old, new in (("garden", "park"), ("park", "wood")):
        await rename(app, old, new)

    for old in ("garden", "park"):
        assert location(await get(app, "/", host=f"{old}--ada.apps.test"))[0].startswith("https://wood--ada.")

    await deploy(app, js("/a.js", "new"))
    assert (await get(app, "/a.js")).body == b"new"
    await rename(app, "garden", "glade")
    await rename(app, "wood", "garden")
    assert (await get(app, "/a.js")).body == b"1"


async def test_a_name_that_is_taken_is_refused(app):
    for name in ("garden", "park", "gone"):
        await deploy(app, js("/a.js", name), appSlug=name)
    await ask(app, "ada", "vibes.diy.req-delete-app", appSlug="gone", ownerHandle="ada")

    assert (await rename(app, "garden", "park"))["code"] == "slug-taken"
    assert (await rename(app, "garden", "gone"))["code"] == "slug-taken"
    assert (await rename(app, "garden", "a--b"))["code"] == "bad-request"
    assert (await rename(app, "garden", "garden"))["appSlug"] == "garden"
    assert (await get(app, "/a.js")).body == b"garden"


async def test_an_app_that_is_private_is_not_led_to(app):
    await deploy(app, js("/a.js", "1"))
    await rename(app, "garden", "park")
    damage(app.db.path, "UPDATE AppSlugBindings SET visibility = 'private'")

    assert (await get(app, "/a.js")).status == 404


async def test_a_deletion_of_a_renamed_app_is_undone_under_its_new_name(app):
    one, _ = await deploy(app, js("/a.js", "1")), await deploy(app, js("/a.js", "2"))
    gone = await ask(app, "ada", "vibes.diy.req-delete-release", **GARDEN, fsId=one["fsId"])
    await rename(app, "garden", "park")

    back = await ask(app, "ada", "vibes.diy.req-undo-deletion", deletionId=gone["deletionId"])

    assert (back["appSlug"], back["releases"]) == ("park", 1)


async def test_a_fork_is_an_app_of_ones_own(app):
    source = await deploy(app, js("/a.js", "1"), env={"A": "b"})
    await ask(app, "ada", "vibes.diy.req-ensure-app-settings", **GARDEN, title="My garden")
    await ask(app, "bob", "vibes.diy.req-create-user-slug-binding", ownerHandle="bob")

    reply = await ask(app, "bob", FORK, **OF_GARDEN)

    assert (reply["appSlug"], reply["ownerHandle"], reply["chatId"]) == ("garden-remix", "bob", "")
    assert (reply["srcFsId"], reply["fsId"]) == (source["fsId"], source["fsId"])
    made = await ask(app, "bob", GET, appSlug="garden-remix", ownerHandle="bob")
    assert (made["mode"], made["env"], made["grant"]) == ("dev", {"A": "b"}, "owner")
    assert made["meta"] == [
        {"type": "title", "title": "My garden"},
        {"type": "remix-of", "srcFsId": source["fsId"], "srcOwnerHandle": "ada", "srcAppSlug": "garden"},
    ]
    page = await get(app, f"/~{source['fsId']}~/a.js", host="garden-remix--bob.apps.test")
    assert page.body == b"1"


async def test_what_a_fork_was_made_from_is_told_to_who_may_see_that(app):
    """Else an open fork of a private app would tell that there is one."""
    source = await deploy(app, js("/a.js", "1"))
    mine = {"appSlug": "mine", "ownerHandle": "bob"}
    await ask(app, "bob", FORK, **OF_GARDEN, newOwnerHandle="bob", newAppSlug="mine", skipChat=True)

    async def told(who):
        reply = await ask(app, who, GET, **mine, fsId=source["fsId"])
        return [one["type"] for one in reply["meta"]]

    assert [await told(who) for who in ("eve", "bob", "ada", "")] == [["remix-of"]] * 4
    await ask(app, "ada", "vibes.diy.req-ensure-app-settings", **GARDEN, visibility="private")
    assert [await told(who) for who in ("eve", "bob", "ada", "")] == [[], ["remix-of"], ["remix-of"], []]


async def test_a_clone_is_published_and_names_are_found(app):
    await deploy(app, js("/a.js", "1"))

    names = [(await ask(app, "ada", FORK, **OF_GARDEN, skipChat=True))["appSlug"] for _ in range(3)]

    assert names == ["garden-clone", "garden-clone-2", "garden-clone-3"]
    assert (await get(app, "/a.js", host="garden-clone-3--ada.apps.test")).body == b"1"


async def test_who_has_no_handle_gets_one(app):
    await deploy(app, js("/a.js", "1"))

    assert (await ask(app, "bob", FORK, **OF_GARDEN))["ownerHandle"] == "one-two-three"


async def test_a_fork_is_called_as_wished(app):
    await deploy(app, js("/a.js", "1"))

    reply = await ask(app, "bob", FORK, **OF_GARDEN, newAppSlug="mine", newOwnerHandle="bobby")
    taken = await ask(app, "bob", FORK, **OF_GARDEN, newOwnerHandle="ada")

    assert (reply["appSlug"], reply["ownerHandle"], taken["code"]) == ("mine", "bobby", "slug-taken")


async def test_a_fork_takes_no_app_of_ones_own_away(app):
    """What its owner has set of the other one, or can have back, stays as it is."""
    await deploy(app, js("/a.js", "1"))
    mine = {"appSlug": "mine", "ownerHandle": "bob"}
    settings = "vibes.diy.req-ensure-app-settings"
    await deploy(app, js("/b.js", "1"), appSlug="mine", userSlug="bob", user="bob")
    await ask(app, "bob", settings, **mine, title="Mine", env=[{"key": "A", "value": "b"}])
    before = await ask(app, "bob", settings, **mine)

    taken = await ask(app, "bob", FORK, **OF_GARDEN, newAppSlug="mine")
    assert (taken["code"], await ask(app, "bob", settings, **mine)) == ("slug-taken", before)

    gone = await ask(app, "bob", "vibes.diy.req-delete-app", **mine)
    assert (await ask(app, "bob", FORK, **OF_GARDEN, newAppSlug="mine"))["code"] == "slug-taken"
    await ask(app, "bob", "vibes.diy.req-undo-deletion", deletionId=gone["deletionId"])
    assert (await ask(app, "bob", settings, **mine))["settings"] == before["settings"]


async def test_a_long_name_is_cut_so_that_it_is_an_address(app):
    await deploy(app, js("/a.js", "1"), appSlug="g" * 50)

    reply = await ask(app, "bob", FORK, srcAppSlug="g" * 50, srcOwnerHandle="ada", newOwnerHandle="b" * 20)

    assert len(f"{reply['appSlug']}--{reply['ownerHandle']}") <= 63
    assert reply["appSlug"].endswith("g-remix")


async def test_a_release_that_is_not_there_can_not_be_forked(app):
    await deploy(app, js("/a.js", "1"), mode="dev")

    assert (await ask(app, "ada", FORK, **OF_GARDEN))["code"] == "not-found"
    assert (await ask(app, "ada", FORK, **OF_GARDEN, srcFsId="zNothing"))["code"] == "not-found"
    assert (await ask(app, "ada", FORK, srcAppSlug="none", srcUserSlug="ada"))["code"] == "not-found"


async def test_names_run_out(app, monkeypatch):
    monkeypatch.setattr("vibes_trio.services.forks.TRIES", 1)
    await deploy(app, js("/a.js", "1"))
    await ask(app, "ada", FORK, **OF_GARDEN)

    assert (await ask(app, "ada", FORK, **OF_GARDEN))["code"] == "no-such-slug-left"


@pytest.mark.parametrize("limit", [{"max_apps": 1}, {"max_app_slugs": 1}])
async def test_a_fork_counts_as_any_app(tmp_path, limit):
    db = open_database(tmp_path)
    app = make_app(db, compiler=FakeCompiler(), **limit)
    await deploy(app, js("/a.js", "1"))

    assert (await ask(app, "ada", FORK, **OF_GARDEN, skipChat=True))["code"] == "limit-reached"
    db.close()
