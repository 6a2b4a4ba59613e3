"""Pages of dev releases hear of a newer one when it is there, and at the latest when their question is old."""

import json

import pytest
import trio
import trio.testing
from asking import ask as message
from asking import deploy, get, text
from fakes import make_app, open_database

from vibes_trio.config import Limits
from vibes_trio.services.newer import NEWER


@pytest.fixture
def app(tmp_path, compiler):
    made = make_app(open_database(tmp_path), compiler=compiler)
    yield made
    made.db.close()


async def ask(app, fs_id, answers, **asked):
    reply = await get(app, f"/~{fs_id}~{NEWER}", **asked)
    answers.append((reply.status, json.loads(reply.body) if reply.status == 200 and reply.body else {}))


async def test_a_newer_release_of_any_mode_is_told_at_once(app):
    first = await deploy(app, text("/a.txt", "1"), mode="dev")
    answers = []
    async with trio.open_nursery() as nursery:
        nursery.start_soon(ask, app, first["fsId"], answers)
        await trio.testing.wait_all_tasks_blocked()
        assert (answers, app.live.pages) == ([], 1)
        await deploy(app, text("/a.txt", "other"), appSlug="pond", mode="dev")
        await trio.testing.wait_all_tasks_blocked()
        assert answers == []
        second = await deploy(app, text("/a.txt", "2"), mode="dev")
    third = await deploy(app, text("/a.txt", "3"), mode="production")
    await ask(app, first["fsId"], answers)

    assert answers == [(200, {"fsId": second["fsId"]}), (200, {"fsId": third["fsId"]})]
    assert (app.live.pages, app.db.feed.topics) == (0, 0)


async def test_who_may_no_longer_see_the_app_is_told_of_nothing_newer(app):
    """The app is closed while the question waits."""
    named = {"appSlug": "garden", "ownerHandle": "ada"}
    first = await deploy(app, text("/a.txt", "1"), mode="dev")
    answers = []
    async with trio.open_nursery() as nursery:
        nursery.start_soon(ask, app, first["fsId"], answers)
        await trio.testing.wait_all_tasks_blocked()
        await message(app, "ada", "vibes.diy.req-ensure-app-settings", **named, visibility="private")
        await deploy(app, text("/a.txt", "2"), mode="dev")

    assert answers == [(404, {})]
    assert (app.live.pages, app.db.feed.topics) == (0, 0)


async def test_after_a_while_the_answer_is_that_there_is_none(app, autojump_clock):
    first = await deploy(app, text("/a.txt", "1"), mode="dev")
    started, answers = trio.current_time(), []

    await ask(app, first["fsId"], answers)

    assert answers == [(200, {})]
    assert trio.current_time() - started == pytest.approx(app.config.limits.newer_wait_s)


async def test_a_server_that_stops_lets_nobody_wait(app, autojump_clock):
    first = await deploy(app, text("/a.txt", "1"), mode="dev")
    started, answers = trio.current_time(), []
    app.draining.set()

    await ask(app, first["fsId"], answers)

    assert (answers, trio.current_time() - started) == ([(200, {})], 0)


async def test_too_many_pages_ask_again_later(tmp_path, compiler):
    app = make_app(open_database(tmp_path), compiler=compiler, limits=Limits(pages_waiting=0))
    first = await deploy(app, text("/a.txt", "1"), mode="dev")
    answers = []

    await ask(app, first["fsId"], answers)

    assert answers == [(200, {})]
    app.db.close()


async def test_releases_that_everybody_sees_are_not_told_of_newer_ones(app):
    first = await deploy(app, text("/a.txt", "1"), mode="production")
    answers = []

    await ask(app, first["fsId"], answers)
    live = await get(app, NEWER)

    assert answers == [(404, {})]
    assert live.status == 404


async def test_only_the_pages_of_dev_releases_have_the_script(app):
    dev = await deploy(app, text("/index.html", "<h1>hi</h1>"), text("/b.txt"), mode="dev")
    page = (await get(app, f"/~{dev['fsId']}~/", sec_fetch_mode="navigate")).body
    assert b"/reload." in page
    assert f'data-release="/~{dev["fsId"]}~"'.encode() in page

    await deploy(app, text("/index.html", "<h1>hi</h1>"), text("/b.txt"), mode="production")

    assert b"/reload." not in (await get(app, f"/~{dev['fsId']}~/", sec_fetch_mode="navigate")).body
    assert b"/reload." not in (await get(app, "/", sec_fetch_mode="navigate")).body


async def test_a_head_is_answered_without_a_body(app):
    first = await deploy(app, text("/a.txt", "1"), mode="dev")
    await deploy(app, text("/a.txt", "2"), mode="dev")

    reply = await get(app, f"/~{first['fsId']}~{NEWER}", method="HEAD")

    assert (reply.status, reply.body) == (200, b"")
    assert reply.length > 10


@pytest.mark.parametrize(("size", "has_script"), [(10, True), (300_000, False)])
async def test_a_html_file_that_a_browser_opens_has_the_script_too_but_nobody_who_fetches_it(
    app, size, has_script
):
    html = "<h1>hi</h1>" + "x" * size
    dev = await deploy(app, text("/index.html", html, entryPoint=True), mode="dev")
    path = f"/~{dev['fsId']}~/"

    opened = await get(app, path, sec_fetch_mode="navigate", accept="text/html")
    by_name = await get(app, f"{path}index.html", sec_fetch_mode="navigate", accept="text/html")
    fetched = await get(app, f"{path}index.html", sec_fetch_mode="cors")

    assert fetched.body == html.encode()
    for reply in (opened, by_name):
        assert reply.body.startswith(html.encode())
        assert (b"/reload." in reply.body) == has_script
    assert dict(opened.headers)["etag"] != dict(fetched.headers)["etag"] or not has_script
    await deploy(app, text("/index.html", html, entryPoint=True), mode="production")
    assert (await get(app, path, sec_fetch_mode="navigate", accept="text/html")).body == html.encode()
