"""Our side: a data folder with a user, a device, an app and chat contexts; and the messages that are sent."""

import http.client
import json
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from bench_figures import BenchError
from bench_processes import Cores, Server, free_port, run_server
from bench_tools import HERE, PYTHON, ROOT, Tools

from vibes_trio.auth.device import Device, issue_device, mint_token, read_key_file, write_key_file
from vibes_trio.auth.verifier import Claims
from vibes_trio.background.trust import ensure_keys
from vibes_trio.config import Config
from vibes_trio.exchange import UserId

ASSET_BYTES = 8 * 1024
APP_BYTES = 12 * 1024
BLOCKS_BYTES = 1024
CONTEXTS = 256
TOKEN_LIFETIME_S = 3600
ANSWER_TIMEOUT_S = 60
API_HOST = "localhost"
CONTEXT_TYPE = "vibes.diy.req-ensure-chat-context"
CONTEXT_ANSWER = "vibes.diy.res-ensure-chat-context"
APPEND_TYPE = "vibes.diy.req-append-chat-section"
APPEND_ANSWER = "vibes.diy.res-append-chat-section"
DEPLOY_TYPE = "vibes.diy.req-ensure-app-slug"
DEPLOY_ANSWER = "vibes.diy.res-ensure-app-slug"

Payload = dict[str, Any]  # JSON, as a client that is not ours would write it


@dataclass(frozen=True, slots=True)
class Ours:
    """What a prepared server holds.

    Attributes:
        env: the server's environment.
        user_slug: under which everything is deployed.
        app_host: Host of the deployed app.
        asset_path, page_path: of its 8 KiB module and its page, under the release's own address.
        etag: of the module.
        contexts: ids of chat contexts of the user.
    """

    data_dir: Path
    env: Mapping[str, str]
    device: Device
    user_slug: str
    app_host: str
    asset_path: str
    page_path: str
    etag: str
    contexts: Sequence[str]

    def token(self) -> str:
        """Return a new token."""
        return mint_token(self.device, time.time(), lifetime_s=TOKEN_LIFETIME_S)


def prepare(tools: Tools, cores: Cores, folder: Path, base_env: Mapping[str, str]) -> Ours:
    """Make a data folder, start a server on it, deploy an app and open chat contexts.

    Raises:
        BenchError: the server does not start, or refuses a message.
    """
    data_dir = folder / "ours"
    env = dict(base_env) | {
        "VIBES_DATA_DIR": str(data_dir),
        "VIBES_SVC_HOSTNAME_BASE": API_HOST,
        "VIBES_MODULES": "cdn",
        "MAX_APPS_PER_USER_ID": "1000000",
    }
    if tools.esbuild:
        env["VIBES_ESBUILD"] = str(tools.esbuild.resolve())
    device = _make_device(data_dir)
    with run_ours(env, [cores.server], folder / "ours.log") as server:
        token = mint_token(device, time.time(), lifetime_s=TOKEN_LIFETIME_S)
        files = [
            ("/App.jsx", "jsx", make_app("first", APP_BYTES)),
            ("/asset.js", "js", f"export default '{'x' * (ASSET_BYTES - 18)}';"),
        ]
        deployed = ask(server, deploy(token, "", "bench", files))
        contexts = [f"bench-{number}" for number in range(CONTEXTS)]
        for context in contexts:
            ask(server, ensure_context(token, context))
        url = urlsplit(deployed["entryPointUrl"])
        page = url.path
        host = url.netloc
        status, headers, body = fetch(server, host, f"{page}asset.js")
        if status != 200 or len(body) != ASSET_BYTES:
            raise BenchError(f"the deployed asset is answered with {status} and {len(body)} bytes")
    slug = deployed["userSlug"]
    return Ours(data_dir, env, device, slug, host, f"{page}asset.js", page, headers["etag"], contexts)


def _make_device(data_dir: Path) -> Device:
    now = time.time()
    keys = ensure_keys(Config(data_dir=data_dir), now)
    claims = Claims(UserId("bench"), "bench", "user", "bench@example.org", True)
    device, _ = issue_device(keys.ca, claims, "bench", now)
    return read_key_file(write_key_file(device))


@contextmanager
def run_ours(
    env: Mapping[str, str],
    cores: Sequence[int],
    log: Path,
    flags: Sequence[str] = (),
    program: Path | None = None,
) -> Iterator[Server]:
    """Run our server: `vibes_trio serve` with *flags*, or *program* in its place."""
    port = free_port()
    entry: list[str | Path] = [program] if program else ["-m", "vibes_trio", "serve"]
    full_env = dict(env) | {"VIBES_PORT": str(port), "PYTHONPATH": str(ROOT)}
    with run_server("ours", [PYTHON, *entry, *flags], port, cores, log, full_env) as server:
        yield server


LAUNCHER = HERE / "launch_ours.py"


# -- asking -----------------------------------------------------------------------------------------------


