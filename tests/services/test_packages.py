"""Packages of a release: built by a job, noted with it, told of in replies, tried again in time."""

import json
from dataclasses import replace

import msgspec
import pytest
import trio
from asking import ask, deploy, get, jsx, text
from local_home import ADDRESS, CODE, facts_of, imports_of, open_home, run_jobs

from vibes_trio.config import Limits
from vibes_trio.content.vibes_modules import FIREPROOF, FIREPROOF_VERSION, our_addresses
from vibes_trio.errors import FetchFailed
from vibes_trio.jobs import BuildModules, Jobs, RetryBuilds, Sweep
from vibes_trio.modules.bases import REACT
from vibes_trio.modules.resolve.package_lock import read_lock
from vibes_trio.modules.store.local import open_store, parse_cdn_address
from vibes_trio.services import wanted
from vibes_trio.services.packages import find_lacking, names_module, told_once
from vibes_trio.services.releases import Extras, read_extras
from vibes_trio.services.upkeep import retry_builds, sweep
from vibes_trio.storage import apps, assets


@pytest.fixture
def home(tmp_path):
    return open_home(tmp_path)


@pytest.fixture
def app(app, home):
    return replace(app, modules=home.store, home=home)


def extras_of(app, reply):
    row = app.db.points.get(apps.find_release, reply["appSlug"], reply["userSlug"], reply["fsId"])
    return read_extras(row.extras_json)


async def test_what_was_built_is_loaded_from_here(app, home):
    home.zod = ""
    reply = await deploy(app, jsx(content=CODE))
    await run_jobs(app)

    imports, headers = await imports_of(app, f"/~{reply['fsId']}~/")
    assert reply["warnings"] == [
        "packages: being built on this server; until then the app's page shows how far that is: clsx, zod"
    ]
    assert (imports["clsx"], imports["zod"]) == (ADDRESS, "/~esm/zod@4.0.0/~def")
    assert home.asked == [{"clsx": "latest", "zod": "latest"}]
    assert headers["cache-control"] == "no-cache"
    assert (await get(app, imports["clsx"])).body == b"export default 1"


async def test_a_deploy_of_the_same_files_builds_nothing_again_when_all_is_there(app, home):
    home.zod = ""
    await deploy(app, jsx(content=CODE))
    await run_jobs(app)

    reply = await deploy(app, jsx(content=CODE))
    await run_jobs(app)

    assert "warnings" not in reply
    assert len(home.asked) == 1


async def test_each_deploy_tells_what_failed_and_tries_it_again_but_leaves_versions_alone(app, home):
    await deploy(app, jsx(content=CODE))
    await run_jobs(app)

    reply = await deploy(app, jsx(content=CODE))
    home.zod = ""
    await run_jobs(app)

    imports, _ = await imports_of(app)
    assert reply["warnings"] == ["import 'zod': could not be built: it is broken"]
    assert home.asked == [{"clsx": "latest", "zod": "latest"}, {"clsx": "2.0.0", "zod": "latest"}]
    assert imports["zod"].startswith("/~esm/")


async def test_the_log_of_the_app_tells_what_came_of_its_packages_once(app, home):
    """Another try that comes to the same is no news."""
    await deploy(app, jsx(content=CODE))
    await run_jobs(app)
    await deploy(app, jsx(content=CODE))
    await run_jobs(app)
    home.zod = ""
    await deploy(app, jsx(content=CODE))
    await run_jobs(app)

    reply = await ask(app, "ada", "vibes.diy.req-read-app-log", appSlug="garden", ownerHandle="ada")
    assert [(item["kind"], item.get("words", "")) for item in reversed(reply["items"])] == [
        ("deployed", ""),
        ("packages-failed", "zod: it is broken"),
        ("packages-ready", "clsx, zod"),
    ]
    assert all("by" not in item for item in reply["items"][:2])


async def test_packages_that_are_known_make_a_release_whole_at_its_deploy(app, home):
    home.zod = ""
    lock, _ = await home.ensure({"clsx": "latest", "zod": "latest"})
    home.asked.clear()
    home.known = lock

    reply = await deploy(app, jsx(content=CODE))

    imports, headers = await imports_of(app, f"/~{reply['fsId']}~/")
    assert "warnings" not in reply
    assert len(app.jobs.queues[BuildModules]) == 0
    assert (imports["clsx"], headers["cache-control"]) == (ADDRESS, "no-cache")
    assert home.asked == []


