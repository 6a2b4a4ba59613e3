"""Who looks at an app: what the page round it is told, what it hands on, and what an app may do with that."""

import pytest
from access_world import TARGETS as ABOUT
from access_world import make_world, messages, payload
from asking import FakeCompiler, ask, deploy, js
from fakes import make_app, open_database

from vibes_trio.auth.handoff import HAND_OFF, REFUSED
from vibes_trio.services.handoff import _LEVELS
from vibes_trio.wire.access import Relation

WHO = "vibe.req.whoAmI"
HAND = "vibes.diy.req-hand-off"
GARDEN = {"appSlug": "garden", "ownerHandle": "ada"}


@pytest.fixture
async def app(tmp_path):
    db = open_database(tmp_path)
    app = make_app(db, compiler=FakeCompiler())
    await deploy(app, js("/a.js", "1"))
    await deploy(app, js("/a.js", "1"), appSlug="shed")
    await deploy(app, js("/a.js", "1"), appSlug="secret", access="private")
    await deploy(app, js("/a.js", "1"), user="eve", userSlug="eve-e", appSlug="eves")
    yield app
    db.close()


async def say(app, user, kind, **members):
    """Send a message as *user*; None: without credentials."""
    return await ask(app, user or "", kind, **{**GARDEN, **members}, **({} if user else {"auth": None}))


async def handed(app, user):
    return (await say(app, user, HAND))["token"]


async def by_app(app, token, **members):
    return await ask(app, "", WHO, **{**GARDEN, **members}, auth={"type": HAND_OFF, "token": token})


async def test_an_owner_is_told_so_and_may_look_as_such(app):
    reply = await ask(app, "ada", WHO, **GARDEN, tid="mine")

    assert reply == {
        "type": "vibe.res.whoAmI",
        "tid": "mine",
        "viewer": {"userHandle": "ada", "displayName": "ada"},
        "access": "editor",
        "isOwner": True,
        "needsHandle": False,
        "adminMode": False,
        "signedOut": False,
    }
    assert (await ask(app, "ada", WHO, **GARDEN, adminMode=True))["access"] == "override"


async def test_somebody_else_has_no_admin_mode(app):
    reply = await ask(app, "eve", WHO, **GARDEN, adminMode=True)

    assert (reply["access"], reply["isOwner"], reply["adminMode"]) == ("none", False, False)
    assert reply["viewer"]["userHandle"] == "eve-e"


async def test_who_has_no_handle_is_signed_in_all_the_same(app):
    reply = await ask(app, "bob", WHO, **GARDEN)

    assert (reply["viewer"], reply["needsHandle"]) == ({"userHandle": "", "displayName": ""}, True)


async def test_nobody_is_told_that_they_are_not_signed_in_and_the_tid_of_the_envelope(app):
    reply = await say(app, None, WHO)

    assert (reply["viewer"], reply["access"], reply["signedOut"]) == (None, "none", True)
    assert reply["tid"]


async def test_an_app_learns_by_what_it_was_handed_who_looks_at_it(app):
    ours, eves, nobodys = [await handed(app, user) for user in ("ada", "eve", None)]

    replies = [await by_app(app, token) for token in (ours, eves, nobodys)]

    assert [(reply["viewer"] or {}).get("userHandle") for reply in replies] == ["ada", "eve-e", None]
    assert [reply["isOwner"] for reply in replies] == [True, False, False]


@pytest.mark.parametrize("user", ["ada", None])
async def test_an_app_learns_nothing_about_another_one(app, user):
    reply = await by_app(app, await handed(app, user), appSlug="shed")

    assert (reply["code"], reply["message"]) == ("require-login", REFUSED)


async def test_what_is_no_token_of_an_app_is_refused_with_words_and_not_taken_for_nobody(app):
    reply = await by_app(app, "forged")

    assert (reply["code"], reply["message"]) == ("require-login", REFUSED)


async def test_a_private_app_is_handed_nothing_for_who_may_not_see_it(app):
    for user in ("eve", None):
        hidden = await say(app, user, HAND, appSlug="secret")
        missing = await say(app, user, HAND, appSlug="nothing")

        assert hidden["code"] == "not-found"
        assert hidden["message"].replace("secret", "…") == missing["message"].replace("nothing", "…")
    assert "token" in await say(app, "ada", HAND, appSlug="secret")


async def test_a_token_opens_nothing_but_what_its_row_says():
    """Every message there is, about the app itself: an owner's token of their own app."""
    world = await make_world()
    try:
        token = (await ask(world.app, "ada", HAND, **GARDEN))["token"]
        before = world.dump()
        for name, message, rule in messages():
            members = payload(world, message, ABOUT["public"])
            reply = await ask(world.app, "", name, **{**members, "auth": {"type": HAND_OFF, "token": token}})
            assert (reply.get("code") != "not-owner") is rule.of_apps, (name, reply)
        assert world.dump() == before
    finally:
        world.close()


def test_every_relation_to_an_app_has_its_level():
    assert set(_LEVELS) == set(Relation) - {Relation.OPERATOR}
