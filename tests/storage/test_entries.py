"""What lets a browser into a private app in the page round it, on each engine."""

from releases import ADA, Clock, publish, release

from vibes_trio.config import Limits
from vibes_trio.exchange import AppSlug, UserId, UserSlug
from vibes_trio.storage import Database
from vibes_trio.storage.app_states import find_app
from vibes_trio.storage.entries import find_entrant, make_entry
from vibes_trio.storage.sessions import add_session, end_session
from vibes_trio.storage.users import add_user

TODO = AppSlug("todo"), UserSlug("ada")


async def make(db: Database, name: str, *, session: str = "", limit: int = 9) -> None:
    def act(tx):  # type: ignore[no-untyped-def]
        make_entry(tx, find_app(tx, *TODO), ADA, f"hash-{name}", session, valid_s=10, limit=limit)  # type: ignore[arg-type]

    await db.write(act)


async def find(db: Database, name: str, app: str = "todo") -> UserId | None:
    return await db.get(find_entrant, AppSlug(app), UserSlug("ada"), f"hash-{name}")


async def test_an_entry_lets_one_user_into_one_app_until_its_time_is_over(
    inline: Database, clock: Clock
) -> None:
    await inline.write(publish, release("z1"))
    await make(inline, "one")

    assert await find(inline, "one") == ADA
    assert await find(inline, "one", "shed") is None
    assert await find(inline, "two") is None
    clock.seconds += 10
    assert await find(inline, "one") is None


async def test_of_many_the_oldest_go_and_those_that_are_over(inline: Database, clock: Clock) -> None:
    await inline.write(publish, release("z1"))
    for name in ("one", "two", "three"):
        await make(inline, name, limit=2)
        clock.seconds += 1

    assert [await find(inline, name) for name in ("one", "two", "three")] == [None, ADA, ADA]
    clock.seconds += 60
    await make(inline, "four")
    assert await inline.read(lambda tx: tx.execute("SELECT tokenHash FROM AppEntries")) == [("hash-four",)]


async def test_an_entry_ends_with_the_session_that_it_is_of(inline: Database) -> None:
    await inline.write(publish, release("z1"))
    await inline.write(lambda tx: add_user(tx, UserId("u"), "ada", "ada@example.org"))
    await inline.write(lambda tx: add_session(tx, "s", "hash-of-session", UserId("u"), "a browser", Limits()))
    await make(inline, "one", session="hash-of-session")
    await make(inline, "two", session="hash-of-another")

    assert [await find(inline, name) for name in ("one", "two")] == [ADA, None]
    await inline.write(lambda tx: end_session(tx, UserId("u"), "s"))
    assert await find(inline, "one") is None
