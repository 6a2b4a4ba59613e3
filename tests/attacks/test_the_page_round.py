"""An app in the page round it, and apps that play that page: what they learn, and where they lead the visitor."""

import pytest
from arena import Attack

pytestmark = pytest.mark.browser

NESTED = """
await put("iframe", { src: t.garden + "/" });
const frame = document.querySelector("iframe");
"""
FAKE = (
    NESTED
    + """
for (let n = 0; n < 10; n++) { frame.contentWindow.postMessage(%s, "*"); await wait(40); }
"""
)
TOP = "document.location.href.includes('/led')"

ATTACKS = [
    Attack(
        "leading the whole tab elsewhere",
        'top.location = t.evil + "/led";',
        "shows",
        "framed",
        TOP,
    ),
    Attack(
        "a link for the whole tab",
        'const a = Object.assign(document.createElement("a"), { href: t.evil + "/led", target: "_top" });'
        " document.body.append(a); a.click();",
        "shows",
        "framed",
        TOP,
    ),
    Attack(
        "a form for the whole tab",
        'const f = Object.assign(document.createElement("form"), { action: t.evil + "/led", target: "_top" });'
        " document.body.append(f); f.submit();",
        "shows",
        "framed",
        TOP,
    ),
    Attack(
        "a window in place of the tab",
        'open(t.evil + "/led", "_top");',
        "shows",
        "framed",
        TOP,
    ),
    Attack(
        "another app in its frame",
        'location = t.garden + "/";',
        "shows",
        "framed",
        "document.title === 'Garden' && parent !== self && globalThis.getToken?.()",
    ),
    Attack(
        "an address that is not its own",
        'parent.postMessage({ type: "vibe.evt.url-state", search: "/vibe/ada/garden", hash: "" }, "*");',
        "shows",
        "framed",
        "parent === self && location.pathname === '/vibe/ada/garden'",
    ),
    Attack("name of its frame", "return window.name.includes('token');", begins="framed"),
    Attack("where it was opened", "return document.referrer.includes('/vibe/');", begins="framed"),
    Attack("camera for all apps", "return document.featurePolicy.allowsFeature('camera');", begins="framed"),
    Attack(
        "cookies of the server",
        "return document.cookie.includes('session') || (await (await fetch(t.api, "
        "{ credentials: 'include' })).text()).includes('Signed in as');",
        begins="framed",
    ),
    Attack(
        "a frame in it that asks for it",
        """addEventListener("message", ({ data, source }) => source !== parent && parent.postMessage(data, "*"));
        const code = `<script>top.postMessage({ type: "vibe.evt.runtime.ready", tid: "x" }, "*");
          onmessage = ({ data }) => parent.postMessage({ stolen: data.token, type: "x" }, "*");<` + `/script>`;
        const inner = document.createElement("iframe");
        document.body.append(Object.assign(inner, { sandbox: "allow-scripts", srcdoc: code }));
        return until(() => heard.find(({ stolen }) => stolen));""",
        begins="framed",
    ),
    Attack(
        "who somebody else is, told to an app",
        FAKE % '{ type: "vibe.evt.runtime.ack" }'
        + FAKE.replace(NESTED, "")
        % '{ type: "vibe.evt.viewerChanged", viewer: { userHandle: "mallory" }, isOwner: true }',
        "shows",
        shows="document.getElementById('state')?.textContent === 'mallory'",
    ),
    Attack(
        "a token, replayed to another app",
        FAKE % '{ type: "vibe.evt.hand-off", token: "replayed", validS: 300 }',
        "shows",
        shows="globalThis.getToken?.() === 'replayed'",
    ),
    Attack(
        "greeting of an app, taken by another",
        NESTED + "return until(() => heard.find(({ type }) => type === 'vibe.evt.runtime.ready'));",
    ),
]

USE = """
const token = await until(() => heard.find(({ token }) => token)?.token, 2500);
const message = JSON.parse(t.remove);
const say = async (payload, mine = token) => {
  const auth = { type: "hand-off", token: mine };
  const body = JSON.stringify({ ...message, payload: { ...payload, auth } });
  return (await (await fetch(t.api + "/v1/api", { method: "POST", body })).json()).payload;
};
const ready = { type: "vibe.evt.runtime.ready", deps: [] };
"""
READY = 'parent.postMessage({ type: "vibe.evt.runtime.ready", deps: [] }, "*");'
CHANGED = """const [head, , mark] = token.split(".").length === 3 ? token.split(".") : ["x", "", "y"];
const claims = btoa(JSON.stringify({ aud: "ada/garden", sub: t.ada, iat: 1, exp: 9e9 })).replaceAll("=", "");
"""
OF_TOKENS = [
    Attack("a token that deletes", READY + USE + "await say(message.payload);", "did", "framed"),
    Attack(
        "a token that says who somebody is",
        READY + USE + "return (await say(JSON.parse(t.who).payload)).userId;",
        begins="framed",
    ),
    Attack(
        "a token for another app",
        READY
        + USE
        + 'const said = await say({ type: "vibe.req.whoAmI", ownerHandle: "ada", appSlug: "garden" });'
        " return said.viewer || said.userId;",
        begins="framed",
    ),
    Attack(
        "a token that is changed",
        READY + USE + CHANGED + "await say(message.payload, [head, claims, mark ?? ''].join('.'));",
        "did",
        "framed",
    ),
    Attack(
        "a token that nobody signed",
        READY
        + USE
        + CHANGED
        + 'const none = btoa(JSON.stringify({ alg: "none", typ: "hand-off+jwt" })).replaceAll("=", "");'
        ' const said = await say({ type: "vibe.req.whoAmI", ownerHandle: "ada", appSlug: "garden" },'
        ' [none, claims, ""].join("."));'
        " return said.viewer || said.userId;",
        begins="framed",
    ),
]


async def test_no_app_breaks_out_of_the_page_round_it_or_plays_it(attempt):
    await attempt(ATTACKS)


async def test_what_an_app_was_handed_opens_nothing(attempt):
    await attempt(OF_TOKENS)
