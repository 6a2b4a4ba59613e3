"""Who asks: what they are called, what they keep, what they have set."""

import pytest
from asking import ask, deploy, text
from fakes import make_app, open_database

from vibes_trio.handlers import PIPELINE

WHO = "vibes.diy.req-who-am-i"
LIST = "vibes.diy.req-list-user-slug-bindings"
CREATE = "vibes.diy.req-create-user-slug-binding"
SUGGEST = "vibes.diy.req-suggest-handle-candidates"
APPS = "vibes.diy.req-list-user-slug-app-slug"
SETTINGS = "vibes.diy.req-ensure-user-settings"


async def test_who_asks_is_told_what_they_keep(app):
    await deploy(app, text("/a.txt"))
    await ask(app, "ada", CREATE, ownerHandle="countess")

    me = await ask(app, "ada", WHO)

    assert (me["userId"], me["email"]) == ("ada", "ada@example.org")
    assert sorted(me["handles"]) == ["ada", "countess"]
    assert me["ownerHandle"] in me["handles"]
    assert me["usage"]["handles"] == {"used": 2, "limit": app.config.max_user_slugs}
    assert me["usage"]["apps"]["used"] == me["usage"]["releases"]["used"] == 1
    assert me["usage"]["appBytes"]["used"] > 0
    assert set(me["abilities"]) <= {handler.name for handler in PIPELINE}
    assert WHO in me["abilities"]


async def test_who_has_no_handle_is_told_so(app):
    me = await ask(app, "ada", WHO)

    assert (me["handles"], "ownerHandle" in me) == ([], False)


async def test_handles_are_taken_and_listed(app):
    made = await ask(app, "ada", CREATE, userSlug="Ada")
    again = await ask(app, "ada", CREATE, ownerHandle="ada")
    words = await ask(app, "ada", CREATE)
    taken = await ask(app, "bob", CREATE, ownerHandle="ada")
    wrong = await ask(app, "bob", CREATE, ownerHandle="a--b")

    assert (made["ownerHandle"], made["tenant"]) == ("ada", "")
    assert again["created"] == made["created"]
    assert words["ownerHandle"] == "one-two-three"
    assert (taken["code"], wrong["code"]) == ("slug-taken", "bad-request")
    await deploy(app, text("/a.txt"))
    items = (await ask(app, "ada", LIST))["items"]
    assert {item["ownerHandle"]: item["appSlugCount"] for item in items} == {"ada": 1, "one-two-three": 0}


async def test_handles_are_listed_page_by_page(app):
    for name in ("one", "two", "six"):
        await ask(app, "ada", CREATE, ownerHandle=name)

    first = await ask(app, "ada", LIST, limit=2)
    second = await ask(app, "ada", LIST, limit=2, cursor=first["nextCursor"])

    assert sorted(i["ownerHandle"] for i in first["items"] + second["items"]) == ["one", "six", "two"]
    assert "nextCursor" not in second
    assert (await ask(app, "ada", LIST, cursor="x"))["code"] == "bad-request"


async def test_free_handles_are_suggested(app):
    await ask(app, "bob", CREATE, ownerHandle="ada")

    reply = await ask(app, "ada", SUGGEST, count=2)

    assert reply["wordSlugs"] == ["one-two-three"]
    assert reply["clerkSuggestions"] == ["ada-2", "ada-3"]
    assert reply["ranked"] == ["ada-2", "ada-3", "one-two-three"]


@pytest.mark.parametrize(("user", "named"), [("www", []), ("Müller.X+tag", ["m-ller-x"]), ("-", [])])
async def test_no_address_leads_to_a_handle_that_can_not_be_one(app, user, named):
    reply = await ask(app, user, SUGGEST, count=1)

    assert reply["clerkSuggestions"] == named


async def test_handles_are_listed_with_their_apps(app):
    for name in ("garden", "todo"):
        await deploy(app, text("/a.txt"), appSlug=name)
    await ask(app, "ada", CREATE, ownerHandle="empty")
    await ask(app, "bob", CREATE, ownerHandle="bob")

    async def listed(**members):
        items = (await ask(app, "ada", APPS, **members))["items"]
        return {item["ownerHandle"]: item["appSlugs"] for item in items}

    assert await listed() == {"ada": ["garden", "todo"], "empty": []}
    assert await listed(ownerHandle="ada", appSlug="todo") == {"ada": ["todo"]}
    assert await listed(appSlug="nothing") == {}
    assert await listed(ownerHandle="bob") == {}


