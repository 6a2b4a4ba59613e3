import pytest

from vibes_trio.errors import BadRequest, LimitReached, NotFound
from vibes_trio.exchange import UserId
from vibes_trio.storage import Database
from vibes_trio.storage.passkeys import (
    Passkey,
    add_passkey,
    find_passkey,
    list_passkeys,
    note_passkey_used,
    remove_passkey,
)
from vibes_trio.storage.users import add_user

ADA, EVE = UserId("user-ada"), UserId("user-eve")


@pytest.fixture
async def people(inline: Database) -> Database:
    await inline.write(add_user, ADA, "ada", "")
    await inline.write(add_user, EVE, "eve", "")
    return inline


async def add(db: Database, name: str, user: UserId = ADA) -> Passkey:
    return await db.write(add_passkey, user, name, name.title(), b"\x00key", 0, limit=2)


async def test_a_passkey_is_found_by_its_id_and_knows_when_it_was_used(
    people: Database, clock: object
) -> None:
    made = await add(people, "one")
    clock.seconds += 1  # type: ignore[attr-defined]
    await people.write(note_passkey_used, "one", 7)

    found = await people.get(find_passkey, "one")
    assert found is not None
    assert (made.public_key, made.used, found.used > made.created, found.sign_count) == (
        b"\x00key",
        "",
        True,
        7,
    )
    assert await people.get(find_passkey, "two") is None
    with pytest.raises(NotFound):
        await people.write(note_passkey_used, "two", 1)


async def test_one_may_have_so_many_and_each_is_one_person_s(people: Database) -> None:
    await add(people, "one")
    with pytest.raises(BadRequest, match="here already"):
        await add(people, "one", EVE)
    await add(people, "two")
    with pytest.raises(LimitReached, match="remove one"):
        await add(people, "three")

    assert [one.name for one in await people.get(list_passkeys, ADA)] == ["One", "Two"]
    assert await people.get(list_passkeys, EVE) == ()


async def test_nobody_removes_another_s(people: Database) -> None:
    await add(people, "one")
    with pytest.raises(NotFound):
        await people.write(remove_passkey, EVE, "one")
    await people.write(remove_passkey, ADA, "one")

    assert await people.get(find_passkey, "one") is None
