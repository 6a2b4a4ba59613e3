import pytest
from chat_rows import list_sections

from vibes_trio.errors import LimitReached, NotFound, NotOwner, VibesError
from vibes_trio.exchange import UserId
from vibes_trio.storage import Database
from vibes_trio.storage.chats import (
    UNBOUNDED,
    ChatQuota,
    NewSection,
    Page,
    Section,
    append_sections,
    ensure_context,
    get_end,
    read_sections,
)

ADA, BOB = UserId("ada"), UserId("bob")


def never() -> str:
    raise AssertionError("no new id is wanted")


async def test_context_without_id_gets_a_new_one(inline: Database) -> None:
    assert await inline.write(ensure_context, ADA, None, lambda: "new-1") == "new-1"
    assert await inline.get(lambda tx: tx.execute("SELECT contextId, userId, created FROM ChatContexts")) == [
        ("new-1", "ada", "2026-01-22T06:51:35.123Z")
    ]


async def test_unknown_context_is_made_under_its_id_and_stays(inline: Database) -> None:
    assert await inline.write(ensure_context, ADA, "mine", never) == "mine"
    assert await inline.write(ensure_context, ADA, "mine", never) == "mine"
    assert await inline.get(lambda tx: tx.execute("SELECT count(*) FROM ChatContexts")) == [(1,)]


async def test_other_users_context_is_refused(inline: Database) -> None:
    await inline.write(ensure_context, ADA, "mine", never)

    with pytest.raises(NotOwner, match="mine belongs to someone else"):
        await inline.write(ensure_context, BOB, "mine", never)
    with pytest.raises(NotOwner, match="mine belongs to someone else"):
        await inline.submit_item(append_sections, NewSection(BOB, "mine", "user", "[]")).wait()
    with pytest.raises(NotOwner, match="mine belongs to someone else"):
        await inline.read(list_sections, BOB, "mine", limit=1)
    assert await inline.read(list_sections, ADA, "mine", limit=1) == ()


async def test_missing_context_is_not_found(inline: Database) -> None:
    with pytest.raises(NotFound, match="no chat context nowhere"):
        await inline.submit_item(append_sections, NewSection(ADA, "nowhere", "user", "[]")).wait()
    with pytest.raises(NotFound, match="no chat context nowhere"):
        await inline.read(list_sections, ADA, "nowhere", limit=1)


async def test_sections_of_each_context_are_numbered_from_zero(inline: Database) -> None:
    for context_id in ("one", "two"):
        await inline.write(ensure_context, ADA, context_id, never)

    numbers = [
        (
            context_id,
            await inline.submit_item(append_sections, NewSection(ADA, context_id, "user", "[]")).wait(),
        )
        for context_id in ("one", "one", "two", "one", "two")
    ]

    assert numbers == [("one", 0), ("one", 1), ("two", 0), ("one", 2), ("two", 1)]


async def test_sections_are_listed_in_order_and_by_page(inline: Database) -> None:
    await inline.write(ensure_context, ADA, "chat", never)
    for number, origin in enumerate(("user", "llm", "user")):
        section = NewSection(ADA, "chat", origin, f'[{{"n":{number}}}]')  # type: ignore[arg-type]
        await inline.submit_item(append_sections, section).wait()

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

    await inline.submit_item(append_sections, NewSection(ADA, "chat", "llm", text)).wait()

    assert (await inline.read(list_sections, ADA, "chat", limit=1))[0].blocks_json == text


async def append(db: Database, *sections: NewSection) -> list[int | VibesError]:
    return await db.write(append_sections, sections)


async def test_sections_of_many_chats_are_numbered_each_in_the_order_given(inline: Database) -> None:
    chats = [f"chat-{number}" for number in range(70)]
    for chat in chats:
        await inline.write(ensure_context, ADA, chat, never)
    await append(inline, NewSection(ADA, "chat-3", "user", "[0]"))

    sections = [NewSection(ADA, chat, "llm", f"[{turn}]") for turn in (1, 2) for chat in chats]
    answers = await append(inline, *sections)

    assert answers == [turn + (chat == "chat-3") for turn in (0, 1) for chat in chats]
    for chat in chats:
        stored = await inline.read(list_sections, ADA, chat, limit=9)
        assert [(s.seq, s.blocks_json) for s in stored][-2:] == [
            (0 + (chat == "chat-3"), "[1]"),
            (1 + (chat == "chat-3"), "[2]"),
        ]


async def test_refused_section_leaves_the_others_and_takes_no_number(inline: Database) -> None:
    await inline.write(ensure_context, ADA, "mine", never)
    await inline.write(ensure_context, BOB, "his", never)

    asked = [(ADA, "mine"), (ADA, "his"), (ADA, "nowhere"), (BOB, "mine"), (ADA, "mine")]
    answers = await append(inline, *(NewSection(user, chat, "user", "[]") for user, chat in asked))

    assert [answer if isinstance(answer, int) else type(answer) for answer in answers] == [
        0,
        NotOwner,
        NotFound,
        NotOwner,
        1,
    ]
    assert await inline.read(list_sections, BOB, "his", limit=1) == ()


async def test_large_sections_are_stored_one_by_one(inline: Database) -> None:
    await inline.write(ensure_context, ADA, "chat", never)
    texts = [f'["{letter * 600_000}"]' for letter in "abc"]

    assert await append(inline, *(NewSection(ADA, "chat", "llm", text) for text in texts)) == [0, 1, 2]

    stored = await inline.read(list_sections, ADA, "chat", limit=9)
    assert [section.blocks_json for section in stored] == texts


