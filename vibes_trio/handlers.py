"""PIPELINE: everything the server answers, in order; most messages stand in `messages.py`, loaded when it listens."""

import logging
from functools import partial
from time import perf_counter
from typing import TYPE_CHECKING

import msgspec
import trio

from vibes_trio.context import Ctx
from vibes_trio.counts import OTHER
from vibes_trio.dispatch import Handler, Incoming, Outcome, Pipeline
from vibes_trio.errors import BadRequest, NotFound, UnknownType, VibesError
from vibes_trio.exchange import (
    READING_HEADERS,
    HostName,
    HttpIncoming,
    Reply,
    referer_counts,
)
from vibes_trio.late import late
from vibes_trio.messaging import JSON, message
from vibes_trio.services.chat import (
    append_at_once,
    append_chat_section,
    ensure_chat_context,
    find_chat_context,
)
from vibes_trio.services.deploys import ensure_app_slug
from vibes_trio.services.health import find_trouble
from vibes_trio.services.notices import explain_api, navigates, notice_reply
from vibes_trio.services.replies import Asked
from vibes_trio.services.serving import serve_entry_point, serve_module
from vibes_trio.services.visibility import cookies_of
from vibes_trio.urls import (
    ERRORS,
    HEALTH,
    METRICS,
    MODULES,
    SHARE,
    SIGN_IN,
    UPLOADS,
    EntryPoint,
    is_for_app,
    normalize_path,
    parse_entry_point,
)
from vibes_trio.wire.base import (
    MessageHead,
    encode,
    read_order_key,
)
from vibes_trio.wire.chat import APPEND, ReqAppendChatSection, ReqEnsureChatContext
from vibes_trio.wire.deploy import ReqEnsureAppSlug

if TYPE_CHECKING:
    import vibes_trio.messages as messages
    import vibes_trio.services.devices as devices
    import vibes_trio.services.metrics as metrics
    import vibes_trio.services.page_errors as page_errors
    import vibes_trio.services.share_links as share_links
    import vibes_trio.services.uploads as uploads
else:
    devices = late("vibes_trio.services.devices")
    messages = late("vibes_trio.messages")
    metrics = late("vibes_trio.services.metrics")
    page_errors = late("vibes_trio.services.page_errors")
    share_links = late("vibes_trio.services.share_links")
    uploads = late("vibes_trio.services.uploads")

log = logging.getLogger("vibes_trio.requests")

NOT_IMPLEMENTED = dict.fromkeys(
    (
        "vibes.diy.req-list-developer-grants",
        "vibes.diy.req-ensure-developer-grant",
        "vibes.diy.req-revoke-developer-grant",
    ),
    "this server keeps no developers of an app. Whoever deploys it signs in as its owner.",
)
"""What is told to newer clients that ask for what is not here."""
MAX_NAME_CHARS = 100
MAX_METHOD_CHARS = 20


class Page(msgspec.Struct, frozen=True):
    """A GET or HEAD of something that is no app's: the API host it came to, and its path."""

    host: HostName
    path: str
    head: bool


# -- the stages -------------------------------------------------------------------------------------------


def _preflight(incoming: Incoming) -> HttpIncoming | None:
    return incoming if isinstance(incoming, HttpIncoming) and incoming.method == "OPTIONS" else None


async def _answer_preflight(ctx: Ctx, incoming: HttpIncoming) -> Reply:
    return Reply(200, JSON, encode({"type": "ok", "message": "CORS preflight"}))


def _read(incoming: Incoming) -> tuple[HttpIncoming, HostName] | None:
    """Return *incoming* and its host if it only reads."""
    if not isinstance(incoming, HttpIncoming) or incoming.method not in ("GET", "HEAD"):
        return None
    return (incoming, incoming.host_name) if incoming.host_name is not None else None


def _module(incoming: Incoming) -> Asked | None:
    read = _read(incoming)
    if read is None:
        return None
    request, host = read
    path = normalize_path(request.target)
    if not path.startswith(MODULES):
        return None
    # On an app's host it is the app's page that asks.
    entry = EntryPoint(host.app, host.user, None, path) if host.app and host.user else None
    return Asked(
        request.method == "HEAD",
        _reading(request),
        path,
        entry,
        target=request.target,
        cookies=cookies_of(request),
    )


