"""A browser is signed in by a link, always anew, and nothing of another page's gets it to do anything."""

import pytest
from browser import launch_browser
from page_client import PageClient, page_client, page_socket, say, sign_in_code
from serving import running

from vibes_trio.browsers import COOKIE
from vibes_trio.storage.sessions import list_sessions

WRONG = "count"


@pytest.fixture
async def client(tmp_path):
    async with running(tmp_path / "data") as app, page_client(app) as client:
        yield client


async def sessions_of(client: PageClient):
    app = client.app
    return await app.db.read(list_sessions, None, app.config.limits, limit=10)


async def test_a_code_signs_a_browser_in_once(client):
    code = await sign_in_code(client.app)

    first = await client.post("/sign-in", code=code, next="/account?x=1")
    again = await client.post("/sign-in", code=code)

    assert (first.status, first.headers["location"]) == (303, "/account?x=1")
    cookie = first.headers["set-cookie"]
    assert cookie.startswith(f"{COOKIE}=")
    assert {"HttpOnly", "SameSite=Lax", "Path=/"} <= set(cookie.split("; "))
    assert "Domain" not in cookie
    assert (again.status, "set-cookie" in again.headers) == (403, False)
    assert "used before" in again.text
    assert len(await sessions_of(client)) == 1


async def test_a_code_is_too_old_after_ten_minutes(client):
    code = await sign_in_code(client.app, valid_s=0)

    answered = await client.post("/sign-in", code=code)

    assert (answered.status, await sessions_of(client)) == (403, ())


async def test_what_a_browser_had_before_never_becomes_a_session(client):
    client.cookie = "forged-by-somebody"

    answered = await client.post("/sign-in", code=await sign_in_code(client.app))

    token = answered.token
    assert token != "forged-by-somebody"
    assert len(token) >= 43  # 256 bits
    client.cookie = "forged-by-somebody"
    assert (await client.get("/")).has("Sign in")
    client.cookie = token
    assert (await client.get("/")).has("Signed in as")


async def test_to_sign_in_again_makes_another_session_and_ends_the_one_that_was_there(client):
    first = (await client.post("/sign-in", code=await sign_in_code(client.app))).token
    client.cookie = first

    second = (await client.post("/sign-in", code=await sign_in_code(client.app))).token

    assert first != second
    assert (await client.get("/")).has("Sign in")
    client.cookie = second
    assert (await client.get("/")).has("Signed in as")


FOREIGN = (
    {"origin": "http://shop--eve.localhost:{port}"},
    {"origin": "http://localhost"},
    {"origin": "https://localhost:{port}"},
    {"origin": "http://localhost.evil.test:{port}"},
    {"origin": "null"},
    {"origin": ""},
    {"origin": "http://localhost:{port}", "sec-fetch-site": "same-site"},
    {"origin": "http://localhost:{port}", "sec-fetch-site": "cross-site"},
)


@pytest.mark.parametrize("headers", FOREIGN)
async def test_a_form_of_another_page_signs_nobody_in_or_out(client, headers):
    code = await sign_in_code(client.app)
    client.cookie = (await client.post("/sign-in", code=await sign_in_code(client.app))).token
    headers = {name: text.format(port=client.app.config.port) for name, text in headers.items()}

    signed_in = await client.post("/sign-in", headers=headers, code=code)
    signed_out = await client.post("/sign-out", headers=headers)

    assert (signed_in.status, signed_out.status) == (403, 403)
    assert "set-cookie" not in {**signed_in.headers, **signed_out.headers}
    assert (await client.get("/")).has("Signed in as")
    assert (await client.post("/sign-in", code=code)).status == 303, "the code was not used up"


async def test_signing_out_ends_the_session_on_the_server_too(client):
    client.cookie = (await client.post("/sign-in", code=await sign_in_code(client.app))).token

    answered = await client.post("/sign-out")

    assert (answered.status, answered.headers["location"]) == (303, "/")
    assert f"{COOKIE}=;" in answered.headers["set-cookie"]
    assert (await client.get("/")).has("Sign in")
    assert await sessions_of(client) == ()


@pytest.mark.parametrize(
    ("wanted", "led"),
    [
        ("/account", "/account"),
        ("//evil.test", "/"),
        ("/\\evil.test", "/"),
        ("https://evil.test/", "/"),
        ("/\t/evil.test", "/"),
        ("javascript:alert(1)", "/"),
        ("/sign-in?next=/x", "/"),
        ("/" + "x" * 5000, "/"),
        ("/sign-out", "/"),
    ],
)
async def test_signing_in_leads_to_pages_of_this_server_alone(client, wanted, led):
    answered = await client.post("/sign-in", code=await sign_in_code(client.app), next=wanted)

    assert answered.headers["location"] == led


