"""PIPELINE: everything the server answers, in order. Adding a message is one line here."""

import importlib
import logging
from collections.abc import Awaitable, Callable, Iterable
from functools import cache, partial
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec
import trio

from vibes_trio.beside.pool import Question
from vibes_trio.context import Ctx, Then
from vibes_trio.counts import OTHER
from vibes_trio.dispatch import Handler, Incoming, Outcome, Pipeline
from vibes_trio.errors import BadRequest, NotFound, RequireLogin, UnknownType, VibesError
from vibes_trio.exchange import (
    READING_HEADERS,
    HostName,
    HttpIncoming,
    Later,
    Reply,
    Soon,
    of_value,
    referer_counts,
)
from vibes_trio.late import late
from vibes_trio.services import (
    app_list,
    app_secrets,
    chat_list,
    chat_reads,
    chat_search,
    chat_transfer,
    deletions,
    forks,
    live,
    me,
    share_links,
    sharing,
    versions,
)
from vibes_trio.services.beside import packing_of
from vibes_trio.services.chat import (
    append_at_once,
    append_chat_section,
    ensure_chat_context,
    find_chat_context,
)
from vibes_trio.services.devices import cert_from_csr, list_devices, revoke_device, serve_sign_in
from vibes_trio.services.given import Deploy
from vibes_trio.services.health import find_trouble
from vibes_trio.services.notices import explain_api, navigates, notice_reply
from vibes_trio.services.prompts import open_chat, prompt_chat_section
from vibes_trio.services.replies import Asked
from vibes_trio.services.serving import serve_entry_point, serve_module
from vibes_trio.services.uploads import grant_upload, list_missing_assets, serve_uploads
from vibes_trio.services.visibility import cookies_of
from vibes_trio.steps import let_go
from vibes_trio.urls import (
    HEALTH,
    MODULES,
    SHARE,
    SIGN_IN,
    UPLOADS,
    EntryPoint,
    is_for_app,
    normalize_path,
    parse_entry_point,
)
from vibes_trio.wire import apps as of_apps
from vibes_trio.wire import chats as of_chats
from vibes_trio.wire import deletions as of_deletions
from vibes_trio.wire import live as of_live
from vibes_trio.wire import me as of_me
from vibes_trio.wire import prompts as of_prompts
from vibes_trio.wire import settings as of_settings
from vibes_trio.wire import sharing as of_sharing
from vibes_trio.wire import versions as of_versions
from vibes_trio.wire.access import ACCESS, Relation
from vibes_trio.wire.auth import DashAuth
from vibes_trio.wire.base import (
    Envelope,
    LargeMessage,
    Message,
    MessageHead,
    Request,
    Response,
    encode,
    read_order_key,
    read_payload,
    write_reply,
)
from vibes_trio.wire.chat import APPEND, ReqAppendChatSection, ReqEnsureChatContext
from vibes_trio.wire.deploy import ReqEnsureAppSlug, ResEnsureAppSlug
from vibes_trio.wire.devices import ReqCertFromCsr, ReqListDevices, ReqRevokeDevice
from vibes_trio.wire.uploads import ReqAssetUploadGrant, ReqListMissingAssets

if TYPE_CHECKING:
    import vibes_trio.services.deploy as deploys
else:
    deploys = late("vibes_trio.services.deploy")

log = logging.getLogger("vibes_trio.requests")

FOR_DEPLOYS = (
    "vibes_trio.modules.registry.archive",
    "vibes_trio.modules.build.commonjs",
    "vibes_trio.modules.build.joint",
    "vibes_trio.modules.build.umd",
    "vibes_trio.services.deploy",
)
"""What is imported when the first answer has been given, or the first deploy comes."""

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
JSON = (("content-type", "application/json"),)
R = TypeVar("R", bound=Response)
Q = TypeVar("Q", bound=Request)  # type: ignore[type-arg]  # bound to Request of any response


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
    known = incoming.type if isinstance(incoming, MessageHead) and incoming.type in _known_types() else ""
    if isinstance(incoming, MessageHead):
        code = outcome.code if isinstance(outcome, VibesError) else ended
        ctx.app.counts.cells("messages")[known or OTHER, code].value += 1
    level = logging.DEBUG if isinstance(ended, int) and ended < 400 else logging.INFO
    if not log.isEnabledFor(level):
        return
    log.log(level, "%s -> %s", _name_for_log(incoming), ended, extra={"kind": (known, ended)})