def _entry_point(incoming: Incoming) -> Asked | None:
    read = _read(incoming)
    entry = parse_entry_point(read[1], read[0].target) if read else None
    if read is None or entry is None:
        return None
    request = read[0]
    return Asked(
        request.method == "HEAD",
        _reading(request),
        entry.path,
        entry,
        request.host,
        request.target,
        cookies_of(request),
    )


def _reading(request: HttpIncoming) -> dict[str, str]:
    """Return the headers that an answer may depend on: what is not here can't make two answers differ."""
    headers = {name: request.headers[name] for name in READING_HEADERS if name in request.headers}
    referer = request.headers.get("referer", "")
    return headers | {"referer": referer} if referer_counts(request.target, referer) else headers


def _health(incoming: Incoming) -> Page | None:
    read = _read(incoming)
    if read is None or read[1].app is not None:
        return None
    path = normalize_path(read[0].target)
    return Page(read[1], path, read[0].method == "HEAD") if path in HEALTH else None


def _metrics(incoming: Incoming) -> HttpIncoming | None:
    read = _read(incoming)
    is_asked = read is not None and read[1].app is None and normalize_path(read[0].target) == METRICS
    return read[0] if read is not None and is_asked else None


def _sign_in(incoming: Incoming) -> HttpIncoming | None:
    if not isinstance(incoming, HttpIncoming) or incoming.method not in ("GET", "HEAD", "POST"):
        return None
    is_api = incoming.host_name is not None and incoming.host_name.app is None
    return incoming if is_api and normalize_path(incoming.target) == SIGN_IN else None


def _upload(incoming: Incoming) -> HttpIncoming | None:
    if not isinstance(incoming, HttpIncoming) or incoming.method not in ("GET", "HEAD", "POST"):
        return None
    is_api = incoming.host_name is not None and incoming.host_name.app is None
    path = normalize_path(incoming.target)
    takes = (path == UPLOADS and incoming.method != "GET") or (
        path == f"{UPLOADS}/cid" and incoming.method != "POST"
    )
    return incoming if is_api and takes else None


async def _answer_health(ctx: Ctx, page: Page) -> Reply:
    trouble = await find_trouble(ctx) if page.path == "/readyz" else ""
    body = encode({"status": "unavailable", "message": trouble} if trouble else {"status": "ok"})
    return Reply(503 if trouble else 200, JSON, b"" if page.head else body, len(body))


def _log_outcome(ctx: Ctx, incoming: Incoming, outcome: Outcome) -> None:
    """Count messages; write what failed. What went well is written only when asked for, as a line costs more than most
    answers."""
    ended = outcome.status if isinstance(outcome, Reply) else type(outcome).__name__
    known = incoming.type if isinstance(incoming, MessageHead) and PIPELINE.takes(incoming.type) else ""
    if isinstance(incoming, MessageHead):
        code = outcome.code if isinstance(outcome, VibesError) else ended
        ctx.app.counts.cells("messages")[known or OTHER, code].value += 1
        ctx.app.counts.histograms("message_seconds")[(known or OTHER,)].add(perf_counter() - ctx.began)
    level = logging.DEBUG if isinstance(ended, int) and ended < 400 else logging.INFO
    if not log.isEnabledFor(level):
        return
    which = f" ({outcome.request_id})" if isinstance(outcome, VibesError) else ""
    log.log(level, "%s -> %s%s", _name_for_log(incoming), ended, which, extra={"kind": (known, ended)})


def _name_for_log(incoming: Incoming) -> str:
    """Return what is asked, as the log shows it: on one line, no longer than a name, and without what may be secret.

    Types, methods and targets are whatever a client writes; queries hold tokens.
    """
    if isinstance(incoming, MessageHead):
        return ascii(incoming.type[:MAX_NAME_CHARS])
    path, query, _ = incoming.target.partition("?")
    shown = ascii(f"{incoming.method[:MAX_METHOD_CHARS]} {path[:MAX_NAME_CHARS]}")[1:-1]
    return shown + "?…" if query else shown


def _posted_to(target: str, incoming: Incoming) -> HttpIncoming | None:
    """Return *incoming* if a page of an app's host posts it to that path of its own host."""
    assert isinstance(incoming, HttpIncoming), "it takes no other"
    is_apps = incoming.host_name is not None and incoming.host_name.app is not None
    return incoming if is_apps and incoming.method == "POST" and incoming.target == target else None


