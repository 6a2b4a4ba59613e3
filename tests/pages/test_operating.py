"""The pages of operators: figures, users, settings and checks; for nobody else, and nothing secret in them."""

import re

import pytest
from browser import launch_browser
from page_client import page_client, signed_in
from serving import running

from vibes_trio.browsers import COOKIE
from vibes_trio.config import SETTINGS
from vibes_trio.pages.operating import shown_number, shown_share
from vibes_trio.storage.users import add_user

PATHS = ("/operator", "/operator/users", "/operator/settings")
CA = "DEVICE_ID_CA_PRIV_KEY"  # every server of these tests has one


@pytest.fixture
async def app(tmp_path):
    secret = {one.name: "verborgen" for one in SETTINGS if one.secret and one.name != CA}
    async with running(
        tmp_path / "data", **secret, CALLAI_CHAT_URL="https://a:verborgen@b.test/?k=verborgen"
    ) as app:
        yield app


@pytest.fixture
async def client(app):
    async with page_client(app) as client:
        client.cookie = await signed_in(app, "olga")
        yield client


@pytest.mark.parametrize("path", PATHS)
async def test_they_are_for_operators_alone(app, client, path):
    operator = await client.get(path)
    client.cookie = await signed_in(app, "ada")
    user = await client.get(path)
    client.cookie = ""
    nobody = await client.get(path)

    assert (operator.status, user.status, nobody.status) == (200, 403, 303)
    assert 'href="/operator"' in operator.text
    assert 'href="/operator"' not in user.text


@pytest.mark.parametrize("path", PATHS)
async def test_nothing_secret_is_shown(app, client, path):
    shown = (await client.get(path)).text

    assert "verborgen" not in shown
    assert app.config.device_id_ca_priv_key[:20] not in shown


async def test_what_the_server_does_now_is_shown(client):
    shown = await client.get("/operator")

    assert shown.has("running since")
    assert shown.has("BuildModules")
    assert shown.has("Free on the disk")
    assert shown.has("none by itself")
    (named,) = re.findall(r"<code>(VIBES_BACKUP\w*)</code>", shown.text)
    assert named in {setting.name for setting in SETTINGS}


async def test_an_hour_of_figures_is_still_a_small_page(app, client):
    for look in range(app.config.limits.samples):
        app.counts.cells("answers")["app", 200, "fast"].value += look % 7 * 1000
        app.samples.take(app.now() + 10 * look, app.counts, {"disk_free_bytes": float(look)})

    shown = await client.get("/operator")

    assert shown.has('<path d="M0 56L')
    assert len(shown.text) < 30_000


async def test_settings_are_shown_with_their_origin_and_checks_worst_first(client):
    shown = (await client.get("/operator/settings")).text

    assert all(f"<code>{setting.name}</code>" in shown for setting in SETTINGS)
    assert '<span class="badge">environment</span>' in shown
    levels = [part.partition("<")[0] for part in shown.split('<li><span class="badge ')[1:]]
    order = ['bad">problem', 'warn">note', 'ok">ok']
    assert levels == sorted(levels, key=order.index)


async def test_users_are_shown_page_by_page(app, client):
    for number in range(52):
        await app.db.write(add_user, f"id-{number}", f"user-{number:02}", "")

    first = await client.get("/operator/users")
    path = first.text.partition('href="/operator/users?')[2].partition('"')[0]
    second = await client.get(f"/operator/users?{path}")

    assert [f">user-{number:02}<" in first.text for number in (0, 48, 49, 51)] == [True, True, False, False]
    assert second.has(">user-51<")
    assert "Further users" not in second.text
    assert (await client.get("/operator/users?cursor=odd")).status == 400


@pytest.mark.parametrize(
    ("value", "shown"),
    [(0.0, "0"), (0.034, "0.03"), (1.26, "1.3"), (7.0, "7"), (123.4, "123"), (12345.6, "12,346")],
)
def test_numbers_are_as_short_as_they_may_be(value, shown):
    assert shown_number(value) == shown


def test_a_share_is_told_in_per_cent():
    assert shown_share(0.256) == "26 %"


@pytest.mark.browser
async def test_somebody_is_invited_and_made_an_operator_in_the_browser(app, client, tmp_path):
    await signed_in(app, "ada")
    async with launch_browser(tmp_path / "profile") as browser:
        address = f"http://{client.host}/operator/users"
        cookie = {"name": COOKIE, "value": client.cookie, "url": address, "httpOnly": True}
        await browser.send("Storage.setCookies", cookies=[cookie])
        page = await browser.open(address)
        await page.wait_for("!document.getElementById('invite').hidden")

        await page.evaluate("document.getElementById('name').value = 'eve'")
        await page.click("#invite button")
        link = await page.wait_for("document.getElementById('link').value")
        assert link.startswith(f"http://{client.host}/")
        await page.goto(address)
        await page.click("[data-revoke]:not([hidden])")
        await page.wait_for("document.querySelector('#invites span[tabindex]')")
        assert "eve" not in (await client.get("/operator/users")).text

        await page.click("[data-role=operator]")
        await page.click("dialog .danger")
        await page.wait_for("document.querySelectorAll('[data-role=user]').length === 2")
        assert page.console == []

        await page.click("[data-role=user]:not([hidden])")
        await page.click("dialog .danger")
        await page.wait_for("document.querySelectorAll('[data-role=user]:not([hidden])').length === 1")
        await page.click("[data-role=user]:not([hidden])")
        await page.click("dialog .danger")
        assert "Nobody would be an operator" in await page.wait_for(
            "document.querySelector('.told .bad')?.textContent"
        )
