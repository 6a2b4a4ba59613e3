"""Lists of chats, on each engine; what they cost: `sqlite/test_chat_costs.py`."""

from functools import partial

import pytest
from releases import Clock

from vibes_trio.errors import NotFound, NotOwner
from vibes_trio.exchange import AppSlug, UserId, UserSlug
from vibes_trio.storage import Database
from vibes_trio.storage.chat_list import (
    ChatsAsked,
    change_chat,
    delete_chat,
    find_expired,
    get_chat,
    list_chats,
    purge_some,
    restore_chat,
)
from vibes_trio.storage.chats import NewSection, append_sections, ensure_context

ADA, BOB = UserId("ada"), UserId("bob")
GARDEN = (AppSlug("garden"), UserSlug("ada"))
KEPT_S = 60.0


async def make(db: Database, *names: str, sections: int = 0) -> None:
    for name in names:
        await db.write(ensure_context, ADA, name, str)
        for _ in range(sections):
            await db.submit_item(append_sections, NewSection(ADA, name, "user", "[]")).wait()


async def of_garden(db: Database, user_id: UserId) -> list[str]:
    found = await db.read(
        list_chats, user_id, ChatsAsked(order="recent", limit=9, handle=GARDEN[1], app=GARDEN[0])
    )
    return [chat.context_id for chat in found]


async def test_the_chats_of_an_app_are_those_that_were_linked_and_are_not_deleted(inline: Database) -> None:
    await make(inline, "a", "b")
    before = await of_garden(inline, ADA)
    await inline.write(change_chat, ADA, "a", app=GARDEN)
    linked = await of_garden(inline, ADA)
    await inline.write(delete_chat, ADA, "a")

    assert (before, linked) == ([], ["a"])
    assert await of_garden(inline, BOB) == []
    assert await of_garden(inline, ADA) == []


async def test_what_is_not_said_stays(inline: Database) -> None:
    await make(inline, "a", sections=2)
    await inline.write(change_chat, ADA, "a", app=GARDEN)

    changed = await inline.write(change_chat, ADA, "a", title="Roses")

    assert (changed.title, changed.app_slug, changed.user_slug, changed.sections) == ("Roses", *GARDEN, 2)
    assert await inline.read(get_chat, ADA, "a") == changed


async def test_only_what_is_deleted_is_purged_and_step_by_step(inline: Database) -> None:
    await make(inline, "a", "b", sections=5)
    with pytest.raises(NotFound):
        await inline.write(purge_some, "a", 2)
    with pytest.raises(NotFound):
        await inline.write(purge_some, "nowhere", 2)
    since = await inline.write(delete_chat, ADA, "a")
    assert await inline.write(delete_chat, ADA, "a") == since

    assert await inline.read(find_expired, since) is None
    assert await inline.read(find_expired, "9999") == "a"
    steps = [await inline.write(purge_some, "a", 2) for _ in range(3)]

    assert steps == [False, False, True]
    assert await inline.read(find_expired, "9999") is None
    left = await inline.read(list_chats, ADA, ChatsAsked(order="recent", limit=9))
    assert [(chat.context_id, chat.sections) for chat in left] == [("b", 5)]


async def test_what_may_be_half_purged_does_not_come_back(inline: Database, clock: Clock) -> None:
    await make(inline, "a", sections=3)
    await inline.write(delete_chat, ADA, "a")
    clock.seconds += KEPT_S
    back = await inline.write(restore_chat, ADA, "a", kept_s=KEPT_S)
    assert back.sections == 3

    await inline.write(delete_chat, ADA, "a")
    clock.seconds += KEPT_S + 1
    assert await inline.read(lambda tx: find_expired(tx, tx.later(-KEPT_S))) == "a"
    await inline.write(purge_some, "a", 2)
    with pytest.raises(NotFound):
        await inline.write(restore_chat, ADA, "a", kept_s=KEPT_S)


async def test_others_neither_delete_nor_restore_nor_name(inline: Database) -> None:
    await make(inline, "a")
    for change in (delete_chat, partial(restore_chat, kept_s=KEPT_S), change_chat, get_chat):
        with pytest.raises(NotOwner):
            await inline.write(change, BOB, "a")  # type: ignore[arg-type]
    await inline.write(delete_chat, ADA, "a")

    with pytest.raises(NotFound):
        await inline.write(restore_chat, BOB, "a", kept_s=KEPT_S)
    with pytest.raises(NotOwner):
        await inline.write(ensure_context, BOB, "a", str)
    with pytest.raises(NotFound, match="Restore it"):
        await inline.write(ensure_context, ADA, "a", str)
