"""Use cases on an engine that can do nothing at once: each look at the database lets others run meanwhile."""

from dataclasses import replace

import pytest
import trio
from asking import APPEND, ENSURE_CHAT, ask, deploy, get, js, jsx
from fakes import NOW, make_app
from local_home import CODE, open_home, run_jobs
from memory_engine import MemoryDatabase

from vibes_trio.config import Limits
from vibes_trio.exchange import AppSlug, FsId, UserSlug
from vibes_trio.jobs import Sweep
from vibes_trio.services.packages import ensure_building
from vibes_trio.services.releases import Extras, find_release
from vibes_trio.services.upkeep import sweep, warm_all
from vibes_trio.urls import EntryPoint

LIVE = EntryPoint(AppSlug("garden"), UserSlug("ada"), None, "/")


class SlowDatabase(MemoryDatabase):
    """One where something else happens (*meanwhile*, once) before what was found has come back."""

    meanwhile = None

    async def get(self, fn, /, *args, **kwargs):
        found = await super().get(fn, *args, **kwargs)
        happens, self.meanwhile = self.meanwhile, None
        if happens is not None:
            await happens()
        return found


@pytest.fixture
def app(compiler):
    db = SlowDatabase(Limits(), lambda: NOW)
    db.open()
    return make_app(db, compiler=compiler)


async def test_an_app_is_deployed_served_and_deployed_again(app):
    first = await deploy(app, jsx(), js("/lib.js", "export default 1"))
    again = await deploy(app, jsx(), js("/lib.js", "export default 1"))

    assert first["fsId"] == again["fsId"]
    assert (await get(app, "/lib.js")).body == b"export default 1"
    page = await get(app, f"/~{first['fsId']}~/")
    assert (page.status, b"App.jsx" in page.body) == (200, True)

    app.releases.clear()
    await warm_all(app, None)
    await sweep(app, Sweep(evicted=True))
    assert (await get(app, "/lib.js")).status == 200


async def test_chats_are_made_and_appended_to(app):
    made = [await ask(app, "ada", ENSURE_CHAT, contextId="chat") for _ in range(2)]
    first = await ask(app, "ada", APPEND, contextId="chat", origin="user", blocks=[])
    refused = await ask(app, "bob", ENSURE_CHAT, contextId="chat")

    assert [reply["contextId"] for reply in made] == ["chat", "chat"]
    assert (first["seq"], refused["code"]) == (0, "not-owner")


async def test_a_release_that_changes_while_it_is_read_is_not_kept(app):
    """Fails where what was read before the change is put into the cache after it: it would be served for ever."""
    old = await deploy(app, js("/lib.js", "old"))
    app.releases.clear()
    app.db.meanwhile = lambda: deploy(app, js("/lib.js", "new"))

    seen = await find_release(app, LIVE)
    now = await find_release(app, LIVE)

    assert seen.fs_id == old["fsId"] != now.fs_id


async def test_all_who_ask_for_a_build_at_once_get_the_same(app, tmp_path):
    home = open_home(tmp_path)
    app = replace(app, modules=home.store, home=home)
    reply = await deploy(app, jsx(content=CODE))
    name = (AppSlug("garden"), UserSlug("ada"), FsId(reply["fsId"]))
    await run_jobs(app)
    builds = []

    async def look():
        builds.append(await ensure_building(app, ("a", "b", "c"), Extras(packages=("zod",))))

    async with trio.open_nursery() as nursery:
        for _ in range(3):
            nursery.start_soon(look)

    assert builds[0] is not None
    assert builds[0] is builds[1] is builds[2]
    assert app.builds.find(name) is None
