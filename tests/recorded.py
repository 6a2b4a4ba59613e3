"""The recorded exchanges of the reference: how to send them, and what we have to answer.

A vector passes if our answer is the recorded one, or the one that `conformance/differences.json` names for it
together with the row of the README's table of differences that allows it. Some things are computed and
not named vector by vector, because every deploy has them:

* what the JSX transform emits (we emit React's production runtime): the recorded CID and size of a transformed
  file are replaced by those of our compiler's output for the same source;
* an error's message is compared to the letter, but for a compiler's own words;
* `ownerHandle`, newer clients' name for `userSlug`, stands beside it;
* `importMapAssetId: setAfterTransform` of `js` modules is the import map's CID;
* a bare error body has our `code` beside its message, and an ETag is quoted;
* the access-control headers stand on answers of the API alone.
"""

import base64
import json
import re
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from functools import cache, partial
from pathlib import Path
from typing import Any

import trio
from answering import answer

from vibes_trio.auth.device import Device, mint_token
from vibes_trio.auth.jwk import read_private_jwk
from vibes_trio.auth.jws import sign_jws
from vibes_trio.compilers.interface import Compiler, Source
from vibes_trio.config import Config, load_config
from vibes_trio.content.cid import calc_cid, to_utf8
from vibes_trio.content.policy import LOCKED
from vibes_trio.context import App
from vibes_trio.exchange import HttpIncoming, MessageIncoming
from vibes_trio.front.serve import serve_front
from vibes_trio.front.sockets import open_listeners
from vibes_trio.front.state import Front
from vibes_trio.handlers import PIPELINE, order_key
from vibes_trio.server import Parts, open_app
from vibes_trio.urls import ANY_SITE, Site, parse_host

FOLDER = Path(__file__).parent / "conformance"
FILES = ("ensure-app-slug", "limits", "chat", "http", "serving")
NOW = 1795340000.0  # inside the validity of the recorded certificates
ISO = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
TRANSFORMED = "/~~transformed~~/"
COMMON_HEADERS = {
    "access-control-allow-origin": "*",
    "access-control-allow-methods": "GET,POST,OPTIONS,PUT,DELETE",
    "access-control-allow-headers": "Origin, Content-Type, Accept",
    "access-control-max-age": "86400",
}
"""What every answer carries beside what a vector names; with us, every answer of the API (row `cors`)."""

# As drizzle makes them for the reference. Source: schema-and-settings.md
REFERENCE_SCHEMA = """
CREATE TABLE Assets (assetId text PRIMARY KEY NOT NULL, content blob NOT NULL, created text NOT NULL);
CREATE TABLE UserSlugBindings (userId text NOT NULL, userSlug text NOT NULL, created text NOT NULL,
  PRIMARY KEY (userSlug, userId));
CREATE UNIQUE INDEX UserSlug_userSlug ON UserSlugBindings (userSlug);
CREATE TABLE AppSlugBindings (userSlug text NOT NULL REFERENCES UserSlugBindings (userSlug),
  appSlug text NOT NULL, created text NOT NULL, PRIMARY KEY (appSlug, userSlug));
CREATE TABLE Apps (appSlug text NOT NULL, userId text NOT NULL, userSlug text NOT NULL,
  releaseSeq int NOT NULL, fsId text NOT NULL, env text NOT NULL, fileSystem text NOT NULL,
  mode text NOT NULL, created text NOT NULL, PRIMARY KEY (appSlug, userId, releaseSeq));
CREATE INDEX Apps_fsId ON Apps (fsId, userId);
CREATE INDEX created_idx ON Apps (created);
CREATE TABLE ChatContexts (contextId text PRIMARY KEY NOT NULL, userId text NOT NULL, created text NOT NULL);
CREATE TABLE ChatSections (contextId text NOT NULL REFERENCES ChatContexts (contextId), seq int NOT NULL,
  origin text NOT NULL, blocks text NOT NULL, created text NOT NULL, PRIMARY KEY (seq, contextId));
"""

Json = Any  # vectors are data


@cache
def load(name: str) -> Json:
    return json.loads((FOLDER / f"{name}.json").read_text("utf-8"))


