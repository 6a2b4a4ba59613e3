import json
from dataclasses import replace

import pytest
import trio
from releases import ADA, BOB, Clock, publish, release, save

from vibes_trio.errors import LimitReached
from vibes_trio.exchange import AppSlug, Cid, FsId, UserId, UserSlug
from vibes_trio.storage import Database, Tx
from vibes_trio.storage.apps import (
    count_releases,
    evict_some,
    find_latest,
    find_release,
    get_releases_version,
    get_swept_limit,
    list_latest,
    list_live,
    list_newest,
    note_swept_limit,
    replace_extras,
)
from vibes_trio.storage.assets import find_asset, put_asset
from vibes_trio.storage.release_rows import Release
from vibes_trio.storage.versions import get_size

TODO, ADAS = AppSlug("todo"), UserSlug("ada")
LOCK = Cid("zLock")


def table(tx: Tx) -> list[tuple[str, str, int]]:
    """All releases: content, mode, number; in the order in which they were made."""
    return [row[:3] for row in tx.execute("SELECT fsId, mode, releaseSeq, env FROM Apps")]  # type: ignore[misc]


async def latest(db: Database) -> Release | None:
    return await db.get(find_latest, TODO, ADAS)


# -- one row a content ---------------------------------------------------------------------------------------


async def test_new_content_becomes_a_release(inline: Database) -> None:
    new = replace(
        release("z1", "production", files=[{"assetId": "zA"}], extras={"roots": []}), env_json='{"K":"v"}'
    )

    saved = await inline.write(publish, new)

    assert saved == Release(
        app_slug=TODO,
        user_slug=ADAS,
        user_id=ADA,
        fs_id=FsId("z1"),
        mode="production",
        env_json='{"K":"v"}',
        file_system_json='[{"assetId": "zA"}]',
        extras_json='{"roots": []}',
        release_seq=1,
        created="2026-01-22T06:51:35.123Z",
    )
    assert await inline.get(find_release, TODO, ADAS, FsId("z1")) == saved
    assert await latest(inline) == saved


async def test_same_content_again_makes_no_row(inline: Database, clock: Clock) -> None:
    first = await inline.write(publish, release("z1"))
    clock.seconds += 60

    assert await inline.write(publish, release("z1")) == first
    assert await inline.get(table) == [("z1", "dev", 1)]


async def test_same_content_under_other_slugs_is_a_release_of_its_own(inline: Database) -> None:
    for owner, app in (("ada", "todo"), ("ada", "list"), ("eva", "todo")):
        await inline.write(publish, release("z1", "production", owner=owner, app=app))
        found = await inline.get(find_release, AppSlug(app), UserSlug(owner), FsId("z1"))
        assert found is not None
        assert (found.user_slug, found.app_slug, found.release_seq) == (owner, app, 1)


async def test_unknown_release_is_none(inline: Database) -> None:
    await inline.write(publish, release("z1"))

    assert await inline.get(find_release, TODO, ADAS, FsId("z2")) is None
    assert await inline.get(find_release, AppSlug("list"), ADAS, FsId("z1")) is None
    assert await inline.get(find_release, TODO, UserSlug("eva"), FsId("z1")) is None


# -- modes and numbers ---------------------------------------------------------------------------------------


async def test_dev_release_is_found_by_its_content_only(inline: Database) -> None:
    await inline.write(publish, release("z1"))

    assert await inline.get(find_release, TODO, ADAS, FsId("z1")) is not None
    assert await latest(inline) is None


async def test_newest_production_is_shown_whatever_dev_follows(inline: Database) -> None:
    for fs_id, mode in (("z1", "production"), ("z2", "production"), ("z3", "dev")):
        await inline.write(publish, release(fs_id, mode))

    shown = await latest(inline)
    assert shown is not None
    assert (shown.fs_id, shown.release_seq) == ("z2", 2)


async def test_newest_dev_release_is_promoted_under_its_number(inline: Database) -> None:
    await inline.write(publish, release("z1", "production"))
    await inline.write(publish, release("z2"))

    promoted = await inline.write(publish, release("z2", "production"))

    assert (promoted.mode, promoted.release_seq) == ("production", 2)
    assert await latest(inline) == promoted
    assert await inline.get(table) == [("z1", "production", 1), ("z2", "production", 2)]


@pytest.mark.parametrize("above", ["dev", "production"])
async def test_older_dev_release_is_promoted_to_the_top(inline: Database, above: str) -> None:
    await inline.write(publish, release("z1"))
    await inline.write(publish, release("z2", above))

    promoted = await inline.write(publish, release("z1", "production"))

    assert promoted.release_seq == 3
    assert await latest(inline) == promoted


