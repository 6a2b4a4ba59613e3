"""Chats are listed, found, read, named, exported, deleted and restored on pages; nothing in them does anything."""

import json
from collections.abc import Mapping

import pytest
from browser import launch_browser
from hostile_markup import PAYLOADS, blocks_of
from page_client import PageClient, page_client, page_socket, say, signed_in
from serving import running

from vibes_trio.browsers import COOKIE

ENSURE = "vibes.diy.req-ensure-chat-context"
APPEND = "vibes.diy.req-append-chat-section"
SET = "vibes.diy.req-set-chat-context"
BASE = {"blockId": "b", "streamId": "s", "seq": 0, "blockNr": 0, "timestamp": "2026-01-01T00:00:00Z"}
STATS = {"lines": 1, "bytes": 1}


def line(text: str) -> Mapping[str, object]:
    return BASE | {"type": "block.toplevel.line", "sectionId": "i", "lineNr": 0, "line": text}


def code(text: str) -> Mapping[str, object]:
    return BASE | {"type": "block.code.line", "sectionId": "c", "lineNr": 0, "line": text, "lang": "js"}


def asked(text: str) -> Mapping[str, object]:
    request = {"model": "m", "messages": [{"role": "user", "content": text}]}
    return {"type": "prompt.txt", "streamId": "s", "timestamp": "2026-01-01T00:00:00Z", "request": request}


async def begin(socket, chat="garden chat", *sections, title=""):
    await say(socket, ENSURE, contextId=chat)
    for blocks in sections:
        await append(socket, chat, blocks)
    if title:
        await say(socket, SET, contextId=chat, title=title)


async def append(socket, chat, blocks):
    origin = "user" if blocks[0]["type"] == "prompt.txt" else "llm"
    reply = await say(socket, APPEND, contextId=chat, origin=origin, blocks=blocks)
    assert reply["type"] == "vibes.diy.res-append-chat-section", reply


@pytest.fixture
async def app(tmp_path):
    async with running(tmp_path / "data") as app:
        yield app


@pytest.fixture
async def client(app):
    async with page_client(app) as client:
        client.cookie = await signed_in(app)
        yield client


@pytest.fixture
async def socket(app, client: PageClient):
    async with page_socket(app, client.cookie) as socket:
        yield socket


async def test_who_is_not_signed_in_is_sent_to_do_that(client):
    client.cookie = ""

    for path in ("/chats", "/chats/x", "/chats?q=a"):
        answered = await client.get(path)
        assert answered.status == 303
        assert answered.headers["location"].startswith("/sign-in?next=%2Fchats")


async def test_nobody_reads_the_chat_of_somebody_else(app, client, socket):
    await begin(socket, "mine", [line("secret words")])
    client.cookie = await signed_in(app, "bob")

    read, found, listed = [await client.get(path) for path in ("/chats/mine", "/chats?q=secret", "/chats")]

    assert read.status == 403
    assert not any("secret words" in answered.text for answered in (read, found, listed))


async def test_there_may_be_no_chats_yet(client):
    answered = await client.get("/chats")

    assert answered.has("There are no chats yet")
    assert (await client.get("/chats?deleted=1")).has("No chat was deleted")
    assert (await client.get("/chats?q=none")).has("No section of a chat has all of these words")
    assert (await client.get("/chats?q=%2A")).status == 400


async def test_chats_are_listed_page_by_page(client, socket):
    for number in range(32):
        await begin(socket, f"c{number}", title=f"Chat {number:02}")

    first = await client.get("/chats?order=title")
    path = (
        first.text.partition('class="button quiet" href="/chats?')[2].partition('"')[0].replace("&amp;", "&")
    )
    second = await client.get(f"/chats?{path}")

    assert [f"Chat {n:02}<" in first.text for n in (0, 29, 30)] == [True, True, False]
    assert [f"Chat {n:02}<" in second.text for n in (29, 30, 31)] == [False, True, True]
    assert not second.has("Further chats")


