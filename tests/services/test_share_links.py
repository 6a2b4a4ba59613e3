"""Private apps in browsers: what is served, to whom, and how it looks to all others."""

from dataclasses import replace

import pytest
from answering import answer
from asking import ask, deploy, get, js, jsx
from fakes import NOW, make_app

from vibes_trio.config import Limits
from vibes_trio.exchange import HttpIncoming
from vibes_trio.handlers import PIPELINE
from vibes_trio.storage.sqlite.engine import SqliteDatabase

GARDEN = {"appSlug": "garden", "ownerHandle": "ada"}
HOST = "garden--ada.apps.test"
SETTINGS = "vibes.diy.req-ensure-app-settings"
BROWSER = {"sec_fetch_mode": "navigate", "accept": "text/html"}


@pytest.fixture
async def garden(app):
    await deploy(app, jsx(), js("/a.js", "secret words"), access="private", env={"VIBES_SHARE_FILES": "*"})
    return app


async def share(app, who="ada", **members):
    reply = await ask(app, who, "vibes.diy.req-create-share-link", **GARDEN, **members)
    return reply if "code" in reply else reply["url"].partition("#vibes-share=")[2]


async def enter(app, token, host=HOST, target="/~share", method="POST"):
    body = token.encode() if isinstance(token, str) else token
    return await answer(app, PIPELINE, HttpIncoming(method, host, target, {}, body))


async def cookie(app, token):
    return dict((await enter(app, token)).headers)["set-cookie"].partition(";")[0]


async def test_who_comes_by_a_link_gets_a_cookie_of_that_host_alone(garden):
    token = await share(garden)

    reply = await enter(garden, token)

    name, *rest = dict(reply.headers)["set-cookie"].split("; ")
    assert (reply.status, name) == (204, f"__Host-vibes-share={token}")
    assert {"Path=/", "HttpOnly", "SameSite=Lax", "Secure"} <= set(rest)
    assert not any(part.startswith("Domain") for part in rest)
    assert (await get(garden, "/a.js", cookie=name)).body == b"secret words"
    assert (await get(garden, "/", cookie=f"x=1; {name}; y=2")).status == 200


async def test_without_https_the_cookie_is_one_that_browsers_take(garden):
    app = replace(garden, config=replace(garden.config, protocol="http"))

    assert (await cookie(app, await share(app))).startswith("vibes-share=")
    assert "Secure" not in dict((await enter(app, await share(app))).headers)["set-cookie"]


def told(reply):
    """The headers, without the one that is another each time."""
    return [header for header in reply.headers if header[0] != "x-request-id"]


PATHS = ["/", "/a.js", "/App.jsx", "/~~calculated~~/import-map.json", "/nothing", "/~{}~/", "/~{}~/a.js"]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("headers", [{}, BROWSER, {"cookie": "__Host-vibes-share=wrong"}])
async def test_to_others_it_looks_as_if_nothing_were_there(garden, path, headers):
    fs_id = (await ask(garden, "ada", "vibes.diy.req-get-app-by-fsid", **GARDEN))["fsId"]
    path = path.format(fs_id)
    await get(garden, path, cookie=await cookie(garden, await share(garden)))  # and is in memory now

    hidden = await get(garden, path, **headers)
    missing = await get(garden, path, host="nothin--ada.apps.test", **headers)

    assert hidden.status == missing.status == 404
    assert told(hidden) == told(missing)
    assert hidden.body.replace(b"garden", b"nothin") == missing.body
    assert not hidden.repeatable


async def test_nothing_of_it_is_kept_on_the_way_or_for_others(garden):
    known = await cookie(garden, await share(garden))
    for path in ("/", "/a.js", "/~~calculated~~/import-map.json"):
        reply = await get(garden, path, cookie=known)
        headers = dict(reply.headers)
        assert reply.status == 200
        assert not reply.repeatable
        assert headers["cache-control"] == "private, no-cache"
        assert headers["cross-origin-resource-policy"] == "same-origin"
        assert "Cookie" in headers["vary"]
        assert headers["x-robots-tag"] == "noindex"
        assert "access-control-allow-origin" not in headers
        assert len(headers) == len(reply.headers)


async def test_a_page_of_another_origin_can_not_load_its_parts(garden):
    """The hosts of all apps are one site: a browser sends the cookie along."""
    known = await cookie(garden, await share(garden))

    for site in ("same-site", "cross-site"):
        assert (
            await get(garden, "/a.js", cookie=known, sec_fetch_site=site, sec_fetch_mode="no-cors")
        ).status == 404
        assert (await get(garden, "/", cookie=known, sec_fetch_site=site, **BROWSER)).status == 200
        for embedded in ("object", "embed"):
            asked = {"sec_fetch_site": site, "sec_fetch_dest": embedded} | BROWSER
            assert (await get(garden, "/", cookie=known, **asked)).status == 404
    own = await get(garden, "/a.js", cookie=known, sec_fetch_site="same-origin", sec_fetch_mode="cors")
    assert own.status == 200


