"""What visitors get while packages are built: a page that waits, and the app as soon as that brings nothing more."""

import json
from dataclasses import replace

import pytest
import trio
import trio.testing
from asking import deploy, get, jsx
from local_home import ADDRESS, CODE, facts_of, imports_of, open_home, run_jobs

from vibes_trio.config import Limits
from vibes_trio.content.policy import calc_policy
from vibes_trio.errors import FetchFailed
from vibes_trio.jobs import BuildModules
from vibes_trio.modules.store.local import open_store
from vibes_trio.services.waiting import PROGRESS


@pytest.fixture
def home(tmp_path):
    return open_home(tmp_path)


@pytest.fixture
def app(app, home):
    return replace(app, modules=home.store, home=home)


async def progress(app, fs_id):
    reply = await get(app, f"/~{fs_id}~{PROGRESS}")
    return json.loads(reply.body)


def waiting(app):
    return len(app.jobs.queues[BuildModules])


async def test_a_visitor_waits_on_a_page_of_its_own_until_the_packages_are_there(app, home):
    home.zod = ""
    reply = await deploy(app, jsx(content=CODE))
    fs_id = reply["fsId"]

    page = await get(app, "/")
    before = await progress(app, fs_id)
    await run_jobs(app)

    headers = dict(page.headers)
    assert page.status == 202
    assert (headers["content-type"], headers["cache-control"]) == ("text/html", "no-store")
    assert headers["retry-after"] == "2"
    assert page.policy == calc_policy((), {})
    assert not {"etag", "accept-ranges", "x-vibes-asset-id"} & set(headers)
    assert not page.repeatable
    assert b"<h1>garden</h1>" in page.body
    assert facts_of(page) == {"address": f"/~{fs_id}~{PROGRESS}", **before}
    assert before == {
        "stage": "waiting",
        "fetched": 0,
        "total": 0,
        "packages": [{"name": name, "state": "open", "why": ""} for name in ("clsx", "zod")],
    }
    assert await progress(app, fs_id) == {}
    assert (await get(app, "/")).status == 200


@pytest.mark.parametrize("path", ["/", "/index.html", "/~{fs_id}~", "/~{fs_id}~/"])
async def test_every_address_of_the_page_waits_for_head_too(app, path):
    reply = await deploy(app, jsx(content=CODE))

    page = await get(app, path.format(fs_id=reply["fsId"]))
    head = await get(app, path.format(fs_id=reply["fsId"]), method="HEAD")

    assert (page.status, head.status) == (202, 202)
    assert (head.body, head.length, head.headers) == (b"", len(page.body), page.headers)


async def test_conditions_and_ranges_make_no_difference_to_a_page_that_changes(app):
    await deploy(app, jsx(content=CODE))

    page = await get(app, "/", if_none_match="*", range="bytes=0-3", accept_encoding="gzip")

    assert page.status == 202
    assert page.body.startswith(b"<!doctype html>")


async def test_files_are_served_meanwhile(app):
    await deploy(app, jsx(content=CODE), jsx("/Other.jsx"))

    assert (await get(app, "/App.jsx")).status == 200


async def test_the_first_visitor_starts_the_build_and_all_others_wait_for_the_same(app, home):
    home.zod = ""
    await deploy(app, jsx(content=CODE))
    await run_jobs(app)
    empty = open_store(home.store._dir.parent / "lost", Limits())
    home.store = empty
    app = replace(app, modules=empty)

    pages = [await get(app, "/") for _ in range(3)]

    assert [page.status for page in pages] == [202, 202, 202]
    assert waiting(app) == 1
    await run_jobs(app)
    assert (await imports_of(app))[0]["clsx"] == ADDRESS
    assert len(home.asked) == 2


async def test_an_app_whose_packages_failed_is_shown_with_what_is_there_and_starts_nothing(app, home):
    reply = await deploy(app, jsx(content=CODE))
    await run_jobs(app)

    page = await get(app, f"/~{reply['fsId']}~/")

    imports, headers = await imports_of(app)
    assert page.status == 200
    assert not page.repeatable, "who asks again may start another build"
    assert headers["cache-control"] == "no-cache"
    assert facts_of(page)["missing"] == {"zod": "it is broken"}
    assert imports["clsx"] == ADDRESS
    assert "zod" not in imports
    assert waiting(app) == 0
    assert await progress(app, reply["fsId"]) == {}


async def test_visitors_start_another_try_after_a_pause_that_doubles(app, home, autojump_clock):
    home.error = FetchFailed("the registry is down")
    await deploy(app, jsx(content=CODE))
    await run_jobs(app)
    pause_s = app.config.limits.build_retry_s

    tries = []
    for second in range(int(pause_s * 8)):
        if (await get(app, "/")).status == 202:
            tries.append(second)
            await run_jobs(app)
        await trio.sleep(1)

    assert tries == [pause_s, pause_s * 3, pause_s * 7]
    missing = facts_of(await get(app, "/"))["missing"]
    assert missing == dict.fromkeys(("clsx", "zod"), "the registry is down")


