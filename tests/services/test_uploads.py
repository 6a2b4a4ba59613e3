"""Uploads, as messages and HTTP requests reach them."""

import hashlib
import json
from urllib.parse import quote

import pytest
import trio
from answering import answer
from asking import FakeCompiler, ask, deploy, js
from fakes import NOW, make_app, open_database

from vibes_trio.config import Limits
from vibes_trio.content.cid import calc_cid
from vibes_trio.exchange import HttpIncoming
from vibes_trio.handlers import PIPELINE
from vibes_trio.jobs import Sweep
from vibes_trio.services.upkeep import sweep

API = "apps.test"
GRANT = "vibes.diy.req-asset-upload-grant"
MISSING = "vibes.diy.req-list-missing-assets"
PICTURE = b"\x89PNG" + bytes(range(256)) * 4


@pytest.fixture
def now():
    return [NOW]


@pytest.fixture
def app(tmp_path, now):
    db = open_database(tmp_path)
    limits = Limits(max_upload_bytes=5000, open_uploads=3)
    yield make_app(db, compiler=FakeCompiler(), limits=limits, now=lambda: now[0], max_app_bytes=24_000)
    db.close()


async def granted(app, user="ada", **members):
    named = {"appSlug": "garden", "ownerHandle": "ada", "mimeType": "image/png"}
    return await ask(app, user, GRANT, **(named | members))


async def http(app, method, target, body=b"", **headers):
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    reply = await answer(app, PIPELINE, HttpIncoming(method, API, target, names, body))
    return reply


async def post(app, grant, body, **headers):
    reply = await http(app, "POST", "/assets", body, x_asset_grant=grant["grant"], **headers)
    return reply.status, json.loads(reply.body)


def file_url(get_url):
    """Return the path at which a file is served whose upload was answered *get_url*."""
    return f"/assets/cid?url={quote(get_url, safe='')}"


async def test_a_file_is_uploaded_and_served_as_it_came(app):
    grant = await granted(app)

    status, put = await post(app, grant, PICTURE)
    served = await http(app, "GET", file_url(put["getURL"]))

    assert (grant["uploadUrl"], grant["expiresAt"][-1]) == ("/assets", "Z")
    assert (status, put["type"]) == (200, "vibes.diy.res-put-asset")
    assert (put["cid"], put["size"], put["uploadId"]) == (calc_cid(PICTURE), len(PICTURE), grant["uploadId"])
    assert (served.status, bytes(served.body)) == (200, PICTURE)
    headers = dict(served.headers)
    assert (headers["content-type"], headers["cache-control"]) == (
        "image/png",
        "public, max-age=31536000, immutable",
    )
    assert served.policy is None  # locked up


async def test_what_is_served_can_be_asked_for_in_part_and_by_head(app):
    _, put = await post(app, await granted(app), PICTURE)

    part = await http(app, "GET", file_url(put["getURL"]) + "&mime=text/html", range="bytes=1-3")
    head = await http(app, "HEAD", file_url(put["getURL"]))

    assert (part.status, bytes(part.body), dict(part.headers)["content-type"]) == (206, b"PNG", "image/png")
    assert (head.status, bytes(head.body), head.length) == (200, b"", len(PICTURE))


async def test_an_upload_that_was_interrupted_goes_on_where_it_was(app):
    grant = await granted(app)
    first, rest = PICTURE[:400], PICTURE[400:]

    status, state = await post(app, grant, first, upload_complete="?0")
    asked = await http(app, "HEAD", "/assets", x_asset_grant=grant["grant"])
    wrong = await post(app, grant, rest, upload_offset="100")
    _, put = await post(app, grant, rest, upload_offset="400")
    again = await http(app, "HEAD", "/assets", x_asset_grant=grant["grant"])

    assert (status, state["type"], state["received"]) == (200, "vibes.diy.res-put-asset-part", 400)
    assert (dict(asked.headers)["upload-offset"], dict(asked.headers)["upload-complete"]) == ("400", "?0")
    assert (wrong[0], wrong[1]["received"]) == (400, 400)
    assert put["cid"] == calc_cid(PICTURE)
    assert (dict(again.headers)["upload-offset"], dict(again.headers)["upload-complete"]) == (
        str(len(PICTURE)),
        "?1",
    )


async def test_the_last_part_may_bring_nothing(app):
    grant = await granted(app)
    await post(app, grant, PICTURE, upload_complete="?0")

    _, put = await post(app, grant, b"", upload_offset=str(len(PICTURE)))

    assert put["cid"] == calc_cid(PICTURE)


async def test_the_same_again_is_answered_the_same_and_another_file_is_refused(app):
    """An answer that got lost is asked for again."""
    grant = await granted(app)
    first = await post(app, grant, PICTURE)

    assert await post(app, grant, PICTURE) == first
    assert await post(app, grant, b"", upload_offset=str(len(PICTURE))) == first
    for other in (b"y" * len(PICTURE), b"short"):
        status, refused = await post(app, grant, other)
        assert (status, refused["code"]) == (400, "bad-request")


@pytest.mark.parametrize("grant", ["", "x", "none.secret", "{id}.other", "{id}."])
async def test_without_a_grant_nothing_is_taken(app, grant):
    given = await granted(app)

    status, refused = await post(app, {"grant": grant.format(id=given["uploadId"])}, PICTURE)

    assert (status, refused["code"]) == (401, "require-login")
    assert "X-Asset-Grant" in refused["message"]


