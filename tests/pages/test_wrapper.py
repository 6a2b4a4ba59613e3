"""The page round an app in a real browser: the frame, the bar, the hand-off; for who is signed in, and who isn't."""

import os
import shutil
import socket
import threading
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from asking import DEPLOY, js, jsx, text
from browser import launch_browser
from page_client import page_client, page_socket, say, signed_in
from serving import http_client, running

from vibes_trio.exchange import UserId
from vibes_trio.pages import wrapper
from vibes_trio.storage.sessions import end_session, list_sessions

pytestmark = pytest.mark.browser

WHO = """
import { useViewer, useVibe } from "@vibes/viewer";
export default () => {
  const { viewer, isOwner, isSignedIn, isViewerPending, access, getToken, signIn, ViewerTag } = useViewer();
  const { me, ready } = useVibe("x");
  const facts = [viewer.userHandle, isOwner, isSignedIn, access, me.userHandle, ready];
  globalThis.getToken = getToken;
  return (
    <main>
      <p id="state">{isViewerPending ? "…" : facts.join(" ")}</p>
      <ViewerTag /> <button id="in" onClick={signIn}>Sign in</button>
    </main>
  );
};
"""
NEWEST = """<!doctype html><title>Newest</title><pre></pre><script>
// As the newest page module of the reference speaks: to "*", every half second, until it is answered.
const heard = [];
const show = () => (document.querySelector("pre").textContent = JSON.stringify(heard));
addEventListener("message", ({ data }) => (heard.push(data), show()));
const ready = { type: "vibe.evt.runtime.ready", deps: [], mirrorProto: 1 };
const timer = setInterval(() => parent.postMessage(ready, "*"), 50);
addEventListener("message", ({ data }) => data.type === "vibe.evt.runtime.ack" && clearInterval(timer));
const common = { appSlug: "newest", ownerHandle: "ada" };
globalThis.rpc = (type, members) => new Promise((resolve) => {
  const tid = crypto.randomUUID();
  addEventListener("message", ({ data }) => data.tid === tid && resolve(data));
  parent.postMessage({ tid, type, ...common, ...members }, "*");
});
</script>"""
PLAIN = "<!doctype html><title>Secret</title><h1>Secret garden</h1><script src='/a.js'></script>"


async def deploy(app, cookie, slug, *files, **members):
    async with page_socket(app, cookie) as page:
        sent = {
            "mode": "production",
            "appSlug": slug,
            "ownerHandle": "ada",
            "fileSystem": list(files),
            **members,
        }
        reply = await say(page, DEPLOY, **sent)
    assert "fsId" in reply, reply
    return reply


async def enter(browser, app, cookie):
    """Sign *browser* in."""
    await browser.send(
        "Storage.setCookies",
        cookies=[
            {
                "name": "vibes-session",
                "value": cookie,
                "url": f"http://{app.config.hostname_base}/",
                "httpOnly": True,
                "sameSite": "Lax",
            }
        ],
    )


async def picture(page, tmp_path, name):
    await page.screenshot(Path(os.environ.get("VIBES_TEST_PICTURES", tmp_path)) / f"{name}.png")


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


@asynccontextmanager
async def world(tmp_path, page_store, *, base="localhost"):
    """Give a server with apps of Ada's, and a browser in which nobody is signed in."""
    data = tmp_path / "data"
    shutil.copytree(page_store, data)
    port = str(free_port())
    names = {"VIBES_SVC_HOSTNAME_BASE": f"{base}:{port}", "VIBES_PORT": port}
    async with running(data, VIBES_MODULES="local", **names) as app, launch_browser(tmp_path) as browser:
        cookie = await signed_in(app)
        await deploy(app, cookie, "who", jsx(content=WHO))
        await deploy(app, cookie, "newest", text("/index.html", NEWEST))
        files = text("/index.html", PLAIN), js("/a.js", "document.body.append('its script')")
        await deploy(app, cookie, "secret", *files, access="private")
        yield app, browser, cookie


WHO_IS = (
    "document.querySelector('#state')?.textContent !== '…' && document.querySelector('#state')?.textContent"
)
PAYLOAD = "JSON.parse(atob(getToken().split('.')[1].replaceAll('-', '+').replaceAll('_', '/')))"


async def test_the_app_learns_who_looks_at_it_by_a_token_of_its_own(tmp_path, page_store):
    async with world(tmp_path, page_store) as (app, browser, cookie):
        base = f"http://localhost:{app.config.port}"
        nobody = await browser.open(f"{base}/vibe/ada/who")
        assert await nobody.wait_in_frame("who--ada", WHO_IS) == "you true false owner you true"
        said = await nobody.wait_in_frame("who--ada", f"getToken() && {PAYLOAD}")
        assert (said["anonymous"], said["aud"], said["exp"] - said["iat"]) == (True, "ada/who", 300)
        assert await nobody.in_frame("who--ada", "document.body.innerText.includes('not signed in')")
        await nobody.in_frame("who--ada", "document.querySelector('#in').click()")
        await nobody.wait_for("document.activeElement.id === 'sign-in'")

        await enter(browser, app, cookie)
        page = await browser.open(f"{base}/vibe/ada/who", width=1280, height=800)
        assert await page.wait_in_frame("who--ada", WHO_IS) == "ada true true editor ada true"
        said = await page.wait_in_frame("who--ada", f"getToken() && {PAYLOAD}")
        assert (said["sub"], said["handle"], said["aud"]) == ("user-ada", "ada", "ada/who")
        await picture(page, tmp_path, "wrapper-light")
        assert page.console == []

        other = await signed_in(app, "eve")
        await enter(browser, app, other)
        eves = await browser.open(f"{base}/vibe/ada/who")
        assert (await eves.wait_in_frame("who--ada", WHO_IS)).startswith("you false true none")


