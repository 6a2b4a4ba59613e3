"""Chats of apps: linked, listed, and their turns."""

from dataclasses import replace

import pytest
from releases import ADA, BOB

from vibes_trio.exchange import AppSlug, UserSlug
from vibes_trio.storage import Database, Tx
from vibes_trio.storage.app_chats import (
    AppChat,
    ChatsAsked,
    Turn,
    add_turn,
    find_chat,
    find_codegen_chat,
    find_end,
    find_turns_at,
    link_chat,
    list_chats,
    list_turns,
)
from vibes_trio.storage.chats import NewSection, append_sections, ensure_context
from vibes_trio.storage.slugs import bind_app_slug, bind_user_slug

USER, APP = UserSlug("ada"), AppSlug("garden")
MADE = AppChat("made", ADA, USER, APP, "codegen", "2026-01-22T06:51:35.123Z")


def put(tx: Tx, *wanted: AppChat) -> None:
    """Make chat contexts, and what they are of."""
    for chat in wanted:
        ensure_context(tx, chat.user_id, chat.context_id, str)
        link_chat(tx, chat)


def bind(tx: Tx) -> None:
    bind_user_slug(tx, ADA, USER, limit=9, attempts=1, words=str)
    bind_app_slug(tx, ADA, USER, APP, limit=9, attempts=1, words=str)


def ids(found: tuple[AppChat, ...]) -> list[str]:
    return [chat.context_id for chat in found]


async def test_a_user_has_one_chat_in_which_an_app_is_made(inline: Database) -> None:
    await inline.write(put, MADE, replace(MADE, context_id="bobs", user_id=BOB))

    assert await inline.get(find_codegen_chat, ADA, USER, APP) == MADE
    assert await inline.get(find_codegen_chat, ADA, USER, AppSlug("other")) is None
    assert await inline.get(find_chat, "made") == MADE
    assert await inline.get(find_chat, "none") is None


async def test_chats_are_listed_newest_first_by_whose_they_are_and_of_what(inline: Database) -> None:
    talks = [
        replace(MADE, context_id=f"t{number}", mode="runtime", created=f"2026-01-0{number}")
        for number in range(1, 4)
    ]
    theirs = replace(MADE, context_id="b", mode="img", user_id=BOB, created="2026-01-02T00")
    elsewhere = replace(MADE, context_id="e", mode="runtime", app_slug=AppSlug("other"), created="2026-02-01")
    await inline.write(put, MADE, *talks, theirs, elsewhere)

    async def listed(**asked: object) -> list[str]:
        wanted = ChatsAsked(**({"kind": "application", "user_id": ADA, "limit": 9} | asked))
        return ids(await inline.read(list_chats, wanted))

    assert await listed() == ["e", "t3", "t2", "t1"]
    assert await listed(user_slug=USER, app_slug=APP) == ["t3", "t2", "t1"]
    assert await listed(user_slug=USER) == ["e", "t3", "t2", "t1"]
    assert await listed(user_slug=UserSlug("nobody")) == []
    assert await listed(user_slug=USER, user_id=None) == ["e", "t3", "b", "t2", "t1"]
    assert await listed(user_slug=USER, app_slug=APP, user_id=None) == ["t3", "b", "t2", "t1"]
    assert await listed(limit=2) == ["e", "t3"]
    assert await listed(after=("2026-01-03", "t3")) == ["t2", "t1"]
    assert await listed(kind="codegen") == ["made"]


