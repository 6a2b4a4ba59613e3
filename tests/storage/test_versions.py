"""Lists of releases."""

from releases import publish, release

from vibes_trio.exchange import AppSlug, UserSlug
from vibes_trio.storage import Database, Tx
from vibes_trio.storage.app_states import AppState, find_app
from vibes_trio.storage.versions import find_glance, find_published_seq, list_versions

TODO, ADAS = AppSlug("todo"), UserSlug("ada")


def todo(tx: Tx) -> AppState:
    state = find_app(tx, TODO, ADAS)
    assert state is not None
    return state


async def listed(db: Database, **asked):
    found = await db.read(lambda tx: list_versions(tx, todo(tx), **{"limit": 100} | asked))
    return [(one.fs_id, one.release_seq, one.mode) for one in found]


async def test_newest_first_page_by_page(inline: Database) -> None:
    for number in range(1, 6):
        await inline.write(publish, release(f"z{number}", "production" if number % 2 else "dev"))

    assert await listed(inline, limit=2) == [("z5", 5, "production"), ("z4", 4, "dev")]
    assert await listed(inline, limit=2, below=4) == [("z3", 3, "production"), ("z2", 2, "dev")]
    assert [seq for _, seq, _ in await listed(inline, published_only=True)] == [5, 3, 1]
    assert await listed(inline, below=1) == []


async def test_the_published_one_is_the_highest_of_production(inline: Database) -> None:
    await inline.write(publish, release("z1", "dev"))
    assert await inline.read(lambda tx: find_published_seq(tx, todo(tx))) is None

    await inline.write(publish, release("z2", "production"))
    await inline.write(publish, release("z3", "dev"))
    assert await inline.read(lambda tx: find_published_seq(tx, todo(tx))) == 2

    await inline.write(lambda tx: tx.execute("UPDATE AppSlugBindings SET unpublished = '2026'"))
    assert await inline.read(lambda tx: find_published_seq(tx, todo(tx))) is None


async def test_what_is_deleted_is_not_listed_and_comes_back_with_a_deploy(inline: Database) -> None:
    """As a dev release, if that is what is deployed, though it was production before."""
    await inline.write(publish, release("z1", "production"))
    await inline.write(lambda tx: tx.execute("UPDATE Apps SET deletion = 'd1'"))
    assert await listed(inline) == []

    await inline.write(publish, release("z1", "dev"))

    assert await listed(inline) == [("z1", 1, "dev")]


async def test_at_a_glance_it_is_what_is_shown_else_the_newest(inline: Database) -> None:
    await inline.write(publish, release("z1", "dev"))
    dev = await inline.read(lambda tx: find_glance(tx, todo(tx)))
    await inline.write(publish, release("z2", "production"))
    await inline.write(publish, release("z3", "dev"))
    shown = await inline.read(lambda tx: find_glance(tx, todo(tx)))
    await inline.write(lambda tx: tx.execute("UPDATE Apps SET deletion = 'd'", ()))

    assert dev is not None
    assert shown is not None
    assert (dev.version.fs_id, dev.is_published) == ("z1", False)
    assert (shown.version.fs_id, shown.is_published) == ("z2", True)
    assert await inline.read(lambda tx: find_glance(tx, todo(tx))) is None