async def test_production_stays_production_when_deployed_as_dev(inline: Database) -> None:
    first = await inline.write(publish, release("z1", "production"))
    await inline.write(publish, release("z2", "production"))

    assert await inline.write(publish, release("z1", "dev")) == first


async def test_deploying_an_earlier_version_again_rolls_back(inline: Database) -> None:
    for fs_id in ("z1", "z2"):
        await inline.write(publish, release(fs_id, "production"))

    again = await inline.write(publish, release("z1", "production"))

    assert again.release_seq == 3
    assert await latest(inline) == again
    assert await inline.get(table) == [("z1", "production", 3), ("z2", "production", 2)]


async def test_newest_production_deployed_again_keeps_its_number(inline: Database) -> None:
    await inline.write(publish, release("z1", "production"))
    await inline.write(publish, release("z2", "dev"))

    assert (await inline.write(publish, release("z1", "production"))).release_seq == 1


async def test_number_is_never_given_twice(inline: Database) -> None:
    """Not even when the release that had it was evicted: caches may remember what it meant."""
    await inline.write(publish, release("z1"), limit=1)

    assert (await inline.write(publish, release("z2"), limit=1)).release_seq == 2
    assert (await inline.write(publish, release("z1"), limit=1)).release_seq == 3


async def test_number_above_the_counter_is_passed_over(inline: Database) -> None:
    await inline.write(publish, release("z1"))
    await inline.write(lambda tx: tx.execute("UPDATE Apps SET releaseSeq = 7"))

    assert (await inline.write(publish, release("z2"))).release_seq == 8


async def test_apps_count_apart(inline: Database) -> None:
    await inline.write(publish, release("z1"))

    assert (await inline.write(publish, release("z1", app="list"))).release_seq == 1
    assert (await inline.write(publish, release("z1", user=BOB, owner="bob"))).release_seq == 1


# -- releases of the reference ---------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["dev", "production"])
async def test_deploying_again_heals_what_the_reference_made(
    inline: Database, clock: Clock, mode: str
) -> None:
    old = await inline.write(publish, release("z1", files=["theirs"], extras=None))
    clock.seconds += 60
    new = replace(release("z1", mode, files=["ours"], extras={"roots": ["/a"]}), size=7)

    healed = await inline.write(publish, new)

    assert healed == replace(
        old, mode=mode, file_system_json=json.dumps(["ours"]), extras_json=json.dumps({"roots": ["/a"]})
    )
    assert await inline.get(find_release, TODO, ADAS, FsId("z1")) == healed
    assert await inline.get(get_size, healed) == 7
    assert await inline.get(table) == [("z1", mode, 1)]


async def test_rolling_back_to_a_release_of_the_reference_heals_it(inline: Database) -> None:
    await inline.write(publish, release("z1", "production", files=["theirs"], extras=None))
    await inline.write(publish, release("z2", "production", files=["other"]))

    healed = await inline.write(publish, release("z1", "production", files=["ours"]))

    assert (healed.release_seq, healed.file_system_json) == (3, '["ours"]')
    assert await latest(inline) == healed
    untouched = await inline.get(find_release, TODO, ADAS, FsId("z2"))
    assert untouched is not None
    assert untouched.file_system_json == '["other"]'


@pytest.mark.parametrize(
    ("files", "extras"),
    [(["same"], {"entry": "/b"}), (["other"], {"entry": "/a"}), (["other"], {"entry": "/b"})],
)
async def test_what_the_fs_id_does_not_tell_is_taken_from_the_last_deploy(
    inline: Database, files: object, extras: object
) -> None:
    """For example which file is the entry point."""
    first = await inline.write(publish, release("z1", "production", files=["same"], extras={"entry": "/a"}))
    await inline.write(
        publish, release("z1", "production", app="list", files=["same"], extras={"entry": "/a"})
    )

    second = await inline.write(publish, release("z1", "production", files=files, extras=extras))

    assert second == replace(first, file_system_json=json.dumps(files), extras_json=json.dumps(extras))
    assert await latest(inline) == second
    other = await inline.get(find_latest, AppSlug("list"), ADAS)
    assert other is not None
    assert (other.file_system_json, other.extras_json) == ('["same"]', '{"entry": "/a"}')


async def test_extras_are_never_lost_to_a_deploy_without_any(inline: Database) -> None:
    first = await inline.write(publish, release("z1", files=["first"]))

    assert await inline.write(publish, release("z1", files=["second"], extras=None)) == first


