"""A database file that the reference made: the whole server opens it, serves it, and goes on with it.

The file has the reference's own schema. Its rows are those that the recorded deploys left: releases as their replies
tell them, contents from the requests and from what was served later. The recorded GETs are sent to it and have to get
the recorded answers. (That migrations keep every row is tested in tests/storage.)
"""

import base64
import json
import sqlite3
from contextlib import closing

import pytest
from recorded import (
    REFERENCE_SCHEMA,
    Play,
    differences,
    directly,
    load,
    open_recorded_app,
    read_table,
    scenarios,
    token,
)

from vibes_trio.content.cid import calc_cid, to_utf8
from vibes_trio.storage.sqlite.engine import DATABASE

CREATED = "2026-01-22T06:51:35.123Z"
GETS = [(name, scenario) for name, scenario in scenarios() if name == "serving"]
# What is answered as recorded, though we would have made another release of the same deploy.
AS_RECORDED = {"own-html", "promote", "env", "reserved", "modules", "runtime"}


def contents_of(scenario):
    """Return cid → bytes, as far as requests and replies tell them."""
    found = []
    for vector in scenario["vectors"]:
        response = vector.get("response", {})
        if "body_text" in response:
            found.append(response["body_text"].encode())
        if "body_base64" in response:
            found.append(base64.b64decode(response["body_base64"]))
        for file in payload_of(vector["request"]).get("fileSystem", []):
            if isinstance(file.get("content"), str):
                found.append(to_utf8(file["content"]))
    return {calc_cid(content): content for content in found}


def payload_of(exchange):
    body = exchange.get("body")
    payload = body.get("payload") if isinstance(body, dict) else None
    return payload if isinstance(payload, dict) else {}


def stand_in(item):
    """What we don't know of a file that the reference made: something of its kind."""
    return b'{"imports":{}}' if item["mimeType"].endswith("json") else b"export default () => null;\n"


def releases_of(scenario):
    """Return the rows of Apps that the recorded deploys left, as the reference numbers and promotes them."""
    rows = {}
    for vector in scenario["vectors"]:
        reply = payload_of(vector.get("response", {}))
        if reply.get("type") != "vibes.diy.res-ensure-app-slug":
            continue
        user = payload_of(vector["request"])["auth"]["token"].removeprefix("$TOKEN_")
        app = (reply["appSlug"], reply["userSlug"])
        seq = 1 + sum((row["appSlug"], row["userSlug"]) == app for row in rows.values())
        row = rows.setdefault(
            (*app, reply["fsId"]),
            {
                "appSlug": reply["appSlug"],
                "userId": load("users")["users"][user]["userId"],
                "userSlug": reply["userSlug"],
                "releaseSeq": seq,
                "fsId": reply["fsId"],
                "env": json.dumps(reply["env"]),
                "fileSystem": json.dumps(reply["fileSystem"]),
                "mode": reply["mode"],
                "created": CREATED,
            },
        )
        if reply["mode"] == "production":
            row["mode"] = "production"
    return list(rows.values())


def make_file(data_dir, scenario):
    """Write the database that the reference would have left in *data_dir*; return its releases."""
    data_dir.mkdir()
    releases, contents = releases_of(scenario), contents_of(scenario)
    items = {i["assetId"]: i for row in releases for i in json.loads(row["fileSystem"])}
    with closing(sqlite3.connect(data_dir / DATABASE)) as connection:
        connection.executescript(REFERENCE_SCHEMA)
        for cid, item in items.items():
            insert(connection, "Assets", assetId=cid, content=contents.get(cid) or stand_in(item))
        for user_id, slug in dict.fromkeys((row["userId"], row["userSlug"]) for row in releases):
            insert(connection, "UserSlugBindings", userId=user_id, userSlug=slug)
        for slug, app in dict.fromkeys((row["userSlug"], row["appSlug"]) for row in releases):
            insert(connection, "AppSlugBindings", userSlug=slug, appSlug=app)
        for row in releases:
            insert(connection, "Apps", **row)
        connection.commit()
    return releases


def insert(connection, table, **cells):
    cells.setdefault("created", CREATED)
    marks = ", ".join("?" * len(cells))
    connection.execute(f"INSERT INTO {table} ({', '.join(cells)}) VALUES ({marks})", tuple(cells.values()))


def independent_gets(scenario):
    """Return the recorded GETs whose answer does not depend on when between the deploys they were sent."""
    vectors = scenario["vectors"]
    last_deploy = max(i for i, vector in enumerate(vectors) if vector["request"]["method"] == "POST")
    return [
        vector
        for index, vector in enumerate(vectors)
        if vector["request"]["method"] == "GET" and (index > last_deploy or "/~z" in vector["request"]["url"])
    ]


def expected_answer(vector):
    """Return the recorded answer, or ours where it differs by how we serve and not by what we would store."""
    difference = differences().get(vector["name"])
    return (
        vector["response"]
        if difference is None or difference["row"] in AS_RECORDED
        else difference["response"]
    )


@pytest.mark.parametrize("scenario", [scenario for _, scenario in GETS], ids=lambda s: s["scenario"])
async def test_recorded_gets_of_its_file_get_the_recorded_answers(tmp_path, scenario):
    make_file(tmp_path / "data", scenario)
    served = 0

    for _ in range(2):  # the second time it is a file that we have opened before
        async with open_recorded_app(scenario, tmp_path / "data") as app:
            play = Play(scenario, app.compiler, app.db.path)
            for vector in independent_gets(scenario):
                want = expected_answer(vector)
                got = await directly(app)(*await play.request(vector))
                assert got.status == want["status"], vector["name"]
                if got.status == 200:
                    asset_id = got.headers["x-vibes-asset-id"]
                    assert asset_id == want["headers"]["x-vibes-asset-id"], vector["name"]
                if "body_text" in want and got.headers["content-type"] != "text/html":
                    assert got.body == want["body_text"].encode(), vector["name"]
                    served += 1

    assert served >= 2