async def test_alone_an_app_says_that_nobody_is_signed_in_and_leads_to_the_page_round_it(
    tmp_path, page_store
):
    async with world(tmp_path, page_store) as (app, browser, _):
        page = await browser.open(f"http://who--ada.localhost:{app.config.port}/")
        assert await page.wait_for(WHO_IS) == "you true false owner you true"
        assert "not signed in" in await page.text()
        assert await page.evaluate("getToken()") is None

        await page.click("#in")
        await page.wait_for("location.pathname === '/vibe/ada/who'")

        assert page.console == []


async def test_the_page_module_of_the_newest_reference_runs_in_the_frame(tmp_path, page_store):
    """It is greeted, told who looks, and answered; what needs data of apps is refused with words."""
    async with world(tmp_path, page_store) as (app, browser, cookie):
        await enter(browser, app, cookie)
        page = await browser.open(f"http://localhost:{app.config.port}/vibe/ada/newest?a=b#c")
        there = "newest--ada"
        await page.wait_in_frame(there, "heard.some(({ type }) => type === 'vibe.evt.hand-off')")
        heard = await page.in_frame(there, "heard")
        who = await page.in_frame(there, "rpc('vibe.req.whoAmI')")
        admin = await page.in_frame(there, "rpc('vibe.req.whoAmI', { adminMode: true })")
        source = await page.in_frame(there, "rpc('vibe.req.accessFnSource', { cid: 'x' })")
        login = await page.in_frame(there, "rpc('vibe.req.login')")
        put = await page.in_frame(there, "rpc('vibes.diy.req-put-doc', { doc: {}, dbName: 'x' })")
        call = await page.in_frame(there, "rpc('vibe.req.callAI', { prompt: 'x' })")

        assert {one["type"] for one in heard} >= {"vibe.evt.runtime.ack", "vibe.evt.viewerChanged"}
        assert "mirrorProto" not in heard[0]
        assert (who["type"], who["viewer"]["userHandle"], who["access"]) == (
            "vibe.res.whoAmI",
            "ada",
            "editor",
        )
        assert admin["access"] == "override"
        assert (source["cid"], source["source"], login["status"]) == ("x", None, "ok")
        assert (put["type"], put["status"], put["code"]) == ("vibes.diy.res-put-doc", "error", "not-here-yet")
        assert (call["type"], call["status"]) == ("vibe.res.callAI", "error")
        assert "vibe.req.callAI is not here yet" in call["message"]
        assert await page.in_frame(there, "location.search + location.hash") == "?a=b#c"

        state = "parent.postMessage({ type: 'vibe.evt.url-state', search: '?d=e', hash: '#f' }, '*')"
        await page.in_frame(there, state)
        await page.wait_for("location.search + location.hash === '?d=e#f'")
        flood = "Promise.all(Array.from({ length: 150 }, () => rpc('vibe.req.whoAmI')))"
        answers = await page.in_frame(there, flood)
        assert {one.get("code") for one in answers} == {None, "overloaded"}


@pytest.mark.parametrize("base", ["localhost", "apps.localhost"])
async def test_a_private_app_is_shown_to_who_may_see_it_without_their_session(tmp_path, page_store, base):
    """As another site to browsers (`localhost`), and as the same one."""
    async with world(tmp_path, page_store, base=base) as (app, browser, cookie):
        round_it = f"http://{app.config.hostname_base}/vibe/ada/secret"
        await enter(browser, app, cookie)
        page = await browser.open(round_it)
        shown = "document.body?.innerText.includes('its script') && [location.pathname, location.hash, document.cookie]"
        assert await page.wait_in_frame("secret--ada", shown) == ["/", "", ""]
        sent = (await browser.send("Storage.getCookies"))["cookies"]
        assert {one["name"] for one in sent if "secret--ada" in one["domain"]} == {"vibes-share"}

        fresh = await browser.open(round_it)
        await fresh.wait_in_frame("secret--ada", shown)
        await fresh.in_frame("secret--ada", "location.reload()")
        await fresh.wait_in_frame("secret--ada", shown)

        (kept,) = [one for one in sent if one["name"] == "vibes-share"]
        async with http_client(app.config.port) as client:
            shown = {"cookie": f"vibes-share={kept['value']}"}
            host = f"secret--ada.{app.config.hostname_base}"
            assert (await client.get(host, "/a.js", **shown))[0] == 200
            (mine,) = await app.db.read(list_sessions, UserId("user-ada"), app.config.limits, limit=9)
            await app.db.write(end_session, None, mine.session_id)
            assert (await client.get(host, "/a.js", **shown))[0] == 404


async def test_what_may_have_been_meant_is_looked_for_beside_the_loop(tmp_path, monkeypatch):
    """Of a thousand apps that takes ten times as long as anybody may hold the others up."""
    threads = []

    def find(word, names, most):
        threads.append(threading.current_thread())
        return list(names)[:most]

    async with running(tmp_path / "data") as app, page_client(app) as client:
        client.cookie = await signed_in(app)
        async with page_socket(app, client.cookie) as socket:
            made = await say(socket, DEPLOY, mode="dev", appSlug="garden", fileSystem=[js("/a.js", "1")])
        monkeypatch.setattr(wrapper.difflib, "get_close_matches", find)
        answered = await client.get("/vibe/nobody/gardn")

    assert (answered.status, f"/vibe/{made['ownerHandle']}/garden" in answered.text) == (404, True)
    assert threads != [threading.current_thread()]
    assert len(threads) == 1
