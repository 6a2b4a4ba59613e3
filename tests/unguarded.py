"""The control: a server that looks like ours to an attack and has none of its guards, so that each attack works there.

By the first label of the host: `plain` is the API host, `garden-plain` an app, `secret-plain` a private one,
`nothing-plain` none, `evil-plain` the attacker's. What was done as Ada is in `done`: as
`ada.1`, `ada.2` and so on, as several attacks run at once.
"""

import base64
import hashlib
import json
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit

BASE = "apps.localhost"
MAGIC = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

HOME = """<!doctype html><title>Home</title>
<body data-who="{who}" ondragover="event.preventDefault()" ondrop="take(event)">
<h1>Signed in as <strong>{who}</strong></h1><iframe srcdoc="a part"></iframe>
<p draggable="true" ondragstart="event.dataTransfer.setData('text/plain', 'a secret of {who}')"
 style="position:fixed;left:100px;top:75px;width:200px;height:150px;z-index:1">Pull me</p>
<form method="post" action="/sign-out"><button style="position:fixed;inset:0">Sign out</button></form>
<p>{path}</p><a id="out" href="{out}" target="_blank" rel="opener">Open alone</a>
<script>
function take(event) {{
  event.preventDefault();
  const [message, to] = ["text/plain", "text/uri-list"].map((type) => event.dataTransfer.getData(type));
  fetch("/v1/api", {{ method: "POST", body: message }}).finally(() => (location = to));
}}
document.domain = "apps.localhost";
localStorage.secret = "a secret of {who}"; window.name = window.name || "a secret of {who}";
new BroadcastChannel("pages").onmessage = ({{ target }}) => target.postMessage("a secret of {who}");
caches.open("pages").then((kept) => kept.put("/secret", new Response("a secret of {who}")));
indexedDB.open("pages", 1).onupgradeneeded = (event) => event.target.result.createObjectStore("secret");
</script>"""
SIGN_IN = """<!doctype html><title>Sign in</title><form method="post" action="/sign-in">
<input name="code"><input name="next" value="{next}"><button>Sign in</button></form><script>
if (location.hash) {{ document.forms[0].elements.code.value = location.hash.slice(1); document.forms[0].submit(); }}
</script>"""
ROUND = """<!doctype html><title>{title}</title><body data-who="{who}" ondragover="event.preventDefault()"
 ondrop="event.preventDefault(); location = event.dataTransfer.getData('text/uri-list')">
<h1 draggable="true" ondragstart="event.dataTransfer.setData('text/plain', 'a token of {who}')">{title}</h1>
<form method="post" action="/sign-out"><button style="position:fixed;left:30px;top:30px;width:60px;height:40px">Report
</button></form>
<a id="alone" href="{app}" target="_blank" rel="opener">Open alone</a>
<iframe id="frame" src="{app}" name="a token of {who}" referrerpolicy="unsafe-url" allow="camera; microphone">
</iframe><script>
document.domain = "apps.localhost";
onmessage = ({{ data, source }}) => {{
  if (data.type === "vibe.evt.url-state") return history.replaceState(null, "", data.search);
  source.postMessage({{ ...data, type: "vibe.evt.hand-off", token: "a token of {who}", viewer: "{who}" }}, "*");
}};
setInterval(() => document.getElementById("frame").contentWindow
  .postMessage({{ type: "vibe.evt.hand-off", token: "a token of {who}" }}, "*"), 50);
</script>"""
GARDEN = """<!doctype html><title>Garden</title><p id="state">you</p><script>
onmessage = ({ data, source }) => {
  if (data.type === "vibe.evt.viewerChanged") document.getElementById("state").textContent = data.viewer.userHandle;
  if (data.type === "vibe.evt.hand-off") globalThis.getToken = () => data.token;
};
parent.postMessage({ type: "vibe.evt.runtime.ready", from: location.href }, "*");
</script>"""
FILES = {
    "/": (
        "text/html",
        "<!doctype html><h1 draggable=true style=height:400px ondragstart='event.dataTransfer.setData(`text/plain`,"
        " `a secret of its`)'>Secret garden</h1><iframe srcdoc='a part'></iframe>"
        "<script>try { document.domain = 'apps.localhost' } catch {}</script>",
    ),
    "/a.js": ("text/javascript", "globalThis.secret = 'its script'; export default 1"),
    "/p.svg": ("image/svg+xml", "<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'/>"),
    "/s.css": ("text/css", "body { --secret: 1 }"),
    "/d.vtt": ("text/vtt", "WEBVTT\n\n00:00.000 --> 00:01.000\nsecret\n"),
}
"""Of the private app, here and on the server."""


