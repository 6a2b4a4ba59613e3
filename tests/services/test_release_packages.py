"""The packages of a release: which it has, and whether they are there."""

from dataclasses import replace

import pytest
from asking import ask, deploy, js, jsx
from local_home import CODE, open_home, run_jobs

from vibes_trio.content.import_map import REACT_VERSION

LIST = "vibes.diy.req-list-release-packages"


@pytest.fixture
def home(tmp_path):
    return open_home(tmp_path)


@pytest.fixture
def app(app, home):
    return replace(app, modules=home.store, home=home)


async def listed(app, user="ada", **members):
    return await ask(app, user, LIST, appSlug="garden", ownerHandle="ada", **members)


def states(told):
    return {one["name"]: (one["state"], one.get("version", "")) for one in told["items"]}


async def test_each_is_told_with_its_version_once_it_is_there(app, home):
    reply = await deploy(app, jsx(content=CODE))
    building = await listed(app)
    await run_jobs(app)
    built = await listed(app)

    assert states(building) == {"clsx": ("building", ""), "zod": ("building", "")}
    assert building["stage"] == "waiting"
    assert states(built) == {"clsx": ("ready", "2.0.0"), "zod": ("failed", "")}
    assert [one["why"] for one in built["items"] if "why" in one] == ["it is broken"]
    assert built["fsId"] == reply["fsId"]
    assert "stage" not in built


async def test_react_that_every_page_has_is_told_with_its_version_too(app):
    code = "import { useState } from 'react'; export default () => <b>{useState}</b>"
    await deploy(app, jsx(content=code))

    assert states(await listed(app)) == {"react": ("ready", REACT_VERSION)}


async def test_what_nobody_builds_now_waits_for_a_visitor(app):
    await deploy(app, jsx(content=CODE))
    app.builds.end(("garden", "ada", (await listed(app))["fsId"]), 0)

    assert states(await listed(app))["clsx"] == ("waiting", "")


async def test_of_what_is_hidden_nothing_is_told(app):
    await deploy(app, js("/a.js", "1"), access="private")

    assert (await listed(app, "bob"))["code"] == "not-found"
    assert (await listed(app, fsId="zNothing1"))["code"] == "not-found"
    assert (await listed(app))["items"] == []
