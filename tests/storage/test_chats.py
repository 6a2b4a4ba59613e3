import pytest

from vibes_trio.errors import NotFound, NotOwner
from vibes_trio.exchange import UserId
from vibes_trio.storage import Database
from vibes_trio.storage.chats import Section, append_section, ensure_context, list_sections

ADA, BOB = UserId("ada"), UserId("bob")


def never() -> str:
    raise AssertionError("no new id is wanted")


async def test_context_without_id_gets_a_new_one(inline: Database) -> None:
    assert await inline.write(ensure_context, ADA, None, lambda: "new-1") == "new-1"
    assert inline.get(lambda tx: tx.execute("SELECT * FROM ChatContexts")) == [
        ("new-1", "ada", "2026-01-22T06:51:35.123Z")
    ]


async def test_unknown_context_is_made_under_its_id_and_stays(inline: Database) -> None:
    assert await inline.write(ensure_context, ADA, "mine", never) == "mine"
    assert await inline.write(ensure_context, ADA, "mine", never) == "mine"
    assert inline.get(lambda tx: tx.execute("SELECT count(*) FROM ChatContexts")) == [(1,)]


async def test_other_users_context_is_refused(inline: Database) -> None:
    await inline.write(ensure_context, ADA, "mine", never)

    with pytest.raises(NotOwner, match="mine belongs to someone else"):
        await inline.write(ensure_context, BOB, "mine", never)
    with pytest.raises(NotOwner, match="mine belongs to someone else"):
        await inline.write(append_section, BOB, "mine", "user", "[]")
    with pytest.raises(NotOwner, match="mine belongs to someone else"):
        await inline.read(list_sections, BOB, "mine", limit=1)
    assert await inline.read(list_sections, ADA, "mine", limit=1) == ()


async def test_missing_context_is_not_found(inline: Database) -> None:
    with pytest.raises(NotFound, match="no chat context nowhere"):
        await inline.write(append_section, ADA, "nowhere", "user", "[]")
    with pytest.raises(NotFound, match="no chat context nowhere"):
        await inline.read(list_sections, ADA, "nowhere", limit=1)


async def test_sections_of_each_context_are_numbered_from_zero(inline: Database) -> None:
    for context_id in ("one", "two"):
        await inline.write(ensure_context, ADA, context_id, never)

    numbers = [
        (context_id, await inline.write(append_section, ADA, context_id, "user", "[]"))
        for context_id in ("one", "one", "two", "one", "two")
    ]

    assert numbers == [("one", 0), ("one", 1), ("two", 0), ("one", 2), ("two", 1)]


async def test_sections_are_listed_in_order_and_by_page(inline: Database) -> None:
    await inline.write(ensure_context, ADA, "chat", never)
    for number, origin in enumerate(("user", "llm", "user")):
        await inline.write(append_section, ADA, "chat", origin, f'[{{"n":{number}}}]')  # type: ignore[arg-type]

    first = await inline.read(list_sections, ADA, "chat", limit=2)
    rest = await inline.read(list_sections, ADA, "chat", after=first[-1].seq, limit=2)

    assert first == (
        Section(0, "user", '[{"n":0}]', "2026-01-22T06:51:35.123Z"),
        Section(1, "llm", '[{"n":1}]', "2026-01-22T06:51:35.123Z"),
    )
    assert rest == (Section(2, "user", '[{"n":2}]', "2026-01-22T06:51:35.123Z"),)


async def test_text_is_kept_as_it_is(inline: Database) -> None:
    await inline.write(ensure_context, ADA, "chat", never)
    text = '["\\u0000 \U0001f600 \u2028", {"b":1,"a":1.0}]'

    await inline.write(append_section, ADA, "chat", "llm", text)

    assert (await inline.read(list_sections, ADA, "chat", limit=1))[0].blocks_json == text


async def test_last_section_is_found_by_index(inline: Database) -> None:
    plan = inline.get(
        lambda tx: tx.execute("EXPLAIN QUERY PLAN SELECT max(seq) FROM ChatSections WHERE contextId = 'x'")
    )

    assert "ChatSections_contextId (contextId=?)" in plan[0][3]