def _name_for_log(incoming: Incoming) -> str:
    """Return what is asked, as the log shows it: on one line, no longer than a name, and without what may be secret.

    Types, methods and targets are whatever a client writes; queries hold tokens.
    """
    if isinstance(incoming, MessageHead):
        return ascii(incoming.type[:MAX_NAME_CHARS])
    path, query, _ = incoming.target.partition("?")
    shown = ascii(f"{incoming.method[:MAX_METHOD_CHARS]} {path[:MAX_NAME_CHARS]}")[1:-1]
    return shown + "?…" if query else shown


@cache
def _known_types() -> frozenset[str]:
    return frozenset(handler.name for handler in PIPELINE)


def _share(incoming: Incoming) -> HttpIncoming | None:
    """Return *incoming* if a browser hands in what lets it see a private app."""
    assert isinstance(incoming, HttpIncoming), "it takes no other"
    is_apps = incoming.host_name is not None and incoming.host_name.app is not None
    return incoming if is_apps and incoming.method == "POST" and incoming.target == SHARE else None


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


# -- messages ---------------------------------------------------------------------------------------------


async def authenticate(ctx: Ctx, auth: DashAuth | None) -> Ctx:
    """Return *ctx* with the claims of *auth*.

    Raises:
        RequireLogin: no, unknown or refused credentials.
    """
    if auth is None or not auth.token:
        raise RequireLogin("missing")
    verify = ctx.app.verifiers.get(auth.type)
    if verify is None:
        raise RequireLogin("unknown_type")
    return Ctx(ctx.app, ctx.turn, await verify(auth.token), ctx.link, ctx.envelope)


async def authenticate_or_not(ctx: Ctx, auth: DashAuth | None) -> Ctx:
    """As `authenticate`, for what anybody may ask: without credentials that count, nobody does."""
    try:
        return await authenticate(ctx, auth)
    except RequireLogin:
        return ctx


def authenticate_at_once(ctx: Ctx, auth: DashAuth | None) -> Ctx | None:
    """As `authenticate`; None: that can't be told without waiting.

    A device's new token is checked here and now, too. That holds the loop for a tenth of a millisecond, and the
    front takes few messages in a row; to have a thread do it costs another half of that, in this same process,
    and buys nothing for anybody as long as one core runs all of it.
    """
    verify = ctx.app.verifiers.get(auth.type) if auth is not None else None
    if auth is None or verify is None or not auth.token:
        return None
    claims = verify.at_once(auth.token)
    return Ctx(ctx.app, ctx.turn, claims, ctx.link, ctx.envelope) if claims is not None else None


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
    is_open = ACCESS[request].least is Relation.ANYONE
    decoder = msgspec.json.Decoder(request)
    wire_type = str(request.__struct_config__.tag)
    unpack = packing_of(request).unpack

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
            asker = authenticate_at_once(ctx, payload.auth)
            response = at_once(asker, payload) if asker is not None else None
            if isinstance(response, Later):
                return response.then(of_value(partial(_reply, received.envelope)))
            if response is not None:
                return _reply(received.envelope, response)
        return wait(ctx, received.envelope, payload)

    async def wait(ctx: Ctx, envelope: Envelope, payload: Q | LargeMessage) -> Reply:
        is_large = isinstance(payload, LargeMessage)
        asker = await (authenticate_or_not if is_open and not is_large else authenticate)(ctx, payload.auth)
        if isinstance(payload, LargeMessage):
            question = Question("read", wire_type)
            data = payload.data
            payload = unpack(await ctx.app.beside.ask(question, data, asker.asker.user_id))
            await let_go(data)  # what it brought is in memory now; it counts on until it is answered
        return _reply(envelope, await use_case(asker, payload))

    return Handler(wire_type, validate, handle, takes=wire_type)


