"""Operators list users with what they keep, settings with their origin, and what may become a problem."""

import json
from dataclasses import replace

import pytest
import trio
from asking import APPEND, ENSURE_CHAT, FakeCompiler, ask, deploy, js
from fakes import make_app, open_database

from vibes_trio.config import SETTINGS
from vibes_trio.services import operating
from vibes_trio.services.server_settings import HIDDEN
from vibes_trio.storage.users import add_user
from vibes_trio.wire.operator import ToldFinding

USERS = "vibes.diy.req-list-users"
SETTINGS_OF = "vibes.diy.req-list-server-settings"
FINDINGS = "vibes.diy.req-get-server-findings"
BLOCK = {"type": "block.begin", "blockId": "b", "streamId": "s", "seq": 0, "blockNr": 0, "timestamp": 1}


@pytest.fixture
async def app(tmp_path):
    db = open_database(tmp_path)
    for name in ("olga", "bob", "ada"):
        await db.write(add_user, name, name, f"{name}@example.org" if name == "ada" else "")
    yield make_app(db, compiler=FakeCompiler(), data_dir=tmp_path)
    db.close()


@pytest.mark.parametrize("kind", [USERS, SETTINGS_OF, FINDINGS])
async def test_only_operators_are_answered(app, kind):
    assert (await ask(app, "ada", kind))["code"] == "not-operator"
    assert (await ask(app, "nobody", kind))["code"] == "not-operator"
    assert "code" not in await ask(app, "olga", kind)


async def test_users_are_listed_with_what_they_keep(app):
    await deploy(app, js("/a.js", "1"))
    await deploy(app, js("/a.js", "22"))
    await ask(app, "ada", ENSURE_CHAT, contextId="chat")
    await ask(app, "ada", APPEND, contextId="chat", origin="llm", blocks=[BLOCK])

    first, *others = (await ask(app, "olga", USERS))["items"]

    assert {name: first[name] for name in ("userId", "name", "email", "role")} == {
        "userId": "ada",
        "name": "ada",
        "email": "ada@example.org",
        "role": "user",
    }
    usage = first["usage"]
    assert (usage["apps"], usage["releases"], usage["chats"], usage["sections"]) == (1, 2, 1, 1)
    assert usage["releaseBytes"] > 3
    assert usage["chatBytes"] > 50
    assert [(one["name"], one["role"], one["usage"]["apps"]) for one in others] == [
        ("bob", "user", 0),
        ("olga", "operator", 0),
    ]


async def test_what_is_deleted_counts_for_nobody(app):
    await deploy(app, js("/a.js", "1"))
    await ask(app, "ada", "vibes.diy.req-delete-app", appSlug="garden", ownerHandle="ada")

    usage = (await ask(app, "olga", USERS))["items"][0]["usage"]

    assert (usage["apps"], usage["releases"]) == (0, 0)


async def test_users_are_listed_page_by_page(app):
    names, cursor = [], ""
    while not names or cursor:
        reply = await ask(app, "olga", USERS, limit=1, cursor=cursor)
        names += [one["name"] for one in reply["items"]]
        cursor = reply.get("nextCursor", "")

    assert names == ["ada", "bob", "olga"]
    assert (await ask(app, "olga", USERS, cursor="odd"))["code"] == "bad-request"


async def test_settings_are_told_with_their_origin_and_no_secret(tmp_path):
    secrets = {"device_id_ca_priv_key": "verborgen", "metrics_token": "verborgen"}
    db = open_database(tmp_path)
    await db.write(add_user, "olga", "olga", "")
    app = make_app(db, data_dir=tmp_path, app_env={"CALLAI_API_KEY": "verborgen"}, **secrets)
    app = replace(app, config=replace(app.config, origins={"CALLAI_API_KEY": "environment"}))

    reply = await ask(app, "olga", SETTINGS_OF)

    told = {one["name"]: one for one in reply["items"]}
    assert list(told) == [setting.name for setting in SETTINGS]
    assert (told["CALLAI_API_KEY"]["value"], told["CALLAI_API_KEY"]["origin"]) == (HIDDEN, "environment")
    assert "verborgen" not in json.dumps(reply)
    assert {setting.name for setting in SETTINGS if setting.secret} == {
        name for name, one in told.items() if one["value"] == HIDDEN
    }
    db.close()


async def test_findings_are_looked_for_once_in_a_while_for_all_who_ask(app, monkeypatch, autojump_clock):
    looks = []

    async def look(config):
        looks.append(config)
        await trio.sleep(1)
        return (ToldFinding(what="disk", level="ok", text="1 MiB free"),)

    monkeypatch.setattr(operating, "look_at_all", look)
    replies = []

    async def ask_once():
        replies.append(await ask(app, "olga", FINDINGS))

    async with trio.open_nursery() as nursery:
        for _ in range(3):
            nursery.start_soon(ask_once)
    await ask_once()
    assert len(looks) == 1
    await trio.sleep(app.config.limits.doctor_kept_s)
    await ask_once()

    assert len(looks) == 2
    assert replies[0]["items"] == [{"what": "disk", "level": "ok", "text": "1 MiB free"}]
    assert all(reply == replies[0] for reply in replies)
