"""Every page of the server's own, to be walked over: where each is opened, by whom, and what is in the server then.

A page in `pages.site.PAGES` has to have its addresses in SAMPLES: `tests/pages/test_all_pages.py` opens each as
nobody who is signed in, as a user, and as an operator; in light and dark, wide and narrow.
"""

import os
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from asking import jsx
from browser import Browser, Page, launch_browser
from page_client import page_socket, say, signed_in
from serving import running

from vibes_trio.browsers import COOKIE
from vibes_trio.context import App

SAMPLES: Mapping[str, Sequence[str]] = {
    "/": ["/", "/?search=nothing-at-all", "/?deleted=gone"],
    "/apps/<handle>/<slug>": ["/apps/ada/garden", "/apps/ada/shed", "/apps/ada/gone", "/apps/ada/none"],
    "/join": ["/join"],
    "/sign-in": ["/sign-in", "/sign-in?next=/chats"],
    "/welcome": ["/welcome"],
    "/account": ["/account"],
    "/vibe/<user>/<slug>": ["/vibe/ada/garden", "/vibe/ada/none"],
    "/vibe/<user>/<slug>/<fs_id>": ["/vibe/ada/garden/zNone"],
    "/operator": ["/operator"],
    "/operator/users": ["/operator/users", "/operator/users?cursor=odd"],
    "/operator/settings": ["/operator/settings"],
    "/chats": [
        "/chats",
        "/chats?deleted=1",
        "/chats?q=words",
        "/chats?q=nothing-at-all",
        "/chats?app=garden+ada",
    ],
    "/chats/<path:context_id>": ["/chats/garden-chat", "/chats/garden-chat?before=2", "/chats/none"],
}
"""By the path in PAGES."""

FIRST, OTHER = "olga", "ada"
"""The operator, as the first user is one; and a user, who has an app and chats."""
WHO: Mapping[str, str] = {"nobody": "", "user": OTHER, "operator": FIRST}

BASE = {"blockId": "b", "streamId": "s", "seq": 0, "blockNr": 0, "timestamp": "2026-01-01T00:00:00Z"}
PROSE = """# A garden
Some **words** with `code`, and [a link](https://example.org).
#### Deep
- one
  1. two
> said
| plant | days |
| - | -: |
| radish | 28 |
![elsewhere](https://example.org/a.png)
![here](data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7)"""
CODE = """import { useState } from "react"; // what is there
export default function App({ size = 12 }) {
  const add = () => alert(`add ${size} plants, with words enough for a line that has to be scrolled on every screen`);
  return <button className="bed" onClick={add}>{"text"}</button>;
}"""


@dataclass
class Walk:
    """A server with something in it, a browser, and who is signed in: name → what their browser shows."""

    app: App
    browser: Browser
    cookies: dict[str, str] = field(default_factory=dict)

    def address(self, path: str) -> str:
        """Return where *path* is."""
        return f"http://localhost:{self.app.config.port}{path}"

    async def open(self, who: str) -> Page:
        """Return a tab in which *who*, of WHO, is signed in; nothing is open yet."""
        await self.browser.send("Storage.clearCookies")
        if WHO[who]:
            cookie = {
                "name": COOKIE,
                "value": self.cookies[WHO[who]],
                "url": self.address("/"),
                "httpOnly": True,
            }
            await self.browser.send("Storage.setCookies", cookies=[cookie])
        return await self.browser.open(width=1280, height=800)


def find_axe() -> str:
    """Return the text of axe, which finds what not everybody can use; skip the calling test when it isn't there."""
    path = Path(os.environ.get("VIBES_TEST_NODE_MODULES", "/nowhere")) / "axe-core" / "axe.min.js"
    if not path.exists():
        pytest.skip("VIBES_TEST_NODE_MODULES has no axe-core: scripts/test fetches it")
    return path.read_text("utf-8")


