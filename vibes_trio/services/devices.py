"""Devices that ask to be certified: over the wire for who is signed in, or on a page for who has a one-time code.

The page is for programs that open a browser and wait at an address of their own machine (auth.md 2.3). Who it is says
the session of the browser, after a click on this page alone (`browsers.py`), or a code that the operator's terminal
gives out. So a page of anybody else's, or a link that was sent to someone, gains nothing. The certificate goes to the
machine that the browser runs on, and to no other.
"""

import logging
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from urllib.parse import parse_qs, urlencode

import trio

from vibes_trio.auth.ca import Issued, issue_certificate
from vibes_trio.auth.codes import hash_code
from vibes_trio.auth.csr import check_csr
from vibes_trio.auth.keys import load_keys
from vibes_trio.auth.verifier import Claims
from vibes_trio.browsers import acting_session, reading_session
from vibes_trio.config import KiB
from vibes_trio.content.notice_page import Notice
from vibes_trio.content.sign_in_page import POLICY, SignIn, render_sign_in
from vibes_trio.context import App, Ctx
from vibes_trio.errors import BadRequest, ConfigError, Overloaded, RequireLogin, VibesError
from vibes_trio.exchange import HttpIncoming, Reply, UserId, address_in
from vibes_trio.services.app_list import clamp
from vibes_trio.services.notices import notice_reply
from vibes_trio.storage import iso_utc
from vibes_trio.storage.certificates import Certificate, admit_certificate, list_of_user, revoke_own
from vibes_trio.storage.interface import Tx
from vibes_trio.storage.sessions import Session
from vibes_trio.storage.users import find_invite, get_user, use_invite
from vibes_trio.urls import OPEN_SESSION, SIGN_IN
from vibes_trio.wire.cursors import read_cursor, write_cursor
from vibes_trio.wire.devices import (
    Device,
    ReqCertFromCsr,
    ReqListDevices,
    ReqRevokeDevice,
    ResCertFromCsr,
    ResListDevices,
    ResRevokeDevice,
)

log = logging.getLogger(__name__)

ROLE = "user"
"""Certificates have to say one; nothing is decided by it."""
MAX_FIELDS = 10
MAX_FORM_BYTES = 64 * KiB
MAX_SHOWN_CHARS = 100
_RETURNS = re.compile(r"http://(?:localhost|127\.0\.0\.1):[1-9][0-9]{0,4}/cert")
_PRIVATE = (("cache-control", "no-store"), ("referrer-policy", "same-origin"))
Issue = Callable[[Claims], Issued]
"""Certifies a device whose request was checked."""

AS_SESSION = "session"
_NOT_SIGNED_IN = "Nobody is signed in with this browser any more: sign in, or type a code."
_WRONG_CODE = "This code doesn't count: it may be mistyped, used, or too old. Ask for a new one."


async def cert_from_csr(ctx: Ctx, req: ReqCertFromCsr) -> ResCertFromCsr:
    """Certify a device for who asks.

    Raises:
        BadRequest: the request is none, too old, or not signed by the key that it is about.
        LimitReached: the user has `limits.certificates_per_user` devices.
        Overloaded: the server's keys can't be used at the moment.
    """
    issue = await _issuer(ctx.app, req.csr)
    limit = ctx.app.config.limits.certificates_per_user
    issued = await ctx.app.db.write(_certify, ctx.asker, issue, limit)
    _tell(issued, ctx.asker.user_id)
    return ResCertFromCsr(certificate=issued.certificate_jwt)


async def list_devices(ctx: Ctx, req: ReqListDevices) -> ResListDevices:
    """Return devices of who asks.

    Raises:
        BadRequest: a cursor of another list.
    """
    limit = clamp(req.limit, ctx)
    behind = {"after": read_cursor(req.cursor, "devices", tuple[str, str])} if req.cursor else {}
    found = await ctx.app.db.read(list_of_user, ctx.asker.user_id, limit=limit + 1, **behind)
    last = found[limit - 1] if len(found) > limit else None
    return ResListDevices(
        items=tuple(map(_told, found[:limit])),
        next_cursor=write_cursor("devices", last.issued, last.serial) if last is not None else "",
    )


async def revoke_device(ctx: Ctx, req: ReqRevokeDevice) -> ResRevokeDevice:
    """Let a device of who asks count no longer.

    Raises:
        NotFound: they have none such.
    """
    revoked = await ctx.app.db.write(revoke_own, ctx.asker.user_id, req.serial)
    log.info("%s revoked a device, serial number %s", ctx.asker.user_id, revoked.serial)
    return ResRevokeDevice(device=_told(revoked))


def _told(certificate: Certificate) -> Device:
    return Device(
        serial=certificate.serial,
        fingerprint=certificate.fingerprint,
        issued=certificate.issued,
        expires=certificate.expires,
        revoked=certificate.revoked or "",
    )


async def serve_sign_in(ctx: Ctx, incoming: HttpIncoming) -> Reply:
    """Answer the sign-in page: show its form, or, when that is posted, send the browser on with a certificate."""
    posted, head = incoming.method == "POST", incoming.method == "HEAD"
    try:
        given = _read_fields(incoming.body if posted else incoming.target.partition("?")[2].encode())
        page = await _add_who(ctx.app, incoming, _read_page(ctx.app, given))
        if posted and given.get("as") == AS_SESSION:
            return await _let_in_as_session(ctx.app, incoming, page)
        if posted:
            return await _let_in(ctx.app, page, given.get("code", ""), incoming.client)
        return _show(page, head=head)
    except BadRequest as error:
        words = [
            error.message,
            "Start the program's sign-in again: it opens this page with all that it needs.",
        ]
        return notice_reply(Notice("This sign-in can't go on", words), status=400, head=head)