async def test_a_chat_is_read_from_its_end_and_back_to_its_beginning(client, socket):
    await begin(socket, "a/b c", *([line(f"words {n};")] for n in range(45)), title="Long <one>")

    last = await client.get("/chats/a%2Fb%20c")
    before = await client.get("/chats/a%2Fb%20c?before=25")
    first = await client.get("/chats/a%2Fb%20c?before=5")
    inside = await client.get("/chats/a%2Fb%20c?from=10")

    def seen(answered):
        return [n for n in range(45) if f"words {n};" in answered.text]

    assert last.has("Long &lt;one&gt;")
    assert (seen(last), seen(before), seen(first), seen(inside)) == (
        list(range(25, 45)),
        list(range(5, 25)),
        list(range(5)),
        list(range(10, 30)),
    )
    assert "/chats/a%2Fb%20c?before=25" in last.text
    assert "Later sections" not in last.text
    assert "/chats/a%2Fb%20c?from=30" in inside.text
    assert "Earlier sections" not in first.text
    assert (await client.get("/chats/a%2Fb%20c?before=0")).status == 200


@pytest.mark.parametrize(
    "query", ["from=-1", "from=x", "before=%F0", "from=" + "9" * 30, "before=", "from=99"]
)
async def test_an_odd_place_shows_a_page_all_the_same(client, socket, query):
    await begin(socket, "chat", [line("words")])

    assert (await client.get(f"/chats/chat?{query}")).status == 200


@pytest.mark.parametrize(
    "query", ["cursor=x", "app=%00", "app=a", "order=x", "q=" + "a" * 500, "deleted=1&app=a+b"]
)
async def test_an_odd_list_is_a_page_or_refused_in_words(client, query):
    answered = await client.get(f"/chats?{query}")

    assert answered.status in (200, 400, 404)
    assert "<h1>" in answered.text


async def test_what_is_not_there_is_said_so(client):
    answered = await client.get("/chats/none")

    assert answered.status == 404
    assert "This can" in answered.text


async def test_what_is_found_is_marked_and_leads_to_its_place(client, socket):
    await begin(socket, "chat", [line("nothing")], [line("a round <button> here")], title="Buttons")

    answered = await client.get("/chats?q=button")

    assert "<mark>button</mark>" in answered.text
    assert "&lt;<mark>" in answered.text
    assert 'href="/chats/chat?from=1"' in answered.text


KEEP_SOCKETS = """
window.sockets = [];
window.WebSocket = class extends WebSocket { constructor(...given) { super(...given); window.sockets.push(this); } };
"""
CLICKED = "main a:not([href^=http]):not([href^='/']), summary"
CLICK_ALL = f'document.querySelectorAll("{CLICKED}").forEach((one) => one.click())'
SHOWN = "document.querySelectorAll('#sections article').length"


@pytest.mark.browser
async def test_a_chat_grows_while_it_is_open_without_gap_or_twin(app, client, socket, tmp_path):
    await begin(socket, "chat", [asked("a *garden*")], [line("Here:"), code("const a = 1;")])
    async with launch_browser(tmp_path / "profile") as browser:
        page = await browser.open()
        await sign_in(page, app, client.cookie)
        await page.send("Page.addScriptToEvaluateOnNewDocument", source=KEEP_SOCKETS)
        await page.goto(f"http://{client.host}/chats/chat")
        await page.wait_for("!document.getElementById('acts').hidden")
        for number in range(30):
            await append(socket, "chat", [line(f"more {number}")])
        await page.wait_for(f"{SHOWN} === 32")
        # The connection is lost, more is said meanwhile, and it is there again.
        await page.evaluate("window.sockets.at(-1).close()")
        await append(socket, "chat", [line("while it was away"), code("let b;")])
        await page.wait_for("window.sockets.length > 1")
        await append(socket, "chat", [line("last")])
        await page.wait_for(f"{SHOWN} === 34")

        seqs = "[...document.querySelectorAll('#sections article')].map((one) => Number(one.dataset.seq))"
        assert await page.evaluate(seqs) == list(range(34))
        assert await page.evaluate("document.querySelectorAll('.copy').length") == 2
        assert page.console == []


