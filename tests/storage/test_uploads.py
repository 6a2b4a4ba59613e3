"""Uploads: granted, in parts, whole, and what they count for."""

from dataclasses import replace

import pytest
from releases import ADA, BOB, Clock

from vibes_trio.errors import BadRequest, LimitReached, NotFound
from vibes_trio.exchange import AppSlug, Cid, UserId, UserSlug
from vibes_trio.storage import Database, Tx
from vibes_trio.storage.assets import find_asset, list_garbage, list_owned_assets, remove_garbage
from vibes_trio.storage.slugs import bind_app_slug, bind_user_slug
from vibes_trio.storage.uploads import (
    Upload,
    add_part,
    drop_expired,
    find_upload,
    finish_upload,
    open_upload,
)
from vibes_trio.storage.usage import get_usage

ONE = Upload(
    upload_id="one",
    user_id=ADA,
    user_slug=UserSlug("ada"),
    app_slug=AppSlug("garden"),
    grant_hash="h",
    mime="image/png",
    created="2026-01-22T06:51:35.123Z",
    expires="2026-01-22T07:51:35.123Z",
)
MOST = 1000


def calc(content: bytes) -> Cid:
    return Cid(f"z{content.hex()}")


async def upload(db: Database, wanted: Upload = ONE, content: bytes = b"abc") -> Upload:
    """Open *wanted* and send its content in two parts."""
    await db.write(open_upload, wanted, 10)
    await db.write(add_part, wanted, 0, content[:1], MOST)
    await db.write(add_part, wanted, 1, content[1:], MOST)
    return await db.write(finish_upload, wanted, calc, MOST)


async def usage(db: Database, user_id: UserId = ADA) -> int:
    return (await db.get(get_usage, user_id)).release_bytes


async def test_parts_become_a_file_that_is_its_users(inline: Database) -> None:
    done = await upload(inline)

    assert done == replace(ONE, cid=calc(b"abc"), size=3)
    assert await inline.get(find_upload, "one") == done
    assert await inline.get(find_asset, done.cid) == b"abc"
    assert await inline.get(list_owned_assets, ADA, [done.cid]) == {done.cid}
    assert await inline.get(list_owned_assets, BOB, [done.cid]) == frozenset()
    assert await inline.get(lambda tx: tx.execute("SELECT * FROM UploadParts")) == []


async def test_a_file_counts_once_for_its_user_however_often_it_comes(inline: Database) -> None:
    await upload(inline)
    await upload(inline, replace(ONE, upload_id="two"))
    await upload(inline, replace(ONE, upload_id="three", user_id=BOB))

    assert (await usage(inline), await usage(inline, BOB)) == (3, 3)


async def test_what_is_uploaded_is_no_garbage_until_its_app_goes(inline: Database, clock: Clock) -> None:
    """Files of an app that is renamed follow it."""

    def bind(tx: Tx) -> None:
        bind_user_slug(tx, ADA, ONE.user_slug, limit=9, attempts=1, words=str)
        bind_app_slug(tx, ADA, ONE.user_slug, ONE.app_slug, limit=9, attempts=1, words=str)

    def sweep(tx: Tx) -> int:
        idle = list_garbage(tx, older_than="9999", at_most=9, max_bytes=99)
        remove_garbage(tx, idle)
        return len(idle)

    await inline.write(bind)
    await upload(inline)
    await inline.write(add_part_of_another)
    assert await inline.write(sweep) == 0

    await inline.write(lambda tx: tx.execute("UPDATE AppSlugBindings SET appSlug = 'orchard'"))
    found = await inline.get(find_upload, "one")
    await inline.write(lambda tx: tx.execute("DELETE FROM AppSlugBindings"))

    assert found is not None
    assert found.app_slug == "orchard"
    assert await inline.get(find_upload, "one") is None
    assert await inline.get(lambda tx: tx.execute("SELECT * FROM UploadParts")) == []
    assert await inline.write(sweep) == 1
    assert await usage(inline) == 0


def add_part_of_another(tx: Tx) -> None:
    open_upload(tx, replace(ONE, upload_id="under way"), 10)
    add_part(tx, replace(ONE, upload_id="under way"), 0, b"x", MOST)


@pytest.mark.parametrize("start", [0, 2, 99])
async def test_a_part_goes_on_where_the_last_has_ended(inline: Database, start: int) -> None:
    await inline.write(open_upload, ONE, 10)
    await inline.write(add_part, ONE, 0, b"a", MOST)

    with pytest.raises(BadRequest, match="goes on at 1") as refused:
        await inline.write(add_part, ONE, start, b"b", MOST)

    assert refused.value.detail == {"received": 1}


async def test_an_upload_that_is_gone_takes_no_part(inline: Database) -> None:
    with pytest.raises(BadRequest, match="0 bytes of the file are here"):
        await inline.write(add_part, ONE, 5, b"b", MOST)


async def test_parts_and_files_count_against_the_users_bytes(inline: Database) -> None:
    """What is under way does, too: else it could be any number of files."""
    await upload(inline, content=b"x" * 600)
    await inline.write(open_upload, replace(ONE, upload_id="two"), 10)
    await inline.write(add_part, replace(ONE, upload_id="two"), 0, b"y" * 400, MOST)

    with pytest.raises(LimitReached, match="MAX_APP_BYTES_PER_USER_ID"):
        await inline.write(add_part, replace(ONE, upload_id="two"), 400, b"y", MOST)

    assert (await inline.get(find_upload, "two")).size == 400


async def test_uploads_under_way_are_bounded_and_make_room_when_they_run_out(
    inline: Database, clock: Clock
) -> None:
    await upload(inline)
    for number in range(2):
        await inline.write(open_upload, replace(ONE, upload_id=f"n{number}"), 2)
    await inline.write(add_part, replace(ONE, upload_id="n0"), 0, b"x", MOST)

    with pytest.raises(LimitReached, match="2 uploads under way"):
        await inline.write(open_upload, replace(ONE, upload_id="n2"), 2)
    clock.seconds += 3601
    await inline.write(open_upload, replace(ONE, upload_id="n2", expires="9999"), 2)

    assert await inline.get(find_upload, "n0") is None
    assert await inline.get(find_upload, "one") is not None


async def test_what_ran_out_is_forgotten_in_steps(inline: Database, clock: Clock) -> None:
    for number in range(3):
        await inline.write(open_upload, replace(ONE, upload_id=f"n{number}"), 9)
    await upload(inline, replace(ONE, upload_id="whole"))

    assert await inline.write(drop_expired, 2) == 0
    clock.seconds += 3601

    assert [await inline.write(drop_expired, 2) for _ in range(3)] == [2, 1, 0]
    assert await inline.get(find_upload, "whole") is not None


async def test_the_end_of_a_file_that_comes_twice_at_once_leaves_the_file_as_it_is(inline: Database) -> None:
    """Both were told that all is here before either had it put together."""
    await inline.write(open_upload, ONE, 10)
    await inline.write(add_part, ONE, 0, b"abc", MOST)

    first = await inline.write(finish_upload, ONE, calc, MOST)
    second = await inline.write(finish_upload, ONE, calc, MOST)

    assert second == first == replace(ONE, cid=calc(b"abc"), size=3)
    assert await inline.get(find_upload, "one") == first


async def test_an_upload_that_ran_out_before_it_was_put_together_is_not_there(inline: Database) -> None:
    with pytest.raises(NotFound):
        await inline.write(finish_upload, ONE, calc, MOST)

    assert await inline.get(lambda tx: tx.execute("SELECT * FROM Assets")) == []