USERS = load("users")


def scenarios() -> list[tuple[str, Json]]:
    return [(name, scenario) for name in FILES for scenario in load(name)["scenarios"]]


@cache
def differences() -> dict[str, Json]:
    return {entry["vector"]: entry for entry in load("differences")["exchanges"]}


# -- a server as the reference's was set up ------------------------------------------------------------------


def config_for(scenario: Json, data_dir: Path, **extra: str) -> Config:
    settings = USERS["server_env"] | scenario["server_env"]
    settings |= {name: USERS["ca"][name] for name in ("DEVICE_ID_CA_PRIV_KEY", "DEVICE_ID_CA_CERT")}
    settings |= {"VIBES_DATA_DIR": str(data_dir), "VIBES_MODULES": "cdn"} | extra
    return load_config(settings).with_port(8787)


async def package_version(name: str) -> str | None:
    registry = USERS["registry"]
    return None if name in registry["unknown_packages"] else registry["default_version"]


@asynccontextmanager
async def open_recorded_app(scenario: Json, data_dir: Path, **extra: str) -> AsyncIterator[App]:
    parts = Parts(now=lambda: NOW, package_version=package_version, env={})
    async with open_app(config_for(scenario, data_dir, **extra), parts) as app:
        yield app


@cache
def token(user: str) -> str:
    """A valid token of a recorded user; the recorded CA signs his certificate, so the chain is strict."""
    ca_key = read_private_jwk(USERS["ca"]["private_jwk"])
    certificate = USERS["users"][user]["certificate"]
    signed = sign_jws({"typ": "CERT+JWT", "x5c": []}, certificate, ca_key)
    return mint_token(
        Device(read_private_jwk(USERS["users"][user]["device_key_jwk"]), signed, certificate), NOW
    )


# -- sending ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Answer:
    status: int | None
    headers: dict[str, str]
    body: bytes


Send = Callable[[str, str, str, dict[str, str], bytes], Awaitable[Answer]]
"""method, host, target, headers, body → answer"""


async def send_directly(
    app: App, method: str, host: str, target: str, headers: dict[str, str], body: bytes
) -> Answer:
    """Without a socket: what the front gives to `answer` and gets back."""
    names = {name.lower(): value for name, value in headers.items()}
    reply = await answer(app, PIPELINE, HttpIncoming(method, host, target, names, body))
    return Answer(reply.status, dict(reply.headers), b"" if method == "HEAD" else reply.body)


async def send_as_message(
    app: App, method: str, host: str, target: str, headers: dict[str, str], body: bytes
) -> Answer:
    """As a WebSocket does: only the text arrives, only the text goes back."""
    reply = await answer(app, PIPELINE, MessageIncoming(body))
    return Answer(None, {}, reply.body)


# -- playing a scenario --------------------------------------------------------------------------------------


