"""Nobody reaches what is another's: the messages that make and change things, by every kind of asker and target.

Ada owns an app, an asset and a chat; Eve owns her own. All messages there are, for all relations, are in
`services/test_access.py`; here each is sent in the ways in which it can be aimed at what is Ada's.
"""

import json

import pytest
from answering import answer
from asking import APPEND, DEPLOY, ENSURE_CHAT, FakeCompiler, ask, deploy, get, rows, text
from fakes import make_app, open_database

from vibes_trio.content.cid import calc_cid
from vibes_trio.exchange import HttpIncoming, MessageIncoming
from vibes_trio.handlers import PIPELINE

SECRET = "ada's own words"
BLOCK = {
    "type": "block.begin",
    "blockId": "b",
    "streamId": "s",
    "seq": 0,
    "blockNr": 0,
    "timestamp": "2026-01-22",
}


def deployed(**where):
    return {"mode": "production", "fileSystem": [text("/v", "new")]} | where


def referring(cid, kind="str-asset-ref"):
    file = {"type": kind, "filename": "/copy.js", "refId": cid}
    return {"mode": "production", "fileSystem": [file], "userSlug": "eve", "appSlug": "shed"}


def section(context_id):
    return {"contextId": context_id, "origin": "user", "blocks": [BLOCK]}


# Each use of a message by what it is aimed at, seen from Eve: (type, members, code). No code: it succeeds.
USES = {
    "deploy to her app": (DEPLOY, deployed(userSlug="eve", appSlug="shed"), None),
    "deploy to another app": (DEPLOY, deployed(userSlug="eve", appSlug="garden"), None),
    "deploy to a new slug": (DEPLOY, deployed(userSlug="eve-two", appSlug="garden"), None),
    "deploy to Ada's app": (DEPLOY, deployed(userSlug="ada", appSlug="garden"), "slug-taken"),
    "deploy to Ada's app in other letters": (
        DEPLOY,
        deployed(userSlug="ADA", appSlug="Garden"),
        "slug-taken",
    ),
    "deploy to Ada's app by handle": (DEPLOY, deployed(ownerHandle="ada", appSlug="garden"), "slug-taken"),
    "deploy Ada's release again": (
        DEPLOY,
        {"mode": "production", "fileSystem": [text("/v", SECRET)], "userSlug": "ada", "appSlug": "garden"},
        "slug-taken",
    ),
    "deploy a new app under Ada's slug": (DEPLOY, deployed(userSlug="ada", appSlug="new"), "slug-taken"),
    "deploy a random app under Ada's slug": (DEPLOY, deployed(userSlug="ada"), "slug-taken"),
    "refer to her asset": (DEPLOY, referring(calc_cid(b"eve's")), None),
    "refer to Ada's asset": (DEPLOY, referring(calc_cid(SECRET.encode())), "not-found"),
    "refer to Ada's asset as code": (DEPLOY, referring(calc_cid(SECRET.encode()), "code-ref"), "not-found"),
    "refer to no asset": (DEPLOY, referring(calc_cid(b"nowhere")), "not-found"),
    "open her chat": (ENSURE_CHAT, {"contextId": "eve-chat"}, None),
    "open Ada's chat": (ENSURE_CHAT, {"contextId": "ada-chat"}, "not-owner"),
    "open a new chat": (ENSURE_CHAT, {"contextId": "no-chat"}, None),
    "open a nameless chat": (ENSURE_CHAT, {}, None),
    "append to her chat": (APPEND, section("eve-chat"), None),
    "append to Ada's chat": (APPEND, section("ada-chat"), "not-owner"),
    "append to no chat": (APPEND, section("no-chat"), "not-found"),
}

# What is sent as `auth`, by those who are nobody.
NOBODIES = {
    "anonymous": {},
    "null": {"auth": None},
    "empty": {"auth": {}},
    "bad token": {"auth": {"type": "device-id", "token": "bad"}},
    "empty token": {"auth": {"type": "device-id", "token": ""}},
    "ucan": {"auth": {"type": "ucan", "token": "ada"}},
    "unknown type": {"auth": {"type": "root", "token": "ada"}},
    "type in capitals": {"auth": {"type": "DEVICE-ID", "token": "ada"}},
}


