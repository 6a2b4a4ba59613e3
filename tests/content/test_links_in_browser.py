"""That a real browser takes the import map as `test_links.py` says browsers do."""

from pathlib import Path
from urllib.parse import quote

import pytest
import trio
from browser import launch_browser

from vibes_trio.content.cid import calc_cid
from vibes_trio.content.links import AppModule, link_modules
from vibes_trio.content.page import PageInput, render_page
from vibes_trio.content.static_modules import find_static_module
from vibes_trio.exchange import AppSlug, FsId

pytestmark = pytest.mark.browser

RELEASE = "/~z123456789~"
TWIN = 'import name from "./name"; export default name;'
# name → (specifiers, text); a text of "" exports the module's own name and what its imports export.
MODULES: dict[str, tuple[tuple[str, ...], str]] = {
    "/a/b/c/App.jsx": (
        ("../../x.js", "../../../x.js", ".", "./[id].jsx", "./my file", "./über.js", "../../../twins", "/x"),
        "",
    ),
    "/a/b/c/[id].jsx": ((), ""),
    "/a/b/c/index.tsx": (("./App",), 'import * as app from "./App"; export default typeof app;'),
    "/a/b/c/my file.js": (("./data.json", "./logo.svg", "../../../style.css"), ""),
    "/a/b/c/über.js": (("..",), ""),
    "/a/b/index.js": ((), ""),
    "/a/x.js": ((), ""),
    "/one/name.js": ((), ""),
    "/one/twin.jsx": (("./name",), TWIN),
    "/two/name.js": ((), ""),
    "/two/twin.jsx": (("./name",), TWIN),
    "/twins/index.js": (("../one/twin", "../two/twin"), ""),
    "/x.js": ((), ""),
}
ASSETS = {
    "/a/b/c/data.json": ("application/json", '{"answer": 42}'),
    "/a/b/c/logo.svg": ("image/svg+xml", "<svg xmlns='http://www.w3.org/2000/svg'/>"),
    "/style.css": ("text/css", "body { color: rgb(1, 2, 3) }"),
}


def code(name: str, specifiers: tuple[str, ...], text: str) -> str:
    lines = [f'import V{n} from "{specifier}";' for n, specifier in enumerate(specifiers)]
    parts = ", ".join(["import.meta.url", *(f"V{n}" for n in range(len(specifiers)))])
    own = f'export default ["{name}", [{parts}].slice(1)];'
    return text or "\n".join([*lines, own])


def answers() -> dict[str, tuple[str, str]]:
    texts = {name: code(name, *module) for name, module in MODULES.items()}
    files = [
        AppModule(name, calc_cid(texts[name].encode()), name.rpartition(".")[2], specifiers)
        for name, (specifiers, _) in MODULES.items()
    ]
    files = sorted([*files, *(AppModule(name, calc_cid(b"")) for name in ASSETS)], key=lambda file: file.name)
    links = link_modules(files)
    assert links.warnings == ()
    served = dict(zip((file.name for file in files), links.served, strict=True))
    page = PageInput(AppSlug("app"), FsId(RELEASE[2:-1]), (), links.imports, links.scopes)
    script = (
        f'<script type="module">import app from "{RELEASE}{served["/a/b/c/App.jsx"]}";'
        "globalThis.app = app;</script></body>"
    )
    found = {"/": ("text/html", render_page(page).decode().replace("</body>", script))}
    found |= {RELEASE + quote(served[name]): ("application/javascript", text) for name, text in texts.items()}
    found |= {RELEASE + quote(name): answer for name, answer in ASSETS.items()}
    found |= {
        RELEASE + quote(name): ("application/javascript", text) for name, (_, text) in links.wrappers.items()
    }
    return found


async def serve(found: dict[str, tuple[str, str]], task_status: trio.TaskStatus) -> None:
    async def handle(stream: trio.SocketStream) -> None:
        head = b""
        while b"\r\n\r\n" not in head:
            chunk = await stream.receive_some()
            if not chunk:
                return  # a connection that the browser opened ahead and did not need
            head += chunk
        path = head.split(b" ", 2)[1].decode()
        ours = find_static_module(path)
        kind, text = ("application/javascript", ours.content.decode()) if ours else found.get(path, ("", ""))
        body = text.encode()
        status = "200 OK" if kind else "404 Not Found"
        await stream.send_all(
            f"HTTP/1.1 {status}\r\ncontent-type: {kind or 'text/plain'}; charset=utf-8\r\n"
            f"content-length: {len(body)}\r\nconnection: close\r\n\r\n".encode()
            + body
        )

    await trio.serve_tcp(handle, 0, host="127.0.0.1", task_status=task_status)


async def test_every_import_of_an_odd_app_loads_the_right_file(tmp_path: Path) -> None:
    async with trio.open_nursery() as nursery, launch_browser(tmp_path) as browser:
        listeners = await nursery.start(serve, answers())
        port = listeners[0].socket.getsockname()[1]
        page = await browser.open(f"http://127.0.0.1:{port}/")
        await page.wait_for("globalThis.app")
        app = await page.evaluate("globalThis.app")
        color = await page.evaluate("getComputedStyle(document.body).color")
        console = page.console
        nursery.cancel_scope.cancel()

    origin = f"http://127.0.0.1:{port}{RELEASE}"
    assets = [{"answer": 42}, f"{origin}/a/b/c/logo.svg", f"{origin}/style.css"]
    twins = ["/twins/index.js", [["/one/name.js", []], ["/two/name.js", []]]]
    assert app == [
        "/a/b/c/App.jsx",
        [
            ["/a/x.js", []],
            ["/x.js", []],
            "object",
            ["/a/b/c/[id].jsx", []],
            ["/a/b/c/my file.js", assets],
            ["/a/b/c/über.js", [["/a/b/index.js", []]]],
            twins,
            ["/x.js", []],
        ],
    ]
    assert color == "rgb(1, 2, 3)"
    assert console == []
