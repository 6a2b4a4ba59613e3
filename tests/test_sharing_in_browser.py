"""A private app in a real browser: the address that lets it in, and what it sees otherwise; both lanes, readers."""

import json

import pytest
from asking import envelope, js, text
from browser import launch_browser
from raw_client import post, talk
from recorded import token
from serving import running

HTML = "<!doctype html><title>Secret</title><h1>Secret garden</h1><p></p><script src='/a.js'></script>"
SCRIPT = "document.querySelector('p').textContent = 'and its script'"
GARDEN = {"appSlug": "garden", "ownerHandle": "ada"}


async def ask(port, kind, **members):
    answer = await talk(port, post(envelope(token("A"), f"vibes.diy.req-{kind}", **members)))
    return json.loads(answer.partition(b"\r\n\r\n")[2])["payload"]


async def deploy(port):
    files = [text("/index.html", HTML), js("/a.js", SCRIPT)]
    return await ask(port, "ensure-app-slug", **GARDEN, mode="production", fileSystem=files, access="private")


def get(path, *lines):
    return "\r\n".join([f"GET {path} HTTP/1.1", "Host: garden--ada.localhost", *lines, "", ""]).encode()


@pytest.mark.browser
async def test_the_address_lets_a_browser_in_until_it_is_taken_back(tmp_path):
    async with running(tmp_path / "data") as app, launch_browser(tmp_path) as browser:
        port = app.config.port
        assert "fsId" in await deploy(port)
        link = await ask(port, "create-share-link", **GARDEN)
        plain = link["url"].partition("#")[0]

        closed = await browser.open(plain)
        await closed.wait_for("document.querySelector('h1')")
        assert (
            await closed.evaluate("document.querySelector('h1').textContent")
            == "There is no app at this address"
        )

        page = await browser.open(link["url"])
        await page.wait_for("document.querySelector('p')?.textContent === 'and its script'")
        assert await page.evaluate("document.querySelector('h1').textContent") == "Secret garden"
        assert await page.evaluate("[location.hash, document.cookie]") == ["", ""]

        await ask(port, "revoke-share-link", **GARDEN, linkId=link["linkId"])
        again = await browser.open(plain)
        await again.wait_for("document.querySelector('h1')")
        assert (
            await again.evaluate("document.querySelector('h1').textContent")
            == "There is no app at this address"
        )


@pytest.mark.parametrize("workers", ["1", "2"])
async def test_both_lanes_and_readers_keep_a_private_app_to_those_who_are_let_in(tmp_path, workers):
    """Asked again and again, with a cookie and without, so that what one is shown would be kept for the other."""
    async with running(tmp_path, VIBES_WORKERS=workers) as app:
        port = app.config.port
        await deploy(port)
        secret = (await ask(port, "create-share-link", **GARDEN))["url"].partition("=")[2]
        entered = await talk(port, post(secret.encode(), "garden--ada.localhost", "/~share"))
        assert b"204" in entered.partition(b"\r\n")[0]
        cookie = f"Cookie: vibes-share={secret}"
        full = "Expect: x"  # with that it is no simple request

        for _ in range(6):
            for path in ("/a.js", "/", "/~~calculated~~/import-map.json"):
                for lane in ((), (full,)):
                    shown = await talk(port, get(path, cookie, *lane))
                    hidden = await talk(port, get(path, *lane))
                    if not lane:
                        assert b" 200 " in shown.partition(b"\r\n")[0], shown[:300]
                        assert b"private, no-cache" in shown
                    assert b" 200 " not in hidden.partition(b"\r\n")[0]
                    assert b"script" not in hidden.partition(b"\r\n\r\n")[2]
