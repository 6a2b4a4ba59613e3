"""Links that let browsers in, on each engine."""

import pytest
from releases import ADA, Clock, publish, release

from vibes_trio.errors import LimitReached, NotFound
from vibes_trio.exchange import AppSlug, UserSlug
from vibes_trio.storage import Database, Tx
from vibes_trio.storage.app_states import AppState, find_app
from vibes_trio.storage.shares import find_link, list_links, make_link, remove_link


def todo(tx: Tx) -> AppState:
    app = find_app(tx, AppSlug("todo"), UserSlug("ada"))
    assert app is not None
    return app


async def make(db: Database, name: str, *, limit: int = 9) -> None:
    await db.write(lambda tx: make_link(tx, todo(tx), ADA, name, f"hash-{name}", valid_s=10, limit=limit))


async def test_a_link_is_found_until_its_time_is_over(inline: Database, clock: Clock) -> None:
    await inline.write(publish, release("z1"))
    await make(inline, "one", limit=1)
    found = await inline.get(find_link, "hash-one")
    assert found is not None
    assert (found.link_id, found.user_id, found.app_slug) == ("one", ADA, "todo")
    with pytest.raises(LimitReached):
        await make(inline, "two", limit=1)

    clock.seconds += 10

    assert await inline.get(find_link, "hash-one") is None
    await make(inline, "two", limit=1)
    assert [one.link_id for one in await inline.read(lambda tx: list_links(tx, todo(tx), limit=9))] == ["two"]


async def test_a_link_is_taken_back(inline: Database) -> None:
    await inline.write(publish, release("z1"))
    await make(inline, "one")

    await inline.write(lambda tx: remove_link(tx, todo(tx), "one"))

    assert await inline.get(find_link, "hash-one") is None
    with pytest.raises(NotFound):
        await inline.write(lambda tx: remove_link(tx, todo(tx), "one"))
