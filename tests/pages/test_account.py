"""The page of one's own account, in a real browser: what is there, and each thing that can be done."""

import json

import pytest
from browser import launch_browser
from page_client import page_client, page_socket, say, sign_in_code, signed_in
from serving import running

from vibes_trio.auth.device import read_key_file
from vibes_trio.auth.encoding import encode_base64url

WHO = "document.querySelector('.who strong')?.textContent"
TOLD = "document.getElementById('told').textContent"


async def sign_in(browser, app, name="ada", path="/account"):
    """Return a page of a browser that *name* is signed in with."""
    origin = f"http://localhost:{app.config.port}"
    page = await browser.open(f"{origin}/sign-in?next={path}#{await sign_in_code(app, name)}")
    await page.wait_for(f"{WHO} === '{name}' && location.pathname === '{path}'")
    return page


async def test_the_account_is_whole_without_a_script_and_nobody_else_s(tmp_path):
    async with running(tmp_path / "data") as app, page_client(app) as client:
        nobody = await client.get("/account")
        client.cookie = await signed_in(app)
        page = await client.get("/account")

    assert (nobody.status, nobody.headers["location"]) == (303, "/sign-in?next=%2Faccount")
    for words in ("Browsers that are signed in", "this one", "No device acts as you", "Size of apps"):
        assert page.has(words), words
    assert client.cookie not in page.text


@pytest.mark.browser
async def test_handles_devices_and_sessions_are_seen_to_on_the_page(tmp_path):
    async with (
        running(tmp_path / "data") as app,
        launch_browser(tmp_path / "a") as first,
        launch_browser(tmp_path / "b") as second,
    ):
        page = await sign_in(first, app)
        await page.evaluate("document.getElementById('handle').value = 'ada-b'")
        await page.click("#take-handle button")
        await page.wait_for("document.querySelector('#handles strong')?.textContent === 'ada-b'")

        await page.evaluate("URL.createObjectURL = (blob) => { window.made = blob.text(); return '#' }")
        await page.click("#new-device button")
        await page.wait_for("document.querySelector('#devices [data-act]')")
        device = read_key_file(await page.evaluate("window.made"))
        assert device.certificate["creatingUser"]["claims"]["userId"] == "user-ada"
        await page.click("#devices [data-act]")
        await page.click("dialog [value=yes]")
        await page.wait_for("!document.querySelector('#devices [data-act]')")

        other = await sign_in(second, app)
        await other.click("#sessions [data-act=end-session]:not([data-current])")
        await other.wait_for(f"{TOLD}.includes('signed out')")
        await page.wait_for("location.pathname === '/sign-in'", timeout_s=5)
        assert await other.evaluate("document.querySelectorAll('#sessions li').length") == 1
        assert page.console == other.console == []


@pytest.mark.browser
async def test_a_passkey_is_added_signs_in_and_is_removed(tmp_path):
    async with running(tmp_path / "data") as app, launch_browser(tmp_path) as browser:
        page = await sign_in(browser, app)
        await page.send("WebAuthn.enable")
        await page.send(
            "WebAuthn.addVirtualAuthenticator",
            options={
                "protocol": "ctap2",
                "transport": "internal",
                "hasResidentKey": True,
                "hasUserVerification": True,
                "isUserVerified": True,
                "automaticPresenceSimulation": True,
            },
        )
        await page.evaluate("document.getElementById('passkey-name').value = 'Phone'")
        await page.click("#add-passkey button")
        await page.wait_for("document.querySelector('#passkeys strong')?.textContent === 'Phone'")

        await page.click(".who button")
        await page.wait_for("document.querySelector('.who a')")
        await page.goto(f"http://localhost:{app.config.port}/sign-in?next=/account")
        await page.wait_for("document.getElementById('by-passkey')?.hidden === false")
        sent = """new Promise((done) => {
            const form = document.getElementById('by-passkey');
            form.requestSubmit = function () { done(this.elements.passkey.value); };
            form.querySelector('button').click();
        })"""
        credential = json.loads(await page.evaluate(sent))

        async with page_client(app) as client:
            signed = json.dumps(credential)
            in_by_it = await client.post("/sign-in", passkey=signed, next="/account")
            again = await client.post("/sign-in", passkey=signed)
            credential["response"]["userHandle"] = credential["response"]["signature"] = "AAAA"
            forged = await client.post("/sign-in", passkey=json.dumps(credential))
            nonsense = [await client.post("/sign-in", passkey=text) for text in ("x", "{}", "[" * 2000)]
        assert (in_by_it.status, in_by_it.headers["location"]) == (303, "/account")
        assert [one.status for one in (again, forged, *nonsense)] == [403] * 5

        async with page_socket(app, in_by_it.token) as socket:
            (kept,) = (await say(socket, "vibes.diy.req-list-passkeys"))["items"]
            assert kept["name"] == "Phone"
            removed = await say(socket, "vibes.diy.req-remove-passkey", passkeyId=kept["passkeyId"])
            gone = await say(socket, "vibes.diy.req-remove-passkey", passkeyId=kept["passkeyId"])
        assert (removed["passkeyId"], gone["code"]) == (kept["passkeyId"], "not-found")


async def test_a_passkey_is_added_by_a_browser_for_itself_and_by_nothing_else(tmp_path):
    async with running(tmp_path / "data") as app:
        ada, eve = await signed_in(app), await signed_in(app, "eve")
        async with page_socket(app, ada) as hers, page_socket(app, eve) as eves:
            options = (await say(hers, "vibes.diy.req-passkey-options"))["options"]
            client_data = json.dumps({"challenge": options["challenge"], "type": "webauthn.create"})
            raw = encode_base64url(client_data.encode())
            credential = json.dumps({"id": "AAAA", "rawId": "AAAA", "response": {"clientDataJSON": raw}})
            of_another = await say(eves, "vibes.diy.req-add-passkey", credential=credential)
            broken = await say(hers, "vibes.diy.req-add-passkey", credential=credential)
            empty = await say(hers, "vibes.diy.req-add-passkey", credential="{}")

    assert options["rp"]["id"] == "localhost"
    assert {reply["code"] for reply in (of_another, broken, empty)} == {"bad-request"}
    assert "too late, or not for this" in of_another["message"]
    assert "can't be used" in broken["message"]
