"""That pages of a server with local modules ask nobody else, in a real browser: the other host is a second server on
loopback that writes down who asks it."""

import json
import re
from dataclasses import dataclass, field

import pytest
import trio
from asking import js, text
from browser import SHOWN, see_problem

pytestmark = pytest.mark.browser

ONLY = "A page may only ask its own server; its operator can allow more: VIBES_PAGE_HOSTS="
SETTLED = "document.title === 'done'"


@dataclass
class Other:
    """Another host. *asked* are the paths of the requests it got."""

    origin: str = ""
    asked: list[str] = field(default_factory=list)

    async def answer(self, stream: trio.SocketStream) -> None:
        head = b""
        async for chunk in stream:
            head += chunk
            if b"\r\n\r\n" in head:
                break
        else:
            return  # a connection without a request
        path = head.split(b" ", 2)[1].decode()
        self.asked.append(path)
        kind = {"js": "application/javascript", "css": "text/css"}.get(path.rpartition(".")[2], "text/plain")
        lines = f"HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\ncontent-length: 2\r\nconnection: close"
        await stream.send_all(f"{lines}\r\naccess-control-allow-origin: *\r\n\r\n//".encode())


@pytest.fixture
async def other(nursery) -> Other:
    host = Other()
    listeners = await nursery.start(trio.serve_tcp, host.answer, 0)
    host.origin = f"http://127.0.0.1:{listeners[0].socket.getsockname()[1]}"
    return host


def try_all(origin: str) -> str:
    """Return a module that asks another host in every way, and goes on when each has come to an end."""
    return f"""const O = {json.dumps(origin)}, S = O.replace("http", "ws");
const element = (name, members) => new Promise((done) => {{
  const made = Object.assign(document.createElement(name), members, {{ onload: done, onerror: done }});
  document.head.append(made);
}});
const worker = (address) => new Promise((done) => {{
  const made = new Worker(address); made.onmessage = done; made.onerror = done;
}});
const socket = new WebSocket(S + "/socket");
const events = new EventSource(O + "/events");
navigator.sendBeacon(O + "/beacon", "x");
const ask = `fetch("${{O}}/worker").finally(() => postMessage(1));`;
const frame = document.createElement("iframe");
frame.src = O + "/frame";
const form = Object.assign(document.createElement("form"), {{ action: O + "/form", target: "inside" }});
const inside = Object.assign(document.createElement("iframe"), {{ name: "inside" }});
document.body.append(frame, inside, form);
form.submit();
const face = new FontFace("Theirs", `url(${{O}}/font.woff2)`);
await Promise.allSettled([
  fetch(O + "/fetch"), import(O + "/dynamic.js"), face.load(),
  element("img", {{ src: O + "/image.png" }}),
  element("script", {{ src: O + "/script.js" }}),
  element("link", {{ rel: "stylesheet", href: O + "/style.css" }}),
  element("style", {{ textContent: `@import url(${{O}}/import.css);` }}),
  worker("/worker.js"), worker(URL.createObjectURL(new Blob([ask]))),
  new Promise((done) => {{ socket.onerror = events.onerror = done; }}),
  new Promise((done) => setTimeout(done, 500)),
]);
document.title = "done";
"""


WAYS = {
    *("/socket", "/events", "/beacon", "/frame", "/form?", "/font.woff2", "/fetch", "/dynamic.js"),
    *("/image.png", "/script.js", "/style.css", "/import.css", "/worker", "/own-worker"),
}


def worker_asking(origin: str):
    return text("/worker.js", f'fetch("{origin}/own-worker").finally(() => postMessage(1));')


async def test_no_way_leads_to_another_host(open_closed, other):
    async with open_closed(js("/main.js", try_all(other.origin)), worker_asking(other.origin)) as page:
        await page.wait_for(SETTLED)

    assert other.asked == []


async def test_a_host_that_the_operator_opened_is_asked(open_closed, other):
    files = js("/main.js", try_all(other.origin)), worker_asking(other.origin)

    async with open_closed(*files, VIBES_PAGE_HOSTS=other.origin.removeprefix("http://")) as page:
        await page.wait_for(SETTLED)

        assert await page.evaluate(SHOWN) is None

    assert set(other.asked) == WAYS


async def test_any_host_is_asked_where_the_operator_says_so(open_closed, other):
    files = js("/main.js", try_all(other.origin)), worker_asking(other.origin)

    async with open_closed(*files, VIBES_PAGE_HOSTS="*") as page:
        await page.wait_for(SETTLED)

    assert set(other.asked) == WAYS


async def test_what_a_setting_of_the_server_names_is_asked_by_requests_alone(open_closed, other):
    files = js("/main.js", try_all(other.origin)), worker_asking(other.origin)

    async with open_closed(*files, CALLAI_CHAT_URL=f"{other.origin}/v1/chat") as page:
        await page.wait_for(SETTLED)

    assert set(other.asked) == {"/socket", "/events", "/beacon", "/fetch", "/worker", "/own-worker"}