async def test_a_link_lets_nobody_into_another_app(garden):
    token = await share(garden)
    await deploy(garden, js("/a.js", "other"), appSlug="other", access="private")
    other = "other--ada.apps.test"

    assert (await enter(garden, token, other)).status == 404
    assert (await get(garden, "/a.js", host=other, cookie=f"__Host-vibes-share={token}")).status == 404


@pytest.mark.parametrize("token", ["", "wrong", "x" * 1000, b"\xff\xfe"])
async def test_what_is_no_secret_of_a_link_lets_nobody_in(garden, token):
    hidden = await enter(garden, token)
    missing = await enter(garden, token, "nothing--ada.apps.test")

    assert (hidden.status, told(hidden), hidden.body) == (404, told(missing), missing.body)


async def test_nothing_else_is_posted_to_an_app(garden):
    assert (await enter(garden, await share(garden), target="/~shared")).status == 404
    assert (await enter(garden, await share(garden), method="PUT")).status == 404


async def test_a_link_that_is_taken_back_lets_nobody_in_at_once(garden):
    known = await cookie(garden, await share(garden))
    await share(garden)
    listed = await ask(garden, "ada", "vibes.diy.req-list-share-links", **GARDEN, limit=1)
    rest = await ask(garden, "ada", "vibes.diy.req-list-share-links", **GARDEN, cursor=listed["nextCursor"])
    assert (len(listed["items"]), len(rest["items"]), "nextCursor" in rest) == (1, 1, False)

    for one in listed["items"] + rest["items"]:
        assert one["userId"] == "ada"
        await ask(garden, "ada", "vibes.diy.req-revoke-share-link", **GARDEN, linkId=one["linkId"])

    assert (await get(garden, "/a.js", cookie=known)).status == 404
    gone = await ask(garden, "ada", "vibes.diy.req-revoke-share-link", **GARDEN, linkId=one["linkId"])
    assert gone["code"] == "not-found"


async def test_a_link_counts_as_long_as_who_made_it_may_see_the_app(garden):
    made = await ask(garden, "ada", "vibes.diy.req-create-invite", **GARDEN, role="viewer")
    await ask(garden, "vic", "vibes.diy.req-redeem-invite", token=made["tokenOrGrantUserId"])
    known = await cookie(garden, await share(garden, "vic"))
    assert (await get(garden, "/a.js", cookie=known)).status == 200

    await ask(garden, "ada", "vibes.diy.req-revoke-invite", **GARDEN, emailKey=made["emailKey"])

    assert (await get(garden, "/a.js", cookie=known)).status == 404
    assert (await share(garden, "vic"))["code"] == "not-found"


async def test_an_app_that_is_opened_or_closed_is_so_at_once(garden):
    async def status(**headers):
        return (await get(garden, "/a.js", **headers)).status, (await get(garden, "/", **BROWSER)).status

    assert await status() == (404, 404)
    await ask(garden, "ada", SETTINGS, **GARDEN, visibility="public")
    assert await status() == (200, 200)
    assert "x-robots-tag" not in dict((await get(garden, "/a.js")).headers)
    await ask(garden, "ada", SETTINGS, **GARDEN, visibility="unlisted")
    assert await status() == (200, 200)
    unlisted = await get(garden, "/a.js")
    assert (dict(unlisted.headers)["x-robots-tag"], unlisted.repeatable) == ("noindex", True)
    await ask(garden, "ada", SETTINGS, **GARDEN, visibility="private")
    assert await status() == (404, 404)


async def test_of_many_cookies_one_may_count(garden):
    known = await cookie(garden, await share(garden))
    others = "; ".join(f"__Host-vibes-share=wrong{number}" for number in range(3))

    assert (await get(garden, "/a.js", cookie=f"{others}; {known}")).status == 200
    many = "; ".join(f"__Host-vibes-share=wrong{number}" for number in range(9))
    assert (await get(garden, "/a.js", cookie=f"{many}; {known}")).status == 404
    assert (await get(garden, "/a.js", cookie=f"vibes-share={known.partition('=')[2]}")).status == 404


async def test_a_page_of_a_release_may_ask_for_its_parts_and_no_other(garden):
    """A path from the root that a page of a named release asks for is looked for in that release."""
    known = await cookie(garden, await share(garden))
    dev = await deploy(garden, js("/only.js", "in dev"), mode="dev")
    referer = f"https://{HOST}/~{dev['fsId']}~/"

    assert (await get(garden, "/only.js", referer=referer, cookie=known)).body == b"in dev"
    assert (await get(garden, "/only.js", referer=referer)).status == 404


