"""Which releases make room, in what order, and that the last of an app never do."""

from typing import Literal

import pytest
from releases import ADA, BOB, Clock, put, release, save

from vibes_trio.errors import LimitReached
from vibes_trio.exchange import AppSlug, UserSlug
from vibes_trio.storage import Database, Tx
from vibes_trio.storage.apps import evict_some, find_latest
from vibes_trio.storage.eviction import KEPT_OF_APP
from vibes_trio.storage.usage import get_usage


def left(tx: Tx) -> list[str]:
    return [row[0] for row in tx.execute("SELECT fsId FROM Apps ORDER BY created, releaseSeq")]


async def deploy(
    db: Database,
    clock: Clock,
    *names: str,
    mode: Literal["production", "dev"] = "production",
    app: str = "todo",
    limit: int = 10,
) -> list[str]:
    """Deploy one after the other; return what made room for them."""
    gone: list[str] = []
    for name in names:
        saved = await db.write(save, release(name, mode, app=app), limit=limit)
        gone += [f"{old.fs_id}{'' if old.was_production else ' (dev)'}" for old in saved.evicted]
        clock.seconds += 1
    return gone


async def test_superseded_production_releases_make_room_for_ever(inline: Database, clock: Clock) -> None:
    """Fails where production is never evicted: the 11th deploy of an app was refused for good."""
    gone = await deploy(inline, clock, *(f"z{number}" for number in range(60)))

    assert gone == [f"z{number}" for number in range(50)]
    assert await inline.get(left) == [f"z{number}" for number in range(50, 60)]


async def test_dev_releases_go_first_and_no_more_production_than_must(inline: Database, clock: Clock) -> None:
    await deploy(inline, clock, *(f"p{number}" for number in range(8)))
    await deploy(inline, clock, "d0", "d1", mode="dev")

    assert await deploy(inline, clock, "p8") == ["d0 (dev)"]
    assert await deploy(inline, clock, "p9") == ["d1 (dev)"]
    assert await deploy(inline, clock, "p10", "p11") == ["p0", "p1"]


async def test_no_more_dev_releases_go_than_have_to(inline: Database, clock: Clock) -> None:
    """Each takes milliseconds if it has many files, and all who write wait."""
    await deploy(inline, clock, *(f"d{number}" for number in range(120)), mode="dev", limit=120)

    assert await deploy(inline, clock, "more", mode="dev", limit=120) == ["d0 (dev)"]


async def test_a_new_dev_release_stays_and_a_superseded_one_goes(inline: Database, clock: Clock) -> None:
    await deploy(inline, clock, *(f"p{number}" for number in range(6)), limit=6)

    assert await deploy(inline, clock, "d0", mode="dev", limit=6) == ["p0"]
    assert await deploy(inline, clock, "d1", mode="dev", limit=6) == ["d0 (dev)"]


async def test_the_live_release_and_the_last_of_each_app_never_go(inline: Database, clock: Clock) -> None:
    """Fails without the OFFSET: the oldest of the quiet app would go, which is the only one it has."""
    await deploy(inline, clock, "quiet", app="quiet")
    await deploy(inline, clock, *(f"z{number}" for number in range(KEPT_OF_APP)), limit=6)

    modes: tuple[Literal["dev", "production"], ...] = ("dev", "production")
    for mode in modes:
        with pytest.raises(LimitReached, match="keep 6 releases and MAX_APPS_PER_USER_ID is 6") as caught:
            await deploy(inline, clock, "more", app="other", mode=mode, limit=6)
        assert caught.value.detail == {"limit": "MAX_APPS_PER_USER_ID", "value": 6}
        assert "`MAX_APPS_PER_USER_ID = 12` into config.toml" in caught.value.message
    assert len(await inline.get(left)) == 6

    assert await deploy(inline, clock, "again", limit=6) == ["z0"]


async def test_what_one_went_back_to_counts_as_new(inline: Database, clock: Clock) -> None:
    await deploy(inline, clock, *(f"z{number}" for number in range(8)))
    await deploy(inline, clock, "z0")

    assert await deploy(inline, clock, "new", limit=8) == ["z1"]
    live = await inline.get(find_latest, AppSlug("todo"), UserSlug("ada"))
    assert live is not None
    assert live.fs_id == "new"


async def test_nobody_elses_release_makes_room(inline: Database, clock: Clock) -> None:
    for number in range(9):
        await inline.write(save, release(f"b{number}", "production", user=BOB, owner="bob"))
    clock.seconds += 1

    await deploy(inline, clock, *(f"z{number}" for number in range(7)), limit=6)

    assert [name for name in await inline.get(left) if name.startswith("b")] == [
        f"b{number}" for number in range(9)
    ]


async def test_a_sweep_goes_by_the_same_order(inline: Database, clock: Clock) -> None:
    await deploy(inline, clock, *(f"z{number}" for number in range(7)))
    await deploy(inline, clock, "d", mode="dev")

    assert [await inline.write(evict_some, ADA, 2) for _ in range(3)] == [2, 1, 0]
    assert await inline.get(left) == [f"z{number}" for number in range(2, 7)]


# -- by bytes -------------------------------------------------------------------------------------------------


async def test_bytes_over_the_limit_evict_the_oldest_until_all_fits(inline: Database, clock: Clock) -> None:
    """Fails without `fit_bytes`: dev releases of one user fill the disk."""
    for number in range(6):
        saved = await inline.write(put, f"d{number}", {f"zA{number}": 1000}, max_bytes=3500)
        assert (await inline.get(get_usage, ADA)).release_bytes <= 3500
        assert [evicted.fs_id for evicted in saved.evicted] == ([f"d{number - 3}"] if number > 2 else [])
        clock.seconds += 1

    saved = await inline.write(put, "large", {"zLarge": 3400}, max_bytes=3500)

    assert [evicted.fs_id for evicted in saved.evicted] == ["d3", "d4", "d5"]


async def test_a_release_that_can_not_be_made_to_fit_is_refused_and_evicts_nothing(inline: Database) -> None:
    await inline.write(put, "p", {"zP": 1000}, mode="production")
    await inline.write(put, "d", {"zD": 1000})

    with pytest.raises(LimitReached, match=r"hold \d+ bytes and MAX_APP_BYTES_PER_USER_ID is 1500") as caught:
        await inline.write(put, "q", {"zQ": 1000}, mode="production", max_bytes=1500)

    assert caught.value.detail == {"limit": "MAX_APP_BYTES_PER_USER_ID", "value": 1500}
    assert sorted(await inline.get(left)) == ["d", "p"]


async def test_what_is_there_can_be_deployed_again_over_a_lowered_limit(inline: Database) -> None:
    await inline.write(put, "p", {"zP": 1000})

    again = await inline.write(put, "p", {"zP": 1000}, mode="production", max_bytes=10)

    assert again.release.mode == "production"
    with pytest.raises(LimitReached):
        await inline.write(put, "p", {"zP": 1000, "zMore": 1000}, max_bytes=10)
