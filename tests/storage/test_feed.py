"""What has changed is told to those who listen: after the commit, before the answer, and never without bound."""

from collections.abc import Callable

import pytest
import trio
import trio.testing

from vibes_trio.errors import NotFound
from vibes_trio.exchange import AppSlug, UserId, UserSlug
from vibes_trio.storage import Database, Tx, chats
from vibes_trio.storage.certificates import Certificate, record_certificate, revoke_certificate
from vibes_trio.storage.feed import (
    EVERYTHING,
    REVOCATIONS,
    SESSIONS,
    Change,
    Everything,
    Feed,
    Listener,
    Releases,
    Revocations,
    Sections,
    SessionsEnded,
    Settings,
    doubted,
    listening,
    of_app,
    of_apps,
    of_context,
    of_settings,
)

ADA, BOB = UserId("Uada"), UserId("Ubob")
GARDEN = (AppSlug("garden"), UserSlug("ada"), ADA)
POND = (AppSlug("pond"), UserSlug("bob"), BOB)
TOPICS = {
    "context": of_context("z1"),
    "garden": of_app(*GARDEN[:2]),
    "apps of ada": of_apps(ADA),
    "pond": of_app(*POND[:2]),
    "settings of ada": of_settings(ADA),
    "revocations": REVOCATIONS,
    "sessions": SESSIONS,
}


@pytest.mark.parametrize(
    ("change", "hear"),
    [
        (Sections("z1", 3), {"context"}),
        (Sections("z2", 3), set()),
        (Releases(1, (GARDEN,)), {"garden", "apps of ada"}),
        (Releases(1), {"garden", "apps of ada", "pond"}),
        (Settings(ADA), {"settings of ada"}),
        (Settings(BOB), set()),
        (Revocations(), {"revocations"}),
        (SessionsEnded(), {"sessions"}),
        (EVERYTHING, set(TOPICS)),
    ],
)
def test_those_hear_of_a_change_who_listen_to_what_it_is_about(change: Change, hear: set[str]) -> None:
    feed, heard = Feed(), set()
    for name, topic in TOPICS.items():
        feed.listen(topic, lambda change, name=name: heard.add(name))

    feed.publish([change])

    assert heard == hear


def test_who_keeps_things_in_memory_hears_before_those_who_look() -> None:
    feed, heard = Feed(), []
    feed.listen(of_context("z1"), lambda change: heard.append("looks"))
    feed.hear_all(lambda change: heard.append("forgets"))

    feed.publish([Sections("z1", 1)])

    assert heard == ["forgets", "looks"]


def test_who_has_stopped_to_listen_hears_nothing_and_leaves_nothing() -> None:
    feed, heard = Feed(), []
    first = feed.listen(of_context("z1"), lambda change: heard.append("first"))
    second = feed.listen(of_context("z1"), lambda change: heard.append("second"))

    first()
    feed.publish([Sections("z1", 1)])
    second()
    feed.publish([Sections("z1", 2)])

    assert heard == ["second"]
    assert feed.topics == 0


def test_who_hears_may_stop_to_listen_at_once() -> None:
    """As a subscription does whose connection has ended."""
    feed, heard = Feed(), []
    ends: list[Callable[[], None]] = []

    def once(change: Change) -> None:
        heard.append("once")
        ends[0]()

    ends.append(feed.listen(of_context("z1"), once))
    feed.listen(of_context("z1"), lambda change: heard.append("other"))

    feed.publish([Sections("z1", 1), Sections("z1", 2)])

    assert heard == ["once", "other", "other"]


async def test_a_listener_is_woken_by_what_it_has_not_seen_and_sees_the_last_of_each() -> None:
    feed = Feed()
    with listening(feed, [of_context("z1"), of_app(*GARDEN[:2])], most=5) as listener:
        feed.publish([Sections("z1", 1), Releases(1, (GARDEN,)), Sections("z1", 2)])

        assert await listener.wait() == (Releases(1, (GARDEN,)), Sections("z1", 2))
        async with trio.open_nursery() as nursery:
            nursery.start_soon(listener.wait)
            await trio.testing.wait_all_tasks_blocked()
            feed.publish([Sections("z1", 3)])
    assert feed.topics == 0


async def test_a_listener_that_falls_behind_knows_only_that_everything_may_have_changed() -> None:
    listener = Listener(most=2)
    for number in range(10):
        listener.hear(Sections(f"z{number}", 1))

    heard = await listener.wait()

    assert heard[0] == EVERYTHING
    assert len(heard) <= 2


def test_what_may_not_have_happened_has_no_counter_to_go_by() -> None:
    assert doubted([Releases(7, (GARDEN,)), Sections("z1", 1)]) == (Releases(0, (GARDEN,)), Sections("z1", 1))
    assert isinstance(EVERYTHING, Everything)


# -- what transactions tell, on each engine ---------------------------------------------------------------------


def heard_of(db: Database) -> list[Change]:
    heard: list[Change] = []
    db.feed.hear_all(heard.append)
    return heard


def tell(tx: Tx, *changes: Change) -> None:
    tx.tell(*changes)


async def test_all_have_heard_of_a_change_when_its_maker_has_the_answer(db: Database) -> None:
    heard = heard_of(db)

    await db.write(tell, Settings(ADA), Revocations())

    assert heard == [Settings(ADA), Revocations()]


async def test_what_is_heard_can_be_read(db: Database) -> None:
    seen: list[str] = []

    def look(change: Change) -> None:
        if db.points is not None:
            seen.append(str(db.points.get(chats.find_owner, "z1")))

    db.feed.hear_all(look)
    await db.write(chats.ensure_context, ADA, "z1", str)
    await db.submit_item(chats.append_sections, chats.NewSection(ADA, "z1", "user", "[]")).wait()

    assert db.points is None or seen == [ADA]


async def test_what_was_undone_is_not_told(db: Database) -> None:
    heard = heard_of(db)

    def fail(tx: Tx) -> None:
        tx.tell(Settings(BOB))
        raise NotFound("not here")

    answers = [db.submit(tell, Settings(ADA)), db.submit(fail), db.submit(tell, Revocations())]
    for answer in (answers[0], answers[2]):
        await answer.wait()
    with pytest.raises(NotFound):
        await answers[1].wait()

    assert heard == [Settings(ADA), Revocations()]


async def test_what_was_undone_alone_is_not_told(inline: Database) -> None:
    heard = heard_of(inline)

    def fail(tx: Tx) -> None:
        tx.tell(Settings(BOB))
        raise NotFound("not here")

    with pytest.raises(NotFound):
        await inline.write(fail)

    assert heard == []


async def test_appends_tell_up_to_which_section_each_chat_goes(db: Database) -> None:
    await db.write(chats.ensure_context, ADA, "z1", str)
    await db.write(chats.ensure_context, ADA, "z2", str)
    heard = heard_of(db)

    for context_id in ("z1", "z2", "z1", "missing"):
        section = chats.NewSection(ADA, context_id, "user", "[]")
        db.submit_item(chats.append_sections, section)
    await db.write(tell)

    ends = {change.context_id: change.seq for change in heard if isinstance(change, Sections)}
    assert ends == {"z1": 2, "z2": 1}


async def test_certificates_that_come_or_go_are_told(db: Database) -> None:
    heard = heard_of(db)
    certificate = Certificate(serial="s", user_id=ADA, fingerprint="f", sha256="a", issued="1", expires="9")

    await db.write(record_certificate, certificate)
    await db.write(revoke_certificate, "s")

    assert heard == [Revocations(), Revocations()]
