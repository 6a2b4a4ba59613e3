"""The full lane: the Quart-Trio app, and Hypercorn to drive it one request at a time.

Importing this module imports Quart and Hypercorn, half a second; `serve.py` does so once the lane listens.
"""

import math
from collections.abc import Callable
from functools import partial
from time import perf_counter
from typing import cast

import trio
from hypercorn.app_wrappers import ASGIWrapper
from hypercorn.trio.lifespan import Lifespan
from hypercorn.typing import ASGIFramework, ASGIReceiveCallable, ASGISendCallable, ASGISendEvent, Scope
from quart import Response, request
from quart.wrappers import base as quart_requests
from quart_trio import QuartTrio
from werkzeug.datastructures import Headers
from werkzeug.exceptions import RequestEntityTooLarge

from vibes_trio.config import Limits
from vibes_trio.errors import forget_traces
from vibes_trio.exchange import HttpIncoming, Reply
from vibes_trio.front.access import Access
from vibes_trio.front.addresses import NOT_COUNTED, calc_peer
from vibes_trio.front.budget import Holding
from vibes_trio.front.guard import GuardedConfig, serve_one
from vibes_trio.front.heads import Head
from vibes_trio.front.http import (
    content_length,
    has_body,
    refuse_long_body,
    refuse_no_room,
    site_headers,
    sound,
)
from vibes_trio.front.lane import ServeOne
from vibes_trio.front.state import FULL, Front
from vibes_trio.steps import let_go
from vibes_trio.urls import may_be_page, normalize_path

CLIENT_LEFT: type[Exception] | tuple[()] = getattr(quart_requests, "ClientDisconnectedError", ())
"""What Quart raises, from 0.23 on, once the client has gone; before, it only cancelled what worked for it."""


def build_app(front: Front) -> QuartTrio:
    """Return the app that answers pages of the API host, and gives all other requests to `front.answer`."""
    app = QuartTrio(__name__, static_folder=None)
    limits = front.limits
    app.config["MAX_CONTENT_LENGTH"] = limits.max_body_bytes
    app.config["RESPONSE_TIMEOUT"] = None  # each send has its own deadline

    async def answer_what_no_page_does() -> Response | None:
        request.scope["state"]["began"] = perf_counter()
        # Not a route: those know some methods and tidy up paths, while here any of both is answered.
        head: Head = request.scope["state"]["head"]
        if request.routing_exception is not None:
            forget_traces(request.routing_exception)  # the request keeps it
        elif may_be_page(head.host_name, head.method, head.target):
            return None
        return await answer()

    async def answer() -> Response:
        head: Head = request.scope["state"]["head"]
        try:
            body = await _read_body(limits)
        except RequestEntityTooLarge:
            return _write(refuse_long_body(limits).reply, head, close=True)
        except CLIENT_LEFT as error:
            forget_traces(error)  # Quart would keep it, and with it this request
            return Response(status=400)  # which nobody reads
        holding: Holding = request.scope["state"]["holding"]
        size = len(body)  # as it came: who answers it may let go of it before
        if not holding.pin(size):
            return _write(refuse_no_room().reply, head, close=True)
        try:
            # As in the fast lane: who asks in pieces is no other client.
            came_from = request.scope["client"]
            client = calc_peer(*came_from[:2]) if came_from else NOT_COUNTED
            incoming = HttpIncoming(
                head.method, head.host, head.target, head.headers, body, head.host_name, client
            )
            answered = front.answer(incoming, None)
            reply = sound(answered if isinstance(answered, Reply) else await answered)
            await let_go(body)
        finally:
            holding.unpin(size)
        return _write(reply, head, close=head.close or front.draining.is_set())

    async def count(response: Response) -> Response:
        state = request.scope["state"]
        front.counts.answer(state["head"], response.status_code, FULL).value += 1
        front.counts.took(state["head"], FULL, state["began"])
        if front.access is not None:
            _note(front.access, state["head"], response, state["began"])
        return response

    app.before_request(answer_what_no_page_does)
    app.after_request(count)
    if front.pages is not None:
        front.pages(app, answer)
    return app


