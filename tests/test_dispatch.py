"""The walk along the pipeline, without sockets."""

import threading

import pytest
import trio
from msgspec import Raw
from outcome import Error, Value
from trio.testing import wait_all_tasks_blocked

from vibes_trio.context import Ctx
from vibes_trio.dispatch import Continue, Handler, Pipeline, dispatch_soon
from vibes_trio.errors import BadRequest, UnknownType
from vibes_trio.exchange import HttpIncoming, Later, Reply
from vibes_trio.wire.base import Envelope, MessageHead

REQUEST = HttpIncoming("GET", "localhost", "/")
CTX = Ctx(app=None)


async def dispatch(handlers, incoming=REQUEST):
    reply = dispatch_soon(CTX, Pipeline(*handlers), incoming)
    return reply if isinstance(reply, Reply) else await reply


def answering(name, reply, seen, *, mine=True):
    """A handler that answers *reply* and writes down what happens to it in *seen*."""

    async def handle(ctx, found):
        seen.append(f"{name} handles")
        return reply

    def post(ctx, found, outcome):
        seen.append((name, outcome))

    return Handler(name, lambda incoming: incoming if mine else None, handle, post)


def failing(name, error, seen):
    async def handle(ctx, found):
        raise error

    return Handler(
        name, lambda incoming: incoming, handle, lambda ctx, found, outcome: seen.append((name, outcome))
    )


async def test_the_first_reply_ends_the_walk():
    seen = []
    reply = Reply(200)

    got = await dispatch([answering("a", reply, seen), answering("b", Reply(201), seen)])

    assert got is reply
    assert seen == ["a handles", ("a", reply)]


async def test_a_handler_that_is_not_meant_is_passed_over():
    seen = []
    reply = Reply(200)

    await dispatch([answering("a", None, seen, mine=False), answering("b", reply, seen)])

    assert seen == ["b handles", ("b", reply)]


async def test_posts_run_in_order_for_every_visited_handler():
    seen = []
    reply = Reply(200)

    await dispatch([answering("a", Continue.CONTINUE, seen), answering("b", reply, seen)])

    assert seen == ["a handles", "b handles", ("a", reply), ("b", reply)]


async def test_an_error_rises_and_posts_are_told_of_it():
    seen = []
    error = BadRequest("x")

    with pytest.raises(BadRequest):
        await dispatch([answering("a", Continue.CONTINUE, seen), failing("b", error, seen)])

    assert seen == ["a handles", ("a", error), ("b", error)]


async def test_what_validation_raises_ends_the_walk():
    seen = []

    def validate(incoming):
        raise BadRequest("mine, but wrong")

    handlers = [Handler("strict", validate, None), answering("b", Reply(200), seen)]
    with pytest.raises(BadRequest, match="mine, but wrong"):
        await dispatch(handlers)

    assert seen == []


async def test_what_no_handler_answers_is_unknown():
    seen = []

    with pytest.raises(UnknownType):
        await dispatch([answering("a", Continue.CONTINUE, seen)])

    assert isinstance(seen[-1][1], UnknownType)


async def test_posts_run_during_cancellation():
    seen = []

    async def handle(ctx, found):
        await trio.sleep_forever()

    slow = Handler(
        "slow", lambda incoming: incoming, handle, lambda ctx, found, outcome: seen.append(outcome)
    )
    async with trio.open_nursery() as nursery:
        nursery.start_soon(dispatch, [slow])
        await wait_all_tasks_blocked()
        nursery.cancel_scope.cancel()

    assert isinstance(seen[0], trio.Cancelled)


async def test_a_handler_without_post_is_fine():
    async def handle(ctx, found):
        return Reply(204)

    reply = await dispatch([Handler("plain", lambda incoming: incoming, handle)])

    assert reply.status == 204


def at_once(name, result, seen):
    """A handler that gives *result* without waiting."""

    def post(ctx, found, outcome):
        seen.append((name, outcome))

    return Handler(name, lambda incoming: incoming, lambda ctx, found: result, post)


def test_what_needs_no_waiting_is_answered_without_any():
    seen = []
    reply = Reply(200)

    got = dispatch_soon(
        CTX, Pipeline(at_once("a", Continue.CONTINUE, seen), at_once("b", reply, seen)), REQUEST
    )

    assert got is reply
    assert seen == [("a", reply), ("b", reply)]


def test_what_fails_without_waiting_is_raised_with_every_post_done():
    seen = []

    with pytest.raises(UnknownType):
        dispatch_soon(CTX, Pipeline(at_once("a", Continue.CONTINUE, seen)), REQUEST)

    assert isinstance(seen[0][1], UnknownType)


