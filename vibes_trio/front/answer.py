"""One incoming, one reply: the only place per message where anything unforeseen is caught.

A POST or PUT to an API host becomes the same `MessageHead` as a frame of a WebSocket; from there on nothing
knows which it was.
"""

import logging
from collections.abc import Awaitable
from functools import partial
from time import perf_counter

import trio
from msgspec.structs import replace
from outcome import Error, Maybe, Value

from vibes_trio.context import App, Ctx
from vibes_trio.counts import OTHER
from vibes_trio.dispatch import Pipeline, dispatch_soon
from vibes_trio.errors import Internal, Overloaded, RequireLogin, VibesError, forget_traces, new_id
from vibes_trio.exchange import HttpIncoming, Incoming, Later, Link, MessageIncoming, Reply, Soon, Turn
from vibes_trio.front.status import TOO_LONG, error_reply
from vibes_trio.services.notices import explain_error, is_navigation
from vibes_trio.urls import FORMS, normalize_path, parse_host
from vibes_trio.wire.base import Envelope, MessageHead, read_head
from vibes_trio.wire.large import large_message

log = logging.getLogger(__name__)

MAX_REASON_CHARS = 200


def answer_soon(app: App, pipeline: Pipeline, incoming: Incoming, turn: Turn | None = None) -> Soon[Reply]:
    """Return the reply to *incoming*, or, if that has to wait, what gives it. Raises nothing but `trio.Cancelled`.

    Only what waits has a deadline: `message_timeout_s`.
    """
    if isinstance(incoming, MessageIncoming):
        return _answer_message(app, pipeline, incoming, incoming.data, turn)
    host = incoming.host_name
    if host is None:
        host = parse_host(incoming.host, app.site)
        incoming = replace(incoming, host_name=host)
    posts = incoming.method in ("POST", "PUT") and normalize_path(incoming.target) not in FORMS
    if host is None or host.app is not None or not posts:
        return _answer(app, pipeline, incoming, turn)
    started = trio.current_time()
    reply = _answer_message(app, pipeline, incoming, incoming.body, turn)
    return _timed(reply, started) if isinstance(reply, Reply) else _time(reply, started)


def _answer_message(
    app: App, pipeline: Pipeline, incoming: Incoming, data: bytes, turn: Turn | None
) -> Soon[Reply]:
    """Answer the message whose text is *data*: a frame, or the body of a POST or PUT to an API host."""
    limits = app.config.limits
    if len(data) > limits.read_here_bytes:
        return _wait(app, _answer_large(app, pipeline, incoming, data, turn), None)
    try:
        head = read_head(data)
    except VibesError as error:
        return _refuse_unread(app, error)
    if isinstance(incoming, MessageIncoming):
        return _answer(app, pipeline, head, turn, incoming.link, incoming.session)
    return _answer(app, pipeline, head, turn)


async def look(app: App, incoming: MessageIncoming) -> MessageIncoming:
    """Return *incoming*, a long one, with what it is: of which type, and by which key in turn."""
    try:
        return replace(incoming, looked=await app.beside.look(incoming.data, incoming.client))
    except VibesError as error:
        forget_traces(error)  # its frames hold the message, which now holds it
        return replace(incoming, looked=error)


async def _answer_large(
    app: App, pipeline: Pipeline, incoming: Incoming, data: bytes, turn: Turn | None
) -> Reply:
    looked, link, session = None, None, ""
    if isinstance(incoming, MessageIncoming):
        looked, link, session = incoming.looked, incoming.link, incoming.session
    if looked is None:
        try:
            looked = await app.beside.look(data, incoming.client)
        except VibesError as error:
            return _refuse_unread(app, error)
    if isinstance(looked, VibesError):
        return _refuse_unread(app, looked)
    reply = _answer(app, pipeline, large_message(data, looked), turn, link, session)
    return reply if isinstance(reply, Reply) else await reply


def _refuse_unread(app: App, error: VibesError) -> Reply:
    """Return what is told of *error* about a message that no handler was shown: it counts here."""
    app.counts.cells("messages")[OTHER, error.code].value += 1
    _count(app, error)
    return error_reply(error)