async def test_release_without_extras_stays_until_extras_come(inline: Database) -> None:
    old = await inline.write(publish, release("z1", files=["theirs"], extras=None))

    assert await inline.write(publish, release("z1", files=["ours"], extras=None)) == old


async def test_release_under_somebody_elses_user_slug_is_not_served(inline: Database) -> None:
    """The reference let users publish there."""
    await inline.write(publish, release("z1", "production"))
    await inline.write(
        lambda tx: tx.execute(
            "INSERT INTO Apps (appSlug, userSlug, userId, fsId, mode, env, fileSystem, releaseSeq, created)"
            " VALUES ('todo', 'ada', 'bob-id', 'z9', 'production', '{}', '[]', 9, '2026')"
        )
    )

    assert await inline.get(find_release, TODO, ADAS, FsId("z9")) is None
    shown = await latest(inline)
    assert shown is not None
    assert shown.fs_id == "z1"
    assert [row.fs_id for row in await inline.get(list_latest, 10)] == ["z1"]
    assert (await inline.write(publish, release("z2", "production"))).release_seq == 10


async def test_release_whose_user_slug_nobody_holds_is_served(inline: Database) -> None:
    await inline.write(
        lambda tx: tx.execute(
            "INSERT INTO Apps (appSlug, userSlug, userId, fsId, mode, env, fileSystem, releaseSeq, created)"
            " VALUES ('todo', 'ada', 'bob-id', 'z9', 'production', '{}', '[]', 1, '2026')"
        )
    )

    shown = await latest(inline)
    assert shown is not None
    assert (shown.user_id, shown.extras_json) == (BOB, None)


# -- lists -----------------------------------------------------------------------------------------------------


async def test_list_has_the_newest_of_each_app_youngest_first(inline: Database, clock: Clock) -> None:
    for fs_id, mode, app in (
        ("z1", "production", "todo"),
        ("z2", "production", "todo"),
        ("z3", "dev", "todo"),
        ("z4", "dev", "draft"),
        ("z5", "production", "list"),
    ):
        await inline.write(publish, release(fs_id, mode, app=app))
        clock.seconds += 1

    assert [row.fs_id for row in await inline.get(list_latest, 10)] == ["z5", "z2"]
    assert [row.fs_id for row in await inline.get(list_latest, 1)] == ["z5"]


# -- limits ----------------------------------------------------------------------------------------------------


async def test_new_release_over_the_limit_evicts_the_oldest_dev(inline: Database, clock: Clock) -> None:
    for number in range(20):
        await inline.write(publish, release(f"z{number}", "production" if number == 1 else "dev"), limit=20)
        clock.seconds += 1

    await inline.write(publish, release("new"), limit=20)

    assert [row[0] for row in await inline.get(table)] == [
        *(f"z{number}" for number in range(1, 20)),
        "new",
    ]


async def test_eviction_tells_which_releases_went(inline: Database, clock: Clock) -> None:
    """Their addresses may be cached."""
    for fs_id, owner, app in (
        ("z1", "ada", "list"),
        ("z2", "ada", "todo"),
        ("z3", "ada", "list"),
        ("z4", "eva", "list"),
        ("z5", "eva", "todo"),
    ):
        saved = await inline.write(save, release(fs_id, owner=owner, app=app))
        assert (saved.release.fs_id, saved.evicted) == (fs_id, ())
        clock.seconds += 1

    saved = await inline.write(save, release("new"), limit=2)

    assert saved.release.fs_id == "new"
    assert [(gone.app_slug, gone.user_slug, gone.fs_id) for gone in saved.evicted] == [
        ("list", "ada", "z1"),
        ("todo", "ada", "z2"),
        ("list", "ada", "z3"),
        ("list", "eva", "z4"),
    ]


async def test_eviction_makes_room_however_far_over_a_lowered_limit(inline: Database) -> None:
    for number in range(6):
        await inline.write(publish, release(f"z{number}"))

    await inline.write(publish, release("new", "production"), limit=2)

    assert await inline.get(table) == [("z5", "dev", 6), ("new", "production", 7)]


async def test_eviction_goes_over_all_apps_of_the_user_and_nobody_elses(
    inline: Database, clock: Clock
) -> None:
    await inline.write(publish, release("bobs", user=BOB, owner="bob"))
    clock.seconds += 1
    await inline.write(publish, release("list", app="list"), limit=2)
    clock.seconds += 1
    await inline.write(publish, release("z1"), limit=2)

    await inline.write(publish, release("z2"), limit=2)

    assert [row[0] for row in await inline.get(table)] == ["bobs", "z1", "z2"]


