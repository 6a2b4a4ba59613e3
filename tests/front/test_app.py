"""The Quart app by itself. Through sockets it is driven in test_lane and test_lanes_agree."""

import pytest
import trio
import trio.testing
from quart_trio import QuartTrio

from vibes_trio.config import Limits
from vibes_trio.front.app import build_app, finish_answers, pages_of, run_full_lane
from vibes_trio.front.state import Front


def make_front():
    async def answer(incoming, turn):
        raise AssertionError("nothing is asked")

    return Front(answer, lambda data: None, Limits(), trio.Event())


async def test_the_app_serves_no_files_of_its_own():
    app = build_app(make_front())
    assert app.static_folder is None
    assert list(app.url_map.iter_rules()) == []


async def test_the_end_of_an_answer_is_sent_although_the_app_is_cancelled():
    sent = []

    async def app(scope, receive, send):
        trio.lowlevel.current_task().parent_nursery.cancel_scope.cancel()
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def send(event):
        await trio.lowlevel.checkpoint()
        sent.append(event["type"])

    async def run():
        await finish_answers(app, 1)({}, None, send)

    async with trio.open_nursery() as nursery:
        nursery.start_soon(run)
    assert sent == ["http.response.body"]


async def test_the_shield_of_the_end_has_a_deadline(autojump_clock):
    async def app(scope, receive, send):
        await send({"type": "http.response.body", "body": b""})

    async def send(event):
        await trio.sleep_forever()

    with trio.fail_after(2):
        await finish_answers(app, 1)({}, None, send)


async def test_the_full_lane_opens_and_stops():
    stop, opened = trio.Event(), []
    async with trio.open_nursery() as nursery:
        nursery.start_soon(run_full_lane, make_front(), lambda *given: opened.append(given), stop)
        while not opened:
            await trio.testing.wait_all_tasks_blocked()
        stop.set()
    assert len(opened) == 1


@pytest.mark.parametrize(
    ("rules", "path", "may_be"),
    [
        (["/", "/hello/<name>"], "/", True),
        (["/", "/hello/<name>"], "/?x=1", True),
        (["/", "/hello/<name>"], "/hello", True),
        (["/", "/hello/<name>"], "/hello/ada?x=/none", True),
        (["/", "/hello/<name>"], "/none/../hello/ada", True),
        (["/", "/hello/<name>"], "/%68ello/ada", True),
        (["/", "/hello/<name>"], "/none", False),
        (["/", "/hello/<name>"], "/hellos", False),
        (["/", "/hello/<name>"], "/hello/../none", False),
        (["/hello"], "/", False),
        ([], "/", False),
        (["/<anything>"], "/none", True),
    ],
)
async def test_only_what_may_be_a_page_is_one_for_quart(rules, path, may_be):
    app = QuartTrio(__name__, static_folder=None)
    for rule in rules:
        app.add_url_rule(rule, rule, trio.sleep)

    assert pages_of(app)(path) is may_be
