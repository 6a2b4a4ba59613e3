"""Whom an app's owner lets in, as messages."""

from dataclasses import replace

import pytest
from asking import ask, deploy, js
from fakes import NOW

from vibes_trio.auth.verifier import Claims
from vibes_trio.config import Limits
from vibes_trio.exchange import UserId
from vibes_trio.services.sharing import email_key_of
from vibes_trio.storage.users import add_user

GARDEN = {"appSlug": "garden", "ownerHandle": "ada"}
VERSIONS = "vibes.diy.req-list-versions"
SETTINGS = "vibes.diy.req-ensure-app-settings"


def req(name):
    return f"vibes.diy.req-{name}"


@pytest.fixture
async def garden(app):
    await deploy(app, js("/a.js", "1"), posture="private")
    return app


async def sees(app, who):
    return bool((await ask(app, who, VERSIONS, **GARDEN))["items"])


async def invite(app, role="viewer", **members):
    return await ask(app, "ada", req("create-invite"), **GARDEN, role=role, **members)


async def redeem(app, who, made):
    return await ask(app, who, req("redeem-invite"), token=made["tokenOrGrantUserId"])


async def test_an_invitation_lets_one_in_and_no_second(garden):
    app = garden
    made = await invite(app)
    assert (made["state"], made["role"], made["foreignInfo"]) == ("pending", "viewer", {})
    assert not await sees(app, "bob")

    taken = await redeem(app, "bob", made)
    again = await redeem(app, "bob", made)
    other = await redeem(app, "eve", made)

    assert (taken["appSlug"], taken["ownerHandle"], taken["state"]) == ("garden", "ada", "accepted")
    assert (again["state"], other["code"]) == ("accepted", "not-found")
    assert (await sees(app, "bob"), await sees(app, "eve")) == (True, False)
    has = await ask(app, "bob", req("has-access-invite"), **GARDEN)
    assert (has["state"], has["role"], has["tokenOrGrantUserId"]) == ("accepted", "viewer", "bob")
    assert (await ask(app, "eve", req("has-access-invite"), **GARDEN))["state"] == "not-found"


async def test_of_an_app_that_is_gone_nobody_has_access(garden):
    app = garden
    await redeem(app, "bob", await invite(app))
    await ask(app, "ada", SETTINGS, **GARDEN, request={"enable": True, "autoAcceptRole": "viewer"})
    await ask(app, "eve", req("request-access"), **GARDEN)
    gone = await ask(app, "ada", req("delete-app"), **GARDEN)

    invited = await ask(app, "bob", req("has-access-invite"), **GARDEN)
    asked = await ask(app, "eve", req("has-access-request"), **GARDEN)
    assert (invited["state"], asked["state"]) == ("not-found", "not-found")
    assert (set(invited), set(asked)) == ({"type", "appSlug", "ownerHandle", "userSlug", "state"},) * 2

    await ask(app, "ada", req("undo-deletion"), deletionId=gone["deletionId"])
    assert (await ask(app, "bob", req("has-access-invite"), **GARDEN))["state"] == "accepted"
    assert (await ask(app, "eve", req("has-access-request"), **GARDEN))["state"] == "approved"


@pytest.mark.parametrize("token", ["", "nothing", "é" * 1000])
async def test_other_secrets_let_nobody_in(garden, token):
    assert (await ask(garden, "bob", req("redeem-invite"), token=token))["code"] == "not-found"


async def test_nobody_is_invited_into_what_is_their_own_or_gone(garden):
    app = garden
    made = await invite(app)

    assert (await redeem(app, "ada", made))["code"] == "not-found"
    await ask(app, "ada", req("delete-app"), **GARDEN)
    assert (await redeem(app, "bob", made))["code"] == "not-found"


async def test_a_role_is_changed_and_an_invitation_taken_back(garden):
    app = garden
    made = await invite(app)
    await redeem(app, "bob", made)
    key = {"emailKey": made["emailKey"]}

    changed = await ask(app, "ada", req("invite-set-role"), **GARDEN, **key, role="editor")
    assert changed["role"] == "editor"
    assert (await deploy(app, js("/a.js", "2"), user="bob"))["appSlug"] == "garden"

    gone = await ask(app, "ada", req("revoke-invite"), **GARDEN, **key)
    assert (gone["deleted"], await sees(app, "bob")) == (False, False)
    assert (await redeem(app, "bob", made))["code"] == "not-found"
    (listed,) = (await ask(app, "ada", req("list-invite-grants"), **GARDEN, pager={}))["items"]
    assert (listed["state"], listed["tokenOrGrantUserId"]) == ("revoked", "bob")

    await ask(app, "ada", req("revoke-invite"), **GARDEN, **key, delete=True)
    assert (await ask(app, "ada", req("list-invite-grants"), **GARDEN))["items"] == []
    assert (await ask(app, "ada", req("revoke-invite"), **GARDEN, **key))["code"] == "not-found"
    unknown = await ask(app, "ada", req("invite-set-role"), **GARDEN, **key, role="viewer")
    assert unknown["code"] == "not-found"