async def test_the_pause_has_a_limit(app, home, autojump_clock):
    limits = replace(app.config.limits, build_retry_max_s=40.0)
    app = replace(app, config=replace(app.config, limits=limits), builds=type(app.builds)(limits))
    name = ("garden", "ada", "z1")

    pauses = []
    for _ in range(4):
        pauses.append(app.builds.next_pause_s(name))
        app.builds.end(name, pauses[-1])

    assert pauses == [30, 40, 40, 40]


async def test_with_the_cdn_opened_what_failed_stays_there(app):
    app = replace(app, config=replace(app.config, page_hosts=("https://esm.sh",)))
    reply = await deploy(app, jsx(content=CODE))
    await run_jobs(app)

    imports, _ = await imports_of(app)

    assert imports["zod"].startswith("https://esm.sh/zod")
    assert facts_of(await get(app, f"/~{reply['fsId']}~/"))["missing"] == {}


async def test_a_page_of_the_cdn_tells_of_packages_whose_version_nobody_was_asked_for(app):
    async def nobody(_package):
        return None

    config = replace(app.config, registry_url="none")
    app = replace(app, modules=None, home=None, config=config, package_version=nobody)
    reply = await deploy(app, jsx(content=CODE.replace('"zod"', '"zod-form-data"')))

    missing = facts_of(await get(app, f"/~{reply['fsId']}~/"))["missing"]

    (warning,) = (text for text in reply["warnings"] if "zod-form-data" in text)
    assert list(missing) == ["zod-form-data"]
    assert "this server asks no package registry" in missing["zod-form-data"]
    assert warning == f'import "zod-form-data": {missing["zod-form-data"]}'


async def test_what_is_done_and_what_failed_is_told_by_name(app, home):
    reply = await deploy(app, jsx(content=CODE.replace('"zod"', '"zod@4"')))
    (job,) = [app.jobs.queues[BuildModules].take_nowait()[1]]
    build = app.builds.find((job.app, job.user, job.fs_id))
    build.progress.specifiers = {"clsx": "clsx", "zod@4": "zod"}
    build.progress.stage, build.progress.fetched, build.progress.to_fetch = "building", 2, 3
    build.progress.done.add("clsx")
    build.progress.failed["zod"] = "it is broken"

    assert await progress(app, reply["fsId"]) == {
        "stage": "building",
        "fetched": 2,
        "total": 3,
        "packages": [
            {"name": "clsx", "state": "done", "why": ""},
            {"name": "zod@4", "state": "failed", "why": "it is broken"},
        ],
    }


async def test_progress_of_no_release_and_without_local_modules_is_not_found(app):
    await deploy(app, jsx(content=CODE))

    assert (await get(app, f"/~zNone12345~{PROGRESS}")).status == 404
    assert (await get(replace(app, home=None, modules=None), PROGRESS)).status == 404


async def test_a_process_without_a_home_leaves_all_that_waits_to_the_owner(app, home):
    reply = await deploy(app, jsx(content=CODE))
    reader = replace(app, home=None)

    assert (await get(reader, "/")).for_owner
    assert (await get(reader, f"/~{reply['fsId']}~{PROGRESS}")).for_owner
    assert not (await get(reader, "/App.jsx")).for_owner


async def test_a_lost_module_is_built_again_for_a_page_that_a_browser_kept(app, home):
    home.zod = ""
    await deploy(app, jsx(content=CODE))
    await run_jobs(app)
    (record,) = [home.store.record(ADDRESS)]
    for path in (home.store._dir / "built").iterdir():
        path.write_bytes(b"damaged")
    home.store._contents.pop(record.cid)
    version = app.releases.version
    replies = []

    async def ask():
        replies.append(await get(app, ADDRESS))

    async with trio.open_nursery() as nursery:
        nursery.start_soon(ask)
        nursery.start_soon(ask)
        await trio.testing.wait_all_tasks_blocked()
        assert replies == []
        assert (await get(replace(app, home=None), ADDRESS)).for_owner
        await run_jobs(app)

    assert [reply.body for reply in replies] == [b"export default 1"] * 2
    assert app.releases.version > version, "pages that were kept ready took it for granted"
    assert home.store.record(ADDRESS) == record


async def test_a_module_that_no_release_of_the_host_names_is_not_found_and_starts_nothing(app, home):
    await deploy(app, jsx(content=CODE))
    await run_jobs(app)

    other = "/~esm/left-pad@1.0.0/~abc"

    assert (await get(app, other)).status == 404
    assert (await get(app, other, host="apps.test")).status == 404
    assert (await get(app, other, host="nobody--ada.apps.test")).status == 404
    assert waiting(app) == 0