async def test_contexts_of_a_user_are_limited_but_those_there_always_fine(inline: Database) -> None:
    """Fails without the limit: rows are made as fast as messages come."""
    for name in ("one", "two"):
        await inline.write(ensure_context, ADA, name, never, limit=2)

    with pytest.raises(LimitReached, match="have 2 chats and MAX_CHATS_PER_USER_ID is 2") as caught:
        await inline.write(ensure_context, ADA, "three", never, limit=2)

    assert caught.value.detail == {"limit": "MAX_CHATS_PER_USER_ID", "value": 2}
    assert await inline.write(ensure_context, ADA, "one", never, limit=2) == "one"
    assert await inline.write(ensure_context, BOB, "three", never, limit=2) == "three"


async def test_sections_and_bytes_of_a_user_are_limited_over_all_chats(inline: Database) -> None:
    """Fails without the quota. Counted within a batch as well: what is before in it is not stored yet."""
    for name in ("one", "two"):
        await inline.write(ensure_context, ADA, name, never)
    await inline.write(ensure_context, BOB, "bobs", never)

    def sections(quota: ChatQuota, *names: str, blocks: str = "[]") -> list[NewSection]:
        return [NewSection(BOB if n == "bobs" else ADA, n, "user", blocks, quota) for n in names]

    few = ChatQuota(max_sections=3)
    answers = await inline.write(append_sections, sections(few, "one", "two", "one", "two", "bobs"))
    assert [str(answer) for answer in answers[:3] + answers[4:]] == ["0", "0", "1", "0"]
    assert isinstance(answers[3], LimitReached)
    assert answers[3].detail == {"limit": "MAX_CHAT_SECTIONS_PER_USER_ID", "value": 3}

    small = ChatQuota(max_bytes=6 + 12)
    answers = await inline.write(append_sections, sections(small, "one", "two", "one", blocks='["é"]'))
    assert answers[:2] == [2, 1]
    assert isinstance(answers[2], LimitReached)
    assert "hold 18 bytes and this section 6 and MAX_CHAT_BYTES_PER_USER_ID is 18" in answers[2].message
    assert await inline.write(append_sections, sections(UNBOUNDED, "one")) == [3]


async def test_blocks_are_text_in_the_database_however_they_come(inline: Database) -> None:
    """As UTF-8 they are not copied; the reference, and `sqlite3`, read text."""
    await inline.write(ensure_context, ADA, "mine", never)

    for blocks in ('["é"]', '["é"]'.encode(), bytearray('["é"]'.encode())):
        await inline.submit_item(append_sections, NewSection(ADA, "mine", "user", blocks)).wait()

    rows = await inline.get(lambda tx: tx.execute("SELECT blocks FROM ChatSections"))
    assert rows == [('["é"]',)] * 3


# -- reading back ----------------------------------------------------------------------------------------------


async def fill(db: Database, *blocks: str) -> None:
    await db.write(ensure_context, ADA, "chat", never)
    for text in blocks:
        await db.submit_item(append_sections, NewSection(ADA, "chat", "user", text)).wait()


@pytest.mark.parametrize("backward", [False, True])
async def test_a_chat_is_read_in_pages_either_way_without_gap_or_twin(
    inline: Database, backward: bool
) -> None:
    await fill(inline, *(f"[{number}]" for number in range(50)))
    seen: list[int] = []
    start = 50 if backward else 0

    while page := await inline.read(read_sections, ADA, "chat", Page(start, 7, 10_000, backward)):
        assert len(page) <= 7
        assert all(section.blocks_json == f"[{section.seq}]" for section in page)
        seen += [section.seq for section in page]
        start = page[-1].seq + (0 if backward else 1)

    assert seen == (list(range(49, -1, -1)) if backward else list(range(50)))


@pytest.mark.parametrize("limit", [1, 16, 17, 40])
async def test_a_page_has_as_many_as_were_asked_for(inline: Database, limit: int) -> None:
    await fill(inline, *["[]"] * 40)

    page = await inline.read(read_sections, ADA, "chat", Page(0, limit, 10_000))

    assert [section.seq for section in page] == list(range(limit))


async def test_a_page_is_bounded_in_bytes_but_never_empty(inline: Database) -> None:
    await fill(inline, "[1]", '["' + "x" * 100_000 + '"]', "[2]")

    first = await inline.read(read_sections, ADA, "chat", Page(0, 9, 50_000))
    second = await inline.read(read_sections, ADA, "chat", Page(1, 9, 50_000))
    both = await inline.read(read_sections, ADA, "chat", Page(0, 9, 200_000))

    assert [[section.seq for section in page] for page in (first, second, both)] == [[0], [1], [0, 1, 2]]
    assert len(second[0].blocks_json) == 100_004


async def test_the_end_of_a_chat_is_what_its_next_section_will_be(inline: Database) -> None:
    await fill(inline)
    empty = await inline.get(get_end, ADA, "chat")
    await fill(inline, "[]", "[]")

    assert (empty, await inline.get(get_end, ADA, "chat")) == (0, 2)
    with pytest.raises(NotOwner):
        await inline.get(get_end, BOB, "chat")
