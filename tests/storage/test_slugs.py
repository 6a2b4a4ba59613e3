from collections.abc import Iterator
from functools import partial

import pytest

from vibes_trio.errors import LimitReached, NoSuchSlugLeft, SlugTaken
from vibes_trio.exchange import AppSlug, UserId, UserSlug
from vibes_trio.storage import Database, Tx
from vibes_trio.storage.slugs import bind_app_slug, bind_user_slug, find_slug_owner

ADA, BOB = UserId("ada-id"), UserId("bob-id")
NO_WORDS: Iterator[str] = iter(())


def user_slug(
    tx: Tx, user: UserId, wanted: str | None, *words: str, limit: int = 10, attempts: int = 5
) -> UserSlug:
    given = UserSlug(wanted) if wanted is not None else None
    return bind_user_slug(
        tx, user, given, limit=limit, attempts=attempts, words=partial(next, iter(words or NO_WORDS))
    )


def app_slug(
    tx: Tx, user: UserId, owner: str, wanted: str | None, *words: str, limit: int = 10, attempts: int = 5
) -> AppSlug:
    given = AppSlug(wanted) if wanted is not None else None
    return bind_app_slug(
        tx,
        user,
        UserSlug(owner),
        given,
        limit=limit,
        attempts=attempts,
        words=partial(next, iter(words or NO_WORDS)),
    )


def rows(tx: Tx, table: str) -> list[tuple[object, ...]]:
    return tx.execute(f"SELECT * FROM {table}")


async def test_wanted_user_slug_is_bound_and_stays(inline: Database) -> None:
    first = await inline.write(user_slug, ADA, "ada")
    again = await inline.write(user_slug, ADA, "ada")

    assert (first, again) == ("ada", "ada")
    assert await inline.get(find_slug_owner, UserSlug("ada")) == ADA
    bound = await inline.get(rows, "UserSlugBindings")
    assert [row[:3] for row in bound] == [("ada-id", "ada", "2026-01-22T06:51:35.123Z")]


async def test_user_slug_of_someone_else_is_refused(inline: Database) -> None:
    await inline.write(user_slug, ADA, "ada")

    with pytest.raises(SlugTaken, match="ada belongs to someone else") as caught:
        await inline.write(user_slug, BOB, "ada")

    assert caught.value.detail == {"userSlug": "ada"}
    assert await inline.get(find_slug_owner, UserSlug("ada")) == ADA


async def test_unbound_user_slug_has_no_owner(inline: Database) -> None:
    assert await inline.get(find_slug_owner, UserSlug("nobody")) is None


async def test_random_user_slug_passes_over_taken_ones(inline: Database) -> None:
    await inline.write(user_slug, ADA, "one")

    assert await inline.write(user_slug, BOB, None, "one", "one", "two") == "two"


async def test_random_user_slugs_run_out_after_the_attempts(inline: Database) -> None:
    await inline.write(user_slug, ADA, "one")

    with pytest.raises(NoSuchSlugLeft, match=r"^2 random slugs"):
        await inline.write(user_slug, BOB, None, "one", "one", "two", attempts=2)

    assert len(await inline.get(rows, "UserSlugBindings")) == 1


async def test_user_slugs_are_limited_but_held_ones_always_fine(inline: Database) -> None:
    await inline.write(user_slug, BOB, "bob")
    await inline.write(user_slug, ADA, "ada", limit=2)
    await inline.write(user_slug, ADA, "eva", limit=2)

    for wanted in ("new", None):
        with pytest.raises(LimitReached, match="hold 2 user slugs and MAX_USER_SLUG_PER_USER_ID is 2") as e:
            await inline.write(user_slug, ADA, wanted, "word", limit=2)
        assert e.value.detail == {"limit": "MAX_USER_SLUG_PER_USER_ID", "value": 2}

    assert await inline.write(user_slug, ADA, "eva", limit=2) == "eva"


async def test_taken_slug_is_told_before_the_limit(inline: Database) -> None:
    """So that the user does not ask the operator for slugs when it is the name that is wrong."""
    await inline.write(user_slug, BOB, "bob")

    with pytest.raises(SlugTaken):
        await inline.write(user_slug, ADA, "bob", limit=0)


async def test_app_slug_lives_inside_its_user_slug(inline: Database) -> None:
    for user, name in ((ADA, "ada"), (ADA, "eva"), (BOB, "bob")):
        await inline.write(user_slug, user, name)
        assert await inline.write(app_slug, user, name, "todo") == "todo"
        assert await inline.write(app_slug, user, name, "todo") == "todo"

    assert [row[:2] for row in await inline.get(rows, "AppSlugBindings")] == [
        ("ada", "todo"),
        ("eva", "todo"),
        ("bob", "todo"),
    ]


@pytest.mark.parametrize("owner", ["ada", "nobody"])
async def test_app_slug_under_a_slug_that_is_not_ones_own_is_refused(inline: Database, owner: str) -> None:
    await inline.write(user_slug, ADA, "ada")
    await inline.write(app_slug, ADA, "ada", "todo")

    with pytest.raises(SlugTaken, match="not yours"):
        await inline.write(app_slug, BOB, owner, "todo")


async def test_random_app_slug_passes_over_those_of_this_user_slug_only(inline: Database) -> None:
    await inline.write(user_slug, ADA, "ada")
    await inline.write(user_slug, BOB, "bob")
    await inline.write(app_slug, ADA, "ada", "one")
    await inline.write(app_slug, BOB, "bob", "two")

    assert await inline.write(app_slug, ADA, "ada", None, "one", "two") == "two"


async def test_random_app_slugs_run_out_after_the_attempts(inline: Database) -> None:
    await inline.write(user_slug, ADA, "ada")
    await inline.write(app_slug, ADA, "ada", "one")

    with pytest.raises(NoSuchSlugLeft):
        await inline.write(app_slug, ADA, "ada", None, *["one"] * 5)


async def test_app_slugs_are_limited_over_all_user_slugs_of_a_user(inline: Database) -> None:
    await inline.write(user_slug, ADA, "ada")
    await inline.write(user_slug, ADA, "eva")
    await inline.write(user_slug, BOB, "bob")
    await inline.write(app_slug, BOB, "bob", "other", limit=2)
    await inline.write(app_slug, ADA, "ada", "todo", limit=2)
    await inline.write(app_slug, ADA, "eva", "todo", limit=2)

    for wanted in ("new", None):
        with pytest.raises(LimitReached, match="hold 2 app slugs and MAX_APP_SLUG_PER_USER_ID is 2") as e:
            await inline.write(app_slug, ADA, "ada", wanted, "word", limit=2)
        assert e.value.detail == {"limit": "MAX_APP_SLUG_PER_USER_ID", "value": 2}

    assert await inline.write(app_slug, ADA, "eva", "todo", limit=2) == "todo"
