"""What a real browser makes of the page: the app mounted, failures shown, and what a policy keeps from it.

The modules are written as a compiler would leave them, so that their lines are the lines of the app.
"""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import trio
from browser import OVERLAY, SHOWN, Page, launch_browser, see_problem
from fake_registry import require_esbuild

from vibes_trio.config import Limits
from vibes_trio.content.page import PageInput, render_page
from vibes_trio.content.static_modules import find_static_module
from vibes_trio.exchange import AppSlug, FsId
from vibes_trio.modules.store.local import LocalModules, open_store

pytestmark = pytest.mark.browser

CDN_MAP = {
    "react/jsx-dev-runtime": "https://esm.sh/react@19.2.1/jsx-dev-runtime",
    "react": "https://esm.sh/react@19.2.1",
    "react-dom": "https://esm.sh/react-dom@19.2.1",
    "react-dom/client": "https://esm.sh/react-dom@19.2.1/client",
    "react/jsx-runtime": "https://esm.sh/react@19.2.1/jsx-runtime",
}
JSX = 'import { jsx } from "react/jsx-runtime"; '
Answers = dict[str, tuple[str, bytes]]


@pytest.fixture(scope="module")
def store(page_store: Path) -> LocalModules:
    """React, built once for all tests; they read it."""
    return open_store(page_store, Limits())


@pytest.fixture
def open_app(store: LocalModules, tmp_path: Path):
    """Serve files of an app, whose `App.jsx` and other `.jsx` files are transformed, and open its page."""

    @asynccontextmanager
    async def open_app(files: dict[str, str], path: str = "/", **changes) -> AsyncIterator[Page]:
        answers = app_answers(files, store, **changes)
        async with trio.open_nursery() as nursery:
            listeners = await nursery.start(serve, answers, store)
            port = listeners[0].socket.getsockname()[1]
            async with launch_browser(tmp_path) as browser:
                yield await browser.open(f"http://127.0.0.1:{port}{path}")
            nursery.cancel_scope.cancel()

    return open_app


def app_answers(
    files: dict[str, str],
    store: LocalModules,
    originals: dict[str, str] | None = None,
    forgotten: bytes = b"\0",
    **changes,
) -> Answers:
    """Return what is served at each path; *forgotten* is left out of the page."""
    served = {name: f"/~~transformed~~/z-{name}" if name.endswith(".jsx") else f"/{name}" for name in files}
    relative = {f"./~~transformed~~/{n}": f".{served[n]}" for n in files if n.endswith(".jsx")}
    values = {
        "app_slug": AppSlug("an-app"),
        "fs_id": FsId("zfs"),
        "roots": tuple(served[name] for name in files if not name.startswith("part")),
        "imports": CDN_MAP,
        "scopes": {f".{served[name]}": relative for name in files},
        "local": store.local_addresses(CDN_MAP),
        "files": {served[name]: f"/{name}" for name in files},
    }
    html = render_page(PageInput(**values | changes)).replace(forgotten, b"")
    page_answers = dict.fromkeys(("/", "/index.html", "/~zfs~", "/~zfs~/"), ("text/html", html))
    code = {
        f"/~zfs~{served[name]}": ("application/javascript", text.encode()) for name, text in files.items()
    }
    sources = {f"/~zfs~/{name}": ("text/jsx", text.encode()) for name, text in (originals or {}).items()}
    return page_answers | code | sources


async def serve(answers: Answers, store: LocalModules, task_status: trio.TaskStatus) -> None:
    def answer(path: str) -> tuple[str, bytes] | None:
        ours, built = find_static_module(path), store.find(path)
        if ours is not None:
            return "application/javascript", ours.content
        return (built.content_type, built.content) if built else answers.get(path)

    async def handle(stream: trio.SocketStream) -> None:
        head = b""
        async for chunk in stream:
            head += chunk
            if b"\r\n\r\n" in head:
                break
        else:
            return  # a connection that the browser opened ahead and did not need
        found = answer(head.split(b" ", 2)[1].decode())
        status, (kind, body) = ("200 OK", found) if found else ("404 Not Found", ("text/plain", b""))
        lines = (
            f"HTTP/1.1 {status}\r\ncontent-type: {kind}\r\ncontent-length: {len(body)}\r\nconnection: close"
        )
        await stream.send_all(f"{lines}\r\n\r\n".encode() + body)

    await trio.serve_tcp(handle, 0, host="127.0.0.1", task_status=task_status)


