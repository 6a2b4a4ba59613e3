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
            == "There is no app called garden"
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
            == "There is no app called garden"
        )


SITE = "apps.localhost"
"""Hosts under it are one site to browsers, as those of a server's apps are: cookies go along from one to the other."""
PICTURE = "<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'/>"
ATTACK = """
(async () => {
  const base = "http://garden--ada.apps.localhost:" + location.port;
  const found = {};
  const put = (name, kind, members) => new Promise((resolve) => {
    const element = Object.assign(document.createElement(kind), members);
    element.onload = () => resolve((found[name] = "load"));
    element.onerror = () => resolve((found[name] = "error"));
    document.body.append(element);
  });
  const attempt = async (name, act) => {
    try { found[name] = await act(); } catch { found[name] = "error"; }
  };
  const fetched = (init) => async () => (await fetch(base + "/a.js", { credentials: "include", ...init })).text();
  await Promise.all([
    put("script", "script", { src: base + "/a.js" }),
    put("module", "script", { type: "module", src: base + "/a.js" }),
    put("picture", "img", { src: base + "/p.svg" }),
    put("object", "object", { data: base + "/p.svg" }),
    put("embed", "embed", { src: base + "/p.svg", type: "image/svg+xml" }),
    put("style", "link", { rel: "stylesheet", href: base + "/s.css" }),
    put("frame", "iframe", { src: base + "/" }),
  ]);
  await attempt("fetched", fetched({}));
  await attempt("opaque", fetched({ mode: "no-cors" }));
  await attempt("imported", async () => (await import(base + "/a.js"), "load"));
  await attempt("inside", async () => document.querySelector("iframe").contentWindow.document.title);
  await attempt("worker", async () => (await navigator.serviceWorker.register(base + "/a.js"), "load"));
  await attempt("kept", async () => {
    await (await caches.open("x")).add(new Request(base + "/a.js", { mode: "no-cors", credentials: "include" }));
    return "load";
  });
  found.run = globalThis.secret ?? "nothing";
  document.cookie = "vibes-share=another; domain=apps.localhost; path=/";
  globalThis.found = found;
})();
"""


@pytest.mark.browser
async def test_a_page_of_another_app_learns_nothing_of_a_private_app_that_its_visitor_may_see(tmp_path):
    """Nor can it lock the visitor out by a cookie for all hosts."""
    files = [
        text("/index.html", "<!doctype html><h1>Secret garden</h1>"),
        js("/a.js", "globalThis.secret = 'its script'"),
        text("/p.svg", PICTURE),
        text("/s.css", "body { color: red }"),
    ]
    async with (
        running(tmp_path / "data", VIBES_SVC_HOSTNAME_BASE=SITE) as app,
        launch_browser(tmp_path) as browser,
    ):
        port = app.config.port
        await ask(port, "ensure-app-slug", **GARDEN, mode="production", fileSystem=files, access="private")
        other = [text("/other.html", "<!doctype html><p>other</p>")]
        await ask(
            port, "ensure-app-slug", appSlug="other", ownerHandle="ada", mode="production", fileSystem=other
        )
        link = (await ask(port, "create-share-link", **GARDEN))["url"].replace(SITE, f"{SITE}:{port}")
        seen = "document.querySelector('h1')?.textContent === 'Secret garden'"
        await (await browser.open(link)).wait_for(seen)

        page = await browser.open(f"http://other--ada.{SITE}:{port}/other.html")
        await page.wait_for("document.querySelector('p')")
        await page.evaluate(ATTACK)
        found = await page.wait_for("globalThis.found")

        # Browsers say so of these whatever is shown in them.
        assert (found.pop("frame"), found.pop("embed")) == ("load", "load")
        assert (found.pop("run"), found.pop("opaque")) == ("nothing", "")
        assert found == dict.fromkeys(found, "error")
        await (await browser.open(link.partition("#")[0])).wait_for(seen)


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