@dataclass(slots=True)
class Play:
    """One scenario under way: what was captured, and what the reference's transformed files are with us."""

    scenario: Json
    compiler: Compiler
    database: Path
    site: Site = ANY_SITE
    captured: dict[str, str] = field(default_factory=dict)
    ours: dict[str, tuple[str, int]] = field(default_factory=dict)  # source CID → our transformed CID, size
    texts: dict[str, str] = field(default_factory=dict)  # vector → body text

    async def request(self, vector: Json) -> tuple[str, str, str, dict[str, str], bytes]:
        """Return what to send; exactly as recorded, tokens and captured values filled in."""
        request = self.fill(vector["request"])
        rest = request["url"].partition("://")[2]
        host, slash, path = rest.partition("/")
        headers = dict(request.get("headers", {}))
        if "body" in request:
            await self.learn(request["body"])
            headers.setdefault("Content-Type", "application/json")
            body = json.dumps(request["body"]).encode()
        else:
            body = request.get("body_text", "").encode()
        return request["method"], host, slash + path or "/", headers, body

    def fill(self, value: Json) -> Json:
        """Return *value* with `$TOKEN_A` and `${NAME}` replaced."""
        text = json.dumps(value)
        for user in USERS["users"]:
            text = text.replace(f"$TOKEN_{user}", token(user))
        for name, captured in self.captured.items():
            text = text.replace("${" + name + "}", captured)
        return json.loads(text)

    async def learn(self, body: Json) -> None:
        """Compile the JSX of a deploy, to know what its transformed files must be."""
        files = body.get("payload", {}) if isinstance(body, dict) else {}
        files = files.get("fileSystem", []) if isinstance(files, dict) else []
        for file in files if isinstance(files, list) else []:
            if isinstance(file, dict) and file.get("lang") == "jsx" and isinstance(file.get("content"), str):
                source = to_utf8(file["content"])
                try:
                    compiled = await self.compiler.compile(Source("x.jsx", "jsx", source.decode()))
                except Exception:
                    continue  # recorded as refused; then no CID of it is expected either
                code = compiled.code.encode()
                self.ours[calc_cid(source)] = (calc_cid(code), len(code))

    def capture(self, vector: Json, answer: Answer) -> None:
        for name, path in vector.get("capture", {}).items():
            value = json.loads(answer.body)
            for member in path.split("."):
                value = value[member]
            self.captured[name] = value

    def expected(self, vector: Json) -> tuple[Json, Json]:
        """Return the response and the rows that we have to give, `${NAME}` filled in."""
        difference = differences().get(vector["name"], {})
        name = "response_with_esbuild" if "esbuild" in self.compiler.version else "response"
        response = deepcopy(difference.get(name, difference.get("response", vector.get("response"))))
        rows = deepcopy(difference.get("db_after", vector.get("db_after", {})))
        response, rows = self.fill(response), self.fill(rows)
        if "body_text_same_as" in response:
            response["body_text"] = self.texts[response.pop("body_text_same_as")]
        payload = (
            response.get("body", {}).get("payload", {}) if isinstance(response.get("body"), dict) else {}
        )
        if payload.get("type") == "vibes.diy.res-ensure-app-slug":
            payload["ownerHandle"] = payload["userSlug"]
        _transformed(response, self.ours)
        _transformed(rows, self.ours)
        if "Assets" in rows:
            _transformed_assets(rows["Assets"], self.ours)
        headers = response.get("headers", {})
        for header, value in headers.items():
            if value.startswith("$OURS:"):
                headers[header] = self.ours[value.removeprefix("$OURS:")][0]
        etag = headers.get("etag", "")
        if etag and not etag.startswith("$RE:"):
            response["headers"]["etag"] = '"' + etag.strip('"') + '"'
        return response, rows

    def check(self, vector: Json, answer: Answer, *, from_socket: bool = False) -> list[str]:
        """Return how *answer* and the rows differ from what is expected; empty: not at all.

        What came *from a socket* has the headers that every answer carries; the front adds them.
        """
        self.texts[vector["name"]] = answer.body.decode("utf-8", "replace")
        response, rows = self.expected(vector)
        faults = _compare_response(response, answer)
        if from_socket and not vector["response"].get("no_common_headers"):
            got = answer.headers
            host = parse_host(self.fill(vector["request"])["url"].split("/")[2], self.site)
            wanted = COMMON_HEADERS if host and not host.app else dict.fromkeys(COMMON_HEADERS)
            faults += [f"{n}: {got.get(n)!r}" for n, value in wanted.items() if got.get(n) != value]
            if answer.status >= 400 and got.get("content-security-policy") != LOCKED:
                faults.append(f"not locked: {got.get('content-security-policy')!r}")
        faults += [fault for table, want in rows.items() for fault in self.compare_table(table, want)]
        return [f"{vector['name']}: {fault}" for fault in faults]

    def compare_table(self, table: str, want: Json) -> list[str]:
        got = read_table(self.database, table)
        if table == "Apps" and want and not isinstance(want[0]["fileSystem"][0], dict):
            got = [row | {"fileSystem": [item["fileName"] for item in row["fileSystem"]]} for row in got]
        if table == "Assets":  # in the order of insertion within one deploy nothing is recorded
            got = sorted(got, key=lambda row: row["assetId"])
            want = sorted(want, key=lambda row: row["assetId"])
        faults = _compare(want, got, table)
        return faults


