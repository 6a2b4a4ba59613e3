"""Users are listed by name, with what each keeps."""

from vibes_trio.storage.usage import Usage
from vibes_trio.storage.user_list import list_kept
from vibes_trio.storage.users import add_user


async def test_users_come_by_name_from_a_place_on(db):
    for name in ("bob", "ada", "eve"):
        await db.write(add_user, f"id-{name}", name, "")

    first = await db.read(list_kept, limit=2)
    rest = await db.read(list_kept, after="bob", limit=2)

    assert [(user.name, user.role) for user in (*first, *rest)] == [
        ("ada", "user"),
        ("bob", "operator"),
        ("eve", "user"),
    ]
    assert (first[0].apps, first[0].releases, first[0].usage) == (0, 0, Usage())