async def test_a_build_that_failed_as_a_whole_is_told_and_tried_again_by_the_sweep_in_time(
    app, home, autojump_clock
):
    home.error = FetchFailed("the registry is down")
    first = await deploy(app, jsx(content=CODE))
    await run_jobs(app)
    reply = await deploy(app, jsx(content=CODE))
    await run_jobs(app)
    home.error = None
    home.zod = ""

    await retry_builds(app, RetryBuilds())
    await run_jobs(app)
    assert len(home.asked) == 2, "it failed a moment ago"
    assert extras_of(app, first).next_try == app.now() + app.config.limits.build_retry_s

    await trio.sleep(app.config.limits.build_retry_s)
    await retry_builds(app, RetryBuilds())
    await run_jobs(app)

    imports, _ = await imports_of(app)
    assert "could not be built: the registry is down" in reply["warnings"][0]
    assert imports["clsx"] == ADDRESS
    assert extras_of(app, first).next_try == 0
    assert len(home.asked) == 3


async def test_while_the_disk_is_nearly_full_nothing_is_fetched_or_built(
    app, home, autojump_clock, monkeypatch
):
    """It is told, and tried again in time: once there is room, all is built."""
    first = await deploy(app, jsx(content=CODE))
    monkeypatch.setattr(type(app.db), "is_disk_short", True)
    await run_jobs(app)
    asked = list(home.asked)
    told = extras_of(app, first).not_local
    monkeypatch.setattr(type(app.db), "is_disk_short", False)

    await trio.sleep(app.config.limits.build_retry_s)
    await retry_builds(app, RetryBuilds())
    await run_jobs(app)

    assert asked == []
    assert told == {"": "the disk of this server is nearly full"}
    assert (await imports_of(app))[0]["clsx"] == ADDRESS


async def test_an_error_nobody_foresaw_is_not_met_again_and_again(app, home, caplog):
    home.error = ZeroDivisionError()
    await deploy(app, jsx(content=CODE))
    await run_jobs(app)

    await retry_builds(app, RetryBuilds())
    await run_jobs(app)

    assert len(home.asked) == 1
    assert "job failed" in caplog.text


async def test_what_can_never_be_built_is_not_tried_again(app, home, autojump_clock, monkeypatch):
    home.zod = ""
    monkeypatch.setattr(wanted, "parse_cdn_address", lambda at: None if "@1" in at else parse_cdn_address(at))
    code = 'import a from "clsx";\nimport b from "clsx@1";\nexport default () => null;\n'
    reply = await deploy(app, jsx(content=code))
    await run_jobs(app)

    await trio.sleep(app.config.limits.build_retry_max_s * 2)
    await retry_builds(app, RetryBuilds())
    await run_jobs(app)

    assert len(home.asked) == 1
    assert extras_of(app, reply).not_local == {"clsx@1": "its address is no package's"}
    assert extras_of(app, reply).next_try == 0


async def test_modules_that_the_store_lost_are_built_by_the_sweep_from_their_lock(app, home, tmp_path):
    home.zod = ""
    await deploy(app, jsx(content=CODE))
    await run_jobs(app)
    empty = open_store(tmp_path / "empty", Limits())
    home.store = empty
    app = replace(app, modules=empty)

    await retry_builds(app, RetryBuilds())
    await run_jobs(app)

    imports, _ = await imports_of(app)
    assert imports["clsx"] == ADDRESS
    assert home.asked[1] == {"clsx": "2.0.0", "zod": "4.0.0"}


async def test_a_release_that_went_meanwhile_needs_nothing(app, home):
    await deploy(app, jsx(content=CODE))
    await run_jobs(app)

    app.jobs.add(BuildModules("garden", "ada", "zGone"))
    await run_jobs(app)

    assert len(home.asked) == 1


async def test_a_full_queue_makes_nobody_wait_and_is_tried_later(app, home):
    app = replace(app, jobs=Jobs(Limits(jobs_waiting=1)))
    app.jobs.add(BuildModules("other", "ada", "z1"))

    reply = await deploy(app, jsx(content=CODE))

    assert (await get(app, "/")).status == 200
    await run_jobs(app)
    assert (await get(app, "/")).status == 202
    assert app.builds.find(("garden", "ada", reply["fsId"])) is not None


async def test_an_app_without_packages_has_nothing_built(app, home):
    reply = await deploy(app, jsx())
    await run_jobs(app)

    assert home.asked == []
    assert "warnings" not in reply


async def test_an_app_of_react_alone_has_nothing_built(app, home):
    reply = await deploy(app, jsx(content='import { useState } from "react";\nexport default () => null;\n'))
    await run_jobs(app)

    assert home.asked == []
    assert "warnings" not in reply
    assert (await get(app, "/")).status == 200


async def test_without_local_modules_nothing_is_built_or_told(app, home):
    app = replace(app, home=None, modules=None)

    reply = await deploy(app, jsx(content=CODE))
    await run_jobs(app)

    assert home.asked == []
    assert "warnings" not in reply


