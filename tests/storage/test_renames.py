"""Apps that get another slug."""

import pytest
from releases import check_usage, publish, put, release

from vibes_trio.errors import TooLarge
from vibes_trio.exchange import AppSlug, UserSlug
from vibes_trio.storage import Database, Tx
from vibes_trio.storage.app_states import find_app
from vibes_trio.storage.apps import find_latest
from vibes_trio.storage.renames import find_new_name, rename_app

ADAS = UserSlug("ada")


async def rename(db: Database, old: str, new: str, *, max_rows: int = 99, old_names: int = 9) -> None:
    def run(tx: Tx) -> None:
        app = find_app(tx, AppSlug(old), ADAS)
        assert app is not None
        rename_app(tx, app, AppSlug(new), max_rows=max_rows, old_names=old_names)

    await db.write(run)


async def leads_to(db: Database, name: str) -> str | None:
    return await db.get(find_new_name, AppSlug(name), ADAS)


async def test_releases_go_along_and_what_they_name(inline: Database) -> None:
    await inline.write(put, "z1", {"zA": 10, "zB": 20}, mode="production")
    await rename(inline, "todo", "done")

    found = await inline.get(find_latest, AppSlug("done"), ADAS)
    assert found is not None
    assert found.fs_id == "z1"
    rows = await inline.get(lambda tx: tx.execute("SELECT DISTINCT appSlug FROM ReleaseAssets"))
    assert rows == [("done",)]
    await inline.read(check_usage)
    assert await leads_to(inline, "todo") == "done"


async def test_the_oldest_names_lead_nowhere_in_the_end(inline: Database) -> None:
    await inline.write(publish, release("z1"))
    for old, new in (("todo", "a"), ("a", "b"), ("b", "c")):
        await rename(inline, old, new, old_names=2)

    names = {name: await leads_to(inline, name) for name in ("todo", "a", "b")}

    assert list(names.values()).count("c") == 2


async def test_one_that_is_called_as_before_stays(inline: Database) -> None:
    await inline.write(publish, release("z1"))
    await rename(inline, "todo", "todo")

    assert await leads_to(inline, "todo") is None


async def test_one_with_too_much_is_refused(inline: Database) -> None:
    await inline.write(put, "z1", {"zA": 1, "zB": 1})

    with pytest.raises(TooLarge, match="older releases"):
        await rename(inline, "todo", "done", max_rows=1)