class Handler(BaseHTTPRequestHandler):
    """One request."""

    server: "Unguarded"
    protocol_version = "HTTP/1.1"

    @property
    def label(self) -> str:
        return self.headers["host"].split(".")[0]

    @property
    def who(self) -> str:
        """Whose session the cookies say it is: the first one's."""
        pairs = (pair.strip().partition("=") for pair in self.headers.get("cookie", "").split(";"))
        return next((value for name, _, value in pairs if name == "plain-session"), "nobody")

    def answer(self, body: str, kind: str = "text/html", status: int = 200, **headers: str) -> None:
        data = body.encode()
        self.send_response(status)
        for name, value in {"content-type": kind, "content-length": str(len(data)), **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("origin-agent-cluster", "?0")
        self.send_header("timing-allow-origin", "*")
        self.send_header("access-control-allow-origin", self.headers.get("origin", "*"))
        self.send_header("access-control-allow-credentials", "true")
        self.send_header("access-control-allow-headers", "content-type")
        self.send_header("access-control-allow-methods", "GET, POST, PUT, DELETE")
        self.end_headers()
        self.wfile.write(data)

    def act(self, who: str) -> str:
        """Do as *who* wishes."""
        if who.startswith("ada"):
            self.server.done.append(who)
        return json.dumps({"payload": {"type": "done", "userId": who}})

    def do_GET(self) -> None:
        path = unquote(urlsplit(self.path).path)
        if self.headers.get("upgrade"):
            return self.socket()
        if self.label.startswith("evil"):
            return (
                self.answer("<!doctype html><title>evil</title><body>", service_worker_allowed="/")
                if not (path.endswith(".js"))
                else self.answer(
                    "onconnect = (e) => e.ports[0].postMessage(location.origin)", "text/javascript"
                )
            )
        if self.label.startswith("garden"):
            return self.answer(GARDEN)
        if self.label.startswith(("secret", "nothing")):
            is_in = self.label.startswith("secret") and "plain-share=1" in self.headers.get("cookie", "")
            kind, body = FILES[path] if is_in and path in FILES else ("text/plain", "none")
            return self.answer(body, kind, 200 if is_in and path in FILES else 404)
        return self.page(path)

    def page(self, path: str) -> None:
        query = {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}
        if path == "/sign-out":
            return self.answer(self.act(self.who), "text/javascript", set_cookie="plain-session=; max-age=0")
        if path == "/sign-in":
            return self.answer(SIGN_IN.format(next=query.get("next", "/")))
        if path == "/me.js":
            return self.answer(f"globalThis.loot = {json.dumps(self.who)}", "text/javascript")
        if path.endswith("/worker.js"):
            return self.answer(
                "onfetch = () => {}; onconnect = (e) => e.ports[0].postMessage('in')", "text/javascript"
            )
        if path.startswith("/vibe/"):
            app = query.get("app") or self.server.origin("garden-plain")
            return self.answer(
                ROUND.format(
                    title="<img src=x onerror=ran=1>" if path.endswith("titled") else path,
                    who=self.who,
                    app=app,
                )
            )
        out = self.server.origin("evil-plain")
        return self.answer(HOME.format(who=self.who, path=path, out=out))

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", "0"))).decode("latin-1")
        fields = {name: values[0] for name, values in parse_qs(body).items()}
        if self.path == "/sign-in":
            who = fields.get("code", "").partition("-")[0]
            cookie = f"plain-session={who}; path=/"
            return self.answer("", status=303, location=fields.get("next", "/"), set_cookie=cookie)
        said = body[body.find("{") :] if "{" in body else "{}"
        auth = json.loads(said.rpartition("}")[0] + "}").get("payload", {}).get("auth") or {}
        who = self.server.who_has(auth["token"]) if auth.get("token") else self.who
        return self.answer(self.act(who), "application/json")

    do_PUT = do_DELETE = do_POST

    def do_OPTIONS(self) -> None:
        self.answer("")

    def socket(self) -> None:
        key = hashlib.sha1((self.headers["sec-websocket-key"] + MAGIC).encode()).digest()
        self.send_response(101)
        for name, value in (("upgrade", "websocket"), ("connection", "upgrade")):
            self.send_header(name, value)
        self.send_header("sec-websocket-accept", base64.b64encode(key).decode())
        self.end_headers()
        length = self.rfile.read(2)[1] & 127
        if length == 126:
            (length,) = struct.unpack(">H", self.rfile.read(2))
        self.rfile.read(4 + length)
        text = self.act(self.who).encode()
        self.wfile.write(bytes([0x81, len(text)]) + text)
        self.close_connection = True

    def log_message(self, *_: object) -> None:
        """Nothing is written."""


class Unguarded(ThreadingHTTPServer):
    """*done*: as whom something was done, each time."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.done: list[str] = []

    def who_has(self, token: str) -> str:
        """Believe a token, whoever made it for whatever."""
        if "." not in token.partition(" ")[0]:
            return token.rpartition(" ")[2]
        claims = token.split(".")[1]
        return str(json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))["sub"])

    def origin(self, label: str) -> str:
        return f"http://{label}.{BASE}:{self.server_port}"


@contextmanager
def unguarded() -> Iterator[Unguarded]:
    """Run it in a thread."""
    server = Unguarded()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


__all__ = ["BASE", "FILES", "Unguarded", "unguarded"]