def _other_http(incoming: Incoming) -> HttpIncoming | None:
    return incoming if isinstance(incoming, HttpIncoming) else None


async def _refuse_http(ctx: Ctx, incoming: HttpIncoming) -> Reply:
    """Answer HTTP that is no message: a message to an app's host, or a method that carries none."""
    if incoming.method in ("POST", "PUT"):
        raise NotFound("An app's host takes no messages: send them to the API host.")
    host = incoming.host_name
    path = normalize_path(incoming.target)
    if incoming.method in ("GET", "HEAD") and navigates(incoming.headers):
        return notice_reply(explain_api(ctx.app, path), head=incoming.method == "HEAD")
    if incoming.method in ("GET", "HEAD") and host and is_for_app(host, path):
        base = ctx.app.config.hostname_base
        raise NotFound(f"No app is here: apps of this server live at {{app}}--{{user}}.{base}.")
    body = encode({"type": "error", "message": "Only POST and PUT methods are supported"})
    return Reply(503, JSON, b"" if incoming.method == "HEAD" else body, len(body))


def _any_message(incoming: Incoming) -> MessageHead | None:
    return incoming if isinstance(incoming, MessageHead) else None


def _refuse_message(ctx: Ctx, head: MessageHead) -> Reply:
    if not head.type:
        raise BadRequest("The payload has no `type` (text): it says which message this is.")
    kind = head.type[:MAX_NAME_CHARS]
    if kind in NOT_IMPLEMENTED:
        raise UnknownType(f"Not Implemented: {NOT_IMPLEMENTED[kind]}", type=kind)
    raise UnknownType(f"No message {kind!r} is known here.", type=kind)


async def load_the_rest() -> None:
    """Import, in a thread, what the first answers can do without."""
    await trio.to_thread.run_sync(PIPELINE.load)


async def _serve_sign_in(ctx: Ctx, incoming: HttpIncoming) -> Reply:
    await load_the_rest()
    return await devices.serve_sign_in(ctx, incoming)


async def _serve_metrics(ctx: Ctx, incoming: HttpIncoming) -> Reply:
    return await metrics.serve_metrics(ctx, incoming)


async def _serve_uploads(ctx: Ctx, incoming: HttpIncoming) -> Reply:
    await load_the_rest()
    return await uploads.serve_uploads(ctx, incoming)


async def _let_browser_in(ctx: Ctx, incoming: HttpIncoming) -> Reply:
    await load_the_rest()
    return await share_links.let_browser_in(ctx, incoming)


async def _take_page_error(ctx: Ctx, incoming: HttpIncoming) -> Reply:
    await load_the_rest()
    return await page_errors.take_page_error(ctx, incoming)


PIPELINE = Pipeline(
    Handler("log", lambda incoming: incoming, None, post=_log_outcome),
    Handler("preflight", _preflight, _answer_preflight, takes=HttpIncoming),
    Handler("module", _module, serve_module, takes=HttpIncoming),
    Handler("entry point", _entry_point, serve_entry_point, takes=HttpIncoming),
    Handler("health", _health, _answer_health, takes=HttpIncoming),
    Handler("metrics", _metrics, _serve_metrics, takes=HttpIncoming),
    Handler("sign-in page", _sign_in, _serve_sign_in, takes=HttpIncoming),
    Handler("upload", _upload, _serve_uploads, takes=HttpIncoming),
    Handler("share link", partial(_posted_to, SHARE), _let_browser_in, takes=HttpIncoming),
    Handler("error of a page", partial(_posted_to, ERRORS), _take_page_error, takes=HttpIncoming),
    Handler("other HTTP", _other_http, _refuse_http, takes=HttpIncoming),
    message(ReqEnsureAppSlug, ensure_app_slug),
    message(ReqEnsureChatContext, ensure_chat_context, find_chat_context),
    message(ReqAppendChatSection, append_chat_section, append_at_once),
    Handler("unknown message", _any_message, _refuse_message, takes=MessageHead),
    rest=lambda: messages.MESSAGES,
)


def order_key(data: bytes) -> str | None:
    """Return what messages must keep their order by: the chat context that a section is appended to."""
    return read_order_key(data, APPEND)
