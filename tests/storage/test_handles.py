"""Handles of a user."""

from releases import ADA, BOB, Clock, no_words, publish, release

from vibes_trio.exchange import UserSlug
from vibes_trio.storage import Database
from vibes_trio.storage.handles import count_held, find_handle, is_free, list_app_slugs, list_handles
from vibes_trio.storage.slugs import bind_user_slug


async def bind(db: Database, *names: str, clock: Clock | None = None) -> None:
    for name in names:
        if clock is not None:
            clock.seconds += 1
        await db.write(bind_user_slug, ADA, UserSlug(name), limit=9, attempts=0, words=no_words)


async def test_newest_first_page_by_page(inline: Database, clock: Clock) -> None:
    await bind(inline, "one", "two", "six", clock=clock)

    first = await inline.read(list_handles, ADA, limit=2)
    rest = await inline.read(list_handles, ADA, after=(first[-1].created, first[-1].user_slug), limit=2)

    assert [one.user_slug for one in first + rest] == ["six", "two", "one"]


async def test_a_deleted_one_is_nobodys_but_not_free_and_comes_back_when_it_is_taken_again(
    inline: Database,
) -> None:
    await inline.write(publish, release("z1"))
    await inline.write(lambda tx: tx.execute("UPDATE UserSlugBindings SET deletion = 'd1'"))
    await inline.write(lambda tx: tx.execute("UPDATE AppSlugBindings SET deletion = 'd1', unpublished = 'x'"))
    slug = UserSlug("ada")
    assert await inline.read(find_handle, ADA, slug) is None
    assert not await inline.read(is_free, slug)
    assert await inline.read(list_app_slugs, slug, 9) == ()
    assert (await inline.read(count_held, ADA)).handles == 0

    await inline.write(publish, release("z1"))

    assert await inline.read(find_handle, ADA, slug) is not None
    assert await inline.read(list_app_slugs, slug, 9) == ("todo",)
    counts = await inline.read(count_held, ADA)
    assert (counts.handles, counts.apps, counts.releases) == (1, 1, 1)
    assert await inline.read(lambda tx: tx.execute("SELECT unpublished FROM AppSlugBindings")) == [("",)]


async def test_others_have_others(inline: Database) -> None:
    await bind(inline, "ada")

    assert await inline.read(list_handles, BOB, limit=9) == ()
    assert await inline.read(find_handle, BOB, UserSlug("ada")) is None
    assert await inline.read(is_free, UserSlug("bob"))
    assert await inline.read(list_app_slugs, UserSlug("bob"), 9) == ()