SVG = """<svg xmlns="http://www.w3.org/2000/svg"><title>wait</title><script>
fetch("ORIGIN/fetch").finally(() => { document.documentElement.setAttribute("id", "over"); });
</script></svg>"""
HTML = """<!doctype html><script src="ORIGIN/script.js"></script><body><script>
fetch("ORIGIN/fetch").finally(() => { document.documentElement.id = "over"; });
</script>"""
XHTML = (
    HTML.replace("<!doctype html>", '<html xmlns="http://www.w3.org/1999/xhtml"><body>') + "</body></html>"
)


@pytest.mark.parametrize(
    ("name", "content"),
    [("/a.svg", SVG), ("/a.html", HTML), ("/a.xhtml", XHTML.replace("<body><script>", "<script>"))],
)
async def test_a_file_that_is_a_document_asks_nobody_else_either(open_closed, other, name, content):
    async with open_closed(text(name, content.replace("ORIGIN", other.origin)), path=name) as page:
        await page.wait_for("document.documentElement.id === 'over'")

    assert other.asked == []


async def test_an_index_of_the_app_asks_nobody_else_either(open_closed, other):
    index = text("/index.html", HTML.replace("ORIGIN", other.origin), entryPoint=True)

    async with open_closed(index) as page:
        await page.wait_for("document.documentElement.id === 'over'")

    assert other.asked == []


WORKS = """
const worker = (address, options) => new Promise((done, fail) => {
  const made = new Worker(address, options); made.onmessage = ({ data }) => done(data); made.onerror = fail;
});
const blob = (code) => URL.createObjectURL(new Blob([code], { type: "text/javascript" }));
const loaded = (name, members) => new Promise((onload, onerror) => {
  document.head.append(Object.assign(document.createElement(name), members, { onload, onerror }));
});
const wasm = new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0]);
document.body.setAttribute("onclick", "globalThis.clicked = 1");
document.body.click();
const frame = Object.assign(document.createElement("iframe"), {
  srcdoc: "<script>parent.postMessage(1, '*')</script>",
});
const framed = new Promise((done) => addEventListener("message", done, { once: true }));
document.body.append(frame);
globalThis.results = [
  eval("1"), new Function("return 1")(), globalThis.clicked,
  (await WebAssembly.instantiate(wasm)) && 1,
  await worker(blob("postMessage(eval('1'))")), await worker(blob("postMessage(1)"), { type: "module" }),
  await worker("/worker.js"), await worker("data:text/javascript,postMessage(1)"),
  (await import(blob("export default 1"))).default, (await import("data:text/javascript,export default 1")).default,
  Number(await (await fetch(blob("1"))).text()), Number(await (await fetch("data:,1")).text()),
  (await fetch("/v.txt")).status === 200 && 1,
  (await loaded("img", { src: "data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7" })) && 1,
  (await loaded("link", { rel: "stylesheet", href: "data:text/css,body{margin:1px}" })) && 1,
  (await framed).data,
];
"""


async def test_what_apps_do_on_their_own_works(open_closed):
    files = js("/main.js", WORKS), text("/worker.js", "postMessage(1)"), text("/v.txt")

    async with open_closed(*files) as page:
        await page.wait_for("globalThis.results")

        assert await page.evaluate("results") == [1] * 16
        assert page.console == []


async def test_a_websocket_to_the_own_host_is_allowed(open_closed):
    code = """document.addEventListener("securitypolicyviolation", () => { document.title = "blocked"; });
new WebSocket(location.origin.replace("http", "ws") + "/x").onerror = () => { document.title ||= "asked"; };
document.title = "";"""

    async with open_closed(js("/main.js", code)) as page:
        await page.wait_for("document.title")

        assert await page.evaluate("document.title") == "asked"


def told_of(problem: list[str]) -> list[str]:
    """Return a problem as shown, without the ports of this run."""
    return [re.sub(r":\d{5}\b", "", line) for line in problem]


LOUD = {
    "script of a module": ('\nimport "ORIGIN/x.js";', "A script", "main.js:2"),
    "script that is imported later": ('\n\nawait import("ORIGIN/x.js");', "A script", "main.js:3"),
    "request that nobody catches": ('\n\n\nfetch("ORIGIN/x");', "A request", "main.js:4"),
    "frame": (
        '\nconst f = document.createElement("iframe");\nf.src = "ORIGIN/x";\ndocument.body.append(f);',
        "A frame",
        "main.js:4",
    ),
}