HOOKS = 'import { useEffect } from "react";'
PART_USER = 'import "./part.jsx"; export default () => null;'


COUNTER = f"""{JSX}import {{ useState }} from "react";
import Part from "./part.jsx";
export default function App() {{
  const [count, setCount] = useState(0);
  return jsx("main", {{ children: [
    jsx("h1", {{ children: VIBES_ENV.GREETING }}, 1),
    jsx("button", {{ onClick: () => setCount(count + 1), children: `clicked ${{count}}` }}, 2),
    jsx(Part, {{}}, 3),
  ] }});
}}"""
PART = f"""{JSX}import {{ createPortal }} from "react-dom"; import {{ jsxDEV }} from "react/jsx-dev-runtime";
export default () => jsxDEV("p", {{ children: [typeof createPortal, " part"] }}, undefined, true);"""


@pytest.mark.parametrize("path", ["/", "/index.html", "/~zfs~", "/~zfs~/"])
async def test_app_renders_and_works_with_one_react_and_a_clean_console(open_app, path):
    greeting = "</script><b>hi</b>"

    async with open_app({"App.jsx": COUNTER, "part.jsx": PART}, path, env={"GREETING": greeting}) as page:
        await page.click("button")
        await page.wait_for("document.querySelector('button').innerText === 'clicked 1'")
        text, title = await page.text(), await page.evaluate("document.title")

    assert list(filter(None, text.split("\n"))) == [greeting, "clicked 1", "function part"]
    assert title == "an-app"
    assert page.console == []
    assert all(url.startswith("http://127.0.0.1:") for url in page.requests)
    assert len([url for url in page.requests if url.endswith("/react@19.2.1")]) == 1


async def test_page_of_an_older_version_that_a_browser_kept_still_works(open_app):
    """It gets the scripts of now, and lacks facts that these know."""
    forgotten = b'"missing": {}, '

    async with open_app({"App.jsx": COUNTER, "part.jsx": PART}, forgotten=forgotten) as page:
        await page.wait_for("document.querySelector('button')")

        assert page.console == []
        assert (
            await page.evaluate("'missing' in JSON.parse(document.getElementById('vibes-page').textContent)")
            is False
        )


async def test_several_roots_render_in_order(open_app):
    files = {
        name: f'{JSX}export default () => jsx("p", {{ children: "{name}" }});' for name in ("b.js", "a.jsx")
    }

    async with open_app(files) as page:
        await page.wait_for("document.querySelectorAll('#an-app > #root > p').length === 2")

        assert (await page.text()).split() == ["b.js", "a.jsx"]


async def test_module_without_default_keeps_what_it_put_into_the_container(open_app):
    code = 'document.getElementById("an-app").textContent = `by myself ${Object.keys(VIBES_ENV)}`;'

    async with open_app({"main.js": code}, env={"A": "1"}) as page:
        await page.wait_for("document.getElementById('an-app').textContent")

        assert await page.text() == "by myself A"
        assert not any("react" in url for url in page.requests)
        assert page.console == []


@pytest.mark.parametrize(
    "wrap", ["memo(App)", "forwardRef(App)", "lazy(async () => ({ default: App }))", "App"]
)
async def test_every_kind_of_component_is_mounted(open_app, wrap):
    code = f"""{JSX}import {{ memo, forwardRef, lazy }} from "react";
    const App = () => jsx("p", {{ children: "mounted" }});
    export default {wrap};"""

    async with open_app({"App.jsx": code}) as page:
        await page.wait_for("document.querySelector('p')")

        assert page.console == []


