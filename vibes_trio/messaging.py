"""What makes a handler of a message's type: it decodes, finds out who asks, runs the use case, encodes the answer."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from vibes_trio.auth.handoff import HAND_OFF
from vibes_trio.auth.verifier import Claims
from vibes_trio.beside.pool import Question
from vibes_trio.context import Ctx, Then
from vibes_trio.dispatch import Handler, Incoming
from vibes_trio.errors import BadRequest, NotOwner, RequireLogin
from vibes_trio.exchange import Later, Reply, Soon, of_value
from vibes_trio.late import late
from vibes_trio.services.access import admit_operator
from vibes_trio.steps import let_go
from vibes_trio.wire.access import Relation, rule_of
from vibes_trio.wire.auth import DashAuth
from vibes_trio.wire.base import (
    Envelope,
    LargeMessage,
    Message,
    MessageHead,
    Request,
    Response,
    read_payload,
    write_reply,
)

if TYPE_CHECKING:
    import vibes_trio.services.beside as beside
else:
    beside = late("vibes_trio.services.beside")  # which knows all requests that can be long

JSON = (("content-type", "application/json"),)
SESSION = "session"
"""The `type` of credentials that name the session of the page that asks; no `auth` at all means the same."""
R = TypeVar("R", bound=Response)
Q = TypeVar("Q", bound=Request)  # type: ignore[type-arg]  # bound to Request of any response


async def authenticate(ctx: Ctx, auth: DashAuth | None, *, of_apps: bool = False) -> Ctx:
    """Return *ctx* with the claims of *auth*. *of_apps*: an app may ask this, too.

    Raises:
        RequireLogin: no, unknown or refused credentials.
        NotOwner: an app asks, and it may not.
    """
    if _is_of_session(ctx, auth):
        return await _authenticate_session(ctx)
    if auth is None or not auth.token:
        raise RequireLogin("missing")
    verify = ctx.app.verifiers.get(auth.type)
    if verify is None:
        raise RequireLogin("unknown_type")
    return _asked_by(ctx, await verify(auth.token), of_apps)


def _is_of_session(ctx: Ctx, auth: DashAuth | None) -> bool:
    """Whether the browser's session says who asks: a page of our own sent it, and it names nobody else."""
    return bool(ctx.session) and (auth is None or (not auth.token and auth.type in ("", SESSION)))


async def _authenticate_session(ctx: Ctx) -> Ctx:
    sessions = ctx.app.sessions
    assert sessions is not None, "only a process that takes messages has connections of pages"
    claims = await sessions(ctx.session)
    if ctx.link is not None:
        sessions.hold(ctx.link, ctx.session)
    return _asked_by(ctx, claims, of_apps=False)


async def authenticate_or_not(ctx: Ctx, auth: DashAuth | None, *, of_apps: bool = False) -> Ctx:
    """As `authenticate`, for what anybody may ask: without credentials that count, nobody does.

    An app always says for whom it asks; what it was handed and counts no more is told.
    """
    try:
        return await authenticate(ctx, auth, of_apps=of_apps)
    except RequireLogin:
        if auth is not None and auth.type == HAND_OFF:
            raise
        return ctx


def authenticate_at_once(ctx: Ctx, auth: DashAuth | None, *, of_apps: bool = False) -> Ctx | None:
    """As `authenticate`; None: that can't be told without waiting.

    A device's new token is checked here and now, too. That holds the loop for a tenth of a millisecond, and the
    front takes few messages in a row; to have a thread do it costs another half of that, in this same process,
    and buys nothing for anybody as long as one core runs all of it.
    """
    verify = ctx.app.verifiers.get(auth.type) if auth is not None else None
    if auth is None or verify is None or not auth.token:
        return None
    claims = verify.at_once(auth.token)
    return _asked_by(ctx, claims, of_apps) if claims is not None else None


def _asked_by(ctx: Ctx, claims: Claims, of_apps: bool) -> Ctx:
    """Return *ctx* for who has *claims*. What it was handed opens to an app what `ACCESS` says, and nothing else."""
    if claims.app and not of_apps:
        raise NotOwner(
            "An app may not ask this: what it was handed says who looks at it, and opens nothing else."
        )
    known = claims if claims.user_id or not claims.app else None
    return Ctx(ctx.app, ctx.turn, known, ctx.link, ctx.envelope, claims.app, ctx.began, ctx.session)


def message(
    request: type[Q],
    use_case: Callable[[Ctx, Any], Awaitable[Response | Then[Any]]],
    at_once: Callable[[Ctx, Q], Response | Later[Response] | None] | None = None,
) -> Handler[Message[Q]]:
    """Return the handler of *request*: decodes it, authenticates who asks, runs *use_case*, encodes its answer.

    Args:
        use_case: takes the request, and what `packing_of` makes of a long one. `Then`: begins something.
        at_once: answers what needs no waiting, or no more than the storage's; or returns None and has done nothing:
            *use_case* is asked then.

    Whether who asks has to be known says `wire.access.ACCESS`. A long one is decoded, in another process, only when it
    is known in any case.
    """
    rule = rule_of(request)
    is_open = rule.least is Relation.ANYONE
    decoder = msgspec.json.Decoder(request)
    wire_type = str(request.__struct_config__.tag)

    def validate(incoming: Incoming) -> Message[Q]:
        assert isinstance(incoming, MessageHead), "it takes no other"
        if incoming.large is None:
            return Message(incoming.envelope, read_payload(decoder, incoming))
        if incoming.large.fault:
            raise BadRequest(f"{wire_type}: {incoming.large.fault}.", type=wire_type)
        return Message(incoming.envelope, incoming.large)

    def handle(ctx: Ctx, received: Message[Q]) -> Soon[Reply]:
        payload = received.payload
        if at_once is not None and not isinstance(payload, LargeMessage):
            asker = authenticate_at_once(ctx, payload.auth, of_apps=rule.of_apps)
            response = at_once(asker, payload) if asker is not None else None
            if isinstance(response, Later):
                return response.then(of_value(partial(_reply, received.envelope)))
            if response is not None:
                return _reply(received.envelope, response)
        return wait(ctx, received.envelope, payload)

    async def wait(ctx: Ctx, envelope: Envelope, payload: Q | LargeMessage) -> Reply:
        is_large = isinstance(payload, LargeMessage)
        ask_who = authenticate_or_not if is_open and not is_large else authenticate
        asker = await ask_who(ctx, payload.auth, of_apps=rule.of_apps)
        if rule.least is Relation.OPERATOR:
            await admit_operator(asker)
        if isinstance(payload, LargeMessage):
            if asker.claims is None:
                raise RequireLogin("anonymous")
            question = Question("read", wire_type)
            data = payload.data
            packed = await ctx.app.beside.ask(question, data, asker.asker.user_id)
            payload = beside.packing_of(request).unpack(packed)
            await let_go(data)  # what it brought is in memory now; it counts on until it is answered
        return _reply(envelope, await use_case(asker, payload))

    return Handler(wire_type, validate, handle, takes=wire_type)


def _reply(envelope: Envelope, response: Response | Then[Any]) -> Reply:
    if isinstance(response, Then):
        return Reply(200, JSON, write_reply(envelope, response.response), after=response.start)
    return Reply(200, JSON, write_reply(envelope, response))
