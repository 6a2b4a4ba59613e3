"""An app shows pages of the server, or of private apps, in frames and windows of its own, and reaches into them."""

import pytest
from arena import Attack

pytestmark = pytest.mark.browser

HOME = "document.body?.innerText.includes('Signed in as')"
ROUND = "document.querySelector('h1')?.innerText && document.querySelector('#alone') && parent !== self"
SECRET = "document.body?.innerText.includes('Secret garden') && parent !== self"
FRAMED = HOME + " && parent !== self"
FRAME = 'await put("iframe", { src: %s, style: "width:400px;height:300px" });'
POPUP = """
const w = open(%s);
await until(() => { try { return w.closed || !w.location.href.startsWith("about:"); } catch { return true; } }, 3000);
await wait(300);
const found = await (async () => { %s })(); shut(w); return found;
"""

ATTACKS = [
    Attack("home in a frame", FRAME % 't.api + "/"', "shows", shows=FRAMED),
    Attack(
        "sign-in in a frame",
        FRAME % 't.api + "/sign-in"',
        "shows",
        shows="document.forms[0]?.elements.code && parent !== self",
    ),
    Attack("page round an app in a frame", FRAME % 't.api + "/vibe/ada/garden"', "shows", shows=ROUND),
    Attack("private app in a frame", FRAME % 't.secret + "/"', "shows", shows=SECRET),
    Attack(
        "home in an object",
        'await put("object", { data: t.api + "/", type: "text/html" });',
        "shows",
        shows=FRAMED,
    ),
    Attack(
        "home in an embed",
        'await put("embed", { src: t.api + "/", type: "text/html" });',
        "shows",
        shows=FRAMED,
    ),
    Attack(
        "home in a sandboxed frame",
        'await put("iframe", { sandbox: "allow-scripts allow-same-origin allow-forms", src: t.api + "/" });',
        "shows",
        shows=FRAMED,
    ),
    Attack("a click on what lies below", FRAME % 't.api + "/"' + 'return "below";', "clicks"),
    Attack("count of a window's frames", POPUP % ('t.api + "/"', "return until(() => w.length > 0);")),
    Attack("whether a window is open", POPUP % ('t.api + "/"', "return !w.closed;")),
    Attack(
        "message to a window",
        POPUP
        % (
            't.api + "/vibe/ada/garden"',
            'w.postMessage({ type: "vibe.req.whoAmI", tid: "1" }, "*");'
            " return until(() => heard.find(({ viewer }) => viewer?.includes?.('ada') || viewer?.userHandle));",
        ),
    ),
    Attack(
        "leading a window elsewhere",
        POPUP
        % (
            't.api + "/"',
            'w.location = t.evil + "/fake"; return until(() => w.location.href.includes("fake"));',
        ),
    ),
    Attack(
        "how long a window's history is",
        POPUP
        % (
            't.api + "/vibe/ada/garden"',
            'w.location = t.evil + "/"; return until(() => w.history.length > 1);',
        ),
    ),
    Attack(
        "name of a window",
        POPUP % ('t.api + "/"', 'w.location = t.evil + "/"; return until(() => w.name.includes("secret"));'),
    ),
    Attack(
        "one domain for both",
        'document.domain = "apps.localhost"; ' + FRAME % 't.api + "/"' + " return until(() =>"
        ' document.querySelector("iframe").contentDocument?.body.innerText.includes("Signed in"));',
    ),
    Attack(
        "one domain for both, by a window",
        'document.domain = "apps.localhost"; '
        + POPUP % ('t.api + "/"', 'return until(() => w.document.body.innerText.includes("Signed in"));'),
    ),
    Attack(
        "fixed by a sign-in link",
        'location.assign(t.api + "/sign-in#" + t.evilCode);',
        "is_eve",
    ),
    Attack("sign-in link in a window", 'open(t.api + "/sign-in#" + t.evilCode);', "is_eve"),
]


async def test_no_app_looks_or_reaches_into_pages_and_private_apps(attempt):
    await attempt(ATTACKS)
