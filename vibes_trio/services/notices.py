"""What is told to a browser that leads to nothing here, in place of the JSON that programs get."""

import re
from collections.abc import Mapping
from typing import TypeGuard

from vibes_trio.content.notice_page import Notice, render_notice
from vibes_trio.context import App
from vibes_trio.errors import VibesError
from vibes_trio.exchange import HttpIncoming, Reply
from vibes_trio.services.replies import Asked
from vibes_trio.services.visibility import find_visible
from vibes_trio.urls import EntryPoint, decode_path, page_round

NAVIGATION = "Sec-Fetch-Mode, Accept"
"""The headers that say whether a browser navigates: what depends on that varies by them."""
MAX_SHOWN_CHARS = 200
DOOR = Notice(
    "One moment",
    ["Your browser is let into the app. If nothing comes of it, what you opened is too old: open it anew."],
    is_door=True,
)
"""On every app's host, whether there is an app or not: where the page round a private one leads its frame first."""
# Neither a folder of the server's own in a release (`/~~…`) nor modules.
_LIKE_A_RELEASE = re.compile(r"/~(?!~|esm/)[^/]*")


def navigates(headers: Mapping[str, str]) -> bool:
    """Whether a browser navigates here: it says so, or wants HTML, as scripts and pictures never do."""
    return headers.get("sec-fetch-mode") == "navigate" or "text/html" in headers.get("accept", "")


def notice_reply(notice: Notice, *, status: int = 404, head: bool = False) -> Reply:
    """Return *notice* as an answer that no cache keeps."""
    body = render_notice(notice)
    headers = (("content-type", "text/html"), ("cache-control", "no-store"), ("vary", NAVIGATION))
    return Reply(status, headers, b"" if head else body, len(body), policy=notice.policy)


async def explain_missing(app: App, asked: Asked) -> Notice:
    """Return what to say of an app's address where nothing is: which of app, release and file is missing."""
    entry = asked.entry
    assert entry is not None, "only an app's host has an address of an app"
    live = await find_visible(app, asked, EntryPoint(entry.app, entry.user, None, "/"))
    if entry.fs_id is not None and await find_visible(app, asked, entry) is None:
        if live is None:
            return _no_app(app, entry)
        words = [
            f"No release {entry.fs_id} of {entry.app} is kept on this server: the address may be mistyped, or newer"
            " releases have taken its place.",
        ]
        return Notice("This release is not here", words, ("/", f"Open the newest release of {entry.app}"))
    if entry.fs_id is None and live is None:
        return _no_app(app, entry)
    if entry.fs_id is None and _LIKE_A_RELEASE.match(entry.path):
        words = [
            f"`{entry.path[:MAX_SHOWN_CHARS]}` is no address of a release of {entry.app}: it begins with `/~`, the"
            " release's id and `~/`, and is copied best from what the deploy printed.",
        ]
        return Notice("This release is not here", words, ("/", f"Open the newest release of {entry.app}"))
    prefix = "/" if entry.fs_id is None else f"/~{entry.fs_id}~/"
    path = (decode_path(entry.path) or entry.path)[:MAX_SHOWN_CHARS]
    words = [f"{entry.app} has no file `{path}`. Names count letter by letter, capitals too."]
    return Notice("This file is not here", words, (prefix, f"Open {entry.app}"))


def explain_api(app: App, path: str) -> Notice:
    """Return what to say to a browser that opens the API host where no page is (`pages/site.py`)."""
    base = app.config.hostname_base
    address = f"{app.config.protocol}://{{app}}--{{user}}.{base}"
    shown = (decode_path(path) or path)[:MAX_SHOWN_CHARS]
    words = [
        f"This host has no page `{shown}`.",
        f"This server shows small web apps, each at an address of its own: `{address}`.",
    ]
    return Notice("There is nothing at this address", words, ("/", "What this is"))


def _no_app(app: App, entry: EntryPoint) -> Notice:
    """Return what is told of an app that isn't there, or that who asks may not see: nothing tells which."""
    words = [
        f"Nothing called {entry.app} is published by {entry.user} on this server: look whether the address is right.",
        "If it was shared with you, or is your own and private, open it with the page round it: there you sign in, and"
        " can ask to be let in.",
        f"To publish a folder here: `vibes-trio deploy FOLDER --app {entry.app} --user {entry.user}`. What was"
        " published for trying out (`--mode dev`) has only the long address that the deploy printed.",
    ]
    round_it = page_round(app.config.protocol, app.config.hostname_base, entry.user, entry.app)
    title = f"There is no app called {entry.app}"
    link = (round_it, "Open the page round it")
    return Notice(title, words, link, returns=entry.fs_id is None, is_door=True)


_TITLES: Mapping[str, str] = {
    "overloaded": "This server is busy",
    "too-large": "This is more than fits",
    "limit-reached": "A limit is reached",
    "not-found": "There is nothing at this address",
    "require-login": "Sign in first",
    "not-owner": "This belongs to someone else",
    "internal": "Something went wrong here",
}
_STOPPING = "This server is stopping"


def explain_error(error: VibesError, reply: Reply, path: str, *, stopping: bool) -> Reply:
    """Return *reply*, which tells a program of *error*, as a page for a browser that navigates to *path*.

    Status and headers stay, but for what says how it is written.
    """
    words = [error.message]
    if stopping:
        words.append("It finishes what it has begun, and takes nothing new. It may be back in a moment.")
    title = _STOPPING if stopping else _TITLES.get(error.code, "This can't be answered")
    again = (path, "Try again") if error.code in ("overloaded", "internal") else None
    page = notice_reply(Notice(title, words, again), status=reply.status)
    kept = tuple((name, value) for name, value in reply.headers if name != "content-type")
    return Reply(page.status, (*page.headers, *kept), page.body, policy=page.policy)


def is_navigation(incoming: object) -> TypeGuard[HttpIncoming]:
    """Whether *incoming* is a browser that opens a page."""
    return (
        isinstance(incoming, HttpIncoming)
        and incoming.method in ("GET", "HEAD")
        and navigates(incoming.headers)
    )
