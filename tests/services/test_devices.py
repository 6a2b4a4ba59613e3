"""Devices that ask to be certified: over the wire, and on the page."""

import json
import re
from dataclasses import replace
from urllib.parse import parse_qs, quote, quote_plus, urlencode, urlsplit

import pytest
from answering import answer
from asking import Json, ask, rows
from fakes import NOW, make_app, open_database
from page_client import page_client, sign_in_code, signed_in
from recorded import NOW as RECORDED_NOW
from serving import running

from vibes_trio.auth.codes import hash_code
from vibes_trio.auth.csr import make_csr
from vibes_trio.auth.device import read_certificate_jwt
from vibes_trio.auth.jwk import new_key
from vibes_trio.auth.keys import make_key_file
from vibes_trio.config import KiB, Limits
from vibes_trio.content.sign_in_page import POLICY
from vibes_trio.context import App
from vibes_trio.exchange import HttpIncoming, UserId
from vibes_trio.handlers import PIPELINE
from vibes_trio.sessions import Sessions
from vibes_trio.storage.certificates import Certificate, record_certificate
from vibes_trio.storage.users import add_invite, add_user

API = "apps.test"
PATH = "/settings/csr-to-cert"
RETURN = "http://localhost:50123/cert"
CODE = "ABCD-EFGH-JKMN"


@pytest.fixture
def app(tmp_path):
    make_key_file(tmp_path, NOW)
    db = open_database(tmp_path)
    yield make_app(db, data_dir=tmp_path, limits=Limits(certificates_per_user=2))
    db.close()


def csr(name: str = "laptop", now: float = NOW) -> str:
    return make_csr(new_key(), {"commonName": name}, now, b"16 random bytes!")


async def add_code(app: App, code: str = CODE) -> None:
    if not rows_of(app, "Users"):
        await app.db.write(add_user, UserId("u1"), "ada", "ada@example.org")
    await app.db.write(add_invite, UserId("u1"), hash_code(code), valid_s=600)


def rows_of(app: App, table: str) -> list[Json]:
    return app.db.points.get(lambda tx: tx.execute(f"SELECT * FROM {table}"))


async def opened(app: App, method: str = "GET", **query: str):
    target = f"{PATH}?{urlencode(query)}"
    return await answer(app, PIPELINE, HttpIncoming(method, API, target))


async def posted(app: App, body: bytes | None = None, client: str = "", **fields: str):
    form = urlencode(fields).encode() if body is None else body
    return await answer(app, PIPELINE, HttpIncoming("POST", API, PATH, {}, form, client=client))


def subject_and_user(certificate_jwt: str) -> tuple[str, str]:
    payload = read_certificate_jwt(certificate_jwt)
    return payload["sub"], payload["creatingUser"]["claims"]["userId"]


async def test_who_is_signed_in_gets_a_certificate_that_is_on_record(app):
    payload = await ask(app, "ada", "reqCertFromCsr", csr=csr())

    assert payload["type"] == "resCertFromCsr"
    assert subject_and_user(payload["certificate"]) == ("laptop", "ada")
    assert [row[1] for row in rows_of(app, "Certificates")] == ["ada"]


async def test_what_is_no_request_gets_none(app):
    payload = await ask(app, "ada", "reqCertFromCsr", csr="x.y.z")

    assert payload["code"] == "bad-request"
    assert rows_of(app, "Certificates") == []


async def test_nobody_has_more_devices_than_there_may_be(app):
    for _ in range(2):
        await ask(app, "ada", "reqCertFromCsr", csr=csr())

    payload = await ask(app, "ada", "reqCertFromCsr", csr=csr())

    assert (payload["code"], payload["limit"]) == ("limit-reached", "certificates_per_user")


async def test_without_keys_the_client_is_told_to_come_back(app):
    (app.config.data_dir / "keys.json").unlink()

    payload = await ask(app, "ada", "reqCertFromCsr", csr=csr())

    assert payload["code"] == "overloaded"
    assert str(app.config.data_dir) not in json.dumps(payload)


async def test_the_page_asks_for_a_code_and_names_the_device(app):
    asked = csr("Ada's laptop")

    reply = await opened(app, csr=asked, returnUrl=RETURN)

    page = bytes(reply.body).decode()
    assert (reply.status, reply.policy) == (200, POLICY)
    assert "Ada&#x27;s laptop" in page
    assert asked in page
    assert ("cache-control", "no-store") in reply.headers


