"""Attacks of a hostile app: each is tried on the control, where it has to work, and on the server, where it must not.

Eve's app has a host of its own below the server's: another origin, the same site. Ada is signed in in the browser. What
an attack is: code that runs in Eve's page (or in her app, in the page round it) with `t`, where everything is; and how
it is seen that it worked: the code returns something (`got`), Ada's things have changed (`did`; `clicks`: once she
has clicked), a page of the browser shows what it must not (`shows`; `leads`: once she has signed in), or Ada is signed
in as somebody else (`is_eve`). In some she is lured into dragging something before.

Nothing waits for a fixed time: the control is looked at until the attack works there, and the server for longer than
that took (`LONGER`), under the same load.
"""

import contextlib
import io
import json
import sqlite3
import time
import urllib.request
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import trio
from browser import Browser, BrowserError, Page, launch_browser
from served import Served, in_a_thread
from unguarded import BASE, FILES, Unguarded

from vibes_trio.cli import main
from vibes_trio.commands.serve import prepare
from vibes_trio.config import Config
from vibes_trio.content.vibes_modules import our_addresses

AT_ONCE = 6
WAIT_S = 10.0
"""So long an attack is given on the control, and a page to open."""
LONGER, LEAST_S = 2.0, 0.6
"""An attack is given so many times as long on the server as it took on the control, and never less than that."""
LOOK_S = 0.05
DRAG_STEPS = 10
PRELUDE = """
const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const put = (kind, members, ms = t.ms) => Promise.race([wait(ms).then(() => "late"), new Promise((resolve) => {
  const element = Object.assign(document.createElement(kind), members);
  for (const [name, of] of [["load", "load"], ["error", "error"], ["loadeddata", "load"]])
    element.addEventListener(name, () => resolve(of));
  document.body.append(element);
})]);
const differs = async (probe) => (await probe(t.secret)) !== (await probe(t.nothing));
const until = async (look, ms = t.ms) => {
  for (let left = ms; left > 0; left -= 40) {
    try { const found = await look(); if (found) return found; } catch {}
    await wait(40);
  }
  return null;
};
const heard = [];
addEventListener("message", ({ data, origin }) => heard.push({ ...data, origin }));
const shut = (made) => { try { made?.close(); } catch {} };
"""


@dataclass(frozen=True)
class Attack:
    """What Eve does. *page* where it begins: her page, her app in the page round it (`framed`), or the API host's own
    address (`home`: apps without an origin of their own; on the server her page all the same). *drags*: from the middle
    of what the first selector finds to that of the other; *onto*: in a tab of the API host's with that path."""

    name: str
    code: str
    seen: str = "got"
    begins: str = "page"
    shows: str = ""
    signed_in: bool = True
    drags: tuple[str, str] | None = None
    onto: str = ""


@dataclass
class Target:
    """What is attacked: where everything is (`t` of the code), and how to look whether it worked."""

    name: str
    places: dict[str, Any]
    evil: str
    framed: str
    home: str
    enter: Callable[[Browser], Awaitable[None]]
    state: Callable[[], object]
    cookie: str


