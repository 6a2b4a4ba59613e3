"""Whoever opens an invitation becomes a user by it, once, and is signed in."""

import json

import pytest
from page_client import page_client, page_socket, say, sign_in_code, signed_in
from serving import running

from vibes_trio.storage.users import find_user

INVITE = "vibes.diy.req-create-user-invite"


@pytest.fixture
async def client(tmp_path):
    async with running(tmp_path / "data") as app, page_client(app) as client:
        yield client


async def invited(app, **members) -> str:
    async with page_socket(app, await signed_in(app, "olga")) as socket:
        made = await say(socket, INVITE, **members)
    return made["url"].partition("/welcome#")[2]


async def test_who_is_invited_by_name_joins_with_a_click(client):
    code = await invited(client.app, name="eve", email="eve@example.org")

    asked = await client.post("/welcome", code=code)
    joined = await client.post("/welcome", code=code, name="mallory", go="1")
    again = await client.post("/welcome", code=code, go="1")

    assert asked.has("You will be called <strong>eve</strong>")
    assert (joined.status, joined.headers["location"]) == (303, "/")
    assert (again.status, "set-cookie" in again.headers) == (403, False)
    client.cookie = joined.token
    assert (await client.get("/")).has("Signed in as <strong>eve</strong>")
    eve = await client.app.db.get(find_user, "eve")
    assert (eve.email, eve.role) == ("eve@example.org", "user")


async def test_who_is_invited_without_a_name_says_it_and_may_try_again(client):
    code = await invited(client.app, role="operator")

    assert (await client.post("/welcome", code=code)).has('name="name"')
    taken = await client.post("/welcome", code=code, name="olga", go="1")
    empty = await client.post("/welcome", code=code, name=" ", go="1")
    joined = await client.post("/welcome", code=code, name="zoe", go="1")

    assert (taken.status, empty.status, joined.status) == (400, 400, 303)
    assert "a user olga already" in taken.text
    assert (await client.app.db.get(find_user, "zoe")).role == "operator"


@pytest.mark.parametrize("code", ["", "forged"])
async def test_what_is_no_invitation_makes_nobody(client, code):
    assert (await client.get("/welcome")).has("Code of your invitation")
    for fields in ({}, {"name": "eve", "go": "1"}):
        answered = await client.post("/welcome", code=code, **fields)
        assert (answered.status, "doesn&#39;t count" in answered.text) == (403, True)
    assert await client.app.db.get(find_user, "eve") is None


async def test_a_sign_in_code_is_no_invitation_and_an_invitation_no_sign_in_code(client):
    assert (await client.post("/sign-in", code=await invited(client.app))).status == 403
    assert (
        await client.post("/welcome", code=await sign_in_code(client.app), name="eve", go="1")
    ).status == 403


async def test_tries_are_bounded_by_address(client):
    for _ in range(client.app.config.limits.sign_in_burst):
        await client.post("/welcome", code="x")

    assert (await client.post("/welcome", code="x")).status == 429
    assert (await client.post("/welcome", code="x", go="1")).status == 429


async def test_nobody_s_tries_keep_out_who_is_invited(client):
    code = await invited(client.app)
    for _ in range(client.app.config.limits.sign_in_burst + 1):
        await client.post("/welcome", code="x")

    assert (await client.post("/welcome", code=code)).has('name="name"')
    assert (await client.post("/welcome", code=code, name="eve", go="1")).status == 303


async def test_tries_of_names_are_bounded_by_invitation(client):
    """Each tells whether there is a user of that name; and what is said of the last is a page, too."""
    code = await invited(client.app)
    most = client.app.config.limits.sign_in_burst

    answered = [await client.post("/welcome", code=code, name="olga", go="1") for _ in range(most + 1)]

    assert [one.status for one in answered] == [400] * most + [429]
    assert "Too many tries" in answered[-1].text


async def test_an_invitation_s_form_of_another_page_makes_nobody(client):
    code = await invited(client.app, name="eve")

    answered = await client.post("/welcome", headers={"origin": "http://evil.test"}, code=code, go="1")

    assert answered.status == 403
    assert await client.app.db.get(find_user, "eve") is None


async def test_only_operators_invite_and_say_who_is_one(client):
    olga, eve = await signed_in(client.app, "olga"), await signed_in(client.app, "eve")
    async with page_socket(client.app, olga) as hers, page_socket(client.app, eve) as eves:
        refused = [
            await say(eves, kind, **members)
            for kind, members in (
                (INVITE, {}),
                ("vibes.diy.req-list-user-invites", {}),
                ("vibes.diy.req-revoke-user-invite", {"inviteId": "x"}),
                ("vibes.diy.req-set-user-role", {"userId": "user-eve", "role": "operator"}),
            )
        ]
        made = await say(hers, INVITE, name="zoe")
        listed = await say(hers, "vibes.diy.req-list-user-invites", limit=1)
        await say(hers, "vibes.diy.req-revoke-user-invite", inviteId=made["invite"]["inviteId"])
        empty = await say(hers, "vibes.diy.req-list-user-invites")
        await say(hers, "vibes.diy.req-set-user-role", userId="user-eve", role="operator")
        allowed = await say(eves, INVITE)
        roles = [(await say(socket))["role"] for socket in (hers, eves)]

    assert {reply["code"] for reply in refused} == {"not-operator"}
    assert listed["items"] == [made["invite"]]
    assert empty["items"] == []
    assert "url" in allowed
    assert roles == ["operator", "operator"]
    assert "code" not in json.dumps(listed)