async def test_the_last_production_releases_of_an_app_are_never_evicted(inline: Database) -> None:
    for number in range(2):
        await inline.write(publish, release(f"z{number}", "production"), limit=2)

    with pytest.raises(LimitReached, match="keep 2 releases and MAX_APPS_PER_USER_ID is 2") as caught:
        await inline.write(publish, release("new"), limit=2)

    assert caught.value.detail == {"limit": "MAX_APPS_PER_USER_ID", "value": 2}


async def test_refused_release_evicts_nothing(inline: Database) -> None:
    for fs_id, mode in (("z1", "production"), ("z2", "production"), ("z3", "dev")):
        await inline.write(publish, release(fs_id, mode))
    before = await inline.get(table)

    with pytest.raises(LimitReached):
        await inline.write(publish, release("new"), limit=2)

    assert await inline.get(table) == before


async def test_content_that_is_there_needs_no_room(inline: Database) -> None:
    await inline.write(publish, release("z1"), limit=1)

    assert (await inline.write(publish, release("z1", "production"), limit=1)).mode == "production"
    assert (await inline.write(publish, release("z1"), limit=0)).fs_id == "z1"


async def test_sweep_repairs_what_a_lowered_limit_leaves(inline: Database, clock: Clock) -> None:
    for number in range(5):
        await inline.write(publish, release(f"z{number}", "production" if number < 2 else "dev"))
        clock.seconds += 1
    await inline.write(publish, release("bobs", user=BOB, owner="bob"))

    assert await inline.get(count_releases, "", 10) == ((ADA, 5), (BOB, 1))
    assert await inline.write(evict_some, ADA, 2) == 2
    assert [row[0] for row in await inline.get(table)] == ["z0", "z1", "z4", "bobs"]

    assert await inline.write(evict_some, ADA, 9) == 1
    assert [row[0] for row in await inline.get(table)] == ["z0", "z1", "bobs"]
    assert await inline.write(evict_some, ADA, 9) == 0


async def test_users_are_counted_some_at_a_time(inline: Database) -> None:
    for name in ("ada", "bob", "eve"):
        await inline.write(publish, release("z1", user=UserId(name), owner=name))

    assert await inline.get(count_releases, "", 2) == ((UserId("ada"), 1), (UserId("bob"), 1))
    assert await inline.get(count_releases, "bob", 2) == ((UserId("eve"), 1),)
    assert await inline.get(count_releases, "eve", 2) == ()


async def test_the_limit_that_was_swept_for_is_noted(inline: Database) -> None:
    assert await inline.get(get_swept_limit) is None

    await inline.write(note_swept_limit, 5)
    await inline.write(note_swept_limit, 3)

    assert await inline.get(get_swept_limit) == 3


async def test_live_releases_are_those_that_are_latest(inline: Database) -> None:
    await inline.write(publish, release("z1", "production"))
    await inline.write(publish, release("z2", "production", extras={"roots": []}))
    await inline.write(publish, release("z3", "dev"))

    (live,) = await inline.get(list_live, 10)

    assert (live.app_slug, live.user_slug, live.fs_id, live.extras_json) == (
        TODO,
        ADAS,
        "z2",
        '{"roots": []}',
    )


# -- one transaction -------------------------------------------------------------------------------------------


def deploy(tx: Tx, new_fs_id: str, stop_at: int) -> Release:
    """A whole deploy, as services compose it; raises before its n-th statement."""
    counted = CountedTx(tx, stop_at)
    put_asset(counted, Cid("zA"), b"a")
    put_asset(counted, Cid("zB"), b"b")
    return publish(counted, release(new_fs_id, "production", user=BOB, owner="bob"), limit=3)


class CountedTx:
    """A transaction that fails before its n-th statement."""

    def __init__(self, tx: Tx, stop_at: int) -> None:
        self._tx = tx
        self._left = stop_at

    def __getattr__(self, name):
        return getattr(self._tx, name)

    def execute(self, sql, params=()):
        if self._left == 0:
            raise ValueError("stopped")
        self._left -= 1
        return self._tx.execute(sql, params)


def everything(tx: Tx) -> list[list[tuple[object, ...]]]:
    names = ("Assets", "UserSlugBindings", "AppSlugBindings", "Apps", "ReleaseAssets")
    return [tx.execute(f"SELECT * FROM {name}") for name in names]