@pytest.mark.browser
async def test_code_is_copied_and_a_chat_named_exported_deleted_and_restored(app, client, socket, tmp_path):
    await begin(socket, "chat", [line("Here:"), code("const a = 1; // <b>")])
    async with launch_browser(tmp_path / "profile") as browser:
        page = await browser.open()
        await sign_in(page, app, client.cookie)
        await page.goto(f"http://{client.host}/chats/chat")
        await page.wait_for("!document.getElementById('acts').hidden")
        await page.evaluate("navigator.clipboard.writeText = async (text) => { window.copied = text; }")
        await page.click(".copy")
        assert await page.wait_for("window.copied") == "const a = 1; // <b>"

        await page.click("#rename")
        await page.evaluate("document.getElementById('new-title').value = 'Garden <b>'")
        await page.click("#naming button")
        await page.wait_for("document.getElementById('title').textContent === 'Garden <b>'")

        await page.evaluate(
            "URL.createObjectURL = (blob) => { blob.text().then((text) => { window.saved = text; }); return '#'; }"
        )
        await page.click("#export")
        await page.click("#exporting button")
        saved = json.loads(await page.wait_for("window.saved"))
        assert (saved["title"], len(saved["sections"])) == ("Garden <b>", 1)

        await page.click("#delete")
        await page.wait_for("document.querySelector('[role=status] + button')")
        assert (await client.get("/chats/chat")).status == 404
        await page.click("[role=status] + button")
        await page.wait_for("document.querySelector('#sections article')")

        await page.goto(f"http://{client.host}/chats")
        await page.wait_for("document.querySelector('[data-delete]:not([hidden])')")
        await page.click("[data-delete]")
        await page.wait_for("document.querySelector('.chat-row [role=status]')")
        await page.goto(f"http://{client.host}/chats?deleted=1")
        await page.wait_for("document.querySelector('[data-restore]:not([hidden])')")
        await page.click("[data-restore]")
        await page.wait_for("document.querySelector('.chat-row a')")
        assert (await client.get("/chats/chat")).has("Garden &lt;b&gt;")
        assert page.console == []


@pytest.mark.browser
async def test_no_payload_does_anything_in_a_real_browser(app, client, socket, tmp_path):
    """All at once and again as they come live; and what may be clicked is clicked."""
    await begin(socket, "chat", *map(blocks_of, PAYLOADS[:18]), title=PAYLOADS[0])
    await begin(socket, PAYLOADS[3], [line(PAYLOADS[3])], title=PAYLOADS[3])
    async with launch_browser(tmp_path / "profile") as browser:
        page = await browser.open()
        await sign_in(page, app, client.cookie)
        await page.goto(f"http://{client.host}/chats/chat")
        await page.wait_for("!document.getElementById('acts').hidden")
        for payload in PAYLOADS[18:]:
            await append(socket, "chat", blocks_of(payload))
        await page.wait_for(f"{SHOWN} === {len(PAYLOADS)}")
        await page.evaluate(CLICK_ALL)
        assert await page.evaluate("window.hacked ?? document.title.length > 0") is True
        for path in ("/chats", "/chats?q=script", "/chats?q=%3Cscript%3Ewindow.hacked%3D1%3C/script%3E"):
            await page.goto(f"http://{client.host}{path}")
            assert await page.evaluate("window.hacked ?? 'not'") == "not"

        assert [
            url for url in page.requests if not url.startswith((f"http://{client.host}/", "data:", "ws:"))
        ] == []
        refused = [words for words in page.console if "Content Security Policy" in words]
        assert refused == []


async def sign_in(page, app, cookie):
    await page.browser.send(
        "Storage.setCookies",
        cookies=[
            {
                "name": COOKIE,
                "value": cookie,
                "url": f"http://localhost:{app.config.port}/",
                "httpOnly": True,
            }
        ],
    )
