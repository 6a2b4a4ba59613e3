"""Apps beside their releases."""

import pytest
from releases import ADA, BOB, Clock, publish, release

from vibes_trio.exchange import AppSlug, UserSlug
from vibes_trio.storage import Database, Tx
from vibes_trio.storage.app_states import AppsAsked, find_app, list_apps, pin_app, sort_keys

ADAS = UserSlug("ada")


async def names(db: Database, order="recent", limit=100, **asked):
    found = await db.read(list_apps, ADA, AppsAsked(order=order, limit=limit, **asked))
    return [listed.state.app_slug for listed in found]


async def fill(db: Database, clock: Clock, *apps: str) -> None:
    for app in apps:
        clock.seconds += 1
        await db.write(publish, release("z1", "production", app=app))


async def pin(db: Database, app: str, *, on: bool = True) -> str:
    def run(tx: Tx) -> str:
        state = find_app(tx, AppSlug(app), ADAS)
        assert state is not None
        return pin_app(tx, state, pin=on)

    return await db.write(run)


async def test_what_changed_last_comes_first_and_pinned_before(inline: Database, clock: Clock) -> None:
    await fill(inline, clock, "one", "two", "three")
    assert await names(inline) == ["three", "two", "one"]

    await fill(inline, clock, "two")
    assert await names(inline) == ["two", "three", "one"]

    first = await pin(inline, "one")
    clock.seconds += 1
    assert await pin(inline, "one") == first != ""
    assert await names(inline) == ["one", "two", "three"]
    assert await pin(inline, "one", on=False) == ""
    assert await names(inline) == ["two", "three", "one"]


async def test_by_name(inline: Database, clock: Clock) -> None:
    await fill(inline, clock, "b", "c", "a")

    assert await names(inline, "name") == ["a", "b", "c"]


@pytest.mark.parametrize("order", ["recent", "name"])
async def test_pages_go_on_where_the_last_ended(inline: Database, clock: Clock, order) -> None:
    apps = [f"app-{number}" for number in range(7)]
    await fill(inline, clock, *apps)
    await pin(inline, "app-3")
    seen, after = [], None
    while True:
        found = await inline.read(list_apps, ADA, AppsAsked(order=order, limit=3, after=after))
        seen += [listed.state.app_slug for listed in found]
        if len(found) < 3:
            break
        after = sort_keys(found[-1].state, order)

    assert seen == await names(inline, order)
    assert sorted(seen) == apps


async def test_a_search_finds_parts_of_slugs_and_titles_as_they_are_written(
    inline: Database, clock: Clock
) -> None:
    await fill(inline, clock, "garden", "todo")
    await inline.write(
        lambda tx: tx.execute("UPDATE AppSlugBindings SET title = '100% Fun_' WHERE appSlug = 'todo'")
    )

    assert await names(inline, search="ARD") == ["garden"]
    assert await names(inline, search="fun") == ["todo"]
    assert await names(inline, search="0%") == ["todo"]
    assert await names(inline, search="n_") == ["todo"]
    assert await names(inline, search="!") == []


@pytest.mark.parametrize("search", ["Äpfel", "äpfel", "ÄPFEL", "ÉTÉ", "Été", "сад"])
async def test_a_search_knows_the_letters_of_all_languages(
    inline: Database, clock: Clock, search: str
) -> None:
    await fill(inline, clock, "garden", "todo")
    await inline.write(
        lambda tx: tx.execute("UPDATE AppSlugBindings SET title = 'Äpfel, été, САД' WHERE appSlug = 'todo'")
    )

    assert await names(inline, search=search) == ["todo"]


async def test_taken_down_and_deleted_ones(inline: Database, clock: Clock) -> None:
    await fill(inline, clock, "here", "down", "gone")
    await inline.write(
        lambda tx: tx.execute("UPDATE AppSlugBindings SET unpublished = '2026' WHERE appSlug = 'down'")
    )
    await inline.write(
        lambda tx: tx.execute("UPDATE AppSlugBindings SET deletion = 'd1' WHERE appSlug = 'gone'")
    )

    assert await names(inline) == ["down", "here"]
    assert await names(inline, with_unpublished=False) == ["here"]
    assert await inline.get(find_app, AppSlug("gone"), ADAS) is None


async def test_whether_it_was_ever_published(inline: Database) -> None:
    await inline.write(publish, release("z1", "dev", app="draft"))
    await inline.write(publish, release("z1", "production", app="live"))

    found = await inline.read(list_apps, ADA, AppsAsked(order="name", limit=9))

    assert [(one.state.app_slug, one.was_published) for one in found] == [("draft", False), ("live", True)]


async def test_others_have_their_own(inline: Database) -> None:
    await inline.write(publish, release("z1", user=BOB, owner="bob"))

    assert await names(inline) == []
    state = await inline.get(find_app, AppSlug("todo"), UserSlug("bob"))
    assert state is not None
    assert (state.user_id, state.visibility) == (BOB, "public")