@pytest.mark.parametrize("kind", LOUD)
async def test_what_an_app_can_not_do_without_is_shown_once(open_closed, other, kind):
    code, what, place = LOUD[kind]

    async with open_closed(js("/main.js", code.replace("ORIGIN", other.origin))) as page:
        await see_problem(page)
        await trio.testing.wait_all_tasks_blocked()
        await page.evaluate("new Promise((done) => setTimeout(done, 300))")
        problems = [told_of(problem) for problem in await page.evaluate(SHOWN)]

    assert problems == [[f"{what} to 127.0.0.1 was blocked. {ONLY}http://127.0.0.1", place]]


HANDLED = {
    "request that is caught": '\nfetch("ORIGIN/x").catch(() => {});',
    "socket": '\nnew WebSocket("ORIGIN/x".replace("http", "ws"));',
}


@pytest.mark.parametrize("kind", HANDLED)
async def test_what_an_app_handles_itself_is_told_beside_it_and_not_over_it(open_closed, other, kind):
    code = HANDLED[kind].replace("ORIGIN", other.origin)
    notices = "document.querySelector('vibes-notices')?.shadowRoot.textContent"

    async with open_closed(js("/main.js", code)) as page:
        await page.wait_for(notices)
        origin = other.origin.replace("http", "ws") if kind == "socket" else other.origin

        assert await page.evaluate(notices) == (
            f"A request to {other.origin[7:]} was blocked. {ONLY}{origin}main.js:2"
        )
        assert await page.evaluate(SHOWN) is None


ELEMENT = """
const made = document.createElement("script");
made.src = "ORIGIN/badge.js";
document.head.append(made);
"""


async def test_a_script_element_that_an_app_can_do_without_is_told_beside_it(open_closed, other):
    """Tools leave such elements in what they export; the app is the same without."""
    code = ELEMENT.replace("ORIGIN", other.origin) + 'document.body.append("works");'
    notices = "document.querySelector('vibes-notices')?.shadowRoot.textContent"

    async with open_closed(js("/main.js", code)) as page:
        await page.wait_for(notices)
        await page.evaluate("new Promise((done) => setTimeout(done, 1700))")

        assert (
            await page.evaluate(notices)
            == f"A script to {other.origin[7:]} was blocked. {ONLY}{other.origin}"
        )
        assert await page.evaluate(SHOWN) is None


@pytest.mark.parametrize(
    ("then", "more"),
    [
        ("", []),  # nothing is shown at all
        ("\nmissing();", [["ReferenceError: missing is not defined", "main.js:6"]]),
        ("\nawait new Promise((done, fail) => { made.onload = done; made.onerror = fail; });", []),
    ],
)
async def test_a_script_element_is_told_over_the_app_where_something_is_wrong(open_closed, other, then, more):
    code = ELEMENT.replace("ORIGIN", other.origin)
    text = "document.body.append('works');" if then else ""

    async with open_closed(js("/main.js", f"{text}{code}{then}")) as page:
        await see_problem(page)
        await page.evaluate("new Promise((done) => setTimeout(done, 1700))")
        problems = [told_of(problem) for problem in await page.evaluate(SHOWN)]

    assert sorted(problems) == sorted([[f"A script to 127.0.0.1 was blocked. {ONLY}http://127.0.0.1"], *more])


async def test_pictures_are_told_of_once_beside_the_app(open_closed, other):
    """Else nobody knows why there is a hole in the page."""
    code = f"""for (let n = 0; n < 3; n++) {{
  const made = new Image();
  made.onerror = () => {{ globalThis.failed = (globalThis.failed ?? 0) + 1; }};
  made.src = `{other.origin}/${{n}}.png`;
}}"""
    found = "document.querySelector('vibes-notices')?.shadowRoot.querySelectorAll('p') ?? []"
    notices = f"[...{found}].map((told) => told.textContent)"

    async with open_closed(js("/main.js", code)) as page:
        await page.wait_for("globalThis.failed === 3")
        await page.wait_for(f"({notices}).length")
        told = await page.evaluate(notices)

        assert len(told) == 1
        assert told[0].startswith(f"A picture from {other.origin[7:]} was blocked. {ONLY}{other.origin}")
        assert await page.evaluate(SHOWN) is None


GOOGLE = "https://fonts.googleapis.com/css2?family=Lobster&display=swap"


