"""What an app's owner sets of it."""

import json

import pytest
from asking import ask, damage, deploy, get, js, jsx

SETTINGS = "vibes.diy.req-ensure-app-settings"
GARDEN = {"appSlug": "garden", "ownerHandle": "ada"}


async def put(app, who="ada", **members):
    return await ask(app, who, SETTINGS, **GARDEN, **members)


def looks(reply):
    return reply["settings"]["entry"]["settings"]


async def test_nothing_is_set_at_first(app):
    await deploy(app, js("/a.js", "1"))

    reply = await put(app)

    assert reply["settings"]["entries"] == []
    assert reply["settings"]["entry"] == {
        "settings": {"env": []},
        "publicAccess": {"type": "app.public.access", "enable": True},
        "enableRequest": {"type": "app.request", "enable": False},
        "visibility": "public",
    }
    assert (reply["userId"], reply["ledger"], reply["tenant"]) == ("ada", "", "")
    assert reply["created"] <= reply["updated"]


async def test_what_is_set_stays_until_it_is_taken_back(app):
    await deploy(app, js("/a.js", "1"))
    wanted = {
        "title": "My garden",
        "skills": ["d3"],
        "theme": "dark",
        "colorTheme": "green",
        "style": {"a": [1, 2]},
        "draftStyle": {},
        "iconDescription": "a rose",
        "icon": {"cid": "z1", "mime": "image/png"},
        "env": [{"key": "KEY", "value": "value"}],
        "runtime": {"model": {"id": "m"}},
        "codegen": {},
        "img": {},
    }

    for name, value in wanted.items():
        assert looks(await put(app, **{name: value}))[name] == value
    assert looks(await put(app)) == wanted

    for name in wanted:
        assert not looks(await put(app, **{name: None})).get(name)
    assert looks(await put(app)) == {"env": []}


async def test_others_read_what_may_be_seen(app):
    await deploy(app, js("/a.js", "1"))
    await put(app, title="Mine", env=[{"key": "A", "value": "b"}], draftStyle={}, runtime={}, theme="dark")

    reply = await put(app, "bob", title="Bob's")

    assert looks(reply) == {"env": [], "title": "Mine", "theme": "dark"}
    assert reply["userId"] == "------"
    assert looks(await put(app))["title"] == "Mine"


async def test_an_app_that_is_not_there(app):
    reply = await put(app, title="x")

    assert (reply["error"], reply["userId"], looks(reply)) == ("not-found", "------", {"env": []})


async def test_pages_find_what_is_set(app):
    """At once, and over what the release came with; the title too."""
    await deploy(app, jsx(), env={"A": "release", "B": "release"})
    assert b'"release"' in (await get(app, "/")).body

    await put(app, env=[{"key": "A", "value": "set"}], title="My <garden>")
    page = (await get(app, "/")).body

    assert b'"A": "set"' in page
    assert b'"B": "release"' in page
    assert b"<title>My &lt;garden&gt;</title>" in page

    await put(app, env=None, title=None)
    assert b'"A": "release"' in (await get(app, "/")).body


@pytest.mark.parametrize(
    ("members", "code", "word"),
    [
        ({"style": [1]}, "bad-request", "style"),
        ({"env": [{"key": "VIBES_SHARE_FILES", "value": "x"}]}, "bad-request", "VIBES_SHARE_FILES"),
        ({"title": "x" * 201}, "too-large", "max_title_chars"),
        ({"theme": "x" * 33_000}, "too-large", "max_settings_bytes"),
        ({"theme": 7}, "bad-request", "theme"),
    ],
)
async def test_what_can_not_be_is_refused_and_changes_nothing(app, members, code, word):
    await deploy(app, js("/a.js", "1"))
    before = await put(app)

    reply = await put(app, **members)

    assert (reply["code"], word in json.dumps(reply)) == (code, True)
    assert await put(app) == before


async def test_settings_that_can_not_be_read_leave_the_app_as_it_was_deployed(app):
    await deploy(app, jsx())
    damage(app.db.path, "UPDATE AppSlugBindings SET settings = 'broken'")
    app.releases.clear()

    assert (await get(app, "/")).status == 200


@pytest.mark.parametrize(
    "icon",
    [
        {"cid": '"><script>', "mime": "image/png"},
        {"cid": "", "mime": "image/png"},
        {"cid": "z1", "mime": "image/png\r\nx: y"},
        {"cid": "z" * 200, "mime": "image/png"},
    ],
)
async def test_an_icon_that_names_no_file_is_refused_and_changes_nothing(app, icon):
    """Whoever shows it puts both into an address or a page."""
    await deploy(app, js("/a.js", "1"))

    reply = await ask(app, "ada", SETTINGS, **GARDEN, title="New", icon=icon)

    assert (reply["code"], reply["message"].partition(".")[0]) == ("bad-request", "icon")
    assert "title" not in (await ask(app, "ada", SETTINGS, **GARDEN))["settings"]["entry"]["settings"]