def read_table(database: Path, table: str) -> list[Json]:
    """Return the rows of *table* in the order of insertion, in the reference's columns, as the vectors show them."""
    columns = {
        "UserSlugBindings": "userId, userSlug, created",
        "AppSlugBindings": "userSlug, appSlug, created",
        "Apps": "appSlug, userId, userSlug, releaseSeq, fsId, env, fileSystem, mode, created",
        "Assets": "assetId, created, length(content) AS size",
        "ChatContexts": "contextId, userId, created",
        "ChatSections": "contextId, seq, origin, blocks, created",
    }[table]
    connection = sqlite3.connect(database)
    connection.row_factory = sqlite3.Row
    try:
        rows = [dict(row) for row in connection.execute(f"SELECT {columns} FROM {table} ORDER BY rowid")]
    finally:
        connection.close()
    for row in rows:
        for column in {"env", "fileSystem", "blocks"} & set(row):
            row[column] = json.loads(row[column])
    return rows


def _transformed(value: Json, ours: dict[str, tuple[str, int]]) -> None:
    """Put our transformed files in place of the reference's, in lists of FileSystemItems."""
    if isinstance(value, dict):
        for inner in value.values():
            _transformed(inner, ours)
    if not isinstance(value, list):
        return
    maps = [i["assetId"] for i in value if isinstance(i, dict) and _kind(i) == "import-map"]
    for item in value:
        _transformed(item, ours)
        source = item["assetId"] if _kind(item) == "jsx-to-js" else _kind(item) == "transformed"
        if _kind(item) == "jsx-to-js" and source in ours:
            item["transform"]["transformedAssetId"] = ours[source][0]
        elif _kind(item) == "transformed" and item["transform"]["transformedAssetId"] in ours:
            item["assetId"], item["size"] = ours[item["transform"]["transformedAssetId"]]
            item["assetURI"] = f"sql://Assets/{item['assetId']}"
        elif _kind(item) == "imports":
            item["transform"]["importMapAssetId"] = maps[0]


def _kind(item: Json) -> str:
    transform = item.get("transform") if isinstance(item, dict) and "assetId" in item else None
    return transform["type"] if transform else ""


def _transformed_assets(rows: list[Json], ours: dict[str, tuple[str, int]]) -> None:
    """Put our transformed files in place of the reference's, in rows of Assets.

    A recorded row is the reference's transformed file if no source and no later row explains it; the order
    tells: it stands right behind its source. A source without JSX is its own transformed file there.
    """
    cids = {row["assetId"] for row in rows}
    kept = []
    previous = ""
    for row in rows:
        is_transformed = previous in ours and row["assetId"] not in ours and row["size"] != 6781
        if not is_transformed:
            kept.append(row)
        previous = row["assetId"]
    for source, (cid, size) in ours.items():
        if source in cids and all(row["assetId"] != cid for row in kept):
            kept.append({"assetId": cid, "created": "$ISO", "size": size})
    rows[:] = kept


def _compare_response(want: Json, got: Answer) -> list[str]:
    faults = []
    if got.status is not None:
        if want["status"] != got.status:
            faults.append(f"status {got.status}, not {want['status']}: {got.body[:300]!r}")
        for name, value in want.get("headers", {}).items():
            if value == "$SERVER_TIMING":
                if not re.fullmatch(r"total;dur=[0-9.]+", got.headers.get(name, "")):
                    faults.append(f"{name}: {got.headers.get(name)!r}")
            elif value.startswith("$RE:"):
                if not re.fullmatch(value[4:], got.headers.get(name, "")):
                    faults.append(f"{name}: {got.headers.get(name)!r} !~ {value[4:]!r}")
            elif got.headers.get(name) != value:
                faults.append(f"{name}: {got.headers.get(name)!r}, not {value!r}")
    if "body_pattern" in want:
        missing = [p for p in want["body_pattern"] if not re.search(p, got.body.decode(), re.DOTALL)]
        faults += [f"body lacks {pattern!r}" for pattern in missing]
    elif "body_text" in want:
        if got.body != want["body_text"].encode():
            faults.append(f"body {got.body[:200]!r}, not {want['body_text'][:200]!r}")
    elif "body_base64" in want:
        if got.body != base64.b64decode(want["body_base64"]):
            faults.append(f"body {got.body[:200]!r}")
    elif "body" in want:
        try:
            faults += _compare(_with_code(want["body"], want["status"]), json.loads(got.body), "body")
        except ValueError:
            faults.append(f"body is no JSON: {got.body[:200]!r}")
    return faults


