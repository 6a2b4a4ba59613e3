"""What the server does and holds is told as it counts it, to operators."""

import os
from pathlib import Path

import pytest
from asking import FakeCompiler, ask, deploy, js
from fakes import NOW, make_app, open_database

from vibes_trio.backups.kept import name_at
from vibes_trio.counts import METRICS
from vibes_trio.jobs import Sweep, WarmRelease
from vibes_trio.services.server_status import DISK_FREE, take_sample
from vibes_trio.storage.users import add_user

STATUS = "vibes.diy.req-get-server-status"


@pytest.fixture
async def app(tmp_path):
    db = open_database(tmp_path)
    await db.write(add_user, "olga", "olga", "")
    await db.write(add_user, "ada", "ada", "")
    yield make_app(db, compiler=FakeCompiler(), data_dir=tmp_path, backup_every_h=24, started=NOW - 60)
    db.close()


async def test_only_an_operator_is_told(app):
    assert (await ask(app, "ada", STATUS))["code"] == "not-operator"
    assert (await ask(app, "bad", STATUS))["code"] == "require-login"
    assert (await ask(app, "olga", STATUS))["started"] == "2026-11-22T09:32:20.000Z"


async def test_figures_have_their_names_and_labels(app):
    app.counts.cells("answers")["app", 200, "fast"].value += 3
    app.counts.histogram("commit_seconds").add(0.5)
    app.counts.histogram("commit_seconds").add(1.0)

    told = await ask(app, "olga", STATUS)

    figures = {one["name"]: one for one in told["figures"]}
    assert figures["answers"] == {
        "name": "answers",
        "labels": {"kind": "app", "status": "200", "lane": "fast"},
        "value": 3.0,
    }
    assert (figures["commit_seconds_count"]["value"], figures["commit_seconds_sum"]["value"]) == (2.0, 1.5)
    known = {*METRICS, *(f"{name}_{part}" for name in METRICS for part in ("count", "sum"))}
    assert set(figures) <= known


async def test_how_it_went_of_late_is_told_with_its_times(app):
    for total in (5, 15):
        app.counts.cells("answers")["app", 200, "fast"].value = total
        await take_sample(app)

    told = {one["name"]: one for one in (await ask(app, "olga", STATUS))["series"]}

    assert told[DISK_FREE]["perSecond"] is False
    assert [point["at"] for point in told[DISK_FREE]["points"]] == [NOW * 1000] * 2
    assert told["requests"] == {"name": "requests", "perSecond": True, "points": []}  # no time went by


async def test_a_disk_that_cannot_be_looked_at_leaves_the_other_figures():
    app = make_app(data_dir=Path("/none/such"))
    app.counts.give_one("held_bytes", lambda: 7)

    await take_sample(app)

    assert app.samples.names() == ["held_bytes"]


async def test_jobs_and_builds_are_told_as_they_are(app):
    app.jobs.add(WarmRelease("garden", "ada"))
    app.jobs.add(Sweep())
    app.jobs.queues[Sweep].take_nowait()
    build = app.builds.begin(("garden", "ada", "zA"), ("d3", "lodash"))
    build.progress.done.add("d3")

    told = await ask(app, "olga", STATUS)

    jobs = {one["kind"]: one for one in told["jobs"]}
    assert (jobs["WarmRelease"]["waiting"], jobs["WarmRelease"]["running"]) == (1, 0)
    assert (jobs["Sweep"]["waiting"], jobs["Sweep"]["running"], jobs["Sweep"]["places"]) == (0, 1, 1)
    assert told["builds"] == [
        {
            "appSlug": "garden",
            "ownerHandle": "ada",
            "fsId": "zA",
            "stage": "waiting",
            "done": 1,
            "parts": 2,
        }
    ]


async def test_backups_are_told_newest_first(app, tmp_path):
    folder = tmp_path / "backups"
    assert (await ask(app, "olga", STATUS))["backups"]["items"] == []
    folder.mkdir()
    for at, size in ((NOW, 7), (NOW + 60, 9)):
        (folder / name_at(at)).write_bytes(b"x" * size)
    (folder / "other.zip").write_bytes(b"")

    told = (await ask(app, "olga", STATUS))["backups"]

    assert (told["everyH"], told["folder"], told["keep"]) == (24, str(folder), 7)
    assert [(one["made"], one["bytes"]) for one in told["items"]] == [
        ("2026-11-22T09:34:20.000Z", 9),
        ("2026-11-22T09:33:20.000Z", 7),
    ]


async def test_the_disk_and_the_store_of_packages_are_looked_at(app, tmp_path):
    await deploy(app, js("/a.js", "1"))

    told = await ask(app, "olga", STATUS)

    found = os.statvfs(tmp_path)
    assert told["disk"]["total"] == found.f_blocks * found.f_frsize
    assert told["disk"]["reserve"] == app.config.disk_reserve
    assert told["modules"] == {"isOpen": False, "modules": 0, "bytes": 0, "note": ""}