def _count(app: App, error: VibesError) -> None:
    app.counts.cells("errors")[(error.code,)].value += 1


async def _time(reply: Awaitable[Reply], started: float) -> Reply:
    return _timed(await reply, started)


def _timed(reply: Reply, started: float) -> Reply:
    """Return *reply* with how long it took, for the client's developer tools."""
    took_ms = (trio.current_time() - started) * 1000
    return Reply(reply.status, (*reply.headers, ("server-timing", f"total;dur={took_ms:.2f}")), reply.body)


def _answer(
    app: App,
    pipeline: Pipeline,
    incoming: HttpIncoming | MessageHead,
    turn: Turn | None,
    link: Link | None = None,
    session: str = "",
) -> Soon[Reply]:
    envelope = incoming.envelope if isinstance(incoming, MessageHead) else None
    try:
        ctx = Ctx(app, turn, None, link, envelope, "", perf_counter(), session)
        reply = dispatch_soon(ctx, pipeline, incoming)
    except Exception as error:  # noqa: BLE001 - `_foreseen` logs what is unforeseen
        if is_navigation(incoming):
            return _as_page(app, incoming, error)
        return _explain(app, envelope, error)
    if isinstance(reply, Reply):
        return reply
    if isinstance(reply, Later) and link is not None:  # its connection gives up what takes too long
        return reply.then(partial(_end, app, envelope))
    if is_navigation(incoming):
        return _show(app, incoming, reply)
    return _wait(app, reply, envelope)


async def _show(app: App, incoming: HttpIncoming, reply: Awaitable[Reply]) -> Reply:
    """As `_wait`, for a browser that opens a page: whatever comes of it, it is shown one."""
    try:
        with trio.CancelScope(deadline=trio.current_time() + app.config.limits.message_timeout_s):
            return await reply
    except Exception as error:  # noqa: BLE001 - `_foreseen` logs what is unforeseen
        return _as_page(app, incoming, error)
    return _as_page(app, incoming, Overloaded(TOO_LONG))


def _as_page(app: App, incoming: HttpIncoming, error: Exception) -> Reply:
    """Return what a browser that opens a page is shown of *error*."""
    known = _foreseen(app, error)
    return explain_error(known, error_reply(known), incoming.target, stopping=app.draining.is_set())


async def _wait(app: App, reply: Awaitable[Reply], envelope: Envelope | None) -> Reply:
    timeout_s = app.config.limits.message_timeout_s
    try:
        # trio.fail_after costs a third of a short answer.
        with trio.CancelScope(deadline=trio.current_time() + timeout_s):
            return await reply
    except Exception as error:  # noqa: BLE001 - `_foreseen` logs what is unforeseen
        return _explain(app, envelope, error)
    return _explain(app, envelope, Overloaded(TOO_LONG))


def _end(app: App, envelope: Envelope | None, got: Maybe[Reply]) -> Maybe[Reply]:
    if isinstance(got, Error) and isinstance(got.error, Exception):
        return Value(_explain(app, envelope, got.error))
    return got


def _explain(app: App, envelope: Envelope | None, error: Exception) -> Reply:
    """Return what a client is told of *error*."""
    return error_reply(_foreseen(app, error), envelope)


def _foreseen(app: App, error: Exception) -> VibesError:
    """Return *error* as it is told, counted; write down what only the log may know of it."""
    if isinstance(error, RequireLogin):
        why = str(error.__cause__ or error.reason)
        log.info("refused credentials: %s", ascii(why[:MAX_REASON_CHARS])[1:-1])  # it may quote the client
    if not isinstance(error, VibesError):
        apology = _apologize()
        log.error("internal error %s", apology.request_id, exc_info=error)
        error = apology
    _count(app, error)
    return error


def _apologize() -> Internal:
    reference = new_id()
    error = Internal(f"Something went wrong here, not with you. The log has it as {reference}.", id=reference)
    error.request_id = reference
    return error