async def _add_who(app: App, incoming: HttpIncoming, page: SignIn) -> SignIn:
    """Return *page* with who is signed in, and where others do so."""
    session = await _find_session(app, reading_session(incoming.headers, app.config.protocol))
    here = f"{SIGN_IN}?{urlencode({'csr': page.csr, 'returnUrl': page.return_url})}"
    return replace(
        page,
        user=session.user_name if session is not None else "",
        sign_in=f"{OPEN_SESSION}?{urlencode({'next': here})}",
    )


async def _find_session(app: App, token: str) -> Session | None:
    return await app.sessions.find(token) if app.sessions is not None else None


async def _let_in_as_session(app: App, incoming: HttpIncoming, page: SignIn) -> Reply:
    """As `_let_in`, for who is signed in: if it was this server's own page on which they clicked."""
    token = acting_session(incoming.headers, incoming.host, app.config.protocol)
    session = await _find_session(app, token)
    if session is None:
        return _show(replace(page, trouble=_NOT_SIGNED_IN), status=403)
    issue = await _issuer(app, page.csr)
    claims = _claims_of(session.user_id, session.email)
    try:
        issued = await app.db.write(_certify, claims, issue, app.config.limits.certificates_per_user)
    except VibesError as error:
        return _show(replace(page, trouble=error.message), status=403)
    return _send_on(page, issued, session.user_id)


def _send_on(page: SignIn, issued: Issued, user_id: UserId) -> Reply:
    """Send the browser to the program, with its certificate."""
    _tell(issued, user_id)
    location = f"{page.return_url}?{urlencode({'cert': issued.certificate_jwt})}"
    return Reply(303, (("location", location), *_PRIVATE), policy=POLICY)


async def _let_in(app: App, page: SignIn, code: str, client: str) -> Reply:
    """Certify the device for whom *code* stands, and send the browser to the program; else ask again, saying why."""
    issue, code_hash = await _issuer(app, page.csr), hash_code(code)
    try:
        if app.sessions is not None:
            await app.sessions.note_try(find_invite, code_hash, address_in(client))
        user_id, issued = await app.db.write(
            _certify_by_code, code_hash, issue, app.config.limits.certificates_per_user
        )
    except RequireLogin:
        return _show(replace(page, trouble=_WRONG_CODE), status=403)
    except VibesError as error:
        return _show(replace(page, trouble=error.message), status=403)
    return _send_on(page, issued, user_id)


def _show(page: SignIn, *, status: int = 200, head: bool = False) -> Reply:
    body = render_sign_in(page)
    headers = (("content-type", "text/html"), *_PRIVATE)
    return Reply(status, headers, b"" if head else body, len(body), policy=POLICY)


def _read_fields(data: bytes) -> dict[str, str]:
    """Return the fields of a query or a form.

    Raises:
        BadRequest: there are too many, or they are too long.
    """
    try:
        if len(data) > MAX_FORM_BYTES:
            raise ValueError
        fields = parse_qs(data.decode(), max_num_fields=MAX_FIELDS)
    except ValueError:
        raise BadRequest("What was sent is no form of this page.") from None
    return {name: values[-1] for name, values in fields.items()}


def _read_page(app: App, given: Mapping[str, str]) -> SignIn:
    """Return the page for what was *given*.

    Raises:
        BadRequest: a member is missing, or wrong.
    """
    return_url = given.get("returnUrl", "")
    if not _RETURNS.fullmatch(return_url):
        raise BadRequest(
            "`returnUrl` has to be http://localhost:PORT/cert: certificates go to this machine only."
        )
    csr = check_csr(given.get("csr", ""), app.config.limits, app.now())
    name = str(csr.subject["commonName"])[:MAX_SHOWN_CHARS]
    return SignIn(SIGN_IN, given["csr"], return_url, name, csr.fingerprint)


# -- certificates -----------------------------------------------------------------------------------------


async def _issuer(app: App, csr: str) -> Issue:
    """Return what certifies the device that asks with *csr*, for whoever it is said to be.

    The keys are read anew: they may have been rotated while the server runs.

    Raises:
        BadRequest: see `check_csr`.
        Overloaded: the keys can't be used.
    """
    now = app.now()
    checked = check_csr(csr, app.config.limits, now)
    try:
        keys = await trio.to_thread.run_sync(load_keys, app.config, now)
    except ConfigError as error:
        log.error("a device can't be certified: %s", error)
        raise Overloaded("The server's keys can't be used at the moment; its log says why.") from error
    return lambda claims: issue_certificate(keys.ca, checked, claims, now)


def _certify_by_code(tx: Tx, code_hash: str, issue: Issue, limit: int) -> tuple[UserId, Issued]:
    """Use the code up, certify for whom it stands.

    Raises:
        RequireLogin: the code doesn't count.
        NotFound: its user is gone.
        LimitReached: see `certificates.admit_certificate`.
    """
    user = get_user(tx, use_invite(tx, code_hash))
    return user.user_id, _certify(tx, _claims_of(user.user_id, user.email), issue, limit)


def _claims_of(user_id: UserId, email: str) -> Claims:
    return Claims(user_id, sub=user_id, role=ROLE, email=email, email_verified=False)


def _certify(tx: Tx, claims: Claims, issue: Issue, limit: int) -> Issued:
    issued = issue(claims)
    entry = Certificate(
        serial=issued.serial,
        user_id=claims.user_id,
        fingerprint=issued.fingerprint,
        sha256=issued.sha256_hex,
        issued=iso_utc(issued.issued_at),
        expires=iso_utc(issued.expires_at),
    )
    admit_certificate(tx, entry, limit)
    return issued


def _tell(issued: Issued, user_id: UserId) -> None:
    log.info("certified a device of %s, serial number %s", user_id, issued.serial)