@pytest.mark.parametrize("valid_s", [-1, 1e9])
async def test_a_link_is_for_a_while(garden, valid_s):
    assert (await share(garden, validS=valid_s))["code"] == "bad-request"


async def test_links_run_out_and_are_bounded(tmp_path, compiler):
    time = [NOW]
    db = SqliteDatabase(tmp_path / "v.sqlite3", Limits(), now=lambda: time[0], inline=True)
    db.open()
    app = make_app(db, compiler=compiler, limits=Limits(links_per_app=2))
    await deploy(app, js("/a.js", "1"), access="private")
    known = await cookie(app, await share(app, validS=10))
    await share(app, validS=10)
    assert (await share(app))["limit"] == "links_per_app"
    assert (await get(app, "/a.js", cookie=known)).status == 200

    time[0] += 10

    assert (await get(app, "/a.js", cookie=known)).status == 404
    assert "code" not in await share(app)
    db.close()


async def test_of_an_app_that_was_never_published_nothing_is_kept_for_others_either(app):
    """Fails where an answer is sealed only as what the app's address shows: here that is nothing."""
    dev = await deploy(app, js("/only.js", "in dev"), mode="dev", access="private")
    known = await cookie(app, await share(app))

    shown = await get(app, "/only.js", referer=f"https://{HOST}/~{dev['fsId']}~/", cookie=known)

    assert shown.body == b"in dev"
    assert not shown.repeatable
    assert dict(shown.headers)["cache-control"] == "private, no-cache"


async def enter_by(app, token, **headers):
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return await answer(app, PIPELINE, HttpIncoming("POST", HOST, "/~share", names, token.encode()))


async def test_a_page_of_another_host_decides_for_nobody_as_whom_they_visit(garden):
    token = await share(garden)

    for site in ("same-site", "cross-site", "none"):
        assert (await enter_by(garden, token, sec_fetch_site=site)).status == 404
    for origin in (f"https://evil--eve.{HOST.partition('.')[2]}", "null", f"http://{HOST}:1", "http://"):
        assert (
            await enter_by(garden, token, origin=origin)
        ).status == 404  # without https that alone is told
    assert (await enter_by(garden, token, sec_fetch_site="same-origin")).status == 204
    assert (await enter_by(garden, token, origin=f"http://{HOST}")).status == 204


@pytest.mark.parametrize(
    ("base", "protocol", "kind"),
    [
        ("apps.test", "https", "Partitioned; Max-Age=7776000; Secure"),
        ("localhost:8787", "http", "Partitioned; Max-Age=7776000; Secure"),
        ("apps.localhost", "http", "Partitioned; Max-Age=7776000; Secure"),
        ("apps.lan", "http", "SameSite=Lax; Max-Age=7776000"),
    ],
)
async def test_in_a_frame_the_cookie_is_one_that_browsers_take_there(garden, base, protocol, kind):
    app = replace(garden, config=replace(garden.config, protocol=protocol, hostname_base=base))
    token = await share(app)
    at = HttpIncoming("POST", f"garden--ada.{base}", "/~share", {"x-vibes-framed": "1"}, token.encode())

    assert dict((await answer(app, PIPELINE, at)).headers)["set-cookie"].endswith(kind)


async def test_the_page_round_a_private_app_lets_the_browser_in_as_its_visitor(garden):
    handed = await ask(garden, "ada", "vibes.diy.req-hand-off", **GARDEN, enter=True)
    renewed = await ask(garden, "ada", "vibes.diy.req-hand-off", **GARDEN)

    name = await cookie(garden, handed["entry"])

    assert "entry" not in renewed
    assert (await get(garden, "/a.js", cookie=name)).body == b"secret words"
    assert (await get(garden, "/a.js", cookie=name, sec_fetch_site="same-site")).status == 404
    assert (await get(garden, "/a.js", host="shed--ada.apps.test", cookie=name)).status == 404


async def test_a_public_app_needs_no_entry(app):
    await deploy(app, jsx())

    assert "entry" not in await ask(app, "ada", "vibes.diy.req-hand-off", **GARDEN, enter=True)


async def test_a_private_app_is_shown_in_frames_of_the_page_round_it_alone(garden):
    name = await cookie(garden, await share(garden))

    policy = (await get(garden, "/", cookie=name)).policy

    assert policy == "frame-ancestors 'self' https://apps.test"


async def test_the_door_is_on_every_host_the_same(garden):
    """It tells nobody whether there is an app; its script leads on to a path of its own host, whatever is written."""
    here, nowhere = [
        await get(garden, "/~share", host=host, **BROWSER) for host in (HOST, "shed--bob.apps.test")
    ]

    assert here == nowhere
    assert (here.status, b"One moment" in here.body) == (200, True)
