"""Talk to an `App` without sockets: messages go in as text, files come out as replies; and what a deploy is made of."""

import json
import re
import sqlite3
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import trio
from answering import answer

from vibes_trio.compilers.interface import Compiled, Source
from vibes_trio.context import App
from vibes_trio.errors import TransformFailed
from vibes_trio.exchange import HttpIncoming, MessageIncoming, Reply
from vibes_trio.handlers import PIPELINE

Json = Any  # what stands in a message

DEPLOY = "vibes.diy.req-ensure-app-slug"
ENSURE_CHAT = "vibes.diy.req-ensure-chat-context"
APPEND = "vibes.diy.req-append-chat-section"

TABLES = ("UserSlugBindings", "AppSlugBindings", "Assets", "Apps", "ChatContexts", "ChatSections")

_IMPORT = re.compile(r"""^import (?:.* from )?["'](.*)["']""", re.MULTILINE)
_DYNAMIC = re.compile(r"""import\(["'](.*?)["']\)""")


def envelope(user: str, kind: str, **payload: Json) -> bytes:
    auth = {"type": "device-id", "token": user}
    message = {"tid": "t-1", "src": "me", "dst": "you", "ttl": 6}
    return json.dumps(message | {"payload": {"type": kind, "auth": auth} | payload}).encode()


async def ask(app: App, user: str, kind: str, **payload: Json) -> Json:
    """Send a message as *user* (whose token is his name, see `fakes.verify_name`); return the reply's payload."""
    reply = await answer(app, PIPELINE, MessageIncoming(envelope(user, kind, **payload)))
    return json.loads(reply.body)["payload"]


async def deploy(app: App, *files: Json, user: str = "ada", **members: Json) -> Json:
    """Deploy to `garden--ada` unless *members* say otherwise; return the reply's payload."""
    wanted = {"mode": "production", "appSlug": "garden", "userSlug": "ada", "fileSystem": list(files)}
    return await ask(app, user, DEPLOY, **(wanted | members))


async def get(
    app: App, path: str, *, host: str = "garden--ada.apps.test", method: str = "GET", **headers: str
) -> Reply:
    """Fetch *path* from a host; *headers* are written with `_` for `-`."""
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return await answer(app, PIPELINE, HttpIncoming(method, host, path, names))


def jsx(name: str = "/App.jsx", content: str = "export default () => <p>hi</p>;\n", **members: Json) -> Json:
    return {"type": "code-block", "lang": "jsx", "filename": name, "content": content} | members


def js(name: str, content: str, **members: Json) -> Json:
    return {"type": "code-block", "lang": "js", "filename": name, "content": content} | members


def text(name: str, content: str = "words", **members: Json) -> Json:
    return {"type": "str-asset-block", "filename": name, "content": content} | members


def rows(app: App) -> dict[str, list[tuple[object, ...]]]:
    """Return every row of every table that messages write to."""
    connection = sqlite3.connect(app.db.path)
    try:
        return {table: list(connection.execute(f"SELECT * FROM {table} ORDER BY 1, 2")) for table in TABLES}
    finally:
        connection.close()


def counts(app: App) -> dict[str, int]:
    return {table: len(found) for table, found in rows(app).items() if found}


def damage(path: Path, sql: str, *params: object) -> None:
    """Change the database behind the server's back."""
    connection = sqlite3.connect(path)
    with connection:
        connection.execute(sql, params)
    connection.close()


@dataclass
class FakeCompiler:
    """Puts a comment in front of the source. *sources* are those it was given; *fails_on* names a file that fails."""

    sources: list[Source] = field(default_factory=list)
    fails_on: str = ""
    version: str = "fake 1"
    can_bundle: bool = False

    async def compile(self, source: Source, user: str = "") -> Compiled:
        self.sources.append(source)
        await trio.lowlevel.checkpoint()
        if source.filename == self.fails_on:
            raise TransformFailed("made to fail", filename=source.filename, line=1, column=1)
        code = source.text if source.lang == "js" else "/* compiled */ " + source.text
        imports = tuple(dict.fromkeys(_IMPORT.findall(source.text)))
        dynamic = tuple(dict.fromkeys(_DYNAMIC.findall(source.text)))
        return Compiled(code, imports, dynamic, "export default" in source.text)