async def test_its_page_mounts_what_it_mounted(tmp_path):
    (scenario,) = (s for _, s in GETS if s["scenario"] == "serve-basic")
    (release,) = make_file(tmp_path / "data", scenario)
    scripts = {
        item["fileName"]
        for item in json.loads(release["fileSystem"])
        if item["mimeType"] == "application/javascript"
    }

    async with open_recorded_app(scenario, tmp_path / "data") as app:
        host = f"{release['appSlug']}--{release['userSlug']}.localhost.vibesdiy.net"
        page = (await directly(app)("GET", host, "/", {}, b"")).body.decode()

    lines = [line for line in page.splitlines() if line.startswith("import * as V")]
    assert len(lines) == len(scripts) > 1
    assert all(any(json.dumps(name[1:]) in line for line in lines) for name in scripts)


def deploy_body(release, user, *files):
    payload = {
        "type": "vibes.diy.req-ensure-app-slug",
        "mode": "production",
        "appSlug": release["appSlug"],
        "userSlug": release["userSlug"],
        "env": json.loads(release["env"]),
        "fileSystem": list(files),
        "auth": {"type": "device-id", "token": token(user)},
    }
    return json.dumps({"tid": "t", "src": "a", "dst": "b", "ttl": 1, "payload": payload}).encode()


async def post(app, body):
    reply = await directly(app)("POST", "api.localhost.vibesdiy.net", "/v1/api", {}, body)
    return json.loads(reply.body)["payload"]


async def test_its_owner_goes_on_deploying_and_nobody_else_can(tmp_path):
    (scenario,) = (s for _, s in GETS if s["scenario"] == "serve-modes")
    releases = make_file(tmp_path / "data", scenario)
    users = load("users")["users"]
    owner = next(name for name, user in users.items() if user["userId"] == releases[0]["userId"])
    other = next(name for name in users if name != owner)
    file = {"type": "str-asset-block", "filename": "/v.txt", "content": "five"}
    host = f"{releases[0]['appSlug']}--{releases[0]['userSlug']}.localhost.vibesdiy.net"

    async with open_recorded_app(scenario, tmp_path / "data") as app:
        refused = await post(app, deploy_body(releases[0], other, file))
        reply = await post(app, deploy_body(releases[0], owner, file))
        latest = await directly(app)("GET", host, "/v.txt", {}, b"")
        rows = read_table(app.db.path, "Apps")

    assert refused["code"] == "slug-taken"
    assert reply["type"] == "vibes.diy.res-ensure-app-slug"
    assert latest.body == b"five"
    assert [row["releaseSeq"] for row in rows] == [*range(1, len(releases) + 1), len(releases) + 1]
    assert [row["fsId"] for row in rows[:-1]] == [row["fsId"] for row in releases]


async def test_a_release_that_it_compiled_is_built_anew_when_deployed_again(tmp_path):
    (scenario,) = (s for _, s in GETS if s["scenario"] == "serve-cache")
    releases = make_file(tmp_path / "data", scenario)
    deploys = [v for v in scenario["vectors"] if v["request"]["method"] == "POST"]

    async with open_recorded_app(scenario, tmp_path / "data") as app:
        play = Play(scenario, app.compiler, app.db.path)
        replies = [json.loads((await directly(app)(*await play.request(v))).body)["payload"] for v in deploys]
        rows = read_table(app.db.path, "Apps")

    assert [reply["fsId"] for reply in replies] == [row["fsId"] for row in releases]
    assert len(rows) == len(releases)
    for reply in replies:
        made = {
            i["assetId"] for i in reply["fileSystem"] if i.get("transform", {}).get("type") == "transformed"
        }
        assert made == {cid for cid, _ in play.ours.values()} & made != set()


async def test_its_chats_go_on_where_they_ended(tmp_path):
    (scenario,) = (s for _, s in scenarios() if s["scenario"] == "chat-append")
    rows = {}
    for vector in scenario["vectors"]:
        rows |= vector.get("db_after", {})
    make_file(tmp_path / "data", {"vectors": []})
    with closing(sqlite3.connect(tmp_path / "data" / DATABASE)) as connection:
        for table in ("ChatContexts", "ChatSections"):
            for row in rows[table]:
                cells = {
                    k: json.dumps(v) if isinstance(v, list) else v for k, v in row.items() if k != "created"
                }
                insert(connection, table, **cells)
        connection.commit()
    (context,) = rows["ChatContexts"]
    users = load("users")["users"]
    owner = next(name for name, user in users.items() if user["userId"] == context["userId"])

    def append(user):
        payload = {
            "type": "vibes.diy.req-append-chat-section",
            "contextId": context["contextId"],
            "origin": "user",
            "blocks": [],
            "auth": {"type": "device-id", "token": token(user)},
        }
        return json.dumps({"tid": "t", "src": "a", "dst": "b", "ttl": 1, "payload": payload}).encode()

    async with open_recorded_app(scenario, tmp_path / "data") as app:
        refused = await post(app, append(next(name for name in users if name != owner)))
        reply = await post(app, append(owner))
        stored = read_table(app.db.path, "ChatSections")

    before = sorted(row["seq"] for row in rows["ChatSections"])
    assert refused["code"] == "not-owner"
    assert reply["seq"] == before[-1] + 1
    assert sorted(row["seq"] for row in stored) == [*before, before[-1] + 1]
