"""The page of an app, as a browser without scripts gets it: to each what their role allows."""

import pytest
from asking import js
from page_client import page_client, page_socket, say, signed_in
from serving import running

NAMED = {"appSlug": "shop", "ownerHandle": "ada"}
OWNERS = ("Take it down", "Delete the app", "Make an invitation link", 'id="settings"', "Who sees it")
EDITORS = ("A new release", "Errors on its page", "Publish")


@pytest.fixture
async def app(tmp_path):
    async with running(tmp_path / "data", VIBES_MODULES="cdn") as app:
        yield app


async def send(socket, name, **members):
    return await say(socket, f"vibes.diy.req-{name}", **(NAMED | members))


async def deploy(socket, *files, **members):
    return await send(
        socket, "ensure-app-slug", **({"mode": "production", "fileSystem": list(files)} | members)
    )


async def shown(app, cookie, path="/apps/ada/shop"):
    async with page_client(app) as client:
        client.cookie = cookie
        return await client.get(path)


async def let_in(app, owner, name, role):
    cookie = await signed_in(app, name)
    made = await send(owner, "create-invite", role=role)
    async with page_socket(app, cookie) as socket:
        await say(socket, "vibes.diy.req-redeem-invite", token=made["tokenOrGrantUserId"])
    return cookie


async def test_releases_stand_in_a_line_with_what_changed_and_which_is_shown(app):
    cookie = await signed_in(app)
    async with page_socket(app, cookie) as socket:
        first = await deploy(socket, js("/a.js", "1"), js("/old.js", "1"), message="The first")
        await deploy(socket, js("/a.js", "2"), js("/new.js", "1"), message="More <b>carts</b>")
        await deploy(socket, js("/a.js", "3"), mode="dev")

    page = await shown(app, cookie)

    assert page.has("v3")
    assert page.has("For trying out")
    assert page.has("More &lt;b&gt;carts&lt;/b&gt;")
    assert page.has("1 file changed, 1 added, 1 removed")
    assert page.has("+ /new.js")
    assert page.has("− /old.js")
    assert page.has("by you")
    assert page.has("Go back to this")
    assert page.has(f"/~{first['fsId']}~/")
    assert page.text.count("Shown now") == 1


async def test_each_role_sees_what_it_may_do(app):
    ada = await signed_in(app)
    async with page_socket(app, ada) as socket:
        await deploy(socket, js("/a.js", "1"))
        await deploy(socket, js("/a.js", "2"), mode="dev")
        eve = await let_in(app, socket, "eve", "editor")
        vic = await let_in(app, socket, "vic", "viewer")
        pages = {
            name: await shown(app, cookie)
            for name, cookie in (
                ("ada", ada),
                ("eve", eve),
                ("vic", vic),
                ("bob", await signed_in(app, "bob")),
            )
        }
        await send(socket, "ensure-app-settings", visibility="private")

    assert all(pages["ada"].has(words) for words in (*OWNERS, *EDITORS))
    assert all(pages["eve"].has(words) for words in EDITORS)
    assert not any(pages["eve"].has(words) for words in OWNERS)
    for name, role in (("vic", "viewer"), ("bob", "visitor")):
        assert pages[name].has(role)
        assert pages[name].has("Make a copy that is mine")
        assert not pages[name].has("v2")
        assert not any(pages[name].has(words) for words in (*OWNERS, *EDITORS[:2]))
    assert (await shown(app, vic)).has("v1")
    hidden, missing = await shown(app, await signed_in(app, "bob")), await shown(app, ada, "/apps/ada/none")
    assert (hidden.status, missing.status) == (404, 404)
    assert "Ask to be let in" in hidden.text
    assert "There is no app called none" in missing.text


async def test_one_that_is_taken_down_can_be_brought_back(app):
    cookie = await signed_in(app)
    async with page_socket(app, cookie) as socket:
        await deploy(socket, js("/a.js", "1"))
        await send(socket, "set-unpublish", unpublish=True)

    page = await shown(app, cookie)

    assert page.has("Taken down")
    assert page.has("Bring it back")
    assert not page.has("Take it down")


