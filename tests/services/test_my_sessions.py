"""Everybody sees, and ends, the sessions of their own browsers."""

import pytest
from page_client import page_socket, say, signed_in
from serving import running

LIST, REVOKE = "vibes.diy.req-list-sessions", "vibes.diy.req-revoke-session"


@pytest.fixture
async def app(tmp_path):
    async with running(tmp_path / "data") as app:
        yield app


async def test_one_s_own_sessions_are_listed_and_which_of_them_asks(app):
    first, _, _ = await signed_in(app), await signed_in(app), await signed_in(app, "eve")
    async with page_socket(app, first) as socket:
        listed = (await say(socket, LIST))["items"]
        page = await say(socket, LIST, limit=1)
        rest = await say(socket, LIST, limit=1, cursor=page["nextCursor"])

    assert [session.get("current", False) for session in listed].count(True) == 1
    assert [*page["items"], *rest["items"]] == listed
    assert listed[0]["browser"] == "A browser"
    assert len(listed) == 2
    assert "nextCursor" not in rest


async def test_one_is_ended_by_name_or_all_others_at_once(app):
    tokens = [await signed_in(app) for _ in range(4)]
    async with page_socket(app, tokens[0]) as socket:
        other = next(s["sessionId"] for s in (await say(socket, LIST))["items"] if not s.get("current"))
        assert (await say(socket, REVOKE, sessionId=other)) == {
            "type": "vibes.diy.res-revoke-session",
            "revoked": 1,
        }
        assert (await say(socket, REVOKE))["revoked"] == 2
        assert [s["current"] for s in (await say(socket, LIST))["items"]] == [True]
        assert (await say(socket, REVOKE, sessionId="none"))["code"] == "not-found"


async def test_nobody_ends_another_s(app):
    ada, eve = await signed_in(app), await signed_in(app, "eve")
    async with page_socket(app, ada) as hers, page_socket(app, eve) as eves:
        (session,) = (await say(hers, LIST))["items"]

        assert (await say(eves, REVOKE, sessionId=session["sessionId"]))["code"] == "not-found"
        assert (await say(hers))["userId"] == "user-ada"