@pytest.fixture
async def app(tmp_path):
    db = open_database(tmp_path)
    app = make_app(db, compiler=FakeCompiler())
    await deploy(app, text("/v", SECRET))
    await deploy(app, text("/v", "eve's"), user="eve", userSlug="eve", appSlug="shed")
    for user in ("ada", "eve"):
        await ask(app, user, ENSURE_CHAT, contextId=f"{user}-chat")
        await ask(app, user, APPEND, **section(f"{user}-chat"))
    yield app
    db.close()


def of_ada(app):
    """Return the rows that are Ada's, of every table but Assets, whose rows have no owner."""
    found = rows(app)
    return {
        table: [row for row in found[table] if any("ada" in str(value) for value in row)]
        for table in found
        if table != "Assets"
    }


def by_message(data):
    return MessageIncoming(data)


def by_post(data):
    return HttpIncoming("POST", "apps.test", "/v1/api", {"content-type": "application/json"}, data)


async def send(app, way, kind, members):
    message = {"tid": "t", "src": "a", "dst": "b", "ttl": 1, "payload": {"type": kind} | members}
    reply = await answer(app, PIPELINE, way(json.dumps(message).encode()))
    return json.loads(reply.body)["payload"]


@pytest.mark.parametrize("way", [by_message, by_post])
@pytest.mark.parametrize("use", USES)
async def test_another_user_changes_nothing_that_is_not_hers(app, use, way):
    kind, members, code = USES[use]
    before, adas = rows(app), of_ada(app)

    reply = await send(app, way, kind, members | {"auth": {"type": "device-id", "token": "eve"}})

    assert reply.get("code") == code, reply
    assert of_ada(app) == adas
    if code is not None:
        assert rows(app) == before
        assert SECRET not in json.dumps(reply)
    assert (await get(app, "/v")).body == SECRET.encode()


@pytest.mark.parametrize("way", [by_message, by_post])
@pytest.mark.parametrize("use", USES)
async def test_nobody_changes_anything_and_learns_nothing(app, use, way):
    kind, members, _ = USES[use]
    before = rows(app)

    replies = [await send(app, way, kind, members | auth) for auth in NOBODIES.values()]

    assert rows(app) == before
    assert {reply["code"] for reply in replies} == {"require-login"}
    assert len({json.dumps(reply) for reply in replies}) == 1


@pytest.mark.parametrize("user", ["ada", "eve"])
async def test_each_reaches_her_own(app, user):
    slug = {"ada": "garden", "eve": "shed"}[user]

    replies = [
        await deploy(app, text("/v", "mine"), user=user, userSlug=user, appSlug=slug),
        await ask(app, user, ENSURE_CHAT, contextId=f"{user}-chat"),
        await ask(app, user, APPEND, **section(f"{user}-chat")),
    ]

    assert [reply["type"].startswith("vibes.diy.res-") for reply in replies] == [True] * 3
    assert replies[2]["seq"] == 1
    assert (await get(app, "/v", host=f"{slug}--{user}.apps.test")).body == b"mine"


async def test_another_users_asset_and_a_missing_one_are_told_apart_by_nothing(app):
    others = await ask(app, "eve", DEPLOY, **referring(calc_cid(SECRET.encode())))
    missing = await ask(app, "eve", DEPLOY, **referring(calc_cid(b"nowhere")))

    def without_cid(reply):
        return json.dumps(reply).replace(calc_cid(SECRET.encode()), "?").replace(calc_cid(b"nowhere"), "?")

    assert without_cid(others) == without_cid(missing)


async def test_an_asset_that_two_users_have_is_each_ones_own(app):
    """Sending the same content gives a right to it; it is stored once."""
    await deploy(app, text("/v", SECRET), user="eve", userSlug="eve", appSlug="copy")

    reply = await ask(app, "eve", DEPLOY, **referring(calc_cid(SECRET.encode())))

    assert reply["type"] == "vibes.diy.res-ensure-app-slug"
    assert (await get(app, "/copy.js", host="shed--eve.apps.test")).body == SECRET.encode()


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
async def test_an_apps_host_takes_no_message(app, method):
    before = rows(app)
    message = {"tid": "t", "src": "a", "dst": "b", "ttl": 1}
    payload = {"type": ENSURE_CHAT, "auth": {"type": "device-id", "token": "ada"}}
    data = json.dumps(message | {"payload": payload}).encode()

    reply = await answer(app, PIPELINE, HttpIncoming(method, "garden--ada.apps.test", "/v1/api", {}, data))

    assert reply.status == (404 if method in ("POST", "PUT") else 503)
    assert rows(app) == before
