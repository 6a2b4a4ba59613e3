"""The access matrix: every message, by everybody, about everything; it is as the table says, and nothing leaks."""

import json

import pytest
from access_world import PEOPLE, TARGETS, changing, make_world, may, messages, payload, say
from asking import ask
from memory_engine import MemoryTx

from vibes_trio.handlers import PIPELINE
from vibes_trio.wire.access import Kind, Relation

REFUSALS = ("not-found", "not-owner", "not-operator", "require-login", "slug-taken")
MESSAGES = list(messages())


@pytest.fixture
async def world():
    world = await make_world()
    yield world
    world.close()


def names_forgotten(reply, target):
    """What is told, without the names that were asked for."""
    told = json.dumps(reply)
    for name in (
        target.app,
        target.chat,
        target.token,
        target.device,
        target.session,
        target.passkey,
        target.deletion,
        target.owner,
    ):
        told = told.replace(name, "…")
    return told


def test_every_message_has_its_row_and_every_row_a_message():
    names = {handler.takes for handler in PIPELINE if isinstance(handler.takes, str)}

    assert {name for name, _, _ in MESSAGES} == names


@pytest.mark.parametrize(("name", "message", "rule"), MESSAGES, ids=[name for name, _, _ in MESSAGES])
async def test_who_may_is_answered_and_nobody_else_learns_or_changes_anything(name, message, rule, world):
    before = world.dump()
    for who, relation in PEOPLE.items():
        nothing = TARGETS["missing"]
        unknown = names_forgotten(await say(world, who, message, payload(world, message, nothing)), nothing)
        world.reset()
        for case, target in TARGETS.items():
            reply = await say(world, who, message, payload(world, message, target))
            told = names_forgotten(reply, target)
            about = (name, who, case, reply)
            if may(rule, relation, target):
                assert reply.get("code") not in REFUSALS, about
            else:
                assert world.dump() == before, about
                assert reply.get("code") in REFUSALS or told == unknown, about
                if target.is_private and rule.about is Kind.APP and relation < Relation.VIEWER:
                    assert told == unknown, about
            world.reset()


def test_the_matrix_is_large_enough_to_mean_something():
    assert len(MESSAGES) * len(PEOPLE) * len(TARGETS) >= 2000


OF_APPS = [(name, message) for name, message, rule in MESSAGES if rule.about is Kind.APP]


@pytest.mark.parametrize(("name", "message"), OF_APPS, ids=[row[0] for row in OF_APPS])
async def test_what_is_somebody_elses_takes_as_much_work_as_what_is_not_there(
    name, message, monkeypatch, world
):
    """Counted in statements, as time is a matter of the machine: each is a look by a key."""
    counts = []
    plain = MemoryTx.execute

    def counting(tx, sql, params=()):
        counts[-1] += 1
        return plain(tx, sql, params)

    monkeypatch.setattr(MemoryTx, "execute", counting)
    for who in ("bob", ""):
        counts.clear()
        for case in ("private", "missing"):
            counts.append(0)
            await say(world, who, message, payload(world, message, TARGETS[case]))
        assert counts[0] == counts[1], (name, who, counts)


READ_BY_OTHERS = [(name, message, rule) for name, message, rule in MESSAGES if rule.changes is not None]


@pytest.mark.parametrize(("name", "message", "rule"), READ_BY_OTHERS, ids=[row[0] for row in READ_BY_OTHERS])
async def test_who_may_only_read_changes_nothing(name, message, rule, world):
    before = world.dump()
    for who, relation in PEOPLE.items():
        for case, target in TARGETS.items():
            await say(world, who, message, changing(world, message, target))
            changed = world.dump() != before
            assert changed == (target.is_there and Relation.OPERATOR > relation >= rule.changes), (
                name,
                who,
                case,
            )
            world.reset()


async def test_either_name_of_a_handle_is_taken_and_both_are_answered(world):
    for members in ({"ownerHandle": "ada"}, {"userSlug": "ada"}, {"ownerHandle": "ada", "userSlug": "Ada"}):
        reply = await ask(world.app, "ada", "vibes.diy.req-list-versions", appSlug="garden", **members)
        assert (reply["ownerHandle"].lower(), reply["userSlug"].lower()) == ("ada", "ada")
        assert len(reply["items"]) == 2

    refused = await ask(
        world.app, "ada", "vibes.diy.req-list-versions", appSlug="garden", ownerHandle="ada", userSlug="bob"
    )
    nobody = await ask(world.app, "ada", "vibes.diy.req-pin-recent-vibe", appSlug="garden", pin=True)

    assert (refused["code"], "differ" in refused["message"]) == ("bad-request", True)
    assert (nobody["code"], "ownerHandle" in nobody["message"]) == ("bad-request", True)


async def test_a_public_app_of_someone_else_is_told_to_be_theirs(world):
    """It is seen by everybody, so that is no secret."""

    reply = await ask(world.app, "bob", "vibes.diy.req-pin-recent-vibe", **NAMED, pin=True)

    assert reply["code"] == "not-owner"


NAMED = {"appSlug": "garden", "ownerHandle": "ada"}