async def test_the_page_asked_for_by_head_has_no_body(app):
    reply = await opened(app, "HEAD", csr=csr(), returnUrl=RETURN)

    assert (reply.status, bytes(reply.body)) == (200, b"")
    assert reply.length > 1000


async def test_a_code_lets_the_device_in_once(app):
    await add_code(app)
    asked = csr()

    reply = await posted(app, csr=asked, returnUrl=RETURN, code=" abcd efgh-jkmn ")
    again = await posted(app, csr=asked, returnUrl=RETURN, code=CODE)

    location = dict(reply.headers)["location"]
    assert (reply.status, location.partition("?")[0]) == (303, RETURN)
    (certificate,) = parse_qs(urlsplit(location).query)["cert"]
    assert subject_and_user(certificate) == ("laptop", "u1")
    assert again.status == 403
    assert "doesn&#x27;t count" in bytes(again.body).decode()
    assert len(rows_of(app, "Certificates")) == 1


async def test_who_tries_too_often_is_kept_out_and_others_are_not(app):
    app = replace(app, sessions=Sessions(app.db, Limits(sign_in_burst=2), lambda: 1e9))
    guess = {"csr": csr(), "returnUrl": RETURN, "code": "nothing"}

    told = [(await posted(app, client=client, **guess)).body for client in ("8.8.8.8",) * 3 + ("8.8.4.4",)]

    assert ["Too many" in bytes(body).decode() for body in told] == [False, False, True, False]


async def test_a_code_counts_no_longer_than_it_says(app, monkeypatch):
    await app.db.write(add_user, UserId("u1"), "ada", "")
    await app.db.write(add_invite, UserId("u1"), hash_code(CODE), valid_s=-1)

    assert (await posted(app, csr=csr(), returnUrl=RETURN, code=CODE)).status == 403


async def test_what_else_stands_in_the_way_is_shown_and_leaves_the_code_unused(app):
    for _ in range(2):
        await ask(app, "u1", "reqCertFromCsr", csr=csr())
    await add_code(app)

    reply = await posted(app, csr=csr(), returnUrl=RETURN, code=CODE)

    assert reply.status == 403
    assert "2 devices already" in bytes(reply.body).decode()
    assert [row[4] for row in rows_of(app, "Invites")] == [None]


@pytest.mark.parametrize(
    "address",
    [
        "",
        "https://evil.example/cert",
        "http://localhost.evil.example:80/cert",
        "http://localhost:50123/other",
        "http://localhost:50123/cert?x",
        "http://localhost:50123/cert\n",
        "http://user@localhost:50123/cert",
    ],
)
async def test_a_certificate_goes_to_this_machine_only(app, address):
    await add_code(app)

    shown = await opened(app, csr=csr(), returnUrl=address)
    sent = await posted(app, csr=csr(), returnUrl=address, code=CODE)

    assert (shown.status, sent.status) == (400, 400)
    assert "location" not in dict(sent.headers)
    assert rows_of(app, "Certificates") == []


@pytest.mark.parametrize("body", [b"x" * (64 * KiB + 1), b"&".join([b"a=1"] * 11), b"csr=\xff\xfe&\xff"])
async def test_what_is_no_form_is_refused(app, body):
    reply = await posted(app, body)

    assert reply.status == 400
    assert re.search(r"no form|refused|returnUrl", bytes(reply.body).decode())


async def test_a_request_that_is_too_old_is_refused(app):
    reply = await opened(app, csr=csr(now=NOW - 7200), returnUrl=RETURN)

    assert reply.status == 400
    assert "expired" in bytes(reply.body).decode()


@pytest.mark.parametrize("given", ["csr", f"csr=&returnUrl={quote(RETURN)}", ""])
async def test_an_address_without_a_request_is_explained(app, given):
    reply = await answer(app, PIPELINE, HttpIncoming("GET", API, f"{PATH}?{given}"))

    assert reply.status == 400
    assert "Start the program" in bytes(reply.body).decode()


async def test_the_path_of_an_app_is_the_apps(app):
    reply = await answer(app, PIPELINE, HttpIncoming("GET", "garden--ada.apps.test", PATH))

    assert reply.status == 404