async def test_no_more_apps_are_listed_than_one_may_have(tmp_path):
    db = open_database(tmp_path)
    app = make_app(db, max_app_slugs=1)
    await ask(app, "ada", CREATE, ownerHandle="ada")
    await ask(app, "ada", CREATE, ownerHandle="eve")
    await db.write(
        lambda tx: [
            tx.execute(
                "INSERT INTO AppSlugBindings (userSlug, appSlug, created, userId) VALUES (?, ?, '', 'ada')",
                pair,
            )
            for pair in (("eve", "a"), ("eve", "b"), ("ada", "c"))
        ]
    )

    items = (await ask(app, "ada", APPS))["items"]

    assert sum(len(item["appSlugs"]) for item in items) == 1
    db.close()


async def test_settings_are_merged_by_their_type(app):
    await ask(app, "ada", CREATE, ownerHandle="ada")
    assert (await ask(app, "ada", SETTINGS, settings=[]))["settings"] == []

    default = {"type": "defaultHandle", "ownerHandle": "ada"}
    profile = {"type": "profile", "displayName": "Ada", "more": [1]}
    first = await ask(app, "ada", SETTINGS, settings=[default, profile])
    second = await ask(app, "ada", SETTINGS, settings=[{"type": "profile", "displayName": "A."}])

    assert first["settings"] == [default, profile]
    assert second["settings"] == [default, {"type": "profile", "displayName": "A."}]
    assert await ask(app, "ada", SETTINGS) == second
    assert (await ask(app, "bob", SETTINGS))["settings"] == []
    assert second["created"] == first["created"] != ""


async def test_the_default_handle_has_to_be_ones_own(app):
    for name in ("one", "two"):
        await ask(app, "ada", CREATE, ownerHandle=name)

    async def put(item):
        return await ask(app, "ada", SETTINGS, settings=[item])

    assert (await put({"type": "defaultHandle", "ownerHandle": "bob"}))["code"] == "not-found"
    assert (await put({"type": "defaultHandle"}))["code"] == "bad-request"
    assert (await put({"type": "defaultUserSlug"}))["code"] == "not-found"
    for name in ("one", "two"):
        old = await put({"type": "defaultUserSlug", "userSlug": name})
        assert old["settings"] == [{"type": "defaultHandle", "ownerHandle": name}]
        assert (await ask(app, "ada", WHO))["ownerHandle"] == name


async def test_a_default_that_is_gone_is_none(app):
    for name in ("one", "two"):
        await ask(app, "ada", CREATE, ownerHandle=name)
    await ask(app, "ada", SETTINGS, settings=[{"type": "defaultHandle", "ownerHandle": "one"}])
    await app.db.write(
        lambda tx: tx.execute("UPDATE UserSlugBindings SET deletion = 'd' WHERE userSlug = 'one'")
    )

    assert (await ask(app, "ada", WHO))["ownerHandle"] == "two"


@pytest.mark.parametrize("item", [{}, {"type": 7}, {"type": ""}])
async def test_a_setting_says_what_it_sets(app, item):
    reply = await ask(app, "ada", SETTINGS, settings=[item])

    assert (reply["code"], "settings[0]" in reply["message"]) == ("bad-request", True)


async def test_settings_are_bounded(app):
    limits = app.config.limits
    many = [{"type": f"t{number}"} for number in range(limits.max_settings + 1)]
    # Two messages, as one alone would be refused for its length.
    long = [[{"type": kind, "x": "y" * (limits.max_settings_bytes // 2)}] for kind in ("a", "b")]

    assert (await ask(app, "ada", SETTINGS, settings=many))["limit"] == "max_settings"
    assert "code" not in await ask(app, "ada", SETTINGS, settings=long[0])
    assert (await ask(app, "ada", SETTINGS, settings=long[1]))["limit"] == "max_settings_bytes"
    assert len((await ask(app, "ada", SETTINGS))["settings"]) == 1