@dataclass
class Arena:
    """The server with people and apps, and the control."""

    served: Served
    control: Unguarded
    base: str
    tokens: dict[str, str] = field(default_factory=dict)
    numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def code(self, name: str) -> str:
        """Return a new sign-in code of *name*."""
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            assert main(["login-link", "--user", name, "--data-dir", str(self.served.data_dir)]) == 0
        return out.getvalue().strip().partition("#")[2]

    def sign_in(self, name: str) -> str:
        """Return what a browser has to show in which *name* is signed in."""
        body = urlencode({"code": self.code(name)}).encode()
        port = self.served.url.rpartition(":")[2]
        ask = urllib.request.Request(f"http://127.0.0.1:{port}/sign-in", body)
        for key, value in (("host", self.base.partition("://")[2]), ("origin", self.base)):
            ask.add_header(key, value)
        opener = urllib.request.build_opener(_Stays)
        cookie = opener.open(ask).headers["set-cookie"]
        return str(cookie.partition("=")[2].partition(";")[0])

    def control_target(self) -> Target:
        at = self.control.origin
        api = at("plain")
        who = f"ada.{next(self.numbers)}"
        ada = [("plain-session", who, api), ("plain-share", "1", at("secret-plain"))]
        return Target(
            "control",
            _places(api, at("garden-plain"), at("secret-plain"), at("nothing-plain"), at("evil-plain"))
            | {"evilCode": "eve-code", "evilSession": "eve", "cookie": "plain-session", "ada": who},
            at("evil-plain") + "/",
            f"{api}/vibe/eve/evil?app={at('evil-plain')}/",
            f"{api}/",
            lambda browser: _set_cookies(browser, ada, guarded=False),
            lambda: self.control.done.count(who),
            "plain-session",
        )

    def server_target(self, code: str) -> Target:
        protocol, _, host = self.base.partition("://")
        at = lambda name: f"{protocol}://{name}.{host}"  # noqa: E731 - a name for a format
        secure = protocol == "https"
        name = "__Host-vibes-session" if secure else "vibes-session"
        ada = [(name, self.tokens["ada"], self.base)]
        entry = [("__Host-vibes-share" if secure else "vibes-share", self.tokens["link"], at("secret--ada"))]
        return Target(
            "server",
            _places(self.base, at("garden--ada"), at("secret--ada"), at("nothing--ada"), at("evil--eve"))
            | {"evilCode": code, "evilSession": self.tokens["eve"], "cookie": name, "ada": "ada"},
            at("evil--eve") + "/",
            f"{self.base}/vibe/eve/evil",
            at("evil--eve") + "/",
            lambda browser: _set_cookies(browser, ada + entry),
            self.state,
            name,
        )

    def state(self) -> object:
        """All that is Ada's, and who is signed in."""
        tables = ("UserSlugBindings", "AppSlugBindings", "Apps", "Certificates", "AppInvites", "ChatContexts")
        with contextlib.closing(sqlite3.connect(_database(self.served.data_dir))) as database:
            found = {table: database.execute(f"SELECT * FROM {table}").fetchall() for table in tables}
            found["Sessions"] = database.execute(
                "SELECT sessionId FROM Sessions WHERE userId IN (SELECT userId FROM Users WHERE name = 'ada')"
            ).fetchall()
        return found


class _Stays(urllib.request.HTTPRedirectHandler):
    """Leads nowhere: the first answer is what is wanted."""

    def redirect_request(self, *_: Any) -> None:
        return None

    def http_error_303(self, req: Any, fp: Any, code: int, msg: str, headers: Any) -> Any:
        return fp


def _places(api: str, garden: str, secret: str, nothing: str, evil: str) -> dict[str, Any]:
    message = {"tid": "t", "src": "page", "dst": "server", "ttl": 9}
    remove = {"type": "vibes.diy.req-delete-app", "ownerHandle": "ada", "appSlug": "garden"}
    who = {"type": "vibes.diy.req-who-am-i"}
    return {
        "api": api,
        "ws": api.replace("http", "ws", 1) + "/v1/api",
        "garden": garden,
        "secret": secret,
        "nothing": nothing,
        "evil": evil,
        "remove": json.dumps(message | {"payload": remove}),
        "who": json.dumps(message | {"payload": who}),
    }


def _database(folder: Path) -> str:
    (found,) = folder.glob("*.sqlite*3")
    return str(found)


async def _set_cookies(
    browser: Browser, cookies: list[tuple[str, str, str]], *, guarded: bool = True
) -> None:
    await browser.send(
        "Storage.setCookies",
        cookies=[
            {
                "name": name,
                "value": value,
                "url": url + "/",
                "path": "/",
                "httpOnly": guarded,
                "sameSite": "Lax" if guarded else "None",
                "secure": url.startswith("https") or not guarded,
            }
            for name, value, url in cookies
        ],
    )


EVIL = "<!doctype html><title>evil</title><body>"
VICTIM = """<!doctype html><title>Garden</title><p id="state"></p>
<script type="importmap">{"imports": {"react": "./react.js"}}</script>
<script type="module">
import { useViewer } from "VIEWER";
setInterval(() => (document.getElementById("state").textContent = useViewer().viewer.userHandle), 20);
globalThis.getToken = useViewer().getToken;
</script>"""
REACT = "export const createElement = () => null; export const useSyncExternalStore = (hear, look) => look();"


