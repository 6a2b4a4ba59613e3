"""Who asks is told how far a deploy is, and answered when its packages are built; nobody else waits for them."""

from dataclasses import replace

import pytest
import trio
import trio.testing
from asking import DEPLOY, deploy, jsx
from live_client import FakeLink
from local_home import CODE, open_home, run_jobs


@pytest.fixture
def home(tmp_path):
    return open_home(tmp_path)


@pytest.fixture
def local(app, home):
    return replace(app, modules=home.store, home=home)


WANTED = {"mode": "production", "appSlug": "garden", "userSlug": "ada", "fileSystem": [jsx(content=CODE)]}


def stages(link):
    return [
        (f["payload"]["stage"], f["payload"].get("parts"))
        for f in link.frames
        if f["payload"]["type"] == "vibes.diy.res-progress"
    ]


async def test_each_step_is_told_and_the_reply_comes_when_packages_are_built(local, home):
    home.zod = ""
    link, replies = FakeLink(), []

    async def ask():
        replies.append(await link.ask(local, "ada", DEPLOY, progress=True, **WANTED))

    async with trio.open_nursery() as nursery:
        nursery.start_soon(ask)
        await link.until(3)
        assert replies == []
        await run_jobs(local)

    told = stages(link)
    assert [stage for stage, _ in told][:3] == ["received", "compiled", "packages"]
    assert told[-1] == ("ready", None)
    assert {frame["tid"] for frame in link.frames} == {"t-1"}
    first = link.frames[0]["payload"]
    assert (first["files"], first["bytes"]) == (1, len(CODE))
    assert replies[0]["type"] == "vibes.diy.res-ensure-app-slug"
    assert not [word for word in replies[0].get("warnings", ()) if "being built" in word]


async def test_why_a_package_is_missing_stands_in_the_reply(local, home):
    link = FakeLink()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(partial_ask, link, local)
        await link.until(3)
        await run_jobs(local)

    reply = link.frames[-1]["payload"]
    assert any("could not be built" in word for word in reply["warnings"])


async def partial_ask(link, app):
    await link.ask(app, "ada", DEPLOY, progress=True, **WANTED)


async def test_packages_are_not_waited_for_without_end(local):
    """In real time: a clock that jumps would not wait for the threads of the database."""
    hurried = replace(local.config, limits=replace(local.config.limits, progress_wait_s=0.05))
    link = FakeLink()

    reply = await link.ask(replace(local, config=hurried), "ada", DEPLOY, progress=True, **WANTED)

    assert reply["type"] == "vibes.diy.res-ensure-app-slug"
    assert any("being built" in word for word in reply["warnings"])


async def test_who_does_not_ask_or_posts_is_told_nothing_and_waits_for_nothing(local):
    link = FakeLink()
    await link.ask(local, "ada", DEPLOY, **WANTED)
    posted = await deploy(local, jsx(content=CODE), progress=True)

    assert stages(link) == []
    assert any("being built" in word for word in posted["warnings"])