async def test_a_grant_runs_out(app, now):
    grant = await granted(app)
    now[0] += 3601

    status, refused = await post(app, grant, PICTURE)

    assert (status, "ran out" in refused["message"]) == (410, True)
    await app.db.write(lambda tx: tx.execute("UPDATE Uploads SET expires = '2000'"))  # its clock stands still
    await sweep(app, Sweep())
    assert (await post(app, grant, PICTURE))[0] == 401


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (b"", {}),
        (b"x", {"upload_offset": "-1"}),
        (b"x", {"upload_complete": "yes"}),
        (b"x", {"upload_offset": "1e3"}),
    ],
)
async def test_what_is_no_file_or_part_is_refused(app, body, headers):
    status, refused = await post(app, await granted(app), body, **headers)

    assert (status, refused["code"]) == (400, "bad-request")


@pytest.mark.parametrize("headers", [{}, {"upload_offset": "4999"}])
async def test_a_file_has_its_limit(app, headers):
    status, refused = await post(app, await granted(app), b"x" * 5001, **headers)

    assert (status, refused["limit"]) == (413, "max_upload_bytes")


async def test_a_user_keeps_no_more_than_they_may(app):
    for number in range(4):
        await post(app, await granted(app), bytes([number]) * 5000)

    status, refused = await post(app, await granted(app), b"y" * 5000)

    assert (status, refused["limit"]) == (403, "MAX_APP_BYTES_PER_USER_ID")


async def test_nobody_uploads_for_an_app_or_under_a_handle_of_somebody_else(app):
    await deploy(app, js("/a.js", "1"))

    assert (await granted(app, "bob"))["code"] == "not-owner"
    assert (await granted(app, "bob", appSlug="new"))["code"] == "not-found"
    assert (await granted(app, appSlug="new"))["type"].endswith("res-asset-upload-grant")


async def test_a_handle_that_is_free_becomes_the_askers(app):
    assert (await granted(app, "bob", ownerHandle="bobs"))["type"].endswith("res-asset-upload-grant")
    assert (await granted(app, ownerHandle="bobs"))["code"] == "not-found"


async def test_uploads_under_way_are_bounded(app):
    for _ in range(3):
        await granted(app)

    assert (await granted(app))["limit"] == "open_uploads"


@pytest.mark.parametrize(
    "query",
    ["", "url=", "url=sql://Assets/{cid}", "url=sql://Assets/{other}?upload={id}", "url=x&" * 9, "url={odd}"],
)
async def test_an_address_has_to_be_known(app, query):
    """The CID of a file is no secret where others have the same file."""
    _, put = await post(app, await granted(app), PICTURE)
    values = {
        "cid": put["cid"],
        "id": put["uploadId"],
        "other": calc_cid(b"other"),
        "odd": quote(f"sql://Assets/{put['cid']}?upload=none"),
    }

    reply = await http(app, "GET", "/assets/cid?" + query.format(**values))

    assert reply.status == 404


async def test_a_file_that_is_not_whole_is_not_served(app):
    grant = await granted(app)
    await post(app, grant, b"abc", upload_complete="?0")

    address = f"sql://Assets/{calc_cid(b'abc')}?upload={grant['uploadId']}"
    assert (await http(app, "GET", file_url(address))).status == 404


async def test_a_file_whose_bytes_are_lost_is_not_there(app):
    _, put = await post(app, await granted(app), PICTURE)
    await app.db.write(lambda tx: tx.execute("DELETE FROM Assets"))

    assert (await http(app, "GET", file_url(put["getURL"]))).status == 404


async def test_a_deploy_is_told_what_it_has_to_send_and_nothing_of_others(app):
    """What was uploaded or deployed before may be named; that somebody else has it makes no difference."""
    _, put = await post(app, await granted(app), PICTURE)
    await deploy(app, js("/a.js", "1"))
    cids = [put["cid"], calc_cid(b"1"), calc_cid(b"new")]

    mine = await ask(app, "ada", MISSING, cids=cids)
    bobs = await ask(app, "bob", MISSING, cids=cids)
    deployed = await deploy(
        app, js("/a.js", "2"), {"type": "uint8-asset-ref", "filename": "/p.png", "refId": put["cid"]}
    )

    assert mine["missing"] == [calc_cid(b"new")]
    assert bobs["missing"] == cids
    assert {item["fileName"] for item in deployed["fileSystem"]} >= {"/a.js", "/p.png"}


async def test_no_more_is_asked_for_than_an_app_has_files(app):
    refused = await ask(app, "ada", MISSING, cids=["z"] * (Limits().max_files + 1))

    assert (refused["code"], refused["limit"]) == ("too-large", "max_files")


async def test_only_a_hash_of_the_grant_is_kept(app):
    grant = await granted(app)

    (kept,) = app.db.points.get(lambda tx: tx.execute("SELECT grantHash FROM Uploads"))

    secret = grant["grant"].partition(".")[2]
    assert kept == (hashlib.sha256(secret.encode()).hexdigest(),)


@pytest.mark.parametrize(
    ("method", "target"), [("GET", "/assets"), ("POST", "/assets/cid"), ("PUT", "/assets")]
)
async def test_other_methods_are_answered_as_elsewhere(app, method, target):
    assert (await http(app, method, target, b"{}" if method != "GET" else b"")).status >= 400


async def test_of_two_who_end_a_file_at_once_both_have_the_same_file(app):
    """The last part was sent again, while the first was still being put together."""
    grant = await granted(app)
    await post(app, grant, PICTURE, upload_complete="?0")
    told = []

    async def end():
        told.append(await post(app, grant, b"", upload_offset=str(len(PICTURE))))

    async with trio.open_nursery() as nursery:
        for _ in range(3):
            nursery.start_soon(end)

    assert [status for status, _ in told] == [200] * 3
    assert {put["cid"] for _, put in told} == {calc_cid(PICTURE)}
    assert (await http(app, "GET", file_url(told[0][1]["getURL"]))).body == PICTURE
