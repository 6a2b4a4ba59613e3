import pytest

from vibes_trio.config import Limits
from vibes_trio.errors import NotFound, Overloaded
from vibes_trio.exchange import UserId
from vibes_trio.storage import Database
from vibes_trio.storage.feed import SESSIONS, SessionsEnded
from vibes_trio.storage.sessions import (
    add_session,
    end_others,
    end_session,
    find_session,
    get_sessions_version,
    is_anybody_signed_in,
    list_sessions,
    touch_session,
)
from vibes_trio.storage.users import add_user

ADA, EVE = UserId("user-ada"), UserId("user-eve")
LIMITS = Limits(sessions_per_user=2, sessions=4, session_s=1000, session_idle_s=100)


@pytest.fixture
async def people(inline: Database) -> Database:
    await inline.write(add_user, ADA, "ada", "ada@example.org")
    await inline.write(add_user, EVE, "eve", "")
    return inline


async def names(db: Database, user: UserId | None = None) -> list[str]:
    return [s.session_id for s in await db.get(list_sessions, user, LIMITS, limit=10)]


async def test_a_session_is_found_by_what_its_browser_shows_alone(people: Database) -> None:
    made = await people.write(add_session, "one", "hash", ADA, "Firefox", LIMITS)

    assert await people.get(find_session, "hash", LIMITS) == made
    assert (made.user_name, made.email, made.browser) == ("ada", "ada@example.org", "Firefox")
    assert made.expires == "2026-01-22T07:08:15.123Z"
    assert await people.get(find_session, "one", LIMITS) is None


@pytest.mark.parametrize(
    ("used_after", "counts_after", "counts"), [(50, 149, True), (50, 150, False), (50, 1000, False)]
)
async def test_a_session_lasts_while_it_is_used_and_not_for_ever(
    people: Database, clock: object, used_after: float, counts_after: float, counts: bool
) -> None:
    await people.write(add_session, "one", "hash", ADA, "", LIMITS)
    clock.seconds += used_after  # type: ignore[attr-defined]
    await people.write(touch_session, "one")
    clock.seconds += counts_after - used_after  # type: ignore[attr-defined]

    assert (await people.get(find_session, "hash", LIMITS) is not None) == counts
    assert await people.get(is_anybody_signed_in, LIMITS) == counts
    assert await names(people) == (["one"] if counts else [])


async def test_who_has_too_many_loses_the_one_that_was_not_used_for_longest(
    people: Database, clock: object
) -> None:
    for name in ("one", "two"):
        await people.write(add_session, name, name, ADA, "", LIMITS)
    clock.seconds += 1  # type: ignore[attr-defined]
    await people.write(touch_session, "one")

    await people.write(add_session, "three", "three", ADA, "", LIMITS)

    assert sorted(await names(people)) == ["one", "three"]


async def test_no_more_sessions_are_kept_than_may_be_and_dead_ones_do_not_count(
    people: Database, clock: object
) -> None:
    limits = Limits(sessions=1, session_idle_s=100)
    await people.write(add_session, "one", "1", ADA, "", limits)

    with pytest.raises(Overloaded):
        await people.write(add_session, "two", "2", EVE, "", limits)
    clock.seconds += 100  # type: ignore[attr-defined]
    await people.write(add_session, "two", "2", EVE, "", limits)

    assert await names(people) == ["two"]


async def test_sessions_are_listed_by_page_newest_first(people: Database, clock: object) -> None:
    for name, user in (("one", ADA), ("two", EVE), ("three", ADA)):
        await people.write(add_session, name, name, user, "", LIMITS)
        clock.seconds += 1  # type: ignore[attr-defined]

    assert await names(people) == ["three", "two", "one"]
    (first,) = await people.get(list_sessions, ADA, LIMITS, limit=1)
    (rest,) = await people.get(list_sessions, ADA, LIMITS, after=(first.created, first.session_id), limit=5)
    assert (first.session_id, rest.session_id) == ("three", "one")


async def test_who_ends_a_session_has_it_told(people: Database) -> None:
    told: list[object] = []
    people.feed.listen(SESSIONS, told.append)
    await people.write(add_session, "one", "hash", ADA, "", LIMITS)
    before = await people.get(get_sessions_version)
    assert told == []

    ended = await people.write(end_session, ADA, "one")

    assert (ended.session_id, told) == ("one", [SessionsEnded()])
    assert await people.get(get_sessions_version) == before + 1


@pytest.mark.parametrize(("user", "name"), [(EVE, "one"), (ADA, "none"), (None, "none")])
async def test_nobody_ends_what_is_not_theirs(people: Database, user: UserId | None, name: str) -> None:
    await people.write(add_session, "one", "hash", ADA, "", LIMITS)

    with pytest.raises(NotFound):
        await people.write(end_session, user, name)

    assert await names(people) == ["one"]


async def test_all_others_of_a_user_are_ended_at_once(people: Database) -> None:
    for name, user in (("one", ADA), ("two", ADA), ("three", EVE)):
        await people.write(add_session, name, name, user, "", LIMITS)

    assert await people.write(end_others, ADA, "two") == 1
    assert sorted(await names(people)) == ["three", "two"]
    assert (await people.write(end_session, None, "three")).user_id == EVE