async def test_an_address_that_is_invited_again_begins_anew(garden):
    app = garden
    first = await invite(app, invitedEmail="Bob+home@example.org")
    assert (first["emailKey"], first["foreignInfo"]) == (
        "bob@example.org",
        {"givenEmail": "Bob+home@example.org"},
    )
    await redeem(app, "bob", first)

    second = await invite(app, "editor", invitedEmail="bob@example.org")

    assert not await sees(app, "bob")
    assert (await redeem(app, "bob", first))["code"] == "not-found"
    pending = await ask(app, "bob", req("has-access-invite"), **GARDEN)
    assert (pending["state"], "tokenOrGrantUserId" in pending) == ("pending", False)
    assert (await redeem(app, "bob", second))["role"] == "editor"


@pytest.mark.parametrize("email", ["bob", "@example.org", "bob@", "b" * 400 + "@example.org"])
async def test_what_is_no_address_is_refused(garden, email):
    assert (await invite(garden, invitedEmail=email))["code"] == "bad-request"
    assert email_key_of(" A+b@C.d ") == "a@c.d"


async def test_who_has_no_address_has_no_pending_invitation(garden):
    class Unknown:
        def at_once(self, token):
            return Claims(UserId(token), token, "user", f"{token}@example.org", False)

        async def __call__(self, token):
            return self.at_once(token)

    await invite(garden, invitedEmail="bob@example.org")
    app = replace(garden, verifiers={"device-id": Unknown()})

    assert (await ask(app, "bob", req("has-access-invite"), **GARDEN))["state"] == "not-found"


async def test_invitations_are_listed_page_by_page_and_bounded(garden):
    app = replace(garden, config=replace(garden.config, limits=Limits(members_per_app=3)))
    for _ in range(3):
        await invite(app)
    assert (await invite(app))["limit"] == "members_per_app"

    first = await ask(app, "ada", req("list-invite-grants"), **GARDEN, pager={"limit": 2})
    second = await ask(app, "ada", req("list-invite-grants"), **GARDEN, pager={"cursor": first["nextCursor"]})

    assert len({one["emailKey"] for one in first["items"] + second["items"]}) == 3
    assert "nextCursor" not in second


async def test_who_asks_is_let_in_by_the_owner(app):
    await deploy(app, js("/a.js", "1"))
    closed = await ask(app, "bob", req("request-access"), **GARDEN)
    assert (closed["code"], "takes no requests" in closed["message"]) == ("bad-request", True)
    await ask(app, "ada", SETTINGS, **GARDEN, request={"enable": True})

    asked = await ask(app, "bob", req("request-access"), **GARDEN)
    assert (asked["state"], asked["foreignUserId"], asked["foreignInfo"]) == (
        "pending",
        "bob",
        {"email": "bob@example.org"},
    )
    assert (await ask(app, "ada", req("request-access"), **GARDEN))["code"] == "bad-request"
    (listed,) = (await ask(app, "ada", req("list-request-grants"), **GARDEN, pager={}))["items"]
    assert (listed["foreignUserId"], listed["state"], "role" in listed) == ("bob", "pending", False)
    assert listed["foreignInfo"] == {"email": "bob@example.org"}

    who = {"foreignUserId": "bob"}
    approved = await ask(app, "ada", req("approve-request"), **GARDEN, **who, role="viewer")
    assert (approved["state"], approved["role"]) == ("approved", "viewer")
    again = await ask(app, "bob", req("request-access"), **GARDEN)
    assert (again["state"], again["role"]) == ("approved", "viewer")
    editor = await ask(app, "ada", req("request-set-role"), **GARDEN, **who, role="editor")
    assert editor["role"] == "editor"
    has = await ask(app, "bob", req("has-access-request"), **GARDEN)
    assert (has["state"], has["role"]) == ("approved", "editor")

    gone = await ask(app, "ada", req("revoke-request"), **GARDEN, **who)
    assert gone["deleted"] is False
    has = await ask(app, "bob", req("has-access-request"), **GARDEN)
    assert (has["state"], "role" in has) == ("revoked", False)
    assert (await ask(app, "bob", req("request-access"), **GARDEN))["state"] == "revoked"
    await ask(app, "ada", req("revoke-request"), **GARDEN, **who, delete=True)
    assert (await ask(app, "bob", req("has-access-request"), **GARDEN))["state"] == "not-found"
    assert (await ask(app, "ada", req("approve-request"), **GARDEN, **who, role="viewer"))[
        "code"
    ] == "not-found"