@pytest.mark.parametrize(
    ("fetch", "counts"),
    [
        ({}, True),
        ({"sec-fetch-site": "none"}, True),
        ({"sec-fetch-site": "same-origin"}, True),
        ({"sec-fetch-site": "same-site", "sec-fetch-dest": "document"}, True),
        ({"sec-fetch-site": "cross-site", "sec-fetch-dest": "document"}, True),
        ({"sec-fetch-site": "same-site", "sec-fetch-dest": "iframe"}, False),
        ({"sec-fetch-site": "same-site", "sec-fetch-dest": "object"}, False),
        ({"sec-fetch-site": "same-site", "sec-fetch-dest": "empty", "sec-fetch-mode": "cors"}, False),
    ],
)
async def test_a_page_is_somebodys_for_who_opens_it_and_for_nothing_that_embeds_it(client, fetch, counts):
    client.cookie = (await client.post("/sign-in", code=await sign_in_code(client.app))).token

    answered = await client.get("/", headers={"sec-fetch-mode": "navigate", "accept": "text/html", **fetch})

    assert answered.has("Signed in as") == counts


async def test_two_cookies_of_the_name_count_as_none(client):
    """Without https an app can set one for all hosts below its base."""
    token = (await client.post("/sign-in", code=await sign_in_code(client.app))).token
    client.cookie = f"{token}; {COOKIE}=tossed"

    assert (await client.get("/")).has("Sign in")


async def test_tries_are_bounded_by_address(client):
    limit = client.app.config.limits.sign_in_burst
    statuses = [(await client.post("/sign-in", code="WRONG")).status for _ in range(limit + 1)]

    assert statuses == [403] * limit + [429]


async def test_nobody_s_tries_keep_out_who_has_a_code(client):
    """Behind a proxy all have one address."""
    code = await sign_in_code(client.app)
    for _ in range(client.app.config.limits.sign_in_burst + 1):
        await client.post("/sign-in", code="WRONG")

    assert (await client.post("/sign-in", code=code)).status == 303
    assert (await client.post("/sign-in", code=code)).status == 429  # now it is one that nobody knows


async def test_a_form_that_is_too_long_is_refused(client):
    assert (await client.post("/sign-in", code="x" * 70_000)).status == 413
    assert (await client.post("/sign-in", **{f"f{n}": "x" for n in range(30)})).status == 413


async def test_what_a_link_brings_from_another_page_takes_a_click(client):
    """Else whoever leads a visitor here has them signed in as himself."""
    by_hand = await client.get("/sign-in", headers={"sec-fetch-site": "none", "accept": "text/html"})
    led = await client.get("/sign-in", headers={"sec-fetch-site": "same-site", "accept": "text/html"})

    told_nothing = await client.get("/sign-in", headers={"accept": "text/html"})

    assert (by_hand.has("data-at-once"), led.has("data-at-once")) == (True, False)
    assert not told_nothing.has("data-at-once")  # browsers tell servers without https elsewhere nothing


async def test_another_name_of_this_machine_leads_to_the_one_that_apps_live_under(client):
    port = client.app.config.port
    for host in (f"127.0.0.1:{port}", f"[::1]:{port}"):
        answered = await client.get("/sign-in?next=/x", host=host)
        assert (answered.status, answered.headers["location"]) == (
            303,
            f"http://localhost:{port}/sign-in?next=/x",
        )
    forwarded = await client.get("/sign-in", host="127.0.0.1:9000")
    assert forwarded.headers["location"] == "http://localhost:9000/sign-in"


async def test_nothing_that_signs_in_stands_in_the_log(client, caplog):
    caplog.set_level("DEBUG")
    code = await sign_in_code(client.app)
    client.cookie = (await client.post("/sign-in", code=code)).token
    for path in ("/account", "/sign-in"):
        await client.get(path)
    await client.post("/sign-in", code=code)
    async with page_socket(client.app, client.cookie) as socket:
        await say(socket)

    logged = caplog.text + "".join(str(vars(record)) for record in caplog.records)
    assert "signed in with a browser" in logged
    assert code not in logged
    assert client.cookie not in logged


@pytest.mark.browser
async def test_the_link_signs_a_real_browser_in_and_is_worth_nothing_to_another(tmp_path):
    async with running(tmp_path / "data") as app:
        link = f"http://127.0.0.1:{app.config.port}/sign-in#{await sign_in_code(app)}"
        async with launch_browser(tmp_path / "a") as first, launch_browser(tmp_path / "b") as second:
            page = await first.open(link)
            await page.wait_for("document.querySelector('.who strong')?.textContent == 'ada'")
            assert await page.evaluate("location.href") == f"http://localhost:{app.config.port}/"
            assert await page.evaluate("document.cookie") == ""

            other = await second.open(link)
            await other.wait_for("document.querySelector('[role=alert]')")
            assert "Not signed in" in await other.text()
            assert not any("#" in address or "code=" in address for address in page.requests)
            assert page.console == []
