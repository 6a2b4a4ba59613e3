"""An app finds out whether there is a private app that its visitor may see, or reads what is kept for other origins.

The visitor may see it, and has the cookie: so each difference to an app that isn't there is one that others could see.
"""

import pytest
from arena import Attack

pytestmark = pytest.mark.browser

PROBE = "return differs((at) => put(%s));"
WHOSE = "return until(async () => String(%s).includes('a secret of ada'));"

ATTACKS = [
    Attack("script that loads or not", PROBE % '"script", { src: at + "/a.js" }'),
    Attack(
        "module that loads or not",
        PROBE % '"script", { type: "module", crossOrigin: "use-credentials", src: at + "/a.js" }',
    ),
    Attack("picture that loads or not", PROBE % '"img", { src: at + "/p.svg" }'),
    Attack("style that loads or not", PROBE % '"link", { rel: "stylesheet", href: at + "/s.css" }'),
    Attack(
        "preload that loads or not", PROBE % '"link", { rel: "preload", as: "image", href: at + "/p.svg" }'
    ),
    Attack("object that shows or not", PROBE % '"object", { data: at + "/p.svg" }'),
    Attack(
        "fetch that is answered or not",
        'return differs((at) => fetch(at + "/a.js", { credentials: "include" }).then((r) => r.ok, () =>'
        ' "error"));',
    ),
    Attack(
        "its script, run by another page",
        'await put("script", { type: "module", crossOrigin: "use-credentials", src: t.secret + "/a.js"'
        " }); return globalThis.secret;",
    ),
    Attack(
        "size in the timing of what was loaded",
        'return differs(async (at) => { await put("img", { src: at + "/p.svg" });'
        ' return performance.getEntriesByName(at + "/p.svg")[0]?.encodedBodySize; });',
    ),
    Attack(
        "count of a frame's frames",
        'return differs(async (at) => { await put("iframe", { src: at + "/" });'
        " return [...document.querySelectorAll('iframe')].at(-1).contentWindow.length; });",
    ),
    Attack("what pages keep", WHOSE % "localStorage.secret", begins="home"),
    Attack(
        "what pages tell each other",
        'const all = []; const told = new BroadcastChannel("pages");'
        ' const frame = await put("iframe", { src: t.api + "/" });'
        ' addEventListener("message", ({ data }) => all.push(data)); const kept = caches;'
        " return until(async () => (await (await (await"
        " kept.open('pages')).match('/secret')).text()).includes('secret'));",
        begins="home",
    ),
    Attack(
        "databases of pages",
        "return until(async () => (await indexedDB.databases()).some(({ name }) => name === 'pages'));",
        begins="home",
    ),
    Attack("cookies of pages", "return document.cookie.includes(t.cookie);", begins="home"),
    Attack(
        "worker for the server's own pages",
        'return navigator.serviceWorker.register(t.api + "/worker.js", { scope: t.api + "/" }).then(() => true);',
        begins="home",
    ),
    Attack(
        "worker that pages share",
        'const shared = new SharedWorker(t.api + "/worker.js");'
        " return Promise.race([wait(t.ms), new Promise((r) => (shared.port.onmessage = ({ data }) => r(data)))]);",
        begins="home",
    ),
    Attack(
        "worker under a folder of the server's own",
        'return navigator.serviceWorker.register("/~~pages~~/worker.js", { scope: "/~~pages~~/"'
        " }).then(() => true);",
        begins="home",
    ),
]


async def test_no_app_learns_what_is_private_or_kept_by_others(attempt):
    await attempt(ATTACKS)