def _note(access: Access, head: Head, response: Response, began: float) -> None:
    """Write the line of *response*, which has an id from now on."""
    named = access.named(Reply(response.status_code, tuple(response.headers.items())))
    response.headers = Headers(named.headers)
    client = request.scope["client"]
    size = 0 if head.method == "HEAD" else response.content_length or 0
    access.written(client[0] if client else "", head, named, size, FULL, began)


async def _read_body(limits: Limits) -> bytes:
    """Return the body of the request of this task. A long one is a bytearray: to copy it when it is whole takes time.

    Raises:
        RequestEntityTooLarge: it is over its limit.
    """
    body = bytearray()
    async for data in request.body:
        body += data
        if len(body) > limits.max_body_bytes:
            raise RequestEntityTooLarge
    return bytes(body) if len(body) <= limits.read_here_bytes else cast(bytes, body)


def _write(reply: Reply, head: Head, *, close: bool) -> Response:
    """Return *reply* as Quart's response. The Date is added by `GuardedConfig`."""
    length = content_length(reply)
    # Hypercorn wants bytes: a part of a file is copied here, and counts as this connection's.
    response = Response(bytes(reply.body) if has_body(head.method, reply.status) else b"", reply.status)
    # None of Quart's own ideas.
    response.headers = Headers([*site_headers(reply.policy, head.readers), *reply.headers])
    if length is not None:
        response.headers["Content-Length"] = str(length)
    if close:
        response.headers["Connection"] = "close"
    return response


def finish_answers(app: ASGIFramework, timeout_s: float) -> ASGIFramework:
    """Return *app* with the end of each answer out of reach of cancellation, for *timeout_s* at most.

    Within the last `send` Hypercorn tells the app that the client has gone; Quart-Trio then cancels the task
    that is in this very `send`, and the connection is never given back (platform-and-reliability.md 1.2).
    """

    async def finished(scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        async def send_to_the_end(event: ASGISendEvent) -> None:
            last = event["type"] == "http.response.body" and not event.get("more_body", False)
            with trio.move_on_after(timeout_s if last else math.inf, shield=last):
                await send(event)

        try:
            await app(scope, receive, send_to_the_end)
        except* CLIENT_LEFT:
            pass  # nobody is there to be told; and Hypercorn's frame would keep it, and with it the request

    return finished


def pages_of(app: QuartTrio) -> Callable[[str], bool]:
    """Return what tells whether *app* may have a page at the path of a request target.

    It looks at the first segment alone, so that all that is none is answered without Quart.
    """
    rooms = {_room(rule.rule) for rule in app.url_map.iter_rules()}
    if any("<" in room for room in rooms):
        return lambda target: True

    def has_page(target: str) -> bool:
        room = _room(normalize_path(target))
        return room in rooms or "%" in room  # which may be another way to write one of them

    return has_page


def _room(path: str) -> str:
    return path[1:].partition("/")[0]


async def run_full_lane(
    front: Front, opened: Callable[[ServeOne, Callable[[str], bool]], None], stop: trio.Event
) -> None:
    """Run the full lane until *stop*; *opened* is given what serves a request as soon as it can, and `pages_of`."""
    config = GuardedConfig(front.limits)
    app = build_app(front)
    wrapped = ASGIWrapper(finish_answers(app, front.limits.send_timeout_s))
    lifespan = Lifespan(wrapped, config, {})
    async with trio.open_nursery() as nursery:
        await nursery.start(lifespan.handle_lifespan)
        await lifespan.wait_for_startup()
        opened(partial(serve_one, wrapped, config), pages_of(app))
        await stop.wait()
        await lifespan.wait_for_shutdown()
        nursery.cancel_scope.cancel()