def _with_code(body: Json, status: int) -> Json:
    """A bare error has a code with us; a recorded 404 is told so."""
    if body.get("type") == "error" and "code" not in body and status == 404:
        return body | {"code": "not-found"}
    return body


def _compare(want: Json, got: Json, where: str) -> list[str]:
    if isinstance(want, dict) and isinstance(got, dict):
        faults = [f"{where}.{k} is missing" for k in want if k not in got]
        faults += [f"{where}.{k} is too much: {got[k]!r}" for k in got if k not in want]
        return faults + [f for k in want if k in got for f in _compare(want[k], got[k], f"{where}.{k}")]
    if isinstance(want, list) and isinstance(got, list):
        faults = [] if len(want) == len(got) else [f"{where} has {len(got)}, not {len(want)}: {got!r:.300}"]
        return faults + [
            f
            for i, (w, g) in enumerate(zip(want, got, strict=False))
            for f in _compare(w, g, f"{where}[{i}]")
        ]
    if want == "$ISO":
        return [] if isinstance(got, str) and ISO.fullmatch(got) else [f"{where}: {got!r} is no ISO time"]
    if isinstance(want, str) and want.startswith("$RE:"):
        return [] if re.fullmatch(want[4:], str(got), re.DOTALL) else [f"{where}: {got!r} !~ {want[4:]!r}"]
    same = want == got and isinstance(want, bool) == isinstance(got, bool)
    return [] if same else [f"{where}: {got!r}, not {want!r}"]


async def play(scenario: Json, app: App, send: Send) -> AsyncIterator[tuple[Json, Answer, Play]]:
    """Send the vectors of *scenario* in order; gives each with our answer, captured values read."""
    current = Play(scenario, app.compiler, app.db.path, app.site)
    for vector in scenario["vectors"]:
        if "request" not in vector:
            continue
        answer = await send(*await current.request(vector))
        if answer.status in (200, None) and answer.body:
            current.capture(vector, answer)
        yield vector, answer, current


def directly(app: App) -> Send:
    return partial(send_directly, app)


# -- over sockets ----------------------------------------------------------------------------------------------


@asynccontextmanager
async def listening(app: App, *, fast: bool) -> AsyncIterator[int]:
    """Serve *app* on loopback, through the fast or the full lane; gives the port."""
    listeners = await open_listeners("127.0.0.1", 0, app.config.limits)
    answer_it = partial(answer, app, PIPELINE)
    front = Front(answer_it, order_key, app.config.limits, app.draining, site=app.site, fast=fast)
    async with trio.open_nursery() as nursery:
        await nursery.start(serve_front, front, listeners)
        yield listeners[0].getsockname()[1]
        app.draining.set()


async def send_over_socket(
    port: int, method: str, host: str, target: str, headers: dict[str, str], body: bytes
) -> Answer:
    """As HTTP/1.1 with host and target exactly as given; the connection ends with the answer."""
    lines = [f"{method} {target} HTTP/1.1", f"Host: {host}", "Connection: close"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    if body or method in ("POST", "PUT"):
        lines.append(f"Content-Length: {len(body)}")
    stream = await trio.open_tcp_stream("127.0.0.1", port)
    async with stream:
        await stream.send_all("\r\n".join([*lines, "", ""]).encode() + body)
        received = b"".join([chunk async for chunk in stream])
    head, _, rest = received.partition(b"\r\n\r\n")
    status_line, *fields = head.decode().split("\r\n")
    got = {name.lower(): value for name, _, value in (field.partition(": ") for field in fields)}
    if method != "HEAD" and int(got.get("content-length", len(rest))) != len(rest):
        raise AssertionError(f"{len(rest)} bytes of body, not {got['content-length']}")
    return Answer(int(status_line.split(" ")[1]), got, rest)