async def test_rejection_with_something_odd_is_shown(open_app):
    """What else can go wrong in an app stands in `tests/failures`."""
    code = "const a = {};\na.a = a;\nPromise.reject(a);\nexport default () => null;"

    async with open_app({"App.jsx": code}) as page:
        assert await see_problem(page) == [["A promise was rejected with [object Object]"]]


MOVED = """// A comment that esbuild drops.

/* and
   another */
import { useState } from "react";

type Props = { deep: { deeper: number } };

export default function App(props: Props) {
  const [count] = useState(0);

  // here it comes
  return (
    <main>
      <h1>Title</h1>
      <p>{count}</p>
      <b>{props.deep.deeper}</b>
    </main>
  );
}
"""


ANSWERS = r"""
async (Response) => {
  const { json } = Response.prototype;
  const told = async (make) => {
    try { return JSON.stringify(await make()); } catch (error) { return `${error.constructor.name}: ${error.message}`; }
  };
  const used = new Response("1");
  await used.text();
  const { value, ...property } = Object.getOwnPropertyDescriptor(Response.prototype, "json");
  return [
    property, typeof value, json.name, json.length, Reflect.ownKeys(json).map(String).sort(), "prototype" in json,
    /\{\s*\[native code\]\s*\}$/.test(Function.prototype.toString.call(json)), Object.keys(Response.prototype),
    new Response("1").json() instanceof Promise, new Response("1").json === json, (await Promise.resolve("x")).length,
    await told(() => new json()), await told(() => json.call({})), await told(() => json.call(undefined)),
    await told(() => used.json()), await told(() => new Response("\ufeff[1]").json()),
    await told(() => new Response('{"__proto__": {"a": [1]}}').json("more", 2)),
    await told(() => new Response("<!doctype html>").json()), await told(() => new Response("").json()),
    await told(() => new Response("{").json()), await told(() => Response.error().json()),
    await told(() => Response.json({ a: 1 }).json()),
    await told(() => new Response(new ReadableStream({ start(c) { c.error(new RangeError("broke off")); } })).json()),
  ];
}
"""


async def test_json_of_an_answer_is_the_browsers_own_in_all_that_an_app_can_ask_of_it(open_app):
    """What a page has in its place for the overlay's sake is told from a fresh frame's by nothing.

    With the method that called `JSON.parse` on the text it differs in its text, and in what is thrown.
    """
    async with open_app({"App.jsx": "export default 1;"}) as page:
        await page.evaluate("document.body.append(document.createElement('iframe'))")

        here = await page.evaluate(f"({ANSWERS})(Response)")
        # Of the same page, so only the functions are the frame's.
        fresh = await page.evaluate(f"frames[0].eval({json.dumps(ANSWERS)})(frames[0].Response)")

    assert here == fresh
    assert here[4] == ["length", "name"]
    assert [told for told in here if str(told).startswith("SyntaxError: ")] == here[-6:-2]


async def test_an_answer_that_is_no_json_is_shown_with_the_line_that_waited(open_app):
    code = "\n\nconst load = async () => {\n  return await new Response('<p>').json();\n};\nload();"

    async with open_app({"main.js": code}) as page:
        (problem,) = await see_problem(page)

        assert "is not valid JSON" in problem[0]
        assert problem[1].endswith("main.js:4")


async def test_module_of_the_page_itself_that_is_gone_is_named(open_app):
    """It is fetched ahead, by a link."""
    async with open_app({"App.jsx": COUNTER, "part.jsx": PART}, roots=("/gone.js",)) as page:
        [problem] = await see_problem(page)

    assert problem == ["gone.js could not be loaded (404)."]


