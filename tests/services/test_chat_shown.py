"""Sections are shown as HTML, to their owner; what is hostile costs nobody else anything, and is shown as text."""

import json
import sys
from dataclasses import replace

import pytest
import trio
from asking import APPEND, ENSURE_CHAT, ask
from fakes import Here, make_app, open_database

from vibes_trio.beside import pool
from vibes_trio.beside.pool import Packed, Question, open_beside
from vibes_trio.config import KiB, Limits, MiB
from vibes_trio.errors import TooLarge

SHOW = "vibes.diy.req-show-chat-sections"
BASE = {"blockId": "b", "streamId": "s", "seq": 0, "blockNr": 0, "timestamp": 1}


def line(text):
    return BASE | {"type": "block.toplevel.line", "sectionId": "i", "lineNr": 0, "line": text}


async def say(app, *texts):
    await ask(app, "ada", ENSURE_CHAT, contextId="chat")
    for text in texts:
        await ask(app, "ada", APPEND, contextId="chat", origin="llm", blocks=[line(text)])


class Counting(Here):
    """Answers, and notes what it was asked; *refuses*: tasks that take too much."""

    def __init__(self, limits, *refuses):
        super().__init__(limits)
        self.tasks = []
        self.refuses = refuses

    async def ask(self, question, about, user):
        self.tasks.append(question.task)
        if question.task in self.refuses:
            raise TooLarge("too much")
        return await super().ask(question, about, user)


async def test_sections_are_shown_from_either_end_page_by_page(app):
    await say(app, *(f"*{n}*" for n in range(5)))

    first = await ask(app, "ada", SHOW, contextId="chat", limit=2)
    last = await ask(app, "ada", SHOW, contextId="chat", limit=2, backward=True)
    before = await ask(app, "ada", SHOW, contextId="chat", limit=2, backward=True, cursor=last["nextCursor"])

    assert [item["seq"] for item in first["items"]] == [0, 1]
    assert first["items"][0]["html"] == '<div class="prose"><p><em>0</em></p>\n</div>'
    assert [item["seq"] for item in (*last["items"], *before["items"])] == [4, 3, 2, 1]
    assert (last["items"][0]["origin"], bool(last["items"][0]["created"])) == ("llm", True)


async def test_others_are_shown_nothing(app):
    await say(app, "secret")

    reply = await ask(app, "bob", SHOW, contextId="chat")

    assert reply["code"] == "not-owner"
    assert "secret" not in json.dumps(reply)


async def test_a_section_is_made_once(tmp_path):
    db = open_database(tmp_path)
    beside = Counting(Limits())
    app = make_app(db, beside=beside)
    await say(app, "same", "same", "other")

    await ask(app, "ada", SHOW, contextId="chat")
    again = await ask(app, "ada", SHOW, contextId="chat")

    assert beside.tasks == ["show", "show"]
    assert len(again["items"]) == 3
    db.close()


@pytest.mark.parametrize(("refuses", "tasks"), [(("show",), 2), (("show", "show plainly"), 2)])
async def test_what_takes_too_much_is_plain_text_or_said_so(tmp_path, refuses, tasks):
    db = open_database(tmp_path)
    beside = Counting(Limits(), *refuses)
    app = make_app(db, beside=beside)
    await say(app, "*a*")

    reply = await ask(app, "ada", SHOW, contextId="chat")

    assert len(beside.tasks) == tasks
    if len(refuses) == 1:
        assert '<pre class="plain" tabindex="0">*a*</pre>' in reply["items"][0]["html"]
    else:
        assert (reply["code"], "export the chat" in reply["message"]) == ("too-large", True)
    db.close()


async def test_what_is_very_long_is_not_even_tried(tmp_path):
    db = open_database(tmp_path)
    limits = replace(Limits(), show_section_bytes=1000)
    beside = Counting(limits)
    app = make_app(db, limits=limits, beside=beside)
    await say(app, "*a* " * 1000)

    reply = await ask(app, "ada", SHOW, contextId="chat")

    assert beside.tasks == ["show plainly"]
    assert '<pre class="plain" tabindex="0">*a* *a*' in reply["items"][0]["html"]
    db.close()


async def test_html_that_is_much_longer_than_what_it_shows_is_not_made(app):
    await say(app, "|a" * 500 + "\n" + "|-" * 500 + "\n" + "|b\n" * 200)

    reply = await ask(app, "ada", SHOW, contextId="chat")

    assert "takes too long" in reply["items"][0]["html"]
    assert len(reply["items"][0]["html"]) < 20_000


async def test_once_time_is_over_the_rest_of_a_page_is_plain(tmp_path, autojump_clock):
    class Slow(Counting):
        async def ask(self, question, about, user):
            packed = await super().ask(question, about, user)
            if question.task == "show":
                await trio.sleep(3)
            return packed

    db = open_database(tmp_path)
    beside = Slow(Limits())
    app = make_app(db, beside=beside)
    await say(app, *(f"*{n}*" for n in range(5)))

    reply = await ask(app, "ada", SHOW, contextId="chat")

    assert ["takes too long" in item["html"] for item in reply["items"]] == [False, False, True, True, True]
    assert beside.tasks == ["show"] * 3 + ["show plainly"] * 3
    db.close()


async def test_a_section_that_would_take_for_ever_holds_up_nobody_and_is_plain(monkeypatch, tmp_path):
    """In real processes: one that hangs is ended, others are asked meanwhile, and the next section is shown."""
    hang = "import vibes_trio.content.safe_markdown as m\nimport time\n"
    hang += "plain = m._markdown.render\n"
    hang += (
        "m._markdown.render = lambda text, env: time.sleep(3600) if 'hostile' in text else plain(text, env)\n"
    )
    run = "import runpy; runpy.run_module('vibes_trio.services.beside', run_name='__main__')"
    monkeypatch.setattr(pool, "COMMAND", (sys.executable, "-c", f"{hang}{run}"))
    limits = replace(Limits(), show_timeout_s=5.0, show_page_s=60.0)
    db = open_database(tmp_path)
    async with open_beside(limits) as beside:
        app = make_app(db, limits=limits, beside=beside)
        await say(app, "*hostile*", "*kind*")
        meanwhile: list[Packed] = []
        async with trio.open_nursery() as nursery:

            async def read_too() -> None:
                meanwhile.append(await beside.ask(Question("link"), b"[]", "bob"))
                assert not shown

            shown: list[str] = []
            nursery.start_soon(read_too)
            reply = await ask(app, "ada", SHOW, contextId="chat")
            shown += [item["html"] for item in reply["items"]]

    assert "takes too long" in shown[0]
    assert shown[1] == '<div class="prose"><p><em>kind</em></p>\n</div>'
    assert len(meanwhile) == 1
    db.close()


async def test_a_mebibyte_of_hostile_markdown_or_code_is_answered_in_time(tmp_path):
    """Nothing is known to take for ever; what takes long is cut short by the deadlines of a section."""
    limits = Limits()
    db = open_database(tmp_path)
    async with open_beside(limits) as beside:
        app = make_app(db, limits=limits, beside=beside)
        await say(app, *(unit * (1 * MiB // len(unit)) for unit in ("![", "*a **a ", "<!-- ")))
        with trio.fail_after(limits.show_page_s + 3 * limits.show_timeout_s):
            cursor, items = "", []
            while cursor or not items:
                reply = await ask(app, "ada", SHOW, contextId="chat", cursor=cursor)
                items += reply["items"]
                cursor = reply.get("nextCursor", "")

    assert len(items) == 3
    assert all(len(item["html"]) > 100 * KiB for item in items)
    db.close()
