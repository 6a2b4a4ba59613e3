"""What pages tell of errors: kept for owner and editors, bounded, and no way to find out what is there."""

import json

import pytest
from answering import answer
from asking import FakeCompiler, ask, deploy, js, jsx
from fakes import make_app, open_database

from vibes_trio.allowances import allow_errors
from vibes_trio.config import Limits
from vibes_trio.exchange import HttpIncoming
from vibes_trio.handlers import PIPELINE

HOST = "garden--ada.apps.test"
LIST = "vibes.diy.req-list-page-errors"
CLEAR = "vibes.diy.req-clear-page-errors"
OWN = {"origin": f"https://{HOST}", "sec-fetch-site": "same-origin"}


async def tell(app, *, host=HOST, headers=OWN, client="", **members):
    body = members.pop("body", None) or json.dumps(members).encode()
    return await answer(app, PIPELINE, HttpIncoming("POST", host, "/~errors", headers, body, client=client))


async def listed(app, user="ada"):
    return await ask(app, user, LIST, appSlug="garden", ownerHandle="ada")


async def test_owner_and_editors_read_what_went_wrong_and_where(app):
    fs_id = (await deploy(app, jsx()))["fsId"]
    for _ in range(2):
        reply = await tell(app, fsId=fs_id, message="x is\0 not defined", file="App.jsx", line=12)
        assert (reply.status, reply.body) == (204, b"")

    told = await listed(app)

    assert told["told"] is True
    (error,) = told["items"]
    assert error["message"] == "x is\ufffd not defined"
    assert (error["file"], error["line"], error["count"], error["fsId"]) == ("App.jsx", 12, 2, fs_id)
    assert (await listed(app, "bob"))["code"] == "not-owner"
    assert (await ask(app, "ada", CLEAR, appSlug="garden", ownerHandle="ada"))["cleared"] == 1
    assert (await listed(app))["items"] == []


async def test_what_is_not_there_or_not_to_be_seen_is_answered_alike(app):
    fs_id = (await deploy(app, jsx(), access="private"))["fsId"]
    replies = [
        await tell(app, fsId=fs_id, message="a"),
        await tell(app, fsId="zNothing1", message="a"),
        await tell(app, host="none--ada.apps.test", headers={}, fsId=fs_id, message="a"),
    ]

    assert {(reply.status, reply.body, reply.headers) for reply in replies} == {
        (204, b"", replies[0].headers)
    }
    assert (await listed(app))["items"] == []


async def test_of_a_private_app_who_may_see_it_tells(app):
    fs_id = (await deploy(app, jsx(), access="private"))["fsId"]
    link = await ask(app, "ada", "vibes.diy.req-create-share-link", appSlug="garden", ownerHandle="ada")
    token = link["url"].rpartition("=")[2]

    await tell(app, headers={**OWN, "cookie": f"__Host-vibes-share={token}"}, fsId=fs_id, message="a")

    assert len((await listed(app))["items"]) == 1


@pytest.mark.parametrize(
    ("headers", "members", "code"),
    [
        ({"origin": "https://evil--eve.apps.test"}, {"fsId": "z1", "message": "a"}, "bad-request"),
        ({"sec-fetch-site": "same-site"}, {"fsId": "z1", "message": "a"}, "bad-request"),
        ({}, {"fsId": "z1"}, "bad-request"),
        ({}, {"fsId": "z1", "message": ""}, "bad-request"),
        ({}, {"fsId": "z1", "message": "a" * 1001}, "bad-request"),
        ({}, {"fsId": "z1", "message": "a", "line": -1}, "bad-request"),
        ({}, {"body": b"\xff"}, "bad-request"),
        ({}, {"body": b" " * 9000}, "too-large"),
    ],
)
async def test_what_no_page_of_the_app_would_tell_is_refused(app, headers, members, code):
    await deploy(app, jsx())

    reply = await tell(app, headers=headers, **members)

    assert json.loads(reply.body)["code"] == code


async def test_nobody_makes_it_keep_without_end(tmp_path):
    """Neither one client, nor many for one app, nor many for many; and of one app the last few are kept."""
    limits = Limits(page_errors_kept=3, page_errors_burst=5, page_errors_burst_of_all=12)
    now = [1000.0]
    app = make_app(
        open_database(tmp_path, limits),
        limits=limits,
        now=lambda: now[0],
        compiler=FakeCompiler(),
        told_errors=allow_errors(limits),
    )
    fs_id = (await deploy(app, js("/a.js", "1")))["fsId"]
    other = (await deploy(app, js("/a.js", "1"), appSlug="other"))["fsId"]

    async def counted(slug="garden"):
        told = await ask(app, "ada", LIST, appSlug=slug, ownerHandle="ada")
        return sum(one["count"] for one in told["items"])

    for _ in range(20):
        await tell(app, client="a", fsId=fs_id, message="same")
    assert await counted() == 5
    for number in range(20):
        await tell(app, client=f"b{number}", fsId=fs_id, message="same")
    assert await counted() == 5
    for number in range(20):
        await tell(app, client=f"c{number}", host="other--ada.apps.test", headers={}, fsId=other, message="x")
    assert await counted("other") == 5
    now[0] += 1000
    for number in range(5):
        await tell(app, client="a", fsId=fs_id, message=f"error {number}")
    assert len((await listed(app))["items"]) == 3
    app.db.close()


async def test_what_is_told_of_apps_that_are_not_there_takes_no_room_from_others(tmp_path):
    limits = Limits(page_errors_burst=2, page_errors_burst_of_all=3, page_errors_known=4)
    app = make_app(
        open_database(tmp_path, limits),
        limits=limits,
        compiler=FakeCompiler(),
        told_errors=allow_errors(limits),
    )
    fs_id = (await deploy(app, js("/a.js", "1")))["fsId"]
    for number in range(20):
        host = f"none-{number}--eve.apps.test"
        await tell(app, client=f"b{number}", host=host, headers={}, fsId=fs_id, message="x")

    await tell(app, client="a", fsId=fs_id, message="real")

    assert [one["message"] for one in (await listed(app))["items"]] == ["real"]
    app.db.close()


async def test_a_server_that_wants_to_hear_of_none_keeps_none(tmp_path):
    app = make_app(open_database(tmp_path), page_errors="off", compiler=FakeCompiler())
    fs_id = (await deploy(app, js("/a.js", "1")))["fsId"]

    assert (await tell(app, fsId=fs_id, message="a")).status == 204
    told = await listed(app)
    assert (told["items"], told["told"]) == ([], False)
    app.db.close()


async def test_the_log_of_the_app_tells_the_first_errors_of_a_release(app):
    """Each once; not all of them, as whoever may open the app could push everything else out."""
    fs_id = (await deploy(app, jsx()))["fsId"]
    for number in (1, 1, 2, 3, 4, 5, 6, 7):
        await tell(app, fsId=fs_id, message=f"error {number}", file="App.jsx", line=number)

    log = await ask(app, "ada", "vibes.diy.req-read-app-log", appSlug="garden", ownerHandle="ada")
    assert [(item["kind"], item.get("words", "")) for item in reversed(log["items"])] == [
        ("deployed", ""),
        *(("page-error", f"error {number} (App.jsx:{number})") for number in range(1, 6)),
    ]
