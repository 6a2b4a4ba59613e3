"""Lists of apps and of their versions, as messages."""

from asking import ask, damage, deploy, js, text

LIST = "vibes.diy.req-list-recent-vibes"
PIN = "vibes.diy.req-pin-recent-vibe"
VERSIONS = "vibes.diy.req-list-versions"
GARDEN = {"appSlug": "garden", "ownerHandle": "ada"}


async def test_apps_are_listed_page_by_page(app):
    for name in ("one", "two", "three"):
        await deploy(app, text("/a.txt"), appSlug=name)
    await ask(app, "ada", PIN, appSlug="two", userSlug="ada", pin=True)

    first = await ask(app, "ada", LIST, limit=2)
    second = await ask(app, "ada", LIST, limit=2, cursor=first["nextCursor"])

    assert first["items"][0]["appSlug"] == "two"
    assert first["items"][0]["pinnedAt"]
    assert len(first["items"]) == 2
    assert len(second["items"]) == 1
    assert "nextCursor" not in second
    assert {item["appSlug"] for item in first["items"] + second["items"]} == {"one", "two", "three"}


async def test_a_limit_is_brought_into_its_bounds(app):
    for name in ("one", "two"):
        await deploy(app, text("/a.txt"), appSlug=name, mode="dev")

    for limit in (0, -5, 1):
        assert len((await ask(app, "ada", LIST, limit=limit))["items"]) == 1
    reply = await ask(app, "ada", LIST, limit=10**9, order="name")

    assert [item["appSlug"] for item in reply["items"]] == ["one", "two"]
    assert [item["neverPublished"] for item in reply["items"]] == [True, True]


async def test_a_cursor_of_another_order_is_refused(app):
    for name in ("one", "two"):
        await deploy(app, text("/a.txt"), appSlug=name)
    first = await ask(app, "ada", LIST, limit=1)

    reply = await ask(app, "ada", LIST, limit=1, order="name", cursor=first["nextCursor"])

    assert (reply["code"], "nextCursor" in reply["message"]) == ("bad-request", True)


async def test_an_icon_is_told(app):
    await deploy(app, text("/a.txt"))
    damage(
        app.db.path,
        """UPDATE AppSlugBindings SET icon = '{"cid":"z1","mime":"image/png"}', title = 'My garden'""",
    )

    (item,) = (await ask(app, "ada", LIST))["items"]

    assert (item["icon"], item["title"]) == ({"cid": "z1", "mime": "image/png"}, "My garden")


async def test_versions_are_told_to_the_owner_and_what_was_published_to_all(app):
    first = await deploy(app, js("/a.js", "1"))
    await deploy(app, js("/a.js", "2"))
    await deploy(app, js("/a.js", "3"), mode="dev")

    mine = (await ask(app, "ada", VERSIONS, **GARDEN))["items"]
    theirs = (await ask(app, "bob", VERSIONS, **GARDEN))["items"]

    assert [(v["releaseSeq"], v["mode"], v["published"]) for v in mine] == [
        (3, "dev", False),
        (2, "production", True),
        (1, "production", False),
    ]
    assert [v["releaseSeq"] for v in theirs] == [2, 1]
    assert mine[-1]["fsId"] == first["fsId"]
    assert mine[-1]["size"] == sum(item["size"] for item in first["fileSystem"])
    assert mine[-1]["deployedBy"] == "ada"
    assert "deployedBy" not in theirs[0]


async def test_versions_go_on_where_the_last_page_ended(app):
    for number in range(3):
        await deploy(app, js("/a.js", str(number)))

    first = await ask(app, "ada", VERSIONS, **GARDEN, limit=2)
    second = await ask(app, "ada", VERSIONS, **GARDEN, limit=2, cursor=first["nextCursor"])

    assert [v["releaseSeq"] for v in first["items"] + second["items"]] == [3, 2, 1]
    assert "nextCursor" not in second


async def test_what_is_not_there_has_no_versions(app):
    assert (await ask(app, "ada", VERSIONS, **GARDEN))["items"] == []


async def test_an_app_that_is_taken_down_has_versions_for_its_owner_only(app):
    await deploy(app, js("/a.js", "1"))
    damage(app.db.path, "UPDATE AppSlugBindings SET unpublished = '2026'")

    mine = (await ask(app, "ada", VERSIONS, **GARDEN))["items"]

    assert [version["published"] for version in mine] == [False]
    assert (await ask(app, "bob", VERSIONS, **GARDEN))["items"] == []