async def test_other_methods_are_answered_as_elsewhere(app):
    assert (await answer(app, PIPELINE, HttpIncoming("PUT", API, PATH, {}, b"{}"))).status in (404, 503)
    assert rows(app)["Apps"] == []


async def test_devices_are_listed_and_revoked_by_whom_they_are_of(app):
    db = app.db
    for serial, user in (("one", "ada"), ("two", "ada"), ("other", "bob")):
        entry = Certificate(
            serial=serial, user_id=UserId(user), fingerprint="f", sha256=serial, issued="2026", expires="2099"
        )
        await db.write(record_certificate, entry)

    first = await ask(app, "ada", "vibes.diy.req-list-devices", limit=1)
    rest = await ask(app, "ada", "vibes.diy.req-list-devices", cursor=first["nextCursor"])
    assert [one["serial"] for one in first["items"] + rest["items"]] == ["two", "one"]
    assert "revoked" not in first["items"][0]

    gone = await ask(app, "ada", "vibes.diy.req-revoke-device", serial="two")
    assert gone["device"]["revoked"]
    assert (await ask(app, "ada", "vibes.diy.req-list-devices"))["items"][0] == gone["device"]
    others = await ask(app, "ada", "vibes.diy.req-revoke-device", serial="other")
    nobodys = await ask(app, "ada", "vibes.diy.req-revoke-device", serial="others")
    assert others["message"].replace("other", "others") == nobodys["message"]
    assert "revoked" not in (await ask(app, "bob", "vibes.diy.req-list-devices"))["items"][0]


FIELDS = {"returnUrl": "http://localhost:50000/cert"}


async def test_who_is_signed_in_lets_a_device_in_with_a_click_on_our_own_page_alone(tmp_path):
    fields = FIELDS | {"csr": csr(now=RECORDED_NOW)}
    async with running(tmp_path / "data") as app, page_client(app) as client:
        nobody = await client.get(f"{PATH}?{urlencode(fields)}")
        client.cookie = await signed_in(app)
        page = await client.get(f"{PATH}?{urlencode(fields)}")
        foreign = [
            await client.post(PATH, headers=headers, **fields, **{"as": "session"})
            for headers in ({"origin": f"http://a--b.localhost:{app.config.port}"}, {"origin": ""})
        ]
        let_in = await client.post(PATH, **fields, **{"as": "session"})
        client.cookie = "forged"
        forged = await client.post(PATH, **fields, **{"as": "session"})

    assert f"/sign-in?next={quote_plus(PATH)}" in nobody.text
    assert page.has("Let it in as ada")
    assert [one.status for one in (*foreign, forged)] == [403, 403, 403]
    assert "Nobody is signed in" in forged.text
    assert let_in.status == 303
    location, _, certificate = let_in.headers["location"].partition("?cert=")
    assert location == FIELDS["returnUrl"]
    claims = read_certificate_jwt(certificate)["creatingUser"]["claims"]
    assert (claims["userId"], claims["params"]["email"]) == ("user-ada", "ada@example.org")


async def test_who_has_too_many_devices_is_told_so_on_the_page(tmp_path):
    async with running(tmp_path / "data") as app, page_client(app) as client:
        client.cookie = await signed_in(app)
        for _ in range(app.config.limits.certificates_per_user):
            fields = FIELDS | {"csr": csr(now=RECORDED_NOW), "as": "session"}
            assert (await client.post(PATH, **fields)).status == 303

        refused = await client.post(PATH, **FIELDS, csr=csr(now=RECORDED_NOW), **{"as": "session"})

    assert (refused.status, "Revoke one" in refused.text) == (403, True)


async def test_tries_of_codes_are_bounded_by_address(tmp_path):
    async with running(tmp_path / "data") as app, page_client(app) as client, page_client(app) as another:
        fields = FIELDS | {"csr": csr(now=RECORDED_NOW), "code": "WRONG"}
        wrong = {(await client.post(PATH, **fields)).text for _ in range(app.config.limits.sign_in_burst)}
        late = await another.post(PATH, **fields)
        right = await another.post(PATH, **fields | {"code": await sign_in_code(app)})

    assert len(wrong) == 1
    assert right.status == 303
    assert (late.status, "Too many tries" in late.text) == (403, True)