@contextmanager
def arena(folder: Path, control: Unguarded, base: str, port: int) -> Iterator[Arena]:
    """Run the server that is attacked. *base*: its address, as browsers see it; *port*: where it listens."""
    protocol, _, host = base.partition("://")
    config = Config(
        data_dir=folder / "data",
        port=port,
        modules="cdn",
        registry_url="none",
        hostname_base=host,
        protocol=protocol,
    )
    prepare(config, time.time())
    data = ["--data-dir", str(config.data_dir)]
    for name in ("ada", "eve"):
        assert main(["user", "add", name, *data]) == 0
        assert main(["device", "issue", "--user", name, "--out", str(folder / f"{name}.json"), *data]) == 0
    with in_a_thread(config) as app:
        served = Served(f"http://127.0.0.1:{app.config.port}", config.data_dir, folder)
        made = Arena(served, control, base)
        viewer = our_addresses(["@vibes/viewer"])["@vibes/viewer"]
        victim = VICTIM.replace("VIEWER", viewer)
        assert served.deploy("garden", index_html=victim, react_js=REACT) == 0
        files = {name.strip("/").replace(".", "_") or "index_html": body for name, (_, body) in FILES.items()}
        assert served.deploy("secret", **files) == 0
        assert served.run("share", "secret", "private") == 0
        worker = "onconnect = (event) => event.ports[0].postMessage('in'); onfetch = () => {};"
        assert served.deploy("evil", as_user="eve", index_html=EVIL, worker_js=worker) == 0
        titled = "<!doctype html><title>&lt;img src=x onerror=ran=1&gt;</title>"
        assert served.deploy("titled", as_user="eve", index_html=titled) == 0
        made.tokens = {"ada": made.sign_in("ada"), "eve": made.sign_in("eve"), "link": _link(served)}
        yield made


def _link(served: Served) -> str:
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        assert served.run("share", "secret", "--link", "1") == 0
    return out.getvalue().partition("#vibes-share=")[2].split()[0]


async def try_it(browser: Browser, attack: Attack, target: Target, within_s: float) -> float | None:
    """Return after how many seconds *attack* was seen to work on *target*; None: not *within_s*."""
    if attack.signed_in:
        await target.enter(browser)
    before = target.state()
    page = await _begin(browser, attack, target)
    other = await _open(browser, target.places["api"] + attack.onto) if attack.onto else page
    began = trio.current_time()
    got = await _run(page, attack, target, within_s)
    if attack.seen == "got":
        return trio.current_time() - began if got else None
    if attack.drags:
        await _drag(page, other, *attack.drags)
    if attack.seen == "leads":
        await _press_sign_in(page)
    if attack.seen == "clicks":
        await _click(page)
    look = _looking(browser, attack, target, before)
    with trio.move_on_after(within_s + WAIT_S):
        until = trio.current_time() + within_s
        while not await look():
            if trio.current_time() > until:
                return None
            await trio.sleep(LOOK_S)
        return trio.current_time() - began
    return None


async def _run(page: Page, attack: Attack, target: Target, within_s: float) -> object:
    """Return what the code of *attack* does; None: the page has gone elsewhere, or the browser refuses."""
    places = json.dumps(target.places | {"ms": within_s * 1000})
    code = f"(async (t) => {{ {PRELUDE} {attack.code} }})({places})"
    with trio.move_on_after(WAIT_S), contextlib.suppress(BrowserError, trio.TooSlowError):
        if attack.begins == "framed":
            return await page.in_frame(_host(target.evil), code)
        return await page.evaluate(code)
    return None


def _looking(
    browser: Browser, attack: Attack, target: Target, before: object
) -> Callable[[], Awaitable[bool]]:
    """Return what tells whether *attack* has worked by now."""
    if attack.seen in ("shows", "leads"):
        return partial(_shows, browser, attack.shows, {})
    if attack.seen == "is_eve":
        return partial(_is_eve, browser, target, [])

    async def has_changed() -> bool:
        return target.state() != before

    return has_changed


async def _open(browser: Browser, address: str) -> Page:
    page = await browser.open()
    if address.startswith("https"):
        await page.send("Security.setIgnoreCertificateErrors", ignore=True)
    await page.goto(address)
    return page


async def _click(page: Page) -> None:
    """Click where the frame lies that Eve's page shows, unseen or not."""
    box = await page.evaluate(
        "JSON.parse(JSON.stringify(document.querySelector('iframe').getBoundingClientRect()))"
    )
    for kind in ("mousePressed", "mouseReleased"):
        where = {"x": box["x"] + 50, "y": box["y"] + 50, "button": "left", "clickCount": 1}
        await page.send("Input.dispatchMouseEvent", type=kind, **where)