async def test_the_owner_is_told_how_who_asks_is_called(app):
    """By their handle; before they have one, as the operator calls them."""
    await deploy(app, js("/a.js", "1"))
    await ask(app, "ada", SETTINGS, **GARDEN, request={"enable": True})
    await app.db.write(add_user, UserId("eve"), "Eve Adams", "")
    await deploy(app, js("/a.js", "1"), user="bob", userSlug="bobs-house")
    for name in ("eve", "bob"):
        await ask(app, name, req("request-access"), **GARDEN)

    listed = (await ask(app, "ada", req("list-request-grants"), **GARDEN, pager={}))["items"]

    assert sorted(one["foreignInfo"]["name"] for one in listed) == ["Eve Adams", "bobs-house"]


async def test_a_private_app_may_be_asked_for_if_its_owner_takes_requests(garden):
    app = garden
    hidden = await ask(app, "bob", req("request-access"), **GARDEN)
    missing = await ask(app, "bob", req("request-access"), **GARDEN | {"appSlug": "none"})
    assert hidden["message"].replace("garden", "none") == missing["message"]

    await ask(app, "ada", SETTINGS, **GARDEN, request={"enable": True})
    assert (await ask(app, "bob", req("request-access"), **GARDEN))["state"] == "pending"
    assert not await sees(app, "bob")

    await ask(app, "ada", SETTINGS, **GARDEN, request={"enable": True, "autoAcceptRole": "viewer"})
    assert await sees(app, "bob")
    assert (await ask(app, "eve", req("request-access"), **GARDEN))["role"] == "viewer"


async def test_requests_are_listed_page_by_page_and_bounded(garden):
    app = replace(garden, config=replace(garden.config, limits=Limits(members_per_app=3)))
    await ask(app, "ada", SETTINGS, **GARDEN, request={"enable": True})
    for who in ("a", "b", "c"):
        await ask(app, who, req("request-access"), **GARDEN)
    assert (await ask(app, "d", req("request-access"), **GARDEN))["limit"] == "members_per_app"

    first = await ask(app, "ada", req("list-request-grants"), **GARDEN, pager={"limit": 2})
    second = await ask(
        app, "ada", req("list-request-grants"), **GARDEN, pager={"cursor": first["nextCursor"]}
    )

    assert [one["foreignUserId"] for one in first["items"] + second["items"]] == ["a", "b", "c"]


async def test_members_and_memberships_are_listed(garden):
    app = garden
    await ask(
        app, "ada", SETTINGS, **GARDEN, request={"enable": True, "autoAcceptRole": "viewer"}, title="Mine"
    )
    await ask(app, "bob", req("create-user-slug-binding"), ownerHandle="bobby")
    for who, role in (("bob", "editor"), ("eve", "viewer")):
        await redeem(app, who, await invite(app, role))
    await ask(app, "bob", req("request-access"), **GARDEN)  # has both: the higher counts

    members = (await ask(app, "eve", req("list-members"), **GARDEN))["members"]
    assert members == [
        {"displayName": "ada", "role": "owner"},
        {"displayName": "bobby", "role": "editor"},
        {"displayName": "", "role": "viewer"},
    ]
    (mine,) = (await ask(app, "bob", req("list-memberships")))["items"]
    assert (mine["appSlug"], mine["ownerHandle"], mine["role"], mine["title"]) == (
        "garden",
        "ada",
        "editor",
        "Mine",
    )
    assert (await ask(app, "ada", req("list-memberships")))["items"] == []
    assert (await ask(app, "mallory", req("list-members"), **GARDEN))["code"] == "not-found"