def _reply(envelope: Envelope, response: Response | Then[Any]) -> Reply:
    if isinstance(response, Then):
        return Reply(200, JSON, write_reply(envelope, response.response), after=response.start)
    return Reply(200, JSON, write_reply(envelope, response))


async def load_deploys() -> None:
    """Import what only deploys need, in a thread: it is a quarter of all that there is to import."""
    if "ensure_app_slug" not in vars(deploys):
        await trio.to_thread.run_sync(_import_all, FOR_DEPLOYS)


def _import_all(names: Iterable[str]) -> None:
    for name in names:
        importlib.import_module(name)
    _ = deploys.ensure_app_slug


async def ensure_app_slug(ctx: Ctx, req: ReqEnsureAppSlug | Deploy) -> ResEnsureAppSlug:
    """See `services.deploy`. The first after the start may find it still loading."""
    await load_deploys()
    try:
        return await deploys.ensure_app_slug(ctx, req)
    except VibesError as error:
        name = ascii(f"{req.app_slug or ''}--{req.user_slug or ''}"[:MAX_NAME_CHARS])
        log.info(
            "deploy of %s by %s: %s",
            name,
            ctx.asker.user_id,
            error.code,
            extra={"kind": ("deploy", error.code)},
        )
        raise


PIPELINE = Pipeline(
    Handler("log", lambda incoming: incoming, None, post=_log_outcome),
    Handler("preflight", _preflight, _answer_preflight, takes=HttpIncoming),
    Handler("module", _module, serve_module, takes=HttpIncoming),
    Handler("entry point", _entry_point, serve_entry_point, takes=HttpIncoming),
    Handler("health", _health, _answer_health, takes=HttpIncoming),
    Handler("sign-in page", _sign_in, serve_sign_in, takes=HttpIncoming),
    Handler("upload", _upload, serve_uploads, takes=HttpIncoming),
    Handler("share link", _share, share_links.let_browser_in, takes=HttpIncoming),
    Handler("other HTTP", _other_http, _refuse_http, takes=HttpIncoming),
    message(ReqEnsureAppSlug, ensure_app_slug),
    message(ReqEnsureChatContext, ensure_chat_context, find_chat_context),
    message(ReqAppendChatSection, append_chat_section, append_at_once),
    message(of_apps.ReqListRecentVibes, app_list.list_recent_vibes),
    message(of_apps.ReqPinRecentVibe, app_list.pin_recent_vibe),
    message(of_apps.ReqListVersions, app_list.list_versions),
    message(of_me.ReqWhoAmI, me.who_am_i),
    message(of_me.ReqListUserSlugBindings, me.list_handles),
    message(of_me.ReqCreateUserSlugBinding, me.create_handle),
    message(of_me.ReqSuggestHandleCandidates, me.suggest_handles),
    message(of_me.ReqListUserSlugAppSlug, me.list_handle_apps),
    message(of_me.ReqEnsureUserSettings, me.ensure_settings),
    message(of_deletions.ReqDeleteRelease, deletions.delete_release),
    message(of_deletions.ReqDeleteApp, deletions.delete_app),
    message(of_deletions.ReqDeleteUserSlugBinding, deletions.delete_handle),
    message(of_deletions.ReqUndoDeletion, deletions.undo_deletion),
    message(of_deletions.ReqListDeletions, deletions.list_deletions),
    message(of_deletions.ReqRenameApp, forks.rename),
    message(of_deletions.ReqForkApp, forks.fork_app),
    message(of_sharing.ReqCreateInvite, sharing.create_invite),
    message(of_sharing.ReqRedeemInvite, sharing.redeem_invite),
    message(of_sharing.ReqHasAccessInvite, sharing.has_access_invite),
    message(of_sharing.ReqInviteSetRole, sharing.invite_set_role),
    message(of_sharing.ReqRevokeInvite, sharing.revoke_invite),
    message(of_sharing.ReqListInviteGrants, sharing.list_invite_grants),
    message(of_sharing.ReqRequestAccess, sharing.request_access),
    message(of_sharing.ReqHasAccessRequest, sharing.has_access_request),
    message(of_sharing.ReqApproveRequest, sharing.approve_request),
    message(of_sharing.ReqRequestSetRole, sharing.request_set_role),
    message(of_sharing.ReqRevokeRequest, sharing.revoke_request),
    message(of_sharing.ReqListRequestGrants, sharing.list_request_grants),
    message(of_sharing.ReqListMembers, sharing.list_members),
    message(of_sharing.ReqListMemberships, sharing.list_memberships),
    message(of_sharing.ReqCreateShareLink, share_links.create_share_link),
    message(of_sharing.ReqListShareLinks, share_links.list_share_links),
    message(of_sharing.ReqRevokeShareLink, share_links.revoke_share_link),
    message(of_settings.ReqEnsureAppSettings, app_secrets.ensure_settings),
    message(of_versions.ReqPublishApp, versions.publish_app),
    message(of_versions.ReqSetModeFs, versions.set_mode_fs),
    message(of_versions.ReqSetUnpublish, versions.set_unpublish),
    message(of_versions.ReqGetAppByFsid, versions.get_app_by_fsid),
    message(of_versions.ReqGetReleaseFiles, versions.get_release_files),
    message(of_versions.ReqCompareReleases, versions.compare_releases),
    message(ReqCertFromCsr, cert_from_csr),
    message(ReqListDevices, list_devices),
    message(ReqRevokeDevice, revoke_device),
    message(of_chats.ReqListChatContexts, chat_list.list_chat_contexts),
    message(of_chats.ReqReadChatSections, chat_list.read_chat_sections),
    message(of_chats.ReqSearchChats, chat_search.search_chats),
    message(of_chats.ReqExportChatContext, chat_transfer.export_chat_context),
    message(of_chats.ReqImportChatContexts, chat_transfer.import_chat_contexts),
    message(of_chats.ReqSetChatContext, chat_list.set_chat_context),
    message(of_chats.ReqDeleteChatContext, chat_list.delete_chat_context),
    message(of_chats.ReqRestoreChatContext, chat_list.restore_chat_context),
    message(of_live.ReqSubscribeChatSections, live.subscribe_chat_sections),
    message(of_live.ReqSubscribeReleases, live.subscribe_releases),
    message(of_live.ReqSubscribeApps, live.subscribe_apps),
    message(of_live.ReqUnsubscribe, live.unsubscribe),
    message(ReqAssetUploadGrant, grant_upload),
    message(of_prompts.ReqOpenChat, open_chat),
    message(of_prompts.ReqPromptChatSection, partial(prompt_chat_section, ensure_app_slug)),
    message(of_prompts.ReqListCodegenChats, chat_reads.list_codegen_chats),
    message(of_prompts.ReqListApplicationChats, chat_reads.list_application_chats),
    message(of_prompts.ReqGetApplicationChat, chat_reads.get_application_chat),
    message(of_prompts.ReqGetChatDetails, chat_reads.get_chat_details),
    message(of_prompts.ReqGetChatResponse, chat_reads.get_chat_response),
    message(ReqListMissingAssets, list_missing_assets),
    Handler("unknown message", _any_message, _refuse_message, takes=MessageHead),
)


def order_key(data: bytes) -> str | None:
    """Return what messages must keep their order by: the chat context that a section is appended to."""
    return read_order_key(data, APPEND)
