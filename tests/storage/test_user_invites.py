import pytest

from vibes_trio.errors import LimitReached, NotFound, RequireLogin
from vibes_trio.exchange import UserId
from vibes_trio.storage import Database
from vibes_trio.storage.user_invites import (
    NewUserInvite,
    UserInvite,
    add_user_invite,
    find_user_invite,
    list_user_invites,
    remove_user_invite,
    use_user_invite,
)


async def invite(db: Database, name: str, valid_s: float = 100, limit: int = 10) -> UserInvite:
    new = NewUserInvite(name, f"hash-{name}", name, "", "user", UserId("olga"))
    return await db.write(add_user_invite, new, valid_s=valid_s, limit=limit)


async def names(db: Database) -> list[str]:
    return [one.invite_id for one in await db.get(list_user_invites, limit=10)]


async def test_an_invitation_counts_once(inline: Database) -> None:
    made = await invite(inline, "one")

    assert await inline.get(find_user_invite, "hash-one") == made
    assert await inline.write(use_user_invite, "hash-one") == made
    assert await inline.get(find_user_invite, "hash-one") is None
    with pytest.raises(RequireLogin):
        await inline.write(use_user_invite, "hash-one")


async def test_an_invitation_runs_out(inline: Database, clock: object) -> None:
    await invite(inline, "one")
    clock.seconds += 100  # type: ignore[attr-defined]

    assert await inline.get(find_user_invite, "hash-one") is None
    assert await names(inline) == []
    with pytest.raises(RequireLogin):
        await inline.write(use_user_invite, "hash-one")


async def test_open_ones_are_listed_by_page_newest_first_and_taken_back(
    inline: Database, clock: object
) -> None:
    for name in ("one", "two", "three"):
        await invite(inline, name)
        clock.seconds += 1  # type: ignore[attr-defined]

    (first,) = await inline.get(list_user_invites, limit=1)
    rest = await inline.get(list_user_invites, after=(first.created, first.invite_id), limit=9)
    assert [one.invite_id for one in (first, *rest)] == ["three", "two", "one"]
    await inline.write(remove_user_invite, "two")
    assert await names(inline) == ["three", "one"]
    with pytest.raises(NotFound):
        await inline.write(remove_user_invite, "two")


async def test_so_many_are_open_and_those_that_ran_out_do_not_count(inline: Database, clock: object) -> None:
    await invite(inline, "one", limit=1)
    with pytest.raises(LimitReached, match="1 people are invited"):
        await invite(inline, "two", limit=1)
    clock.seconds += 100  # type: ignore[attr-defined]

    await invite(inline, "two", limit=1)
    assert await names(inline) == ["two"]