async def test_memberships_are_listed_page_by_page(app):
    for name in ("one", "two", "six"):
        await deploy(app, js("/a.js", "1"), appSlug=name)
        made = await ask(app, "ada", req("create-invite"), appSlug=name, ownerHandle="ada", role="viewer")
        await redeem(app, "bob", made)

    first = await ask(app, "bob", req("list-memberships"), limit=2)
    second = await ask(app, "bob", req("list-memberships"), limit=2, cursor=first["nextCursor"])

    assert [one["appSlug"] for one in first["items"] + second["items"]] == ["one", "six", "two"]
    await ask(app, "ada", req("delete-app"), appSlug="six", ownerHandle="ada")
    assert [one["appSlug"] for one in (await ask(app, "bob", req("list-memberships")))["items"]] == [
        "one",
        "two",
    ]


async def test_an_editor_deploys_under_the_owners_handle_and_for_their_account(garden):
    app = garden
    await redeem(app, "bob", await invite(app, "editor"))
    await redeem(app, "vic", await invite(app, "viewer"))

    done = await deploy(app, js("/a.js", "by bob"), user="bob")
    again = await deploy(app, js("/a.js", "by bob"), user="bob")
    refused = await deploy(app, js("/a.js", "by vic"), user="vic")
    elsewhere = await deploy(app, js("/a.js", "1"), user="bob", appSlug="another")
    opened = await deploy(app, js("/a.js", "2"), user="bob", access="public")

    assert done["fsId"] == again["fsId"]
    assert (refused["code"], elsewhere["code"], opened["code"]) == ("slug-taken", "slug-taken", "not-owner")
    newest = (await ask(app, "ada", VERSIONS, **GARDEN))["items"][0]
    assert (newest["fsId"], newest["deployedBy"], newest["published"]) == (done["fsId"], "bob", True)
    assert (await ask(app, "ada", req("who-am-i")))["usage"]["releases"]["used"] == 2
    assert (await ask(app, "bob", req("who-am-i")))["usage"]["releases"]["used"] == 0
    assert NOW > 0


async def test_what_a_deploy_says_of_its_app_is_kept_until_it_says_something_else(app):
    async def told():
        return (await ask(app, "ada", SETTINGS, **GARDEN))["settings"]["entry"]

    await deploy(app, js("/a.js", "1"), posture="private", anonWrite="off")
    assert ((await told())["visibility"], (await told())["posture"]) == ("private", "private")
    assert ((await told())["anonWrite"], (await told())["publicAccess"]["enable"]) == ("off", False)
    await deploy(app, js("/a.js", "2"))
    await deploy(app, js("/a.js", "3"), posture="default")
    assert (await told())["visibility"] == "private"
    await deploy(app, js("/a.js", "3"), access="unlisted")
    assert (await told())["visibility"] == "unlisted"
    await deploy(app, js("/a.js", "3"), posture="open")
    assert ((await told())["visibility"], (await told())["publicAccess"]["enable"]) == ("public", True)


@pytest.mark.parametrize(
    ("members", "visibility"),
    [
        ({"visibility": "private"}, "private"),
        ({"visibility": "unlisted"}, "unlisted"),
        ({"publicAccess": {"enable": False}}, "private"),
        ({"publicAccess": {"enable": True}}, "public"),
        ({"posture": "private"}, "private"),
        ({"access": "private"}, "private"),
        ({"posture": "gated", "anonWrite": "explicit"}, "public"),
    ],
)
async def test_who_may_see_an_app_is_set_in_any_of_its_words(app, members, visibility):
    await deploy(app, js("/a.js", "1"))

    reply = await ask(app, "ada", SETTINGS, **GARDEN, **members)
    other = await ask(app, "bob", SETTINGS, **GARDEN, visibility="public")

    assert reply["settings"]["entry"]["visibility"] == visibility
    assert ("error" in other) == (visibility == "private")
    assert (await ask(app, "ada", SETTINGS, **GARDEN, publicAccess={"enable": True}))["settings"]["entry"][
        "visibility"
    ] == ("public" if visibility == "private" else visibility)


async def test_publishing_keeps_what_it_says_too(garden):
    await ask(garden, "ada", req("publish-app"), **GARDEN, posture="open")
    assert await sees(garden, "bob")


async def test_what_is_made_from_a_private_app_is_private(garden):
    made = await ask(garden, "ada", req("fork-app"), srcAppSlug="garden", srcUserSlug="ada", skipChat=True)

    assert (await ask(garden, "bob", VERSIONS, ownerHandle="ada", appSlug=made["appSlug"]))["items"] == []