async def test_pages_of_the_cdn_get_the_platform_s_packages_too(app):
    app = replace(app, home=None, modules=None)
    reply = await deploy(
        app, jsx(content='import { useFireproof } from "use-fireproof";\nexport default 1;\n')
    )

    imports, _ = await imports_of(app, f"/~{reply['fsId']}~/")

    assert {name: imports[name] for name in our_addresses()} == our_addresses()
    assert imports[FIREPROOF].startswith(f"https://esm.sh/{FIREPROOF}@{FIREPROOF_VERSION}?deps=react@")


async def test_an_app_of_the_platform_s_packages_has_the_database_built(app, home):
    source = 'import { useFireproof } from "use-fireproof";\nimport { ImgVibes } from "img-vibes";\n'
    source += 'import { callAI } from "call-ai";\nexport default () => null;\n'

    reply = await deploy(app, jsx(content=source))
    await run_jobs(app)

    assert home.asked == [{"@fireproof/use-fireproof": "0.24.19"}]
    assert not [text for text in reply["warnings"] if "img-vibes" in text or "call-ai" in text]


def test_notes_of_before_are_read():
    old = msgspec.json.decode(b'{"packages": ["clsx"], "not_local": {"": "no registry"}}', type=Extras)

    assert old.next_try == 0
    assert find_lacking(None, old) == ()


async def test_a_release_names_what_its_modules_import(home):
    await home.ensure({"clsx": "latest"})
    extras = Extras(packages=("clsx",), modules={"clsx": ADDRESS})

    assert names_module(home.store, extras, ADDRESS)
    assert names_module(home.store, extras, ADDRESS.replace("@", "%40"))
    assert not names_module(home.store, extras, "/~esm/other@1.0.0/~abc")
    assert not names_module(home.store, Extras(), ADDRESS)


async def test_releases_of_the_same_packages_share_their_lock(app, home):
    home.zod = ""
    first = await deploy(app, jsx(content=CODE))
    await run_jobs(app)
    second = await deploy(app, jsx(content=CODE + "// more"))
    await run_jobs(app)

    lock_ids = {extras_of(app, reply).lock_id for reply in (first, second)}
    (lock,) = [read_lock(app.db.points.get(assets.find_asset, lock_id)) for lock_id in lock_ids]
    await sweep(replace(app, now=lambda: app.now() + 2 * app.config.limits.asset_grace_s), Sweep())

    assert list(lock.packages) == ["clsx@2.0.0"]
    assert extras_of(app, first).modules["clsx"] == ADDRESS
    assert app.db.points.get(assets.find_asset, *lock_ids) is not None


async def test_a_lock_that_is_damaged_is_made_anew(app, home):
    home.zod = ""
    reply = await deploy(app, jsx(content=CODE))
    await run_jobs(app)
    lock_id = extras_of(app, reply).lock_id
    await app.db.write(lambda tx: tx.execute("UPDATE Assets SET content = '{' WHERE assetId = ?", (lock_id,)))
    await app.db.write(lambda tx: tx.execute("UPDATE Apps SET extras = json_remove(extras, '$.modules')"))
    app.releases.clear()

    await get(app, f"/~{reply['fsId']}~/")
    await run_jobs(app)

    assert extras_of(app, reply).modules["clsx"] == ADDRESS


# -- what an app asks for ----------------------------------------------------------------------------------

ICONS = 'import { Github, Mail as Post } from "icons";\nimport all from "icons/dynamic";\nexport default () => null;\n'


async def test_the_manifest_and_the_names_that_are_imported_reach_the_builder(app, home):
    app = replace(app, package_version=latest)
    lock_file = '{"lockfileVersion": 3, "packages": {"node_modules/other": {"version": "1.2.3"}}}'
    manifest = (
        '{"dependencies": {"icons": "^0.344.0", "react": "^18.3.1"}, "devDependencies": {"other": "^1"}}'
    )

    reply = await deploy(
        app, jsx(content=ICONS), text("/package.json", manifest), text("/package-lock.json", lock_file)
    )
    await run_jobs(app)

    extras = extras_of(app, reply)
    assert extras.ranges == {"icons": "^0.344.0", "react": "^18.3.1", "other": "1.2.3"}
    assert extras.names == {"icons": ("Github", "Mail"), "icons/dynamic": ("default",)}
    assert extras.react == "18"
    [asked] = home.asked
    assert (asked["icons"], asked["icons/dynamic"]) == ("^0.344.0", "^0.344.0")
    assert set(REACT) <= asked.keys()
    assert home.wishes.names["icons"] == ("Github", "Mail")
    assert "icons" not in home.wishes.free


