"""An app's page asks the API host for something, with the visitor's cookies: forms, fetch, sockets, embedded things."""

import pytest
from arena import Attack

pytestmark = pytest.mark.browser

FORM = """
const form = Object.assign(document.createElement("form"), { method: "post", ...%s });
for (const [name, value] of Object.entries(%s))
  form.append(Object.assign(document.createElement("input"), { name, value }));
document.body.append(form); form.submit();
"""
FETCH = 'await fetch(t.api + "/v1/api", { method: "%s", credentials: "include", body: t.remove, ...%s });'
SOCKET = """
const socket = new WebSocket(t.ws);
const said = await Promise.race([wait(t.ms), new Promise((resolve) => {
  socket.onopen = () => socket.send(%s);
  socket.onmessage = ({ data }) => resolve(JSON.parse(data).payload);
  socket.onerror = () => resolve(null);
})]);
shut(socket); return said?.userId;
"""

ATTACKS = [
    Attack("form that signs out", FORM % ('{ action: t.api + "/sign-out" }', "{}"), "did"),
    Attack(
        "form whose text is a message",
        FORM
        % (
            '{ action: t.api + "/v1/api", enctype: "text/plain" }',
            "{ [t.remove.slice(0, -1) + ',\"x\":\"']: '\"}' }",
        ),
        "did",
    ),
    Attack(
        "form in a frame of its own", FORM % ('{ action: t.api + "/sign-out", target: "f" }', "{}"), "did"
    ),
    Attack(
        "form that signs in as somebody else",
        FORM % ('{ action: t.api + "/sign-in" }', "{ code: t.evilCode }"),
        "is_eve",
    ),
    Attack("fetch that is simple", FETCH % ("POST", '{ mode: "no-cors" }'), "did"),
    Attack("fetch that reads", FETCH % ("POST", "{}") + " return false;", "did"),
    Attack(
        "fetch that says that it is JSON",
        FETCH % ("POST", '{ headers: { "content-type": "application/json" } }'),
        "did",
    ),
    Attack("fetch that puts", FETCH % ("PUT", "{}"), "did"),
    Attack("fetch that outlives its page", FETCH % ("POST", '{ mode: "no-cors", keepalive: true }'), "did"),
    Attack(
        "fetch of who somebody is",
        'const reply = await fetch(t.api + "/v1/api", { method: "POST", credentials: "include", body: t.who });'
        " return (await reply.json()).payload.userId;",
    ),
    Attack("beacon", 'navigator.sendBeacon(t.api + "/v1/api", t.remove);', "did"),
    Attack("beacon that signs out", 'navigator.sendBeacon(t.api + "/sign-out");', "did"),
    Attack("socket with the cookie", SOCKET % "t.who"),
    Attack("socket that deletes", SOCKET % "t.remove", "did"),
    Attack(
        "socket of a worker",
        """const code = `onmessage = ({ data }) => { const s = new WebSocket(data.ws);
          s.onopen = () => s.send(data.remove);
          s.onmessage = () => postMessage(1); s.onerror = () => postMessage(0); }`;
        const worker = new Worker(URL.createObjectURL(new Blob([code])));
        worker.postMessage(t);""",
        "did",
    ),
    Attack("picture that signs out", 'await put("img", { src: t.api + "/sign-out" });', "did"),
    Attack("script that signs out", 'await put("script", { src: t.api + "/sign-out" });', "did"),
    Attack("link that is followed", 'location.assign(t.api + "/sign-out");', "did"),
    Attack(
        "prefetch",
        'document.head.append(Object.assign(document.createElement("link"), { rel: "prefetch", href:'
        ' t.api + "/sign-out" }));',
        "did",
    ),
    Attack(
        "prerender",
        'const rules = { prefetch: [{ source: "list", urls: [t.api + "/sign-out"] }],'
        ' prerender: [{ source: "list", urls: [t.api + "/sign-out"] }] };'
        ' document.head.append(Object.assign(document.createElement("script"),'
        ' { type: "speculationrules", textContent: JSON.stringify(rules) }));',
        "did",
    ),
    Attack(
        "script that holds what is somebody's",
        'await put("script", { src: t.api + "/me.js" }); return globalThis.loot;',
    ),
]


async def test_no_request_of_an_app_is_the_visitors(attempt):
    await attempt(ATTACKS)
