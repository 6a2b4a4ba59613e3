"""What is looked through of chats: each section once, in bounded steps, and found again after the server has ended."""

from vibes_trio.exchange import UserId
from vibes_trio.storage import Database
from vibes_trio.storage.chat_index import ToIndex, list_unindexed, look_through, note_looked, shortened
from vibes_trio.storage.chat_list import delete_chat, get_chat, purge_some, restore_chat
from vibes_trio.storage.chats import NewSection, append_sections, ensure_context
from vibes_trio.storage.feed import Revocations, Sections
from vibes_trio.storage.interface import Hit, SearchAsked

ADA, BOB = UserId("ada"), UserId("bob")


async def append(db: Database, context_id: str, *texts: str, user: UserId = ADA) -> None:
    await db.write(ensure_context, user, context_id, str)
    for text in texts:
        await db.submit_item(append_sections, NewSection(user, context_id, "user", text)).wait()


async def index(db: Database, *context_ids: str, at_most: int = 2) -> int:
    steps = 0
    for context_id in context_ids:
        while (looked := await db.read(look_through, context_id, at_most, str)) is not None:
            assert len(looked.texts) <= at_most
            assert await db.write(note_looked, db.chat_search, shortened(looked, 10))
            steps += 1
    return steps


async def find(
    db: Database, *words: str, user: UserId = ADA, limit: int = 9, **asked: object
) -> tuple[Hit, ...]:
    return await db.read(db.chat_search.find, user, SearchAsked(words, limit, **asked))  # type: ignore[arg-type]


async def places(db: Database, *words: str, user: UserId = ADA) -> list[tuple[str, int]]:
    return [(hit.context_id, hit.seq) for hit in await find(db, *words, user=user)]


async def test_sections_are_looked_through_once_and_found(inline: Database) -> None:
    await append(inline, "one", "roses are red", "violets", "roses again")
    await append(inline, "two", "roses too")
    await append(inline, "bobs", "roses of bob", user=BOB)

    assert await index(inline, "one", "two", "bobs") == 4
    assert await index(inline, "one") == 0

    assert await places(inline, "roses") == [("two", 0), ("one", 2), ("one", 0)]
    assert await places(inline, "roses", "red") == [("one", 0)]
    assert await places(inline, "roses", user=BOB) == [("bobs", 0)]
    assert await places(inline, "tulips") == []
    assert await places(inline, "!!", "—") == []


async def test_what_is_looked_through_anew_is_found_and_keeps_its_place_in_lists(inline: Database) -> None:
    await append(inline, "one", "roses are red", "violets", "roses again")
    await index(inline, "one")
    before = await inline.read(get_chat, ADA, "one")
    await inline.write(
        lambda tx: tx.execute("UPDATE ChatContexts SET indexed = 0, updated = '9999' WHERE contextId = 'one'")
    )

    await index(inline, "one")

    after = await inline.read(get_chat, ADA, "one")
    assert (after.updated, after.preview) == ("9999", before.preview)
    assert await places(inline, "roses") == [("one", 2), ("one", 0)]


async def test_found_sections_come_in_pages_and_of_one_chat_alone(inline: Database) -> None:
    await append(inline, "one", *(f"rose {number}" for number in range(7)))
    await append(inline, "two", "rose")
    await index(inline, "one", "two")

    seen: list[tuple[str, int]] = []
    after = None
    while page := await find(inline, "rose", limit=3, after=after):
        seen += [(hit.context_id, hit.seq) for hit in page]
        after = page[-1].place
    alone = await find(inline, "rose", context_id="one", limit=2)
    nowhere = await find(inline, "rose", context_id="nowhere")

    assert seen == [("two", 0), *(("one", number) for number in range(6, -1, -1))]
    assert [(hit.context_id, hit.seq) for hit in alone] == [("one", 6), ("one", 5)]
    assert nowhere == ()


async def test_a_chat_that_was_looked_through_has_a_preview_and_the_time_of_its_last_section(
    inline: Database, clock
) -> None:
    await append(inline, "one", "roses are\n red and many")
    clock.seconds += 60
    await append(inline, "one", "more")
    await index(inline, "one", at_most=1)

    chat = await inline.read(get_chat, ADA, "one")

    assert chat.preview == "roses are…"
    assert chat.updated > chat.created


async def test_what_is_deleted_is_not_found_until_it_is_restored_and_never_once_it_is_gone(
    inline: Database,
) -> None:
    await append(inline, "one", "roses")
    await index(inline, "one")

    await inline.write(delete_chat, ADA, "one")
    deleted = await places(inline, "roses")
    await inline.write(restore_chat, ADA, "one", kept_s=60)
    restored = await places(inline, "roses")
    looked = await inline.read(look_through, "one", 9, str)
    await inline.write(delete_chat, ADA, "one")
    await inline.write(purge_some, "one", 9)

    assert (deleted, restored, looked) == ([], [("one", 0)], None)
    assert await places(inline, "roses") == []


async def test_who_comes_second_changes_nothing(inline: Database) -> None:
    await append(inline, "one", "roses")
    first = await inline.read(look_through, "one", 9, str)
    assert first is not None

    assert await inline.write(note_looked, inline.chat_search, first)
    assert not await inline.write(note_looked, inline.chat_search, first)
    assert await inline.read(look_through, "nowhere", 9, str) is None


async def test_chats_that_have_more_are_found_in_the_table(inline: Database) -> None:
    for name in ("a", "b", "c", "d"):
        await append(inline, name, "roses")
    await append(inline, "empty")
    await index(inline, "b")

    found: list[str] = []
    after = ""
    while True:
        after, some = await inline.read(list_unindexed, after, 2)
        if not after:
            break
        found += some

    assert found == ["a", "c", "d"]


async def test_the_feed_says_which_chats_have_more_until_they_are_too_many() -> None:
    to_index = ToIndex(3)
    to_index.all = False
    for name in ("a", "b", "a", "c"):
        to_index.hear(Sections(name, 1))
    to_index.hear(Revocations())

    assert len(to_index) == 3
    assert to_index.take_late(lambda name: name == "a", 2) is None
    assert to_index.take_late(lambda name: name == "a", 3) == "a"
    assert (to_index.take(), to_index.take(), to_index.take()) == ("b", "c", None)
    to_index.add(["x"])
    for name in ("a", "b", "c"):
        to_index.hear(Sections(name, 1))
    assert (len(to_index), to_index.all) == (0, True)
