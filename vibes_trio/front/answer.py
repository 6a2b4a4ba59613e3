"""One incoming, one reply: the only place per message where anything unforeseen is caught.

A POST or PUT to an API host becomes the same `MessageHead` as a frame of a WebSocket; from there on nothing
knows which it was.
"""

import logging
import secrets

import trio

from vibes_trio.context import App, Ctx
from vibes_trio.dispatch import Pipeline, dispatch
from vibes_trio.errors import Internal, Overloaded, RequireLogin, VibesError
from vibes_trio.exchange import HttpIncoming, Incoming, MessageIncoming, Reply, Turn
from vibes_trio.front.status import error_reply
from vibes_trio.urls import parse_host
from vibes_trio.wire.base import MessageHead, read_head

log = logging.getLogger(__name__)


async def answer(app: App, pipeline: Pipeline, incoming: Incoming, turn: Turn | None = None) -> Reply:
    """Return the reply to *incoming*. Never raises but `trio.Cancelled`."""
    started = trio.current_time()
    data = _message_data(incoming)
    if data is None:
        assert isinstance(incoming, HttpIncoming)
        return await _answer(app, pipeline, incoming, turn)
    try:
        head = read_head(data)
    except VibesError as error:
        return error_reply(error)
    reply = await _answer(app, pipeline, head, turn)
    took_ms = (trio.current_time() - started) * 1000
    return Reply(reply.status, (*reply.headers, ("server-timing", f"total;dur={took_ms:.2f}")), reply.body)


async def _answer(
    app: App, pipeline: Pipeline, incoming: HttpIncoming | MessageHead, turn: Turn | None
) -> Reply:
    envelope = incoming.envelope if isinstance(incoming, MessageHead) else None
    deadline = trio.current_time() + app.config.limits.message_timeout_s
    try:
        with trio.CancelScope(deadline=deadline):  # trio.fail_after costs a third of a short answer
            return await dispatch(Ctx(app, turn), pipeline, incoming)
    except VibesError as error:
        if isinstance(error, RequireLogin):
            log.info("refused credentials: %s", error.__cause__ or error.reason)
        return error_reply(error, envelope)
    except Exception:
        reference = secrets.token_hex(6)
        log.exception("internal error %s", reference)
        message = f"Something went wrong here, not with you. The log has it as {reference}."
        return error_reply(Internal(message, id=reference), envelope)
    return error_reply(Overloaded("This took too long; try again later."), envelope)


def _message_data(incoming: Incoming) -> bytes | None:
    """Return the text of a message: a frame, or the body of a POST or PUT to an API host. Else None."""
    if isinstance(incoming, MessageIncoming):
        return incoming.data
    if incoming.method not in ("POST", "PUT"):
        return None
    host = parse_host(incoming.host)
    return incoming.body if host is not None and host.app is None else None