def ask(server: Server, message: str) -> Payload:
    """Post *message*; return the payload of its reply.

    Raises:
        BenchError: it is refused.
    """
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=ANSWER_TIMEOUT_S)
    try:
        connection.request("POST", "/", message, {"Host": API_HOST, "Content-Type": "application/json"})
        response = connection.getresponse()
        text = response.read().decode()
    finally:
        connection.close()
    if response.status != 200:
        raise BenchError(f"our server answers {response.status}: {text[:400]}")
    payload: Payload = json.loads(text)["payload"]
    return payload


def fetch(server: Server, host: str, path: str) -> tuple[int, dict[str, str], bytes]:
    """Return status, headers (names in lower case) and body of a GET."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=ANSWER_TIMEOUT_S)
    try:
        connection.request("GET", path, headers={"Host": host})
        response = connection.getresponse()
        return response.status, {k.lower(): v for k, v in response.getheaders()}, response.read()
    finally:
        connection.close()


# -- messages ---------------------------------------------------------------------------------------------


def _envelope(payload: Payload, token: str | None, tid: str = "bench-0001") -> str:
    if token is not None:
        payload = payload | {"auth": {"type": "device-id", "token": token}}
    message = {"tid": tid, "src": "vibes.diy.client", "dst": "vibes.diy.server", "ttl": 6, "payload": payload}
    return json.dumps(message, separators=(",", ":"))


def ensure_context(token: str | None, context: str, size: int = 0) -> str:
    """Return an ensureChatContext that reads one that is there. No token: what the other sides echo.

    Args:
        size: bytes of the message without its token, reached by a member that nobody knows. 0: as it is.
    """
    payload = {"type": CONTEXT_TYPE, "contextId": context, "padding": ""}
    payload["padding"] = "t" * (size - len(_envelope(payload, None)))
    return _envelope(payload, token)


def subscribe(token: str | None, context: str) -> str:
    """Return a message that subscribes to what is appended from now on."""
    payload = {"type": "vibes.diy.req-subscribe-chat-sections", "contextId": context, "since": 2**40}
    return _envelope(payload, token)


def append(token: str | None, context: str) -> str:
    """Return an appendChatSection with 1 KiB of blocks."""
    block = {
        "type": "block.code.line",
        "blockId": "block-1",
        "streamId": "stream-1",
        "seq": 1,
        "blockNr": 1,
        "timestamp": "2026-01-01T00:00:00.000Z",
        "sectionId": "section-1",
        "lang": "jsx",
        "lineNr": 1,
        "line": "",
    }
    used = len(json.dumps([block], separators=(",", ":")))
    block["line"] = "x" * (BLOCKS_BYTES - used)
    return _envelope({"type": APPEND_TYPE, "contextId": context, "origin": "user", "blocks": [block]}, token)


def deploy(token: str, user: str, app: str, files: Iterable[tuple[str, str, str]]) -> str:
    """Return an ensureAppSlug of *files* (name, language, source).

    No language: it is no module. Empty *user*: a slug is made up.
    """
    blocks = [_block(*file) for file in files]
    payload = {
        "type": DEPLOY_TYPE,
        "mode": "production",
        "appSlug": app,
        "userSlug": user,
        "fileSystem": blocks,
    }
    return _envelope(payload, token)


def _block(name: str, lang: str, text: str) -> Payload:
    kind: Payload = {"type": "code-block", "lang": lang} if lang else {"type": "str-asset-block"}
    return {**kind, "filename": name, "content": text}


_COMPONENT = """\
function Panel{n}({{ title, items = [], onPick }}) {{
  const [open, setOpen] = useState({n} % 2 === 0);
  const total = useMemo(() => items.reduce((sum, item) => sum + (item.price ?? 0) * {n}, 0), [items]);
  useEffect(() => {{ document.title = `${{title}} ({n}): ${{total.toFixed(2)}}`; }}, [title, total]);
  return (
    <section className={{open ? "panel panel-open" : "panel"}} data-number={{{n}}}>
      <h2 onClick={{() => setOpen((was) => !was)}}>{{title}} &mdash; {n}</h2>
      {{open && (
        <ul>
          {{items.map((item) => (
            <li key={{item.id}} style={{{{ color: item.color || "black" }}}}>
              <button type="button" onClick={{() => onPick?.(item)}}>{{item.name}}</button>
              {{item.note ? <em>{{item.note}}</em> : null}}
            </li>
          ))}}
        </ul>
      )}}
    </section>
  );
}}
"""


def make_app(name: str, size: int) -> str:
    """Return a React app of about *size* bytes of JSX; another *name* is another app."""
    text, count = 'import { useEffect, useMemo, useState } from "react";\n\n', 0
    while len(text) < size - 800:
        count += 1
        text += _COMPONENT.format(n=count)
    panels = "\n".join(f"      <Panel{n} title={{`${{NAME}} {n}`}} />" for n in range(1, count + 1))
    text += f'const NAME = "{name}";\n\nexport default function App() {{\n  return (\n    <main>\n{panels}\n'
    return text + "    </main>\n  );\n}\n"