async def _press_sign_in(page: Page) -> None:
    """Ada presses the button, unless the page has done it."""
    has_come = "!location.host.startsWith('evil') && location.pathname !== '/sign-in' || location.pathname === '/led'"
    await page.wait_for(f"document.querySelector('[name=code]')?.value || {has_come}")
    with contextlib.suppress(BrowserError):  # it has gone on
        await page.evaluate("document.querySelector('[name=code]')?.form.requestSubmit()")


async def _drag(page: Page, other: Page, source: str, sink: str) -> None:
    """Pull with the mouse from the middle of *source* in *page* to that of *sink* in *other*, as Ada is lured to do."""
    x, y = await _middle(page, source)
    await page.send("Input.setInterceptDrags", enabled=True)
    mouse = partial(page.send, "Input.dispatchMouseEvent", button="left", buttons=1, clickCount=1)
    await mouse(type="mousePressed", x=x, y=y)
    for step in range(1, DRAG_STEPS):
        await mouse(type="mouseMoved", x=x + 3 * step, y=y + 2 * step)
        if page.dragged is not None:
            break
    if page.dragged is not None:
        x, y = await _middle(other, sink)
        for kind in ("dragEnter", "dragOver", "drop"):
            await other.send("Input.dispatchDragEvent", type=kind, x=x, y=y, data=page.dragged)
    await mouse(type="mouseReleased", x=x, y=y)


async def _middle(page: Page, selector: str) -> tuple[float, float]:
    rect = f"document.querySelector({json.dumps(selector)}).getBoundingClientRect()"
    box = await page.evaluate(f"JSON.parse(JSON.stringify({rect}))")
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


async def _begin(browser: Browser, attack: Attack, target: Target) -> Page:
    if attack.begins == "framed":
        page = await _open(browser, target.framed)
        await page.wait_in_frame(_host(target.evil), "document.body && document.title", WAIT_S)
        return page
    page = await _open(browser, target.home if attack.begins == "home" else target.evil)
    await page.wait_for("document.body")
    return page


def _host(origin: str) -> str:
    return origin.partition("://")[2].partition(".")[0]


async def _shows(browser: Browser, condition: str, pages: dict[str, Page]) -> bool:
    """Whether any page or frame of the browser is as *condition* says. *pages*: those that are known, by target."""
    for target in await browser.targets():
        try:
            with trio.fail_after(3):
                page = pages.get(target["targetId"]) or await browser.attach(target["targetId"])
                pages[target["targetId"]] = page
                if await page.evaluate(condition):
                    return True
                for context in list(page.contexts.values()):
                    if await page.evaluate(condition, context=context):
                        return True
        except (BrowserError, trio.TooSlowError):
            continue
    return False


async def _is_eve(browser: Browser, target: Target, pages: list[Page]) -> bool:
    """Whether Ada's browser, opening the API host, is Eve's now. *pages*: the one for that, once there is one."""
    address = target.places["api"] + "/vibe/x/y"
    if pages:
        await pages[0].goto(address)
    else:
        pages.append(await _open(browser, address))
    who = "document.querySelector('.who')?.innerText ?? document.body.dataset.who"
    return "eve" in str(await pages[0].evaluate(who))


async def find_failures(arena: Arena, attacks: Sequence[Attack], folder: Path) -> list[str]:
    """Try *attacks*, several at once, each in a profile of its own; return which did not go as they have to."""
    failures: list[str] = []
    places = trio.CapacityLimiter(AT_ONCE)

    async def act(attack: Attack, code: str) -> None:
        async with places:
            async with launch_browser(folder) as browser:
                took_s = await try_it(browser, attack, arena.control_target(), WAIT_S)
            if took_s is None:
                failures.append(f"{attack.name}: does not work without a guard")
                return
            async with launch_browser(folder) as browser:
                within_s = max(LEAST_S, LONGER * took_s)
                if await try_it(browser, attack, arena.server_target(code), within_s) is not None:
                    failures.append(f"{attack.name}: works on the server")

    async with trio.open_nursery() as nursery:
        for attack in attacks:
            code = await trio.to_thread.run_sync(arena.code, "eve") if "evilCode" in attack.code else ""
            nursery.start_soon(act, attack, code)
    return failures


__all__ = ["BASE", "Arena", "Attack", "arena", "find_failures", "try_it"]