async def test_the_walk_goes_on_after_each_handler_that_has_to_wait():
    seen = []
    reply = Reply(200)
    pipeline = Pipeline(
        at_once("a", Continue.CONTINUE, seen),
        answering("b", Continue.CONTINUE, seen),
        answering("c", Continue.CONTINUE, seen),
        at_once("d", reply, seen),
    )

    waits = dispatch_soon(CTX, pipeline, REQUEST)
    assert seen == []

    assert await waits is reply
    assert seen == ["b handles", "c handles", *[(name, reply) for name in "abcd"]]


async def test_a_handler_of_the_other_kind_is_not_even_asked():
    asked = []

    def taking(kind, status):
        def validate(incoming):
            asked.append(status)
            return incoming

        return Handler(str(status), validate, lambda ctx, found: Reply(status), takes=kind)

    reply = await dispatch([taking(MessageHead, 201), taking(HttpIncoming, 202)])

    assert reply.status == 202
    assert asked == [202]


def message_head(kind):
    return MessageHead(Envelope(tid="t", src="s", dst="d", ttl=1, payload=Raw(b"{}")), kind)


async def test_a_message_is_shown_to_the_handlers_of_its_type_and_of_all_in_their_order():
    seen = []

    def taking(name, takes, result):
        def validate(incoming):
            seen.append(name)
            return incoming

        return Handler(name, validate, lambda ctx, found: result, takes=takes)

    handlers = [
        taking("all", None, Continue.CONTINUE),
        taking("http", HttpIncoming, Reply(200)),
        taking("one", "req-one", Continue.CONTINUE),
        taking("two", "req-two", Reply(202)),
        taking("rest", MessageHead, Reply(299)),
    ]

    assert (await dispatch(handlers, message_head("req-one"))).status == 299
    assert (await dispatch(handlers, message_head("req-two"))).status == 202
    assert (await dispatch(handlers, message_head("req-other"))).status == 299
    assert seen == ["all", "one", "rest", "all", "two", "all", "rest"]


class Promised:
    """A promise, for one hearer."""

    def tell(self, hear):
        self.hear = hear


@pytest.fixture
def with_rest():
    """A pipeline of which `b` comes late, and how often it was asked for."""
    times = []

    def handler(name, takes):
        return Handler(
            name, lambda incoming: incoming, lambda ctx, found: Reply(200, body=name.encode()), None, takes
        )

    def rest():
        times.append(threading.current_thread())
        return [handler("b", "b")]

    return Pipeline(
        handler("a", "a"), handler("http", HttpIncoming), handler("any", MessageHead), rest=rest
    ), times


async def test_what_comes_late_is_loaded_in_a_thread_by_the_first_who_may_mean_it(with_rest):
    pipeline, times = with_rest

    at_once = [dispatch_soon(CTX, pipeline, incoming) for incoming in (message_head("a"), REQUEST)]
    late = dispatch_soon(CTX, pipeline, message_head("b"))
    other = dispatch_soon(CTX, pipeline, message_head("c"))

    assert ([reply.body for reply in at_once], times) == ([b"a", b"http"], [])
    assert [(await late).body, (await other).body] == [b"b", b"any"]
    assert len(times) == 1
    assert times[0] is not threading.main_thread()
    assert dispatch_soon(CTX, pipeline, message_head("b")).body == b"b"


async def test_what_comes_late_may_take_its_time_to_answer(with_rest):
    pipeline, _ = with_rest
    slow = Handler("slow", lambda incoming: incoming, answering("slow", Reply(201), []).handle, None, "slow")

    reply = await dispatch_soon(CTX, Pipeline(*pipeline, rest=lambda: [slow]), message_head("slow"))

    assert reply.status == 201


def test_who_looks_at_all_handlers_finds_those_that_come_late_before_the_last(with_rest):
    pipeline, times = with_rest

    assert not pipeline.takes("b")
    assert [handler.name for handler in pipeline] == ["a", "http", "b", "any"]
    assert [handler.name for handler in pipeline] == ["a", "http", "b", "any"]
    assert (pipeline.takes("b"), len(times)) == (True, 1)


@pytest.mark.parametrize("outcome", [Value(Reply(200)), Error(BadRequest("x"))])
def test_posts_run_when_what_was_promised_is_told_whatever_it_is(outcome):
    seen, got, promised = [], [], Promised()

    later = dispatch_soon(CTX, Pipeline(at_once("a", Later(promised, lambda got: got), seen)), REQUEST)
    later.tell(got.append)
    assert seen == []
    promised.hear(outcome)

    assert type(got[0]) is type(outcome)
    assert seen == [("a", getattr(outcome, "value", None) or outcome.error)]