async def test_errors_of_its_page_and_whom_it_is_shared_with_are_told(app):
    cookie = await signed_in(app)
    async with page_socket(app, cookie) as socket:
        fs_id = (await deploy(socket, js("/a.js", "1")))["fsId"]
        await send(socket, "create-invite", role="editor", invitedEmail="eve@example.org")
        await send(socket, "ensure-app-settings", visibility="private", title="A <shop>")
        link = await send(socket, "create-share-link")
    async with page_client(app) as client:
        told = b'{"fsId": "%s", "message": "x is not defined", "file": "App.jsx", "line": 7}' % fs_id.encode()
        token = link["url"].rpartition("=")[2]
        host = f"shop--ada.{app.config.hostname_base}"
        lines = f"POST /~errors HTTP/1.1\r\nhost: {host}\r\ncookie: vibes-share={token}\r\ncontent-length: {len(told)}"
        await client.http.stream.send_all(lines.encode() + b"\r\n\r\n" + told)
        assert (await client.http.answer())[0] == 204

    page = await shown(app, cookie)

    assert page.has("x is not defined")
    assert page.has("App.jsx:7")
    assert page.has("1</strong> error on its page") or page.has("1 error</strong> on its page")
    assert page.has("eve@example.org")
    assert page.has("A &lt;shop&gt;")
    assert page.has('data-act="revoke-link"')


@pytest.mark.parametrize("page", ["apps", "vibe"])
async def test_the_page_of_an_app_with_another_name_is_gone_to_unless_it_is_private(app, page):
    cookie = await signed_in(app)
    async with page_socket(app, cookie) as socket:
        await deploy(socket, js("/a.js", "1"))
        await send(socket, "rename-app", newAppSlug="store")
        open_to_all = await shown(app, cookie, f"/{page}/ada/shop")
        await send(socket, "ensure-app-settings", appSlug="store", visibility="private")
        private = await shown(app, await signed_in(app, "bob"), f"/{page}/ada/shop")

    assert (open_to_all.status, open_to_all.headers["location"]) == (303, f"/{page}/ada/store")
    assert private.status == 404
    assert "store" not in private.text


async def test_who_asked_to_be_let_in_is_called_by_name(app):
    cookie = await signed_in(app)
    async with page_socket(app, cookie) as socket:
        await deploy(socket, js("/a.js", "1"))
        await send(socket, "ensure-app-settings", request={"enable": True})
    async with page_socket(app, await signed_in(app, "eve")) as hers:
        asked = await send(hers, "request-access")

    page = await shown(app, cookie)

    assert page.has("eve <")
    assert page.has("waits for you")
    for_buttons = f'data-who="{asked["foreignUserId"]}"'
    assert page.text.count(asked["foreignUserId"]) == page.text.count(for_buttons) == 2


async def test_releases_come_page_by_page(app):
    cookie = await signed_in(app)
    async with page_socket(app, cookie) as socket:
        for number in range(12):
            await deploy(socket, js("/a.js", str(number)))

    first = await shown(app, cookie)
    path = first.text.partition('rel="next"')[0].rpartition('href="')[2].rpartition('"')[0]
    second = await shown(app, cookie, path)

    assert (first.text.count("<h3>v"), second.text.count("<h3>v")) == (10, 2)
    assert second.has("The newest releases")


async def test_the_qr_code_is_drawn_on_the_server(app):
    cookie = await signed_in(app)
    async with page_socket(app, cookie) as socket:
        await deploy(socket, js("/a.js", "1"))

    page = await shown(app, cookie)

    drawn = page.text.partition('<div class="qr">')[2].partition("</div>")[0]
    assert drawn.startswith("<svg")
    assert "style=" not in drawn
    assert f"shop--ada.{app.config.hostname_base}" in drawn


async def test_who_is_not_signed_in_is_sent_to_do_so_and_comes_back(app):
    page = await shown(app, "")

    assert (page.status, page.headers["location"]) == (303, "/sign-in?next=%2Fapps%2Fada%2Fshop")


async def test_an_app_without_a_release_is_no_mistake(app):
    cookie = await signed_in(app)
    async with page_socket(app, cookie) as socket:
        only = await deploy(socket, js("/a.js", "1"))
        await send(socket, "delete-release", fsId=only["fsId"])

    page = await shown(app, cookie)

    assert page.has("There is no release yet")
