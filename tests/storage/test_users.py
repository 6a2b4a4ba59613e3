import pytest

from vibes_trio.errors import BadRequest, NotFound, RequireLogin
from vibes_trio.exchange import UserId
from vibes_trio.storage import Database
from vibes_trio.storage.users import (
    User,
    add_invite,
    add_user,
    check_free,
    find_user,
    get_user,
    is_operator,
    list_users,
    set_role,
    use_invite,
)

ADA = UserId("user-ada")


@pytest.fixture
async def users(inline: Database) -> Database:
    await inline.write(add_user, ADA, "ada", "ada@example.org")
    return inline


async def test_user_is_found_by_name_and_by_id(users: Database) -> None:
    ada = User(ADA, "ada", "ada@example.org", "2026-01-22T06:51:35.123Z", "operator")

    assert await users.get(find_user, "ada") == await users.get(get_user, ADA) == ada
    assert await users.get(find_user, "bob") is None
    with pytest.raises(NotFound, match="id user-bob"):
        await users.get(get_user, UserId("user-bob"))


async def test_users_are_listed_by_name(users: Database) -> None:
    await users.write(add_user, UserId("0"), "zoe", "")
    await users.write(add_user, UserId("1"), "abe", "")

    assert [user.name for user in await users.get(list_users)] == ["abe", "ada", "zoe"]


@pytest.mark.parametrize(("user_id", "name"), [("user-2", "ada"), ("user-ada", "other")])
async def test_taken_name_or_id_is_refused(users: Database, user_id: str, name: str) -> None:
    with pytest.raises(BadRequest, match=f"a user {name} already"):
        await users.write(add_user, UserId(user_id), name, "")

    assert len(await users.get(list_users)) == 1


async def test_code_signs_in_once(users: Database) -> None:
    expires = await users.write(add_invite, ADA, "hash-1", valid_s=600)

    assert expires == "2026-01-22T07:01:35.123Z"
    assert await users.write(use_invite, "hash-1") == ADA
    with pytest.raises(RequireLogin) as again:
        await users.write(use_invite, "hash-1")
    with pytest.raises(RequireLogin) as unknown:
        await users.write(use_invite, "hash-2")
    assert again.value.message == unknown.value.message


@pytest.mark.parametrize(("after_s", "works"), [(599.9, True), (600, False)])
async def test_code_runs_out(users: Database, clock: object, after_s: float, works: bool) -> None:
    await users.write(add_invite, ADA, "hash-1", valid_s=600)
    clock.seconds += after_s  # type: ignore[attr-defined]

    if works:
        assert await users.write(use_invite, "hash-1") == ADA
    else:
        with pytest.raises(RequireLogin):
            await users.write(use_invite, "hash-1")


async def test_codes_that_have_run_out_are_forgotten(users: Database, clock: object) -> None:
    await users.write(add_invite, ADA, "hash-1", valid_s=600)
    clock.seconds += 300  # type: ignore[attr-defined]
    await users.write(add_invite, ADA, "hash-2", valid_s=600)
    clock.seconds += 300  # type: ignore[attr-defined]
    await users.write(add_invite, ADA, "hash-3", valid_s=600)

    hashes = await users.get(lambda tx: tx.execute("SELECT codeHash FROM Invites ORDER BY codeHash"))

    assert hashes == [("hash-2",), ("hash-3",)]


async def test_code_for_nobody_is_refused(users: Database) -> None:
    with pytest.raises(NotFound):
        await users.write(add_invite, UserId("user-bob"), "hash-1", valid_s=600)


async def test_the_first_user_is_an_operator_and_there_is_always_one(users: Database) -> None:
    eve = await users.write(add_user, UserId("user-eve"), "eve", "")
    olga = await users.write(add_user, UserId("user-olga"), "olga", "", role="operator")
    assert (eve.role, olga.role) == ("user", "operator")

    await users.write(set_role, ADA, "user")
    with pytest.raises(BadRequest, match="Nobody would be an operator"):
        await users.write(set_role, olga.user_id, "user")
    with pytest.raises(NotFound):
        await users.write(set_role, UserId("nobody"), "operator")

    operators = [await users.get(is_operator, user) for user in (ADA, eve.user_id, olga.user_id)]
    assert operators == [False, False, True]
    assert (await users.write(set_role, eve.user_id, "operator")).role == "operator"


async def test_a_name_is_free_or_taken(users: Database) -> None:
    await users.get(check_free, "eve")
    with pytest.raises(BadRequest, match="a user ada already"):
        await users.get(check_free, "ada")
