"""How an app is, as a list of apps tells it."""

from dataclasses import replace

import pytest
from asking import ask, deploy, js, jsx
from local_home import CODE, open_home, run_jobs

LIST = "vibes.diy.req-list-recent-vibes"
NAMED = {"appSlug": "garden", "ownerHandle": "ada"}


@pytest.fixture
def home(tmp_path):
    return open_home(tmp_path)


@pytest.fixture
def app(app, home):
    return replace(app, modules=home.store, home=home)


async def now(app):
    (listed,) = (await ask(app, "ada", LIST, withNow=True))["items"]
    return listed["now"]


async def test_what_was_published_is_live_with_its_last_release(app):
    await deploy(app, js("/a.js", "1"))
    published = await deploy(app, js("/a.js", "22"))
    await deploy(app, js("/a.js", "333"), mode="dev")

    found = await now(app)

    assert (found["state"], found["visibility"], found["fsId"]) == ("live", "public", published["fsId"])
    assert (found["releaseSeq"], found["mode"]) == (2, "production")
    assert found["size"] > 0
    assert found["created"]
    assert "errors" not in found


async def test_what_was_never_published_is_for_trying_out(app):
    newest = await deploy(app, js("/a.js", "1"), mode="dev")

    assert ((await now(app))["state"], (await now(app))["fsId"]) == ("dev", newest["fsId"])


async def test_what_was_taken_down_says_so_before_all_else(app):
    await deploy(app, jsx(content=CODE))
    await ask(app, "ada", "vibes.diy.req-set-unpublish", unpublish=True, **NAMED)

    assert (await now(app))["state"] == "down"


async def test_packages_are_built_or_failed_or_there(app, home):
    await deploy(app, jsx(content=CODE))
    assert (await now(app))["state"] == "building"

    await run_jobs(app)
    assert (await now(app))["state"] == "failing"

    home.zod = ""
    await deploy(app, jsx(content=CODE))
    await run_jobs(app)
    assert (await now(app))["state"] == "live"


async def test_an_app_without_a_release_is_for_trying_out(app):
    only = await deploy(app, js("/a.js", "1"))
    await ask(app, "ada", "vibes.diy.req-delete-release", fsId=only["fsId"], **NAMED)

    found = await now(app)

    assert (found["state"], "fsId" in found) == ("dev", False)


async def test_it_is_told_only_to_who_asks_for_it(app):
    await deploy(app, js("/a.js", "1"))

    (listed,) = (await ask(app, "ada", LIST))["items"]

    assert "now" not in listed