@pytest.mark.parametrize(
    "code",
    [
        f'Object.assign(made("link"), {{ rel: "stylesheet", href: "{GOOGLE}" }});',
        f"made('style').textContent = `@import url('{GOOGLE}'); p {{ color: rgb(1, 2, 3); }}`;",
    ],
)
async def test_fonts_of_another_host_that_are_not_to_be_had_fall_back_with_one_note(open_closed, code):
    """As very many machine-written apps have them; there is no registry here."""
    code = f"""globalThis.told = [];
console.info = (text) => {{ told.push(text); }};
const made = (name) => document.head.appendChild(document.createElement(name));
document.body.innerHTML += "<p style='font-family: Lobster, serif; font-size: 50px'>text</p>";
{code}
"""

    async with open_closed(js("/main.js", code)) as page:
        await page.wait_for("told.length")

        assert await page.text() == "text"
        assert await page.evaluate("document.querySelector('p').clientHeight") > 50
        assert await page.evaluate(SHOWN) is None
        assert page.console == []
        (told,) = await page.evaluate("told")
        assert "Lobster: " in told


FRAMED = """
const tell = async (load) => {
  const frame = document.createElement("iframe");
  frame.name = `frame${document.querySelectorAll("iframe").length}`;
  document.body.append(frame);
  const loaded = new Promise((done) => { frame.onload = done; });
  load(frame);
  await Promise.race([loaded, new Promise((done) => setTimeout(done, 3000))]);
  try {
    const { fetch } = frame.contentWindow;
    await fetch.call(frame.contentWindow, ORIGIN + "/framed");
    return "went out";
  } catch (error) {
    return error.name;
  }
};
const at = (path) => tell((frame) => { frame.src = path; });
const posted = (path) => tell((frame) => {
  const form = Object.assign(document.createElement("form"), { method: "post", action: path, target: frame.name });
  document.body.append(form);
  form.submit();
});
const results = {};
for (const path of PATHS) results[path] = await at(path);
results.posted = await posted("/anything");
globalThis.results = results;
"""
ERRORS = [
    *("/nothing.png", "/%ff", "/~esm/nothing.js", "/~zabcdefghi~/", "/~~packages~~/nothing"),
    *("/" + "x" * 40_000, "/nothing.png?" + "x" * 1000),
]


async def test_a_frame_of_an_error_lends_a_page_no_freedom(open_closed, other):
    """Without a policy on errors each frame is a document of the page's own origin that may ask anybody.

    Errors are documents of no origin (SecurityError); what has the page's policy is kept from asking (TypeError).
    """
    paths = [*ERRORS, "/v.txt", "/data.json", "/own.svg", "/~~packages~~/progress"]
    code = FRAMED.replace("ORIGIN", json.dumps(other.origin)).replace("PATHS", json.dumps(paths))
    files = (
        text("/v.txt"),
        text("/data.json", "{}"),
        text("/own.svg", "<svg xmlns='http://www.w3.org/2000/svg'/>"),
    )

    async with open_closed(js("/main.js", code), *files) as page:
        await page.wait_for("globalThis.results")
        results = await page.evaluate("results")

    assert other.asked == []
    assert results == dict.fromkeys([*ERRORS, "posted"], "SecurityError") | dict.fromkeys(
        paths[len(ERRORS) :], "TypeError"
    )


READ = """(async (address) => {
  try { return await (await fetch(address)).text(); } catch (error) { return error.name; }
})"""
OPEN = {"env": {"VIBES_SHARE_FILES": "*"}}


async def test_another_site_reads_nothing_of_an_app_but_files_that_its_owner_opened(open_closed, other):
    """Without the rule any page that a visitor of the app opens reads the key that the operator gives to pages."""
    files = js("/main.js", "globalThis.env = VIBES_ENV;"), text("/v.txt", "mine")

    async with open_closed(*files, CALLAI_API_KEY="sesame") as page:
        await page.wait_for("globalThis.env")
        assert await page.evaluate("env.CALLAI_API_KEY") == "sesame"
        base = await page.evaluate("location.origin")
        api = base.replace("garden--ada.", "")
        scripts = await page.evaluate("[...document.querySelectorAll('script[src]')].map(({ src }) => src)")
        theirs = await page.browser.open(f"{other.origin}/site")

        async def read(address: str):
            return await theirs.evaluate(f"{READ}({json.dumps(address)})")

        closed = [
            await read(address) for address in (f"{base}/", f"{base}/v.txt", f"{base}/nothing", scripts[0])
        ]
        health = await read(f"{api}/healthz")

    assert closed == ["TypeError"] * 4
    assert json.loads(health) == {"status": "ok"}


async def test_files_that_an_owner_opened_are_read_by_another_site_and_the_page_is_not(open_closed, other):
    files = js("/main.js", "globalThis.env = VIBES_ENV;"), text("/v.txt", "for all")

    async with open_closed(*files, members=OPEN, CALLAI_API_KEY="sesame") as page:
        base = await page.evaluate("location.origin")
        theirs = await page.browser.open(f"{other.origin}/site")
        got = [
            await theirs.evaluate(f"{READ}({json.dumps(base + path)})")
            for path in ("/v.txt", "/", "/main.js")
        ]

    assert got[:2] == ["for all", "TypeError"]
    assert got[2].startswith("globalThis")