@asynccontextmanager
async def walking(folder: Path) -> AsyncIterator[Walk]:
    """Give a server that has what SAMPLES name, and a browser."""
    async with running(folder / "data") as app, launch_browser(folder / "profile") as browser:
        walk = Walk(app, browser)
        for name in (FIRST, OTHER):
            walk.cookies[name] = await signed_in(app, name)
            await _fill(app, walk.cookies[name], name)
        yield walk


async def _fill(app: App, cookie: str, name: str) -> None:
    async with page_socket(app, cookie) as socket:

        async def tell(kind: str, **payload: object) -> None:
            reply = await say(socket, f"vibes.diy.{kind}", **payload)
            assert "code" not in reply, reply

        own = "" if name == OTHER else "-2"
        app_name = {"appSlug": "garden", "userSlug": name}
        for words in ("1", "2"):
            file = jsx(content=f"export default () => <p>{words}</p>;\n")
            await tell("req-ensure-app-slug", mode="production", fileSystem=[file], **app_name)
        await _fill_apps(tell, name)
        for chat in (f"garden-chat{own}", f"short{own}", f"gone{own}"):
            await tell("req-ensure-chat-context", contextId=chat)
        await tell(
            "req-set-chat-context",
            contextId=f"garden-chat{own}",
            title="Garden",
            appSlug="garden",
            ownerHandle=name,
        )
        for blocks in (
            _prompt("words for a garden"),
            _answer(),
            _prompt("thanks"),
            [BASE | {"type": "block.begin"}],
        ):
            origin = "user" if blocks[0]["type"] == "prompt.txt" else "llm"
            await tell("req-append-chat-section", contextId=f"garden-chat{own}", origin=origin, blocks=blocks)
        await tell("req-delete-chat-context", contextId=f"gone{own}")


async def _fill_apps(tell: Callable[..., Awaitable[None]], name: str) -> None:
    """Have an app that is private and shared in every way, one that is taken down, and one that is deleted."""
    for slug, mode in (("shed", "production"), ("shed", "dev"), ("gone", "production"), ("old", "dev")):
        file = jsx(content=f"export default () => <b>{mode}</b>;\n")
        app_name = {"appSlug": slug, "userSlug": name}
        await tell("req-ensure-app-slug", mode=mode, fileSystem=[file], message="A try", **app_name)
    shed = {"appSlug": "shed", "ownerHandle": name}
    await tell("req-ensure-app-settings", title="Shed", env=[{"key": "A", "value": "b"}], **shed)
    await tell("req-ensure-app-settings", visibility="private", request={"enable": True}, **shed)
    for email in ("", "eve@example.org"):
        await tell("req-create-invite", role="editor", invitedEmail=email, **shed)
    await tell("req-create-share-link", **shed)
    await tell("req-set-unpublish", unpublish=True, appSlug="gone", ownerHandle=name)
    await tell("req-delete-app", appSlug="old", ownerHandle=name)


def _prompt(words: str) -> list[dict[str, object]]:
    messages = [{"role": "system", "content": "Be kind."}, {"role": "user", "content": words}]
    request = {"model": "m", "messages": messages}
    return [{"type": "prompt.txt", "streamId": "s", "timestamp": "2026-01-01T00:00:00Z", "request": request}]


def _answer() -> list[dict[str, object]]:
    def lines(kind: str, text: str, **more: str) -> list[dict[str, object]]:
        each = BASE | {"type": f"block.{kind}.line", "sectionId": kind} | more
        return [each | {"lineNr": at, "line": line} for at, line in enumerate(text.split("\n"))]

    stats = {name: {"lines": 1, "bytes": 1} for name in ("toplevel", "code", "image", "total")}
    return [
        *lines("toplevel", PROSE),
        BASE | {"type": "block.code.begin", "sectionId": "code", "lang": "jsx", "path": "App.jsx"},
        *lines("code", CODE, lang="jsx"),
        BASE | {"type": "block.stats", "stats": stats},
    ]
