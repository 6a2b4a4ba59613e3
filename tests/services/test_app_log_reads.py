"""The log of an app, page by page and as it comes, for whoever may deploy it."""

import json

import pytest
import trio
from answering import answer
from asking import ask, deploy, envelope, js
from fakes import make_app, open_database
from live_client import UNSUBSCRIBE, FakeLink

from vibes_trio.exchange import HttpIncoming
from vibes_trio.handlers import PIPELINE

LOG = "vibes.diy.req-read-app-log"
FOLLOW = "vibes.diy.req-subscribe-app-log"
GARDEN = {"appSlug": "garden", "ownerHandle": "ada"}


@pytest.fixture
async def app(tmp_path, compiler):
    made = make_app(open_database(tmp_path), compiler=compiler)
    async with trio.open_nursery() as nursery:
        await nursery.start(made.live.run)
        yield made
        nursery.cancel_scope.cancel()
    made.db.close()


async def deploys(app, *numbers):
    for number in numbers:
        await deploy(app, js("/a.js", str(number)))


def numbers(reply):
    return [item["number"] for item in reply["items"]]


def followed(link):
    return [
        f["payload"]["entry"]["number"] for f in link.frames if f["payload"]["type"].endswith("evt-app-log")
    ]


async def test_entries_come_newest_first_page_by_page(app):
    await deploys(app, 1, 2, 3)

    first = await ask(app, "ada", LOG, **GARDEN, limit=2)
    second = await ask(app, "ada", LOG, **GARDEN, limit=2, cursor=first["nextCursor"])

    assert (numbers(first), numbers(second), second.get("nextCursor", "")) == ([3, 2], [1], "")
    reply = await ask(app, "ada", LOG, **GARDEN, cursor="nonsense")
    assert (reply["code"], "cursor" in reply["message"]) == ("bad-request", True)


@pytest.mark.parametrize(
    ("since", "count"),
    [("1999-01-01", 1), ("2999-01-01T00:00:00+02:00", 0), ("2999-12-31T23:59:59Z", 0)],
)
async def test_they_begin_at_a_time(app, since, count):
    await deploys(app, 1)

    assert len(numbers(await ask(app, "ada", LOG, **GARDEN, since=since))) == count


@pytest.mark.parametrize("since", ["yesterday", "0001-01-01T00:00:00+23:00", "\x00", "9" * 5000])
async def test_a_time_that_is_none_is_refused_in_words(app, since):
    await deploys(app, 1)

    reply = await ask(app, "ada", LOG, **GARDEN, since=since)
    assert (reply["code"], "since" in reply["message"]) == ("bad-request", True)


async def test_it_is_for_who_may_deploy_alone(app):
    await deploys(app, 1)

    assert (await ask(app, "bob", LOG, **GARDEN))["code"] == "not-owner"
    assert (await ask(app, "bob", LOG, **GARDEN | {"appSlug": "nothing"}))["code"] == "not-found"
    assert (await FakeLink().ask(app, "bob", FOLLOW, **GARDEN))["code"] == "not-owner"


async def test_what_is_there_comes_first_then_what_happens(app):
    link = FakeLink()
    await deploys(app, 1, 2)

    reply = await link.ask(app, "ada", FOLLOW, **GARDEN, since=1)
    await deploys(app, 3)
    await link.until(3)

    assert reply["subscription"] == "log:garden--ada"
    assert followed(link) == [2, 3]
    await link.ask(app, "ada", UNSUBSCRIBE, subscription=reply["subscription"])
    await deploys(app, 4)
    assert followed(link) == [2, 3]


async def test_a_number_that_is_not_there_yet_begins_with_the_next(app):
    link = FakeLink()
    await deploys(app, 1)

    await link.ask(app, "ada", FOLLOW, **GARDEN, since=2**40)
    await deploys(app, 2)
    await link.until(2)

    assert followed(link) == [2]


@pytest.mark.parametrize("kind", ["delete-app", "delete-user-slug-binding"])
async def test_it_ends_when_the_app_goes(app, kind):
    link = FakeLink()
    await deploys(app, 1)
    await link.ask(app, "ada", FOLLOW, **GARDEN, since=1)

    await ask(app, "ada", f"vibes.diy.req-{kind}", **GARDEN)
    await link.until(2)

    assert link.frames[-1]["payload"]["type"] == "vibes.diy.evt-subscription-ended"
    assert link.frames[-1]["payload"]["code"] == "not-found"


async def test_it_needs_a_websocket(app):
    await deploys(app, 1)
    reply = await answer(
        app, PIPELINE, HttpIncoming("POST", "localhost", "/api", {}, envelope("ada", FOLLOW, **GARDEN))
    )

    assert json.loads(reply.body)["payload"]["code"] == "bad-request"
