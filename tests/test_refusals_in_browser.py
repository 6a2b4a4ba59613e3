"""What lets nobody in, or no longer, is refused with words, in a real browser: sign-in links and hand-offs."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from asking import DEPLOY, text
from browser import Browser, Page, launch_browser
from page_client import page_socket, say, sign_in_code, signed_in
from recorded import NOW
from serving import running

from vibes_trio.auth.handoff import REFUSED, HandOff
from vibes_trio.auth.jwk import new_key
from vibes_trio.context import App
from vibes_trio.pages.sign_in import WRONG_CODE

pytestmark = pytest.mark.browser

IS_IN = "document.body?.innerText.includes('Signed in as')"
TROUBLE = "document.querySelector('[role=alert]')?.innerText"
HAND = "vibes.diy.req-hand-off"
APPS = ("garden", "shed")


async def open_link(browser: Browser, app: App, code: str) -> Page:
    """Open a sign-in link as whoever types it in; return the page that it led to."""
    page = await browser.open(f"http://localhost:{app.config.port}/sign-in#{code}")
    await page.wait_for(f"{IS_IN} || {TROUBLE}")
    return page


async def used_twice(app: App, first: Browser, _: Browser) -> tuple[Browser, str]:
    code = await sign_in_code(app)
    page = await open_link(first, app, code)
    assert await page.evaluate(IS_IN), "it counts once"
    await first.send("Storage.clearCookies")
    return first, code


async def used_by_another(app: App, first: Browser, other: Browser) -> tuple[Browser, str]:
    _, code = await used_twice(app, first, other)
    return other, code


async def after_its_time(app: App, first: Browser, _: Browser) -> tuple[Browser, str]:
    return first, await sign_in_code(app, valid_s=0)


async def changed(app: App, first: Browser, _: Browser) -> tuple[Browser, str]:
    code = await sign_in_code(app)
    return first, code[:-1] + ("0" if code[-1] != "0" else "1")


async def forged(app: App, first: Browser, _: Browser) -> tuple[Browser, str]:
    return first, "f" * 32


@pytest.fixture
async def server(tmp_path) -> AsyncIterator[App]:
    async with running(tmp_path / "data") as app:
        yield app


@pytest.mark.parametrize("case", [used_twice, used_by_another, after_its_time, changed, forged])
async def test_a_sign_in_link_that_does_not_count_says_so_and_signs_nobody_in(server, tmp_path, case):
    async with launch_browser(tmp_path) as first, launch_browser(tmp_path) as second:
        browser, code = await case(server, first, second)

        page = await open_link(browser, server, code)

        assert await page.evaluate(TROUBLE) == f"Not signed in. {WRONG_CODE}"
        assert (await browser.send("Storage.getCookies"))["cookies"] == []
        await page.goto(f"http://localhost:{server.config.port}/")
        assert not await page.evaluate(IS_IN)


@asynccontextmanager
async def at_home(app: App) -> AsyncIterator[dict[str, str]]:
    """Give what the page round each of APPS is handed for Ada, who has them here."""
    async with page_socket(app, await signed_in(app)) as socket:
        tokens = {}
        for slug in APPS:
            file = text("/index.html", f"<!doctype html><title>{slug}</title>")
            sent = {"mode": "production", "appSlug": slug, "ownerHandle": "ada", "fileSystem": [file]}
            assert "fsId" in await say(socket, DEPLOY, **sent)
            tokens[slug] = (await say(socket, HAND, appSlug=slug, ownerHandle="ada"))["token"]
        yield tokens


def others(app: App, elsewhere: str, tokens: dict[str, str], session: str) -> dict[str, str]:
    """Return what is no token for `garden` here, by what it is."""
    assert app.hand_off is not None
    limits, key = app.config.limits, app.hand_off._key
    verified = app.hand_off.at_once(tokens["garden"])
    head, claims, mark = tokens["garden"].split(".")
    return {
        "another app's": tokens["shed"],
        "another server's": elsewhere,
        "expired": HandOff(key, lambda: NOW - limits.handed_valid_s, limits)
        .hand("ada/garden", verified)
        .token,
        "forged": HandOff(new_key(), lambda: NOW, limits).hand("ada/garden", verified).token,
        "with claims of another": ".".join((head, tokens["shed"].split(".")[1], mark)),
        "without a signature": f"{head}.{claims}.",
        "a session": session,
        "of no form": "garden",
    }


async def test_a_hand_off_of_another_time_app_or_server_is_refused_with_words(server, tmp_path):
    """By a page of the app, which asks who looks at it, with each in place of its own."""
    session = await signed_in(server)
    async with (
        running(tmp_path / "elsewhere") as elsewhere,
        at_home(elsewhere) as theirs,
        at_home(server) as tokens,
        launch_browser(tmp_path) as browser,
    ):
        page = await browser.open(f"http://garden--ada.localhost:{server.config.port}/")

        async def whose(token: str) -> dict[str, object]:
            auth = {"type": "hand-off", "token": token}
            asks = {"type": "vibe.req.whoAmI", "appSlug": "garden", "ownerHandle": "ada", "auth": auth}
            message = {"tid": "t", "src": "app", "dst": "server", "ttl": 1, "payload": asks}
            ask = json.dumps({"method": "POST", "body": json.dumps(message)})
            address = f"http://localhost:{server.config.port}/v1/api"
            reply = await page.evaluate(
                f"fetch({json.dumps(address)}, {ask}).then((answer) => answer.json())"
            )
            return reply["payload"]

        own = await whose(tokens["garden"])
        refused = {
            name: await whose(token)
            for name, token in others(server, theirs["garden"], tokens, session).items()
        }

    assert own["viewer"]["userHandle"] == "ada"
    for name, reply in refused.items():
        assert (reply.get("code"), reply.get("message")) == ("require-login", REFUSED), name