async def test_deploy_that_fails_at_any_step_leaves_nothing(db: Database) -> None:
    """New slugs, and later an eviction; the other writes of its batch are kept."""
    await db.write(publish, release("z0"))

    for round_number, owned in enumerate((0, 3)):
        for number in range(owned):
            await db.write(publish, release(f"b{number}", user=BOB, owner="bob"), limit=3)
        steps = 0
        while True:
            before = await db.read(everything)
            pending = db.submit(deploy, f"new{round_number}", steps)
            other = db.submit(put_asset, Cid(f"z{round_number}-{steps}"), b"kept")
            await other.wait()
            try:
                await pending.wait()
            except ValueError:
                before[0].append((f"z{round_number}-{steps}", b"kept", "2026-01-22T06:51:35.123Z"))
                assert await db.read(everything) == before
                steps += 1
            else:
                break
        assert steps >= 9


async def test_concurrent_deploys_number_their_releases_without_twins(db: Database) -> None:
    await db.write(publish, release("z0"))

    async with trio.open_nursery() as nursery:
        for number in range(1, 33):
            nursery.start_soon(db.write, publish, release(f"z{number}"))

    numbers = sorted(seq for _, _, seq in await db.read(table))
    assert numbers == list(range(1, 34))


async def test_limit_holds_however_many_deploy_at_once(db: Database) -> None:
    refused = 0

    async def deploy_one(number: int) -> None:
        nonlocal refused
        try:
            await db.write(publish, release(f"z{number}", "production", app=f"app-{number}"), limit=10)
        except LimitReached:
            refused += 1

    async with trio.open_nursery() as nursery:
        for number in range(32):
            nursery.start_soon(deploy_one, number)

    assert len(await db.read(table)) == 10
    assert refused == 22


# -- speed -----------------------------------------------------------------------------------------------------


# -- what other processes are told -----------------------------------------------------------------------------


async def test_every_change_of_releases_grows_their_version_with_its_own_transaction(
    inline: Database,
) -> None:
    versions = [await inline.get(get_releases_version)]
    for fs_id in ("z1", "z2", "z1"):  # z1 again is a rollback
        await inline.write(publish, release(fs_id, "production"))
        versions.append(await inline.get(get_releases_version))

    with pytest.raises(LimitReached):
        await inline.write(publish, release("z3", "production"), limit=2)
    versions.append(await inline.get(get_releases_version))

    assert versions == [0, 1, 2, 3, 3]


async def test_a_sweep_grows_the_version_only_if_it_removes(inline: Database) -> None:
    for fs_id in ("z1", "z2", "z3"):
        await inline.write(publish, release(fs_id, "dev"))
    before = await inline.get(get_releases_version)

    await inline.write(evict_some, BOB, 3)
    idle = await inline.get(get_releases_version)
    await inline.write(evict_some, ADA, 1)

    assert (idle, await inline.get(get_releases_version)) == (before, before + 1)


# -- our notes, changed behind a deploy ----------------------------------------------------------------------


async def test_notes_are_replaced_and_other_processes_hear_of_it(inline: Database) -> None:
    there = await inline.write(publish, release("z1", "production", extras={"roots": []}))
    before = await inline.get(get_releases_version)

    assert await inline.write(replace_extras, there, '{"lock":1}', {LOCK: b"lock"})

    assert await inline.get(find_release, TODO, ADAS, FsId("z1")) == replace(there, extras_json='{"lock":1}')
    assert await inline.get(find_asset, LOCK) == b"lock"
    assert await inline.get(get_releases_version) > before


async def test_notes_that_a_deploy_changed_meanwhile_stay(inline: Database) -> None:
    there = await inline.write(publish, release("z1", "production", extras={"roots": []}))
    assert await inline.write(replace_extras, there, '{"newer":1}', {})
    before = await inline.get(get_releases_version)

    assert not await inline.write(replace_extras, there, '{"late":1}', {LOCK: b"lock"})

    assert await latest(inline) == replace(there, extras_json='{"newer":1}')
    assert await inline.get(find_asset, LOCK) is None
    assert await inline.get(get_releases_version) == before


async def test_the_newest_of_one_name_are_listed_of_any_mode(inline: Database) -> None:
    for fs_id, mode, app in (("z1", "production", "todo"), ("z2", "dev", "todo"), ("z3", "dev", "draft")):
        await inline.write(publish, release(fs_id, mode, app=app))

    assert [row.fs_id for row in await inline.get(list_newest, TODO, 10)] == ["z2", "z1"]
    assert [row.fs_id for row in await inline.get(list_newest, TODO, 1)] == ["z2"]
