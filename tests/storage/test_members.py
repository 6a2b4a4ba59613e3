"""Whom owners let in, on each engine; more of it is tried through messages (`services/test_sharing.py`)."""

import pytest
from releases import ADA, BOB, publish, release

from vibes_trio.errors import LimitReached, NotFound
from vibes_trio.exchange import AppSlug, UserSlug
from vibes_trio.storage import Database, Tx
from vibes_trio.storage.app_states import AppState, find_app
from vibes_trio.storage.members import (
    NewInvite,
    answer_request,
    approve_waiting,
    ask_in,
    change_invite,
    find_invite,
    find_request,
    find_role,
    list_invites,
    list_members,
    list_memberships,
    list_requests,
    put_invite,
    redeem_invite,
    remove_invite,
    remove_request,
)

TODO, ADAS = AppSlug("todo"), UserSlug("ada")


def todo(tx: Tx) -> AppState:
    app = find_app(tx, TODO, ADAS)
    assert app is not None
    return app


async def role_of_bob(db: Database) -> str | None:
    return await db.get(find_role, ADAS, TODO, BOB)


async def test_an_invitation_counts_from_when_it_is_taken_until_it_is_taken_back(inline: Database) -> None:
    await inline.write(publish, release("z1"))
    await inline.write(lambda tx: put_invite(tx, todo(tx), NewInvite("k", "", "viewer", "hash"), limit=1))
    assert await role_of_bob(inline) is None

    taken = await inline.write(redeem_invite, "hash", BOB)
    assert (taken.state, taken.user_id, await role_of_bob(inline)) == ("accepted", BOB, "viewer")
    await inline.write(lambda tx: change_invite(tx, todo(tx), "k", role="editor"))
    assert await role_of_bob(inline) == "editor"
    found = await inline.get(find_invite, ADAS, TODO, BOB, "")
    assert found is not None
    assert found.role == "editor"

    await inline.write(lambda tx: change_invite(tx, todo(tx), "k"))
    assert await role_of_bob(inline) is None
    await inline.write(lambda tx: remove_invite(tx, todo(tx), "k"))
    assert await inline.read(lambda tx: list_invites(tx, todo(tx), limit=9)) == ()
    with pytest.raises(NotFound):
        await inline.write(lambda tx: change_invite(tx, todo(tx), "k"))
    with pytest.raises(NotFound):
        await inline.write(redeem_invite, "hash", BOB)


async def test_no_more_are_invited_than_may_be(inline: Database) -> None:
    await inline.write(publish, release("z1"))
    for _ in range(2):  # the same again is no second one
        await inline.write(lambda tx: put_invite(tx, todo(tx), NewInvite("k", "", "viewer", "h"), limit=1))

    with pytest.raises(LimitReached):
        await inline.write(lambda tx: put_invite(tx, todo(tx), NewInvite("l", "", "viewer", "i"), limit=1))


async def test_who_asks_waits_for_an_answer(inline: Database) -> None:
    await inline.write(publish, release("z1"))
    asked = await inline.write(lambda tx: ask_in(tx, todo(tx), BOB, "", None, limit=1))
    assert (asked.state, await role_of_bob(inline)) == ("pending", None)
    with pytest.raises(LimitReached):
        await inline.write(lambda tx: ask_in(tx, todo(tx), ADA, "", None, limit=1))

    await inline.write(lambda tx: approve_waiting(tx, todo(tx), "viewer"))
    assert await role_of_bob(inline) == "viewer"
    await inline.write(lambda tx: answer_request(tx, todo(tx), BOB, None))
    found = await inline.get(find_request, ADAS, TODO, BOB)
    assert found is not None
    assert (found.state, await role_of_bob(inline)) == ("revoked", None)
    await inline.write(lambda tx: remove_request(tx, todo(tx), BOB))
    assert await inline.get(find_request, ADAS, TODO, BOB) is None
    with pytest.raises(NotFound):
        await inline.write(lambda tx: answer_request(tx, todo(tx), BOB, "viewer"))


async def test_of_two_roles_the_higher_counts(inline: Database) -> None:
    await inline.write(publish, release("z1"))
    for role, key in (("editor", "k"), ("viewer", "l")):
        new = NewInvite(key, "", role, key)  # type: ignore[arg-type]  # one of both
        await inline.write(lambda tx, new=new: put_invite(tx, todo(tx), new, limit=9))
        await inline.write(redeem_invite, key, BOB)
    await inline.write(lambda tx: ask_in(tx, todo(tx), BOB, "", "viewer", limit=9))

    assert await role_of_bob(inline) == "editor"
    assert await inline.read(lambda tx: list_members(tx, todo(tx), 9)) == {BOB: "editor"}
    (one,) = await inline.read(list_memberships, BOB, limit=9)
    assert (one.user_slug, one.app_slug, one.role) == (ADAS, TODO, "editor")
    assert len(await inline.read(lambda tx: list_requests(tx, todo(tx), limit=9))) == 1
