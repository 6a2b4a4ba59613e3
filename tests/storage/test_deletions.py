"""What is deleted, and may be had back; more of it is tried through messages."""

import pytest
from releases import ADA, BOB, Clock, check_usage, publish, put, release

from vibes_trio.errors import LimitReached, NotFound
from vibes_trio.exchange import AppSlug, FsId, UserSlug
from vibes_trio.storage import Database
from vibes_trio.storage.app_states import find_app
from vibes_trio.storage.apps import find_latest, find_release
from vibes_trio.storage.deletions import (
    What,
    delete,
    find_expired,
    list_deletions,
    measure,
    sweep_deletion,
    undo,
)

TODO, ADAS = AppSlug("todo"), UserSlug("ada")
APP = What(ADA, ADAS, TODO)
MANY = {"max_apps": 9, "max_handles": 9}


async def test_what_goes_is_measured_and_goes(inline: Database) -> None:
    for fs_id in ("z1", "z2"):
        await inline.write(publish, release(fs_id, "production"))
    await inline.write(publish, release("z3", "production", app="other"))

    size = await inline.read(measure, What(ADA, ADAS), 9)
    assert (size.apps, size.releases) == (("other", "todo"), 3)
    one = await inline.read(measure, What(ADA, ADAS, TODO, FsId("z1")), 9)
    assert (one.apps, one.releases) == ((), 1)

    done = await inline.write(delete, APP, "d1", kept_s=10)
    assert (done.releases, done.what.kind) == (2, "app")
    assert await inline.get(find_latest, TODO, ADAS) is None
    assert await inline.get(find_release, TODO, ADAS, FsId("z1")) is None
    assert await inline.read(list_deletions, ADA, limit=9) == (done,)
    assert await inline.read(list_deletions, BOB, limit=9) == ()


async def test_others_can_not_have_it_back(inline: Database) -> None:
    await inline.write(publish, release("z1", "production"))
    await inline.write(delete, APP, "d1", kept_s=10)

    with pytest.raises(NotFound):
        await inline.write(undo, BOB, "d1", **MANY)
    assert await inline.write(undo, ADA, "d1", **MANY) == (APP, 1)


async def test_more_than_one_may_have_does_not_come_back(inline: Database) -> None:
    await inline.write(publish, release("z1", "production"))
    await inline.write(delete, APP, "d1", kept_s=10)

    with pytest.raises(LimitReached):
        await inline.write(undo, ADA, "d1", max_apps=9, max_handles=0)
    assert len(await inline.read(list_deletions, ADA, limit=9)) == 1


async def test_what_is_over_is_swept_in_steps_and_nothing_else(inline: Database, clock: Clock) -> None:
    for number in range(3):
        await inline.write(put, f"z{number}", {f"zA{number}": 5}, mode="production")
    await inline.write(publish, release("z9", "production", app="kept"))
    await inline.write(delete, APP, "d1", kept_s=10)
    assert await inline.read(find_expired) is None

    clock.seconds += 10
    assert await inline.read(find_expired) == "d1"
    assert [await inline.write(sweep_deletion, "d1", 2) for _ in range(3)] == [2, 1, 0]

    assert await inline.read(find_expired) is None
    await inline.read(check_usage)
    rows = await inline.get(lambda tx: tx.execute("SELECT appSlug FROM AppSlugBindings"))
    assert rows == [("kept",)]
    assert await inline.get(find_latest, AppSlug("kept"), ADAS) is not None


async def test_what_may_be_half_swept_does_not_come_back(inline: Database, clock: Clock) -> None:
    for fs_id in ("z1", "z2"):
        await inline.write(publish, release(fs_id, "production"))
    await inline.write(delete, APP, "d1", kept_s=10)
    clock.seconds += 10
    await inline.write(sweep_deletion, "d1", 1)

    assert await inline.read(list_deletions, ADA, limit=9) == ()
    with pytest.raises(NotFound):
        await inline.write(undo, ADA, "d1", **MANY)
    assert await inline.read(find_expired) == "d1"


@pytest.mark.parametrize("how", ["evicted", "deployed again"])
async def test_what_nothing_is_left_of_is_not_offered(inline: Database, how: str) -> None:
    """Its release made room for another, or was taken back by a deploy of the same."""
    await inline.write(publish, release("z1"))
    await inline.write(publish, release("z2", "production"))
    await inline.write(delete, What(ADA, ADAS, TODO, FsId("z1")), "d1", kept_s=10)
    if how == "evicted":
        await inline.write(publish, release("z3"), limit=2)
    else:
        await inline.write(publish, release("z1"))

    assert await inline.read(list_deletions, ADA, limit=9) == ()
    with pytest.raises(NotFound):
        await inline.write(undo, ADA, "d1", **MANY)


async def test_deleting_and_deploying_the_same_again_and_again_piles_nothing_up(inline: Database) -> None:
    for number in range(5):
        await inline.write(publish, release("z1", "production"))
        await inline.write(delete, APP, f"d{number}", kept_s=10)

    assert await inline.get(lambda tx: tx.execute("SELECT deletionId FROM Deletions")) == [("d4",)]
    assert await inline.write(undo, ADA, "d4", **MANY) == (APP, 1)


async def test_releases_come_back_with_their_app_whatever_was_deleted_since(inline: Database) -> None:
    """A handle went, then one of its apps, which had been deployed anew: the app has to be there to be listed."""
    await inline.write(publish, release("z1", "production"))
    await inline.write(delete, What(ADA, ADAS), "d1", kept_s=10)
    await inline.write(publish, release("z2", "production"))
    await inline.write(delete, APP, "d2", kept_s=10)

    assert await inline.write(undo, ADA, "d1", **MANY) == (What(ADA, ADAS), 1)

    assert await inline.get(find_app, TODO, ADAS) is not None
    shown = await inline.get(find_latest, TODO, ADAS)
    assert shown is not None
    assert shown.fs_id == "z1"


async def test_a_release_that_is_swept_leaves_its_app(inline: Database, clock: Clock) -> None:
    await inline.write(publish, release("z1"))
    await inline.write(delete, What(ADA, ADAS, TODO, FsId("z1")), "d1", kept_s=1)
    clock.seconds += 1

    assert [await inline.write(sweep_deletion, "d1", 9) for _ in range(2)] == [1, 0]
    assert await inline.get(lambda tx: tx.execute("SELECT appSlug FROM AppSlugBindings")) == [("todo",)]