@pytest.mark.parametrize(
    "asked",
    [
        ChatsAsked(kind="codegen", user_id=ADA, limit=9),
        ChatsAsked(kind="application", user_id=ADA, user_slug=USER, limit=9),
        ChatsAsked(kind="application", user_id=None, user_slug=USER, limit=9),
        ChatsAsked(kind="application", user_id=ADA, user_slug=USER, app_slug=APP, limit=9),
        ChatsAsked(kind="application", user_id=None, user_slug=USER, app_slug=APP, limit=9),
    ],
)
async def test_a_list_reads_what_it_returns_and_sorts_nothing(
    inline: Database, engine: str, asked: ChatsAsked
) -> None:
    if engine != "sqlite":
        pytest.skip("its plans are SQLite's")

    def plan(tx: Tx) -> str:
        with pytest.MonkeyPatch.context() as patch:
            real = type(tx).execute
            said: list[str] = []

            def execute(tx: Tx, sql: str, params: tuple[object, ...] = ()) -> list[tuple[object, ...]]:
                said.extend(str(row[3]) for row in real(tx, f"EXPLAIN QUERY PLAN {sql}", params))
                return []

            patch.setattr(type(tx), "execute", execute)
            list_chats(tx, asked)
        return " ".join(said)

    found = await inline.get(plan)

    assert "SEARCH" in found
    assert "SCAN" not in found
    assert "TEMP B-TREE" not in found


async def test_a_chat_follows_its_app_and_goes_with_it(inline: Database) -> None:
    """The chat context itself stays: it is its user's."""
    await inline.write(bind)
    await inline.write(put, MADE)

    await inline.write(lambda tx: tx.execute("UPDATE AppSlugBindings SET appSlug = 'orchard'"))
    renamed = await inline.get(find_chat, "made")
    await inline.write(lambda tx: tx.execute("DELETE FROM AppSlugBindings"))

    assert renamed is not None
    assert renamed.app_slug == "orchard"
    assert await inline.get(find_chat, "made") is None
    assert await inline.get(lambda tx: tx.execute("SELECT contextId FROM ChatContexts")) == [("made",)]


async def test_a_chat_that_is_deleted_is_not_found_and_another_may_take_its_place(inline: Database) -> None:
    """Until it is gone for good it can come back: the newer one is then the app's."""
    newer = replace(MADE, context_id="newer", created="2026-02-01")
    await inline.write(put, MADE)
    await inline.write(lambda tx: tx.execute("UPDATE ChatContexts SET deleted = '2026-01-30'"))

    assert await inline.get(find_codegen_chat, ADA, USER, APP) is None
    assert await inline.get(find_chat, "made") is None
    await inline.write(put, newer)
    await inline.write(lambda tx: tx.execute("UPDATE ChatContexts SET deleted = ''"))

    assert await inline.get(find_codegen_chat, ADA, USER, APP) == newer


async def test_what_is_known_of_a_chat_goes_with_it(inline: Database) -> None:
    await inline.write(put, MADE)
    await inline.write(add_turn, Turn("made", "p1", 0, "words", "", "2026"))

    await inline.write(lambda tx: tx.execute("DELETE FROM ChatContexts"))

    assert await inline.get(find_chat, "made") is None
    assert await inline.get(list_turns, "made", 9) == ()


async def test_turns_are_told_newest_first_and_each_section_is_of_one(inline: Database) -> None:
    """Sections that older clients appended before the first turn are of none."""

    def fill(tx: Tx) -> None:
        put(tx, MADE)
        append_sections(tx, [NewSection(ADA, "made", "user", "[]")] * 9)
        for prompt_id, first in (("p1", 2), ("p2", 4), ("p3", 7)):
            add_turn(tx, Turn("made", prompt_id, first, f"do {prompt_id}", "", "2026"))

    async def at(*seqs: int) -> list[str]:
        found = await inline.get(find_turns_at, "made", seqs)
        return [found[seq].prompt_id if seq in found else "-" for seq in seqs]

    await inline.write(fill)
    turns = await inline.get(list_turns, "made", 2)

    assert [turn.prompt_id for turn in turns] == ["p3", "p2"]
    assert [turn.prompt_id for turn in await inline.get(list_turns, "made", 2, "p1")] == ["p1"]
    assert [await inline.get(find_end, turn) for turn in turns] == [9, 7]
    assert await at(*range(9)) == ["-", "-", "p1", "p1", "p2", "p2", "p2", "p3", "p3"]
    assert await at(5, 6) == ["p2", "p2"]
    assert await at(0, 1) == ["-", "-"]
    assert await at() == []