async def test_a_version_that_nobody_asked_for_is_free(app, home):
    app = replace(app, package_version=latest)
    code = 'import { a } from "one";\nimport { b } from "two@2/part";\nimport { z } from "zod";\nexport default 1;\n'

    await deploy(app, jsx(content=code))
    await run_jobs(app)

    assert home.asked == [{"one": "latest", "two/part": "2", "zod": "latest"}]
    assert home.wishes.free == {"one", "zod"}  # of zod the map asks for the newest, too


async def test_the_manifest_that_is_least_deep_counts_and_none_of_installed_packages(app):
    files = [
        ("/app/package.json", "1"),
        ("/app/api/package.json", "2"),
        ("/node_modules/x/package.json", "3"),
    ]
    given = [text(name, f'{{"dependencies": {{"zod": "{version}"}}}}') for name, version in files]

    reply = await deploy(app, jsx(content=CODE), *given)

    assert extras_of(app, reply).ranges == {"zod": "1"}


async def test_what_is_known_before_the_build_is_told_by_the_first_deploy_and_by_the_page(app, home):
    home.ahead = ("clsx@2 asks for react ^20; the page has 19.2.1",), {"zod": "status 404"}

    reply = await deploy(app, jsx(content=CODE))

    assert reply["warnings"][1:] == ["import 'zod': could not be built: status 404", home.ahead[0][0]]
    assert extras_of(app, reply).notes == home.ahead[0]


async def test_a_registry_that_is_slow_holds_no_deploy_up(app, home):
    app = replace(app, config=replace(app.config, limits=Limits(deploy_resolve_s=0.01)))
    ended = []

    async def slow(wanted, wishes=None):
        try:
            await trio.sleep_forever()
        finally:
            ended.append(wanted)

    home.look_ahead = slow

    reply = await deploy(app, jsx(content=CODE))

    assert ended == [{"clsx": "latest", "zod": "latest"}]
    assert len(reply["warnings"]) == 1


async def test_notes_on_packages_stand_in_the_page(app, home):
    home.ahead = ("a note",), {}
    home.zod = ""
    reply = await deploy(app, jsx(content=CODE))
    await run_jobs(app)
    row = app.db.points.get(apps.find_release, reply["appSlug"], reply["userSlug"], reply["fsId"])
    noted = row.extras_json.replace('"notes":[]', '"notes":["a note"]')
    await app.db.write(lambda tx: tx.execute("UPDATE Apps SET extras = ?", (noted,)))
    app.releases.clear()

    assert facts_of(await get(app, "/"))["notes"] == ["a note"]


async def test_the_map_of_a_page_holds_only_what_its_modules_can_ask_for(app, home):
    home.zod = ""
    code = CODE + 'import { callAI } from "call-ai";\nimport part from "./part";\n'
    await deploy(app, jsx(content=code), jsx("/part.jsx"))
    await run_jobs(app)

    imports, _ = await imports_of(app)

    assert {name for name in imports if not name.startswith(("/~", "~~"))} == {
        *("clsx", "zod", "call-ai", "react", "react-dom", "react-dom/client", "react/jsx-runtime")
    } & {*imports}
    assert {"clsx", "zod", "call-ai"} <= imports.keys()
    assert not [name for name in imports if "fireproof" in name or "clerk" in name or "@>=" in name]


async def test_the_map_has_all_of_a_script_of_ours_that_scripts_of_ours_import(app, home):
    await deploy(app, jsx(content='import { useFireproof } from "use-vibes";\nexport default 1;\n'))
    await run_jobs(app)

    imports, _ = await imports_of(app, "/")

    assert {"use-vibes", "@vibes/fireproof", "@vibes/viewer", "call-ai"} <= our_addresses(
        ["use-vibes"]
    ).keys()
    assert our_addresses(["use-vibes"]).items() <= imports.items()
    assert our_addresses([]) == {}


async def latest(name):
    return "9.9.9"


@pytest.mark.parametrize(("wanted", "is_told"), [("0.73.0", True), ("npm:react-native-web@0.19.0", False)])
async def test_what_is_made_for_phones_is_told_by_the_first_deploy(app, wanted, is_told):
    """Unless the app has another package under that name."""
    code = 'import { View } from "react-native";\nexport default () => <View />;'
    manifest = text("/package.json", json.dumps({"dependencies": {"react-native": wanted}}))

    reply = await deploy(app, jsx(content=code), manifest)

    words = "import 'react-native': could not be built: it is made for phones"
    assert any(told.startswith(words) for told in reply.get("warnings", [])) is is_told


def test_a_package_without_a_version_is_told_once_and_with_the_reason():
    warnings = (
        'import "typo": the package registry gave no version of typo; …',
        'import "other": nothing',
        "x",
    )

    assert told_once(warnings, Extras(not_local={"typo": "none of that name", "": "y"})) == warnings[1:]
    assert told_once(warnings, Extras(not_local={"": "no registry"})) == warnings