async def test_line_is_the_authors_when_the_compiler_left_a_source_map(open_app):
    flags = ["--loader=tsx", "--jsx=automatic", "--sourcemap=inline", "--sources-content=false"]
    done = await trio.run_process([require_esbuild(), *flags], stdin=MOVED.encode(), capture_stdout=True)
    served = {"App.jsx": done.stdout.decode()}

    async with open_app(served, originals={"App.jsx": MOVED}) as page:
        [problem] = await see_problem(page)
        source = await page.evaluate(f"{OVERLAY}.querySelector('article > pre').textContent")

    assert problem == ["TypeError: Cannot read properties of undefined (reading 'deeper')", "App.jsx:17"]
    assert source == "<b>{props.deep.deeper}</b>"


@pytest.mark.parametrize("damage", ["AAAA", "e30=", "%%%", ""])
async def test_broken_source_map_leaves_the_line_of_the_served_module(open_app, damage):
    marked = f"\n//# sourceMappingURL=data:application/json;base64,{damage}\n"

    async with open_app({"App.jsx": f'\nthrow new Error("here");{marked}'}) as page:
        [problem] = await see_problem(page)

    assert problem == ["Error: here", "App.jsx:2"]


WHY = "nobody has it"


@pytest.mark.parametrize("code", ['\nimport x from "nowhere/x";', '\nawait import("nowhere/x");'])
async def test_package_that_is_not_on_the_server_is_shown_with_the_reason(open_app, code):
    async with open_app({"App.jsx": code}, missing={"nowhere/x": WHY}) as page:
        [problem] = await see_problem(page)

    assert problem == [f'The package "nowhere/x" is not on this server: {WHY}', "App.jsx:2"]


async def test_failure_in_an_event_handler_is_shown_over_the_app_and_can_be_dismissed(open_app):
    code = f"""{JSX}
export default () => jsx("button", {{ onClick() {{
  missing();
}}, children: "press" }});"""

    async with open_app({"App.jsx": code}) as page:
        await page.click("button")
        problem = await see_problem(page)
        await page.evaluate(f"{OVERLAY}.querySelector('button').click()")

        assert problem == [["ReferenceError: missing is not defined", "App.jsx:3"]]
        assert await page.evaluate(SHOWN) is None
        assert await page.text() == "press"


@pytest.mark.parametrize("quiet", [False, True])
async def test_what_is_shown_is_told_to_the_server_unless_it_wants_to_hear_nothing(open_app, quiet):
    code = f"{JSX}\nmissing();\nexport default () => null;"

    async with open_app({"App.jsx": code}, quiet=quiet) as page:
        await see_problem(page)
        told = [url for url in page.requests if url.endswith("/~errors")]

    assert len(told) == (0 if quiet else 1)


async def test_escape_dismisses_and_the_same_failure_shows_again(open_app):
    code = f'{JSX}export default () => jsx("button", {{ onClick() {{ missing(); }}, children: "press" }});'

    async with open_app({"App.jsx": code}) as page:
        await page.click("button")
        await see_problem(page)
        await page.send("Input.dispatchKeyEvent", type="keyDown", key="Escape")
        await page.wait_for(f"{SHOWN} == null")
        await page.click("button")

        assert len(await see_problem(page)) == 1


async def test_markup_in_a_message_stays_text(open_app):
    code = (
        f"export default () => {{ throw new Error({json.dumps('<img src=x onerror=document.title=1>')}); }};"
    )

    async with open_app({"App.jsx": code}) as page:
        [problem] = await see_problem(page)

        assert problem[0] == "Error: <img src=x onerror=document.title=1>"
        assert await page.evaluate("document.title") == "an-app"


async def test_failures_of_images_and_their_like_are_the_apps_own_business(open_app):
    props = '{ src: "/gone.png", onError() { document.title = "seen"; } }'
    code = f'{JSX}export default () => jsx("img", {props});'

    async with open_app({"App.jsx": code}) as page:
        await page.wait_for("document.title === 'seen'")

        assert await page.evaluate(SHOWN) is None


async def test_many_failures_are_bounded(open_app):
    code = "for (let i = 0; i < 100; i++) Promise.reject(new Error(`number ${i}`));"

    async with open_app({"main.js": code}) as page:
        await page.wait_for(f"({SHOWN} ?? []).length === 20")
