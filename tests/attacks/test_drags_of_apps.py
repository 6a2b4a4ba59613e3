"""An app lures its visitor into pulling something with the mouse, out of a page of the server's or into one.

And into a click on the bar of the page round an app, which lies in a frame below another picture. Chromium itself lets
nobody pull from frame to frame in one tab but where both have named one domain, as others do: so the attacks do that.
"""

import pytest
from arena import Attack

pytestmark = pytest.mark.browser

PLACE = "position:fixed;left:450px;top:0;width:200px;height:200px"
FRAME = """await put("iframe", { src: %s, style: "position:fixed;left:0;top:0;width:400px;height:300px;border:0" });"""
ONE = 'try { document.domain = "apps.localhost"; } catch {}'
TAKES = """
const zone = Object.assign(document.createElement("div"), { id: "zone", style: "%s" });
zone.ondragover = (event) => event.preventDefault();
zone.ondrop = (event) => {
  event.preventDefault();
  globalThis.dropped = [...event.dataTransfer.types].map((type) => event.dataTransfer.getData(type)).join(" ");
};
document.body.append(zone);
"""
GIVES = """
const link = Object.assign(document.createElement("a"), { id: "link", href: t.evil + "/led", textContent: "Pull me" });
link.style = "%s";
link.ondragstart = ({ dataTransfer }) => {
  dataTransfer.setData("text/uri-list", t.evil + "/led");
  dataTransfer.setData("text/html", "<img src=x onerror=ran=1>");
  dataTransfer.setData("text/plain", t.remove);
  dataTransfer.items.add(new File(["<h1>Eve</h1>"], "index.html", { type: "text/html" }));
};
document.body.append(link);
"""
TAKES, GIVES = ONE + TAKES, ONE + GIVES
WHOLE = "position:fixed;inset:0"
OUT, IN = ("iframe", "#zone"), ("#link", "iframe")
STOLEN = "/a secret of|a token of|vibes-share|eyJ/.test(globalThis.dropped)"

ATTACKS = [
    Attack(
        "a secret, out of home in a frame",
        TAKES % PLACE + FRAME % 't.api + "/"',
        "shows",
        "page",
        STOLEN,
        drags=OUT,
    ),
    Attack(
        "a secret, out of a private app in a frame",
        TAKES % PLACE + FRAME % 't.secret + "/"',
        "shows",
        "page",
        STOLEN,
        drags=OUT,
    ),
    Attack("a message, into home in a frame", GIVES % PLACE + FRAME % 't.api + "/"', "did", drags=IN),
    Attack("a message, into home in a tab", GIVES % PLACE, "did", drags=("#link", "body"), onto="/"),
    Attack(
        "a link, onto the bar round an app",
        GIVES % WHOLE,
        "shows",
        "framed",
        "location.href.includes('/led')",
        drags=("#frame", "h1"),
    ),
    *(
        Attack(
            f"a link, onto {name} in a tab",
            GIVES % PLACE,
            "shows",
            shows="location.href.includes('/led')",
            drags=("#link", "h1"),
            onto=path,
        )
        for name, path in (("home", "/"), ("the bar round an app", "/vibe/eve/evil"))
    ),
    Attack(
        "a token, out of the bar round an app",
        TAKES % WHOLE,
        "shows",
        "framed",
        STOLEN,
        drags=("h1", "#frame"),
    ),
    Attack("a click on the bar round an app", FRAME % 't.api + "/vibe/ada/garden"', "clicks"),
]


async def test_what_a_visitor_pulls_or_clicks_for_an_app_neither_tells_nor_changes_anything(attempt):
    await attempt(ATTACKS)
