"""The walk along the pipeline, without sockets."""

import pytest
import trio
from trio.testing import wait_all_tasks_blocked

from vibes_trio.context import Ctx
from vibes_trio.dispatch import Continue, Handler, Outcome, dispatch, dispatch_soon
from vibes_trio.errors import BadRequest, UnknownType
from vibes_trio.exchange import HttpIncoming, Reply
from vibes_trio.wire.base import MessageHead

REQUEST = HttpIncoming("GET", "localhost", "/")
CTX = Ctx(app=None)


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

    got = await dispatch(CTX, [answering("a", reply, seen), answering("b", Reply(201), seen)], REQUEST)

    assert got is reply
    assert seen == ["a handles", ("a", Outcome(reply=reply))]


async def test_a_handler_that_is_not_meant_is_passed_over():
    seen = []
    reply = Reply(200)

    await dispatch(CTX, [answering("a", None, seen, mine=False), answering("b", reply, seen)], REQUEST)

    assert seen == ["b handles", ("b", Outcome(reply=reply))]


async def test_posts_run_in_order_for_every_visited_handler():
    seen = []
    reply = Reply(200)

    await dispatch(CTX, [answering("a", Continue.CONTINUE, seen), answering("b", reply, seen)], REQUEST)

    assert seen == ["a handles", "b handles", ("a", Outcome(reply=reply)), ("b", Outcome(reply=reply))]


async def test_an_error_rises_and_posts_are_told_of_it():
    seen = []
    error = BadRequest("x")

    with pytest.raises(BadRequest):
        await dispatch(CTX, [answering("a", Continue.CONTINUE, seen), failing("b", error, seen)], REQUEST)

    assert seen == ["a handles", ("a", Outcome(error=error)), ("b", Outcome(error=error))]


async def test_what_validation_raises_ends_the_walk():
    seen = []

    def validate(incoming):
        raise BadRequest("mine, but wrong")

    handlers = [Handler("strict", validate, None), answering("b", Reply(200), seen)]
    with pytest.raises(BadRequest, match="mine, but wrong"):
        await dispatch(CTX, handlers, REQUEST)

    assert seen == []


async def test_what_no_handler_answers_is_unknown():
    seen = []

    with pytest.raises(UnknownType):
        await dispatch(CTX, [answering("a", Continue.CONTINUE, seen)], REQUEST)

    assert isinstance(seen[-1][1].error, UnknownType)


async def test_posts_run_during_cancellation():
    seen = []

    async def handle(ctx, found):
        await trio.sleep_forever()

    slow = Handler(
        "slow", lambda incoming: incoming, handle, lambda ctx, found, outcome: seen.append(outcome.error)
    )
    async with trio.open_nursery() as nursery:
        nursery.start_soon(dispatch, CTX, [slow], REQUEST)
        await wait_all_tasks_blocked()
        nursery.cancel_scope.cancel()

    assert isinstance(seen[0], trio.Cancelled)


async def test_a_handler_without_post_is_fine():
    async def handle(ctx, found):
        return Reply(204)

    reply = await dispatch(CTX, [Handler("plain", lambda incoming: incoming, handle)], REQUEST)

    assert reply.status == 204


def at_once(name, result, seen):
    """A handler that gives *result* without waiting."""

    def post(ctx, found, outcome):
        seen.append((name, outcome))

    return Handler(name, lambda incoming: incoming, lambda ctx, found: result, post)


def test_what_needs_no_waiting_is_answered_without_any():
    seen = []
    reply = Reply(200)

    got = dispatch_soon(CTX, [at_once("a", Continue.CONTINUE, seen), at_once("b", reply, seen)], REQUEST)

    assert got is reply
    assert seen == [("a", Outcome(reply=reply)), ("b", Outcome(reply=reply))]


def test_what_fails_without_waiting_is_raised_with_every_post_done():
    seen = []

    with pytest.raises(UnknownType):
        dispatch_soon(CTX, [at_once("a", Continue.CONTINUE, seen)], REQUEST)

    assert isinstance(seen[0][1].error, UnknownType)


async def test_the_walk_goes_on_after_each_handler_that_has_to_wait():
    seen = []
    reply = Reply(200)
    pipeline = [
        at_once("a", Continue.CONTINUE, seen),
        answering("b", Continue.CONTINUE, seen),
        answering("c", Continue.CONTINUE, seen),
        at_once("d", reply, seen),
    ]

    waits = dispatch_soon(CTX, pipeline, REQUEST)
    assert seen == []

    assert await waits is reply
    assert seen == ["b handles", "c handles", *[(name, Outcome(reply=reply)) for name in "abcd"]]


async def test_a_handler_of_the_other_kind_is_not_even_asked():
    asked = []

    def taking(kind, status):
        def validate(incoming):
            asked.append(status)
            return incoming

        return Handler(str(status), validate, lambda ctx, found: Reply(status), takes=kind)

    reply = await dispatch(CTX, [taking(MessageHead, 201), taking(HttpIncoming, 202)], REQUEST)

    assert reply.status == 202
    assert asked == [202]
